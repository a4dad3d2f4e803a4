"""What Fun's operators and built-in functions do to scalars: a second statement of it, in plain Python.

Values are NumPy scalars; integers are computed by Python and wrapped. A trap is a `PlainTrap`
without a place, which the evaluator adds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Scalar = np.generic
_BITS = {"int32": 32, "int64": 64}


class PlainTrap(Exception):
    """A trap: its kind and values, and where it happened."""

    def __init__(self, kind: str, *values: object) -> None:
        super().__init__(kind, values)
        self.kind = kind
        self.values = values
        self.position: tuple[int, ...] | None = None
        self.offset: int | None = None  # where the span of the trapping expression starts


def wrapped(value: int, like: Scalar) -> Scalar:
    """The integer in the type of `like`, its upper bits lost."""
    bits = _BITS[like.dtype.name]
    return like.dtype.type((value + (1 << bits - 1)) % (1 << bits) - (1 << bits - 1))


def _is_integer(x: Scalar) -> bool:
    return x.dtype.name in _BITS


def _integers(function: Callable[[int, int], int]) -> Callable[[Scalar, Scalar], Scalar]:
    return lambda x, y: wrapped(function(int(x), int(y)), x)


def _either(
    integers: Callable[[int, int], int], floats: Callable[[Scalar, Scalar], Scalar]
) -> Callable[[Scalar, Scalar], Scalar]:
    on_integers = _integers(integers)
    return lambda x, y: on_integers(x, y) if _is_integer(x) else floats(x, y)


def _divided(
    integers: Callable[[int, int], int], floats: Callable[[Scalar, Scalar], Scalar]
) -> Callable[[Scalar, Scalar], Scalar]:
    def operation(x: Scalar, y: Scalar) -> Scalar:
        if not _is_integer(x):
            return floats(x, y)
        if int(y) == 0:
            raise PlainTrap("divide", int(x))
        return wrapped(integers(int(x), int(y)), x)

    return operation


def _power(x: Scalar, y: Scalar) -> Scalar:
    if not _is_integer(x):
        power: Scalar = np.power([x, x], [y, y])[0]  # a single exponent of 0.5 would be taken for a square root
        return power
    if int(y) < 0:
        raise PlainTrap("exponent", int(y))
    return wrapped(pow(int(x), int(y), 1 << 64), x)


def _shifted_left(x: int, amount: int) -> int:
    return x << amount if 0 <= amount < 64 else 0


def _shift_right(x: Scalar, y: Scalar) -> Scalar:
    amount = int(y) if 0 <= int(y) < _BITS[x.dtype.name] else 63
    return wrapped(int(x) >> amount, x)


def _shift_left(x: Scalar, y: Scalar) -> Scalar:
    return wrapped(_shifted_left(int(x), int(y)) if int(y) < _BITS[x.dtype.name] else 0, x)


OPERATORS: dict[str, Callable[[Scalar, Scalar], Scalar]] = {
    "+": _either(lambda x, y: x + y, np.add),
    "-": _either(lambda x, y: x - y, np.subtract),
    "*": _either(lambda x, y: x * y, np.multiply),
    "/": np.true_divide,
    "//": _divided(lambda x, y: x // y, np.floor_divide),
    "%": _divided(lambda x, y: x - x // y * y, np.remainder),
    "**": _power,
    "&": _integers(lambda x, y: x & y),
    "|": _integers(lambda x, y: x | y),
    "^": _integers(lambda x, y: x ^ y),
    "<<": _shift_left,
    ">>": _shift_right,
}

COMPARISONS: dict[str, Callable[[Scalar, Scalar], bool]] = {
    "==": lambda x, y: x.item() == y.item(),
    "!=": lambda x, y: x.item() != y.item(),
    "<": lambda x, y: x.item() < y.item(),
    "<=": lambda x, y: x.item() <= y.item(),
    ">": lambda x, y: x.item() > y.item(),
    ">=": lambda x, y: x.item() >= y.item(),
}


def negated(x: Scalar) -> Scalar:
    """The negative, wrapped where it is an integer."""
    return wrapped(-int(x), x) if _is_integer(x) else np.negative(x)


def _extremum(larger: bool) -> Callable[[Scalar, Scalar], Scalar]:
    def operation(x: Scalar, y: Scalar) -> Scalar:
        a, b = x.item(), y.item()
        if a != a or b != b:
            return x if a != a else y
        if a == b:
            return x if (math.copysign(1.0, a) > 0) == larger else y
        return x if (a > b) == larger else y

    return operation


def _sign(x: Scalar) -> Scalar:
    value = x.item()
    return x if value == 0 or value != value else x.dtype.type(1 if value > 0 else -1)


def _absolute(x: Scalar) -> Scalar:
    return wrapped(abs(int(x)), x) if _is_integer(x) else np.abs(x)


FUNCTIONS: dict[str, Callable[..., Scalar]] = {
    "abs": _absolute,
    "sign": _sign,
    "min": _extremum(larger=False),
    "max": _extremum(larger=True),
    "isnan": np.isnan,
    "isinf": np.isinf,
    "round": np.rint,
    "select": lambda c, x, y: x if c else y,
    **{name: getattr(np, name) for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "floor", "ceil")},
}


def converted(x: Scalar, dtype: np.dtype[np.generic]) -> Scalar:
    """The conversion to another scalar type."""
    if dtype.name == "bool":
        return np.bool_(x.item() != 0)
    if dtype.name not in _BITS:
        return dtype.type(x)
    value = x.item()
    if isinstance(value, float):
        limit = 1 << _BITS[dtype.name] - 1
        if value != value or math.isinf(value) or not -limit <= math.trunc(value) < limit:
            raise PlainTrap("convert", value)
        return dtype.type(math.trunc(value))
    return wrapped(int(value), dtype.type(0))
