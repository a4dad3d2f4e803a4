"""Errors with a place in the source: spans, positions, and how a diagnostic is shown.

Ensures: lines and columns count from 1; a column counts characters, as editors do; LF, CRLF and CR end lines.
A rendered source line is never longer than `MAXIMUM_WIDTH` characters: it is cut around the caret.

Example:
    >>> source = Source("let x = 1\\nin y", "a.fun")
    >>> print(source.diagnostic("E0201", "there is no `y` here", Span(13, 14)).render())
    error[E0201]: there is no `y` here
      --> a.fun:2:4
      |
    2 | in y
      |    ^
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

MAXIMUM_WIDTH = 100
TAB_WIDTH = 4

CODES: dict[str, str] = {
    "E0101": "text that is not Fun: no token starts like this",
    "E0102": "a token in a place where the grammar has no use for it",
    "E0103": "the program has no functions",
    "E0104": "a number that touches a letter, or is written wrongly",
    "E0105": "a string that does not end on its line, or has an unknown escape",
    "E0106": "a keyword where a name is needed",
    "E0107": "the source is not UTF-8 text",
    "E0108": "an expression that needs parentheses here",
    "E0201": "a name that is not in scope",
    "E0202": "a function that does not exist",
    "E0203": "a function, parameter or pattern that declares a name twice",
    "E0204": "a function that takes the name of a built-in one",
    "E0205": "a typed hole",
    "E0206": "a name that is declared as two different things",
    "E0301": "two types that have to be the same and are not",
    "E0302": "an operation that is not there for this type",
    "E0303": "a call with the wrong number of arguments",
    "E0304": "a literal out of the range of its type",
    "E0305": "a pattern that does not have the form of its value",
    "E0306": "an index or dimension that the array does not have",
    "E0307": "a type that cannot be written",
    "E0308": "a recursive function without a declared result type",
    "E0309": "a value that is too large to be built: of too many dimensions or components",
    "E0401": "two sizes that have to agree and never do",
    "E0402": "two sizes that have to be the same by their names",
    "E0403": "a length that is not a size",
    "E0404": "a size name that no parameter gives",
    "E0501": "a line that has no place in the text of the IR",
    "E0502": "a value, block or site that is not defined",
    "E0503": "a value, block, function or site that is defined twice",
    "E0504": "a type or a fact that cannot be read",
    "E0505": "an operation that does not exist",
    "E0506": "an immediate that the operation does not take",
    "E0507": "a function or block without its end",
    "E0508": "a number that is too large",
    "E0509": "IR that breaks a rule",
    "E0601": "recursion in a kernel",
    "E0602": "memory operations in a kernel",
    "E0603": "regions of a kernel that nest too deep",
    "E0604": "a kernel of too many operations",
    "E0605": "calls of a kernel that nest too deep",
    "E0606": "a cycle of a kernel that cannot be structured",
}
"""Every diagnostic code with its title.  Codes are stable: none is renamed or used again."""


class SsairError(Exception):
    """The base of every error that ssair raises for a fault that is not its own."""


class Span(NamedTuple):
    """A half-open range of character offsets into a source text."""

    start: int
    end: int


class Position(NamedTuple):
    """A line and a column, both counted from 1."""

    line: int
    column: int


_LINE_END = re.compile(r"\r\n|\r|\n")


class Source:
    """A source text with its name.  Finds positions in time logarithmic in the number of lines."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, text: str, name: str = "<input>") -> None:
        self.text = text
        self.name = name
        self._starts: list[int] = []

    def position(self, offset: int) -> Position:
        """The line and column of a character offset; the end of the text has a position too."""
        starts = self._line_starts()
        line = bisect_right(starts, offset)
        return Position(line, offset - starts[line - 1] + 1)

    def line_text(self, line: int) -> str:
        """The text of a line without its end.  Empty for a line past the last."""
        starts = self._line_starts()
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; the end of the text for one beyond it."""
        starts = self._line_starts()
        return min(starts[line - 1] + column - 1, len(self.text)) if line <= len(starts) else len(self.text)

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        return self._starts

    def excerpt(self, span: Span, message: str = "") -> Excerpt:
        """What a diagnostic keeps of a span: positions and the text of its first line, cut to fit."""
        start = self.position(span.start)
        end = self.position(max(span.end, span.start))
        text, before, caret_width = _cut(self, start, end)
        return Excerpt(message, start.line, start.column, end.line, end.column, text, before, caret_width)

    def diagnostic(
        self, code: str, message: str, span: Span, notes: Iterable[tuple[str, Span]] = (), help: str = ""
    ) -> Diagnostic:
        """A diagnostic at `span`, with further places in `notes` and at most one line of advice."""
        assert code in CODES, code
        main = self.excerpt(span)
        return Diagnostic(
            code, message, main.line, main.column, main.end_line, main.end_column,
            notes=tuple(self.excerpt(place, text) for text, place in notes),
            help=help, source_name=self.name, excerpt=main,
        )  # fmt: skip


def _cut(source: Source, start: Position, end: Position) -> tuple[str, str, int]:
    """The shown text of a line, the shown text before the caret, and the caret's width in shown characters."""
    line = source.line_text(start.line)
    first = min(start.column - 1, len(line))
    last = min(end.column - 1, len(line)) if end.line == start.line else len(line)
    last = max(last, first)
    from_left = 0 if len(line) <= MAXIMUM_WIDTH else max(0, min(first - MAXIMUM_WIDTH // 3, len(line) - MAXIMUM_WIDTH))
    to_right = min(len(line), from_left + MAXIMUM_WIDTH)
    left_mark = "…" if from_left > 0 else ""
    right_mark = "…" if to_right < len(line) else ""
    shown = left_mark + _printable(line[from_left:to_right]) + right_mark
    before = left_mark + _printable(line[from_left:first])
    width = len(_printable(line[first : min(last, to_right)])) + (len(right_mark) if last > to_right else 0)
    return shown, before, max(1, width)


def _printable(text: str) -> str:
    """`text` with tabs as spaces and with everything that would move a terminal's cursor replaced."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() else " " * TAB_WIDTH if c == "\t" else "\N{REPLACEMENT CHARACTER}" for c in text
    )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place in a source with the line that is shown for it and, in a note, what is to be said about it."""

    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str
    before: str
    caret_width: int


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error: a stable code, what is wrong, where, further places (`notes`) and advice (`help`)."""

    code: str
    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    notes: tuple[Excerpt, ...] = ()
    help: str = ""
    source_name: str = "<input>"
    excerpt: Excerpt | None = field(default=None, repr=False)

    def render(self) -> str:
        """The diagnostic as it is shown to a person: several lines, without a newline at the end."""
        shown = [place for place in (self.excerpt, *self.notes) if place is not None]
        margin = " " * max((len(str(place.line)) for place in shown), default=1)
        lines = [f"error[{self.code}]: {self.message}", f"{margin} --> {self.source_name}:{self.line}:{self.column}"]
        last_line = (0, "")
        for number, place in enumerate(shown):
            mark = "^" if number == 0 and self.excerpt is not None else "-"
            if last_line != (place.line, place.text):
                lines.append(f"{margin} |")
                lines.append(f"{place.line:>{len(margin)}} | {place.text}".rstrip())
            last_line = (place.line, place.text)
            caret = f"{margin} | {' ' * len(place.before)}{mark * place.caret_width}"
            lines.append(f"{caret} {place.message}".rstrip())
        if self.help:
            lines.append(f"{margin} = help: {self.help}")
        return "\n".join(lines)

    def __str__(self) -> str:
        return f"{self.source_name}:{self.line}:{self.column}: error[{self.code}]: {self.message}"


class SourceError(SsairError):
    """A source text that is not a program.  `diagnostics` has every fault found, in source order, at least one."""

    MAXIMUM_SHOWN = 20

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(
            sorted(diagnostics, key=lambda diagnostic: (diagnostic.line, diagnostic.column))
        )
        assert self.diagnostics, "an error without a diagnostic"
        super().__init__(self.diagnostics[0].message)

    def __str__(self) -> str:
        shown = [diagnostic.render() for diagnostic in self.diagnostics[: self.MAXIMUM_SHOWN]]
        left_out = len(self.diagnostics) - len(shown)
        if left_out:
            shown.append(f"and {left_out} more errors")
        return "\n\n".join(shown)


def decode_source(data: bytes, name: str = "<input>") -> str:
    """The text of a source file, without a leading byte order mark.

    Raises: SourceError (E0107) at the first byte that is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        source = Source(before + "\N{REPLACEMENT CHARACTER}", name)
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text"
        raise SourceError([source.diagnostic("E0107", message, Span(len(before), len(before) + 1))]) from None
