"""Types of Fun as types of the IR: tuples become their components, one after the other; arrays keep element and rank.

All walks are over one type, which holds at most `types.MAXIMUM_COMPONENTS` components.
"""

from __future__ import annotations

from ssair import types as ir_types
from ssair.frontends.fun.types import BOOL, F32, F64, I32, I64, SIZE, ArrayType, Scalar, TupleType, Type

_SCALARS: dict[Scalar, ir_types.Type] = {
    BOOL: ir_types.BOOL,
    I32: ir_types.I32,
    I64: ir_types.I64,
    SIZE: ir_types.I64,
    F32: ir_types.F32,
    F64: ir_types.F64,
}


def flat_types(type: Type) -> tuple[ir_types.Type, ...]:
    """The types of the components of a value of `type`; one for all but tuples."""
    if isinstance(type, TupleType):
        return tuple([_component_type(component) for component in components(type)])
    return (_component_type(type),)


def _component_type(type: Type) -> ir_types.Type:
    if isinstance(type, ArrayType):
        return ir_types.array_of(_component_type(type.element), type.rank)
    assert isinstance(type, Scalar), type
    return _SCALARS[type]


def components(type: Type) -> list[Type]:
    """The scalars and arrays that a value of `type` is made of, in order."""
    found: list[Type] = []
    stack = [type]
    while stack:
        item = stack.pop()
        if isinstance(item, TupleType):
            stack.extend(reversed(item.elements))
        else:
            found.append(item)
    return found


def component_count(type: Type) -> int:
    """How many values a value of `type` is made of."""
    return type.components if isinstance(type, TupleType) else 1


def component_at(type: Type, path: tuple[int, ...]) -> int:
    """Which component of `type` the path through nested tuples leads to."""
    position = 0
    for step in path:
        assert isinstance(type, TupleType)
        position += sum(map(component_count, type.elements[:step]))
        type = type.elements[step]
    return position
