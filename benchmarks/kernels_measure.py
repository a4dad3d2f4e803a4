"""How kernels are compared with their peers: equality first, then turns.

A `Row` is one program in Fun and the same program as its user would write it without ssair (the peer). `measure` gives
the median seconds of both, taken from runs that alternate, and the spread: the larger of the two interquartile ranges
relative to its median.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import ssair

Args = tuple[Any, ...]


@dataclass(frozen=True)
class Row:
    """A program, its peer, and the input.

    `static` are the places of `size` arguments; `plain` says that the peer is compiled already and takes NumPy arrays.
    `most` is how often they run at most, where the peer takes seconds.
    """

    name: str
    source: str
    peer: Callable[..., Any]
    args: Args
    static: tuple[int, ...] = ()
    plain: bool = False
    most: int = 1_000


@dataclass(frozen=True)
class Measured:
    """Median seconds of the kernel and of its peer, the spread, and how often they ran."""

    kernel: float
    peer: float
    spread: float
    runs: int

    @property
    def ratio(self) -> float:
        """How many times faster the kernel is."""
        return self.peer / self.kernel


def device_values(row: Row) -> list[Any]:
    """The arguments as the kernel takes them without conversion."""
    return [arg if place in row.static else jnp.asarray(arg) for place, arg in enumerate(row.args)]


def prepared(row: Row) -> tuple[Callable[[], Any], Callable[[], Any], ssair.Kernel]:
    """The kernel's call, the peer's, both of which give a finished result, and the kernel; their results are equal."""
    kernel = ssair.compile(row.source)
    values = device_values(row)

    def run_kernel() -> Any:
        return jax.block_until_ready(kernel(*values))

    if row.plain:
        run_peer: Callable[[], Any] = lambda: row.peer(*row.args)  # noqa: E731
    else:
        jitted = jax.jit(row.peer, static_argnums=row.static)

        def run_peer() -> Any:
            return jax.block_until_ready(jitted(*values))

    assert_equal(run_kernel(), run_peer(), row.name)
    return run_kernel, run_peer, kernel


def assert_equal(found: Any, expected: Any, name: str) -> None:
    """Raise AssertionError unless both are the same, floats up to what the order of a sum makes of them."""
    for one, two in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(two), rtol=1e-9, err_msg=name)


def interleaved(calls: Sequence[Callable[[], Any]], repeat: int) -> tuple[list[float], float]:
    """The median seconds of each call, the calls taking turns, and the largest relative interquartile range.

    Every other turn goes backwards: who comes behind another finds a machine that is awake.
    """
    times: list[list[float]] = [[] for _ in calls]
    turn = list(zip(calls, times, strict=True))
    for _ in range(repeat):
        for call, mine in turn:
            start = time.perf_counter()
            call()
            mine.append(time.perf_counter() - start)
        turn.reverse()
    quartiles = np.percentile(times, [25, 50, 75], axis=1)
    return list(quartiles[1]), float(((quartiles[2] - quartiles[0]) / quartiles[1]).max())


def measure(row: Row, repeat: int) -> Measured:
    """The times of a row."""
    runs = min(repeat, row.most)
    run_kernel, run_peer, _ = prepared(row)
    (kernel, peer), spread = interleaved([run_kernel, run_peer], runs)
    return Measured(kernel, peer, spread, runs)


def geometric_mean(values: Sequence[float]) -> float:
    """The geometric mean of positive numbers."""
    return float(np.exp(np.mean(np.log(values))))
