"""`ssairc fmt FILE…`: Fun programs in their one layout, written where they stand.

A file is written only if its layout changes, and never if it has a syntax error: that is reported as everywhere, and
the other files are formatted all the same. A folder stands for all files in it that end in `.fun`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from ssair.commands.colours import columns_of, paint_for
from ssair.commands.files import STANDARD_STREAM, programs_in, write_text
from ssair.commands.messages import say
from ssair.commands.options import CommandParser
from ssair.commands.status import DONE, PROGRAM_ERROR, USAGE_ERROR
from ssair.diagnostics import SourceError, decode_source
from ssair.progress import waiting
from ssair.sources import UsageError, frontend_of


def run(arguments: list[str]) -> int:
    """Format each file; what cannot be formatted is reported on standard error."""
    options = parser().parse(arguments)
    status = DONE
    for file in (program for argument in options.files for program in programs_in(argument, ["fun"])):
        try:
            status = max(status, _format(file, options))
        except SourceError as error:
            print(error.render(paint_for(sys.stderr, options.color), columns_of(sys.stderr)), file=sys.stderr)
            status = max(status, PROGRAM_ERROR)
        except UsageError as error:
            say(str(error))
            status = USAGE_ERROR
    return status


def parser() -> CommandParser:
    """What the command takes."""
    description = (
        "Lay out Fun programs in the one style, in place. Exit status: 0 done, 1 a syntax error or, with --check, "
        "a file that would change, 2 a file that cannot be read or written."
    )
    parser = CommandParser("fmt", description)
    parser.add_argument("files", metavar="FILE", nargs="+", help="a program or a folder of them; - is standard input")
    parser.add_argument("--check", action="store_true", help="write nothing, name the files that would change")
    parser.add_argument("--diff", action="store_true", help="write nothing, show what would change")
    return parser


def _format(file: str, options: argparse.Namespace) -> int:
    """Format one file; gives the exit status."""
    from ssair.frontends.fun.format import format_source

    name = "<stdin>" if file == STANDARD_STREAM else file
    data = _read(file)
    before = decode_source(data, name)
    with waiting(f"formatting {name}"):
        after = format_source(before, name)
    is_changed = after.encode() != data
    if options.diff and is_changed:
        print("".join(_difference(before, after, name)), end="")
    if options.check:
        if is_changed and not options.diff:
            print(name)
        return PROGRAM_ERROR if is_changed else DONE
    if options.diff:
        return DONE
    if file == STANDARD_STREAM:
        write_text(file, after)
    elif is_changed:
        _write(Path(file), after)
    return DONE


def _read(file: str) -> bytes:
    if file == STANDARD_STREAM:
        if sys.stdin is None:
            raise UsageError("there is no standard input")
        return sys.stdin.buffer.read()
    path = Path(file)
    if frontend_of(path) != "fun":
        raise UsageError(f"{file} is not Fun, which is all that `ssairc fmt` formats")
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise UsageError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from error


def _write(path: Path, text: str) -> None:
    """Not `write_text`, which would write the line ends of the system."""
    try:
        path.write_bytes(text.encode())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _difference(before: str, after: str, name: str) -> Iterator[str]:
    """A unified diff; a line without its end is said to be one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in unified_diff(old, new, f"{name} (as it is)", f"{name} (formatted)"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
