"""The fact rules of scalars: what is known of an operation's result from what is known of its operands.

Each rule takes the (element) type of the result, the operands' facts and the immediate, and gives a fact that contains
every result that the interpreter *and* a kernel can compute from operands within their facts. Integers wrap: an exact
interval that does not fit the type gives the type's whole range. Of known integers the result is known, so that folding
them asks nobody else. What floats do stands in `ssair.transfer_floats`; refinements and checks
have `ssair.transfer_refinements`, arrays `ssair.transfer_arrays`.

Every rule is monotone: smaller facts of the operands give a fact that is no larger, so that what a pass learns of an
operand never makes the fact of a user wrong. An operand of which no value is possible makes the result impossible, but
where nothing is ever known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from ssair import transfer_floats as floats
from ssair.constants import ArrayConst, scalar_key
from ssair.facts import (
    ANY,
    ANY_BOOL,
    FALSE,
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
from ssair.types import BOOL, F64, Type, element_type, integer_range, is_integer

Facts = Sequence[Fact]
Rule = Callable[[Type, Facts, object], Fact]


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
    """Exactly the constant; of an array, its elements."""
    if not isinstance(aux, ArrayConst):
        assert isinstance(aux, bool | int | float)
        return constant_fact(type, aux)
    fact = bottom(type)
    for value in {scalar_key(value): value for value in aux.values}.values():
        fact = fact | constant_fact(type, value)
    return fact


# ---- arithmetic -----------------------------------------------------------------------------------------------------


def _wrapped(type: Type, lo: int, hi: int) -> Fact:
    least, greatest = integer_range(element_type(type))
    if least <= lo and hi <= greatest:
        return int_fact(lo, hi)
    if lo == hi:
        return _turned(type, lo)
    turn = greatest - least + 1  # what wraps to zero is a multiple of it
    return _nonzero_if(top(type), 0 < lo <= hi < turn or -turn < lo <= hi < 0)


def _fitting(type: Type, lo: int, hi: int) -> Fact:
    least, greatest = integer_range(element_type(type))
    return int_fact(lo, hi) if least <= lo and hi <= greatest else top(type)


def _turned(type: Type, value: int) -> Fact:
    """What a known integer wraps to."""
    least, greatest = integer_range(element_type(type))
    return _exactly((value - least) % (greatest - least + 1) + least)


def _exactly(value: int) -> Fact:
    return int_fact(value, value)


def _are_known(left: IntFact, right: IntFact) -> bool:
    """Whether each admits one integer only."""
    return left.lo == left.hi and right.lo == right.hi


def _ints(facts: Facts) -> Sequence[IntFact] | None:
    """The operands as integer facts, all of them non-empty; None if they are floats or one is bottom.

    Most operations are on integers, so that rules ask this first.
    """
    for fact in facts:
        if not isinstance(fact, IntFact) or fact.lo > fact.hi:
            return None
    return cast(Sequence[IntFact], facts)


def _is_bottom(facts: Facts) -> bool:
    for fact in facts:  # noqa: SIM110 - half the time of `any`, and every new instruction comes here
        if fact.is_bottom:
            return True
    return False


def _floats(facts: Facts) -> list[FloatFact]:
    found = [fact for fact in facts if isinstance(fact, FloatFact)]
    assert len(found) == len(facts)
    return found


def add(type: Type, facts: Facts, aux: object) -> Fact:
    if ints := _ints(facts):
        left, right = ints
        return _wrapped(type, left.lo + right.lo, left.hi + right.hi)
    if _is_bottom(facts):
        return bottom(type)
    return floats.added(*_floats(facts))


def sub(type: Type, facts: Facts, aux: object) -> Fact:
    if ints := _ints(facts):
        left, right = ints
        return _wrapped(type, left.lo - right.hi, left.hi - right.lo)
    if _is_bottom(facts):
        return bottom(type)
    minuend, subtrahend = _floats(facts)
    return floats.added(minuend, floats.negated(subtrahend))


def mul(type: Type, facts: Facts, aux: object) -> Fact:
    if ints := _ints(facts):
        left, right = ints
        if _are_known(left, right):
            return _turned(type, left.lo * right.lo)
        corners = [a * b for a in (left.lo, left.hi) for b in (right.lo, right.hi)]
        return _fitting(type, min(corners), max(corners))
    if _is_bottom(facts):
        return bottom(type)
    return floats.multiplied(*_floats(facts))


def div(type: Type, facts: Facts, aux: object) -> Fact:
    return bottom(type) if _is_bottom(facts) else floats.divided(*_floats(facts))


def _divisor_parts(fact: IntFact) -> list[tuple[int, int]]:
    """The divisor's interval without zero: its negative and its positive part."""
    parts = [(fact.lo, min(fact.hi, -1)), (max(fact.lo, 1), fact.hi)]
    return [(lo, hi) for lo, hi in parts if lo <= hi]


