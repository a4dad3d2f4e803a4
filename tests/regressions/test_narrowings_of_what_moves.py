"""An instruction may know more where it has moved to: so do narrowings of it then, which cannot know less than it."""

from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.verifier import verify

SHARED = """
func @main {
bb0(v0: i64{0..10}, v1: bool):
  branch v1, bb1, bb2
bb1:
  v2: i64{4} = const 4
  v3: i64{0..2^61-1} = div_trunc v0, v2
  v4: i64{0..27} = narrow v3
  v5: () = print v4
  jump bb3
bb2:
  v6: i64{4} = const 4
  v7: i64{0..2^61-1} = div_trunc v0, v6
  v8: () = print v7
  jump bb3
bb3:
  return
}
"""


def test_what_both_arms_compute_moves_and_what_narrows_it_stays_valid() -> None:
    module = parse_module(SHARED)
    verify(module)
    moved = optimize(module, "motion")
    verify(moved)
    entry = moved.functions["main"].entry
    assert [instr.op.name for instr in entry.instrs] == ["const", "div_trunc"]
