"""Proofs of inequalities: is a sum of values at most a bound, wherever control comes to a place?

    prover.proves(form, place)      whether `form <= 0` surely holds there

The question is answered backward, as in ABCD. A sum is within its bound if the intervals of its atoms say so; if
adding up with an inequality that is known at the place leaves a sum that is; if it is for each value that an atom may
be; and a sum of block parameters, if it is on every edge into their block, with the arguments in their place. The other
atoms are current on the edge, because they dominate the block.

Loops by induction on time: on the way through the back edges of a block the same sum may be met again. It was within
the bound when the block was last entered, or the proof fails anyway, so the question is answered with yes if it asks
for no more than that (a harmless cycle), and with no if it asks for more (an amplifying one). Only entering a block
makes such an assumption, and each step from there goes over an edge to an earlier time: no cycle of inequalities at one
time can prove itself. What was proved under no assumption but its own is remembered.

Multiplied by s, the question `sum <= bound` of integers is `s * sum <= s * bound + s - 1`: what `(hi - lo) // 2` needs.

Complexity: `MOST_STEPS` steps a question, each of which looks at a constant number of inequalities.
Source: ABCD (Bodik, Gupta & Sarkar, 2000), for sums of more than two values and with interval facts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from ssair.cfg import comprehension_of, incoming_edges
from ssair.dominators import DominatorTree
from ssair.facts import IntFact
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.ops import FORALL, YIELD
from ssair.passes.bounds_elements import elements, is_element, lengths_of, parts, read_parts
from ssair.passes.bounds_ends import Ends
from ssair.passes.bounds_forms import (
    Atom,
    Dim,
    Element,
    Form,
    Forms,
    Terms,
    added,
    defining_value,
    difference,
    fits,
    interval,
    scaled,
)
from ssair.passes.bounds_joins import Joins
from ssair.passes.bounds_products import Products
from ssair.passes.bounds_relations import Inequality, Place, Relations, Teacher, speaks_of
from ssair.passes.bounds_rules import choices
from ssair.types import integer_range

#: How often a sum may be rewritten between two blocks, and how many blocks a proof may go back through.
MOST_REWRITES: Final = 4
MOST_BLOCKS: Final = 6
#: How many sums a question may look at. Most proofs need two, those about what arrays in nested loops hold hundreds.
MOST_STEPS: Final = 512
#: How many sums may be under way at once, one for the sake of the other: proofs have fewer than twenty, and each takes
#: ten calls of Python's stack.
MOST_NESTED: Final = 24

_Key = tuple[Block, Terms]
#: Whether a sum may be supposed to be at most a bound at a place.
MaySuppose = Callable[[Terms, int, Place], bool]


class Prover:
    """Answers questions about one function.

    Of the last proof: `used` holds who taught what it rests on, `by_induction` whether it goes over turns of a loop.
    """

    def __init__(self, function: Function, tree: DominatorTree, forms: Forms, relations: Relations) -> None:
        self.tree = tree
        self.forms = forms
        self.relations = relations
        self.used: list[Teacher] = []
        self.by_induction = False
        self.steps = 0
        self._nested = 0
        self._entry = function.entry
        self._incoming = incoming_edges(function)
        region = comprehension_of(function)
        #: For the block of each comprehension, the one that yields its elements.
        self._yields = {region[block]: block for block in tree.preorder if block.end.op is YIELD}
        self._products = Products(tree, forms)
        self._joins = Joins(function, tree, relations)
        self._ends = Ends(function.entry, forms, relations, self._products, self._joins)
        #: Which sums may be supposed to be within their bounds, and those that the last proof did suppose.
        self._may_suppose: MaySuppose | None = None
        self._supposed: list[Form] = []
        #: The smallest bound proved, and the largest one given up, whenever a block is entered.
        self._proved: dict[_Key, int] = {}
        self._refused: dict[_Key, int] = {}
        #: The bounds assumed on the way, with their places in the order of assumption.
        self._assumed: dict[_Key, tuple[int, int]] = {}
        #: The place of the oldest assumption that has been used.
        self._oldest = 0
        #: The bounds that could not be shown, with how many rewrites.
        self._failed: dict[tuple[Place, Terms], tuple[int, int]] = {}
        #: Of operations that are sums if they do not wrap, whether they do not.
        self._exact: dict[tuple[Place, Value], bool] = {}

    def proves(self, form: Form, place: Place, steps: int = MOST_STEPS) -> bool:
        """Whether `form <= 0` at a place."""
        self.used, self.by_induction, self.steps, self._nested = [], False, steps, 0
        self._failed, self._exact = {}, {}
        self._oldest = len(self._assumed)
        return self._holds(form.terms, -form.constant, place, MOST_REWRITES)

    def suppose(self, may_suppose: MaySuppose | None) -> list[Form]:
        """Let the proofs that follow suppose what they may; gives what those before have, as forms at most zero.

        What has been proved is forgotten, so that nothing rests on what others have supposed.
        """
        supposed, self._supposed = self._supposed, []
        self._may_suppose = may_suppose
        self._proved, self._refused = {}, {}
        return supposed

    # ---- one sum ----------------------------------------------------------------------------------------------------

    def _holds(self, terms: Terms, bound: int, place: Place, rewrites: int) -> bool:
        """Whether the sum of `terms` is at most `bound`."""
        if self._greatest(terms, place) <= bound:
            return True
        terms, bound = _reduced(terms, bound)
        if terms and self._may_suppose is not None and self._may_suppose(terms, bound, place):
            return self._holds_or_may(terms, bound, place, rewrites)
        if not terms or self._ends.is_one(terms, bound, place):
            return False
        key = place, terms
        failed = self._failed.get(key)
        if failed is not None and failed[0] >= bound and failed[1] >= rewrites:
            return False
        if self.steps <= 0 or self._nested >= MOST_NESTED:
            return False
        self.steps -= 1
        self._nested += 1
        supposed = len(self._supposed)
        self._failed[key] = bound, MOST_REWRITES  # while it is under way: a cycle at one time leads nowhere
        holds = self._holds_here(terms, bound, place, rewrites) or self._holds_on_edges(terms, bound, place)
        self._nested -= 1
        if holds:
            self._failed.pop(key, None)
        else:
            self._failed[key] = bound, rewrites
            del self._supposed[supposed:]
        return holds

    def _holds_or_may(self, terms: Terms, bound: int, place: Place, rewrites: int) -> bool:
        """Whether a sum is within its bound, or is now supposed to be: it is not known to be beyond."""
        may_suppose, self._may_suppose = self._may_suppose, None
        failed, self._failed = self._failed, {}
        holds = self._holds(terms, bound, place, rewrites)
        beyond = not holds and self._holds(scaled(Form(terms, 0), -1).terms, -bound - 1, place, rewrites)
        self._may_suppose, self._failed = may_suppose, failed
        if not holds and not beyond:
            self._supposed.append(Form(terms, -bound))
        return not beyond

    def _holds_here(self, terms: Terms, bound: int, place: Place, rewrites: int) -> bool:
        """Whether a sum is within its bound by what is known at the place itself."""
        if not rewrites:
            return False
        apart = self.relations.are_apart(place, terms, bound + 1)
        if apart is not None and self._holds(terms, bound + 1, place, rewrites - 1):
            self.used.append(apart.teacher)
            return True
        for rest, remaining, teacher in self._rewritten(terms, bound, place, rewrites):
            if self._holds(rest, remaining, place, rewrites - 1):
                self.used.append(teacher)
                return True
        return self._holds_of_choices(terms, bound, place, rewrites)

    def _greatest(self, terms: Terms, place: Place) -> int:
        """The most that the intervals of its atoms allow a sum to be."""
        most = 0
        for atom, factor in terms:
            fact = self.relations.interval(place, atom)
            most += factor * (fact.hi if factor > 0 else fact.lo)
        return most

    # ---- known inequalities -----------------------------------------------------------------------------------------

    def _rewritten(self, terms: Terms, bound: int, place: Place, rewrites: int) -> Iterator[tuple[Terms, int, Teacher]]:
        """Sums whose being within their bounds is enough: an atom is taken out by an inequality that has it."""
        for atom, factor in sorted(terms, key=self._depth, reverse=True):
            most = self._most_of_silent(terms, atom, place)
            for said in self._known(place, atom, factor > 0, rewrites):
                if most is not None and self._leads_nowhere(atom, factor, most - bound, terms, said, place):
                    continue
                combined = _without(atom, factor, terms, bound, said)
                if combined is not None:
                    yield (*combined, said.teacher)

    def _most_of_silent(self, terms: Terms, atom: Atom, place: Place) -> int | None:
        """The most that a sum without one atom may be, if all others are silent, and the nearest is made right here.

        Then no join is between it and the place, and what is made of the sum by taking the one out stays here.
        """
        if place.edge is not None or self._may_suppose is not None:
            return None
        others = tuple([term for term in terms if term[0] is not atom])
        if not any(isinstance(other, Instr) and other.block is place.block for other, _ in others):
            return None
        if not all(self._ends.is_silent(other, factor > 0, place) for other, factor in others):
            return None
        return self._greatest(others, place)

    def _leads_nowhere(
        self, atom: Atom, factor: int, missing: int, terms: Terms, said: Inequality, place: Place
    ) -> bool:
        """Whether taking out an atom by an inequality leaves silent atoms that are not within the bound, and no others.

        `missing` is by how much the others of `terms`, which are silent, may be beyond it.
        """
        left = []
        for other, times in said.terms:
            if other != atom:
                left.append((other, -times))
            elif times != factor:
                return False
        if missing + said.bound + self._greatest(tuple(left), place) <= 0:
            return False
        return all(
            self._ends.is_silent(other, times > 0, place) and not any(other == known for known, _ in terms)
            for other, times in left
        )

    def _known(self, place: Place, atom: Atom, sign: bool, rewrites: int) -> Iterator[Inequality]:
        if isinstance(atom, Value):
            for said in self._ends.said_by_operation(atom):
                if speaks_of(said, atom, sign):
                    yield said
            total = self.forms.sum_within(atom, lambda value: self._interval(place, value))
            if total is not None:
                yield _equal(atom, total, sign)
        yield from self.relations.at(place, atom, sign)
        is_so, most = partial(self._is_so, place, rewrites), partial(self._most, place)
        for said in self._products.said(place, atom, sign, is_so, most):
            if speaks_of(said, atom, sign):
                yield said
        if isinstance(atom, Value):
            ideal = self.forms.unwrapped(atom)
            if ideal is not None and self._is_exact(atom, ideal, place):
                yield _equal(atom, ideal, sign)

    def _is_so(self, place: Place, rewrites: int, form: Form) -> bool:
        """Whether what a rule asks for holds."""
        return fits(form) and self._holds(form.terms, -form.constant, place, rewrites - 1)

    def _most(self, place: Place, atom: Atom) -> int:
        """The most that an atom is at a place, by its interval and by what is said of it and others."""
        most = self.relations.interval(place, atom).hi
        for said in self.relations.at(place, atom, True):
            if (atom, 1) in said.terms:
                others = tuple([(other, -factor) for other, factor in said.terms if other != atom])
                most = min(most, said.bound + self._greatest(others, place))
        return most

    def _is_exact(self, atom: Value, ideal: Form, place: Place) -> bool:
        """Whether an operation gives the sum that it is without wrapping: asked once in a question."""
        known = self._exact.get((place, atom))
        if known is None:
            self._exact[place, atom] = False  # while it is under way
            known = self._exact[place, atom] = self._does_not_wrap(atom, ideal, place)
        return known

    def _does_not_wrap(self, atom: Value, ideal: Form, place: Place) -> bool:
        """Whether wrapping would lead out of the interval of the result, or the sum is shown to be of the type."""
        least, most = integer_range(atom.type)
        under = scaled(ideal, -1)
        lowest = ideal.constant - self._greatest(under.terms, place)
        highest = ideal.constant + self._greatest(ideal.terms, place)
        known = self.relations.interval(place, atom)
        turn = most - least + 1
        asked = []
        if highest > most and highest - turn >= known.lo:
            asked.append(Form(ideal.terms, ideal.constant - most))
        if lowest < least and lowest + turn <= known.hi:
            asked.append(Form(under.terms, under.constant + least))
        return all(self._is_so(place, MOST_REWRITES, form) for form in asked)

    def _interval(self, place: Place, value: Value) -> IntFact:
        """What is known of a value at a place, by any version of it that is there."""
        return self.relations.interval(place, self.forms.origins[value]) & interval(value)

    def _depth(self, term: tuple[Atom, int]) -> int:
        """How late an atom is defined, among those that are current at one place."""
        return self.tree.interval(defining_value(term[0]).block)[0]

    def _holds_of_choices(self, terms: Terms, bound: int, place: Place, rewrites: int) -> bool:
        """Whether a sum is within its bound with each of the values that one of its atoms may be."""
        for atom, factor in terms:
            ways = self._choices(atom, factor > 0, terms)
            if ways and self._each_holds(ways, atom, factor, Form(terms, -bound), place, rewrites):
                return self._is_zero_or_read(atom, factor, Form(terms, -bound), place, rewrites)
        return False

    def _is_zero_or_read(self, atom: Atom, factor: int, form: Form, place: Place, rewrites: int) -> bool:
        """Whether a sum is within its bound with a zero for an element, which is read where the array is empty."""
        if not isinstance(atom, Value) or not is_element(atom):
            return True
        if self._each_holds((Form((), 0),), atom, factor, form, place, rewrites):
            return True
        lengths = lengths_of(atom, self.forms)
        return all(self._holds(*_at_least_one(length), place, rewrites - 1) for length in lengths)

    def _choices(self, atom: Atom, is_upper: bool, terms: Terms) -> Sequence[Form]:
        """Forms of which one is no smaller than an atom (if `is_upper`), or no larger; none where none are known."""
        if isinstance(atom, Element):
            return parts(atom.array, is_upper, self.forms)
        if not isinstance(atom, Value):
            return ()
        if is_element(atom) and not any(isinstance(other, Element) for other, _ in terms):
            return read_parts(atom, self.forms)
        return choices(atom, is_upper, self.forms)

    def _each_holds(
        self, ways: Sequence[Form], atom: Atom, factor: int, form: Form, place: Place, rewrites: int
    ) -> bool:
        for way in ways:
            chosen = added(form, scaled(difference(way, Form(((atom, 1),), 0)), factor))
            if not fits(chosen) or not self._holds(chosen.terms, -chosen.constant, place, rewrites - 1):
                return False
        return True

    # ---- block parameters -------------------------------------------------------------------------------------------

    def _holds_on_edges(self, terms: Terms, bound: int, place: Place) -> bool:
        """Whether a sum is within its bound whenever its last parameters' block, or a join behind it, is entered."""
        block = self._entered_last(terms)
        if block is not None and self._holds_when_entered(block, terms, bound):
            return True
        return any(self._holds_behind(join, terms, bound, place) for join in self._joins.above(terms, place.block))

    def _holds_behind(self, join: Block, terms: Terms, bound: int, place: Place) -> bool:
        """Whether a sum is within its bound on every edge into a join after which control may come to a place."""
        edges = self._joins.edges(join)
        is_told = any(self._joins.tells(join, entry, terms) for entry in edges)
        if is_told and self._holds_when_entered(join, terms, bound):
            return True
        since = self._joins.taught_since(join, place.block)
        beyond = [scaled(Form(said.terms, -said.bound - 1), -1) for said in since]
        ways = [[form for form in beyond if self._joins.tells(join, entry, form.terms)] for entry in edges]
        if not any(ways) or not (is_told or all(ways)):
            return False
        return all(
            (is_told and self._holds_on_edge(terms, bound, join, entry.source, entry.index))
            or any(self._holds_on_edge(form.terms, -form.constant, join, entry.source, entry.index) for form in never)
            for entry, never in zip(edges, ways, strict=True)
        )

    def _holds_when_entered(self, block: Block, terms: Terms, bound: int) -> bool:
        """Whether a sum is within its bound on every edge into a block."""
        key = (block, terms)
        if self._proved.get(key, bound + 1) <= bound:
            return True
        assumed = self._assumed.get(key)
        if assumed is not None:
            self._oldest = min(self._oldest, assumed[1])
            self.by_induction = self.by_induction or bound >= assumed[0]
            return bound >= assumed[0]
        number = len(self._assumed)
        if number >= MOST_BLOCKS or self._refused.get(key, bound - 1) >= bound:
            return False
        return self._assume(key, bound, number)

    def _assume(self, key: _Key, bound: int, number: int) -> bool:
        """Prove a sum on every edge into a block, assuming that it held when the block was entered before."""
        outer, self._oldest = self._oldest, number + 1
        self._assumed[key] = bound, number
        used, supposed = len(self.used), len(self._supposed)
        holds = all(
            self._holds_on_edge(key[1], bound, key[0], entry.source, entry.index)
            for entry in self._incoming[key[0]]
            if entry.source in self.tree
        )
        del self._assumed[key]
        if not holds:
            del self.used[used:]
            if number == 0 and self.steps > 0:
                self._refused[key] = max(bound, self._refused.get(key, bound))
        elif self._oldest >= number and len(self._supposed) == supposed:
            self._proved[key] = bound
        self._oldest = min(outer, self._oldest)
        return holds

    def _holds_on_edge(self, terms: Terms, bound: int, block: Block, source: Block, index: int) -> bool:
        """Whether a sum is within its bound with the arguments of one edge into `block`."""
        args: Sequence[Value] = source.end.edges[index].args
        place = Place(source, len(source.instrs), index)
        if source.end.op is FORALL:
            last = self._yields[source]
            args, place = last.end.args, Place(last, len(last.instrs))
        form = Form((), -bound)
        for atom, factor in terms:
            value = defining_value(atom)
            part = Form(((atom, 1),), 0)
            if isinstance(value, Param) and value.block is block:
                part = self._argument(atom, args[block.params.index(value)])
            form = added(form, scaled(part, factor))
        if not fits(form):
            return False
        return self._holds(form.terms, -form.constant, place, MOST_REWRITES)

    def _argument(self, atom: Atom, argument: Value) -> Form:
        """What an atom of a parameter is for its argument."""
        if isinstance(atom, Dim):
            return self.forms.length(argument, atom.number)
        if isinstance(atom, Element):
            return elements(argument, self.forms)
        return self.forms.of(argument)

    def _entered_last(self, terms: Terms) -> Block | None:
        """The block that has the last of the parameters, if all other atoms are current whenever it is entered."""
        last, _ = max(terms, key=self._depth)
        block = defining_value(last).block
        if block is self._entry or not isinstance(defining_value(last), Param):
            return None
        here = [atom for atom, _ in terms if defining_value(atom).block is block]
        if not all(isinstance(defining_value(atom), Param) for atom in here):
            return None
        source = self._incoming[block][0].source
        if source.end.op is not FORALL:
            return block
        is_result = source in self._yields and block is source.end.edges[1].target
        return block if is_result and all(isinstance(atom, Element) for atom in here) else None


