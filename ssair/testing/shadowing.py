"""A program in which names hide each other: the same meaning as one whose names are all different.

A binding may take the name of one further out if that one is not used where the inner one is in scope. `shadowed`
renames such bindings, with all their uses, and each name is taken once at most. Quadratic in the bindings of a function
at worst.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.parse import parse_program
from ssair.testing.choices import Choices


class _Scoped(NamedTuple):
    """A binding of a `let` or a loop, and the part of the text where it is in scope."""

    binding: ast.Binding
    scope: Span


def shadowed(source: str, choices: Choices) -> str:
    """A program of other names that gives the same. Requires a program that checks, whose names are all different."""
    program = check_program(parse_program(source))
    names: dict[Span, str] = {}
    for function in program.functions:
        names.update(_renamed(function, choices))
    parts, end = [], 0
    for span, name in sorted(names.items()):
        parts += [source[end : span.start], name]
        end = span.end
    return "".join([*parts, source[end:]])


def _renamed(function: ast.Function, choices: Choices) -> dict[Span, str]:
    """The new name of every place of the function that gets one."""
    uses, scoped = _uses_and_scopes(function)
    outer: list[_Scoped] = [_Scoped(parameter.binding, function.span) for parameter in function.parameters]
    names: dict[Span, str] = {}
    for inner in sorted(scoped, key=lambda each: each.scope):
        found = [each for each in outer if _may_hide(each, inner, uses)]
        if not found or choices.below(2):
            outer.append(inner)
            continue
        hidden = found[choices.below(len(found))]
        outer.remove(hidden)
        names.update(dict.fromkeys((inner.binding.span, *uses.get(inner.binding, ())), hidden.binding.name))
    return names


def _may_hide(outer: _Scoped, inner: _Scoped, uses: dict[ast.Binding, list[Span]]) -> bool:
    start, end = inner.scope
    if not (outer.scope.start < start and end <= outer.scope.end):  # states of one loop begin together
        return False
    return not any(start <= use.start < end for use in uses.get(outer.binding, ()))


def _uses_and_scopes(function: ast.Function) -> tuple[dict[ast.Binding, list[Span]], list[_Scoped]]:
    uses: dict[ast.Binding, list[Span]] = {}
    scoped: list[_Scoped] = []
    pending: list[ast.Node] = [function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and node.binding is not None:
            uses.setdefault(node.binding, []).append(node.span)
        elif isinstance(node, ast.Block):
            scoped += _of_block(node)
        elif isinstance(node, ast.Loop):
            start = node.source.span.end if isinstance(node.source, ast.For) else node.source.span.start
            scoped += [_Scoped(state.binding, Span(start, node.span.end)) for state in node.states]
        pending.extend(ast.children(node))
    return uses, scoped


def _of_block(block: ast.Block) -> Iterator[_Scoped]:
    """The names that stand alone before a `=`: those of a pattern would have to stay different from each other."""
    for statement in block.statements:
        if isinstance(statement, ast.Let) and isinstance(statement.pattern, ast.NamePattern):
            yield _Scoped(statement.pattern.binding, Span(statement.value.span.end, block.span.end))
