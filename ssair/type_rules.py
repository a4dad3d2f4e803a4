"""Which operands operations take, and the type of what they give: the rules that the rows of `ssair.ops` name.

A rule gets the types of the operands and, where the result's type does not follow from them, that type as `given`; it
gives the result's type, or raises TypeFault. Elementwise operations take scalars, arrays of one rank, and both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.types import (
    BOOL,
    I64,
    MEM,
    ArrayType,
    PointerType,
    TupleType,
    Type,
    array_of,
    element_type,
    is_float,
    is_integer,
    is_numeric,
    pointer_to,
    rank,
    tuple_of,
)

TypeRule = Callable[[Sequence[Type], "Type | None"], Type]


class TypeFault(Exception):
    """Operands that an operation does not take; the message says what it wants."""


def _shape_of(types: Sequence[Type]) -> int:
    """The rank of an elementwise operation on `types`."""
    ranks = {rank(type) for type in types} - {0}
    if len(ranks) > 1:
        raise TypeFault(f"arrays of different rank: {', '.join(map(str, types))}")
    return ranks.pop() if ranks else 0


def _same_element(types: Sequence[Type]) -> Type:
    element = element_type(types[0])
    for type in types:
        if element_type(type) is not element:
            raise TypeFault(f"operands of different types: {', '.join(map(str, types))}")
    return element


def _elementwise(accepts: Callable[[Type], bool], wanted: str, result: Type | None = None) -> TypeRule:
    known: dict[tuple[Type, ...], Type] = {}  # types are single objects; this takes a fifth off every new instruction

    def rule(types: Sequence[Type], given: Type | None) -> Type:
        key = tuple(types)
        if key not in known:
            element = _same_element(types)
            if not accepts(element):
                raise TypeFault(f"wants {wanted} operands, not {types[0]}")
            known[key] = array_of(result or element, _shape_of(types))
        return known[key]

    return rule


def _is_scalar(type: Type) -> bool:
    return type is BOOL or is_numeric(type)


numeric: Final = _elementwise(is_numeric, "numeric")
integer: Final = _elementwise(is_integer, "integer")
floating: Final = _elementwise(is_float, "float")
bits: Final = _elementwise(lambda type: type is BOOL or is_integer(type), "bool or integer")
boolean: Final = _elementwise(lambda type: type is BOOL, "bool")
comparison: Final = _elementwise(_is_scalar, "scalar", BOOL)
float_test: Final = _elementwise(is_float, "float", BOOL)


def as_given(types: Sequence[Type], given: Type | None) -> Type:
    """The type that is given, whatever the operands are."""
    assert given is not None
    return given


def convert(types: Sequence[Type], given: Type | None) -> Type:
    """The type that is given: of the same rank, and scalar as the operand is."""
    assert given is not None
    if not _is_scalar(element_type(types[0])) or not _is_scalar(element_type(given)) or rank(given) != rank(types[0]):
        raise TypeFault(f"no conversion from {types[0]} to {given}")
    return given


def select(types: Sequence[Type], given: Type | None) -> Type:
    """The type of the last two operands, by a bool."""
    if element_type(types[0]) is not BOOL:
        raise TypeFault(f"wants a bool condition, not {types[0]}")
    return array_of(_same_element(types[1:]), _shape_of(types))


def first(types: Sequence[Type], given: Type | None) -> Type:
    """The type of the first operand."""
    return types[0]


def refine(types: Sequence[Type], given: Type | None) -> Type:
    """The type of both operands, or of the one."""
    if len(types) == 2 and types[0] is not types[1]:
        raise TypeFault(f"operands of different types: {types[0]}, {types[1]}")
    return types[0]


def two_i64(types: Sequence[Type], given: Type | None) -> Type:
    """i64 of i64 operands."""
    if any(type is not I64 for type in types):
        raise TypeFault("wants i64 operands")
    return I64


def check_integers(types: Sequence[Type], given: Type | None) -> Type:
    """The type of the first of two integers; the second has no more elements."""
    if not is_integer(_same_element(types)):
        raise TypeFault(f"wants integer operands, not {types[0]}")
    if _shape_of(types) > rank(types[0]):
        raise TypeFault(f"checks a {types[0]} for each element of {types[1]}: broadcast it first")
    return types[0]


def check_float(types: Sequence[Type], given: Type | None) -> Type:
    """The type of a float."""
    if not is_float(element_type(types[0])):
        raise TypeFault(f"wants a float operand, not {types[0]}")
    return types[0]


def check_bool(types: Sequence[Type], given: Type | None) -> Type:
    """bool of a bool."""
    if types[0] is not BOOL:
        raise TypeFault(f"wants a bool operand, not {types[0]}")
    return BOOL


def _array(type: Type, least: int = 1, most: int | None = None) -> ArrayType:
    if not isinstance(type, ArrayType) or type.rank < least or (most is not None and type.rank > most):
        raise TypeFault(f"wants an array of rank {least if most == least else f'{least} or more'}, not {type}")
    return type


def _indices(types: Sequence[Type]) -> None:
    if any(type is not I64 for type in types):
        raise TypeFault("wants i64 indices")


def index(types: Sequence[Type], given: Type | None) -> Type:
    """An element of an array, or a row of it where there are fewer indices than dimensions."""
    array = _array(types[0], len(types) - 1)
    _indices(types[1:])
    return array_of(array.element, array.rank - len(types) + 1)


def update(types: Sequence[Type], given: Type | None) -> Type:
    """The array, which takes an element or a row at i64 indices."""
    array = _array(types[0], len(types) - 2)
    _indices(types[2:])
    if types[1] is not array_of(array.element, array.rank - len(types) + 2):  # an element, or a row of a scan
        raise TypeFault(f"stores a {types[1]} into {array}")
    return array


def literal(types: Sequence[Type], given: Type | None) -> Type:
    """The array of the operands, one rank above theirs."""
    if any(type is not types[0] for type in types):
        raise TypeFault("elements of different types")
    return array_of(_same_element(types), rank(types[0]) + 1)


def full(types: Sequence[Type], given: Type | None) -> Type:
    """The array of a scalar, with a length for each dimension."""
    _indices(types[1:])
    if not _is_scalar(types[0]):
        raise TypeFault(f"fills with a scalar, not {types[0]}")
    return array_of(types[0], len(types) - 1)


def iota(types: Sequence[Type], given: Type | None) -> Type:
    """An i64 array, of a length."""
    _indices(types)
    return array_of(I64, 1)


def dim(types: Sequence[Type], given: Type | None) -> Type:
    """i64 of an array."""
    _array(types[0])
    return I64


def reduction(
    accepts: Callable[[Type], bool], wanted: str, result: Type | None = None, most: int | None = None
) -> TypeRule:
    """The rule for what is made of all elements of an array of at most `most` dimensions: `result`, or an element."""

    def rule(types: Sequence[Type], given: Type | None) -> Type:
        array = _array(types[0], 1, most)
        if not accepts(array.element):
            raise TypeFault(f"wants an array of {wanted} elements, not {array}")
        return result or array.element

    return rule


def dot(types: Sequence[Type], given: Type | None) -> Type:
    """An element of two arrays of rank 1."""
    left, right = _array(types[0], 1, 1), _array(types[1], 1, 1)
    if left is not right or not is_numeric(left.element):
        raise TypeFault(f"wants two numeric arrays of one type, not {left} and {right}")
    return left.element


def matmul(types: Sequence[Type], given: Type | None) -> Type:
    """The product of two matrices, or of a matrix and a vector."""
    left, right = _array(types[0], 1, 2), _array(types[1], 1, 2)
    if left.element is not right.element or not is_numeric(left.element) or left.rank + right.rank < 3:
        raise TypeFault(f"no matrix product of {left} and {right}")
    return array_of(left.element, left.rank + right.rank - 2)


def transpose(types: Sequence[Type], given: Type | None) -> Type:
    """A matrix."""
    return _array(types[0], 2, 2)


def reverse(types: Sequence[Type], given: Type | None) -> Type:
    """An array."""
    return _array(types[0])


def get(types: Sequence[Type], given: Type | None) -> Type:
    """The type that is given, which the tuple has."""
    assert given is not None
    if not isinstance(types[0], TupleType) or given not in types[0].items:
        raise TypeFault(f"takes a {given} out of {types[0]}")
    return given


def printed(types: Sequence[Type], given: Type | None) -> Type:
    """Nothing, of scalars and arrays."""
    if any(not _is_scalar(element_type(type)) for type in types):
        raise TypeFault("prints scalars and arrays")
    return tuple_of(())


def _pointer(type: Type) -> PointerType:
    if not isinstance(type, PointerType):
        raise TypeFault(f"wants a pointer, not {type}")
    return type


def alloc(types: Sequence[Type], given: Type | None) -> Type:
    """The pointer type that is given, of an i64 number of cells."""
    assert given is not None
    _indices(types)
    return _pointer(given)


def memory(types: Sequence[Type], given: Type | None) -> Type:
    """A version of the memory."""
    return MEM


def load(types: Sequence[Type], given: Type | None) -> Type:
    """What the pointer points to, by a version of the memory."""
    if types[1] is not MEM:
        raise TypeFault(f"wants a memory version, not {types[1]}")
    return _pointer(types[0]).target


def store(types: Sequence[Type], given: Type | None) -> Type:
    """The next version of the memory."""
    if types[1] is not _pointer(types[0]).target:
        raise TypeFault(f"stores a {types[1]} through {types[0]}")
    return MEM


def free(types: Sequence[Type], given: Type | None) -> Type:
    """The next version of the memory."""
    _pointer(types[0])
    return MEM


def ptradd(types: Sequence[Type], given: Type | None) -> Type:
    """The pointer type, of an i64 distance."""
    _indices(types[1:])
    return pointer_to(_pointer(types[0]).target)
