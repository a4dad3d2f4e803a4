"""A comprehension whose loops are counted ends once it has trapped, however far they would count.

Programs run in a process of their own, for what they once did was not to end.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

RUN = """
import sys, numpy as np, ssair
kernel = ssair.compile(sys.argv[1], level=int(sys.argv[2]))
try:
    kernel(np.arange(3), 2**60)
except ssair.Trap as trap:
    print(trap.kind)
"""
PROGRAMS = {
    "before the loop": (
        "assert",
        "fn f(xs: [m]i64, n: i64) -> [m]i64 =\n"
        "  [ let z = 0 in assert n < 100 in loop acc = z for k in 0..n do acc * 3 + i for i in 0..m ]\n",
    ),
    "before the comprehension": (
        "assert",
        "fn f(xs: [m]i64, n: i64) -> [m]i64 =\n"
        "  assert n < 100 in [ loop acc = 0 for k in 0..n do acc * 3 + i for i in 0..m ]\n",
    ),
    "in an arm": (
        "index",
        "fn f(xs: [m]i64, n: i64) -> [m]i64 = [ loop acc = 0 for k in 0..n do\n"
        "  if acc > 100 then acc + xs[k] else acc + 7 + (if k > 5 then xs[k] else 0) for i in 0..m ]\n",
    ),
    "in each iteration": (
        "index",
        "fn g(x: i64) -> i64 = let xs = [1, 2, 3] in x + xs[7]\n"
        "fn f(xs: [m]i64, n: i64) -> [m]i64 = [ loop acc = i for k in 0..n do acc + g(k) for i in 0..m ]\n",
    ),
    "in each iteration of a known number": (
        "index",
        "fn g(x: i64) -> i64 = let xs = [1, 2, 3] in x + xs[7]\n"
        "fn f(xs: [m]i64, n: i64) -> [m]i64 = [ loop acc = i for k in 0..m do acc + g(k) for i in 0..m ]\n",
    ),
}


@pytest.mark.parametrize(("kind", "source"), PROGRAMS.values(), ids=PROGRAMS)
@pytest.mark.parametrize("level", ["0", "2"])
def test_it_ends(kind: str, source: str, level: str) -> None:
    command = [sys.executable, "-c", RUN, source, level]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == kind, done.stderr
