"""Widening: how the facts of a loop's parameters are made to stop growing.

An end of an interval that moved goes on to the next threshold: a number that the function names, one beside it, 0, 1,
-1, or a length's most; past the last one, to infinity, which the type cuts off.

Source: Cousot & Cousot, "Abstract Interpretation" (1977), section 9; thresholds as in Blanchet et al., "A Static
Analyzer for Large Safety-Critical Software" (2003), section 7.1.2.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Final, NamedTuple

from ssair.constants import ArrayConst
from ssair.facts import INF, MAX_LENGTH, Fact, FloatFact, IntFact, float_fact, int_fact
from ssair.ir import Function
from ssair.ops import CONST


class Thresholds(NamedTuple):
    """Where widening stops, in order."""

    integers: list[int]
    floats: list[float]


NO_THRESHOLDS: Final = Thresholds([], [])


def thresholds_of(function: Function) -> Thresholds:
    """The thresholds of a function; linear, but for sorting."""
    numbers = set(_numbers(function))
    whole = {number for number in numbers if isinstance(number, int)} | {0, MAX_LENGTH}
    integers = {number + step for number in whole for step in (-1, 0, 1)}
    floats = {number for number in numbers if isinstance(number, float)} | {-1.0, 0.0, 1.0}
    return Thresholds(sorted(integers), sorted(floats))


def _numbers(function: Function) -> Iterator[int | float]:
    for instr in function.instructions():
        if instr.op is CONST and not isinstance(instr.aux, bool | ArrayConst):
            assert isinstance(instr.aux, int | float)
            if instr.aux == instr.aux:
                yield instr.aux


def widened(old: Fact, grown: Fact, thresholds: Thresholds) -> Fact:
    """A fact that contains `grown`, each end that differs from that of `old` at a threshold or at infinity."""
    if isinstance(old, IntFact) and isinstance(grown, IntFact) and not old.is_bottom:
        integers = thresholds.integers
        lo, hi = grown.lo, grown.hi
        if lo < old.lo:
            place = bisect_right(integers, lo)
            lo = integers[place - 1] if place else _LEAST
        if hi > old.hi:
            place = bisect_left(integers, hi)
            hi = integers[place] if place < len(integers) else -_LEAST
        return int_fact(lo, hi, grown.nonzero)
    if isinstance(old, FloatFact) and isinstance(grown, FloatFact) and old.lo <= old.hi:
        floats = thresholds.floats
        low, high = grown.lo, grown.hi
        if low < old.lo:
            place = bisect_right(floats, low)
            low = floats[place - 1] if place else -INF
        if high > old.hi:
            place = bisect_left(floats, high)
            high = floats[place] if place < len(floats) else INF
        return float_fact(low, high, grown.nan, grown.negative_zero)
    return grown


#: Below every integer of every type.
_LEAST: Final = -(1 << 64)
