"""The redundancy suite: for each kind of redundancy that XLA leaves, a program that has it.

The peers are the same programs, redundancy and all, as they are written with `jax.jit`: loops are `lax.fori_loop` or
`lax.while_loop`, branches `lax.cond`.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from kernels_measure import Row

HEAVY = "fn heavy(x: f64) -> f64 = exp(sin(x)) * cos(x * x)\n"
MIX = "fn mix(xs: [n]i64) -> [n]i64 = [(x * x >> 3 ^ x) * (x + 12345) % 1000003 for x in xs]\n"


def heavy(x: Any) -> Any:
    return jnp.exp(jnp.sin(x)) * jnp.cos(x * x)


def mix(xs: Any) -> Any:
    return (xs * xs >> 3 ^ xs) * (xs + 12345) % 1000003


def fold(xs: Any, step: Any, start: Any = 0.0) -> Any:
    """A loop over the elements of an array."""
    return lax.fori_loop(0, xs.shape[0], lambda i, state: step(state, xs[i]), start)


BEFORE_AND_IN_AN_ARM = (
    HEAVY
    + """
fn main(xs: [n]f64) -> f64 =
  loop s = 0.0 for x in xs do
    let h = heavy(x) in
    if x > 0.0 then s + h * (heavy(x) + 1.0) else s + h
"""
)


def before_and_in_an_arm(xs: Any) -> Any:
    def step(s: Any, x: Any) -> Any:
        h = heavy(x)
        return lax.cond(x > 0, lambda: s + h * (heavy(x) + 1.0), lambda: s + h)

    return fold(xs, step)


BOTH_ARMS_AND_AFTER = (
    HEAVY
    + """
fn main(xs: [n]f64) -> f64 =
  loop s = 0.0 for x in xs do
    let r = if x > 0.0 then heavy(x) + x else heavy(x) - x in
    s + r * heavy(x)
"""
)


def both_arms_and_after(xs: Any) -> Any:
    def step(s: Any, x: Any) -> Any:
        r = lax.cond(x > 0, lambda: heavy(x) + x, lambda: heavy(x) - x)
        return s + r * heavy(x)

    return fold(xs, step)


ONE_ARM_AND_AFTER = (
    HEAVY
    + """
fn main(xs: [n]f64) -> f64 =
  loop s = 0.0 for x in xs do
    let r = if x > 0.0 then heavy(x) + x else x * 0.5 in
    s + r * heavy(x)
"""
)


def one_arm_and_after(xs: Any) -> Any:
    def step(s: Any, x: Any) -> Any:
        r = lax.cond(x > 0, lambda: heavy(x) + x, lambda: x * 0.5)
        return s + r * heavy(x)

    return fold(xs, step)


INVARIANT_IN_AN_ARM = (
    HEAVY
    + """
fn main(xs: [n]f64, y: f64) -> f64 =
  loop s = 0.0 for x in xs do
    if x > 0.0 then s + heavy(y) * heavy(y + 1.0) * x else s + x
"""
)


def invariant_in_an_arm(xs: Any, y: Any) -> Any:
    return fold(xs, lambda s, x: lax.cond(x > 0, lambda: s + heavy(y) * heavy(y + 1.0) * x, lambda: s + x))


FOR_ONE_ARM = """
fn main(xs: [n]f64, ks: [m]i64) -> f64 =
  loop s = 0.0 for k in ks do
    let ys = [exp(sin(x + f64(k))) * cos(x * x) for x in xs] in
    if k == 0 then s + sum(ys) else s + f64(k)
"""


def for_one_arm(xs: Any, ks: Any) -> Any:
    def step(s: Any, k: Any) -> Any:
        ys = jnp.exp(jnp.sin(xs + k)) * jnp.cos(xs * xs)
        return lax.cond(k == 0, lambda: s + jnp.sum(ys), lambda: s + k)

    return fold(ks, step)


KNOWN_FACTOR = (
    MIX
    + """
fn main(xs: [n]i64, ks: [m]i64) -> i64 =
  loop s = 0 for k in ks do
    if k == 0 then s + sum(mix(xs) * k) + 1 else s + k
"""
)


def known_factor(xs: Any, ks: Any) -> Any:
    def step(s: Any, k: Any) -> Any:
        return lax.cond(k == 0, lambda: s + jnp.sum(mix(xs) * k) + 1, lambda: s + k)

    return fold(ks, step, jnp.int64(0))


KNOWN_EXPONENT = """
fn main(xs: [n]f64, k: f64) -> f64 =
  loop s = 0.0 for x in xs do
    if k == 2.0 then s + abs(x) ** k else s + x
