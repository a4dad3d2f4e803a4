"""The operations that give a value of a type, found by asking the type rules of the table.

Ensures: every pure operation on scalars and vectors is there for every type that it can give, so that an operation
added to `ssair.ops` is drawn by the generators from then on. Made once, at import: a few hundred questions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final, NamedTuple

from ssair.ops import OPS, Aux, Op
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of, is_float

SCALARS: Final[tuple[Type, ...]] = (I64, BOOL, F64, I32, F32)
VECTORS: Final[tuple[Type, ...]] = tuple(array_of(type, 1) for type in SCALARS)

#: What rounds in ways of its own on a device, or is not one operation there.
INEXACT: Final = frozenset(
    {"div", "floordiv", "mod", "pow", "sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "sum", "prod", "dot", "matmul"}
)
#: How often an operation is drawn, where it is not once: what most programs are made of, and most rules are about.
_OFTEN: Final = {"add": 5, "sub": 4, "mul": 3, "and": 2, "min": 2, "max": 2, "select": 2, "index": 4, "update": 4}
_OFTEN_TRUE: Final = {"lt": 3, "le": 3, "gt": 3, "ge": 3, "eq": 3, "ne": 3}
#: Lengths must be static, so that what makes arrays is written by the regions.
_BY_HAND: Final = frozenset({"full", "iota", "array", "const", "convert", "get", "matmul", "transpose"})


class Way(NamedTuple):
    """One way to make a value: an operation on operands of these types; `exact` as for generated programs."""

    op: Op
    operands: tuple[Type, ...]
    given: Type | None
    exact: bool


def _signatures() -> Iterator[tuple[Op, tuple[Type, ...], Type | None]]:
    """Operations, operand types, and the type to be given, as far as they could fit together."""
    for op in OPS.values():
        if not op.pure or op.name in _BY_HAND:
            continue
        if op.name == "select":
            yield from ((op, (BOOL, type, type), None) for type in SCALARS)
        elif op.name == "index":
            yield from ((op, (vector, index), None) for vector in VECTORS for index in (I64,))
        elif op.name == "update":
            yield from ((op, (vector, type, I64), None) for vector, type in zip(VECTORS, SCALARS, strict=True))
        elif op.aux in (Aux.NONE, Aux.NUMBER):
            yield from ((op, (type,) * max(op.arity, 1), None) for type in (*SCALARS, *VECTORS))
            if op.arity == 2:
                yield from ((op, pair, None) for pair in zip(VECTORS, SCALARS, strict=True))
    yield from ((OPS["convert"], (source,), target) for source, target in itertools.permutations(SCALARS, 2))


def _found() -> dict[Type, tuple[Way, ...]]:
    ways: dict[Type, list[Way]] = {}
    for op, operands, given in _signatures():
        try:
            result = op.result_type(operands, given)
        except TypeFault:
            continue
        exact = op.name not in INEXACT or not any(is_float(operand) for operand in map(_element, operands))
        times = _OFTEN.get(op.name, 1) if result is not BOOL else _OFTEN_TRUE.get(op.name, 1)
        ways.setdefault(result, []).extend([Way(op, operands, given, exact)] * times)
    return {type: tuple(found) for type, found in ways.items()}


def _element(type: Type) -> Type:
    return SCALARS[VECTORS.index(type)] if type in VECTORS else type


WAYS: Final[dict[Type, tuple[Way, ...]]] = _found()
"""The ways to make a value of each type of `SCALARS` and `VECTORS`, each as often as its weight."""
EXACT_WAYS: Final[dict[Type, tuple[Way, ...]]] = {
    type: tuple(way for way in ways if way.exact) for type, ways in WAYS.items()
}
"""The same without those whose floats a kernel may round otherwise."""
