"""The fact rules of floats: what holds of a result in the interpreter and in every kernel.

Kernels are not IEEE: XLA contracts, reassociates, divides by multiplying, and may flush subnormals, comparisons too.
What the rules here rely on, and keep true of every fact:

- *Flushing.* A device flushes everywhere or nowhere, keeping the sign. The fact of a value contains what the
  interpreter computes and, where a device flushes, the flushed value; so exact operations (negation, absolute value,
  extremes, rounding, comparisons, refinements) work on the plain bounds. It begins with the constants:
  `facts.constant_fact`.
- *Sign class.* Of `+ - * / sqrt` only the signs of the results are kept; a class holds all that rounds into it.
- *NaN.* Constants that XLA brings together overflow or vanish before their product with the rest does: `(x * 1e200) *
  1e200` is NaN for x = 0, `(x + 1e308) + 1e308` for x = -inf, `x / y / z` and `x / 1.7e308` for x = inf. A result is
  taken to be a number only where that cannot be.

Source: the rewrites were observed on XLA for CPU; Muchnick, "Advanced Compiler Design", 1997, for the plain intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from ssair.facts import FALSE, INF, TRUE, BoolFact, Fact, FloatFact, bool_fact, bottom, float_fact, int_fact
from ssair.types import BOOL, F32, F64, Type, integer_range, is_integer

#: Beyond this, constants that are added up may overflow.
_LARGE: Final = 2.0**100
_NEGATION: Final = {"nlt": "ge", "nle": "gt", "ngt": "le", "nge": "lt"}

# ---- relations ----------------------------------------------------------------------------------------------------


def refined(left: FloatFact, predicate: str, right: FloatFact) -> FloatFact:
    """What is known of a value of `left` that stands in a relation to one of `right`."""
    lo, hi = right.magnitude_interval
    if predicate in _NEGATION:
        if left.nan or right.nan:
            return left
        predicate = _NEGATION[predicate]
    if predicate == "ne":
        return _without(left, lo) if lo == hi and not right.nan else left
    if lo > hi:  # the other is always NaN: no relation holds
        return float_fact(INF, -INF)
    if predicate == "eq":
        return _between(left, lo, hi)
    if predicate == "lt":
        return _between(left, -INF, math.nextafter(hi, -INF))
    if predicate == "le":
        return _between(left, -INF, hi)
    if predicate == "gt":
        return _between(left, math.nextafter(lo, INF), INF)
    return _between(left, lo, INF)


def _between(fact: FloatFact, lo: float, hi: float) -> FloatFact:
    """`fact` and `lo <= x <= hi`, where -0.0 counts as 0.0."""
    return float_fact(max(fact.lo, lo), min(fact.hi, hi), False, fact.negative_zero and lo <= 0.0 <= hi)


def _without(fact: FloatFact, value: float) -> FloatFact:
    """`fact` without `value`, where that is an end of the interval; zero goes with its sign."""
    lo = math.nextafter(fact.lo, INF) if fact.lo == value else fact.lo
    hi = math.nextafter(fact.hi, -INF) if fact.hi == value else fact.hi
    if fact.lo == fact.hi == value:
        lo, hi = INF, -INF
    return float_fact(lo, hi, fact.nan, fact.negative_zero and value != 0.0)


def compared(name: str, a: tuple[float, float], b: tuple[float, float]) -> BoolFact:
    """What a comparison of numbers of two intervals may give."""
    if name in ("gt", "ge"):
        return compared({"gt": "lt", "ge": "le"}[name], b, a)
    (a_lo, a_hi), (b_lo, b_hi) = a, b
    if name in ("eq", "ne"):
        may_be_equal = a_lo <= b_hi and b_lo <= a_hi
        may_differ = not (a_lo == a_hi == b_lo == b_hi)
        return bool_fact(may_differ, may_be_equal) if name == "eq" else bool_fact(may_be_equal, may_differ)
    if name == "lt":
        return bool_fact(a_hi >= b_lo, a_lo < b_hi)
    return bool_fact(a_hi > b_lo, a_lo <= b_hi)


def comparison(name: str, left: FloatFact, right: FloatFact) -> Fact:
    """Decided where the facts leave one answer; NaN is equal to nothing and below nothing."""
    a, b = left.magnitude_interval, right.magnitude_interval
    unordered = TRUE if name == "ne" else FALSE
    if a[0] > a[1] or b[0] > b[1]:  # one is always NaN
        return unordered
    fact = compared(name, a, b)
    return fact | unordered if left.nan or right.nan else fact


# ---- arithmetic ---------------------------------------------------------------------------------------------------


def signs(fact: FloatFact) -> tuple[bool, bool]:
    """Whether the value may be below zero (-0.0 counts), and above or at zero."""
    return fact.lo < 0 or fact.negative_zero, fact.hi >= 0


def sign_class(negative: bool, positive: bool, nan: bool) -> FloatFact:
    """All values of the signs admitted, zeros and infinities among them."""
    if not (negative or positive):
        return float_fact(INF, -INF, nan)
    return float_fact(-INF if negative else 0.0, INF if positive else 0.0, nan, negative)


def added(left: FloatFact, right: FloatFact) -> FloatFact:
    """The fact of a sum: NaN where infinities of both signs may meet, reassociated constants among them."""
    a_negative, a_positive = signs(left)
    b_negative, b_positive = signs(right)
    meet = (
        (left.hi == INF and right.lo < -_LARGE)
        or (left.hi > _LARGE and right.lo == -INF)
        or (left.lo == -INF and right.hi > _LARGE)
        or (left.lo < -_LARGE and right.hi == INF)
    )
    return sign_class(a_negative or b_negative, a_positive or b_positive, left.nan or right.nan or meet)


def multiplied(left: FloatFact, right: FloatFact) -> FloatFact:
    """The fact of a product: no NaN where zero meets at most 1, and infinity at least 1, in magnitude."""
    nan = left.nan or right.nan or _vanishes_or_overflows(left, right) or _vanishes_or_overflows(right, left)
    return _sign_of_product(left, right, nan)


def _vanishes_or_overflows(fact: FloatFact, factor: FloatFact) -> bool:
    lo, hi = factor.magnitude_interval
    may_exceed_one = lo < -1.0 or hi > 1.0
    may_be_below_one = lo < 1.0 and hi > -1.0
    return (_may_be_zero(fact) and may_exceed_one) or (_may_be_infinite(fact) and may_be_below_one)


def divided(left: FloatFact, right: FloatFact) -> FloatFact:
    """The fact of a quotient: no NaN where both are finite and not zero."""
    special = any(_may_be_zero(fact) or _may_be_infinite(fact) for fact in (left, right))
    return _sign_of_product(left, right, left.nan or right.nan or special)


def _sign_of_product(left: FloatFact, right: FloatFact, nan: bool) -> FloatFact:
    a_negative, a_positive = signs(left)
    b_negative, b_positive = signs(right)
    negative = (a_negative and b_positive) or (a_positive and b_negative)
    positive = (a_positive and b_positive) or (a_negative and b_negative)
    return sign_class(negative, positive, nan)


def _may_be_zero(fact: FloatFact) -> bool:
    return fact.negative_zero or fact.lo <= 0.0 <= fact.hi


def _may_be_infinite(fact: FloatFact) -> bool:
    return fact.lo <= fact.hi and (fact.lo == -INF or fact.hi == INF)


def root(fact: FloatFact) -> FloatFact:
    """The fact of a square root: NaN below zero, and -0.0 of -0.0."""
    if fact.is_bottom:
        return fact
    return float_fact(0.0, INF, fact.nan or fact.lo < 0, fact.negative_zero)


def exponential(fact: FloatFact) -> FloatFact:
    """The fact of `exp`: nothing below zero."""
    return fact if fact.is_bottom else float_fact(0.0, INF, fact.nan)


def total(fact: FloatFact) -> FloatFact:
    """The fact of a sum over an array, in any order; 0.0 of an empty one."""
    negative, positive = signs(fact)
    return sign_class(negative, True, fact.nan or (negative and positive))


# ---- exact operations ---------------------------------------------------------------------------------------------


def negated(fact: FloatFact) -> FloatFact:
    """The fact of the negation; 0.0 stays admitted, for `0.0 - x` and `-(x - y)` are taken for one another."""
    lo, hi = -fact.hi, -fact.lo
    if fact.negative_zero:
        lo, hi = min(lo, 0.0), max(hi, 0.0)
    return float_fact(lo, hi, fact.nan, fact.lo <= 0.0 <= fact.hi)


def magnitude(fact: FloatFact) -> FloatFact:
    """The fact of the absolute value."""
    lo, hi = fact.magnitude_interval
    if lo > hi:
        return fact
    least = 0.0 if lo <= 0.0 <= hi else min(abs(lo), abs(hi))
    return float_fact(least, max(abs(lo), abs(hi)), fact.nan)


def sign(fact: FloatFact) -> FloatFact:
    """The fact of the sign: NaN and -0.0 stay what they are."""
    if fact.lo > fact.hi:
        return fact
    lo, hi = (-1.0 if end < 0 else 1.0 if end > 0 else 0.0 for end in (fact.lo, fact.hi))
    return float_fact(lo, hi, fact.nan, fact.negative_zero)


def extreme(choose: Callable[[float, float], float], left: FloatFact, right: FloatFact) -> FloatFact:
    """The fact of the lesser (`choose` is min) or the greater; NaN is passed on."""
    if left.is_bottom or right.is_bottom:
        return float_fact(INF, -INF)
    (a_lo, a_hi), (b_lo, b_hi) = left.magnitude_interval, right.magnitude_interval
    nan = left.nan or right.nan
    if a_lo > a_hi or b_lo > b_hi:  # one is always NaN
        return float_fact(INF, -INF, nan)
    # zeros are ordered by their signs: the one above is the lesser only of two such, the one below the greater
    below = [fact.negative_zero or (fact.lo < 0 if choose is max else fact.hi >= 0) for fact in (left, right)]
    negative_zero = (left.negative_zero or right.negative_zero) and all(below)
    return float_fact(choose(a_lo, b_lo), choose(a_hi, b_hi), nan, negative_zero)


def rounded(fact: FloatFact) -> FloatFact:
    """The fact of `floor`, `ceil` and `round`: the bounds go out to whole numbers, what is just below zero to -0.0."""
    if fact.lo > fact.hi:
        return fact
    lo = fact.lo if abs(fact.lo) >= 2.0**53 else float(math.floor(fact.lo))
    hi = fact.hi if abs(fact.hi) >= 2.0**53 else float(math.ceil(fact.hi))
    return float_fact(lo, hi, fact.nan, fact.negative_zero or (fact.lo < 0 and fact.hi > -1.0))


def isnan(fact: FloatFact) -> Fact:
    """Whether the value is NaN."""
    return bool_fact(fact.negative_zero or fact.lo <= fact.hi, fact.nan)


def isinf(fact: FloatFact) -> Fact:
    """Whether the value is an infinity."""
    only = fact.lo == fact.hi and abs(fact.lo) == INF
    others = (fact.lo <= fact.hi and not only) or fact.nan or fact.negative_zero
    return bool_fact(others, _may_be_infinite(fact))


# ---- conversions --------------------------------------------------------------------------------------------------


def converted(type: Type, target: Type, fact: FloatFact) -> Fact:
    """The fact of a conversion to the scalar type `target`; integers saturate, and NaN gives 0."""
    lo, hi = fact.magnitude_interval
    if fact.is_bottom:
        return bottom(type)
    if target is BOOL:
        return bool_fact(lo <= 0.0 <= hi, fact.nan or lo < 0 or hi > 0)
    if is_integer(target):
        least, greatest = integer_range(target)
        ends = [] if lo > hi else [_saturated(lo, least, greatest), _saturated(hi, least, greatest)]
        ends += [0] if fact.nan else []
        return int_fact(min(ends), max(ends))
    if target is F64 or fact.lo > fact.hi:
        return fact  # every f32 is an f64
    assert target is F32
    negative, positive = signs(fact)
    return sign_class(negative, positive, fact.nan)


def _saturated(value: float, least: int, greatest: int) -> int:
    if value in (INF, -INF):
        return greatest if value > 0 else least
    return max(least, min(greatest, int(value)))


def checked_conversion(lo: float, hi: float, fact: FloatFact) -> FloatFact:
    """What is known of a float that fits an integer type: `lo < x < hi`, or less."""
    return float_fact(max(fact.lo, lo), min(fact.hi, hi), False, fact.negative_zero)
