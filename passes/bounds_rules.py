"""What an operation says of its result: inequalities that always hold, and choices of which one is the result.

    result <= other, result >= other      `statements`, as forms that are at most zero; some have a factor
    the result is one of these            `choices`: what must be proved of the result is to be proved of each

Integers wrap: each rule has the condition under which its mathematics holds, by the intervals of the operands. Division
by zero gives the dividend, the remainder by zero is zero, an element of an empty array is zero, and the place of the
least element of an empty array is 0. Each takes constant time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.ir import Instr, Value
from ssair.ops import OPS, Op
from ssair.passes.bounds_forms import Form, Forms, added, difference, interval, scaled, stays_within

Statements = Callable[[Instr, Form, Forms], list[Form]]
Choices = Callable[[Instr, bool, Forms], Sequence[Form]]

_LARGEST_DIVISOR: Final = 1 << 31


def _at_most(left: Form, right: Form, offset: int = 0) -> Form:
    """`left <= right + offset`."""
    form = difference(left, right)
    return Form(form.terms, form.constant - offset)


def _quotient(result: Form, dividend: Form, divisor: int) -> list[Form]:
    """`result = dividend // divisor`, floored."""
    product = scaled(result, divisor)
    return [_at_most(product, dividend), _at_most(dividend, product, divisor - 1)]


def _floordiv(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    dividend, divisor = instr.args
    known = divisor.fact.constant
    if known is not None and 1 <= known <= _LARGEST_DIVISOR:
        return _quotient(result, forms.of(dividend), int(known))
    if interval(dividend).lo >= 0 and interval(divisor).lo >= 0:
        return [_at_most(result, forms.of(dividend))]
    return []


def _div_trunc(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    return _floordiv(instr, result, forms) if interval(instr.args[0]).lo >= 0 else []


def _remainder(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    """A remainder is below a positive divisor, and not negative; it is no larger than a natural dividend."""
    dividend, divisor = instr.args
    said = []
    if interval(divisor).lo >= 1:
        said += [_at_most(result, forms.of(divisor), -1), scaled(result, -1)]
    if interval(dividend).lo >= 0 and interval(divisor).lo >= 0:
        said.append(_at_most(result, forms.of(dividend)))
    return said


def _rem_trunc(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    return _remainder(instr, result, forms) if interval(instr.args[0]).lo >= 0 else []


def _shr(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    amount = instr.args[1].fact.constant
    if amount is not None and 0 <= amount <= 31:
        return _quotient(result, forms.of(instr.args[0]), 1 << int(amount))
    return [_at_most(result, forms.of(instr.args[0]))] if interval(instr.args[0]).lo >= 0 else []


def _and(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    return [_at_most(result, forms.of(value)) for value in instr.args if interval(value).lo >= 0]


def _or(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    left, right = map(forms.of, instr.args)
    if any(interval(value).lo < 0 for value in instr.args):
        return []
    return [_at_most(result, added(left, right)), _at_most(left, result), _at_most(right, result)]


def _xor(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    left, right = map(forms.of, instr.args)
    return [] if any(interval(value).lo < 0 for value in instr.args) else [_at_most(result, added(left, right))]


def _min(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    return [_at_most(result, forms.of(value)) for value in instr.args]


def _max(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    return [_at_most(forms.of(value), result) for value in instr.args]


def _abs(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    fact = interval(instr.args[0])
    if not stays_within(instr.type, -fact.hi, -fact.lo):
        return []
    value = forms.of(instr.args[0])
    return [_at_most(value, result), _at_most(scaled(value, -1), result)]


def _mul(instr: Instr, result: Form, forms: Forms) -> list[Form]:
    """A product of a number that is not negative with one that is positive is no smaller, if it does not wrap."""
    left, right = map(interval, instr.args)
    if min(left.lo, right.lo) < 0 or not stays_within(instr.type, 0, left.hi * right.hi):
        return []
    pairs = ((instr.args[0], right), (instr.args[1], left))
    return [_at_most(forms.of(value), result) for value, other in pairs if other.lo >= 1]


#: What operations say, by the form of their result.
STATEMENTS: Final[dict[Op, Statements]] = {
    OPS["floordiv"]: _floordiv,
    OPS["div_trunc"]: _div_trunc,
    OPS["mod"]: _remainder,
    OPS["rem_trunc"]: _rem_trunc,
    OPS["shr"]: _shr,
    OPS["and"]: _and,
    OPS["or"]: _or,
    OPS["xor"]: _xor,
    OPS["min"]: _min,
    OPS["max"]: _max,
    OPS["abs"]: _abs,
    OPS["mul"]: _mul,
}


def _either(instr: Instr, is_upper: bool, forms: Forms) -> Sequence[Form]:
    return [forms.of(value) for value in instr.args[-2:]]


def _greater(instr: Instr, is_upper: bool, forms: Forms) -> Sequence[Form]:
    return _either(instr, is_upper, forms) if is_upper else ()


def _lesser(instr: Instr, is_upper: bool, forms: Forms) -> Sequence[Form]:
    return () if is_upper else _either(instr, is_upper, forms)


def _magnitude(instr: Instr, is_upper: bool, forms: Forms) -> Sequence[Form]:
    """A number or its negation; the least one, whose magnitude wraps to itself, is no larger than that."""
    value = forms.of(instr.args[0])
    return (value, scaled(value, -1)) if is_upper else ()


def _position(instr: Instr, is_upper: bool, forms: Forms) -> Sequence[Form]:
    """At most the last place of the array; 0 in an empty one."""
    if not is_upper:
        return ()
    length = forms.length(instr.args[0], 0)
    return (Form(length.terms, length.constant - 1), Form((), 0))


#: The forms of which the result is one, or which it is no larger than (`is_upper`), or no smaller.
CHOICES: Final[dict[Op, Choices]] = {
    OPS["select"]: _either,
    OPS["max"]: _greater,
    OPS["min"]: _lesser,
    OPS["abs"]: _magnitude,
    OPS["argmin"]: _position,
    OPS["argmax"]: _position,
}


def statements(value: Value, forms: Forms) -> list[Form]:
    """Forms over `value` that are never above zero."""
    if not isinstance(value, Instr):
        return []
    rule = STATEMENTS.get(value.op)
    return rule(value, forms.of(value), forms) if rule is not None else []


def choices(value: Value, is_upper: bool, forms: Forms) -> Sequence[Form]:
    """Forms of which one is no smaller than `value` (if `is_upper`), or no larger; none where none are known."""
    rule = CHOICES.get(value.op) if isinstance(value, Instr) else None
    return rule(value, is_upper, forms) if rule is not None and isinstance(value, Instr) else ()
