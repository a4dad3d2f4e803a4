"""The control flow of a Bril body by numbers: what there is to know before any block is made.

    flow = Flow(ways)       # by place, the places that control goes on to; it begins at place 0, where nothing leads
    flow.places             # by vertex, its place: vertices are what is reached, in a depth-first preorder from 0
    flow.order, flow.walk   # the vertices in reverse postorder, and in a preorder of the dominator tree

Small functions are many, so that what is asked of them here are lists of numbers, a third of the time of the analyses
of the IR, whose tables have blocks for keys. Complexity: near-linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ssair.dominators import nearest_dominators


class Backward(NamedTuple):
    """An edge against the reverse postorder."""

    source: int
    target: int


class Flow:
    """What is reached: its edges both ways, its dominator tree, two orders of it."""

    __slots__ = ("above", "has_joins", "order", "places", "predecessors", "rank", "successors", "walk")

    def __init__(self, ways: Sequence[Sequence[int]]) -> None:
        self.places: list[int] = []
        #: By vertex, the sources of the edges to it; two arms that lead to one place are two edges.
        self.predecessors: list[list[int]] = []
        number, parent, postorder = self._explore(ways)
        self.successors = [[number[place] for place in ways[place]] for place in self.places]
        self.order = postorder[::-1]
        self.rank = [0] * len(self.order)
        for rank, vertex in enumerate(self.order):
            self.rank[vertex] = rank
        self.has_joins = max(map(len, self.predecessors)) > 1
        #: By vertex, its immediate dominator; that of the entry is itself.
        self.above = nearest_dominators(parent, self.predecessors) if self.has_joins else parent
        self.walk = self._preorder()

    def _explore(self, ways: Sequence[Sequence[int]]) -> tuple[list[int], list[int], list[int]]:
        """Go depth-first: gives the vertices of places, the vertices that others are come to from, and a postorder."""
        places, predecessors = self.places, self.predecessors
        number, parent, postorder = [-1] * len(ways), [], []
        stack = [(0, 0)]
        while stack:
            place, source = stack.pop()
            if place < 0:
                postorder.append(source)
                continue
            vertex = number[place]
            if vertex >= 0:
                predecessors[vertex].append(source)
                continue
            vertex = number[place] = len(places)
            places.append(place)
            parent.append(source)
            predecessors.append([source] if vertex else [])
            stack.append((-1, vertex))
            stack += [
                (target, vertex) for target in ways[place]
            ]  # the last first: the first arm comes first in the end
        return number, parent, postorder

    def _preorder(self) -> list[int]:
        """The vertices in a preorder of the dominator tree that visits children in reverse postorder."""
        above, order = self.above, self.order
        below = [1] * len(above)
        for vertex in range(len(above) - 1, 0, -1):  # what dominates a vertex has a smaller number
            below[above[vertex]] += below[vertex]
        free, walk = [1] * len(above), [0] * len(above)
        for vertex in order[1:]:
            place = free[above[vertex]]
            free[above[vertex]] = place + below[vertex]
            free[vertex] = place + 1
            walk[place] = vertex
        return walk

    def backward(self) -> list[Backward]:
        """The edges against the order, those to what comes first in the order before others."""
        rank = self.rank
        return [
            Backward(source, target)
            for target in self.order
            for source in self.predecessors[target]
            if rank[source] >= rank[target]
        ]

    def is_reducible(self, backward: Sequence[Backward]) -> bool:
        """Whether every edge against the order leads to what dominates its source."""
        enter = [0] * len(self.walk)
        for place, vertex in enumerate(self.walk):
            enter[vertex] = place
        leave = [place + 1 for place in enter]
        for vertex in reversed(self.walk[1:]):
            leave[self.above[vertex]] = max(leave[self.above[vertex]], leave[vertex])
        return all(enter[target] <= enter[source] < leave[target] for source, target in backward)