def _quotient(type: Type, facts: Facts, divide: Callable[[int, int], int]) -> Fact:
    """A division by its corners: it is monotone in each operand for each sign of the divisor; `x // 0` is x."""
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    left, right = ints
    ends = [divide(a, b) for lo, hi in _divisor_parts(right) for a in (left.lo, left.hi) for b in (lo, hi)]
    if not right.nonzero:
        ends += [left.lo, left.hi]
    return _wrapped(type, min(ends), max(ends))


def floordiv(type: Type, facts: Facts, aux: object) -> Fact:
    return _quotient(type, facts, lambda a, b: a // b)


def div_trunc(type: Type, facts: Facts, aux: object) -> Fact:
    return _quotient(type, facts, lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1))


def mod(type: Type, facts: Facts, aux: object) -> Fact:
    """The remainder with the divisor's sign; `x % 0` is 0."""
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    left, right = ints
    if _are_known(left, right):
        return _exactly(left.lo % right.lo if right.lo != 0 else 0)
    if left.lo >= 0 and right.lo >= 0:
        return _remainder_of_naturals(left, right)
    return int_fact(min(0, right.lo + 1), max(0, right.hi - 1))


def rem_trunc(type: Type, facts: Facts, aux: object) -> Fact:
    """The remainder with the dividend's sign; `x % 0` is 0."""
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    assert ints
    left, right = ints
    if _are_known(left, right):
        magnitude = abs(left.lo) % abs(right.lo) if right.lo != 0 else 0
        return _exactly(-magnitude if left.lo < 0 else magnitude)
    if left.lo >= 0 and right.lo >= 0:
        return _remainder_of_naturals(left, right)
    most = max(abs(right.lo), abs(right.hi), 1) - 1
    return int_fact(max(min(left.lo, 0), -most), min(max(left.hi, 0), most))


def _remainder_of_naturals(left: IntFact, right: IntFact) -> Fact:
    if left.hi < right.lo:
        return left
    return int_fact(0, min(left.hi, max(0, right.hi - 1)))


