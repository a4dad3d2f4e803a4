"""Diagnostics as a person is shown them: the message, the source lines with marks, notes and advice.

`Paint` decides on colours: `plain` adds nothing, `coloured` the control sequences of a terminal (ECMA-48).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from ssair.excerpts import printable

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


def plain(role: str, text: str) -> str:
    """No colours."""
    return text


def coloured(role: str, text: str) -> str:
    """The colours of a terminal."""
    return f"\x1b[{STYLES[role]}m{text}\x1b[0m" if text else text


def render(diagnostic: Diagnostic, paint: Paint = plain, label: str = "error") -> str:
    """Several lines, without a newline at the end; `label` is what kind of thing is reported."""
    places = [place for place in (diagnostic.excerpt, *diagnostic.notes) if place is not None]
    margin = max((len(str(line.number)) for place in places for line in place.lines), default=1)
    name = printable(diagnostic.source_name)
    where = f"{name}:{diagnostic.line}:{diagnostic.column}" if diagnostic.line else name
    return "\n".join(
        [
            paint("error", f"{label}[{diagnostic.code}]") + paint("message", f": {printable(diagnostic.message)}"),
            f"{' ' * margin} {paint('margin', '-->')} {where}",
            *_places(places, diagnostic.excerpt, margin, paint),
            *_help(diagnostic.help, margin, paint),
        ]
    )


def _places(places: list[Excerpt], main: Excerpt | None, margin: int, paint: Paint) -> Iterator[str]:
    """The source lines in order, each once, with the marks of all places under it: first those of `main`."""
    marks: dict[tuple[int, str], list[str]] = {}
    for place in places:
        mark, role = ("^", "mark") if place is main else ("-", "note")
        for line in place.lines:
            message = printable(place.message) if line is place.lines[-1] else ""
            row = " " * line.before + paint(role, f"{mark * line.marks} {message}".rstrip())
            marks.setdefault((line.number, line.text), []).append(row)
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


def _help(help: str, margin: int, paint: Paint) -> Iterator[str]:
    if help:
        yield f"{' ' * margin} {paint('margin', '=')} {paint('help', 'help')}: {printable(help)}"
