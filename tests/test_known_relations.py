"""Comparisons that refinements and extents decide, whichever side states the relation."""

from __future__ import annotations

import pytest

from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.verifier import verify

ARM = """
func @f -> bool {{
bb0(v0: i64, v1: i64):
  v2: bool = lt v0, v1
  branch v2, bb1, bb2
bb1:
  v3: i64{{..2^63-2}} = refine v0 lt v1
  v4: bool = {comparison}
  return v4
bb2:
  return v2
}}
"""
COMPREHENSION = """
func @f -> bool[:] {{
bb0(v0: i64{{0..9}} static):
  forall (v0), bb1, bb2
bb1(v1: i64{{0..8}}):
  v2: bool = {comparison}
  yield v2
bb2(v3: bool[:]):
  return v3
}}
"""


@pytest.mark.parametrize(
    ("program", "comparison", "truth"),
    [
        (ARM, "lt v3, v1", "true"),
        (ARM, "gt v1, v3", "true"),
        (ARM, "ge v3, v1", "false"),
        (ARM, "le v1, v3", "false"),
        (COMPREHENSION, "lt v1, v0", "true"),
        (COMPREHENSION, "gt v0, v1", "true"),
        (COMPREHENSION, "ge v1, v0", "false"),
    ],
)
def test_a_comparison_is_decided_by_what_is_stated_of_either_side(program: str, comparison: str, truth: str) -> None:
    module = parse_module(program.format(comparison=comparison))
    verify(module)
    result = optimize(module, "simplify")
    verify(result)
    assert f"bool{{{truth}}} = const {truth}" in str(result)
