"""Loop versioning: a copy of a loop runs without the checks that a condition in front of it proves.

The copy may only be chosen where no check of it would fail; every run that fails traps as it did, after the same
output.
"""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from growth import assert_linear
from random_inequalities import random_arguments, random_program

import ssair
from ssair.context import Context, Fuel
from ssair.frontends.fun import compile_source
from ssair.interp import execute
from ssair.ir import Function, Module
from ssair.loops import loop_forest
from ssair.parser import parse_module
from ssair.passes import version_loops
from ssair.pipeline import LEVELS, optimize
from ssair.remarks import remarks
from ssair.testing.outcomes import difference
from ssair.verifier import verify

HEAD: Final = "fn f(xs: [n]i64, ys: [m]i64, i: i64, j: i64, k: i64) -> i64 = "
ROW: Final = np.arange(4) + 1

#: Expressions, arguments with which their loops run without checks, some with which one fails, and what is asked.
VERSIONED: Final[dict[str, tuple[str, list[Any], list[Any], str]]] = {
    "one array as long as another": (
        "loop s = 0 for p in 0..n do s + xs[p] * ys[p]",
        [ROW, ROW, 0, 0, 0],
        [ROW, ROW[:3], 0, 0, 0],
        "`len(xs)` <= `len(ys)`",
    ),
    "a number of elements": (
        "loop s = 0 for p in 0..i do s + xs[p]",
        [ROW, ROW, 4, 0, 0],
        [ROW, ROW, 5, 0, 0],
        "`i` <= `len(xs)`",
    ),
    "from one number to another": (
        "loop s = 0 for p in i..j do s + xs[p]",
        [ROW, ROW, 0, 4, 0],
        [ROW, ROW, -1, 3, 0],
        "`j` <= `len(xs)` and 0 <= `i`",
    ),
    "backward": (
        "let (_, s) = loop (p = i, s = 0) while p >= 0 do (p - 1, s + xs[p]) in s",
        [ROW, ROW, 3, 0, 0],
        [ROW, ROW, 4, 0, 0],
        "`i` + 1 <= `len(xs)`",
    ),
    "a window": (
        "loop s = 0 for p in 0..n do s + ys[p + 2]",
        [ROW, np.arange(6), 0, 0, 0],
        [ROW, np.arange(5), 0, 0, 0],
        "`len(xs)` + 2 <= `len(ys)`",
    ),
    "a shift": (
        "if 0 <= i <= 9 then (loop s = 0 for p in 0..n - i do s + ys[p + i]) else 0",
        [np.arange(6), np.arange(6), 1, 0, 0],
        [ROW, ROW[:2], 1, 0, 0],
        "`len(xs)` <= `len(ys)`",
    ),
    "an index that does not change": (
        "loop s = 0 for p in 0..n do (if xs[p] > 2 then s + ys[i] else s)",
        [ROW, ROW, 3, 0, 0],
        [ROW, ROW, 4, 0, 0],
        "`i` + 1 <= `len(ys)` and 0 <= `i`",
    ),
    "a divisor that does not change": (
        "loop s = 0 for p in 0..n do (if xs[p] > 2 then s + xs[p] // i else s)",
        [ROW, ROW, -2, 0, 0],
        [ROW, ROW, 0, 0, 0],
        "`i` != 0",
    ),
    "a nest": (
        "loop s = 0 for p in 0..i do loop s = s for q in 0..j do s + xs[p] * ys[q]",
        [ROW, ROW, 4, 3, 0],
        [ROW, ROW, 4, 5, 0],
        "`j` <= `len(ys)`",
    ),
    "what is carried out": (
        """let (p, q, s) = loop (p = 0, q = i, s = 0) while s < j && p < k do (p + 1, q + p, s + xs[p])
        in p * 100 + q + s""",
        [ROW, ROW, 3, 99, 4],
        [ROW, ROW, 3, 99, 5],
        "`k` <= `len(xs)`",
    ),
    "an array that is carried": (
        "let a = loop a = ys for p in 0..i do a with [p] = xs[p] in a[m - 1] + len(a)",
        [ROW, ROW, 4, 0, 0],
        [ROW, ROW[:3], 4, 0, 0],
        "`i` <= `len(xs)` and `len(xs)` <= `len(ys)`",
    ),
    "what is printed before the trap": (
        "loop s = 0 for p in 0..i do (print(p, s) in s + xs[p])",
        [ROW, ROW, 4, 0, 0],
        [ROW, ROW, 6, 0, 0],
        "`i` <= `len(xs)`",
    ),
}  # fmt: skip

#: Expressions whose loops are not copied.
NOT_VERSIONED: Final = {
    "what is proved anyway": "loop s = 0 for p in 0..n do s + xs[p]",
    "indices that are elements": "loop s = 0 for p in 0..n do s + ys[xs[p]]",
    "in a comprehension": "sum([loop s = 0 for p in 0..i do s + xs[p] for q in 0..m])",
    "an array carried in an inner loop": """
        let a = loop a = ys for q in 0..n do
          let t = xs[q] in loop a = a for p in 0..t do a with [p] = 1
        in a[0]""",
    "a condition that cannot be computed without wrapping": """
        loop s = 0 for p in 0..n do s + ys[p + i + j + k]""",
    "a condition that is false": "if i > m then (loop s = 0 for p in 0..i do s + ys[p]) else 0",
}


