"""Seeded modules of what may never end and nobody needs: functions, recursion, comprehensions with loops in them.

`@main(i64, i64) -> i64` calls functions, and makes arrays, whose results it mostly lets go, with lines printed between
them. Loops go up to a number that they step over, round by wrapping, up and down; functions call themselves with one
less or with the same. Nearly all of it ends for most arguments, and never for some: what takes it for finite drops it,
and prints what nobody would see. Some arrays have arrays for elements, whose lengths an empty one needs. Runs need a
limit.
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Module, Value
from ssair.types import I64, array_of

_SMALL: Final = (0, 1, 2, 3)
#: Steps by which a counter comes round in a few turns.
_STEPS: Final = (1 << 62, -(1 << 62), -(1 << 63), 1 << 61, 0)
_NAMES: Final = ("loops", "recurs")


class _Writer:
    """Builds `@main`."""

    def __init__(self, random: Random, module: Module) -> None:
        self.random = random
        self.builder = builder = Builder(module.new_function("main", [I64]))
        self.values: list[Value] = [builder.param(I64), builder.param(I64)]

    def fill(self) -> Value:
        """Statements; gives a number."""
        random = self.random
        for _ in range(random.randrange(1, 4)):
            made = random.choice((self.call, self.call, self.comprehension, self.table))()
            if random.random() < 0.15:
                self.values.append(made)
            if random.random() < 0.4:
                self.builder.emit("print", random.choice(self.values), aux=("", ""))
        return random.choice(self.values)

    def number(self) -> Value:
        if self.random.random() < 0.3:
            return self.builder.const(I64, self.random.choice(_SMALL))
        return self.random.choice(self.values)

    def small(self) -> Value:
        """A number from 0 to 7: from there a counter comes soon to where it ends, or round."""
        return self.builder.emit("and", self.number(), self.builder.const(I64, 7))

    def call(self) -> Value:
        """What a function gives."""
        return self.builder.emit("call", self.small(), self.number(), type=I64, aux=self.random.choice(_NAMES))

    def comprehension(self) -> Value:
        """The sum of what a loop gives for each index."""
        builder = self.builder
        extent = self.random.randrange(1, 3)
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([builder.const(I64, extent)], body, behind)
        index = builder.param(I64, int_fact(0, extent - 1), block=body)
        builder.at(body).enter_scope()
        first = index if self.random.random() < 0.2 else self.small()
        builder.yield_(_loop(self.random, builder, first, self.number()))
        builder.leave_arm()
        return builder.emit("sum", builder.at(behind).param(array_of(I64, 1)))

    def table(self) -> Value:
        """A length of an array of arrays, or its sum."""
        builder, random = self.builder, self.random
        extent, length = (builder.emit("const", type=I64, aux=random.randrange(3)) for _ in range(2))
        told = builder.emit("const", type=I64, aux=length.aux) if random.random() < 0.7 else length
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([extent], body, behind, [told])
        index = builder.param(I64, int_fact(0, (1 << 47) - 1), block=body)
        builder.at(body).yield_(builder.emit("full", index, length))
        array = builder.at(behind).param(array_of(I64, 2))
        made = builder.emit("sum", array) if random.random() < 0.5 else builder.emit("dim", array, aux=1)
        builder.emit("print", made, aux=("", ""))
        return made


def _loop(random: Random, builder: Builder, first: Value, other: Value) -> Value:
    """A counter that goes on until a test says that it may leave, or comes back to where it was; gives the counter."""
    header, body, behind = (builder.new_block() for _ in range(3))
    builder.jump(header, first)
    counter = builder.param(I64, block=header)
    builder.at(header).enter_scope()
    way = random.randrange(8)
    limit = other if random.random() < 0.3 else builder.const(I64, random.choice(_SMALL))
    tests = ("lt",) if way < 2 else ("ne", "ne", "ge", "lt")
    goes_on = builder.emit(random.choice(tests), counter, limit if way else builder.const(I64, 3))
    builder.branch(goes_on, body, behind)
    builder.at(body).enter_arm(goes_on, True)
    if 1 <= way < 5:
        ways = [builder.new_block() for _ in range(2)]
        below = builder.emit("lt", counter, builder.const(I64, random.choice(_SMALL)))
        builder.branch(below, ways[0], ways[1])
        for arm, up in zip(ways, (1, 1) if way == 1 else (1, -1), strict=True):
            builder.at(arm).jump(header, builder.emit("add", builder.newest(counter), builder.const(I64, up)))
    else:
        step = builder.const(I64, 1 if way == 0 else random.choice(_STEPS))
        builder.jump(header, builder.emit("sub" if way > 6 else "add", builder.newest(counter), step))
    builder.leave_arm()
    builder.leave_arm()
    builder.at(behind)
    return counter


def _write_recursion(random: Random, module: Module) -> None:
    """A function that calls itself, with one less or the same, where its first argument is not some number."""
    builder = Builder(module.new_function("recurs", [I64]))
    first, other = builder.param(I64), builder.param(I64)
    again, behind = builder.new_block(), builder.new_block()
    less = random.randrange(2)
    asked = "gt" if less else random.choice(("ne", "gt", "eq"))
    condition = builder.emit(asked, first, builder.const(I64, random.choice(_SMALL)))
    builder.branch(condition, again, behind)
    builder.at(again)
    following = builder.emit("sub", first, builder.const(I64, less))
    builder.ret(builder.emit("call", following, other, type=I64, aux="recurs"))
    builder.at(behind).ret(other)


def ending_module(random: Random) -> Module:
    """The module of a source of randomness."""
    module = Module()
    module.entry_name = "main"
    writer = _Writer(random, module)
    builder = Builder(module.new_function("loops", [I64]))
    builder.ret(_loop(random, builder, builder.param(I64), builder.param(I64)))
    _write_recursion(random, module)
    writer.builder.ret(writer.fill())
    return module
