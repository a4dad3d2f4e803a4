"""Short loops without cycles in them: what may be written out.

    bodies = innermost(function)

Requires: every block is reached. Linear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ssair.cfg import reverse_postorder
from ssair.ir import Block, Edge, Function
from ssair.loops import Loop, loop_forest

#: How many instructions a loop may have that is written out.
_LONGEST: Final = 160
#: How much longer a function may become, if not by its own length.
_MOST_ADDED: Final = 600


@dataclass(slots=True, eq=False)
class Body:
    """A loop without cycles in it, with its blocks in reverse postorder."""

    header: Block
    blocks: list[Block] = field(default_factory=list)
    #: How many instructions it has, the ends of blocks included.
    length: int = 0

    def ends_of_turns(self) -> list[Edge]:
        """The edges back to the header, and those out of the loop."""
        inside, header = set(self.blocks), self.header
        edges = [edge for block in self.blocks for edge in block.end.edges]
        return [edge for edge in edges if edge.target is header or edge.target not in inside]


class Room:
    """How many instructions longer a function may become: `_MOST_ADDED`, or by its own length."""

    def __init__(self, function: Function) -> None:
        self._left = max(_MOST_ADDED, sum(len(block.instrs) for block in function.blocks))

    def take(self, length: int) -> bool:
        """Whether there is room for some instructions, which are there then."""
        if length > self._left:
            return False
        self._left -= length
        return True


def innermost(function: Function) -> list[Body]:
    """The loops without cycles in them that have up to `_LONGEST` instructions."""
    forest = loop_forest(function)
    if not forest.loops:
        return []
    around = {loop.parent for loop in forest.loops}
    bodies: dict[Loop, Body] = {loop: Body(loop.header) for loop in forest.loops if loop not in around}
    irreducible: set[Body] = set()
    for block in reverse_postorder(function):
        loop = forest.innermost.get(block)
        body = bodies.get(loop) if loop is not None else None
        if body is not None:
            body.blocks.append(block)
            body.length += len(block.instrs) + 1
            if block in forest.irreducible:
                irreducible.add(body)
    return [body for body in bodies.values() if body.length <= _LONGEST and body not in irreducible]
