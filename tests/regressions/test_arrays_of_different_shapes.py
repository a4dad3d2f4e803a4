"""Arithmetic that moves in front of the check of its shapes: what is known of its elements still holds of them."""

from ssair.parser import parse_module
from ssair.testing import check_program

PROGRAM = """site 0: size

func @main -> i64 {
bb0(v0: i64 static, v1: bool):
  v2: i64{1} = const 1
  v3: i64{7} = const 7
  v4: i64[:]{1} = full v2, v2
  v5: i64[:]{7} = full v3, v0
  branch v1, bb1, bb2
bb1:
  v6: i64 = check_equal v2, v0 @0
  v7: i64[:]{8} = add v4, v5
  v8: i64 = sum v7
  jump bb3(v8)
bb2:
  v9: i64 = check_equal v2, v0 @0
  v10: i64[:]{8} = add v4, v5
  v11: i64 = sum v10
  jump bb3(v11)
bb3(v12: i64):
  return v12
}
"""


def test_an_addition_of_arrays_one_of_which_is_empty() -> None:
    arguments = [(length, arm) for length in (0, 1, 2) for arm in (False, True)]
    assert check_program(parse_module(PROGRAM), passes="motion", against=("passes",), arguments=arguments) is None