def module_of(source: str) -> Module:
    module = compile_source(source, "a.fun")
    module.source, module.source_name = source, "a.fun"
    return module


def versioned(source: str) -> tuple[Module, int]:
    """The program at -O3, verified after every pass, and how many loops were versioned."""
    context = Context(verify_each=True)
    result = optimize(module_of(source), level=3, context=context)
    return result, context.counters["version_loops.versioned"]


@pytest.mark.parametrize("name", VERSIONED)
def test_a_loop_runs_without_checks_where_the_condition_holds(name: str) -> None:
    body, passing, failing, asked = VERSIONED[name]
    module = module_of(HEAD + body)
    result, count = versioned(HEAD + body)
    assert count == 1
    outcome = execute(result, passing)
    wanted = execute(module, passing)
    assert not difference(wanted, outcome)
    assert wanted.checks.total() > 3 and outcome.checks.total() <= 1
    wanted = execute(module, failing)
    assert wanted.trap is not None
    assert not difference(wanted, execute(result, failing))
    messages = [remark.message for remark in remarks(module, level=3) if remark.verdict == "versioned"]
    assert messages and all(
        f"of the loop that runs when {asked}" in message or asked in message for message in messages
    )


@pytest.mark.parametrize("name", NOT_VERSIONED)
def test_a_loop_stays_one_loop(name: str) -> None:
    result, count = versioned(HEAD + NOT_VERSIONED[name])
    assert count == 0
    assert len(result.functions) == 1


def test_only_level_three_copies_loops() -> None:
    module = module_of(HEAD + VERSIONED["a window"][0])
    for level in (0, 1, 2):
        assert "version_loops" not in LEVELS[level]
        assert [remark.verdict for remark in remarks(module, level=level)].count("versioned") == 0


def test_large_loops_are_not_copied() -> None:
    module = optimize(module_of(HEAD + VERSIONED["a window"][0]))
    function = module.entry()
    before = str(function)
    assert version_loops.run(function, Context(), size="3") == 0
    assert str(function) == before


def test_every_prefix_is_valid_and_correct() -> None:
    source = HEAD + " + ".join(f"({VERSIONED[name][0]})" for name in ("a nest", "backward", "what is carried out"))
    module = optimize(module_of(source))
    spent = Context()
    optimize(module, "version_loops", context=spent)
    assert spent.fuel.spent == 3
    for limit in range(spent.fuel.spent + 1):
        result = optimize(module, "version_loops", context=Context(fuel=Fuel(limit), verify_each=True))
        for arguments in ([ROW, ROW, 3, 3, 3], [ROW, ROW, 2, 9, 9], [ROW, ROW, 9, 1, 1]):
            assert not difference(execute(module, arguments), execute(result, arguments))


@pytest.mark.parametrize(
    "name",
    [
        "a shift",
        "backward",
        "a nest",
        "what is carried out",
        "an array that is carried",
        "what is printed before the trap",
    ],
)
def test_a_kernel_takes_the_one_way_or_the_other(name: str) -> None:
    body, passing, failing, _ = VERSIONED[name]
    kernel = ssair.compile(HEAD + body, level=3)
    assert any(remark.verdict == "versioned" for remark in kernel.remarks)
    for arguments in (passing, failing, passing):
        wanted = outcome_of(kernel.interpret, arguments)
        assert outcome_of(kernel, arguments) == wanted
        assert isinstance(wanted[0], str) == (arguments is failing)


