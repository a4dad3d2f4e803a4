"""The literals of Bril: texts and JSON values to constants of a type, exactly.

Ensures: linear time; what is no constant of the type is None. Integers are taken at their exact value, floats rounded
once, to the nearest.
"""

from __future__ import annotations

import math
import re
from typing import Final

from ssair.constants import Scalar
from ssair.types import BOOL, F64, I64, Type, integer_range

_INTEGER: Final = re.compile(r"[+-]?(?=[0-9])0*+[0-9]{0,19}")
_FLOAT: Final = re.compile(r"[+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?")
_BOOLS: Final = {"true": True, "false": False}
_LEAST, _GREATEST = integer_range(I64)


def read_literal(type: Type, text: str) -> Scalar | None:
    """The constant of `type` that a text stands for."""
    if type is I64:
        return int(text) if len(text) < 19 and text.isascii() and text.isdecimal() else read_integer(text)
    if type is F64:
        return _read_float(text) if _FLOAT.fullmatch(text) else None
    return _BOOLS.get(text) if type is BOOL else None


def _read_float(text: str) -> float:
    value = float(text)
    return abs(value) if value == 0.0 and text.lstrip("+-").isdecimal() else value  # `-0` is the integer 0


def read_integer(text: str) -> int | None:
    """The integer that a text of digits stands for; None if 64 bits do not hold it."""
    if not _INTEGER.fullmatch(text):
        return None
    value = int(text.lstrip("+-").lstrip("0") or "0") * (-1 if text.startswith("-") else 1)
    return value if _LEAST <= value <= _GREATEST else None


def constant_of(type: Type, value: object) -> Scalar | None:
    """The constant of `type` that a JSON value stands for; floats may be written as integers."""
    if isinstance(value, bool):
        return value if type is BOOL else None
    if type is F64 and isinstance(value, int | float):
        return _nearest_float(value)
    if type is I64 and isinstance(value, int | float) and value == value // 1 and _LEAST <= value <= _GREATEST:
        return int(value)
    return None


def _nearest_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond the floats
        return math.inf if value > 0 else -math.inf
