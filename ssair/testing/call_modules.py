"""Seeded modules of small functions that call each other: cheap branches, several returns, checks, loops, recursion.

`@main(i64, i64, bool) -> i64` asks for the results of functions again and again, with constants and with what it was
given, in arms and loops, and lets go of some. What is known of one call, one return or one arm is not what is known of
all. Joins get truth values that what follows branches on, and values that differ by nothing but the arm. Where that is
asked for, some functions call themselves for ever.
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Function, Module, Value
from ssair.types import BOOL, I64, Type, array_of

_TESTS: Final = ("lt", "le", "gt", "ge", "eq", "ne")
_CHEAP: Final = ("add", "sub", "min", "max", "and", "mul")
_SMALL: Final = (0, 1, 2, 3, -1, 5)
_MOST_TURNS: Final = 3
_RESULTS: Final[tuple[list[Type], ...]] = ([I64], [I64], [I64, BOOL], [BOOL], [I64, I64])
_PARAMETERS: Final[tuple[list[Type], ...]] = ([I64], [I64, I64], [I64, BOOL])


class _Writer:
    """Builds one function of a module; `callees` are those that it may call."""

    def __init__(self, random: Random, function: Function, types: list[Type], callees: list[Function]) -> None:
        self.random = random
        self.module = function.module
        self.function = function
        self.callees = callees
        self.builder = Builder(function)
        #: How many arms have been entered and not left.
        self.arms = 0
        #: The arguments that a function has been called with before, where all that follows may use them.
        self.called: dict[str, list[Value]] = {}
        #: Whether this is in the body of a comprehension, where no `return` may stand.
        self.is_element = False
        params = [self.builder.param(type) for type in types]
        self.numbers: list[Value] = [param for param in params if param.type is I64]
        self.truths: list[Value] = [param for param in params if param.type is BOOL]

    def fill(self, size: int, depth: int) -> None:
        """Statements, and a return."""
        for _ in range(size):
            self.statement(depth)
        self.leave()

    def leave(self) -> None:
        """Return what there is."""
        self.builder.ret(*[self.truth() if type is BOOL else self.number() for type in self.function.results])

    # ---- values ---------------------------------------------------------------------------------------------------

    def span(self) -> int:
        """A place of its own."""
        line = len(self.module.spans) + 1
        return self.module.new_span(line, 1, line, 2)

    def site(self, kind: str, detail: str | None = None) -> int:
        """A site with a place of its own."""
        return self.module.new_site(kind, self.span(), detail)

    def number(self) -> Value:
        if not self.numbers or self.random.random() < 0.25:
            return self.builder.const(I64, self.random.choice(_SMALL))
        return self.builder.newest(self.random.choice((*self.numbers[-3:], *self.numbers)))

    def truth(self) -> Value:
        chance = self.random.random()
        if self.truths and chance < 0.4:
            return self.builder.newest(self.random.choice(self.truths))
        if chance < 0.5:
            return self.builder.const(BOOL, chance < 0.45)
        return self.test()

    def test(self) -> Value:
        return self.builder.emit(self.random.choice(_TESTS), self.number(), self.number())

    def enter(self, condition: Value, holds: bool) -> tuple[int, int, int]:
        """Begin an arm; gives what `back` takes to forget all since."""
        held = self.arms, len(self.numbers), len(self.truths)
        self.builder.enter_arm(condition, holds)
        self.arms += 1
        return held

    def back(self, held: tuple[int, int, int]) -> None:
        """Leave the arms entered since, and forget the values made there."""
        for _ in range(self.arms - held[0]):
            self.builder.leave_arm()
        self.arms = held[0]
        del self.numbers[held[1] :], self.truths[held[2] :]

    # ---- statements -----------------------------------------------------------------------------------------------

    def statement(self, depth: int) -> None:
        """Anything; what has arms only where `depth` is left."""
        way = self.random.randrange(16)
        if way < 4 or (not depth and way < 11):
            self.numbers.append(self.builder.emit(self.random.choice(_CHEAP), self.number(), self.number()))
        elif way < 9:
            self.choice(depth - 1)
        elif way == 9 and not self.is_element:
            self.early_end()
        elif way == 10:
            self.loop(depth - 1)
        elif way == 11:
            self.builder.emit("check", self.test(), aux=self.site("assert", "no"))
        elif way == 12:
            divisor = self.builder.emit("check_nonzero", self.number(), self.number(), aux=self.site("divide"))
            self.numbers.append(self.builder.emit("floordiv", self.number(), divisor))
        elif way == 13 and self.random.random() < 0.4:
            self.builder.emit("print", self.number(), aux=("", ""))
        elif way == 13 and depth and not self.is_element:
            self.comprehension()
        elif self.callees:
            self.call()

    def call(self) -> None:
        """A call, whose results may be used or not."""
        callee = self.random.choice(self.callees)
        if callee.name in self.called and self.random.random() < 0.4:
            args = [self.builder.newest(value) for value in self.called[callee.name]]
        else:
            args = [self.truth() if param.type is BOOL else self.number() for param in callee.params]
            if not self.arms:
                self.called[callee.name] = args
        made = self.builder.emit("call", *args, type=callee.result_type, aux=callee.name, span=self.span())
        if self.random.random() < 0.25:
            return
        if len(callee.results) == 1:
            self.declare(made)
            return
        for number, type in enumerate(callee.results):
            self.declare(self.builder.emit("get", made, type=type, aux=number))

    def declare(self, value: Value) -> None:
        (self.truths if value.type is BOOL else self.numbers).append(value)

    def early_end(self) -> None:
        """A return in one arm."""
        condition, (ends, stays) = self.truth(), (self.builder.new_block(), self.builder.new_block())
        self.builder.branch(condition, ends, stays)
        self.builder.at(ends)
        held = self.enter(condition, True)
        self.leave()
        self.back(held)
        self.builder.at(stays)
        self.enter(condition, False)

    def choice(self, depth: int) -> None:
        """Two arms that give a number and perhaps a truth value, which may be a constant in each."""
        builder, random = self.builder, self.random
        condition = self.truth()
        target = builder.new_block()
        types = [I64, BOOL] if random.random() < 0.5 else [I64]
        arms = [builder.new_block(), builder.new_block()]
        builder.branch(condition, arms[0], arms[1])
        told = random.random() < 0.5
        for holds, arm in zip((True, False), arms, strict=True):
            builder.at(arm)
            held = self.enter(condition, holds)
            for _ in range(random.randrange(3)):
                self.statement(depth if depth > 0 and random.random() < 0.5 else 0)
            given = [self.number()]
            if len(types) == 2:
                given.append(builder.const(BOOL, holds is told) if random.random() < 0.6 else self.truth())
            builder.jump(target, *given)
            self.back(held)
        builder.at(target)
        joined = [builder.param(type) for type in types]
        if len(joined) == 2 and random.random() < 0.7:
            self.ask_again(joined[1])
            if random.random() < 0.5:
                return
        for param in joined:
            self.declare(param)

    def ask_again(self, truth: Value) -> None:
        """A branch on what a join has got."""
        builder = self.builder
        arms, target = [builder.new_block(), builder.new_block()], builder.new_block()
        builder.branch(truth, arms[0], arms[1])
        for arm in arms:
            builder.at(arm)
            builder.jump(target, self.number())
        self.numbers.append(builder.at(target).param(I64))

    def comprehension(self) -> None:
        """The sum of what a few statements give for each index; its extent may be none."""
        builder = self.builder
        extent = self.random.randrange(3)
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([builder.const(I64, extent)], body, behind)
        index = builder.at(body).param(I64, int_fact(0, max(extent - 1, 0)))
        builder.enter_scope()
        held = self.arms, len(self.numbers), len(self.truths)
        self.arms += 1
        self.numbers.append(index)
        self.is_element = True
        for _ in range(self.random.randrange(3)):
            self.statement(self.random.randrange(2))
        self.is_element = False
        builder.yield_(self.number())
        self.back(held)
        array = builder.at(behind).param(array_of(I64, 1))
        if self.random.random() < 0.6:
            self.numbers.append(builder.emit("sum", array))

    def loop(self, depth: int) -> None:
        """A loop of a few turns."""
        builder = self.builder
        header, body, behind = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(header, builder.const(I64, 0), self.number())
        builder.at(header)
        turn, state = builder.param(I64), builder.param(I64)
        condition = builder.emit("lt", turn, builder.const(I64, _MOST_TURNS))
        builder.branch(condition, body, behind)
        builder.at(body)
        held = self.enter(condition, True)
        self.numbers += [turn, state]
        self.statement(0)
        if depth > 0:
            self.statement(depth)
        one = builder.const(I64, 1)
        builder.jump(header, builder.emit("add", builder.newest(turn), one), self.number())
        self.back(held)
        builder.at(behind)
        self.numbers += [turn, state]


def call_module(random: Random, *, endless: bool = False) -> Module:
    """The module of a source of randomness; with `endless`, some functions call themselves for ever."""
    module = Module()
    module.entry_name = "main"
    made: list[Function] = []
    for number in range(random.randrange(1, 4)):
        results = random.choice(_RESULTS)
        function = module.new_function(f"f{number}", results)
        types = random.choice(_PARAMETERS)
        writer = _Writer(random, function, types, list(made))
        if random.random() < 0.25:
            _recur(writer, types)
        if endless and random.random() < 0.3:
            _wait(writer)
        if made and random.random() < 0.4:
            writer.call()
        writer.fill(random.randrange(1, 6), 1)
        made.append(function)
    main = _Writer(random, module.new_function("main", [I64]), [I64, I64, BOOL], made)
    main.fill(random.randrange(4, 10), 2)
    return module


def _recur(writer: _Writer, types: list[Type]) -> None:
    """Let a function call itself with one less, while its first argument is from 1 to 5."""
    builder, first = writer.builder, writer.numbers[0]
    low = builder.emit("ge", first, builder.const(I64, 1))
    high = builder.emit("le", first, builder.const(I64, 5))
    condition = builder.emit("and", low, high)
    again, behind = builder.new_block(), builder.new_block()
    builder.branch(condition, again, behind)
    builder.at(again).enter_arm(condition, True)
    less = builder.emit("sub", builder.newest(first), builder.const(I64, 1))
    rest = [writer.truth() if type is BOOL else writer.number() for type in types[1:]]
    _call_itself(writer, [less, *rest])
    builder.leave_arm()
    builder.at(behind).enter_arm(condition, False)


def _wait(writer: _Writer) -> None:
    """Let a function call itself with what it was given, where its first argument is one number."""
    builder = writer.builder
    condition = builder.emit("eq", writer.numbers[0], builder.const(I64, writer.random.choice(_SMALL)))
    again, behind = builder.new_block(), builder.new_block()
    builder.branch(condition, again, behind)
    builder.at(again).enter_arm(condition, True)
    _call_itself(writer, list(writer.function.params))
    builder.leave_arm()
    builder.at(behind).enter_arm(condition, False)


def _call_itself(writer: _Writer, args: list[Value]) -> None:
    """Return what a call of the function itself gives."""
    builder, function = writer.builder, writer.function
    made = builder.emit("call", *args, type=function.result_type, aux=function.name, span=writer.span())
    if len(function.results) == 1:
        builder.ret(made)
    else:
        builder.ret(*[builder.emit("get", made, type=type, aux=n) for n, type in enumerate(function.results)])
