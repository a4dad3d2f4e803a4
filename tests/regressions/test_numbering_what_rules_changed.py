"""A refinement that rules have made a constant leads no refinement: it says nothing of two values any more."""

from ssair.interp import execute
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.verifier import verify

TEXT = """func @f -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{3} = const 3
  v3: bool = eq v0, v2
  branch v3, bb1, bb2
bb1:
  v4: i64{3} = refine v0 eq v2
  v5: i64{3} = refine v0 eq v2
  v6: i64{3} = refine v4 eq v2
  v7: i64 = mul v5, v1
  v8: i64 = add v7, v6
  return v8
bb2:
  return v1
}
"""


def test_a_refinement_that_became_a_constant_is_no_leader() -> None:
    module = parse_module(TEXT)
    verify(module)
    result = optimize(module, "gvn_simplify,dce")
    verify(result)
    assert "refine" not in str(result)
    for arguments in ((3, 5), (4, 5)):
        assert execute(result, arguments).results == execute(module, arguments).results
