"""What is known at a place of a function: inequalities between forms, differences, and intervals.

    relations.at(place, atom, sign)     the inequalities in which an atom stands with this sign
    relations.interval(place, atom)     the smallest interval that is known of an atom

A branch teaches in the block that its edge alone leads to, on the edge itself where others lead there too; a check
teaches behind itself, a refinement or narrowing the interval of its fact. All of it holds wherever the block dominates:
the values spoken of are current there, because they dominate the teacher, and it the place.

Requires: valid IR, which is not changed as long as this is asked, but for checks and comparisons that become
something else in place. Complexity: built in one walk over the dominator tree, as far as somebody asks: what holds at a
place is learnt of its dominators, which come before it in preorder. A question looks at `MOST_SCANNED` entries at most.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ssair.cfg import incoming_edges
from ssair.dominators import DominatorTree
from ssair.facts import LENGTH, Fact, IntFact, top
from ssair.ir import Block, Function, Instr, Terminator, Value
from ssair.ops import OPS, PROVED
from ssair.passes.bounds_forms import Atom, Dim, Element, Form, Forms, Terms, difference, fits, scaled
from ssair.refinement import Relation, edge_relations, relations
from ssair.types import is_integer

#: How many entries of an atom are looked at, the nearest first, and how many that hold are used.
MOST_SCANNED: Final = 24
MOST_USED: Final = 6

Teacher = Instr | Terminator | None
_NOTHING: Final[tuple[tuple[int, ...], tuple[()]]] = ((), ())


class Place(NamedTuple):
    """Before the instruction at `position` of a block, or on the edge of this number behind its end."""

    block: Block
    position: int
    edge: int | None = None


class Inequality(NamedTuple):
    """The sum of `terms` is at most `bound`; `teacher` is what says so (None: what an operation computes)."""

    terms: Terms
    bound: int
    teacher: Teacher


class _Entry(NamedTuple):
    """What holds behind a place."""

    block: Block
    position: int
    said: Inequality


#: What holds of scalars behind a check: an operand, a predicate, and an operand or (as a text) an integer.
_CHECKS_TEACH: Final[dict[str, tuple[tuple[int, str, int | str], ...]]] = {
    "check_index": ((0, "lt", 1), (0, "ge", "0")),
    "check_nonzero": ((0, "ne", "0"),),
    "check_exponent": ((0, "ge", "0"),),
    "check_nonempty": ((0, "ge", "1"),),
    "check_equal": ((0, "eq", 1),),
    "check_at_least": ((0, "ge", 1),),
}
_CHECK: Final = OPS["check"]
#: What predicates say of the difference of their sides: the factor that it takes to be at most the bound.
_SAYS: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "lt": ((1, -1),),
    "le": ((1, 0),),
    "gt": ((-1, -1),),
    "ge": ((-1, 0),),
    "eq": ((1, 0), (-1, 0)),
    "nlt": ((-1, 0),),
    "nle": ((-1, -1),),
    "ngt": ((1, 0),),
    "nge": ((1, -1),),
}


def inequalities(predicate: str, left: Form, right: Form) -> list[Form]:
    """Forms that are at most zero just where `left PREDICATE right`, all of them; none for `ne`."""
    apart = difference(left, right)
    found = []
    for factor, bound in _SAYS.get(predicate, ()):
        form = scaled(apart, factor)
        found.append(Form(form.terms, form.constant - bound))
    return found


class Relations:
    """What is known at the places of one function."""

    def __init__(self, function: Function, tree: DominatorTree, forms: Forms) -> None:
        self.tree = tree
        self.forms = forms
        self._incoming = incoming_edges(function)
        self._said: dict[tuple[Atom, bool], tuple[list[int], list[_Entry]]] = {}
        self._apart: dict[tuple[Terms, int], list[_Entry]] = {}
        #: The atoms of sums that are said not to be something; for membership only.
        self._apart_atoms: set[Atom] = set()
        #: By atom, each narrowing met with those before it.
        self._intervals: dict[Atom, tuple[list[int], list[tuple[Block, int, IntFact]]]] = {}
        self._on_edges: dict[tuple[Block, int], list[_Entry]] = {}
        #: What the one edge into a block teaches.
        self._taught: dict[Block, list[Inequality]] = {}
        #: How many blocks of the tree's preorder have been learnt from.
        self.learnt = 0

    # ---- learning ---------------------------------------------------------------------------------------------------

    def _learn_to(self, number: int) -> None:
        """Learn what holds in the block of this preorder number, from all blocks up to it."""
        while self.learnt <= number:
            self.learnt += 1
            self._learn_block(self.tree.preorder[self.learnt - 1])

    def _learn_block(self, block: Block) -> None:
        incoming = self._incoming[block]
        if len(incoming) == 1:
            source, index = incoming[0].source, incoming[0].index
            for entry in self._entries(edge_relations(source, index, self._origin), block, -1, source.end):
                self._learn(entry)
                self._taught.setdefault(block, []).append(entry.said)
        for position, instr in enumerate(block.instrs):
            if instr.op.refines:
                for entry in self._entries(self._taught_by(instr), block, position, instr):
                    self._learn(entry)
                self._learn_interval(instr, block, position)

    def _origin(self, value: Value) -> Value:
        return self.forms.origins[value]

    def _taught_by(self, instr: Instr) -> list[Relation]:
        if instr.op is PROVED:
            return [Relation(instr.args[0], str(instr.aux), instr.args[1])]
        if instr.op is _CHECK:
            return relations(instr.args[0], True, self._origin)
        found = []
        for left, predicate, right in _CHECKS_TEACH.get(instr.op.name, ()):
            other = int(right) if isinstance(right, str) else instr.args[right]
            found.append(Relation(instr.args[left], predicate, other))
        return found

    def _entries(self, found: list[Relation], block: Block, position: int, teacher: Teacher) -> list[_Entry]:
        """What relations say of integers, as entries; what they say twice, once."""
        entries: list[_Entry] = []
        before: Relation | None = None
        for relation in found:
            value, predicate, other = relation
            if not is_integer(value.type) or (before is not None and _is_mirrored(relation, before)):
                continue
            before = relation
            left = self.forms.of(value)
            right = self.forms.of(other) if isinstance(other, Value) else Form((), int(other))
            if predicate == "ne":
                self._learn_apart(difference(left, right), block, position, teacher)
                continue
            for form in inequalities(predicate, left, right):
                entry = _Entry(block, position, Inequality(form.terms, -form.constant, teacher))
                if self.is_news(form) and entry not in entries[-2:]:
                    entries.append(entry)
        return entries

    def _learn(self, entry: _Entry) -> None:
        number = self.tree.interval(entry.block)[0]
        for atom, factor in entry.said.terms:
            numbers, entries = self._said.setdefault((atom, factor > 0), ([], []))
            numbers.append(number)
            entries.append(entry)

    def _learn_apart(self, form: Form, block: Block, position: int, teacher: Teacher) -> None:
        self._apart_atoms.update([atom for atom, _ in form.terms])
        for side in (form, scaled(form, -1)):
            entry = _Entry(block, position, Inequality(side.terms, -side.constant, teacher))
            self._apart.setdefault((side.terms, -side.constant), []).append(entry)

    def _learn_interval(self, instr: Instr, block: Block, position: int) -> None:
        fact = instr.fact
        if isinstance(fact, IntFact) and is_integer(instr.type) and fact != instr.args[0].fact:
            atom = self._origin(instr)
            fact = fact & self._narrowed(Place(block, position), atom)
            numbers, entries = self._intervals.setdefault(atom, ([], []))
            numbers.append(self.tree.interval(block)[0])
            entries.append((block, position, fact))

    # ---- questions --------------------------------------------------------------------------------------------------

    def at(self, place: Place, atom: Atom, sign: bool) -> Iterator[Inequality]:
        """What is said at a place of sums where `atom` has a positive (`sign`) or negative factor, nearest first."""
        if place.edge is not None:
            for entry in self._on_edge(place.block, place.edge):
                if speaks_of(entry.said, atom, sign):
                    yield entry.said
        number = self.tree.interval(place.block)[0]
        if number >= self.learnt:
            self._learn_to(number)
        numbers, entries = self._said.get((atom, sign), ((), ()))
        last = bisect_right(numbers, number)
        used = 0
        for index in range(last - 1, max(last - MOST_SCANNED, 0) - 1, -1):
            entry = entries[index]
            if self._holds(entry.block, entry.position, place):
                yield entry.said
                used += 1
                if used == MOST_USED:
                    return

    def is_news(self, form: Form) -> bool:
        """Whether it says more that a form is at most zero than the facts of its atoms do, and is worth keeping."""
        most = form.constant
        for atom, factor in form.terms:
            fact = _own_interval(atom)
            most += factor * (fact.hi if factor > 0 else fact.lo)
        return bool(form.terms) and most > 0 and fits(form)

    def speak_of(self, place: Place, atom: Atom, sign: bool) -> bool:
        """Whether anything is said at a place of sums where `atom` has a positive (`sign`) or negative factor."""
        number = self.tree.interval(place.block)[0]
        if number >= self.learnt:
            self._learn_to(number)
        if place.edge is None and (atom, sign) not in self._said:
            return False  # as for most
        return next(self.at(place, atom, sign), None) is not None

    def may_be_apart(self, terms: Terms, sum: int) -> bool:
        """Whether it is said anywhere that the sum of `terms` is not `sum`."""
        return (terms, sum) in self._apart

    def may_be_apart_from(self, atom: Atom) -> bool:
        """Whether it is said anywhere of a sum with this atom what it is not."""
        return atom in self._apart_atoms

    def is_learnt(self, above: int, source: Block, edge: int, atom: Atom, sign: bool) -> bool:
        """Whether sums with an atom of this sign, or its interval, are spoken of on an edge or in what leads to it.

        `above` is the preorder number of the block that all of it is behind.
        """
        if any(speaks_of(entry.said, atom, sign) for entry in self._on_edge(source, edge)):
            return True
        number = self.tree.interval(source)[0]
        if number >= self.learnt:
            self._learn_to(number)
        return any(
            numbers and bisect_right(numbers, number) > bisect_right(numbers, above)
            for numbers, _ in (self._said.get((atom, sign), _NOTHING), self._intervals.get(atom, _NOTHING))
        )

    def taught(self, block: Block) -> Sequence[Inequality]:
        """What the one edge into a block teaches."""
        self._learn_to(self.tree.interval(block)[0])
        return self._taught.get(block, ())

    def are_apart(self, place: Place, terms: Terms, sum: int) -> Inequality | None:
        """What says at a place that the sum of `terms` is not `sum`."""
        number = self.tree.interval(place.block)[0]
        if number >= self.learnt:
            self._learn_to(number)
        for entry in self._apart.get((terms, sum), ())[-MOST_SCANNED:]:
            if self._holds(entry.block, entry.position, place):
                return entry.said
        return None

    def interval(self, place: Place, atom: Atom) -> IntFact:
        """What is known of an atom at a place."""
        number = self.tree.interval(place.block)[0]
        if number >= self.learnt:
            self._learn_to(number)
        return self._narrowed(place, atom) if atom in self._intervals else _own_interval(atom)

    def _narrowed(self, place: Place, atom: Atom) -> IntFact:
        """What the nearest narrowing of an atom says at a place: with it, all those before."""
        numbers, entries = self._intervals.get(atom, _NOTHING)
        last = bisect_right(numbers, self.tree.interval(place.block)[0])
        for index in range(last - 1, max(last - MOST_USED, 0) - 1, -1):
            block, position, narrowed = entries[index]
            if self._holds(block, position, place):
                return narrowed
        return _own_interval(atom)

    def _holds(self, block: Block, position: int, place: Place) -> bool:
        if block is place.block:
            return position < place.position
        return self.tree.dominates(block, place.block)

    def _on_edge(self, source: Block, index: int) -> list[_Entry]:
        """What an edge teaches that is not the only one into its target."""
        known = self._on_edges.get((source, index))
        if known is None:
            target = source.end.edges[index].target
            taught = edge_relations(source, index, self._origin) if len(self._incoming[target]) > 1 else []
            known = self._entries(
                [relation for relation in taught if relation.predicate != "ne"], source, -1, source.end
            )
            self._on_edges[source, index] = known
        return known


def speaks_of(said: Inequality, atom: Atom, sign: bool) -> bool:
    """Whether `atom` has a positive (`sign`) or a negative factor in an inequality."""
    return any(other == atom and (factor > 0) is sign for other, factor in said.terms)


def _is_mirrored(relation: Relation, other: Relation) -> bool:
    """Whether the two sides of one relation are those of the other, swapped: a comparison teaches both ways."""
    return relation.value is other.other and relation.other is other.value


def _own_interval(atom: Atom) -> IntFact:
    """What is known of an atom at every place."""
    if isinstance(atom, Dim):
        return LENGTH
    if isinstance(atom, Element):
        return _as_interval(atom.array.fact, atom.array)
    return _as_interval(atom.fact, atom)


def _as_interval(fact: Fact, value: Value) -> IntFact:
    assert isinstance(fact, IntFact)
    if fact.is_bottom:
        fact = top(value.type)  # never computed, or no element: there is nothing to reason from
        assert isinstance(fact, IntFact)
    return fact
