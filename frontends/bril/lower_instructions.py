"""The instructions of Bril as instructions of the IR, one after the other, at the end of a block.

    emitter = Emitter(function, module, variables, types)
    emitter.block = block
    emitter.fill(instructions, span)        # the span of the first one, the others follow; or NO_SPAN

    equal values    constants and what is computed of equal operands: one for all that it dominates
    division        a check of the divisor, if that may be zero, and a truncating division; from then on, the divisor is
                    the result of the check
    memory          a variable: loads are keyed on the version that stores, frees and calls leave
    shadows         variables as well, which `set` writes and `get` reads

The operations of two values, as most are, are emitted in the loop itself, by a row that has all that there is to know
of an operation.

Requires: checked instructions; the tables of `variables` are those of the block. Complexity: constant time each.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from ssair.facts import Fact, IntFact, top
from ssair.frontends.bril.lower_uses import MEMORY, Variable, shadow
from ssair.frontends.bril.lower_variables import Variables, is_constant
from ssair.frontends.bril.operations import MEMORY_OPERATIONS, VALUES
from ssair.frontends.bril.program import Instruction
from ssair.frontends.bril.segments import Segment
from ssair.ir import NO_SPAN, Block, Function, Instr, Module, Value
from ssair.ops import CALL_OP, NARROW, OPS, PRINT, PRINT_EXACT, FactRule, Op
from ssair.passes.value_numbering import mirrored
from ssair.pending_refinements import Pending
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type, pointer_to

#: What is printed of a pointer: nothing that tells one from another.
POINTER_TEXT: Final = "[object Object]"
#: Of pieces of text around printed values, those of lines without pointers, by the number of values.
_PIECES: Final = tuple([("", *[" "] * (count - 1), "") if count else ("",) for count in range(9)])


class _Binary(NamedTuple):
    """An operation of two values of one type."""

    op: Op
    type: Type
    wanted: Type
    fact_rule: FactRule
    #: What is known of operands of which nothing is known, and of the result of such.
    anything: Fact
    top: Fact
    #: Whether nothing is known of the result, either, if there is one such operand; but for what `simplify` finds.
    by_either: bool
    #: The operation that equal computations are found by, and whether that takes the operands the other way round.
    shared_op: Op
    is_mirrored: bool


def _binary(name: str) -> _Binary:
    (wanted, _), result, lowered = VALUES[name]
    op, anything = OPS[lowered], top(wanted)
    known = op.fact_rule(result, (anything, anything), None)
    shared_op = mirrored(op)
    return _Binary(op, result, wanted, op.fact_rule, anything, known, wanted is I64, shared_op, shared_op is not op)


_BINARY: Final = {name: _binary(name) for name, row in VALUES.items() if len(row.args) == 2 and name != "div"}
_CHECK: Final = OPS["check_nonzero"]
_DIVIDE: Final = OPS["div_trunc"]
_NOT: Final = OPS["not"]
_VERSION: Final = OPS["memory"]
_ALLOC: Final = OPS["alloc"]
_FREE: Final = OPS["free"]
_LOAD: Final = OPS["load"]
_STORE: Final = OPS["store"]
_MOVE: Final = OPS["ptradd"]
_NOTHING: Final = PRINT.result_type(())
_ANY: Final = top(_NOTHING)


class Emitter:
    """Emits the instructions of one function, where `block` is by then."""

    def __init__(
        self,
        segments: Sequence[Segment],
        function: Function,
        variables: Variables,
        types: Callable[[], Mapping[str, Type]],
        signatures: Mapping[str, list[Type]],
    ) -> None:
        self._segments = segments
        self._function = function
        self._module: Module = function.module
        self._variables = variables
        #: Gives the types of the variables.
        self._types = types
        #: By function, the types of its parameters.
        self._signatures = signatures
        #: The variables that some block may read before it assigns to them.
        self.shared: Container[Variable | None] = ()
        #: The block that is filled, and the span of what is emitted.
        self.block: Block
        self.span = NO_SPAN

    @cached_property
    def _uses_memory(self) -> bool:
        """Whether the function looks into memory, so that it matters what calls leave there."""
        ops = [instruction.op for segment in self._segments for instruction in segment.instructions]
        return not MEMORY_OPERATIONS.isdisjoint(ops)

    def fill(self, instructions: Sequence[Instruction], span: int) -> None:
        """Emit instructions, the first of which has a span, the others those that follow, if it is one."""
        variables, function, block = self._variables, self._function, self.block
        held, log, newest, instrs = variables.held, variables.log, variables.newest, block.instrs
        available, origins = variables.available, variables.origins
        binary, shared, step = _BINARY, self.shared, 1 if span >= 0 else 0
        value: Value | None
        for instruction in instructions:
            op_name, dest = instruction.op, instruction.dest
            row = binary.get(op_name)
            if row is not None:
                op, type, wanted, fact_rule, anything, fact, by_either, shared_op, is_mirrored = row
                first, second = instruction.args
                left, right = held.get(first), held.get(second)
                if left is None or right is None:
                    left, right = held.get(first, variables.zero(wanted)), held.get(second, variables.zero(wanted))
                one, other = origins.get(left, left), origins.get(right, right)
                if newest:
                    asks = type is BOOL or is_constant(one) or is_constant(other)
                    version = newest.get(one, left)
                    if isinstance(version, Pending):
                        version = variables.made(version) if asks else version.result or version.there
                    left = version
                    version = newest.get(other, right)
                    if isinstance(version, Pending):
                        version = variables.made(version) if asks else version.result or version.there
                    right = version
                known = (left.fact is not anything) + (right.fact is not anything)
                if known == 2 or (known and not by_either):
                    fact = fact_rule(type, (left.fact, right.fact), None)
                if is_mirrored or (op.commutative and other.id < one.id):
                    one, other = other, one
                key = (shared_op, one, other)
                found = available.get(key)
                if found is None:
                    available[key] = value = Instr(function.next_value, op, (left, right), type, fact, None, span)
                    function.next_value += 1
                    value.block = block
                    instrs.append(value)
                elif found.fact <= fact:
                    value = found
                else:
                    self.span = span
                    value = self._narrow(found, fact)
            elif op_name == "const":
                constant, type_of_it = instruction.value, instruction.type
                assert constant is not None and type_of_it is not None
                value = available.get(constant) if type_of_it is I64 else None
                if value is None:
                    value = variables.constant(block, type_of_it, constant, span)
            else:
                self.span = span
                value = _EMIT[op_name](self, instruction)
            if dest is not None:
                assert value is not None
                if dest in shared:
                    log.append((dest, held.get(dest)))
                held[dest] = value
            span += step
        self.span = span

    def fail(self, result: Type) -> Value:
        """Fail, where the end of the function is reached without the result that there has to be; gives one."""
        zero = self._variables.constant(self.block, I64, 0, self.span)
        self._check_divisor(zero, zero)
        return self._variables.zero(result)

    # ---- values ---------------------------------------------------------------------------------------------------

    def _emit(self, op: Op, args: tuple[Value, ...], type: Type, fact: Fact, aux: object = None) -> Instr:
        """A new instruction at the end of the block."""
        function, block = self._function, self.block
        instr = Instr(function.next_value, op, args, type, fact, aux, self.span)
        function.next_value += 1
        instr.block = block
        block.instrs.append(instr)
        return instr

    def _share(self, op: Op, args: tuple[Value, ...], type: Type, fact: Fact) -> Value:
        """What computes an operation of these operands: what there is here, or a new instruction."""
        variables = self._variables
        origins = variables.origins
        key = (op, *[origins.get(value, value) for value in args])
        found = variables.available.get(key)
        if found is None:
            variables.available[key] = found = self._emit(op, args, type, fact)
            return found
        return found if found.fact <= fact else self._narrow(found, fact)

    def _narrow(self, value: Value, fact: Fact) -> Instr:
        """A value of which more is known here."""
        narrowed = self._emit(NARROW, (value,), value.type, value.fact & fact)
        self._variables.origins[narrowed] = self._variables.origin(value)
        return narrowed

    def _change_memory(self, op: Op, *args: Value) -> None:
        """Emit what leaves another version of memory."""
        self._variables.write(MEMORY, self._emit(op, args, MEM, _ANY))

    def _value(self, name: str, type: Type) -> Value:
        """The value of a variable, which is of `type` if nothing is ever assigned to it."""
        variables = self._variables
        return variables.read(name, type) if name in variables.held else variables.zero(self._types().get(name, type))

    def _pointer(self, name: str, target: Type = I64) -> Value:
        """The value of a variable that is a pointer."""
        value = self._variables.held.get(name)  # of which there are no refinements
        if value is None:
            value = self._value(name, pointer_to(target))
        assert isinstance(value.type, PointerType)
        return value

    def _check_divisor(self, divisor: Value, dividend: Value) -> Value:
        """The divisor, behind a check that it is not zero."""
        site = self._module.new_site("divide", self.span)
        fact = _CHECK.fact_rule(I64, (divisor.fact, dividend.fact), site)
        checked = self._emit(_CHECK, (divisor, dividend), I64, fact, site)
        self._variables.check(checked)
        return checked

    # ---- instructions, each with the value that it gives ------------------------------------------------------------

    def _divide(self, instruction: Instruction) -> Value:
        """A division, behind its check."""
        dividend, divisor = [self._variables.read(arg, I64, True) for arg in instruction.args]
        checked = divisor if _is_nonzero(divisor.fact) else self._check_divisor(divisor, dividend)
        fact = _DIVIDE.fact_rule(I64, (dividend.fact, checked.fact), None)
        return self._share(_DIVIDE, (dividend, checked), I64, fact)

    def _negate(self, instruction: Instruction) -> Value:
        """The contrary of a truth value."""
        value = self._variables.read(instruction.args[0], BOOL, True)
        return self._share(_NOT, (value,), BOOL, _NOT.fact_rule(BOOL, (value.fact,), None))

    def _copy(self, instruction: Instruction) -> Value:
        """Another name for a value."""
        assert instruction.type is not None
        return self._variables.read(instruction.args[0], instruction.type)

    def _nop(self, instruction: Instruction) -> None:
        """Nothing."""

    def _set(self, instruction: Instruction) -> None:
        """Write a shadow."""
        name, types = instruction.args[1], self._types()
        if name in types:
            self._variables.write(shadow(instruction.args[0]), self._variables.read(name, types[name]))

    def _get(self, instruction: Instruction) -> Value:
        """Read the shadow of the destination's name."""
        assert instruction.type is not None and instruction.dest is not None
        return self._variables.read(shadow(instruction.dest), instruction.type)

    def _undefined(self, instruction: Instruction) -> Value:
        """A value that nobody may look at."""
        assert instruction.type is not None
        return self._variables.zero(instruction.type)

    def _call(self, instruction: Instruction) -> Value:
        """A call, behind which memory may hold anything."""
        callee = instruction.funcs[0]
        read, wanted = self._variables.read, self._signatures[callee]
        operands = tuple([read(arg, type) for arg, type in zip(instruction.args, wanted, strict=True)])
        type = self._module.functions[callee].result_type
        result = self._emit(CALL_OP, operands, type, top(type), callee)
        if self._uses_memory:
            self._change_memory(_VERSION)
        return result

    def _print(self, instruction: Instruction) -> None:
        """A line of values with blanks between them."""
        names = instruction.args
        values = [self._value(name, I64) for name in names]
        shown = tuple([value for value in values if not isinstance(value.type, PointerType)])
        pieces = _PIECES[len(names)] if len(shown) == len(names) < len(_PIECES) else _pieces(values)
        exact = F64 in [value.type for value in shown]
        self._emit(PRINT_EXACT if exact else PRINT, shown, _NOTHING, _ANY, pieces)

    def _alloc(self, instruction: Instruction) -> Value:
        """A new region."""
        assert instruction.type is not None
        return self._emit(_ALLOC, (self._variables.read(instruction.args[0], I64),), instruction.type, _ANY)

    def _free(self, instruction: Instruction) -> None:
        """The end of a region."""
        self._change_memory(_FREE, self._pointer(instruction.args[0]), self._variables.read(MEMORY, MEM))

    def _load(self, instruction: Instruction) -> Value:
        """The value of a cell."""
        type = instruction.type
        assert type is not None
        pointer = self._pointer(instruction.args[0], type)
        return self._emit(_LOAD, (pointer, self._variables.read(MEMORY, MEM)), type, top(type))

    def _store(self, instruction: Instruction) -> None:
        """A new value for a cell."""
        name, stored = instruction.args
        pointer = self._pointer(name, self._value(stored, I64).type)
        assert isinstance(pointer.type, PointerType)
        value = self._variables.read(stored, pointer.type.target)
        self._change_memory(_STORE, pointer, value, self._variables.read(MEMORY, MEM))

    def _move(self, instruction: Instruction) -> Value:
        """A pointer to another cell."""
        type = instruction.type
        assert type is not None
        pointer, count = self._variables.read(instruction.args[0], type), self._variables.read(instruction.args[1], I64)
        return self._share(_MOVE, (pointer, count), type, _ANY)


def _is_nonzero(fact: Fact) -> bool:
    return isinstance(fact, IntFact) and (fact.nonzero or fact.lo > 0 or fact.hi < 0)


def _pieces(values: Sequence[Value]) -> tuple[str, ...]:
    """The text around the values of a line that has an operand for each one that is no pointer."""
    pieces = [""]
    for place, value in enumerate(values):
        pieces[-1] += " " if place else ""
        if isinstance(value.type, PointerType):
            pieces[-1] += POINTER_TEXT
        else:
            pieces.append("")
    return tuple(pieces)


#: What emits the other operations.
_EMIT: Final[dict[str, Callable[[Emitter, Instruction], Value | None]]] = {
    "div": Emitter._divide,
    "not": Emitter._negate,
    "id": Emitter._copy,
    "nop": Emitter._nop,
    "call": Emitter._call,
    "print": Emitter._print,
    "set": Emitter._set,
    "get": Emitter._get,
    "undef": Emitter._undefined,
    "alloc": Emitter._alloc,
    "free": Emitter._free,
    "load": Emitter._load,
    "store": Emitter._store,
    "ptradd": Emitter._move,
}
