"""How many elements a chunk has: `chunk=100_000`, or `chunk="64MB"` of arguments and results together."""

from __future__ import annotations

import operator
import re
from typing import Final, SupportsIndex

from ssair.sources import UsageError

_UNITS: Final = {
    "B": 1,
    "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40,
}  # fmt: skip
_AMOUNT: Final = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*")


def chunk_length(chunk: SupportsIndex | str, element_bytes: int, shards: int = 1) -> int:
    """The elements of a chunk, at least one for each shard; UsageError for what is no such number or amount.

    `element_bytes` are those of an element's arguments and results. A chunk that is shared by several shards has the
    same number for each: the number asked for is rounded up, an amount of memory down.

    Example:
        >>> chunk_length("64MB", element_bytes=16), chunk_length(1000, element_bytes=16, shards=3)
        (4000000, 1002)
    """
    if isinstance(chunk, str):
        count = _bytes_of(chunk) // max(element_bytes, 1)
        return max(count // shards, 1) * shards
    try:
        count = 0 if isinstance(chunk, bool) else operator.index(chunk)
    except TypeError:
        count = 0
    if count < 1:
        raise _wrong(chunk)
    return -(-count // shards) * shards


def _bytes_of(text: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        raise _wrong(text)
    return int(float(found[1]) * _UNITS[found[2]])


def _wrong(chunk: object) -> UsageError:
    units = ", ".join(_UNITS)
    return UsageError(f'chunk={chunk!r}; a number of elements is wanted, or an amount like "64MB" ({units})')
