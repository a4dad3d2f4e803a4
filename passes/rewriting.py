"""Rewriting in one sweep over a function: what a replacement does to an instruction, its fact and its origin.

Requires: blocks visited in reverse postorder, each with `instrs` collecting what it keeps.
Ensures: where what is put in the place of a value knows less than it, the value becomes a `narrow` of that; replaced
values carry crumbs, which the caller sweeps.
Complexity: each step takes constant time, but for chains of replacements.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ssair.constants import ArrayConst
from ssair.constants import Constant as ConstantValue
from ssair.context import Context
from ssair.facts import Fact, Scalar, constant_fact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CONST, NARROW, Op
from ssair.passes.replacement import Constant, NewOperation, Replacement
from ssair.passes.rule_table import RULE_TABLE, Case, Kind, known_scalar
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, is_float

#: What the constants of a type are in Python.
_CLASSES: Final[dict[Type, type[bool] | type[int] | type[float]]] = {
    BOOL: bool,
    I32: int,
    I64: int,
    F32: float,
    F64: float,
}


class Rewriting:
    """The state of a sweep that rewrites."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        #: How often each thing was done.
        self.done: Counter[str] = Counter()
        #: Whether crumbs were left.
        self.replaced = False
        #: By value id, the origins of the values that the sweep is done with.
        self.origins: list[Value | None] = [None] * function.next_value
        #: By value id, what the rule table sees in a value that the sweep is done with.
        self.kinds: list[Kind] = [None] * function.next_value
        #: Values whose fact became better in this sweep; for membership only.
        self.improved: set[Value] = set()
        #: Refinements that became constants, and so have another origin than the relations known of them.
        self.cut_off: set[Value] = set()
        #: New instructions, to be put before the one under way.
        self.new: list[Instr] = []

    def grow(self) -> None:
        """Make room for the values that have been made since the sweep began."""
        new = self.function.next_value - len(self.origins)
        self.origins += [None] * new
        self.kinds += [None] * new

    def taken(self) -> list[Instr]:
        """The new instructions, which are nobody's any more."""
        new, self.new = self.new, []
        return new

    def origin(self, value: Value) -> Value:
        """The value without refinements: equal at run time."""
        if value.forward is not None:
            value = value.find()
        origin = self.origins[value.id]
        return value if origin is None else origin

    def settle(self, value: Value) -> None:
        """Take down what a value is that the sweep is done with."""
        origin = self.origin(value.args[0]) if isinstance(value, Instr) and value.op.refines else value
        self.origins[value.id] = origin
        self.kinds[value.id] = RULE_TABLE.kind(value, origin)

    def case(self, instr: Instr) -> Case:
        """What the rule table has for an instruction whose operands the sweep is done with."""
        args, kinds, origins = instr.args, self.kinds, self.origins
        if len(args) == 2:  # as most: half of the time
            first, second = args[0].id, args[1].id
            return RULE_TABLE.cases[instr.op, origins[first] is origins[second], kinds[first], kinds[second]]
        same = len(args) > 1 and origins[args[0].id] is origins[args[1].id]
        return RULE_TABLE.cases[instr.op, same, *[kinds[value.id] for value in args]]

    def take(self, value: object, what: str) -> bool:
        """Whether one more rewrite may be made; counts it."""
        if not self.context.fuel.take(self.pass_name, value):
            return False
        self.changes += 1
        self.done[what] += 1
        return True

    def improve(self, value: Value, sure: Fact) -> None:
        """Let the fact of a value be `sure`, if that is better."""
        fact = value.fact
        if isinstance(value, Instr) and value.op is NARROW:
            sure = fact & sure  # it never knows less than its operand
            if sure != fact:
                value.fact = sure
                self.improved.add(value)
        elif sure is not fact and sure <= fact and sure != fact and self.take(value, "narrowed"):
            value.fact = sure
            self.improved.add(value)

    def replace(self, instr: Instr, replacement: Replacement, what: str) -> bool:
        """Put `replacement` in the place of `instr`; whether another rule may hold for that."""
        if isinstance(replacement, Value) and replacement.type is not instr.type:
            return False
        return self.take(instr, what) and self.put(instr, replacement)

    def put(self, instr: Instr, replacement: Replacement) -> bool:
        """Put a replacement of the right type in the place of `instr`; whether that computes something else now."""
        fact = instr.fact
        if isinstance(replacement, Constant):
            scalar = replacement.scalar
            is_told = fact.constant is scalar and instr.type.__class__ is not ArrayType and not is_float(instr.type)
            sure = fact if is_told else constant_fact(instr.type, scalar)
            self.compute(instr, CONST, (), as_constant(instr.type, scalar), sure)
        elif isinstance(replacement, NewOperation):
            op, args, aux = replacement
            self.compute(instr, op, args, aux, op.fact_rule(instr.type, [value.fact for value in args], aux))
        elif replacement.find().fact <= fact:
            instr.make_equal_to(replacement)
            self.replaced = True
            if replacement.find().fact is not fact:
                self.improved.add(replacement.find())  # for the users of `instr`
            return False
        else:
            self.narrow(instr, replacement.find())
        if instr.fact is not fact and instr.fact != fact:
            self.improved.add(instr)
        return True

    def compute(self, instr: Instr, op: Op, args: tuple[Value, ...], aux: object, sure: Fact) -> None:
        """Let an instruction compute something else, of which `sure` is known; narrowed if more was known of it."""
        if instr.op.refines:
            self.cut_off.add(instr)
        if sure is instr.fact or sure <= instr.fact:
            instr.fact = sure
            self.become(instr, op, args, aux)
        else:
            new = Instr(self.function.new_id(), op, args, instr.type, sure, aux, instr.span)
            self.narrow(instr, self.insert(instr.block, new))

    def narrow(self, instr: Instr, leader: Value) -> None:
        """Let an instruction be a narrowing of what stands for it."""
        instr.fact = instr.fact & leader.fact
        self.become(instr, NARROW, (leader,), None)

    def become(self, instr: Instr, op: Op, args: tuple[Value, ...], aux: object) -> None:
        """Let an instruction compute something else."""
        instr.op, instr.args, instr.aux = op, args, aux
        self.origins[instr.id] = self.origin(args[0]) if op.refines else instr

    def insert(self, block: Block, instr: Instr) -> Instr:
        """Put a new instruction before the one under way."""
        instr.block = block
        self.new.append(instr)
        self.grow()
        self.origins[instr.id] = instr
        self.kinds[instr.id] = RULE_TABLE.kind(instr, instr)
        return instr

    def new_constant(self, block: Block, type: Type, scalar: Scalar) -> Instr:
        """A new constant before the instruction under way."""
        fact = constant_fact(type, scalar)
        return self.insert(block, Instr(self.function.new_id(), CONST, (), type, fact, as_constant(type, scalar)))


def as_constant(type: Type, scalar: Scalar) -> ConstantValue:
    """The immediate of a constant of `type`."""
    return _CLASSES[type](scalar)


def fold_scalars(op: Op, type: Type, aux: object, args: Sequence[Value]) -> Scalar:
    """What `op` gives on values whose facts are one scalar each."""
    known = op.fact_rule(type, [value.fact for value in args], aux).constant
    if known is not None:  # ten times faster, and says it of most integer operations
        return known
    from ssair.semantics import fold

    operands = []
    for value in args:
        known = known_scalar(value)
        assert known is not None
        operands.append((value.type, as_constant(value.type, known)))
    result = fold(op, type, aux, operands)
    assert not isinstance(result, ArrayConst)
    return result
