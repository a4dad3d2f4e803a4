"""How many of the checks that the examples make are left by the optimiser: counted by the interpreter as they run.

python tests/executed_checks.py          the table of all examples, and what is left by source line
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from examples_reference import EXAMPLES, Arguments

from ssair.interp import execute
from ssair.ir import Module
from ssair.pipeline import optimize
from ssair.signature import signature_of
from ssair.sources import load

FOLDER: Final = Path(__file__).parent.parent / "examples"
SEED: Final = 20240


class Counted(NamedTuple):
    """The checks that one example made: before optimisation, after it, and those by what they check."""

    name: str
    before: int
    after: int
    left: Counter[str]


def counted(name: str, cases: int | None = None) -> Counted:
    """Run an example on its inputs (the first `cases`), as it is and optimised."""
    inputs = list(EXAMPLES[name].cases(np.random.default_rng(SEED)))[:cases]
    module = load(FOLDER / f"{name}.fun")
    optimized = optimize(module)
    left: Counter[str] = Counter()
    for site, times in _checks(optimized, inputs).items():
        left[_text(optimized, site)] += times
    return Counted(name, _checks(module, inputs).total(), left.total(), left)


def _checks(module: Module, inputs: Iterable[Arguments]) -> Counter[int]:
    signature = signature_of(module.entry())
    checks: Counter[int] = Counter()
    for arguments in inputs:
        checks += execute(module, signature.flatten(arguments), check_facts=False).checks
    return checks


def _text(module: Module, site: int) -> str:
    """The line of a check, its kind, and its source text up to the end of the line."""
    kind, index, _, _ = module.sites[site]
    span = module.span(index)
    assert span is not None
    line = module.source.splitlines()[span.line - 1]
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    return f"line {span.line}, {kind}: {line[span.column - 1 : end]}"


def main() -> None:
    """Print the table."""
    rows = [counted(name) for name in sorted(EXAMPLES)]
    print(f"{'example':<20}{'made':>8}{'left':>8}  proved away")
    for row in rows:
        print(f"{row.name:<20}{row.before:>8}{row.after:>8}  {_share(row.before, row.after)}")
        for text, times in row.left.most_common():
            print(f"{'':<28}{times:>8}  {text}")
    before, after = sum(row.before for row in rows), sum(row.after for row in rows)
    print(f"{'all':<20}{before:>8}{after:>8}  {_share(before, after)}")


def _share(before: int, after: int) -> str:
    return f"{100 * (before - after) / before:.1f} %" if before else ""


if __name__ == "__main__":
    main()
