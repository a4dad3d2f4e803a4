"""Small changes to a Python module that a slip of the hand might make: `edits(text)` lists all of them.

Requires: the text of a module. Ensures: each edit's new text compiles, differs from the old one in one place, and
leaves annotations, docstrings, assertions and what is only shown alone. Complexity: one walk over the syntax tree.

What is changed is what mutation testing changes (DeMillo, Lipton and Sayward 1978; Offutt et al. 1996: relations,
arithmetic, connectives, constants, statements left out), and what is particular to facts: the two ends of an interval.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple


class Edit(NamedTuple):
    """A piece of a text, from character `start` to `end`, and what stands there instead; `kind` is a row of `KINDS`."""

    kind: str
    start: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        """The text with the edit made."""
        return text[: self.start] + self.new + text[self.end :]


_RELATIONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_ARITHMETIC: Final[dict[type[ast.operator], str]] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Mod: "//", ast.BitAnd: "|", ast.BitOr: "&",
    ast.LShift: ">>", ast.RShift: "<<",
}  # fmt: skip
_PAIRS: Final = (("min", "max"), ("any", "all"), ("lo", "hi"))
#: What a name is taken for.
_NAMES: Final = {name: other for pair in _PAIRS for name, other in (pair, pair[::-1])}


class _Text:
    """A module's text and tree, with the places of its nodes as characters of the whole text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tree = ast.parse(text)
        self._starts = [0]
        self._lines = text.splitlines(keepends=True)
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def place(self, line: int, column: int) -> int:
        """The character of a line (from 1) and a column, which the tree counts in bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno, node.end_col_offset)

    def of(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return self.text[start:end]

    def nodes(self) -> Iterator[ast.AST]:
        """All nodes but those of annotations, assertions, errors raised, and text put together."""
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.Assert | ast.Raise | ast.JoinedStr):
                continue
            yield node
            for name, value in ast.iter_fields(node):
                if name not in ("annotation", "returns", "type_params", "decorator_list"):
                    children = value if isinstance(value, list) else [value]
                    waiting += [child for child in children if isinstance(child, ast.AST)]

    def between(self, kind: str, left: ast.expr, right: ast.expr, new: str) -> Edit:
        """Another operator between two operands, brackets around them left as they are."""
        start, end = self.span(left)[1], self.span(right)[0]
        gap = self.text[start:end]
        closing = len(gap) - len(gap.lstrip(") \n\t"))
        opening = len(gap) - len(gap.rstrip("( \n\t"))
        return Edit(kind, start + closing, end - opening, new)

    def instead(self, kind: str, node: ast.expr | ast.stmt, new: str) -> Edit:
        return Edit(kind, *self.span(node), new)


def _relations(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """Another relation: `<` for `<=`, `==` for `!=`."""
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            yield text.between("relation", left, right, _RELATIONS[type(op)])


def _arithmetic(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """Another operation: `+` for `-`, `&` for `|`; a sign left out."""
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield text.between("arithmetic", node.left, node.right, _ARITHMETIC[type(node.op)])
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield text.instead("arithmetic", node, text.of(node.operand))


def _connectives(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """`or` for `and`, or one of the operands left out."""
    if isinstance(node, ast.BoolOp):
        other = "or" if isinstance(node.op, ast.And) else "and"
        for left, right in zip(node.values, node.values[1:], strict=False):
            yield text.between("connective", left, right, other)
        for left_out in range(len(node.values)):
            kept = [text.of(value) for place, value in enumerate(node.values) if place != left_out]
            joined = (" and " if other == "or" else " or ").join(f"({each})" for each in kept)
            yield text.instead("connective", node, f"({joined})")


def _conditions(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """A condition that is turned round, or asks for nothing."""
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield text.instead("condition", node.test, f"(not ({text.of(node.test)}))")
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield text.instead("condition", node, f"({text.of(node.operand)})")
    if isinstance(node, ast.comprehension):
        for test in node.ifs:
            yield text.instead("condition", test, "True")


def _constants(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """An integer that is one more or one less, the other truth value."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield text.instead("constant", node, str(not node.value))
    elif isinstance(node.value, int):
        yield text.instead("constant", node, f"({node.value + 1})")
        yield text.instead("constant", node, f"({node.value - 1})")


def _statements(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """A statement that is left out: a call for its effect, an assignment to what is there, a way out."""
    if isinstance(node, ast.Expr) and not isinstance(node.value, ast.Call | ast.Yield):
        return
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Return | ast.Continue | ast.Break | ast.Delete):
        yield text.instead("statement", node, "pass")
    if isinstance(node, ast.Assign) and not all(isinstance(target, ast.Name) for target in node.targets):
        yield text.instead("statement", node, "pass")


def _arguments(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """Two arguments in each other's place."""
    if not isinstance(node, ast.Call) or (isinstance(node.func, ast.Name) and node.func.id in ("min", "max")):
        return
    for left, right in zip(node.args, node.args[1:], strict=False):
        if not isinstance(left, ast.Starred) and not isinstance(right, ast.Starred) and text.of(left) != text.of(right):
            start, end = text.span(left)[0], text.span(right)[1]
            gap = text.text[text.span(left)[1] : text.span(right)[0]]
            yield Edit("arguments", start, end, text.of(right) + gap + text.of(left))


def _names(text: _Text, node: ast.AST) -> Iterator[Edit]:
    """The other end of an interval, `max` for `min`, `all` for `any`."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in _NAMES:
        yield text.instead("name", node, _NAMES[node.id])
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.attr in _NAMES:
        yield text.instead("name", node, f"{text.of(node.value)}.{_NAMES[node.attr]}")


#: Each kind of edit, and what finds the places for it.
KINDS: Final[dict[str, Callable[[_Text, ast.AST], Iterator[Edit]]]] = {
    "relation": _relations, "arithmetic": _arithmetic, "connective": _connectives, "condition": _conditions,
    "constant": _constants, "statement": _statements, "arguments": _arguments, "name": _names,
}  # fmt: skip


def edits(text: str) -> list[Edit]:
    """All edits of a module, by their places."""
    parsed = _Text(text)
    found = {edit for node in parsed.nodes() for kind in KINDS.values() for edit in kind(parsed, node)}
    return [edit for edit in sorted(found, key=_place) if _compiles(edit.applied(text))]


def sample(text: str, count: int, choices: random.Random) -> list[Edit]:
    """So many edits, or all if there are fewer, by their places; equal ones for equal states of `choices`."""
    found = edits(text)
    return sorted(choices.sample(found, min(count, len(found))), key=_place)


def _place(edit: Edit) -> tuple[int, int, str, str]:
    return edit.start, edit.end, edit.kind, edit.new


def _compiles(text: str) -> bool:
    try:
        compile(text, "edited", "exec")
    except (SyntaxError, ValueError):
        return False
    return True
