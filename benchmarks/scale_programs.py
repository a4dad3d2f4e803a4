"""Programs of one element that `benchmarks/scale.py` maps, with the peers that their users would write.

The JAX peers are functions of one element, for `jax.jit(jax.vmap(f))`; the numba peers are of one element as well, for
`numba.vectorize(target="parallel")`. Black-Scholes has the normal distribution of M. Abramowitz and I. Stegun, Handbook
of Mathematical Functions (1964), formula 26.2.17.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

Arrays = tuple[Any, ...]


@dataclass(frozen=True)
class Program:
    """A program, its peers, and its input: `arguments(count)` are the arrays and shared scalars of so many elements.

    `types` is the signature that numba's `vectorize` wants, `count` how many elements there are.
    """

    name: str
    source: str
    jax_peer: Callable[..., Any]
    numba_peer: Callable[..., Any]
    types: str
    arguments: Callable[[int], Arrays]
    count: int

    def axes(self, arguments: Arrays) -> tuple[int | None, ...]:
        """The `in_axes` of `jax.vmap`."""
        return tuple(0 if np.ndim(argument) else None for argument in arguments)


# ---- mandelbrot -----------------------------------------------------------------------------------------------------

MANDELBROT = """
fn escape(cr: f64, ci: f64, limit: i64) -> i64 =
  let (_, _, steps) =
    loop (zr = 0.0, zi = 0.0, k = 0) while zr * zr + zi * zi <= 4.0 && k < limit do
      (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, k + 1)
  in steps
"""


def jax_escape(cr: Any, ci: Any, limit: Any) -> Any:
    def goes_on(state: Any) -> Any:
        zr, zi, k = state
        return (zr * zr + zi * zi <= 4.0) & (k < limit)

    def step(state: Any) -> Any:
        zr, zi, k = state
        return zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, k + 1

    return lax.while_loop(goes_on, step, (0.0, 0.0, 0))[2]


def numba_escape(cr: float, ci: float, limit: int) -> int:
    zr, zi, k = 0.0, 0.0, 0
    while zr * zr + zi * zi <= 4.0 and k < limit:
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        k += 1
    return k


def grid(count: int) -> Arrays:
    """The points of a square picture of about so many, row by row."""
    side = round(math.sqrt(count))
    cr, ci = np.meshgrid(np.linspace(-2.0, 1.0, side), np.linspace(-1.5, 1.5, side))
    return cr.ravel(), ci.ravel(), 200


# ---- collatz --------------------------------------------------------------------------------------------------------

COLLATZ = """
fn steps(x: i64) -> i64 =
  let (_, k) = loop (x = x, k = 0) while x != 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, k + 1) in k
"""


def jax_steps(x: Any) -> Any:
    def step(state: Any) -> Any:
        x, k = state
        return jnp.where(x % 2 == 0, x // 2, 3 * x + 1), k + 1

    return lax.while_loop(lambda state: state[0] != 1, step, (x, 0))[1]


def numba_steps(x: int) -> int:
    k = 0
    while x != 1:
        x = x // 2 if x % 2 == 0 else 3 * x + 1
        k += 1
    return k


# ---- Black-Scholes --------------------------------------------------------------------------------------------------

BLACK_SCHOLES = """
fn normal_cdf(x: f64) -> f64 =
  let k = 1.0 / (1.0 + 0.2316419 * abs(x))
  let sum = loop s = 0.0 for c in [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530] do (s + c) * k
  let tail = 0.3989422804014327 * exp(-0.5 * x * x) * sum
  in if x > 0.0 then 1.0 - tail else tail
fn call(spot: f64, strike: f64, years: f64, rate: f64, volatility: f64) -> f64 =
  let deviation = volatility * sqrt(years)
  let d = (log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation
  in spot * normal_cdf(d) - strike * exp(-rate * years) * normal_cdf(d - deviation)
"""
_COEFFICIENTS = (1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.319381530)


def jax_call(spot: Any, strike: Any, years: Any, rate: Any, volatility: Any) -> Any:
    def normal_cdf(x: Any) -> Any:
        k = 1.0 / (1.0 + 0.2316419 * jnp.abs(x))
        total = 0.0
        for coefficient in _COEFFICIENTS:
            total = (total + coefficient) * k
        tail = 0.3989422804014327 * jnp.exp(-0.5 * x * x) * total
        return jnp.where(x > 0.0, 1.0 - tail, tail)

    deviation = volatility * jnp.sqrt(years)
    d = (jnp.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation
    return spot * normal_cdf(d) - strike * jnp.exp(-rate * years) * normal_cdf(d - deviation)


def numba_call(spot: float, strike: float, years: float, rate: float, volatility: float) -> float:
    deviation = volatility * math.sqrt(years)
    d = (math.log(spot / strike) + (rate + 0.5 * volatility * volatility) * years) / deviation
    k = 1.0 / (1.0 + 0.2316419 * abs(d))
    total = ((((1.330274429 * k - 1.821255978) * k + 1.781477937) * k - 0.356563782) * k + 0.319381530) * k
    tail = 0.3989422804014327 * math.exp(-0.5 * d * d) * total
    first = 1.0 - tail if d > 0.0 else tail
    e = d - deviation
    k = 1.0 / (1.0 + 0.2316419 * abs(e))
    total = ((((1.330274429 * k - 1.821255978) * k + 1.781477937) * k - 0.356563782) * k + 0.319381530) * k
    tail = 0.3989422804014327 * math.exp(-0.5 * e * e) * total
    second = 1.0 - tail if e > 0.0 else tail
    return spot * first - strike * math.exp(-rate * years) * second


def options(count: int) -> Arrays:
    """Spots, strikes and years to go of so many options, the rate and the volatility."""
    random = np.random.default_rng(0)
    return (
        random.uniform(80.0, 120.0, count),
        random.uniform(80.0, 120.0, count),
        random.uniform(0.1, 2.0, count),
        0.02,
        0.3,
    )


# ---- a rare heavy arm -----------------------------------------------------------------------------------------------

PIECEWISE = """
fn series(x: f64) -> f64 =
  if x > 0.99 then (loop s = 0.0 for i in 1..100 do s + sin(x * f64(i)) / f64(i)) else x * x
"""


def jax_series(x: Any) -> Any:
    def heavy(x: Any) -> Any:
        return lax.fori_loop(1, 100, lambda i, s: s + jnp.sin(x * i) / i, 0.0)

    return lax.cond(x > 0.99, heavy, lambda x: x * x, x)


def numba_series(x: float) -> float:
    if x > 0.99:
        s = 0.0
        for i in range(1, 100):
            s += math.sin(x * i) / i
        return s
    return x * x


def shares(count: int) -> Arrays:
    """So many numbers between 0 and 1."""
    return (np.random.default_rng(1).random(count),)


PROGRAMS = (
    Program("mandelbrot", MANDELBROT, jax_escape, numba_escape, "int64(float64,float64,int64)", grid, 1024 * 1024),
    Program(
        "collatz", COLLATZ, jax_steps, numba_steps, "int64(int64)", lambda count: (np.arange(1, count + 1),), 1_000_000
    ),
    Program(
        "Black-Scholes",
        BLACK_SCHOLES,
        jax_call,
        numba_call,
        f"float64({','.join(['float64'] * 5)})",
        options,
        10_000_000,
    ),
    Program("rare heavy arm", PIECEWISE, jax_series, numba_series, "float64(float64)", shares, 1_000_000),
)
