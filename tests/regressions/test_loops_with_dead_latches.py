"""A loop whose way back is dead, for these sizes or for all, is no loop, and its plan says so."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

PROGRAMS = (
    "fn f(n: size, x: f64) =\n"
    "  let (_, v) = loop (k = -3, v = full(x, n)) while k < 0 && false do (k + 1, v) in sum(v)\n",
    "fn f(n: size, x: f64) =\n"
    "  [let (_, v) = loop (k = -3, v = full(x, n)) while k < 0 && false do (k + 1, v) in sum(v) for i in 0..n]\n",
    "fn f(n: size, x: f64) = loop a = x while a < 50.0 do if n > 5 then a + 1.0 else a + 2.0\n",
)


@pytest.mark.parametrize("source", PROGRAMS)
@pytest.mark.parametrize("level", [0, 2])
def test_kernel_agrees_with_the_interpreter(source: str, level: int) -> None:
    kernel = ssair.compile(source, level=level)
    np.testing.assert_array_equal(kernel(3, 7.0), kernel.interpret(3, 7.0))
