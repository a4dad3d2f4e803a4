"""Fun source as forms: what the grammar sees, every token kept, for the formatter.

Requires: a text that parses, and so has tokens.  Ensures: a tree in which each form is named by its rule or alias in
fun.lark and has the tokens and forms of the rule's right side, in order.  What repeats is one list with its separators
in it: the functions, the elements between commas, and the operands of left associative operators of one precedence, so
that only what nests in the text nests in the tree.  Linear; nothing is recursive.

The syntax tree (ast.py) would not do: it leaves out what means nothing, such as parentheses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Final, Union

from lark import Lark, Token

from ssair.collection import garbage_collection_paused
from ssair.frontends.fun.grammar import fun_parser


class Form:
    """A piece of source: the name of its rule, and the parts of it."""

    __slots__ = ("parts", "rule")

    def __init__(self, rule: str, parts: list[Part]) -> None:
        self.rule = rule
        self.parts = parts


Part = Union[Token, Form, "list[Part]"]


def parse_forms(text: str) -> tuple[list[Form], list[Token]]:
    """The functions of a text, and all of its tokens."""
    parser = form_parser()
    with garbage_collection_paused():
        tokens = list(parser.lex(text))
        reading = parser.parse_interactive()
        for token in tokens:
            reading.feed_token(token)
        functions: list[Form] = reading.feed_eof(tokens[-1])
    return functions, tokens


@cache
def form_parser() -> Lark:
    """The parser whose result is forms."""
    return fun_parser(_FormBuilder())


_LEVELS: Final = ("+ -", "* / // % @", "<< >>", "&", "^", "|", "&&", "||")
_LEVEL: Final = {operator: level for level, row in enumerate(_LEVELS, 1) for operator in row.split()}
"""The precedence of each left associative operator."""


class _FormBuilder:
    """The callbacks of the grammar: a form for each, but for what makes lists."""

    def __getattr__(self, rule: str) -> Callable[[list[Part]], Form]:
        if rule.isupper():  # lark asks for callbacks of terminals too: tokens stay tokens
            raise AttributeError(rule)
        return partial(Form, str(rule))

    def program(self, parts: list[Part]) -> Part:
        return parts[0]

    def first(self, parts: list[Part]) -> list[Part]:
        return [parts[0]]

    def nothing(self, _: list[Part]) -> list[Part]:
        return []

    def only(self, parts: list[Part]) -> Part:
        return parts[0]

    def second(self, parts: list[Part]) -> Form:
        """What the grammar names by the place of its part: a result type, and states in parentheses."""
        return Form("result" if isinstance(parts[0], Token) and parts[0].type == "ARROW" else "states", parts)

    def first_two(self, parts: list[Part]) -> list[Part]:
        return parts

    def next(self, parts: list[Part]) -> list[Part]:
        """The list so far, a comma, an element."""
        before, *more = parts
        assert isinstance(before, list)
        before.extend(more)
        return before

    append = next

    def binary(self, parts: list[Part]) -> Form:
        return _joined("binary", parts)

    def logical(self, parts: list[Part]) -> Form:
        return _joined("logical", parts)

    def first_link(self, parts: list[Part]) -> Form:
        return Form("chain", parts)

    def next_link(self, parts: list[Part]) -> Form:
        return _extended("chain", parts)

    def with_element(self, parts: list[Part]) -> Form:
        return _extended("with_element", parts)

    def index(self, parts: list[Part]) -> Form:
        return _extended("index", parts)


def _extended(rule: str, parts: list[Part]) -> Form:
    """The form of the first part, longer by the others, if it is of the same rule."""
    first = parts[0]
    if isinstance(first, Form) and first.rule == rule:
        first.parts.extend(parts[1:])
        return first
    return Form(rule, parts)


def _joined(rule: str, parts: list[Part]) -> Form:
    """Like `_extended`, if the operators have one precedence."""
    first, operator = parts[0], parts[1]
    is_longer = isinstance(first, Form) and first.rule == rule and _level(first.parts[1]) == _level(operator) > 0
    return _extended(rule, parts) if is_longer else Form(rule, parts)


def _level(operator: Part) -> int:
    assert isinstance(operator, Token)
    return _LEVEL.get(str(operator), 0)
