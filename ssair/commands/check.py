"""`ssairc check FILE…`: every error of every file, and nothing else; for people, editors and scripts.

Nothing is optimised and jax is not imported, so that it is fast. With `--kernel` the entry is looked at too: recursion
that is no loop, calls that nest too deep or are too many, and memory operations, which a kernel cannot have. (What is
found while JAX traces it, regions that nest too deep, say, comes when it is compiled.)
"""

from __future__ import annotations

import json
import sys
from typing import Final

from ssair.commands.colours import columns_of, paint_for
from ssair.commands.files import ProgramText, programs_in, read_program
from ssair.commands.messages import say
from ssair.commands.options import CommandParser, add_frontend
from ssair.commands.status import DONE, PROGRAM_ERROR, USAGE_ERROR
from ssair.diagnostics import Diagnostic, SourceError
from ssair.progress import waiting
from ssair.sources import FRONTENDS, UsageError

#: Counts up when a part of the JSON changes its meaning or goes; parts may be added.
JSON_VERSION: Final = 1


def run(arguments: list[str]) -> int:
    """Report the errors on standard output, and files that cannot be read on standard error."""
    command = parser()
    options = command.parse(arguments)
    if options.entry is not None and not options.kernel:
        command.error("--entry says which kernel is looked at: it goes with --kernel")
    found: list[Diagnostic] = []
    status = DONE
    for file in (program for argument in options.files for program in programs_in(argument)):
        try:
            with waiting(f"checking {file}"):
                _check(read_program(file, options.frontend), options.kernel, options.entry)
        except SourceError as error:
            found += error.diagnostics
            status = max(status, PROGRAM_ERROR)
        except UsageError as error:
            say(str(error))
            status = USAGE_ERROR
    if options.format == "json":
        print(json.dumps(as_json(found), indent=2))
    elif found:
        paint, columns = paint_for(sys.stdout, options.color), columns_of(sys.stdout)
        print("\n\n".join(diagnostic.render(paint, columns) for diagnostic in found))
    return status


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("check", "Report every error of every file. Exit status: 0 none, 1 errors, 2 no such file.")
    parser.add_argument("files", metavar="FILE", nargs="+", help="a program, or a folder of them; - is standard input")
    add_frontend(parser)
    parser.add_choice("--format", "format", ("text", "json"), "how the errors are written", default="text")
    parser.add_argument("--kernel", action="store_true", help="report also what a kernel cannot have")
    parser.add_argument("--entry", metavar="F", help="the function that --kernel looks at")
    return parser


def as_json(diagnostics: list[Diagnostic]) -> dict[str, object]:
    """The diagnostics of a run as data, as docs/editors.md describes it."""
    return {
        "version": JSON_VERSION,
        "unit": "character",
        "diagnostics": [diagnostic.to_dict() for diagnostic in diagnostics],
    }


def _check(program: ProgramText, kernel: bool, entry: str | None) -> None:
    """Raise SourceError if the program is faulty."""
    if kernel:
        _check_kernel(program, entry)
    elif program.frontend == "fun":
        from ssair.frontends.fun.check import checked_program

        checked_program(program.text, program.name)  # building the IR as well finds nothing more
    else:
        FRONTENDS[program.frontend](program.text, program.name)


def _check_kernel(program: ProgramText, entry: str | None) -> None:
    from ssair.backends.limits import check_as_written
    from ssair.emit import Request

    request = Request(*program, entry)
    check_as_written(request.optimized(), request.module())
