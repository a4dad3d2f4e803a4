"""Infinity times `f64(false)` is NaN in a kernel too; XLA by itself makes the product a choice between it and 0."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

SOURCE = "fn f(x: f64, c: bool) -> (f64, bool) = (x * f64(c), bool(f64(c) / 0.0))\n"


@pytest.mark.parametrize("floats", ["fast", "strict"])
def test_infinity_times_false_is_nan(floats: str) -> None:
    kernel = ssair.compile(SOURCE, floats=floats)
    product, truth = kernel(float("-inf"), False)
    assert np.isnan(product) and bool(truth)


@pytest.mark.parametrize("floats", ["fast", "strict"])
def test_so_it_is_for_each_element(floats: str) -> None:
    kernel = ssair.compile("fn f(xs: [n]f32, cs: [n]bool) -> [n]f32 = xs * f32(cs)\n", floats=floats)
    product = kernel(np.array([-np.inf, np.inf, 2.0, np.nan], np.float32), np.array([False, True, True, False]))
    np.testing.assert_array_equal(product, np.array([np.nan, np.inf, 2.0, np.nan], np.float32))
