"""Conversion of `print` to ANF: one operation with the values, flat, and the text around them."""

from __future__ import annotations

from itertools import chain

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_conversion import Conversion
from ssair.frontends.fun.anf_nodes import Let
from ssair.frontends.fun.types import TupleType, Type


def finish_print(conversion: Conversion, node: ast.Print) -> None:
    """`print` of expressions and strings."""
    count = sum(isinstance(part, ast.Expression) for part in node.parts)
    fragment, values = conversion.take_operands(count)
    fragment.add(Let(node.span, (), "print", tuple(chain.from_iterable(values)), _pieces(node)))
    conversion.give(fragment)


def _pieces(node: ast.Print) -> tuple[str, ...]:
    """The text before, between and behind the values: one piece more than there are values."""
    pieces = [""]
    for number, part in enumerate(node.parts):
        if number:
            pieces[-1] += " "
        if isinstance(part, ast.StringLiteral):
            pieces[-1] += part.value
        else:
            _add_value(pieces, part.type)
    return tuple(pieces)


def _add_value(pieces: list[str], type: Type) -> None:
    """Add the text around the components of a value, which a tuple has in parentheses."""
    stack: list[Type | str] = [type]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces[-1] += item
        elif isinstance(item, TupleType):
            stack.append(")")
            for number, element in enumerate(reversed(item.elements)):
                stack.extend((", ", element) if number else (element,))
            stack.append("(")
        else:
            pieces.append("")
