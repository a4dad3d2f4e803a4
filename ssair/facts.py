"""What is known of a value: the lattice of facts.

A fact is the set of run-time values that a value may have. Integers have an interval and a nonzero bit, booleans the
values they may take, floats an interval, may-be-NaN and may-be-negative-zero. The fact of an array holds of every
element. `a | b` joins (the smallest fact that holds both), `a & b` meets, `a <= b` is subtyping: whatever `a` admits,
`b` admits. Facts are immutable and canonical: equal sets are equal objects by `==`.

A fact that admits nothing is bottom: the value is never computed, or it is an array without elements.
"""

from __future__ import annotations

import math
from typing import Final

from ssair.types import BOOL, F32, F64, I32, I64, Type, element_type, integer_range, is_float, is_integer

INF: Final = math.inf
#: A length is at most this; the entry of a program rejects longer arrays.
MAX_LENGTH: Final = 1 << 47
MAX_SIZE: Final = 1 << 52

Scalar = bool | int | float


class Fact:
    """The fact of a value that nothing can be known of: a pointer, a memory version, a tuple."""

    __slots__ = ()

    def __or__(self, other: Fact) -> Fact:
        return self

    def __and__(self, other: Fact) -> Fact:
        return self

    def __le__(self, other: Fact) -> bool:
        return True

    @property
    def is_bottom(self) -> bool:
        """Whether no value is admitted."""
        return False

    @property
    def constant(self) -> Scalar | None:
        """The one value that is admitted, if there is just one."""
        return None

    def contains(self, value: Scalar) -> bool:
        """Whether `value` (Python or NumPy scalar) is admitted."""
        return True


class IntFact(Fact):
    """`lo <= x <= hi`, and `x != 0` if `nonzero`; make it with `int_fact`."""

    __slots__ = ("hi", "lo", "nonzero")

    def __init__(self, lo: int, hi: int, nonzero: bool) -> None:
        self.lo: Final = lo
        self.hi: Final = hi
        self.nonzero: Final = nonzero

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, IntFact) and self.lo == other.lo and self.hi == other.hi and self.nonzero == other.nonzero
        )

    def __hash__(self) -> int:
        return hash((self.lo, self.hi, self.nonzero))

    def __or__(self, other: Fact) -> IntFact:
        assert isinstance(other, IntFact)
        if other <= self:
            return self
        if self <= other:
            return other
        return int_fact(min(self.lo, other.lo), max(self.hi, other.hi), self.nonzero and other.nonzero)

    def __and__(self, other: Fact) -> IntFact:
        assert isinstance(other, IntFact)
        if self <= other:
            return self
        return int_fact(max(self.lo, other.lo), min(self.hi, other.hi), self.nonzero or other.nonzero)

    def __le__(self, other: Fact) -> bool:
        if other is self:
            return True
        assert isinstance(other, IntFact)
        if self.lo > self.hi:
            return True
        return other.lo <= self.lo and self.hi <= other.hi and (self.nonzero or not other.nonzero)

    @property
    def is_bottom(self) -> bool:
        """Whether no value is admitted."""
        return self.lo > self.hi

    @property
    def constant(self) -> int | None:
        """The one value that is admitted, if there is just one."""
        return self.lo if self.lo == self.hi else None

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is admitted."""
        return bool(self.lo <= value <= self.hi) and not (self.nonzero and value == 0)

    def __str__(self) -> str:
        if self.is_bottom:
            return "{}"
        if self.lo == self.hi:
            return f"{{{self.lo}}}"
        bits = ["nonzero"] if self.nonzero and self.lo < 0 < self.hi else []
        return f"{{{' '.join([f'{self.lo}..{self.hi}', *bits])}}}"

    __repr__ = __str__


class BoolFact(Fact):
    """Which of `False` and `True` are admitted; one object a set."""

    __slots__ = ("may_be_false", "may_be_true")

    def __init__(self, may_be_false: bool, may_be_true: bool) -> None:
        self.may_be_false: Final = may_be_false
        self.may_be_true: Final = may_be_true

    def __or__(self, other: Fact) -> BoolFact:
        assert isinstance(other, BoolFact)
        return bool_fact(self.may_be_false or other.may_be_false, self.may_be_true or other.may_be_true)

    def __and__(self, other: Fact) -> BoolFact:
        assert isinstance(other, BoolFact)
        return bool_fact(self.may_be_false and other.may_be_false, self.may_be_true and other.may_be_true)

    def __le__(self, other: Fact) -> bool:
        assert isinstance(other, BoolFact)
        return self.may_be_false <= other.may_be_false and self.may_be_true <= other.may_be_true

    @property
    def is_bottom(self) -> bool:
        """Whether no value is admitted."""
        return not (self.may_be_false or self.may_be_true)

    @property
    def constant(self) -> bool | None:
        """The one value that is admitted, if there is just one."""
        return self.may_be_true if self.may_be_true != self.may_be_false else None

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is admitted."""
        return self.may_be_true if value else self.may_be_false

    def __str__(self) -> str:
        if self.constant is not None:
            return "{true}" if self.constant else "{false}"
        return "{}" if self.is_bottom else "{false true}"

    __repr__ = __str__


