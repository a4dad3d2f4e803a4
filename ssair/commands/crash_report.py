"""What is left of a fault of ssair's own: a file that reproduces it and names the command that does.

The file is the program itself, with the command, the fault and where it was raised as comments at its head, in the
directory for temporary files; what `ssairc` had read is found in the frames that the fault passed through, so that a
program that came by standard input is there as well. A fault without any program leaves a file of text.
"""

from __future__ import annotations

import platform
import shlex
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ssair.commands.files import STANDARD_STREAM, ProgramText
from ssair.emit import Request

_COMMENT: Final = {"fun": "#", "ssair": ";", "bril": "#"}


def write_report(fault: Exception, arguments: Sequence[str], version: str) -> Path:
    """Write the report of a fault that the command line `arguments` came to; gives its path. Raises: OSError."""
    program = program_in_frames(fault)
    frontend = program.frontend if program is not None else "txt"
    with tempfile.NamedTemporaryFile(
        "w", prefix="ssairc-fault-", suffix=f".{frontend}", delete=False, encoding="utf-8", errors="backslashreplace"
    ) as file:
        path = Path(file.name)
        mark = _COMMENT.get(frontend, "#")
        for line in [*_heading(fault, again(arguments, program, path), version)]:
            file.write(f"{mark} {line}".strip() + "\n")
        file.write("\n" + (program.text if program is not None else ""))
    return path


def program_in_frames(fault: Exception) -> ProgramText | None:
    """The program that was being worked on: the last one that a frame on the way of the fault holds."""
    found = None
    for frame, _ in traceback.walk_tb(fault.__traceback__):
        for value in frame.f_locals.values():
            if isinstance(value, ProgramText):
                found = value
            elif isinstance(value, Request):
                found = ProgramText(value.text, value.name, value.frontend)
    return found


def again(arguments: Sequence[str], program: ProgramText | None, path: Path) -> str:
    """The command line with the report in the place of the program."""
    named = {STANDARD_STREAM, program.name} if program is not None else set[str]()
    return "ssairc " + shlex.join([str(path) if argument in named else argument for argument in arguments])


def _heading(fault: Exception, command: str, version: str) -> list[str]:
    lines = ["a fault of ssair's own; it is reproduced by", f"  {command}", ""]
    lines += [f"{version}, Python {platform.python_version()} on {platform.platform()}", ""]
    for part in traceback.format_exception(fault):
        lines += part.rstrip("\n").split("\n")
    return lines
