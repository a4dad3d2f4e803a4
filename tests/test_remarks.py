"""Remarks: what became of each check, why, and that the advice on those that are left works."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from examples_reference import EXAMPLES
from executed_checks import counted

import ssair
from ssair.cli import main
from ssair.context import Context
from ssair.frontends.fun import compile_source
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.remarks import VERDICTS, Remark, remarks
from ssair.sources import load

ROOT = Path(__file__).parents[1]
#: Of the checks that the examples make, how much has to be proved away.
LEAST_SHARE = 0.9
#: What is said of a check that the sizes alone decide.
DECIDED = "is decided when the kernel is built, by the sizes, and costs nothing when it runs"
SEARCH = """\
fn search(xs: [n]i64, hi: i64, key: i64) -> i64 =
  let (lo, _) =
    loop (lo = 0, hi = hi) while lo < hi do
      let mid = lo + (hi - lo) // 2 in
      if xs[mid] < key then (mid + 1, hi) else (lo, mid)
  in lo
"""


def module_of(source: str, name: str = "a.fun") -> Module:
    module = compile_source(source, name)
    module.source, module.source_name = source, name
    return module


def remarks_on(body: str) -> list[Remark]:
    return remarks(module_of(f"fn f(xs: [n]i64, ys: [m]i64, i: i64, j: i64, x: f64) -> i64 =\n  {body}\n"))


# ---- verdicts and reasons -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("xs[i]", ["kept[index]: `0 <= i < len(xs)` is not known to hold"]),
        ("i // j", ["kept[divide]: `j != 0` is not known to hold"]),
        ("if 0 <= i < n then xs[i] else 0", ["proved[index]: `0 <= i < len(xs)` follows from `0 <= i < n` (line 2)"]),
        (
            "if 0 <= i < j && j < n then xs[i] else 0",
            ["proved[index]: `0 <= i < len(xs)` follows from `0 <= i < j` (line 2), `j < n` (line 2)"],
        ),
        (
            "loop s = 0 for p in 0..n - 1 do s + xs[p + 1]",
            ["proved[index]: `0 <= p + 1 < len(xs)` follows from `0..n - 1` (line 2)"],
        ),
        (
            "xs[i] + xs[i]",
            [
                "kept[index]: `0 <= i < len(xs)` is not known to hold",
                "duplicate[index]: `0 <= i < len(xs)` has passed the check of `xs[i]` (line 2)",
            ],
        ),
        (
            "if i < 0 then (if i > 0 then xs[i] else 1) else 2",
            ["unreachable[index]: `0 <= i < len(xs)` is never asked: control does not come to it"],
        ),
        ("assert i < j in i", ["kept[assert]: `i < j` is not known to hold"]),
        (
            "if i < j then (assert i <= j in i) else j",
            ["proved[assert]: `i <= j` holds: the condition is true"],
        ),
        ("i64(x)", ["kept[convert]: `-9223372036854775808.0 <= x < 9223372036854775808.0` is not known to hold"]),
        ("argmin(xs)", [f"kept[empty]: `len(xs) > 0` {DECIDED}"]),
        ("2 ** i", ["kept[exponent]: `i >= 0` is not known to hold"]),
        ("sum(xs + ys)", [f"kept[size]: `len(xs) == len(ys)` {DECIDED}"]),
        ("sum([p for p in 1..n])", [f"kept[size]: `n >= 1` {DECIDED}"]),
        ("len(zeros(n - 2))", [f"kept[size]: `n - 2 >= 0` {DECIDED}"]),
    ],
)  # fmt: skip
def test_each_check_has_a_verdict_and_a_reason(body: str, wanted: list[str]) -> None:
    assert [str(remark).partition(": ")[2] for remark in remarks_on(body)] == wanted


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("fn f(xs: [n]f64, ys: [n]f64) = xs + ys", f"that `n` equals dimension 0 of `ys` {DECIDED}"),
        ("fn f(a: [n, 3]f64) = a[0]", f"dimension 1 of `a` as declared {DECIDED}"),
        ("fn f(k: size, xs: [n]f64) = assert k < n in 1", f"`k < n` {DECIDED}"),
        ("fn f(k: i64, xs: [n]f64) = assert k < n in 1", "`k < n` is not known to hold"),
        ("fn f(k: i64) = loop s = 0 for i in 0..9 by k do s + i", "`k >= 1` is not known to hold"),
    ],
)  # fmt: skip
def test_a_check_of_sizes_alone_says_that_it_costs_nothing(source: str, message: str) -> None:
    assert remarks(module_of(source))[0].message == message


def test_a_proof_over_the_turns_of_a_loop_says_so():
    (remark,) = remarks(module_of(SEARCH.replace(", hi: i64", "").replace("hi = hi", "hi = n")))
    assert remark.verdict == "proved"
    assert remark.message == "`0 <= mid < len(xs)` follows from `lo < hi` (line 3), whenever the loop comes to it"


def test_a_check_that_is_left_in_one_of_two_calls_is_kept():
    source = (
        "fn g(xs: [n]i64, i: i64) -> i64 = xs[i]\n"
        "fn f(xs: [n]i64, j: i64) -> i64 = g(xs, j) + (if n > 0 then g(xs, 0) else 0)\n"
    )
    assert [remark.verdict for remark in remarks(module_of(source)) if remark.kind == "index"] == ["kept"]


def test_functions_that_the_entry_does_not_call_are_left_out():
    module = module_of("fn g(xs: [n]i64, i: i64) -> i64 = xs[i]\nfn f(i: i64, j: i64) -> i64 = i // j\n")
    assert [remark.kind for remark in remarks(module)] == ["divide"]
    module.entry_name = "g"
    assert [remark.kind for remark in remarks(module)] == ["index"]


def test_a_program_without_source_text_has_remarks_by_line():
    (remark,) = remarks(
        parse_module("""
