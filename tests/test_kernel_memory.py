"""Arrays that no memory holds are refused when the kernel is called, and do not end the process when they are read."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

#: Eight times as many bytes are more than a process can address.
TOO_MANY = 2**46
MADE = "fn f(n: size, x: f64) -> [n]f64 = [x * f64(i) for i in 0..n]"
NEEDED = """fn f(n: size, i: i64) -> i64 =
  let xs = loop xs = iota(n) for k in 0..3 do xs with [xs[i]] = xs[k] + i
  in xs[i]"""


@pytest.mark.parametrize("checks", ["raise", "return", "off"])
@pytest.mark.parametrize("source", [MADE, NEEDED], ids=["the result", "on the way"])
def test_a_call(source: str, checks: str) -> None:
    kernel = ssair.compile(source, checks=checks)
    for _ in range(2):
        with pytest.raises(MemoryError, match="memory"):
            kernel(TOO_MANY, 1)
    value = kernel(4, 1)
    assert np.asarray(value[0] if checks == "return" else value).tolist() in ([0.0, 1.0, 2.0, 3.0], 2)


@pytest.mark.parametrize("source", [MADE, NEEDED], ids=["the result", "on the way"])
def test_a_map(source: str) -> None:
    kernel = ssair.compile(source)
    for _ in range(2):
        with pytest.raises(MemoryError, match="memory"):
            kernel.map(TOO_MANY, [1, 2])
    assert len(kernel.map(4, [1, 2])) == 2
