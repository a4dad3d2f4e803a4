"""Comprehensions as one batch, as wide machines run them: the same values and traps, and no element waits for ever."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_backend_control import assert_agrees

from ssair.backends.execution import Execution
from ssair.sources import load

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Execution, "_here", lambda self: replace(self._options, vectorise=True))


CALLS: dict[str, tuple[Any, ...]] = {
    "mandelbrot": (np.linspace(-2.0, 1.0, 5), np.linspace(-1.0, 1.0, 4), 30),
    "miller_rabin": (np.array([2, 3, 4, 91, 97, 561, 1000003, 0, 1, -5]),),
    "lower_bound": (np.array([1.0, 2.0, 5.0]), np.array([0.0, 2.0, 3.0, 9.0])),
    "game_of_life": (np.random.default_rng(0).random((5, 6)) < 0.5, 3),
}


@pytest.mark.parametrize("name", CALLS)
def test_examples(name: str) -> None:
    assert_agrees(load(EXAMPLES / f"{name}.fun"), CALLS[name], level=2)


def test_loops_that_would_not_end_for_elements_not_meant_to_run_them() -> None:
    source = """
fn halvings(x: i64) -> i64 =
  let (_, k) = loop (x = x, k = 0) while x != 1 do (x // 2, k + 1) in k
fn main(xs: [n]i64) -> [n]i64 = [if x >= 1 then halvings(x) else loop y = x while y < -1 do y + 1 for x in xs]
"""
    assert_agrees(load(source), (np.array([0, 1, 9, -5, 1024, -1]),), level=2)


def test_an_outer_loop_that_some_elements_have_left() -> None:
    source = """
fn main(xs: [n]i64) -> [n]i64 =
  [loop s = 0 while s < x do (loop t = s while t % x != 0 || t == s do t + 1) for x in xs]
"""
    assert_agrees(load(source), (np.array([0, 1, 3, 7]),), level=2)


def test_the_first_trap_in_row_major_order() -> None:
    source = """
fn main(a: [n, m]i64, xs: [k]i64) -> [n, m]i64 =
  [loop s = 0 for p in 0..a[i, j] do s + xs[p] // a[0, j] for i in 0..n, j in 0..m]
"""
    for case in ([[1, 2], [2, 3]], [[1, 2], [5, 9]], [[0, 2], [1, 9]], [[2, 0], [9, 1]]):
        assert_agrees(load(source), (np.array(case), np.array([5, 6, 7])), level=2)
