"""IR laid out for reading: the values of a block in columns, and as a comment the source that each stands for.

    bb2:                                  ; idom bb1
      v7: i64{0..2^47-1}  = refine v4 lt v1          ; 4: 0..n
      v10: f64            = index v0, v7             ; 5: xs[i]

Ensures: `ssair.parser` reads it as the text of the printer. Linear.
"""

from __future__ import annotations

from typing import Final

from ssair.diagnostics import Source
from ssair.ir import Function, Module, Span
from ssair.printer import format_function, format_module

#: Wider definitions and lines than these push what stands behind them to the right, alone.
_WIDEST_DEFINITION: Final = 44
_WIDEST_LINE: Final = 72
_LONGEST_EXCERPT: Final = 40


def list_module(module: Module) -> str:
    """The text of a module, laid out; ends in a newline."""
    plain = format_module(module)
    first = next(iter(module.functions.values()), None)
    head = plain[: plain.index(format_function(first))] if first is not None else plain
    return head + "\n\n".join(list_function(function) for function in module.functions.values()) + "\n"


def list_function(function: Function) -> str:
    """The text of a function, laid out, without a newline at its end."""
    lines = format_function(function).split("\n")
    source = Source(function.module.source)
    laid_out = lines[:1]
    next_line = 1
    for block in function.blocks:
        laid_out.append(lines[next_line])
        body = lines[next_line + 1 : next_line + 1 + len(block.instrs)]
        aligned = _aligned(body)
        comments = [_excerpt(source, function.module.span(instr.span)) for instr in block.instrs]
        width = min(max(map(len, aligned), default=0), _WIDEST_LINE)
        laid_out += [
            f"{line:<{width}}  ; {comment}" if comment else line
            for line, comment in zip(aligned, comments, strict=True)
        ]
        next_line += 1 + len(block.instrs)
        if block.terminator is not None:
            laid_out.append(lines[next_line])
            next_line += 1
    return "\n".join([*laid_out, lines[-1]])


def _aligned(lines: list[str]) -> list[str]:
    """Definitions with their equal signs below each other."""
    parts = [line.partition(" = ") for line in lines]
    width = min(max((len(definition) for definition, _, _ in parts), default=0), _WIDEST_DEFINITION)
    return [f"{definition:<{width}} = {operation}" for definition, _, operation in parts]


def _excerpt(source: Source, span: Span | None) -> str:
    """The line and the first words of a span: `5: xs[i]`."""
    if span is None or not source.text:
        return ""
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    text = " ".join(source.text[start : min(end, start + 4 * _LONGEST_EXCERPT)].split())
    shown = text if len(text) <= _LONGEST_EXCERPT else f"{text[: _LONGEST_EXCERPT - 1]}…"
    return f"{span.line}: {shown}"
