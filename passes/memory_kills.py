"""What loops do to memory: for each, what is written, read, freed, or given to calls anywhere in it.

Of a loop that writes to more than `MOST` addresses, anything is taken to be written; of one that reads more, to be
read. Linear in the function.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Function, Instr, Value
from ssair.loops import Loop, loop_forest
from ssair.ops import CALL_OP
from ssair.passes.memory_addresses import FREE, LOAD, STORE, Address, Addresses

MOST: Final = 32


class Kills:
    """What a stretch of code may do to cells and regions."""

    __slots__ = ("called", "calls", "everything", "freed", "read", "reads_anything", "written")

    def __init__(self) -> None:
        self.written: dict[Address, None] = {}
        self.freed: dict[Value, None] = {}
        self.calls = False
        self.everything = False
        self.read: dict[Address, None] = {}
        self.reads_anything = False
        #: Whether there is a call that uses memory at all.
        self.called = False

    def add(self, instr: Instr, addresses: Addresses, context: Context) -> None:
        """Take in what an instruction does."""
        op = instr.op
        if op is LOAD:
            self.read[addresses.of(instr.args[0])] = None
            self.reads_anything = self.reads_anything or len(self.read) > MOST
        elif op is STORE or op is FREE:
            address = addresses.of(instr.args[0])
            if op is STORE:
                self.written[address] = None
            else:
                self.freed[address.root] = None
            self.everything = self.everything or len(self.written) + len(self.freed) > MOST
        elif op is CALL_OP:
            effects = context.effects_of(instr)
            self.calls = self.calls or effects.writes
            self.called = self.called or effects.reads or effects.writes

    def include(self, other: Kills) -> None:
        """Take in what other code does."""
        self.everything = self.everything or other.everything
        self.reads_anything = self.reads_anything or other.reads_anything
        self.calls = self.calls or other.calls
        self.called = self.called or other.called
        if not self.everything:
            self.written.update(other.written)
            self.freed.update(other.freed)
            self.everything = len(self.written) + len(self.freed) > MOST
        if not self.reads_anything:
            self.read.update(other.read)
            self.reads_anything = len(self.read) > MOST

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

    def leaves_alone(self, address: Address, addresses: Addresses) -> bool:
        """Whether a cell is touched at its address only, reads included."""
        if self.kills_region(address.root, addresses) or (self.called and not addresses.is_own(address.root)):
            return False
        others = (other for other in (*self.written, *self.read) if other != address)
        return not any(addresses.may_alias(address, other) for other in others)


def loop_kills(function: Function, addresses: Addresses, context: Context) -> dict[Loop, Kills]:
    """What each loop does, those within it included; the loops as they stand in the forest."""
    forest = loop_forest(function)
    kills = {loop: Kills() for loop in forest.loops}
    if kills:
        for block in reverse_postorder(function):
            loop = forest.innermost.get(block) if block in addresses.touching else None
            if loop is not None:
                for instr in addresses.touching[block]:
                    kills[loop].add(instr, addresses, context)
    for loop in reversed(forest.loops):  # those within a loop stand behind it
        if loop.parent is not None:
            kills[loop.parent].include(kills[loop])
    return kills
