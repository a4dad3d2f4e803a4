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
}
"""The parts of a diagnostic, each with the parameters of its "select graphic rendition" sequence."""


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
            *_places(diagnostic, places, margin, paint),
            *_help(diagnostic.help, margin, paint),
        ]
    )


def _places(diagnostic: Diagnostic, places: list[Excerpt], margin: int, paint: Paint) -> Iterator[str]:
    """The source lines of all places; one that two places in turn stand on is shown once."""
    blank = f"{' ' * margin} {paint('margin', '|')}"
    last = None
    for place in places:
        mark, role = ("^", "mark") if place is diagnostic.excerpt else ("-", "note")
        for line in place.lines:
            if line is place.lines[0]:
                if last is None or last.number != line.number or last.text != line.text:
                    yield blank
                    yield _numbered(line.number, line.text, margin, paint)
            else:
                if last is not None and line.number > last.number + 1:
                    yield paint("margin", "...")
                yield _numbered(line.number, line.text, margin, paint)
            last = line
            message = place.message if line is place.lines[-1] else ""
            marks = paint(role, f"{mark * line.marks} {printable(message)}".rstrip())
            yield f"{blank} {' ' * line.before}{marks}"


def _numbered(number: int, text: str, margin: int, paint: Paint) -> str:
    return f"{paint('margin', f'{number:>{margin}} |')} {text}".rstrip()


def _help(help: str, margin: int, paint: Paint) -> Iterator[str]:
    if help:
        yield f"{' ' * margin} {paint('margin', '=')} {paint('help', 'help')}: {printable(help)}"
