"""Seeded functions that use memory: regions made, initialised, read, written, given away, freed, or not; mostly right.

`@main(i64, i64, bool) -> i64` calls `@peek`, `@poke` and `@drop`, which read, write and free through a pointer. Cells
are reached by pointers that are the same or are not, by sums that wrap, in arms and loops that may not run: there an
access outside of its region is none.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Literal

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Block, Module, Value
from ssair.types import BOOL, I64, array_of, pointer_to

POINTER = pointer_to(I64)
HANDLE = pointer_to(POINTER)
#: Writes what stands in a block.
Fill = Callable[[], object]
#: What much of a module is.
Theme = Literal["", "beyond", "meddling"]


class _Writer:
    """Builds a module."""

    def __init__(self, random: Random, size: int, mostly: Theme) -> None:
        self.random = random
        self.mostly = mostly
        self.left = size
        self.module = Module()
        self.module.entry_name = "main"
        self._helpers()
        self.function = self.module.new_function("main", [I64])
        self.builder = Builder(self.function)
        self.numbers: list[Value] = [self.builder.param(I64), self.builder.param(I64)]
        self.truths: list[Value] = [self.builder.param(BOOL)]
        self.pointers: list[Value] = []
        self.handles: list[Value] = []
        self.made: list[Value] = []
        for _ in range(self.random.randrange(1, 4)):
            self.make_region()
        self.region(3)
        for pointer in self.made:
            if self.random.random() < 0.85:
                self.free(pointer)
        self.builder.ret(self.number())

    def _helpers(self) -> None:
        builder = Builder(self.module.new_function("peek", [I64]))
        builder.ret(builder.emit("load", builder.param(POINTER), builder.emit("memory")))
        builder = Builder(self.module.new_function("poke", []))
        pointer, value = builder.param(POINTER), builder.param(I64)
        builder.emit("store", pointer, value, builder.emit("memory"))
        builder.ret()
        builder = Builder(self.module.new_function("drop", []))
        builder.emit("free", builder.param(POINTER), builder.emit("memory"))
        builder.ret()

    # ---- operands -------------------------------------------------------------------------------------------------

    def constant(self, value: int) -> Value:
        return self.builder.emit("const", type=I64, aux=value)

    def number(self) -> Value:
        if self.random.random() < 0.2:
            return self.constant(self.random.randrange(-2, 4))
        return self.builder.newest(self.random.choice(self.numbers[-6:]))

    def pointer(self) -> Value:
        pointer = self.random.choice(self.pointers[-5:])
        way = self.random.random()
        if way < 0.5:
            return self.builder.emit("ptradd", pointer, self.constant(self.random.choice((0, 1, 1, 2))))
        if way < 0.6:
            moved = self.builder.emit("and", self.number(), self.constant(1))
            return self.builder.emit("ptradd", pointer, moved)
        return self.builder.emit("ptradd", pointer, self.number()) if way < 0.62 else pointer

    def memory(self) -> Value:
        return self.builder.emit("memory")

    def cells(self) -> list[Value]:
        """Addresses in one region, of which some may be the same."""
        emit, pointer = self.builder.emit, self.random.choice(self.made)
        moved = emit("and", self.number(), self.constant(1))
        least = self.constant(-(1 << 63))
        wrapped = emit("add", emit("min", self.number(), emit("add", least, self.constant(1))), least)
        ways: list[Callable[[], Value]] = [
            lambda: pointer,
            lambda: emit("ptradd", pointer, self.constant(1)),
            lambda: emit("ptradd", pointer, moved),
            lambda: emit("ptradd", pointer, wrapped),
            lambda: self.through_memory(pointer),
            lambda: self.through_a_join(pointer),
        ]
        return [way() for way in self.random.sample(ways, self.random.randrange(2, 4))]

    def through_memory(self, pointer: Value) -> Value:
        """The same pointer, stored and loaded."""
        handle = self.builder.emit("alloc", self.constant(1), type=HANDLE)
        self.builder.emit("store", handle, pointer, self.memory())
        loaded = self.builder.emit("load", handle, self.memory())
        self.builder.emit("free", handle, self.memory())
        return loaded

    # ---- statements -----------------------------------------------------------------------------------------------

    def through_a_join(self, pointer: Value) -> Value:
        """The same pointer, or another one."""
        builder, target = self.builder, self.builder.new_block()
        builder.branch(self.random.choice(self.truths), target, target, [pointer], [self.random.choice(self.made)])
        return builder.at(target).param(POINTER)

    def make_region(self) -> None:
        count = self.random.choice((3, 3, 4, 4, 2))
        size = self.constant(count) if self.random.random() < 0.97 else self.number()
        pointer = self.builder.emit("alloc", size, type=POINTER)
        for place in range(count):
            if self.random.random() < 0.95:
                cell = self.builder.emit("ptradd", pointer, self.constant(place)) if place else pointer
                self.builder.emit("store", cell, self.number(), self.memory())
        self.pointers.append(pointer)
        self.made.append(pointer)

    def local_region(self) -> None:
        self.make_region()
        self.store()
        self.load()
        if self.random.random() < 0.9:
            self.free(self.made.pop())

    def free(self, pointer: Value) -> None:
        if self.random.random() < 0.9:
            self.builder.emit("free", pointer, self.memory())
        else:
            self.builder.emit("call", pointer, type=self.module.functions["drop"].result_type, aux="drop")

    def store(self) -> None:
        self.builder.emit("store", self.pointer(), self.number(), self.memory())

    def load(self) -> None:
        self.numbers.append(self.builder.emit("load", self.pointer(), self.memory()))

    def again(self) -> None:
        """The same cell, written and read more than once."""
        pointer = self.pointer()
        for _ in range(self.random.randrange(2, 4)):
            way = self.random.random()
            if way < 0.5:
                self.builder.emit("store", pointer, self.number(), self.memory())
            elif way < 0.65:
                self.numbers.append(self.builder.emit("call", pointer, type=I64, aux="peek"))
            else:
                self.numbers.append(self.builder.emit("load", pointer, self.memory()))
            if self.random.random() < 0.3:
                self.output()

    def access(self, cell: Value) -> None:
        """A cell is read or written, here or in a function, or a line is printed in between."""
        emit, way = self.builder.emit, self.random.randrange(11)
        if way < 4:
            emit("store", cell, self.number(), self.memory())
        elif way == 4:
            emit("call", cell, self.number(), type=self.module.functions["poke"].result_type, aux="poke")
        elif way == 5:
            self.output()
        elif way < 8:
            self.numbers.append(emit("call", cell, type=I64, aux="peek"))
        else:
            self.numbers.append(emit("load", cell, self.memory()))

    def accesses(self, cells: list[Value], most: int, least: int = 0) -> None:
        for _ in range(self.random.randrange(least, most + 1)):
            self.access(self.random.choice(cells))

    def meddle(self) -> None:
        """Cells that may be the same, in front of a branch or a loop, in it, and behind."""
        cells = self.cells()
        self.accesses(cells, 3)
        if self.random.random() < 0.4:
            self.in_an_arm(lambda: self.accesses(cells, 2), lambda: self.accesses(cells, 2))
        else:
            self.in_a_loop(self.constant(self.random.randrange(4)), lambda turn: self.accesses(cells, 4, 2))
        self.accesses(cells, 2)
        for cell in cells:
            self.numbers.append(self.builder.emit("load", cell, self.memory()))

    def one_cell(self) -> None:
        """A cell that a loop writes and reads, or has read, with now and then another one; what is read is printed."""
        emit = self.builder.emit
        cell = emit("ptradd", self.random.choice(self.made), self.constant(self.random.randrange(2)))
        others = self.cells()[:1] if self.random.random() < 0.4 else []

        def turn(number: Value) -> None:
            for _ in range(self.random.randrange(2, 5)):
                known = len(self.numbers)
                self.access(self.random.choice([cell, cell, *others]))
                if len(self.numbers) > known:
                    emit("print", self.numbers[-1], aux=("", ""))

        emit("store", cell, self.number(), self.memory())
        self.in_a_loop(self.constant(self.random.randrange(1, 4)), turn)
        self.numbers.append(emit("load", cell, self.memory()))

    def where_it_is(self) -> None:
        """A cell that there may not be, used in arms and loops that run only where there is one."""
        emit, pointer = self.builder.emit, self.random.choice(self.made)
        limit = self.constant(self.random.choice((2, 2, 3, 4)))
        place = self.random.choice((self.number(), limit, self.constant(-1)))
        cell = emit("ptradd", pointer, place)
        least = emit("ge", place, self.constant(0))
        fits = emit("and", least, emit("lt", place, emit("min", limit, self.constant(2))))
        if self.random.random() < 0.5:
            self.in_an_arm(lambda: self.access(cell), lambda: None, fits)
        if self.random.random() < 0.3:
            self.in_an_arm(lambda: self.accesses([cell], 3, 1), lambda: None)
        turns = emit("select", fits, self.constant(2), self.constant(0))
        self.in_a_loop(turns, lambda turn: self.accesses([cell], 3))

    def freed_in_a_loop(self) -> None:
        """A region that a loop uses in its first turn, and frees then."""
        emit = self.builder.emit
        pointer = emit("alloc", self.constant(1), type=POINTER)
        emit("store", pointer, self.number(), self.memory())

        def turn(number: Value) -> None:
            first = emit("eq", number, self.constant(0))
            self.in_a_loop(
                emit("select", first, self.constant(2), self.constant(0)), lambda turn: self.accesses([pointer], 2)
            )
            self.in_an_arm(lambda: emit("free", pointer, self.memory()), lambda: None, first)

        self.in_a_loop(self.constant(2), turn)

    def in_an_arm(self, then: Fill, otherwise: Fill, condition: Value | None = None) -> None:
        """Code in either arm of a branch."""
        builder = self.builder
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        builder.branch(condition if condition is not None else self.random.choice(self.truths), *arms)
        for arm, fill in zip(arms, (then, otherwise), strict=True):
            builder.at(arm).enter_scope()
            held = list(self.numbers)
            fill()
            self.numbers = held
            builder.leave_arm()
            builder.jump(target)
        builder.at(target)

    def in_a_loop(self, turns: Value, fill: Callable[[Value], None]) -> None:
        """Code in a loop, which gets the number of the turn."""
        builder = self.builder
        header, body, behind = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(header, self.constant(0))
        turn = builder.at(header).param(I64)
        builder.branch(builder.emit("lt", turn, turns), body, behind)
        builder.at(body).enter_scope()
        held = list(self.numbers)
        self.numbers.append(turn)
        fill(turn)
        self.numbers = held
        following = builder.emit("add", turn, self.constant(1))
        builder.leave_arm()
        builder.jump(header, following)
        builder.at(behind)

    def beyond(self) -> None:
        """A cell that there may not be, written twice, and between that a line, a check, another cell, or nothing."""
        emit, places = self.builder.emit, (0, 1, 2, 3, 4, 5, -1)
        place = self.number() if self.random.random() < 0.3 else self.constant(self.random.choice(places))
        cell = emit("ptradd", self.random.choice(self.made), place)
        emit("store", cell, self.number(), self.memory())
        self.random.choice((self.output, self.output, self.check, self.load, self.call, self.arithmetic))()
        emit("store", cell, self.number(), self.memory())

    def give_away(self) -> None:
        """A pointer stored in a region of pointers, and perhaps read back."""
        handle = self.builder.emit("alloc", self.constant(1), type=HANDLE)
        self.builder.emit("store", handle, self.random.choice(self.pointers), self.memory())
        if self.random.random() < 0.7:
            self.pointers.append(self.builder.emit("load", handle, self.memory()))
        self.builder.emit("free", handle, self.memory())

    def call(self) -> None:
        if self.random.random() < 0.5:
            self.numbers.append(self.builder.emit("call", self.pointer(), type=I64, aux="peek"))
        else:
            unit = self.module.functions["poke"].result_type
            self.builder.emit("call", self.pointer(), self.number(), type=unit, aux="poke")

    def output(self) -> None:
        self.builder.emit("print", self.number(), aux=("", ""))

    def arithmetic(self) -> None:
        op = self.random.choice(("add", "sub", "and", "max"))
        self.numbers.append(self.builder.emit(op, self.number(), self.number()))

    def check(self) -> None:
        holds = self.builder.emit("lt", self.number(), self.constant(1000))
        self.builder.emit("check", holds, aux=self.module.new_site("assert", detail="no"))

    # ---- control --------------------------------------------------------------------------------------------------

    def region(self, depth: int) -> None:
        for _ in range(self.random.randrange(2, 6)):
            if self.left <= 0:
                return
            self.left -= 1
            ways = [self.store] * 4 + [self.load] * 5 + [self.again] * 3 + [self.arithmetic, self.output, self.call]
            ways += [self.give_away, self.local_region, self.check]
            ways += {"": [], "beyond": [self.beyond] * 8, "meddling": [self.meddle] * 20 + [self.one_cell] * 12}[
                self.mostly
            ]
            if depth:
                ways += [self.meddle] * 6 + [self.where_it_is] * 2 + [self.freed_in_a_loop]
                ways += [lambda: self.conditional(depth - 1)] * 3 + [lambda: self.loop(depth - 1)] * 3
                ways += [lambda: self.comprehension(depth - 1)]
            self.random.choice(ways)()

    def inside(self, block: Block, depth: int) -> None:
        """Fill a block with a region whose values are not seen outside."""
        self.builder.at(block)
        if self.random.random() < 0.85:
            self.region(depth)

    def scopes(self) -> tuple[list[Value], list[Value], list[Value]]:
        return list(self.numbers), list(self.pointers), list(self.made)

    def leave(self, scopes: tuple[list[Value], list[Value], list[Value]]) -> None:
        """Go back to an outer scope; what was made and not freed leaks."""
        numbers, pointers, made = scopes
        for pointer in [pointer for pointer in self.made if pointer not in made]:
            if self.random.random() < 0.7:
                self.builder.emit("free", pointer, self.memory())
        self.numbers, self.pointers, self.made = numbers, pointers, made

    def conditional(self, depth: int) -> None:
        builder = self.builder
        condition = self.random.choice(self.truths)
        if self.random.random() < 0.6:
            condition = builder.emit("lt", self.number(), self.number())
        arms = builder.new_block(), builder.new_block()
        target = builder.new_block()
        number, pointer = builder.param(I64, block=target), builder.param(POINTER, block=target)
        builder.branch(condition, *arms)
        for holds, arm in zip((True, False), arms, strict=True):
            scopes = self.scopes()
            builder.at(arm)
            builder.enter_arm(condition, holds)
            self.inside(arm, depth)
            given = self.number(), self.random.choice(scopes[1])
            self.leave(scopes)
            builder.jump(target, *given)
            builder.leave_arm()
        builder.at(target)
        self.numbers.append(number)
        if self.random.random() < 0.5:
            self.pointers.append(pointer)

    def loop(self, depth: int) -> None:
        builder = self.builder
        header, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        zero, start, limit = (
            self.constant(0),
            self.random.choice(self.pointers),
            self.constant(self.random.randrange(4)),
        )
        index, carried = builder.param(I64, block=header), builder.param(POINTER, block=header)
        builder.jump(header, zero, start)
        builder.at(header)
        builder.enter_scope()
        condition = builder.emit("lt", index, limit)
        builder.branch(condition, body, after)
        scopes = self.scopes()
        self.numbers.append(index)
        if self.random.random() < 0.5:
            self.pointers.append(carried)
        builder.at(body)
        builder.enter_arm(condition, True)
        self.inside(body, depth)
        following = builder.emit("add", builder.newest(index), self.constant(1))
        pointer = self.random.choice((carried, carried, start))
        self.leave(scopes)
        builder.jump(header, following, pointer)
        builder.leave_arm()
        builder.leave_arm()
        builder.at(after)

    def comprehension(self, depth: int) -> None:
        builder = self.builder
        extent = self.constant(self.random.randrange(3))
        body, after = builder.new_block(), builder.new_block()
        builder.forall([extent], body, after)
        index = builder.param(I64, block=body)

        index.fact = int_fact(0, 2**63 - 2)
        builder.at(body)
        builder.enter_scope()
        scopes = self.scopes()
        self.numbers.append(index)
        self.inside(body, depth)
        value = self.number()
        self.leave(scopes)
        builder.yield_(value)
        builder.leave_arm()
        builder.at(after)

        self.numbers.append(builder.emit("sum", builder.param(array_of(I64, 1), block=after)))


def memory_module(random: Random, size: int = 22, mostly: Theme = "") -> Module:
    """A module of `size` statements or so; many go `beyond` a region, or are cells in arms and loops that `meddle`."""
    return _Writer(random, size, mostly).module
