"""Loops of kernels end where a check fails, however long they would go on: their turns are counted.

Each kernel's loops are given a limit of turns, far above what they may take, and report how many they took; so a
condition that forgets the trap is a count that is too large, and not a test that does not end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jax
import numpy as np
import pytest

import ssair
from ssair.backends.rounds import STEPS

LIMIT: Final = 500
#: Programs that fail after at most four turns of each loop, by what would make them go on.
PROGRAMS: Final = {
    "a range": "fn f(xs: [n]i64, k: i64) -> i64 = loop s = 0 for i in 0..k do s + xs[i]",
    "nothing that ends": "fn f(xs: [n]i64, k: i64) -> i64 = loop i = 0 while true do xs[i] + i + k - k",
    "a condition that fails": "fn f(xs: [n]i64, k: i64) -> i64 = loop i = 0 while xs[i] < k do i + 1",
    "a condition, with more to do": """
fn f(xs: [n]i64, k: i64) -> (i64, i64) =
  loop (i = 0, p = 1) while i < k && xs[i] < k do (i + 1, p * 3 + xs[i])""",
    "a check before the loop": """
fn f(xs: [n]i64, k: i64) -> i64 = let first = xs[k] in loop s = first for i in 0..k do s * 3 + i""",
    "an arm": """
fn f(xs: [n]i64, k: i64) -> i64 = loop s = 0 for i in 0..k do if i > 2 then s + xs[i * 2] else s * 3 + 1""",
    "the loop around": """
fn f(xs: [n]i64, k: i64) -> i64 =
  loop s = 0 for i in 0..k do loop s = s for j in 0..k do s * 3 + xs[j]""",
    "what comes after an inner loop": """
fn f(xs: [n]i64, k: i64) -> i64 =
  loop s = 0 for i in 0..k do (let t = (loop t = 0 for j in 0..3 do t * 3 + i) in s + xs[i] + t)""",
    "the loop behind": """
fn f(xs: [n]i64, k: i64) -> i64 =
  let s = loop s = 0 for i in 0..3 do s + xs[i + 1] in loop t = s for j in 0..k do t * 3 + j""",
    "what leaves in the middle": """
fn f(xs: [n]i64, k: i64) -> i64 =
  let (i, _) = loop (i = 0, found = false) while i < k && !found do
    if xs[i] > 7 then (i, true) else (i + 1, false)
  in i""",
    "an array that it changes": """
fn f(xs: [n]i64, k: i64) -> i64 = (loop a = xs for i in 0..k do a with [i] = a[i] * 3)[0]""",
    "a function": """
fn g(xs: [n]i64, i: i64) -> i64 = if i > 2 then xs[i] // (i - 3) else i
fn f(xs: [n]i64, k: i64) -> i64 = loop s = 0 for i in 0..k do s * 3 + g(xs, i)""",
    "elements that are made together": """
fn f(xs: [n]i64, k: i64) -> i64 = sum([loop s = x for i in 0..k do s * 3 + xs[i] for x in xs])""",
    "elements, a check before them": """
fn f(xs: [n]i64, k: i64) -> i64 = assert k < 9 in sum([loop s = x for i in 0..k do s * 3 + i for x in xs])""",
    "elements that could fail themselves, a check before them": """
fn f(xs: [n]i64, k: i64) -> i64 =
  assert k < 9 in sum([loop s = x for i in 0..k do if s < 0 then s // (x - 9) else s * 3 + 1 for x in xs])""",
    "elements that fail in every turn": """
fn g(x: i64) -> i64 = let ys = [1, 2, 3] in x + ys[7]
fn f(xs: [n]i64, k: i64) -> i64 = sum([loop s = x for i in 0..k do s + g(i) for x in xs])""",
    "elements that fail in every turn of a known number": """
fn g(x: i64) -> i64 = let ys = [1, 2, 3] in x + ys[7]
fn f(xs: [n]i64, k: i64) -> i64 = sum([loop s = x * k for i in 0..n * 400 do s + g(i) for x in xs])""",
}
ROW: Final = np.array([1, 2, 3])


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many turns each loop of a kernel took, at most LIMIT; for kernels compiled from now on."""
    counted: list[int] = []
    while_loop: Callable[..., Any] = jax.lax.while_loop

    def limited(goes_on: Callable[[Any], Any], step: Callable[[Any], Any], start: Any) -> Any:
        def again(state: tuple[Any, Any]) -> Any:
            return jax.lax.bitwise_and(goes_on(state[1]), jax.lax.lt(state[0], np.int32(LIMIT)))

        def count(state: tuple[Any, Any]) -> tuple[Any, Any]:
            return jax.lax.add(state[0], np.int32(1)), step(state[1])

        number, ended = while_loop(again, count, (np.int32(0), start))
        jax.debug.callback(lambda number: counted.append(int(number)), number)
        return ended

    monkeypatch.setattr(jax.lax, "while_loop", limited)
    return counted


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_loop_ends_at_a_trap(name: str, level: int, turns: list[int]) -> None:
    kernel = ssair.compile(PROGRAMS[name], level=level)
    with pytest.raises(ssair.Trap) as expected:
        kernel.interpret(ROW, 2**40)
    with pytest.raises(ssair.Trap) as got:
        kernel(ROW, 2**40)
    jax.effects_barrier()
    assert got.value.same_as(expected.value)
    assert turns and max(turns) <= 4 + STEPS


def test_loops_that_do_not_fail_are_counted(turns: list[int]) -> None:
    kernel = ssair.compile("fn f(xs: [n]i64, k: i64) -> i64 = loop s = 0 for i in 0..k do s + xs[i % n] * i")
    kernel(ROW, 2**40)
    jax.effects_barrier()
    assert max(turns) == LIMIT
