"""What flows back from uses to definitions along the edges of a function: sets as integers, a bit for each member.

    live_in, live_out = FlowBack(flow).find(wanted, made)          # by vertex of a `ControlFlow`

`wanted` are the members that blocks use before they make them, `made` those that they make. A member is live at the
head of a block if there is a way from there to a block that wants it, and none before on that way makes it.

Sets flow back along the edges that follow the reverse postorder; then what is live at the head of a loop is live in all
of it. Cycles of several entries are gone round until nothing changes.

Ensures: vertices where nothing is live are not in the result. Complexity: near-linear
in the blocks that something is live in, if control flow is reducible; what is done to a set takes a step for 30 bits.
Source: F. Brandner, B. Boissinot, A. Darte, B. Dupont de Dinechin, F. Rastello, "Computing liveness sets for SSA-form
programs" (2011), by the forest of loops.
"""

from __future__ import annotations

import heapq

from ssair.frontends.bril.write_flow import ControlFlow

#: By vertex, a set of what is asked for.
Sets = dict[int, int]


class FlowBack:
    """The edges and loops of one function, for as many questions as there are."""

    def __init__(self, flow: ControlFlow) -> None:
        self._flow = flow
        #: The sources of the edges that follow the order; the edges against it.
        self._forward = flow.sources
        #: By header, those around others first, the vertices that are in its loop and in none within it.
        self._blocks_of: dict[int, list[int]] = {}
        self._is_irreducible = False
        if flow.backward:
            self._cut_cycles()

    def _cut_cycles(self) -> None:
        flow = self._flow
        rank, header = flow.rank, flow.header
        self._forward = forward = list(flow.sources)
        for _, target in flow.backward:
            place = rank[target]
            forward[target] = [source for source in flow.sources[target] if rank[source] < place]
        self._is_irreducible = any(flow.irreducible)
        self._blocks_of = {loop: [] for loop in flow.loops}
        for vertex, loop in enumerate(header):
            if loop >= 0:
                self._blocks_of[loop].append(vertex)

    def find(self, wanted: Sets, made: Sets) -> tuple[Sets, Sets]:
        """What is live at the head of each vertex, and at its end; `wanted` is used up."""
        live_in: Sets = {}
        live_out: Sets = {}
        self._go(wanted, made, live_in, live_out, self._forward)
        through_loop: Sets = {}
        for loop, vertices in self._blocks_of.items():
            through = live_in.get(loop, 0) | through_loop.get(self._flow.around[loop], 0)
            if through:
                through_loop[loop] = through
                for vertex in vertices:
                    live_in[vertex] = live_in.get(vertex, 0) | through
                    live_out[vertex] = live_out.get(vertex, 0) | through
        if self._is_irreducible:
            for source, target in self._flow.backward:
                fresh = live_in.get(target, 0)
                live_out[source] = live_out.get(source, 0) | fresh
                wanted[source] = wanted.get(source, 0) | (fresh & ~made.get(source, 0))
            self._go(wanted, made, live_in, live_out, self._flow.sources)
        return live_in, live_out

    def _go(self, pending: Sets, made: Sets, live_in: Sets, live_out: Sets, sources: list[list[int]]) -> None:
        """Let what is `pending` at the heads of vertices be live there, and behind the `sources` of ways to them."""
        rank, order = self._flow.rank, self._flow.order
        queue = [-rank[vertex] for vertex in pending]  # the last of the order first: forward edges need each once
        heapq.heapify(queue)
        while queue:
            vertex = order[-heapq.heappop(queue)]
            known = live_in.get(vertex, 0)
            fresh = pending.pop(vertex, 0) & ~known
            if not fresh:
                continue
            live_in[vertex] = known | fresh
            for source in sources[vertex]:
                live_out[source] = live_out.get(source, 0) | fresh
                through = fresh & ~made.get(source, 0)
                if through:
                    if source not in pending:
                        heapq.heappush(queue, -rank[source])
                        pending[source] = through
                    else:
                        pending[source] |= through
