"""The picture of a run of `benchmarks/kernels.py`: how many times faster each kernel is than its peer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kernels_measure import Measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PEERS = {"scalars": "numba"}
TITLES = {
    "redundancy": "what XLA leaves, beside jax.jit",
    "arrays": "stores in loops, beside jax.jit",
    "scalars": "loops, beside numba",
    "first": "source to first result, beside jax.jit",
}


def plot(results: Mapping[str, Mapping[str, Measured]], path: str) -> None:
    """Bars of the ratios, a panel for each part, all on one logarithmic axis; whiskers are the spread."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    heights = [len(rows) for rows in results.values()]
    figure, panels = pyplot.subplots(
        len(results), 1, sharex=True, squeeze=False, figsize=(8, 0.2 * sum(heights) + 0.5 * len(heights) + 0.5),
        height_ratios=heights, layout="constrained",
    )  # fmt: skip
    for number, (part, rows) in enumerate(results.items()):
        _panel(panels[number][0], rows, TITLES.get(part, part), f"C{number}")
    panels[-1][0].set_xlabel("times faster (logarithmic)")
    figure.savefig(path, dpi=120)


def _panel(axes: Axes, rows: Mapping[str, Measured], title: str, colour: str) -> None:
    """The bars of one part, which start at 1, and the ratio beside each."""
    for place, measured in enumerate(rows.values()):
        ratio, spread = measured.ratio, measured.spread
        axes.barh(place, ratio - 1, left=1, height=0.7, color=colour)
        low, high = ratio * spread / (2 + spread), ratio * spread / 2
        axes.errorbar(ratio, place, xerr=[[low], [high]], color="black", linewidth=0.8, capsize=1.5)
        shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:,.0f}"
        axes.text(max(ratio + high, 1) * 1.08, place, shown, va="center", fontsize=7)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.margins(x=0.12)
    axes.set_yticks(range(len(rows)), list(rows), fontsize=8)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_title(title, fontsize=9, loc="left")
    axes.spines[["top", "right"]].set_visible(False)
