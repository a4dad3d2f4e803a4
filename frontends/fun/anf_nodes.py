"""Administrative normal form (ANF) of Fun: flat chains of operations on atoms, with explicit joins.

An *atom* is a `Name` or a `Constant`.  A *node* does one thing and has one slot, `rest`, for what comes after it; a
fragment of a program is a chain of nodes.  A node whose `rest` is still empty is the *hole* at the open end of its
fragment, and `fill` puts there what comes next; nothing but the nodes of the program is ever made for that.

    Let(names, op, operands)       `names` are the results of an operation of `ssair.ops`
    Branch(condition)              goes on in one of its two `Arm`s; nothing follows it
    Join(parameters, term)         runs `term`, whose jumps to the join give the parameters; then `rest`
    Loop(parameters, initial)      the header of a loop: jumps to it, inside `rest`, begin the next step
    Forall(indices, extents)       evaluates the arm `body`, up to its `Yield`, for all indices; then `rest`
    Jump(target, arguments)        goes on after a join, or begins the next step of a loop
    Yield(values), Done(values)    the element of a comprehension; the results of the function

Values are flat: a tuple is as many atoms as it has components.  Names are bound once in a function, and are in scope
wherever their definition dominates.  Walk the nodes with an explicit stack (`walk`): they nest without limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ssair.constants import ArrayConst
from ssair.diagnostics import Source, Span
from ssair.signature import Signature
from ssair.types import Type


@dataclass(slots=True, eq=False)
class Name:
    """A variable.  `text` is that of the program, else empty until the names are numbered (`%1`, `%2`, …)."""

    type: Type
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Constant:
    """A scalar that is known; its type tells it from equal ones of other types."""

    type: Type
    value: bool | int | float

    def __str__(self) -> str:
        return str(self.value).lower() if isinstance(self.value, bool) else repr(self.value)


Atom = Name | Constant


class TrapSite(NamedTuple):
    """Where a check traps: the kind, the span of the expression at fault, the dimension or message if it has one."""

    kind: str
    span: Span
    detail: int | str | None = None


#: The immediate of an operation: a site, an array constant, a dimension, a function's name, or the pieces of a print.
Immediate = TrapSite | ArrayConst | int | str | tuple[str, ...] | None


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """One step of a program; `rest` is what comes after it, None while that is a hole."""

    span: Span
    rest: Node | None = field(init=False, default=None)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(slots=True, eq=False, repr=False)
class Let(Node):
    """An operation with its results: one, or several of a call, or none of a print."""

    names: tuple[Name, ...]
    op: str
    operands: tuple[Atom, ...]
    immediate: Immediate = None


@dataclass(slots=True, eq=False, repr=False)
class Arm(Node):
    """The head of an arm of a branch, or of the body of a comprehension."""


@dataclass(slots=True, eq=False, repr=False)
class Branch(Node):
    """Goes on in `positive` where the condition holds, else in `negative`."""

    condition: Atom
    positive: Arm
    negative: Arm


@dataclass(slots=True, eq=False, repr=False)
class Target(Node):
    """What a jump may lead to, a join or a loop; `jumps` counts them, `text` is its label once it is numbered."""

    parameters: tuple[Name, ...]
    jumps: int = field(init=False, default=0)
    text: str = field(init=False, default="")


@dataclass(slots=True, eq=False, repr=False)
class Join(Target):
    """Where the ways through `term` meet."""

    term: Node | None = field(init=False, default=None)


@dataclass(slots=True, eq=False, repr=False)
class Loop(Target):
    """The header of a loop: `rest` is its test and body.  `rising` is a parameter that is never less than at first."""

    initial: tuple[Atom, ...]
    rising: Name | None = None


@dataclass(slots=True, eq=False, repr=False)
class Forall(Node):
    """A comprehension: `names` are the arrays of what `body` yields at all `indices` below `extents`.

    `lengths` are the dimensions of the arrays that the body yields, one array after the other.
    """

    names: tuple[Name, ...]
    indices: tuple[Name, ...]
    extents: tuple[Atom, ...]
    lengths: tuple[Atom, ...]
    body: Arm


@dataclass(slots=True, eq=False, repr=False)
class Jump(Node):
    """Gives `arguments` to the parameters of `target`; nothing follows it."""

    target: Target
    arguments: tuple[Atom, ...]


@dataclass(slots=True, eq=False, repr=False)
class Yield(Node):
    """The end of the body of a comprehension."""

    values: tuple[Atom, ...]


@dataclass(slots=True, eq=False, repr=False)
class Done(Node):
    """The end of the function."""

    values: tuple[Atom, ...]


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter, flat; `static` holds for a `size`."""

    name: Name
    span: Span
    static: bool


@dataclass(slots=True, eq=False)
class AnfFunction:
    """A function: its code begins at `head`; `signature` has its parameters and result as the program has them."""

    name: str
    parameters: tuple[Parameter, ...]
    results: tuple[Type, ...]
    signature: Signature | None
    head: Arm
    span: Span


@dataclass(slots=True, eq=False)
class AnfProgram:
    """The functions of a program in its order."""

    functions: list[AnfFunction]
    source: Source


def fill(hole: Node, rest: Node) -> None:
    """Put what comes next into the empty slot of `hole`."""
    assert hole.rest is None, "the hole is filled already"
    hole.rest = rest


def walk(head: Node) -> Iterator[Node]:
    """All nodes from `head` on in the order of the text, where a join comes after its term, before its rest."""
    stack: list[tuple[Node, bool]] = [(head, False)]
    while stack:
        first, is_left = stack.pop()
        node: Node | None = first
        while node is not None:
            if isinstance(node, Join) and not is_left:
                stack.append((node, True))
                node = node.term
                continue
            is_left = False
            yield node
            if isinstance(node, Branch):
                stack.append((node.negative, False))
                node = node.positive
            elif isinstance(node, Forall):
                if node.rest is not None:
                    stack.append((node.rest, False))
                node = node.body
            else:
                node = node.rest
