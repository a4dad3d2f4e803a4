"""The dump of a syntax tree: a line a node, children indented, with the types where the checker has found them.

Linear in the tree: below `DEEPEST_INDENT` levels a line names its depth instead of being indented further.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.fun import ast
from ssair.frontends.fun.types import UNTYPED

DEEPEST_INDENT: Final = 40


def format_ast(program: ast.Program) -> str:
    """The whole program as an indented tree."""
    return "\n".join(line for function in program.functions for line in _function_lines(function))


def _function_lines(function: ast.Function) -> list[str]:
    parameters = ", ".join(f"{parameter.binding.name}: {parameter.type}" for parameter in function.parameters)
    lines = [f"Function {function.name}({parameters}) -> {function.result}"]
    stack: list[tuple[ast.Node, int]] = [(function.body, 1)]
    while stack:
        node, depth = stack.pop()
        lines.append(f"{_indent(depth)}{_label(node)}{_type_text(node)}")
        stack.extend((child, depth + 1) for child in reversed(list(ast.children(node))))
    return lines


def _indent(depth: int) -> str:
    return "  " * depth if depth <= DEEPEST_INDENT else f"{'  ' * DEEPEST_INDENT}({depth}) "


def _type_text(node: ast.Node) -> str:
    return f" : {node.type}" if isinstance(node, ast.Expression) and node.type is not UNTYPED else ""


def _label(node: ast.Node) -> str:
    name = type(node).__name__
    match node:
        case ast.Literal():
            return f"{name} {node.text}{node.suffix}"
        case ast.Name() | ast.Hole() | ast.Call() | ast.BuiltinCall():
            return f"{name} {node.name}"
        case ast.Unary() | ast.Binary() | ast.Logical():
            return f"{name} {node.operator}"
        case ast.Compare():
            return f"{name} {' '.join(node.operators)}"
        case ast.Let() | ast.For() | ast.Clause():
            return f"{name} {_pattern_text(node.pattern)}"
        case ast.State():
            return f"{name} {node.binding.name}"
        case ast.Loop():
            return "Scan" if node.is_scan else name
        case ast.Print():
            return f"{name} of {len(node.parts)}"
        case ast.Assert():
            return f"{name} {node.message.value!r}" if node.message else name
        case _:
            return name


def _pattern_text(pattern: ast.Pattern) -> str:
    """The pattern as it is written; iterative, for patterns nest as deep as one likes."""
    parts: list[str] = []
    stack: list[ast.Pattern | str] = [pattern]
    while stack:
        item = stack.pop()
        match item:
            case str():
                parts.append(item)
            case ast.NamePattern():
                parts.append(item.binding.name)
            case ast.TuplePattern():
                inner: list[ast.Pattern | str] = [")"]
                for element in reversed(item.elements):
                    inner += [element, ", "]
                stack += [*inner[:-1], "("]
            case _:
                parts.append("_")
    return "".join(parts)
