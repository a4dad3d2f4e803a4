"""The typing rules of the built-in functions: one method a rule of builtins.py.

Requires: the arguments have types, and their number is right.  Ensures: the call has a type, a size where it is one,
and the checks that are left to run time.
"""

from __future__ import annotations

from collections.abc import Callable

from ssair.frontends.fun.ast import BuiltinCall, Literal
from ssair.frontends.fun.builtins import BUILTINS, MANY
from ssair.frontends.fun.literals import integer_value
from ssair.frontends.fun.sizes import is_nonnegative
from ssair.frontends.fun.types import BOOL, FLOATS, I64, SCALARS, ArrayType, Scalar, Type
from ssair.frontends.fun.typing_rules import TypingRules, shown
from ssair.frontends.fun.unify import (
    ALL_SCALARS,
    NUMBERS,
    Variable,
    dims_of,
    element_of,
    error_type,
    is_open,
    is_scalar,
    restrict,
)


class BuiltinRules:
    """Types the calls of built-in functions."""

    def __init__(self, rules: TypingRules) -> None:
        self.rules = rules
        self.report = rules.report
        self._rules: dict[str, Callable[[BuiltinCall], Type]] = {
            name: getattr(self, f"_{builtin.rule}") for name, builtin in BUILTINS.items()
        }

    def check(self, node: BuiltinCall) -> None:
        """Type one call; after a fault its type is open."""
        builtin = BUILTINS[node.name]
        count = len(node.arguments)
        if builtin.least <= count <= builtin.most:
            node.type = self._rules[node.name](node)
            return
        node.type = error_type()
        wanted = f"{builtin.least} or more" if builtin.most == MANY else str(builtin.least)
        plural = "" if wanted == "1" else "s"
        other = BUILTINS.get(builtin.other)
        help = f"it is called as `{builtin.usage}`"
        if other is not None and other.least <= count <= other.most:
            help = f"did you mean `{other.name}`, as in `{other.usage}`?"
        self.report.add("E0303", f"`{node.name}` takes {wanted} argument{plural}, not {count}", node.span, help=help)

    # Elementwise

    def _elements(self, node: BuiltinCall, choices: tuple[Scalar, ...]) -> bool:
        return all(self.rules.require_elements(argument, choices, f"`{node.name}`") for argument in node.arguments)

    def _map(self, node: BuiltinCall, choices: tuple[Scalar, ...], result: Type | None = None) -> Type:
        if not self._elements(node, choices):
            return result if result is not None else error_type()
        (argument,) = node.arguments
        if is_open(argument.type):
            return error_type()
        return self.rules.shaped(result or element_of(argument.type), dims_of(argument.type), node.span)

    def _number(self, node: BuiltinCall) -> Type:
        return self._map(node, NUMBERS)

    def _float(self, node: BuiltinCall) -> Type:
        return self._map(node, FLOATS)

    def _float_test(self, node: BuiltinCall) -> Type:
        return self._map(node, FLOATS, BOOL)

    def _conversion(self, node: BuiltinCall) -> Type:
        return self._map(node, ALL_SCALARS, SCALARS[node.name])

    def _two_numbers(self, node: BuiltinCall) -> Type:
        first, second = node.arguments
        what = f"`{node.name}`"
        if not (self._elements(node, NUMBERS) and self.rules.same_elements(first, second, what, node.span)):
            return error_type()
        dims, node.checks = self.rules.elementwise(node.arguments, what, node.span)
        return self.rules.shaped(element_of(first.type), dims, node.span)

    def _select(self, node: BuiltinCall) -> Type:
        condition, first, second = node.arguments
        fine = self.rules.require_elements(condition, (BOOL,), "the first argument of `select`")
        fine = fine and all(self.rules.require_elements(a, ALL_SCALARS, "`select`") for a in (first, second))
        if not fine or not self.rules.same_elements(first, second, "`select`", node.span):
            return error_type()
        dims, node.checks = self.rules.elementwise(node.arguments, "`select`", node.span)
        return self.rules.shaped(element_of(first.type), dims, node.span)

    # Lengths

    def _length(self, node: BuiltinCall) -> Type:
        array = self.rules.require_array(node.arguments[0], "the argument of `len`")
        if array is not None:
            node.size = array.dims[0]
        return I64

    def _dimension(self, node: BuiltinCall) -> Type:
        first, place = node.arguments
        array = self.rules.require_array(first, "the first argument of `dim`")
        self.rules.require_integer(place, "the number of a dimension")
        axis = integer_value(place.text) if isinstance(place, Literal) and place.size is not None else None
        if axis is None:
            self.report.add("E0306", "the second argument of `dim` is a number, written out", place.span)
        elif array is not None and not 0 <= axis < array.rank:
            has = "only dimension 0" if array.rank == 1 else f"dimensions 0 to {array.rank - 1}"
            message = f"{shown(array)} has {has}, not {axis}"
            self.report.add("E0306", message, place.span)
        elif array is not None:
            node.size = array.dims[axis]
        return I64

    # Over all elements

    def _reduced(self, node: BuiltinCall, choices: tuple[Scalar, ...], rank: int | None = None) -> Type:
        """The element type of the array that is reduced."""
        (argument,) = node.arguments
        other = BUILTINS[node.name].other
        if other and is_scalar(argument.type) and not is_open(argument.type):
            help = f"`{BUILTINS[other].usage}` is for scalars"
            message = f"`{node.name}` is for arrays, but this is {shown(argument.type)}"
            self.report.add("E0302", message, argument.span, help=help)
            return error_type()
        array = self.rules.require_array(argument, f"the argument of `{node.name}`", rank)
        if array is None or not self.rules.require_elements(argument, choices, f"`{node.name}`"):
            return error_type()
        return array.element

    def _reduction(self, node: BuiltinCall) -> Type:
        return self._reduced(node, NUMBERS)

    def _truth(self, node: BuiltinCall) -> Type:
        self._reduced(node, (BOOL,))
        return BOOL

    def _position(self, node: BuiltinCall) -> Type:
        self._reduced(node, NUMBERS, 1)
        return I64

    def _dot(self, node: BuiltinCall) -> Type:
        first, second = node.arguments
        arrays = [self.rules.require_array(a, "an argument of `dot`", 1) for a in node.arguments]
        if None in arrays or not self._elements(node, NUMBERS):
            return error_type()
        if not self.rules.same_elements(first, second, "`dot`", node.span):
            return error_type()
        _, node.checks = self.rules.elementwise(node.arguments, "`dot`", node.span)
        return element_of(first.type)

    # Whole arrays

    def _transpose(self, node: BuiltinCall) -> Type:
        array = self.rules.require_array(node.arguments[0], "the argument of `transpose`", 2)
        return ArrayType(array.element, array.dims[::-1]) if array is not None else error_type()

    def _reverse(self, node: BuiltinCall) -> Type:
        return self.rules.require_array(node.arguments[0], "the argument of `reverse`") or error_type()

    def _made(self, node: BuiltinCall, element: Type, first_length: int) -> Type:
        lengths = node.arguments[first_length:]
        dims = tuple(self.rules.require_size(length, f"a length of `{node.name}`") for length in lengths)
        node.known_nonnegative = all(map(is_nonnegative, dims))
        return self.rules.shaped(element, dims, node.span)

    def _zeros(self, node: BuiltinCall) -> Type:
        return self._made(node, Variable(NUMBERS, prefers_float=True), 0)

    def _full(self, node: BuiltinCall) -> Type:
        value = node.arguments[0]
        if not is_scalar(value.type):
            message = f"the first argument of `full` is a scalar, but this is {shown(value.type)}"
            self.report.add("E0302", message, value.span)
        restrict(value.type, ALL_SCALARS)
        return self._made(node, value.type if is_scalar(value.type) else error_type(), 1)

    def _iota(self, node: BuiltinCall) -> Type:
        return self._made(node, I64, 0)
