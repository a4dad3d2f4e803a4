"""Seeded code with the left side of every rewrite rule in its turn, near misses, and tests that are asked again.

`rule_module(choices, first)` takes the next turns from the one of this number on: each row of the table of rules for
each kind of types that it is for, and what functions of rules look for: comparisons of two values in both arms of a
test of them, reads of an array that was written where both places are in range and may be one, indices of a
comprehension and its extents. What is made is printed. Operands are given, or known to lie between bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Module, Value
from ssair.ops import COMPARISONS
from ssair.testing.bounded_values import BoundedValues
from ssair.testing.choices import Choices
from ssair.testing.ssa_plants import ROWS, planted_row
from ssair.testing.ssa_values import Values
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, array_of

TURNS: Final = 11
"""How many turns a module takes."""
_SCALARS: Final = (I64, F64, BOOL, I32, F32)
_PARAMETERS: Final = (I64, I64, I64, F64, F64, F64, BOOL, BOOL, BOOL, array_of(I64, 1), array_of(F64, 1))
_BOUNDED: Final = 3
#: How often a row is planted in its turn.
_PLANTED: Final = 3
_TESTS: Final = tuple(COMPARISONS)


class _Writer:
    """Builds a module."""

    def __init__(self, choices: Choices, first: int) -> None:
        self.below = choices.below
        self.module = Module()
        self.module.entry_name = "main"
        self.builder = Builder(self.module.new_function("main", [I64]))
        self.bounded = BoundedValues(choices, self.builder, _PARAMETERS)
        self.values = Values(choices, self.builder, exact=False)
        self.arrays = [param for param in self.builder.function.params if isinstance(param.type, ArrayType)]
        for value in self.arrays:
            self.values.declare(value)
        for type in _SCALARS:
            for made in (*(self.bounded.value(type) for _ in range(_BOUNDED)), self.bounded.given(type)):
                self.values.declare(made)
        others: tuple[Callable[[], None], ...] = (
            *[lambda test=test, type=type: self.ask_again(test, type) for test in _TESTS for type in (I64, F64)],
            *[lambda type=type: self.places(type) for type in (I64, F64) * 3],
            *[self.indices] * 3,
        )  # fmt: skip
        for number in range(first, first + TURNS):
            turn = number % (len(ROWS) + len(others))
            if turn < len(ROWS):
                for _ in range(_PLANTED):
                    self.show(planted_row(self.values, turn))
            else:
                others[turn - len(ROWS)]()
        self.builder.ret(self.bounded.given(I64))

    def show(self, value: Value) -> None:
        """Print a value."""
        self.bounded.show(value)

    def ask_again(self, test: str, type: Type) -> None:
        """A test of two values, and what comparisons of them say in both arms, and in one that is negated."""
        emit = self.builder.emit
        one = self.bounded.given(type)
        other = emit("select", self.bounded.given(BOOL), one, self.bounded.value(type))
        tested = emit(test, *((one, other) if self.below(2) else (other, one)))
        for holds in (True, False):
            with self.bounded.arm(tested, holds):
                pair = [self.builder.newest(value) for value in (one, other)]
                for name in _TESTS:
                    self.show(emit(name, *(pair if self.below(2) else pair[::-1])))

    def places(self, type: Type) -> None:
        """An element of an array that was written, at places in range that may be the same; or just out of range."""
        emit = self.builder.emit
        length = 2 + self.below(2)
        array = emit("full", self.bounded.value(type), self.bounded.known(I64, length))
        pair = [self.place(length), self.place(length)]
        written = emit("update", array, self.bounded.value(type), pair[0])
        if self.below(2):
            written = emit("update", written, self.bounded.value(type), pair[1])
        for place in (*pair, self.place(length)):
            self.show(emit("index", written, place))

    def place(self, length: int) -> Value:
        """An index that is in range, or nearly."""
        emit, way = self.builder.emit, self.below(5)
        if way == 0:
            return self.bounded.known(I64, self.below(length + 1))
        if way == 1:
            return self.bounded.given(I64)
        if way == 2:
            return emit("select", self.bounded.given(BOOL), *[self.bounded.known(I64, end) for end in (0, length - 1)])
        cut = emit("max", self.bounded.given(I64), self.bounded.known(I64, 0 if way == 3 else -1))
        return emit("min", cut, self.bounded.known(I64, length - 1 if self.below(4) else length))

    def indices(self) -> None:
        """The indices of a comprehension, beside the extents of both dimensions."""
        builder, emit = self.builder, self.builder.emit
        extents = [emit("dim", array, aux=0) for array in self.arrays]
        body, behind = builder.new_block(), builder.new_block()
        builder.forall(extents, body, behind)
        indices = [builder.param(I64, int_fact(0, (1 << 47) - 1), block=body) for _ in extents]
        builder.at(body).enter_scope()
        pairs = [(index, extent) for index in indices for extent in extents]
        asked = [emit(("lt", "ge", "ne", "lt")[self.below(4)], *pair) for pair in pairs]
        builder.yield_(*asked)
        builder.leave_arm()
        made = [builder.param(array_of(BOOL, len(extents)), block=behind) for _ in asked]
        builder.at(behind)
        for value in made:
            self.show(value)


def rule_module(choices: Choices, first: int) -> Module:
    """The module of a source of decisions, `TURNS` turns from number `first` on."""
    return _Writer(choices, first).module
