"""Scalar loops and two array programs, beside numba's `@njit`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from kernels_measure import Row
from numba import njit

COLLATZ = """
fn steps(x: i64) -> i64 =
  let (_, k) = loop (x = x, k = 0) while x != 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, k + 1) in k
fn main(limit: i64) -> i64 = loop best = 0 for i in 1..limit do max(best, steps(i))
"""


@njit
def collatz(limit: int) -> int:
    best = 0
    for start in range(1, limit):
        x, k = start, 0
        while x != 1:
            x = x // 2 if x % 2 == 0 else 3 * x + 1
            k += 1
        best = max(best, k)
    return best


GCD = """
fn gcd(a: i64, b: i64) -> i64 = if b == 0 then a else gcd(b, a % b)
fn main(n: i64) -> i64 = loop s = 0 for i in 1..n do loop s = s for j in 1..n do s + gcd(i, j)
"""


@njit
def gcd(n: int) -> int:
    s = 0
    for i in range(1, n):
        for j in range(1, n):
            a, b = i, j
            while b != 0:
                a, b = b, a % b
            s += a
    return s


MANDELBROT = """
fn escape(cr: f64, ci: f64, limit: i64) -> i64 =
  let (_, _, steps) =
    loop (zr = 0.0, zi = 0.0, k = 0) while zr * zr + zi * zi <= 4.0 && k < limit do
      (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, k + 1)
  in steps
fn main(n: i64, limit: i64) -> i64 =
  loop s = 0 for i in 0..n do loop s = s for j in 0..n do
    s + escape(-2.0 + 3.0 * f64(i) / f64(n), -1.5 + 3.0 * f64(j) / f64(n), limit)
"""


@njit
def mandelbrot(n: int, limit: int) -> int:
    s = 0
    for i in range(n):
        for j in range(n):
            cr, ci = -2.0 + 3.0 * i / n, -1.5 + 3.0 * j / n
            zr, zi, k = 0.0, 0.0, 0
            while zr * zr + zi * zi <= 4.0 and k < limit:
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                k += 1
            s += k
    return s


NEWTON = """
fn root(a: f64) -> f64 =
  let (x, _) = loop (x = a, last = 0.0) while abs(x - last) > 1.0e-12 * x do (0.5 * (x + a / x), x) in x
fn main(n: i64) -> f64 = loop s = 0.0 for i in 1..n do s + root(f64(i))
"""


@njit
def newton(n: int) -> float:
    s = 0.0
    for i in range(1, n):
        a = float(i)
        x, last = a, 0.0
        while abs(x - last) > 1.0e-12 * x:
            x, last = 0.5 * (x + a / x), x
        s += x
    return s


HASH = """
fn main(n: i64, seed: i64) -> i64 =
  loop h = seed for i in 0..n do
    let h = (h ^ i) * 1099511628211
    in h ^ h >> 29
"""


@njit
def hash_of(n: int, seed: int) -> int:
    h = np.int64(seed)
    for i in range(n):
        h = (h ^ i) * np.int64(1099511628211)
        h = h ^ (h >> 29)
    return h


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


@njit
def edit_distance(a: Any, b: Any) -> int:
    row = np.arange(len(b) + 1)
    for i in range(len(a)):
        row[0] = i + 1
        corner = i
        for j in range(len(b)):
            above = row[j + 1]
            cost = 0 if a[i] == b[j] else 1
            row[j + 1] = min(above + 1, row[j] + 1, corner + cost)
            corner = above
    return row[len(b)]


BUBBLE_SORT = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 0..n do
    loop xs = xs for j in 0..n - 1 - i do
      if xs[j] > xs[j + 1] then xs with [j] = xs[j + 1] with [j + 1] = xs[j] else xs
"""


@njit
def bubble_sort(xs: Any) -> Any:
    xs = xs.copy()
    n = len(xs)
    for i in range(n):
        for j in range(n - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
    return xs


#: The rows that the goal for scalar loops speaks of.
SCALAR = ("collatz", "gcd", "mandelbrot", "newton", "hash")


def rows() -> list[Row]:
    """The rows; the first five are scalar loops."""
    random = np.random.default_rng(3)
    texts = [random.integers(0, 4, 2_000) for _ in range(2)]
    assert math.isclose(newton(3), 1 + math.sqrt(2))
    return [
        Row("collatz", COLLATZ, collatz, (100_000,), plain=True),
        Row("gcd", GCD, gcd, (1_000,), plain=True),
        Row("mandelbrot", MANDELBROT, mandelbrot, (300, 200), plain=True),
        Row("newton", NEWTON, newton, (200_000,), plain=True),
        Row("hash", HASH, hash_of, (10_000_000, 7), plain=True),
        Row("edit distance", EDIT_DISTANCE, edit_distance, tuple(texts), plain=True),
        Row("bubble sort", BUBBLE_SORT, bubble_sort, (random.integers(0, 10_000, 2_000),), plain=True),
    ]
