"""What a `size` trap says: templates over its two values, which name the sizes as the program writes them.

Ensures: a text of bounded length in which `{0}` and `{1}` stand for the values of the trap.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.frontends.fun import ast
from ssair.frontends.fun.report import shortened
from ssair.frontends.fun.sizes import Size
from ssair.frontends.fun.types import ArrayType, TupleType, Type

STEP_MESSAGE = "a step of {0} is less than {1}"


def size_of_source(source: ast.SizeSource, operands: Sequence[ast.Expression]) -> Size | None:
    """The size that a source of an operation on `operands` means, in the names of the function around it."""
    if isinstance(source, ast.LiteralSize):
        return None
    operand = operands[source.operand]
    if isinstance(source, ast.OperandValue):
        return operand.size
    part = _part(operand.type, source.path)
    return part.dims[source.axis] if isinstance(part, ArrayType) else None


def _part(type: Type, path: Sequence[int]) -> Type:
    for place in path:
        assert isinstance(type, TupleType)
        type = type.elements[place]
    return type


def differing_sizes(left: Size | None, right: Size | None) -> str:
    """Two sizes that should be equal; None is one that the other has to be, by a number in the program."""
    names = [_name(size) for size in (left, right)]
    if names[0] and names[1]:
        return f"{names[0]} is {{0}}, but {names[1]} is {{1}}"
    return f"{names[1]} is {{1}}, not {{0}}" if names[1] else f"{names[0] or 'a length'} is {{0}}, not {{1}}"


def differing_parameters(function: ast.Function, check: ast.SizeCheck) -> str:
    """A dimension of a parameter that is not what the signature says: a number, or what its name stands for."""
    assert isinstance(check.right, ast.OperandDim)
    place = _dimension(function, check.right)
    if isinstance(check.left, ast.LiteralSize):
        return f"{place} is {{1}}, not {{0}}"
    parameter = function.parameters[check.right.operand]
    part = _part(parameter.type, check.right.path)
    assert isinstance(part, ArrayType)
    return f"`{shortened(str(part.dims[check.right.axis]))}` is {{0}}, but {place} is {{1}}"


def _dimension(function: ast.Function, source: ast.OperandDim) -> str:
    path = "".join(f"[{place}]" for place in source.path)
    return f"dimension {source.axis} of `{shortened(function.parameters[source.operand].binding.name + path)}`"


def negative_length(size: Size | None) -> str:
    """A length below zero."""
    name = _name(size)
    return f"negative length: {name} is {{0}}" if name else "negative length {0}"


def too_large(size: Size | None) -> str:
    """The argument of a `size` parameter that is beyond what a size can be; its value is the second one."""
    return f"{_name(size) or 'the size'} is {{1}}, but a size is at most {{0}}"


def too_small(size: Size | None) -> str:
    """The argument of a `size` parameter that is below what a size can be."""
    return f"{_name(size) or 'the size'} is {{0}}, but a size is at least {{1}}"


def _name(size: Size | None) -> str:
    """A size between backquotes; nothing for a number, and for one that has no text."""
    if size is None or size.constant is not None or "?" in str(size):
        return ""
    return f"`{shortened(str(size))}`"
