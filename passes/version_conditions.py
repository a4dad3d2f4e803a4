"""What would let the checks of a loop go, as conditions that can be asked before it is entered.

    loop s = 0.0 for i in 0..n do s + xs[i] * ys[i]        `n <= len(ys)` proves the check of ys[i] in every turn

A proof by `bounds` that fails ends in questions that nobody can answer. One of them that is about values which do not
change in the loop can be asked at run time: the proof goes on as if the answer were yes, and what it has supposed in
the end is the condition. Of a question that is rewritten, the first form that does not change is taken: it asks least.

A condition is `form <= 0` (or `form != 0`) in mathematical integers. It is fit to be asked if the two sides of the
comparison can be computed without wrapping, by what is known in front of the loop, and if it is likely to hold: nothing
tells that it is false where it is needed, it does not ask for an array to be short that is indexed there, nor for a
number to be below `SMALL`, or above it. Conditions choose what is copied, and nothing rests on them: what is proved in
the copy is proved anew, by the branch that leads there.

Complexity: that of the questions (`ssair.passes.bounds`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ssair.facts import IntFact, int_fact
from ssair.ir import Block, Function, Instr, Value
from ssair.loops import Loop, LoopForest
from ssair.ops import CONST, CONVERT, NARROW, OPS
from ssair.passes.bounds import Proofs
from ssair.passes.bounds_forms import Atom, Dim, Element, Form, Terms, defining_value, stays_within
from ssair.passes.bounds_relations import Place
from ssair.passes.version_copies import LoopCopies
from ssair.types import I64

#: How many comparisons may guard one loop.
MOST_CONDITIONS: Final = 4
#: No condition asks for a number to be below this, or above.
SMALL: Final = 1 << 31
_CHECK_NONZERO: Final = OPS["check_nonzero"]
_CHECK_INDEX: Final = OPS["check_index"]


class Condition(NamedTuple):
    """`form PREDICATE 0`, where the predicate is `le` or `ne`."""

    form: Form
    predicate: str


class Conditions:
    """Finds the conditions under which checks of one loop at a time are proved."""

    def __init__(self, proofs: Proofs, forest: LoopForest) -> None:
        self.proofs = proofs
        self.forest = forest
        self.tree = proofs.tree

    def of_check(self, check: Instr, place: Place, loop: Loop) -> list[Condition]:
        """Conditions that together let a check of `loop` go; none if there are none, or too many."""
        prover = self.proofs.prover
        if check.op is _CHECK_NONZERO:
            divisor = self.proofs.forms.of(check.args[0])
            if divisor.terms and self._is_fit(divisor, loop):
                return [Condition(divisor, "ne")]
        length = self.proofs.forms.of(check.args[1]) if check.op is _CHECK_INDEX else Form((), 0)
        lengths = [atom for atom, _ in length.terms]

        def may_suppose(terms: Terms, bound: int, at: Place) -> bool:
            if any(atom in lengths and factor > 0 for atom, factor in terms) or not _is_likely(terms, bound):
                return False
            return self._may_be_asked(terms, bound, at, loop)

        prover.suppose(may_suppose)
        holds = self.proofs.cannot_fail(check, place)
        supposed = prover.suppose(None)
        found = [Condition(form, "le") for form in dict.fromkeys(supposed)]
        return found if holds and 0 < len(found) <= MOST_CONDITIONS else []

    def _may_be_asked(self, terms: Terms, bound: int, place: Place, loop: Loop) -> bool:
        """Whether `terms <= bound` does not change in a loop that a place is in, or that is entered there."""
        is_entered = place.edge is not None and place.block.end.edges[place.edge].target is loop.header
        if not is_entered and not self.forest.contains(loop, place.block):
            return False
        return self._is_fit(Form(terms, -bound), loop)

    def _is_fit(self, form: Form, loop: Loop) -> bool:
        return all(self._is_in_front(atom, loop) for atom, _ in form.terms) and self.sides(form, loop) is not None

    def _is_in_front(self, atom: Atom, loop: Loop) -> bool:
        block = defining_value(atom).block
        outside = block is not loop.header and self.tree.dominates(block, loop.header)
        return outside and not isinstance(atom, Element)

    # ---- as comparisons ---------------------------------------------------------------------------------------------

    def sides(self, form: Form, loop: Loop) -> tuple[Form, Form] | None:
        """Two forms, the first of which is at most the second just if `form <= 0`, that do not wrap; else None.

        The constant stands where it does no harm.
        """
        more = Form(tuple([term for term in form.terms if term[1] > 0]), 0)
        less = Form(tuple([(atom, -factor) for atom, factor in form.terms if factor < 0]), 0)
        for left, right in (
            (more, Form(less.terms, -form.constant)),
            (Form(more.terms, form.constant), less),
        ):
            if self._does_not_wrap(left, loop) and self._does_not_wrap(right, loop):
                return left, right
        return None

    def _does_not_wrap(self, form: Form, loop: Loop) -> bool:
        """Whether all partial sums of a form whose factors are positive are i64 integers."""
        lo = hi = 0
        for atom, factor in form.terms:
            known = self.known(atom, loop)
            lo, hi = lo + factor * known.lo, hi + factor * known.hi
            if not stays_within(I64, min(lo, factor * known.lo), max(hi, factor * known.hi)):
                return False
        return stays_within(I64, lo + form.constant, hi + form.constant)

    def known(self, atom: Atom, loop: Loop) -> IntFact:
        """What is known of an atom in front of a loop."""
        return self.proofs.prover.relations.interval(Place(loop.header, 0), atom)


def _is_likely(terms: Terms, bound: int) -> bool:
    """Whether a number is not asked to be small, nor to be large."""
    if len(terms) > 1:
        return True
    return bound >= SMALL if terms[0][1] > 0 else -bound <= SMALL


class Asking:
    """Puts conditions at the end of the block in front of a loop."""

    def __init__(self, conditions: Conditions, copies: LoopCopies, loop: Loop, front: Block) -> None:
        self.conditions = conditions
        self.copies = copies
        self.loop = loop
        self.front = front
        self.function: Function = front.function

    def can_ask(self, asked: Iterable[Condition]) -> bool:
        """Whether what conditions speak of is still there, behind the copies of loops."""
        atoms = [atom for condition in asked for atom, _ in condition.form.terms]
        return all(self.copies.current(defining_value(atom)) is not None for atom in atoms)

    def all_of(self, asked: Iterable[Condition], span: int) -> Value:
        """The truth value of all conditions together."""
        result: Value | None = None
        for condition in asked:
            answer = self._answer(condition, span)
            result = answer if result is None else self._append("and", (result, answer), None, span)
        assert result is not None
        return result

    def _answer(self, condition: Condition, span: int) -> Value:
        sides = self.conditions.sides(condition.form, self.loop)
        assert sides is not None
        left, right = (self._value(side, span) for side in sides)
        return self._append(condition.predicate, (left, right), None, span)

    def _value(self, form: Form, span: int) -> Value:
        """A sum as a value."""
        total: Value | None = None
        for atom, factor in form.terms:
            part = self._atom(atom, span)
            if factor != 1:
                part = self._append("mul", (part, self._constant(factor, span)), None, span)
            total = part if total is None else self._append("add", (total, part), None, span)
        if total is None or form.constant:
            constant = self._constant(form.constant, span)
            total = constant if total is None else self._append("add", (total, constant), None, span)
        return total

    def _atom(self, atom: Atom, span: int) -> Value:
        value = self.copies.current(defining_value(atom))
        assert value is not None
        if isinstance(atom, Dim):
            return self._append("dim", (value,), atom.number, span)
        known = self.conditions.known(atom, self.loop)
        within = known & int_fact(known.lo, known.hi)
        if within != value.fact and within <= value.fact:
            value = self._append(NARROW.name, (value,), None, span)
            value.fact = within
        if value.type is not I64:
            value = self.front.append(self.function.new_instr(CONVERT, (value,), type=I64, span=span))
        return value

    def _constant(self, number: int, span: int) -> Value:
        return self.front.append(self.function.new_instr(CONST, type=I64, aux=number, span=span))

    def _append(self, op: str, args: tuple[Value, ...], aux: int | None, span: int) -> Value:
        return self.front.append(self.function.new_instr(op, args, aux=aux, span=span))
