"""Conversion to ANF of what evaluates its operands and then does one thing: operators, built-ins, arrays, calls.

Each `plan_…` plans the operands in the order of evaluation; each `finish_…` finds them converted, and makes first the
size checks, then the operation's own checks from left to right, then the operation.  A check that a literal passes is
not made.  An elementwise operation checks every element, so a scalar that an array meets is broadcast before its check.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Final

from ssair.constants import ArrayConst
from ssair.diagnostics import Span
from ssair.facts import MAX_SIZE
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion, Step, Subject
from ssair.frontends.fun.anf_fragment import Fragment, integer, is_known_at_least
from ssair.frontends.fun.anf_nodes import Atom, Constant, Let, Name
from ssair.frontends.fun.anf_sizes import check_sizes, checked_length, dimension
from ssair.frontends.fun.anf_types import flat_types
from ssair.frontends.fun.size_messages import too_large, too_small
from ssair.frontends.fun.types import ArrayType
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of, element_type, is_float, is_integer, rank

BINARY: Final = {
    "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul",
    "&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "shr",
}  # fmt: skip
COMPARISON: Final = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_CONVERSIONS: Final = {"bool": BOOL, "i32": I32, "i64": I64, "f32": F32, "f64": F64}


def plan_operation(
    conversion: Conversion, node: Subject, operands: Sequence[ast.Expression], finish: Step[Subject]
) -> None:
    """Plan the operands, then what is done with them."""
    for operand in operands:
        conversion.plan_value(operand)
    conversion.plan(finish, node)


def give_literal(conversion: Conversion, node: ast.Literal) -> None:
    """A literal is an atom."""
    assert node.value is not None
    conversion.give(Fragment(), Constant(flat_types(node.type)[0], node.value))


def give_name(conversion: Conversion, node: ast.Name) -> None:
    """A name is what it is bound to."""
    conversion.give(Fragment(), *conversion.value_of(node.binding))


def finish_tuple(conversion: Conversion, node: ast.Tuple) -> None:
    """A tuple is its components."""
    fragment, values = conversion.take_operands(len(node.elements))
    conversion.give(fragment, *chain.from_iterable(values))


# ---- operators ----------------------------------------------------------------------------------------------------


def finish_unary(conversion: Conversion, node: ast.Unary) -> None:
    """`-x` and, where the value is wanted, `!x`."""
    fragment, ((operand,),) = conversion.take_operands(1)
    conversion.give(fragment, fragment.let("neg" if node.operator == "-" else "not", (operand,), node.span))


def finish_binary(conversion: Conversion, node: ast.Binary) -> None:
    """An arithmetic or bit operation."""
    fragment, values = conversion.take_operands(2)
    check_sizes(conversion, fragment, node.checks, (node.left, node.right), values, node.span)
    (left,), (right,) = values
    op = BINARY[node.operator]
    if is_integer(element_type(right.type)):
        if op in ("floordiv", "mod") and not (isinstance(right, Constant) and right.value):
            right = _check_elements(conversion, fragment, "check_nonzero", "divide", right, left, node)
        elif op == "pow" and not is_known_at_least(right, 0):
            right = _check_elements(conversion, fragment, "check_exponent", "exponent", right, left, node)
    conversion.give(fragment, fragment.let(op, (left, right), node.span))


def _check_elements(
    conversion: Conversion, fragment: Fragment, op: str, kind: str, subject: Atom, other: Atom, node: ast.Binary
) -> Name:
    """Check `subject`, the right operand, in every element of the operation that it and `other` take part in."""
    if rank(subject.type) < rank(other.type):
        dims = _dimensions(conversion, fragment, other, node.left)
        subject = fragment.let("full", (subject, *dims), node.span)
    return fragment.check(op, (subject, other), node.span, kind)


def _dimensions(conversion: Conversion, fragment: Fragment, array: Atom, node: ast.Expression) -> list[Atom]:
    """The dimensions of an array, the value of `node`."""
    return [dimension(conversion, fragment, array, node.type, axis, node.span) for axis in range(rank(array.type))]


def finish_comparison(conversion: Conversion, node: ast.Compare) -> None:
    """A comparison of two operands, which may be arrays."""
    fragment, values = conversion.take_operands(2)
    check_sizes(conversion, fragment, node.checks, node.operands, values, node.span)
    (left,), (right,) = values
    conversion.give(fragment, fragment.let(COMPARISON[node.operators[0]], (left, right), node.span))


# ---- built-in functions -------------------------------------------------------------------------------------------

#: Adds a built-in function on its arguments to a fragment; gives the result.
_Builtin = Callable[[Conversion, Fragment, ast.BuiltinCall, list[Atom]], Atom]


def finish_builtin(conversion: Conversion, node: ast.BuiltinCall) -> None:
    """A built-in function: an operation of the same name, unless the table below has it."""
    fragment, values = conversion.take_operands(len(node.arguments))
    check_sizes(conversion, fragment, node.checks, node.arguments, values, node.span)
    arguments = [atom for (atom,) in values]
    special = _BUILTINS.get(node.name)
    if special is not None:
        conversion.give(fragment, special(conversion, fragment, node, arguments))
    else:
        conversion.give(fragment, fragment.let(node.name, arguments, node.span))


def _convert(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    (operand,) = arguments
    source, target = element_type(operand.type), _CONVERSIONS[node.name]
    if source is target:
        return operand
    if is_float(source) and is_integer(target):
        operand = fragment.check(f"check_convert_{target}", (operand,), node.span, "convert")
    return fragment.let("convert", (operand,), node.span, type=array_of(target, rank(operand.type)))


def _length(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    return dimension(conversion, fragment, arguments[0], node.arguments[0].type, 0, node.span)


def _dimension(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    array, axis = arguments
    assert isinstance(axis, Constant)
    return dimension(conversion, fragment, array, node.arguments[0].type, int(axis.value), node.span)


def _extreme(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    (array,) = arguments
    count, *others = _dimensions(conversion, fragment, array, node.arguments[0])
    for length in others:
        count = fragment.let("mul", (count, length), node.span)
    fragment.check("check_nonempty", (count,), node.span, "empty")
    return fragment.let(node.name, arguments, node.span)


def _zeros(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    assert isinstance(node.type, ArrayType)
    return _full(conversion, fragment, node, [zero(flat_types(node.type.element)[0]), *arguments])


def _full(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    value, *lengths = arguments
    sizes = [argument.size for argument in node.arguments[-len(lengths) :]]
    dims = [
        checked_length(fragment, length, size, node.known_nonnegative, node.span)
        for length, size in zip(lengths, sizes, strict=True)
    ]
    return fragment.let("full", (value, *dims), node.span)


def _iota(conversion: Conversion, fragment: Fragment, node: ast.BuiltinCall, arguments: list[Atom]) -> Atom:
    length = checked_length(fragment, arguments[0], node.arguments[0].size, node.known_nonnegative, node.span)
    return fragment.let("iota", (length,), node.span)


def zero(type: Type) -> Constant:
    """Zero, or false, of a scalar type."""
    if type is BOOL:
        return Constant(type, False)
    return Constant(type, 0.0 if is_float(type) else 0)


_BUILTINS: Final[dict[str, _Builtin]] = {
    **dict.fromkeys(_CONVERSIONS, _convert),
    **dict.fromkeys(("minimum", "maximum", "argmin", "argmax"), _extreme),
    "len": _length,
    "dim": _dimension,
    "zeros": _zeros,
    "full": _full,
    "iota": _iota,
}


# ---- arrays -------------------------------------------------------------------------------------------------------


def finish_index(conversion: Conversion, node: ast.Index) -> None:
    """An element, or a row where there are fewer indices than dimensions."""
    fragment, ((array,), *indices) = conversion.take_operands(1 + len(node.indices))
    places = _check_indices(conversion, fragment, array, [index for (index,) in indices], node)
    conversion.give(fragment, fragment.let("index", (array, *places), node.span))


def finish_with(conversion: Conversion, node: ast.With) -> None:
    """An array with one element replaced."""
    fragment, ((array,), *indices, (value,)) = conversion.take_operands(2 + len(node.indices))
    places = _check_indices(conversion, fragment, array, [index for (index,) in indices], node)
    conversion.give(fragment, fragment.let("update", (array, value, *places), node.span))


def _check_indices(
    conversion: Conversion, fragment: Fragment, array: Atom, indices: Sequence[Atom], node: ast.Index | ast.With
) -> list[Atom]:
    checked: list[Atom] = []
    for axis, index in enumerate([as_i64(fragment, index, node.span) for index in indices]):
        length = dimension(conversion, fragment, array, node.array.type, axis, node.span)
        checked.append(fragment.check("check_index", (index, length), node.span, "index", axis))
    return checked


def as_i64(fragment: Fragment, index: Atom, span: Span) -> Atom:
    """An integer as an i64."""
    if index.type is I64:
        return index
    if isinstance(index, Constant):
        return Constant(I64, index.value)
    return fragment.let("convert", (index,), span, type=I64)


def plan_array_literal(conversion: Conversion, node: ast.ArrayLiteral) -> None:
    """An array literal of literals is one constant."""
    constant = _constant_array(node)
    if constant is None:
        plan_operation(conversion, node, node.elements, _finish_array_literal)
        return
    fragment = Fragment()
    (type,) = flat_types(node.type)
    conversion.give(fragment, fragment.let("const", (), node.span, type=type, immediate=constant))


def _constant_array(node: ast.ArrayLiteral) -> ArrayConst | None:
    """The value of an array literal that is made of literals alone."""
    values: list[bool | int | float] = []
    stack: list[ast.Expression] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.ArrayLiteral) and not item.checks:
            stack.extend(reversed(item.elements))
        elif isinstance(item, ast.Literal) and item.value is not None:
            values.append(item.value)
        else:
            return None
    assert isinstance(node.type, ArrayType)
    shape = [dim.constant for dim in node.type.dims]
    lengths = tuple([length for length in shape if length is not None])
    assert len(lengths) == len(shape) and math.prod(lengths) == len(values)
    return ArrayConst(lengths, tuple(values))


def _finish_array_literal(conversion: Conversion, node: ast.ArrayLiteral) -> None:
    fragment, values = conversion.take_operands(len(node.elements))
    check_sizes(conversion, fragment, node.checks, node.elements, values, node.span)
    conversion.give(fragment, fragment.let("array", [atom for (atom,) in values], node.span))


# ---- calls --------------------------------------------------------------------------------------------------------


def finish_call(conversion: Conversion, node: ast.Call) -> None:
    """A call, or a jump to the loop that begins the callee anew."""
    fragment, values = conversion.take_operands(len(node.arguments))
    _limit_sizes(fragment, node, values)
    check_sizes(conversion, fragment, node.checks, node.arguments, values, node.span)
    if conversion.restart is not None:
        states = conversion.restart.arguments(node, values)
        if states is not None:
            fragment.jump(conversion.restart.loop, states, node.span)
            conversion.give(fragment)
            return
    results = tuple([Name(type) for type in flat_types(node.type)])
    fragment.add(Let(node.span, results, "call", tuple(chain.from_iterable(values)), node.name))
    conversion.give(fragment, *results)


def _limit_sizes(fragment: Fragment, node: ast.Call, values: Sequence[tuple[Atom, ...]]) -> None:
    """Check the arguments of `size` parameters that may be beyond what the callee relies on."""
    for place in node.unlimited:
        (value,), size = values[place], node.arguments[place].size
        fragment.check("check_at_least", (integer(MAX_SIZE), value), node.span, "size", too_large(size))
        fragment.check("check_at_least", (value, integer(-MAX_SIZE)), node.span, "size", too_small(size))
