"""`ssairc fuzz`: programs by the thousand put to the oracles, and what was found kept as files.

With files, such as those of a corpus, they are put to the oracles instead.

Each failure is one file in the corpus: a program with the arguments that show it, and the command that does so again.
Ctrl-C and SIGTERM end a hunt with its summary. Exit status: 0 nothing was found, 1 something was, 130 nothing was until
the hunt was ended. jax is imported only for the oracle `kernel`.
"""

from __future__ import annotations

import argparse
import json
import re
import secrets
import shlex
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssair.commands.fuzz_record import add_row
from ssair.commands.interrupts import termination_interrupts
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, a_count, add_level
from ssair.commands.status import DONE, INTERRUPTED, PROGRAM_ERROR
from ssair.progress import Progress
from ssair.sources import UsageError
from ssair.suggestions import unknown

if TYPE_CHECKING:
    from ssair.testing.differences import Difference
    from ssair.testing.hunting import Catch, Hunt

DEFAULT_CORPUS: Final = "fuzz-corpus"
_DEFAULT_SECONDS: Final = 60.0
_STATE: Final = "state.json"
#: How many files are kept of failures of one kind: the rest is most likely the same.
_KEPT_OF_A_KIND: Final = 3
_BATCH: Final = 20
_SLOW_BATCH: Final = 4
_SLOW: Final = frozenset({"kernel", "fuel"})
_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}


def run(arguments: list[str]) -> int:
    """Hunt, and print what came of it."""
    options = parser().parse(arguments)
    hunt = _hunt(options)
    if options.files:
        return _check_files(options.files, hunt)
    hunting = _Hunting(hunt, options)
    interrupted = False
    try:
        with termination_interrupts():
            hunting.go()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        hunting.progress.end()
    print(hunting.summary(interrupted), flush=True)
    if options.record:
        add_row(Path(options.record), hunting.row())
    if hunting.catch.found:
        return PROGRAM_ERROR
    return INTERRUPTED if interrupted else DONE


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("fuzz", "Put generated programs to the oracles. Exit status: 0 nothing found, 1 something.")
    parser.add_argument("files", metavar="FILE", nargs="*", help="programs to try instead, or folders")
    parser.add_argument("--time", metavar="T", type=_seconds, help="how long: 90, 90s, 10m, 2h (default: 60s)")
    parser.add_argument("--count", metavar="N", type=a_count, help="how many programs, instead of how long")
    parser.add_argument("--jobs", metavar="N", type=a_count, default=1, help="how many processes (default: 1)")
    parser.add_argument("--seed", metavar="N", type=int, help="the first seed (default: any; it is printed)")
    parser.add_argument("--against", metavar="ORACLES", default="interp", help=f"commas between: {', '.join(_names())}")
    parser.add_argument("--passes", metavar="LIST", help="passes to run instead of a level; yours as module:function")
    parser.add_argument("--size", metavar="N", type=a_count, help="how long the programs are, roughly")
    parser.add_choice("--frontend", "front end", ("fun", "ssair", "both"), "what the programs are", default="both")
    parser.add_argument("--corpus", metavar="DIR", default=DEFAULT_CORPUS, help="where failures go (%(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on behind the last seed that the corpus names")
    parser.add_argument("--record", metavar="FILE", help="add a row for this run to the table in a Markdown file")
    add_level(parser)
    return parser


def _names() -> list[str]:
    from ssair.testing.oracles import ORACLES

    return [*ORACLES, "all"]


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise UsageError(f"no time: {text!r}; one looks like 90s, 10m or 2h")
    return float(match[1]) * _UNITS[match[2]]


