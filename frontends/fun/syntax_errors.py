"""What is said of a syntax error: what was found, what could have stood there, and the likely slip.

Requires: the state of lark's LALR driver at the error.  Ensures: a diagnostic whose place is the token that cannot
stand where it does; time linear in the depth of the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from lark import Token
from lark.parsers.lalr_parser_state import ParserState

from ssair.diagnostics import Diagnostic, Source, Span
from ssair.frontends.fun.ast import Name
from ssair.frontends.fun.recovery import Predictor
from ssair.frontends.fun.types import SCALARS

KEYWORDS = (
    "fn", "let", "in", "if", "then", "else", "loop", "scan", "while", "for", "by", "do", "with", "assert", "print",
    "true", "false",
)  # fmt: skip

_SHOWN = {
    "NAME": "a name", "INTEGER": "a number", "FLOAT": "a number", "STRING": "a string", "HOLE": "a typed hole",
    "UNDERSCORE": "`_`", "$END": "the end of the program", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`",
    "COMMA": "`,`", "COLON": "`:`", "ARROW": "`->`", "EQUAL": "`=`", "DOTS": "`..`",
}  # fmt: skip

_OPERATORS = {
    "OR": "||", "AND": "&&", "EQ": "==", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=", "BAR": "|",
    "CARET": "^", "AMPERSAND": "&", "SHL": "<<", "SHR": ">>", "PLUS": "+", "MINUS": "-", "STAR": "*", "SLASH": "/",
    "SLASHSLASH": "//", "PERCENT": "%", "AT": "@", "STARSTAR": "**",
}  # fmt: skip
_BRACKETS = {"LPAR": "RPAR", "LSQB": "RSQB"}
BAD_TOKENS = frozenset(("BAD_NUMBER", "BAD_STRING", "OTHER"))
_OPEN_FORMS = frozenset(("IF", "LOOP", "SCAN", "LET", "ASSERT", "PRINT"))

_HABITS: dict[str, str] = {
    "and": "write `&&` for and",
    "or": "write `||` for or",
    "not": "write `!` for not",
    "def": "a function starts with `fn`",
    "function": "a function starts with `fn`",
    "return": "there is no `return`: a function is one expression, its value",
    "elif": "write `else if`",
    "{": "there are no braces: a function is one expression, `fn f(x: i64) -> i64 = x`",
    "}": "there are no braces: a function is one expression, `fn f(x: i64) -> i64 = x`",
    ";": "there is no `;`: statements stand one after another, and `in` ends them",
    "'": 'strings are written with `"`',
    "var": "write `let x = … in …`",
    "const": "write `let x = … in …`",
    "lambda": "functions are declared with `fn` at the top of the program",
    "\\": "functions are declared with `fn` at the top of the program",
    "match": "write `if … then … else …`",
    "?": "write `if c then a else b`",
    "~": "the complement of x is `x ^ -1`",
    ".": "there are no fields; a function is called as `f(x)`, and a range is `lo..hi`",
}
"""What is written in other languages, and how Fun says it."""


def unexpected_token_diagnostic(source: Source, token: Token, state: ParserState[Any]) -> Diagnostic:
    """The diagnostic for a token that the parser cannot take."""
    span = Span(token.start_pos or 0, max(token.end_pos or 0, (token.start_pos or 0) + 1))
    if token.type in BAD_TOKENS:
        return _BAD_TOKEN_DIAGNOSTICS[token.type](source, token)
    stack = state.value_stack
    if stack and isinstance(stack[-1], Token) and stack[-1].type in BAD_TOKENS:
        return _BAD_TOKEN_DIAGNOSTICS[stack[-1].type](source, stack[-1])
    wanted = list(Predictor(state).acceptable())
    help = _likely_slip(token, wanted, stack)
    found = _SHOWN["$END"] if token.type == "$END" else f"`{_shortened(token)}`"
    if token in KEYWORDS and "NAME" in wanted and "INTEGER" not in wanted and token.type not in ("FOR", "WHILE"):
        message = f"`{token}` is a keyword, and cannot be a name"
        return source.diagnostic("E0106", message, span, help=help)
    if token.type in _OPEN_FORMS and "INTEGER" in wanted:
        message = f"`{token}` needs parentheses around it when it is the operand of an operator"
        return source.diagnostic("E0108", message, span, help=help or f"write `({token} …)`")
    message = f"expected {_in_words(wanted)}, found {found}"
    return source.diagnostic("E0102", message, span, _unclosed_bracket(token, stack), help)


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
        left = [t for t in left if t not in _OPERATORS and t not in ("LSQB", "LPAR", "WITH")]
        words.append("an operator")
    if (known := _WHOLE_SETS.get(frozenset(left))) is not None:
        return " or ".join([*words, known])
    if {"LET", "IN"} <= set(left):
        left = [t for t in left if t not in _OPEN_FORMS]
    words.extend(dict.fromkeys(_SHOWN.get(terminal) or f"`{_text_of(terminal)}`" for terminal in left))
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _text_of(terminal: str) -> str:
    """How a terminal is written: a keyword is its own name in small letters."""
    return _OPERATORS.get(terminal, "!" if terminal == "NOT" else terminal.lower())


_SLIPS: list[tuple[str, str, str, str]] = [
    # found       before              wanted      advice
    ("RPAR RSQB", "COMMA",            "",         "there is no comma after the last one"),
    ("RPAR",      "LPAR",             "MINUS",    "a tuple has two elements or more"),
    ("RSQB",      "COLON.LSQB ARROW.LSQB", "",    "array types have their sizes in the brackets: `[n]f64`"),
    ("RSQB",      "LSQB",             "MINUS",    "an array has an element or more; `zeros(0)` has none"),
    ("LSQB",      "COLON.NAME ARROW.NAME", "",    "array types are written `[n]f64`"),
    ("RPAR COMMA EQUAL ARROW", "RSQB", "NAME",    "array types are written `[n]f64`"),
    ("RPAR COMMA", "NAME",            "COLON",    "parameters have types: `x: f64`"),
    ("NAME",      "FN.NAME",          "",         "parameters stand in parentheses: `fn f(x: f64) = x`"),
    ("COLON NAME LSQB LPAR", "RPAR",  "ARROW",    "the result type stands behind `->`"),
    ("FOR WHILE", "LOOP SCAN",        "",         "the state comes first: `loop acc = 0 for i in 0..n do acc + i`"),
    ("FOR WHILE", "",                 "MINUS",    "a loop has a state: `loop acc = 0 for i in 0..n do acc + i`"),
    ("LSQB",      "LET.NAME",         "",         "arrays do not change: `let xs = xs with [i] = v in …`"),
    ("EQUAL",     "RSQB",             "EQ",       "arrays do not change: `let xs = xs with [i] = v in …`"),
    ("EQUAL",     "EQ",               "",         "`==` compares"),
    ("EQUAL",     "",                 "EQ",       "`==` compares; `=` only stands in `let`, `loop` and `with`"),
    ("GT",        "LT",               "",         "write `!=` for not equal"),
    ("PLUS",      "PLUS",             "",         "nothing is changed in place: write `x + 1`"),
    ("STAR",      "SLASH",            "",         "comments start with `#`"),
    ("DOTS",      "",                 "",         "ranges stand behind `in`: `for i in 0..n`; `iota(n)` is an array"),
    ("COLON",     "",                 "RSQB",     "there are no slices: write `[xs[i] for i in lo..hi]`"),
    ("IF",        "",                 "RSQB",     "a comprehension takes every element, and does not choose"),
    ("UNDERSCORE", "",                "MINUS",    "`_` only stands for a value that is not used, in a pattern"),
    ("STRING",    "",                 "",         "strings only stand in `print` and after the comma of `assert`"),
    ("",          "",                 "STRING",   "the message of an `assert` is a string"),
    ("",          "",                 "LET IN",   "statements end with `in` and the value: `let x = 1 in x + 1`"),
    ("NOT",       "",                 "MINUS",    "write `(!…)` in parentheses: `!` is looser than comparisons"),
    ("LPAR",      "",                 "LSQB PLUS", "only a function is called, by its name; elements are `xs[i]`"),
]  # fmt: skip
"""Mistakes, by what is found, what stands before it, and what could have come instead: the first row that fits counts.

