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


def test_it_goes_with_that_code() -> None:
    optimized = optimize(parse_module(TEXT), "clean_cfg,dce")
    verify(optimized)
    assert "mul" not in str(optimized)
