"""Seeded functions about indices: tests, sums and loops of which some prove a check and some nearly do.

`@main(i64, i64, i64[:], i64[:]) -> i64` asks how its values compare, leaves where the answer is no, and checks indices,
divisors and lengths behind that; and it prints how what is computed compares with what it is computed of, and with what
stands beside. Sums of any two values wrap, quotients and masks are of numbers that may be negative, arrays may be empty
and of two lengths, counters run up and down; so a proof that forgets a case removes a check that fails, or decides a
comparison wrongly. Every loop ends after a few turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.ir import Block, Instr, Module, Value
from ssair.ops import CONST
from ssair.types import I64, array_of

_TESTS: Final = ("lt", "le", "gt", "ge", "eq", "ne")
_SMALL: Final = (1, -1, 0, 1, 2, 3, -1, -2)
_EXTREME: Final = ((1 << 63) - 1, -(1 << 63), (1 << 62), (1 << 63) - 2)
_MOST_TURNS: Final = 4
_OPERATIONS: Final = (
    "floordiv", "mod", "div_trunc", "rem_trunc", "shr", "and", "or", "xor", "min", "max",
    "mul", "add", "sub", "add", "sub", "mul",
)  # fmt: skip


class _Writer:
    """Builds a module; `numbers` are the integers in scope, the newest last."""

    def __init__(self, random: Random, *, asking: bool) -> None:
        self.random = random
        self.asking = asking
        self.module = Module()
        self.module.entry_name = "main"
        self.builder = Builder(self.module.new_function("main", [I64]))
        self.numbers: list[Value] = [self.builder.param(I64), self.builder.param(I64)]
        self.arrays: list[Value] = [self.builder.param(array_of(I64, 1)) for _ in range(2)]
        self.lengths: list[Value] = [self.builder.emit("dim", array, aux=0) for array in self.arrays]
        #: How many arms have been entered and not left.
        self.arms = 0
        self.block(2)
        self.builder.ret(self.number())

    # ---- operands -------------------------------------------------------------------------------------------------

    def constant(self, value: int) -> Value:
        return self.builder.const(I64, value)

    def small(self) -> Value:
        return self.constant(self.random.choice(_SMALL))

    def number(self) -> Value:
        chance = self.random.random()
        if chance < 0.12:
            return self.small()
        if chance < 0.15:
            return self.constant(self.random.choice(_EXTREME))
        if chance < 0.22:
            return self.natural()
        return self.builder.newest(self.random.choice((*self.numbers[-4:], *self.numbers, *self.lengths)))

    def natural(self) -> Value:
        """A number that is known not to be negative, 0 perhaps."""
        emit, value = self.builder.emit, self.builder.newest(self.random.choice(self.numbers))
        way = self.random.randrange(3)
        if way == 0:
            return emit("and", value, self.constant(self.random.choice((1, 7))))
        natural = emit("max", value, self.constant(0))
        return emit("min", natural, self.constant(self.random.choice((3, 9)))) if way == 1 else natural

    def sum(self, of: Value | None = None) -> Value:
        """What is made of numbers in scope, one of which may be given."""
        emit, x, y = self.builder.emit, of if of is not None else self.number(), self.number()
        way = self.random.randrange(20)
        if way < 5 or way > 17:
            return emit(("add", "sub")[way % 2], x, self.small())
        if way < 8:
            return emit(("add", "sub", "add")[way % 3], x, y)
        if way < 10:
            return emit(
                ("floordiv", "mod", "div_trunc", "rem_trunc")[self.random.randrange(4)],
                x,
                self.random.choice((y, self.small())),
            )
        if way < 12:
            return emit("mul", x, self.small())
        if way == 12:
            half = emit("floordiv", emit("sub", y, x), self.constant(2))
            return emit("add", x, half)
        if way == 13:
            return emit("shr", x, self.random.choice((y, self.small())))
        if way == 14:
            return emit("select", self.test(), x, y)
        if way == 15:
            return emit(("abs", "neg")[self.random.randrange(2)], x)
        return emit(("and", "min", "max", "mul")[self.random.randrange(4)], x, y)

    def test(self) -> Value:
        """A comparison, or two of them."""
        emit = self.builder.emit
        one = emit(self.random.choice(_TESTS), self.number(), self.number())
        if self.random.random() < 0.8:
            return one
        other = emit(self.random.choice(_TESTS), self.number(), self.number())
        return emit(self.random.choice(("and", "or")), one, other)

    def element(self) -> Value:
        """An element of an array that has been made, at an index that is there or clamped."""
        array = self.builder.emit("iota", self.random.choice(self.lengths[:2]))
        if self.random.random() < 0.5:
            array = self.builder.emit("update", array, self.number(), self.number())
        return self.builder.emit("index", array, self.number())

    # ---- questions ------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Print how something compares with what it is made of."""
        asking = (self.ask_of_operation, self.ask_of_pair, self.ask_of_multiple, self.ask_of_element)
        self.random.choice((self.ask_of_operation, *asking))()

    def compare(self, one: Value, other: Value) -> None:
        """Print a comparison with another value, or with one beside it."""
        emit, chance = self.builder.emit, self.random.random()
        if chance < 0.4:
            other = emit(self.random.choice(("add", "sub")), other, self.constant(1))
        emit("print", emit(self.random.choice(_TESTS), one, other), aux=("", ""))

    def ask_of_operation(self) -> None:
        """Results and their operands."""
        emit, random = self.builder.emit, self.random
        x, y = (self.natural() if random.random() < 0.4 else self.number() for _ in range(2))
        for name in random.sample(_OPERATIONS, 4):
            made = emit(name, x, y)
            for other in (x, y):
                if random.random() < 0.3:
                    self.compare(made, other)
                else:
                    emit("print", emit(random.choice(("le", "ge")), made, other), aux=("", ""))

    def ask_of_pair(self) -> None:
        """Two numbers of which a test has compared sums, and other sums of them."""
        emit, random = self.builder.emit, self.random
        pair = [self.within_bounds() if random.random() < 0.7 else self.number() for _ in range(2)]

        def beside() -> list[Value]:
            held = [self.builder.newest(value) for value in pair]
            step = self.constant(random.randrange(-2, 3))
            return held if random.random() < 0.4 else [emit("add", held[0], step), held[1]]

        with self.if_so(emit(random.choice(_TESTS), *beside())):
            for _ in range(2):
                emit("print", emit(random.choice(_TESTS), *beside()), aux=("", ""))

    @contextmanager
    def if_so(self, condition: Value) -> Iterator[None]:
        """What is built is done where a condition holds; behind it, nothing is known of that."""
        builder = self.builder
        arm, behind = builder.new_block(), builder.new_block()
        builder.branch(condition, arm, behind)
        builder.at(arm).enter_arm(condition, True)
        yield
        builder.jump(behind)
        builder.leave_arm()
        builder.at(behind)

    def within_bounds(self) -> Value:
        """A small number."""
        emit, least = self.builder.emit, self.random.randrange(-4, 2)
        number = emit("max", self.builder.newest(self.random.choice(self.numbers)), self.constant(least))
        return emit("min", number, self.constant(least + self.random.choice((3, 9))))

    def ask_of_multiple(self) -> None:
        """Multiples of two numbers that one test compares, or of one and a number near that multiple of its bound."""
        emit, random = self.builder.emit, self.random
        factor = random.choice((2, 3, 4, -1, -2))
        x, bound = self.number(), random.randrange(-3, 6)
        y = self.constant(bound) if random.random() < 0.6 else self.number()
        with self.if_so(emit(random.choice(_TESTS), x, y)):
            one = emit("mul", self.builder.newest(x), self.constant(factor))
            if isinstance(y, Instr) and y.op is CONST:
                other: Value = self.constant(bound * factor + random.randrange(-2, 3))
            else:
                other = emit("mul", self.builder.newest(y), self.constant(factor))
            emit("print", emit(random.choice(_TESTS), one, other), aux=("", ""))

    def ask_of_element(self) -> None:
        """An element and the length of its array, or the place of an extreme one."""
        chance = self.random.random()
        if chance < 0.2:
            self.compare(self.lengths[-1], self.random.choice(self.lengths))
            return
        if chance < 0.7:
            element, length = self.element(), self.random.choice(self.lengths[:2])
            for most in (length, self.builder.emit("sub", length, self.constant(1))):
                self.builder.emit("print", self.builder.emit("lt", element, most), aux=("", ""))
            return
        place = self.random.randrange(len(self.arrays))
        position = self.builder.emit(self.random.choice(("argmin", "argmax")), self.arrays[place])
        self.compare(position, self.lengths[place])

    # ---- statements -----------------------------------------------------------------------------------------------

    def block(self, depth: int) -> None:
        """Sums, questions and checks."""
        for _ in range(self.random.randrange(5, 11)):
            way = self.random.randrange(10)
            if self.asking and way < 7:
                self.ask()
            elif self.asking and way == 7:
                self.random.choice((self.detour, self.meeting))()
            elif way < 3:
                self.numbers.append(self.sum())
            elif way < 4:
                self.random.choice((self.guard, self.guard, self.detour, self.meeting))()
            elif way < 6:
                self.ask()
            elif way < 9 or not depth:
                self.check()
            else:
                self.loop(depth - 1)
            if self.random.random() < 0.06:
                self.numbers.append(self.element())

    def guard(self) -> None:
        """Ask something, and leave the function where the answer is the other one."""
        self.stay_if(self.test(), self.random.random() < 0.8)

    def stay_if(self, condition: Value, holds: bool) -> None:
        """Leave the function unless `condition` is `holds`."""
        builder, result = self.builder, self.number()
        leave, stay = builder.new_block(), builder.new_block()
        builder.branch(condition, *((stay, leave) if holds else (leave, stay)))
        builder.at(leave).ret(result)
        builder.at(stay)
        self.enter(condition, holds)

    def detour(self) -> None:
        """A test one of whose edges leads where the other comes to as well: nothing is known there."""
        builder = self.builder
        one, other = self.number(), self.number()
        ways = [builder.new_block(), builder.new_block()]
        builder.branch(builder.emit(self.random.choice(_TESTS), one, other), ways[0], ways[1])
        first, last = self.random.choice((ways, ways[::-1]))
        builder.at(first).jump(last)
        builder.at(last)
        self.compare(one, other)

    def meeting(self) -> None:
        """One of two arrays."""
        builder = self.builder
        arms, target = [builder.new_block(), builder.new_block()], builder.new_block()
        builder.branch(self.test(), arms[0], arms[1])
        for arm in arms:
            builder.at(arm).jump(target, self.random.choice(self.arrays))
        array = builder.at(target).param(array_of(I64, 1))
        self.arrays.append(array)
        self.lengths.append(builder.emit("dim", array, aux=0))
        self.compare(self.lengths[-1], self.random.choice(self.lengths[:2]))

    def enter(self, condition: Value, holds: bool) -> None:
        self.builder.enter_arm(condition, holds)
        self.arms += 1

    def leave_arms(self, held: int) -> None:
        """Leave the arms entered since there were `held`."""
        for _ in range(self.arms - held):
            self.builder.leave_arm()
        self.arms = held

    def check(self) -> None:
        """A check that may well be proved."""
        emit, random = self.builder.emit, self.random
        way = random.randrange(8)
        if way < 5:
            self.read(random.randrange(len(self.arrays)))
        elif way == 5:
            divisor = emit("check_nonzero", self.number(), self.number(), aux=self.module.new_site("divide"))
            self.numbers.append(emit("mod", self.number(), divisor))
        elif way == 6:
            self.numbers.append(emit("check_at_least", self.number(), self.number(), aux=self.module.new_site("size")))
        else:
            emit("check", self.test(), aux=self.module.new_site("assert", detail="no"))

    def read(self, place: int) -> None:
        """An element at an index of which, or of what it is made of or goes into, is asked whether it is in range.

        Where it is not, the element is not read, and control goes on behind.
        """
        emit, random, length = self.builder.emit, self.random, self.lengths[place]
        one = self.number()
        pair = (one, self.sum(one))
        index = random.choice(pair)
        behind, arms, held = self.builder.new_block(), self.arms, len(self.numbers)
        if random.random() < 0.9:
            least = self.small() if random.random() < 0.2 else self.constant(0)
            self.skip_unless(emit("ge", random.choice((index, *pair)), least), behind)
            test = random.choice(("lt", "lt", "lt", "le", "ne"))
            limit = length if random.random() < 0.7 else self.number()
            self.skip_unless(emit(test, self.builder.newest(random.choice(pair)), limit), behind)
            if random.random() < 0.3:
                index = self.sum(index)
        site = self.module.new_site("index", detail=0)
        index = emit("check_index", self.builder.newest(index), length, aux=site)
        self.builder.jump(behind, emit("index", self.arrays[place], index))
        self.leave_arms(arms)
        del self.numbers[held:]
        self.numbers += [*pair, self.builder.at(behind).param(I64)]

    def skip_unless(self, condition: Value, behind: Block) -> None:
        """Go on behind, with 0, unless a condition holds."""
        builder = self.builder
        skip, stay = builder.new_block(), builder.new_block()
        builder.branch(condition, stay, skip)
        builder.at(skip).jump(behind, builder.const(I64, 0))
        builder.at(stay)
        self.enter(condition, True)

    def loop(self, depth: int) -> None:
        """A loop with a counter, another number, and the turns left; it may check on the way."""
        builder, random = self.builder, self.random
        starts = (self.number(), self.number(), self.constant(_MOST_TURNS))
        header, body, behind = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(header, *starts)
        builder.at(header)
        held = list(self.numbers)
        params = [builder.param(I64) for _ in starts]
        self.numbers += params[:2]
        condition = builder.emit(random.choice(_TESTS), self.random.choice(params[:2]), self.number())
        goes_on = builder.emit("gt", params[2], self.constant(0))
        both = builder.emit("and", condition, goes_on)
        builder.branch(both, body, behind)
        builder.at(body)
        arms = self.arms
        self.enter(both, True)
        for _ in range(random.randrange(1, 4)):
            if random.random() < 0.6:
                self.check()
            else:
                self.numbers.append(self.sum())
        if depth and random.random() < 0.3:
            self.loop(depth - 1)
        step = builder.emit(random.choice(("add", "sub")), builder.newest(params[0]), self.small())
        turns = builder.emit("sub", builder.newest(params[2]), self.constant(1))
        following = (step, random.choice((self.number(), builder.newest(params[1]), step)))
        builder.jump(header, *(following[::-1] if random.random() < 0.15 else following), turns)
        self.leave_arms(arms)
        self.numbers = [*held, *params[:2]]
        builder.at(behind)
        self.enter(both, False)


def inequality_module(random: Random, *, asking: bool = False) -> Module:
    """The module of a source of randomness; with `asking`, most of it are comparisons."""
    return _Writer(random, asking=asking).module
