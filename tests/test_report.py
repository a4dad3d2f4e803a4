"""The report's data: stages, why values went, remarks by site; and the page that holds them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import ssair
from ssair.cli import main
from ssair.graphs import GRAPHS, Picture, graph_of
from ssair.report.contents import contents
from ssair.report.page import page

PROGRAM = """\
fn main(xs: [n]f64, i: i64) -> f64 =
  let base = xs[i] in
  let total =
    loop total = base for j in 0..n do
      if xs[j] > 0.0 then total + xs[j] * 1.0 else total in
  let k = i + 3 - 3 in
  total + xs[k] / 2.0
"""


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """The report on `PROGRAM`, as the page gets it: through JSON."""
    loaded: dict[str, Any] = json.loads(json.dumps(contents(ssair.parse(PROGRAM))))
    return loaded


def _lines(function: dict[str, Any], stage: dict[str, Any]) -> list[str]:
    return [function["lines"][row] for row in stage["rows"]]


def _departures(function: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """By value: the stage that removed it and the words."""
    return {
        f"v{id}": (stage["name"], words) for stage in function["stages"] for id, (words, _) in stage["gone"].items()
    }


def _defining(lines: list[str], wanted: str) -> str:
    """The value that a line with this text defines."""
    [line] = [line for line in lines if wanted in line]
    return line.strip().partition(":")[0]


def test_the_first_stage_is_the_program_as_built_and_the_last_as_optimised(data: dict[str, Any]) -> None:
    module = ssair.parse(PROGRAM)
    [function] = data["functions"]
    first, *_, last = function["stages"]
    assert "\n".join(_lines(function, first)) == str(module.functions["main"])
    assert "\n".join(_lines(function, last)) == str(ssair.optimize(module).functions["main"])


def test_each_stage_but_the_first_differs_from_the_one_before(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    texts = [stage["rows"] for stage in function["stages"]]
    assert all(one != other for one, other in pairwise(texts))


def test_every_value_that_is_missing_at_a_stage_has_a_reason_there(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    defined = [
        set(re.findall(r"(?m)(?:^ +|[(, ])v(\d+): ", "\n".join(_lines(function, s)))) for s in function["stages"]
    ]
    for before, after, stage in zip(defined, defined[1:], function["stages"][1:], strict=False):
        assert before - after == set(stage["gone"])
        assert all(words for words, _ in stage["gone"].values())


def test_a_shared_load_names_its_leader_and_a_proved_check_what_proves_it(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    built = _lines(function, function["stages"][0])
    gone = _departures(function)
    base, first, second, again = [line.strip().partition(":")[0] for line in built if "= index v0" in line]
    assert gone[second][1] == f"is equal to {first} wherever both are defined, and that dominates it"
    assert gone[again][1] == f"is equal to {base} wherever both are defined, and that dominates it"
    check = _defining(built, "check_index v9")
    assert gone[check] == ("simplify", "follows from `0..n` (line 4); v9 stands for it")


def test_a_value_that_a_rule_rewrote_has_the_rule(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    product = _defining(_lines(function, function["stages"][0]), "= mul")
    rules = {f"v{id}": rule for stage in function["stages"] for id, rule in stage["rules"].items()}
    assert rules[product] == "mul(x, 1) → x"
    assert _departures(function)[product][1].endswith("by the rule mul(x, 1) → x")


def test_values_know_their_place_in_the_source(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    product = _defining(_lines(function, function["stages"][0]), "= mul").removeprefix("v")
    line, column, end_line, end_column = function["spans"][product]
    assert line == end_line == 5
    assert data["source"][line - 1][column - 1 : end_column - 1] == "xs[j] * 1.0"


def test_lines_of_anf_know_their_line_of_the_source(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    assert [line for text, line in function["anf"] if "mul" in text] == [5]


def test_checks_stand_with_their_verdicts_and_sites_lead_to_them(data: dict[str, Any]) -> None:
    verdicts = {(remark["verdict"], remark["span"][0]) for remark in data["remarks"]}
    assert ("kept", 2) in verdicts and ("proved", 5) in verdicts
    [function] = data["functions"]
    kept = [line for line in _lines(function, function["stages"][-1]) if "check_index" in line]
    assert kept
    for line in kept:
        remark = data["remarks"][data["sites"][int(line.rpartition("@")[2])]]
        assert remark["verdict"] == "kept" and remark["advice"]


def test_a_replaced_constant_is_told_by_its_value(data: dict[str, Any]) -> None:
    [function] = data["functions"]
    words = [words for _, words in _departures(function).values() if words.startswith("is the constant")]
    assert any(word.startswith("is the constant 0, v") for word in words)


def test_what_inlining_brings_and_takes_is_told() -> None:
    made = contents(ssair.parse("fn inner(x: i64) -> i64 = x * x\nfn main(x: i64) -> i64 = inner(x) + 1"))
    outer = made["functions"][1]
    call = _defining(_lines(outer, outer["stages"][0]), "call @inner")
    assert _departures(outer)[call][0] == "inline"


def test_the_passes_asked_for_are_those_that_are_shown() -> None:
    [function] = contents(ssair.parse(PROGRAM), "lvn,dce")["functions"]
    assert {stage["name"] for stage in function["stages"]} <= {"ssa", "lvn", "dce"}


def test_ir_that_is_no_fun_has_no_anf_and_still_a_report(tmp_path: Path) -> None:
    file = tmp_path / "a.ssair"
    file.write_text("func @main -> i64 {\nbb0(v0: i64):\n  v1: i64 = add v0, v0\n  return v1\n}\n")
    [function] = contents(ssair.parse(file))["functions"]
    assert function["anf"] is None and len(function["stages"]) >= 1


class _References(HTMLParser):
    """What a page would load, and the text of its data."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.in_data = False
        self.data = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "action")]
        self.in_data = ("id", "data") in attrs

    def handle_data(self, data: str) -> None:
        if self.in_data:
            self.data += data


