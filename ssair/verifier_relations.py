"""What is known to hold at a place of the dominator tree, for the verifier's rule `refine`.

A relation is known where a dominating edge or check says so, and is compared by the origins of its values (constants by
their bits), so that it does not matter which version of a value a pass has put into the branch or the refinement. The
relations of a block are forgotten when the walk leaves it. What is known of two values is a set of predicates, in bits:
a look-up takes constant time; each relation is added once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.cfg import incoming_edges
from ssair.constants import constant_key
from ssair.facts import FloatFact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import COMPARISONS, CONST, OPS, PREDICATES, REFINE, SWAPPED
from ssair.refinement import OriginOf, Relation, edge_relations, relations
from ssair.types import BOOL, is_float, is_numeric, rank

#: The predicates that imply each predicate, itself aside.
IMPLIED_BY: Final = {
    "eq": (),
    "ne": ("lt", "gt", "nle", "nge"),
    "lt": (),
    "le": ("lt", "eq"),
    "gt": (),
    "ge": ("gt", "eq"),
    "nlt": ("ge", "gt", "eq", "nle"),
    "nle": ("gt",),
    "ngt": ("le", "lt", "eq", "nge"),
    "nge": ("lt",),
}
#: The bit of each predicate, and those of the predicates that imply it.
_BITS: Final = {predicate: 1 << place for place, predicate in enumerate(PREDICATES)}
_IMPLYING: Final = {
    predicate: sum(_BITS[other] for other in (predicate, *others)) for predicate, others in IMPLIED_BY.items()
}
#: The same of a relation that is known the other way round.
_IMPLYING_SWAPPED: Final = {predicate: _IMPLYING[SWAPPED[predicate]] for predicate in PREDICATES}
_OPPOSITE: Final = {"eq": "ne", "ne": "eq"}
_POSITIVE: Final = {"nlt": "ge", "nle": "gt", "ngt": "le", "nge": "lt"}
#: The keys of the truth values.
_TRUTHS: Final = {truth: constant_key(BOOL, truth) for truth in (False, True)}
#: What holds after each check of scalars: an operand, a predicate, and an operand or (as a string) an integer.
_TAUGHT: Final[dict[str, tuple[tuple[int, str, int | str], ...]]] = {
    "check_index": ((0, "lt", 1), (0, "ge", "0")),
    "check_nonzero": ((0, "ne", "0"),),
    "check_exponent": ((0, "ge", "0"),),
    "check_nonempty": ((0, "ge", "1"), (0, "gt", "0")),
    "check_equal": ((0, "eq", 1),),
    "check_at_least": ((0, "ge", 1),),
}
_CHECK: Final = OPS["check"]
#: A tuple, for a union would be made anew each time that it is asked about.
_SCALARS: Final = (bool, int, float)


class KnownRelations:
    """The relations that hold at the place of a walk over the dominator tree."""

    def __init__(self, function: Function, origins: dict[Value, Value] | None = None) -> None:
        """`origins` are those of refinements as far as they are found; more are added."""
        self._incoming = incoming_edges(function)
        #: By two keys, in one order or the other, the bits of the predicates that are known of them.
        self._known: dict[tuple[object, object], int] = {}
        #: The entries that were changed, and what they were; by block that has been entered, where its own begin.
        self._changed: list[tuple[object, object]] = []
        self._before: list[int] = []
        self._begins: list[int] = []
        #: How many of those blocks are entered where a condition holds that is known to be false, so that no control
        #: comes: all is justified there.
        self._never = 0
        self._begins_never: list[bool] = []
        self._origins: dict[Value, Value] = origins if origins is not None else {}

    def enter(self, block: Block, taught: list[Relation] | None = None) -> None:
        """Learn what the edge into `block` says, if it is the only one; `taught` is that, where it is found already."""
        self._begins.append(len(self._changed))
        self._begins_never.append(False)
        self._learn(self.taught_by_edge(block) if taught is None else taught)

    def taught_by_edge(self, block: Block) -> list[Relation]:
        """What the edge into `block` says, if it is the only one."""
        incoming = self._incoming[block]
        if len(incoming) != 1:
            return []
        return edge_relations(incoming[0].source, incoming[0].index, self._origin)

    def leave(self) -> None:
        """Forget what was learnt since the matching `enter`."""
        known, changed, begin = self._known, self._changed, self._begins.pop()
        while len(changed) > begin:
            pair, before = changed.pop(), self._before.pop()
            if before:
                known[pair] = before
            else:
                del known[pair]
        self._never -= self._begins_never.pop()

    def learn(self, instr: Instr) -> None:
        """Learn what a check or a justified refinement says."""
        if instr.op is REFINE:
            assert isinstance(instr.aux, str)
            self._add(instr.args[0], instr.aux, self.key(instr.args[1]))
        elif instr.op.traps:
            self._learn(stated_by_check(instr, self._origin))

    def justifies(self, refine: Instr) -> bool:
        """Whether what a `refine` states is known here, or follows from the facts of its operands."""
        left, right = refine.args
        assert isinstance(refine.aux, str)
        return self.implies(left, refine.aux, right)

    def implies(self, left: Value, predicate: str, right: Value) -> bool:
        """Whether `left PREDICATE right` is known here, or follows from the facts of the two."""
        predicate = _canonical(left, predicate)
        left_key, right_key = self.key(left), self.key(right)
        if self._never or self._is_known(left_key, predicate, right_key):
            return True
        return (
            follows_from_facts(left, predicate, right)
            or (left.type is BOOL and self._holds_of_other_truth(left_key, predicate, right_key))
            or (left_key == right_key and (predicate in ("nlt", "ngt") or _reflexive(left, predicate, right)))
        )

    def _is_known(self, left: object, predicate: str, right: object) -> bool:
        """Whether relations between two keys say that the predicate holds."""
        known = self._known
        return bool(
            known.get((left, right), 0) & _IMPLYING[predicate]
            or known.get((right, left), 0) & _IMPLYING_SWAPPED[predicate]
        )

    def speak_of(self, left: Value, right: Value) -> bool:
        """Whether anything but their facts tells of two values here, in the one order or the other."""
        left_key, right_key = self.key(left), self.key(right)
        known = self._known
        return (
            bool(self._never)
            or left_key == right_key
            or (left_key, right_key) in known
            or (right_key, left_key) in known
        )

    def _holds_of_other_truth(self, left: object, predicate: str, right: object) -> bool:
        """Whether `x == false` is known for `x != true`, and the like: passes change which of the two a branch says."""
        opposite = _OPPOSITE.get(predicate)
        return opposite is not None and (
            self._is_known(left, opposite, _other_truth(right)) or self._is_known(_other_truth(left), opposite, right)
        )

    def same(self, left: Value, right: Value) -> bool:
        """Whether two values are versions of one, or equal constants."""
        return left is right or self.key(left) == self.key(right)

    def _learn(self, found: Iterable[Relation]) -> None:
        before: Relation | None = None
        for relation in found:
            value, predicate, other = relation
            if before is None or other is not before.value or value is not before.other:  # else it is that, mirrored
                self._add(value, predicate, self.key(other) if isinstance(other, Value) else _constant(value, other))
            before = relation

    def _add(self, value: Value, predicate: str, other: object) -> None:
        if predicate in _POSITIVE:
            predicate = _canonical(value, predicate)
        key = self.key(value)
        if predicate == "eq" and key != other and _is_exact_constant(value, key) and isinstance(other, tuple):
            self._never += not self._begins_never[-1]
            self._begins_never[-1] = True
            return
        pair, known = (key, other), self._known
        before, bit = known.get(pair, 0), _BITS[predicate]
        if not before & bit:
            self._changed.append(pair)
            self._before.append(before)
            known[pair] = before | bit

    def _origin(self, value: Value) -> Value:
        """The origin of a value; found once a value, since chains of refinements are long."""
        if not isinstance(value, Instr) or not value.op.refines:
            return value
        chain: list[Value] = []
        while isinstance(value, Instr) and value.op.refines:
            chain.append(value)
            value = self._origins.get(value, value.args[0])
        for version in chain:
            self._origins[version] = value
        return value

    def key(self, value: Value) -> object:
        """The origin of a value, or what tells a constant."""
        origin = value
        if isinstance(value, Instr) and value.op.refines:
            origin = self._origins.get(value) or self._origin(value)
        if isinstance(origin, Instr) and origin.op is CONST and isinstance(origin.aux, _SCALARS):
            return constant_key(origin.type, origin.aux)
        return origin


def stated_by_check(check: Instr, origin_of: OriginOf = Value.origin) -> list[Relation]:
    """All that holds of scalars behind a check."""
    if check.op is _CHECK:
        return relations(check.args[0], True, origin_of)
    if rank(check.type):
        return []
    return [
        Relation(check.args[left], predicate, int(right) if isinstance(right, str) else check.args[right])
        for left, predicate, right in _TAUGHT.get(check.op.name, ())
    ]


def _other_truth(key: object) -> object:
    """The key of the other truth value, for that of one; else what is the key of nothing."""
    return next((_TRUTHS[not truth] for truth in (False, True) if key == _TRUTHS[truth]), None)


def _constant(value: Value, constant: int) -> object:
    """The key of a constant of the type of `value`."""
    return _TRUTHS[bool(constant)] if value.type is BOOL else constant_key(value.type, constant)


def _canonical(value: Value, predicate: str) -> str:
    """The predicate, a negated one by its positive name where nothing is unordered."""
    return predicate if is_float(value.type) else _POSITIVE.get(predicate, predicate)


def _is_exact_constant(value: Value, key: object) -> bool:
    """Whether the key is that of a constant that no other key equals: one of an integer or a truth value."""
    return isinstance(key, tuple) and not is_float(value.type)


def _reflexive(left: Value, predicate: str, right: Value) -> bool:
    """Whether the predicate holds between a value and itself, of which there are two versions."""
    may_be_nan = all(isinstance(version.fact, FloatFact) and version.fact.nan for version in (left, right))
    return predicate in ("eq", "le", "ge") and not may_be_nan


def follows_from_facts(left: Value, predicate: str, right: Value) -> bool:
    """Whether the facts of two scalars leave no other answer than that `left PREDICATE right`."""
    if left.fact.is_bottom or right.fact.is_bottom:
        return True
    if rank(left.type) or not (is_numeric(left.type) or left.type is BOOL):
        return False
    holds = predicate in COMPARISONS
    comparison = COMPARISONS[predicate if holds else predicate[1:]]
    return comparison.fact_rule(BOOL, (left.fact, right.fact), None).constant is holds
