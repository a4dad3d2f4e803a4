"""Refinements are held against what their own place knows: what a sibling was told is forgotten."""

from __future__ import annotations

from ssair.parser import parse_module
from ssair.passes.justification import justify_refinements
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
