"""Reassociation leaves a sum that would be a constant alone where what is known says that it is never reached."""

from ssair.parser import parse_module
from ssair.testing import check_program

PROGRAM = """site 0: size

func @main -> i64 {
bb0(v0: i64):
  v1: i64{5} = const 5
  v2: i64{64} = const 64
  v3: i64{} = check_at_least v1, v2 @0
  v4: i64{16} = const 16
  v5: i64{} = add v3, v1
  v6: i64{} = sub v3, v4
  v7: i64{} = sub v5, v6
  jump bb1(v7)
bb1(v8: i64{}):
  return v8
}
"""


def test_a_constant_behind_a_check_that_always_fails() -> None:
    assert (
        check_program(parse_module(PROGRAM), passes="reassociate", against=("passes", "fuel"), arguments=[(1,)]) is None
    )