"""


def known_exponent(xs: Any, k: Any) -> Any:
    return fold(xs, lambda s, x: lax.cond(k == 2.0, lambda: s + jnp.abs(x) ** k, lambda: s + x))


SIGNS_IN_A_LOOP = """
fn main(x: i64, k: i64) -> i64 =
  let (_, s) =
    loop (x = x, s = 0) while x > 0 do
      (x - 1, s + abs(x) // max(x, 1) + (if x >= 0 then max(x, k & 7) % abs(x) else k) + abs(max(x, 0)))
  in s
"""


def signs_in_a_loop(x: Any, k: Any) -> Any:
    def step(state: Any) -> Any:
        x, s = state
        y = lax.cond(x >= 0, lambda: jnp.maximum(x, k & 7) % jnp.abs(x), lambda: k)
        return x - 1, s + jnp.abs(x) // jnp.maximum(x, 1) + y + jnp.abs(jnp.maximum(x, 0))

    return lax.while_loop(lambda state: state[0] > 0, step, (x, jnp.int64(0)))[1]


SIGNS_OVER_AN_ARRAY = """
fn main(xs: [n]i64) -> i64 =
  sum([if x > 0 then abs(x) // 16 + max(x, 0) % 16 + (if x >= 0 then sign(x) else x // 3) else 0 for x in xs])
"""


def signs_over_an_array(xs: Any) -> Any:
    inner = jnp.where(xs >= 0, jnp.sign(xs), xs // 3)
    return jnp.sum(jnp.where(xs > 0, jnp.abs(xs) // 16 + jnp.maximum(xs, 0) % 16 + inner, 0))


DIGITS = """
fn digits(x: i64) -> i64 =
  let (_, s) = loop (x = x, s = 0) while x > 0 do (x // 10, s + x % 10) in s
fn main(xs: [n]i64) -> i64 = loop s = 0 for x in xs do s + digits(x)
"""


def digits_of(base: int) -> Any:
    def main(xs: Any) -> Any:
        def one(x: Any) -> Any:
            start = (x, jnp.int64(0))
            return lax.while_loop(lambda s: s[0] > 0, lambda s: (s[0] // base, s[1] + s[0] % base), start)[1]

        return fold(xs, lambda s, x: s + one(x), jnp.int64(0))

    return main


OCTAL_DIGITS = DIGITS.replace("10", "8")

EQUAL_ARRAYS = """
fn main(xs: [n]i64) -> [n]i64 =
  let (a, b) =
    loop (a = xs, b = xs) for i in 1..n do
      (a with [i] = a[i] + 3 * a[i - 1] % 1001, b with [i] = b[i] + 3 * b[i - 1] % 1001)
  in a + b
"""


def equal_arrays(xs: Any) -> Any:
    def step(i: Any, state: Any) -> Any:
        a, b = state
        return a.at[i].set(a[i] + 3 * a[i - 1] % 1001), b.at[i].set(b[i] + 3 * b[i - 1] % 1001)

    a, b = lax.fori_loop(1, xs.shape[0], step, (xs, xs))
    return a + b


SWAPPED = """
fn main(xs: [n]i64, k: i64, rounds: i64) -> [n]i64 =
  loop xs = xs for _ in 0..rounds do
    let (a, b) = loop (a = xs, b = xs) for i in 0..n do (b with [i] = b[i] + k, a with [i] = a[i] + k)
    in a + b
"""


def swapped(xs: Any, k: Any, rounds: Any) -> Any:
    def step(i: Any, state: Any) -> Any:
        a, b = state
        return b.at[i].set(b[i] + k), a.at[i].set(a[i] + k)

    def once(_: Any, xs: Any) -> Any:
        a, b = lax.fori_loop(0, xs.shape[0], step, (xs, xs))
        return a + b

    return lax.fori_loop(0, rounds, once, xs)


MIRRORED = (
    HEAVY
    + """
fn main(xs: [n]f64, ys: [n]f64) -> f64 =
  loop s = 0.0 for i in 0..n do
    let (a, b) = (xs[i], ys[i])
    let p = if a < b then heavy(a) else b
    let q = if b > a then heavy(a) else b
    let r = if !(a >= b) then heavy(a) else b
    in s + p + q * r
"""
)


def mirrored(xs: Any, ys: Any) -> Any:
    def step(i: Any, s: Any) -> Any:
        a, b = xs[i], ys[i]
        p = lax.cond(a < b, lambda: heavy(a), lambda: b)
        q = lax.cond(b > a, lambda: heavy(a), lambda: b)
        r = lax.cond(~(a >= b), lambda: heavy(a), lambda: b)
        return s + p + q * r

    return lax.fori_loop(0, xs.shape[0], step, 0.0)


REASSOCIATED = (
    MIX
    + """
fn main(a: [n]i64, b: [n]i64, c: [n]i64) -> i64 = sum(mix(a + b + c)) + 3 * sum(mix(c + (b + a)))
"""
)


def reassociated(a: Any, b: Any, c: Any) -> Any:
    return jnp.sum(mix(a + b + c)) + 3 * jnp.sum(mix(c + (b + a)))


THROUGH_A_CONDITIONAL = """
fn main(xs: [n]f64) -> f64 =
  loop s = 0.0 for x in xs do
    let (y, k) = if x > 0.0 then (x, 2.0) else (1.0 - x, 2.0)
    in s + y ** k
"""


def through_a_conditional(xs: Any) -> Any:
    def step(s: Any, x: Any) -> Any:
        y, k = lax.cond(x > 0, lambda: (x, 2.0), lambda: (1.0 - x, 2.0))
        return s + y**k

    return fold(xs, step)


NESTED_TESTS = (
    HEAVY
    + """
fn main(xs: [n]f64) -> f64 =
  loop s = 0.0 for x in xs do
    s + (if x > 0.0 then if x > -1.0 then heavy(x) else heavy(-x) * x else if x > 0.0 then heavy(x * x) else x)
"""
)


def nested_tests(xs: Any) -> Any:
    def step(s: Any, x: Any) -> Any:
        def positive() -> Any:
            return lax.cond(x > -1, lambda: heavy(x), lambda: heavy(-x) * x)

        def other() -> Any:
            return lax.cond(x > 0, lambda: heavy(x * x), lambda: x)

        return s + lax.cond(x > 0, positive, other)

    return fold(xs, step)


def rows() -> list[Row]:
    """The suite, in the order of the table of redundancies in `docs/passes.md`."""
    random = np.random.default_rng(1)
    reals = random.normal(size=100_000)
    others = random.normal(size=100_000)
    few = random.normal(size=4_000)
    naturals = random.integers(0, 1 << 40, 100_000)
    integers = random.integers(-1000, 1000, 2_000_000)
    rare = np.where(np.arange(400) % 25 == 0, 0, 3)
    words = [random.integers(0, 1 << 30, 1_000_000) for _ in range(3)]
    return [
        Row("before and in an arm", BEFORE_AND_IN_AN_ARM, before_and_in_an_arm, (reals,)),
        Row("both arms and after", BOTH_ARMS_AND_AFTER, both_arms_and_after, (reals,)),
        Row("one arm and after", ONE_ARM_AND_AFTER, one_arm_and_after, (reals,)),
        Row("invariant in an arm", INVARIANT_IN_AN_ARM, invariant_in_an_arm, (np.tile(reals, 5), 0.5)),
        Row("for one arm", FOR_ONE_ARM, for_one_arm, (few, rare)),
        Row("known factor", KNOWN_FACTOR, known_factor, (words[0][:200], np.zeros(600_000, np.int64))),
        Row("known exponent", KNOWN_EXPONENT, known_exponent, (np.tile(reals, 10), 2.0)),
        Row("signs in a loop", SIGNS_IN_A_LOOP, signs_in_a_loop, (1_000_000, 5)),
        Row("signs over an array", SIGNS_OVER_AN_ARRAY, signs_over_an_array, (integers,)),
        Row("digits", DIGITS, digits_of(10), (naturals,)),
        Row("octal digits", OCTAL_DIGITS, digits_of(8), (naturals,)),
        Row("equal arrays", EQUAL_ARRAYS, equal_arrays, (integers[:300_000],)),
        Row("swapped and equal", SWAPPED, swapped, (integers[:4_000], 3, 250), most=5),
        Row("mirrored", MIRRORED, mirrored, (reals, others)),
        Row("reassociated", REASSOCIATED, reassociated, tuple(words)),
        Row("through a conditional", THROUGH_A_CONDITIONAL, through_a_conditional, (np.tile(reals, 10),)),
        Row("nested tests", NESTED_TESTS, nested_tests, (reals,)),
    ]
