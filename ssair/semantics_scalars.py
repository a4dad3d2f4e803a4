"""What elementwise operations compute of NumPy scalars: what `ssair.semantics` says of arrays, at a tenth of the cost.

NumPy's functions are made for arrays and take a microsecond and more for one scalar, where Python's operators take some
20 ns on NumPy's scalars. `ON_SCALARS[kind][name]` is for operands of one of NumPy's kinds (`b`, `i`, `f`); what has no
row is rare, or costs no less this way. The tests hold each row to the array's function, on values at all corners.

Requires: operands of one type, the condition of `select` aside; `np.errstate(all="ignore")`.
Ensures: a NumPy scalar of the dtype that the array's function gives, bit for bit (but that every NaN is one).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

import numpy as np

#: A NumPy scalar.
Scalar = Any


def _least(x: Scalar, y: Scalar) -> Scalar:
    if x < y:  # `min` would take three times as long
        return x
    return y


def _greatest(x: Scalar, y: Scalar) -> Scalar:
    if x < y:
        return y
    return x


def _float_least(x: Scalar, y: Scalar) -> Scalar:
    if x < y or x != x:
        return x
    return x if x == y == 0 and math.copysign(1.0, x) < 0 else y


def _float_greatest(x: Scalar, y: Scalar) -> Scalar:
    if x > y or x != x:
        return x
    return x if x == y == 0 and math.copysign(1.0, y) < 0 else y


def _floor_quotient(x: Scalar, y: Scalar) -> Scalar:
    return x // y if y else x


def _floor_remainder(x: Scalar, y: Scalar) -> Scalar:
    return x % y if y else y


def _truncated_quotient(x: Scalar, y: Scalar) -> Scalar:
    if not y:
        return x
    quotient = x // y
    return quotient + y.dtype.type(1) if quotient < 0 and quotient * y != x else quotient


def _truncated_remainder(x: Scalar, y: Scalar) -> Scalar:
    if not y:
        return y
    remainder = x % y
    return remainder - y if remainder and (x < 0) != (y < 0) else remainder


def _left(x: Scalar, amount: Scalar) -> Scalar:
    return x << amount if 0 <= amount < 8 * x.itemsize else x.dtype.type(0)


def _right(x: Scalar, amount: Scalar) -> Scalar:
    bits = 8 * x.itemsize
    return x >> (amount if 0 <= amount < bits else x.dtype.type(bits - 1))


def _sign(x: Scalar) -> Scalar:
    return x.dtype.type((x > 0) - 1 * bool(x < 0)) if x == x and x else x


def _chosen(condition: Scalar, if_true: Scalar, if_false: Scalar) -> Scalar:
    return if_true if condition else if_false


_Rows = dict[str, Callable[..., Scalar]]
_ORDERS: Final[_Rows] = {name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")}
_BITS: Final[_Rows] = {"and": operator.and_, "or": operator.or_, "xor": operator.xor, "not": operator.invert}
_SUMS: Final[_Rows] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "abs": operator.abs,
}

ON_SCALARS: Final[dict[str, _Rows]] = {
    "b": {
        **_BITS,
        "eq": lambda x, y: np.bool_(bool(x) is bool(y)),  # NumPy compares truth values as it does arrays
        "ne": operator.xor,
        "select": _chosen,
    },
    "i": {
        **_SUMS,
        **_BITS,
        **_ORDERS,
        "min": _least,
        "max": _greatest,
        "floordiv": _floor_quotient,
        "mod": _floor_remainder,
        "div_trunc": _truncated_quotient,
        "rem_trunc": _truncated_remainder,
        "shl": _left,
        "shr": _right,
        "sign": _sign,
    },
    "f": {
        **_SUMS,
        **_ORDERS,
        "div": operator.truediv,
        "min": _float_least,
        "max": _float_greatest,
        "sign": _sign,
        "isnan": lambda x: x != x,
    },
}
