"""The conversion of a function to ANF: its state, and an explicit stack of work.

The forms of the language are converted by small functions that know nothing of their surroundings: one that plans the
conversion of the parts, and one that takes the fragments (or tests) of the parts and leaves that of the whole.  So
there is no recursion, no continuation, and no node that the program does not keep.  Every step takes time linear in
what it adds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_arms import Test
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Atom, Name
from ssair.frontends.fun.anf_restart import Restart
from ssair.frontends.fun.anf_types import component_count, flat_types
from ssair.frontends.fun.types import TupleType, Type

Subject = TypeVar("Subject")

#: A step of the conversion, and what it is done on.
Step = Callable[["Conversion", Subject], None]


class Conversion:
    """The state of the conversion of one function of the ANF."""

    def __init__(self, value: Step[ast.Expression], test: Step[ast.Expression]) -> None:
        self._value = value
        self._test = test
        #: The loop that tail calls jump to; None if there is none.
        self.restart: Restart | None = None
        #: What stands before the names of variables, where several functions of the program become one.
        self.prefix = ""
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
                text = self.prefix + binding.unique
                atom.text = text if len(atoms) == 1 else f"{text}#{position}"

    def new_names(self, binding: ast.Binding, type: Type) -> tuple[Name, ...]:
        """New names for the components of a binding."""
        names = tuple([Name(component) for component in flat_types(type)])
        self.declare(binding, names)
        return names

    def value_of(self, binding: ast.Binding | None) -> tuple[Atom, ...]:
        """What a binding stands for."""
        assert binding is not None
        return self.values[binding]
