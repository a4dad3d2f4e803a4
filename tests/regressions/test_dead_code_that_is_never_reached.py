"""What code that is never reached uses stays, as long as that code does."""

from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.verifier import verify

TEXT = """
entry @main

func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: i64 = mul v0, v0
  jump bb2(v1)
bb1:
  v3: i64 = add v2, v1
  jump bb2(v3)
bb2(v4: i64):
  return v0
}
"""


def test_what_unreachable_code_uses_stays() -> None:
    optimized = optimize(parse_module(TEXT), "dce")
    verify(optimized)
    assert "mul v0, v0" in str(optimized)


def test_a_comprehension_that_it_uses_stays() -> None:
    text = """
func @main -> i64 {
bb0(v0: f64[:]):
  v1: i64{0..2^47} = dim v0, 0
  forall (v1), bb1, bb2
bb1(v2: i64{0..2^47-1}):
  yield v2
bb2(v3: i64[:]{0..2^47-1}):
  return v1
bb3:
  v4: i64{0..2^48-2} = add v2, v2
  return v4
}
"""
    optimized = optimize(parse_module(text), "dce")
    assert "forall" in str(optimized)
    assert str(optimize(optimized, "dce")) == str(optimized)


def test_it_goes_with_that_code() -> None:
    optimized = optimize(parse_module(TEXT), "clean_cfg,dce")
    verify(optimized)
    assert "mul" not in str(optimized)
