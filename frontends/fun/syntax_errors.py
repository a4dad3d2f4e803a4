"""What is said of a syntax error: what was found, what could have stood there, and the likely slip.

Requires: the state of lark's LALR driver at the error.  Ensures: a diagnostic whose place is the token that cannot
stand where it does; time linear in the depth of the state.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lark import Token
from lark.parsers.lalr_parser_state import ParserState

from ssair.diagnostics import Diagnostic, Source, Span
from ssair.frontends.fun.ast import Name
from ssair.frontends.fun.builtins import BUILTINS, FOREIGN
from ssair.frontends.fun.habits import CHARACTERS, COMMENTS, FIELDS, FOREIGN_OPERATORS, NO_FIELDS, SLIPS, WORDS
from ssair.frontends.fun.recovery import Predictor
from ssair.frontends.fun.types import SCALARS
from ssair.frontends.fun.words import KEYWORDS, OPERATORS, SIGNS

_SHOWN = {
    "NAME": "a name", "INTEGER": "a number", "FLOAT": "a number", "STRING": "a string", "HOLE": "a typed hole",
    "$END": "the end of the program",
}  # fmt: skip

_BRACKETS = {"LPAR": "RPAR", "LSQB": "RSQB"}
BAD_TOKENS = frozenset(("BAD_NUMBER", "BAD_STRING", "OTHER"))
_OPEN_FORMS = frozenset(("IF", "LOOP", "SCAN", "LET", "ASSERT", "PRINT"))


def unexpected_token_diagnostic(source: Source, token: Token, state: ParserState[Any]) -> Diagnostic:
    """The diagnostic for a token that the parser cannot take."""
    stack = state.value_stack
    place = _token_place(token)
    if (foreign := _foreign_operator(source.text, place)) is not None:
        return source.diagnostic("E0102", f"there is no operator `{foreign[0]}`", foreign[1], help=foreign[2])
    last = stack[-1] if stack else None
    if isinstance(last, Token) and last.type in BAD_TOKENS:
        return _BAD_TOKEN_DIAGNOSTICS[last.type](source, last)
    wanted = list(Predictor(state).acceptable())
    fault = Fault(source, token, stack, wanted)
    help = fault.advice()
    if token.type in BAD_TOKENS:
        return _BAD_TOKEN_DIAGNOSTICS[token.type](source, token, help)
    if fault.word in WORDS and (token.type == "NAME" or "PLUS" in wanted):
        return source.diagnostic(
            "E0102", f"there is no `{fault.word}` in Fun", _word_place(last), help=WORDS[fault.word]
        )
    if (
        token in KEYWORDS
        and "NAME" in wanted
        and "INTEGER" not in wanted
        and (fault.word == "fn" or token.type not in ("FOR", "WHILE"))
    ):
        return source.diagnostic("E0106", f"`{token}` is a keyword, and cannot be a name", place, help=help)
    if token.type in _OPEN_FORMS and "INTEGER" in wanted:
        message = f"`{token}` needs parentheses around it when it is the operand of an operator"
        return source.diagnostic("E0108", message, place, help=help or f"write `({token} …)`")
    found = _SHOWN["$END"] if token.type == "$END" else f"`{_shortened(token)}`"
    message = f"expected {_in_words(wanted)}, found {found}"
    notes = _unclosed_bracket(token, stack) or _unfinished(fault)
    return source.diagnostic("E0102", message, place, notes, help)


_OPERATOR_RUN = re.compile(r"[-+*/%<>=!:.&|^]+")
_LONGEST_RUN = 3


def _foreign_operator(text: str, place: Span) -> tuple[str, Span, str] | None:
    """The operator of another language that a token is part of, where it is, and the advice."""
    for start in range(max(place.start - _LONGEST_RUN + 1, 0), place.start + 1):
        if start > 0 and _OPERATOR_RUN.match(text, start - 1):
            continue  # a run starts earlier
        run = _OPERATOR_RUN.match(text, start, start + _LONGEST_RUN + 1)
        if run is not None and run.end() > place.start and run[0] in FOREIGN_OPERATORS:
            return run[0], Span(start, run.end()), FOREIGN_OPERATORS[run[0]]
    return None


_WHOLE_SETS = {
    frozenset(("LPAR", "LSQB", "NAME")): "a type",
    frozenset(("LPAR", "NAME", "UNDERSCORE")): "a name or a pattern",
    frozenset(("FN", "$END")): "the end of the function",
}
"""Sets of terminals that have a word of their own."""


def _in_words(wanted: list[str]) -> str:
    """A list of terminals as a person would say it: an expression, an operator, `)`."""
    left = [terminal for terminal in wanted if terminal not in BAD_TOKENS]
    words: list[str] = []
    if "INTEGER" in left:
        words.append("an expression")
        left = [t for t in left if t in ("RPAR", "RSQB", "STRING")]
    elif "PLUS" in left or "EQ" in left:
        left = [t for t in left if t not in OPERATORS and t not in ("LSQB", "LPAR", "WITH")]
        words.append("an operator")
    if (known := _WHOLE_SETS.get(frozenset(left))) is not None:
        return " or ".join([*words, known])
    if {"LET", "IN"} <= set(left):
        left = [t for t in left if t not in _OPEN_FORMS]
    words.extend(dict.fromkeys(_SHOWN.get(terminal) or f"`{_text_of(terminal)}`" for terminal in left))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _text_of(terminal: str) -> str:
    """How a terminal is written: a keyword is its own name in small letters."""
    return SIGNS.get(terminal, terminal.lower())


_DECLARATION = re.compile(r"fn\s+[A-Za-z_][A-Za-z0-9_]*\s*\(")


@dataclass(frozen=True, slots=True)
class Fault:
    """A token that cannot stand where it does: what is before it on the parser's stack, and what could come instead."""

    source: Source
    token: Token
    stack: list[Any]
    wanted: list[str]

    def advice(self) -> str:
        """What was probably meant, or nothing."""
        token = self.token
        if token in WORDS:
            return WORDS[token]
        if token.type == "NAME" and len(token) < 20:
            keywords = [terminal.lower() for terminal in self.wanted if terminal.lower() in KEYWORDS]
            if close := get_close_matches(token, keywords, 1):
                return f"did you mean `{close[0]}`?"
        if self._is_in_comment():
            return COMMENTS
        if token.type in ("RPAR", "RSQB") and token.type not in self.wanted and _innermost_open(self.stack) is None:
            return f"nothing is open here that `{token}` would close"
        return self._slip()

    @property
    def opens_function(self) -> bool:
        """Whether this is the `fn` of another function."""
        return _DECLARATION.match(self.source.text, _token_place(self.token).start) is not None

    @property
    def word(self) -> str:
        """The name right before the fault, or nothing."""
        last = self.stack[-1] if self.stack else None
        return last.name if isinstance(last, Name) else str(last) if isinstance(last, Token) else ""

    def _is_in_comment(self) -> bool:
        """Whether the line begins as comments do elsewhere."""
        text, start = self.source.text, _token_place(self.token).start
        line = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        return text[line : start + 2].lstrip().startswith("//")

    def _slip(self) -> str:
        before = self._before()
        for found, places, wanted, advice in SLIPS:
            if (
                self._is_found_in(found.split())
                and (not places or not before.isdisjoint(places.split()))
                and all(terminal in self.wanted for terminal in wanted.split())
            ):
                return advice.format(found=_shortened(self.token), before=_shortened(self.word))
        return ""

    def _is_found_in(self, alternatives: list[str]) -> bool:
        if self.token.type in BAD_TOKENS:
            return self.token in alternatives
        if self.opens_function and "DECLARATION" in alternatives:
            return True
        return not alternatives or self.token.type in alternatives

    def _before(self) -> set[str]:
        """What stands before, in the words of the table: the last thing, the last two, the last three."""
        kinds = [self._kind(value) for value in self.stack[-3:]]
        return {".".join(kinds[start:]) for start in range(len(kinds))} or {"nothing"}

    def _kind(self, value: Any) -> str:
        """The terminal of a token, or the class of a node; a name in an expression is a node, read or not."""
        if isinstance(value, Token) and (value.type != "NAME" or "PLUS" not in self.wanted):
            return "TYPE" if value in SCALARS else value.type
        if not isinstance(value, Token | Name):
            return type(value).__name__
        between = self.source.text[_word_place(value).end : _token_place(self.token).start]
        word = value.name if isinstance(value, Name) else value
        return "" if "\n" in between or "\r" in between else "TYPE" if word in SCALARS else "Name"


