"""Pygments lexers for Fun and for the text of the IR: colours in documentation, notebooks and terminals.

Registered with Pygments by entry points: once ssair is installed, `fun` and `ssair` are names of languages wherever
Pygments is used (Sphinx, MkDocs, `pygmentize`, Jupyter).  Nothing else imports this module, and ssair does not need
Pygments.  Words and patterns are those of ssair.frontends.fun.words and ssair.ops.

Ensures: the tokens of any text, joined, are the text; what cannot stand in a program (a bad number, an open string, a
character without meaning, an unknown word of the IR) is an `Error`, and nothing in a valid program is.  Linear time.

Example:
    >>> [(str(kind), text) for kind, text in FunLexer().get_tokens("?x")][:1]
    [('Token.Name.Variable.Magic', '?x')]
"""

from __future__ import annotations

import re
from typing import Final

from pygments.lexer import RegexLexer, bygroups
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from ssair.frontends.fun.words import (
    BRACKETS,
    BUILTIN_NAMES,
    CONSTANT_WORDS,
    CONTROL_WORDS,
    DECLARATION_WORDS,
    OPERATORS,
    PATTERNS,
    STATEMENT_WORDS,
    STRUCTURE_SIGNS,
    TYPE_NAMES,
    alternatives,
)
from ssair.ops import OPS, PREDICATES, TERMINATORS, TRAP_KINDS

_BLANKS: Final = r"[ \t\r\n\f]"
_CALLED: Final = rf"(?={_BLANKS}*\()"
_END: Final = r"(?![A-Za-z0-9_])"


def _word(texts: tuple[str, ...]) -> str:
    """Any of the words, whole."""
    return f"(?:{alternatives(texts)}){_END}"


class FunLexer(RegexLexer):  # type: ignore[misc]  # pygments has no types
    """Fun, the source language."""

    name = "Fun"
    aliases = ("fun",)
    filenames = ("*.fun",)
    mimetypes = ("text/x-fun",)
    priority = 0.1  # the lexer of Standard ML claims *.fun too

    tokens: Final = {
        "root": [
            (PATTERNS["WHITESPACE"], Whitespace),
            (PATTERNS["COMMENT"], Comment.Single),
            (rf"(fn)({_BLANKS}+)({PATTERNS['NAME']})", bygroups(Keyword.Declaration, Whitespace, Name.Function)),
            (_word(DECLARATION_WORDS), Keyword.Declaration),
            (_word(CONTROL_WORDS), Keyword),
            (_word(STATEMENT_WORDS), Keyword.Pseudo),
            (_word(CONSTANT_WORDS), Keyword.Constant),
            (rf"(:)({_BLANKS}*)(size{_END})", bygroups(Punctuation, Whitespace, Keyword.Type)),
            (_word(BUILTIN_NAMES) + _CALLED, Name.Builtin),
            (_word(TYPE_NAMES[:-1]), Keyword.Type),
            (PATTERNS["NAME"] + _CALLED, Name.Function),
            (PATTERNS["NAME"], Name),
            (PATTERNS["HOLE"], Name.Variable.Magic),
            (PATTERNS["FLOAT"], Number.Float),
            (rf"(?=0[xX]){PATTERNS['INTEGER']}", Number.Hex),
            (PATTERNS["INTEGER"], Number.Integer),
            (PATTERNS["BAD_NUMBER"], Error),
            (rf"(?={PATTERNS['STRING']})\"", String.Double, "string"),
            (PATTERNS["BAD_STRING"], Error),
            (alternatives((*OPERATORS.values(), STRUCTURE_SIGNS["ARROW"])), Operator),
            (alternatives((*STRUCTURE_SIGNS.values(), *BRACKETS.values(), ",")), Punctuation),
        ],
        "string": [
            (r"\\.", String.Escape),
            (r'[^"\\]+', String.Double),
            (r'"', String.Double, "#pop"),
        ],
    }

    @staticmethod
    def analyse_text(text: str) -> float:
        """How likely a text is Fun: functions that begin with `fn` and have no braces."""
        is_fun = re.search(rf"^fn {PATTERNS['NAME']}\([^{{;]*=\s", text, re.MULTILINE) is not None
        return 0.6 if is_fun else 0.0


_TYPES: Final = ("bool", "i32", "i64", "f32", "f64", "mem", "ptr")
_DETAILS: Final = ("at", "called", "dimension", "empty", "from", "nonzero", "static", *TRAP_KINDS)
_STRING_START: Final = r'"(?=(?:[^"\\\r\n]|\\.)*")'


class SsairLexer(RegexLexer):  # type: ignore[misc]  # pygments has no types
    """The text form of the IR, as dumps and golden tests show it."""

    name = "ssair IR"
    aliases = ("ssair",)
    filenames = ("*.ssair",)
    mimetypes = ("text/x-ssair",)

    tokens: Final = {
        "root": [
            (PATTERNS["WHITESPACE"], Whitespace),
            (r";[^\r\n]*", Comment.Single),
            (_word(("entry", "func", "site")), Keyword.Declaration),
            (_word(tuple(TERMINATORS)), Keyword),
            (_word(_TYPES), Keyword.Type),
            (_word(("true", "false")), Keyword.Constant),
            (_word(PREDICATES), Operator.Word),
            (_word(tuple(OPS)), Name.Builtin),
            (_word(_DETAILS), Keyword.Pseudo),
            (rf"v[0-9]+{_END}", Name.Variable),
            (rf"bb[0-9]+{_END}", Name.Label),
            (r"@[0-9]+", Name.Decorator),
            (r"@[A-Za-z_][A-Za-z_0-9.]*", Name.Function),
            (rf"@{_STRING_START}", Name.Function, "name"),
            (rf"-?(?:inf|nan){_END}", Number.Float),
            (rf"-?[0-9]+(?:\.(?!\.)[0-9]*(?:e[+-]?[0-9]+)?|e[+-]?[0-9]+){_END}", Number.Float),
            (rf"[+-]?[0-9]+{_END}", Number.Integer),
            (_STRING_START, String.Double, "string"),
            (r'"[^\r\n]*', Error),
            (r"[A-Za-z0-9_]+", Error),
            (r"->|\.\.", Punctuation),
            (r"[=^]", Operator),
            (r"[(){}\[\]<>,:|?]", Punctuation),
            (r"-", Punctuation),
        ],
        "string": [
            (r"\\u\{[0-9a-f]+\}|\\.", String.Escape),
            (r'[^"\\]+', String.Double),
            (r'"', String.Double, "#pop"),
        ],
        "name": [
            (r'[^"\\]+|\\.', Name.Function),
            (r'"', Name.Function, "#pop"),
        ],
    }
