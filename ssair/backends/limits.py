"""What a kernel cannot have, refused before it is traced: recursion, very deep or very many calls, memory operations.

`check_module` walks what the entry reaches, in linear time and without recursion.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ssair.backends.recursion import cycle_of
from ssair.diagnostics import Diagnostic, Source, SourceError
from ssair.diagnostics import Span as Offsets
from ssair.ir import Function, Instr, Module, Span
from ssair.ops import CALL_OP, OPS

#: Calls are emitted in place of their callee; they nest this deep at most.
MAXIMUM_CALLS: Final = 100
#: A kernel has at most so many operations, those of all calls in line; each costs XLA about 0.3 ms.
MAXIMUM_OPERATIONS: Final = 1_000_000
_MEMORY: Final = frozenset(OPS[name] for name in ("memory", "alloc", "load", "store", "free", "ptradd"))


def refuse(
    module: Module, code: str, message: str, span: int, help: str = "", notes: Sequence[tuple[str, int]] = ()
) -> SourceError:
    """The error for what a kernel cannot have, at the place that `span` is the index of; so are those of the notes."""
    place = module.span(span)
    if place is None:
        return SourceError([Diagnostic(code, message, 0, 0, 0, 0, help=help, source_name=module.source_name or "<ir>")])
    source = Source(module.source, module.source_name or "<text>")
    further = [(text, _offsets(source, found)) for text, at in notes if (found := module.span(at)) is not None]
    return SourceError([source.diagnostic(code, message, _offsets(source, place), further, help)])


def _offsets(source: Source, place: Span) -> Offsets:
    return Offsets(source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))


def check_module(module: Module, entry: Function) -> None:
    """Raise SourceError for what the entry reaches and a kernel cannot have.

    That is recursion (E0601), memory operations (E0602), calls that nest too deep (E0605), and so many that the kernel
    would be too large with all of them in line (E0604).
    """
    calls: dict[Function, list[Instr]] = {}
    sizes: dict[Function, _Size] = {}
    path: list[Function] = []
    entering: list[Instr] = []  # the call that each function of the path but the last is in
    stack: list[tuple[Function, list[Instr]]] = []

    def open_function(function: Function) -> None:
        calls[function] = _calls_of(module, function)
        path.append(function)
        stack.append((function, list(reversed(calls[function]))))

    open_function(entry)
    active = {entry}
    while stack:
        function, remaining = stack[-1]
        if not remaining:
            stack.pop()
            path.pop()
            del entering[max(len(path) - 1, 0) :]
            active.discard(function)
            sizes[function] = _size_of(module, function, calls[function], sizes)
            continue
        call = remaining.pop()
        callee = _callee(module, call)
        if callee in active:
            begin = path.index(callee)
            cycle = cycle_of(module, path[begin:], [*entering[begin:], call])
            raise refuse(module, "E0601", cycle.message, cycle.calls[0].span, cycle.help, cycle.notes)
        if callee not in calls:
            active.add(callee)
            entering.append(call)
            open_function(callee)


def check_as_written(optimized: Module, source: Module) -> None:
    """`check_module` of an optimised module, told by the program as it was written where that has the same fault.

    What tail calls were before they became a loop is no longer to be seen once their functions are inlined.
    """
    try:
        check_module(optimized, optimized.entry())
    except SourceError as fault:
        try:
            check_module(source, source.entry())
        except SourceError as told:
            if told.diagnostics[0].code == fault.diagnostics[0].code:
                raise told from None
        raise


class _Size(NamedTuple):
    """What a function brings into a kernel, all that it calls in line."""

    depth: int
    operations: int


def _size_of(module: Module, function: Function, calls: list[Instr], sizes: dict[Function, _Size]) -> _Size:
    """The size of a function whose callees' sizes are known; SourceError if it is too large."""
    callees = [sizes[_callee(module, call)] for call in calls]
    depth = 1 + max((callee.depth for callee in callees), default=0)
    operations = function.next_value + sum(callee.operations for callee in callees)
    if depth > MAXIMUM_CALLS:
        message = f"calls nest more than {MAXIMUM_CALLS} deep below `{function.name}`"
        raise refuse(module, "E0605", message, calls[0].span, help="a kernel holds every callee in line")
    if operations > MAXIMUM_OPERATIONS and calls:
        largest = max(calls, key=lambda call: sizes[_callee(module, call)].operations)
        message = f"the kernel would have more than {MAXIMUM_OPERATIONS} operations once its calls are inlined"
        raise refuse(module, "E0604", message, largest.span, help="a kernel holds every callee in line; use a loop")
    return _Size(depth, operations)


def _callee(module: Module, call: Instr) -> Function:
    assert isinstance(call.aux, str)
    return module.functions[call.aux]


def _calls_of(module: Module, function: Function) -> list[Instr]:
    """The calls of a function; SourceError if it uses memory."""
    found = []
    for instr in function.instructions():
        if instr.op is CALL_OP:
            found.append(instr)
        elif instr.op in _MEMORY:
            raise refuse(module, "E0602", f"a kernel has no memory operations, `{instr.op}` is one", instr.span)
    return found