def _unclosed_bracket(token: Token, stack: list[Any]) -> list[tuple[str, Span]]:
    """The innermost open bracket, where the token shows that it should have been closed before."""
    if token.type not in ("$END", "FN", "RPAR", "RSQB", "IN", "THEN", "ELSE", "DO"):
        return []
    opening = _innermost_open(stack)
    if opening is None or token.type == _BRACKETS[opening.type]:
        return []
    return [("this is not closed", _token_place(opening))]


def _unfinished(fault: Fault) -> list[tuple[str, Span]]:
    """What is read last, where it wants an expression and the function ends instead."""
    last = fault.stack[-1] if fault.stack else None
    ends = fault.token.type == "$END" or fault.opens_function
    if not ends or "INTEGER" not in fault.wanted or not isinstance(last, Token):
        return []
    return [("something is missing behind this", _token_place(last))]


def _innermost_open(stack: list[Any]) -> Token | None:
    closed = 0
    for value in reversed(stack):
        if not isinstance(value, Token):
            continue
        if value.type in _BRACKETS.values():
            closed += 1
        elif value.type in _BRACKETS and closed:
            closed -= 1
        elif value.type in _BRACKETS:
            return value
    return None


def _shortened(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[:40])
    return shown + ("…" if len(text) > 40 else "")


