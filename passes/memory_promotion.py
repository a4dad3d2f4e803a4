"""Cells that a loop reads and writes at one address are carried by the loop instead, and stored where it is left.

A cell is promoted in the outermost loop in which its address does not change and nothing else may touch it: no other
address that may be the same cell, no `free` of its region, no call that could come to it. In front of the loop the cell
must surely hold something: it was read or written before, or its read is the first thing that the header does. Then
nothing fails that did not fail before: what a trap leaves in memory nobody sees.

    bb1: load p; add; store p        becomes        bb1(cell): add            and behind it: store p

A cell that the loop only reads is read in front of it.

Requires: valid IR without crumbs; what is known of memory at the end of each block (`memory_loads`).
Ensures: crumbs for the loads and stores that went. One rewrite a cell and loop.
Complexity: linear: the blocks of loops are visited `MOST_VISITS` times as often as there are blocks, at most.
Source: J. Lu & K. Cooper, "Register Promotion in C Programs" (1997).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.facts import top
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.loops import Loop, loop_forest, preheader
from ssair.ops import CONST, FORALL, JUMP, OPS
from ssair.passes.dce import has_effect
from ssair.passes.memory_addresses import LOAD, STORE, Address, Addresses
from ssair.passes.memory_kills import Kills
from ssair.passes.memory_loads import known_value
from ssair.passes.memory_state import NOTHING, State
from ssair.passes.value_numbering import let_stand
from ssair.types import I64, integer_range

NAME: Final = "memory"
#: How many blocks of loops are visited for each block of the function.
MOST_VISITS: Final = 32
_VERSION: Final = OPS["memory"]
_PTRADD: Final = OPS["ptradd"]


class Promotion:
    """The loops are looked at from the outside in; `changes` counts cells."""

    def __init__(
        self,
        function: Function,
        addresses: Addresses,
        context: Context,
        states: Mapping[Block, State],
        uses: Mapping[Loop, Kills],
    ) -> None:
        """`states` has what is known of memory at the ends of blocks, or nothing; `uses` what loops do."""
        self.function = function
        self.addresses = addresses
        self.context = context
        self.states = states
        self.changes = 0
        self._forest = loop_forest(function)
        self._place = {block: number for number, block in enumerate(reverse_postorder(function))}
        self._incoming = incoming_edges(function)
        self._visits_left = MOST_VISITS * len(self._place)
        self._uses = uses

    def run(self) -> None:
        """Promote what can be."""
        edges: dict[Edge, list[tuple[Address, Value, Value]]] = {}
        for loop, uses in self._uses.items():
            if self._visits_left < 0:
                break
            if loop.forall is not None or uses.everything or uses.reads_anything:
                continue
            steady = [address for address in (*uses.written, *uses.read) if self._is_steady(address, loop)]
            front = preheader(self.function, loop) if steady else None  # asked for where something is touched there
            if front is None:
                continue
            blocks: list[Block] | None = None
            for address in dict.fromkeys(steady):
                if not self._is_fit(address, loop, front):
                    continue
                blocks = blocks if blocks is not None else self._blocks_of(loop)
                self._visits_left -= len(blocks)
                if self._visits_left >= 0 and self._is_closed(loop, blocks):
                    self._promote(address, loop, front, blocks, edges)
        self._store_at(edges)

    # ---- what may be promoted -------------------------------------------------------------------------------------

    def _is_steady(self, address: Address, loop: Loop) -> bool:
        """Whether a cell stays in its place."""
        contains = self._forest.contains
        return not (contains(loop, address.root.block) or any(contains(loop, value.block) for value in address.terms))

    def _is_fit(self, address: Address, loop: Loop, front: Block) -> bool:
        """Whether a cell is touched at its address only, and surely holds something in front of a loop."""
        if not self._uses[loop].leaves_alone(address, self.addresses):
            return False
        return address in self._known(front).safe or self._is_read_first(address, loop.header)

    def _known(self, block: Block) -> State:
        """What is known of memory at the end of a block."""
        return self.states.get(block) or NOTHING

    def _is_read_first(self, address: Address, header: Block) -> bool:
        """Whether the first thing in a header that could be seen is a read of the cell."""
        for instr in header.instrs:
            if instr.op is LOAD:
                return self.addresses.of(instr.args[0]) == address
            if has_effect(instr, self.context):
                return False
        return False

    def _blocks_of(self, loop: Loop) -> list[Block]:
        """The blocks of a loop, each behind those that come to it but for back edges."""
        found = {loop.header}
        work = [loop.header]
        while work:
            for target in work.pop().successors():
                if target not in found and self._forest.contains(loop, target):
                    found.add(target)
                    work.append(target)
        return sorted(found, key=self._place.__getitem__)

    def _is_closed(self, loop: Loop, blocks: list[Block]) -> bool:
        """Whether all that comes into a loop does so through its header, and no comprehension keeps what goes in."""
        if any(block in self._forest.irreducible for block in blocks):
            return False
        inside = set(blocks)
        if any(block.end.op.binds and not inside.issuperset(block.successors()) for block in blocks):
            return False
        return all(entry.source in inside for block in blocks[1:] for entry in self._incoming[block])

    # ---- promoting one cell ---------------------------------------------------------------------------------------

    def _promote(
        self,
        address: Address,
        loop: Loop,
        front: Block,
        blocks: list[Block],
        edges: dict[Edge, list[tuple[Address, Value, Value]]],
    ) -> None:
        """Let a loop carry a cell."""
        accesses = [i for b in blocks for i in b.instrs if self._is_access(i, address)]
        writers = {instr.block for instr in accesses if instr.op is STORE}
        if not accesses or any(self._is_evaluated_often(block, loop) for block in writers):
            return
        pointer = self._pointer(address, accesses, front)
        if pointer is None or not self.context.fuel.take(NAME, loop.header):
            return
        self.changes += 1
        start = self._value_before(address, pointer, accesses[0], front)
        if not writers:
            for load in accesses:
                let_stand(load, start)
            return
        at_end = self._carry(address, loop, blocks, start)
        inside = set(blocks)
        for block in blocks:
            for edge in block.end.edges:
                if edge.target not in inside:
                    edges.setdefault(edge, []).append((address, pointer, at_end[block]))

    def _is_access(self, instr: Instr, address: Address) -> bool:
        touches = (instr.op is LOAD or instr.op is STORE) and instr.forward is None
        return touches and self.addresses.of(instr.args[0]) == address

    def _is_evaluated_often(self, block: Block, loop: Loop) -> bool:
        """Whether a block of a loop is in a comprehension within it, which carries nothing."""
        around = self._forest.innermost.get(block)
        while around is not None and around is not loop:
            if around.forall is not None:
                return True
            around = around.parent
        return False

    def _pointer(self, address: Address, accesses: list[Instr], front: Block) -> Value | None:
        """A pointer to the cell in front of the loop: one that is there, or made of the root."""
        for access in accesses:
            pointer = self.addresses.origins[access.args[0]]
            if dominator_tree(self.function).dominates(pointer.block, front):
                return pointer
        least, greatest = integer_range(I64)
        if not least <= address.offset <= greatest or any(term.type is not I64 for term in address.terms):
            return None
        pointer = address.root
        for term in address.terms:
            pointer = front.append(self.function.new_instr(_PTRADD, (pointer, term)))
        if address.offset:
            count = front.append(self.function.new_instr(CONST, (), type=I64, aux=address.offset))
            pointer = front.append(self.function.new_instr(_PTRADD, (pointer, count)))
        return pointer

    def _value_before(self, address: Address, pointer: Value, access: Instr, front: Block) -> Value:
        """What the cell holds in front of the loop."""
        content = self._known(front).cells.get(address)
        if content is not None:
            return known_value(content)
        version = front.append(self.function.new_instr(_VERSION))
        return front.append(self.function.new_instr(LOAD, (pointer, version), span=access.span))

    def _carry(self, address: Address, loop: Loop, blocks: list[Block], start: Value) -> dict[Block, Value]:
        """Replace the accesses of a loop by what it carries; gives what the cell holds at the ends of blocks."""
        at_end: dict[Block, Value] = {}
        made: list[tuple[Block, Param]] = []
        for block in blocks:
            value = self._at_head(block, loop, address, at_end)
            if value is None:
                value = param = block.add_param(start.type, top(start.type))
                made.append((block, param))
            for instr in block.instrs:
                if self._is_access(instr, address):
                    if instr.op is LOAD:
                        let_stand(instr, value)
                    else:
                        value = instr.args[1].find()
                        instr.make_equal_to(instr.args[2])
            at_end[block] = value
        for block, _ in made:
            for entry in self._incoming[block]:
                edge = entry.edge
                edge.args = (*edge.args, at_end.get(entry.source, start))
        return at_end

    def _at_head(self, block: Block, loop: Loop, address: Address, at_end: dict[Block, Value]) -> Value | None:
        """What the cell holds at the head of a block of a loop; None where that is a parameter."""
        if block is loop.header:
            return None
        inner = self._forest.by_header.get(block)
        sources = [entry.source for entry in self._incoming[block]]
        if inner is not None and inner.forall is None and address not in self._uses[inner].written:
            sources = [source for source in sources if not self._forest.contains(inner, source)]
        first = at_end.get(sources[0])
        same = first is not None and all(at_end.get(source) is first for source in sources)
        assert same or sources[0].end.op is not FORALL
        return first if same else None

    def _store_at(self, edges: dict[Edge, list[tuple[Address, Value, Value]]]) -> None:
        """Store on the edges out of loops what they have carried."""
        for edge, cells in edges.items():
            block = self.function.new_block()
            version: Value = block.append(self.function.new_instr(_VERSION))
            for _, pointer, value in cells:
                version = block.append(self.function.new_instr(STORE, (pointer, value.find(), version)))
            block.set_terminator(Terminator(JUMP, (), (Edge(edge.target, edge.args),)))
            self.function.redirect(edge, block)
