"""In a strict kernel `x // 1e-30` divides; XLA by itself multiplies by the reciprocal, which rounds otherwise."""

from __future__ import annotations

import numpy as np

import ssair


def test_floored_division_by_a_known_float() -> None:
    kernel = ssair.compile("fn f(x: f32) -> f32 = x // 1e-30\n", floats="strict")
    for x in (-3.0, 3.0, 7.0, 0.1, -0.0, float("inf"), float("nan")):
        np.testing.assert_array_equal(kernel(np.float32(x)), kernel.interpret(np.float32(x)))
