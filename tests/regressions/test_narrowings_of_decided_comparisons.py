"""A narrowing knows no less than its operand, also where a comparison that it narrows has been decided.

Where control never comes, what is proved of a comparison may contradict what is known of it there.
"""

import pytest

from ssair.context import Context
from ssair.parser import parse_module
from ssair.pipeline import run_pipeline
from ssair.verifier import verify

TEXT = """
func @main -> i64 {
bb0(v0: i64{0..100}, v1: i64{0..100}):
  v2: bool = lt v0, v1
  branch v2, bb1, bb3
bb1:
  v3: i64{0..99} = refine v0 lt v1
  v4: bool = ge v3, v1
  v5: bool{true} = narrow v4
  branch v5, bb2, bb3
bb2:
  return v3
bb3:
  return v1
}
"""


@pytest.mark.parametrize("passes", ["bounds", "refine,bounds", "bounds,sccp", "sccp,refine,bounds"])
def test_a_contradiction_leaves_valid_ir(passes):
    module = parse_module(TEXT)
    verify(module)
    context = Context(verify_each=True)
    assert run_pipeline(module, passes, context=context)
    comparison = next(instr for instr in module.functions["main"].instructions() if instr.id == 4)
    assert comparison.op.name == "const"
