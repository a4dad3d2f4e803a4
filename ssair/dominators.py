"""Dominators by Semi-NCA, and the dominator tree.

Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005) computes semidominators as
Lengauer and Tarjan (1979) do, and then each immediate dominator as the nearest common ancestor of the DFS parent and
the semidominator. With path compression it is near-linear in practice; the iterative data-flow algorithms are quadratic
on code with many early exits (100 times slower at 10,000 blocks).

Blocks that the entry does not reach are not in the tree: they neither dominate nor are dominated.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.analysis import cached
from ssair.cfg import reverse_postorder
from ssair.ir import Block, Function


class DominatorTree:
    """Who dominates whom; `dominates` takes constant time by preorder intervals."""

    __slots__ = ("_enter", "children", "end", "idom", "preorder")

    def __init__(self, order: list[Block], idom: dict[Block, Block]) -> None:
        """`order` is the reverse postorder, the entry first; `idom` has every other block's immediate dominator."""
        self.idom = idom
        self.children: dict[Block, list[Block]] = {block: [] for block in order}
        for block in order[1:]:
            self.children[idom[block]].append(block)
        #: The blocks in a preorder of the tree that visits children in reverse postorder.
        self.preorder: list[Block] = []
        stack = [order[0]]
        while stack:
            block = stack.pop()
            self.preorder.append(block)
            below = self.children[block]
            if below:
                stack += below[::-1]
        self._enter = {block: number for number, block in enumerate(self.preorder)}
        #: By block, the preorder number behind the last block that it dominates.
        self.end: dict[Block, int] = {}
        for block in reversed(self.preorder):
            below = self.children[block]
            self.end[block] = self.end[below[-1]] if below else self._enter[block] + 1

    def __contains__(self, block: Block) -> bool:
        return block in self._enter

    def dominates(self, above: Block, below: Block) -> bool:
        """Whether every way to `below` leads through `above`; a block dominates itself."""
        enter = self._enter.get(below)
        start = self._enter.get(above)
        return enter is not None and start is not None and start <= enter < self.end[above]

    def interval(self, block: Block) -> tuple[int, int]:
        """The preorder numbers of the blocks that `block` dominates: the first, and the one behind the last."""
        return self._enter[block], self.end[block]

    def walk_up(self, block: Block) -> Iterator[Block]:
        """The block and its dominators, the nearest first."""
        step: Block | None = block
        while step is not None:
            yield step
            step = self.idom.get(step)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DominatorTree) and self.idom == other.idom and self.preorder == other.preorder

    __hash__ = None  # type: ignore[assignment]


@cached
def dominator_tree(function: Function) -> DominatorTree:
    """The dominator tree of the blocks that the entry reaches."""
    return DominatorTree(reverse_postorder(function), immediate_dominators(function))


def immediate_dominators(function: Function) -> dict[Block, Block]:
    """The immediate dominator of every reachable block but the entry."""
    blocks, parent, predecessors = _depth_first(function)
    idom = nearest_dominators(parent, predecessors)
    return {blocks[vertex]: blocks[idom[vertex]] for vertex in range(1, len(blocks))}


def nearest_dominators(parent: list[int], predecessors: list[list[int]]) -> list[int]:
    """The immediate dominators of vertices numbered in depth-first preorder from the root, 0, whose own is 0.

    `parent` is the depth-first tree; `predecessors` may name a vertex more than once.
    """
    semi = _semidominators(parent, predecessors)
    idom = list(parent)
    for vertex in range(1, len(parent)):
        ancestor = parent[vertex]
        while ancestor > semi[vertex]:
            ancestor = idom[ancestor]
        idom[vertex] = ancestor
    return idom


def _depth_first(function: Function) -> tuple[list[Block], list[int], list[list[int]]]:
    """The blocks in DFS preorder; by preorder number, each one's DFS parent and its predecessors."""
    blocks: list[Block] = []
    number: dict[Block, int] = {}
    parent: list[int] = []
    predecessors: list[list[int]] = []
    stack: list[tuple[Block, int]] = [(function.entry, 0)]
    while stack:
        block, source = stack.pop()
        known = number.get(block)
        if known is not None:
            predecessors[known].append(source)
            continue
        vertex = number[block] = len(blocks)
        blocks.append(block)
        parent.append(source)
        predecessors.append([source] if vertex else [])
        stack += [(edge.target, vertex) for edge in reversed(block.end.edges)]
    return blocks, parent, predecessors


def _semidominators(parent: list[int], predecessors: list[list[int]]) -> list[int]:
    count = len(parent)
    semi = list(range(count))
    label = list(range(count))
    ancestor = list(parent)
    for vertex in range(count - 1, 0, -1):
        least = vertex
        for predecessor in predecessors[vertex]:
            candidate = predecessor
            if predecessor > vertex:
                _compress(predecessor, vertex, ancestor, label, semi)
                candidate = semi[label[predecessor]]
            if candidate < least:
                least = candidate
        semi[vertex] = least
    return semi


def _compress(vertex: int, last: int, ancestor: list[int], label: list[int], semi: list[int]) -> None:
    """Path compression over the vertices above `last`: `label[vertex]` gets the one of least semidominator."""
    path = []
    while ancestor[vertex] > last:
        path.append(vertex)
        vertex = ancestor[vertex]
    for below in reversed(path):
        above = ancestor[below]
        if semi[label[above]] < semi[label[below]]:
            label[below] = label[above]
        ancestor[below] = ancestor[above]
