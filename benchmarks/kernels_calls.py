"""What a call costs beside `jax.jit`, and how long it takes from source text to the first result."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import kernels_arrays
import kernels_redundancy
import numpy as np
from kernels_measure import Args, Measured, Row, assert_equal, device_values, interleaved

import ssair

#: Calls that are timed together.
BATCH = 500


@dataclass(frozen=True)
class Call:
    """A small kernel and the same function under `jax.jit`; the arguments of both."""

    name: str
    source: str
    peer: Callable[..., Any]
    args: Args
    static: tuple[int, ...] = ()
    checks: str = "raise"


def calls() -> list[Call]:
    """Calls on what needs no conversion, on Python numbers, and on NumPy arrays; proved kernels, and checked ones."""
    xs, i, j = jnp.ones(8), jnp.int64(3), jnp.int64(4)
    affine, read = "fn f(x: i64, y: i64) -> i64 = x * y + 1", "fn f(xs: [n]f64, i: i64) -> f64 = xs[i] * 2.0"
    return [
        Call("proved, JAX scalars", affine, lambda x, y: x * y + 1, (i, j)),
        Call("proved, Python numbers", affine, lambda x, y: x * y + 1, (3, 4)),
        Call("proved, JAX array", "fn f(xs: [n]f64) -> [n]f64 = xs * 2.0", lambda xs: xs * 2.0, (xs,)),
        Call("proved, size", "fn f(k: size) -> [k]i64 = iota(k)", jnp.arange, (8,), (0,)),
        Call("checked, JAX array", read, lambda xs, i: xs[i] * 2.0, (xs, i)),
        Call("checked, Python number", read, lambda xs, i: xs[i] * 2.0, (xs, 3)),
        Call("checked, NumPy array", read, lambda xs, i: xs[i] * 2.0, (np.ones(8), 3)),
        Call("checks returned", read, lambda xs, i: (xs[i] * 2.0, i >= 8), (xs, i), checks="return"),
    ]


def call_overhead(call: Call, repeat: int) -> Measured:
    """Microseconds of a call of the kernel and of its peer, neither waited for, from batches in turns."""
    kernel = ssair.compile(call.source, checks=call.checks)
    jitted = jax.jit(call.peer, static_argnums=call.static)

    def batch_of(function: Callable[..., Any]) -> Callable[[], None]:
        args, batch = call.args, range(BATCH)

        def run() -> None:
            for _ in batch:
                function(*args)

        return run

    batches = [batch_of(kernel), batch_of(jitted)]
    for run in batches:
        run()
    (mine, other), spread = interleaved(batches, repeat)
    return Measured(1e6 * mine / BATCH, 1e6 * other / BATCH, spread, repeat)


def first_result(row: Row, repeat: int) -> Measured:
    """Seconds to the first result: of the kernel from its source, and of the peer from its function.

    Neither finds anything compiled: each time the kernel is made anew, and JAX sees another function. What the process
    does once (the parser's tables, the start of JAX) is done before.
    """
    values = device_values(row)

    def by_ssair() -> Any:
        return jax.block_until_ready(ssair.compile(row.source)(*values))

    def by_hand() -> Any:
        peer = functools.partial(row.peer)  # another object each time, which JAX has not seen
        return jax.block_until_ready(jax.jit(peer, static_argnums=row.static)(*values))

    assert_equal(by_ssair(), by_hand(), row.name)
    (kernel, peer), spread = interleaved([by_ssair, by_hand], repeat)
    return Measured(kernel, peer, spread, repeat)


def first_result_rows() -> list[Row]:
    """The programs of the other parts, on input so small that the result itself takes no time."""
    rows = [row for row in kernels_arrays.rows() if row.name.endswith(" 2000")] + kernels_redundancy.rows()
    return [_shortened(row) for row in rows]


def _shortened(row: Row) -> Row:
    args = [arg[:16] if isinstance(arg, np.ndarray) else min(arg, 16) for arg in row.args]
    args = [arg % 16 if isinstance(arg, np.ndarray) and arg.dtype.kind == "i" else arg for arg in args]
    return Row(row.name.removesuffix(" 2000"), row.source, row.peer, tuple(args), row.static)
