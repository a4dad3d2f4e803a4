"""Postdominators: which block every way from another to an end of the function leads through.

An end is a `return` or a `yield`. The postdominator tree is the dominator tree of the graph with its edges turned
around and one root behind all ends. A block from which no way leads to an end, in an endless loop, is postdominated by
nothing, and so tells nothing.

Complexity: near-linear. Source: as in `ssair.dominators`, by Semi-NCA (Georgiadis, 2005).
"""

from __future__ import annotations

from ssair.analysis import cached
from ssair.cfg import incoming_edges, reverse_postorder
from ssair.dominators import nearest_dominators
from ssair.ir import Block, Function


class Postdominators:
    """Who postdominates whom; constant time by preorder intervals."""

    __slots__ = ("_enter", "_leave")

    def __init__(self, blocks: list[Block], parent: list[int]) -> None:
        """`blocks` in a preorder of the tree's depth-first search with number 1 up; `parent` by number, 0 the root."""
        size = [1] * len(parent)
        for vertex in range(len(parent) - 1, 0, -1):  # a parent has the lower number
            size[parent[vertex]] += size[vertex]
        self._enter: dict[Block, int] = {}
        self._leave: dict[Block, int] = {}
        free = [0] * len(parent)  # where the next child's interval begins
        for vertex, block in enumerate(blocks, 1):
            above = parent[vertex]
            first = free[above]
            free[above] = self._leave[block] = first + size[vertex]
            free[vertex] = first + 1
            self._enter[block] = first

    def postdominates(self, below: Block, above: Block) -> bool:
        """Whether every way from `above` to an end leads through `below`; a block postdominates itself."""
        if below is above:
            return True
        enter, start = self._enter.get(above), self._enter.get(below)
        return enter is not None and start is not None and start <= enter < self._leave[below]


@cached
def postdominators(function: Function) -> Postdominators:
    """The postdominators of the blocks that the entry reaches."""
    order = reverse_postorder(function)
    reached = set(order)
    incoming = incoming_edges(function)
    ends = [block for block in order if not block.end.edges]
    blocks: list[Block] = []
    number: dict[Block, int] = {}
    parent: list[int] = [0]
    successors: list[list[int]] = [[]]
    work = [(block, 0) for block in reversed(ends)]
    while work:
        block, source = work.pop()
        known = number.get(block)
        if known is not None:
            successors[known].append(source)
            continue
        vertex = number[block] = len(parent)
        blocks.append(block)
        parent.append(source)
        successors.append([source])
        work += [(entry.source, vertex) for entry in incoming[block] if entry.source in reached]
    return Postdominators(blocks, nearest_dominators(parent, successors))
