"""What two texts of many lines have in common, and where they differ.

Lines that stand once in each text are matched where they keep their order (the longest increasing run of places);
what lies between two matches was removed or added, but for equal lines at its ends. IR suits that: nearly each of its
lines defines a value of its own. `difflib` takes quadratic time on such texts.

Complexity: O(n log n).
Source: B. Cohen's patience diff, as in Bazaar (2008); Fredman, "On computing the length of longest increasing
subsequences" (1975).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

#: How many equal lines are shown around what differs.
_CONTEXT: Final = 2


def unified(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """The lines that differ, `-` before what went and `+` before what came, each group with a few equal lines around.

    Groups are parted by a line `...`; nothing is given for equal texts.
    """
    script = list(_script(before, after))
    near = _near_changes(script)
    last = -1
    for index in near:
        if last >= 0 and index != last + 1:
            yield "..."
        mark, line = script[index]
        yield f"{mark}{line}"
        last = index


def _near_changes(script: Sequence[tuple[str, str]]) -> list[int]:
    """The places of changes and of what stands within `_CONTEXT` lines of one, in order."""
    wanted: dict[int, None] = {}
    for index, (mark, _) in enumerate(script):
        if mark != " ":
            wanted.update(dict.fromkeys(range(max(0, index - _CONTEXT), min(len(script), index + _CONTEXT + 1))))
    return sorted(wanted)


def _script(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str]]:
    """All lines of both texts in order, marked: ` ` in both, `-` only in the first, `+` only in the second."""
    start_before = start_after = 0
    for place_before, place_after in [*_matches(before, after), (len(before), len(after))]:
        yield from _gap(before[start_before:place_before], after[start_after:place_after])
        if place_before < len(before):
            yield " ", before[place_before]
        start_before, start_after = place_before + 1, place_after + 1


def _gap(removed: Sequence[str], added: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What lies between two matches; lines that are equal at its ends are in both."""
    head = 0
    while head < min(len(removed), len(added)) and removed[head] == added[head]:
        head += 1
    tail = 0
    while tail < min(len(removed), len(added)) - head and removed[-1 - tail] == added[-1 - tail]:
        tail += 1
    yield from ((" ", line) for line in removed[:head])
    yield from (("-", line) for line in removed[head : len(removed) - tail])
    yield from (("+", line) for line in added[head : len(added) - tail])
    yield from ((" ", line) for line in removed[len(removed) - tail :])


def _matches(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The places of lines that stand once in each text, those of a longest run that keeps its order."""
    counts_before, counts_after = Counter(before), Counter(after)
    places = {line: index for index, line in enumerate(after) if counts_after[line] == 1}
    pairs = [(i, places[line]) for i, line in enumerate(before) if line in places and counts_before[line] == 1]
    return _longest_increasing(pairs)


def _longest_increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence whose second numbers rise."""
    ends: list[int] = []
    holders: list[int] = []
    links: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        links.append(holders[length - 1] if length else -1)
        if length == len(ends):
            ends.append(place)
            holders.append(index)
        else:
            ends[length], holders[length] = place, index
    run = []
    index = holders[-1] if holders else -1
    while index >= 0:
        run.append(pairs[index])
        index = links[index]
    return run[::-1]