Found and before are alternatives, a name of a terminal each; `FN.NAME` is a name behind `fn`.  Of what is wanted, all
must be.  An empty column fits everything.
"""


def _likely_slip(token: Token, wanted: list[str], stack: list[Any]) -> str:
    """Advice on what was probably meant, or nothing."""
    before = [value.type if isinstance(value, Token) else "" for value in stack[-2:]]
    last = stack[-1] if stack else None
    word = last.name if isinstance(last, Name) else last if isinstance(last, Token) else ""
    if token in _HABITS or word in _HABITS:
        return _HABITS.get(token) or _HABITS[word]
    if token.type == "NAME" and len(token) < 20:
        keywords = [terminal.lower() for terminal in wanted if terminal.lower() in KEYWORDS]
        if close := get_close_matches(token, keywords, 1):
            return f"did you mean `{close[0]}`?"
    places = {".".join(before), *before[-1:]}
    for found_types, before_types, wanted_types, advice in _SLIPS:
        if (
            (not found_types or token.type in found_types.split())
            and (not before_types or not places.isdisjoint(before_types.split()))
            and all(terminal in wanted for terminal in wanted_types.split())
        ):
            return advice
    return ""


def _unclosed_bracket(token: Token, stack: list[Any]) -> list[tuple[str, Span]]:
    """The innermost open bracket, where the token shows that it should have been closed before."""
    if token.type not in ("$END", "FN", "RPAR", "RSQB", "IN", "THEN", "ELSE", "DO"):
        return []
    closed = 0
    for value in reversed(stack):
        if not isinstance(value, Token):
            continue
        if value.type in _BRACKETS.values():
            closed += 1
        elif value.type in _BRACKETS and closed:
            closed -= 1
        elif value.type in _BRACKETS:
            return [] if token.type == _BRACKETS[value.type] else [("this is not closed", _token_place(value))]
    return []


def _shortened(text: str) -> str:
    shown = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[:40])
    return shown + ("…" if len(text) > 40 else "")


def _token_place(token: Token) -> Span:
    return Span(token.start_pos or 0, token.end_pos or 0)


def bad_number_diagnostic(source: Source, token: Token) -> Diagnostic:
    """The diagnostic for a token that starts like a number and is none."""
    text = _shortened(token)
    help = ""
    if re.fullmatch(r"[0-9]+\.", token) or re.fullmatch(r"\.[0-9]+", token):
        help = f"a float has digits on both sides of the point: `{('0' + token) if token[0] == '.' else token + '0'}`"
    elif re.fullmatch(r"[0-9][0-9_]*", token):
        help = "digits are not grouped: write `" + _shortened(token.replace("_", "")) + "`"
    elif suffix := re.fullmatch(r"[0-9.]+([A-Za-z]\w*)", token):
        help = "a number may end in `i32`, `i64`, `f32` or `f64`" if suffix[1][0] in "iuf" else ""
    return source.diagnostic("E0104", f"`{text}` is not a number", _token_place(token), help=help)


def bad_string_diagnostic(source: Source, token: Token) -> Diagnostic:
    """The diagnostic for a string that does not end, or has an escape that there is not."""
    start = token.start_pos or 0
    if len(token) > 1 and token.endswith('"'):
        for escape in re.finditer(r"\\(.)", token, re.DOTALL):
            if escape[1] not in '\\"n':
                place = Span(start + escape.start(), start + escape.end())
                message = f"there is no escape `{_shortened(escape[0])}`"
                return source.diagnostic("E0105", message, place, help='write `\\\\`, `\\"` or `\\n`')
    return source.diagnostic("E0105", "this string does not end on its line", _token_place(token))


def bad_text_diagnostic(source: Source, token: Token) -> Diagnostic:
    """The diagnostic for a character that starts no token."""
    shown = f"`{token}`" if token.isprintable() else f"U+{ord(token):04X}"
    help = _HABITS.get(token, "")
    if not help and not token.isascii() and token.isprintable():
        help = "names and operators are ASCII"
    return source.diagnostic("E0101", f"{shown} has no meaning here", _token_place(token), help=help)


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
