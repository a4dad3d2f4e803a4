"""What a pass is given beside the function: fuel, counters, and who wants to know why. There are no globals.

Fuel counts rewrites. Every pass asks `fuel.take(pass_name, value)` before each one, and the IR is valid and correct
after every prefix of the rewrites, so that a bisection over the limit finds the one rewrite that broke a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ssair.call_effects import ANYTHING, CallEffects
from ssair.ir import Function, Instr


class Fuel:
    """How many rewrites may still be made; `limit` None is without end."""

    __slots__ = ("last", "limit", "spent")

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.spent = 0
        #: The pass and the text of the value of the last rewrite; kept only under a limit.
        self.last: tuple[str, str] | None = None

    def take(self, pass_name: str, value: object) -> bool:
        """Whether one more rewrite, of `value`, may be made; counts it."""
        if self.limit is None:
            self.spent += 1
            return True
        if self.spent >= self.limit:
            return False
        self.spent += 1
        self.last = (pass_name, str(value))
        return True


#: Words, and the indices of spans of the source that they speak of.
Reason = tuple[str | int, ...]


class Removal(NamedTuple):
    """A check that a pass has removed: its site, the verdict (of `ssair.remarks.VERDICTS`), and the reason."""

    site: int
    verdict: str
    reason: Reason


class Progress(NamedTuple):
    """How far a pipeline is: the number of the run of a pass, its name, and the function; empty for a whole module."""

    number: int
    pass_name: str
    function: str


NOT_BEGUN: Final = Progress(-1, "", "")


@dataclass(slots=True)
class Context:
    """One run of a pipeline: what the passes share, what they leave behind, and the driver's hooks."""

    fuel: Fuel = field(default_factory=Fuel)
    #: Whether somebody asks why checks go (`ssair.remarks`), and what the passes say to that.
    wants_remarks: bool = False
    removals: list[Removal] = field(default_factory=list)
    #: The ids of values that rules of `simplify` rewrote, and the rules, for whoever wants remarks.
    rewrites: list[tuple[int, str]] = field(default_factory=list)
    #: How often each thing was done, as `pass.what`: `gvn.replaced`, `simplify.folded`.
    counters: Counter[str] = field(default_factory=Counter)
    #: Called after each pass with its name and the function, for dumps.
    after_pass: Callable[[str, Function], None] | None = None
    #: The run of a pass that is under way, or was when something was raised, as `Progress` has it.
    _number: int = field(default=NOT_BEGUN.number, init=False)
    _pass_name: str = field(default=NOT_BEGUN.pass_name, init=False)
    _function: str = field(default=NOT_BEGUN.function, init=False)
    #: Whether the verifier runs after each pass.
    verify_each: bool = False
    #: Seconds spent in each pass by name, in the order of first use; filled if `time_passes`.
    times: dict[str, float] = field(default_factory=dict)
    time_passes: bool = False
    #: What the calls of functions may do, as far as the pass `purity` has found out.
    call_effects: dict[Function, CallEffects] = field(default_factory=dict)

    @property
    def progress(self) -> Progress:
        """The run of a pass that is under way, or was when something was raised."""
        return Progress(self._number, self._pass_name, self._function)

    def begin(self, pass_name: str, function: str = "") -> None:
        """The next run of a pass begins, over a function or the whole module."""
        self._number += 1
        self._pass_name, self._function = pass_name, function

    @property
    def is_watched(self) -> bool:
        """Whether somebody wants to see what each pass makes, or how long it takes."""
        return self.time_passes or self.verify_each or self.after_pass is not None

    def effects_of(self, call: Instr) -> CallEffects:
        """What a call may do."""
        if not self.call_effects:
            return ANYTHING
        assert isinstance(call.aux, str)
        return self.call_effects.get(call.block.function.module.functions[call.aux], ANYTHING)

    def count(self, what: str, times: int = 1) -> None:
        """Add to a counter."""
        if times:
            self.counters[what] += times

    def explain_removal(self, check: Instr, verdict: str, reason: Callable[[], Reason]) -> None:
        """Say why a check goes, if anybody asks; before it becomes something else."""
        if self.wants_remarks:
            assert isinstance(check.aux, int)
            self.removals.append(Removal(check.aux, verdict, reason()))

    def explain_rewrite(self, instr: Instr, pattern: str, replacement: str) -> None:
        """Say which rule rewrites an instruction, if anybody asks."""
        if self.wants_remarks:
            self.rewrites.append((instr.id, f"{pattern} → {replacement}"))

    def format_times(self) -> str:
        """The seconds that each pass took, one a line."""
        total = sum(self.times.values())
        rows = [*self.times.items(), ("total", total)]
        return "\n".join(f"{name:<18}{seconds:9.4f} s {100 * seconds / (total or 1):5.1f} %" for name, seconds in rows)

    def format_counters(self) -> str:
        """What was done how often, one a line, by name."""
        return "\n".join(f"{what:<32}{times:>10}" for what, times in sorted(self.counters.items()))
