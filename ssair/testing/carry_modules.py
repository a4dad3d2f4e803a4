"""Seeded modules of loops that carry several values, which begin equal and stay so, or do not.

`@main(i64, i64, bool) -> (i64, i64, i64)` has one or two loops of a few turns. Their carries begin with one value; by
each back edge they get the same operation of themselves or of each other, on the same operand or on another one, or
change places. What the loop computes of them comes in any order, so that what is assumed to be equal at first is used
before it is known to differ.
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.ir import Block, Module, Value
from ssair.types import BOOL, I64

_OPERATIONS: Final = ("add", "add", "sub", "mul", "xor", "max")
_SMALL: Final = (1, 2, 3)
_MOST_TURNS: Final = 3


class _Writer:
    """Builds `@main`."""

    def __init__(self, random: Random, module: Module) -> None:
        self.random = random
        self.builder = builder = Builder(module.new_function("main", [I64, I64, I64]))
        self.given: list[Value] = [builder.param(I64), builder.param(I64)]
        self.truth = builder.param(BOOL)

    def operand(self) -> Value:
        """A small number, or one that was given."""
        if self.random.random() < 0.6:
            return self.builder.const(I64, self.random.choice(_SMALL))
        return self.random.choice(self.given)

    def loop(self) -> list[Value]:
        """A loop; gives what it carried."""
        builder, random = self.builder, self.random
        header, body, behind = (builder.new_block() for _ in range(3))
        first = random.choice(self.given)
        count = random.randrange(2, 4)
        entering = [first if random.random() < 0.9 else self.operand() for _ in range(count)]
        builder.jump(header, builder.const(I64, 0), *entering)
        turn = builder.param(I64, block=header)
        carried: list[Value] = [builder.param(I64, block=header) for _ in range(count)]
        builder.at(header)
        goes_on = builder.emit("lt", turn, builder.const(I64, random.randrange(1, _MOST_TURNS + 1)))
        builder.branch(goes_on, body, behind)
        builder.at(body)
        self.use(carried)
        following = builder.emit("add", turn, builder.const(I64, 1))
        if random.random() < 0.3:
            self.jump_from_arms(header, following, carried)
        else:
            builder.jump(header, following, *self.step(carried))
        builder.at(behind)
        if random.random() < 0.3:
            self.use(carried)
        return carried

    def jump_from_arms(self, header: Block, turn: Value, carried: list[Value]) -> None:
        """A back edge from each of two arms."""
        builder = self.builder
        arms = [builder.new_block() for _ in range(2)]
        builder.branch(self.truth, arms[0], arms[1])
        for arm in arms:
            builder.at(arm).jump(header, turn, *self.step(carried))

    def use(self, carried: list[Value]) -> None:
        """The same operation of several carries, printed."""
        random, operation, operand = self.random, self.random.choice(_OPERATIONS), self.operand()
        for value in random.sample(carried, random.randrange(1, len(carried) + 1)):
            self.builder.emit("print", self.builder.emit(operation, value, operand), aux=("", ""))

    def step(self, carried: list[Value]) -> list[Value]:
        """What the carries are in the next turn."""
        random = self.random
        way = random.randrange(8)
        if way == 0:
            return random.sample(carried, len(carried))
        if way == 1:
            return [*carried[1:], self.builder.emit(random.choice(_OPERATIONS), carried[0], self.operand())]
        operation, operand = random.choice(_OPERATIONS), self.operand()
        found: list[Value] = []
        for value in carried:
            source = value if random.random() < 0.7 else random.choice(carried)
            pair = [source, operand if random.random() < 0.7 else self.operand()]
            if random.random() < 0.3:
                pair.reverse()
            found.append(self.builder.emit(operation, *pair))
        return found


def carry_module(random: Random) -> Module:
    """The module of a source of randomness."""
    module = Module()
    module.entry_name = "main"
    writer = _Writer(random, module)
    found = [value for _ in range(random.randrange(1, 3)) for value in writer.loop()]
    writer.builder.ret(*[random.choice(found) for _ in range(3)])
    return module
