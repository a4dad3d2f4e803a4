"""Partial redundancy at joins: what some ways to a join have computed already, the others compute before they join.

Requires: valid IR without crumbs. Ensures: heavy work of a join which some edge brings in (computed of that edge's
arguments, where it is work on parameters) is a parameter itself. An edge that lacks it computes it in front of the join
(in a block of its own, if its source leads elsewhere too), so that no way computes more than before; what the work
needs of the join's cheap work becomes a parameter as well, for the same reason.
At the header of a loop a parameter is carried: there only scalar work goes that every back edge brings in, so that it
is done once in front of the loop and once in each iteration, not twice.
Left alone: joins of more than `MOST_WAYS` edges; lengths, which must not go through parameters.
Complexity: n log n in joins of few edges.
Source: R. Morel & C. Renvoise, "Global Optimization by Suppression of Partial Redundancies" (1979); Click, "Global Code
Motion, Global Value Numbering" (1995); VanDrunen & Hosking, "Value-Based Partial Redundancy Elimination" (2004), with
what is anticipated restricted to the join itself.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ssair.call_graph import callee_of
from ssair.cfg import Incoming, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.facts import top
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value
from ssair.loops import loop_forest
from ssair.ops import CALL_OP, CONST, JUMP
from ssair.passes.computations import Computations
from ssair.passes.copyprop import forward_uses
from ssair.passes.movement import has_heavy_work, is_heavy, is_movable
from ssair.passes.replace_param import replace_by_param
from ssair.passes.value_numbering import numbering_key
from ssair.passes.value_table import Key
from ssair.static import static_values
from ssair.types import ScalarType, TupleType

#: Joins of more edges are left alone.
MOST_WAYS: Final = 8


@dataclass(slots=True)
class _There:
    """What a value of the join is at the end of an edge's source: its number, and the value, if it is computed."""

    number: int
    value: Value | None


@dataclass(slots=True)
class _Way:
    """An edge into the join, what the join's values are there, and what it comes to compute."""

    edge: Incoming
    #: Whether the edge leads back to the header of a loop.
    back: bool
    there: dict[Value, _There] = field(default_factory=dict)
    added: list[Instr] = field(default_factory=list)


def move_partial(function: Function, context: Context, pass_name: str) -> int:
    """Remove partial redundancies at joins; gives the number of instructions that became parameters."""
    if not has_heavy_work(function):
        return 0
    forest = loop_forest(function)
    incoming = incoming_edges(function)
    search: _Search | None = None
    for join in reverse_postorder(function):
        if not 2 <= len(incoming[join]) <= MOST_WAYS or join in forest.irreducible:
            continue
        if any(_is_candidate(instr, context) for instr in join.instrs):
            search = search or _Search(function, context, pass_name)
            search.look_at(join, incoming[join])
    return search.finish() if search is not None else 0


def _is_candidate(instr: Instr, context: Context) -> bool:
    return is_heavy(instr) and _is_known_anywhere(instr, context)


def _is_known_anywhere(instr: Instr, context: Context) -> bool:
    """Whether an instruction may be evaluated of other operands as well, and be a parameter: a call only if its
    function takes whatever it is given."""
    if not is_movable(instr, context):
        return False
    if instr.op is not CALL_OP:
        return True
    takes_all = all(param.fact == top(param.type) for param in callee_of(instr).params)
    return takes_all and not isinstance(instr.type, TupleType)


