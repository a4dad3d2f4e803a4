"""The fact rules: what is known of an operation's result from what is known of its operands.

Each rule takes the (element) type of the result, the operands' facts and the immediate, and gives a fact that contains
every result that the interpreter *and* a kernel can compute from operands within their facts. Two things make that more
than interval arithmetic:

- integers wrap: an exact interval that does not fit the type gives the type's whole range;
- floats in kernels are not IEEE: XLA contracts, reassociates and flushes denormals, so `+ - * / sqrt` keep only the sign
  class and may-be-NaN. Other end points come from refinements or pass through exact operations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from ssair.constants import ArrayConst
from ssair.facts import (
    ANY,
    ANY_BOOL,
    FALSE,
    INF,
    LENGTH,
    MAX_LENGTH,
    TRUE,
    BoolFact,
    Fact,
    FloatFact,
    IntFact,
    bool_fact,
    bottom,
    constant_fact,
    float_fact,
    int_fact,
    top,
)
from ssair.types import BOOL, F32, F64, Type, element_type, integer_range, is_float, is_integer

Facts = Sequence[Fact]
Rule = Callable[[Type, Facts, object], Fact]

_SMALLEST_NORMAL: Final = {F32: 2.0**-126, F64: 2.0**-1022}


def unknown(type: Type, facts: Facts, aux: object) -> Fact:
    """Nothing is known but the type."""
    return top(type)


def nothing(type: Type, facts: Facts, aux: object) -> Fact:
    """A result of which nothing can be known."""
    return ANY


def first(type: Type, facts: Facts, aux: object) -> Fact:
    """What is known of the first operand."""
    return facts[0]


def join(type: Type, facts: Facts, aux: object) -> Fact:
    """The result is one of the operands, or made of all of them."""
    fact = facts[0]
    for other in facts[1:]:
        fact = fact | other
    return fact


def const(type: Type, facts: Facts, aux: object) -> Fact:
    if isinstance(aux, ArrayConst):
        fact = bottom(type)
        for value in set(aux.values):
            fact = fact | constant_fact(type, value)
        # a set merges 0.0 with -0.0
        if is_float(element_type(type)) and any(value == 0 for value in aux.values):
            fact = fact | float_fact(0.0, 0.0, negative_zero=True)
        return fact
    assert isinstance(aux, bool | int | float)
    return constant_fact(type, aux)


# ---- relations ----------------------------------------------------------------------------------------------------


def refine(type: Type, facts: Facts, aux: object) -> Fact:
    """The first operand's fact under `first PRED second`."""
    assert isinstance(aux, str)
    left, right = facts
    if isinstance(left, IntFact) and isinstance(right, IntFact):
        return _refine_int(left, aux, right)
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return _refine_bool(left, aux, right)
    if isinstance(left, FloatFact) and isinstance(right, FloatFact):
        return _refine_float(left, aux, right)
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
    if predicate == "eq":
        return left & right
    if predicate == "ne" and right.constant is not None:
        return left & (FALSE if right.constant else TRUE)
    return left


def _refine_float(left: FloatFact, predicate: str, right: FloatFact) -> Fact:
    lo, hi = right.magnitude_interval
    if predicate in ("nlt", "nle", "ngt", "nge"):
        if left.nan or right.nan:
            return left
        predicate = {"nlt": "ge", "nle": "gt", "ngt": "le", "nge": "lt"}[predicate]
    if predicate == "ne":
        if lo == hi and not left.nan and left.lo == lo:
            return float_fact(math.nextafter(lo, INF), left.hi, False, left.negative_zero and lo != 0)
        return float_fact(left.lo, left.hi, left.nan, left.negative_zero and not (lo == hi == 0))
    if predicate == "eq":
        return _float_between(left, lo, hi)
    if predicate == "lt":
        return _float_between(left, -INF, math.nextafter(hi, -INF))
    if predicate == "le":
        return _float_between(left, -INF, hi)
    if predicate == "gt":
        return _float_between(left, math.nextafter(lo, INF), INF)
    return _float_between(left, lo, INF)


def _float_between(fact: FloatFact, lo: float, hi: float) -> FloatFact:
    """`fact` and `lo <= x <= hi`, where -0.0 counts as 0.0."""
    return float_fact(max(fact.lo, lo), min(fact.hi, hi), False, fact.negative_zero and lo <= 0.0 <= hi)


# ---- arithmetic ---------------------------------------------------------------------------------------------------


def _wrapped(type: Type, lo: int, hi: int) -> Fact:
    least, greatest = integer_range(element_type(type))
    return int_fact(lo, hi) if least <= lo and hi <= greatest else top(type)


