"""What stands behind an operation's name in the text of the IR: its operands' names and its immediate.

`READERS[aux](type, body)` gives both for the operations whose column `aux` says so; `ssair.printer` writes the same.

    READERS[Aux.PREDICATE](I64, "v0 gt v2")   ("gt", ["v0", "v2"])
    READERS[Aux.SITE](I64, "v1, v2 @3")       (3, ["v1", "v2"])

Ensures: linear time, no recursion; text that is none raises `TextFault`, never anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ssair.constants import ArrayConst, Constant, Scalar, is_constant_of, nearest_f32
from ssair.ops import PREDICATES, Aux
from ssair.types import BOOL, F32, ArrayType, Type, is_float, is_integer

_STRING: Final = r'"(?:[^"\\]|\\.)*+"'
#: A function's name as `format_name` writes it.
NAME: Final = rf"@(?:[A-Za-z_][A-Za-z_0-9.]*+|{_STRING})"
INTEGER: Final = re.compile(r"-?[0-9]{1,20}")
_FLOAT: Final = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]{1,9})?|inf|nan)")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_CALL: Final = re.compile(rf"({NAME})\s*+\(([^()]*)\)")
_PIECE: Final = re.compile(rf"\s*+({_STRING}|[^\s,\"]++)\s*+(,|$)")
_EMPTY: Final = re.compile(r"empty\s*+\[([^\[\]]*)\]")
_ARRAY_TOKEN: Final = re.compile(r"[\[\],]|[^\s\[\],]++")
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9a-f]{1,6})\}|(.))")
_ESCAPED: Final = {"\\": "\\", '"': '"', "n": "\n", "r": "\r", "t": "\t"}


class TextFault(Exception):
    """What is wrong with a line: a code, a message, and the words at fault (none: the whole line)."""

    def __init__(self, code: str, message: str, words: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.words = words


def read_names(text: str) -> list[str]:
    """The names of operands that stand between commas."""
    return [name.strip() for name in text.split(",")] if text and not text.isspace() else []


def read_string(text: str) -> str:
    """The string that `format_string` writes as `text`."""
    return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]


def _unescaped(match: re.Match[str]) -> str:
    number, char = match.groups()
    if number is not None and int(number, 16) <= 0x10FFFF:
        return chr(int(number, 16))
    if char not in _ESCAPED:
        raise TextFault("E0506", f"there is no escape `{match.group()}` in strings", match.group())
    return _ESCAPED[char]


def read_function_name(text: str) -> str:
    """The name that `format_name` writes as `text`."""
    return read_string(text[1:]) if text.startswith('@"') else text[1:]


def read_number(text: str) -> int:
    """A dimension, a place in a tuple, or the number of a site."""
    if not _NUMBER.fullmatch(text):
        raise TextFault("E0506", f"`{text[:40]}` is not a number", text)
    return int(text)


# ---- constants ----------------------------------------------------------------------------------------------------


def read_constant(type: Type, text: str) -> Constant:
    """The immediate of a `const` of `type`; integers will do for floats, and f32 values are rounded."""
    constant = _read_array(type, text) if isinstance(type, ArrayType) else read_scalar(type, text)
    if not is_constant_of(type, constant):
        raise TextFault("E0506", f"`{text[:40]}` is no constant of type {str(type)[:40]}", text)
    return constant


def read_scalar(type: Type, text: str) -> Scalar:
    """A scalar constant of `type`; that integers are in range is not looked at here."""
    if type is BOOL and text in ("false", "true"):
        return text == "true"
    if is_integer(type) and INTEGER.fullmatch(text):
        return int(text)
    if is_float(type) and _FLOAT.fullmatch(text):
        return nearest_f32(float(text)) if type is F32 else float(text)
    raise TextFault("E0506", f"`{text[:40]}` is no constant of type {str(type)[:40]}", text)


def _read_array(type: ArrayType, text: str) -> ArrayConst:
    if empty := _EMPTY.fullmatch(text):
        shape = tuple([read_number(length) for length in read_names(empty.group(1))])
        if 0 not in shape:
            raise TextFault("E0506", "an empty array has a dimension of length 0", text)
        return ArrayConst(shape, ())
    return _ArrayReader(type, text).read()


class _ArrayReader:
    """Nested lists of elements: brackets counted by depth, every list of one depth of one length."""

    def __init__(self, type: ArrayType, text: str) -> None:
        self.type = type
        self.text = text
        self.values: list[Scalar] = []
        self.lengths: list[int | None] = [None] * type.rank
        self.counts: list[int] = []

    def read(self) -> ArrayConst:
        """The array; TextFault if the lists are ragged, of the wrong depth, or broken off."""
        after_item = False
        for token in _ARRAY_TOKEN.findall(self.text):
            if token == "]":
                if not after_item:
                    raise self._fault()
                self._close()
            elif after_item == (token != ",") or (token == "," and not self.counts):
                raise self._fault()
            elif token == "[":
                self._open()
            elif token != ",":
                self._add(token)
            after_item = token not in ("[", ",")
        if self.counts or not after_item:
            raise self._fault()
        return ArrayConst(tuple([length or 0 for length in self.lengths]), tuple(self.values))

    def _open(self) -> None:
        if len(self.counts) == self.type.rank or (not self.counts and self.lengths[0] is not None):
            raise self._fault()
        self._count()
        self.counts.append(0)

    def _add(self, token: str) -> None:
        if len(self.counts) != self.type.rank:
            raise self._fault()
        self._count()
        self.values.append(read_scalar(self.type.element, token))

    def _count(self) -> None:
        if self.counts:
            self.counts[-1] += 1

    def _close(self) -> None:
        if not self.counts:
            raise self._fault()
        count = self.counts.pop()
        length = self.lengths[len(self.counts)]
        if length is None:
            self.lengths[len(self.counts)] = count
        elif length != count:
            raise TextFault("E0506", f"lists of different lengths: {length} and {count}", self.text)

    def _fault(self) -> TextFault:
        return TextFault("E0506", f"no array of type {str(self.type)[:40]}", self.text)


# ---- operations by their column `aux` -----------------------------------------------------------------------------

Read = tuple[object, list[str]]


def _plain(type: Type, body: str) -> Read:
    return None, read_names(body)


def _constant(type: Type, body: str) -> Read:
    return read_constant(type, body), []


def _predicate(type: Type, body: str) -> Read:
    words = body.split()
    if len(words) != 3:
        raise TextFault("E0501", "a refinement is written `refine v1 gt v2`")
    if words[1] not in PREDICATES:
        raise TextFault("E0506", f"there is no predicate `{words[1][:40]}`", words[1])
    return words[1], words[::2]


def _number(type: Type, body: str) -> Read:
    names, _, number = body.rpartition(",")
    return read_number(number.strip()), read_names(names)


def _site(type: Type, body: str) -> Read:
    names, at, number = body.rpartition("@")
    if not at:
        raise TextFault("E0501", "a check ends in the number of its site, as `@0`")
    return read_number(number.strip()), read_names(names)


def _pieces(type: Type, body: str) -> Read:
    pieces: list[str] = [""]
    names: list[str] = []
    after_string = False
    position, comma = 0, ","
    while position < len(body) or (comma and body):
        item = _PIECE.match(body, position)
        if item is None or (after_string and item.group(1).startswith('"')):
            raise TextFault("E0501", "`print` takes strings and values in turn, between commas", body[position:])
        after_string = item.group(1).startswith('"')
        if after_string:
            pieces[-1] = read_string(item.group(1))
        else:
            names.append(item.group(1))
            pieces.append("")
        position, comma = item.end(), item.group(2)
    return tuple(pieces), names


def _function(type: Type, body: str) -> Read:
    call = _CALL.fullmatch(body)
    if call is None:
        raise TextFault("E0501", "a call is written `call @f(v1, v2)`")
    return read_function_name(call.group(1)), read_names(call.group(2))


READERS: Final[dict[Aux, Callable[[Type, str], Read]]] = {
    Aux.NONE: _plain,
    Aux.CONSTANT: _constant,
    Aux.PREDICATE: _predicate,
    Aux.NUMBER: _number,
    Aux.SITE: _site,
    Aux.PIECES: _pieces,
    Aux.FUNCTION: _function,
}
