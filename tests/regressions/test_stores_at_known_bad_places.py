"""A store at a place known to be negative traps when it is reached, and not while the kernel is traced."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

PROGRAMS = (
    "fn main(xs: [n]i64, k: i64) = loop a = xs for i in 0..k do a with [-1] = a[i]\n",
    "fn main(xs: [n]i64, k: i64) = loop a = xs for i in 0..k do if i > 0 then a with [-1] = 2 else a\n",
    "fn main(xs: [n]i64, k: i64) = if k > 1 then xs with [-1] = xs[-2] else xs\n",
)


@pytest.mark.parametrize("source", PROGRAMS)
def test_store_at_a_negative_place(source: str) -> None:
    kernel = ssair.compile(source)
    xs = np.array([4, 5, 6])
    np.testing.assert_array_equal(kernel(xs, 0), xs)
    with pytest.raises(IndexError) as expected:
        kernel.interpret(xs, 2)
    with pytest.raises(IndexError) as caught:
        kernel(xs, 2)
    assert isinstance(caught.value, ssair.Trap) and isinstance(expected.value, ssair.Trap)
    assert caught.value.same_as(expected.value)
