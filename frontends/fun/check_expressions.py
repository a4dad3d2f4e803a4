"""Checking the expressions of one function: the walk, the rule of each form, and the rules of the smallest ones.

Ensures: every expression has a type, a size where it is one, and the checks that are left to run time; faults are
reported once, where they are.  Linear in the size of the function; nothing is recursive.
"""

from __future__ import annotations

from collections.abc import Callable

from ssair.frontends.fun import ast
from ssair.frontends.fun.builtins import BUILTINS, FOREIGN, FOREIGN_VALUES
from ssair.frontends.fun.check_arrays import array_literal, index, tuple_expression, with_element
from ssair.frontends.fun.check_calls import builtin_call, call
from ssair.frontends.fun.check_control import block, conditional
from ssair.frontends.fun.check_loops import comprehension, loop
from ssair.frontends.fun.check_operators import binary, compare, logical, unary
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.literals import in_range, integer_value, is_integer
from ssair.frontends.fun.report import shortened
from ssair.frontends.fun.sizes import constant_size
from ssair.frontends.fun.types import BOOL, FLOATS, I64, SCALARS
from ssair.frontends.fun.unify import NUMBERS, Variable, error_type

_MAXIMUM_HOLE_NAMES = 12


def check_expression(checking: Checking, expression: ast.Expression) -> None:
    """Check an expression and all its parts."""
    stack: list[Rule] = []
    pending: ast.Expression | None = expression
    while True:
        if pending is not None:
            checking.expressions.append(pending)
            leaf = _LEAVES.get(type(pending))
            if leaf is not None:
                leaf(checking, pending)
            else:
                stack.append(_RULES[type(pending)](checking, pending))
        if not stack:
            return
        pending = next(stack[-1], None)
        if pending is None:
            stack.pop()


def _literal(checking: Checking, node: ast.Literal) -> None:
    if not node.text:
        node.type = error_type()
        return
    if node.suffix:
        node.type = SCALARS[node.suffix]
    elif node.text in ("true", "false"):
        node.type = BOOL
        return
    elif is_integer(node.text):
        node.type = Variable(NUMBERS)
    else:
        node.type = Variable(FLOATS, prefers_float=True)
        return
    if node.type is I64 or not node.suffix:
        value = integer_value(node.text)
        node.size = constant_size(value) if value is not None and in_range(value, I64) else None


def _name(checking: Checking, node: ast.Name) -> None:
    binding = checking.scope.find(node.name)
    if binding is not None:
        node.binding, node.type, node.size = binding, binding.type, binding.size
        return
    node.type = error_type()
    if node.name in checking.unknown_names:
        return
    checking.unknown_names.add(node.name)
    if node.name in checking.signatures or node.name in BUILTINS:
        usage = BUILTINS[node.name].usage if node.name in BUILTINS else f"{node.name}(…)"
        message = f"`{node.name}` is a function, and not a value"
        checking.report.add("E0201", message, node.span, help=f"call it: `{usage}`")
        return
    nearest = checking.report.nearest(node.name, (binding.name for binding in checking.scope.visible()))
    help = f"did you mean `{nearest}`?" if nearest else ""
    if (elsewhere := FOREIGN_VALUES.get(node.name) or FOREIGN.get(node.name)) is not None:
        help = f"write `{elsewhere}`"
    checking.report.add("E0201", f"there is no `{shortened(node.name)}` in scope", node.span, help=help)


def _hole(checking: Checking, node: ast.Hole) -> None:
    node.type = Variable(None)
    visible = checking.scope.visible()
    names = [binding for binding, _ in zip(visible, range(_MAXIMUM_HOLE_NAMES), strict=False)]
    checking.holes.append((node, names))


_LEAVES: dict[type[ast.Expression], Callable[..., None]] = {ast.Literal: _literal, ast.Name: _name, ast.Hole: _hole}
"""The rules of expressions without parts."""

_RULES: dict[type[ast.Expression], Callable[..., Rule]] = {
    ast.Unary: unary,
    ast.Binary: binary,
    ast.Logical: logical,
    ast.Compare: compare,
    ast.If: conditional,
    ast.Block: block,
    ast.Loop: loop,
    ast.Comprehension: comprehension,
    ast.Index: index,
    ast.With: with_element,
    ast.ArrayLiteral: array_literal,
    ast.Tuple: tuple_expression,
    ast.BuiltinCall: builtin_call,
    ast.Call: call,
}
"""The rules of all other expressions."""
