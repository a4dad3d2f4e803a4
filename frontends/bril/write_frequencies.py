"""How often each block runs, guessed from the shape of the control flow.

A cycle runs `TRIPS` times for each time that it is entered, whether it has a header or not; of the ways on from a block
those that leave its cycle have the rest; ways of one kind are equally likely. The entry has 1. What is compared are
sums and products of such guesses, so a block that surely runs as often as another gets the same figure, up to rounding.

Requires: every block is reached. Ensures: a positive, finite figure for each block. Linear.
Source: Y. Wu, J. R. Larus, "Static branch frequency and program profile analysis" (1994), with two of its heuristics.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Edge

#: How often a loop is taken to run.
TRIPS: Final = 10.0
_LEAST, _GREATEST = 1e-30, 1e30
#: The shares of the one edge out of a block, and of two that are equally likely.
_ALL: Final = (1.0,)
_HALVES: Final = (0.5, 0.5)


class Frequencies:
    """The guesses for one function: by vertex, and by edge."""

    def __init__(self, flow: ControlFlow) -> None:
        inflow = [0.0] * len(flow.blocks)
        inflow[0] = 1.0
        self.of_vertex = runs_of = inflow
        self.of_edge: dict[Edge, float] = {}
        of_edge, rank, number, header, irreducible = self.of_edge, flow.rank, flow.vertex, flow.header, flow.irreducible
        for vertex in flow.order:
            runs = inflow[vertex]
            if header[vertex] == vertex:
                runs *= TRIPS
            runs = runs_of[vertex] = min(max(runs, _LEAST), _GREATEST)
            edges = flow.blocks[vertex].end.edges
            if len(edges) < 2:
                shares: tuple[float, ...] = _ALL
            elif header[vertex] < 0 and not irreducible[vertex]:
                shares = _HALVES
            else:
                shares = _shares(vertex, [number[edge.target.id] for edge in edges], flow)
            place = rank[vertex]
            for edge, share in zip(edges, shares, strict=False):
                of_edge[edge] = taken = runs * share
                target = number[edge.target.id]
                if rank[target] > place:
                    if irreducible[target] and not irreducible[vertex]:
                        taken *= TRIPS  # a cycle without a header runs so often for each time that an edge leads there
                    inflow[target] += taken


def _shares(vertex: int, targets: list[int], flow: ControlFlow) -> tuple[float, ...]:
    """How likely each of two edges out of a vertex is."""
    first, second = (_stays(vertex, target, flow) for target in targets)
    if first == second:
        return _HALVES
    return (1 - 1 / TRIPS, 1 / TRIPS) if first else (1 / TRIPS, 1 - 1 / TRIPS)


def _stays(vertex: int, target: int, flow: ControlFlow) -> bool:
    """Whether an edge does not leave the innermost cycle that its source is in.

    A loop is entered at its header alone, so what leads into one within leads into the next one.
    """
    if flow.irreducible[vertex] and not flow.irreducible[target]:
        return False
    loop, other = flow.header[vertex], flow.header[target]
    return loop < 0 or other == loop or (other >= 0 and flow.around[other] == loop)
