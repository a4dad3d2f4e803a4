"""Bril programs from text or JSON, which is told by its first character.

>>> program = read_program("@main { one: int = const 1; print one; }")
>>> program.functions[0].body[1].op
'print'
"""

from __future__ import annotations

from ssair.collection import garbage_collection_paused
from ssair.diagnostics import Source, SourceError
from ssair.frontends.bril.check import check
from ssair.frontends.bril.json_form import JsonParser
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.text import TextParser


def is_json(text: str) -> bool:
    """Whether a program is written as JSON: no text of Bril begins with a brace."""
    return text.removeprefix("\ufeff").lstrip()[:1] in ("{", "[")


def read_program(text: str, name: str = "<input>") -> Program:
    """The program that a text is, checked.  Linear in its length.

    Raises: SourceError with every fault found. The rules of `check` are looked at only where the syntax is right.
    """
    source = Source(text, name)
    with garbage_collection_paused():
        parser = JsonParser(source) if is_json(text) else TextParser(source)
        faults = parser.diagnostics or check(parser.program)
    if faults:
        raise SourceError(faults)
    return parser.program
