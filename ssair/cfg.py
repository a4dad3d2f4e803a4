"""The control-flow graph: predecessors by edge, reverse postorder, regions of comprehensions."""

from __future__ import annotations

from typing import Final

from ssair.analysis import cached
from ssair.ir import Block, Edge, Function
from ssair.ops import FORALL


class Incoming:
    """An edge as its target sees it: the block it leaves, and its place among that block's edges."""

    __slots__ = ("index", "source")

    def __init__(self, source: Block, index: int) -> None:
        self.source: Final = source
        self.index: Final = index

    @property
    def edge(self) -> Edge:
        """The edge itself."""
        return self.source.end.edges[self.index]


@cached
def incoming_edges(function: Function) -> dict[Block, list[Incoming]]:
    """The edges into each block, in the order of the block list; a branch with both arms to one block gives two."""
    incoming: dict[Block, list[Incoming]] = {block: [] for block in function.blocks}
    for block in function.blocks:
        for index, edge in enumerate(block.end.edges):
            incoming[edge.target].append(Incoming(block, index))
    return incoming


@cached
def reverse_postorder(function: Function) -> list[Block]:
    """The blocks that the entry reaches, each before its successors but for back edges."""
    postorder: list[Block] = []
    seen: set[Block] = set()
    #: What is to be visited; a block under a None is done. Half the time of a stack of successors left to take.
    stack: list[Block | None] = [function.entry]
    while stack:
        block = stack.pop()
        if block is None:
            done = stack.pop()
            assert done is not None
            postorder.append(done)
        elif block not in seen:
            seen.add(block)
            stack += (block, None)
            for edge in block.end.edges:  # the last is visited first, so that the first arm comes first in the end
                if edge.target not in seen:
                    stack.append(edge.target)
    postorder.reverse()
    return postorder


@cached
def has_comprehensions(function: Function) -> bool:
    """Whether some block ends in a `forall`."""
    return any(block.end.op is FORALL for block in function.blocks)


@cached
def comprehension_of(function: Function) -> dict[Block, Block | None]:
    """For each reachable block, the block whose `forall` it is evaluated under (the innermost), or None."""
    if not has_comprehensions(function):
        return dict.fromkeys(reverse_postorder(function))
    owner: dict[Block, Block | None] = {function.entry: None}
    work = [function.entry]
    while work:
        block = work.pop()
        end = block.end
        for index, edge in enumerate(end.edges):
            if edge.target not in owner:
                owner[edge.target] = block if end.op is FORALL and index == 0 else owner[block]
                work.append(edge.target)
    return owner
