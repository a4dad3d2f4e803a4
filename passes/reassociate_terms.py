"""The terms of an integer sum and the factors of an integer product, and the one way in which they are computed.

A tree is a root with the operations below it that nothing else uses, all of the root's kind and in its block. A sum
takes in multiplications by constants, as coefficients; coefficients and constants are integers modulo 2^width.

Complexity: O(n log n) in the operations of a tree.
Source: Briggs & Cooper, "Effective Partial Redundancy Elimination" (1994), section 3.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from ssair.ir import Instr, Value
from ssair.ops import OPS, Op
from ssair.types import I32, I64, ScalarType

ADD: Final = OPS["add"]
SUB: Final = OPS["sub"]
NEG: Final = OPS["neg"]
MUL: Final = OPS["mul"]
#: The operations that make up a sum.
SUM: Final = frozenset((ADD, SUB, NEG))
#: The operations that make up a product.
PRODUCT: Final = frozenset((MUL,))
#: The kind of tree that each of them makes up.
KINDS: Final = {op: kind for kind in (SUM, PRODUCT) for op in kind}


class StepNumber(NamedTuple):
    """The result of an earlier step, by its place."""

    place: int


#: What a step works on: a value, an integer constant, or the result of an earlier step.
Operand = Value | int | StepNumber


class Step(NamedTuple):
    """An operation of the ordered form."""

    op: Op
    operands: tuple[Operand, ...]


class Places(Protocol):
    """What a tree has to know of the function around it."""

    def origin(self, value: Value) -> Value:
        """The value without refinements."""

    def rank(self, value: Value) -> tuple[int, int]:
        """Where the origin of a term is defined: the place of its block, and its id."""

    def is_inner(self, value: Instr, root: Instr) -> bool:
        """Whether `value` stands in the block of `root` and has one use."""


def kind(instr: Instr) -> frozenset[Op] | None:
    """The kind of tree that an instruction is a part of: a sum or product of scalar integers; None for others."""
    return KINDS.get(instr.op) if instr.type is I64 or instr.type is I32 else None


def is_below(value: Value, root: Instr, places: Places) -> bool:
    """Whether an operand of `root` is an operation of its tree."""
    if not isinstance(value, Instr) or value.op not in KINDS or not places.is_inner(value, root):
        return False
    same = KINDS[value.op] is KINDS[root.op]
    return value.fact.constant is None and (same or (value.op is MUL and _factor(value) is not None))


class Tree:
    """A sum or product: its operations, and its terms by origin, each in its best known version with its coefficient
    (in a product, the number of its occurrences)."""

    def __init__(self, root: Instr, places: Places) -> None:
        assert isinstance(root.type, ScalarType)
        self.root = root
        self.kind = kind(root)
        self.bits = root.type.bits
        #: The root, and the other operations of the tree.
        self.nodes: list[Instr] = []
        #: How many of them are additions and subtractions, or multiplications in a product.
        self.size = 0
        #: Whether something is multiplied by a negative constant, which the ordered form subtracts.
        self.adds_negative = False
        #: The constant added, or multiplied with.
        self.constant = 0 if self.kind is SUM else 1
        self._places = places
        self._terms: dict[Value, tuple[Value, int]] = {}
        self._flatten()

    def _flatten(self) -> None:
        work: list[tuple[Value, int]] = [(self.root, 1)]
        while work:
            value, coefficient = work.pop()
            value = value.find()
            known = value.fact.constant
            if isinstance(known, int) and value is not self.root:
                self._add_constant(known, coefficient)
            elif value is self.root or self._is_node(value, SUM if self.kind is SUM else PRODUCT):
                assert isinstance(value, Instr)
                self.nodes.append(value)
                self.size += 1
                signs = (-1,) if value.op is NEG else (1, -1) if value.op is SUB else (1, 1)
                parts = zip(value.args, signs, strict=True)
                work += [(arg, coefficient * sign) for arg, sign in reversed(list(parts))]
            elif self.kind is SUM and self._is_node(value, PRODUCT) and (factor := _factor(value)) is not None:
                assert isinstance(value, Instr)
                self.nodes.append(value)
                self.adds_negative |= factor < -1
                self._add_term(value.args[0].find(), coefficient * factor)
            else:
                self._add_term(value, coefficient)

    def _is_node(self, value: Value, wanted: frozenset[Op]) -> bool:
        return isinstance(value, Instr) and value.op in wanted and self._places.is_inner(value, self.root)

    def _add_constant(self, known: int, coefficient: int) -> None:
        together = self.constant + coefficient * known if self.kind is SUM else self.constant * known
        self.constant = self._wrapped(together)

    def _add_term(self, value: Value, coefficient: int) -> None:
        origin = self._places.origin(value)
        version, before = self._terms.get(origin, (value, 0))
        if value.fact <= version.fact:
            version = value
        self._terms[origin] = version, before + coefficient

    def _wrapped(self, number: int) -> int:
        half = 1 << self.bits - 1
        return (number + half) % (2 * half) - half

    # ---- the ordered form -----------------------------------------------------------------------------------------

    def ordered(self) -> tuple[list[Step], Operand]:
        """The steps that compute the tree in order, and the result: that of the last one, or what needs no step."""
        steps: list[Step] = []
        result = self._sum(steps) if self.kind is SUM else self._product(steps)
        return steps, result

    def _sorted(self) -> list[tuple[Value, int]]:
        return sorted(self._terms.values(), key=lambda term: self._places.rank(term[0]))

    def _sum(self, steps: list[Step]) -> Operand:
        terms: list[tuple[Value | int, int]] = []
        for value, coefficient in self._sorted():
            coefficient = self._wrapped(coefficient)
            if coefficient:
                terms.append((value, coefficient))
        if self.constant:
            terms.insert(
                self._place_of_constant([value for value, _ in terms if isinstance(value, Value)]), (self.constant, 1)
            )
        if not terms:
            return 0
        result = self._times(*terms.pop(self._place_of_first(terms)), steps)
        for term, coefficient in terms:
            if self._is_subtracted(coefficient):
                result = _step(steps, SUB, result, self._times(term, -coefficient, steps))
            else:
                result = _step(steps, ADD, result, self._times(term, coefficient, steps))
        return result

    def _is_subtracted(self, coefficient: int) -> bool:
        """Whether a term is subtracted: all negative ones but the least, whose opposite it is itself."""
        return coefficient < 0 and self._wrapped(-coefficient) > 0

    def _place_of_first(self, terms: list[tuple[Value | int, int]]) -> int:
        """The first term that is added, if none before it is defined in an earlier block; else what is no negation."""
        places = [place for place, term in enumerate(terms) if not self._is_subtracted(term[1])]
        if places and self._block(terms[places[0]][0]) == self._block(terms[0][0]):
            return places[0]
        return next((place for place, term in enumerate(terms) if term[1] != -1), 0)

    def _block(self, term: Value | int) -> int | None:
        return self._places.rank(term)[0] if isinstance(term, Value) else None

    def _place_of_constant(self, terms: list[Value]) -> int:
        """Behind what is defined before the last of the terms: with that it can leave a loop. Else behind all."""
        blocks = [self._places.rank(value)[0] for value in terms]
        earlier = sum(block < blocks[-1] for block in blocks)
        return earlier or len(terms)

    def _times(self, value: Value | int, coefficient: int, steps: list[Step]) -> Operand:
        if coefficient == 1:
            return value
        return _step(steps, NEG, value) if coefficient == -1 else _step(steps, MUL, value, coefficient)

    def _product(self, steps: list[Step]) -> Operand:
        if self.constant == 0:
            return 0
        result: Operand | None = None
        for value, count in self._sorted():
            for _ in range(count):
                result = value if result is None else _step(steps, MUL, result, value)
        if result is None:
            return self.constant
        if self.constant == 1:
            return result
        return _step(steps, NEG, result) if self.constant == -1 else _step(steps, MUL, result, self.constant)

    # ---- what there is already ------------------------------------------------------------------------------------

    def is_worth(self, steps: list[Step]) -> bool:
        """Whether the ordered form says more than the tree: there is an order to choose, or something falls away."""
        before, after = sum(node.op.cost for node in self.nodes), sum(step.op.cost for step in steps)
        return after < before or ((self.size > 1 or self.adds_negative) and after == before)

    def is_in_order(self, steps: list[Step]) -> bool:
        """Whether the tree computes just these steps."""
        origin = self._places.origin
        work: list[tuple[Value, int]] = [(self.root, len(steps) - 1)]
        while work:
            value, place = work.pop()
            op, operands = steps[place]
            if not isinstance(value, Instr) or value.op is not op:
                return False
            for arg, operand in zip(value.args, operands, strict=True):
                arg = arg.find()
                if isinstance(operand, StepNumber):
                    work.append((arg, operand.place))
                elif isinstance(operand, int):
                    if arg.fact.constant != operand:
                        return False
                elif origin(arg) is not origin(operand):
                    return False
        return True


def _factor(value: Value) -> int | None:
    """The constant that a multiplication multiplies by."""
    assert isinstance(value, Instr)
    known = value.args[1].find().fact.constant
    return known if isinstance(known, int) else None


def _step(steps: list[Step], op: Op, *operands: Operand) -> StepNumber:
    steps.append(Step(op, operands))
    return StepNumber(len(steps) - 1)
