"""The passes for programs that are written back as Bril.

The levels of `ssair.pipeline` end by turning knowledge into variants of operations, for backends that have them. Bril
has none, and the writer wants the knowledge itself: a division needs no guard where its divisor is known not to be
zero. So the levels run here without `drop_refinements`.
"""

from __future__ import annotations

from ssair.pipeline import LEVELS, Step, parse_pipeline
from ssair.sources import UsageError
from ssair.suggestions import unknown

_LAST = "drop_refinements"


def bril_passes(passes: str | None = None, level: int = 2) -> str:
    """The text of the pipeline: `passes`, else those of a level; UsageError for a pass or level that does not exist."""
    if passes is None and level not in LEVELS:
        raise UsageError(unknown("level", str(level), map(str, LEVELS)))
    steps = parse_pipeline(LEVELS[level] if passes is None else passes)
    return ",".join(_text(step) for step in steps if passes is not None or step.row.name != _LAST)


def _text(step: Step) -> str:
    options = ",".join(f"{key}={value}" for key, value in step.options.items())
    return step.row.name + (f"{{{options}}}" if options else "")
