"""Short loops without cycles in them: what may be written out.

    bodies = innermost(ControlFlow(function))

Linear.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Edge

#: How many instructions a loop may have that is written out.
_LONGEST: Final = 160
#: How much longer a function may become, if not by its own length.
_MOST_ADDED: Final = 600


class Body:
    """A loop without cycles in it."""

    __slots__ = ("back", "blocks", "entries", "header", "inside", "length")

    def __init__(self, blocks: list[Block], length: int, flow: ControlFlow) -> None:
        self.header = blocks[0]
        #: In reverse postorder.
        self.blocks = blocks
        self.inside = set(blocks)
        #: How many instructions it has, the ends of blocks included.
        self.length = length
        #: The edges back to the header, and those that lead there from outside.
        self.back: list[Edge] = []
        self.entries: list[Edge] = []
        for source, edge in flow.ways[flow.vertex[self.header.id]]:
            (self.back if source in self.inside else self.entries).append(edge)

    def ends_of_turns(self) -> list[Edge]:
        """The edges back to the header, and those out of the loop."""
        inside, header = self.inside, self.header
        edges = [edge for block in self.blocks for edge in block.end.edges]
        return [edge for edge in edges if edge.target is header or edge.target not in inside]


class Room:
    """How many instructions longer a function may become: `_MOST_ADDED`, or by its own length."""

    def __init__(self, length: int) -> None:
        self._left = max(_MOST_ADDED, length)

    def take(self, length: int) -> bool:
        """Whether there is room for some instructions, which are there then."""
        if length > self._left:
            return False
        self._left -= length
        return True


def innermost(flow: ControlFlow) -> list[Body]:
    """The loops without cycles in them that have up to `_LONGEST` instructions."""
    if not flow.loops:
        return []
    header, irreducible = flow.header, flow.irreducible
    around = {flow.around[loop] for loop in flow.loops}
    blocks: dict[int, list[Block]] = {loop: [] for loop in flow.loops if loop not in around}
    lengths = dict.fromkeys(blocks, 0)
    for vertex in flow.order:
        loop = header[vertex]
        if loop in lengths:
            block = flow.blocks[vertex]
            blocks[loop].append(block)
            lengths[loop] += len(block.instrs) + 1
            if irreducible[vertex]:
                lengths[loop] = _LONGEST + 1
    return [Body(blocks[loop], length, flow) for loop, length in lengths.items() if length <= _LONGEST]
