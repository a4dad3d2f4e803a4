"""`ssairc reduce FILE`: the smallest program of which something still holds.

What holds is said by a command, `--predicate 'CMD {}'`, with exit status 0 where a program is interesting (`{}` stands
for a file that holds it), or by `--fails`: an oracle still finds what it finds in FILE, of the same pass and the same
kind or another wrong run. Commands run as many at a time as `--jobs` says, each with a file of its own.
The result goes to standard output or to a file; Ctrl-C ends the search and gives what was found by then.
Exit status: 0 done, 1 what should hold does not hold of FILE.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from itertools import combinations, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssair.commands.files import ProgramText, read_program, write_text
from ssair.commands.interrupts import Overdue, at_most, termination_interrupts
from ssair.commands.messages import say
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, a_count, add_level, add_source
from ssair.commands.status import DONE, PROGRAM_ERROR
from ssair.progress import waiting
from ssair.sources import UsageError
from ssair.suggestions import unknown

if TYPE_CHECKING:
    from ssair.ir import Function, Module
    from ssair.pipeline import Passes
    from ssair.testing.corpus import Case
    from ssair.testing.differences import Difference
    from ssair.testing.reduction import Interesting

#: How many argument tuples a program is tried with: its own, and some that are drawn.
_DRAWN: Final = 12
#: How many rows that have shown the difference are kept, how many are made of one, and of how many tries.
_KEPT: Final = 3
_MOST_COMBINATIONS: Final = 100
_STANDING: Final = "{}"
#: A program that takes so many times as long as the first, and so many seconds, is not interesting.
_MOST_TIMES: Final = 10
_SHORTEST: Final = 1.0


def run(arguments: list[str]) -> int:
    """Print the reduced program; what it took is said on standard error."""
    options = parser().parse(arguments)
    _check_options(options)
    program = read_program(options.file, options.frontend)
    if options.predicate is not None:
        with tempfile.TemporaryDirectory() as folder:
            command = _command(options.predicate, Path(folder), program.frontend)
            return _reduce(program, program.text, command, options, lambda text: text)
    failure = _Failure(program, options)
    if failure.first is None:
        say("no oracle finds a difference: there is nothing to keep")
        return PROGRAM_ERROR
    return _reduce(program, failure.source, failure.holds, options, failure.described)


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("reduce", "Find the smallest program of which something still holds.")
    add_source(parser)
    parser.add_argument("--predicate", metavar="CMD", help="a command with {} for a file; status 0: interesting")
    parser.add_argument("--fails", action="store_true", help="interesting is that an oracle finds the same difference")
    parser.add_argument("--against", metavar="ORACLES", default="interp", help="the oracles for --fails (%(default)s)")
    parser.add_argument("--passes", metavar="LIST", help="passes for --fails; yours as module:function")
    parser.add_argument("--jobs", metavar="N", type=a_count, help="commands at a time (default: as many as processors)")
    parser.add_argument("-o", "--output", metavar="OUT", help="the file to write to (default: standard output)")
    add_level(parser)
    return parser


def _check_options(options: argparse.Namespace) -> None:
    from ssair.testing.oracles import ORACLES

    if (options.predicate is not None) == options.fails:
        raise UsageError("what is to hold? one of --predicate and --fails says it")
    if options.predicate is not None and (options.passes is not None or options.level is not None):
        raise UsageError("--passes and -O are for --fails: a predicate says itself what it runs")
    for name in options.against.split(","):
        if name not in ORACLES:
            raise UsageError(f"--against: {unknown('oracle', name, ORACLES)}")


def _reduce(
    program: ProgramText,
    source: str,
    interesting: Interesting,
    options: argparse.Namespace,
    described: Callable[[str], str],
) -> int:
    from ssair.testing.fun_reduction import FunReducer
    from ssair.testing.module_reduction import ModuleReducer

    if program.frontend not in ("fun", "ssair"):
        raise UsageError(f"programs in {program.frontend} are not reduced; those in Fun and modules of the IR are")
    if not interesting(source):
        say(f"what should hold does not hold of {program.name}")
        return PROGRAM_ERROR
    jobs = 1 if options.fails else options.jobs or os.cpu_count() or 1
    reducer: FunReducer | ModuleReducer
    if program.frontend == "fun":
        reducer = FunReducer(source, interesting, jobs)
    else:
        reducer = ModuleReducer(source, interesting, jobs)
    try:
        with termination_interrupts(), waiting(f"reducing {program.name}"):
            reducer.run()
    except KeyboardInterrupt:
        say("interrupted: this is what was found so far")
    best = reducer.search.best
    write_text(options.output, described(best))
    print(
        f"{len(source.splitlines())} lines became {len(best.splitlines())}, in {reducer.search.tries} tries",
        file=sys.stderr,
    )
    return DONE


def _command(text: str, folder: Path, frontend: str) -> Interesting:
    """Whether a command ends with status 0 for a program; each thread has a file of its own."""
    words = shlex.split(text)
    if not any(_STANDING in word for word in words):
        raise UsageError("--predicate: {} has to stand for the file, as in 'grep -q sin {}'")

    seconds: list[float] = []

    def holds(program: str) -> bool:
        file = folder / f"program-{threading.get_ident()}.{frontend}"
        command = [word.replace(_STANDING, str(file)) for word in words]
        file.write_text(program, encoding="utf-8")
        limit = max(_SHORTEST, _MOST_TIMES * seconds[0]) if seconds else None
        start = time.monotonic()
        status = _status(command, limit)
        seconds.append(time.monotonic() - start)
        return status == 0

    return holds


def _status(command: list[str], limit: float | None) -> int | None:
    """How a command ends; None if it has not by the time that is up, when it is killed with what it has started."""
    try:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise UsageError(f"--predicate: cannot run {command[0]}: {error.strerror}") from error
    try:
        return running.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if running.poll() is None:
            if hasattr(os, "killpg"):
                os.killpg(running.pid, signal.SIGKILL)
            else:
                running.kill()
            running.wait()


class _Failure:
    """The difference that is kept: what may well be the bug that the whole program shows."""

    def __init__(self, program: ProgramText, options: argparse.Namespace) -> None:
        from ssair.testing.corpus import read_case, without_heading
        from ssair.testing.passes import read_passes

        self.case: Case = read_case(program.text, program.frontend)
        self.name = program.name
        self.source = without_heading(program.text)
        self.passes: Passes | None = None if options.passes is None else read_passes(options.passes)
        self.level: int = DEFAULT_LEVEL if options.level is None else options.level
        self.against: Sequence[str] = options.against.split(",")
        self.options = options
        #: Arguments that have shown the difference, the latest first, and those that the file names.
        self.rows: list[Sequence[object]] = list(self.case.arguments or ())
        #: The module in which a difference was found last.
        self.module: Module | None = None
        start = time.monotonic()
        self.first = self._difference(self.source)
        self.seconds = time.monotonic() - start
        self._remember(self.first)

    def holds(self, text: str) -> bool:
        """Whether what may well be the same bug is found in a program, and soon enough."""
        try:
            with at_most(max(_SHORTEST, _MOST_TIMES * self.seconds)):
                found = self._difference(text)
        except Overdue:
            return False
        if found is None or self.first is None or not found.same_bug(self.first):
            return False
        self._remember(found)
        return True

    def _remember(self, found: Difference | None) -> None:
        if found is not None and found.arguments is not None:
            self.rows = [found.arguments, *self.rows[: _KEPT - 1]]

    def described(self, text: str) -> str:
        """The program with what is found in it, and how to look at it, as comments."""
        from ssair.testing.corpus import case_text

        found = self._difference(text)
        if found is None:
            return text
        passes = f" --passes {shlex.quote(self.options.passes)}" if self.options.passes is not None else ""
        return case_text(found, [f"reduced by `ssairc reduce` from {self.name}; again: ssairc bisect FILE{passes}"])

    def _difference(self, text: str) -> Difference | None:
        from ssair.testing.corpus import Case
        from ssair.testing.directed_arguments import module_arguments
        from ssair.testing.oracles import Settings, Subject, check_subject, subject_of

        drawn = subject_of(Case(text, self.case.frontend, None).program(self.name), None, 0)
        entry = drawn.module.entry()
        others = module_arguments(drawn.module, 0, _DRAWN)
        named = [row for each in self.rows for row in _fitting(entry, each, self._last_arguments(others))]
        calls = list(subject_of(drawn.module, named, 0).calls) if named else []
        found = check_subject(
            Subject(drawn.module, drawn.source, [*calls, *others]), Settings(self.passes, self.level), self.against
        )
        if found is not None:
            self.module = drawn.module
        return found

    def _last_arguments(self, drawn: Sequence[Sequence[object]]) -> list[object]:
        """What a parameter may be given that has come last: what was a constant, and what others are given."""
        instrs = [] if self.module is None else self.module.entry().instructions()
        constants = [instr.aux for instr in instrs if instr.is_constant and isinstance(instr.aux, bool | int | float)]
        return [*constants, *(row[-1] for row in drawn if row)]


def _fitting(entry: Function, row: Sequence[object], last: Sequence[object]) -> list[Sequence[object]]:
    """The arguments, or some of them when parameters have gone, or one more when there is one: as many as there are."""
    from ssair.testing.corpus import fits

    if len(row) + 1 == len(entry.params):
        return [[*row, each] for each in islice(last, _MOST_COMBINATIONS) if fits(entry, [*row, each])]
    shorter = islice(combinations(row, len(entry.params)), _MOST_COMBINATIONS)
    return list(islice((each for each in shorter if fits(entry, each)), _KEPT))
