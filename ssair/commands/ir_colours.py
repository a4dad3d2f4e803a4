"""The text of IR, and the difference of two such texts, as a terminal shows them."""

from __future__ import annotations

import re
from typing import Final

from ssair.rendering import Paint, plain

#: What is drawn as what; the first that matches at a place counts.
_TOKENS: Final = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")|(?P<comment>;.*)|(?P<value>\bv\d+\b)|(?P<block>\bbb\d+\b)|(?P<fact>\{[^{}\n]*\})"""
)
_MARKS: Final = {"-": "removed", "+": "added"}


def painted_ir(text: str, paint: Paint) -> str:
    """IR with its values, blocks, facts, strings and comments drawn."""
    if paint is plain:
        return text
    return _TOKENS.sub(lambda found: paint(str(found.lastgroup), found[0]), text)


def painted_diff(lines: list[str], paint: Paint) -> str:
    """Lines that begin with `-`, `+` or a blank, drawn as that says."""
    return "\n".join(paint(_MARKS[line[0]], line) if line[:1] in _MARKS else line for line in lines)