class FloatFact(Fact):
    """`lo <= x <= hi` of the numbers but -0.0, NaN if `nan`, -0.0 if `negative_zero`; make it with `float_fact`.

    The interval is empty when `lo > hi`, which the canonical form writes as (inf, -inf).
    """

    __slots__ = ("hi", "lo", "nan", "negative_zero")

    def __init__(self, lo: float, hi: float, nan: bool, negative_zero: bool) -> None:
        self.lo: Final = lo
        self.hi: Final = hi
        self.nan: Final = nan
        self.negative_zero: Final = negative_zero

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, FloatFact)
            and self.lo == other.lo
            and self.hi == other.hi
            and self.nan == other.nan
            and self.negative_zero == other.negative_zero
        )

    def __hash__(self) -> int:
        return hash((self.lo, self.hi, self.nan, self.negative_zero))

    def __or__(self, other: Fact) -> FloatFact:
        assert isinstance(other, FloatFact)
        if other <= self:
            return self
        return float_fact(
            min(self.lo, other.lo),
            max(self.hi, other.hi),
            self.nan or other.nan,
            self.negative_zero or other.negative_zero,
        )

    def __and__(self, other: Fact) -> FloatFact:
        assert isinstance(other, FloatFact)
        if self <= other:
            return self
        return float_fact(
            max(self.lo, other.lo),
            min(self.hi, other.hi),
            self.nan and other.nan,
            self.negative_zero and other.negative_zero,
        )

    def __le__(self, other: Fact) -> bool:
        assert isinstance(other, FloatFact)
        within = self.lo > self.hi or (other.lo <= self.lo and self.hi <= other.hi)
        return within and self.nan <= other.nan and self.negative_zero <= other.negative_zero

    @property
    def is_bottom(self) -> bool:
        """Whether no value is admitted."""
        return self.lo > self.hi and not self.nan and not self.negative_zero

    @property
    def constant(self) -> float | None:
        """The one value that is admitted, if there is just one."""
        if self.lo > self.hi:
            if self.nan != self.negative_zero:
                return math.nan if self.nan else -0.0
            return None
        return self.lo if self.lo == self.hi and not self.nan and not self.negative_zero else None

    def contains(self, value: Scalar) -> bool:
        """Whether `value` is admitted."""
        value = float(value)  # an f32 would round the bounds that it is compared with
        if value != value:
            return self.nan
        if value == 0 and math.copysign(1.0, value) < 0:
            return self.negative_zero
        return bool(self.lo <= value <= self.hi)

    @property
    def magnitude_interval(self) -> tuple[float, float]:
        """The interval with -0.0 counted as 0.0; empty when lo > hi."""
        if self.negative_zero:
            return min(self.lo, 0.0), max(self.hi, 0.0)
        return self.lo, self.hi

    def __str__(self) -> str:
        parts = []
        if self.lo == self.hi:
            parts.append(repr(self.lo))
        elif self.lo < self.hi:
            parts.append(f"{'' if self.lo == -INF else repr(self.lo)}..{'' if self.hi == INF else repr(self.hi)}")
        parts += ["nan"] if self.nan else []
        parts += ["-0.0"] if self.negative_zero else []
        return f"{{{' '.join(parts)}}}"

    __repr__ = __str__


