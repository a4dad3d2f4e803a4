"""The words of Fun are in one place: what the grammar says, what the checker knows, and nothing else."""

from __future__ import annotations

import re

import pytest

from ssair.frontends.fun import words
from ssair.frontends.fun.builtins import BUILTINS
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.format_tree import form_parser
from ssair.frontends.fun.parse import parse_program

TERMINALS = {terminal.name: terminal.pattern for terminal in form_parser().terminals}
OF_THE_GRAMMAR_ALONE = {"OTHER"}  # any character that begins no token


def test_every_terminal_of_the_grammar_is_listed_once():
    listed = [*(word.upper() for word in words.KEYWORDS), *words.SIGNS, *words.PATTERNS]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(TERMINALS) - OF_THE_GRAMMAR_ALONE


def test_words_and_signs_are_written_as_the_grammar_writes_them():
    written = {name: pattern.value for name, pattern in TERMINALS.items() if pattern.type == "str"}
    assert written == {**{word.upper(): word for word in words.KEYWORDS}, **words.SIGNS}


def with_characters(pattern: str) -> str:
    """The pattern with its white space as lark keeps it: the characters, not their escapes."""
    return re.sub(r"\\(.)", lambda match: {"t": "\t", "r": "\r", "n": "\n", "f": "\f"}.get(match[1], match[0]), pattern)


def test_patterns_are_those_of_the_grammar():
    written = {name: TERMINALS[name].value for name in words.PATTERNS}
    assert written == {name: with_characters(pattern) for name, pattern in words.PATTERNS.items()}


@pytest.mark.parametrize("word", words.KEYWORDS)
def test_a_keyword_is_no_name(word):
    assert [token.type for token in form_parser().lex(word)] == [word.upper()]


@pytest.mark.parametrize("name", words.TYPE_NAMES)
def test_a_type_name_is_a_type(name):
    check_program(parse_program(f"fn f(x: {name}) = x"))


def test_built_in_functions_are_those_of_the_checker():
    assert tuple(BUILTINS) == words.BUILTIN_NAMES
    assert set(words.TYPE_NAMES[:-1]) <= set(words.BUILTIN_NAMES)


def test_alternatives_try_the_longest_first():
    signs = tuple(words.SIGNS.values())
    pattern = re.compile(words.alternatives(signs))
    for sign in signs:
        assert pattern.fullmatch(sign)
        assert pattern.match(sign + " ")[0] == sign