def _equal(atom: Value, total: Form, sign: bool) -> Inequality:
    """The half of `atom == total` in which `atom` has a positive (`sign`) or a negative factor."""
    form = scaled(difference(Form(((atom, 1),), 0), total), 1 if sign else -1)
    return Inequality(form.terms, -form.constant, None)


def _reduced(terms: Terms, bound: int) -> tuple[Terms, int]:
    """A sum of integers divided by what all factors share, and the largest bound that says the same."""
    common = 0
    for _, factor in terms:
        common = math.gcd(common, factor)
        if common == 1:
            return terms, bound
    if not common:
        return terms, bound
    return tuple([(atom, factor // common) for atom, factor in terms]), bound // common


def _at_least_one(length: Form) -> tuple[Terms, int]:
    """`1 <= length`, as a sum and its bound."""
    return scaled(length, -1).terms, length.constant - 1


def _without(atom: Atom, factor: int, terms: Terms, bound: int, said: Inequality) -> tuple[Terms, int] | None:
    """What a sum must be within, once `atom` is taken out by an inequality that has it with the same sign."""
    ours, theirs = 1, 1
    times = dict(said.terms)[atom]
    if times != factor:
        common = math.gcd(times, factor)
        ours, theirs = abs(times) // common, abs(factor) // common
    left, right = scaled(Form(terms, 0), ours), scaled(Form(said.terms, 0), -theirs)
    combined = added(left, right)
    if not fits(combined):
        return None
    return combined.terms, bound * ours + (ours - 1) - said.bound * theirs
