"""The types of Bril as its text and its JSON write them: `int`, `ptr<ptr<bool>>`, `{"ptr": "float"}`.

Ensures: linear time, no recursion; what is no type that ssair supports is None.
"""

from __future__ import annotations

import re
from typing import Final

from ssair.frontends.bril.program import TYPE_NAMES
from ssair.types import Type, pointer_to

_BY_NAME: Final = {name: type for type, name in TYPE_NAMES.items()}
#: Pointers to pointers nest this deep; each step makes a longer name.
MOST_POINTERS: Final = 100
_BLANK: Final = re.compile(r"[ \t\f\v\r\n]|#[^\n]*")


def parse_type(text: str) -> Type | None:
    """The type that a text stands for, in which there may be blanks and comments."""
    found = _BY_NAME.get(text)
    if found is not None:
        return found
    bare = _BLANK.sub("", text)
    depth = 0
    while bare.startswith("ptr<", 4 * depth):
        depth += 1
    end = len(bare) - depth
    found = _BY_NAME.get(bare[4 * depth : end])
    if found is None or depth > MOST_POINTERS or bare[end:] != ">" * depth:
        return None
    return _pointed_to(found, depth)


def json_type(data: object) -> Type | None:
    """The type that a JSON value stands for."""
    depth = 0
    while isinstance(data, dict) and list(data) == ["ptr"]:
        data, depth = data["ptr"], depth + 1
    if not isinstance(data, str) or data not in _BY_NAME or depth > MOST_POINTERS:
        return None
    return _pointed_to(_BY_NAME[data], depth)


def _pointed_to(type: Type, depth: int) -> Type:
    for _ in range(depth):
        type = pointer_to(type)
    return type
