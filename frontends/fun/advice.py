"""What the checks of a Fun program ask, in its own words, and what to assert so that one of them is proved away.

    xs[i]           assert 0 <= i < len(xs) in xs[i]
    a // b          assert b != 0 in a // b
    i64(x)          assert -9223372036854775808.0 <= x < 9223372036854775808.0 in i64(x)

An assertion is itself a check, which the user has taken over: it may be moved to where it costs less, or follow from
one that stands there. No advice is given where no assertion helps: for a check that is one, for what the types of
arguments ask, for elementwise operations (their arrays have to be made so that they fit), and for arrays without a
name.

Requires: a checked program. Complexity: one walk over the tree, then constant time a question.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ssair.diagnostics import Source
from ssair.diagnostics import Span as Stretch
from ssair.frontends.fun import ast
from ssair.frontends.fun.types import I32, ArrayType
from ssair.ir import Site, Span

_I64_RANGE: Final = "-9223372036854775808.0 <= {0} < 9223372036854775808.0"
_I32_RANGE: Final = "-2147483648.0 <= {0} < 2147483648.0"
_CHOICES: Final = ("minimum", "maximum", "argmin", "argmax")


class Question(NamedTuple):
    """What a check asks, as a condition in Fun, and whether asserting that before the expression answers it."""

    condition: str
    may_be_asserted: bool


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
            if isinstance(node, ast.Assert) and site.kind == "assert":
                return Question(self.text_of(node.condition).removeprefix("(").removesuffix(")"), False)
            condition = _CONDITIONS[site.kind](self, node, site)
            if condition is not None:
                return Question(condition, True)
        return None

    def text_of(self, node: ast.Node) -> str:
        """The source text of an expression, as an operand of a comparison."""
        text = " ".join(self._text[node.span.start : node.span.end].split())
        is_loose = isinstance(node, ast.If | ast.Loop | ast.Block | ast.Compare | ast.Logical | ast.With | ast.Unary)
        return f"({text})" if is_loose else text

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


def _index(questions: Questions, node: ast.Node, site: Site) -> str | None:
    if not isinstance(node, ast.Index | ast.With) or not isinstance(site.detail, int):
        return None
    index, length = node.indices[site.detail], questions.length(node.array, site.detail)
    if length is None:
        return None
    text = questions.text_of(index)
    return f"0 <= i64({text}) < {length}" if index.type is I32 else f"0 <= {text} < {length}"


def _right_operand(operators: tuple[str, ...], condition: str) -> Condition:
    def rule(questions: Questions, node: ast.Node, site: Site) -> str | None:
        if not isinstance(node, ast.Binary) or node.operator not in operators:
            return None
        return None if isinstance(node.right.type, ArrayType) else condition.format(questions.text_of(node.right))

    return rule


def _convert(questions: Questions, node: ast.Node, site: Site) -> str | None:
    if not isinstance(node, ast.BuiltinCall) or isinstance(node.type, ArrayType):
        return None
    bounds = _I32_RANGE if node.type is I32 else _I64_RANGE
    return bounds.format(questions.text_of(node.arguments[0]))


def _empty(questions: Questions, node: ast.Node, site: Site) -> str | None:
    if not isinstance(node, ast.BuiltinCall) or node.name not in _CHOICES:
        return None
    array = node.arguments[0]
    assert isinstance(array.type, ArrayType)
    lengths = [questions.length(array, dimension) for dimension in range(len(array.type.dims))]
    return None if None in lengths else f"{' * '.join(map(str, lengths))} > 0"


def _size(questions: Questions, node: ast.Node, site: Site) -> str | None:
    """A step, or a length that may be negative."""
    if isinstance(node, ast.Range):
        low, high, step = map(questions.text_of, (node.low, node.high, node.step or node.low))
        if "step" in str(site.detail):
            return f"{step} >= 1" if node.step is not None else None
        return f"{high} >= {low}"
    if isinstance(node, ast.BuiltinCall) and str(site.detail).startswith("negative length: `"):
        return f"{str(site.detail).split('`')[1]} >= 0"
    return None


def _none(questions: Questions, node: ast.Node, site: Site) -> str | None:
    return None


Condition = Callable[[Questions, ast.Node, Site], str | None]
#: By the kind of the trap, what has to hold.
_CONDITIONS: Final[dict[str, Condition]] = {
    "index": _index,
    "divide": _right_operand(("//", "%"), "{0} != 0"),
    "exponent": _right_operand(("**",), "{0} >= 0"),
    "convert": _convert,
    "assert": _none,
    "empty": _empty,
    "size": _size,
}
