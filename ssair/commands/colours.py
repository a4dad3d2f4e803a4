"""How a stream is written to: in which colours, and how wide it is.

Colours are what the command line says, else the environment, else they are there on a terminal.

`NO_COLOR` (no-color.org) comes before `CLICOLOR_FORCE` and `FORCE_COLOR` (force-color.org), which come before
`CLICOLOR=0` and `TERM=dumb` (bixense.com/clicolors).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from ssair.rendering import Paint, coloured, plain

OPTION: Final = "--color"
CHOICES: Final = ("auto", "always", "never")


def paint_for(stream: TextIO | None, choice: str, environment: Mapping[str, str] = os.environ) -> Paint:
    """How to draw on `stream`, for one of `CHOICES`."""
    if choice == "auto":
        return coloured if _wants_colours(stream, environment) else plain
    return coloured if choice == "always" else plain


def _wants_colours(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "0") not in ("", "0") for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("TERM") == "dumb":
        return False
    return stream is not None and stream.isatty()


def columns_of(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> int | None:
    """The columns of the terminal that a stream is, `COLUMNS` first; None for a file, a pipe and what does not say."""
    if stream is None or not stream.isatty():
        return None
    told = environment.get("COLUMNS", "")
    if told.isdecimal() and int(told) > 0:
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except (OSError, ValueError):  # no descriptor, or one without a size
        return None


def choice_in(arguments: Sequence[str]) -> str:
    """The last choice on a command line that may be faulty otherwise; `auto` where there is none."""
    choice = "auto"
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        name, equals, value = argument.partition("=")
        if name == OPTION:
            given = value if equals else arguments[place + 1] if place + 1 < len(arguments) else ""
            choice = given if given in CHOICES else choice
    return choice


def split_leading(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The options on colour at the start of a command line, and the rest of it."""
    place = 0
    while place < len(arguments) and arguments[place].partition("=")[0] == OPTION:
        place += 1 if "=" in arguments[place] else 2
    return list(arguments[:place]), list(arguments[place:])