_BOTTOM_INT: Final = IntFact(1, 0, True)
#: What `int_fact` has given and will give again, by its arguments: equal facts that are one object are seen to be.
_SHARED: Final[dict[tuple[int, int, bool], IntFact]] = {}
_BOOLS: Final = {(f, t): BoolFact(f, t) for f in (False, True) for t in (False, True)}


def int_fact(lo: int, hi: int, nonzero: bool = False) -> IntFact:
    """The canonical fact of `lo <= x <= hi`, without 0 if `nonzero`; common ones are one object each."""
    known = _SHARED.get((lo, hi, nonzero))
    if known is not None:
        return known
    if nonzero:
        lo, hi = (1 if lo == 0 else lo), (-1 if hi == 0 else hi)
    if lo > hi:
        return _BOTTOM_INT
    return IntFact(lo, hi, nonzero or lo > 0 or hi < 0)


def bool_fact(may_be_false: bool, may_be_true: bool) -> BoolFact:
    """The fact that admits the given truth values."""
    return _BOOLS[may_be_false, may_be_true]


def float_fact(lo: float, hi: float, nan: bool = False, negative_zero: bool = False) -> FloatFact:
    """The canonical float fact; a bound that is -0.0 counts as 0.0."""
    if lo > hi:
        return FloatFact(INF, -INF, nan, negative_zero)
    return FloatFact(lo + 0.0, hi + 0.0, nan, negative_zero)


ANY: Final = Fact()
TRUE: Final = bool_fact(False, True)
FALSE: Final = bool_fact(True, False)
ANY_BOOL: Final = bool_fact(True, True)
ANY_FLOAT: Final = float_fact(-INF, INF, True, True)
LENGTH: Final = int_fact(0, MAX_LENGTH)
for _lo, _hi in (integer_range(I32), integer_range(I64), *[(number, number) for number in range(-128, 1025)]):
    _SHARED[_lo, _hi, True] = int_fact(_lo, _hi, True)
    _SHARED[_lo, _hi, False] = int_fact(_lo, _hi) if _lo <= 0 <= _hi else _SHARED[_lo, _hi, True]
_SMALLEST_NORMAL: Final = {"f32": 2.0**-126, "f64": 2.0**-1022}
#: What admits every value of a scalar type.
_TOPS: Final[dict[Type, Fact]] = {
    BOOL: ANY_BOOL,
    I32: int_fact(*integer_range(I32)),
    I64: int_fact(*integer_range(I64)),
    F32: ANY_FLOAT,
    F64: ANY_FLOAT,
}


def top(type: Type) -> Fact:
    """The fact that admits every value of `type` (of its elements, for an array)."""
    fact = _TOPS.get(type)
    return fact if fact is not None else _TOPS.get(element_type(type), ANY)


def bottom(type: Type) -> Fact:
    """The fact that admits no value of `type`; `ANY` where nothing can be known."""
    element = element_type(type)
    if is_integer(element):
        return _BOTTOM_INT
    if is_float(element):
        return float_fact(INF, -INF)
    return bool_fact(False, False) if element is BOOL else ANY