def _token_place(token: Token) -> Span:
    start = token.start_pos or 0
    return Span(start, max(token.end_pos or 0, start + 1))


def _word_place(value: Any) -> Span:
    return _token_place(value) if isinstance(value, Token) else value.span


def bad_number_diagnostic(source: Source, token: Token, _: str = "") -> Diagnostic:
    """The diagnostic for a token that starts like a number and is none."""
    text = _shortened(token)
    help = ""
    if re.fullmatch(r"[0-9]+\.", token) or re.fullmatch(r"\.[0-9]+", token):
        help = f"a float has digits on both sides of the point: `{('0' + token) if token[0] == '.' else token + '0'}`"
    elif re.fullmatch(r"0[bB][01]{1,63}|0[oO][0-7]{1,21}", token):
        help = f"integers are decimal or hexadecimal: `{int(token, 0):#x}`"
    elif re.fullmatch(r"[0-9.]+[eE][+-]?", token):
        help = f"an exponent has digits: `{text}0`"
    elif re.fullmatch(r"[0-9][0-9_]*", token):
        help = "digits are not grouped: write `" + _shortened(token.replace("_", "")) + "`"
    elif suffix := re.fullmatch(r"[0-9.]+([A-Za-z]\w*)", token):
        help = "a number may end in `i32`, `i64`, `f32` or `f64`" if suffix[1][0] in "iuf" else ""
    return source.diagnostic("E0104", f"`{text}` is not a number", _token_place(token), help=help)


def bad_string_diagnostic(source: Source, token: Token, _: str = "") -> Diagnostic:
    """The diagnostic for a string that does not end, or has an escape that there is not."""
    start = token.start_pos or 0
    if len(token) > 1 and token.endswith('"'):
        for escape in re.finditer(r"\\(.)", token, re.DOTALL):
            if escape[1] not in '\\"n':
                place = Span(start + escape.start(), start + escape.end())
                message = f"there is no escape `{_shortened(escape[0])}`"
                return source.diagnostic("E0105", message, place, help='write `\\\\`, `\\"` or `\\n`')
    return source.diagnostic("E0105", "this string does not end on its line", _token_place(token))


def bad_text_diagnostic(source: Source, token: Token, advice: str = "") -> Diagnostic:
    """The diagnostic for a character that starts no token."""
    if (foreign := _foreign_operator(source.text, _token_place(token))) is not None:
        return source.diagnostic("E0101", f"there is no operator `{foreign[0]}`", foreign[1], help=foreign[2])
    shown = f"`{token}`" if token.isprintable() and token != "`" else f"U+{ord(token):04X}"
    help = advice or _field_advice(source, token) or CHARACTERS.get(token, "")
    if not help and not token.isascii():
        plain = unicodedata.normalize("NFKC", token)
        help = f"write `{plain}`" if plain.isascii() and plain.isprintable() else ""
        help = help or ("names and operators are ASCII" if token.isprintable() else "")
    return source.diagnostic("E0101", f"{shown} has no meaning here", _token_place(token), help=help)


_FIELD = re.compile(r"\.[ \t]*([A-Za-z_][A-Za-z0-9_]{0,20})")


def _field_advice(source: Source, token: Token) -> str:
    """How Fun says what stands behind a point, or nothing."""
    field = _FIELD.match(source.text, _token_place(token).start)
    if field is None:
        return ""
    usage = BUILTINS[field[1]].usage if field[1] in BUILTINS else FOREIGN.get(field[1]) or FIELDS.get(field[1])
    return f"{NO_FIELDS}write `{usage}`" if usage else ""


_BAD_TOKEN_DIAGNOSTICS = {
    "BAD_NUMBER": bad_number_diagnostic,
    "BAD_STRING": bad_string_diagnostic,
    "OTHER": bad_text_diagnostic,
}


def unknown_type_diagnostic(source: Source, token: Token) -> Diagnostic:
    """The diagnostic for a name that stands for a type and is none."""
    names = [*SCALARS, "size"]
    guesses = {"int": "i64", "float": "f64", "double": "f64", "long": "i64", "boolean": "bool", "usize": "size"}
    close = guesses.get(token.lower()) or next(iter(get_close_matches(token, names, 1)), "")
    help = f"did you mean `{close}`?" if close else f"the types are {_listed(names)}, arrays and tuples"
    return source.diagnostic("E0307", f"there is no type `{_shortened(token)}`", _token_place(token), help=help)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
