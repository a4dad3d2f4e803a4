"""`ssairc FILE --validate`: of each change that a pass makes, whether z3 proves that it changes no meaning.

Exit status: 1 if there is a counterexample, else 0: what is not proved is not wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter

from ssair.commands.files import write_text
from ssair.commands.status import DONE, PROGRAM_ERROR
from ssair.emit import Request
from ssair.testing.passes import read_passes
from ssair.validation import COUNTEREXAMPLE, NOT_PROVED, PROVED, SECONDS, Verdict, validate


def print_verdicts(text: str, name: str, frontend: str, level: int, options: argparse.Namespace) -> int:
    """Print a line for each change as it is decided, then how many are what; with `-o` all at the end."""
    module = Request(text, name, frontend, options.entry).module()
    passes = None if options.passes is None else read_passes(options.passes)
    seconds = SECONDS if options.validate_seconds is None else options.validate_seconds

    def show(verdict: Verdict) -> None:
        if options.output is None:
            print(verdict, flush=True)

    verdicts = validate(module, passes, level, seconds=seconds, on_verdict=show)
    found = Counter(verdict.outcome for verdict in verdicts)
    summary = f"{len(verdicts)} changes: {found[PROVED]} proved"
    if found[NOT_PROVED] or found[COUNTEREXAMPLE]:
        summary += f", {found[NOT_PROVED]} not proved, {found[COUNTEREXAMPLE]} with a counterexample"
    lines = [] if options.output is None else [str(verdict) for verdict in verdicts]
    write_text(options.output, "\n".join([*lines, summary]) + "\n")
    return PROGRAM_ERROR if found[COUNTEREXAMPLE] else DONE
