"""Loops that store to arrays, which XLA copies where it cannot order the reads before the store.

The peers say `.at[i].set(v)` where the programs say `with [i] = v`. Small arrays are gone through several times, so
that a run takes a while.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from kernels_measure import Row

SHUFFLE = """
fn shuffle(xs: [n]i64, seed: i64) -> ([n]i64, i64) =
  loop (xs = xs, s = seed) for k in 1..n do
    let s = s * 6364136223846793005 + 1442695040888963407
    let i = n - k
    let j = (s >> 33 & 0x7fffffff) % (i + 1)
    in (xs with [i] = xs[j] with [j] = xs[i], s)
fn main(xs: [n]i64, seed: i64, rounds: i64) -> ([n]i64, i64) =
  loop (xs = xs, s = seed) for r in 0..rounds do shuffle(xs, s)
"""


def shuffle(xs: Any, seed: Any, rounds: Any) -> Any:
    n = xs.shape[0]

    def step(k: Any, state: Any) -> Any:
        xs, s = state
        s = s * 6364136223846793005 + 1442695040888963407
        i = n - k
        j = (s >> 33 & 0x7FFFFFFF) % (i + 1)
        at_i, at_j = xs[i], xs[j]
        return xs.at[i].set(at_j).at[j].set(at_i), s

    return lax.fori_loop(0, rounds, lambda _, state: lax.fori_loop(1, n, step, state), (xs, seed))


SPLIT = """
fn split(xs: [n]i64, pivot: i64) -> ([n]i64, [n]i64, i64) =
  loop (low = full(0, n), high = full(0, n), k = 0) for i in 0..n do
    if xs[i] < pivot then (low with [k] = xs[i], high, k + 1) else (low, high with [i - k] = xs[i], k)
fn main(xs: [n]i64, pivot: i64, rounds: i64) -> ([n]i64, [n]i64, i64) =
  loop (low = xs, high = xs, k = 0) for r in 0..rounds do split(xs, pivot + (k & 1))
"""


def split(xs: Any, pivot: Any, rounds: Any) -> Any:
    n = xs.shape[0]

    def once(pivot: Any) -> Any:
        def step(i: Any, state: Any) -> Any:
            low, high, k = state
            return lax.cond(
                xs[i] < pivot,
                lambda: (low.at[k].set(xs[i]), high, k + 1),
                lambda: (low, high.at[i - k].set(xs[i]), k),
            )

        return lax.fori_loop(0, n, step, (jnp.zeros(n, jnp.int64), jnp.zeros(n, jnp.int64), jnp.int64(0)))

    return lax.fori_loop(0, rounds, lambda _, state: once(pivot + (state[2] & 1)), (xs, xs, jnp.int64(0)))


UNION_FIND = """
fn find_root(parents: [n]i64, node: i64) -> ([n]i64, i64) =
  loop (parents = parents, x = node) while parents[x] != x do
    let above = parents[parents[x]]
    in (parents with [x] = above, above)
fn components(tails: [m]i64, heads: [m]i64, parents: [n]i64) -> [n]i64 =
  let parents =
    loop parents = parents for e in 0..m do
      let (parents, a) = find_root(parents, tails[e])
      let (parents, b) = find_root(parents, heads[e])
      in parents with [max(a, b)] = min(a, b)
  in loop roots = parents for x in 0..n do roots with [x] = roots[roots[x]]
fn main(n: size, tails: [m]i64, heads: [m]i64, least: i64, rounds: i64) -> [n]i64 =
  loop roots = iota(n) for r in 0..rounds do
    let fresh = [if roots[i] < least then roots[i] else i for i in 0..n] in components(tails, heads, fresh)
