"""In a strict kernel -0.0 + 0.0 is 0.0; XLA by itself takes `x + 0.0` for x."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

TERMS = ("x + 0.0", "0.0 + x", "x - -0.0", "0.0 - x", "x - 0.0", "-0.0 + x")


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("term", TERMS)
def test_the_sign_of_a_zero_sum(term: str, level: int) -> None:
    kernel = ssair.compile(f"fn f(x: f64) -> f64 = {term}\n", floats="strict", level=level)
    for x in (-0.0, 0.0, 1.5, float("nan"), float("-inf")):
        np.testing.assert_array_equal(np.signbit(kernel(x)), np.signbit(kernel.interpret(x)))
        np.testing.assert_array_equal(kernel(x), kernel.interpret(x))


@pytest.mark.parametrize("term", ["xs + 0.0", "xs + full(0.0, n)", "full(0.0, n) - xs", "xs - full(-0.0, n)"])
def test_the_sign_of_zero_sums_of_arrays(term: str) -> None:
    kernel = ssair.compile(f"fn f(xs: [n]f64) -> [n]f64 = {term}\n", floats="strict")
    xs = np.array([-0.0, 0.0, 1.5])
    np.testing.assert_array_equal(np.signbit(kernel(xs)), np.signbit(kernel.interpret(xs)))