def _hunt(options: argparse.Namespace) -> Hunt:
    from ssair.testing.hunting import Hunt
    from ssair.testing.oracles import ORACLES
    from ssair.testing.passes import read_passes

    against = [name.strip() for name in options.against.split(",") if name.strip()]
    for name in against:
        if name not in ORACLES and name != "all":
            raise UsageError(f"--against: {unknown('oracle', name, [*ORACLES, 'all'])}")
    if "all" in against:
        against = list(ORACLES)
    if options.passes is not None:
        if options.level is not None:
            raise UsageError("--passes says what runs: it does not go with -O")
        read_passes(options.passes)  # what does not exist is found before any process begins
    level = DEFAULT_LEVEL if options.level is None else options.level
    return Hunt(tuple(dict.fromkeys(against)) or ("interp",), options.passes, level, options.frontend, options.size)


def _check_files(names: list[str], hunt: Hunt) -> int:
    """Put programs that are there to the oracles, with the arguments that they name or with some that are drawn."""
    from ssair.commands.files import programs_in, read_program
    from ssair.testing.corpus import read_case
    from ssair.testing.oracles import Settings, check_subject, subject_of
    from ssair.testing.passes import read_passes

    settings = Settings(None if hunt.passes is None else read_passes(hunt.passes), hunt.level)
    status = DONE
    files = [file for name in names for file in programs_in(name)]
    for file in files:
        program = read_program(file)
        case = read_case(program.text, program.frontend)
        subject = subject_of(case.program(program.name), case.arguments, 0)
        found = check_subject(subject, settings, hunt.against)
        if found is not None:
            status = PROGRAM_ERROR
            print(f"{file}: {found}\n")
    print(f"{len(files)} programs, against {', '.join(hunt.against)}")
    return status


