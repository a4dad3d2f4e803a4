"""Facts are sets of values: the lattice operations agree with membership, and the text form keeps them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssair.facts import (
    _SHARED,
    ANY,
    ANY_FLOAT,
    INF,
    BoolFact,
    Fact,
    FloatFact,
    IntFact,
    Scalar,
    bool_fact,
    bottom,
    constant_fact,
    float_fact,
    format_fact,
    int_fact,
    parse_fact,
    top,
)
from ssair.types import BOOL, F32, F64, I32, I64, MEM, Type, array_of

INTEGERS = [-(2**31), -(2**31) + 1, -7, -2, -1, 0, 1, 2, 7, 2**31 - 2, 2**31 - 1]
LARGE = [-(2**63), -(2**63) + 3, -(2**40), 2**40, 2**47, 2**63 - 2, 2**63 - 1]
FLOATS = [-INF, -1e300, -1.5, -1.0, -5e-324, 0.0, 5e-324, 2.0**-1022, 0.5, 1.0, 1e300, INF]


def int_facts(values: list[int]) -> st.SearchStrategy[IntFact]:
    return st.builds(int_fact, st.sampled_from(values), st.sampled_from(values), st.booleans())


def float_facts() -> st.SearchStrategy[FloatFact]:
    ends = st.sampled_from([*FLOATS, -0.0])
    return st.builds(float_fact, ends, ends, st.booleans(), st.booleans())


def facts_of(type: Type) -> st.SearchStrategy[Fact]:
    if type is BOOL:
        return st.builds(bool_fact, st.booleans(), st.booleans())
    if type is I32:
        return int_facts(INTEGERS)
    return int_facts(INTEGERS + LARGE) if type is I64 else float_facts()


def values_of(type: Type) -> list[Scalar]:
    if type is BOOL:
        return [False, True]
    return [*INTEGERS, *(LARGE if type is I64 else [])] if type in (I32, I64) else [*FLOATS, -0.0, math.nan]


def members(type: Type, fact: Fact) -> set[str]:
    return {repr(value) for value in values_of(type) if fact.contains(value)}


TYPES = [BOOL, I32, I64, F64]
typed_facts = st.sampled_from(TYPES).flatmap(lambda t: st.tuples(st.just(t), facts_of(t), facts_of(t), facts_of(t)))


@given(typed_facts)
def test_subtyping_is_inclusion(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, b, _ = drawn
    if a <= b:
        assert members(type, a) <= members(type, b)
    elif type is not F64:  # every distinction of these integers and booleans is seen by a sampled value
        assert not members(type, a) <= members(type, b) or a.contains(0) == b.contains(0)


@given(typed_facts)
def test_meet_is_intersection(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, b, _ = drawn
    assert members(type, a & b) == members(type, a) & members(type, b)
    assert (a & b) <= a and (a & b) <= b


@given(typed_facts)
def test_join_contains_both_and_is_the_least(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, b, above = drawn
    assert members(type, a) | members(type, b) <= members(type, a | b)
    assert a <= (a | b) and b <= (a | b)
    if a <= above and b <= above:
        assert (a | b) <= above


@given(typed_facts)
def test_lattice_laws(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, b, c = drawn
    assert a | a == a and a & a == a
    assert a | b == b | a and a & b == b & a
    assert (a | b) | c == a | (b | c) and (a & b) & c == a & (b & c)
    assert a | (a & b) == a and a & (a | b) == a
    assert a | bottom(type) == a and a & top(type) == a
    assert bottom(type) <= a <= top(type)


@given(typed_facts)
def test_equal_sets_are_equal_objects(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    _, a, b, _ = drawn
    assert (a == b) == (a <= b and b <= a)
    if a == b:
        assert hash(a) == hash(b)


@given(typed_facts)
def test_bottom_and_constants(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, _, _ = drawn
    assert a.is_bottom == (a == bottom(type))
    if a.is_bottom:
        assert not members(type, a) and a.constant is None
    if a.constant is not None:
        assert a.contains(a.constant) and len(members(type, a)) <= 1


@given(typed_facts)
def test_text_round_trip(drawn: tuple[Type, Fact, Fact, Fact]) -> None:
    type, a, _, _ = drawn
    text = format_fact(type, a)
    assert text == "" if a == top(type) else parse_fact(type, text) == a


@pytest.mark.parametrize("type", TYPES)
def test_a_constant_has_its_own_fact(type: Type) -> None:
    for value in values_of(type):
        fact = constant_fact(type, value)
        assert fact.contains(value)
        assert constant_fact(array_of(type, 2), value) == fact
        for other in values_of(type):
            subnormal = isinstance(value, float) and 0 < abs(value) < 2.0**-1022
            if repr(other) != repr(value) and not subnormal:
                assert not fact.contains(other)


def test_a_subnormal_constant_may_be_the_zero_of_its_sign() -> None:
    assert constant_fact(F64, 5e-324).contains(0.0) and not constant_fact(F64, 5e-324).contains(-0.0)
    assert constant_fact(F64, -5e-324).contains(-0.0) and constant_fact(F64, -5e-324).contains(-5e-324)
    assert constant_fact(F32, 2.0**-130).contains(0.0)
    assert constant_fact(F64, 2.0**-130).constant == 2.0**-130


@pytest.mark.parametrize(
    ("fact", "value", "admitted"),
    [
        (float_fact(-INF, 1e300), np.float32(INF), False),
        (float_fact(0.1, 0.1), np.float32(0.1), False),
        (int_fact(0, 2**63 - 1), np.int32(5), True),
        (int_fact(0, 2**63 - 2), np.int64(2**63 - 1), False),
        (bool_fact(False, True), np.bool_(True), True),
        (bool_fact(False, True), np.bool_(False), False),
    ],
)
def test_numpy_scalars_are_compared_exactly(fact: Fact, value: Scalar, admitted: bool) -> None:
    assert fact.contains(value) is admitted


def test_zeros_are_told_apart() -> None:
    assert not float_fact(-1.0, 1.0).contains(-0.0)
    assert float_fact(-1.0, 1.0).contains(0.0)
    only_negative = float_fact(INF, -INF, negative_zero=True).constant
    assert only_negative is not None and math.copysign(1.0, only_negative) < 0
    assert float_fact(-0.0, -0.0) == float_fact(0.0, 0.0)


def test_canonical_forms() -> None:
    assert int_fact(0, 5, nonzero=True) == int_fact(1, 5)
    assert int_fact(-5, 0, nonzero=True) == int_fact(-5, -1)
    assert int_fact(0, 0, nonzero=True).is_bottom
    assert int_fact(3, 7).nonzero and not int_fact(-3, 7).nonzero
    assert float_fact(2.0, 1.0) == float_fact(INF, -INF)


def test_of_what_nothing_is_known() -> None:
    assert top(MEM) is ANY and bottom(MEM) is ANY
    assert ANY | ANY is ANY and ANY & ANY is ANY and ANY <= ANY
    assert not ANY.is_bottom and ANY.constant is None and ANY.contains(3)
    assert format_fact(MEM, ANY) == ""


@pytest.mark.parametrize(
    ("type", "fact", "text"),
    [
        (I64, int_fact(1, 2**63 - 1), "{1..}"),
        (I64, int_fact(-(2**63), 0), "{..0}"),
        (I64, int_fact(0, 0), "{0}"),
        (I64, int_fact(-(2**63), 2**63 - 1, nonzero=True), "{nonzero}"),
        (I32, int_fact(-5, 5, nonzero=True), "{-5..5 nonzero}"),
        (I64, int_fact(0, 2**47), "{0..2^47}"),
        (I64, bottom(I64), "{}"),
        (BOOL, bool_fact(False, True), "{true}"),
        (F64, float_fact(0.0, INF, True), "{0.0.. nan}"),
        (F64, float_fact(INF, -INF, True, True), "{nan -0.0}"),
        (F64, float_fact(-INF, INF), "{..}"),
        (F64, ANY_FLOAT, ""),
    ],
)
def test_how_facts_are_written(type: Type, fact: Fact, text: str) -> None:
    assert format_fact(type, fact) == text


@pytest.mark.parametrize(
    ("type", "text"), [(I64, "{a..}"), (I32, "{0..2^40}"), (BOOL, "{1}"), (F64, "{x}"), (MEM, "{1}"), (I64, "{3^4}")]
)
def test_text_that_is_no_fact(type: Type, text: str) -> None:
    with pytest.raises(ValueError):
        parse_fact(type, text)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.booleans())
@settings(max_examples=200)
def test_any_interval_survives_text(lo: int, hi: int, nonzero: bool) -> None:
    fact = int_fact(lo, hi, nonzero)
    assert format_fact(I64, fact) == "" or parse_fact(I64, format_fact(I64, fact)) == fact


def test_boolean_facts_are_single_objects() -> None:
    assert isinstance(bool_fact(True, False), BoolFact)
    assert bool_fact(True, False) is bool_fact(True, False)


def test_common_integer_facts_are_one_object_each() -> None:
    """Passes ask first whether two facts are the same object, and most are the whole range, or a small constant's."""
    for type in (I32, I64):
        least, greatest = -(2 ** (type.bits - 1)), 2 ** (type.bits - 1) - 1
        assert int_fact(least, greatest) is top(type)
        assert int_fact(least, greatest, True) is int_fact(least, greatest, True)
        assert str(int_fact(least, greatest, True)) == f"{{{least}..{greatest} nonzero}}"
    for number in (-128, -1, 0, 1, 1024):
        assert int_fact(number, number) is constant_fact(I64, number) is constant_fact(I32, number)


def test_a_shared_fact_is_what_its_arguments_say() -> None:
    """The table answers before the rule of `int_fact` is asked, which the solver's proofs walk without it."""
    for (lo, hi, nonzero), fact in _SHARED.items():
        values = {lo, lo + 1, -1, 0, 1, hi - 1, hi}
        for value in values:
            assert fact.contains(value) == (lo <= value <= hi and not (nonzero and value == 0)), (lo, hi, nonzero)
        assert fact.is_bottom == (lo == hi == 0 and nonzero)
        assert fact.nonzero == (not fact.contains(0)), "the canonical form"
