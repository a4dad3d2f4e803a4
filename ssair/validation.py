"""Translation validation: that a pass left a function what it was, proved by the solver z3 for all arguments.

    for verdict in validate(module): print(verdict)

Each function that a pass has changed is compared with itself before: the same results, the same trap (kind, place,
values), the same lines printed. `proved` is for all arguments that keep what the function promises. `not proved` says
why: loops, floats, size, time. A `counterexample` has been run: the arguments, and what both give. What a pass promises
(`narrow`, `proved`) is proved with it, but that callers keep the promises that `call_facts` writes into their callees.

It is for small functions of integers without loops: what random tests can miss there is a case of one in 2^64. Each
question has a time limit. Needs z3, the extra `validate`.
Source: Pnueli, Siegel & Singerman, "Translation Validation" (1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssair.context import Context
from ssair.ir import Function, Module
from ssair.libraries import libraries
from ssair.pipeline import Passes, run_pipeline
from ssair.printer import format_function

if TYPE_CHECKING:
    from ssair.validation_encoding import Summary

PROVED: Final = "proved"
NOT_PROVED: Final = "not proved"
COUNTEREXAMPLE: Final = "counterexample"
#: How long the solver may take for one change.
SECONDS: Final = 10.0
_MOST_STEPS: Final = 100_000
#: The passes that write into functions what their callers promise.
_TELLS_OF_CALLERS: Final = frozenset({"call_facts"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one change: `outcome` is PROVED, NOT_PROVED (for `reason`) or COUNTEREXAMPLE.

    A counterexample has `arguments` for the function, and what it gave before (`expected`) and gives now (`found`).
    """

    pass_name: str
    function: str
    outcome: str
    reason: str = ""
    arguments: tuple[object, ...] | None = None
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        told = f"{self.pass_name} of @{self.function}: {self.outcome}"
        if self.arguments is None:
            return f"{told}: {self.reason}" if self.reason else told
        from ssair.testing.differences import shown_values

        called = shown_values(self.arguments)
        return f"{told}\n  called with {called}\n  expected {self.expected}\n  found    {self.found}"


def validate(
    module: Module,
    passes: Passes | None = None,
    level: int = 2,
    *,
    seconds: float = SECONDS,
    on_verdict: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:
    """A verdict on each change that a pass makes to a function of `module`, which stays as it is.

    `passes` and `level` are as for `ssair.optimize`, `seconds` is the time for one proof; `on_verdict` is told of each
    verdict as it comes.

    Raises: MissingLibraryError if z3 is not installed, UsageError for a pass that does not exist.
    """
    with libraries():
        import z3  # noqa: F401
    copy = module.clone()
    watch = _Watch(module, passes, level, seconds, on_verdict)
    for function in copy.functions.values():
        watch.begin(function)
    run_pipeline(copy, passes, level, Context(after_pass=watch.after_pass))
    return watch.verdicts


class _Watch:
    """What is known of each function as the passes go over it."""

    def __init__(
        self,
        original: Module,
        passes: Passes | None,
        level: int,
        seconds: float,
        on_verdict: Callable[[Verdict], None] | None,
    ) -> None:
        self.original = original
        self.passes = passes
        self.level = level
        self.seconds = seconds
        self.on_verdict = on_verdict
        self.verdicts: list[Verdict] = []
        #: How many runs of passes over functions have ended.
        self.number = 0
        self.texts: dict[str, str] = {}
        self.summaries: dict[str, Summary | str] = {}
        #: The run of a pass after which the text and the summary were taken.
        self.taken: dict[str, int] = {}

    def begin(self, function: Function) -> None:
        """Take down a function as it is."""
        self.texts[function.name] = format_function(function)
        self.summaries[function.name] = _summary(function)
        self.taken[function.name] = self.number

    def after_pass(self, name: str, function: Function) -> None:
        """Compare a function that a pass was over with what it was before."""
        self.number += 1
        if format_function(function) == self.texts[function.name]:
            self.taken[function.name] = self.number
            return
        before, number = self.summaries[function.name], self.taken[function.name]
        self.begin(function)
        verdict = self._compare(name, function, before, number)
        self.verdicts.append(verdict)
        if self.on_verdict is not None:
            self.on_verdict(verdict)

    def _compare(self, name: str, function: Function, before: Summary | str, number: int) -> Verdict:
        from ssair.validation_solver import Undecided, counterexample

        after = self.summaries[function.name]
        for summary in (before, after):
            if isinstance(summary, str):
                return Verdict(name, function.name, NOT_PROVED, summary)
        assert not isinstance(before, str) and not isinstance(after, str)
        try:
            found = counterexample(before, after, function, self.seconds, promises=name not in _TELLS_OF_CALLERS)
        except Undecided as undecided:
            return Verdict(name, function.name, NOT_PROVED, str(undecided))
        if found is None:
            return Verdict(name, function.name, PROVED)
        return self._confirmed(name, function.name, found, number)

    def _confirmed(self, name: str, function: str, arguments: Sequence[object], number: int) -> Verdict:
        """The counterexample, run before and after the pass: only what running shows is one."""
        from ssair.interp import execute, to_argument
        from ssair.testing.differences import shown_fault, shown_outcome
        from ssair.testing.outcomes import difference

        before, after = self._module_at(number, function), self._module_at(self.number, function)
        call = tuple([to_argument(param, value) for param, value in zip(before.entry().params, arguments, strict=True)])
        unshown = Verdict(name, function, NOT_PROVED, "running shows no difference where the solver sees one")
        try:
            expected = execute(before, call, max_steps=_MOST_STEPS)
        except Exception:  # the arguments break a promise of the program as it was
            return unshown
        try:
            outcome = execute(after, call, max_steps=_MOST_STEPS)
        except Exception as fault:  # whatever ssair raises, a promise that is broken for one
            return Verdict(name, function, COUNTEREXAMPLE, "", call, shown_outcome(expected), shown_fault(fault))
        if not difference(expected, outcome):
            return unshown
        return Verdict(name, function, COUNTEREXAMPLE, "", call, shown_outcome(expected), shown_outcome(outcome))

    def _module_at(self, number: int, entry: str) -> Module:
        """The module after so many runs of passes, which run again for that."""
        copy = self.original.clone()
        left = number

        def stop(name: str, function: Function) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise _Reached

        if number:
            with suppress(_Reached):
                run_pipeline(copy, self.passes, self.level, Context(after_pass=stop))
        copy.entry_name = entry
        return copy


class _Reached(Exception):
    """Ends a run of the pipeline where its state is wanted."""


def _summary(function: Function) -> Summary | str:
    """What a function does, or why that is not known."""
    from ssair.validation_encoding import Unsupported, encode, variable

    try:
        return encode(function, [variable(f"argument {n}", param.type) for n, param in enumerate(function.params)])
    except Unsupported as reason:
        return str(reason)
