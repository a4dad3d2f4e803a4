"""A checked program as Fun source again, with everything that was inferred written out.

Ensures: the text is a program with the same meaning: every operator in parentheses, every literal with its type, every
result type declared, and the type of each `let` in a comment behind it.  Printing what is parsed from it gives the
same text again.  Linear in the size of the program; nothing is recursive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ssair.frontends.fun import ast
from ssair.frontends.fun.types import BOOL, SIZE, Type

Piece = str | ast.Node
"""What is still to be printed, in order: text as it is, a node by its rule."""


def source_text(program: ast.Program) -> str:
    """The text of a checked program, ending in a newline.

    Example:
        >>> from ssair.frontends.fun.parse import parse_program
        >>> from ssair.frontends.fun.check import check_program
        >>> print(source_text(check_program(parse_program("fn f(x: f64) = 2 * x"))), end="")
        fn f(x: f64) -> f64 =
          (2.0f64 * x)
    """
    return "\n".join(_function_text(function) for function in program.functions)


def _function_text(function: ast.Function) -> str:
    parameters = ", ".join(f"{p.binding.name}: {_written(p.type)}" for p in function.parameters)
    parts = [f"fn {function.name}({parameters}) -> {_written(function.result)} =\n  "]
    pending: list[Piece] = [function.body]
    while pending:
        piece = pending.pop()
        if isinstance(piece, str):
            parts.append(piece)
        else:
            pending.extend(reversed(list(_RULES[type(piece)](piece))))
    parts.append("\n")
    return "".join(parts)


def _written(type: Type) -> str:
    return "size" if type is SIZE else str(type)


def _separated(nodes: Sequence[ast.Node]) -> Iterator[Piece]:
    for place, node in enumerate(nodes):
        if place:
            yield ", "
        yield node


_OPEN = (ast.If, ast.Loop, ast.Block, ast.With)


def _operand(node: ast.Node) -> Iterator[Piece]:
    """A node in a place where a form that is open to the right needs parentheses."""
    if isinstance(node, _OPEN):
        yield "("
        yield node
        yield ")"
    else:
        yield node


def _literal(node: ast.Literal) -> Iterator[Piece]:
    if node.type is BOOL:
        yield node.text
    elif isinstance(node.value, float):
        yield f"{node.value!r}{node.type}" if node.value == node.value else node.text
    else:
        yield f"{node.value}{node.type}"


def _string(node: ast.StringLiteral) -> Iterator[Piece]:
    yield '"' + node.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _name(node: ast.Name | ast.Hole) -> Iterator[Piece]:
    yield node.name if isinstance(node, ast.Name) else f"?{node.name}"


def _unary(node: ast.Unary) -> Iterator[Piece]:
    yield f"({node.operator} "
    if isinstance(node.operand, ast.Literal):  # or the sign would become part of it
        yield "("
        yield node.operand
        yield ")"
    else:
        yield from _operand(node.operand)
    yield ")"


def _binary(node: ast.Binary | ast.Logical) -> Iterator[Piece]:
    yield "("
    yield from _power_base(node.left) if node.operator == "**" else _operand(node.left)
    yield f" {node.operator} "
    yield from _operand(node.right)
    yield ")"


def _power_base(node: ast.Expression) -> Iterator[Piece]:
    """A negative literal before `**` would be negated after it."""
    if isinstance(node, ast.Literal) and node.text.startswith("-"):
        yield "("
        yield node
        yield ")"
    else:
        yield from _operand(node)


def _compare(node: ast.Compare) -> Iterator[Piece]:
    yield "("
    for place, operand in enumerate(node.operands):
        if place:
            yield f" {node.operators[place - 1]} "
        yield from _operand(operand)
    yield ")"


def _if(node: ast.If) -> Iterator[Piece]:
    yield "if "
    yield node.condition
    yield " then "
    yield node.positive
    yield " else "
    yield node.negative


def _block(node: ast.Block) -> Iterator[Piece]:
    for statement in node.statements:
        yield statement
        yield "\n  "
    yield "in "
    yield node.body


def _let(node: ast.Let) -> Iterator[Piece]:
    yield "let "
    yield node.pattern
    yield " = "
    yield node.value
    yield f"  # {node.value.type}"


def _assert(node: ast.Assert) -> Iterator[Piece]:
    yield "assert "
    yield node.condition
    if node.message is not None:
        yield ", "
        yield node.message


def _print(node: ast.Print) -> Iterator[Piece]:
    yield "print("
    yield from _separated(node.parts)
    yield ")"


def _pattern(node: ast.Pattern) -> Iterator[Piece]:
    if isinstance(node, ast.NamePattern):
        yield node.binding.name
    elif isinstance(node, ast.TuplePattern):
        yield "("
        yield from _separated(node.elements)
        yield ")"
    else:
        yield "_"


def _loop(node: ast.Loop) -> Iterator[Piece]:
    yield "scan (" if node.is_scan else "loop ("
    yield from _separated(node.states)
    yield ") "
    yield node.source
    yield " do "
    yield node.body


def _state(node: ast.State) -> Iterator[Piece]:
    yield f"{node.binding.name} = "
    yield node.initial


def _while(node: ast.While) -> Iterator[Piece]:
    yield "while "
    yield node.condition


def _for(node: ast.For) -> Iterator[Piece]:
    yield "for "
    yield from _clause(node)


def _clause(node: ast.For | ast.Clause) -> Iterator[Piece]:
    yield node.pattern
    yield " in "
    yield node.iterable


def _range(node: ast.Range) -> Iterator[Piece]:
    yield from _operand(node.low)
    yield ".."
    yield from _operand(node.high)
    if node.step is not None:
        yield " by "
        yield node.step


def _with(node: ast.With) -> Iterator[Piece]:
    yield from _operand(node.array) if not isinstance(node.array, ast.With) else [node.array]
    yield " with ["
    yield from _separated(node.indices)
    yield "] = "
    yield from _operand(node.value)


def _index(node: ast.Index) -> Iterator[Piece]:
    yield from _operand(node.array)
    yield "["
    yield from _separated(node.indices)
    yield "]"


def _call(node: ast.Call | ast.BuiltinCall) -> Iterator[Piece]:
    yield f"{node.name}("
    yield from _separated(node.arguments)
    yield ")"


def _comprehension(node: ast.Comprehension) -> Iterator[Piece]:
    yield "["
    yield node.body
    yield " for "
    yield from _separated(node.clauses)
    yield "]"


def _array(node: ast.ArrayLiteral) -> Iterator[Piece]:
    yield "["
    yield from _separated(node.elements)
    yield "]"


def _tuple(node: ast.Tuple) -> Iterator[Piece]:
    yield "("
    yield from _separated(node.elements)
    yield ")"


_RULES: dict[type[ast.Node], Callable[..., Iterator[Piece]]] = {
    ast.Literal: _literal,
    ast.StringLiteral: _string,
    ast.Name: _name,
    ast.Hole: _name,
    ast.Unary: _unary,
    ast.Binary: _binary,
    ast.Logical: _binary,
    ast.Compare: _compare,
    ast.If: _if,
    ast.Block: _block,
    ast.Let: _let,
    ast.Assert: _assert,
    ast.Print: _print,
    ast.NamePattern: _pattern,
    ast.Wildcard: _pattern,
    ast.TuplePattern: _pattern,
    ast.Loop: _loop,
    ast.State: _state,
    ast.While: _while,
    ast.For: _for,
    ast.Clause: _clause,
    ast.Range: _range,
    ast.With: _with,
    ast.Index: _index,
    ast.Call: _call,
    ast.BuiltinCall: _call,
    ast.Comprehension: _comprehension,
    ast.ArrayLiteral: _array,
    ast.Tuple: _tuple,
}
"""How each node is written."""
