"""Branches that decide nothing and loops that leave nothing go, however many and however deep, in linear work."""

from __future__ import annotations

import pytest
from growth import assert_linear

from ssair.context import Context, Fuel
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.lower import lower
from ssair.frontends.fun.parse import parse_program
from ssair.ir import Function, Module
from ssair.ops import BRANCH, JUMP, RETURN
from ssair.parser import parse_module
from ssair.passes import dce
from ssair.pipeline import run_pipeline
from ssair.sources import UsageError
from ssair.verifier import verify

BEFORE = "clean_cfg,simplify,partition,clean_cfg,gvn,refine,sccp,clean_cfg"


def _function(body: str) -> Function:
    source = f"fn main(n: i64, x: i64, xs: [m]i64) -> i64 =\n{body}\n"
    module: Module = lower(check_program(parse_program(source)))
    run_pipeline(module, BEFORE)
    return module.functions["main"]


def _nested_branches(count: int) -> Function:
    tests = "".join(f"if x > {number} then " for number in range(count))
    return _function(f"let d = {tests} x * x {' else x' * count} in n")


def _nested_loops(count: int) -> Function:
    loops = "".join(f"(loop s{number} = x for i{number} in 0..n do " for number in range(count))
    return _function(f"let d = {loops} s{count - 1} * 3 + x{')' * count} in n")


def _one_loop_after_another(count: int) -> Function:
    loops = "\n".join(f"let d{number} = loop s = x for i in 0..n do s * 3 + i in" for number in range(count))
    return _function(f"{loops} n")


@pytest.mark.parametrize("make", [_nested_branches, _nested_loops, _one_loop_after_another])
def test_nothing_is_left_of_dead_control_and_the_work_is_linear(make):
    functions = {count: make(count) for count in (12, 24)}

    def eliminate(count: int) -> None:
        assert any(block.end.op is BRANCH for block in functions[count].blocks)
        dce.run(functions[count], Context())

    assert_linear(eliminate, 12)
    for function in functions.values():
        verify(function)
        run_pipeline(function.module, "clean_cfg,dce")
        assert [block.end.op for block in function.blocks] == [RETURN]


LIVE = {
    "the last state of a loop is used": "let s = loop s = x for i in 0..n do s * 3 + i in n + s",
    "it may not end": "let d = loop d = x while d != 0 do d * 3 in n",
    "it traps": "let d = loop s = x for i in 0..n do xs[i] in n",
    "it prints": "let d = loop s = x for i in 0..n do print(i) in s in n",
    "the arms give different values": "n + (if x > 0 then n else x)",
    "one arm traps": "let d = if x > 0 then 1 // n else n in n",
    "another turn tests what it chooses": "let d = loop d = x while d != 0 do (if d > n then d * 3 else d - 7) in n",
    "a loop within it may not end": "let d = loop s = x for i in 0..n do (loop t = s while t != 0 do t * 3) in n",
}


@pytest.mark.parametrize("why", LIVE)
def test_what_is_needed_stays(why):
    function = _function(LIVE[why])
    branches = sum(block.end.op is BRANCH for block in function.blocks)
    dce.run(function, Context())
    verify(function)
    assert sum(block.end.op is BRANCH for block in function.blocks) == branches > 0


GONE = {
    "a loop in an arm in a loop": (
        "let d = loop s = x for i in 0..n do if s > i then (loop t = s for j in 0..i do t * 3 + j) else s in n"
    ),
    "a branch on what an endless loop carries for it alone": (
        "let (d, e) = loop (d = x, e = n) while d != 0 do (d * 3, 3 * (if e > n then e * 5 else e - 7)) in n"
    ),
    "a loop in an arm, with what its test needs": (
        "let d = if n == 7 then (loop s = x for i in 0..x * n do s * 3) else x in n"
    ),
    "a loop that only another one uses": (
        "let s = loop s = x for i in 0..n do s * 3 + i in let t = loop t = s for i in 0..n do t * s + i in n"
    ),
}


@pytest.mark.parametrize("what", GONE)
def test_every_prefix_of_what_is_cut_is_valid_and_a_second_run_finds_nothing(what):
    function = _function(GONE[what])
    branches = sum(block.end.op is BRANCH for block in function.blocks)
    whole = Context()
    dce.run(function, whole)
    verify(function)
    assert sum(block.end.op is BRANCH for block in function.blocks) < branches
    assert dce.run(function, Context()) == 0
    for units in range(whole.fuel.spent + 1):
        part = _function(GONE[what])
        context = Context(fuel=Fuel(units))
        dce.run(part, context)
        verify(part)
        assert context.fuel.spent == units
    assert str(part) == str(function)


NEVER_LEFT = """
func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  jump bb1(v1)
bb1(v2: i64{1..3}):                   ; preds bb0 bb2 bb3
  v3: i64{1..2} = narrow v2
  v4: i64{2..3} = add v3, v1
  v5: bool = lt v0, v4
  branch v5, bb2, bb3
bb2:                                  ; idom bb1
  jump bb1(v4)
bb3:                                  ; idom bb1
  jump bb1(v4)
}
"""


def test_a_loop_that_is_never_left_has_no_place_behind():
    """By what is said of its counter it ends, so that it is never entered; a branch in it decides nothing."""
    (function,) = parse_module(NEVER_LEFT).functions.values()
    dce.run(function, Context())
    verify(function)
    assert [block.end.op for block in function.blocks] == [JUMP, JUMP]


def test_a_way_with_many_stops_is_followed_only_so_far():
    """What is sequential behind an arm is passed one by one: a limit keeps that from becoming quadratic."""
    steps = "\n".join(f"let d{number} = if x > {number} then x else n in" for number in range(100))
    function = _function(f"let d = if n == 7 then ({steps} x) else x in\nn")
    dce.run(function, Context())
    verify(function)
    run_pipeline(function.module, "clean_cfg,dce,clean_cfg,dce")
    assert [block.end.op for block in function.blocks] == [RETURN]


def test_control_may_be_kept():
    function = _function("let d = if n == 7 then x * 2 else x in\nn")
    run_pipeline(function.module, "dce{control=keep}")
    assert [block.end.op for block in function.blocks].count(BRANCH) == 1
    run_pipeline(function.module, "dce")
    assert BRANCH not in [block.end.op for block in function.blocks]
    with pytest.raises(UsageError, match="control is cut or keep, not 'no'"):
        run_pipeline(function.module, "dce{control=no}")
