"""The passes for programs that are written back as Bril.

Calls count in Bril, so that functions that end by calling themselves loop instead (`tail_calls`), before anything else.
The levels of `ssair.pipeline` end by turning knowledge into variants of operations, for backends that have them. Bril
has none, and the writer wants the knowledge itself: a division needs no guard where its divisor is known not to be
zero. So the levels run here without `drop_refinements`.

The default level leaves out what brings a Bril program next to nothing, each for its share of the time, as some 420
programs tell: a check and its division are one `div`, so that proving checks by inequalities (`bounds`) or across calls
(`call_facts`) saves no instruction beyond those that intervals prove; facts through loops (`refine`, `sccp`) find ends
of counters, which the writer finds by itself (`write_beginnings`), and branches that go one way by what a loop carries;
what `partition` shares beyond `gvn`, and what `reassociate` brings together, is 0.001 and 0.0003 of what is executed;
lowering shares equal computations, so that one `gvn` is enough; one `clean_cfg` and one `dce`, at the end, do as much
as two; of `motion` what takes work out of loops is a third, and all that any of the programs gains by; branches and
loops that nothing needs are in one of 144 programs, and to look for them takes as long as `clean_cfg`. Level 3 has
all passes.
`benchmarks/bril.py --passes` shows what a pipeline is worth.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.bril.tail_calls import run as tail_calls
from ssair.pipeline import LEVELS, Passes, Step, parse_pipeline
from ssair.sources import UsageError
from ssair.suggestions import unknown

_LAST: Final = "drop_refinements"
_DEFAULT_LEVEL: Final = 2
_DEFAULT: Final = "inline,purity,memory,simplify,motion{steps=out},gvn,clean_cfg,dce{control=keep}"


def bril_passes(passes: str | None = None, level: int = 2) -> Passes:
    """The pipeline: `passes`, else what a level stands for, none for level 0.

    Raises: UsageError for a level that does not exist.
    """
    if passes is not None:
        return passes
    if level not in LEVELS:
        raise UsageError(unknown("level", str(level), map(str, LEVELS)))
    if level == _DEFAULT_LEVEL:
        return [tail_calls, _DEFAULT]
    steps = [_text(step) for step in parse_pipeline(LEVELS[level]) if step.row.name != _LAST]
    return [tail_calls, ",".join(steps)] if level > 1 else ",".join(steps)


def _text(step: Step) -> str:
    options = ",".join(f"{key}={value}" for key, value in step.options.items())
    return step.row.name + (f"{{{options}}}" if options else "")
