"""How often each block runs, guessed from the shape of the control flow.

A cycle runs `TRIPS` times for each time that it is entered, whether it has a header or not; of the ways on from a block
those that leave its cycle have the rest; ways of one kind are equally likely. The entry has 1. What is compared are
sums and products of such guesses, so a block that surely runs as often as another gets the same figure, up to rounding.

Requires: every block is reached. Ensures: a positive, finite figure for each block. Linear.
Source: Y. Wu, J. R. Larus, "Static branch frequency and program profile analysis" (1994), with two of its heuristics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Edge

#: How often a loop is taken to run.
TRIPS: Final = 10.0
_LEAST, _GREATEST = 1e-30, 1e30
#: The shares of the one edge out of a block, of two that are equally likely, and of two one of which stays in a cycle.
_ALL: Final[tuple[float, ...]] = (1.0,)
_HALVES: Final = (0.5, 0.5)
_FIRST: Final = (1 - 1 / TRIPS, 1 / TRIPS)
_SECOND: Final = (1 / TRIPS, 1 - 1 / TRIPS)


class Frequencies:
    """The guesses for one function: by vertex, and by edge."""

    def __init__(self, flow: ControlFlow) -> None:
        inflow = [0.0] * len(flow.blocks)
        inflow[0] = 1.0
        self.of_vertex = runs_of = inflow
        self.of_edge: dict[Edge, float] = {}
        of_edge, blocks, rank, header, irreducible = self.of_edge, flow.blocks, flow.rank, flow.header, flow.irreducible
        for vertex in flow.order:
            runs = inflow[vertex]
            if header[vertex] == vertex:
                runs *= TRIPS
            if runs < _LEAST or runs > _GREATEST:
                runs = min(max(runs, _LEAST), _GREATEST)
            runs_of[vertex] = runs
            targets = flow.targets[vertex]
            shares = _ALL
            if len(targets) > 1:
                in_cycle = header[vertex] >= 0 or irreducible[vertex]
                shares = _shares(vertex, targets, flow) if in_cycle else _HALVES
            place = rank[vertex]
            for edge, target, share in zip(blocks[vertex].end.edges, targets, shares, strict=False):
                of_edge[edge] = taken = runs * share
                if rank[target] > place:
                    if irreducible[target] and not irreducible[vertex]:
                        taken *= TRIPS  # a cycle without a header runs so often for each time that an edge leads there
                    inflow[target] += taken


def _shares(vertex: int, targets: Sequence[int], flow: ControlFlow) -> tuple[float, ...]:
    """How likely each of two edges out of a vertex is."""
    one, other = targets
    first, second = _stays(vertex, one, flow), _stays(vertex, other, flow)
    if first == second:
        return _HALVES
    return _FIRST if first else _SECOND


def _stays(vertex: int, target: int, flow: ControlFlow) -> bool:
    """Whether an edge does not leave the innermost cycle that its source is in.

    A loop is entered at its header alone, so what leads into one within leads into the next one.
    """
    if flow.irreducible[vertex] and not flow.irreducible[target]:
        return False
    loop, other = flow.header[vertex], flow.header[target]
    return loop < 0 or other == loop or (other >= 0 and flow.around[other] == loop)