class _Hunting:
    """A hunt under way: what was tried, what was found, and where to go on."""

    def __init__(self, hunt: Hunt, options: argparse.Namespace) -> None:
        from ssair.testing.hunting import Catch

        self.hunt = hunt
        self.corpus = Path(options.corpus)
        self.first = self._first_seed(options)
        self.count: int | None = options.count
        self.jobs: int = options.jobs
        self.seconds: float = options.time if options.time is not None else _DEFAULT_SECONDS
        if options.count is not None and options.time is None:
            self.seconds = float("inf")
        self.progress = Progress()
        self.catch: Catch = Catch()
        self.kinds: Counter[str] = Counter()
        self.kept: list[Path] = []
        self.started = time.monotonic()
        self.elapsed = 0.0
        #: The first seed that was not tried, and batches tried beyond it, by their first seeds.
        self.frontier = self.first
        self.beyond: dict[int, int] = {}

    def _first_seed(self, options: argparse.Namespace) -> int:
        state = self.corpus / _STATE
        if options.resume:
            if options.seed is not None:
                raise UsageError("--resume goes on behind the last seed: it does not go with --seed")
            try:
                return int(json.loads(state.read_text(encoding="utf-8"))["next"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise UsageError(f"cannot resume from {state}: {error}") from error
        return options.seed if options.seed is not None else secrets.randbelow(1 << 32)

    def go(self) -> None:
        """Try batch after batch until the time is up or the programs are tried."""
        self.started = time.monotonic()
        try:
            if self.jobs == 1:
                self._alone()
            else:
                self._together()
        finally:
            self.elapsed = time.monotonic() - self.started
            self._keep_state()

    def _batches(self) -> Iterator[tuple[int, int]]:
        """The seeds to try, as ranges, until the time is up."""
        usual = _SLOW_BATCH if _SLOW & set(self.hunt.against) else _BATCH
        first, left = self.first, self.count
        while (left is None or left > 0) and time.monotonic() - self.started < self.seconds:
            count = usual if left is None else min(usual, left)
            yield first, count
            first += count
            left = None if left is None else left - count

    def _alone(self) -> None:
        from ssair.testing.hunting import hunt_batch

        for first, count in self._batches():
            for seed in range(first, first + count):
                if time.monotonic() - self.started >= self.seconds:
                    break
                self._tried(seed, 1, hunt_batch(self.hunt, seed, 1))

    def _together(self) -> None:
        from ssair.testing.hunting import hunt_batch

        batches = self._batches()
        running: dict[Future[Catch], tuple[int, int]] = {}
        pool = ProcessPoolExecutor(self.jobs, get_context("spawn"), _ignore_interrupts)
        try:
            while True:
                while len(running) < 2 * self.jobs and (batch := next(batches, None)) is not None:
                    running[pool.submit(hunt_batch, self.hunt, *batch)] = batch
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=lambda each: running[each]):
                    self._tried(*running.pop(future), future.result())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _tried(self, first: int, count: int, catch: Catch) -> None:
        self.catch.add(catch)
        self.beyond[first] = count
        while self.frontier in self.beyond:
            self.frontier += self.beyond.pop(self.frontier)
        for seed, found in catch.found:
            self.kinds[found.kind] += 1
            if self.kinds[found.kind] <= _KEPT_OF_A_KIND:
                from ssair.testing.corpus import write_case

                path = write_case(
                    self.corpus, f"{re.sub(r'[^A-Za-z0-9_]+', '-', found.kind)}-{seed}", found, self._again(found)
                )
                self.kept.append(path)
                self.progress.end()
                print(f"{found}\n  kept in {path}\n", flush=True)
        elapsed = time.monotonic() - self.started
        share = self.catch.programs / self.count if self.count is not None else elapsed / self.seconds
        rate = self.catch.programs / max(elapsed, 1e-9)
        self.progress.show(
            share, f"{self.catch.programs:,} programs, {rate:,.0f} a second, {sum(self.kinds.values())} found"
        )

    def _again(self, found: Difference) -> str:
        """The command that shows a difference again."""
        passes = f" --passes {shlex.quote(self.hunt.passes)}" if self.hunt.passes is not None else ""
        level = f" -O {self.hunt.level}" if self.hunt.level != DEFAULT_LEVEL else ""
        if found.oracle in ("passes", "interp"):
            return f"ssairc bisect {{}}{passes}{level}"
        return f"ssairc fuzz {{}}{passes}{level} --against {','.join(self.hunt.against)}"

    def _keep_state(self) -> None:
        """Note where to go on; only where there is a corpus, or somebody may want to."""
        if self.kept or self.corpus.is_dir() or self.corpus.name != DEFAULT_CORPUS:
            self.corpus.mkdir(parents=True, exist_ok=True)
            state = {"next": self.frontier, "programs": self.catch.programs, "found": sum(self.kinds.values())}
            (self.corpus / _STATE).write_text(json.dumps(state) + "\n", encoding="utf-8")

    def summary(self, interrupted: bool) -> str:
        """What came of it, for people."""
        catch = self.catch
        programs = max(catch.programs, 1)
        lines = [
            f"{catch.programs:,} programs of {catch.instructions / programs:.0f} instructions, {catch.calls:,} calls, "
            f"in {self.elapsed:.1f} s: {catch.programs / max(self.elapsed, 1e-9):,.0f} a second"
            + (f" in {self.jobs} processes" if self.jobs > 1 else ""),
            f"seeds {self.first} to {self.frontier - 1}, against {', '.join(self.hunt.against)}",
        ]
        if interrupted:
            lines.insert(0, "interrupted")
        if not self.kinds:
            return "\n".join([*lines, "no difference found"])
        lines += [f"{times:>6} times {kind}" for kind, times in self.kinds.most_common()]
        return "\n".join([*lines, f"{sum(self.kinds.values())} found; kept in {self.corpus}"])

    def row(self) -> tuple[str, ...]:
        """The run as a row of the record in docs/reliability.md."""
        passes = f"`{self.hunt.passes}`" if self.hunt.passes is not None else f"`-O{self.hunt.level}`"
        return (
            datetime.now(UTC).strftime("%Y-%m-%d"), ", ".join(self.hunt.against), passes, self.hunt.frontend,
            f"{self.catch.programs:,}", f"{self.first}", f"{self.elapsed:.0f}", f"{sum(self.kinds.values())}",
        )  # fmt: skip


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that the terminal's user started, which waits for what is under way."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
