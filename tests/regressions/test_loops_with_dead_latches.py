"""A loop one of whose ways back is dead, or all of them, is planned by those that are left."""

from __future__ import annotations

import pytest

import ssair

PROGRAMS = {
    "one way back is dead": (
        "fn f(k: i64, x: i64) -> i64 =\n"
        "  if k <= 0 then x else if false then f(k - 1, x + 1) else f(k - 1, x + 100 // k)\n"
    ),
    "the other is": (
        "fn f(k: i64, x: i64) -> i64 =\n"
        "  if k <= 0 then x else if true then f(k - 1, x + 100 // k) else f(k - 1, x + 1)\n"
    ),
    "all are": "fn f(k: i64, x: i64) -> i64 = loop x = x while k < 5 && false do x + 100 // k\n",
}


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("level", [0, 2])
def test_kernel_agrees_with_the_interpreter(source: str, level: int) -> None:
    kernel = ssair.compile(source, level=level)
    assert int(kernel(3, 7)) == int(kernel.interpret(3, 7))