"""


def union_find(n: int, tails: Any, heads: Any, least: Any, rounds: Any) -> Any:
    def find_root(parents: Any, node: Any) -> Any:
        def step(state: Any) -> Any:
            parents, x = state
            above = parents[parents[x]]
            return parents.at[x].set(above), above

        return lax.while_loop(lambda state: state[0][state[1]] != state[1], step, (parents, node))

    def join(e: Any, parents: Any) -> Any:
        parents, a = find_root(parents, tails[e])
        parents, b = find_root(parents, heads[e])
        return parents.at[jnp.maximum(a, b)].set(jnp.minimum(a, b))

    def once(_: Any, roots: Any) -> Any:
        parents = jnp.where(roots < least, roots, jnp.arange(n))
        parents = lax.fori_loop(0, tails.shape[0], join, parents)
        return lax.fori_loop(0, n, lambda x, roots: roots.at[x].set(roots[roots[x]]), parents)

    return lax.fori_loop(0, rounds, once, jnp.arange(n))


MERGE = """
fn merge(xs: [n]f64, ys: [m]f64) -> [n + m]f64 =
  let (merged, _, _) =
    loop (out = zeros(n + m), i = 0, j = 0) while i < n || j < m do
      if j >= m || i < n && xs[i] <= ys[j] then (out with [i + j] = xs[i], i + 1, j)
      else (out with [i + j] = ys[j], i, j + 1)
  in merged
fn main(xs: [n]f64, ys: [m]f64, rounds: i64) -> [n + m]f64 =
  loop out = zeros(n + m) for r in 0..rounds do merge(xs with [0] = xs[0] + 0.0 * out[n], ys)
"""


def merge(xs: Any, ys: Any, rounds: Any) -> Any:
    n, m = xs.shape[0], ys.shape[0]

    def once(xs: Any) -> Any:
        def step(state: Any) -> Any:
            out, i, j = state
            first = (j >= m) | ((i < n) & (xs[i] <= ys[j]))
            return lax.cond(
                first,
                lambda: (out.at[i + j].set(xs[i]), i + 1, j),
                lambda: (out.at[i + j].set(ys[j]), i, j + 1),
            )

        start = (jnp.zeros(n + m), jnp.int64(0), jnp.int64(0))
        return lax.while_loop(lambda state: (state[1] < n) | (state[2] < m), step, start)[0]

    return lax.fori_loop(0, rounds, lambda _, out: once(xs.at[0].set(xs[0] + 0.0 * out[n])), jnp.zeros(n + m))


ARMS = """
fn mixed(x: i64) -> i64 = x // 3 * (x // 7 + x % 5) + x // 11 * (x % 13 + x // 17) + x % 19 * (x // 23) + x % 29
fn main(xs: [n]i64, least: i64, rounds: i64) -> [n]i64 =
  loop xs = xs for r in 0..rounds do
    loop xs = xs for i in 1..n do
      let x = xs[i] in
      if x > least then xs with [i] = mixed(mixed(x)) else xs with [i - 1] = mixed(mixed(x + 1)) + xs[i - 1]
"""


def arms(xs: Any, least: Any, rounds: Any) -> Any:
    def mixed(x: Any) -> Any:
        return x // 3 * (x // 7 + x % 5) + x // 11 * (x % 13 + x // 17) + x % 19 * (x // 23) + x % 29

    def step(i: Any, xs: Any) -> Any:
        x = xs[i]
        return lax.cond(
            x > least,
            lambda: xs.at[i].set(mixed(mixed(x))),
            lambda: xs.at[i - 1].set(mixed(mixed(x + 1)) + xs[i - 1]),
        )

    return lax.fori_loop(0, rounds, lambda _, xs: lax.fori_loop(1, xs.shape[0], step, xs), xs)


def rows() -> list[Row]:
    """Each program at both lengths, so many times that the kernel works for a millisecond or more."""
    found = []
    for n, rounds, most in ((2_000, (150, 160, 60, 90, 45), 1_000), (100_000, (4, 4, 2, 3, 1), 3)):
        random = np.random.default_rng(2)
        numbers = random.integers(0, 1000, n)
        edges = random.integers(0, n, (2, n))
        halves = [np.sort(random.normal(size=n // 2)) for _ in range(2)]
        found += [
            Row(f"fisher-yates {n}", SHUFFLE, shuffle, (numbers, 1, rounds[0]), most=most),
            Row(f"split {n}", SPLIT, split, (numbers, 500, rounds[1]), most=most),
            Row(f"union-find {n}", UNION_FIND, union_find, (n, *edges, 0, rounds[2]), (0,), most=most),
            Row(f"merge {n}", MERGE, merge, (*halves, rounds[3]), most=most),
            Row(f"heavy arms {n}", ARMS, arms, (numbers, 500, rounds[4]), most=most),
        ]
    return found
