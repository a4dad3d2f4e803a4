"""Kernels beside their peers: hand-written `jax.jit`, and numba for scalar loops.

    python benchmarks/kernels.py [--part redundancy,arrays] [--only mirrored,merge] [--repeat 15] [--plot FILE]

The parts are `redundancy` (what XLA leaves), `arrays` (stores in loops; the text that XLA compiles is searched for
copies of arrays in loops as well), `scalars` (beside numba), `calls` (what a warm call costs) and `first` (from source
to the first result). Each row works for a millisecond or more. Results are compared before anything is timed; kernel
and peer take turns, and the median of their runs counts. Ratios are the peer's time over the kernel's: above 1 the
kernel is the faster one. `spread` is the larger interquartile range relative to its median; where the peer takes
seconds there are fewer runs. 64-bit types throughout.
"""

from __future__ import annotations

import argparse
import importlib
import math
import re
from collections.abc import Mapping, Sequence

import jax
import kernels_calls
import numpy as np
from kernels_measure import Measured, Row, geometric_mean, measure
from kernels_plot import plot

import ssair

PARTS = ("redundancy", "arrays", "scalars", "calls", "first")


def copies_in_loops(hlo: str, length: int) -> int:
    """How many copies of arrays at least `length` long stand in the bodies of loops, and in what these call."""
    computations = {text.lstrip("%").split(" ", 1)[0]: text for text in re.split(r"\n(?=%|ENTRY)", hlo)}
    work = list(dict.fromkeys(re.findall(r"body=%?([\w.\-]+)", hlo)))
    seen = set(work)
    found = 0
    while work:
        text = computations.get(work.pop(), "")
        shapes = re.findall(r"= \w+\[([\d,]+)\]\S* copy\(", text)
        found += sum(math.prod(map(int, shape.split(","))) >= length for shape in shapes)
        for group, single in re.findall(r"(?:calls|to_apply|\w+_computations?)=(?:\{([^}]*)\}|([^\s,]+))", text):
            called = [name.strip().lstrip("%") for name in (group or single).split(",")]
            fresh = [name for name in called if name not in seen]
            seen.update(fresh)
            work += fresh
    return found


def array_copies(row: Row) -> int:
    """The copies in the loops of a row's kernel but the outermost, which starts a round with fresh arrays."""
    inner = row.source.rpartition("fn main")[0] if "rounds" in row.source else row.source
    kernel = ssair.compile(inner)
    lengths = [len(arg) for arg in row.args if isinstance(arg, np.ndarray)]
    names = re.findall(r"\[(\w)\]", str(kernel.signature).partition("->")[0])
    names += re.findall(r"(\w): size", str(kernel.signature))
    sizes = dict.fromkeys(names, lengths[0])
    return copies_in_loops(kernel.ir("hlo", **sizes), min(lengths))


def table(part: str, rows: Sequence[Row], repeat: int) -> dict[str, Measured]:
    """Print the rows of a part and their geometric mean; what was measured, by name."""
    copies = part == "arrays"
    heading = f"\n{part:<24}{'kernel ms':>10}{'peer ms':>10}{'ratio':>9}{'spread':>8}{'runs':>6}"
    print(heading + ("  copies" if copies else ""))
    results: dict[str, Measured] = {}
    for row in rows:
        results[row.name] = measured = measure(row, repeat)
        print(_line(row.name, measured) + (f"{array_copies(row):8}" if copies else ""), flush=True)
    _print_means(results)
    return results


def _line(name: str, measured: Measured) -> str:
    times = f"{1e3 * measured.kernel:10.3f}{1e3 * measured.peer:10.3f}"
    return f"{name:<24}{times}{measured.ratio:9.2f}{measured.spread:8.2f}{measured.runs:6}"


def _print_means(results: Mapping[str, Measured]) -> None:
    """The geometric mean of all, and of those of each length where rows are named by it."""
    groups: dict[str, list[float]] = {}
    for name, measured in results.items():
        length = name.rpartition(" ")[2]
        groups.setdefault(f" at {int(length):,}" if length.isdigit() else "", []).append(measured.ratio)
    for suffix, ratios in groups.items():
        print(f"{'geometric mean' + suffix:<24}{geometric_mean(ratios):29.2f}")


def calls_table(wanted: Sequence[str], repeat: int) -> None:
    """Print what calls cost."""
    print(f"\n{'a warm call':<24}{'kernel µs':>10}{'jit µs':>10}{'more µs':>9}{'spread':>8}")
    for call in kernels_calls.calls():
        if _is_wanted(call.name, wanted):
            found = kernels_calls.call_overhead(call, repeat)
            times = f"{found.kernel:10.1f}{found.peer:10.1f}{found.kernel - found.peer:9.1f}"
            print(f"{call.name:<24}{times}{found.spread:8.2f}", flush=True)


def first_table(wanted: Sequence[str], repeat: int) -> dict[str, Measured]:
    """Print the times from source to the first result; what was measured, by name."""
    print(f"\n{'to the first result':<24}{'kernel ms':>10}{'peer ms':>10}{'ratio':>9}{'spread':>8}{'runs':>6}")
    results: dict[str, Measured] = {}
    for row in kernels_calls.first_result_rows():
        if _is_wanted(row.name, wanted):
            results[row.name] = measured = kernels_calls.first_result(row, repeat)
            print(_line(row.name, measured), flush=True)
    _print_means(results)
    return results


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(part in name for part in wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--only", default="", help="rows whose names contain one of these, with commas")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--plot", metavar="FILE", help="draw the ratios of all parts but calls")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    jax.config.update("jax_enable_x64", True)
    print(f"JAX {jax.__version__}, {jax.default_backend()}, {options.repeat} runs of each")
    results: dict[str, dict[str, Measured]] = {}
    for part in options.part.split(","):
        if part == "calls":
            calls_table(wanted, options.repeat)
        elif part == "first":
            results[part] = first_table(wanted, options.repeat)
        else:
            rows = [row for row in importlib.import_module(f"kernels_{part}").rows() if _is_wanted(row.name, wanted)]
            results[part] = table(part, rows, options.repeat)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
