"""What a call of a Fun program does, as lines of text: what it prints, and what it gives or how it traps.

A call is written as in Fun, `f(1, [2.0], (true, nan))`; an array without elements is `empty((0, 3))`.  Values are shown
as `print` shows them, traps as `traps index 7 3 0 at xs[i]`: kind, values, and the text at fault.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator

import numpy as np

import ssair
from ssair.commands.values import format_result
from ssair.diagnostics import Source, SourceError
from ssair.interpreted import call as interpret
from ssair.ir import Span
from ssair.semantics import dtype_of
from ssair.signature import Tree, signature_of
from ssair.traps import Trap
from ssair.types import Type

_NAMES = {"true": True, "false": False, "nan": float("nan"), "inf": float("inf"), "empty": np.empty}


def interpreted(program: str, call: str) -> list[str]:
    """The outcome of a call in the interpreter."""
    return _run(program, call, False, lambda trap: _trap_text(program, trap))


def compiled(program: str, call: str) -> list[str]:
    """The outcome of a call of the kernel."""
    return _run(program, call, True, lambda trap: _trap_text(program, trap))


def reported(program: str, call: str, as_kernel: bool) -> list[str]:
    """The outcome of a call, a trap as its kind and message: `traps divide: …`."""
    return _run(program, call, as_kernel, lambda trap: f"{trap.kind}: {trap.reason}")


def _run(program: str, call: str, as_kernel: bool, shown: Callable[[Trap], str]) -> list[str]:
    name, arguments = _name_and_arguments(call)
    if as_kernel:
        kernel = ssair.compile(program, entry=name)
        return _outcome(lambda: kernel(*arguments), kernel.signature.result, shown)
    module = ssair.parse(program)
    module.entry_name = name
    return _outcome(lambda: interpret(module, arguments, print), signature_of(module.entry()).result, shown)


def faults(program: str) -> list[tuple[str, str, str]]:
    """For each fault of a program its code, the text it is about, and what it says: message, notes and help."""
    try:
        ssair.parse(program)
    except SourceError as error:
        return [
            (
                fault.code,
                _text_at(program, Span(fault.line, fault.column, fault.end_line, fault.end_column)),
                " | ".join((fault.message, *(note.message for note in fault.notes), fault.help)),
            )
            for fault in error.diagnostics
        ]
    return []


def _name_and_arguments(call: str) -> tuple[str, tuple[object, ...]]:
    name, listed = call.split("(", 1)
    arguments = eval(f"[{listed.removesuffix(')')}]", {"__builtins__": {}}, dict(_NAMES))
    return name, tuple(arguments)


def _outcome(run: Callable[[], object], result: Tree, shown: Callable[[Trap], str]) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            value = run()
            last = f"gives {format_result(value, result)}"
            assert [np.asarray(leaf).dtype for leaf in _leaves(value)] == [dtype_of(type) for type in _types(result)]
        except Trap as trap:
            last = f"traps {shown(trap)}"
    return [*(f"prints {line}" for line in printed.getvalue().splitlines()), last]


def _trap_text(program: str, trap: Trap) -> str:
    assert trap.span is not None
    values = "".join(f" {value}" for value in trap.values)
    at = f" element {list(trap.position)}" if trap.position is not None else ""
    return f"{trap.kind}{values} at {_text_at(program, trap.span)}{at}"


def _text_at(program: str, span: Span) -> str:
    source = Source(program)
    start, end = source.offset(span.line, span.column), source.offset(span.end_line, span.end_column)
    return " ".join(program[start:end].split())


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, tuple):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _types(tree: Tree) -> Iterator[Type]:
    if isinstance(tree, Type):
        yield tree
    else:
        for part in tree:
            yield from _types(part)
