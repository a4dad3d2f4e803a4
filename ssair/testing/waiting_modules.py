"""Seeded modules of loops that may go on for ever, where nobody needs what they give: in functions, in comprehensions.

Counters go up, down, both, nowhere, or round by wrapping, until a number comes that may not come. What takes such a
loop for finite drops a call or a comprehension that never ends, or lets a line be printed that nobody would see. Runs
need a limit.
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Block, Module, Value
from ssair.types import I64, array_of

_TESTS: Final = ("eq", "ne", "lt", "le", "gt", "ge")
_SMALL: Final = (0, 1, 2, 3, 5, -1, -2)
_STEPS: Final = (1, 1, -1, 2, 0, 1 << 62, -(1 << 62))
_KINDS: Final = ("add", "add", "sub", "and", "shr", "floordiv", "mod", "xor", "mul")


def waiting_module(random: Random) -> Module:
    """A module with `@main(i64, i64) -> i64`, and one or two functions that it calls."""
    module = Module()
    module.entry_name = "main"
    names = [f"f{number}" for number in range(random.randrange(1, 3))]
    for name in names:
        builder = Builder(module.new_function(name, [I64]))
        given: list[Value] = [builder.param(I64), builder.param(I64)]
        builder.ret(_loop(random, builder, given))
    builder = Builder(module.new_function("main", [I64]))
    values: list[Value] = [builder.param(I64), builder.param(I64)]
    for _ in range(random.randrange(1, 4)):
        made = (
            _call(random, builder, values, names) if random.random() < 0.6 else _comprehension(random, builder, values)
        )
        if random.random() < 0.3:
            values.append(made)
        if random.random() < 0.3:
            builder.emit("print", random.choice(values), aux=("", ""))
    builder.ret(random.choice(values))
    return module


def _number(random: Random, builder: Builder, values: list[Value]) -> Value:
    if random.random() < 0.4:
        return builder.const(I64, random.choice(_SMALL))
    return builder.newest(random.choice(values))


def _call(random: Random, builder: Builder, values: list[Value], names: list[str]) -> Value:
    args = [_number(random, builder, values) for _ in range(2)]
    return builder.emit("call", *args, type=I64, aux=random.choice(names))


def _comprehension(random: Random, builder: Builder, values: list[Value]) -> Value:
    """The sum of what a loop gives for each index."""
    extent = random.randrange(3)
    body, exit = builder.new_block(), builder.new_block()
    builder.forall([builder.const(I64, extent)], body, exit)
    builder.at(body)
    builder.enter_scope()
    index = builder.param(I64, int_fact(0, max(extent - 1, 0)), block=body)
    builder.yield_(_loop(random, builder, [*values, index]))
    builder.leave_arm()
    array = builder.param(array_of(I64, 1), block=exit)
    builder.at(exit)
    return builder.emit("sum", array)


def _loop(random: Random, builder: Builder, values: list[Value]) -> Value:
    """A counter that goes on until a test says that it may leave; gives the counter."""
    header, body, behind = (builder.new_block() for _ in range(3))
    first = _number(random, builder, values)
    counter = builder.param(I64, block=header)
    builder.jump(header, first)
    builder.at(header)
    builder.enter_scope()
    way = random.randrange(10)
    test, limit = (
        ("ge", builder.const(I64, 0)) if way < 2 else (random.choice(_TESTS), _number(random, builder, values))
    )
    stays = builder.emit(test, counter, limit)
    builder.branch(stays, body, behind)
    builder.at(body)
    builder.enter_arm(stays, True)
    if way < 2:
        asked = builder.emit("lt", builder.newest(counter), builder.const(I64, random.randrange(1, 4)))
        _arms(random, builder, counter, header, asked, 1)
    elif way < 5:
        asked = builder.emit(random.choice(_TESTS), builder.newest(counter), _number(random, builder, values))
        _arms(random, builder, counter, header, asked, None)
    else:
        builder.jump(header, _step(random, builder, counter))
    builder.leave_arm()
    builder.leave_arm()
    builder.at(behind)
    return counter


def _arms(random: Random, builder: Builder, counter: Value, header: Block, asked: Value, up: int | None) -> None:
    """Two ways back: any two, or one up by so many and the other down."""
    ways = builder.new_block(), builder.new_block()
    builder.branch(asked, *ways)
    for way, holds in zip(ways, (True, False), strict=True):
        builder.at(way)
        builder.enter_arm(asked, holds)
        if up is None:
            following = _step(random, builder, counter)
        else:
            following = builder.emit("add", builder.newest(counter), builder.const(I64, up if holds else -up))
        builder.jump(header, following)
        builder.leave_arm()


def _step(random: Random, builder: Builder, counter: Value) -> Value:
    """What the counter is next."""
    op = random.choice(_KINDS)
    return builder.emit(op, builder.newest(counter), builder.const(I64, random.choice(_STEPS)))
