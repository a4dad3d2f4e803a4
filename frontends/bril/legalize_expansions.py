"""Operations that Bril lacks, made of those that it has: a table by operation and type, and what walks a function.

Requires: refinements are gone, switches are chains of branches. Ensures: every operation is one of Bril, but for what
the writer has rows for. What needs a branch splits its block. Linear.
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign, inf, isfinite
from typing import Final

from ssair.cfg import reverse_postorder
from ssair.constants import Scalar
from ssair.facts import IntFact, top
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value, replace_operands
from ssair.ops import BRANCH, CONST, CONVERT, JUMP, OPS, Op
from ssair.types import BOOL, F64, I64, Type

#: What is a division in Bril traps, so it must be known that its divisor is not zero.
_DIVIDE: Final = OPS["div_trunc"]
_QUOTIENTS: Final = frozenset({_DIVIDE, OPS["rem_trunc"], OPS["floordiv"], OPS["mod"]})
#: The least number of which twice itself is infinite.
_HALF_OF_INFINITY: Final = 2.0**1023
Expansion = Callable[["Expander", Instr], Value]
Make = Callable[[], Value]


class Expander:
    """Walks a function and expands; new instructions go to the end of the block under way."""

    def __init__(self, function: Function, safe: set[Instr]) -> None:
        """`safe` are the divisions that cannot trap."""
        self.function = function
        self._safe = safe
        self._block = function.entry

    def run(self) -> bool:
        """Expand everything that has to be; whether there was anything."""
        touched = False
        for block in reverse_postorder(self.function):
            if any(self._wants(instr) for instr in block.instrs if instr.op in _EXPANDED):
                self._expand(block)
                touched = True
        if touched:
            for block in self.function.blocks:
                for instr in block.instrs:
                    instr.args = tuple([value.find() for value in instr.args])
                replace_operands(block.end, Value.find)
        return touched

    def _wants(self, instr: Instr) -> bool:
        """Whether an instruction is none of Bril's."""
        op = instr.op
        if op is CONST:
            return isinstance(instr.aux, float) and not isfinite(instr.aux)
        if op in _QUOTIENTS:
            return op is not _DIVIDE or instr not in self._safe
        return op in _EXPANDED and (op, instr.args[0].type) in EXPANSIONS

    def _expand(self, block: Block) -> None:
        instrs, block.instrs, self._block = block.instrs, [], block
        for instr in instrs:
            if self._wants(instr):
                instr.args = tuple([value.find() for value in instr.args])
                instr.forward = self._expansion(instr)
            else:
                self._block.append(instr)

    def _expansion(self, instr: Instr) -> Value:
        if instr.op is CONST:
            return _not_finite(self, instr)
        expand = EXPANSIONS[instr.op, instr.args[0].type]
        if instr.op not in _QUOTIENTS or instr in self._safe:
            return expand(self, instr)
        dividend, divisor = instr.args
        zero = self.emit("eq", divisor, self.constant(I64, 0))
        by_zero = self.constant(I64, 0) if instr.op.name in ("mod", "rem_trunc") else dividend
        return self.choose(zero, lambda: by_zero, lambda: expand(self, instr))

    def large_constant(self) -> float:
        """A number that is infinite when it is doubled; one that the function has in any case, if there is one."""
        for instr in self.function.instructions():
            if instr.op is CONST and isinstance(instr.aux, float) and _HALF_OF_INFINITY <= instr.aux < inf:
                return instr.aux
        return 1e308

    # ---- what expansions are made of ------------------------------------------------------------------------------

    def emit(self, op: str | Op, *args: Value) -> Value:
        """A new instruction; one that Bril lacks is expanded."""
        instr = self.function.new_instr(op, args)
        expand = EXPANSIONS.get((instr.op, args[0].type))
        if expand is not None and instr.op not in _QUOTIENTS:
            return expand(self, instr)
        return self._block.append(instr)

    def divide(self, dividend: Value, divisor: Value) -> Value:
        """A truncating division of a divisor that is known not to be zero."""
        return self._block.append(self.function.new_instr("div_trunc", (dividend, divisor)))

    def constant(self, type: Type, value: Scalar) -> Value:
        """A constant."""
        return self._block.append(self.function.new_instr(CONST, type=type, aux=value))

    def choose(self, condition: Value, if_true: Make, if_false: Make) -> Value:
        """One of two values, each made only where it is wanted."""
        first, second, join = (self.function.new_block() for _ in range(3))
        join.terminator = self._block.end
        self._block.set_terminator(Terminator(BRANCH, (condition,), (Edge(first), Edge(second))))
        edges = []
        for block, make in ((first, if_true), (second, if_false)):
            self._block = block
            block.set_terminator(Terminator(JUMP, (), (Edge(join),)))
            edge = block.end.edges[0]
            edges.append((edge, make()))
        for edge, value in edges:
            edge.args = (value,)
        self._block = join
        return join.add_param(edges[0][1].type, top(edges[0][1].type))


