"""Load forwarding: a load gives what was stored to its cell, or loaded from it, if nothing in between may have changed
that; where that differs by the way that control came, it is a block parameter.

One sweep in reverse postorder. Behind the edges into a loop's header all is forgotten that the loop may change, so that
no second sweep is needed; so also what it knows is of values that the loop does not make anew. Into a cycle of several
entries nothing is carried.

Requires: valid IR without crumbs. Ensures: crumbs for the loads replaced; `safe` has the loads and stores left that
surely succeed. Complexity: linear, with `memory_state.MOST` cells known at a place.
Source: value numbering of loads after Briggs, Cooper & Simpson (1997), on memory as in K. Knobe & V. Sarkar, "Array SSA
Form" (1998); the parameters as for partial redundancies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ssair.cfg import Incoming, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.facts import Fact
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.loops import Loop, loop_forest, preheader
from ssair.ops import CALL_OP, FORALL
from ssair.passes.memory_addresses import ALLOC, FREE, LOAD, STORE, Addresses
from ssair.passes.memory_kills import Kills
from ssair.passes.memory_state import NOTHING, Content, Joined, State, last_asked, meet
from ssair.passes.value_numbering import let_stand

NAME: Final = "memory"


class Loads:
    """The sweep; `changes` counts the loads and stores replaced."""

    def __init__(self, function: Function, addresses: Addresses, kills: Mapping[Loop, Kills], context: Context) -> None:
        """`kills` has what the loops do."""
        self.function = function
        self.addresses = addresses
        self.context = context
        self.changes = 0
        self.stores = 0
        #: The loads and stores that surely succeed. For membership only.
        self.safe: set[Instr] = set()
        self._forest = loop_forest(function)
        self._kills = kills
        #: What is known at the end of a block: of those that lead to a block not visited yet, or alone to a loop.
        self.at_end: dict[Block, State] = {}

    def run(self) -> None:
        """Visit all blocks, if memory may tell anything."""
        if not self.addresses.may_tell_of_each_other():
            return
        order = reverse_postorder(self.function)
        incoming = incoming_edges(self.function)
        touching = self.addresses.touching
        done = last_asked(order, Block.successors)
        loops = self._forest.loops if done else ()
        fronts = {preheader(self.function, loop) for loop in loops if loop.forall is None}
        for block in order:
            state = self._at_head(block, incoming[block])
            if block in touching:
                state = state.own()
                for instr in touching[block]:
                    self._visit(instr, state)
            state.is_shared = True
            self.at_end[block] = state
            for other in done.get(block, ()):
                if other not in fronts:
                    del self.at_end[other]

    def _at_head(self, block: Block, incoming: list[Incoming]) -> State:
        """What is known where a block begins; perhaps a state that other blocks have too."""
        if block is self.function.entry:
            return NOTHING
        loop = self._forest.by_header.get(block)
        states: list[State] = []
        for entry in incoming:
            if loop is not None and self._forest.contains(loop, entry.source):
                continue
            if entry.source not in self.at_end:  # not reached, or a cycle that has more than one entry
                return NOTHING
            states.append(self.at_end[entry.source])
        bound = incoming[0].source.end
        if loop is not None:
            state = meet(states, None)
        elif bound.op is FORALL:
            loop, state = self._forest.by_header[bound.edges[0].target], states[0]
        else:
            return meet(states, block)
        if not state.is_empty:
            state = state.own()
            state.kill(self._kills[loop], self.addresses)
        return state

    def _visit(self, instr: Instr, state: State) -> None:
        if instr.op is LOAD:
            self._visit_load(instr, state)
        elif instr.op is STORE:
            self._visit_store(instr, state)
        elif instr.op is ALLOC:
            state.made(instr)
        elif instr.op is FREE or instr.op is CALL_OP:
            kills = Kills()
            kills.add(instr, self.addresses, self.context)
            state.kill(kills, self.addresses)

    def _visit_load(self, load: Instr, state: State) -> None:
        address = self.addresses.of(load.args[0])
        content = state.cells.get(address)
        if content is not None and self.context.fuel.take(NAME, load):
            self.changes += 1
            value = known_value(content)
            let_stand(load, value)
            state.accessed(address, value)
            return
        if address in state.safe:
            self.safe.add(load)
        state.accessed(address, load)

    def _visit_store(self, store: Instr, state: State) -> None:
        address, value = self.addresses.of(store.args[0]), store.args[1].find()
        content = state.cells.get(address)
        same = isinstance(content, Value) and self.addresses.origins[content] is self.addresses.origins[value]
        if same and self.context.fuel.take(NAME, store):
            self.stores += 1
            store.make_equal_to(store.args[2])
            return
        if state.is_safe(address):
            self.safe.add(store)
        state.written(address, self.addresses)
        state.accessed(address, value)


def known_value(content: Content) -> Value:
    """The value that a cell holds: a block parameter, which is made now, where that differs by the way."""
    return content.find() if isinstance(content, Value) else _made(content)


def _made(joined: Joined) -> Param:
    """The block parameter for what a cell holds, and those that this needs, made if they are not there yet."""
    work = [joined]
    while work:
        top = work[-1]
        if top.param is not None:
            work.pop()
            continue
        missing = [content for content in top.incoming if isinstance(content, Joined) and content.param is None]
        if missing:
            work += missing
            continue
        top.param = _new_param(top.block, [_value_of(content) for content in top.incoming])
    assert joined.param is not None
    return joined.param


def _value_of(content: Content) -> Value:
    if isinstance(content, Value):
        return content.find()
    assert content.param is not None
    return content.param


def _new_param(block: Block, values: list[Value]) -> Param:
    fact: Fact = values[0].fact
    for value in values[1:]:
        fact = fact | value.fact
    param = block.add_param(values[0].type, fact)
    for entry, value in zip(incoming_edges(block.function)[block], values, strict=True):
        entry.edge.args = (*entry.edge.args, value)
    return param
