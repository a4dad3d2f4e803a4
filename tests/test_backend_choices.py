"""Arms that are too heavy to be all evaluated, and store to arrays in loops: no array is copied for them."""

from __future__ import annotations

import re

import jax
import numpy as np
import pytest
from test_backend_control import assert_agrees
from test_backend_stores import LENGTH, copies_in_loops

import ssair
from ssair.sources import load

HEAVY = """
fn heavy(x: i64) -> i64 = x // 3 * (x // 7 + x % 5) + x // 11 * (x % 13 + x // 17) + x % 19 * (x // 23) + x % 29
"""
ONE_EACH = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 1..n do
    let x = xs[i] in
    if x > 2 then xs with [i] = heavy(heavy(x)) else xs with [i - 1] = heavy(heavy(x + 1)) + xs[i - 1]
"""
TWO_EACH = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (xs with [i] = heavy(heavy(y)) with [i - 1] = heavy(x), t + x)
    else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
ONE_AND_TWO = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (xs with [i] = heavy(heavy(y)), t + x)
    else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
NONE_AND_TWO = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (xs, t + heavy(heavy(x))) else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
MATRIX = """
fn main(a: [n, 3]i64) -> ([n, 3]i64, i64) =
  loop (a = a, t = 0) for i in 1..n do
    let x = a[i, 1] let y = a[i - 1, 2] in
    if x > y then (a with [i, 0] = heavy(heavy(y)), t + x)
    else (a with [i - 1, 1] = heavy(x) + y with [0, 2] = heavy(heavy(y)), t - y)
