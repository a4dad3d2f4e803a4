"""What an oracle found: where two runs of one program differ, or where ssair itself failed."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssair.interp import Outcome


@dataclass(frozen=True)
class Difference:
    """A program that means two things.

    `oracle` is the one of `ssair.testing.oracles.ORACLES` that found it (`run` if the program failed without any),
    `stage` where: a pass and its function, or words for what was compared. `expected` and `found` are the two outcomes
    as text; where something failed, `found` is the fault and where it was raised. `source` is the program in the
    language of `frontend` (`fun` or `ssair`), `arguments` the call; None if no call was needed.
    """

    oracle: str
    stage: str
    arguments: tuple[object, ...] | None
    expected: str
    found: str
    frontend: str = "ssair"
    source: str = ""

    @property
    def pass_name(self) -> str:
        """The pass that the stage names; empty where it names none."""
        name = self.stage.partition(" of @")[0]
        return "" if " " in name else name

    @property
    def kind(self) -> str:
        """What tells this difference from others: the oracle, the pass, and what was raised, if anything was."""
        raised = self.found.partition(":")[0] if self.expected == NO_FAULT else "differs"
        return " ".join(filter(None, (self.oracle, self.pass_name, raised)))

    def same_bug(self, other: Difference) -> bool:
        """Whether both may well be one bug: of one pass, and of one kind, or both wrong runs of the program.

        What a wrong program does, be it another result, a fact that does not hold, or memory used wrongly, changes with
        the rest of the program; what is raised by ssair itself on the way does not.
        """
        if self.kind == other.kind:
            return True
        return (self.oracle, self.pass_name) == (other.oracle, other.pass_name) and self._wrong_run and other._wrong_run

    @property
    def _wrong_run(self) -> bool:
        raised = self.found.partition(":")[0]
        return self.arguments is not None and (self.expected != NO_FAULT or raised in _WRONG_RUNS)

    def __str__(self) -> str:
        called = "" if self.arguments is None else f"\n  called with {shown_values(self.arguments)}"
        return f"{self.oracle}, {self.stage}:{called}\n  expected {self.expected}\n  found    {self.found}"


#: What the interpreter raises where a program is at fault.
_WRONG_RUNS = ("FactViolation", "MemoryFault", "StepsExceeded", "DepthExceeded")
#: What is expected where ssair itself failed.
NO_FAULT = "no fault"


def shown_values(values: tuple[object, ...]) -> str:
    """Arguments or results on one line, with their types."""
    import numpy as np

    parts = []
    for value in values:
        array = np.asarray(value)
        shape = f"[{', '.join(map(str, array.shape))}]" if array.shape else ""
        parts.append(f"{array.tolist()!r}: {shape}{array.dtype}")
    return f"({', '.join(parts)})"


def shown_outcome(outcome: Outcome) -> str:
    """How a run ended and what it printed, on one line."""
    if outcome.trap is not None:
        trap = outcome.trap
        where = "" if trap.span is None else f" at {trap.span}"
        place = "" if trap.position is None else f", element {list(trap.position)}"
        called = f", called from {', '.join(map(str, trap.calls))}" if trap.calls else ""
        ended = f"the trap {trap.kind} {trap.values}{where}{place}{called}"
    else:
        ended = shown_values(outcome.results or ())
    return ended + (f", having printed {outcome.output}" if outcome.output else "")


def shown_misuse(lines: Sequence[str]) -> str:
    """That a run used memory wrongly, and what it printed before."""
    return "a fault of memory" + (f", having printed {list(lines)}" if lines else "")


def shown_endless(lines: Sequence[str]) -> str:
    """A run that does not end and what it prints first, on one line."""
    return "a run that never ends" + (f", having printed {list(lines)}" if lines else "")


def shown_fault(fault: Exception) -> str:
    """An exception and the place where it was raised, on one line."""
    frames = traceback.extract_tb(fault.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {' '.join(str(fault).split())}{where}"
