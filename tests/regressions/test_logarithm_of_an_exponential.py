"""The logarithm of an exponential that overflows is infinite in strict kernels; XLA by itself takes both away."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

SOURCE = "fn f(x: f64, ys: [n]f32) -> (f64, [n]f32) = (log(exp(x)), log(exp(ys)))\n"


@pytest.mark.parametrize("level", [0, 2])
def test_what_overflowed_is_infinite(level: int) -> None:
    kernel = ssair.compile(SOURCE, floats="strict", level=level)
    scalar, array = kernel(1000.0, np.array([1.0, 500.0], np.float32))
    assert np.isposinf(scalar)
    np.testing.assert_allclose(array, np.array([1.0, np.inf], np.float32), rtol=1e-6)
