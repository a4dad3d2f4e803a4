"""Maps over many elements beside `jax.jit(jax.vmap(f))` and numba's parallel `vectorize`; devices; chunks.

    python benchmarks/scale.py [--part maps,devices,chunks] [--only collatz] [--repeat 5] [--plot docs/scale.png]

`maps`: `kernel.map` on one device and on a mesh of as many CPU devices as there are cores, the hand-written batch of
JAX (which XLA divides among the cores where it can) and numba (which does, with its threads). `devices`: the map on 1,
2, 4 and 8 CPU devices. `chunks`: host arrays in chunks of a tenth, beside all of them at once, both from host memory to
host memory. Results are compared before anything is timed; all take turns, and the median of their runs counts.
`spread` is the largest interquartile range of the row relative to its median. 64-bit types throughout.

How many CPU devices there are must be set before JAX starts: this program sets `jax_num_cpu_devices` first.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import numpy as np
from kernels_measure import assert_equal, geometric_mean, interleaved
from scale_programs import PROGRAMS, Program

import ssair
from ssair.mapping.choice import cores

PARTS = ("maps", "devices", "chunks")
CORES = cores()
DEVICES = (1, 2, 4, 8)
Call = Callable[[], Any]


def map_call(kernel: ssair.Kernel, arguments: Sequence[Any], devices: int) -> Call:
    """The map on so many devices, the arguments being there already."""
    mesh = ssair.mesh(jax.devices("cpu")[:devices]) if devices > 1 else None
    placed = list(arguments) if mesh is None else [_divided(mesh, argument) for argument in arguments]
    return lambda: jax.block_until_ready(kernel.map(*placed, mesh=mesh))


def map_to_host(kernel: ssair.Kernel, arguments: Sequence[Any]) -> Any:
    """The map, its results as NumPy arrays."""
    return np.asarray(kernel.map(*arguments))


def _divided(mesh: jax.sharding.Mesh, argument: Any) -> Any:
    if np.ndim(argument) == 0:
        return argument
    even = len(argument) // mesh.size * mesh.size == len(argument)
    spec = jax.sharding.PartitionSpec(mesh.axis_names)
    return jax.device_put(argument, jax.sharding.NamedSharding(mesh, spec)) if even else argument


def jax_call(program: Program, arguments: Sequence[Any]) -> Call:
    """The hand-written batch."""
    batched = jax.jit(jax.vmap(program.jax_peer, in_axes=program.axes(tuple(arguments))))
    return lambda: jax.block_until_ready(batched(*arguments))


def numba_call(program: Program, arguments: Sequence[Any]) -> Call:
    """The universal function that numba makes, parallel over its threads."""
    from numba import vectorize

    function = vectorize([program.types], target="parallel")(program.numba_peer)
    return lambda: function(*arguments)


def inputs(program: Program, share: float) -> tuple[tuple[Any, ...], list[Any]]:
    """The arguments in host memory, and on the first device."""
    host = program.arguments(max(round(program.count * share), 16))
    return host, [jax.device_put(argument) if np.ndim(argument) else argument for argument in host]


def maps_table(programs: Sequence[Program], repeat: int, share: float) -> dict[str, tuple[float, ...]]:
    """Print the programs beside their peers; the milliseconds by name: one device, all cores, JAX, numba."""
    print(f"\n{'ms':<16}{'map':>9}{f'{CORES} devices':>11}{'jax.vmap':>10}{'numba':>9}", end="")
    print(f"{'vmap/map':>10}{'vmap/dev':>10}{'dev/numba':>11}{'spread':>8}")
    times: dict[str, tuple[float, ...]] = {}
    for program in programs:
        host, placed = inputs(program, share)
        kernel = ssair.compile(program.source)
        calls = [map_call(kernel, placed, devices) for devices in (1, CORES)]
        calls += [jax_call(program, placed), numba_call(program, host)]
        for call in calls[1:]:
            assert_equal(calls[0](), call(), program.name)
        medians, spread = interleaved(calls, repeat)
        one, every, by_hand, compiled = times[program.name] = tuple(1e3 * median for median in medians)
        print(f"{program.name:<16}{one:9.1f}{every:11.1f}{by_hand:10.1f}{compiled:9.1f}", end="")
        print(f"{by_hand / one:10.2f}{by_hand / every:10.2f}{every / compiled:11.2f}{spread:8.2f}", flush=True)
    columns = list(zip(*times.values(), strict=True))
    means = [
        geometric_mean([a / b for a, b in zip(columns[i], columns[j], strict=True)])
        for i, j in ((2, 0), (2, 1), (1, 3))
    ]
    print(f"{'geometric mean':<55}{means[0]:10.2f}{means[1]:10.2f}{means[2]:11.2f}")
    return times


def devices_table(programs: Sequence[Program], repeat: int, share: float) -> None:
    """Print the map on more and more devices: its time on one over its time on so many."""
    print(f"\n{'times faster on':<16}{'1: ms':>9}" + "".join(f"{count:>9}" for count in DEVICES[1:]) + f"{'spread':>8}")
    for program in programs:
        _, placed = inputs(program, share)
        kernel = ssair.compile(program.source)
        calls = [map_call(kernel, placed, count) for count in DEVICES]
        for call in calls[1:]:
            assert_equal(calls[0](), call(), program.name)
        medians, spread = interleaved(calls, repeat)
        faster = "".join(f"{medians[0] / median:9.2f}" for median in medians[1:])
        print(f"{program.name:<16}{1e3 * medians[0]:9.1f}{faster}{spread:8.2f}", flush=True)


def chunks_table(programs: Sequence[Program], repeat: int, share: float) -> None:
    """Print the throughput in chunks of a tenth of the elements, relative to that of all elements at once."""
    print(f"\n{'ms':<16}{'at once':>9}{'chunks':>9}{'throughput':>12}{'spread':>8}")
    for program in programs:
        host, _ = inputs(program, share)
        kernel = ssair.compile(program.source)
        chunk = -(-len(host[0]) // 10)
        calls: list[Call] = [
            partial(map_to_host, kernel, host),
            partial(kernel.map, *host, chunk=chunk),
        ]
        assert_equal(calls[0](), calls[1](), program.name)
        (whole, chunked), spread = interleaved(calls, repeat)
        print(
            f"{program.name:<16}{1e3 * whole:9.1f}{1e3 * chunked:9.1f}{whole / chunked:12.2f}{spread:8.2f}", flush=True
        )


def plot(times: dict[str, tuple[float, ...]], path: str) -> None:
    """Bars of the times relative to the hand-written batch, on a logarithmic axis."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    labels = ("kernel.map", f"kernel.map on {CORES} CPU devices", "jax.jit(jax.vmap(f))", "numba, parallel")
    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    for number, label in enumerate(labels):
        heights = [row[2] / row[number] for row in times.values()]
        axes.bar([place + 0.2 * (number - 1.5) for place in range(len(times))], heights, 0.2, label=label)
    axes.axhline(1.0, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xticks(range(len(times)), list(times))
    axes.set_ylabel("times faster than jax.jit(jax.vmap(f))")
    axes.legend()
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--only", default="", help="programs whose names contain one of these, with commas")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of the elements")
    parser.add_argument("--plot", metavar="FILE", help="draw the times of the maps")
    options = parser.parse_args()
    jax.config.update("jax_num_cpu_devices", max(CORES, *DEVICES))
    jax.config.update("jax_enable_x64", True)
    wanted = [name for name in options.only.split(",") if name]
    programs = [program for program in PROGRAMS if not wanted or any(name in program.name for name in wanted)]
    print(f"JAX {jax.__version__}, {jax.default_backend()}, {CORES} cores, {options.repeat} runs of each")
    parts = options.part.split(",")
    if "maps" in parts:
        times = maps_table(programs, options.repeat, options.share)
        if options.plot:
            plot(times, options.plot)
    if "devices" in parts:
        devices_table(programs, options.repeat, options.share)
    if "chunks" in parts:
        chunks_table(programs, options.repeat, options.share)


if __name__ == "__main__":
    main()
