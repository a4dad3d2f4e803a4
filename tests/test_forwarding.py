"""The sweep behind replaced values: no pass leaves a crumb, whether it rewrites operands on the way or at the end."""

from __future__ import annotations

import pytest

from ssair.context import Context
from ssair.ir import Function
from ssair.ops import NARROW
from ssair.parser import parse_module
from ssair.passes.copyprop import finish_forwarding, forward_uses
from ssair.pipeline import run_pipeline
from ssair.printer import format_function
from ssair.verifier import verify

UNREACHED = """
func @f -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64 = mul v0, v1
  v3: i64 = mul v0, v1
  v4: i64{0} = const 0
  v5: i64 = add v3, v4
  return v5
bb1:
  v6: i64 = neg v3
  v7: i64 = add v6, v5
  jump bb2(v3)
bb2(v8: i64):
  return v8
}
"""


def parsed(text: str) -> Function:
    return parse_module(text).functions["f"]


@pytest.mark.parametrize("passes", ["lvn", "gvn", "simplify", "simplify,gvn"])
def test_blocks_that_nothing_reaches_use_what_stands_for_replaced_values_too(passes: str) -> None:
    function = parsed(UNREACHED)
    run_pipeline(function.module, passes)
    there = {value for block in function.blocks for value in (*block.params, *block.instrs)}
    for block in function.blocks:
        for operands in (*(instr.args for instr in block.instrs), tuple(block.end.operands())):
            assert there.issuperset(operands)
    verify(function)


def test_what_remains_is_parameters_and_what_terminators_use() -> None:
    function = parsed("""
func @f -> i64 {
bb0(v0: i64):
  v1: i64 = neg v0
  jump bb1(v0, v1)
bb1(v2: i64, v3: i64):
  return v2
}
""")
    bb0, bb1 = function.blocks
    bb1.params[0].make_equal_to(bb0.params[0])
    finish_forwarding(function)
    assert [str(value) for value in bb0.end.operands()] == ["v1"]
    assert [str(value) for value in bb1.end.operands()] == ["v0"]
    verify(function)


def test_a_narrowing_knows_no_less_than_what_stands_for_its_operand() -> None:
    function = parsed("""
func @f -> i64 {
bb0(v0: i64):
  v1: i64{5} = const 5
  v2: i64 = neg v0
  v3: i64{1..} = narrow v2
  return v3
}
""")
    v1, v2, v3 = function.entry.instrs
    v2.make_equal_to(v1)
    forward_uses(function)
    assert v3.op is NARROW and v3.args == (v1,) and v3.fact <= v1.fact


def test_copyprop_finds_the_crumbs_of_parameters_and_instructions() -> None:
    function = parsed("""
func @f -> i64 {
bb0(v0: i64):
  jump bb1(v0)
bb1(v1: i64):
  v2: i64 = neg v0
  v3: i64 = neg v1
  v4: i64 = add v2, v3
  return v4
}
""")
    bb0, bb1 = function.blocks
    bb1.params[0].make_equal_to(bb0.params[0])
    assert run_pipeline(function.module, "copyprop") == 1
    v2, v3, _ = bb1.instrs
    assert v3.args == tuple(bb0.params)
    v3.make_equal_to(v2)
    assert run_pipeline(function.module, "copyprop") == 1
    assert run_pipeline(function.module, "copyprop") == 0
    assert "add v2, v2" in format_function(function)


def test_a_round_of_clean_cfg_merges_the_block_of_a_parameter_that_it_has_replaced() -> None:
    function = parsed("""
func @f -> i64 {
bb0(v0: i64, v1: i64):
  jump bb1(v0, v1)
bb1(v2: i64, v3: i64):
  v4: i64 = sub v3, v2
  jump bb2(v4)
bb2(v5: i64):
  return v5
}
""")
    context = Context()
    run_pipeline(function.module, "clean_cfg", context=context)
    assert context.counters == {"clean_cfg.useless_params": 3, "clean_cfg.merged": 2}
    assert "sub v1, v0" in format_function(function) and len(function.blocks) == 1
    verify(function)
