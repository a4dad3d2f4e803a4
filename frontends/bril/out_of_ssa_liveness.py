"""Where some values of a function are live, and which of them dominate which, by the places of their definitions.

    live = Liveness(flow, values)
    live.at[v.id]                 the place of the definition of v: an integer, in a preorder of the dominator tree
    live.dominates(v, w)          whether v is defined on every way to w
    live.is_live_behind(v, w)     whether v is still used when w has been defined

Only the values asked for are followed: what leaves SSA form needs to know of block parameters and their arguments
alone. A block argument is used at the end of the block that passes it; a block parameter is defined at the head of its
block, those of one block one after the other.

Complexity: that of `FlowBack`, for each `_TOGETHER` values.
Source: F. Brandner, B. Boissinot, A. Darte, B. Dupont de Dinechin, F. Rastello, "Computing liveness sets for SSA-form
programs" (2011): its treatment of block parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.frontends.bril.flow_back import FlowBack, Sets
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Param, Value

#: How many values are followed at once: those defined near one another, which are live near one another.
_TOGETHER: Final = 1024
#: The place of a value that is not followed, and of one whose definition has not been met.
_UNKNOWN: Final = -1
_WANTED: Final = -2


class Liveness:
    """The answers for some values of a function."""

    def __init__(self, flow: ControlFlow, values: Iterable[Value]) -> None:
        self._flow = flow
        self._vertex = flow.vertex
        function = flow.blocks[0].function
        self.at = [_UNKNOWN] * function.next_value
        for value in values:
            self.at[value.id] = _WANTED
        #: By the number of a value, its last use in each block that uses it, by vertex.
        self._uses: dict[int, dict[int, int]] = {}
        #: By vertex, the place behind what stands in it and what it dominates.
        self._until = flow.until
        self._starts = [0]
        found: list[Value] = []
        for vertex in flow.walk:
            self._starts.append(self._number(flow.blocks[vertex], vertex, self._starts[-1], found))
        #: By the number of a value, the sets that it is in, and its bit there.
        self._bit: dict[int, tuple[Sets, Sets, int]] = {}
        ways = FlowBack(flow)
        for start in range(0, len(found), _TOGETHER):
            self._follow(found[start : start + _TOGETHER], ways)

    def _number(self, block: Block, vertex: int, place: int, found: list[Value]) -> int:
        """Note definitions and uses in a block that begins at `place`; gives the place behind it."""
        at, uses = self.at, self._uses
        for param in block.params:
            if at[param.id] != _UNKNOWN:
                at[param.id] = place
                found.append(param)
            place += 1
        for instr in block.instrs:
            for value in instr.args:
                if at[value.id] != _UNKNOWN:
                    uses.setdefault(value.id, {})[vertex] = place
            if at[instr.id] != _UNKNOWN:
                at[instr.id] = place
                found.append(instr)
            place += 1
        end = block.end
        for value in end.args:
            if at[value.id] != _UNKNOWN:
                uses.setdefault(value.id, {})[vertex] = place
        for edge in end.edges:
            for value in edge.args:
                if at[value.id] != _UNKNOWN:
                    uses.setdefault(value.id, {})[vertex] = place
        return place + 1

    def _follow(self, values: list[Value], ways: FlowBack) -> None:
        """Find where a group of values is live."""
        defined: Sets = {}
        pending: Sets = {}
        bits: list[tuple[int, int]] = []
        bit = 1
        for value in values:
            made = self._vertex[value.block.id]
            defined[made] = defined.get(made, 0) | bit
            for vertex in self._uses.get(value.id, ()):
                if vertex != made:
                    pending[vertex] = pending.get(vertex, 0) | bit
            bits.append((value.id, bit))
            bit <<= 1
        live_in, live_out = ways.find(pending, defined)
        for number, bit in bits:
            self._bit[number] = live_in, live_out, bit

    def is_known(self, value: Value) -> bool:
        """Whether a value is one of those asked for."""
        return self.at[value.id] != _UNKNOWN

    def dominates(self, value: Value, other: Value) -> bool:
        """Whether `value` is defined on every way to the definition of `other`; a value dominates itself."""
        at = self.at
        return at[value.id] <= at[other.id] < self.end_of(value)

    def end_of(self, value: Value) -> int:
        """Behind which place no value stands that `value` dominates."""
        return self._starts[self._until[self._vertex[value.block.id]]]

    def is_live_behind(self, value: Value, other: Value) -> bool:
        """Whether `value`, which dominates `other`, is still there when `other` has been defined.

        All parameters of a block are: they are written at once, also those that nobody uses.
        """
        block = other.block
        if isinstance(other, Param) and value.block is block:
            return True
        vertex = self._vertex[block.id]
        uses = self._uses.get(value.id)
        if uses is not None and uses.get(vertex, -1) > self.at[other.id]:
            return True
        _, live_out, bit = self._bit[value.id]
        return live_out.get(vertex, 0) & bit != 0

    def is_live_out(self, value: Value, block: Block) -> bool:
        """Whether `value` is live at the head of some block behind `block`."""
        _, live_out, bit = self._bit[value.id]
        return live_out.get(self._vertex[block.id], 0) & bit != 0

    def is_live_in(self, value: Value, block: Block) -> bool:
        """Whether `value` is live at the head of a block that does not define it."""
        live_in, _, bit = self._bit[value.id]
        return live_in.get(self._vertex[block.id], 0) & bit != 0
