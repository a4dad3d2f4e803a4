"""What is shown of a source line under a diagnostic, and where its marks stand.

Widths are in cells of a terminal: a wide character (East Asian, emoji) takes two, a combining one none, a tab
`TAB_WIDTH`, and what would move the cursor is replaced by a sign of one cell.

Ensures: a shown line is at most `MAXIMUM_WIDTH` cells wide, and two marks for what is left out; it is cut around its
marks. `narrowed` cuts it once more where a terminal is not as wide. Time: linear in `MAXIMUM_WIDTH`, however long the
line is.

Source: Unicode Standard Annex #11, East Asian Width.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

MAXIMUM_WIDTH = 100
TAB_WIDTH = 4
LEFT_OUT = "…"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as it is shown: its number, its text, the cells before the marks, and how many marks there are."""

    number: int
    text: str
    before: int
    marks: int


def shown_line(text: str, number: int, start: int, end: int, first: int, last: int) -> ShownLine:
    """The line `text[start:end]`, of this number, with marks under `text[first:last]`; at least one mark."""
    first = min(max(first, start), end)
    last = min(max(last, first), end)
    first = _base_character(text, start, end, first)
    left, right = _window(text, start, end, first, last, MAXIMUM_WIDTH)
    left_mark = LEFT_OUT if left > start else ""
    right_mark = LEFT_OUT if right < end else ""
    shown = left_mark + printable(text[left:right]) + right_mark
    before = len(left_mark) + cells(printable(text[left:first]))
    marks = cells(printable(text[first : min(last, right)])) + (len(right_mark) if last > right else 0)
    return ShownLine(number, shown, before, max(1, marks))


def narrowed(lines: Sequence[ShownLine], width: int) -> list[ShownLine]:
    """The same line, as it is shown for several marks, in at most `width` cells: cut once, if all marks fit into that.

    Requires: `lines` have one text; `width` is at least 4.
    """
    if not lines or cells(lines[0].text) <= width:
        return list(lines)
    first = min(line.before for line in lines)
    last = max(line.before + line.marks for line in lines)
    together = last - first <= width - 2
    return [
        _narrowed(line, width, first, last)
        if together
        else _narrowed(line, width, line.before, line.before + line.marks)
        for line in lines
    ]


def _narrowed(line: ShownLine, width: int, first: int, last: int) -> ShownLine:
    """A line in at most `width` cells, cut around those from `first` to `last`."""
    text = line.text
    left, right = _window(text, 0, len(text), _at_cell(text, first), _at_cell(text, last), width - 2)
    left_mark = LEFT_OUT if left > 0 else ""
    right_mark = LEFT_OUT if right < len(text) else ""
    before = len(left_mark) + line.before - cells(text[:left])
    shown = left_mark + text[left:right] + right_mark
    return ShownLine(line.number, shown, before, max(1, min(line.marks, cells(shown) - before)))


def _at_cell(text: str, cell: int) -> int:
    """The place of the character that begins at a cell of a printable text."""
    place = 0
    while place < len(text) and cell > 0:
        cell -= cells(text[place])
        place += 1
    while 0 < place < len(text) and cells(text[place]) == 0:
        place += 1
    return place


def _base_character(text: str, start: int, end: int, first: int) -> int:
    """The place of the character that a combining one at `first` is drawn on, so that the mark stands under it."""
    limit = max(start, first - MAXIMUM_WIDTH)
    while limit < first < end and cells(text[first]) == 0:
        first -= 1
    return first


def _window(text: str, start: int, end: int, first: int, last: int, room: int) -> tuple[int, int]:
    """The part of a line that is shown in `room`: all that fits, with the text from `first` to `last`.

    What precedes `first` takes a third of the room, or as much less as the text up to `last` needs; what does not fit
    even alone is cut at its end.
    """
    left = _walk_back(text, end, start, room)
    if left > start:
        before_last = _walk_back(text, last, start, room)
        left = min(left, _walk_back(text, first, start, room // 3))
        left = max(left, before_last) if before_last <= first else left
    right = left
    while right < end and room >= _room(text[right]):
        room -= _room(text[right])
        right += 1
    return left, right


def _walk_back(text: str, end: int, start: int, room: int) -> int:
    """The first place from which the text up to `end` fits into `room`."""
    while end > start and room >= _room(text[end - 1]):
        room -= _room(text[end - 1])
        end -= 1
    return end


def _room(character: str) -> int:
    """The cells that a character is counted with: one also for what takes none, so that the number shown is bounded."""
    return TAB_WIDTH if character == "\t" else max(1, cells(character))


def printable(text: str) -> str:
    """`text` with tabs as spaces and with everything that would move a terminal's cursor replaced."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " * TAB_WIDTH if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def cells(text: str) -> int:
    """The cells that a printable text takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_character_cells, text))


def _character_cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":  # inner Hangul letters
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