class _Search:
    """Joins are looked at in reverse postorder, so that what one adds is there for the next."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        self.tree = dominator_tree(function)
        self.static = static_values(function)
        computations = Computations(function, context)
        self.numbers = computations.numbers
        #: Numbers of computations, also of those that are nowhere yet: these are below zero.
        self.number_of: dict[Key, int] = {key: first.id for key, first in computations.first.items()}
        self.groups = {first.id: [first] for first in computations.first.values()} | computations.shared
        #: By number, as far as it was asked for, where it is computed: places in the preorder of the dominator tree,
        #: and the values there.
        self.computed: dict[int, list[tuple[int, int, Value]]] = {}
        #: The edges of the joins looked at.
        self.ways: list[_Way] = []

    def look_at(self, join: Block, incoming: Sequence[Incoming]) -> None:
        """Let heavy work of a join that some edge brings in be a parameter."""
        if any(entry.source not in self.tree for entry in incoming):
            return
        ways = [_Way(entry, self.tree.dominates(join, entry.source)) for entry in incoming]
        for way in ways:
            for param, arg in zip(join.params, way.edge.edge.args, strict=True):
                way.there[param] = _There(self._number(arg), arg)
        done: set[Instr] = set()
        for instr in list(join.instrs):
            for way in ways:
                self._translate(instr, way)
            if _is_candidate(instr, self.context) and self._pays(instr, ways):
                needed = self._local_work(instr, join, done)
                if all(self._may_be_parameter(step, ways) for step in needed) and self.context.fuel.take(
                    self.pass_name, instr
                ):
                    done.update(needed)
                    for step in needed:
                        self._make_parameter(step, join, ways)
        self.ways += ways

    def _number(self, value: Value) -> int:
        return self.numbers[value.id] if value.id < len(self.numbers) else value.id

    def _translate(self, instr: Instr, way: _Way) -> None:
        """Note what an instruction of the join would be on an edge, if that can be told."""
        if instr.op.refines:
            there = self._at(instr.args[0], instr.block, way)
            if there is not None:
                way.there[instr] = there
        elif instr.op is CONST:
            number = self.numbers[instr.id]
            way.there[instr] = _There(number, self._known_at(number, way.edge.source))
        elif _is_known_anywhere(instr, self.context):
            operands = [self._at(value, instr.block, way) for value in instr.args]
            numbers = [operand.number for operand in operands if operand is not None]
            if len(numbers) == len(operands):
                number = self._number_with(instr, numbers)
                way.there[instr] = _There(number, self._known_at(number, way.edge.source))

    def _at(self, value: Value, join: Block, way: _Way) -> _There | None:
        """What an operand is on an edge; None if it comes of an effect in the join."""
        if value.block is join:
            return way.there.get(value)
        return _There(self._number(value), value)

    def _number_with(self, instr: Instr, numbers: Sequence[int]) -> int:
        """The number of what an instruction computes of operands of these numbers."""
        own = [self.numbers[value.id] for value in instr.args]
        for value, number in zip(instr.args, numbers, strict=True):
            self.numbers[value.id] = number
        key = numbering_key(instr, self.numbers, self.context)
        for value, number in zip(instr.args, own, strict=True):
            self.numbers[value.id] = number
        assert key is not None
        return self.number_of.setdefault(key, -1 - len(self.number_of))

    def _places(self, number: int) -> list[tuple[int, int, Value]]:
        """Where a number is computed."""
        known = self.computed.get(number)
        if known is None:
            group = self.groups.get(number, ())
            known = sorted((self.tree.interval(instr.block)[0], instr.id, instr) for instr in group)
            self.computed[number] = known
        return known

    def _known_at(self, number: int, block: Block) -> Value | None:
        """A value of that number that is known at the end of a block."""
        computed = self._places(number)
        place = bisect_right(computed, self.tree.interval(block)[0], key=lambda entry: entry[0])
        if place == 0:
            return None
        value = computed[place - 1][2].find()
        return value if self.tree.dominates(value.block, block) else None

    def _pays(self, instr: Instr, ways: Sequence[_Way]) -> bool:
        """Whether the work is known on some way, and could be done on the others."""
        there = [way.there.get(instr) for way in ways]
        return None not in there and any(entry is not None and entry.value is not None for entry in there)

    def _may_be_parameter(self, instr: Instr, ways: Sequence[_Way]) -> bool:
        """Whether an instruction of the join may be a parameter: no length; round a loop, a scalar that comes along."""
        if instr in self.static:
            return False
        back = [way.there[instr] for way in ways if way.back]
        if not back:
            return True
        changes = any(there.number != self.numbers[instr.id] for there in back)  # what does not may leave the loop
        return changes and isinstance(instr.type, ScalarType) and all(there.value is not None for there in back)

    def _local_work(self, instr: Instr, join: Block, done: set[Instr]) -> list[Instr]:
        """The instruction and what it needs of the join's work, in order, constants and refinements left out."""
        found: set[Value] = set()
        work: list[Value] = [instr]
        while work:
            value = work.pop()
            if isinstance(value, Instr) and value.block is join and value not in found and value not in done:
                found.add(value)
                work += value.args[:1] if value.op.refines else value.args
        return [step for step in join.instrs if step in found and not step.op.refines and step.op is not CONST]

    def _make_parameter(self, instr: Instr, join: Block, ways: Sequence[_Way]) -> None:
        """Let an instruction of the join be a parameter, which each edge gives its value there."""
        args = [self._value_there(instr, way) for way in ways]
        fact = args[0].fact
        for arg in args[1:]:
            fact = fact | arg.fact
        param = join.add_param(instr.type, fact, instr.span)
        for way, arg in zip(ways, args, strict=True):
            edge = way.edge.edge
            edge.args = (*edge.args, arg)
            way.there[param] = _There(self._number(arg), arg)
        replace_by_param(instr, param)
        self.changes += 1

    def _value_there(self, instr: Instr, way: _Way) -> Value:
        """The value that an instruction of the join has on an edge, computed there now if it was not."""
        there = way.there[instr]
        if there.value is None:
            operands = []
            for value in instr.args:
                operand = self._at(value, instr.block, way)
                assert operand is not None
                if operand.value is None:  # all but constants were made before
                    constant = value.origin()
                    assert isinstance(constant, Instr) and constant.is_constant
                    operand.value = self._add(constant, (), way)
                operands.append(operand.value)
            there.value = self._add(instr, tuple(operands), way)
            source = way.edge.source
            if source.end.op is JUMP:
                place = (self.tree.interval(source)[0], there.value.id, there.value)
                insort(self._places(there.number), place)
        return there.value

    def _add(self, instr: Instr, operands: tuple[Value, ...], way: _Way) -> Instr:
        """Compute on an edge what `instr` does in the join, of other operands."""
        added = self.function.new_instr(instr.op, operands, type=instr.type, aux=instr.aux, span=instr.span)
        added.block = way.edge.source
        way.added.append(added)
        return added

    def finish(self) -> int:
        """Put what the edges compute where they are, and sweep; gives the number of instructions replaced."""
        for way in self.ways:
            source, edge = way.edge.source, way.edge.edge
            if not way.added:
                continue
            if source.end.op is JUMP:
                source.instrs += way.added
                continue
            block = self.function.new_block()
            for instr in way.added:
                block.append(instr)
            block.set_terminator(Terminator(JUMP, (), (Edge(edge.target, edge.args),), (), source.end.span))
            self.function.redirect(edge, block)
        if self.changes:
            forward_uses(self.function)
        self.context.count(f"{self.pass_name}.partial", self.changes)
        return self.changes
