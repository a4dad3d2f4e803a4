"""Values of which it is known where they lie, and which lie at the ends of that: operands for tests of facts and rules.

`BoundedValues` makes values of the parameters that it is given: one of two constants, what is cut off at one end or
both, what has bits set, what an arm of a test is known to be. An argument far away is brought to an end of the
interval, so that a fact that leaves out one number of it is wrong for many arguments. Vectors come the same way, each
element an argument of its own. In two of three functions all intervals have two ends and no float is NaN, and in one of
these there are natural numbers only: of such, most is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ssair.builder import Builder
from ssair.constants import nearest_f32
from ssair.ir import Value
from ssair.ops import COMPARISONS, CONVERT
from ssair.testing.choices import Choices
from ssair.testing.literals import Constant
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, array_of, element_type, integer_range, is_float

INTEGER_ENDS: Final = (0, 1, -1, 2, -2, 3, -3, 4, 5, 7, -8, 8, 63, 64)
"""The integers that most bounds are."""
FLOAT_ENDS: Final = (
    0.0, 1.0, -1.0, -0.0, 2.0, -2.5, 0.5, -0.5, 3.0, 2.5, 0.25, 100.0, float("inf"), float("-inf"), float("nan"),
    9.3e18, 2147483648.0, 1e300,
)  # fmt: skip
"""The floats that bounds are."""
_WIDE: Final = (-1 << 32, 1 << 31, 1 << 32, 1 << 62)
_NEAR: Final = 3
_PREDICATES: Final = tuple(COMPARISONS)
_MASKS: Final = (("and", 7), ("or", 1), ("and", 12), ("shr", 30), ("or", -8), ("or", 1 << 32))
#: What a type without parameters of its own is converted from.
_SOURCES: Final[dict[Type, Type]] = {I32: I64, F32: F64}


class BoundedValues:
    """Makes values at the builder's cursor of parameters of these types, which the function gets."""

    def __init__(self, choices: Choices, builder: Builder, types: Sequence[Type]) -> None:
        self.below: Final = choices.below
        self.builder: Final = builder
        self._given: dict[Type, list[Value]] = {}
        for type in types:
            self._given.setdefault(type, []).append(builder.param(type))
        way = self.below(3)
        self.closed: Final = way > 0
        self.natural: Final = way == 2
        self._ways: tuple[Callable[[Type], Value], ...] = (self.one_of_two, self.cut_off) if self.closed else (
            self.one_of_two, self.one_of_two, self.one_of_two, self.cut_off, self.cut_off, self.cut_off, self.tested,
            self.one_sided, self.given, self.constant,
        )  # fmt: skip

    def value(self, type: Type) -> Value:
        """A value of a type: mostly one of which something is known."""
        if element_type(type) is BOOL:
            return self.truth(type)
        return self._ways[self.below(len(self._ways))](type)

    def given(self, type: Type) -> Value:
        """A parameter, in its newest version; converted, where the type has none."""
        found = self._given.get(type)
        if found is None:
            source = self.given(_of_elements(type, _SOURCES[element_type(type)]))
            return self.builder.emit(CONVERT, source, type=type)
        return self.builder.newest(found[self.below(len(found))])

    def constant(self, type: Type) -> Value:
        """An end of an interval; where a vector is wanted, a scalar, which does for one as a second operand."""
        element = element_type(type)
        return self.known(element, self.bound(element))

    def known(self, type: Type, value: Constant) -> Value:
        """This number."""
        return self.builder.const(type, nearest_f32(float(value)) if type is F32 else value)

    def truth(self, type: Type = BOOL) -> Value:
        """A truth value: a parameter, or one of two."""
        if self.below(4) < 3:
            return self.given(type)
        return self.builder.emit("select", self.given(type), self.given(type), self.known(BOOL, self.below(2) == 1))

    def one_of_two(self, type: Type) -> Value:
        """One of two constants, both ends of an interval; or of one and a number within bounds."""
        element = element_type(type)
        ends = [self.known(element, end) for end in self.ends(element)]
        if is_float(element) and self.below(2):
            ends[1] = self.builder.emit(CONVERT, self.cut_off(_of_elements(type, I64)), type=type)
        return self.builder.emit("select", self.given(_of_elements(type, BOOL)), *ends)

    def cut_off(self, type: Type) -> Value:
        """A parameter that is brought within bounds, or within one."""
        element, way = element_type(type), 0 if self.closed else self.below(6)
        if self.closed and is_float(element):
            return self.builder.emit(CONVERT, self.cut_off(_of_elements(type, I64)), type=type)
        value = self.given(type)
        pairs = list(zip(("max", "min"), self.ends(element), strict=True))
        for name, end in pairs if way < 4 else pairs[way - 4 :][:1]:
            value = self.builder.emit(name, value, self.known(element, end))
        return value

    def one_sided(self, type: Type) -> Value:
        """A parameter without its sign or its high bits, or one that has a bit set."""
        value, element = self.given(type), element_type(type)
        if is_float(element):
            return self.builder.emit(("abs", "floor", "sqrt")[self.below(3)], value)
        if self.below(2):
            return self.builder.emit("abs", value)
        name, number = _MASKS[self.below(len(_MASKS))]
        return self.builder.emit(name, value, self.known(element, self.within(element, number)))

    def tested(self, type: Type) -> Value:
        """A parameter where a test holds of it, a number else; no vector."""
        if isinstance(type, ArrayType):
            return self.cut_off(type)
        builder, value, end = self.builder, self.given(type), self.known(type, self.bound(type))
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        test = builder.emit(_PREDICATES[self.below(len(_PREDICATES))], value, end)
        held, ways = self.below(3) < 2, list[Value]()
        builder.branch(test, *arms)
        for arm, holds in zip(arms, (True, False), strict=True):
            builder.at(arm).enter_arm(test, holds)
            ways.append(builder.newest(value) if holds is held else self.known(type, self.bound(type)))
            builder.jump(target, ways[-1])
            builder.leave_arm()
        joined = builder.at(target).param(type)
        builder.tighten(target, [[way] for way in ways])
        return joined

    def ends(self, type: Type) -> tuple[Constant, Constant]:
        """Two numbers, the lesser first; often they are near each other, or both natural."""
        one, other, way = self.bound(type), self.bound(type), self.below(4)
        if way > 1 and not is_float(type):
            one = INTEGER_ENDS[self.below(len(INTEGER_ENDS))] if way == 2 else one
            other = one + self.below(2 * _NEAR + 1) - _NEAR
        if self.closed:
            one, other = (value if value == value else 1.0 for value in (one, other))
        if self.natural:
            one, other = abs(one), abs(other)
        one, other = (value if is_float(type) else self.within(type, int(value)) for value in (one, other))
        return (one, other) if one <= other else (other, one)

    def within(self, type: Type, value: int) -> int:
        """The integer, or the end of the type that it is beyond."""
        least, most = integer_range(type)
        return min(max(value, least), most)

    def bound(self, type: Type) -> int | float:
        """An end of an interval."""
        if is_float(type):
            value = FLOAT_ENDS[self.below(len(FLOAT_ENDS))] if self.below(4) else (0.0, -0.0)[self.below(2)]
            return nearest_f32(value) if type is F32 else value
        if self.below(4) < 3:
            return INTEGER_ENDS[self.below(len(INTEGER_ENDS))]
        ends = (*integer_range(type), *(_WIDE if type is I64 else ()))
        return self.within(type, ends[self.below(len(ends))] + (0, 0, 1, -1)[self.below(4)])

    @contextmanager
    def arm(self, condition: Value, holds: bool = True) -> Iterator[None]:
        """What is built is done where a condition is `holds`; behind it, nothing is known of that."""
        builder = self.builder
        arm, behind = builder.new_block(), builder.new_block()
        builder.branch(condition, *((arm, behind) if holds else (behind, arm)))
        builder.at(arm).enter_arm(condition, holds)
        yield
        builder.jump(behind)
        builder.leave_arm()
        builder.at(behind)

    def show(self, value: Value) -> None:
        """Print a value, so that what it is counts."""
        self.builder.emit("print", value, aux=("", ""))


def _of_elements(type: Type, element: Type) -> Type:
    """The same with other elements."""
    return array_of(element, type.rank) if isinstance(type, ArrayType) else element