site 0: index at 7:3-7:8 dimension 1
func @f -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64 = check_index v0, v1 @0
  return v2
}
""")
    )
    assert (remark.verdict, remark.line, remark.advice, remark.excerpt) == ("kept", 7, "", None)
    assert remark.message == "that the index of dimension 1 is in range is not known to hold"


def test_levels_and_passes_are_those_asked_for():
    module = module_of("fn f(xs: [n]i64) -> i64 = if n > 0 then xs[0] else 0\n")
    assert [remarks(module, level=level)[0].verdict for level in range(4)] == ["kept", "proved", "proved", "proved"]
    assert remarks(module, "lvn,dce")[0].verdict == "kept"


def test_nobody_pays_who_does_not_ask():
    module = module_of(SEARCH)
    context = Context()
    optimize(module, context=context)
    assert not context.removals
    before = str(module)
    remarks(module)
    assert str(module) == before


# ---- how they are shown ---------------------------------------------------------------------------------------------


def test_a_remark_is_shown_with_its_line_and_the_advice():
    (remark,) = remarks(module_of(SEARCH))
    assert (remark.line, remark.column, remark.advice) == (5, 10, "assert 0 <= mid < len(xs)")
    assert remark.render() == (
        "kept[index]: `0 <= mid < len(xs)` is not known to hold\n"
        "  --> a.fun:5:10\n"
        "  |\n"
        "5 |       if xs[mid] < key then (mid + 1, hi) else (lo, mid)\n"
        "  |          ^^^^^^^\n"
        "  = help: `assert 0 <= mid < len(xs) in` before it lets the check go"
    )


def test_a_kernel_has_remarks():
    kernel = ssair.compile(SEARCH)
    assert [str(remark) for remark in kernel.remarks] == [
        "<text>:5:10: kept[index]: `0 <= mid < len(xs)` is not known to hold"
    ]
    assert ssair.compile(SEARCH.replace("hi = hi", "hi = n")).remarks[0].verdict == "proved"


def test_the_command_shows_and_counts(tmp_path, capsys):
    path = tmp_path / "search.fun"
    path.write_text(SEARCH)
    assert main([str(path), "--remarks"]) == 0
    printed = capsys.readouterr().out
    assert "kept[index]: `0 <= mid < len(xs)` is not known to hold" in printed
    assert "          ^^^^^^^\n" in printed
    assert printed.endswith("1 check: 1 kept\n")


def test_the_command_shows_those_kept_alone_and_counts_all(tmp_path, capsys):
    path = tmp_path / "two.fun"
    path.write_text("fn f(xs: [n]i64, i: i64) = xs[i] + (if n > 0 then xs[0] else 0)\n")
    assert main([str(path), "--kept"]) == 0
    printed = capsys.readouterr().out
    assert "kept[index]" in printed and "proved" not in printed.splitlines()[0]
    assert printed.count("-->") == 1 and printed.endswith("2 checks: 1 kept, 1 proved\n")
    assert main([str(path), "--kept", "--format", "json"]) == 0
    assert [remark["verdict"] for remark in json.loads(capsys.readouterr().out)["remarks"]] == ["kept"]


def test_the_command_gives_json(tmp_path, capsys):
    path = tmp_path / "search.fun"
    path.write_text(SEARCH)
    assert main([str(path), "--remarks", "--format", "json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (remark,) = data["remarks"]
    assert (data["version"], remark["verdict"], remark["kind"]) == (1, "kept", "index")
    assert remark["range"]["start"] == {"line": 5, "column": 10, "offset": SEARCH.index("xs[mid]")}
    edit = remark["edit"]
    changed = SEARCH[: edit["start"]] + edit["text"] + SEARCH[edit["end"] :]
    assert "(assert 0 <= mid < len(xs) in xs[mid])" in changed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--remarks", "--emit", "opt"], "--emit has no meaning with --remarks"),
        (["--kept", "--emit", "opt"], "--emit has no meaning with --kept"),
        (["--remarks", "--stats"], "--stats has no meaning with --remarks"),
        (["--format", "json", "--emit", "anf"], "--format has no meaning with --emit anf"),
    ],
)
def test_options_that_would_be_ignored_are_refused(options, message, tmp_path, capsys):
    path = tmp_path / "search.fun"
    path.write_text(SEARCH)
    assert main([str(path), *options]) != 0
    assert message in capsys.readouterr().err


# ---- advice ---------------------------------------------------------------------------------------------------------


def applied(module: Module, remark: Remark) -> Module:
    """The program with the edit that a remark advises."""
    assert remark.edit is not None
    (start, end), text = remark.edit
    return module_of(module.source[:start] + text + module.source[end:], module.source_name)


def helps(module: Module, remark: Remark) -> bool:
    """Whether a check less of the kind is kept once the advice of a remark is followed."""
    before, after = (
        sum(other.kind == remark.kind and other.verdict == "kept" for other in remarks(version))
        for version in (module, applied(module, remark))
    )
    return after < before


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.fun")), ids=lambda path: path.stem)
def test_the_advice_on_each_check_that_an_example_keeps_works(path: Path):
    module = load(path)
    for remark in remarks(module):
        if remark.verdict == "kept" and remark.advice:
            assert helps(module, remark), str(remark)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.fun")), ids=lambda path: path.stem)
def test_only_assertions_and_the_types_of_parameters_are_kept_without_advice(path: Path):
    module = load(path)
    for remark in remarks(module):
        if remark.verdict == "kept" and not remark.advice:
            assert remark.kind == "assert" or (
                remark.kind == "size" and re.fullmatch(r"\w+: \[.*\]\w+", marked(module, remark))
            )


def marked(module: Module, remark: Remark) -> str:
    assert remark.excerpt is not None
    return module.source[remark.excerpt.span.start : remark.excerpt.span.end]


@pytest.mark.parametrize(
    "body",
    [
        "xs[i]", "xs[i + j * 2]", "xs[if i > j then i else j]", "xs[i64(x)]", "xs[ys[i]]", "i // j", "i % (j + 1)",
        "i64(x)", "i64(i32(x * 2.0))", "2 ** (i - j)", "argmin(xs)", "sum(xs with [i] = j)", "sum(xs + ys)",
        "sum([p for p in 3..n])", "len(zeros(n - m))", "sum([p for p in 0..n by m])", "xs[neg(i)]", "i // neg(j)",
        "(xs with [0] = j)[i]",
    ],
)  # fmt: skip
def test_advice_works(body: str):
    module = module_of(
        "fn neg(i: i64) -> i64 = if i < 0 then neg(i + 1) else -i\n"
        f"fn f(xs: [n]i64, ys: [m]i64, i: i64, j: i64, x: f64) -> i64 = {body}\n"
    )
    kept = [remark for remark in remarks(module) if remark.verdict == "kept" and remark.advice]
    assert kept
    for remark in kept:
        assert helps(module, remark), str(remark)


# ---- the examples ---------------------------------------------------------------------------------------------------


def test_nine_of_ten_checks_that_the_examples_make_are_proved_away():
    rows = [counted(name) for name in sorted(EXAMPLES)]
    before, after = sum(row.before for row in rows), sum(row.after for row in rows)
    left = Counter({f"{row.name}, {text}": times for row in rows for text, times in row.left.items()})
    assert after <= (1 - LEAST_SHARE) * before, "\n".join(f"{times} {text}" for text, times in left.most_common(20))


def test_every_check_of_the_examples_has_one_verdict():
    seen: Counter[str] = Counter()
    for path in sorted((ROOT / "examples").glob("*.fun")):
        found = remarks(load(path))
        assert len({(remark.line, remark.column, remark.kind, remark.message) for remark in found}) == len(found)
        seen.update(remark.verdict for remark in found)
    assert set(seen) <= set(VERDICTS) and min(seen["kept"], seen["proved"], seen["duplicate"]) > 10
