"""Constants of the IR: their identity is the type and the bits.

`True == 1 == 1.0` and `0.0 == -0.0` in Python, so constants are never compared by `==`: `constant_key` gives what two
constants share just when they are the same value (every NaN is one). An array constant is one value.
"""

from __future__ import annotations

import math
import struct
from typing import Final

from ssair.types import F32, ArrayType, Type

Scalar = bool | int | float


class ArrayConst:
    """An array known at compile time: `shape`, and the elements in row-major order as Python scalars."""

    __slots__ = ("shape", "values")

    def __init__(self, shape: tuple[int, ...], values: tuple[Scalar, ...]) -> None:
        assert math.prod(shape) == len(values)
        self.shape: Final = shape
        self.values: Final = values

    def __repr__(self) -> str:
        return f"ArrayConst({self.shape}, {self.values})"

    def __deepcopy__(self, memo: object) -> ArrayConst:
        return self


Constant = bool | int | float | ArrayConst


def scalar_key(value: Scalar) -> object:
    """What tells scalars of one type apart, the sign of zero included; every NaN is one."""
    if isinstance(value, float):
        if value != value:
            return "nan"
        if value == 0.0:
            return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"
    return value


def nearest_f32(value: float) -> float:
    """The f32 nearest to a float, as a Python float; an infinity beyond the largest."""
    try:
        rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return rounded


def constant_key(type: Type, value: Constant) -> object:
    """A hashable key, equal for two constants just when they are one value."""
    if isinstance(value, ArrayConst):
        return (type, value.shape, tuple(map(scalar_key, value.values)))
    return (type, scalar_key(value))


def is_constant_of(type: Type, value: object) -> bool:
    """Whether `value` is fit to be the immediate of a `const` of `type`."""
    if isinstance(type, ArrayType):
        return (
            isinstance(value, ArrayConst)
            and len(value.shape) == type.rank
            and all(is_constant_of(type.element, item) for item in value.values)
        )
    wanted = {"bool": bool, "i32": int, "i64": int, "f32": float, "f64": float}.get(type.name)
    if wanted is None or value.__class__ is not wanted:
        return False
    if isinstance(value, float):
        return type is not F32 or value != value or nearest_f32(value) == value
    return wanted is not int or _fits(type, value)


def _fits(type: Type, value: object) -> bool:
    from ssair.types import integer_range

    least, greatest = integer_range(type)
    return isinstance(value, int) and least <= value <= greatest
