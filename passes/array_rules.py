"""Rules on arrays: lengths of what was made of other arrays, and elements of what was written.

`index` and `update` clamp, and an element of an empty array is zero. So reading back what was written needs the index
proved in range, and telling two places apart needs both proved (clamping aliases them).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.constants import ArrayConst
from ssair.facts import IntFact
from ssair.ir import Instr, Value
from ssair.ops import DIM, INDEX, OPS, UPDATE, Op
from ssair.passes.check_rules import is_index
from ssair.passes.known_relations import KnownRelations
from ssair.passes.replacement import Constant, NewOperation, Replacement
from ssair.types import rank

_FULL: Final = OPS["full"]
_IOTA: Final = OPS["iota"]
_ARRAY: Final = OPS["array"]
_TRANSPOSE: Final = OPS["transpose"]
_CONST: Final = OPS["const"]
_MATMUL: Final = OPS["matmul"]
_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_WORD: Final = 1 << 64
#: How many additions of constants are looked through.
_FAR: Final = 8


def _dim(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """The length of a dimension, by the operation that made the array."""
    number = instr.aux
    assert isinstance(number, int)
    source = relations.shape_source(instr.args[0])
    if isinstance(source, Instr):
        if source.op in (_FULL, _IOTA):
            length = source.args[number + (source.op is _FULL)].find()
            return length if isinstance(length.fact, IntFact) and length.fact.lo >= 0 else None
        if source.op is _CONST and isinstance(source.aux, ArrayConst):
            return Constant(source.aux.shape[number])
        if source.op is _ARRAY:
            if number == 0:
                return Constant(len(source.args))
            return NewOperation(DIM, (source.args[0].find(),), number - 1)
        if source.op is _TRANSPOSE:
            return NewOperation(DIM, (source.args[0].find(),), 1 - number)
        if source.op is _MATMUL:
            rows = rank(source.args[0].type) - 1
            factor = number < rows
            return NewOperation(DIM, (source.args[not factor].find(),), number if factor else number - rows + 1)
        if source.op is INDEX:
            return NewOperation(DIM, (source.args[0].find(),), number + len(source.args) - 1)
    extent = relations.length_of_result(source, number)
    if extent is not None:
        return extent if isinstance(extent.fact, IntFact) and extent.fact.lo >= 0 else None
    return NewOperation(DIM, (source,), number) if source is not relations.origin(instr.args[0]) else None


def _is_place(array: Value, indices: Sequence[Value], relations: KnownRelations) -> bool:
    """Whether indices are surely in the range of an array's dimensions."""
    source = relations.shape_source(array)
    return all(_is_within(index, source, number, relations) for number, index in enumerate(indices))


def _is_within(index: Value, source: Value, number: int, relations: KnownRelations) -> bool:
    assert isinstance(index.fact, IntFact)
    if index.fact.lo < 0:
        return False
    length = _length(source, number)
    if length is not None:
        return is_index(index, length, relations)
    return any(
        predicate == "lt" and _is_length(relations.origin(bound), source, number, relations)
        for predicate, bound in relations.stated(index)
    )


def _length(source: Value, number: int) -> Value | None:
    """The value that a dimension of a `full` or `iota` was made from."""
    if isinstance(source, Instr) and source.op in (_FULL, _IOTA):
        return source.args[number + (source.op is _FULL)]
    return None


def _is_length(bound: Value, source: Value, number: int, relations: KnownRelations) -> bool:
    """Whether `bound` is the `dim` of an array of the shape of `source`."""
    return (
        isinstance(bound, Instr)
        and bound.op is DIM
        and bound.aux == number
        and relations.shape_source(bound.args[0]) is source
    )


def _same_place(left: Sequence[Value], right: Sequence[Value], relations: KnownRelations) -> bool:
    return len(left) == len(right) and all(map(relations.same, left, right))


def _apart(left: Sequence[Value], right: Sequence[Value], relations: KnownRelations) -> bool:
    """Whether some index surely differs."""
    return any(
        (isinstance(a.fact, IntFact) and (a.fact & b.fact).is_bottom)
        or relations.truth(a, "ne", b) is True
        or _constantly_apart(a, b, relations)
        for a, b in zip(left, right, strict=True)
    )


def _constantly_apart(left: Value, right: Value, relations: KnownRelations) -> bool:
    """Whether two values are one value plus constants that differ: so they do, wherever the sums wrap."""
    (base, more), (other, others) = (_base_and_constant(value, relations) for value in (left, right))
    return base is other and (more - others) % _WORD != 0


def _base_and_constant(value: Value, relations: KnownRelations) -> tuple[Value, int]:
    """A value without the constants added to it, and their sum."""
    total = 0
    for _ in range(_FAR):
        value = relations.origin(value)
        if not isinstance(value, Instr) or value.op not in (_ADD, _SUB):
            break
        constant = value.args[1].find().fact.constant
        if not isinstance(constant, int):
            break
        total += constant if value.op is _ADD else -constant
        value = value.args[0]
    return relations.origin(value), total


def _index(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """An element of what was written, filled or listed."""
    array, indices = relations.origin(instr.args[0]), [value.find() for value in instr.args[1:]]
    if not isinstance(array, Instr) or rank(instr.type):
        return None
    if array.op is INDEX:  # an element of a row
        return NewOperation(INDEX, (*[value.find() for value in array.args], *indices), None)
    if array.op is _TRANSPOSE:
        return NewOperation(INDEX, (array.args[0].find(), *reversed(indices)), None)
    if array.op is UPDATE:
        base, value, *places = array.args
        if not _is_place(array, indices, relations):
            return None
        if _same_place(indices, places, relations):
            return value.find()
        if _apart(indices, places, relations) and _is_place(array, places, relations):
            return NewOperation(INDEX, (base.find(), *indices), None)
    elif array.op is _FULL and _is_place(array, indices, relations):
        return array.args[0].find()
    elif array.op is _IOTA and _is_place(array, indices, relations):
        return indices[0]
    elif array.op is _ARRAY and len(indices) == 1:
        place = indices[0].fact.constant
        if isinstance(place, int):
            return array.args[min(max(place, 0), len(array.args) - 1)].find()
    elif isinstance(array.aux, ArrayConst) and array.aux.values:
        return _element(array.aux, indices)
    return None


def _element(array: ArrayConst, indices: Sequence[Value]) -> Replacement | None:
    """The element of a constant array at known places, clamped."""
    flat = 0
    for index, length in zip(indices, array.shape, strict=True):
        place = index.fact.constant
        if not isinstance(place, int):
            return None
        flat = flat * length + min(max(place, 0), length - 1)
    return Constant(array.values[flat])


def _update(instr: Instr, relations: KnownRelations) -> Replacement | None:
    """Writing back what is there, and writing over what was just written; exact at clamped places too."""
    array, value, *places = instr.args
    written, base = relations.origin(value), relations.origin(array)
    if isinstance(written, Instr) and written.op is INDEX:
        source, *read = written.args
        if relations.same(source, array) and _same_place(places, read, relations):
            return array.find()
    if isinstance(base, Instr) and base.op is UPDATE and _same_place(places, base.args[2:], relations):
        return NewOperation(UPDATE, (base.args[0].find(), value.find(), *places), None)
    return None


ARRAY_RULES: Final[dict[Op, Callable[[Instr, KnownRelations], Replacement | None]]] = {
    DIM: _dim,
    INDEX: _index,
    UPDATE: _update,
}
