"""Conditions of rewrite rules: what must be known of the values that a pattern has bound.

Each takes the names of variables and gives a test of a binding; facts are those of the versions that the pattern met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ssair.facts import Fact, FloatFact, IntFact, top
from ssair.ir import Value

Binding = Mapping[str, Value]
Condition = Callable[[Binding], bool]


def nonzero(name: str) -> Condition:
    """An integer that is not zero."""
    return lambda binding: _is_nonzero(binding[name].fact)


def _is_nonzero(fact: Fact) -> bool:
    return isinstance(fact, IntFact) and fact.nonzero


def not_nan(*names: str) -> Condition:
    """Floats none of which may be NaN."""
    return lambda binding: not any(_may_be_nan(binding[name].fact) for name in names)


def _may_be_nan(fact: Fact) -> bool:
    return not isinstance(fact, FloatFact) or fact.nan


def not_negative_zero(name: str) -> Condition:
    """A float that is not -0.0."""

    def holds(binding: Binding) -> bool:
        fact = binding[name].fact
        return isinstance(fact, FloatFact) and not fact.negative_zero

    return holds


def not_negative(name: str) -> Condition:
    """A number that has no minus sign: neither below zero nor -0.0 (NaN counts as none)."""

    def holds(binding: Binding) -> bool:
        fact = binding[name].fact
        if isinstance(fact, FloatFact):
            return fact.lo >= 0 and not fact.negative_zero
        return isinstance(fact, IntFact) and fact.lo >= 0

    return holds


def not_positive(name: str) -> Condition:
    """An integer that is zero or less, or a float below 0.0 (-0.0 and NaN included)."""

    def holds(binding: Binding) -> bool:
        fact = binding[name].fact
        if isinstance(fact, FloatFact):
            return fact.hi < 0
        return isinstance(fact, IntFact) and fact.hi <= 0

    return holds


def at_most(low: str, high: str) -> Condition:
    """`low <= high` whatever they are; for floats `low < high` and no NaN, since zeros are ordered by their signs."""

    def holds(binding: Binding) -> bool:
        left, right = binding[low].fact, binding[high].fact
        if isinstance(left, IntFact) and isinstance(right, IntFact):
            return left.hi <= right.lo
        assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
        return not left.nan and not right.nan and left.magnitude_interval[1] < right.magnitude_interval[0]

    return holds


def within_remainders(dividend: str, divisor: str) -> Condition:
    """`0 <= dividend < divisor`."""

    def holds(binding: Binding) -> bool:
        left, right = binding[dividend].fact, binding[divisor].fact
        return isinstance(left, IntFact) and isinstance(right, IntFact) and left.lo >= 0 and left.hi < right.lo

    return holds


def within_mask(value: str, mask: str) -> Condition:
    """A value that is not negative and has no bit outside of a mask of low bits."""

    def holds(binding: Binding) -> bool:
        fact, bits = binding[value].fact, binding[mask].fact.constant
        if not isinstance(fact, IntFact) or not isinstance(bits, int) or bits < 0 or bits & (bits + 1):
            return False
        return fact.lo >= 0 and fact.hi <= bits

    return holds


def product_fits(left: str, right: str) -> Condition:
    """A product of integers that does not wrap."""

    def holds(binding: Binding) -> bool:
        a, b = binding[left], binding[right]
        if not isinstance(a.fact, IntFact) or not isinstance(b.fact, IntFact):
            return False
        corners = [x * y for x in (a.fact.lo, a.fact.hi) for y in (b.fact.lo, b.fact.hi)]
        most = top(a.type)
        assert isinstance(most, IntFact)
        return most.lo <= min(corners) and max(corners) <= most.hi

    return holds


def both(first: Condition, second: Condition) -> Condition:
    """Two conditions."""
    return lambda binding: first(binding) and second(binding)
