"""Bisection: to the pass, and by fuel to the one rewrite, that make a program mean something else.

Requires: a program for which the passes given make a difference. Ensures: the first `rewrite - 1` rewrites make none,
`rewrite` of them make one. Complexity: the pipeline about log2(rewrites) times, compared after every pass.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ssair.context import Context, Fuel, Progress
from ssair.ir import Function, Module
from ssair.pipeline import Passes, run_pipeline
from ssair.testing.differences import Difference
from ssair.testing.generator import Program
from ssair.testing.oracles import Settings, Stage, Subject, faulty, subject_of


@dataclass(frozen=True)
class Culprit:
    """What makes the difference.

    `pass_name` and `function` say which pass, over which function. `rewrite` counts the rewrites of the whole pipeline
    from 1, and `value` is what it rewrote; 0 and empty where the pass asks for no fuel. `before` and `after` are the
    function before and after that rewrite, or before and after the pass.
    """

    pass_name: str
    function: str
    rewrite: int
    value: str
    before: str
    after: str
    difference: Difference

    def diff(self) -> str:
        """The lines of the function that change, as a unified diff."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), "before", "after", lineterm="", n=3
        )
        return "\n".join(lines)


class _Run(NamedTuple):
    """One run of the pipeline: the difference, and how far it was when that came up."""

    found: Difference | None
    progress: Progress
    spent: int
    last: tuple[str, str] | None


def bisect_program(
    program: Program | Module | str,
    *,
    passes: Passes | None = None,
    level: int = 2,
    arguments: Sequence[Sequence[object]] | None = None,
    seed: int = 0,
) -> Culprit | None:
    """The rewrite that makes a program mean something else; None if no pass does. Arguments as for `check_program`.

    Example:
        >>> bisect_program("fn main(x: i64) = x + 0 - x\\n") is None
        True
    """
    subject = subject_of(program, arguments, seed)
    subject.run()
    bisection = _Bisection(subject, Settings(passes, level))
    whole = bisection.run(None)
    if whole.found is None:
        return None
    return bisection.culprit(whole)


class _Bisection:
    def __init__(self, subject: Subject, settings: Settings) -> None:
        self.subject = subject
        self.settings = settings

    def run(self, fuel: int | None) -> _Run:
        """The pipeline with so much fuel, up to the first difference."""
        stage = Stage("passes", self.subject, self.settings)
        copy = self.subject.module.clone()
        context = Context(fuel=Fuel(fuel), after_pass=lambda name, function: stage.after_pass(function, copy))
        stage.context = context
        found = faulty(stage, lambda: self.optimize(copy, context))
        return _Run(found, context.progress, context.fuel.spent, context.fuel.last)

    def optimize(self, module: Module, context: Context) -> None:
        """The passes asked for."""
        run_pipeline(module, self.settings.passes, self.settings.level, context)

    def culprit(self, whole: _Run) -> Culprit:
        """Where between no rewrite and all of them the difference comes up; `whole` is the run with all of them."""
        good, bad, worst = -1, whole.spent, self.run(whole.spent)
        while worst.found is not None and bad - good > 1:
            middle = (good + bad) // 2
            run = self.run(middle)
            if run.found is None:
                good = middle
            else:
                bad, worst = middle, run
        if worst.found is None or good < 0:  # no rewrite that was counted makes it: the pass as a whole does
            worst = worst if worst.found is not None else whole
            number, fuel = worst.progress.number, None if worst is whole else bad
            texts = self._text_at(number - 1, worst, fuel), self._text_at(number, worst, fuel)
            return self._named(worst, 0, "", *texts)
        texts = self._text_at(worst.progress.number, worst, good), self._text_at(worst.progress.number, worst, bad)
        return self._named(worst, bad, worst.last[1] if worst.last is not None else "", *texts)

    def _named(self, run: _Run, rewrite: int, value: str, before: str, after: str) -> Culprit:
        assert run.found is not None
        progress = run.progress
        return Culprit(progress.pass_name, progress.function, rewrite, value, before, after, run.found)

    def _text_at(self, number: int, run: _Run, fuel: int | None) -> str:
        """The function, or the module, after the run of a pass of this number, with so much fuel."""
        copy = self.subject.module.clone()
        stage = Stage("passes", self.subject, self.settings)

        def stop(name: str, function: Function) -> None:
            if context.progress.number >= number:
                stage.disagree("", "")

        context = Context(fuel=Fuel(fuel), after_pass=stop)
        if number >= 0:
            faulty(stage, lambda: self.optimize(copy, context))
        function = copy.functions.get(run.progress.function)
        return str(function if function is not None else copy)
