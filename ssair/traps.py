"""Traps: how a program ends when a check fails.

Each kind of `ops.TRAP_KINDS` has a subclass of `Trap` that is also the built-in exception of its meaning, so that
`except IndexError` works: `IndexTrap`, `DivideTrap`, `ExponentTrap`, `ConvertTrap`, `AssertTrap`, `EmptyTrap` and
`SizeTrap`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ssair.diagnostics import SsairError
from ssair.ir import Module, Site, Span
from ssair.ops import TRAP_KINDS

TrapValue = bool | int | float | str

#: Of the calls around a check so many are told, the innermost ones: a chain of calls may be as long as the program.
MOST_CALLS: Final = 100


class Trap(SsairError):
    """A failed check.

    `kind` is one of `index divide exponent convert assert empty size`; `line` and `span` say where in the source (0 and
    None where that is not known), and `reason` is the message without the place. `values` are what was at fault, in the
    order of `ops.TRAP_KINDS` (index, length and dimension for an `index`), and `position` is the place of the element
    where an elementwise operation failed, else None. `element` is the place of the element that `kernel.map` failed at,
    None for a call.
    """

    kind: str = ""

    def __init__(
        self,
        message: str,
        span: Span | None = None,
        values: Sequence[TrapValue] = (),
        position: tuple[int, ...] | None = None,
        calls: Sequence[Span] = (),
    ) -> None:
        super().__init__(message)
        self.reason = message
        self.span = span
        self.line = span.line if span is not None else 0
        self.values = tuple(values)
        self.position = position
        self.calls = tuple(calls)
        self.element: int | None = None

    def at(self, element: int) -> Trap:
        """The same trap, of this element of a map."""
        found = type(self)(f"element {element}: {self}", self.span, self.values, self.position, self.calls)
        found.reason = self.reason
        found.element = element
        return found

    def same_as(self, other: Trap) -> bool:
        """Whether both report the same fault: kind, span, values and position."""
        return self._report() == other._report()

    def _report(self) -> tuple[object, ...]:
        return (self.kind, self.span, tuple(map(repr, self.values)), self.position)


_CLASSES: Final[dict[str, type[Trap]]] = {
    kind: type(f"{kind.capitalize()}Trap", (Trap, builtin), {"kind": kind, "__module__": __name__})
    for kind, (builtin, _) in TRAP_KINDS.items()
}
IndexTrap: Final = _CLASSES["index"]
DivideTrap: Final = _CLASSES["divide"]
ExponentTrap: Final = _CLASSES["exponent"]
ConvertTrap: Final = _CLASSES["convert"]
AssertTrap: Final = _CLASSES["assert"]
EmptyTrap: Final = _CLASSES["empty"]
SizeTrap: Final = _CLASSES["size"]


def make_trap(module: Module, site: int, values: Sequence[TrapValue], position: tuple[int, ...] | None = None) -> Trap:
    """The exception of the trap at `site` of `module`, given the run-time values of the check.

    `values` are those that the check itself knows: index and length for `index`, both sizes for `size`, the one value
    for the others; what the site knows (dimension, message) is added here. The detail of a `size` site is its
    message, in which `{0}` and `{1}` stand for the values.
    """
    kind, span_index, detail, call_spans = module.sites[site]
    if kind == "index":
        values = (*values, detail if isinstance(detail, int) else 0)
    elif kind == "assert":
        values = (detail,) if isinstance(detail, str) else ()
    elif kind == "empty":
        values = ()
    span = module.span(span_index)
    calls = [found for call in call_spans if (found := module.span(call)) is not None]
    where = f"line {span.line}, column {span.column}: " if span is not None else ""
    if kind == "size" and isinstance(detail, str):
        reason = detail.replace("{0}", str(values[0])).replace("{1}", str(values[1]))
    else:
        reason = _describe(kind, values, position)
    trap = _CLASSES[kind](where + reason, span, values, position, calls)
    trap.reason = reason
    return trap


def trap_without_values(module: Module, site: int) -> Trap:
    """The exception of the trap at `site`, where the values of the check are not known."""
    kind, span_index, _, call_spans = module.sites[site]
    calls = [found for call in call_spans if (found := module.span(call)) is not None]
    trap = _CLASSES[kind](described(module, module.sites[site]), module.span(span_index), calls=calls)
    trap.reason = f"a check of {kind} failed"
    return trap


def _describe(kind: str, values: Sequence[TrapValue], position: tuple[int, ...] | None) -> str:
    at = f" at element {list(position)}" if position is not None else ""
    if kind == "index":
        index, length, dimension = values
        return f"index {index} is out of range for dimension {dimension} of length {length}{at}"
    if kind == "divide":
        return f"integer division or remainder of {values[0]} by zero{at}"
    if kind == "exponent":
        return f"negative exponent {values[0]} of an integer power{at}"
    if kind == "convert":
        return f"{values[0]} does not fit the integer type{at}"
    if kind == "assert":
        return f"assertion failed{f': {values[0]}' if values else ''}"
    if kind == "empty":
        return "no elements to choose from"
    size, wanted = values
    assert isinstance(size, int) and isinstance(wanted, int)
    return f"size {size} is less than {wanted}" if size < 0 else f"size {size} does not fit {wanted}"


def described(module: Module, site: Site) -> str:
    """A check by its kind, its place and the first line of its source: `index at line 3, column 5: xs[i]`."""
    span = module.span(site.span)
    if span is None:
        return site.kind
    lines = module.source.splitlines()
    text = ""
    if 0 < span.line <= len(lines):
        end = span.end_column - 1 if span.end_line == span.line else None
        text = f": {lines[span.line - 1][span.column - 1 : end]}"
    return f"{site.kind} at line {span.line}, column {span.column}{text}"
