"""Rules on scalars that no pattern can say: conversions, rounding, comparisons and extremes that relations decide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.ir import Instr
from ssair.ops import COMPARISONS, CONVERT, OPS, Op
from ssair.passes.known_relations import KnownRelations
from ssair.passes.replacement import Constant, NewOperation, Replacement
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, element_type, is_float

Rule = Callable[[Instr, KnownRelations], Replacement | None]

#: The conversions that lose nothing, and can be taken back by the opposite one.
_EXACT: Final[frozenset[tuple[Type, Type]]] = frozenset(
    {(I32, I64), (I32, F64), (F32, F64), (BOOL, I32), (BOOL, I64), (BOOL, F32), (BOOL, F64)}
)
_MIN: Final = OPS["min"]
_ROUNDING: Final = frozenset(OPS[name] for name in ("floor", "ceil", "round"))


def _convert(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """A conversion to the type that is there already, or back from one that lost nothing."""
    value = instr.args[0].find()
    if value.type is instr.type:
        return value
    inner = relations.origin(value)
    if isinstance(inner, Instr) and inner.op is CONVERT:
        start, middle, end = (element_type(type) for type in (inner.args[0].type, inner.type, instr.type))
        if (start, middle) in _EXACT:
            if start is end:
                return inner.args[0].find()
            if start is I32 and middle is I64 and is_float(end):
                return NewOperation(CONVERT, (inner.args[0].find(),), None)
    return None


def _round(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """What is whole already stays."""
    value = instr.args[0].find()
    inner = relations.origin(value)
    if not isinstance(inner, Instr):
        return None
    whole = inner.op in _ROUNDING or (inner.op is CONVERT and not is_float(element_type(inner.args[0].type)))
    return value if whole else None


def _sign(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """A sign is its own sign."""
    inner = relations.origin(instr.args[0])
    return instr.args[0].find() if isinstance(inner, Instr) and inner.op is instr.op else None


def _compare(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """A comparison that refinements on the way to its operands decide."""
    left, right = instr.args
    if isinstance(instr.type, ArrayType):
        return None
    truth = relations.truth(left, instr.op.name, right, promises=False)
    return Constant(truth) if truth is not None else None


def _extreme(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """The greater or smaller of two values, where relations tell which that is; floats must differ, for their zeros
    are ordered by sign."""
    left, right = instr.args
    if isinstance(instr.type, ArrayType) or not relations.speak_of(*map(relations.origin, instr.args)):
        return None
    order = "lt" if is_float(instr.type) else "le"
    for low, high in ((left, right), (right, left)):
        if relations.truth(low, order, high) is True:
            return (low if instr.op is _MIN else high).find()
    return None


#: Rules that hold only where a relation of the two operands is known.
RELATIONAL: Final = frozenset({_compare, _extreme})
SCALAR_RULES: Final[dict[Op, Rule]] = {
    CONVERT: _convert,
    OPS["sign"]: _sign,
    **dict.fromkeys(_ROUNDING, _round),
    **dict.fromkeys((_MIN, OPS["max"]), _extreme),
    **dict.fromkeys(COMPARISONS.values(), _compare),
}
