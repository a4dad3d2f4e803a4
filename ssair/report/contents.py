"""What a report shows, as data that the page reads: JSON objects of texts and numbers.

Lines are told apart by number: each function has a table of the different lines that its stages are made of, and a
stage is a list of numbers, so that a report of many stages stays small.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ssair.diagnostics import Source
from ssair.diagnostics import Span as Stretch
from ssair.ir import Module
from ssair.pipeline import PASSES, Passes
from ssair.remarks import Remark, remarks
from ssair.report.pictures import pictures
from ssair.report.reasons import Departure
from ssair.report.recording import Record, Recording, Stage

#: JSON data.
Data = dict[str, Any]

#: The ends of lines of the source (those that `ssair.diagnostics` counts).
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_SUMMARIES: Final = {
    "ssa": "as the front end builds it",
    **{name: row.summary for name, row in PASSES.items()},
}


def contents(module: Module, passes: Passes | None = None, level: int = 2) -> Data:
    """The data of a report on `module`, which is not optimised yet and stays as it is.

    `passes` and `level` are those of `ssair.optimize`. Linear in the stages, but for the pictures, which are drawn of
    small functions only.
    """
    recording = Recording(module.clone(), passes, level)
    anf = _anf(module)
    found = remarks(module, passes, level)
    return {
        "name": module.source_name or "<input>",
        "passes": passes if isinstance(passes, str) else f"-O{level}",
        "source": _LINE_END.split(module.source.removesuffix("\n")) if module.source else [],
        "entry": module.entry().name,
        "functions": [
            {
                **_function(record, recording),
                "anf": anf.get(name),
                "pictures": _pictures(name, module, recording.module),
            }
            for name, record in recording.functions.items()
        ],
        "remarks": [_remark(remark) for remark in found],
        "sites": _remark_of_sites(recording.module, found),
        "times": _times(recording),
        "counters": dict(sorted(recording.context.counters.items())),
    }


def _pictures(name: str, before: Module, after: Module) -> list[Data]:
    return pictures(before.functions.get(name), after.functions.get(name))


def _function(record: Record, recording: Recording) -> Data:
    table: dict[str, int] = {}
    stages = [_stage(stage, table, recording.module) for stage in record.stages]
    span_at = recording.module.span
    return {
        "name": record.name,
        "lines": list(table),
        "stages": stages,
        "spans": {id: list(span_at(span) or ()) for id, span in record.spans.items()},
    }


def _stage(stage: Stage, table: dict[str, int], module: Module) -> Data:
    rows = [table.setdefault(line, len(table)) for line in stage.text.split("\n")]
    return {
        "name": stage.name,
        "summary": _SUMMARIES.get(stage.name, "a pass of the caller's own"),
        "rows": rows,
        "seconds": stage.seconds,
        "gone": {id: [_words(departure, module), departure.leader] for id, departure in stage.gone.items()},
        "rules": stage.rules,
    }


def _words(departure: Departure, module: Module) -> str:
    """Why a value went; what a pass says of a check comes first, with the source that it rests on."""
    said = "".join(part if isinstance(part, str) else _quoted(module, part) for part in departure.reason)
    return f"{said}; {departure.because}" if said else departure.because


def _quoted(module: Module, number: int) -> str:
    span = module.span(number)
    if span is None:
        return "what stands before it"
    source = Source(module.source)
    text = module.source[source.offset(span.line, span.column) : source.offset(span.end_line, span.end_column)]
    first, _, more = text.partition("\n")
    return f"`{first}{'…' if more else ''}` (line {span.line})"


def _anf(module: Module) -> dict[str, list[tuple[str, int]]]:
    """The ANF of a Fun program: the lines of each function, with the line of the source or 0; empty for others."""
    from ssair.diagnostics import SourceError
    from ssair.frontends.fun.anf import convert
    from ssair.frontends.fun.anf_print import function_lines
    from ssair.frontends.fun.check import checked_program

    try:
        program = convert(checked_program(module.source, module.source_name))
    except SourceError:
        return {}
    source = program.source

    def line_of(span: Stretch | None) -> int:
        return source.position(span.start).line if span is not None else 0

    return {
        function.name: [(text, line_of(span)) for text, span in function_lines(function, source)]
        for function in program.functions
    }


def _remark(remark: Remark) -> Data:
    return {
        "verdict": remark.verdict,
        "kind": remark.kind,
        "message": remark.message,
        "advice": remark.advice,
        "span": [remark.line, remark.column, remark.end_line, remark.end_column],
    }


def _remark_of_sites(module: Module, found: list[Remark]) -> list[int]:
    """The index of the remark on the check of each trap site; -1 where there is none."""
    by_place = {
        (remark.kind, remark.line, remark.column, remark.end_line, remark.end_column): index
        for index, remark in enumerate(found)
    }
    numbers = []
    for site in module.sites:
        span = module.span(site.span) or (0, 0, 0, 0)
        numbers.append(by_place.get((site.kind, *span), -1))
    return numbers


def _times(recording: Recording) -> list[list[object]]:
    """The runs and seconds of each pass over all functions, in the order of first use."""
    totals: dict[str, tuple[int, float]] = {}
    for record in recording.functions.values():
        for name, (runs, seconds) in record.runs.items():
            before = totals.get(name, (0, 0.0))
            totals[name] = (before[0] + runs, before[1] + seconds)
    return [[name, runs, seconds] for name, (runs, seconds) in totals.items()]
