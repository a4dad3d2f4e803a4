"""Errors with a place in the source: codes, spans, positions, diagnostics.

Ensures: lines and columns count from 1, offsets from 0; both count characters (code points); LF, CRLF and CR end
lines. A diagnostic keeps the lines that it shows, cut to fit (`ssair.excerpts`), not the source.

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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ssair.excerpts import ShownLine, shown_line
from ssair.rendering import Paint, plain, render

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
    "E0607": "arrays of different shapes that meet in a kernel",
    "E0701": "text that is not Bril",
    "E0702": "JSON that is not a Bril program",
    "E0703": "an operation that Bril does not have",
    "E0704": "an instruction without the parts that it has to have, or with others",
    "E0705": "a variable of another type than the instruction wants",
    "E0706": "a variable of two types",
    "E0707": "a function or label that the program does not have",
    "E0708": "a function, parameter or label that stands there twice",
    "E0709": "a type that Bril does not have",
    "E0710": "a literal that its type does not hold",
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
_INK = re.compile(r"[^ \t]")
_MOST_CODES = 5  # that the last line of an error names


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

    def stretch(self, start: int, end: int) -> tuple[int, int, int, int]:
        """The line and column of both ends of a stretch: what `position` gives, in half of the time."""
        starts = self._line_starts()
        line = bisect_right(starts, start)
        last = bisect_right(starts, end, line - 1)
        return line, start - starts[line - 1] + 1, last, end - starts[last - 1] + 1

    def line_text(self, line: int) -> str:
        """The text of a line without its end.  Empty for a line past the last."""
        start, end = self._line_bounds(line)
        return self.text[start:end]

    def _line_bounds(self, line: int) -> Span:
        """Where a line begins, and where it ends but for its line end."""
        starts = self._line_starts()
        if not 1 <= line <= len(starts):
            return Span(len(self.text), len(self.text))
        start = starts[line - 1]
        if line == len(starts):
            return Span(start, len(self.text))
        end = starts[line] - 1
        return Span(start, end - 1 if end > start and self.text[end - 1 : end + 1] == "\r\n" else end)

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; the end of the text for one beyond it."""
        starts = self._line_starts()
        return min(starts[line - 1] + column - 1, len(self.text)) if line <= len(starts) else len(self.text)

    def _line_starts(self) -> list[int]:
        if not self._starts:
            self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.text))]
        return self._starts

    def excerpt(self, span: Span, message: str = "") -> Excerpt:
        """What a diagnostic keeps of a span: its positions, and its first and last line as they are shown."""
        start = self.position(span.start)
        last = max(span.end, span.start)
        end = self.position(last)
        numbers = _shown_numbers(start.line, end.line if end.column > 1 else max(start.line, end.line - 1))
        lines = tuple(self._shown_line(number, span.start, last) for number in numbers)
        return Excerpt(message, *start, *end, Span(span.start, last), lines)

    def _shown_line(self, number: int, first: int, last: int) -> ShownLine:
        """A line with marks under what it has of the text from `first` to `last`, the blanks at its start left out."""
        start, end = self._line_bounds(number)
        if first < start:
            found = _INK.search(self.text, start, end)
            first = found.start() if found is not None else start
        return shown_line(self.text, number, start, end, first, last)

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


def _shown_numbers(first: int, last: int) -> tuple[int, ...]:
    """The lines shown of a span: a single line between the first and the last takes no more room than a gap."""
    return (first, first + 1, last) if last == first + 2 else (first,) if last == first else (first, last)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place in a source with the lines that are shown for it and, in a note, what is to be said about it.

    Lines and columns count from 1, and `end_column` is that of the first character behind the span; `span` has the
    character offsets. Lines between two that are shown are left out.
    """

    message: str
    line: int
    column: int
    end_line: int
    end_column: int
    span: Span
    lines: tuple[ShownLine, ...] = field(repr=False)

    def range(self) -> Range:
        """The place as JSON has it."""
        return {
            "start": {"line": self.line, "column": self.column, "offset": self.span.start},
            "end": {"line": self.end_line, "column": self.end_column, "offset": self.span.end},
        }


Range = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error: a stable code, what is wrong, where, further places (`notes`) and advice (`help`).

    Where the place is not known, `excerpt` is None and the lines and columns are 0.
    """

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

    @property
    def title(self) -> str:
        """What the code stands for."""
        return CODES[self.code]

    @property
    def explanation(self) -> str:
        """What `ssairc explain` says about the code: Markdown, with a faulty program and a corrected one."""
        from ssair.explanations import explanations

        return explanations()[self.code].text

    def render(self, paint: Paint = plain, columns: int | None = None) -> str:
        """The diagnostic as it is shown to a person: several lines, without a newline at the end.

        Source lines are cut to the `columns` of a terminal, where they are given.
        """
        return render(self, paint, columns=columns)

    def to_dict(self) -> dict[str, object]:
        """The diagnostic as JSON data; docs/editors.md says what each part is.

        Example:
            >>> diagnostic = Source("a b", "a.fun").diagnostic("E0301", "wrong", Span(2, 3))
            >>> diagnostic.to_dict()["range"]["start"]
            {'line': 1, 'column': 3, 'offset': 2}
        """
        return {
            "code": self.code,
            "severity": "error",
            "title": self.title,
            "message": self.message,
            "file": self.source_name,
            "range": self.excerpt.range() if self.excerpt is not None else None,
            "notes": [{"message": note.message, "range": note.range()} for note in self.notes],
            "help": self.help or None,
        }

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.source_name}{place}: error[{self.code}]: {self.message}"


class SourceError(SsairError):
    """A source text that is not a program.  `diagnostics` has every fault found, in source order, at least one.

    It can be copied and pickled.
    """

    MAXIMUM_SHOWN = 20

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(
            sorted(diagnostics, key=lambda diagnostic: (diagnostic.line, diagnostic.column))
        )
        assert self.diagnostics, "an error without a diagnostic"
        super().__init__(self.diagnostics[0].message)

    def __reduce__(self) -> tuple[type[SourceError], tuple[tuple[Diagnostic, ...]]]:
        return type(self), (self.diagnostics,)

    def render(self, paint: Paint = plain, columns: int | None = None) -> str:
        """The first `MAXIMUM_SHOWN` faults as they are shown to a person, and where to read more about them."""
        first = self.diagnostics[: self.MAXIMUM_SHOWN]
        shown = [diagnostic.render(paint, columns) for diagnostic in first]
        left_out = len(self.diagnostics) - len(shown)
        if left_out:
            shown.append(f"and {left_out} more error{'s' if left_out > 1 else ''}, which `ssairc check` shows")
        codes = list(dict.fromkeys(diagnostic.code for diagnostic in first))
        subject = "this error" if len(self.diagnostics) == 1 else "these errors"
        shown.append(more_about(codes, subject))
        return "\n\n".join(shown)

    def __str__(self) -> str:
        return self.render()


def more_about(codes: Sequence[str], subject: str) -> str:
    """The line that says where to read more."""
    return f"More about {subject}: ssairc explain {' '.join(codes[:_MOST_CODES])}"


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
