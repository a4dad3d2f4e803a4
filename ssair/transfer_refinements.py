"""The fact rules of refinements and checks: what is known of the first operand, now that a relation holds of it.

Behind `refine x lt y` and behind a check that passed, the first operand is what it was, and the rest of its fact is
ruled out. Operands of which no value is possible leave none of the result.
"""

from __future__ import annotations

from ssair import transfer_floats as floats
from ssair.facts import FALSE, TRUE, BoolFact, Fact, FloatFact, IntFact, bottom, int_fact
from ssair.transfer import Facts
from ssair.types import Type

# ---- relations ------------------------------------------------------------------------------------------------------


def refine(type: Type, facts: Facts, aux: object) -> Fact:
    """The first operand's fact under `first PRED second`."""
    assert isinstance(aux, str)
    left, right = facts
    if left.is_bottom or right.is_bottom:
        return bottom(type)
    if isinstance(left, IntFact) and isinstance(right, IntFact):
        return _refine_int(left, aux, right)
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return _refine_bool(left, aux, right)
    if isinstance(left, FloatFact) and isinstance(right, FloatFact):
        return bottom(type) if right.is_bottom else floats.refined(left, aux, right)
    return left


def _refine_int(left: IntFact, predicate: str, right: IntFact) -> Fact:
    if right.is_bottom:
        return right
    if predicate == "eq":
        return left & right
    if predicate == "ne":
        return _int_without(left, right)
    if predicate in ("lt", "nge"):
        return left & int_fact(left.lo, right.hi - 1)
    if predicate in ("le", "ngt"):
        return left & int_fact(left.lo, right.hi)
    if predicate in ("gt", "nle"):
        return left & int_fact(right.lo + 1, left.hi)
    return left & int_fact(right.lo, left.hi)


def _int_without(left: IntFact, right: IntFact) -> Fact:
    value = right.constant
    if value is None:
        return left
    lo = left.lo + 1 if left.lo == value else left.lo
    hi = left.hi - 1 if left.hi == value else left.hi
    return int_fact(lo, hi, left.nonzero or value == 0)


def _refine_bool(left: BoolFact, predicate: str, right: BoolFact) -> Fact:
    if predicate == "eq" or right.is_bottom:
        return left & right
    if predicate == "ne" and right.constant is not None:
        return left & (FALSE if right.constant else TRUE)
    return left


# ---- checks ---------------------------------------------------------------------------------------------------------


def check_index(type: Type, facts: Facts, aux: object) -> Fact:
    index, count = facts
    assert isinstance(count, IntFact)
    return index & int_fact(0, count.hi - 1)


def check_nonzero(type: Type, facts: Facts, aux: object) -> Fact:
    divisor = facts[0]
    assert isinstance(divisor, IntFact)
    return int_fact(divisor.lo, divisor.hi, True)


def check_exponent(type: Type, facts: Facts, aux: object) -> Fact:
    exponent = facts[0]
    assert isinstance(exponent, IntFact)
    return exponent & int_fact(0, max(0, exponent.hi))


def check_convert_i32(type: Type, facts: Facts, aux: object) -> Fact:
    return _converted(-(2.0**31) - 1.0, 2.0**31, facts[0])


def check_convert_i64(type: Type, facts: Facts, aux: object) -> Fact:
    return _converted(-(2.0**63), 2.0**63, facts[0])


def _converted(above: float, below: float, fact: Fact) -> Fact:
    assert isinstance(fact, FloatFact)
    return floats.checked_conversion(above, below, fact)


def check(type: Type, facts: Facts, aux: object) -> Fact:
    return facts[0] & TRUE


def check_nonempty(type: Type, facts: Facts, aux: object) -> Fact:
    count = facts[0]
    assert isinstance(count, IntFact)
    return count & int_fact(1, max(1, count.hi))


def check_equal(type: Type, facts: Facts, aux: object) -> Fact:
    return facts[0] & facts[1]


def check_at_least(type: Type, facts: Facts, aux: object) -> Fact:
    size, least = facts
    assert isinstance(size, IntFact) and isinstance(least, IntFact)
    return least if least.is_bottom else size & int_fact(least.lo, max(size.hi, least.lo))
