"""Translation validation: changes that are right are proved, planted miscompiles are found, and why not is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import z3
from sampled_values import VALUES

from ssair.builder import Builder
from ssair.cli import main
from ssair.context import Context
from ssair.interp import execute
from ssair.ir import Function, Module
from ssair.ops import BRANCH, NARROW, OPS, PRINT
from ssair.semantics import CHECKS as MEANT
from ssair.sources import load
from ssair.testing import check_program
from ssair.types import BOOL, I32, I64
from ssair.validation import COUNTEREXAMPLE, NOT_PROVED, PROVED, Verdict, validate
from ssair.validation_encoding import CHECKS, HISTORY, Unsupported, encode

Change = Callable[[Function], None]


def verdicts(source: str, change: Change, frontend: str = "fun") -> list[Verdict]:
    """What is said of a pass that makes a change to the function `main`."""

    def planted(function: Function, context: Context) -> int:
        if function.name == "main":
            change(function)
        return 1

    return validate(load(source, frontend), [planted], seconds=20)


# ---- what is right ------------------------------------------------------------------------------------------------

RIGHT = {
    "identities": "fn main(a: i64, b: i64) -> i64 = if b == 0 then a + 0 else (a ^ b) * 4 // 4 + b - b\n",
    "calls": """
        fn clamp(x: i32, lo: i32, hi: i32) -> i32 = max(lo, min(x, hi))
        fn main(x: i32) -> i32 = let y = clamp(x, 0i32, 10i32) in if y > 20i32 then 1i32 else y * 2i32
    """,
    "traps and output": """
        fn main(x: i64, y: i64) -> i64 =
          print("x", x + 0) in if x > y then (assert x > y, "no" in x - y) else (print(y, x == x) in y // x)
    """,
    "shifts and masks": "fn main(x: i32) -> i32 = if x > 0i32 then x // 8i32 + x % 8i32 else abs(x)\n",
    "tuples and truth": """
        fn both(x: i64, y: i64) -> (bool, i64) = (x < y && !(y == x), x & y)
        fn main(x: i64, y: i64) -> (bool, i64) = let (a, b) = both(x, y) in (a || a, b | b)
    """,
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_pipeline_is_proved_pass_by_pass(name: str) -> None:
    found = validate(load(RIGHT[name], "fun"), seconds=30)
    assert found and {verdict.outcome for verdict in found} == {PROVED}, [str(verdict) for verdict in found]


def test_only_functions_that_changed_are_spoken_of() -> None:
    assert validate(load("fn main(x: i64) -> i64 = x\n", "fun")) == []


# ---- what is wrong ------------------------------------------------------------------------------------------------


def operation(old: str, new: str) -> Change:
    """Let every operation of one name be another."""

    def change(function: Function) -> None:
        for instr in function.instructions():
            if instr.op is OPS[old]:
                instr.op = OPS[new]

    return change


def drop(name: str) -> Change:
    """Let the operations of a name be their first operands, or go if they are output."""

    def change(function: Function) -> None:
        for block in function.blocks:
            for instr in block.instrs:
                if instr.op is OPS[name] and instr.op is not PRINT:
                    instr.op, instr.args, instr.aux = NARROW, instr.args[:1], None
            block.instrs = [instr for instr in block.instrs if instr.op is not OPS[name]]

    return change


def swap_arms(function: Function) -> None:
    for block in function.blocks:
        if block.end.op is BRANCH:
            block.end.edges = block.end.edges[::-1]
            function.cfg_version += 1


def swap_first_two(name: str) -> Change:
    """Let the first two operations of a name, whose operands are there before both, change places."""

    def change(function: Function) -> None:
        instrs = function.entry.instrs
        one, other = [index for index, instr in enumerate(instrs) if instr.op is OPS[name]][:2]
        instrs[one], instrs[other] = instrs[other], instrs[one]

    return change


def forget_a_wrap(function: Function) -> None:
    """x + 1 > x is true, but where it wraps."""
    instrs = {instr.op.name: instr for instr in function.instructions()}
    instrs["gt"].op, instrs["gt"].args, instrs["gt"].aux = OPS["const"], (), True


def promise_too_much(function: Function) -> None:
    narrow = next(instr for instr in function.instructions() if instr.op is NARROW)
    narrow.fact = type(narrow.fact)(1, 9, True)  # type: ignore[call-arg]


WRONG: list[tuple[str, str, Change]] = [
    ("a square is a double", "fn main(x: i64) -> i64 = x * x\n", operation("mul", "add")),
    ("floor for truncate", "fn main(x: i32, y: i32) -> i32 = x // y\n", operation("floordiv", "div_trunc")),
    ("a comparison off by one", "fn main(x: i64) -> i64 = if x < 77 then 1 else 2\n", operation("lt", "le")),
    ("arms change places", "fn main(x: i64) -> i64 = if x == 1234567891011 then 1 else 2\n", swap_arms),
    ("a lost check", 'fn main(x: i64) -> i64 = assert x != 987654321, "no" in x\n', drop("check")),
    ("a lost line", 'fn main(x: i64) -> i64 = let _ = 0 print("x") in x\n', drop("print")),
    (
        "lines change places",
        "fn main(x: i64) -> i64 = let y = x + 1 in let _ = 0 print(x) print(y) in x\n",
        swap_first_two("print"),
    ),
    ("a lost wrap", "fn main(x: i64) -> bool = x + 1 > x\n", forget_a_wrap),
]


@pytest.mark.parametrize(("name", "source", "change"), WRONG, ids=[name for name, *_ in WRONG])
def test_a_planted_miscompile_has_a_counterexample(name: str, source: str, change: Change) -> None:
    (verdict,) = verdicts(source, change)
    assert verdict.outcome == COUNTEREXAMPLE, str(verdict)
    assert verdict.expected != verdict.found and verdict.arguments is not None
    assert f"called with ({int(verdict.arguments[0])}: int" in str(verdict)  # type: ignore[call-overload]


TWO_CHECKS = """
    site 0: assert "a"
    site 1: assert "b"
    func @main -> i64 {
    bb0(v0: i64, v1: i64):
      v2: bool = lt v0, v1
      v3: i64{0} = const 0
      v4: bool = lt v3, v0
      v5: bool{true} = check v2 @0
      v6: bool{true} = check v4 @1
      return v0
    }
"""


def test_another_trap_first_is_a_counterexample() -> None:
    (verdict,) = verdicts(TWO_CHECKS, swap_first_two("check"), "ssair")
    assert verdict.outcome == COUNTEREXAMPLE
    assert "('a',)" in verdict.expected and "('b',)" in verdict.found


NARROWED = """
    func @main -> i64 {
    bb0(v0: i64{0..20}):
      v1: i64{0..9} = narrow v0
      return v1
    }
"""


def test_a_broken_promise_is_a_counterexample() -> None:
    (verdict,) = verdicts(NARROWED, promise_too_much, "ssair")
    assert verdict.outcome == COUNTEREXAMPLE and verdict.arguments == (np.int64(0),)


def test_what_was_promised_before_may_be_relied_on() -> None:
    def rely(function: Function) -> None:
        function.entry.instrs[0].args[0].fact = function.entry.instrs[0].fact

    (verdict,) = verdicts(NARROWED, rely, "ssair")
    assert verdict.outcome == PROVED


def test_what_callers_promise_is_not_asked_of_the_callee() -> None:
    source = "fn half(x: i64) -> i64 = x // 2\nfn main(x: i64) -> i64 = half(abs(x) % 10) + half(3) // 2\n"
    found = validate(load(source, "fun"), "purity,call_facts,simplify,drop_refinements,dce", seconds=30)
    assert {"call_facts", "drop_refinements"} <= {verdict.pass_name for verdict in found}
    assert {verdict.outcome for verdict in found} == {PROVED}


# ---- what cannot be said ------------------------------------------------------------------------------------------

REASONS = {
    "it loops": "fn main(n: i64) -> i64 = loop s = n for i in 0..n do s + i + 0\n",
    "it has floats": "fn main(x: f64) -> f64 = x + 1.0 - 0.0\n",
    "it has arrays": "fn main(xs: [n]i64) -> i64 = xs[0] + 0\n",
    "its calls nest deep, or without end": "fn main(x: i64) -> i64 = if x < 1 then 0 else 1 + main(x - 1) + 0\n",
    "it has powers of unknown or large exponents": "fn main(x: i64) -> i64 = x ** x + 0\n",
    "it has more than 400 instructions": f"fn main(x: i64) -> i64 = {' + '.join(['x * x'] * 300)} + 0\n",
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_something_is_not_proved_is_said(reason: str) -> None:
    found = validate(load(REASONS[reason], "fun"), "simplify,drop_refinements")
    assert {(verdict.outcome, verdict.reason) for verdict in found} == {(NOT_PROVED, reason)}


def obfuscate(function: Function, context: Context) -> int:
    """Writes `x * y` as `(x & y) * (x | y) + (x & ~y) * (~x & y)`: right, and hard to see for who looks at bits."""
    product = next(instr for instr in function.instructions() if instr.op is OPS["mul"])
    x, y = product.args
    builder = Builder(function).at(product.block, product.block.instrs.index(product) + 1)
    ones = builder.const(x.type, -1)
    parts = [builder.emit("and", x, y), builder.emit("or", x, y)]
    rest = [builder.emit("and", x, builder.emit("xor", y, ones)), builder.emit("and", builder.emit("xor", x, ones), y)]
    function.replace(product, builder.emit("add", builder.emit("mul", *parts), builder.emit("mul", *rest)))
    return 1


def test_the_solver_stops_when_its_time_is_up() -> None:
    source = "fn main(x: i64, y: i64) -> i64 = x * y\n"
    (verdict,) = validate(load(source, "fun"), [obfuscate], seconds=0.05)
    assert (verdict.outcome, verdict.reason) == (NOT_PROVED, "the solver needs more than 0.05 s")
    assert check_program(source, passes=[obfuscate]) is None


# ---- the encoding -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_means_what_the_semantics_says(name: str) -> None:
    fails, reported = CHECKS[name]
    meant, wanted = MEANT[name]
    assert reported == wanted
    type = BOOL if name == "check" else I32
    values = list(VALUES[type]) if type in VALUES else [True, False]
    count = {"check": 1, "check_nonempty": 1}.get(name, 2)
    for left in values:
        for right in values if count == 2 else [left]:
            given = [left, right][:count]
            terms = [z3.BoolVal(bool(v)) if type is BOOL else z3.BitVecVal(int(v), 32) for v in given]
            dtype = np.bool_ if type is BOOL else np.int32
            assert z3.is_true(z3.simplify(fails(*terms))) == bool(meant(*[dtype(v) for v in given])), given


def chosen(rows: list[tuple[z3.BoolRef, object]]) -> list[object]:
    return [what for condition, what in rows if z3.is_true(z3.simplify(condition))]


def test_the_terms_are_what_the_interpreter_does() -> None:
    tried = 0
    for seed in range(400):
        module = loop_free(seed)
        if module is None:
            continue
        random = np.random.default_rng(seed)
        for _ in range(3):
            arguments = [
                bool(random.integers(2))
                if param.type is BOOL
                else int(random.choice([*range(-3, 6), 2**31 - 1, -(2**31)]))
                for param in module.entry().params
            ]
            terms = [
                z3.BoolVal(value) if param.type is BOOL else z3.BitVecVal(value, 64 if param.type is I64 else 32)
                for param, value in zip(module.entry().params, arguments, strict=True)
            ]
            try:
                summary = encode(module.entry(), terms)
            except Unsupported:
                break
            outcome = execute(module, arguments)
            traps = [
                (place, values) for condition, place, values in summary.traps if z3.is_true(z3.simplify(condition))
            ]
            results = chosen(summary.returns)  # type: ignore[arg-type]
            assert len(traps) + len(results) == 1
            if outcome.trap is not None:
                ((place, values),) = traps
                assert place[0] == outcome.trap.kind
                if outcome.trap.kind != "assert":
                    reported = [z3.simplify(value).as_signed_long() for value in values]
                    assert reported == list(outcome.trap.values)[: len(reported)]
            else:
                assert outcome.results is not None
                found = [
                    z3.is_true(term) if z3.is_bool(term) else term.as_signed_long()
                    for term in map(z3.simplify, results[0])  # type: ignore[call-overload]
                ]
                assert found == [value.item() for value in outcome.results]
            (printed,) = {str(z3.simplify(term)) for term in chosen(summary.printed)}  # type: ignore[arg-type]
            assert printed.count("print") == len(outcome.output) + 1  # the history begins with "nothing printed"
            tried += 1
    assert tried > 100 and HISTORY is not None


def loop_free(seed: int) -> Module | None:
    """A small module without loops, of integers; None if the seed gives none."""
    from ssair.testing.choices import SeededChoices
    from ssair.testing.modules import structured_module

    choices = SeededChoices(seed)
    module = structured_module(choices, 4 + seed % 5, (I64, I32, BOOL, I64))
    main = module.functions["main"]
    returned = [block for block in main.blocks if block.end.op.name == "return"]
    for block in returned:
        block.end.args = tuple(value for value in block.end.args if value.type in (I64, I32, BOOL))
    if returned:
        main.results = tuple(value.type for value in returned[0].end.args)
    from ssair.pipeline import run_pipeline

    run_pipeline(module, "dce")
    return module


# ---- the command --------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_proved(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "program.fun"
    file.write_text("fn main(x: i64) -> i64 = x * 1 + 0\n")
    assert main([str(file), "--validate"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "simplify of @main: proved" in lines
    assert lines[-1].endswith("proved") and lines[-1].split()[1] == "changes:"


def test_the_command_fails_where_there_is_a_counterexample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "planted_sum.py").write_text(
        "from ssair.ops import OPS\n"
        "def run(function, context):\n"
        "    for instr in function.instructions():\n"
        "        if instr.op is OPS['mul']:\n"
        "            instr.op = OPS['add']\n"
        "    return 1\n"
    )
    (tmp_path / "program.fun").write_text("fn main(x: i64) -> i64 = x * x\n")
    assert main(["program.fun", "--validate", "--passes", "gvn,planted_sum:run"]) == 1
    out = capsys.readouterr().out
    assert "planted_sum:run of @main: counterexample\n  called with (" in out
    assert out.endswith("1 changes: 0 proved, 0 not proved, 1 with a counterexample\n")


@pytest.mark.parametrize("option", [["--emit", "anf"], ["--remarks"], ["--print-changed"]])
def test_options_that_show_something_else_are_refused(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["no_such_file.fun", "--validate", *option]) == 2
    assert "--validate" in capsys.readouterr().err


def test_the_page_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[1] / "docs" / "reliability.md").read_text(encoding="utf-8")
    found = re.search(
        r"<!-- file: (\S+) -->\n```fun\n(.*?)```\n\n```sh\nssairc (.*?)\n```\n```text\n(.*?)```", page, re.DOTALL
    )
    assert found
    monkeypatch.chdir(tmp_path)
    (tmp_path / found[1]).write_text(found[2])
    assert main(found[3].split()) == 0
    assert capsys.readouterr().out == found[4]
