"""Where some values of a function are live, and which of them dominate which, by the places of their definitions.

    live = Liveness(function, values)
    live.at[v]                    the place of the definition of v: an integer, in a preorder of the dominator tree
    live.dominates(v, w)          whether v is defined on every way to w
    live.is_live_behind(v, w)     whether v is still used when w has been defined

Only the values asked for are followed: what leaves SSA form needs to know of block parameters and their arguments
alone. A block argument is used at the end of the block that passes it; a block parameter is defined at the head of its
block, those of one block one after the other.

Requires: every block is reached. Complexity: that of `FlowBack`, for each `_TOGETHER` values.
Source: F. Brandner, B. Boissinot, A. Darte, B. Dupont de Dinechin, F. Rastello, "Computing liveness sets for SSA-form
programs" (2011): its treatment of block parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.dominators import dominator_tree
from ssair.frontends.bril.flow_back import FlowBack
from ssair.ir import Block, Function, Param, Value

#: How many values are followed at once: those defined near one another, which are live near one another.
_TOGETHER: Final = 1024


class Liveness:
    """The answers for the `values` of a function."""

    def __init__(self, function: Function, values: Iterable[Value]) -> None:
        wanted = bytearray(function.next_value)
        for value in values:
            wanted[value.id] = 1
        tree = dominator_tree(function)
        self.at: dict[Value, int] = {}
        #: Behind which place no value stands that a value dominates.
        self._until: dict[Value, int] = {}
        #: By value, its last use in each block that uses it.
        self._uses: dict[Value, dict[Block, int]] = {}
        place = 0
        starts = []
        for block in tree.preorder:
            starts.append(place)
            place = self._number(block, place, wanted)
        starts.append(place)
        for value in self.at:
            self._until[value] = starts[tree.interval(value.block)[1]]
        #: By value, the number of its group, and its bit there.
        self._bit: dict[Value, tuple[int, int]] = {}
        self._live_in: list[dict[Block, int]] = []
        self._live_out: list[dict[Block, int]] = []
        ordered = list(self.at)
        if ordered:
            ways = FlowBack(function)
            for start in range(0, len(ordered), _TOGETHER):
                self._follow(ordered[start : start + _TOGETHER], ways)

    def _number(self, block: Block, place: int, wanted: bytearray) -> int:
        """Note definitions and uses in a block that begins at `place`; gives the place behind it."""
        at, uses = self.at, self._uses
        for param in block.params:
            if wanted[param.id]:
                at[param] = place
            place += 1
        for instr in block.instrs:
            for value in instr.args:
                if wanted[value.id]:
                    uses.setdefault(value, {})[block] = place
            if wanted[instr.id]:
                at[instr] = place
            place += 1
        end = block.end
        for value in end.args:
            if wanted[value.id]:
                uses.setdefault(value, {})[block] = place
        for value in [value for edge in end.edges for value in edge.args]:
            if wanted[value.id]:
                uses.setdefault(value, {})[block] = place
        return place + 1

    def _follow(self, values: list[Value], ways: FlowBack) -> None:
        """Find where a group of values is live."""
        group = len(self._live_out)
        defined: dict[Block, int] = {}
        pending: dict[Block, int] = {}
        for number, value in enumerate(values):
            bit = 1 << number
            self._bit[value] = group, bit
            defined[value.block] = defined.get(value.block, 0) | bit
            for block in self._uses.get(value, ()):
                if block is not value.block:
                    pending[block] = pending.get(block, 0) | bit
        live_in, live_out = ways.find(pending, defined)
        self._live_in.append(live_in)
        self._live_out.append(live_out)

    def dominates(self, value: Value, other: Value) -> bool:
        """Whether `value` is defined on every way to the definition of `other`; a value dominates itself."""
        return self.at[value] <= self.at[other] < self._until[value]

    def end_of(self, value: Value) -> int:
        """Behind which place no value stands that `value` dominates."""
        return self._until[value]

    def is_live_behind(self, value: Value, other: Value) -> bool:
        """Whether `value`, which dominates `other`, is still there when `other` has been defined.

        All parameters of a block are: they are written at once, also those that nobody uses.
        """
        block = other.block
        if isinstance(other, Param) and value.block is block:
            return True
        uses = self._uses.get(value)
        if uses is not None and uses.get(block, -1) > self.at[other]:
            return True
        return self.is_live_out(value, block)

    def is_live_out(self, value: Value, block: Block) -> bool:
        """Whether `value` is live at the head of some block behind `block`."""
        group, bit = self._bit[value]
        return bool(self._live_out[group].get(block, 0) & bit)

    def is_live_in(self, value: Value, block: Block) -> bool:
        """Whether `value` is live at the head of a block that does not define it."""
        group, bit = self._bit[value]
        return bool(self._live_in[group].get(block, 0) & bit)
