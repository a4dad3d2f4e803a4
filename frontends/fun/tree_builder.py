"""The callbacks of Fun's grammar: lark calls them as it reduces, and they make the nodes of the syntax tree.

Ensures: a span on every node.  Constant time a call, but for `function`, which sorts its calls.
"""

from __future__ import annotations

from typing import Any

from lark import Token
from lark.parsers.lalr_parser_state import ParserState

from ssair.diagnostics import Diagnostic, Source, Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.builtins import BUILTINS
from ssair.frontends.fun.syntax_errors import (
    bad_number_diagnostic,
    bad_string_diagnostic,
    bad_text_diagnostic,
    unexpected_token_diagnostic,
    unknown_type_diagnostic,
)
from ssair.frontends.fun.types import SCALARS, SIZE

MAXIMUM_ERRORS = 100
"""After this many syntax errors, reading stops."""

Children = list[Any]  # what lark hands to a callback: tokens, nodes and lists, as the rule says


class TreeBuilder:
    """The callbacks: one method a rule or alias of fun.lark, given the tokens and values of the right side.

    A parenthesised expression keeps its own span; `_extents` has the span with the parentheses, which is what the
    span of an enclosing expression has to cover.
    """

    def __init__(self) -> None:
        self.source = Source("")
        self.diagnostics: list[Diagnostic] = []
        self._places: set[tuple[str, int, int]] = set()
        self._unknown_types: list[Token] = []
        self._cut_off: set[int] = set()
        self._extents: dict[int, Span] = {}
        self._calls: list[ast.Call] = []

    def begin(self, source: Source) -> None:
        """Start on a new source."""
        self.source = source
        self.diagnostics = []
        self._places = set()
        self._unknown_types = []
        self._cut_off = set()
        self._extents = {}
        self._calls = []

    @property
    def is_full(self) -> bool:
        """Whether no more errors are noted."""
        return len(self.diagnostics) >= MAXIMUM_ERRORS

    def report(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic, unless there is one of its kind at this place: an error may be met again after a repair."""
        place = (diagnostic.code, diagnostic.line, diagnostic.column)
        if place not in self._places and not self.is_full:
            self._places.add(place)
            self.diagnostics.append(diagnostic)

    def report_syntax_error(self, token: Token, state: ParserState[Any]) -> None:
        """Add the diagnostic of a token that cannot stand where it does."""
        self.report(unexpected_token_diagnostic(self.source, token, state))
        end = token.start_pos or 0
        self._cut_off.add(token.end_pos or end)
        while end > 0 and self.source.text[end - 1].isspace():
            end -= 1
        self._cut_off.add(end)

    def abandon_function(self) -> None:
        """Forget the calls of a function that an error has cut short."""
        self._calls = []

    def finish(self) -> list[Diagnostic]:
        """The diagnostics found; keeps nothing of the source."""
        for name in self._unknown_types:
            if name.end_pos not in self._cut_off:  # or it is part of what is written wrongly
                self.report(unknown_type_diagnostic(self.source, name))
        found = self.diagnostics
        self.begin(Source(""))
        return found

    def _span(self, first: Any, last: Any) -> Span:
        first_span = _token_span(first) if isinstance(first, Token) else self._extents.get(id(first), first.span)
        last_span = _token_span(last) if isinstance(last, Token) else self._extents.get(id(last), last.span)
        return Span(first_span.start, last_span.end)

    # Lists

    def nothing(self, _: Children) -> Children:
        return []

    def absent(self, _: Children) -> None:
        return None

    def only(self, values: Children) -> Any:
        return values[0]

    def first(self, values: Children) -> Children:
        return [values[0]]

    def second(self, values: Children) -> Any:
        return values[1]

    def first_two(self, values: Children) -> Children:
        return [values[0], values[2]]

    def append(self, values: Children) -> Children:
        items: Children = values[0]
        items.append(values[1])
        return items

    def next(self, values: Children) -> Children:
        items: Children = values[0]
        items.append(values[2])
        return items

    # Functions and types

    program = only

    def function(self, values: Children) -> ast.Function:
        _, name, _, parameters, _, result, _, body = values
        function = ast.Function(self._span(values[0], body), str(name), _token_span(name), parameters, result, body)
        function.calls = sorted(self._calls, key=lambda call: call.span)
        self._calls = []
        return function

    def parameter(self, values: Children) -> ast.Parameter:
        name, _, annotation = values
        return ast.Parameter(self._span(name, annotation), _binding(name, "parameter"), annotation)

    def scalar_type(self, values: Children) -> ast.TypeNode:
        (name,) = values
        scalar = SIZE if name == "size" else SCALARS.get(name)
        if scalar is None:
            self._unknown_types.append(name)
            return ast.FaultyTypeNode(_token_span(name))
        return ast.ScalarNode(_token_span(name), scalar)

    def array_type(self, values: Children) -> ast.ArrayNode:
        return ast.ArrayNode(self._span(values[0], values[3]), values[1], values[3])

    def tuple_type(self, values: Children) -> ast.TupleNode:
        return ast.TupleNode(self._span(values[0], values[2]), values[1])

    # Statements and patterns

    def block(self, values: Children) -> ast.Block:
        statements, _, body = values
        return ast.Block(self._span(statements[0], body), statements, body)

    def let(self, values: Children) -> ast.Let:
        return ast.Let(self._span(values[0], values[3]), values[1], values[3])

    def assertion(self, values: Children) -> ast.Assert:
        return ast.Assert(self._span(values[0], values[1]), values[1], None)

    def assertion_with_message(self, values: Children) -> ast.Assert:
        return ast.Assert(self._span(values[0], values[3]), values[1], values[3])

    def print_statement(self, values: Children) -> ast.Print:
        return ast.Print(self._span(values[0], values[3]), values[2])

    def name_pattern(self, values: Children) -> ast.NamePattern:
        return ast.NamePattern(_token_span(values[0]), _binding(values[0], "let"))

    def wildcard(self, values: Children) -> ast.Wildcard:
        return ast.Wildcard(_token_span(values[0]))

    def tuple_pattern(self, values: Children) -> ast.TuplePattern:
        return ast.TuplePattern(self._span(values[0], values[2]), values[1])

    def string(self, values: Children) -> ast.StringLiteral:
        text = values[0][1:-1]
        if "\\" in text:
            parts = (part.replace('\\"', '"').replace("\\n", "\n") for part in text.split("\\\\"))
            text = "\\".join(parts)
        return ast.StringLiteral(_token_span(values[0]), str(text))

    def bad_string(self, values: Children) -> ast.StringLiteral:
        self.report(bad_string_diagnostic(self.source, values[0]))
        return ast.StringLiteral(_token_span(values[0]), "")

    # Control

    def conditional(self, values: Children) -> ast.If:
        word, condition, _, positive, _, negative = values
        return ast.If(self._span(word, negative), condition, positive, negative)

    def while_loop(self, values: Children) -> ast.Loop:
        word, states, while_word, condition, _, body = values
        source = ast.While(self._span(while_word, condition), condition)
        return ast.Loop(self._span(word, body), False, states, source, body)

    def for_loop(self, values: Children, is_scan: bool = False) -> ast.Loop:
        word, states, for_word, variable, _, iterable, _, body = values
        source = ast.For(self._span(for_word, iterable), _bound_by(variable, iterable), iterable)
        return ast.Loop(self._span(word, body), is_scan, states, source, body)

    def scan(self, values: Children) -> ast.Loop:
        return self.for_loop(values, is_scan=True)

    def state(self, values: Children) -> ast.State:
        name, _, initial = values
        return ast.State(self._span(name, initial), _binding(name, "state"), initial)

    def range(self, values: Children) -> ast.Range:
        return ast.Range(self._span(values[0], values[2]), values[0], values[2], None)

    def stepped_range(self, values: Children) -> ast.Range:
        return ast.Range(self._span(values[0], values[4]), values[0], values[2], values[4])

    def clause(self, values: Children) -> ast.Clause:
        variable, _, iterable = values
        return ast.Clause(self._span(variable, iterable), _bound_by(variable, iterable), iterable)

    def comprehension(self, values: Children) -> ast.Comprehension:
        return ast.Comprehension(self._span(values[0], values[4]), values[1], values[3])

    # Operators

    def with_element(self, values: Children) -> ast.With:
        array, _, _, indices, _, _, value = values
        return ast.With(self._span(array, value), array, indices, value)

    def logical(self, values: Children) -> ast.Logical:
        left, operator, right = values
        return ast.Logical(self._span(left, right), str(operator), left, right)

    def binary(self, values: Children) -> ast.Binary:
        left, operator, right = values
        return ast.Binary(self._span(left, right), str(operator), left, right)

    def unary(self, values: Children) -> ast.Unary:
        operator, operand = values
        return ast.Unary(self._span(operator, operand), str(operator), operand)

    def unary_minus(self, values: Children) -> ast.Expression:
        operator, operand = values
        if isinstance(operand, ast.Literal) and operand.text[:1].isdigit() and id(operand) not in self._extents:
            return ast.Literal(self._span(operator, operand), "-" + operand.text, operand.suffix)
        return self.unary(values)

    def first_link(self, values: Children) -> ast.Compare:
        left, operator, right = values
        return ast.Compare(self._span(left, right), [left, right], [str(operator)])

    def next_link(self, values: Children) -> ast.Compare:
        chain: ast.Compare
        chain, operator, right = values
        chain.operands.append(right)
        chain.operators.append(str(operator))
        chain.span = self._span(chain, right)
        return chain

    # Operands

    def call(self, values: Children) -> ast.Expression:
        name, _, arguments, close = values
        span = self._span(name, close)
        if name in BUILTINS:
            return ast.BuiltinCall(span, str(name), _token_span(name), arguments)
        call = ast.Call(span, str(name), _token_span(name), arguments)
        self._calls.append(call)
        return call

    def call_without_arguments(self, values: Children) -> ast.Expression:
        name, opening, close = values
        return self.call([name, opening, [], close])

    def index(self, values: Children) -> ast.Index:
        array, _, indices, close = values
        return ast.Index(self._span(array, close), array, indices)

    def name(self, values: Children) -> ast.Name:
        return ast.Name(_token_span(values[0]), str(values[0]))

    def integer(self, values: Children) -> ast.Literal:
        text = str(values[0])
        suffix = text[-3:] if text[-3:] in ("i32", "i64") else ""
        if not suffix and text[-3:] in ("f32", "f64") and text[1:2] not in ("x", "X"):
            suffix = text[-3:]
        return ast.Literal(_token_span(values[0]), text.removesuffix(suffix), suffix)

    def float_number(self, values: Children) -> ast.Literal:
        text = str(values[0])
        suffix = text[-3:] if text[-3:] in ("f32", "f64") else ""
        return ast.Literal(_token_span(values[0]), text.removesuffix(suffix), suffix)

    def bad_number(self, values: Children) -> ast.Literal:
        self.report(bad_number_diagnostic(self.source, values[0]))
        return ast.Literal(_token_span(values[0]), "")

    def bad_text(self, values: Children) -> ast.Literal:
        self.report(bad_text_diagnostic(self.source, values[0]))
        return ast.Literal(_token_span(values[0]), "")

    def truth(self, values: Children) -> ast.Literal:
        return ast.Literal(_token_span(values[0]), str(values[0]))

    def hole(self, values: Children) -> ast.Hole:
        return ast.Hole(_token_span(values[0]), values[0][1:])

    def parenthesised(self, values: Children) -> ast.Expression:
        inner: ast.Expression
        opening, inner, close = values
        self._extents[id(inner)] = Span(opening.start_pos, close.end_pos)
        return inner

    def tuple(self, values: Children) -> ast.Tuple:
        opening, head, _, rest, close = values
        return ast.Tuple(self._span(opening, close), [head, *rest])

    def array(self, values: Children) -> ast.ArrayLiteral:
        return ast.ArrayLiteral(self._span(values[0], values[2]), values[1])


def _token_span(token: Token) -> Span:
    assert token.start_pos is not None and token.end_pos is not None
    return Span(token.start_pos, token.end_pos)


def _binding(name: Token, kind: str) -> ast.Binding:
    return ast.Binding(str(name), _token_span(name), kind)


def _bound_by(variable: ast.Pattern, iterable: ast.Node) -> ast.Pattern:
    """The pattern of a `for`, whose binding now knows what it is."""
    if isinstance(variable, ast.NamePattern):
        variable.binding.kind = "index" if isinstance(iterable, ast.Range) else "element"
    return variable
