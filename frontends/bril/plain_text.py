"""Labels and instructions as they are mostly written: no comment and no line end inside, operands in the usual order.

    reader = PlainReader(text)
    position = reader.read(position, body)      # puts what is plain behind `body`; gives where something else stands

Programs that are generated, or printed, are plain from one end to the other. What is plain is found by an expression
of a few steps, and what its words are by tables that are filled as words come, so that each name is looked at once: a
third of the time of the expression for all of the grammar, in `text`. Nothing is decided here: what is not plain is
left to that, and what is plain is read as it would read it.

Complexity: linear, and constant time for what is not plain.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from ssair.frontends.bril.literals import read_literal
from ssair.frontends.bril.program import Instruction, Item, Label
from ssair.frontends.bril.types import parse_type
from ssair.types import Type

Names = tuple[str, ...]

_NAME: Final = r"[A-Za-z_%][A-Za-z0-9_%.]*+"
_BLANKS: Final = r"[ \t]*+"
_GAP: Final = r"[ \t\f\v\r\n]*+(?:#[^\n]*+[ \t\f\v\r\n]*+)*+"
#: Operands are characters that operands have: they are looked at word by word. What cannot stand in them ends the
#: search, so that what is looked at in vain is no more than what is left to `text` then.
_INSTRUCTION: Final = re.compile(
    rf"((?:({_NAME}){_BLANKS}:{_BLANKS}({_NAME}[<>a-z]*+){_BLANKS}={_BLANKS})?+"
    rf"({_NAME})([A-Za-z0-9_%.@+ \t-]*+);){_GAP}"
)
_LABEL: Final = re.compile(rf"(\.({_NAME})):{_GAP}")
_WORD: Final = re.compile(_NAME)
#: The operations whose operands have labels or a function among them; variables of them stand where they mostly do.
_WITH_SIGNS: Final = frozenset({"jmp", "br", "call"})


class PlainReader:
    """Reads from one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._types = _Types()
        self._names = _Words()
        self._labels = _Words(".")
        self._functions = _Words("@")

    def read(self, position: int, body: list[Item]) -> int:
        """Read on as long as what stands there is plain; gives where that ends."""
        text, types, names = self._text, self._types, self._names
        instruction_at, label_at, name_of, append = _INSTRUCTION.match, _LABEL.match, names.__getitem__, body.append
        try:
            while True:
                found = instruction_at(text, position)
                if found is None:
                    label = label_at(text, position)
                    if label is None:
                        return position
                    append(Label(names[label[2]], label.span(1)))
                    position = label.end()
                    continue
                _, dest, type_text, op, rest = found.groups()
                type, value = None, None
                args: Names
                funcs: Names = ()
                labels: Names = ()
                if dest is not None:
                    dest, type = names[dest], types[type_text]
                if op == "const":
                    value = read_literal(type, rest.strip()) if type is not None else None
                    if value is None:
                        return position
                    args = ()
                elif op in _WITH_SIGNS:
                    args, funcs, labels = self._parts(op, rest.split())
                else:
                    args = tuple(map(name_of, rest.split()))
                append(Instruction(names[op], dest, type, args, funcs, labels, value, found.span(1)))
                position = found.end()
        except KeyError:  # a word that is no name, or no type
            return position

    def _parts(self, op: str, words: list[str]) -> tuple[Names, Names, Names]:
        """The variables, functions and labels among some words; KeyError where they stand in another order."""
        if op == "call":
            names = tuple(map(self._names.__getitem__, words[1:]))
            return names, tuple(map(self._functions.__getitem__, words[:1])), ()
        count = 1 if op == "br" else 0
        names = tuple(map(self._names.__getitem__, words[:count]))
        return names, (), tuple(map(self._labels.__getitem__, words[count:]))


class _Types(dict[str, Type]):
    """Types by the texts that they are written as; KeyError for a text that is no type."""

    def __missing__(self, text: str) -> Type:
        type = parse_type(text)
        if type is None:
            raise KeyError(text)
        self[text] = type
        return type


class _Words(dict[str, str]):
    """Names by the words that they are written as, with a sign in front; KeyError for a word that is no such name."""

    def __init__(self, sign: str = "") -> None:
        super().__init__()
        self._sign = sign

    def __missing__(self, word: str) -> str:
        name = word.removeprefix(self._sign)
        if not word.startswith(self._sign) or _WORD.fullmatch(name) is None:
            raise KeyError(word)
        self[word] = name = sys.intern(name)
        return name
