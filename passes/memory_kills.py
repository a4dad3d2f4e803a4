"""What loops do to memory: for each, what is written, freed, or given to calls anywhere in it.

Of a loop that writes to more than `MOST` addresses, anything is taken to be written. Linear in the function.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Function, Instr, Value
from ssair.loops import Loop, loop_forest
from ssair.ops import CALL_OP
from ssair.passes.memory_addresses import FREE, STORE, TOUCHES, Address, Addresses

MOST: Final = 32


class Kills:
    """What a stretch of code may do to cells and regions."""

    __slots__ = ("calls", "everything", "freed", "written")

    def __init__(self) -> None:
        self.written: dict[Address, None] = {}
        self.freed: dict[Value, None] = {}
        self.calls = False
        self.everything = False

    def add(self, instr: Instr, addresses: Addresses, context: Context) -> None:
        """Take in what an instruction does."""
        if instr.op is STORE:
            self.written[addresses.of(instr.args[0])] = None
        elif instr.op is FREE:
            self.freed[addresses.of(instr.args[0]).root] = None
        elif instr.op is CALL_OP and context.effects_of(instr).writes:
            self.calls = True
        self.everything = self.everything or len(self.written) + len(self.freed) > MOST

    def include(self, other: Kills) -> None:
        """Take in what other code does."""
        self.everything = self.everything or other.everything
        self.calls = self.calls or other.calls
        if not self.everything:
            self.written.update(other.written)
            self.freed.update(other.freed)
            self.everything = len(self.written) + len(self.freed) > MOST

    def kills_cell(self, address: Address, addresses: Addresses) -> bool:
        """Whether a cell may have another value afterwards."""
        return self.kills_region(address.root, addresses) or any(
            addresses.may_alias(address, written) for written in self.written
        )

    def kills_region(self, root: Value, addresses: Addresses) -> bool:
        """Whether a region may be gone afterwards."""
        if self.everything or (self.calls and not addresses.is_own(root)):
            return True
        return any(addresses.may_share_region(root, freed) for freed in self.freed)


def loop_kills(function: Function, addresses: Addresses, context: Context) -> dict[Block, Kills]:
    """What each loop does, those within it included, by its header."""
    forest = loop_forest(function)
    kills: dict[Loop, Kills] = {loop: Kills() for loop in forest.loops}
    if kills:
        for block in reverse_postorder(function):
            loop = forest.innermost.get(block)
            if loop is not None:
                for instr in block.instrs:
                    if instr.op in TOUCHES:
                        kills[loop].add(instr, addresses, context)
    for loop in reversed(forest.loops):  # those within a loop stand behind it
        if loop.parent is not None:
            kills[loop.parent].include(kills[loop])
    return {loop.header: found for loop, found in kills.items()}
