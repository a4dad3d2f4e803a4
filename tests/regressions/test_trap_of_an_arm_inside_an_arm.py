"""A choice inside an arm that is evaluated for nothing does not trap, though it becomes a `cond` of its own."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

SOURCE = """
fn f(xs: [n]i64, ys: [n]i64, a: i64, b: i64) -> [n]i64 =
  loop s = xs for i in 0..n do
    if ys[i] > 0 then
      let v = if a > 0 then (1000 // b) * 3 % 7 // 5 + (a // 3) * 5 % 11 // 3 + a * 17 // 7 // 3 else 1 in
      s with [i] = v
    else s
"""


@pytest.mark.parametrize("level", [0, 2])
def test_an_arm_not_taken_does_not_trap(level: int) -> None:
    kernel = ssair.compile(SOURCE, level=level)
    numbers = np.arange(100)
    np.testing.assert_array_equal(kernel(numbers, np.zeros(100, np.int64), 1, 0), numbers)
    with pytest.raises(ssair.Trap, match="division"):
        kernel(numbers, np.ones(100, np.int64), 1, 0)
