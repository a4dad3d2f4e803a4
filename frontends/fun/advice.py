"""What the checks of a Fun program ask, in its own words, and what to assert so that one of them is proved away.

    xs[i]           0 <= i < len(xs)        (assert 0 <= i < len(xs) in xs[i])
    a // f(b)       f(b) != 0               (let divisor = f(b) assert divisor != 0 in a // divisor)
    0..n            n >= 0                  (assert n >= 0 in 0)..n

An assertion is itself a check, which the user has taken over: it may be moved to where it costs less, or follow from
one that stands there. No advice is given where no assertion helps: for a check that is one, for what the types of
parameters ask of arguments, for elementwise operations (their arrays have to be made so that they fit), and for arrays
without a name.

Requires: a checked program. Complexity: one walk over the tree, then a question takes the time of its expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ssair.diagnostics import Source
from ssair.diagnostics import Span as Stretch
from ssair.frontends.fun import ast
from ssair.frontends.fun.size_messages import negative_length
from ssair.frontends.fun.types import I32, ArrayType
from ssair.ir import Site, Span

_I64_RANGE: Final = "-9223372036854775808.0 <= {0} < 9223372036854775808.0"
_I32_RANGE: Final = "-2147483648.0 <= {0} < 2147483648.0"
_CHOICES: Final = ("minimum", "maximum", "argmin", "argmax")


class Edit(NamedTuple):
    """A change of the source: `statements` put before an expression, and what then stands at `place`."""

    statements: str
    place: Stretch
    text: str


class Question(NamedTuple):
    """What a check asks, as a condition in Fun, and the edit that lets the check go, if there is one."""

    condition: str
    edit: Edit | None


class _Asked(NamedTuple):
    """A condition, `{0}` standing for the operand that it is about, if that is one; where an assertion may stand."""

    condition: str
    operand: ast.Expression | None
    before: ast.Expression | None
    name: str = ""


class Questions:
    """Knows the tree of one program."""

    def __init__(self, program: ast.Program, text: str) -> None:
        self._text = text
        self._source = Source(text)
        self._nodes: dict[Stretch, list[ast.Node]] = {}
        pending: list[ast.Node] = [program]
        while pending:
            node = pending.pop()
            self._nodes.setdefault(node.span, []).append(node)
            pending.extend(ast.children(node))

    def question(self, site: Site, span: Span) -> Question | None:
        """What the check of a site asks, whose span this is; None where no condition can say it."""
        start = self._source.offset(span.line, span.column)
        for node in self._nodes.get(Stretch(start, self._source.offset(span.end_line, span.end_column)), ()):
            asked = _RULES[site.kind](self, node, site)
            if asked is not None:
                text = self.text_of(asked.operand) if asked.operand is not None else ""
                return Question(asked.condition.format(text), self._edit(asked))
        return None

    def _edit(self, asked: _Asked) -> Edit | None:
        """The expression behind an assertion; an operand that calls a function is evaluated once, under a name."""
        if asked.before is None:
            return None
        place, operand = asked.before.span, asked.operand
        text = self._text[place.start : place.end]
        if operand is None or not _calls(operand):
            condition = asked.condition.format(self.text_of(operand) if operand is not None else "")
            return Edit(f"assert {condition}", place, f"(assert {condition} in {text})")
        name = self._unused(asked.name)
        begin, end = operand.span.start - place.start, operand.span.end - place.start
        bound = f"let {name} = {text[begin:end]} assert {asked.condition.format(name)}"
        return Edit(bound, place, f"({bound} in {text[:begin]}{name}{text[end:]})")

    def _unused(self, name: str) -> str:
        """A name that the program does not have: this one, or with a number behind it."""
        number = 1
        while re.search(rf"\b{name}{number if number > 1 else ''}\b", self._text):
            number += 1
        return f"{name}{number if number > 1 else ''}"

    def text_of(self, node: ast.Node) -> str:
        """The source text of an expression on one line, as an operand of a comparison."""
        text = self.raw_text(node)
        is_loose = isinstance(node, ast.If | ast.Loop | ast.Block | ast.Compare | ast.Logical | ast.With | ast.Unary)
        return f"({text})" if is_loose else text

    def raw_text(self, node: ast.Node) -> str:
        """The source text of an expression on one line."""
        return " ".join(self._text[node.span.start : node.span.end].split())

    def size(self, node: ast.Binary, source: ast.SizeSource) -> str | None:
        """One of the sizes that an operation compares."""
        if isinstance(source, ast.LiteralSize):
            return str(source.value)
        if isinstance(source, ast.OperandDim) and not source.path:
            return self.length((node.left, node.right)[source.operand], source.axis)
        return None

    def length(self, array: ast.Expression, dimension: int) -> str | None:
        """The length of an array's dimension; None of what has no name."""
        base = array
        while isinstance(base, ast.With):
            base = base.array
        while isinstance(base, ast.Index):  # a row
            dimension += len(base.indices)
            base = base.array
        if not isinstance(base, ast.Name):
            return None
        return f"dim({base.name}, {dimension})" if dimension else f"len({base.name})"