def _ints(facts: Facts) -> list[IntFact] | None:
    """The operands as integer facts, all of them non-empty; None if they are floats or one is bottom."""
    ints = [fact for fact in facts if isinstance(fact, IntFact)]
    return ints if len(ints) == len(facts) and not any(fact.is_bottom for fact in ints) else None


def _is_bottom(facts: Facts) -> bool:
    return any(fact.is_bottom for fact in facts)


def add(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return _wrapped(type, left.lo + right.lo, left.hi + right.hi)
    return _float_sum(facts[0], facts[1])


def sub(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return _wrapped(type, left.lo - right.hi, left.hi - right.lo)
    return _float_sum(facts[0], _float_negated(facts[1]))


def mul(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        corners = [a * b for a in (left.lo, left.hi) for b in (right.lo, right.hi)]
        return _wrapped(type, min(corners), max(corners))
    return _float_product(facts[0], facts[1])


def _signs(fact: FloatFact) -> tuple[bool, bool]:
    """Whether the value may be below zero (-0.0 counts), and above or at zero."""
    return fact.lo < 0 or fact.negative_zero, fact.hi >= 0


def _sign_class(negative: bool, positive: bool, nan: bool) -> FloatFact:
    """All values of the signs admitted, zeros and infinities among them."""
    return float_fact(-INF if negative else 0.0, INF if positive else 0.0, nan, negative)


def _float_sum(left: Fact, right: Fact) -> Fact:
    assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
    a_negative, a_positive = _signs(left)
    b_negative, b_positive = _signs(right)
    opposite_infinities = (left.hi == INF and right.lo == -INF) or (left.lo == -INF and right.hi == INF)
    nan = left.nan or right.nan or opposite_infinities
    return _sign_class(a_negative or b_negative, a_positive or b_positive, nan)


def _float_product(left: Fact, right: Fact) -> Fact:
    assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
    a_negative, a_positive = _signs(left)
    b_negative, b_positive = _signs(right)
    negative = (a_negative and b_positive) or (a_positive and b_negative)
    positive = (a_positive and b_positive) or (a_negative and b_negative)
    zero_times_infinity = (_may_be_zero(left) and _may_be_infinite(right)) or (
        _may_be_infinite(left) and _may_be_zero(right)
    )
    return _sign_class(negative, positive, left.nan or right.nan or zero_times_infinity)


def _may_be_zero(fact: FloatFact) -> bool:
    """Whether the value may be a zero, or small enough to be flushed to one."""
    return fact.negative_zero or (fact.lo < 2.0**-126 and fact.hi > -(2.0**-126))


def _may_be_infinite(fact: FloatFact) -> bool:
    return fact.lo == -INF or fact.hi == INF


def div(type: Type, facts: Facts, aux: object) -> Fact:
    left, right = facts
    assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
    if _is_bottom(facts):
        return bottom(type)
    a_negative, a_positive = _signs(left)
    b_negative, b_positive = _signs(right)
    negative = (a_negative and b_positive) or (a_positive and b_negative)
    positive = (a_positive and b_positive) or (a_negative and b_negative)
    # a kernel may multiply with a reciprocal, which overflows before the quotient does
    undefined = (_may_be_zero(left) or _may_be_infinite(left)) and (_may_be_zero(right) or _may_be_infinite(right))
    tiny = abs(right.lo) < 2.0**-100 or abs(right.hi) < 2.0**-100 or right.lo <= 0 <= right.hi
    reciprocal = (_may_be_zero(left) and (tiny or right.negative_zero)) or (
        _may_be_infinite(left) and (right.lo < -(2.0**100) or right.hi > 2.0**100)
    )
    return _sign_class(negative, positive, left.nan or right.nan or undefined or reciprocal)


def _divisor_parts(fact: IntFact) -> list[tuple[int, int]]:
    """The divisor's interval without zero: its negative and its positive part."""
    parts = [(fact.lo, min(fact.hi, -1)), (max(fact.lo, 1), fact.hi)]
    return [(lo, hi) for lo, hi in parts if lo <= hi]


def floordiv(type: Type, facts: Facts, aux: object) -> Fact:
    """Floor division; also of `div_trunc`, which is used where both agree."""
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    left, right = ints
    ends = [a // b for lo, hi in _divisor_parts(right) for a in (left.lo, left.hi) for b in (lo, hi)]
    if not right.nonzero:
        ends += [left.lo, left.hi]
    return _wrapped(type, min(ends), max(ends))


def mod(type: Type, facts: Facts, aux: object) -> Fact:
    """The remainder with the divisor's sign; also of `rem_trunc`, which is used where both agree."""
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    left, right = ints
    lo, hi = min(0, right.lo + 1), max(0, right.hi - 1)
    if left.lo >= 0 and right.lo >= 0:
        hi = min(hi, left.hi)
        if left.hi < right.lo:
            lo = left.lo
    return int_fact(lo, hi)


def power(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    base, exponent = ints
    largest = max(abs(base.lo), abs(base.hi))
    highest = max(exponent.hi, 0)
    if largest > 1 and highest * largest.bit_length() > 128:
        return top(type)
    bound = max(largest, 1) ** min(highest, 1024) if largest > 1 else 1
    return _wrapped(type, 0 if base.lo >= 0 else -bound, bound)


def _float_negated(fact: Fact) -> FloatFact:
    assert isinstance(fact, FloatFact)
    zero_negates = fact.lo <= 0.0 <= fact.hi
    lo, hi = -fact.hi, -fact.lo
    if fact.negative_zero:
        lo, hi = min(lo, 0.0), max(hi, 0.0)
    # an end point at 0.0 that only -0.0 stands for after negation is kept: the interval is closed
    return float_fact(lo, hi, fact.nan, zero_negates)


def neg(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        return _nonzero_if(_wrapped(type, -ints[0].hi, -ints[0].lo), ints[0].nonzero)
    return _float_negated(facts[0])


def _nonzero_if(fact: Fact, nonzero: bool) -> Fact:
    assert isinstance(fact, IntFact)
    return int_fact(fact.lo, fact.hi, nonzero or fact.nonzero)


def absolute(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        lo, hi = ints[0].lo, ints[0].hi
        least = 0 if lo <= 0 <= hi else min(abs(lo), abs(hi))
        return _nonzero_if(_wrapped(type, least, max(abs(lo), abs(hi))), ints[0].nonzero)
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    lo, hi = fact.magnitude_interval
    if lo > hi:
        return float_fact(INF, -INF, fact.nan)
    least_magnitude = 0.0 if lo <= 0.0 <= hi else min(abs(lo), abs(hi))
    return float_fact(least_magnitude, max(abs(lo), abs(hi)), fact.nan)


def sign(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        lo, hi = ints[0].lo, ints[0].hi
        return int_fact((lo > 0) - (lo < 0), (hi > 0) - (hi < 0), ints[0].nonzero)
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    if fact.lo > fact.hi:
        return fact
    tiny = _SMALLEST_NORMAL[element_type(type)]
    lo = -1.0 if fact.lo < 0 else 1.0 if fact.lo >= tiny else 0.0
    hi = 1.0 if fact.hi > 0 else -1.0 if fact.hi <= -tiny else 0.0
    flushed_to_negative_zero = fact.lo < 0 and fact.hi > -tiny
    return float_fact(lo, hi, fact.nan, fact.negative_zero or flushed_to_negative_zero)


def minimum(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return int_fact(min(left.lo, right.lo), min(left.hi, right.hi), left.nonzero and right.nonzero)
    return _float_extreme(facts[0], facts[1], min)


def maximum(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return int_fact(max(left.lo, right.lo), max(left.hi, right.hi), left.nonzero and right.nonzero)
    return _float_extreme(facts[0], facts[1], max)


def _float_extreme(left: Fact, right: Fact, choose: Callable[[float, float], float]) -> Fact:
    assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
    (a_lo, a_hi), (b_lo, b_hi) = left.magnitude_interval, right.magnitude_interval
    nan = left.nan or right.nan
    if a_lo > a_hi or b_lo > b_hi:  # one is always NaN
        return float_fact(INF, -INF, nan)
    return float_fact(choose(a_lo, b_lo), choose(a_hi, b_hi), nan, left.negative_zero or right.negative_zero)


# ---- bits and booleans --------------------------------------------------------------------------------------------


def bit_and(type: Type, facts: Facts, aux: object) -> Fact:
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return bool_fact(left.may_be_false or right.may_be_false, left.may_be_true and right.may_be_true)
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    bounds = [fact.hi for fact in ints if fact.lo >= 0]
    if bounds:
        return int_fact(0, min(bounds))
    highest = max(ints[0].hi, ints[1].hi)
    return _wrapped(type, integer_range(element_type(type))[0], max(highest, -1))


def bit_or(type: Type, facts: Facts, aux: object) -> Fact:
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return bool_fact(left.may_be_false and right.may_be_false, left.may_be_true or right.may_be_true)
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    a, b = ints
    if a.lo >= 0 and b.lo >= 0:
        return int_fact(max(a.lo, b.lo), (1 << max(a.hi, b.hi).bit_length()) - 1, a.nonzero or b.nonzero)
    return _nonzero_if(top(type), a.nonzero or b.nonzero)


def bit_xor(type: Type, facts: Facts, aux: object) -> Fact:
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        if left.constant is not None and right.constant is not None:
            return TRUE if left.constant != right.constant else FALSE
        return bottom(type) if _is_bottom(facts) else ANY_BOOL
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    a, b = ints
    if a.lo >= 0 and b.lo >= 0:
        return int_fact(0, (1 << max(a.hi, b.hi).bit_length()) - 1)
    return top(type)


def logical_not(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    assert isinstance(fact, BoolFact)
    return bool_fact(fact.may_be_true, fact.may_be_false)


def shift_left(type: Type, facts: Facts, aux: object) -> Fact:
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    value, amount = ints
    if amount.lo < 0 or amount.hi > 63:
        return top(type)
    corners = [bound << shift for bound in (value.lo, value.hi) for shift in (amount.lo, amount.hi)]
    return _wrapped(type, min(corners), max(corners))


def shift_right(type: Type, facts: Facts, aux: object) -> Fact:
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    value, amount = ints
    least = max(amount.lo, 0) if amount.hi >= 0 and amount.lo >= 0 else 0
    most = 64 if amount.lo < 0 else min(amount.hi, 64)
    corners = [bound >> shift for bound in (value.lo, value.hi) for shift in (least, most)]
    return int_fact(min(corners), max(corners))


def comparison(name: str) -> Rule:
    """The rule of the comparison `name`: decided where the operands' facts leave one answer."""

    def rule(type: Type, facts: Facts, aux: object) -> Fact:
        left, right = facts
        if _is_bottom(facts):
            return bottom(type)
        if isinstance(left, BoolFact):
            left, right = _as_int(left), _as_int(right)
        if isinstance(left, IntFact) and isinstance(right, IntFact):
            return _compare(name, (left.lo, left.hi), (right.lo, right.hi), _never_equal(left, right))
        assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
        return _compare_floats(name, left, right)

    return rule


def _as_int(fact: Fact) -> IntFact:
    assert isinstance(fact, BoolFact)
    return int_fact(0 if fact.may_be_false else 1, 1 if fact.may_be_true else 0)


def _never_equal(left: IntFact, right: IntFact) -> bool:
    return (left.nonzero and right.constant == 0) or (right.nonzero and left.constant == 0)


def _compare_floats(name: str, left: FloatFact, right: FloatFact) -> Fact:
    a, b = left.magnitude_interval, right.magnitude_interval
    if a[0] > a[1] or b[0] > b[1]:  # one is always NaN
        return TRUE if name == "ne" else FALSE
    fact = _compare(name, a, b, False)
    return fact | (TRUE if name == "ne" else FALSE) if left.nan or right.nan else fact


def _compare(name: str, a: tuple[float, float], b: tuple[float, float], never_equal: bool) -> BoolFact:
    (a_lo, a_hi), (b_lo, b_hi) = a, b
    if name in ("gt", "ge"):
        return _compare({"gt": "lt", "ge": "le"}[name], b, a, never_equal)
    if name in ("eq", "ne"):
        may_be_equal = a_lo <= b_hi and b_lo <= a_hi and not never_equal
        may_differ = not (a_lo == a_hi == b_lo == b_hi)
        return bool_fact(may_differ, may_be_equal) if name == "eq" else bool_fact(may_be_equal, may_differ)
    if name == "lt":
        return bool_fact(a_hi >= b_lo, a_lo < b_hi)
    return bool_fact(a_hi > b_lo, a_lo <= b_hi)


def select(type: Type, facts: Facts, aux: object) -> Fact:
    condition, if_true, if_false = facts
    assert isinstance(condition, BoolFact)
    if condition.constant is not None:
        return if_true if condition.constant else if_false
    return if_true | if_false


# ---- floats -------------------------------------------------------------------------------------------------------


def convert(type: Type, facts: Facts, aux: object) -> Fact:
    fact, target = facts[0], element_type(type)
    if fact.is_bottom:
        return bottom(type)
    if isinstance(fact, BoolFact):
        fact = _as_int(fact)
        if target is BOOL:
            return facts[0]
    if isinstance(fact, IntFact):
        return _convert_int(type, target, fact)
    assert isinstance(fact, FloatFact)
    return _convert_float(type, target, fact)


def _convert_int(type: Type, target: Type, fact: IntFact) -> Fact:
    if target is BOOL:
        return bool_fact(not fact.nonzero, not fact.lo == fact.hi == 0)
    if is_integer(target):
        return _nonzero_if(_wrapped(type, fact.lo, fact.hi), fact.nonzero and fact <= top(type))
    return float_fact(_float_bound(fact.lo, -1), _float_bound(fact.hi, 1))


def _float_bound(bound: int, direction: int) -> float:
    """A float at or beyond `bound` in `direction`, in whatever float type it is rounded."""
    exact = abs(bound) <= 1 << 24
    return float(bound) if exact else float(bound) + direction * abs(bound) * 2.0**-22


def _convert_float(type: Type, target: Type, fact: FloatFact) -> Fact:
    lo, hi = fact.magnitude_interval
    if target is BOOL:
        return bool_fact(_may_be_zero(fact), fact.nan or lo < 0 or hi > 0)
    if is_integer(target):
        least, greatest = integer_range(target)
        ends = [] if lo > hi else [_saturated(lo, least, greatest), _saturated(hi, least, greatest)]
        ends += [0] if fact.nan else []
        return int_fact(min(ends), max(ends))
    if fact.lo > fact.hi:
        return fact
    exact = target is F64 and not (0 < fact.lo < 2.0**-126 or -(2.0**-126) < fact.hi < 0)
    if exact and fact.lo >= 0:
        return fact  # every f32 is an f64
    negative, positive = _signs(fact)
    return _sign_class(negative, positive, fact.nan)


def _saturated(value: float, least: int, greatest: int) -> int:
    if value in (INF, -INF):
        return greatest if value > 0 else least
    return max(least, min(greatest, int(value)))


def isnan(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    return bool_fact(fact.negative_zero or fact.lo <= fact.hi, fact.nan)


def isinf(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    if fact.is_bottom:
        return bottom(type)
    only = fact.lo == fact.hi and abs(fact.lo) == INF and not fact.nan and not fact.negative_zero
    return bool_fact(not only, fact.lo <= fact.hi and _may_be_infinite(fact))


def rounding(type: Type, facts: Facts, aux: object) -> Fact:
    """`floor`, `ceil`, `round`: the bounds go out to whole numbers."""
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    if fact.lo > fact.hi:
        return fact
    lo = fact.lo if abs(fact.lo) >= 2.0**53 else float(math.floor(fact.lo))
    hi = fact.hi if abs(fact.hi) >= 2.0**53 else float(math.ceil(fact.hi))
    return float_fact(lo, hi, fact.nan, fact.negative_zero or fact.lo < 0)


def sqrt(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    if fact.is_bottom:
        return bottom(type)
    return float_fact(0.0, INF, fact.nan or fact.lo < 0, fact.negative_zero or fact.lo < 0)


def exp(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    assert isinstance(fact, FloatFact)
    return float_fact(0.0, INF, fact.nan)


# ---- arrays -------------------------------------------------------------------------------------------------------


def _zero(type: Type) -> Fact:
    element = element_type(type)
    return constant_fact(type, False if element is BOOL else 0 if is_integer(element) else 0.0)


def iota(type: Type, facts: Facts, aux: object) -> Fact:
    count = facts[0]
    assert isinstance(count, IntFact)
    return int_fact(0, max(0, min(count.hi, MAX_LENGTH) - 1))


def length(type: Type, facts: Facts, aux: object) -> Fact:
    return LENGTH


def position(type: Type, facts: Facts, aux: object) -> Fact:
    """A place in an array (0 in an empty one)."""
    return int_fact(0, MAX_LENGTH - 1)


def element(type: Type, facts: Facts, aux: object) -> Fact:
    """An element of the first operand, or zero where it is empty."""
    return facts[0] | _zero(type)


def update(type: Type, facts: Facts, aux: object) -> Fact:
    return facts[0] | facts[1]


def total(type: Type, facts: Facts, aux: object) -> Fact:
    fact = facts[0]
    if isinstance(fact, FloatFact):
        negative, positive = _signs(fact)
        return _sign_class(negative, True, fact.nan or (negative and positive))
    return top(type)


# ---- checks -------------------------------------------------------------------------------------------------------


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
    return _check_convert(facts[0], -(2.0**31) - 1.0, 2.0**31)


def check_convert_i64(type: Type, facts: Facts, aux: object) -> Fact:
    return _check_convert(facts[0], -(2.0**63), 2.0**63)


def _check_convert(fact: Fact, lo: float, hi: float) -> Fact:
    assert isinstance(fact, FloatFact)
    return float_fact(max(fact.lo, lo), min(fact.hi, hi), False, fact.negative_zero)


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
    return size if least.is_bottom else size & int_fact(least.lo, max(size.hi, least.lo))