def outcome_of(call: Callable[..., Any], arguments: list[Any]) -> tuple[int | str, str]:
    """What a call gives, or the trap that it raises, and what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            return int(call(*arguments)), printed.getvalue()
        except ssair.Trap as trap:
            return str(trap), printed.getvalue()


#: Loops one after the other, the second of which asks for what the first one computes.
IN_SEQUENCE: Final = {
    "as often as the first one counted": """
        let t = loop t = 0 for p in 0..i do (if xs[p] > 1 then t + 1 else t)
        in loop s = t for q in 0..t do s * 3 + ys[q]""",
    "from where the first one ended": """
        let (p, s) = loop (p = 0, s = 0) while p < i && s < 5 do (p + 1, s + xs[p])
        in loop s = s for q in p..j do s * 3 + ys[q]""",
    "by what the first one has checked": """
        let (last, s) = loop (last = 0, s = 0) for p in 0..i do (ys[p], s + xs[p])
        in loop s = s for q in 0..n do (if xs[q] > 2 then s + xs[last] else s)""",
    "over an array that the first one made": """
        let a = loop a = xs for p in 0..i do a with [p] = ys[p]
        in loop s = 0 for q in 0..j do s * 3 + a[q]""",
    "three of them": """
        let t = loop t = 0 for p in 0..i do t + xs[p] - p
        let u = loop u = t for p in 0..t do u + ys[p] - p - 1
        in loop s = 0 for p in u..t + 1 do s * 3 + ys[p] + xs[p]""",
}


@pytest.mark.parametrize("name", IN_SEQUENCE)
def test_a_loop_may_ask_for_what_the_loop_before_it_computes(name: str) -> None:
    module = module_of(HEAD + IN_SEQUENCE[name])
    result, count = versioned(HEAD + IN_SEQUENCE[name])
    assert count > 1
    for i, j in itertools.product((-1, 0, 1, 3, 4, 5), (0, 2, 4, 5)):
        for row in (ROW, ROW[:3], ROW - 2):
            wanted = execute(module, [ROW, row, i, j, 0])
            assert not difference(wanted, execute(result, [ROW, row, i, j, 0])), (i, j)


def test_a_loop_that_asks_for_what_a_copied_loop_does_not_show_stays() -> None:
    """The second loop goes up to the index as the test of the first one has checked it; asked of is the one before."""
    body = """
        let p = loop p = i while xs[p] < (if p > 1 then ys[j] else 3) do p + 1
        in loop s = 0 for q in 0..p do s * 3 + ys[q]"""
    module = module_of(HEAD + body)
    result, count = versioned(HEAD + body)
    assert count == 1
    for i, j in itertools.product((-1, 0, 1, 3, 4), (0, 2, 4)):
        for row in (ROW, ROW[:2], ROW - 2):
            wanted = execute(module, [ROW, row, i, j, 0])
            assert not difference(wanted, execute(result, [ROW, row, i, j, 0])), (i, j)


# ---- in the text form: what a loop shows, and how it is left --------------------------------------------------------

LEFT_TWICE: Final = """
site 0: index
func @f -> i64 {
bb0(v0: i64[:], v1: i64, v2: i64):
  v3: i64{0} = const 0
  jump bb1(v3, v0)
bb1(v4: i64{0..}, v5: i64[:]):
  v6: bool = lt v4, v1
  branch v6, bb2, bb4
bb2:
  v7: i64{0..2^63-2} = refine v4 lt v1
  v8: i64{0..2^47} = dim v0, 0
  v9: i64{0..2^47-1} = check_index v7, v8 @0
  v10: i64 = index v0, v9
  v11: i64{1} = const 1
  v12: i64{1..2^47} = add v9, v11
  v13: bool = eq v10, v2
  branch v13, bb5, bb3
bb3:
  v14: i64[:] = update v5, v12, v9
  jump bb1(v12, v14)
bb4:
  jump bb6(v4)
bb5:
  jump bb6(v10)
bb6(v15: i64):
  v16: i64{0..2^47} = dim v5, 0
  v17: i64{1} = const 1
  v18: i64[:]{1} = full v17, v16
  v19: i64 = index v18, v15
  v20: i64 = index v5, v3
  v21: i64 = add v15, v4
  v22: i64 = add v21, v19
  v23: i64 = add v22, v20
  return v23
}
"""


def run_alone(text: str) -> tuple[Module, Module]:
    module = parse_module(text)
    verify(module)
    result = module.clone()
    assert version_loops.run(result.functions["f"], Context()) == 1
    verify(result)
    return module, result


def test_values_of_a_loop_that_is_left_in_two_ways_come_out_of_it() -> None:
    module, result = run_alone(LEFT_TWICE)
    for length in (2, 3, 4, 5):
        for wanted in (1, 3, 9):
            arguments = [np.arange(4), length, wanted]
            assert not difference(execute(module, arguments), execute(result, arguments))


def test_a_loop_that_is_left_to_two_blocks_is_not_copied() -> None:
    module = parse_module(LEFT_TWICE.replace("jump bb6(v10)", "return v10"))
    verify(module)
    assert version_loops.run(module.functions["f"], Context()) == 0


# ---- random programs, and growth ------------------------------------------------------------------------------------


def test_random_programs_keep_their_meaning() -> None:
    count = 0
    for seed in range(60):
        module = compile_source(random_program(1000 + seed))
        context = Context(verify_each=seed % 5 == 0)
        result = optimize(module, level=3, context=context)
        count += context.counters["version_loops.versioned"]
        for arguments in random_arguments(seed):
            wanted = execute(module, arguments, max_steps=300_000)
            assert not difference(wanted, execute(result, arguments, max_steps=900_000)), seed
    assert count > 10


def _loops(count: int) -> Function:
    loops = " + ".join(["(loop s = 0 for p in 0..i do s + xs[p] * ys[p])"] * count)
    return optimize(compile_source(HEAD + loops), "clean_cfg,lvn,simplify").entry()


def test_work_grows_with_the_loops() -> None:
    assert_linear(lambda count: version_loops.run(_loops(count), Context()), 20)


def test_a_function_at_most_doubles() -> None:
    function = _loops(8)
    before, loops = sum(1 for _ in function.instructions()), len(loop_forest(function).loops)
    assert version_loops.run(function, Context()) == loops
    assert sum(1 for _ in function.instructions()) < 2 * before + 6 * loops
