"""Iterations made by one `cond` and the stores behind it: they mean what they meant, and nothing is copied."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from test_backend_control import assert_agrees
from test_backend_stores import LENGTH, copies_in_loops

import ssair
from ssair.sources import load

EDIT_DISTANCE = """
fn main(a: [n]i64, b: [m]i64) -> i64 =
  let row =
    loop row = iota(m + 1) for i in 0..n do
      let (row, _) =
        loop (row = row with [0] = i + 1, corner = i) for j in 0..m do
          let above = row[j + 1]
          let cost = if a[i] == b[j] then 0 else 1
          in (row with [j + 1] = min(min(above + 1, row[j] + 1), corner + cost), above)
      in row
  in row[m]
"""
BUBBLE_SORT = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 0..n do
    loop xs = xs for j in 0..n - 1 - i do
      if xs[j] > xs[j + 1] then xs with [j] = xs[j + 1] with [j + 1] = xs[j] else xs
"""
TWO_ARRAYS = """
fn main(xs: [n]i64, ys: [n]i64) -> ([n]i64, [n]i64, i64) =
  loop (xs = xs, ys = ys, t = 0) for i in 0..n do
    let x = xs[i] let y = ys[n - 1 - i] in
    if x < y then (xs with [i] = y, ys with [n - 1 - i] = x, t + x) else (xs, ys with [i] = 7, t - y)
"""
SAME_PLACE = """
fn main(xs: [n]i64, k: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 0..k do
    let x = xs[i % n] let xs = xs with [i % 2] = x + 1
    in (if x > 2 then xs with [t % n] = xs[i % n] else xs with [1] = 5, (t + x) % 1000)
"""
CONSTANTS = """
fn main(xs: [n]i64, k: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 0..k do let x = xs[1] in (xs with [0] = 9 with [1] = 4, t + x)
"""
FAILS = """
fn main(xs: [n]i64, k: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 0..k do
    let x = xs[i] in (xs with [i] = 100 // (x - 3) with [x] = t, t + x)
"""
HEAVY_ARM = """
fn heavy(x: i64) -> i64 = x // 3 * (x // 7 + x % 5) + x // 11 * (x % 13 + x // 17) + x % 19 * (x // 23) + x % 29
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] in if x > 2 then (xs with [i] = heavy(heavy(x)), t + xs[i - 1]) else (xs, t - x)
"""
LEAVES_EARLY = """
fn main(xs: [n]i64, limit: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) while t < limit && xs[abs(t) % n] != 4 do
    let x = xs[abs(t) % n] in (xs with [(abs(t) + 1) % n] = x + t, t + max(x, 1))
"""
NUMBERS = np.array([3, 1, 4, 1, 5, 9, 2, 6])
CALLS = {
    "edit_distance": (EDIT_DISTANCE, [(NUMBERS, NUMBERS[::2]), (NUMBERS, NUMBERS[:0]), (NUMBERS[:0], NUMBERS)]),
    "bubble_sort": (BUBBLE_SORT, [(NUMBERS,), (NUMBERS[:1],), (NUMBERS[:0],)]),
    "two_arrays": (TWO_ARRAYS, [(NUMBERS, NUMBERS[::-1] - 2), (NUMBERS, NUMBERS)]),
    "same_place": (SAME_PLACE, [(NUMBERS, 9), (NUMBERS[:2], 5), (NUMBERS[:1], 1), (NUMBERS[:1], 2)]),
    "constants": (CONSTANTS, [(NUMBERS, 0), (NUMBERS, 3), (NUMBERS[:1], 1)]),
    "fails": (FAILS, [(NUMBERS[1:], 7), (NUMBERS[1:6], 9), (NUMBERS, 1), (NUMBERS[[1, 4]], 2), (NUMBERS[1:], 0)]),
    "heavy_arm": (HEAVY_ARM, [(NUMBERS,), (NUMBERS[:1],)]),
    "leaves_early": (LEAVES_EARLY, [(NUMBERS, 50), (NUMBERS, 0), (NUMBERS[3:], 9), (NUMBERS[2:], 9)]),
}
#: Programs whose iterations are one `cond`.
GATHERED = ("edit_distance", "bubble_sort", "two_arrays", "same_place", "constants", "leaves_early")


@pytest.mark.parametrize("name", CALLS)
def test_they_mean_what_the_interpreter_says(name: str) -> None:
    source, calls = CALLS[name]
    for level in (0, 2):
        assert_agrees(load(source), *calls, level=level)


@pytest.mark.parametrize("name", CALLS)
def test_no_array_is_copied_in_a_loop(name: str) -> None:
    kernel = ssair.compile(CALLS[name][0])
    sizes = dict.fromkeys([size for size in "nm" if f"[{size}]" in str(kernel.signature)], LENGTH)
    assert copies_in_loops(kernel.ir("hlo", **sizes), LENGTH) == []


@pytest.mark.parametrize("name", GATHERED)
def test_a_loop_has_one_cond(name: str) -> None:
    kernel = ssair.compile(CALLS[name][0], checks="off")
    sizes = dict.fromkeys([size for size in "nm" if f"[{size}]" in str(kernel.signature)], 8)
    assert kernel.ir("jaxpr", **sizes).count("cond[") == 1


def test_an_arm_that_is_not_for_nothing_is_a_cond_in_the_cond() -> None:
    """Its stores come out of both as scalars (tests/test_backend_choices.py)."""
    text = ssair.compile(HEAVY_ARM).ir("jaxpr", n=8)
    assert text.count("cond[") == 2
    assert text.count("dynamic_update_slice") == 1


def test_traps_report_their_values() -> None:
    with pytest.raises(ssair.Trap, match=r"index 9 is out of range for dimension 0 of length 7"):
        ssair.compile(FAILS)(NUMBERS[1:], 7)


def test_reverse_derivatives() -> None:
    source = """
fn main(xs: [n]f64) -> f64 =
  let (ys, t) = loop (ys = xs, t = 0.0) for i in 1..n do
    let y = ys[i] in (ys with [i] = y * ys[i - 1], t + y * y)
  in t + ys[n - 1]
"""
    kernel = ssair.compile(source)
    assert "cond[" in kernel.ir("jaxpr", n=4)
    with jax.enable_x64(True):
        gradient = jax.grad(kernel.fn)(jax.numpy.array([2.0, 3.0, 5.0, 7.0]))
    np.testing.assert_allclose(gradient, [105.0, 70.0 + 6.0, 42.0 + 10.0, 30.0 + 14.0])


def test_batches() -> None:
    kernel = ssair.compile(BUBBLE_SORT, checks="return")
    rows = np.random.default_rng(5).integers(0, 9, (3, 6))
    with jax.enable_x64(True):
        values, codes = jax.vmap(kernel.fn)(rows)
    np.testing.assert_array_equal(values, np.sort(rows))
    assert not np.any(codes)
