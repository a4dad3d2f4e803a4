"""The control flow of a Bril body by numbers: what there is to know before any block is made.

    flow = Flow(ways)       # by place, the places that control goes on to; it begins at place 0, where nothing leads
    flow.places             # by vertex, its place: vertices are what is reached
    flow.order, flow.walk   # the vertices in an order that all edges but those of cycles follow, and in a preorder of
                            # the dominator tree

Small functions are many, so that what is asked of them here are lists of numbers, a third of the time of the analyses
of the IR, whose tables have blocks for keys. Most are written in an order that is both of the orders: what is reached
first stands first, what a block dominates stands behind it without anything else in between, and a loop is left behind
its head. This is found, with the dominators, in one walk over the text, in half of the time of an exploration. All
others are explored from place 0: they have vertices in a depth-first preorder, and a reverse postorder.

Complexity: near-linear. The walk over the text finds dominators by steps up the tree, which are limited: where it takes
more, the exploration finds them (Semi-NCA, as `ssair.dominators` has it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ssair.dominators import nearest_dominators

#: How many steps up the dominator tree a place may take.
_STEPS: Final = 4


class Backward(NamedTuple):
    """An edge against the order."""

    source: int
    target: int


class Flow:
    """What is reached: its edges both ways, its dominator tree, two orders of it."""

    __slots__ = (
        "above",
        "backward",
        "has_joins",
        "is_in_order",
        "is_reducible",
        "order",
        "places",
        "predecessors",
        "rank",
        "successors",
        "walk",
        "walked",
    )

    def __init__(self, ways: Sequence[Sequence[int]]) -> None:
        self.places: list[int] = []
        #: By vertex, the vertices that control goes on to.
        self.successors: Sequence[Sequence[int]] = ways
        #: By vertex, the sources of the edges to it; two arms that lead to one place are two edges.
        self.predecessors: list[list[int]] = []
        #: By vertex, its immediate dominator; that of the entry is itself.
        self.above: list[int] = []
        #: The edges against the order, those to what comes first in the order before others.
        self.backward: list[Backward] = []
        #: Whether every such edge leads to what dominates its source.
        self.is_reducible = True
        #: Whether the vertices are the places, in both orders.
        self.is_in_order = self._follow(ways)
        if self.is_in_order:
            self.places = self.order = self.rank = self.walk = self.walked = list(range(len(ways)))
        else:
            self._explore(ways)
        self.has_joins = max(map(len, self.predecessors)) > 1

    # ---- in the order of the text -----------------------------------------------------------------------------------

    def _follow(self, ways: Sequence[Sequence[int]]) -> bool:
        """Whether the text has everything in order; finds the edges and the dominators if it does."""
        predecessors: list[list[int]] = [[] for _ in ways]
        backward: list[Backward] = []
        above, chain, is_open = [0] * len(ways), [0], [False] * len(ways)
        left = _STEPS * len(ways)
        for vertex, targets in enumerate(ways):
            sources = predecessors[vertex]
            if vertex:
                if not sources:
                    return False
                found = sources[0]
                for source in sources:
                    while source != found:
                        if source > found:
                            source = above[source]
                        else:
                            found = above[found]
                        left -= 1
                if left < 0 or not is_open[found]:
                    return False
                while chain[-1] != found:
                    is_open[chain.pop()] = False
                chain.append(vertex)
                above[vertex] = found
            is_open[vertex] = True
            for target in targets:
                if target <= vertex:
                    if not is_open[target]:
                        return False
                    backward.append(Backward(vertex, target))
                predecessors[target].append(vertex)
        backward.sort(key=_target)
        self.predecessors, self.above, self.backward = predecessors, above, backward
        return True

    # ---- in any order -----------------------------------------------------------------------------------------------

    def _explore(self, ways: Sequence[Sequence[int]]) -> None:
        """Find the edges, the dominators and both orders, whatever the text has first."""
        number, parent, postorder = self._go_deep(ways)
        self.successors = [[number[place] for place in ways[place]] for place in self.places]
        self.order = postorder[::-1]
        #: By vertex, its place in `order`.
        self.rank = _inverse(self.order)
        self.above = nearest_dominators(parent, self.predecessors)
        self.walk = self._preorder()
        #: By vertex, its place in `walk`.
        self.walked = _inverse(self.walk)
        rank = self.rank
        self.backward = [
            Backward(source, target)
            for target in self.order
            for source in self.predecessors[target]
            if rank[source] >= rank[target]
        ]
        self.is_reducible = self._goes_back_to_dominators()

    def _go_deep(self, ways: Sequence[Sequence[int]]) -> tuple[list[int], list[int], list[int]]:
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

    def _goes_back_to_dominators(self) -> bool:
        """Whether every edge against the order leads to what dominates its source."""
        walked = self.walked
        leave = [place + 1 for place in walked]
        for vertex in reversed(self.walk[1:]):
            leave[self.above[vertex]] = max(leave[self.above[vertex]], leave[vertex])
        return all(walked[target] <= walked[source] < leave[target] for source, target in self.backward)


def _target(edge: Backward) -> int:
    return edge.target


def _inverse(order: Sequence[int]) -> list[int]:
    """By vertex, its place in an order."""
    places = [0] * len(order)
    for place, vertex in enumerate(order):
        places[vertex] = place
    return places
