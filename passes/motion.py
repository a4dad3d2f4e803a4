"""Code motion: shared work moves up, invariant work leaves loops, what only some ways need sinks.

    up        what all ways from a block on compute, of arms and of what follows them   ssair.passes.motion_up
    partial   what a join computes, and some ways to it have computed already           ssair.passes.motion_partial
    out       what is the same in every iteration                                       ssair.passes.motion_out
    down      what only one arm uses; last, or the others would lift it again           ssair.passes.motion_down

Requires: valid IR without crumbs; value numbering has shared what it can (`gvn`), dead code is gone.
Ensures: the same meaning, with no way that computes more than before but for scalar work in front of loops. What has an
effect stays where it is: checks, output, memory, and calls of which `purity` has not found that they have none. Pure
operations are total, so moving one traps nowhere.
Complexity: n log n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.context import Context
from ssair.ir import Function
from ssair.passes.motion_down import move_down
from ssair.passes.motion_out import move_out
from ssair.passes.motion_partial import move_partial
from ssair.passes.motion_up import move_up
from ssair.sources import UsageError

NAME = "motion"

_STEPS: Final[dict[str, Callable[[Function, Context, str], int]]] = {
    "up": move_up,
    "partial": move_partial,
    "out": move_out,
    "down": move_down,
}


def run(function: Function, context: Context, steps: str = "up+partial+out+down") -> int:
    """Take the steps of these names, in this order; gives the number of instructions moved or replaced."""
    unknown = [step for step in steps.split("+") if step not in _STEPS]
    if unknown:
        raise UsageError(f"motion has no step {unknown[0]!r}; there are: {', '.join(_STEPS)}")
    return sum(_STEPS[step](function, context, NAME) for step in steps.split("+"))
