"""What pointers point at: a root and a distance from it, and whether two of them may point at one cell.

A root is what a pointer is made of without `ptradd`: an `alloc`, a parameter of the function, or anything else that
gives a pointer. The distance is a sum of values and a constant, exact: an addition that may wrap is a value of its own.

    distinct `alloc`s              never one region
    pointers to different types    never one region
    an `alloc` and a parameter     the function's parameters were there before
    an `alloc` that has not escaped (its pointers are only read and written through, freed and moved) is reached from
                                   its own root only; all other roots may be one region
    one root                       two cells, where intervals tell that the distances differ

What is said of an `alloc` in a loop is of the region that it made last: a pass must not carry what it knows of a value
past the place where that is made anew. Complexity: linear, for distances of up to `MOST_TERMS` values.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final, NamedTuple

from ssair.facts import IntFact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CALL_OP, OPS, Op
from ssair.passes.origins import Origins
from ssair.types import I64, PointerType, integer_range

ALLOC: Final = OPS["alloc"]
LOAD: Final = OPS["load"]
STORE: Final = OPS["store"]
FREE: Final = OPS["free"]
#: The operations that do something to memory, or may.
TOUCHES: Final = frozenset({ALLOC, LOAD, STORE, FREE, CALL_OP})
_OWN: Final = frozenset({ALLOC, LOAD, STORE})
_PTRADD: Final = OPS["ptradd"]
#: What takes a pointer as its first operand without giving it away.
_KEEPERS: Final[frozenset[Op]] = frozenset({LOAD, STORE, FREE, _PTRADD})
_ADD: Final = OPS["add"]
_FORWARD: Final = attrgetter("forward")
#: Distances of more values are a value of their own.
MOST_TERMS: Final = 4
#: How many additions of constants are looked through.
_FAR: Final = 8


class Address(NamedTuple):
    """A cell: `root` moved by the sum of `terms` (by their numbers) and `offset`."""

    root: Value
    terms: tuple[Value, ...]
    offset: int


def uses_memory(function: Function) -> bool:
    """Whether a function reads or writes memory itself."""
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op in _OWN:
                return True
    return False


class Addresses:
    """The addresses of the pointers of one function, and what touches memory there."""

    def __init__(self, function: Function) -> None:
        self.origins = Origins()
        #: What is one of `TOUCHES`, by the blocks that have any, in their order.
        self.touching: dict[Block, list[Instr]] = {}
        self._params: set[Value] = set(function.params)
        self._found: dict[Value, Address] = {}
        self._escaped = {self.of(value).root for value in self._look_through(function)}

    def _look_through(self, function: Function) -> dict[Value, None]:
        """Note what touches memory; gives the pointers that are stored, passed on, given to a call or returned."""
        given: dict[Value, None] = {}
        for block in function.blocks:
            touching: list[Instr] = []
            for instr in block.instrs:
                op = instr.op
                if op.refines:
                    continue
                args = instr.args
                if op in TOUCHES:
                    touching.append(instr)
                for value in args[1:] if op in _KEEPERS else args:
                    if value.type.__class__ is PointerType:
                        given[value] = None
            if touching:
                self.touching[block] = touching
            for args in (block.end.args, *[edge.args for edge in block.end.edges if edge.args]):
                for value in args:
                    if value.type.__class__ is PointerType:
                        given[value] = None
        return given

    def of(self, pointer: Value) -> Address:
        """The address that a pointer holds."""
        found = self._found.get(pointer)
        if found is not None and pointer.forward is None and _is_current(found):
            return found
        path: list[Instr] = []
        step = self.origins[pointer]
        found = self._found.get(step)
        while (found is None or not _is_current(found)) and isinstance(step, Instr) and step.op is _PTRADD:
            path.append(step)
            step = self.origins[step.args[0]]
            found = self._found.get(step)
        address = found if found is not None else self._found.setdefault(step, Address(step, (), 0))
        for moved in reversed(path):
            address = self._found[moved] = self._moved(address, moved)
        return address

    def _moved(self, address: Address, moved: Instr) -> Address:
        term, offset = self._split(moved.args[1])
        terms = address.terms
        if term is not None:
            terms = tuple(sorted((*terms, term), key=lambda value: value.id)) if terms else (term,)
        if len(terms) > MOST_TERMS:
            return Address(address.root, (moved,), 0)
        return Address(address.root, terms, address.offset + offset)

    def _split(self, count: Value) -> tuple[Value | None, int]:
        """A distance as a value and a constant."""
        offset = 0
        for _ in range(_FAR):
            known = count.fact.constant
            if isinstance(known, int):
                return None, offset + known
            count = self.origins[count]
            step = _added_constant(count)
            if step is None:
                break
            count, constant = step
            offset += constant
        return self.origins[count], offset

    def may_tell_of_each_other(self) -> bool:
        """Whether two accesses are surely of one cell, or a region is made here: if not, memory tells nothing."""
        seen: set[Address] = set()
        for touching in self.touching.values():
            for instr in touching:
                if instr.op is LOAD or instr.op is STORE:
                    address = self.of(instr.args[0])
                    if address in seen:
                        return True
                    seen.add(address)
                elif instr.op is ALLOC:
                    return True
        return False

    def is_own(self, root: Value) -> bool:
        """Whether a region was made here, and is reached from its root only."""
        return is_alloc(root) and root not in self._escaped

    def may_share_region(self, one: Value, other: Value) -> bool:
        """Whether two roots may be of one region."""
        if one is other:
            return True
        if one.type is not other.type or (is_alloc(one) and is_alloc(other)):
            return False
        for root, second in ((one, other), (other, one)):
            if is_alloc(root) and (root not in self._escaped or second in self._params):
                return False
        return True

    def may_alias(self, one: Address, other: Address) -> bool:
        """Whether two addresses may be of one cell."""
        if one.root is not other.root:
            return self.may_share_region(one.root, other.root)
        if one.terms == other.terms:
            return one.offset == other.offset
        least, greatest = distance(one, other)
        return least <= 0 <= greatest


def _is_current(address: Address) -> bool:
    """Whether nothing that an address is made of has been replaced since."""
    return address.root.forward is None and not any(map(_FORWARD, address.terms))


def is_alloc(root: Value) -> bool:
    """Whether a root is an `alloc`."""
    return isinstance(root, Instr) and root.op is ALLOC


def distance(one: Address, other: Address) -> tuple[int, int]:
    """The interval of how much further `one` is from the root than `other`."""
    ahead, behind = list(one.terms), list(other.terms)
    for term in other.terms:
        if term in ahead:
            ahead.remove(term)
            behind.remove(term)
    least = greatest = one.offset - other.offset
    for term in ahead:
        lo, hi = _interval(term)
        least, greatest = least + lo, greatest + hi
    for term in behind:
        lo, hi = _interval(term)
        least, greatest = least - hi, greatest - lo
    return least, greatest


def _interval(term: Value) -> tuple[int, int]:
    """What a term may be; a `ptradd` stands for a sum of values, which may be anything that so many of them make."""
    if isinstance(term.fact, IntFact):
        return term.fact.lo, term.fact.hi
    return -_FARTHEST, _FARTHEST


#: No region is as large, and no program adds so much to a pointer.
_FARTHEST: Final = 1 << 200


def _added_constant(value: Value) -> tuple[Value, int] | None:
    """The operands of an addition of a constant that does not wrap."""
    if not isinstance(value, Instr) or value.op is not _ADD or value.type is not I64:
        return None
    left, right = value.args
    constant, fact = right.fact.constant, left.fact
    if not isinstance(constant, int) or not isinstance(fact, IntFact):
        return None
    lo, hi = integer_range(I64)
    return (left, constant) if lo <= fact.lo + constant and fact.hi + constant <= hi else None
