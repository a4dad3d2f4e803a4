"""Rows: instructions of Bril as the writer has them, from when they are made to the end.

    row = row_of(form_of("add", I64), "x", "a", "b")
    line, dest, args, form = row                           "  x: int = add a b;", "x", ("a", "b"), the form

A row is a plain tuple, for most of what is written is made, perhaps copied, and joined to a text. Its line is made with
it; what it says besides variables is its `Form`, of which there are few. Where no text is wanted, `instruction_of`
gives the row as an object.

Ensures: the line is what `printing` has for the instruction. Constant time a row.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.constants import Scalar
from ssair.frontends.bril.printing import format_literal
from ssair.frontends.bril.program import TYPE_NAMES, Instruction, type_name
from ssair.types import BOOL, I64, Type


class Form(NamedTuple):
    """What instructions have in common that differ in their variables alone; `words` stand before the operands."""

    words: str
    op: str
    type: Type | None = None
    funcs: tuple[str, ...] = ()
    value: Scalar | None = None


#: Its line in the text, the variable that is written ("" if none is), those that are read, and what it says besides.
Row = tuple[str, str, tuple[str, ...], Form]


def form_of(op: str, type: Type | None = None, function: str | None = None) -> Form:
    """The form of an operation that gives a value of a type, or none, and calls a function, or none."""
    words = op if function is None else f"{op} @{function}"
    funcs = () if function is None else (function,)
    return Form(words if type is None else f"{type_name(type)} = {words}", op, type, funcs)


_COPIES: Final = {type: form_of("id", type) for type in TYPE_NAMES}


def copy_row(dest: str, source: str, type: Type) -> Row:
    """What gives a variable the content of another."""
    form = _COPIES.get(type) or form_of("id", type)
    return f"  {dest}: {form.words} {source};", dest, (source,), form


def row_of(form: Form, dest: str, *args: str) -> Row:
    """A row of a form with its variables."""
    start = f"  {dest}: {form.words}" if dest else f"  {form.words}"
    return f"{' '.join((start, *args))};", dest, args, form


def constant_row(dest: str, type: Type, value: Scalar) -> Row:
    """What gives a variable a constant."""
    name = "int" if type is I64 else "bool" if type is BOOL else type_name(type)
    words = f"{name} = const {format_literal(value)}"
    return f"  {dest}: {words};", dest, (), Form(words, "const", type, (), value)


def instruction_of(row: Row) -> Instruction:
    """The row as an object."""
    _, dest, args, form = row
    return Instruction(form.op, dest or None, form.type, args, form.funcs, (), form.value)