def power(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    ints = _ints(facts)
    if not ints:
        return top(type)
    base, exponent = ints
    if _are_known(base, exponent):
        least, greatest = integer_range(element_type(type))
        return _turned(type, pow(base.lo, max(exponent.lo, 0), greatest - least + 1))
    largest = max(abs(base.lo), abs(base.hi))
    highest = max(exponent.hi, 0)
    if largest > 1 and highest * largest.bit_length() > 128:
        return top(type)
    bound = largest**highest if largest > 1 else 1
    least = 0 if base.lo == 0 else 1 if base.lo > 0 else -bound
    return _wrapped(type, least, bound)


def neg(type: Type, facts: Facts, aux: object) -> Fact:
    if ints := _ints(facts):
        return _nonzero_if(_wrapped(type, -ints[0].hi, -ints[0].lo), ints[0].nonzero)
    if _is_bottom(facts):
        return bottom(type)
    return floats.negated(*_floats(facts))


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
    return floats.magnitude(*_floats(facts))


def sign(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        lo, hi = ints[0].lo, ints[0].hi
        return int_fact((lo > 0) - (lo < 0), (hi > 0) - (hi < 0), ints[0].nonzero)
    return floats.sign(*_floats(facts))


def minimum(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return int_fact(min(left.lo, right.lo), min(left.hi, right.hi), left.nonzero and right.nonzero)
    return floats.extreme(min, *_floats(facts))


def maximum(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    if ints := _ints(facts):
        left, right = ints
        return int_fact(max(left.lo, right.lo), max(left.hi, right.hi), left.nonzero and right.nonzero)
    return floats.extreme(max, *_floats(facts))


# ---- bits and booleans ----------------------------------------------------------------------------------------------


def bit_and(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return bool_fact(left.may_be_false or right.may_be_false, left.may_be_true and right.may_be_true)
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    if _are_known(*ints):
        return _exactly(ints[0].lo & ints[1].lo)
    bounds = [fact.hi for fact in ints if fact.lo >= 0]
    if bounds:
        return int_fact(0, min(bounds))
    return int_fact(integer_range(element_type(type))[0], max(ints[0].hi, ints[1].hi))


def bit_or(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        return bool_fact(left.may_be_false and right.may_be_false, left.may_be_true or right.may_be_true)
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    a, b = ints
    if _are_known(a, b):
        return _exactly(a.lo | b.lo)
    if a.lo >= 0 and b.lo >= 0:
        return int_fact(max(a.lo, b.lo), (1 << max(a.hi, b.hi).bit_length()) - 1, a.nonzero or b.nonzero)
    return _nonzero_if(top(type), a.nonzero or b.nonzero)


def bit_xor(type: Type, facts: Facts, aux: object) -> Fact:
    if _is_bottom(facts):
        return bottom(type)
    left, right = facts
    if isinstance(left, BoolFact) and isinstance(right, BoolFact):
        if left.constant is not None and right.constant is not None:
            return TRUE if left.constant != right.constant else FALSE
        return ANY_BOOL
    ints = _ints(facts)
    if not ints:
        return bottom(type)
    a, b = ints
    if _are_known(a, b):
        return _exactly(a.lo ^ b.lo)
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
    least, most = (min(amount.lo, 64), min(amount.hi, 64)) if amount.lo >= 0 else (0, 64)
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
            if name in ("eq", "ne") and _never_equal(left, right):
                return FALSE if name == "eq" else TRUE
            return floats.compared(name, (left.lo, left.hi), (right.lo, right.hi))
        assert isinstance(left, FloatFact) and isinstance(right, FloatFact)
        return floats.comparison(name, left, right)

    return rule


def _as_int(fact: Fact) -> IntFact:
    assert isinstance(fact, BoolFact)
    return int_fact(0 if fact.may_be_false else 1, 1 if fact.may_be_true else 0)


def _never_equal(left: IntFact, right: IntFact) -> bool:
    return (left.nonzero and right.constant == 0) or (right.nonzero and left.constant == 0)


def select(type: Type, facts: Facts, aux: object) -> Fact:
    condition, if_true, if_false = facts
    assert isinstance(condition, BoolFact)
    if condition.is_bottom:
        return bottom(type)
    if condition.constant is not None:
        return if_true if condition.constant else if_false
    return if_true | if_false


# ---- floats ---------------------------------------------------------------------------------------------------------


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
    return floats.converted(type, target, fact)


def _convert_int(type: Type, target: Type, fact: IntFact) -> Fact:
    if target is BOOL:
        return bool_fact(not fact.nonzero, not fact.lo == fact.hi == 0)
    if is_integer(target):
        return _nonzero_if(_wrapped(type, fact.lo, fact.hi), fact.nonzero and fact <= top(type))
    return float_fact(_float_bound(target, fact.lo, -1), _float_bound(target, fact.hi, 1))


def _float_bound(target: Type, bound: int, direction: int) -> float:
    """A float at or beyond `bound` in `direction`, however it is rounded to the float type `target`."""
    exact = abs(bound) <= 1 << (53 if target is F64 else 24)
    return float(bound) if exact else float(bound) + direction * abs(bound) * 2.0**-22


def isnan(type: Type, facts: Facts, aux: object) -> Fact:
    return floats.isnan(*_floats(facts))


def isinf(type: Type, facts: Facts, aux: object) -> Fact:
    return floats.isinf(*_floats(facts))


def rounding(type: Type, facts: Facts, aux: object) -> Fact:
    """`floor`, `ceil`, `round`."""
    return floats.rounded(*_floats(facts))


def sqrt(type: Type, facts: Facts, aux: object) -> Fact:
    return floats.root(*_floats(facts))


def exp(type: Type, facts: Facts, aux: object) -> Fact:
    return floats.exponential(*_floats(facts))
