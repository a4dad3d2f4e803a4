"""What the command line shows of the passes: which there are, what each changed, IR in columns, colours and JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ssair.cli import main
from ssair.parser import parse_module
from ssair.pipeline import LEVELS, ORDERS, PASSES

PROGRAM = "fn main(xs: [n]f64, i: i64) -> f64 = (xs[i] + xs[i]) * 1.0\n"


@pytest.fixture
def program(tmp_path: Path) -> str:
    file = tmp_path / "program.fun"
    file.write_text(PROGRAM)
    return str(file)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_passes_lists_every_pass_level_and_order(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "passes")
    for row in PASSES.values():
        assert re.search(rf"(?m)^  {row.name} +{re.escape(row.summary)}$", text)
    for order in ORDERS:
        assert f"  {order.before} before {order.after}: {order.because}\n" in text
    words = text.split()
    assert words[words.index("-O1") + 1 : words.index("-O2")] == LEVELS[1].split(",")


def test_a_pass_is_told_of_with_its_contract_options_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "passes", "gvn")
    assert "Requires: valid IR" in text and "Source: Briggs" in text
    assert "option table: tagged" in text and "runs at -O2, -O3" in text
    for order in ORDERS:
        assert (f"\nbehind {order.before}: {order.because}" in text) == (order.after == "gvn")
        assert (f"\nbefore {order.after}: {order.because}" in text) == (order.before == "gvn")
    assert "runs at no level" in shown(capsys, "passes", "if-convert")
    assert "did you mean 'gvn'" in refused(capsys, "passes", "gnv")


def test_passes_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(shown(capsys, "passes", "--format", "json"))
    assert [row["name"] for row in data["passes"]] == list(PASSES)
    assert data["levels"]["1"] == LEVELS[1]
    assert data["orders"][0] == ORDERS[0]._asdict()
    [gvn] = json.loads(shown(capsys, "passes", "gvn", "--format", "json"))["passes"]
    assert gvn["options"] == {"table": "tagged"} and "Requires" in gvn["contract"]


def test_print_changed_shows_what_each_pass_did_and_no_pass_that_did_nothing(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown(capsys, program, "--print-changed", "--passes", "clean_cfg,gvn,dce")
    dumps, result = text[: text.index("site 0")], text[text.index("site 0") :]
    assert re.findall(r"(?m)^; (\w+) changes @main$", dumps) == ["gvn"]
    assert re.search(r"(?m)^-  v\d+: .* check_index", dumps) and re.search(
        r"(?m)^\+  v\d+: f64 = add (v\d+), \1$", dumps
    )
    assert str(parse_module(result)) == result


def test_annotated_ir_is_aligned_commented_and_still_ir(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, program, "--annotate")
    assert re.search(r"= index v0, v\d+ +; 1: xs\[i\]$", text, re.MULTILINE)
    assert str(parse_module(text)) == shown(capsys, program)


def test_ir_is_coloured_where_that_is_wanted_and_the_same_without(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, coloured = shown(capsys, program), shown(capsys, program, "--color", "always")
    assert "\x1b[36mv0\x1b[0m" in coloured and "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    out = tmp_path / "out.ssair"
    assert main([program, "-o", str(out)]) == 0
    assert out.read_text() == plain


def test_ir_as_json_has_times_and_counters_where_they_are_asked_for(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads(shown(capsys, program, "--format", "json"))
    assert data["functions"][0]["name"] == "main" and "counters" not in data
    data = json.loads(shown(capsys, program, "--format", "json", "--stats", "--time-passes"))
    assert data["counters"]["simplify.rewritten"] > 0 and set(data["seconds"]) <= set(PASSES)
    assert json.loads(shown(capsys, program, "--emit", "ssa", "--format", "json"))["functions"]


def test_fuel_lets_so_many_rewrites_be_made_and_tells_the_last(
    program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([program, "--fuel", "0"]) == 0
    captured = capsys.readouterr()
    assert captured.out == shown(capsys, program, "--passes", "")
    assert captured.err == "ssairc: 0 rewrites were made\n"
    assert main([program, "--fuel", "1", "--passes", "gvn"]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("ssairc: 1 rewrite was made; the last is of gvn: v")
    assert captured.out.count("check_index") == 1
    assert "--fuel wants a number" in refused(capsys, program, "--fuel", "-1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--emit", "anf", "--format", "json"), "--format has no meaning with --emit anf"),
        (("--emit", "anf", "--annotate"), "--annotate has no meaning with --emit anf"),
        (("--emit", "ssa", "--print-changed"), "--print-changed has no meaning with --emit ssa"),
        (("--format", "json", "--annotate"), "--annotate has no meaning with --format json"),
        (("--graph", "calls"), "--graph has no meaning with --emit opt"),
        (("--emit", "dot", "--graph", "call"), "did you mean 'calls'?"),
        (("--remarks", "--annotate"), "--annotate has no meaning with --remarks"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    program: str, options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in refused(capsys, program, *options)
