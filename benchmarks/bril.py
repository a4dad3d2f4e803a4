"""How much less Bril programs execute when they have been optimised: dynamic counts by Bril's rule.

    python benchmarks/bril.py [--only NAME,…] [--passes PIPELINE] [--instructions] [FILE…]

Each program (those of `tests/bril`, or the files given) runs with the arguments of its line `# ARGS:` in the reference
interpreter, as it is, written back with no pass, and after the default pipeline. The ratios are to the program as it
is; the means are geometric, by extension: `memory` for what allocates, `float` for what has floats and does not, `core`
for the rest. Programs that fail are left out, as Bril counts nothing of a run that fails. Counts are exact: no run
differs from another.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.program import Instruction, Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.pipeline import optimize

CORPUS = Path(__file__).parents[1] / "tests" / "bril"
EXTENSIONS = ("core", "float", "memory")
_ARGS = re.compile(r"^# ARGS:(.*)$", re.MULTILINE)


class Row(NamedTuple):
    """The counts of one program: as it is, written back, optimised."""

    name: str
    extension: str
    original: int
    written: int
    optimized: int


def extension_of(program: Program) -> str:
    """Which of `EXTENSIONS` a program needs."""
    ops = {item.op for function in program.functions for item in function.body if isinstance(item, Instruction)}
    types = {
        str(item.type) for function in program.functions for item in function.body if isinstance(item, Instruction)
    }
    return "memory" if "alloc" in ops else "float" if "f64" in types else "core"


def measure(path: Path, passes: str | None = None) -> Row | None:
    """The counts of a program; None if it fails. Raises AssertionError if it does not do what it did."""
    text = path.read_text(encoding="utf-8")
    program = read_program(text, str(path))
    found = _ARGS.search(text)
    args = parse_arguments(entry_of(program), found[1].split() if found else [])
    before = execute(program, args)
    if before.error is not None:
        return None
    module = lower(program)
    written = execute(write_program(module, duplicate=False), args)
    optimized = execute(write_program(optimize(module, bril_passes(passes))), args)
    for after in (written, optimized):
        assert (after.output, after.error) == (before.output, None), path
    return Row(path.stem, extension_of(program), before.executed, written.executed, optimized.executed)


def geometric_mean(ratios: Sequence[float]) -> float:
    """The mean of ratios, 1 of none."""
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else 1.0


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of a report."""
    yield f"{'program':24} {'extension':9} {'original':>10} {'written':>8} {'optimised':>9}"
    for row in sorted(rows, key=lambda row: (EXTENSIONS.index(row.extension), row.name)):
        written, optimized = row.written / row.original, row.optimized / row.original
        yield f"{row.name:24} {row.extension:9} {row.original:10} {written:8.3f} {optimized:9.3f}"
    for extension in EXTENSIONS:
        chosen = [row for row in rows if row.extension == extension]
        written = geometric_mean([row.written / row.original for row in chosen])
        optimized = geometric_mean([row.optimized / row.original for row in chosen])
        yield f"{'geometric mean':24} {extension:9} {len(chosen):10} {written:8.3f} {optimized:9.3f}"


def executed_operations(path: Path, passes: str | None = None) -> Counter[str]:
    """How often each operation of the optimised program stands in its text: what there is left to improve."""
    program = write_program(optimize(lower(read_program(path.read_text(encoding="utf-8"))), bril_passes(passes)))
    return Counter(item.op for function in program.functions for item in function.body if isinstance(item, Instruction))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--only", default="", help="names of programs, with commas between")
    parser.add_argument("--passes", help="a pipeline in place of the default one")
    parser.add_argument("--instructions", action="store_true", help="show the operations that optimised programs have")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else None
    paths = [path for path in options.files or sorted(CORPUS.glob("*.bril")) if not wanted or path.stem in wanted]
    rows = []
    for path in paths:
        row = measure(path, options.passes)
        if row is not None:
            rows.append(row)
            if options.instructions:
                print(row.name, dict(executed_operations(path, options.passes).most_common()), file=sys.stderr)
    for line in table(rows):
        print(line)


if __name__ == "__main__":
    main()
