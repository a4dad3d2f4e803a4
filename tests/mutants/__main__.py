"""`python -m tests.mutants [NAME …] [--seed N] [--seconds S]`: which oracle finds which mutant, as a table.

Exit status: 0 if all are found, 1 if one is not. `--seconds` is how long each may take (CPU, the start included).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from .catalogue import catalogue
from .run import Copy, Verdict, try_mutant


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="mutants, or parts of the compiler (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="which programs (default: 1)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of CPU for each (default: 30)")
    options = parser.parse_args()
    chosen = [row for row in catalogue() if not options.names or {row.name, row.part} & set(options.names)]
    verdicts: list[Verdict] = []
    width = max(len(row.name) for row in chosen)
    with tempfile.TemporaryDirectory() as folder, Copy(Path(folder)) as copy:
        print(f"{'mutant':{width}}  {'seconds':>7}  {'programs':>8}  found by")
        for mutant in chosen:
            verdict = try_mutant(copy, mutant, options.seed, options.seconds)
            verdicts.append(verdict)
            told = verdict.by or f"NOTHING: {mutant.bug}"
            print(f"{verdict.name:{width}}  {verdict.seconds:7.1f}  {verdict.programs:8}  {told}", flush=True)
    survivors = [verdict.name for verdict in verdicts if verdict.survived]
    seconds = sum(verdict.seconds for verdict in verdicts)
    print(
        f"{len(verdicts)} mutants, seed {options.seed}: {len(verdicts) - len(survivors)} found, {seconds:.0f} s of CPU"
    )
    if survivors:
        print(f"not found: {', '.join(survivors)}")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
