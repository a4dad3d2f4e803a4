"""The typing rules of indexing, `with`, array literals and tuples."""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.ast import OperandDim, SizeCheck
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.sizes import constant_size
from ssair.frontends.fun.types import TupleType
from ssair.frontends.fun.typing_rules import shown
from ssair.frontends.fun.unify import DimPair, dims_of, element_of, error_type, is_open, prune, unify


def index(checking: Checking, node: ast.Index) -> Rule:
    """An element, or a row where there are fewer indices than dimensions."""
    yield node.array
    yield from node.indices
    node.type = error_type()
    for index in node.indices:
        checking.rules.require_integer(index, "an index")
    array = checking.rules.require_array(node.array, "what is indexed")
    if array is None:
        return
    if len(node.indices) > array.rank:
        message = f"{len(node.indices)} indices for {shown(array)}, which has {_dimensions(array.rank)}"
        checking.report.add("E0306", message, node.span)
        return
    node.type = checking.rules.shaped(array.element, array.dims[len(node.indices) :], node.span)


def with_element(checking: Checking, node: ast.With) -> Rule:
    """The array; the value is an element of it."""
    yield node.array
    yield from node.indices
    yield node.value
    for index in node.indices:
        checking.rules.require_integer(index, "an index")
    array = checking.rules.require_array(node.array, "what `with` changes")
    node.type = array if array is not None else error_type()
    if array is None:
        return
    if len(node.indices) != array.rank:
        message = f"`with` needs an index for each dimension: {shown(array)} has {_dimensions(array.rank)}"
        checking.report.add("E0306", message, node.span)
    elif dims_of(node.value.type) or not unify(array.element, node.value.type, []):
        message = f"an element of {shown(array)} is {shown(array.element)}, but this is {shown(node.value.type)}"
        help = checking.rules.conversion_help(array.element, node.value.type, node.value)
        checking.report.add("E0301", message, node.value.span, [("the array", node.array.span)], help)


def array_literal(checking: Checking, node: ast.ArrayLiteral) -> Rule:
    """Elements of one type; their shapes must agree."""
    yield from node.elements
    first = next((each for each in node.elements if not is_open(each.type)), node.elements[0])
    node.type = error_type()
    if isinstance(prune(first.type), TupleType):
        message = "the elements of an array are scalars or arrays, not tuples"
        checking.report.add("E0302", message, first.span, help="write a tuple of arrays")
        return
    checks: list[SizeCheck] = []
    for place, element in enumerate(node.elements):
        dims: list[DimPair] = []
        if not unify(first.type, element.type, dims):
            message = f"the elements of an array have one type: {shown(first.type)} is not {shown(element.type)}"
            notes = [(f"this is {shown(first.type)}", first.span)]
            help = checking.rules.common_type_help(first, element)
            checking.report.add("E0301", message, element.span, notes, help)
            return
        checks += (
            SizeCheck(OperandDim(0, (), pair.axis), OperandDim(place, (), pair.axis))
            for pair in dims
            if checking.rules.sizes_may_agree(pair.left, pair.right, "an array of arrays", element.span, (first,))
        )
    node.checks = tuple(checks)
    dims_and_length = (constant_size(len(node.elements)), *dims_of(first.type))
    node.type = checking.rules.shaped(element_of(first.type), dims_and_length, node.span)


def tuple_expression(checking: Checking, node: ast.Tuple) -> Rule:
    """The types of the elements."""
    yield from node.elements
    node.type = checking.annotations.tuple(tuple(prune(element.type) for element in node.elements), node)


def _dimensions(rank: int) -> str:
    return f"{rank} dimension{'s' if rank > 1 else ''}"
