"""Seeded modules of arms, loops and comprehensions in which the same is computed again and again, of what each place
knows.

`@main(i64, i64, f64, f64, bool, i64[:], f64[:,:]) -> (i64, i64)` draws a few formulas of what it is given, mostly of
one kind: operations, comparisons, checks, conversions, lengths, calls, and what is made of these; often one is another
with something different. Every statement computes one of them, of the newest versions or of older ones, and now and
then something of the result, which is printed, given to the join, or let go. Branches ask about the same values, so
that what is known in one place is not what is known in another where the same is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Block, Function, Module, Value
from ssair.testing.arm_formulas import NUMBERS, OPERATIONS
from ssair.testing.arm_scenes import GUARDED, SCENES, Scenes
from ssair.types import I64, Type, array_of

_DEPTH: Final = 2


class _Writer(Scenes):
    """Builds `@main`; its theme is one of the scenes."""

    def __init__(self, random: Random, function: Function, themes: Sequence[str]) -> None:
        super().__init__(random, function)
        self.theme = SCENES[random.choice(themes)]

    def fill(self, size: int, depth: int) -> None:
        """Statements."""
        for _ in range(size):
            self.statement(depth)

    def statement(self, depth: int) -> None:
        """Anything; what has blocks of its own only where `depth` is left."""
        way = self.random.randrange(16)
        if way < 5 or not depth:
            self.keep(self.computed(self.random.choice(self.formulas)))
        elif way < 10:
            self.theme(self)
        elif way < 13:
            self.branch(depth - 1)
        elif way < 15:
            self.loop(depth - 1)
        else:
            self.comprehension(depth - 1)

    def arm(self, block: Block, condition: Value | None, holds: bool, size: int, depth: int) -> Value:
        """Statements in a block, where a condition holds or not; gives a number of there."""
        self.builder.at(block)
        if condition is None:
            self.builder.enter_scope()
        else:
            self.builder.enter_arm(condition, holds)
        before = len(self.made)
        self.fill(size, depth)
        found = self.number()
        del self.made[before:]
        self.builder.leave_arm()
        return found

    def branch(self, depth: int) -> None:
        """Two arms that meet, one of which may be empty or not be there."""
        builder, random = self.builder, self.random
        condition = self.test()
        target = builder.new_block()
        params = [builder.param(I64, block=target) for _ in range(random.randrange(1, 3))]
        arms = [builder.new_block() for _ in range(1 + (random.random() < 0.8))]
        others = [self.number() for _ in params[1:]]
        if len(arms) == 1:
            builder.branch(condition, arms[0], target, (), [self.number(), *others])
        else:
            builder.branch(condition, arms[0], arms[1])
        for arm, holds in zip(arms, (True, False), strict=False):
            found = self.arm(arm, condition, holds, random.randrange(4), depth)
            builder.jump(target, found, *[other if random.random() < 0.5 else found for other in others])
        builder.at(target)
        self.made += params

    def loop(self, depth: int) -> None:
        """A loop of none or a few turns; some of what it does comes before it asks whether it goes on."""
        random = self.random
        self.turns(
            lambda: self.fill(random.randrange(3), depth),
            lambda: self.fill(random.randrange(1, 3) if random.random() < 0.5 else 0, 0),
        )

    def comprehension(self, depth: int) -> None:
        """The sum of an array of what statements give for each index."""
        builder, random = self.builder, self.random
        extent = self.given[I64][2] if random.random() < 0.6 else builder.const(I64, random.randrange(3))
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([extent], body, behind)
        index = builder.param(I64, int_fact(0, (1 << 47) - 1), block=body)
        found = self.arm(body, None, True, random.randrange(1, 3), depth)
        builder.yield_(builder.emit("add", index, found))
        array = builder.at(behind).param(array_of(I64, 1))
        if random.random() < 0.6:
            self.made.append(builder.emit("sum", array))


def _write_callee(random: Random, module: Module, kind: str) -> None:
    """A small function of one number, with the name of what it is like."""
    builder = Builder(module.new_function(kind, [I64]))
    given: Value = builder.param(I64)
    small = random.choice(NUMBERS[1:])
    if kind == "checking":
        given = builder.emit("check_nonzero", given, given, aux=module.new_site("divide"))
    elif kind == "printing":
        builder.emit("print", given, aux=("", ""))
    elif kind == "looping":
        given = _doubled(builder, given)
    elif kind == "branching":
        positive, other = builder.new_block(), builder.new_block()
        condition = builder.emit("gt", given, builder.const(I64, 0))
        builder.branch(condition, positive, other)
        builder.at(positive).enter_arm(condition, True)
        builder.ret(builder.emit("abs", builder.newest(given)))
        builder.leave_arm()
        builder.at(other)
    builder.ret(builder.emit(random.choice(OPERATIONS), given, builder.const(I64, small)))


def _doubled(builder: Builder, given: Value) -> Value:
    """What a loop of two turns makes of a value."""
    header, body, behind = (builder.new_block() for _ in range(3))
    builder.jump(header, builder.const(I64, 0), given)
    turn, state = (builder.param(I64, block=header) for _ in range(2))
    builder.at(header)
    builder.branch(builder.emit("lt", turn, builder.const(I64, 2)), body, behind)
    builder.at(body)
    builder.jump(header, builder.emit("add", turn, builder.const(I64, 1)), builder.emit("add", state, state))
    builder.at(behind)
    return state


def arm_module(random: Random, themes: Sequence[str] = tuple(SCENES)) -> Module:
    """The module of a source of randomness, whose theme is one of some `SCENES`."""
    module = Module()
    module.entry_name = "main"
    results: list[Type] = [I64, I64]
    writer = _Writer(random, module.new_function("main", results), themes)
    for kind in (*writer.callees, GUARDED):
        _write_callee(random, module, kind)
    writer.fill(random.randrange(1, 4), _DEPTH)
    writer.theme(writer)
    writer.builder.ret(writer.number(), writer.number())
    return module
