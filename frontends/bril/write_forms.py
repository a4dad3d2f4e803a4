"""What the writer has made of a function, as text and as a `Function` of Bril.

    text_of(written)            what `printing.format_function` has for the other form
    function_of(written)

Rows that stand in several places, in loops that are written out, are shared by the one, and one `Instruction` in the
other. Linear.
"""

from __future__ import annotations

from typing import NamedTuple

from ssair.frontends.bril.layout import End, Stretch
from ssair.frontends.bril.printing import format_head
from ssair.frontends.bril.program import Function, Instruction, Item, Label, Parameter
from ssair.frontends.bril.write_rows import instruction_of
from ssair.types import Type


class Written(NamedTuple):
    """A function that has been written."""

    name: str
    params: tuple[Parameter, ...]
    #: The type of the result, None if there is none.
    type: Type | None
    body: list[Stretch]


def text_of(written: Written) -> str:
    """The text of a function."""
    lines = [format_head(written.name, written.params, written.type)]
    for label, rows, end in written.body:
        if label:
            lines.append(f".{label}:")
        lines += [row[0] for row in rows]
        if end is not None:
            lines.append(_line(end))
    lines.append("}\n")
    return "\n".join(lines)


def _line(end: End) -> str:
    op, arg, labels = end
    if op == "br":
        return f"  br {arg} .{labels[0]} .{labels[1]};"
    if op == "jmp":
        return f"  jmp .{labels[0]};"
    return f"  ret {arg};" if arg is not None else "  ret;"


def function_of(written: Written) -> Function:
    """The function as an object."""
    body: list[Item] = []
    known: dict[int, Instruction] = {}
    for label, rows, end in written.body:
        if label:
            body.append(Label(label))
        for row in rows:
            made = known.get(id(row))
            if made is None:
                made = known[id(row)] = instruction_of(row)
            body.append(made)
        if end is not None:
            op, arg, labels = end
            body.append(Instruction(op, None, None, () if arg is None else (arg,), (), labels))
    return Function(written.name, written.params, written.type, body)
