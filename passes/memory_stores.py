"""Dead stores: what is written and not read before it is written again, before its region ends, or ever.

One sweep against the flow of control, in postorder, with what surely is written again behind each place, and of which
regions the rest of the run reads nothing: those made here whose pointers never leave. Along back edges nothing is
carried, but that nobody ever reads some region. What is written again is told by values; above the place where one is
made it is forgotten, for in a loop the last one is another.

A store may go only if it surely succeeds; or if the store that writes again stands in the same block with nothing in
between that can be seen: then a fault of the one is the same fault of the other.

Requires: valid IR without crumbs; `safe` are stores and loads that surely succeed. Ensures: crumbs for the stores that
went. Complexity: linear, with `MOST` addresses known at a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CALL_OP, RETURN
from ssair.passes.dce import has_effect
from ssair.passes.memory_addresses import ALLOC, FREE, LOAD, STORE, Address, Addresses, is_alloc
from ssair.passes.memory_state import last_asked

NAME: Final = "memory"
MOST: Final = 64
#: Of a region that is done with but for more cells than this, nothing is remembered.
_MOST_READ: Final = 8


class _Future:
    """What happens behind a place: `rewritten` cells, and regions of which only some cells are read any more."""

    __slots__ = ("is_shared", "regions", "rewritten")

    def __init__(self, unread: Iterable[Value] = ()) -> None:
        self.rewritten: dict[Address, None] = {}
        self.regions: dict[Value, tuple[Address, ...]] = dict.fromkeys(unread, ())
        #: Whether blocks between which nothing happens have it together, so that nobody may change it.
        self.is_shared = False

    def copy(self) -> _Future:
        twin = _Future()
        twin.rewritten, twin.regions = dict(self.rewritten), dict(self.regions)
        return twin

    def own(self) -> _Future:
        """This one, or a copy that may be changed."""
        return self.copy() if self.is_shared else self

    def is_dead(self, address: Address, addresses: Addresses) -> bool:
        """Whether nobody reads what is in a cell now."""
        if address in self.rewritten:
            return True
        read = self.regions.get(address.root)
        return read is not None and not any(addresses.may_alias(address, other) for other in read)

    def rewrites(self, address: Address) -> None:
        """A cell is written."""
        if len(self.rewritten) >= MOST:
            del self.rewritten[next(iter(self.rewritten))]
        self.rewritten[address] = None

    def reads(self, address: Address, addresses: Addresses) -> None:
        """A cell is read."""
        for known in [known for known in self.rewritten if addresses.may_alias(known, address)]:
            del self.rewritten[known]
        read = self.regions.get(address.root)
        if read is not None and address not in read:
            self.regions[address.root] = (*read, address)
            if len(read) >= _MOST_READ:
                del self.regions[address.root]

    def forget_value(self, value: Value) -> None:
        """Above the place where a value is made, it says nothing."""
        for known in [known for known in self.rewritten if known.root is value or value in known.terms]:
            del self.rewritten[known]
        self.regions.pop(value, None)
        for root in [root for root, read in self.regions.items() if any(value in address.terms for address in read)]:
            del self.regions[root]


def _meet(futures: Sequence[_Future]) -> _Future:
    """What holds whichever way control goes; perhaps one of the futures."""
    first = futures[0]
    if all(future is first for future in futures):
        return first
    first = first.copy()
    for other in futures[1:]:
        for known in [known for known in first.rewritten if known not in other.rewritten]:
            del first.rewritten[known]
        for root, read in list(first.regions.items()):
            others = other.regions.get(root)
            together = tuple(dict.fromkeys((*read, *others))) if others is not None else None
            if together is None or len(together) > _MOST_READ:
                del first.regions[root]
            else:
                first.regions[root] = together
    return first


class DeadStores:
    """The sweep; `changes` counts the stores that went."""

    def __init__(self, function: Function, addresses: Addresses, context: Context, safe: set[Instr]) -> None:
        self.function = function
        self.addresses = addresses
        self.context = context
        self.safe = safe
        self.changes = 0
        self._own: list[Value] = []
        #: Those of them that nobody reads anywhere.
        self._unread: list[Value] = []
        #: The values that addresses are made of.
        self._telling: set[Value] = set()
        self._in: dict[Block, _Future] = {}

    def run(self) -> None:
        """Visit all blocks, each behind its successors but for back edges."""
        order = reverse_postorder(self.function)
        if not self._may_be_any(order):
            return
        backward = order[::-1]
        incoming = incoming_edges(self.function)
        done = last_asked(backward, lambda block: [entry.source for entry in incoming[block]])
        for block in backward:
            self._in[block] = self._visit(block)
            for other in done.get(block, ()):
                del self._in[other]

    def _may_be_any(self, order: list[Block]) -> bool:
        """Find the regions made here and what tells of addresses; whether any store may be dead.

        Only one of two to the same address is, or one that surely succeeds to a region made here.
        """
        read: set[Value] = set()
        written: set[Address] = set()
        hopeful = False
        for instr in (instr for block in order for instr in self.addresses.touching.get(block, ())):
            if instr.op is ALLOC and self.addresses.is_own(instr) and len(self._own) < MOST:
                self._own.append(instr)
            elif instr.op is LOAD or instr.op is STORE:
                address = self.addresses.of(instr.args[0])
                self._telling.update((address.root, *address.terms))
                if instr.op is LOAD:
                    read.add(address.root)
                else:
                    hopeful = hopeful or address in written or (instr in self.safe and is_alloc(address.root))
                    written.add(address)
        self._unread = [root for root in self._own if root not in read]
        self._telling.update(self._own)
        return hopeful

    def _visit(self, block: Block) -> _Future:
        """What happens from the head of a block on; perhaps a future that other blocks have too."""
        future = self._behind(block)
        again: dict[Address, None] = {}  # written again with nothing in between that can be seen
        telling = self._telling
        instrs = [instr for instr in block.instrs if not instr.op.pure or instr in telling]
        params = [param for param in block.params if param in telling]
        if instrs or params:
            future = future.own()
        for instr in reversed(instrs):
            self._step(instr, future, again)
        for param in params:
            future.forget_value(param)
        future.is_shared = True
        return future

    def _behind(self, block: Block) -> _Future:
        """What happens behind the end of a block."""
        end = block.end
        if end.op is RETURN:
            return _Future(self._own)
        if all(edge.target in self._in for edge in end.edges) and end.edges:
            return _meet([self._in[edge.target] for edge in end.edges])
        return _Future(self._unread)

    def _step(self, instr: Instr, future: _Future, again: dict[Address, None]) -> None:
        op = instr.op
        if op is STORE:
            self._step_store(instr, future, again)
        elif op is LOAD:
            address = self.addresses.of(instr.args[0])
            future.reads(address, self.addresses)
            for known in [known for known in again if self.addresses.may_alias(known, address)]:
                del again[known]
            if instr not in self.safe:
                again.clear()
        elif op is FREE:
            self._step_free(instr, future)
            again.clear()
        elif op is CALL_OP:
            effects = self.context.effects_of(instr)
            if effects.reads or effects.writes:
                for known in [known for known in future.rewritten if not self.addresses.is_own(known.root)]:
                    del future.rewritten[known]
            again.clear()
        elif has_effect(instr):
            again.clear()
        if instr in self._telling:
            future.forget_value(instr)
            again.clear()

    def _step_store(self, store: Instr, future: _Future, again: dict[Address, None]) -> None:
        address = self.addresses.of(store.args[0])
        succeeds = store in self.safe or address in again
        if future.is_dead(address, self.addresses) and succeeds and self.context.fuel.take(NAME, store):
            self.changes += 1
            store.make_equal_to(store.args[2])
            return
        future.rewrites(address)
        again[address] = None

    def _step_free(self, free: Instr, future: _Future) -> None:
        root = self.addresses.of(free.args[0]).root
        for known in [known for known in future.rewritten if self.addresses.may_share_region(known.root, root)]:
            del future.rewritten[known]
        if self.addresses.is_own(root):
            future.regions[root] = ()
