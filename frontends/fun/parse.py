"""Fun source text to syntax tree.

Requires: any text at all.  Ensures: a tree with a span on every node, or a SourceError with the syntax errors found:
after one, reading goes on behind a repair that is sure enough, else at the next `fn`.  Linear in the length of the
text, about ten microseconds a token; nothing is recursive, so depth is limited by memory only.

The work is done by lark: its LALR driver is a loop, and the callbacks of `TreeBuilder` make the nodes as it reduces.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from lark import Lark, Token, UnexpectedToken
from lark.parsers.lalr_parser_state import ParserState

from ssair.collection import garbage_collection_paused
from ssair.diagnostics import Diagnostic, Source, SourceError, Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.grammar import fun_parser
from ssair.frontends.fun.recovery import LEFT_OVER, WINDOW, Predictor, best_repair
from ssair.frontends.fun.syntax_errors import BAD_TOKENS
from ssair.frontends.fun.tree_builder import TreeBuilder


def parse_program(text: str, name: str = "<input>") -> ast.Program:
    """The syntax tree of a program; `name` is what diagnostics call the source.

    Raises: SourceError.

    Example:
        >>> parse_program("fn main(x: i64) -> i64 = x + 1").functions[0].name
        'main'
    """
    program, diagnostics = parse_what_can_be(text, name)
    if diagnostics:
        raise SourceError(diagnostics)
    return program


def parse_what_can_be(text: str, name: str = "<input>") -> tuple[ast.Program, list[Diagnostic]]:
    """The functions without a syntax error, and the syntax errors of the others.

    A function with a bad number, character, string or type name is there too: what is bad is a literal without text or
    a `FaultyTypeNode`.
    """
    source = Source(text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}"), name)
    with _parser_lock, garbage_collection_paused():
        lark, builder = _parser()
        builder.begin(source)
        functions = _Reading(source, lark, builder).functions()
        diagnostics = builder.finish()
    if not functions and not diagnostics:
        help = "a program is `fn main(x: f64) -> f64 = x * x`"
        diagnostics.append(source.diagnostic("E0103", "there is no function here", Span(0, 0), help=help))
    return ast.Program(Span(0, len(source.text)), functions, source), diagnostics


_parser_lock = threading.Lock()
_parser_cache: list[tuple[Lark, TreeBuilder]] = []


def _parser() -> tuple[Lark, TreeBuilder]:
    """The parser and its callbacks, made once a process."""
    if not _parser_cache:
        builder = TreeBuilder()
        _parser_cache.append((fun_parser(builder), builder))
    return _parser_cache[0]


class _Tokens:
    """The tokens of a text; what was looked at may be put back."""

    def __init__(self, lexed: Iterator[Token]) -> None:
        self._lexed = lexed
        self._put_back: deque[Token] = deque()

    def __iter__(self) -> Iterator[Token]:
        return self

    def __next__(self) -> Token:
        return self._put_back.popleft() if self._put_back else next(self._lexed)

    def put_back(self, tokens: Iterable[Token]) -> None:
        """Give these again, before all others."""
        self._put_back.extendleft(reversed(list(tokens)))


class _Reading:
    """One text on its way through the driver."""

    def __init__(self, source: Source, lark: Lark, builder: TreeBuilder) -> None:
        parser = lark.parse_interactive(source.text)
        self._source = source
        self._builder = builder
        self._state: ParserState[Any] = parser.parser_state
        self._tokens = _Tokens(parser.lexer_thread.lex(self._state))
        self._last = Token("$END", "", 0, end_pos=0)
        self._functions: list[ast.Function] = []
        self._faulty: set[int] = set()
        self._left_over: set[str] = set()

    def functions(self) -> list[ast.Function]:
        """The functions without an error; the diagnostics of the others are with the builder."""
        first = next(self._tokens, None)
        if first is None:
            return []
        self._tokens.put_back([first])
        while not self._reads_to_the_end() and not self._builder.is_full:
            pass
        return [function for function in self._functions if function.span.start not in self._faulty]

    def _reads_to_the_end(self) -> bool:
        """Read on; after an error, report it and find where to go on."""
        try:
            token = self._last
            for token in self._tokens:
                self._state.feed_token(token)
            self._last = token
            end = Token("$END", "", token.end_pos, end_pos=token.end_pos)
            self._functions += self._state.feed_token(end, True)
        except UnexpectedToken as error:
            return not self._recovers(error.token)
        return True

    def _recovers(self, token: Token) -> bool:
        """Go on behind an error: behind a repair, or at the next function."""
        is_end = token.type == "$END" or self._opens_function(token)
        opened = self._open_function()
        if opened in self._faulty:
            if is_end or self._is_consequence(token):
                return self._reaches_next_function(token)
        else:
            self._left_over = set()
            self._faulty.add(opened)
        self._builder.report_syntax_error(token, self._state)
        return (not is_end and self._repairs(token)) or self._reaches_next_function(token)

    def _open_function(self) -> int:
        """Where the function starts that is being read, or -1 if there is none."""
        for value in self._state.value_stack[:2]:
            if isinstance(value, Token) and value.type == "FN":
                return _place(value)
        return -1

    def _is_consequence(self, token: Token) -> bool:
        """Whether an error may come of an earlier repair: within what that has opened, or at what it has left alone."""
        return not self._left_over.isdisjoint((token.type, str(token))) or any(
            isinstance(value, Token) and value.start_pos == value.end_pos and value.type in LEFT_OVER
            for value in self._state.value_stack
        )

    def _opens_function(self, token: Token) -> bool:
        """Whether this is a `fn` with a name and `(` behind it: a good place to go on, whatever was before."""
        if token.type != "FN":
            return False
        following = list(islice(self._tokens, 2))
        self._tokens.put_back(following)
        return [each.type for each in following] == ["NAME", "LPAR"]

    def _repairs(self, token: Token) -> bool:
        """Go on in the same function, if a repair is sure enough."""
        ahead, terminals = self._look_ahead(token)
        repair = best_repair(Predictor(self._state), terminals)
        self._tokens.put_back(ahead[repair.deleted :] if repair else ahead)
        if repair is None:
            return False
        left_out = [token, *ahead[: repair.deleted]] if token.type in BAD_TOKENS else ahead[: repair.deleted]
        for each in left_out:
            self._left_over.update(LEFT_OVER.get(each.type, ()), LEFT_OVER.get(each, ()))
        place = _place(token)
        for terminal in repair.inserted:
            text = "i64" if terminal == "NAME" else ""  # which is good as a type too
            self._state.feed_token(Token(terminal, text, place, end_pos=place))
        return True

    def _look_ahead(self, token: Token) -> tuple[list[Token], list[str]]:
        """The tokens to be looked at, and their terminals, with `$END` where the function ends.

        A token at fault that is no terminal of any program is passed over; another one cannot be read on any account.
        """
        ahead = [] if token.type in BAD_TOKENS else [token]
        while (following := next(self._tokens, None)) is not None:
            if self._opens_function(following):
                self._tokens.put_back([following])
                break
            ahead.append(following)
            if len(ahead) == WINDOW:
                return ahead, _terminals(ahead)
        return ahead, [*_terminals(ahead), "$END"]

    def _reaches_next_function(self, token: Token) -> bool:
        """Pass over all up to the next function."""
        stack = self._state.value_stack
        if stack and isinstance(stack[0], list):  # the functions read so far
            self._functions += stack[0]
        self._builder.abandon_function()
        self._state = ParserState(self._state.parse_conf, self._state.lexer)
        if token.type == "FN":
            self._tokens.put_back([token])
        while (following := next(self._tokens, None)) is not None:
            if self._opens_function(following):
                self._tokens.put_back([following])
                return True
        return False


def _terminals(tokens: list[Token]) -> list[str]:
    return [each.type if each.type != "OTHER" else "" for each in tokens]


def _place(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos
