"""`python -m tests.mutants [NAME …] [--seeds N …] [--seconds S]`: which oracle finds which mutant, as a table.

Exit status: 0 if all are found with every seed, 1 if one is not. `--seconds` is how long each may take (CPU, the start
included). `--record FILE` writes the outcome into a document, between two comments.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from .catalogue import Mutant, catalogue
from .run import Copy, Verdict, try_mutant

_BEGIN: Final = "<!-- mutants -->\n"
_END: Final = "<!-- end of mutants -->\n"


class Round(NamedTuple):
    """All mutants with one seed: what became of each, and the CPU time of it all."""

    seed: int
    verdicts: list[Verdict]
    seconds: float

    @property
    def survivors(self) -> list[str]:
        """The names of those that nothing has found."""
        return [verdict.name for verdict in self.verdicts if verdict.survived]


def main() -> int:
    """Try the mutants that are named on the command line; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants, or parts of the compiler (default: all)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="which programs, one round for each seed")
    parser.add_argument("--seconds", type=float, default=30.0, help="of CPU for each (default: 30)")
    parser.add_argument("--record", type=Path, metavar="FILE", help="the document to write the outcome into")
    options = parser.parse_args()
    chosen = [row for row in catalogue() if not options.names or {row.name, row.part} & set(options.names)]
    rounds = [try_all(chosen, seed, options.seconds) for seed in options.seeds]
    print(summary(rounds))
    if options.record is not None:
        write_record(options.record, chosen, rounds, options.seconds)
    return 1 if any(done.survivors for done in rounds) else 0


def summary(rounds: Sequence[Round]) -> str:
    """What became of all mutants with all seeds, in one line."""
    seconds = ", ".join(f"{done.seconds:.0f}" for done in rounds)
    missed = {name for done in rounds for name in done.survivors}
    count = len(rounds[0].verdicts)
    found = f"all {count} found" if not missed else f"{count - len(missed)} of {count} found"
    seeds = f"each of {len(rounds)} seeds" if len(rounds) > 1 else "1 seed"
    return f"{found} with {seeds}, in {seconds} s of CPU"


def try_all(mutants: Sequence[Mutant], seed: int, seconds: float) -> Round:
    """Try mutants with one seed, and print a table."""
    verdicts: list[Verdict] = []
    width = max(len(mutant.name) for mutant in mutants)
    before = _time_used()
    with tempfile.TemporaryDirectory() as folder, Copy(Path(folder)) as copy:
        print(f"{'mutant':{width}}  {'seconds':>7}  {'programs':>8}  found by")
        for mutant in mutants:
            verdict = try_mutant(copy, mutant, seed, seconds)
            verdicts.append(verdict)
            told = verdict.by or f"NOTHING: {mutant.bug}"
            print(f"{verdict.name:{width}}  {verdict.seconds:7.1f}  {verdict.programs:8}  {told}", flush=True)
    done = Round(seed, verdicts, _time_used() - before)
    found = len(verdicts) - len(done.survivors)
    print(f"{len(verdicts)} mutants, seed {seed}: {found} found, {done.seconds:.0f} s of CPU")
    if done.survivors:
        print(f"not found: {', '.join(done.survivors)}")
    return done


def _time_used() -> float:
    """The CPU time of this process, of those that it has waited for, and of theirs: of all that is done here."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def write_record(path: Path, mutants: Sequence[Mutant], rounds: Sequence[Round], seconds: float) -> None:
    """Put a table by part of the compiler, with a line for all, between the comments of a document."""
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition(_BEGIN)
    tail = rest.partition(_END)[2]
    seeds = ", ".join(str(done.seed) for done in rounds)
    lines = [f"{datetime.date.today()}, seeds {seeds}, at most {seconds:g} seconds for each: {summary(rounds)}.", ""]
    lines += ["| part | mutants | found | programs | seconds of CPU | longest |", "| --- " * 6 + "|"]
    rows = [(mutant, [done.verdicts[place] for done in rounds]) for place, mutant in enumerate(mutants)]
    for part in dict.fromkeys(mutant.part for mutant in mutants):
        own = [row for row in rows if row[0].part == part]
        lines.append(_row(part, own, [sum(row[1][n].seconds for row in own) for n in range(len(rounds))]))
    lines.append(_row("all, with the start", rows, [done.seconds for done in rounds]))
    missed = sorted({name for done in rounds for name in done.survivors})
    lines += ["", f"Not found with every seed: {', '.join(f'`{name}`' for name in missed)}."] if missed else []
    path.write_text(f"{head}{_BEGIN}" + "\n".join(lines) + f"\n{_END}{tail}", encoding="utf-8")


def _row(name: str, rows: Sequence[tuple[Mutant, list[Verdict]]], seconds: Sequence[float]) -> str:
    """What became of some mutants: in each column the rounds one after the other."""
    by_round = list(zip(*[verdicts for _, verdicts in rows], strict=True))
    found = ", ".join(str(sum(not verdict.survived for verdict in done)) for done in by_round)
    programs = ", ".join(f"{sum(verdict.programs for verdict in done):,}" for done in by_round)
    longest = ", ".join(f"{max(verdict.seconds for verdict in done):.1f}" for done in by_round)
    return f"| {name} | {len(rows)} | {found} | {programs} | {', '.join(f'{s:.0f}' for s in seconds)} | {longest} |"


if __name__ == "__main__":
    sys.exit(main())
