"""`ssairc`: programs to dumps, and programs run, from the command line.

    ssairc FILE [--emit STAGE] …      print a stage of a program, by default the optimised IR
    ssairc COMMAND …                  one of `ssair.commands.COMMANDS`

Exit status: 0 done, 1 the program is faulty, 2 the command line is, or a library is missing, 3 a fault of ssair's own,
4 the program trapped.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence

from ssair.commands import COMMANDS, DEFAULT
from ssair.commands.colours import choice_in, columns_of, paint_for, split_leading
from ssair.commands.messages import say
from ssair.commands.status import DONE, INTERRUPTED, OWN_FAULT, PROGRAM_ERROR, TRAPPED, USAGE_ERROR
from ssair.diagnostics import SourceError, SsairError, more_about
from ssair.libraries import libraries
from ssair.sources import UsageError
from ssair.suggestions import unknown


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: that of the process); gives the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that lacks a character is no fault
    try:
        with libraries():
            status = _run(arguments)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where a full disk can be reported
        return status
    except SourceError as error:
        print(error.render(paint_for(sys.stderr, choice_in(arguments)), columns_of(sys.stderr)), file=sys.stderr)
        return PROGRAM_ERROR
    except UsageError as error:
        say(str(error))
        return USAGE_ERROR
    except SsairError as error:
        return _report_error(error)
    except BrokenPipeError:
        _forget_output()
        return DONE
    except OSError as error:
        _forget_output()
        what = error.strerror or str(error)
        say(what if error.filename is None else f"{os.fsdecode(error.filename)}: {what}")
        return USAGE_ERROR
    except MemoryError as error:
        say(f"out of memory{f': {error}' if str(error) else ''}")
        return PROGRAM_ERROR
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except Exception as fault:
        return _report_own_fault(fault, arguments)


def _forget_output() -> None:
    """Let what standard output still holds go nowhere, so that the flush at exit is quiet."""
    with contextlib.suppress(AttributeError, OSError, ValueError):  # no stream, or none of a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    """Run the command that the arguments name, or else the default one on all of them."""
    if not arguments:
        print(_help(), file=sys.stderr)
        return USAGE_ERROR
    colours, rest = split_leading(arguments)
    first = rest[0] if rest else ""
    if first in ("-h", "--help"):
        print(_help())
        return DONE
    if first == "--version":
        print(_version())
        return DONE
    named = first in COMMANDS
    if not named:
        _refuse_misspelt_command(first)
    module = importlib.import_module(COMMANDS[first if named else DEFAULT].module)
    status: int = module.run([*colours, *(rest[1:] if named else rest)])
    return status


def _refuse_misspelt_command(word: str) -> None:
    """UsageError for a first word that can only be meant as a command."""
    if word.isidentifier() and not os.path.exists(word):
        raise UsageError(f"{unknown('file and no command', word, COMMANDS)} (`ssairc --help` says what they do)")


def _help() -> str:
    width = max(map(len, COMMANDS))
    return "\n".join(
        [
            "usage: ssairc FILE [OPTIONS]",
            "       ssairc COMMAND [OPTIONS] …",
            "",
            "commands:",
            *(f"  {command.name:<{width}}  {command.summary}" for command in COMMANDS.values()),
            "",
            "`ssairc COMMAND --help` says what a command takes,",
            "`ssairc --version` which version this is.",
            "Exit status: 0 done, 1 the program is faulty, 2 the command line is, or a",
            "library is missing, 3 ssair is faulty, 4 the program trapped.",
        ]
    )


def _report_error(error: SsairError) -> int:
    from ssair.traps import Trap

    if isinstance(error, Trap):
        print(f"trap[{error.kind}]: {error}\n\n{more_about([error.kind], 'this trap')}", file=sys.stderr)
        return TRAPPED
    say(str(error))
    outside = isinstance(error, TypeError | ValueError | ImportError)  # arguments that do not fit, a missing library
    return USAGE_ERROR if outside else PROGRAM_ERROR


def _report_own_fault(fault: Exception, arguments: Sequence[str]) -> int:
    from ssair.commands.crash_report import write_report

    say(f"a fault of ssair's own: {type(fault).__name__}: {fault}")
    try:
        say(f"please report it with {write_report(fault, arguments, _version())}, which reproduces it and says how")
    except OSError as error:
        say(f"please report it with the program; no report could be written: {error}")
    if os.environ.get("SSAIR_DEBUG"):
        raise fault
    say("SSAIR_DEBUG=1 shows where it happened")
    return OWN_FAULT


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"ssairc {version('ssair')}"
    except PackageNotFoundError:
        return "ssairc (not installed)"


if __name__ == "__main__":
    sys.exit(main())
