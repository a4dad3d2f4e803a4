"""Facts asserted of run-time values: what is outside its fact is a fault of whoever made the IR, not of the program."""

from __future__ import annotations

import numpy as np

from ssair.facts import Fact, FloatFact, IntFact, top
from ssair.ir import Value
from ssair.semantics import Runtime


class FactViolation(AssertionError):
    """A value outside its fact, or a refinement that does not hold: the IR is wrong, not the program."""


def says_something(value: Value) -> bool:
    """Whether the fact of a value leaves anything out."""
    everything = top(value.type)
    return value.fact is not everything and value.fact != everything


def assert_fact(owner: Value, fact: Fact, value: Runtime) -> None:
    """Raise FactViolation unless every element of `value` is admitted by `fact`."""
    if value.shape:
        if value.size and not _admits_all(fact, value):
            raise FactViolation(f"{owner!r}: an element of {value!r} is outside {fact}")
    elif not fact.contains(value):
        raise FactViolation(f"{owner!r}: {value!r} is outside {fact}")


def _admits_all(fact: Fact, array: Runtime) -> bool:
    if isinstance(fact, IntFact):
        nonzero = not fact.nonzero or bool(array.all())
        return bool(fact.lo <= array.min()) and bool(array.max() <= fact.hi) and nonzero
    if isinstance(fact, FloatFact):
        array = array.astype(np.float64)  # an f32 would round the bounds that it is compared with
        negative_zero = (array == 0) & np.signbit(array)
        inside = (array >= fact.lo) & (array <= fact.hi) & ~negative_zero
        return bool(np.all(inside | (fact.nan & np.isnan(array)) | (fact.negative_zero & negative_zero)))
    return all(fact.contains(item) for item in (False, True) if bool(np.any(array == item)))
