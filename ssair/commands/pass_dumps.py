"""What `ssairc FILE` shows of the passes on their way: the IR after some, or how each changed it."""

from __future__ import annotations

import argparse

from ssair.commands.ir_colours import painted_diff, painted_ir
from ssair.ir import Function, Module
from ssair.line_diff import unified
from ssair.pipeline import LEVELS, PASSES, parse_pipeline
from ssair.rendering import Paint
from ssair.sources import UsageError
from ssair.suggestions import unknown


class PassDumps:
    """A hook for `Context.after_pass`; `texts` are the dumps so far, in order."""

    def __init__(self, after: str | None, changes: bool, paint: Paint) -> None:
        self.texts: list[str] = []
        self._after = after
        self._changes = changes
        self._paint = paint
        self._before: dict[str, list[str]] = {}

    def begin(self, module: Module) -> None:
        """Take down the functions as they are before the first pass."""
        self._before = {name: str(function).split("\n") for name, function in module.functions.items()}

    def note(self, name: str, function: Function) -> None:
        """What a pass has left of a function."""
        if self._after in ("all", name):
            self.texts.append(
                f"{self._paint('comment', f'; after {name}')}\n{painted_ir(str(function), self._paint)}\n"
            )
        if self._changes:
            self._note_change(name, function)

    def _note_change(self, name: str, function: Function) -> None:
        lines = str(function).split("\n")
        changed = list(unified(self._before.get(function.name, []), lines))
        self._before[function.name] = lines
        if changed:
            head = self._paint("comment", f"; {name} changes @{function.name}")
            self.texts.append(f"{head}\n{painted_diff(changed, self._paint)}\n")


def refuse_absent_pass(options: argparse.Namespace, level: int) -> None:
    """UsageError if the IR is to be printed after a pass that does not run."""
    wanted = options.print_after
    if wanted not in ("all", *PASSES):
        raise UsageError(f"--print-after: {unknown('pass', wanted, ('all', *PASSES))}")
    running = [step.row.name for step in parse_pipeline(LEVELS[level] if options.passes is None else options.passes)]
    if not running:
        raise UsageError(f"--print-after {wanted}: no pass runs at -O{level}")
    if wanted != "all" and wanted not in running:
        raise UsageError(f"--print-after {wanted}: it does not run; what runs is {', '.join(dict.fromkeys(running))}")
