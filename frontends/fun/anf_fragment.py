"""Fragments: pieces of ANF with an open end, and the atoms of their values.

Converting an expression gives a fragment: its code, the atoms that its value is bound to, and the hole to fill next.
Fragments are put together by filling the hole of one with the code of the next; each step takes constant time.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair import types as ir_types
from ssair.diagnostics import Span
from ssair.frontends.fun.anf_nodes import (
    Atom,
    Constant,
    Immediate,
    Jump,
    Let,
    Name,
    Node,
    Target,
    TrapSite,
    fill,
)
from ssair.ops import OPS


class Fragment:
    """Code with an open end: its first node (None if there is no code), the atoms of its value, and its hole.

    A fragment with code and without hole is closed: control leaves it by a jump, and nothing can follow.
    """

    __slots__ = ("atoms", "first", "hole")

    def __init__(self, atoms: tuple[Atom, ...] = ()) -> None:
        self.first: Node | None = None
        self.hole: Node | None = None
        self.atoms = atoms

    @property
    def atom(self) -> Atom:
        """The value, where it is one atom."""
        (atom,) = self.atoms
        return atom

    @property
    def is_closed(self) -> bool:
        """Whether control never comes to the end."""
        return self.first is not None and self.hole is None

    def add(self, node: Node) -> None:
        """Fill the hole with a node, whose slot is the hole from then on."""
        if self.first is None:
            self.first = node
        else:
            assert self.hole is not None, "the fragment is closed"
            fill(self.hole, node)
        self.hole = node

    def end(self, node: Node) -> None:
        """Fill the hole with a node that nothing follows."""
        self.add(node)
        self.hole = None

    def then(self, other: Fragment) -> None:
        """Fill the hole with another fragment, whose hole is the hole from then on.  The atoms stay."""
        if other.first is not None:
            self.add(other.first)
            self.hole = other.hole

    def let(
        self,
        op: str,
        operands: Sequence[Atom],
        span: Span,
        *,
        type: ir_types.Type | None = None,
        immediate: Immediate = None,
    ) -> Name:
        """Add an operation with one result; gives the name of that.  `type` is needed as `Op.typed` says."""
        result = Name(OPS[op].result_type([operand.type for operand in operands], type))
        self.add(Let(span, (result,), op, tuple(operands), immediate))
        return result

    def check(self, op: str, operands: Sequence[Atom], span: Span, kind: str, detail: int | str | None = None) -> Name:
        """Add a check; gives its result, the first operand with what is known of it behind the check."""
        return self.let(op, operands, span, immediate=TrapSite(kind, span, detail))

    def dimension(self, array: Atom, axis: int, span: Span) -> Name:
        """The length of a dimension of an array."""
        return self.let("dim", (array,), span, immediate=axis)

    def jump(self, target: Target, arguments: tuple[Atom, ...], span: Span) -> None:
        """End with a jump."""
        self.end(Jump(span, target, arguments))
        target.jumps += 1


def integer(value: int, type: ir_types.Type = ir_types.I64) -> Constant:
    """An integer as an atom."""
    return Constant(type, value)


def is_known_at_least(atom: Atom, least: int) -> bool:
    """Whether the atom is a number of at least `least`."""
    return isinstance(atom, Constant) and atom.value >= least
