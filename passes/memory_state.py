"""What is known of memory at a place: which cells hold which values, and which may be read and written.

At most `MOST` things of a kind are known, the last ones; so copying a state takes constant time. A cell whose value
differs by the way that control came is known as a `Joined`: a block parameter that is made when somebody needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ssair.facts import IntFact
from ssair.ir import Block, Instr, Param, Value
from ssair.passes.memory_addresses import Address, Addresses, distance
from ssair.passes.memory_kills import Kills

MOST: Final = 64
_FEW: Final = 64


class Joined:
    """What a cell holds at the head of `block`, by its incoming edges in order; `param` once it is made."""

    __slots__ = ("block", "incoming", "param")

    def __init__(self, block: Block, incoming: tuple[Content, ...]) -> None:
        self.block = block
        self.incoming = incoming
        self.param: Param | None = None


Content = Value | Joined


class State:
    """The cells with known values, the cells that may be read and written, and the regions made and not freed.

    Blocks between which nothing happens have one state together, which nobody changes: `is_shared`.
    """

    __slots__ = ("cells", "is_shared", "regions", "safe")

    def __init__(self, is_shared: bool = False) -> None:
        self.cells: dict[Address, Content] = {}
        self.safe: dict[Address, None] = {}
        self.regions: dict[Value, None] = {}
        self.is_shared = is_shared

    def copy(self) -> State:
        """A state of the same knowledge."""
        twin = State()
        twin.cells, twin.safe, twin.regions = dict(self.cells), dict(self.safe), dict(self.regions)
        return twin

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.safe or self.regions or self.cells)

    def own(self) -> State:
        """This state, or a copy that may be changed."""
        return self.copy() if self.is_shared else self

    def accessed(self, address: Address, value: Value) -> None:
        """A cell has been read or written, and holds `value`."""
        for known in (self.cells, self.safe):
            known.pop(address, None)
            if len(known) >= MOST:
                del known[next(iter(known))]
        self.cells[address] = value
        self.safe[address] = None

    def written(self, address: Address, addresses: Addresses) -> None:
        """Forget what cells hold that may be the one at `address`."""
        root, terms = address.root, address.terms
        others = [known for known in self.cells if known.root is not root or known.terms != terms]
        for known in others:
            if addresses.may_alias(known, address):
                del self.cells[known]
        self.cells.pop(address, None)

    def made(self, root: Value) -> None:
        """A region has been made."""
        if len(self.regions) >= MOST:
            del self.regions[next(iter(self.regions))]
        self.regions[root] = None

    def kill(self, kills: Kills, addresses: Addresses) -> None:
        """Forget what some code may have changed."""
        for known in [known for known in self.cells if kills.kills_cell(known, addresses)]:
            del self.cells[known]
        for known in [known for known in self.safe if kills.kills_region(known.root, addresses)]:
            del self.safe[known]
        for root in [root for root in self.regions if kills.kills_region(root, addresses)]:
            del self.regions[root]

    def is_safe(self, address: Address) -> bool:
        """Whether the cell may surely be written: it was accessed before, or is within a region of known size."""
        if address in self.safe:
            return True
        return address.root in self.regions and is_within(address)


#: Nothing is known.
NOTHING: Final = State(is_shared=True)


def last_asked(order: list[Block], asked_by: Callable[[Block], Iterable[Block]]) -> dict[Block, list[Block]]:
    """By each block of an order, those that nobody behind it asks about any more: `asked_by` gives who asks about one.

    What is known at a block is kept no longer than that: of all blocks at once it takes as much room as the function.
    Of `_FEW` blocks all may be kept.
    """
    if len(order) <= _FEW:
        return {}
    place = {block: number for number, block in enumerate(order)}
    done: dict[Block, list[Block]] = {}
    for number, block in enumerate(order):
        last = max([place.get(other, number) for other in asked_by(block)], default=number)
        done.setdefault(order[max(last, number)], []).append(block)
    return done


def is_within(address: Address) -> bool:
    """Whether an address is surely in the region that its root, an `alloc`, has made."""
    assert isinstance(address.root, Instr)
    size = address.root.args[0].fact
    least, greatest = distance(address, Address(address.root, (), 0))
    return isinstance(size, IntFact) and least >= 0 and greatest < size.lo


def _resolved(content: Content) -> Content:
    """What stands for a content by now."""
    if isinstance(content, Joined):
        return content if content.param is None else content.param.find()
    return content.find()


def meet(states: Sequence[State], block: Block | None) -> State:
    """What holds whichever way control came; cells with differing values are joined in `block`, if one is given.

    Perhaps one of the states, for all that share it.
    """
    first = states[0]
    if all(state is first for state in states):
        return first
    first = first.copy()
    for other in states[1:]:
        for known in [known for known in first.safe if known not in other.safe]:
            del first.safe[known]
        for root in [root for root in first.regions if root not in other.regions]:
            del first.regions[root]
    for known in list(first.cells):
        contents = [state.cells.get(known) for state in states]
        if any(content is None for content in contents):
            del first.cells[known]
            continue
        found = [_resolved(content) for content in contents if content is not None]
        if any(content is not found[0] for content in found):
            if block is None:
                del first.cells[known]
            else:
                first.cells[known] = Joined(block, tuple(found))
    return first
