"""The constants of generated programs and the inputs drawn from them.

Bugs of optimisers live at the ends of types, at 0, 1 and -1, at powers of two, at NaN, infinities
and -0.0, and one step beside the constants that a program compares with.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ssair.testing.choices import Choices, chance, pick
from ssair.testing.shapes import FLOATS, INTEGERS

if TYPE_CHECKING:
    import numpy as np

Constant = bool | int | float

_SMALL = (0, 1, 2, -1, 3, 4, 5, 7, 8, 10, -2, -3, -8, 16, 31, 63, 64, 100)
_ENDS_32 = (2147483647, -2147483648, 2147483646, -2147483647, 1 << 30, 0x5555_5555, 65535)
_ENDS_64 = (
    9223372036854775807, -9223372036854775808, 9223372036854775806, -9223372036854775807,
    1 << 62, 1 << 32, 2147483647, -2147483648, 2147483648, 0x5555_5555_5555_5555,
)  # fmt: skip
_EXACT = (0.0, 1.0, 2.0, -1.0, 0.5, 3.0, -0.0, -0.5, 4.0, 1.5, 10.0, -2.0, 0.25, 100.0)
_INEXACT = (0.1, 0.3, 1e16, -1e16, 1e-3, 3.141592653589793, 1e300, -1e300, 1e-300, 16777217.0)
_INEXACT_32 = (0.1, 0.3, 1e10, -1e10, 1e-3, 3.1415927, 1e38, -1e38, 1e-30, 16777216.0)
_NAN, _INFINITY = float("nan"), float("inf")
_SPECIAL = (_NAN, _INFINITY, -_INFINITY)

SPECIAL_FLOATS: tuple[float, ...] = (-0.0, 0.0, *_SPECIAL)
"""What float rules must not forget."""

_ENDS: dict[str, tuple[int, ...]] = {"i32": _ENDS_32, "i64": _ENDS_64}
_BITS = {"i32": 32, "i64": 64}


def draw_constant(choices: Choices, kind: str, exact: bool) -> Constant:
    """A constant of a scalar type; `exact` keeps floats to few significant bits."""
    if kind == "bool":
        return choices.below(2) == 1
    if kind in INTEGERS:
        return pick(choices, _ENDS[kind] if chance(choices, 12) else _SMALL)
    if chance(choices, 8):
        return pick(choices, _SPECIAL)
    if not exact and chance(choices, 20):
        return pick(choices, _INEXACT if kind == "f64" else _INEXACT_32)
    return pick(choices, _EXACT)


def constant_text(kind: str, value: Constant) -> str:
    """The constant as a closed Fun expression, its type explicit where it is not the default."""
    if kind == "bool":
        return "true" if value else "false"
    suffix = kind if kind in ("i32", "f32") else ""
    if kind in FLOATS:
        return _float_text(float(value), suffix)
    return f"({value}{suffix})" if value < 0 else f"{value}{suffix}"


def _float_text(value: float, suffix: str) -> str:
    if value != value:
        return f"(0.0{suffix} / 0.0{suffix})"
    if value in (_INFINITY, -_INFINITY):
        return f"({'-' if value < 0 else ''}1.0{suffix} / 0.0{suffix})"
    digits = repr(value).replace("e+", "e")
    return f"({digits}{suffix})" if digits.startswith("-") else f"{digits}{suffix}"


def neighbours(kind: str, constants: tuple[Constant, ...]) -> list[Constant]:
    """The simplest values of a type, the program's constants and one beside each, and the ends."""
    if kind == "bool":
        return [False, True]
    if kind in FLOATS:
        near = [float(c) + d for c in constants for d in (0, 1, -1, 0.5, -0.5)]
        return [1.0, 0.0, -1.0, 0.5, 2.0, 2.5, *near, -0.0, *_SPECIAL]
    bits = _BITS[kind]
    lowest, highest = -(1 << bits - 1), (1 << bits - 1) - 1
    near_integers = [int(c) + d for c in constants for d in (0, 1, -1)]
    return [1, 0, 2, -1, 3, 5, *(c for c in near_integers if lowest <= c <= highest), lowest, highest]


def scalar_value(kind: str, value: Constant) -> np.generic:
    """The NumPy scalar of a type."""
    if kind != "f32":
        return dtype_of(kind).type(value)
    import numpy as np

    with np.errstate(over="ignore"):
        return np.float32(value)


@cache
def dtype_of(kind: str) -> np.dtype[np.generic]:
    """The NumPy dtype of a scalar type of Fun."""
    import numpy as np

    names = {"bool": "bool", "i32": "int32", "i64": "int64", "f32": "float32", "f64": "float64"}
    return np.dtype(names[kind])
