"""An argument was pinned by what a refinement knew, which knew less than what it refines."""

from __future__ import annotations

from ssair.context import Context
from ssair.interp import execute
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.testing.outcomes import difference

PROGRAM = """
entry @main
func @positive -> i64 {
bb0(v0: i64{1..}):
  return v0
}
func @main -> i64 {
bb0(v0: i64{..5}):
  v1: i64{0} = const 0
  v2: bool = gt v0, v1
  branch v2, bb1, bb2
bb1:
  v3: i64{1..} = refine v0 gt v1
  v4: i64 = call @positive(v3)
  return v4
bb2:
  return v1
}
"""


def test_the_promise_knows_both() -> None:
    module = parse_module(PROGRAM)
    result = optimize(module, "drop_refinements,dce", context=Context(verify_each=True))
    for argument in (-1, 5):
        assert not difference(execute(module, [argument]), execute(result, [argument]))
