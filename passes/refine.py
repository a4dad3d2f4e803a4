"""Refinement in the middle of the pipeline: what branches and checks teach reaches every use that they dominate.

A front end refines what its own branches teach; the optimiser makes new branches, and shares a value computed before a
branch with an arm. One walk over the dominator tree keeps, for every origin, its newest version, and

- inserts a refinement where an edge (into a block that has no other) or an assertion teaches something new of a value
  that is used behind it, and nothing there says so yet;
- rewrites every use to the newest version of its origin, so that versions form one chain along the tree;
- lets, behind `x == y`, the one that is defined first stand for the other (for floats where no zeros of two signs and
  no NaN are equal to it);
- decides branches and assertions on a comparison, made earlier, that what is known by now implies or excludes.

Requires: valid IR without crumbs. Ensures: valid IR; a second run changes nothing. No edge is split and no parameter
added: at a join the versions of its arms are dropped.
Complexity: near-linear: a scoped map with an undo log, and a look-up for each operand.
Source: partial static single information form; Bodik, Gupta & Sarkar, "ABCD" (2000), for the refinements; the
rewriting to newest versions as in Cranelift's and ZJIT's canonicalization.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.facts import ANY_BOOL, FALSE, TRUE, Fact, FloatFact, constant_fact
from ssair.ir import Block, Function, Instr, Terminator, Value
from ssair.ops import BRANCH, COMPARISONS, CONST, NARROW, OPS, PROVED, REFINE, negated
from ssair.passes.refine_uses import Uses
from ssair.refinement import Relation, is_constant, refinement, relations
from ssair.static import static_values
from ssair.types import BOOL, rank
from ssair.verifier_relations import KnownRelations, follows_from_facts

NAME = "refine"

#: How far behind an equality a narrowing that makes use of it is looked for.
_NEAR: Final = 16
_COMPARISONS: Final = frozenset(COMPARISONS.values())
_CHECK: Final = OPS["check"]
_CHECK_EQUAL: Final = OPS["check_equal"]


def run(function: Function, context: Context) -> int:
    """Refine; gives how many refinements were inserted, instructions rewritten and conditions decided."""
    tree = dominator_tree(function)
    origins = _origins(tree.preorder)
    if len(tree.preorder) == 1 and not origins:
        return 0  # nothing is taught anywhere
    walk = _Walk(function, context, origins)
    ends: list[int] = []
    for number, block in enumerate(tree.preorder):
        while ends and ends[-1] <= number:
            ends.pop()
            walk.leave()
        walk.visit(block)
        ends.append(tree.interval(block)[1])
    return walk.changes


def _origins(blocks: list[Block]) -> dict[Value, Value]:
    """The origin of each refinement; other values are their own."""
    origins: dict[Value, Value] = {}
    for block in blocks:
        for instr in block.instrs:
            if instr.op.refines:
                origins[instr] = origins.get(instr.args[0], instr.args[0])
    return origins


class _Walk:
    """The walk over the dominator tree: what is the newest version of each origin at its place."""

    def __init__(self, function: Function, context: Context, origins: dict[Value, Value]) -> None:
        self.function = function
        self.context = context
        self.changes = 0
        self.tree = dominator_tree(function)
        #: The origin of each refinement, new ones too.
        self.origins = origins
        self.uses = Uses(self.tree, origins, function.next_value)
        self.relations = KnownRelations(function, origins)
        #: By origin, the newest version of it, and the origin that stands for it because they are equal.
        self.newest: dict[Value, Value] = {}
        self.equal: dict[Value, Value] = {}
        #: By origin, those that it stands for.
        self.followers: dict[Value, tuple[Value, ...]] = {}
        #: What was set and what it was before, and where what was set in each block begins.
        self._changed: list[tuple[dict[Value, Value], Value, Value | None]] = []
        self._changed_followers: list[tuple[Value, tuple[Value, ...]]] = []
        self._begins: list[tuple[int, int]] = []
        self._static: set[Value] | None = None
        self._order: dict[Block, dict[Value, int]] = {}
        #: The instructions of the block under way.
        self.instrs: list[Instr] = []

    # ---- scopes ---------------------------------------------------------------------------------------------------

    def _set(self, table: dict[Value, Value], key: Value, value: Value) -> None:
        """Put a value into a table until the block is left."""
        self._changed.append((table, key, table.get(key)))
        table[key] = value

    def _add_follower(self, leader: Value, other: Value) -> None:
        """Let `other` be one of those that `leader` stands for, until the block is left."""
        before = self.followers.get(leader, ())
        self._changed_followers.append((leader, before))
        self.followers[leader] = (*before, other)

    def leave(self) -> None:
        """Forget the block entered last, and what it taught."""
        begin, begin_of_followers = self._begins.pop()
        while len(self._changed) > begin:
            table, key, previous = self._changed.pop()
            if previous is None:
                del table[key]
            else:
                table[key] = previous
        while len(self._changed_followers) > begin_of_followers:
            leader, before = self._changed_followers.pop()
            self.followers[leader] = before
        self.relations.leave()

    def take(self, value: object, what: str) -> bool:
        """Whether one more rewrite may be made; counts it."""
        if not self.context.fuel.take(NAME, value):
            return False
        self.changes += 1
        self.context.count(f"{NAME}.{what}")
        return True

    # ---- versions -------------------------------------------------------------------------------------------------

    def origin(self, value: Value) -> Value:
        """The value without its refinements."""
        return self.origins.get(value, value)

    def version(self, value: Value) -> Value:
        """The version to use for `value`: the newest one, of what stands for it, unless that knows less."""
        origin = self.origin(value)
        equal = self.equal.get(origin)
        if equal is None:
            newest = self.newest.get(origin)
            return newest if newest is not None and newest.fact <= value.fact else value
        while equal is not None:
            origin, equal = equal, self.equal.get(equal)
        newest = self.newest.get(origin, origin)
        return newest if newest.fact <= value.fact else self.own_version(value)

    def own_version(self, value: Value) -> Value:
        """The newest version of the same origin, unless that knows less."""
        newest = self.newest.get(self.origins.get(value, value))
        return newest if newest is not None and newest is not value and newest.fact <= value.fact else value

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def visit(self, block: Block) -> None:
        """Refine a block whose dominators have been visited and not left."""
        self._begins.append((len(self._changed), len(self._changed_followers)))
        instrs, kept = block.instrs, list[Instr]()
        self.instrs = kept
        taught = self.relations.taught_by_edge(block)
        new = self._new_relations(taught, block, -1, instrs) if taught else []
        self.relations.enter(block, taught)
        if new:
            self._insert(new, block, instrs)
        origins, newest, equal = self.origins, self.newest, self.equal
        for index, instr in enumerate(instrs):
            if instr.op.refines:
                self._visit_refinement(instr, block, index, instrs)
                continue
            for value in instr.args:
                origin = origins.get(value, value)
                if (origin in newest or origin in equal) and self.version(value) is not value:
                    self._rewrite(instr)
                    break
            kept.append(instr)
        self._visit_end(block, block.end)
        block.instrs = kept

    def _rewrite(self, instr: Instr) -> None:
        """Let an instruction use the newest versions of its operands."""
        if self.take(instr, "rewritten"):
            instr.args = tuple([self.version(value) for value in instr.args])
            instr.fact = instr.fact & instr.op.fact_rule(instr.type, [value.fact for value in instr.args], instr.aux)

    def _visit_end(self, block: Block, end: Terminator) -> None:
        if end.op is BRANCH:
            decided = self._decided(end.args[0], block)
            if decided is not None:
                end.args = (decided,)
        if not self._is_outdated(end) or not self.take(block, "rewritten"):
            return
        end.args = tuple([self.version(value) for value in end.args])
        for edge in end.edges:
            edge.args = tuple([self.version(value) for value in edge.args])

    def _is_outdated(self, end: Terminator) -> bool:
        """Whether a terminator uses a value of which there is a newer version."""
        origins, newest, equal = self.origins, self.newest, self.equal
        for values in (end.args, *[edge.args for edge in end.edges if edge.args]):
            for value in values:
                origin = origins.get(value, value)
                if (origin in newest or origin in equal) and self.version(value) is not value:
                    return True
        return False

    # ---- refinements ----------------------------------------------------------------------------------------------

    def _visit_refinement(self, instr: Instr, block: Block, index: int, instrs: list[Instr]) -> None:
        """Let a refinement, narrowing or check continue the chain of versions, and learn what it says."""
        self._rebase(instr)
        if self.equal and instr.op is REFINE and not self.relations.justifies(instr):
            instr.op = PROVED  # the branch compares what stands for an operand by now
        if instr.op is _CHECK:
            decided = self._decided(instr.args[0], block)
            if decided is not None:
                instr.args = (decided,)
        instr.fact = instr.fact & instr.op.fact_rule(instr.type, [value.fact for value in instr.args], instr.aux)
        self.instrs.append(instr)
        origin = self.origin(instr)
        newest = self.newest.get(origin)
        if newest is None or instr.fact <= newest.fact:
            self._set(self.newest, origin, instr)
        equality = instr.aux == "eq" or instr.op is _CHECK_EQUAL
        behind: list[Instr] = []
        if equality or instr.op is _CHECK:
            behind = list(islice(_refinements_from(instrs, index + 1), None if instr.op is _CHECK else _NEAR))
        new: list[Relation] = []
        if instr.op is _CHECK:
            new = self._new_relations(relations(instr.args[0], True, self.origin), block, index, behind)
        self.relations.learn(instr)
        self._insert(new, block, behind)
        if equality:
            self._equate(instr, block, index, behind)

    def _rebase(self, instr: Instr) -> None:
        """Let a refinement refine the newest version; what it states stays said of the same origins."""
        args = instr.args
        of_length = self.version if instr.op.traps else self.own_version
        newest = (self.own_version(args[0]), *[of_length(value) for value in args[1:]])
        if newest != args and self.take(instr, "rewritten"):
            instr.args = newest

    def _new_relations(self, taught: list[Relation], block: Block, index: int, instrs: list[Instr]) -> list[Relation]:
        """Those relations that are not known yet, not said by one of `instrs`, and of values used behind this place."""
        new: list[Relation] = []
        stretch = self.uses.stretch(block, index)
        origins = self.origins
        for relation in taught:
            value = relation.value
            origin = origins.get(value, value)
            known = isinstance(origin, Instr) and origin.op is CONST
            if not known and origin not in self.equal and self._is_wanted(origin, relation, stretch):
                new.append(relation)
        if not new:
            return new
        said: dict[Value, list[Instr]] = {}
        for instr in instrs:
            if instr.op is REFINE or instr.op is PROVED:
                said.setdefault(self.origin(instr), []).append(instr)
        return [relation for relation in new if not self._is_said(relation, said) and not self._is_known(relation)]

    def _is_said(self, relation: Relation, said: dict[Value, list[Instr]]) -> bool:
        """Whether one of the refinements `said`, by their origins, says a relation, or lets it follow from facts."""
        value, predicate, other = relation
        if any(self._says(instr, relation) for instr in said.get(self.origin(value), ())):
            return True
        if not isinstance(other, Value):
            return False
        version = self.own_version(value)
        return any(follows_from_facts(version, predicate, instr) for instr in said.get(self.origin(other), ()))

    def _is_wanted(self, origin: Value, relation: Relation, stretch: tuple[int, int]) -> bool:
        """Whether a value is used in a stretch of places, or may be used there for one that it equals."""
        if self._is_used(origin, stretch):
            return True
        other = relation.other
        return relation.predicate == "eq" and isinstance(other, Value) and self._is_used(self.origin(other), stretch)

    def _says(self, refinement: Instr, relation: Relation) -> bool:
        """Whether a refinement of the value says `relation` already, or more."""
        value, predicate, other = relation
        right = other if isinstance(other, Value) else self._constant(value, other)
        said = refinement.aux == predicate and self.relations.same(refinement.args[1], right)
        return said or follows_from_facts(refinement, predicate, right)

    def _is_known(self, relation: Relation) -> bool:
        """Whether a relation follows from what is known before the place where it is learnt."""
        value, predicate, other = relation
        value = self.own_version(value)
        right = self.own_version(other) if isinstance(other, Value) else self._constant(value, other)
        return self.relations.implies(value, predicate, right)

    def _constant(self, value: Value, constant: bool | int) -> Instr:
        return Instr(-1, CONST, (), value.type, constant_fact(value.type, constant), constant)

    def _insert(self, new: list[Relation], block: Block, behind: list[Instr]) -> None:
        """State relations here, in front of the refinements `behind`, of the newest versions."""
        for value, predicate, other in new:
            base = self.own_version(value)
            right = self.own_version(other) if isinstance(other, Value) else other
            constant = right if isinstance(right, Value) else self._constant(base, right)
            if follows_from_facts(base, predicate, constant) or not self.take(base, "inserted"):
                continue
            made = refinement(self.function, base, Relation(base, predicate, right), base.span)
            self._add(made, block)
            if predicate == "eq":
                self._equate(made[-1], block, -1, behind)

    def _add(self, made: tuple[Instr, ...], block: Block) -> None:
        """Put new instructions here, the last of which is the newest version of its first operand."""
        for instr in made:
            instr.block = block
            self.instrs.append(instr)
        version = made[-1]
        self.origins[version] = self.origin(version.args[0])
        self._set(self.newest, self.origin(version), version)

    # ---- conditions -----------------------------------------------------------------------------------------------

    def _decided(self, condition: Value, block: Block) -> Value | None:
        """A version of a comparison made earlier that knows what follows by now from other conditions."""
        comparison = self.origin(condition)
        if not isinstance(comparison, Instr) or comparison.op not in _COMPARISONS:
            return None
        version = self.version(condition)
        if version.fact != ANY_BOOL or rank(comparison.args[0].type):
            return None
        left, right = self.own_version(comparison.args[0]), self.own_version(comparison.args[1])
        if left.type is not BOOL and (left, right) == comparison.args and not self.relations.speak_of(left, right):
            return None  # as for most: the fact says all that is known
        name = comparison.op.name
        holds = self.relations.implies(left, name, right)
        if not holds and not self.relations.implies(left, negated(name, left.type), right):
            return None
        if not self.take(condition, "decided"):
            return None
        narrowing = self.function.new_instr(NARROW, (version,), span=condition.span)
        narrowing.fact = TRUE if holds else FALSE
        self._add((narrowing,), block)
        return narrowing

    # ---- equal values ---------------------------------------------------------------------------------------------

    def _equate(self, instr: Instr, block: Block, index: int, behind: list[Instr]) -> None:
        """Let, from here on, the first defined of the two values that `instr` says are equal stand for the other."""
        origins = [self.origin(value) for value in instr.args]
        if origins[0] is origins[1] or any(origin in self.equal or is_constant(origin) for origin in origins):
            return
        leader, other = origins if self._is_before(origins[0], origins[1]) else reversed(origins)
        if not _are_exchangeable(instr) or not self._is_used(other, self.uses.stretch(block, index)):
            return
        if self._is_static(other) and not self._is_static(leader):
            return  # what shapes an array has to be seen to be static
        newest = self.newest.get(leader, leader)
        known = instr.fact & self.newest.get(other, other).fact
        if not newest.fact <= known and not any(self._narrows(other, leader, known) for other in behind):
            if not self.take(instr, "equated"):
                return
            narrowing = self.function.new_instr(NARROW, (newest,), span=instr.span)
            narrowing.fact = newest.fact & known
            self._add((narrowing,), block)
        self._set(self.equal, other, leader)
        self._add_follower(leader, other)

    def _narrows(self, instr: Instr, origin: Value, known: Fact) -> bool:
        return instr.op.refines and self.origin(instr) is origin and instr.fact <= known

    def _is_used(self, origin: Value, stretch: tuple[int, int]) -> bool:
        """Whether a value, or one that it stands for, is used in a stretch of places."""
        if self.uses.within(origin, stretch):
            return True
        followers = self.followers.get(origin)
        return followers is not None and any(self.uses.within(other, stretch) for other in followers)

    def _is_before(self, left: Value, right: Value) -> bool:
        """Whether the first of two values that dominate this place is defined first."""
        block = left.block
        if block is not right.block:
            return self.tree.dominates(block, right.block)
        if block not in self._order:
            self._order[block] = {value: place for place, value in enumerate((*block.params, *block.instrs))}
        order = self._order[block]
        return order[left] < order[right]

    def _is_static(self, value: Value) -> bool:
        if self._static is None:
            self._static = static_values(self.function)
        return value in self._static


def _refinements_from(instrs: list[Instr], index: int) -> Iterator[Instr]:
    """The refinements that stand at `index` and right behind, before any other instruction than constants."""
    for place in range(index, len(instrs)):
        instr = instrs[place]
        if instr.op.traps or not (instr.op.refines or instr.op is CONST):
            return
        yield instr


def _are_exchangeable(equality: Instr) -> bool:
    """Whether two values that are equal are the same: floats may be zeros of two signs."""
    if rank(equality.type) or not isinstance(equality.fact, FloatFact):
        return rank(equality.type) == 0
    fact = equality.fact
    lo, hi = fact.magnitude_interval
    other = equality.args[1].fact
    assert isinstance(other, FloatFact)
    return lo > 0.0 or hi < 0.0 or not (fact.negative_zero or other.negative_zero)
