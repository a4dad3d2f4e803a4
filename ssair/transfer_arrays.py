"""The fact rules of arrays: what is known of an array is known of each of its elements.

Of an empty array nothing is said by that, so that an element read from one, which is zero, is joined in.
"""

from __future__ import annotations

from ssair import transfer_floats as floats
from ssair.facts import LENGTH, MAX_LENGTH, Fact, FloatFact, IntFact, bottom, constant_fact, int_fact, top
from ssair.transfer import Facts
from ssair.types import BOOL, Type, element_type, is_integer


def _zero(type: Type) -> Fact:
    element = element_type(type)
    return constant_fact(type, False if element is BOOL else 0 if is_integer(element) else 0.0)


def iota(type: Type, facts: Facts, aux: object) -> Fact:
    count = facts[0]
    assert isinstance(count, IntFact)
    if count.hi <= 0:  # no elements
        return bottom(type)
    return int_fact(0, min(count.hi, MAX_LENGTH) - 1)


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
    return floats.total(fact) if isinstance(fact, FloatFact) else top(type)
