"""How often each block runs, guessed from the shape of the control flow.

A cycle runs `TRIPS` times for each time that it is entered, whether it has a header or not; of the ways on from a block
those that leave its cycle have the rest; ways of one kind are equally likely. The entry has 1. What is compared are
sums and products of such guesses, so a block that surely runs as often as another gets the same figure, up to rounding.

Requires: every block is reached. Ensures: a positive, finite figure for each block. Linear.
Source: Y. Wu, J. R. Larus, "Static branch frequency and program profile analysis" (1994), with two of its heuristics.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.ir import Block, Edge, Function
from ssair.loops import LoopForest, loop_forest

#: How often a loop is taken to run.
TRIPS: Final = 10.0
_LEAST, _GREATEST = 1e-30, 1e30
#: The shares of the one edge out of a block.
_ALL: Final = [1.0]


class Frequencies:
    """The guesses for one function."""

    def __init__(self, function: Function) -> None:
        forest = loop_forest(function)
        order = reverse_postorder(function)
        number = {block: place for place, block in enumerate(order)}
        inflow = dict.fromkeys(order, 0.0)
        inflow[function.entry] = 1.0
        self.of_block: dict[Block, float] = {}
        self.of_edge: dict[Edge, float] = {}
        of_edge, headers, irreducible = self.of_edge, forest.by_header, forest.irreducible
        for place, block in enumerate(order):
            runs = inflow[block] * TRIPS if block in headers else inflow[block]
            runs = min(max(runs, _LEAST), _GREATEST)
            self.of_block[block] = runs
            edges = block.end.edges
            shares = _shares(block, edges, forest) if len(edges) > 1 else _ALL
            for edge, share in zip(edges, shares, strict=False):
                of_edge[edge] = taken = runs * share
                target = edge.target
                if number[target] > place:
                    if target in irreducible and block not in irreducible:
                        taken *= TRIPS  # a cycle without a header runs so often for each time that an edge leads there
                    inflow[target] += taken


def _shares(block: Block, edges: tuple[Edge, ...], forest: LoopForest) -> list[float]:
    """How likely each of the edges out of a block is."""
    stays = [_stays(block, edge, forest) for edge in edges]
    staying = sum(stays)
    leaving = len(edges) - staying
    if not staying or not leaving:
        return [1 / len(edges)] * len(edges)
    return [(1 - 1 / TRIPS) / staying if stay else 1 / TRIPS / leaving for stay in stays]


def _stays(block: Block, edge: Edge, forest: LoopForest) -> bool:
    """Whether an edge does not leave the innermost cycle that its source is in."""
    if block in forest.irreducible and edge.target not in forest.irreducible:
        return False
    loop = forest.innermost.get(block)
    return loop is None or forest.innermost.get(edge.target) is loop or forest.contains(loop, edge.target)
