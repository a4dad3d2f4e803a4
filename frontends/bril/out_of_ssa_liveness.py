"""Where some values of a function are live, and which of them dominate which, by the places of their definitions.

    live = Liveness(function, values)
    live.at[v]                    the place of the definition of v: an integer, in a preorder of the dominator tree
    live.dominates(v, w)          whether v is defined on every way to w
    live.is_live_behind(v, w)     whether v is still used when w has been defined

Only the values asked for are followed: what leaves SSA form needs to know of block parameters and their arguments
alone. A block argument is used at the end of the block that passes it; a block parameter is defined at the head of its
block, those of one block one after the other.

Uses flow back along the edges that follow the reverse postorder; then what is live at the head of a loop is live in all
of it. Cycles of several entries are gone round until nothing changes.

Requires: every block is reached. Complexity: sets of values are integers, `_TOGETHER` values to one, with a bit for
each; work is near-linear in the blocks that values of such a group are live in, if control flow is reducible.
Source: F. Brandner, B. Boissinot, A. Darte, B. Dupont de Dinechin, F. Rastello, "Computing liveness sets for SSA-form
programs" (2011), by the forest of loops; its treatment of block parameters.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from typing import Final

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Value
from ssair.loops import Loop, loop_forest

#: How many values are followed at once: those defined near one another, which are live near one another.
_TOGETHER: Final = 1024


class Liveness:
    """The answers for the `values` of a function."""

    def __init__(self, function: Function, values: Iterable[Value]) -> None:
        wanted = set(values)
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
        self._order = reverse_postorder(function)
        self._rank = {block: -number for number, block in enumerate(self._order)}
        self._find_ways(function)
        #: By value, the number of its group, and its bit there.
        self._bit: dict[Value, tuple[int, int]] = {}
        self._live_out: list[dict[Block, int]] = []
        ordered = list(self.at)
        for start in range(0, len(ordered), _TOGETHER):
            self._follow(ordered[start : start + _TOGETHER])

    def _find_ways(self, function: Function) -> None:
        """Note the edges, those with the order apart, and the loops with their blocks."""
        rank = self._rank
        #: The sources of the edges to each block: of all, and of those with the order; the edges against it.
        self._all: dict[Block, list[Block]] = {}
        self._forward: dict[Block, list[Block]] = {}
        self._backward: list[tuple[Block, Block]] = []
        incoming = incoming_edges(function)
        for block in self._order:
            sources = self._all[block] = [entry.source for entry in incoming[block]]
            ahead = self._forward[block] = [source for source in sources if rank[source] > rank[block]]
            if len(ahead) < len(sources):
                self._backward += [(source, block) for source in sources if rank[source] <= rank[block]]
        self._forest = loop_forest(function)
        #: The blocks that are in a loop and in none within it.
        self._blocks_of: dict[Loop, list[Block]] = {loop: [] for loop in self._forest.loops}
        for block, loop in self._forest.innermost.items():
            self._blocks_of[loop].append(block)

    def _number(self, block: Block, place: int, wanted: set[Value]) -> int:
        """Note definitions and uses in a block that begins at `place`; gives the place behind it."""
        at, uses = self.at, self._uses
        for param in block.params:
            if param in wanted:
                at[param] = place
            place += 1
        for instr in block.instrs:
            for value in instr.args:
                if value in wanted:
                    uses.setdefault(value, {})[block] = place
            if instr in wanted:
                at[instr] = place
            place += 1
        for value in block.end.operands():
            if value in wanted:
                uses.setdefault(value, {})[block] = place
        return place + 1

    def _follow(self, values: list[Value]) -> None:
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
        self._live_out.append(self._flow_back(pending, defined))

    def _flow_back(self, pending: dict[Block, int], defined: dict[Block, int]) -> dict[Block, int]:
        """What is live at the end of each block, given what its uses make live at the heads of some."""
        live_in: dict[Block, int] = {}
        live_out: dict[Block, int] = {}
        self._flow(pending, defined, live_in, live_out, self._forward)
        around: dict[Loop, int] = {}
        for loop in self._forest.loops:  # those around a loop stand before it
            through = live_in.get(loop.header, 0)
            if loop.parent is not None:
                through |= around.get(loop.parent, 0)
            if through:
                around[loop] = through
                for block in self._blocks_of[loop]:
                    live_in[block] = live_in.get(block, 0) | through
                    live_out[block] = live_out.get(block, 0) | through
        if self._forest.irreducible:
            for source, target in self._backward:
                fresh = live_in.get(target, 0)
                live_out[source] = live_out.get(source, 0) | fresh
                pending[source] = pending.get(source, 0) | (fresh & ~defined.get(source, 0))
            self._flow(pending, defined, live_in, live_out, self._all)
        return live_out

    def _flow(
        self,
        pending: dict[Block, int],
        defined: dict[Block, int],
        live_in: dict[Block, int],
        live_out: dict[Block, int],
        sources: dict[Block, list[Block]],
    ) -> None:
        """Let what is `pending` at the heads of some blocks be live there, and behind the `sources` of ways to them."""
        queue = [self._rank[block] for block in pending]  # the last of the order first: forward edges need each once
        heapq.heapify(queue)
        while queue:
            block = self._order[-heapq.heappop(queue)]
            known = live_in.get(block, 0)
            fresh = pending.pop(block, 0) & ~known
            if not fresh:
                continue
            live_in[block] = known | fresh
            for source in sources[block]:
                live_out[source] = live_out.get(source, 0) | fresh
                through = fresh & ~defined.get(source, 0)
                if through:
                    if source not in pending:
                        heapq.heappush(queue, self._rank[source])
                    pending[source] = pending.get(source, 0) | through

    def dominates(self, value: Value, other: Value) -> bool:
        """Whether `value` is defined on every way to the definition of `other`; a value dominates itself."""
        return self.at[value] <= self.at[other] < self._until[value]

    def end_of(self, value: Value) -> int:
        """Behind which place no value stands that `value` dominates."""
        return self._until[value]

    def is_live_behind(self, value: Value, other: Value) -> bool:
        """Whether `value`, which dominates `other`, is still used when `other` has been defined."""
        block = other.block
        uses = self._uses.get(value)
        if uses is not None and uses.get(block, -1) > self.at[other]:
            return True
        return self.is_live_out(value, block)

    def is_live_out(self, value: Value, block: Block) -> bool:
        """Whether `value` is live at the head of some block behind `block`."""
        group, bit = self._bit[value]
        return bool(self._live_out[group].get(block, 0) & bit)