"""
FLOATS = """
fn heavy(x: f64) -> f64 =
  (x // 3.0 * (x // 7.0 + x % 5.0) + x // 11.0 * (x % 13.0 + x // 17.0) + x % 19.0 * (x // 23.0) + x % 29.0) % 1000.0
fn main(xs: [n]f64) -> ([n]f64, f64) =
  loop (xs = xs, t = 0.0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (xs with [i] = heavy(heavy(y)) with [i - 1] = heavy(x), t + x)
    else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
NARROW = """
fn heavy(x: i32) -> i32 = x // 3 * (x // 7 + x % 5) + x // 11 * (x % 13 + x // 17) + x % 19 * (x // 23) + x % 29
fn main(xs: [n]i32) -> [n]i32 =
  loop xs = xs for i in 1..n do
    let x = xs[i] in
    if x > 2 then xs with [i] = heavy(heavy(x)) else xs with [i - 1] = heavy(heavy(x + 1)) with [0] = xs[i - 1]
"""
TRUTHS = """
fn main(xs: [n]bool, k: i64) -> ([n]bool, i64) =
  loop (xs = xs, t = k) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x && !y then (xs with [i] = heavy(heavy(t)) > 2, t + heavy(t) % 100)
    else (xs with [i - 1] = heavy(heavy(t)) % 2 == 0 with [0] = heavy(heavy(t + i)) % 3 == 1, t - heavy(t + 5) % 90)
"""
CHECKS = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (xs with [x] = heavy(heavy(y)) // x, t + x)
    else (xs with [y] = heavy(x) + y with [0] = heavy(heavy(y)) // (x - 5), t - y)
"""
READS_ITS_STORES = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then
      let xs = xs with [i] = heavy(heavy(y)) with [t % n] = x
      in (xs with [0] = xs[i] + heavy(heavy(x)), (t + xs[x % n]) % 100)
    else (xs with [i - 1] = heavy(x) + y, (t + heavy(heavy(y))) % 100)
"""
TWO_ARRAYS = """
fn main(xs: [n]i64, ys: [n]i64) -> ([n]i64, [n]i64, i64) =
  loop (xs = xs, ys = ys, t = 0) for i in 0..n do
    let x = xs[i] let y = ys[n - 1 - i] in
    if x < y then (xs with [i] = heavy(heavy(y)), ys with [n - 1 - i] = heavy(heavy(x)), t + x)
    else (xs, ys with [i] = heavy(heavy(t)), t - y)
"""
THREE_WAYS = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then
      if x > 5 then (xs with [i] = heavy(heavy(y)), t + x)
      else (xs with [i - 1] = heavy(heavy(y + 1)) with [i] = heavy(heavy(x)), t + heavy(x))
    else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
STORED_BEFORE = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] let xs = xs with [t % n] = x + y in
    if x > y then (xs with [i] = heavy(heavy(y)), (t + xs[y % n]) % 100)
    else (xs, (t + heavy(heavy(xs[x % n]))) % 100)
"""
FIVE_STORES = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 4..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then
      (xs with [i] = heavy(heavy(y)) with [i - 1] = x with [i - 2] = heavy(y) with [i - 3] = t with [i - 4] = 1, t + x)
    else (xs with [i - 1] = heavy(x) + y with [0] = heavy(heavy(y)), t - y)
"""
LOOPS_IN_ARMS = """
fn main(xs: [n]i64, k: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then let s = loop s = x for j in 0..k do s + xs[j % n] in (xs with [i] = s, t + x)
    else let s = loop s = y for j in 0..k do heavy(s) - j in (xs with [i - 1] = s with [0] = s + x, t - y)
"""
STORES_IN_A_LOOP = """
fn main(xs: [n]i64, k: i64) -> ([n]i64, i64) =
  loop (xs = xs, t = 0) for i in 1..n do
    let x = xs[i] let y = xs[i - 1] in
    if x > y then (loop xs = xs for j in 0..k do xs with [(i + j) % n] = heavy(x + j) + xs[j % n], t + x)
    else if x == y then (xs, t + 1)
    else (xs with [i - 1] = heavy(heavy(y)) with [0] = t, t - y)
"""
NUMBERS = np.array([3, 1, 4, 1, 5, 9, 2, 6])
CASES = {
    "one_each": (HEAVY + ONE_EACH, [(NUMBERS,), (NUMBERS[:1],), (NUMBERS[:0],)]),
    "two_each": (HEAVY + TWO_EACH, [(NUMBERS,), (NUMBERS[::-1],), (NUMBERS[:0],)]),
    "one_and_two": (HEAVY + ONE_AND_TWO, [(NUMBERS,), (NUMBERS[::-1],)]),
    "none_and_two": (HEAVY + NONE_AND_TWO, [(NUMBERS,), (NUMBERS[::-1],)]),
    "matrix": (HEAVY + MATRIX, [(np.stack([NUMBERS, NUMBERS[::-1], NUMBERS % 4], 1),)]),
    "floats": (FLOATS, [(NUMBERS / 4,), (NUMBERS[::-1] * 8.5,)]),
    "narrow": (NARROW, [(NUMBERS.astype(np.int32),)]),
    "truths": (HEAVY + TRUTHS, [(NUMBERS % 2 == 0, 100), (NUMBERS % 3 == 0, 5)]),
    "checks": (HEAVY + CHECKS, [(NUMBERS,), (NUMBERS[:4],), (NUMBERS - 1,), (NUMBERS[1:],), (NUMBERS[[2, 4, 2]],)]),
    "reads_its_stores": (HEAVY + READS_ITS_STORES, [(NUMBERS,), (NUMBERS[::-1],)]),
    "two_arrays": (HEAVY + TWO_ARRAYS, [(NUMBERS, NUMBERS[::-1] - 2), (NUMBERS, NUMBERS)]),
    "three_ways": (HEAVY + THREE_WAYS, [(NUMBERS,), (NUMBERS[::-1],)]),
    "stored_before": (HEAVY + STORED_BEFORE, [(NUMBERS,), (NUMBERS[::-1],)]),
    "five_stores": (HEAVY + FIVE_STORES, [(NUMBERS,), (NUMBERS[::-1],)]),
    "stores_in_a_loop": (HEAVY + STORES_IN_A_LOOP, [(NUMBERS, 3), (NUMBERS[::-1], 4), (NUMBERS, 0)]),
    "loops_in_arms": (HEAVY + LOOPS_IN_ARMS, [(NUMBERS, 3), (NUMBERS[::-1], 0)]),
}


@pytest.mark.parametrize("name", CASES)
def test_arms_mean_what_the_interpreter_says(name: str) -> None:
    source, calls = CASES[name]
    for level in (0, 2):
        assert_agrees(load(source), *calls, level=level, floats="strict")


@pytest.mark.parametrize("checks", ["raise", "off"])
@pytest.mark.parametrize("name", CASES)
def test_no_array_is_copied_in_a_loop(name: str, checks: str) -> None:
    kernel = ssair.compile(CASES[name][0], checks=checks)
    hlo = kernel.ir("hlo", n=LENGTH).replace(f"[{LENGTH},3]", f"[{LENGTH}]")
    assert f"[{LENGTH}]" in hlo
    assert copies_in_loops(hlo, LENGTH) == []


@pytest.mark.parametrize("name", ["one_each", "two_each", "one_and_two", "stored_before"])
def test_no_array_is_copied_in_a_batch(name: str) -> None:
    """Both arms are evaluated for each element of a batch, and only scalars are chosen."""
    kernel = ssair.compile(CASES[name][0], checks="return")
    with jax.enable_x64(True):
        batch = jax.ShapeDtypeStruct((3, LENGTH), np.int64)
        hlo = jax.jit(jax.vmap(kernel.fn)).lower(batch).compile().as_text()
    assert copies_in_loops(hlo.replace(f"[3,{LENGTH}]", f"[{LENGTH}]"), LENGTH) == []
    assert not re.search(rf"= s64\[3,{LENGTH}\]\S* select\(", hlo)


@pytest.mark.parametrize("name", ["two_each", "checks", "reads_its_stores"])
def test_batches_mean_what_their_elements_mean(name: str) -> None:
    kernel = ssair.compile(CASES[name][0], checks="return")
    rows = np.stack([NUMBERS, NUMBERS[::-1], NUMBERS - 1, np.arange(8)])
    with jax.enable_x64(True):
        (arrays, numbers), codes = jax.vmap(kernel.fn)(rows)
    for row, array, number, code in zip(rows, arrays, numbers, codes, strict=True):
        (expected, total), expected_code = kernel(row)
        assert code == expected_code
        if code == 0:
            np.testing.assert_array_equal(array, expected)
            assert number == total


def test_reverse_derivatives() -> None:
    source = """
fn main(xs: [n]f64) -> f64 =
  let ys = loop ys = xs for i in 1..n do
    let y = ys[i] in
    if y > 4.0 then ys with [i] = [ys[j] for j in 0..n][i - 1] * y else ys with [i - 1] = y * y with [i] = sin(y) + 3.0
  in sum(ys)
"""
    kernel = ssair.compile(source)
    assert "cond[" in kernel.ir("jaxpr", n=4)
    start = np.array([2.0, 3.0, 5.0, 7.0])
    with jax.enable_x64(True):
        gradient = jax.grad(kernel.fn)(start)
        for place in range(4):
            step = np.eye(4)[place] * 1e-6
            slope = (float(kernel(start + step)) - float(kernel(start - step))) / 2e-6
            np.testing.assert_allclose(gradient[place], slope, rtol=1e-6)


def test_arms_that_give_other_arrays() -> None:
    """What the arms seem to have in common is not what they give: the choice is emitted once more, with the arrays."""
    source = (
        HEAVY
        + """
fn main(xs: [n]i64, ys: [n]i64) -> ([n]i64, [n]i64) =
  loop (xs = xs, ys = ys) for i in 0..n do
    if xs[i] < ys[i] then (xs with [i] = heavy(heavy(ys[i])), ys) else (ys, xs with [i] = heavy(heavy(xs[i])))
"""
    )
    assert_agrees(load(source), (NUMBERS, NUMBERS[::-1]), (NUMBERS, NUMBERS), level=2)
