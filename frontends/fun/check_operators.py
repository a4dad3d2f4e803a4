"""The typing rules of operators."""

from __future__ import annotations

from collections.abc import Callable

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.ast import OperandDim, SizeCheck
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.sizes import Size, add, floor_divide, multiply, subtract
from ssair.frontends.fun.types import BOOL, FLOATS, I64, INTEGERS, Scalar, Type
from ssair.frontends.fun.typing_rules import shown
from ssair.frontends.fun.unify import ALL_SCALARS, NUMBERS, dims_of, element_of, error_type, is_open, prune

_SIZE_OPERATIONS: dict[str, Callable[[Size, Size], Size]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "//": floor_divide,
}

_OPERATOR_CHOICES: dict[str, tuple[Scalar, ...]] = {
    **dict.fromkeys(("+", "-", "*", "//", "%", "**", "@"), NUMBERS),
    "/": FLOATS,
    **dict.fromkeys(("&", "|", "^", "<<", ">>"), INTEGERS),
    **dict.fromkeys(("<", "<=", ">", ">="), NUMBERS),
    **dict.fromkeys(("==", "!="), ALL_SCALARS),
}
"""The scalars that each operator is for."""


def unary(checking: Checking, node: ast.Unary) -> Rule:
    """`-` of numbers, `!` of a truth value."""
    yield node.operand
    if node.operator == "!":
        node.type = _negation(checking, node.operand)
    elif checking.rules.require_elements(node.operand, NUMBERS, "`-`"):
        node.type = prune(node.operand.type)
    else:
        node.type = error_type()


def _negation(checking: Checking, operand: ast.Expression) -> Type:
    if not dims_of(operand.type):
        checking.rules.require(operand, BOOL, "the operand of `!`")
        return BOOL
    text = checking.report.text_of(operand.span)
    place = text if isinstance(operand, ast.Name) else f"({text})"
    help = f"write `{place} == false`" if text and element_of(operand.type) is BOOL else ""
    checking.report.add("E0302", f"`!` is for scalars, but this is {shown(operand.type)}", operand.span, help=help)
    return error_type()


def binary(checking: Checking, node: ast.Binary) -> Rule:
    """One element type on both sides; a size where both sides are."""
    yield node.left
    yield node.right
    left, right = node.left, node.right
    if left.type is I64 and right.type is I64 and node.operator not in ("/", "@"):
        node.type = I64
    elif node.operator == "@":
        _matrix_product(checking, node)
    else:
        _elementwise(checking, node)
    size_operation = _SIZE_OPERATIONS.get(node.operator)
    if size_operation is not None and left.size is not None and right.size is not None:
        node.size = size_operation(left.size, right.size)


def logical(checking: Checking, node: ast.Logical) -> Rule:
    """Scalar truth values."""
    node.type = BOOL
    operands = (node.left, node.right)
    yield from operands
    array = next((operand for operand in operands if dims_of(operand.type)), None)
    if array is None:
        for operand in operands:
            checking.rules.require(operand, BOOL, f"an operand of `{node.operator}`")
        return
    left, right = (checking.report.text_of(operand.span) for operand in operands)
    choices = f"{left}, {right}, false" if node.operator == "&&" else f"{left}, true, {right}"
    help = f"write `select({choices})`" if left and right and element_of(array.type) is BOOL else ""
    message = f"`{node.operator}` is for scalars, but this is {shown(array.type)}"
    checking.report.add("E0302", message, node.span, [(f"this is {shown(array.type)}", array.span)], help)
    node.type = error_type()


def compare(checking: Checking, node: ast.Compare) -> Rule:
    """A truth value, or an array of them for two operands with an array."""
    yield from node.operands
    node.type = BOOL
    for place, operator in enumerate(node.operators):
        pair = node.operands[place : place + 2]
        what = f"`{operator}`"
        element = _operands_agree(checking, pair, _OPERATOR_CHOICES[operator], what, node.span)
        if is_open(element):
            continue
        dims, checks = checking.rules.elementwise(pair, what, node.span)
        if dims and len(node.operators) > 1:
            message = "a chain of comparisons is for scalars"
            array = next(operand for operand in pair if dims_of(operand.type))
            checking.report.add("E0302", message, array.span, help="compare two at a time")
        elif dims:
            node.checks = checks
            node.type = checking.rules.shaped(BOOL, dims, node.span)


def _elementwise(checking: Checking, node: ast.Binary) -> None:
    what = f"`{node.operator}`"
    node.type = _operands_agree(checking, [node.left, node.right], _OPERATOR_CHOICES[node.operator], what, node.span)
    if not is_open(node.type):
        dims, node.checks = checking.rules.elementwise([node.left, node.right], what, node.span)
        node.type = checking.rules.shaped(node.type, dims, node.span)


def _operands_agree(
    checking: Checking, operands: list[ast.Expression], allowed: tuple[Scalar, ...], what: str, span: Span
) -> Type:
    """The one element type that two operands have; open after a fault."""
    fine = all(checking.rules.require_elements(operand, allowed, what) for operand in operands)
    if not fine or not checking.rules.same_elements(operands[0], operands[1], what, span):
        return error_type()
    return error_type() if any(is_open(operand.type) for operand in operands) else element_of(operands[0].type)


def _matrix_product(checking: Checking, node: ast.Binary) -> None:
    left, right = node.left, node.right
    node.type = error_type()
    element = _operands_agree(checking, [left, right], NUMBERS, "`@`", node.span)
    if is_open(left.type) or is_open(right.type) or is_open(element):
        return
    left_dims, right_dims = dims_of(left.type), dims_of(right.type)
    if (len(left_dims), len(right_dims)) not in ((2, 2), (2, 1), (1, 2)):
        types = f"{shown(left.type)} and {shown(right.type)}"
        message = f"`@` is for two matrices or a matrix and a vector, not {types}"
        texts = [checking.report.text_of(operand.span) for operand in (left, right)]
        vectors = f"{texts[0]}, {texts[1]}" if all(texts) else "xs, ys"
        help = f"use `dot({vectors})`" if len(left_dims) == len(right_dims) == 1 else ""
        help = "use `*`" if not left_dims or not right_dims else help
        checking.report.add("E0302", message, node.span, help=help)
        return
    if checking.rules.sizes_may_agree(left_dims[-1], right_dims[0], "`@`", node.span, (left, right)):
        node.checks = (SizeCheck(OperandDim(0, (), len(left_dims) - 1), OperandDim(1, (), 0)),)
    node.type = checking.rules.shaped(element, left_dims[:-1] + right_dims[1:], node.span)
