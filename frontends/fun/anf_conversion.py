"""The machinery of the conversion to ANF: fragments with their open end, and an explicit stack of work.

Converting an expression gives a `Fragment`: its code, the atoms that its value is bound to, and the hole to fill next.
The forms of the language are converted by small functions that know nothing of their surroundings: one that plans the
conversion of the parts, and one that takes the fragments of the parts and leaves that of the whole.  So there is no
recursion, no continuation, and no node that the program does not keep.  Every step takes time linear in what it adds.

A *test* is a condition on which control depends: it has a hole for each way out, those where the condition holds and
those where it does not, and no value.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from ssair import types as ir_types
from ssair.diagnostics import Span
from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_nodes import (
    Arm,
    Atom,
    Branch,
    Constant,
    Immediate,
    Join,
    Jump,
    Let,
    Loop,
    Name,
    Node,
    Target,
    TrapSite,
    fill,
)
from ssair.frontends.fun.anf_types import component_count, flat_types
from ssair.frontends.fun.types import TupleType, Type
from ssair.ops import OPS

Subject = TypeVar("Subject")


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


class Test:
    """The code of a condition, with the arms where it holds (`positive`) and where it does not (`negative`)."""

    __slots__ = ("first", "negative", "positive")
    __test__ = False  # not a test case

    def __init__(self, first: Node, positive: deque[Arm], negative: deque[Arm]) -> None:
        self.first = first
        self.positive = positive
        self.negative = negative


def branch_on(fragment: Fragment, condition: Atom, span: Span) -> Test:
    """Close a fragment with a branch on an atom."""
    positive, negative = Arm(span), Arm(span)
    fragment.end(Branch(span, condition, positive, negative))
    assert fragment.first is not None
    return Test(fragment.first, deque((positive,)), deque((negative,)))


def follow(first: Node, arms: deque[Arm], inside: Node, span: Span) -> Node:
    """Let code follow all `arms`, which are inside the code that begins with `first`; gives where the whole begins.

    One arm goes straight on; several jump to a join without parameters.
    """
    if len(arms) == 1:
        fill(arms[0], inside)
        return first
    join = Join(span, ())
    join.term = first
    fill(join, inside)
    for arm in arms:
        leave(arm, join, (), span)
    return join


def leave(hole: Node, join: Join, values: tuple[Atom, ...], span: Span) -> None:
    """Fill a hole with a jump to a join."""
    fill(hole, Jump(span, join, values))
    join.jumps += 1


#: A step of the conversion, and what it is done on.
Step = Callable[["Conversion", Subject], None]


class Conversion:
    """The state of the conversion of one function."""

    def __init__(self, function: ast.Function, value: Step[ast.Expression], test: Step[ast.Expression]) -> None:
        self.function = function
        self._value = value
        self._test = test
        #: The loop that self-calls in tail position jump to; None if there are none.
        self.restart: Loop | None = None
        self.values: dict[ast.Binding, tuple[Atom, ...]] = {}
        #: The values of the size names.
        self.sizes: dict[str, Atom] = {}
        self.fragments: list[Fragment] = []
        self.tests: list[Test] = []
        #: What the form that is being converted has planned, in the order of evaluation.
        self._planned: list[tuple[Callable[..., None], object]] = []

    def plan(self, step: Step[Subject], subject: Subject) -> None:
        """Have `step` done on `subject`: after what this step has planned, before all that was planned earlier."""
        self._planned.append((step, subject))

    def plan_value(self, expression: ast.Expression) -> None:
        """Have an expression converted; it leaves a fragment."""
        self._planned.append((self._value, expression))

    def plan_test(self, condition: ast.Expression) -> None:
        """Have a condition converted that control depends on; it leaves a test."""
        self._planned.append((self._test, condition))

    def run(self) -> None:
        """Do everything that is planned."""
        work: list[tuple[Callable[..., None], object]] = []
        while True:
            if self._planned:
                work.extend(reversed(self._planned))
                self._planned.clear()
            if not work:
                return
            step, subject = work.pop()
            step(self, subject)

    def take(self, count: int) -> list[Fragment]:
        """The last `count` fragments, in the order of evaluation."""
        if count == 0:
            return []
        taken = self.fragments[-count:]
        del self.fragments[-count:]
        return taken

    def take_operands(self, count: int) -> tuple[Fragment, list[tuple[Atom, ...]]]:
        """The code of the last `count` fragments as one, and the value of each."""
        parts = self.take(count)
        if not parts:
            return Fragment(), []
        values = [part.atoms for part in parts]
        whole = parts[0]
        for part in parts[1:]:
            whole.then(part)
        return whole, values

    def give(self, fragment: Fragment, *atoms: Atom) -> None:
        """Leave a fragment with the value that it has."""
        fragment.atoms = atoms
        self.fragments.append(fragment)

    def bind(self, pattern: ast.Pattern, type: Type, atoms: tuple[Atom, ...]) -> None:
        """Let the names of a pattern stand for the components of a value of `type`."""
        position = 0
        work: list[tuple[ast.Pattern, Type]] = [(pattern, type)]
        while work:
            part, part_type = work.pop()
            if isinstance(part, ast.TuplePattern):
                assert isinstance(part_type, TupleType)
                work.extend(reversed(list(zip(part.elements, part_type.elements, strict=True))))
                continue
            end = position + component_count(part_type)
            if isinstance(part, ast.NamePattern):
                self.declare(part.binding, atoms[position:end])
            position = end

    def declare(self, binding: ast.Binding, atoms: tuple[Atom, ...]) -> None:
        """Let a binding stand for atoms; those without a name of their own take the binding's."""
        self.values[binding] = atoms
        for position, atom in enumerate(atoms):
            if isinstance(atom, Name) and not atom.text:
                atom.text = binding.unique if len(atoms) == 1 else f"{binding.unique}#{position}"

    def new_names(self, binding: ast.Binding, type: Type) -> tuple[Name, ...]:
        """New names for the components of a binding."""
        names = tuple([Name(component) for component in flat_types(type)])
        self.declare(binding, names)
        return names

    def value_of(self, binding: ast.Binding | None) -> tuple[Atom, ...]:
        """What a binding stands for."""
        assert binding is not None
        return self.values[binding]


def integer(value: int, type: ir_types.Type = ir_types.I64) -> Constant:
    """An integer as an atom."""
    return Constant(type, value)


def is_known_at_least(atom: Atom, least: int) -> bool:
    """Whether the atom is a number of at least `least`."""
    return isinstance(atom, Constant) and atom.value >= least
