"""What every pure operation is in a kernel: the table from operation to `lax` calls.

`EMISSIONS[name]` takes an `Operation` (the result's type and shape, the immediate, the operands' facts, the float
mode) and the operands, and gives a traced value that equals what `ssair.semantics` computes, soundness.md's licence
for floats aside. Elementwise operations are written for operands of one shape; `emit` broadcasts scalars and fits
arrays first.

Operations call `lax`, not operators on tracers or `jax.numpy`: tracing those costs five times as much. Integer division
always hides a divisor of zero: XLA folding a division by a constant zero ends the process, in dead code too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from jax import lax

from ssair.backends.arrays import ARRAY_EMISSIONS, fit
from ssair.backends.operation import Operation
from ssair.backends.state import Traced
from ssair.facts import Fact, FloatFact
from ssair.semantics import dtype_of
from ssair.types import ArrayType

Emission = Callable[..., Traced]


def emit(name: str, operation: Operation, operands: Sequence[Traced]) -> Traced:
    """The traced value of a pure operation."""
    if name in ELEMENTWISE:
        shape = operation.shape
        if shape or isinstance(operation.type, ArrayType):
            operands = [_shaped(operand, shape) for operand in operands]
        return ELEMENTWISE[name](operation, *operands)
    return ARRAY_EMISSIONS[name](operation, *operands)


def _shaped(operand: Traced, shape: tuple[int, ...]) -> Traced:
    return fit(operand, shape) if operand.ndim else lax.broadcast_in_dim(operand, shape, ())


def _like(x: Traced, value: int | float) -> Traced:
    """A constant of the dtype and shape of `x`."""
    scalar = x.dtype.type(value)
    return lax.broadcast_in_dim(scalar, x.shape, ()) if x.ndim else scalar


def _is_float(x: Traced) -> bool:
    return bool(x.dtype.kind == "f")


# ---- arithmetic ---------------------------------------------------------------------------------------------------


def _strict(operation: Operation, result: Traced) -> Traced:
    """A float result that XLA neither contracts nor rewrites with its neighbours, in strict mode."""
    if not operation.strict or not _is_float(result):
        return result
    return lax.select(lax.eq(result, result), result, _like(result, math.nan))


def _arithmetic(function: Callable[..., Traced]) -> Emission:
    def emission(operation: Operation, *operands: Traced) -> Traced:
        return _strict(operation, function(*operands))

    return emission


def _sum(function: Callable[..., Traced]) -> Emission:
    """A sum or difference. XLA takes `x + 0.0` for x, but -0.0 + 0.0 is 0.0: strict mode hides a zero that is known."""

    def emission(operation: Operation, x: Traced, y: Traced) -> Traced:
        if operation.strict and _is_float(x):
            left, right = (_is_known_zero(*pair) for pair in zip((x, y), operation.facts, strict=True))
            if right:
                y = lax.select(lax.eq(x, x), y, _like(y, math.nan))
            elif left:
                x = lax.select(lax.eq(y, y), x, _like(x, math.nan))
        return _strict(operation, function(x, y))

    return emission


def _is_known_zero(value: Traced, fact: Fact) -> bool:
    return fact.constant == 0 or (isinstance(value, np.generic) and bool(value == 0))


def _divisor(operation: Operation, x: Traced, y: Traced) -> Traced:
    """The divisor, in strict mode hidden: one that XLA knows, or knows to be broadcast, would become a reciprocal."""
    return lax.select(lax.eq(x, x), y, _like(y, math.nan)) if operation.strict else y


def _div(operation: Operation, x: Traced, y: Traced) -> Traced:
    return _strict(operation, lax.div(x, _divisor(operation, x, y)))


def _safe_divisor(y: Traced) -> tuple[Traced, Traced | None]:
    """A divisor that is never zero, and where it was (None: nowhere)."""
    if isinstance(y, np.generic):
        return (y, None) if y != 0 else (y.dtype.type(1), np.bool_(True))
    zero = lax.eq(y, _like(y, 0))
    return lax.select(zero, _like(y, 1), y), zero


def _where(condition: Traced | None, if_true: Traced, if_false: Traced) -> Traced:
    if condition is None:
        return if_false
    if isinstance(condition, np.bool_):
        return if_true if condition else if_false
    return lax.select(condition, if_true, if_false)


def _not_negative(operation: Operation) -> bool:
    """Whether dividend and divisor are not negative wherever the code is reached."""
    dividend, divisor = operation.intervals
    return dividend[0] >= 0 and divisor[0] >= 0


def _is_beyond(operation: Operation, remainder: Traced, divisor: Traced) -> Traced:
    """Whether a truncated quotient is one more than the floor: the remainder has the sign that the divisor has not."""
    zero = _like(remainder, 0)
    if operation.intervals[1][0] >= 0:
        return lax.lt(remainder, zero)
    signs_differ = lax.lt(lax.bitwise_xor(remainder, divisor), zero)
    return lax.bitwise_and(lax.ne(remainder, zero), signs_differ)


def _floordiv(operation: Operation, x: Traced, y: Traced) -> Traced:
    if _is_float(x):
        return _float_floordiv(x, _divisor(operation, x, y))
    divisor, zero = _safe_divisor(y)
    quotient = _truncated(operation, lax.div, x, divisor)
    if not _not_negative(operation):
        remainder = lax.sub(x, lax.mul(quotient, divisor))
        rounds = _is_beyond(operation, remainder, divisor)
        quotient = lax.sub(quotient, lax.convert_element_type(rounds, x.dtype))
    return _where(zero, x, quotient)


def _mod(operation: Operation, x: Traced, y: Traced) -> Traced:
    if _is_float(x):
        return _float_mod(x, y)
    divisor, zero = _safe_divisor(y)
    remainder = _truncated(operation, lax.rem, x, divisor)
    if not _not_negative(operation):
        moves = _is_beyond(operation, remainder, divisor)
        remainder = lax.select(moves, lax.add(remainder, divisor), remainder)
    return _where(zero, _like(x, 0), remainder)


def _div_trunc(operation: Operation, x: Traced, y: Traced) -> Traced:
    divisor, zero = _safe_divisor(y)
    return _where(zero, x, _truncated(operation, lax.div, x, divisor))


def _rem_trunc(operation: Operation, x: Traced, y: Traced) -> Traced:
    divisor, zero = _safe_divisor(y)
    return _where(zero, _like(x, 0), _truncated(operation, lax.rem, x, divisor))


_UNSIGNED: Final[dict[str, Any]] = {"int32": np.uint32, "int64": np.uint64}


def _truncated(operation: Operation, function: Callable[..., Traced], x: Traced, divisor: Traced) -> Traced:
    """The truncated quotient or remainder; of numbers that are not negative as unsigned ones, which is a step less."""
    if not _not_negative(operation):
        return function(x, divisor)
    result = function(*[_converted(operand, _UNSIGNED[x.dtype.name]) for operand in (x, divisor)])
    return lax.convert_element_type(result, x.dtype)


def _converted(x: Traced, dtype: Any) -> Traced:
    """The integers as those of another type; a constant stays one."""
    return x.astype(dtype) if isinstance(x, np.generic) else lax.convert_element_type(x, dtype)


def _float_mod(x: Traced, y: Traced) -> Traced:
    """The remainder with the divisor's sign, as NumPy computes it from C's `fmod`."""
    zero = _like(x, 0)
    remainder = lax.rem(x, y)
    moves = lax.bitwise_and(lax.ne(remainder, zero), lax.ne(lax.lt(y, zero), lax.lt(remainder, zero)))
    moved = lax.select(moves, lax.add(remainder, y), remainder)
    signed = lax.select(lax.eq(remainder, zero), _copysign(zero, y), moved)
    return lax.select(lax.eq(y, zero), _like(x, math.nan), signed)


def _float_floordiv(x: Traced, y: Traced) -> Traced:
    """The floor of the quotient, as NumPy computes it: from the remainder, so that it fits `x - y * q`."""
    zero, one = _like(x, 0), _like(x, 1)
    remainder = lax.rem(x, y)
    quotient = lax.div(lax.sub(x, remainder), y)
    moves = lax.bitwise_and(lax.ne(remainder, zero), lax.ne(lax.lt(y, zero), lax.lt(remainder, zero)))
    quotient = lax.select(moves, lax.sub(quotient, one), quotient)
    floor = lax.floor(quotient)
    floor = lax.select(lax.gt(lax.sub(quotient, floor), _like(x, 0.5)), lax.add(floor, one), floor)
    exact = lax.div(x, y)
    result = lax.select(lax.eq(quotient, zero), _copysign(zero, exact), floor)
    return lax.select(lax.eq(y, zero), exact, result)


_BITS: Final[dict[str, tuple[Any, int]]] = {"float32": (np.int32, 31), "float64": (np.int64, 63)}


def _sign_bit(x: Traced) -> Traced:
    dtype, _ = _BITS[x.dtype.name]
    bits = lax.bitcast_convert_type(x, dtype)
    return lax.lt(bits, _like(bits, 0))


def _copysign(magnitude: Traced, sign: Traced) -> Traced:
    return lax.select(_sign_bit(sign), lax.neg(lax.abs(magnitude)), lax.abs(magnitude))


def _pow(operation: Operation, x: Traced, y: Traced) -> Traced:
    if _is_float(x):
        return _float_pow(x, y)
    if isinstance(y, np.generic):
        return _known_power(x, max(int(y), 0))
    exponent = lax.max(y, _like(y, 0))

    def more(state: tuple[Traced, ...]) -> Traced:
        positive = lax.gt(state[1], _like(state[1], 0))
        return lax.reduce_or(positive, tuple(range(positive.ndim))) if positive.ndim else positive

    def step(state: tuple[Traced, ...]) -> tuple[Traced, ...]:
        base, left, result = state
        odd = lax.ne(lax.bitwise_and(left, _like(left, 1)), _like(left, 0))
        multiplied = lax.select(odd, lax.mul(result, base), result)
        return lax.mul(base, base), lax.shift_right_arithmetic(left, _like(left, 1)), multiplied

    result: Traced = lax.while_loop(more, step, (x, exponent, _like(x, 1)))[2]
    return result


def _float_pow(x: Traced, y: Traced) -> Traced:
    """`x ** y`; 1 where either says so whatever the other, NaN included."""
    one = _like(x, 1)
    certain = lax.bitwise_or(lax.eq(x, one), lax.eq(y, _like(y, 0)))
    return lax.select(certain, one, lax.pow(x, y))


def _known_power(base: Traced, exponent: int) -> Traced:
    """Repeated squaring, unrolled."""
    result: Traced | None = None
    while exponent:
        if exponent & 1:
            result = base if result is None else lax.mul(result, base)
        exponent >>= 1
        if exponent:
            base = lax.mul(base, base)
    return _like(base, 1) if result is None else result


def _extreme(least: bool) -> Emission:
    """`min` or `max`: NaN goes through, and -0.0 is below 0.0."""

    def emission(operation: Operation, x: Traced, y: Traced) -> Traced:
        result = lax.min(x, y) if least else lax.max(x, y)
        if not _is_float(x) or not _zeros_may_differ(operation):
            return result
        dtype, _ = _BITS[x.dtype.name]
        a, b = lax.bitcast_convert_type(x, dtype), lax.bitcast_convert_type(y, dtype)
        merged = lax.bitcast_convert_type(lax.bitwise_or(a, b) if least else lax.bitwise_and(a, b), x.dtype)
        return lax.select(lax.eq(x, y), merged, result)

    return emission


def _zeros_may_differ(operation: Operation) -> bool:
    """Whether one operand may be -0.0 while the other is 0.0."""
    a, b = operation.facts[:2]
    if not isinstance(a, FloatFact) or not isinstance(b, FloatFact):
        return True
    return (a.negative_zero and b.lo <= 0.0 <= b.hi) or (b.negative_zero and a.lo <= 0.0 <= a.hi)


def _shift_left(operation: Operation, x: Traced, amount: Traced) -> Traced:
    return lax.shift_left(x, amount)


def _shift_right(operation: Operation, x: Traced, amount: Traced) -> Traced:
    return lax.shift_right_arithmetic(x, amount)


def _sign(operation: Operation, x: Traced) -> Traced:
    return lax.sign(x)


# ---- comparisons, bits, conversions -------------------------------------------------------------------------------


def _plain(function: Callable[..., Traced]) -> Emission:
    def emission(operation: Operation, *operands: Traced) -> Traced:
        return function(*operands)

    return emission


def _comparison(function: Callable[..., Traced]) -> Emission:
    """A comparison; false is below true."""

    def emission(operation: Operation, x: Traced, y: Traced) -> Traced:
        if x.dtype.kind == "b" and function not in (lax.eq, lax.ne):
            x, y = lax.convert_element_type(x, np.int32), lax.convert_element_type(y, np.int32)
        return function(x, y)

    return emission


def _select(operation: Operation, condition: Traced, if_true: Traced, if_false: Traced) -> Traced:
    return _where(condition, if_true, if_false)


def _convert(operation: Operation, x: Traced) -> Traced:
    target = dtype_of(operation.type)
    if target.kind == "b":
        return lax.ne(x, _like(x, 0)) if x.dtype.kind != "b" else x
    if target.kind == "i" and _is_float(x):
        return _float_to_integer(operation, x, target)
    if target.kind == "f" and x.dtype.kind == "b":
        return _truth_as_float(x, target)
    return lax.convert_element_type(x, target) if x.dtype != target else x


def _truth_as_float(x: Traced, target: np.dtype[Any]) -> Traced:
    """1 or 0, not by a conversion: XLA makes `y * convert(x)` a choice of y or 0, but infinity times 0 is NaN."""
    one, zero = (lax.broadcast_in_dim(target.type(value), x.shape, ()) for value in (1, 0))
    return lax.select(x, one, zero)


def _float_to_integer(operation: Operation, x: Traced, target: np.dtype[Any]) -> Traced:
    """Truncates; saturates, and takes NaN to 0."""
    limits = np.iinfo(target)
    converted = lax.convert_element_type(x, target)
    fact = operation.facts[0]
    if isinstance(fact, FloatFact) and not fact.nan and limits.min <= fact.lo and fact.hi <= limits.max:
        return converted
    too_high = lax.ge(x, _like(x, float(limits.max) + (1.0 if target.itemsize == 4 else 0.0)))
    too_low = lax.lt(x, _like(x, float(limits.min)))
    whole = lax.select(too_low, _like(converted, limits.min), converted)
    whole = lax.select(too_high, _like(converted, limits.max), whole)
    return lax.select(lax.ne(x, x), _like(converted, 0), whole)


def _abs(operation: Operation, x: Traced) -> Traced:
    if _is_float(x):
        return lax.abs(x)
    return lax.max(x, lax.neg(x))  # of `abs`, XLA believes that it is never negative, and the least integer's is


def _isinf(operation: Operation, x: Traced) -> Traced:
    return lax.eq(lax.abs(x), _like(x, math.inf))


ELEMENTWISE: Final[dict[str, Emission]] = {
    "add": _sum(lax.add),
    "sub": _sum(lax.sub),
    "mul": _arithmetic(lax.mul),
    "div": _div,
    "floordiv": _floordiv,
    "mod": _mod,
    "div_trunc": _div_trunc,
    "rem_trunc": _rem_trunc,
    "pow": _pow,
    "neg": _plain(lax.neg),
    "abs": _abs,
    "sign": _sign,
    "min": _extreme(least=True),
    "max": _extreme(least=False),
    "and": _plain(lax.bitwise_and),
    "or": _plain(lax.bitwise_or),
    "xor": _plain(lax.bitwise_xor),
    "not": _plain(lax.bitwise_not),
    "shl": _shift_left,
    "shr": _shift_right,
    "eq": _comparison(lax.eq),
    "ne": _comparison(lax.ne),
    "lt": _comparison(lax.lt),
    "le": _comparison(lax.le),
    "gt": _comparison(lax.gt),
    "ge": _comparison(lax.ge),
    "select": _select,
    "convert": _convert,
    "isnan": _plain(lambda x: lax.ne(x, x)),
    "isinf": _isinf,
    "floor": _plain(lax.floor),
    "ceil": _plain(lax.ceil),
    "round": _plain(lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN)),
    "sqrt": _arithmetic(lax.sqrt),
    "exp": _arithmetic(lax.exp),
    "log": _plain(lax.log),
    "sin": _plain(lax.sin),
    "cos": _plain(lax.cos),
    "tan": _plain(lax.tan),
    "tanh": _plain(lax.tanh),
}


# ---- checks -------------------------------------------------------------------------------------------------------


def _does_not_fit(least: float, limit: float) -> Callable[..., Traced]:
    def bad(value: Traced) -> Traced:
        wide = lax.convert_element_type(value, np.float64)
        inside = lax.bitwise_and(lax.gt(wide, _like(wide, least)), lax.lt(wide, _like(wide, limit)))
        return lax.bitwise_not(inside)

    return bad


def _out_of_range(index: Traced, length: Traced) -> Traced:
    """One unsigned comparison: a negative index is above every length; of a negative length, none is in range."""
    none = _like(length, 0)
    least = max(length, none) if isinstance(length, np.generic) else lax.max(length, none)
    return lax.ge(_unsigned(index), _unsigned(least))


def _unsigned(x: Traced) -> Traced:
    return x.view(np.uint64) if isinstance(x, np.generic) else lax.bitcast_convert_type(x, np.uint64)


#: For each check, when it fails; operands have one shape.
FAILURES: Final[dict[str, Callable[..., Traced]]] = {
    "check_index": _out_of_range,
    "check_nonzero": lambda divisor, dividend: lax.eq(divisor, _like(divisor, 0)),
    "check_exponent": lambda exponent, base: lax.lt(exponent, _like(exponent, 0)),
    "check_convert_i32": _does_not_fit(-(2.0**31) - 1.0, 2.0**31),
    "check_convert_i64": _does_not_fit(math.nextafter(-(2.0**63), -math.inf), 2.0**63),
    "check": lax.bitwise_not,
    "check_nonempty": lambda count: lax.lt(count, _like(count, 1)),
    "check_equal": lax.ne,
    "check_at_least": lax.lt,
}
