"""The control flow of a function that is written, by numbers: found once, for all parts of the writer.

    flow = ControlFlow(function)                   of what is reached: other blocks are removed
    flow.vertex[block.id], flow.blocks[vertex]     the vertex of the entry is 0
    flow.order, flow.walk                          an order that all edges but those of cycles follow, and a preorder of
                                                   the dominator tree
    flow.above, flow.dominates(one, other)         immediate dominators
    flow.header, flow.around                       by vertex, the header of the innermost loop; of headers, the next one
    flow.edges[vertex]                             the edges to it

Requires: no blocks and no edges are changed as long as it is used (`is_current`). Near-linear.
Source: of loops, P. Havlak, "Nesting of Reducible and Irreducible Loops" (1997), with union-find by path halving; of
cycles without a header, M. Sharir, "A strong-connectivity algorithm" (1981).
"""

from __future__ import annotations

from ssair.frontends.bril.lower_flow import Flow
from ssair.ir import Block, Edge, Function

#: An edge with the block that it leaves.
Way = tuple[Block, Edge]


class ControlFlow:
    """What is asked of a function."""

    __slots__ = (
        "_version",
        "above",
        "around",
        "backward",
        "blocks",
        "enter",
        "header",
        "irreducible",
        "is_reducible",
        "loops",
        "order",
        "rank",
        "sources",
        "targets",
        "until",
        "vertex",
        "walk",
        "ways",
    )

    def __init__(self, function: Function) -> None:
        flow, vertex = _reached(function)
        blocks = function.blocks
        #: The version of the function's control flow that this is of.
        self._version = function.cfg_version
        if flow.is_in_order:
            self.blocks = blocks.copy()
        else:
            self.blocks = [blocks[place] for place in flow.places]
            for number, block in enumerate(self.blocks):
                vertex[block.id] = number
        #: By the number of a block, its vertex.
        self.vertex = vertex
        #: By vertex, those of the blocks that lead there, once for each edge, and of those that its edges lead to.
        self.sources, self.targets = flow.predecessors, flow.successors
        self.order, self.rank, self.walk, self.above = flow.order, flow.rank, flow.walk, flow.above
        #: By vertex, the edges to it in the order of the block list.
        self.ways: list[list[Way]] = [[] for _ in blocks]
        ways = self.ways
        for block in blocks:
            for edge in block.end.edges:
                ways[vertex[edge.target.id]].append((block, edge))
        count = len(blocks)
        #: By vertex, its place in `walk`, and the place behind the last that it dominates.
        self.enter = flow.walked
        self.until = self._ends(count)
        #: By vertex, the header of the innermost loop that it is in, or -1; of a header, that of the next loop around.
        self.header = [-1] * count
        self.around = [-1] * count
        #: The headers in the order: those of outer loops first.
        self.loops: list[int] = []
        #: Whether a vertex is on a cycle that is entered at more than one place.
        self.irreducible = bytearray(count)
        #: The edges against the order, and whether each leads to what dominates its source.
        self.backward, self.is_reducible = flow.backward, flow.is_reducible
        if flow.backward:
            self._find_loops()

    def _ends(self, count: int) -> list[int]:
        above, walk = self.above, self.walk
        until = [place + 1 for place in self.enter]
        for place in range(count - 1, 0, -1):
            vertex = walk[place]
            over = above[vertex]
            if until[vertex] > until[over]:
                until[over] = until[vertex]
        return until

    def is_current(self) -> bool:
        """Whether blocks and edges are still those that this is of."""
        return self._version == self.blocks[0].function.cfg_version

    def dominates(self, one: int, other: int) -> bool:
        """Whether every way to the vertex `other` leads through `one`; a vertex dominates itself."""
        return self.enter[one] <= self.enter[other] < self.until[one]

    def is_back(self, source: int, target: int) -> bool:
        """Whether an edge between vertices leads back to a header."""
        return self.rank[source] >= self.rank[target] and self.dominates(target, source)

    def _find_loops(self) -> None:
        latches: dict[int, list[int]] = {}
        for source, target in self.backward:
            if self.is_reducible or self.dominates(target, source):
                latches.setdefault(target, []).append(source)
        self.loops = list(latches)
        outermost = list(range(len(self.sources)))
        for header in reversed(self.loops):
            self._collect(header, [latch for latch in latches[header] if latch != header], outermost)
        if not self.is_reducible:
            self._find_irreducible()

    def _collect(self, header: int, work: list[int], outermost: list[int]) -> None:
        """Find what leads to the ends of a loop, which are the `work`, and what loops are in it."""
        innermost, sources = self.header, self.sources
        innermost[header] = header
        while work:
            vertex = work.pop()
            inner = innermost[vertex]
            if inner < 0:
                innermost[vertex] = header
                work += sources[vertex]
                continue
            while outermost[inner] != inner:
                outermost[inner] = outermost[outermost[inner]]
                inner = outermost[inner]
            if inner != header:
                self.around[inner] = outermost[inner] = header
                work += sources[inner]

    def _find_irreducible(self) -> None:
        """Mark what is on cycles that are left when edges back to headers are taken away."""
        seen = bytearray(len(self.sources))
        for vertex in self.order:
            if not seen[vertex]:
                seen[vertex] = 1
                part = [vertex]
                for step in part:  # which grows
                    for source in self.sources[step]:
                        if not seen[source] and not self.is_back(source, step):
                            seen[source] = 1
                            part.append(source)
                if len(part) > 1:
                    for member in part:
                        self.irreducible[member] = 1


def _reached(function: Function) -> tuple[Flow, list[int]]:
    """How control flows by places in the block list, which has only what is reached then; and these by block."""
    blocks = function.blocks
    place_of = [0] * function.next_block
    for place, block in enumerate(blocks):
        place_of[block.id] = place
    flow = Flow([[place_of[edge.target.id] for edge in block.end.edges] for block in blocks])
    if len(flow.places) == len(blocks):
        return flow, place_of
    reached = set(flow.places)
    function.remove_blocks({block for place, block in enumerate(blocks) if place not in reached})
    return _reached(function)
