"""What flows back from uses to definitions along the edges of a function: sets as integers, a bit for each member.

    live_in, live_out = FlowBack(function).find(wanted, made)

`wanted` are the members that blocks use before they make them, `made` those that they make. A member is live at the
head of a block if there is a way from there to a block that wants it, and none before on that way makes it.

Sets flow back along the edges that follow the reverse postorder; then what is live at the head of a loop is live in all
of it. Cycles of several entries are gone round until nothing changes.

Requires: every block is reached. Ensures: blocks where nothing is live are not in the result. Complexity: near-linear
in the blocks that something is live in, if control flow is reducible; what is done to a set takes a step for 30 bits.
Source: F. Brandner, B. Boissinot, A. Darte, B. Dupont de Dinechin, F. Rastello, "Computing liveness sets for SSA-form
programs" (2011), by the forest of loops.
"""

from __future__ import annotations

import heapq

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.ir import Block, Function
from ssair.loops import Loop, loop_forest

#: By block, a set of what is asked for.
Sets = dict[Block, int]


class FlowBack:
    """The edges and loops of one function, for as many questions as there are."""

    def __init__(self, function: Function) -> None:
        self._order = reverse_postorder(function)
        self._rank = {block: -number for number, block in enumerate(self._order)}
        rank = self._rank
        #: The sources of the edges to each block: of all, and of those with the order; the edges against it.
        self._all: dict[Block, list[Block]] = {}
        self._forward: dict[Block, list[Block]] = {}
        self._backward: list[tuple[Block, Block]] = []
        incoming = incoming_edges(function)
        for block in self._order:
            sources = self._all[block] = self._forward[block] = [entry.source for entry in incoming[block]]
            place = rank[block]
            against = [source for source in sources if rank[source] <= place]
            if against:
                self._forward[block] = [source for source in sources if rank[source] > place]
                self._backward += [(source, block) for source in against]
        #: The blocks that are in a loop and in none within it.
        self._blocks_of: dict[Loop, list[Block]] = {}
        self._is_irreducible = False
        if self._backward:
            forest = loop_forest(function)
            self._is_irreducible = bool(forest.irreducible)
            self._blocks_of = {loop: [] for loop in forest.loops}  # those around a loop stand before it
            for block, loop in forest.innermost.items():
                self._blocks_of[loop].append(block)

    def find(self, wanted: Sets, made: Sets) -> tuple[Sets, Sets]:
        """What is live at the head of each block, and at its end; `wanted` is used up."""
        live_in: Sets = {}
        live_out: Sets = {}
        self._flow(wanted, made, live_in, live_out, self._forward)
        around: dict[Loop, int] = {}
        for loop, blocks in self._blocks_of.items():
            through = live_in.get(loop.header, 0)
            if loop.parent is not None:
                through |= around.get(loop.parent, 0)
            if through:
                around[loop] = through
                for block in blocks:
                    live_in[block] = live_in.get(block, 0) | through
                    live_out[block] = live_out.get(block, 0) | through
        if self._is_irreducible:
            for source, target in self._backward:
                fresh = live_in.get(target, 0)
                live_out[source] = live_out.get(source, 0) | fresh
                wanted[source] = wanted.get(source, 0) | (fresh & ~made.get(source, 0))
            self._flow(wanted, made, live_in, live_out, self._all)
        return live_in, live_out

    def _flow(
        self, pending: Sets, made: Sets, live_in: Sets, live_out: Sets, sources: dict[Block, list[Block]]
    ) -> None:
        """Let what is `pending` at the heads of some blocks be live there, and behind the `sources` of ways to them."""
        rank = self._rank
        queue = [rank[block] for block in pending]  # the last of the order first: forward edges need each once
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
                through = fresh & ~made.get(source, 0)
                if through:
                    if source not in pending:
                        heapq.heappush(queue, rank[source])
                    pending[source] = pending.get(source, 0) | through
