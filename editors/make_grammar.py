"""Writes `fun.tmLanguage.json`, the TextMate grammar of Fun, from the words and patterns that the parser's tests hold.

    python editors/make_grammar.py

TextMate grammars are what Visual Studio Code, Sublime Text, JetBrains IDEs, Zed and GitHub colour programs by.  Every
rule is one match within a line, so that an editor never has to carry state from one line to the next: Fun has no text
that goes on over lines.  The regular expressions are those of Oniguruma that Python reads the same way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from ssair.frontends.fun.words import (
    BRACKETS,
    BUILTIN_NAMES,
    CONSTANT_WORDS,
    CONTROL_WORDS,
    OPERATORS,
    PATTERNS,
    STATEMENT_WORDS,
    STRUCTURE_SIGNS,
    TYPE_NAMES,
    alternatives,
)

PLACE: Final = Path(__file__).with_name("fun.tmLanguage.json")

Rule = dict[str, object]

_END: Final = r"(?![A-Za-z0-9_])"
_CALLED: Final = r"(?=[ \t]*\()"
_LOGICAL: Final = ("OR", "AND", "NOT")
_COMPARISONS: Final = ("EQ", "NE", "LT", "LE", "GT", "GE")
_BITWISE: Final = ("BAR", "CARET", "AMPERSAND", "SHL", "SHR")


def grammar() -> Rule:
    """The grammar as data."""
    return {
        "name": "Fun",
        "scopeName": "source.fun",
        "fileTypes": ["fun"],
        "patterns": [{"include": f"#{group}"} for group in _groups()],
        "repository": {group: {"patterns": rules} for group, rules in _groups().items()},
    }


def _groups() -> dict[str, list[Rule]]:
    """The rules; where two match at the same place, the first one counts."""
    return {
        "comments": [_rule("comment.line.number-sign", PATTERNS["COMMENT"])],
        "strings": [
            _rule("string.quoted.double", PATTERNS["STRING"], {"0": _rule("constant.character.escape", r'\\["n\\]')}),
            _rule("invalid.illegal.string", PATTERNS["BAD_STRING"]),
        ],
        "declarations": [
            {
                "match": rf"(fn)[ \t]+({PATTERNS['NAME']})",
                "captures": {"1": _scope("storage.type.function"), "2": _scope("entity.name.function")},
            },
            _rule("storage.type.function", f"fn{_END}"),
            _rule("storage.type", f"let{_END}"),
        ],
        "words": [
            _rule("keyword.control", _word(CONTROL_WORDS)),
            _rule("keyword.other", _word(STATEMENT_WORDS)),
            _rule("constant.language", _word(CONSTANT_WORDS)),
        ],
        "types": [
            {
                "match": rf"(:)[ \t]*({TYPE_NAMES[-1]}{_END})",
                "captures": {"1": _scope("punctuation.separator"), "2": _scope("support.type")},
            },
        ],
        "names": [
            _rule("support.function", _word(BUILTIN_NAMES) + _CALLED),
            _rule("support.type", _word(TYPE_NAMES[:-1])),
            _rule("entity.name.function", PATTERNS["NAME"] + _CALLED),
            _rule("variable.language.hole", PATTERNS["HOLE"]),
            _rule("variable.other", PATTERNS["NAME"]),
        ],
        "numbers": [
            _rule("constant.numeric.float", PATTERNS["FLOAT"]),
            _rule("constant.numeric.hex", rf"(?=0[xX]){PATTERNS['INTEGER']}"),
            _rule("constant.numeric.integer", PATTERNS["INTEGER"]),
            _rule("invalid.illegal.number", PATTERNS["BAD_NUMBER"]),
        ],
        "signs": _signs(),
        "rest": [_rule("invalid.illegal.character", r"[^ \t\r\n\f]")],
    }


def _signs() -> list[Rule]:
    """Operators and punctuation, the longest of all first: `<<` is no `<`."""
    scope_of = dict.fromkeys(OPERATORS.values(), "keyword.operator.arithmetic")
    for terminals, scope in ((_LOGICAL, "logical"), (_COMPARISONS, "comparison"), (_BITWISE, "bitwise")):
        scope_of |= {OPERATORS[terminal]: f"keyword.operator.{scope}" for terminal in terminals}
    scope_of |= dict.fromkeys((*STRUCTURE_SIGNS.values(), ","), "punctuation.separator")
    scope_of |= {STRUCTURE_SIGNS["ARROW"]: "keyword.operator.arrow"}
    scope_of |= dict.fromkeys(BRACKETS.values(), "punctuation.section.brackets")
    by_length = sorted(scope_of.items(), key=lambda item: -len(item[0]))
    return [_rule(scope, alternatives((text,))) for text, scope in by_length if text != STRUCTURE_SIGNS["UNDERSCORE"]]


def _word(texts: tuple[str, ...]) -> str:
    return f"(?:{alternatives(texts)}){_END}"


def _scope(name: str) -> Rule:
    return {"name": f"{name}.fun"}


def _rule(name: str, match: str, inner: dict[str, Rule] | None = None) -> Rule:
    """Text that has one scope; `inner` has rules for what a group of it holds."""
    captures = {group: {"patterns": [rule]} for group, rule in (inner or {}).items()}
    return {**_scope(name), "match": match} | ({"captures": captures} if captures else {})


def text_of(grammar: Rule) -> str:
    """The text of the file."""
    return json.dumps(grammar, indent=2) + "\n"


if __name__ == "__main__":
    PLACE.write_text(text_of(grammar()), encoding="utf-8")
