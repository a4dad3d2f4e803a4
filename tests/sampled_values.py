"""Values of each scalar type to try operations on, and the scalar operations with their types."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from ssair.ops import OPS, Aux
from ssair.semantics import dtype_of
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F32, F64, I32, I64, Type, integer_range, is_integer

Array = npt.NDArray[Any]
#: The name of an operation, the operand types, the result type, the immediate.
Case = tuple[str, tuple[Type, ...], Type, object]


def sample(type: Type) -> Array:
    """Values of a scalar type in ascending order, NaN and -0.0 of floats at the end: small ones, corners, extremes."""
    if type is BOOL:
        return np.array([False, True])
    if is_integer(type):
        least, greatest = integer_range(type)
        corners = [least, least + 1, least // 2, -65, 31, 32, 33, 62, 63, 64, 65, 2**15, 2**16, 2**24 + 1]
        corners += [-(2**31), 2**31 - 1, greatest // 2, greatest // 2 + 1, greatest - 1, greatest]
        return np.array(sorted({*corners, *range(-9, 10)}), dtype_of(type))
    info = np.finfo(dtype_of(type))
    positive = [float(info.smallest_subnormal), float(info.tiny), 1e-30, 0.3, 0.5, 1.0, 1.5, 2.0, 2.5, 3e10]
    positive += [2.0**31 - 128, 2.0**31, 2.0**63, float(info.max) / 2, float(info.max), math.inf]
    return np.array([-x for x in reversed(positive)] + [0.0] + positive + [math.nan, -0.0], dtype_of(type))


VALUES: dict[Type, Array] = {type: sample(type) for type in (BOOL, I32, I64, F32, F64)}


def signatures() -> Iterator[Case]:
    """The scalar pure operations, each with the operand types, the result type and the immediate to try it with."""
    for name, op in OPS.items():
        if not op.pure or op.arity < 1 or op.aux is not Aux.NONE or name == "iota":
            continue
        for types in itertools.product(VALUES, repeat=op.arity) if name == "select" else same_types(op.arity):
            for given in VALUES if op.typed else (None,):
                try:
                    yield name, types, op.result_type(types, given), None
                except TypeFault:
                    continue


def same_types(arity: int) -> Iterator[tuple[Type, ...]]:
    return ((type,) * arity for type in VALUES)


CASES = [case for case in signatures() if not (case[0] == "select" and case[1][1:] not in ((I32, I32), (F64, F64)))]