# ---- booleans -----------------------------------------------------------------------------------------------------


def _differ(expander: Expander, instr: Instr) -> Value:
    left, right = instr.args
    return expander.choose(left, lambda: expander.emit("not", right), lambda: right)


def _agree(expander: Expander, instr: Instr) -> Value:
    left, right = instr.args
    return expander.choose(left, lambda: right, lambda: expander.emit("not", right))


def _with_one_negated(op: str, negated: int) -> Expansion:
    """An operation on the operands, one of which is negated."""

    def expand(expander: Expander, instr: Instr) -> Value:
        args = list(instr.args)
        args[negated] = expander.emit("not", args[negated])
        return expander.emit(op, *args)

    return expand


def _negated(op: str) -> Expansion:
    return lambda expander, instr: expander.emit("not", expander.emit(op, *instr.args))


def _is_nan(expander: Expander, instr: Instr) -> Value:
    return expander.emit("not", expander.emit("eq", instr.args[0], instr.args[0]))


# ---- choices ------------------------------------------------------------------------------------------------------


def _select(expander: Expander, instr: Instr) -> Value:
    condition, if_true, if_false = instr.args
    return expander.choose(condition, lambda: if_true, lambda: if_false)


def _extreme(comparison: str) -> Expansion:
    """The operand that is before the other one in an order; integers."""

    def expand(expander: Expander, instr: Instr) -> Value:
        left, right = instr.args
        return expander.choose(expander.emit(comparison, left, right), lambda: left, lambda: right)

    return expand


def _float_extreme(comparison: str, of_zeros: Callable[[Expander, Value, Value], Value]) -> Expansion:
    """The same of floats: NaN if there is one, and among zeros the one with the right sign."""

    def expand(expander: Expander, instr: Instr) -> Value:
        left, right = instr.args
        emit, choose = expander.emit, expander.choose

        def equal() -> Value:
            zero = emit("eq", left, expander.constant(F64, 0.0))
            return choose(zero, lambda: of_zeros(expander, left, right), lambda: left)

        def not_before() -> Value:
            return choose(emit("eq", left, right), equal, lambda: emit("add", left, right))

        def not_left() -> Value:
            return choose(emit(comparison, right, left), lambda: right, not_before)

        return choose(emit(comparison, left, right), lambda: left, not_left)

    return expand


def _least_zero(expander: Expander, left: Value, right: Value) -> Value:
    return expander.emit("neg", expander.emit("add", expander.emit("neg", left), expander.emit("neg", right)))


def _greatest_zero(expander: Expander, left: Value, right: Value) -> Value:
    return expander.emit("add", left, right)


# ---- arithmetic ---------------------------------------------------------------------------------------------------


def _difference_from(zero: Scalar) -> Expansion:
    """Negation; of floats from -0.0, which negates both zeros."""
    return lambda expander, instr: expander.emit("sub", expander.constant(instr.type, zero), instr.args[0])


def _magnitude(zero: Scalar) -> Expansion:
    """The absolute value; adding 0.0 takes the sign of -0.0."""

    def expand(expander: Expander, instr: Instr) -> Value:
        value = instr.args[0]
        none = expander.constant(value.type, zero)
        negative = expander.emit("lt", value, none)
        if value.type is I64:
            return expander.choose(negative, lambda: expander.emit("sub", none, value), lambda: value)
        return expander.choose(negative, lambda: expander.emit("neg", value), lambda: expander.emit("add", value, none))

    return expand