def constant_fact(type: Type, value: Scalar) -> Fact:
    """The fact of one scalar constant of (element) type `type`; a subnormal may be the zero that a kernel sees."""
    element = element_type(type)
    if is_integer(element):
        return int_fact(int(value), int(value))
    if element is BOOL:
        return TRUE if value else FALSE
    if value != value:
        return float_fact(INF, -INF, nan=True)
    if value == 0:
        is_negative = math.copysign(1.0, value) < 0
        return float_fact(INF, -INF, negative_zero=True) if is_negative else float_fact(0.0, 0.0)
    if abs(value) < _SMALLEST_NORMAL[element.name]:
        return float_fact(min(value, 0.0), max(value, 0.0), negative_zero=value < 0)
    return float_fact(float(value), float(value))


def format_fact(type: Type, fact: Fact) -> str:
    """The fact as the IR's text has it: nothing where nothing is known, half-open where one end is the type's.

    Integer bounds beside a large power of two are written by it: `{0..2^47}`, `{..2^63-2}`.
    """
    if fact == top(type) or fact is ANY:
        return ""
    if isinstance(fact, IntFact) and fact.lo <= fact.hi:
        least, greatest = integer_range(element_type(type))
        if fact.lo == fact.hi:
            return f"{{{_format_bound(fact.lo)}}}"
        lo = "" if fact.lo == least else _format_bound(fact.lo)
        hi = "" if fact.hi == greatest else _format_bound(fact.hi)
        interval = f"{lo}..{hi}"
        if fact.nonzero and fact.lo < 0 < fact.hi:
            interval = "nonzero" if interval == ".." else f"{interval} nonzero"
        return f"{{{interval}}}"
    return str(fact)


def _format_bound(bound: int) -> str:
    magnitude = abs(bound)
    if magnitude < 1 << 30:
        return str(bound)
    exponent = (magnitude + (magnitude >> 1)).bit_length() - 1
    rest = magnitude - (1 << exponent)
    if abs(rest) > 64:
        return str(bound)
    sign = "-" if bound < 0 else ""
    offset = rest if bound > 0 else -rest
    return f"{sign}2^{exponent}{f'{offset:+d}' if offset else ''}"


def _parse_bound(text: str) -> int:
    power, caret, rest = text.partition("^")
    if not caret:
        return int(text)
    digits = rest.lstrip("0123456789")
    exponent = int(rest[: len(rest) - len(digits)])
    if power not in ("2", "-2") or exponent > 63:
        raise ValueError(f"no bound: {text[:40]!r}")
    magnitude = 1 << exponent
    return (magnitude if power == "2" else -magnitude) + (int(digits) if digits else 0)


def parse_fact(type: Type, text: str) -> Fact:
    """The fact of a value of `type` that prints as `text`, braces included; ValueError if it is none."""
    words = text.strip()[1:-1].split()
    element = element_type(type)
    if element is BOOL:
        if set(words) <= {"false", "true"}:
            return bool_fact("false" in words, "true" in words)
    elif is_integer(element):
        return _parse_int_fact(element, words)
    elif is_float(element):
        return _parse_float_fact(words)
    raise ValueError(f"no fact of {type}: {text[:40]!r}")


def _parse_int_fact(element: Type, words: list[str]) -> IntFact:
    if not words:
        return _BOTTOM_INT
    least, greatest = integer_range(element)
    nonzero = words[-1] == "nonzero"
    lo, hi = least, greatest
    for word in words[: len(words) - nonzero]:
        low, dots, high = word.partition("..")
        lo = _parse_bound(low) if low else least
        hi = (_parse_bound(high) if high else greatest) if dots else lo
    if lo < least or hi > greatest:
        raise ValueError(f"a bound is out of the range of {element}")
    return int_fact(lo, hi, nonzero)


def _parse_float_fact(words: list[str]) -> FloatFact:
    lo, hi, nan, negative_zero = INF, -INF, False, False
    for word in words:
        low, dots, high = word.partition("..")
        if word == "nan":
            nan = True
        elif word == "-0.0":
            negative_zero = True
        elif dots:
            lo, hi = (float(low) if low else -INF), (float(high) if high else INF)
        else:
            lo = hi = float(word)
    return float_fact(lo, hi, nan, negative_zero)