def test_the_page_loads_nothing_and_its_data_cannot_end_its_script() -> None:
    source = 'fn main(x: i64) -> i64 =\n  assert x > 0, "</script><!-- <b>&amp; \u2028" in x'
    references = _References()
    references.feed(page(contents(ssair.parse(source))))
    assert references.loaded == []
    assert json.loads(references.data)["source"] == source.split("\n")


def test_the_command_writes_the_page_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "gains.fun"
    program.write_text(PROGRAM)
    out = tmp_path / "out.html"
    assert main(["report", str(program), "-o", str(out), "-O1"]) == 0
    assert str(out) in capsys.readouterr().out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_faulty_program_has_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "bad.fun"
    program.write_text("fn main( = 1")
    assert main(["report", str(program), "-o", str(tmp_path / "out.html")]) == 1
    assert not (tmp_path / "out.html").exists()
    assert main(["report", str(program), "--passes", "dce", "-O1"]) == 2


@pytest.mark.parametrize("kind", GRAPHS)
def test_graphs_have_a_node_for_what_they_show(kind: str) -> None:
    module = ssair.parse("fn sq(x: i64) -> i64 = if x > 0 then x * x else 0\nfn main(x: i64) -> i64 = sq(x) + sq(1)")
    source = graph_of(module, kind).source
    wanted = {"cfg": "= mul", "domtree": "bb2", "values": "= mul", "calls": "@main"}
    assert wanted[kind] in source
    if kind == "calls":
        assert re.search(r'"?@main"? -> "?@sq"? \[label=2\]', source)


def test_a_graph_that_there_is_none_of_is_refused_by_name() -> None:
    with pytest.raises(ssair.UsageError, match="domtree"):
        graph_of(ssair.parse("fn main() -> i64 = 1"), "domtre")


def test_without_dot_a_picture_is_its_text_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    picture = Picture(graph_of(ssair.parse("fn main() -> i64 = 1")))
    assert picture.svg() is None
    assert picture._repr_svg_() is None
    assert "not installed" in repr(picture) and "digraph" in repr(picture)
    made = contents(ssair.parse("fn main() -> i64 = 1"))
    assert all(
        one["svg"] is None and one["hint"] and "digraph" in one["text"] for one in made["functions"][0]["pictures"]
    )
