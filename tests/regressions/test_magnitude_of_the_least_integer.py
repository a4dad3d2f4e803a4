"""`abs` of the least integer wraps, and so is negative; XLA by itself takes `abs(x) >= 0` for true."""

from __future__ import annotations

import numpy as np
import pytest

import ssair


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("type", ["i32", "i64"])
def test_comparisons_of_a_magnitude(type: str, level: int) -> None:
    kernel = ssair.compile(f"fn f(x: {type}) -> (bool, bool) = (abs(x) >= 0, abs(x) < 0)\n", level=level)
    least = np.iinfo(np.dtype(f"int{type[1:]}")).min
    for x in (least, least + 1, -1, 0, 5):
        assert [bool(part) for part in kernel(x)] == [x > least, x == least]
        assert kernel.interpret(x) == (x > least, x == least)
