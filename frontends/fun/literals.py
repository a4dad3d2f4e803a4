"""The value of a literal once its type is known.

Ensures: an `int` in the range of its type, or a `float` that is the nearest one of its type (ties to even), or None
if the literal is out of range.  Linear in the length of the text, however many digits it has.
"""

from __future__ import annotations

import math
import struct
from fractions import Fraction

from ssair.frontends.fun.types import F32, I32, Type

_MOST_DIGITS = 20  # more decimal digits than this are out of the range of every integer type


def is_integer(text: str) -> bool:
    """Whether a literal without suffix writes an integer, and not a float or a truth value."""
    digits = text.removeprefix("-")
    return digits.isdigit() or digits[:2] in ("0x", "0X")


def integer_value(text: str) -> int | None:
    """The integer that a literal without suffix writes, if it is one and can be in the range of an integer type."""
    if not is_integer(text):
        return None
    digits = text.removeprefix("-")
    sign = -1 if len(digits) < len(text) else 1
    base = 16 if digits[:2] in ("0x", "0X") else 10
    digits = (digits[2:] if base == 16 else digits).lstrip("0") or "0"
    if len(digits) > _MOST_DIGITS:
        return None
    return sign * int(digits, base)


def in_range(value: int, type: Type) -> bool:
    """Whether an integer is one of an integer type."""
    low, high = integer_range(type)
    return low <= value <= high


def integer_range(type: Type) -> tuple[int, int]:
    """The least and the greatest integer of a type."""
    half = 1 << (31 if type is I32 else 63)
    return -half, half - 1


def float_value(text: str, type: Type) -> float | None:
    """The float of type F32 or F64 nearest to what a literal writes, or None if that is infinite."""
    digits = text.removeprefix("-")
    if digits[:2] in ("0x", "0X"):
        digits = digits[2:].lstrip("0") or "0"
        if len(digits) > 256:
            return None
        exact = Fraction(int(digits, 16))
        magnitude = float(exact) if exact < 2**1024 - 2**970 else math.inf
    else:
        magnitude = float(digits)
        exact = None
    if type is F32:
        magnitude = _nearest_float32(digits, magnitude, exact)
    if math.isinf(magnitude):
        return None
    return -magnitude if text.startswith("-") else magnitude


def _nearest_float32(digits: str, value: float, exact: Fraction | None) -> float:
    """Round to float32 what `digits` writes.  Rounding `value`, which is rounded already, errs only on a tie."""
    if math.isinf(value):
        return value
    try:
        (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.inf
    if rounded == value or len(digits) > 1000:
        return float(rounded)
    (bits,) = struct.unpack("<I", struct.pack("<f", rounded))
    neighbour = _float32(bits - 1 if rounded > value else bits + 1)
    if math.isinf(neighbour):
        return float(rounded)
    if abs(Fraction(neighbour) - Fraction(value)) != abs(Fraction(rounded) - Fraction(value)):
        return float(rounded)
    written = exact if exact is not None else Fraction(digits)
    low, high = sorted((float(rounded), neighbour))
    middle = (Fraction(low) + Fraction(high)) / 2
    if written == middle:
        return float(rounded)
    return high if written > middle else low


def _float32(bits: int) -> float:
    (value,) = struct.unpack("<f", struct.pack("<I", bits))
    return float(value)
