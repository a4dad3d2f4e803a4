"""Seeded modules of functions that call each other three deep, with checks, several returns and a cell of memory.

`@main(i64, i64) -> i64` calls `@outer`, that calls `@middle`, that calls `@inner`; each call and each check stands at a
place of its own. Each function returns from two arms, where different things are known of what it gives, and callers
ask what depends on that. `@peek` and `@poke` read and write a cell, with stores and loads between their calls.
"""

from __future__ import annotations

from random import Random
from typing import Final

from ssair.builder import Builder
from ssair.ir import Function, Module, Value
from ssair.types import I64, pointer_to

_TESTS: Final = ("lt", "le", "gt", "ge", "eq", "ne")
_NUMBERS: Final = (0, 1, 2, 3, -1, 5)
_READERS: Final = (("abs", None), ("max", 0), ("min", 2), ("add", 1), ("sub", 1))
_NAMES: Final = ("inner", "middle", "outer")
_POINTER: Final = pointer_to(I64)


class _Writer:
    """Builds one function; `below` is what it calls."""

    def __init__(self, random: Random, function: Function, below: str | None) -> None:
        self.random = random
        self.module = function.module
        self.builder = builder = Builder(function)
        self.below = below
        self.given: list[Value] = [builder.param(I64), builder.param(I64)]

    def span(self) -> int:
        """A place of its own."""
        line = len(self.module.spans) + 1
        return self.module.new_span(line, 1, line, 2)

    def number(self) -> Value:
        """One of the newest values, or a constant."""
        if self.random.random() < 0.3:
            return self.builder.const(I64, self.random.choice(_NUMBERS))
        return self.builder.newest(self.random.choice(self.given[-3:]))

    def read(self, value: Value) -> Value:
        """Something of a value that may be simpler where more is known of it."""
        op, constant = self.random.choice(_READERS)
        return self.builder.emit(op, value, *(() if constant is None else (self.builder.const(I64, constant),)))

    def fill(self, size: int) -> None:
        """Calls, checks and operations."""
        for _ in range(size):
            way = self.random.randrange(4)
            if way < 2 and self.below is not None:
                self.given.append(self.read(self.call(self.below, self.number(), self.number())))
            elif way == 2:
                site = self.module.new_site("divide", self.span())
                self.builder.emit("check_nonzero", self.number(), self.number(), aux=site)
            else:
                self.given.append(self.read(self.number()))

    def call(self, name: str, *args: Value) -> Value:
        """What a function gives, called from a place of its own."""
        type = self.module.functions[name].result_type
        return self.builder.emit("call", *args, type=type, aux=name, span=self.span())

    def leave(self) -> None:
        """Return from two arms, in one of which more may be known."""
        builder, random = self.builder, self.random
        asked = self.number()
        condition = builder.emit(random.choice(_TESTS), asked, builder.const(I64, random.choice(_NUMBERS)))
        arms = [builder.new_block() for _ in range(2)]
        builder.branch(condition, arms[0], arms[1])
        for holds, arm in zip((True, False), arms, strict=True):
            builder.at(arm).enter_arm(condition, holds)
            before = len(self.given)
            if random.random() < 0.2:
                self.fill(1)
            builder.ret(builder.newest(asked) if random.random() < 0.5 else self.number())
            del self.given[before:]
            builder.leave_arm()

    def cell(self) -> None:
        """A cell of memory that functions read and write."""
        builder, random = self.builder, self.random
        cell = builder.emit("alloc", builder.const(I64, 1), type=_POINTER)
        builder.emit("store", cell, self.number(), builder.emit("memory"))
        for _ in range(random.randrange(2, 7)):
            way = random.randrange(4)
            if way == 0:
                builder.emit("store", cell, self.number(), builder.emit("memory"))
            elif way == 1:
                self.call("poke", cell, self.number())
            else:
                found = self.call("peek", cell) if way == 2 else builder.emit("load", cell, builder.emit("memory"))
                builder.emit("print", found, aux=("", ""))
        builder.emit("free", cell, builder.emit("memory"))


def _write_access(module: Module) -> None:
    """What reads and writes a cell."""
    builder = Builder(module.new_function("peek", [I64]))
    builder.ret(builder.emit("load", builder.param(_POINTER), builder.emit("memory")))
    builder = Builder(module.new_function("poke", []))
    cell, value = builder.param(_POINTER), builder.param(I64)
    builder.emit("store", cell, value, builder.emit("memory"))
    builder.ret()


def nest_module(random: Random) -> Module:
    """The module of a source of randomness."""
    module = Module()
    module.entry_name = "main"
    _write_access(module)
    for name, below in zip(_NAMES, (None, *_NAMES), strict=False):
        writer = _Writer(random, module.new_function(name, [I64]), below)
        writer.fill(random.randrange(1, 3))
        writer.leave()
    writer = _Writer(random, module.new_function("main", [I64]), random.choice(_NAMES))
    if random.random() < 0.6:
        writer.cell()
    for name in random.sample(_NAMES, 2):
        found = writer.call(name, writer.number(), writer.number())
        writer.builder.emit("print", writer.read(found), aux=("", ""))
    writer.builder.ret(writer.number())
    return module