def _calls(expression: ast.Expression) -> bool:
    """Whether an expression calls a function of the program, which may not be seen to give the same twice."""
    pending: list[ast.Node] = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Call):
            return True
        pending.extend(ast.children(node))
    return False


# ---- what each kind of check asks -----------------------------------------------------------------------------------


def _index(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
    if not isinstance(node, ast.Index | ast.With) or not isinstance(site.detail, int):
        return None
    index, length = node.indices[site.detail], questions.length(node.array, site.detail)
    if length is None:
        return None
    operand = "i64({0})" if index.type is I32 else "{0}"
    return _Asked(f"0 <= {operand} < {length}", index, node, "index")


def _right_operand(operators: tuple[str, ...], condition: str, name: str) -> Rule:
    def rule(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
        if not isinstance(node, ast.Binary) or node.operator not in operators:
            return None
        return None if isinstance(node.right.type, ArrayType) else _Asked(condition, node.right, node, name)

    return rule


def _convert(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
    if not isinstance(node, ast.BuiltinCall) or isinstance(node.type, ArrayType):
        return None
    return _Asked(_I32_RANGE if node.type is I32 else _I64_RANGE, node.arguments[0], node, "number")


def _empty(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
    if not isinstance(node, ast.BuiltinCall) or node.name not in _CHOICES:
        return None
    array = node.arguments[0]
    assert isinstance(array.type, ArrayType)
    lengths = [questions.length(array, dimension) for dimension in range(len(array.type.dims))]
    return None if None in lengths else _Asked(f"{' * '.join(map(str, lengths))} > 0", None, node)


def _size(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
    """A step, a length that may be negative, two sizes that must agree."""
    detail = str(site.detail)
    if isinstance(node, ast.Range):
        if detail.startswith("a step of"):
            return _Asked("{0} >= 1", node.step, node.low, "step")
        return _Asked(f"{questions.text_of(node.high)} >= {questions.text_of(node.low)}", None, node.low)
    if isinstance(node, ast.BuiltinCall):
        length = _negative_length(node, detail)
        return _Asked("{0} >= 0", length, node, "length") if length is not None else None
    if isinstance(node, ast.Binary):
        for check in node.checks:
            sides = [questions.size(node, side) for side in (check.left, check.right)]
            if None not in sides:
                return _Asked(f"{sides[0]} == {sides[1]}", None, node)
    return None


def _negative_length(node: ast.BuiltinCall, detail: str) -> ast.Expression | None:
    """The argument that would be a length below zero, as it stands in the source: a size is written in another way."""
    if not isinstance(node.type, ArrayType):
        return None
    lengths = node.arguments[1:] if node.name == "full" else node.arguments
    for length, size in zip(lengths, node.type.dims, strict=False):
        if negative_length(size) == detail:
            return length
    return None


def _assertion(questions: Questions, node: ast.Node, site: Site) -> _Asked | None:
    return _Asked(questions.raw_text(node.condition), None, None) if isinstance(node, ast.Assert) else None


Rule = Callable[[Questions, ast.Node, Site], _Asked | None]
#: By the kind of the trap, what has to hold.
_RULES: Final[dict[str, Rule]] = {
    "index": _index,
    "divide": _right_operand(("//", "%"), "{0} != 0", "divisor"),
    "exponent": _right_operand(("**",), "{0} >= 0", "exponent"),
    "convert": _convert,
    "assert": _assertion,
    "empty": _empty,
    "size": _size,
}
