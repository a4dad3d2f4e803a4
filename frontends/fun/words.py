"""The words and signs of Fun, as data: what highlights, formats or explains a program takes them from here.

Ensures: `KEYWORDS`, `SIGNS` and `PATTERNS` are exactly the terminals of fun.lark, name by name and text by text (a test
reads the grammar and compares, so that the parser pays nothing for it); `TYPE_NAMES` and `BUILTIN_NAMES` are the
checker's own tables.  The patterns are regular expressions for Python and for Oniguruma, the engine of editors.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.fun.builtins import BUILTINS
from ssair.frontends.fun.types import SCALARS

DECLARATION_WORDS: Final = ("fn", "let")
CONTROL_WORDS: Final = ("in", "if", "then", "else", "loop", "scan", "while", "for", "by", "do", "with")
STATEMENT_WORDS: Final = ("assert", "print")
CONSTANT_WORDS: Final = ("true", "false")

KEYWORDS: Final = (*DECLARATION_WORDS, *CONTROL_WORDS, *STATEMENT_WORDS, *CONSTANT_WORDS)
"""The reserved words; the terminal of each is the word in capitals."""

TYPE_NAMES: Final = (*SCALARS, "size")
"""What a scalar type is written as.  All but the last are conversions as well."""

BUILTIN_NAMES: Final = tuple(BUILTINS)
"""What is a built-in function where an opening parenthesis follows."""

OPERATORS: Final[dict[str, str]] = {
    "OR": "||", "AND": "&&", "NOT": "!", "EQ": "==", "NE": "!=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">=",
    "BAR": "|", "CARET": "^", "AMPERSAND": "&", "SHL": "<<", "SHR": ">>", "PLUS": "+", "MINUS": "-", "STAR": "*",
    "SLASH": "/", "SLASHSLASH": "//", "PERCENT": "%", "AT": "@", "STARSTAR": "**",
}  # fmt: skip
"""What computes, by terminal."""

STRUCTURE_SIGNS: Final[dict[str, str]] = {"ARROW": "->", "DOTS": "..", "EQUAL": "=", "COLON": ":", "UNDERSCORE": "_"}
BRACKETS: Final[dict[str, str]] = {"LPAR": "(", "RPAR": ")", "LSQB": "[", "RSQB": "]"}

SIGNS: Final[dict[str, str]] = {**OPERATORS, **STRUCTURE_SIGNS, **BRACKETS, "COMMA": ","}
"""All terminals that are always written the same way and are not words."""

PATTERNS: Final[dict[str, str]] = {
    "NAME": r"[A-Za-z_][A-Za-z0-9_]*",
    "HOLE": r"\?[A-Za-z_][A-Za-z0-9_]*",
    "FLOAT": r"(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)(?:f32|f64)?(?![A-Za-z0-9_])",
    "INTEGER": r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:i32|i64|f32|f64)?(?![A-Za-z0-9_]|\.(?!\.))",
    "BAD_NUMBER": r"[0-9][A-Za-z0-9_]*(?:\.(?!\.)[A-Za-z0-9_]*)?|\.[0-9][A-Za-z0-9_]*",
    "STRING": r'"(?:\\["n\\]|[^"\\\r\n])*"',
    "BAD_STRING": r'"(?:\\[^\r\n]|[^"\\\r\n])*"?',
    "WHITESPACE": r"[ \t\r\n\f]+",
    "COMMENT": r"#[^\r\n]*",
}
"""The terminals that are written in many ways.  A bad one is text that only starts like a number or a string."""


def alternatives(texts: tuple[str, ...]) -> str:
    """A regular expression for any of the texts, the longest first so that none hides another.

    Example:
        >>> alternatives(("<", "<=", "||"))
        '<=|\\\\|\\\\||<'
    """
    escaped = (escape(text) for text in sorted(texts, key=lambda text: (-len(text), text)))
    return "|".join(escaped)


def escape(text: str) -> str:
    """The text as a regular expression, for either engine."""
    return "".join(c if c.isalnum() or c in '_="<>!:,@%&' else f"\\{c}" for c in text)
