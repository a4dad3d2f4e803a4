"""Text laid out to a width: groups that stay on one line where they fit, and are broken at all their breaks where not.

A document is a flat list of pieces: texts, breaks, and groups that are opened by a `Group` and closed by `CLOSE`.

Requires: groups are closed in order.  Ensures: the texts in their order; a break is white space, a newline and an
indentation, or a newline with the comments that stand there.  A group that holds a newline that has to be is broken.
A line is longer than the width only where there is no break to take.  Indentation is never deeper than
`DEEPEST_INDENT`, so that the output is linear in the document, however deep its groups nest.

Two passes over the list, both linear and without recursion.  Source: D. Oppen, Prettyprinting (1980), with the lengths
that his scan keeps in a buffer computed beforehand; as in P. Wadler, A prettier printer (2003), what stands behind a
group counts up to the next break that is certain to be taken, so that outer groups break first.

Example:
    >>> call = Group()
    >>> print(render([call, "f(", line(2, ""), "x,", line(2), "y", line(0, ""), ")", CLOSE], 6))
    f(
      x,
      y
    )
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

WIDTH: Final = 100
DEEPEST_INDENT: Final = 60


class Kind(Enum):
    """When a break becomes a newline."""

    NEVER = "never"
    GROUP = "its group is broken"
    FILL = "its group is broken and what follows does not fit"
    ALWAYS = "always"


class Comments:
    """What stands between two tokens besides white space: comments, and whether blank lines separate them."""

    __slots__ = ("blank_after", "own_line", "trailing")

    def __init__(self) -> None:
        self.trailing = ""
        self.own_line: list[tuple[bool, str]] = []
        self.blank_after = False

    def any(self) -> bool:
        """Whether there is a comment."""
        return bool(self.trailing or self.own_line)

    def any_blank(self) -> bool:
        """Whether there is a blank line."""
        return self.blank_after or any(blank for blank, _ in self.own_line)


class Break:
    """A place where a line may end: `flat` where it does not, else indented by `offset` from where its group began.

    Comments that stand there are indented by `comment_offset`.
    """

    __slots__ = ("comment_offset", "comments", "flat", "keeps_blank", "kind", "offset", "reach")

    def __init__(self, kind: Kind, offset: int, flat: str = " ", keeps_blank: bool = False) -> None:
        self.kind = kind
        self.offset = offset
        self.comment_offset = offset
        self.flat = flat
        self.keeps_blank = keeps_blank
        self.comments: Comments | None = None
        self.reach = 0

    def force(self, comments: Comments) -> None:
        """Make it a newline, with these comments."""
        self.kind = Kind.ALWAYS
        self.comments = comments


class Group:
    """The start of a group, whose breaks count from the column where it starts.

    One that is not aligned goes on with the group around it: its breaks count from where that starts, and it is broken
    to make room for what stands before it, where an aligned one would rather have that broken.
    """

    __slots__ = ("aligned", "broken", "rest", "width")

    def __init__(self, aligned: bool = True) -> None:
        self.aligned = aligned
        self.broken = False
        self.width = 0
        self.rest = 0


class Close:
    """The end of a group."""

    __slots__ = ()


CLOSE: Final = Close()

Piece = str | Break | Group | Close


def line(offset: int, flat: str = " ", keeps_blank: bool = False) -> Break:
    """A newline if the group is broken."""
    return Break(Kind.GROUP, offset, flat, keeps_blank)


def space(offset: int = 2, flat: str = " ") -> Break:
    """No newline, unless a comment needs one."""
    return Break(Kind.NEVER, offset, flat)


def before_bracket(kind: Kind, comment_offset: int) -> Break:
    """The break before a closing bracket; comments there belong to what is in the brackets."""
    item = Break(kind, 0, "")
    item.comment_offset = comment_offset
    return item


def newline(offset: int, keeps_blank: bool = False) -> Break:
    """A newline in any case."""
    return Break(Kind.ALWAYS, offset, "", keeps_blank)


def render(pieces: Sequence[Piece], width: int = WIDTH) -> str:
    """The text of a document, without a newline at its end."""
    _measure(pieces)
    printer = _Printer(width)
    for piece in pieces:
        if isinstance(piece, str):
            printer.text(piece)
        elif isinstance(piece, Break):
            printer.take_break(piece)
        elif isinstance(piece, Group):
            printer.open(piece)
        else:
            printer.close()
    return "".join(printer.parts)


def _measure(pieces: Sequence[Piece]) -> None:
    """Set the width and the rest of each group, the reach of each break, and which groups are certainly broken."""
    starts = _starts(pieces)
    upcoming = [len(pieces)]  # by nesting depth: the next break that is certain to be taken if those around it are
    groups = _groups_by_close(pieces, starts)
    for index in range(len(pieces) - 1, -1, -1):
        piece = pieces[index]
        if isinstance(piece, Break):
            piece.reach = starts[upcoming[-1]] - starts[index + 1]
            if piece.kind is not Kind.NEVER:
                upcoming[-1] = index
        elif isinstance(piece, Close):
            groups[index].rest = starts[upcoming[-1]] - starts[index]
            upcoming.append(upcoming[-1])
        elif isinstance(piece, Group):
            inner = upcoming.pop()
            if piece.broken or not piece.aligned:
                upcoming[-1] = inner


def _starts(pieces: Sequence[Piece]) -> list[int]:
    """The column of each piece, and of the end, if everything stood on one line."""
    starts = []
    column = 0
    for piece in pieces:
        starts.append(column)
        if isinstance(piece, str):
            column += len(piece)
        elif isinstance(piece, Break):
            column += len(piece.flat)
    starts.append(column)
    return starts


def _groups_by_close(pieces: Sequence[Piece], starts: list[int]) -> dict[int, Group]:
    """The group that each `CLOSE` ends, with its width and whether a newline in it breaks it."""
    groups: dict[int, Group] = {}
    stack: list[tuple[Group, int]] = []
    for index, piece in enumerate(pieces):
        if isinstance(piece, Group):
            stack.append((piece, index))
        elif isinstance(piece, Break) and piece.kind is Kind.ALWAYS and stack:
            stack[-1][0].broken = True
        elif isinstance(piece, Close):
            group, start = stack.pop()
            group.width = starts[index] - starts[start]
            groups[index] = group
            if group.broken and stack:
                stack[-1][0].broken = True
    return groups


class _Printer:
    """The output so far, and for each open group where it began and whether it is broken."""

    def __init__(self, width: int) -> None:
        self.parts: list[str] = []
        self._width = width
        self._column = 0
        self._groups: list[tuple[int, bool]] = [(0, True)]

    def text(self, text: str) -> None:
        self.parts.append(text)
        self._column += len(text)

    def open(self, group: Group) -> None:
        start, broken = self._groups[-1]
        if broken:
            broken = group.broken or self._column + group.width + group.rest > self._width
        self._groups.append((self._column if group.aligned else start, broken))

    def close(self) -> None:
        self._groups.pop()

    def take_break(self, item: Break) -> None:
        start, broken = self._groups[-1]
        if item.kind is Kind.ALWAYS:
            self._comments(start, item)
            self._newline(start + item.offset, item.comments is not None and item.comments.blank_after)
        elif not broken or item.kind is Kind.NEVER:
            self.text(item.flat)
        elif item.kind is Kind.GROUP or self._column + len(item.flat) + item.reach > self._width:
            self._newline(start + item.offset)
        else:
            self.text(item.flat)

    def _comments(self, start: int, item: Break) -> None:
        if item.comments is None:
            return
        if item.comments.trailing:
            self.text(f"  {item.comments.trailing}")
        for is_blank_before, comment in item.comments.own_line:
            self._newline(start + item.comment_offset, is_blank_before)
            self.text(comment)

    def _newline(self, indent: int, is_blank_before: bool = False) -> None:
        """Begin a line.  The very first one has begun already."""
        self._column = min(indent, DEEPEST_INDENT)
        if self.parts:
            self.parts.append("\n\n" if is_blank_before else "\n")
        self.parts.append(" " * self._column)
