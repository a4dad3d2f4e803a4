"""Diagnostics as a person is shown them: the message, the source lines with marks, notes and advice.

`Paint` decides on colours: `plain` adds nothing, `coloured` the control sequences of a terminal (ECMA-48). Where the
columns of a terminal are given, source lines are cut to fit: one that wrapped would part the marks from what they mark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ssair.excerpts import ShownLine, cells, narrowed, printable

if TYPE_CHECKING:
    from ssair.diagnostics import Diagnostic, Excerpt

#: What a text is drawn as: a role of `STYLES` and the text.
Paint = Callable[[str, str], str]

STYLES: Final[dict[str, str]] = {
    "error": "1;31",
    "message": "1",
    "margin": "1;34",
    "mark": "1;31",
    "note": "1;36",
    "help": "1;32",
    "value": "36",
    "block": "35",
    "fact": "32",
    "string": "33",
    "comment": "2",
    "removed": "31",
    "added": "32",
}
"""The parts of diagnostics and of IR, each with the parameters of its "select graphic rendition" sequence."""


_LEAST_ROOM: Final = 20
"""The cells of a source line that are shown, however narrow the terminal is."""


def plain(role: str, text: str) -> str:
    """No colours."""
    return text


def coloured(role: str, text: str) -> str:
    """The colours of a terminal."""
    return f"\x1b[{STYLES[role]}m{text}\x1b[0m" if text else text


def render(diagnostic: Diagnostic, paint: Paint = plain, label: str = "error", columns: int | None = None) -> str:
    """Several lines, without a newline at the end; `label` is what kind of thing is reported."""
    places = [place for place in (diagnostic.excerpt, *diagnostic.notes) if place is not None]
    margin = max((len(str(line.number)) for place in places for line in place.lines), default=1)
    name = printable(diagnostic.source_name)
    where = f"{name}:{diagnostic.line}:{diagnostic.column}" if diagnostic.line else name
    return "\n".join(
        [
            paint("error", f"{label}[{diagnostic.code}]") + paint("message", f": {printable(diagnostic.message)}"),
            f"{' ' * margin} {paint('margin', '-->')} {where}",
            *_places(places, diagnostic.excerpt, margin, paint, columns),
            *_help(diagnostic.help, margin, paint),
        ]
    )


def _places(
    places: list[Excerpt], main: Excerpt | None, margin: int, paint: Paint, columns: int | None
) -> Iterator[str]:
    """The source lines in order, each once, with the marks of all places under it: first those of `main`."""
    room = None if columns is None else max(_LEAST_ROOM, columns - margin - len(" | "))
    marks: dict[tuple[int, str], list[str]] = {}
    for place, shown in zip(places, _fitted(places, room), strict=True):
        mark, role = ("^", "mark") if place is main else ("-", "note")
        for line in shown:
            message = printable(place.message) if line is shown[-1] else ""
            rows = _marked(line, mark, message, room)
            marks.setdefault((line.number, line.text), []).extend(
                " " * before + paint(role, text) for before, text in rows
            )
    blank = f"{' ' * margin} {paint('margin', '|')}"
    if marks:
        yield blank
    last = None
    for number, text in sorted(marks, key=lambda line: line[0]):
        if last is not None and number > last + 1:
            yield paint("margin", "...")
        yield f"{paint('margin', f'{number:>{margin}} |')} {text}".rstrip()
        yield from (f"{blank} {row}" for row in marks[number, text])
        last = number


def _fitted(places: list[Excerpt], room: int | None) -> list[list[ShownLine]]:
    """The lines of each place, cut to `room`: a line that several places show is cut once, if their marks allow it."""
    if room is None:
        return [list(place.lines) for place in places]
    same: dict[tuple[int, str], list[ShownLine]] = {}
    for place in places:
        for line in place.lines:
            same.setdefault((line.number, line.text), []).append(line)
    cut = {key: iter(narrowed(lines, room)) for key, lines in same.items()}
    return [[next(cut[line.number, line.text]) for line in place.lines] for place in places]


def _marked(line: ShownLine, mark: str, message: str, room: int | None) -> list[tuple[int, str]]:
    """The marks under a line and the message behind them, or below them if it would wrap: blanks, text."""
    marks = mark * line.marks
    width = cells(message)
    if not message or room is None or line.before + len(marks) + 1 + width <= room:
        return [(line.before, f"{marks} {message}".rstrip())]
    return [(line.before, marks), (max(0, min(line.before, room - width)), message)]


def _help(help: str, margin: int, paint: Paint) -> Iterator[str]:
    if help:
        yield f"{' ' * margin} {paint('margin', '=')} {paint('help', 'help')}: {printable(help)}"
