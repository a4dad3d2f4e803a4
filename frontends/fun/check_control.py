"""The typing rules of `if`, of blocks, and of the patterns of `let`."""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.types import BOOL, TupleType, Type
from ssair.frontends.fun.typing_rules import shown
from ssair.frontends.fun.unify import DimPair, error_type, is_open, prune, unify


def conditional(checking: Checking, node: ast.If) -> Rule:
    """Both sides have one type, dimensions included."""
    yield node.condition
    checking.rules.require(node.condition, BOOL, "a condition")
    yield node.positive
    yield node.negative
    dims: list[DimPair] = []
    positive, negative = node.positive, node.negative
    node.type = prune(negative.type if is_open(positive.type) else positive.type)
    notes = [(f"this is {shown(side.type)}", side.span) for side in (positive, negative)]
    if not unify(positive.type, negative.type, dims):
        message = f"the sides of this `if` are {shown(positive.type)} and {shown(negative.type)}"
        help = checking.rules.common_type_help(positive, negative)
        checking.report.add("E0301", message, node.span, notes, help)
        node.type = error_type()
    elif dims:
        checking.rules.same_shape(dims, "the sides of this `if` have different sizes", node.span, notes)


def block(checking: Checking, node: ast.Block) -> Rule:
    """The type and the size of the expression behind `in`."""
    mark = checking.scope.mark()
    for statement in node.statements:
        if isinstance(statement, ast.Let):
            yield statement.value
            _bind_pattern(checking, statement.pattern, statement.value)
        elif isinstance(statement, ast.Assert):
            yield statement.condition
            checking.rules.require(statement.condition, BOOL, "what is asserted")
        elif isinstance(statement, ast.Print):
            yield from (part for part in statement.parts if isinstance(part, ast.Expression))
    yield node.body
    checking.scope.leave(mark)
    node.type, node.size = node.body.type, node.body.size


def _bind_pattern(checking: Checking, pattern: ast.Pattern, value: ast.Expression) -> None:
    """Bind the names of a pattern to the parts of a value; a size stays one through a tuple written out."""
    seen: dict[str, ast.Binding] = {}
    pending: list[tuple[ast.Pattern, Type, ast.Expression | None]] = [(pattern, value.type, value)]
    while pending:
        pattern, type, source = pending.pop()
        while isinstance(source, ast.Block):
            source = source.body
        if isinstance(pattern, ast.NamePattern):
            binding = pattern.binding
            checking.bind_once(binding, prune(type), seen, "one pattern", source.size if source is not None else None)
        elif isinstance(pattern, ast.TuplePattern):
            types = _taken_apart(checking, pattern, type, value)
            parts: list[ast.Expression | None] = [None] * len(types)
            if isinstance(source, ast.Tuple) and len(source.elements) == len(types):
                parts = list(source.elements)
            pending.extend(reversed(list(zip(pattern.elements, types, parts, strict=True))))


def _taken_apart(checking: Checking, pattern: ast.TuplePattern, type: Type, value: ast.Expression) -> list[Type]:
    type = prune(type)
    count = len(pattern.elements)
    if isinstance(type, TupleType) and len(type.elements) == count:
        return list(type.elements)
    if not is_open(type):
        if isinstance(type, TupleType):
            message = f"the pattern has {count} elements, but the value {len(type.elements)}: {shown(type)}"
        else:
            message = f"the pattern is a tuple, but the value is {shown(type)}"
        notes = [(f"the value is {shown(value.type)}", value.span)]
        checking.report.add("E0305", message, pattern.span, notes)
    return [error_type() for _ in range(count)]