def _sign(expander: Expander, instr: Instr) -> Value:
    value = instr.args[0]
    kind = int if value.type is I64 else float

    def constant(number: int) -> Value:
        return expander.constant(value.type, kind(number))

    def not_negative() -> Value:  # zero, with its sign, and NaN stay
        return expander.choose(expander.emit("gt", value, constant(0)), lambda: constant(1), lambda: value)

    return expander.choose(expander.emit("lt", value, constant(0)), lambda: constant(-1), not_negative)


def _not_finite(expander: Expander, instr: Instr) -> Value:
    """A constant that no literal stands for."""
    value = instr.aux
    assert isinstance(value, float)
    if value != value:
        zero = expander.constant(F64, 0.0)
        return expander.emit("div", zero, zero)
    large = expander.constant(F64, copysign(expander.large_constant(), value))
    return expander.emit("add", large, large)


# ---- divisions, of divisors that are not zero ---------------------------------------------------------------------


def _remainder(expander: Expander, dividend: Value, divisor: Value) -> Value:
    whole = expander.emit("mul", expander.divide(dividend, divisor), divisor)
    return expander.emit("sub", dividend, whole)


def _div_trunc(expander: Expander, instr: Instr) -> Value:
    return expander.divide(*instr.args)


def _rem_trunc(expander: Expander, instr: Instr) -> Value:
    return _remainder(expander, *instr.args)


def _signs_differ(expander: Expander, remainder: Value, divisor: Value) -> Value:
    """Whether a remainder other than zero has another sign than the divisor."""
    zero = expander.constant(I64, 0)
    known = divisor.fact
    if isinstance(known, IntFact) and known.lo > 0:
        return expander.emit("lt", remainder, zero)
    return expander.choose(
        expander.emit("lt", divisor, zero),
        lambda: expander.emit("gt", remainder, zero),
        lambda: expander.emit("lt", remainder, zero),
    )


def _floor_division(expander: Expander, instr: Instr) -> Value:
    return _floor_quotient(expander, *instr.args)


def _floor_quotient(expander: Expander, dividend: Value, divisor: Value) -> Value:
    quotient = expander.divide(dividend, divisor)
    if _is_not_negative(dividend) and _is_not_negative(divisor):
        return quotient
    remainder = expander.emit("sub", dividend, expander.emit("mul", quotient, divisor))
    return expander.choose(
        _signs_differ(expander, remainder, divisor),
        lambda: expander.emit("sub", quotient, expander.constant(I64, 1)),
        lambda: quotient,
    )


def _modulo(expander: Expander, instr: Instr) -> Value:
    return _floor_remainder(expander, *instr.args)


def _floor_remainder(expander: Expander, dividend: Value, divisor: Value) -> Value:
    remainder = _remainder(expander, dividend, divisor)
    if _is_not_negative(dividend) and _is_not_negative(divisor):
        return remainder
    return expander.choose(
        _signs_differ(expander, remainder, divisor),
        lambda: expander.emit("add", remainder, divisor),
        lambda: remainder,
    )


def _is_not_negative(value: Value) -> bool:
    return isinstance(value.fact, IntFact) and value.fact.lo >= 0


# ---- bits, where an operand is a constant -------------------------------------------------------------------------


def known_integer(value: Value) -> int | None:
    """The integer that a value is; None if that is not known."""
    known = value.fact.constant
    return known if isinstance(known, int) and value.type is I64 else None


def _shift_left(expander: Expander, instr: Instr) -> Value:
    amount = known_integer(instr.args[1])
    assert amount is not None
    if not 0 <= amount < 64:
        return expander.constant(I64, 0)
    factor = 1 << amount
    return expander.emit("mul", instr.args[0], expander.constant(I64, factor if amount < 63 else -factor))


