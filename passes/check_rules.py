"""When a check cannot fail: one rule a check, by the facts of its operands and the relations that lead to them.

A proved check is its first operand. A check that surely fails stays: it has to report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.facts import TRUE, FloatFact, IntFact
from ssair.ir import Value
from ssair.ops import OPS, Op
from ssair.passes.known_relations import KnownRelations

Proof = Callable[[Sequence[Value], KnownRelations], bool]


def _interval(value: Value) -> IntFact:
    assert isinstance(value.fact, IntFact)
    return value.fact


def is_below(index: Value, length: Value, relations: KnownRelations) -> bool:
    """Whether an integer is surely below another."""
    return _interval(index).hi < _interval(length).lo or relations.truth(index, "lt", length) is True


def is_index(index: Value, length: Value, relations: KnownRelations) -> bool:
    """Whether `0 <= index < length` surely holds."""
    return _interval(index).lo >= 0 and is_below(index, length, relations)


def _are_equal(args: Sequence[Value], relations: KnownRelations) -> bool:
    left, right = args
    known = left.fact.constant
    if known is not None and known == right.fact.constant:
        return True
    return relations.same(left, right) or relations.truth(left, "eq", right) is True


def _is_at_least(args: Sequence[Value], relations: KnownRelations) -> bool:
    size, least = args
    if _interval(size).lo >= _interval(least).hi or relations.same(size, least):
        return True
    return relations.truth(size, "ge", least) is True


def _converts_within(least: float, limit: float) -> Proof:
    """A float above `least` and below `limit` that is a number."""

    def proof(args: Sequence[Value], relations: KnownRelations) -> bool:
        fact = args[0].fact
        assert isinstance(fact, FloatFact)
        lo, hi = fact.magnitude_interval
        return not fact.nan and least < lo <= hi < limit

    return proof


PROOFS: Final[dict[Op, Proof]] = {
    OPS["check_index"]: lambda args, relations: is_index(args[0], args[1], relations),
    OPS["check_nonzero"]: lambda args, relations: _interval(args[0]).nonzero,
    OPS["check_exponent"]: lambda args, relations: _interval(args[0]).lo >= 0,
    OPS["check_convert_i32"]: _converts_within(-(2.0**31) - 1.0, 2.0**31),
    OPS["check_convert_i64"]: _converts_within(-(2.0**63) - 2.0**11, 2.0**63),
    OPS["check"]: lambda args, relations: args[0].fact == TRUE,
    OPS["check_nonempty"]: lambda args, relations: _interval(args[0]).lo >= 1,
    OPS["check_equal"]: _are_equal,
    OPS["check_at_least"]: _is_at_least,
}
