"""Where ways meet again and a variable is what it was where they parted, since nothing is assigned to it between.

    joins = QuietJoins(successors)                 # of each vertex; 0 is the entry
    joins.passed(join, [2, 5])                     # for a variable that is assigned at the vertices 2 and 5, in order

What lies between a vertex and its immediate dominator is told by the first and the last of the vertices there, so that
numbers that follow the text of a program tell most. Said of a variable and a join is only what is certain: a control
flow with a cycle that is entered at several places has no quiet joins.

Complexity: near-linear, then a binary search a question.
Source: the vertices between are found by the chains of dominators behind the predecessors, as R. Cytron et al. find
dominance frontiers (1991), the ends of a chain by path compression after R. E. Tarjan, "Applications of Path
Compression on Balanced Trees" (1979).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from ssair.dominators import nearest_dominators


class QuietJoins:
    """The joins of one control flow, whose vertices are numbers."""

    def __init__(self, successors: Sequence[Sequence[int]]) -> None:
        order, parent, rank = _depth_first(successors)
        number = {vertex: place for place, vertex in enumerate(order)}
        predecessors: list[list[int]] = [[] for _ in order]
        for place, vertex in enumerate(order):
            for following in successors[vertex]:
                predecessors[number[following]].append(place)
        idom = nearest_dominators(parent, predecessors)
        #: By vertex, its immediate dominator, and the first and the last vertex between, if there is any.
        self._between: dict[int, tuple[int, int, int]] = {}
        chains = _Chains(order)
        below: list[list[int]] = [[] for _ in order]
        for place in sorted(range(1, len(order)), key=rank.__getitem__):
            below[idom[place]].append(place)
        for above in range(len(order) - 1, -1, -1):
            for place in below[above]:
                sources = [source for source in predecessors[place] if source != above]
                tops = map(chains.top, sources)
                if any(top != place and rank[top] > rank[place] for top in tops):
                    self._between.clear()  # what is entered here comes back to another entry
                    return
                ends = chains.ends_behind(sources)
                chains.widen(place, ends)
                if len(predecessors[place]) > 1:
                    self._between[order[place]] = order[above], *ends
            for place in below[above]:
                chains.above[place] = above

    def passed(self, join: int, assigned: Sequence[int]) -> int | None:
        """The vertex at whose end a variable is what it is at the head of `join`; None if that is not known.

        `assigned` are the vertices where it is assigned, in ascending order.
        """
        found = self._between.get(join)
        if found is None:
            return None
        above, first, last = found
        place = bisect_left(assigned, first)
        return above if place == len(assigned) or assigned[place] > last else None


class _Chains:
    """The first and the last vertex on each chain of dominators that is known by now; vertices by their place."""

    def __init__(self, order: list[int]) -> None:
        #: The next vertex of each chain that is not taken in yet; -1 at the top.
        self.above = [-1] * len(order)
        self._first, self._last = order[:], order[:]
        self._nothing = max(order) + 1, -1

    def widen(self, place: int, ends: tuple[int, int]) -> None:
        """Let a vertex stand for what is between it and its dominator too."""
        self._first[place] = min(self._first[place], ends[0])
        self._last[place] = max(self._last[place], ends[1])

    def top(self, place: int) -> int:
        """The top of the chain that begins at a vertex, which is then its next, with the ends of all before it."""
        path = []
        above = self.above
        while above[place] >= 0:
            path.append(place)
            place = above[place]
        for lower in reversed(path[:-1]):
            upper = above[lower]
            self._first[lower] = min(self._first[lower], self._first[upper])
            self._last[lower] = max(self._last[lower], self._last[upper])
            above[lower] = above[upper]
        return place

    def ends_behind(self, places: list[int]) -> tuple[int, int]:
        """The ends of the chains that begin at some vertices; the first lies behind the last if there are none."""
        first, last = self._nothing
        for place in places:
            for vertex in (place, self.top(place)):
                first, last = min(first, self._first[vertex]), max(last, self._last[vertex])
        return first, last


def _depth_first(successors: Sequence[Sequence[int]]) -> tuple[list[int], list[int], list[int]]:
    """The vertices that are reached in preorder; by place, that of its parent, its place in the postorder negated."""
    order, parent, place = [0], [0], {0: 0}
    rank = [0]
    finished = 0
    stack = [(0, iter(successors[0]))]
    while stack:
        source, rest = stack[-1]
        for following in rest:
            if following not in place:
                place[following] = len(order)
                parent.append(source)
                rank.append(0)
                stack.append((len(order), iter(successors[following])))
                order.append(following)
                break
        else:
            stack.pop()
            finished += 1
            rank[source] = -finished
    return order, parent, rank