def _shift_right(expander: Expander, instr: Instr) -> Value:
    value, amount = instr.args[0], known_integer(instr.args[1])
    assert amount is not None
    if not 0 <= amount < 63:
        negative = expander.emit("lt", value, expander.constant(I64, 0))
        return expander.choose(negative, lambda: expander.constant(I64, -1), lambda: expander.constant(I64, 0))
    return _floor_quotient(expander, value, expander.constant(I64, 1 << amount))


def _mask(expander: Expander, instr: Instr) -> Value:
    masked, mask = instr.args if known_integer(instr.args[1]) is not None else reversed(instr.args)
    bits = known_integer(mask)
    assert bits is not None
    return _floor_remainder(expander, masked, expander.constant(I64, bits + 1))


def expands_by_kind(op: Op, operand: Type | None) -> bool:
    """Whether an operation on operands of a type is made of others."""
    return operand is not None and (op, operand) in EXPANSIONS


def is_expanded_by_value(op: Op) -> bool:
    """Whether it is a matter of operands, and not of types alone, that an operation can be made of others."""
    return op in _SHIFTS or op is OPS["and"]


def has_expansion(instr: Instr) -> bool:
    """Whether an operation that Bril lacks can be made of others."""
    if not instr.args or (instr.op, instr.args[0].type) not in EXPANSIONS:
        return False
    if instr.op in _SHIFTS:
        return known_integer(instr.args[1]) is not None
    if instr.op is OPS["and"]:
        known = [known_integer(value) for value in instr.args]
        return any(mask is not None and 0 <= mask < 1 << 62 and not mask & (mask + 1) for mask in known)
    return instr.op is not CONVERT or (instr.args[0].type, instr.type) in _CONVERSIONS


# ---- conversions --------------------------------------------------------------------------------------------------


def _convert(expander: Expander, instr: Instr) -> Value:
    value = instr.args[0]
    if instr.type is BOOL:
        return expander.emit("ne", value, expander.constant(value.type, 0 if value.type is I64 else 0.0))
    number = int if instr.type is I64 else float
    return expander.choose(
        value,
        lambda: expander.constant(instr.type, number(1)),
        lambda: expander.constant(instr.type, number(0)),
    )


_CONVERSIONS: Final = frozenset({(BOOL, I64), (BOOL, F64), (I64, BOOL), (F64, BOOL)})
_SHIFTS: Final = frozenset({OPS["shl"], OPS["shr"]})

_BOOLEAN: Final[dict[str, Expansion]] = {
    "ne": _differ,
    "xor": _differ,
    "eq": _agree,
    "lt": _with_one_negated("and", 0),
    "gt": _with_one_negated("and", 1),
    "le": _with_one_negated("or", 0),
    "ge": _with_one_negated("or", 1),
}
_INTEGER: Final[dict[str, Expansion]] = {
    "ne": _negated("eq"),
    "neg": _difference_from(0),
    "abs": _magnitude(0),
    "sign": _sign,
    "min": _extreme("lt"),
    "max": _extreme("gt"),
    "div_trunc": _div_trunc,
    "rem_trunc": _rem_trunc,
    "floordiv": _floor_division,
    "mod": _modulo,
    "shl": _shift_left,
    "shr": _shift_right,
    "and": _mask,
}
_FLOAT: Final[dict[str, Expansion]] = {
    "ne": _negated("eq"),
    "neg": _difference_from(-0.0),
    "abs": _magnitude(0.0),
    "sign": _sign,
    "min": _float_extreme("lt", _least_zero),
    "max": _float_extreme("gt", _greatest_zero),
    "isnan": _is_nan,
}
#: By operation and type of its first operand, what makes it of operations of Bril.
EXPANSIONS: Final[dict[tuple[Op, Type], Expansion]] = {
    **{(OPS[name], BOOL): expand for name, expand in _BOOLEAN.items()},
    **{(OPS[name], I64): expand for name, expand in _INTEGER.items()},
    **{(OPS[name], F64): expand for name, expand in _FLOAT.items()},
    **{(CONVERT, type): _convert for type in (BOOL, I64, F64)},
    (OPS["select"], BOOL): _select,
}
_EXPANDED: Final = frozenset({*(op for op, _ in EXPANSIONS), CONST})
