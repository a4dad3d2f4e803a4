"""Refinements are held against what their own place knows: what a sibling was told is forgotten."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from ssair.ir import Function
from ssair.parser import parse_module
from ssair.passes import bounds, sccp
from ssair.passes.justification import justify_refinements
from ssair.pipeline import optimize
from ssair.refinement import Relation
from ssair.sources import load
from ssair.testing.generator import generate_program
from ssair.verifier import verify

TEXT = """
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: bool = lt v0, v1
  branch v2, bb1, bb2
bb1:
  v3: i64 = refine v0 lt v1
  v4: i64 = add v3, v1
  return v4
bb2:
  v5: i64 = refine v0 lt v1
  v6: i64 = sub v5, v1
  return v6
}
"""


def test_what_one_arm_knows_justifies_nothing_in_the_other() -> None:
    function = parse_module(TEXT, verified=False).functions["main"]
    justify_refinements(function)
    ops = {instr.id: instr.op.name for instr in function.instructions()}
    assert (ops[3], ops[5]) == ("refine", "proved")
    verify(function)


def test_narrowings_know_no_less_than_their_operands() -> None:
    text = "func @main -> i64 {\nbb0(v0: i64{0..5}):\n  v1: i64{3..9} = narrow v0\n  return v1\n}\n"
    function = parse_module(text, verified=False).functions["main"]
    justify_refinements(function)
    assert str(function.entry.instrs[0].fact) == "{3..5}"


UNSAID = """
func @main -> i64 {
bb0(v0: i64, v1: i64, v2: i64):
  v3: bool = lt v0, v1
  branch v3, bb1, bb2
bb1:
  v4: bool = lt v1, v2
  branch v4, bb3, bb2
bb3:
  jump bb4
bb4:
  v5: i64 = refine v0 lt v1
  v6: i64 = refine v1 lt v2
  v7: i64 = refine v0 lt v2
  v8: i64{5} = const 5
  v9: i64{5} = refine v8 eq v8
  v10: i64 = add v5, v6
  v11: i64 = add v7, v9
  v12: i64 = add v10, v11
  return v12
bb2:
  return v0
}
"""


def test_of_what_is_no_longer_said_all_that_still_is_said_somewhere_is_kept() -> None:
    """Nothing says `v0 < v2` any more; `v0 < v1` is said two blocks further up, and `5 == 5` by facts."""
    function = parse_module(UNSAID, verified=False).functions["main"]
    v0, v1, v2 = function.params
    refinements = {instr.id: instr for instr in function.instructions() if instr.op.name == "refine"}
    five = refinements[9].args[0]
    unsaid = [Relation(v0, "lt", v1), Relation(v2, "gt", v0), Relation(five, "eq", five)]
    justify_refinements(function, unsaid)
    assert {id: instr.op.name for id, instr in refinements.items()} == {
        5: "refine",
        6: "refine",
        7: "proved",
        9: "refine",
    }
    verify(function)


def test_of_a_truth_value_either_way_of_saying_it_counts() -> None:
    text = """
func @main -> bool {
bb0(v0: bool):
  v1: bool{false} = const false
  v2: bool{true} = refine v0 ne v1
  return v2
}
"""
    function = parse_module(text, verified=False).functions["main"]
    justify_refinements(function, [Relation(function.params[0], "eq", True)])
    assert function.entry.instrs[1].op.name == "proved"


def test_naming_what_is_no_longer_said_gives_what_looking_at_everything_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    def both_ways(function: Function, unsaid: Iterable[Relation] | None = None) -> None:
        nonlocal asked
        assert unsaid is not None
        asked += 1
        twin = function.module.clone().functions[function.name]
        justify_refinements(twin)
        justify_refinements(function, unsaid)
        assert str(function) == str(twin)

    for pass_module in (bounds, sccp):
        monkeypatch.setattr(pass_module, "justify_refinements", both_ways)
    for seed in range(80):
        optimize(load(generate_program(seed, 40).source))
    assert asked > 20
