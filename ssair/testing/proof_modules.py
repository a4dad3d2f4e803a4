"""Seeded code about what proofs of inequalities go by, each thing in its turn, and questions that go a step too far.

`proof_module(choices, first)` takes the next turns from the one of this number on: tests of two numbers and of sums
beside them, elements of arrays that were made and written, values that meet, the same value in two arms, counters of
loops, indices of comprehensions, checks of lengths. Behind each it is printed how numbers compare that the truth has,
or just has not. Turns know nothing of each other.
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
from ssair.types import BOOL, I64, array_of

TURNS: Final = 7
"""How many turns a module takes."""
_VECTOR: Final = array_of(I64, 1)
_PARAMETERS: Final = (I64, I64, I64, BOOL, BOOL, _VECTOR, _VECTOR)
_TESTS: Final = tuple(COMPARISONS)
_OPERATIONS: Final = (
    "floordiv", "mod", "div_trunc", "rem_trunc", "shr", "and", "or", "min", "max", "mul", "add", "sub", "floordiv",
    "mod", "shr", "and",
)  # fmt: skip
_ORDERS: Final = ("lt", "le", "gt", "ge")
_MOST_TURNS: Final = 4


class _Writer:
    """Builds a module."""

    def __init__(self, choices: Choices, first: int) -> None:
        self.below = choices.below
        self.module = Module()
        self.module.entry_name = "main"
        self.builder = Builder(self.module.new_function("main", [I64]))
        self.values = BoundedValues(choices, self.builder, _PARAMETERS)
        params = self.builder.function.params
        self.arrays: list[Value] = [param for param in params if param.type is _VECTOR]
        self.lengths: list[Value] = [self.builder.emit("dim", array, aux=0) for array in self.arrays]
        turns: tuple[Callable[[], object], ...] = (
            *[lambda test=test: self.beside(test) for test in _TESTS],
            self.element, self.operation, self.multiple, self.arms, self.loop, self.operation, self.element,
            self.lengths_of, self.operation, self.wrapping, self.meeting, self.arms, self.index, self.lengths_meet,
            self.wrapping,
        )  # fmt: skip
        for number in range(first, first + TURNS):
            turns[number % len(turns)]()
        self.builder.ret(self.values.given(I64))

    # ---- operands and questions -----------------------------------------------------------------------------------

    def constant(self, value: int) -> Value:
        return self.builder.const(I64, value)

    def number(self) -> Value:
        """A parameter, one within bounds so that sums do not wrap, or a length."""
        way = self.below(8)
        if way < 3:
            return self.values.given(I64)
        if way < 5:
            least = self.below(6) - 4
            cut = self.builder.emit("max", self.values.given(I64), self.constant(least))
            return self.builder.emit("min", cut, self.constant(least + (3, 9)[self.below(2)]))
        return self.lengths[self.below(2)] if way < 7 else self.constant(self.below(6) - 2)

    def stepped(self, value: Value, most: int = 2) -> Value:
        """A value, or one beside it, in its newest version."""
        step = self.below(2 * most + 1) - most
        value = self.builder.newest(value)
        return self.builder.emit("add", value, self.constant(step)) if step else value

    def ask(self, one: Value, other: Value, *, tests: tuple[str, ...] = _TESTS) -> None:
        """Print how two values compare, or values beside them."""
        test = tests[self.below(len(tests))]
        self.values.show(self.builder.emit(test, self.stepped(one, self.below(2)), self.stepped(other)))

    # ---- turns ----------------------------------------------------------------------------------------------------

    def beside(self, test: str) -> None:
        """What a test of two numbers, or of sums, says of them and of other sums."""
        pair = [self.number(), self.number()]
        tested = self.builder.emit(test, self.stepped(pair[0]), self.stepped(pair[1], self.below(2)))
        with self.values.arm(tested, self.below(4) > 0):
            for _ in range(3):
                self.ask(*pair)

    def multiple(self) -> None:
        """A multiple of a number, and what is near that multiple of its bound."""
        factor, bound = (2, 3, 4, -1, -2)[self.below(5)], self.below(9) - 3
        value = self.number()
        with self.values.arm(self.builder.emit(_TESTS[self.below(6)], value, self.constant(bound))):
            product = self.builder.emit("mul", self.builder.newest(value), self.constant(factor))
            for _ in range(2):
                self.ask(product, self.constant(bound * factor))

    def operation(self) -> None:
        """What is made of two numbers that may be natural, and how it compares with them."""
        emit = self.builder.emit
        pair = [self.number(), self.number()]
        pair = [emit("and", value, self.constant(7)) if self.below(4) == 3 else value for value in pair]
        pair = pair[:1] * 2 if self.below(4) == 3 else pair
        for _ in range(3):
            made = emit(_OPERATIONS[self.below(len(_OPERATIONS))], *pair)
            for value in pair:
                self.values.show(emit(_ORDERS[self.below(4)], made, self.stepped(value, 1) if self.below(2) else value))

    def wrapping(self) -> None:
        """A sum, a difference or a product that may wrap, beside what it is made of."""
        emit = self.builder.emit
        end = self.constant(((1 << 63) - 1, -1 << 63, 1 << 62, -1 << 62)[self.below(4)])
        value = emit("select", self.values.given(BOOL), end, self.values.given(I64))
        others = (value, self.lengths[self.below(2)], self.constant(self.below(7) - 3), self.number())
        for other in (others[self.below(4)], others[self.below(4)]):
            made = emit(("add", "sub", "mul")[self.below(3)], value, other)
            for _ in range(2):
                test = _ORDERS[self.below(4)]
                self.values.show(emit(test, *((made, value) if self.below(3) else (made, self.stepped(other, 1)))))

    def element(self) -> None:
        """An element of an array that was made and perhaps written, where the array may be known to have some."""
        emit = self.builder.emit
        length = self.lengths[self.below(2)]
        array: Value = emit("iota", length)
        for _ in range(self.below(3)):
            array = emit("update", array, self.number(), self.number())
        with self.values.arm(emit("ge", length, self.constant(self.below(4)))):
            index = self.below(3)
            places = [self.number(), emit("sub", length, self.constant(1)), self.values.given(I64)]
            element = emit("index", array, places[index])
            self.ask(element, length)
            for _ in range(2):
                self.values.show(emit("lt", element, self.stepped(length)))
            self.values.show(emit("ge", element, self.constant(self.below(3) - 1)))

    def meeting(self) -> None:
        """One of two numbers, and others that it may be beyond."""
        builder = self.builder
        pair = [self.number(), self.number()]
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        test = builder.emit(_TESTS[self.below(6)], *pair)
        builder.branch(test, *arms)
        for arm, holds in zip(arms, (True, False), strict=True):
            builder.at(arm).enter_arm(test, holds)
            builder.jump(target, self.stepped(pair[self.below(2)], 1))
            builder.leave_arm()
        met = builder.at(target).param(I64)
        for _ in range(2):
            self.ask(met, pair[self.below(2)])

    def arms(self) -> None:
        """A number of which both arms of a branch learn something, each something else."""
        builder, emit = self.builder, self.builder.emit
        value = self.values.given(I64)
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        builder.branch(self.values.given(BOOL), *arms)
        for arm in arms:
            builder.at(arm).enter_scope()
            bound = self.below(9) - 3
            with self.values.arm(emit(_ORDERS[self.below(4)], value, self.constant(bound))):
                for _ in range(2):
                    self.ask(value, self.constant(bound + (-3, 0, 4)[self.below(3)]), tests=_ORDERS)
            builder.leave_arm()
            builder.jump(target)
        builder.at(target)

    def lengths_of(self) -> None:
        """Checks of lengths, divisors and indices behind tests that nearly prove them; control comes there or not."""
        emit, module = self.builder.emit, self.module
        value, other = self.number(), self.number()
        with (
            self.values.arm(self.values.given(BOOL)),
            self.values.arm(emit(_ORDERS[self.below(4)], self.stepped(value, 1), self.constant(self.below(3) - 1))),
            self.values.arm(emit(_ORDERS[self.below(4)], self.stepped(value, 1), self.stepped(other, 1))),
        ):
            value, other = self.builder.newest(value), self.builder.newest(other)
            way = self.below(4)
            if way == 0:
                made = emit("check_nonempty", value, aux=module.new_site("empty"))
            elif way == 1:
                made = emit("check_nonzero", value, other, aux=module.new_site("divide"))
            elif way == 2:
                made = emit("check_at_least", value, other, aux=module.new_site("size"))
            else:
                made = emit("check_index", value, other, aux=module.new_site("index", detail=0))
            self.values.show(made)

    def lengths_meet(self) -> None:
        """The length of one of two arrays, beside those of both."""
        builder = self.builder
        target = builder.new_block()
        arms = builder.new_block(), builder.new_block()
        builder.branch(self.values.given(BOOL), *arms)
        for arm, array in zip(arms, self.arrays if self.below(4) else self.arrays[:1] * 2, strict=True):
            builder.at(arm).jump(target, array)
        met = builder.at(target).param(_VECTOR)
        length = builder.emit("dim", met, aux=0)
        for other in self.lengths:
            self.values.show(builder.emit(("eq", "le", "ge", "ne")[self.below(4)], length, other))

    def index(self) -> None:
        """The index of a comprehension, and what it is below or not."""
        builder = self.builder
        extent = self.lengths[self.below(2)]
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([extent], body, behind)
        index = builder.at(body).param(I64, int_fact(0, (1 << 47) - 1))
        builder.enter_scope()
        asked = builder.emit(_TESTS[self.below(6)], self.stepped(index), self.stepped(extent))
        also = builder.emit(_TESTS[self.below(6)], self.stepped(index), self.number())
        builder.yield_(asked, also)
        builder.leave_arm()
        builder.at(behind)
        for _ in range(2):
            self.values.show(builder.param(array_of(BOOL, 1)))

    def loop(self) -> None:
        """A counter that runs up or down, another number, and what they are beyond in the loop and behind it."""
        builder, emit = self.builder, self.builder.emit
        starts = (self.number(), self.number(), self.constant(_MOST_TURNS))
        limit = self.number()
        header, body, behind = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(header, *starts)
        builder.at(header)
        counter, other, left = (builder.param(I64) for _ in starts)
        test = emit(("lt", "lt", "gt", "ne", "le")[self.below(5)], counter, limit)
        stays = emit("and", test, emit("gt", left, self.constant(0)))
        builder.branch(stays, body, behind)
        builder.at(body)
        with builder.arm(stays, True):
            for _ in range(3):
                self.ask(
                    (counter, counter, other)[self.below(3)], (limit, starts[0], starts[1], counter)[self.below(4)]
                )
            step = emit("add", builder.newest(counter), self.constant((1, 1, -1, 2)[self.below(4)]))
            following = (other, counter, step, emit("add", builder.newest(other), self.constant(self.below(3) - 1)))
            builder.jump(header, step, following[self.below(4)], emit("sub", builder.newest(left), self.constant(1)))
        builder.at(behind)
        for _ in range(2):
            self.ask((counter, other)[self.below(2)], (limit, starts[0])[self.below(2)])


def proof_module(choices: Choices, first: int) -> Module:
    """The module of a source of decisions, `TURNS` turns from number `first` on."""
    return _Writer(choices, first).module
