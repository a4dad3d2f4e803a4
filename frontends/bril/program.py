"""A Bril program as data: what the readers make, and what lowering, interpreter, writer and printers take.

    @main(n: int) {              Function("main", (Parameter("n", I64),), None, [
      one: int = const 1;            Instruction("const", dest="one", type=I64, value=1),
    .loop:                           Label("loop"),
      n: int = sub n one;            Instruction("sub", dest="n", type=I64, args=("n", "one")),
      jmp .loop;                     Instruction("jmp", labels=("loop",)),
    }                            ])

Names stand without the signs that the text puts before them (`@main` is `main`, `.loop` is `loop`). Types are those of
the IR: `int` is I64, `float` is F64, `bool` is BOOL, `ptr<T>` a pointer. The value of a `const` is a bool, an int or a
float, as its type says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ssair.constants import Scalar
from ssair.diagnostics import Source
from ssair.types import BOOL, F64, I64, PointerType, Type

#: The names of the types that are not made of others.
TYPE_NAMES: Final[dict[Type, str]] = {I64: "int", BOOL: "bool", F64: "float"}

#: From where to where something stands in the text, as offsets.
Place = tuple[int, int]
#: The place of what no text stands for.
NOWHERE: Final[Place] = (-1, -1)


@dataclass(slots=True)
class Label:
    """A place that jumps of the same function lead to."""

    name: str
    place: Place = NOWHERE


@dataclass(slots=True)
class Instruction:
    """One instruction; what it does not have is None or empty. `type` is that of `dest`."""

    op: str
    dest: str | None = None
    type: Type | None = None
    args: tuple[str, ...] = ()
    funcs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    value: Scalar | None = None
    place: Place = NOWHERE
    #: The line and column in the text that JSON was made of, where it tells them.
    position: tuple[int, int] | None = field(default=None, compare=False)


Item = Label | Instruction


@dataclass(slots=True)
class Parameter:
    """A function's parameter."""

    name: str
    type: Type


@dataclass(slots=True)
class Function:
    """A function; `type` is that of its result, None if it has none."""

    name: str
    params: tuple[Parameter, ...] = ()
    type: Type | None = None
    body: list[Item] = field(default_factory=list)
    place: Place = NOWHERE


@dataclass(slots=True)
class Program:
    """Functions in order. `source` is the text that places are offsets in; JSON has no places."""

    functions: list[Function] = field(default_factory=list)
    source: Source = field(default_factory=lambda: Source(""))


def type_name(type: Type) -> str:
    """The name of a type in Bril's text; ValueError for one that Bril lacks."""
    depth = 0
    while isinstance(type, PointerType):
        type, depth = type.target, depth + 1
    if type not in TYPE_NAMES:
        raise ValueError(f"Bril has no type {type}")
    return "ptr<" * depth + TYPE_NAMES[type] + ">" * depth
