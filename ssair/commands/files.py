"""Reading programs and writing results: files, and `-` for the standard streams."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ssair.diagnostics import decode_source
from ssair.sources import FRONTENDS, UsageError, frontend_of, read_file
from ssair.suggestions import unknown

STANDARD_STREAM = "-"


class ProgramText(NamedTuple):
    """A program's text, the name to report it by, and its front end."""

    text: str
    name: str
    frontend: str


def read_program(file: str, frontend: str | None = None) -> ProgramText:
    """The program in a file, or on standard input for `-`.

    Raises: UsageError if there is none to be read, SourceError if it is no text.
    """
    if file == STANDARD_STREAM:
        if sys.stdin is None:
            raise UsageError("there is no standard input")
        return ProgramText(decode_source(sys.stdin.buffer.read(), "<stdin>"), "<stdin>", frontend or "fun")
    path = Path(file)
    chosen = frontend or frontend_of(path)
    if chosen not in FRONTENDS:
        raise UsageError(f"{unknown('front end', chosen, FRONTENDS)}, which {file} would need")
    return ProgramText(read_file(path), file, chosen)


def programs_in(argument: str, frontends: Sequence[str] = tuple(FRONTENDS)) -> list[str]:
    """The files that an argument stands for: all programs of a folder, in the order of their names, or itself.

    A folder in it that cannot be listed is given as well, so that whoever reads it says why it cannot be read.
    """
    if argument == STANDARD_STREAM or not os.path.isdir(argument):
        return [argument]
    suffixes = {f".{frontend}" for frontend in frontends}
    shut: list[OSError] = []
    found = [
        str(file)
        for folder, _, names in os.walk(argument, onerror=shut.append)
        for file in (Path(folder, name) for name in names)
        if file.suffix in suffixes and os.path.isfile(file)
    ]
    return sorted([*found, *(str(error.filename) for error in shut)])


def check_apart(file: str, output: str | None) -> None:
    """Raise UsageError if what is made of a program would be written over it."""
    try:
        same = output is not None and os.path.samefile(file, output)
    except (OSError, ValueError):  # one of them is not there, or no name of a file
        return
    if same:
        raise UsageError(f"-o {output} would overwrite the program that it is made of")


def write_text(output: str | None, text: str) -> None:
    """Write `text` to a file, or to standard output for None and `-`; UsageError if it cannot be written."""
    if output is None or output == STANDARD_STREAM:
        print(text, end="")  # not `write`, which there is none of where the stream is closed
        return
    try:
        with open(output, "w", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise UsageError(f"cannot write {output!r}: {getattr(error, 'strerror', None) or error}") from error
