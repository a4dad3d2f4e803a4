"""What checks cost: kernels with and without them, beside hand-written JAX with and without `checkify`.

    python benchmarks/checks.py [--repeat 15] [--only sieve,gather] [--plot docs/checks.png]

Each row is one program on one input. `plain` is the hand-written JAX program, which clamps bad indices in silence;
the other columns are times relative to it: `checkify` is the same program with JAX's own index and division checks,
`off` is the kernel without checks, `checked` the kernel as ssair makes it. Results are compared first. The four take
turns, and the median of their runs counts; `spread` is the largest of the four interquartile ranges, relative to its
median. Below stand two geometric means: of checkify's time over the checked kernel's, and of what checks cost the
kernel. 64-bit types throughout.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.experimental import checkify

import ssair

EXAMPLES = Path(__file__).parents[1] / "examples"
Args = tuple[Any, ...]


@dataclass(frozen=True)
class Row:
    """A program as Fun source, by hand in JAX, and the input; `static` arguments are closed over by the JAX program."""

    name: str
    source: str | Path
    entry: str
    by_hand: Callable[..., Any]
    args: Args
    static: tuple[int, ...] = ()


def sieve(n: int) -> Callable[[], Any]:
    def run() -> Any:
        def cross_out(prime: Any, p: Any) -> Any:
            def step(state: Any) -> Any:
                multiple, marked = state
                return multiple + p, marked.at[multiple].set(False)

            return lax.while_loop(lambda state: state[0] < n, step, (p * p, prime))[1]

        def step(state: Any) -> Any:
            prime, p = state
            return lax.cond(prime[p], lambda: cross_out(prime, p), lambda: prime), p + 1

        start = (jnp.arange(n) >= 2, jnp.int64(2))
        return lax.while_loop(lambda state: state[1] * state[1] < n, step, start)[0]

    return run


def matmul_loop(a: Any, b: Any) -> Any:
    n, k = a.shape
    m = b.shape[1]

    def element(i: Any, j: Any) -> Any:
        return lax.fori_loop(0, k, lambda p, acc: acc + a[i, p] * b[p, j], 0.0)

    def row(i: Any, out: Any) -> Any:
        return lax.fori_loop(0, m, lambda j, out: out.at[i, j].set(element(i, j)), out)

    return lax.fori_loop(0, n, row, jnp.zeros((n, m)))


def lower_bounds(xs: Any, keys: Any) -> Any:
    n = xs.shape[0]

    def one(key: Any) -> Any:
        def step(state: Any) -> Any:
            lo, hi = state
            mid = lo + (hi - lo) // 2
            less = xs[mid] < key
            return jnp.where(less, mid + 1, lo), jnp.where(less, hi, mid)

        return lax.while_loop(lambda state: state[0] < state[1], step, (jnp.int64(0), jnp.int64(n)))[0]

    return lax.map(one, keys)


def prefix_sums(xs: Any) -> Any:
    def step(i: Any, state: Any) -> Any:
        acc, out = state
        acc = acc + xs[i]
        return acc, out.at[i].set(acc)

    return lax.fori_loop(0, xs.shape[0], step, (jnp.int64(0), jnp.zeros_like(xs)))[1]


def gather(xs: Any, places: Any) -> Any:
    return xs[places]


def collatz(limit: Any) -> Any:
    def steps(start: Any) -> Any:
        def step(state: Any) -> Any:
            x, count = state
            return jnp.where(x % 2 == 0, x // 2, 3 * x + 1), count + 1

        return lax.while_loop(lambda state: state[0] != 1, step, (start, jnp.int64(0)))[1]

    return lax.fori_loop(1, limit, lambda i, best: jnp.maximum(best, steps(jnp.int64(i))), jnp.int64(0))


def quotients(xs: Any, start: Any) -> Any:
    return lax.fori_loop(0, xs.shape[0], lambda i, acc: acc + xs[i] // (start + i), jnp.int64(0))


def rows() -> list[Row]:
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(120, 120))
    ordered = np.sort(generator.normal(size=100_000))
    keys = generator.normal(size=10_000)
    return [
        Row("sieve", EXAMPLES / "sieve.fun", "sieve", sieve(1_000_000), (1_000_000,), (0,)),
        Row("matmul", EXAMPLES / "matmul.fun", "matmul", matmul_loop, (matrix, matrix)),
        Row("binary search", EXAMPLES / "lower_bound.fun", "lower_bounds", lower_bounds, (ordered, keys)),
        Row(
            "prefix sum",
            EXAMPLES / "prefix_sums.fun",
            "prefix_sums",
            prefix_sums,
            (generator.integers(0, 9, 1_000_000),),
        ),
        Row(
            "gather",
            "fn gather(xs: [n]f64, places: [m]i64) -> [m]f64 = [xs[p] for p in places]",
            "gather",
            gather,
            (ordered, generator.integers(0, 100_000, 1_000_000)),
        ),
        Row(
            "collatz",
            "fn steps(x: i64) -> i64 =\n"
            "  let (_, k) =\n"
            "    loop (x = x, k = 0) while x != 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, k + 1)\n"
            "  in k\n"
            "fn longest(limit: i64) -> i64 = loop best = 0 for i in 1..limit do max(best, steps(i))",
            "longest",
            collatz,
            (100_000,),
        ),
        Row(
            "division",
            "fn quotients(xs: [n]i64, start: i64) -> i64 = loop acc = 0 for i in 0..n do acc + xs[i] // (start + i)",
            "quotients",
            quotients,
            (generator.integers(0, 1_000_000, 1_000_000), 1),
        ),
    ]


def interleaved(calls: Sequence[Callable[[], Any]], repeat: int) -> tuple[list[float], float]:
    """The median seconds of each call, the calls taking turns, and the largest relative interquartile range."""
    for call in calls:
        jax.block_until_ready(call())  # compiles
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(repeat):
        for call, mine in zip(calls, times, strict=True):
            start = time.perf_counter()
            jax.block_until_ready(call())
            mine.append(time.perf_counter() - start)
    quartiles = np.percentile(times, [25, 50, 75], axis=1)
    return list(quartiles[1]), float(((quartiles[2] - quartiles[0]) / quartiles[1]).max())


def measure(row: Row, repeat: int) -> tuple[list[float], float]:
    """Seconds of plain JAX, checkify, the kernel without checks, the kernel with them; and the spread."""
    dynamic = [jnp.asarray(arg) for place, arg in enumerate(row.args) if place not in row.static]
    plain = jax.jit(row.by_hand)
    checked = jax.jit(checkify.checkify(row.by_hand, errors=checkify.index_checks | checkify.div_checks))

    def run_checked() -> Any:
        error, value = checked(*dynamic)
        error.throw()
        return value

    kernels = [ssair.compile(row.source, entry=row.entry, checks=checks) for checks in ("off", "raise")]
    given = list(row.args)
    for place, arg in enumerate(row.args):
        if place not in row.static:
            given[place] = jnp.asarray(arg)
    expected = np.asarray(plain(*dynamic))
    for kernel in kernels:
        np.testing.assert_allclose(np.asarray(kernel(*given)), expected, rtol=1e-9)
    calls: list[Callable[[], Any]] = [
        lambda: plain(*dynamic),
        run_checked,
        *[partial(kernel, *given) for kernel in kernels],
    ]
    return interleaved(calls, repeat)


def print_means(results: Sequence[list[float]]) -> None:
    """The geometric means over the programs: checkify's time over the checked kernel's, and checked over off."""
    if results:
        _, checkified, off, on = np.log(np.array(results)).T
        print(f"geometric mean of checkify/checked {np.exp(np.mean(checkified - on)):.2f}", end=", ")
        print(f"of checked/off {np.exp(np.mean(on - off)):.2f}")


def plot(results: dict[str, list[float]], path: str) -> None:
    """Bars of the times relative to the hand-written program, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 4), layout="constrained")
    for place, label in enumerate(("checkify", "kernel, checks off", "kernel, checked")):
        ratios = [seconds[place + 1] / seconds[0] for seconds in results.values()]
        axes.bar(np.arange(len(ratios)) + 0.27 * (place - 1), ratios, 0.25, label=label)
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xticks(range(len(results)), list(results))
    axes.set_ylabel("time relative to hand-written JAX")
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--only", default="", help="names of rows, with commas")
    parser.add_argument("--plot", metavar="FILE", help="write the bars to this picture")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    jax.config.update("jax_enable_x64", True)
    print(f"{'program':<16}{'plain ms':>10}{'checkify':>10}{'off':>8}{'checked':>9}{'checked/off':>13}{'spread':>8}")
    results: dict[str, list[float]] = {}
    for row in rows():
        if wanted and row.name not in wanted:
            continue
        (plain, checkified, off, on), spread = measure(row, options.repeat)
        results[row.name] = [plain, checkified, off, on]
        print(
            f"{row.name:<16}{1e3 * plain:10.3f}{checkified / plain:10.2f}{off / plain:8.2f}"
            f"{on / plain:9.2f}{on / off:13.2f}{spread:8.2f}",
            flush=True,
        )
    print_means(list(results.values()))
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
