"""Recording a run of the passes: every function after each pass that changed it, and why values went.

Why a value went is read off what the passes leave: a replaced value still knows what stands for it when its pass is
over (`Value.forward`), and passes that remove checks say why to whoever asks (`Context.wants_remarks`).

Requires: a valid module, which is changed. Ensures: `functions` has a record of each function of the module as it was.
Complexity: linear in the functions as they stand after each pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from ssair.context import Context
from ssair.ir import Block, Function, Instr, Module, Value
from ssair.pipeline import Passes, run_pipeline
from ssair.report.reasons import Departure, why_gone


@dataclass(slots=True)
class Stage:
    """A function after a pass: the seconds of the pass, the values that it removed, the rules that rewrote values."""

    name: str
    text: str
    seconds: float = 0.0
    gone: dict[int, Departure] = field(default_factory=dict)
    rules: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class Record:
    """What became of a function: the stages in order, the first of which is `ssa`; where its values come from."""

    name: str
    stages: list[Stage]
    #: The index of the span of each value by its id, where it has one; the first that it was seen with.
    spans: dict[int, int] = field(default_factory=dict)
    #: How often each pass was run, and its seconds, in the order of first use.
    runs: dict[str, tuple[int, float]] = field(default_factory=dict)


class Recording:
    """One run of a pipeline on a module, watched."""

    def __init__(self, module: Module, passes: Passes | None = None, level: int = 2) -> None:
        self.module = module
        self.functions = {function.name: self._first(function) for function in module.functions.values()}
        self.values = {function.name: _values(function) for function in module.functions.values()}
        self.context = Context(wants_remarks=True, after_pass=self._note)
        self._removals_seen = 0
        self._rewrites_seen = 0
        self._began = time.perf_counter()
        run_pipeline(module, passes, level, self.context)

    def _first(self, function: Function) -> Record:
        record = Record(function.name, [Stage("ssa", str(function))])
        _note_spans(record, function)
        return record

    def _note(self, pass_name: str, function: Function) -> None:
        """Take down what a pass has left of a function."""
        seconds = time.perf_counter() - self._began
        record = self.functions.get(function.name)
        if record is None:
            record = self.functions[function.name] = self._first(function)
            self.values[function.name] = {}
        count, total = record.runs.get(pass_name, (0, 0.0))
        record.runs[pass_name] = (count + 1, total + seconds)
        text = str(function)
        if text != record.stages[-1].text:
            rules = dict(self.context.rewrites[self._rewrites_seen :])
            record.stages.append(Stage(pass_name, text, seconds, self._departures(pass_name, function, rules), rules))
            _note_spans(record, function)
        self._removals_seen = len(self.context.removals)
        self._rewrites_seen = len(self.context.rewrites)
        self._began = time.perf_counter()

    def _departures(self, pass_name: str, function: Function, rules: dict[int, str]) -> dict[int, Departure]:
        """The values that a pass removed, by id, and why."""
        before, after = self.values[function.name], _values(function)
        self.values[function.name] = after
        said = {removal.site: removal for removal in self.context.removals[self._removals_seen :]}
        blocks: set[Block] = set(function.blocks)
        departures = {}
        for id, value in before.items():
            if id in after:
                continue
            removal = said.get(value.aux) if isinstance(value, Instr) and isinstance(value.aux, int) else None
            departures[id] = why_gone(pass_name, value, value.block in blocks, removal, rules.get(id))
        return departures


def _values(function: Function) -> dict[int, Value]:
    found: dict[int, Value] = {}
    for block in function.blocks:
        for param in block.params:
            found[param.id] = param
        for instr in block.instrs:
            found[instr.id] = instr
    return found


def _note_spans(record: Record, function: Function) -> None:
    for block in function.blocks:
        for value in (*block.params, *block.instrs):
            if value.span >= 0:
                record.spans.setdefault(value.id, value.span)
