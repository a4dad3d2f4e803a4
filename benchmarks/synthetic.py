"""Programs made for measuring the optimiser: seeded, of any size, in four shapes.

    write(SsairWriter(), "shallow", size=100_000, seed=1)

A shape says what the control flow looks like:

    straight    one block
    shallow     one conditional after another
    deep        conditionals within conditionals, a tenth of the size deep
    early exit  one block after another, each of which may leave for the one exit

About a third of the operations repeat one that is available, a quarter of these with its operands swapped where they
commute. Operands are mostly recent, and mostly not used before, so that little is dead; one in seven is a small
constant. With `rich`, there are also counted loops, checked array elements, array updates, and memory: what only
ssair is given. The same seed makes the same program for every writer: `SsairWriter`, and
those of `synthetic_peers.py`.
"""

from __future__ import annotations

from random import Random
from typing import Final, Generic, Protocol, TypeVar

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Block, Module, Param, Value
from ssair.types import I64, array_of, pointer_to

T = TypeVar("T")

COMMUTATIVE: Final = frozenset(("add", "mul", "and", "or", "xor"))
OPERATIONS: Final = ("add", "add", "add", "sub", "sub", "mul", "mul", "and", "or", "xor", "min")
SHAPES: Final = ("straight", "shallow", "deep", "early exit")


class Writer(Protocol[T]):
    """What a program is written with; values are opaque."""

    size: int

    def parameter(self) -> T:
        """A 64-bit integer that the function is given; all of them come first."""

    def constant(self, value: int) -> T:
        """A 64-bit integer."""

    def apply(self, name: str, left: T, right: T) -> T:
        """An operation on integers."""

    def less(self, left: T, right: T) -> T:
        """A comparison, for the tests."""

    def begin_if(self, test: T) -> None:
        """What follows runs where the test holds."""

    def begin_else(self, value: T) -> None:
        """The first arm ends with a value; what follows runs where the test does not hold."""

    def end_if(self, value: T) -> T:
        """The second arm ends with a value; gives that of the conditional."""

    def leave_if(self, test: T, value: T) -> None:
        """Return `value` where the test holds."""

    def give(self, value: T) -> None:
        """Return `value`; the program is complete."""


class RichWriter(Writer[T], Protocol[T]):
    """What also writes loops, arrays and memory."""

    def begin_loop(self, start: T) -> tuple[T, T]:
        """A loop over the array's indices; gives the index and the value carried."""

    def end_loop(self, value: T) -> T:
        """The next value carried; gives the last one."""

    def element(self, index: T) -> T:
        """A checked element of the array."""

    def update(self, index: T, value: T) -> None:
        """The array with another element, checked."""

    def load(self) -> T:
        """The value of the one cell of memory."""

    def store(self, value: T) -> None:
        """Write the one cell of memory."""


def write(writer: Writer[T], shape: str, size: int, seed: int = 0) -> None:
    """A program of one function with `size` operations or a few more."""
    _Generator(writer, size, seed).run(shape)


def write_rich(writer: RichWriter[T], shape: str, size: int, seed: int = 0) -> None:
    """As `write`, with loops, checks, arrays and memory among the operations."""
    _RichGenerator(writer, size, seed).run(shape)


class _Generator(Generic[T]):
    def __init__(self, writer: Writer[T], size: int, seed: int) -> None:
        self.writer = writer
        self.size = size
        self.random = Random(seed)
        self.parameters = [writer.parameter() for _ in range(8)]
        self.values: list[T] = list(self.parameters)
        self.unused: list[T] = list(self.parameters)
        self.done: list[tuple[str, T, T]] = []
        self.scopes: list[tuple[int, int, list[T]]] = []

    def run(self, shape: str) -> None:
        {"straight": self.straight, "shallow": self.shallow, "deep": self.deep, "early exit": self.early_exit}[shape]()
        self.writer.give(self.summary(8))

    def straight(self) -> None:
        while self.writer.size < self.size:
            self.step()

    def shallow(self) -> None:
        while self.writer.size < self.size:
            self.steps(8)
            self.begin_if()
            self.steps(5)
            self.begin_else()
            self.steps(5)
            self.end_if()

    def deep(self) -> None:
        depth = self.size // 20
        for _ in range(depth):
            self.steps(6)
            self.begin_if()
        for _ in range(depth):
            self.steps(2)
            self.begin_else()
            self.steps(6)
            self.end_if()

    def early_exit(self) -> None:
        while self.writer.size < self.size:
            self.steps(8)
            self.writer.leave_if(self.test(), self.operand())

    # ---- scopes ---------------------------------------------------------------------------------------------------

    def begin_if(self) -> None:
        self.writer.begin_if(self.test())
        self.scopes.append((len(self.values), len(self.done), self.unused))
        self.unused = []

    def begin_else(self) -> None:
        value = self.summary(2)
        self.forget()
        self.writer.begin_else(value)

    def end_if(self) -> None:
        value = self.summary(2)
        self.forget()
        self.unused = self.scopes.pop()[2]
        self.new(self.writer.end_if(value))

    def forget(self) -> None:
        """What an arm has made is not available behind it."""
        values, done, _ = self.scopes[-1]
        del self.values[values:]
        del self.done[done:]
        self.unused = []

    def summary(self, most: int) -> T:
        """One value made of those that are not used yet."""
        value = self.operand()
        for _ in range(min(most, len(self.unused))):
            value = self.writer.apply("xor", value, self.unused.pop())
        return value

    def test(self) -> T:
        """A comparison that no compiler can decide."""
        left = self.writer.apply("xor", self.parameters[int(self.random.random() * 8)], self.values[-1])
        return self.writer.less(left, self.parameters[int(self.random.random() * 8)])

    # ---- operations -----------------------------------------------------------------------------------------------

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def step(self) -> None:
        random = self.random
        if self.done and random.random() < 1 / 3:
            name, left, right = self.done[-1 - int(random.random() * min(len(self.done), 1000))]
            if name in COMMUTATIVE and random.random() < 1 / 4:
                left, right = right, left
        else:
            name = OPERATIONS[int(random.random() * len(OPERATIONS))]
            left, right = self.operand(), self.operand()
            self.done.append((name, left, right))
        self.new(self.writer.apply(name, left, right))

    def new(self, value: T) -> None:
        self.values.append(value)
        self.unused.append(value)

    def operand(self) -> T:
        choice = self.random.random()
        if choice < 0.15:
            return self.writer.constant(int(self.random.random() * 16) - 4)
        if choice < 0.7 and self.unused:
            return self.unused.pop()
        near = min(len(self.values), 40 if choice < 0.95 else 2000)
        return self.values[-1 - int(self.random.random() * near)]


class _RichGenerator(_Generator[T]):
    writer: RichWriter[T]

    def __init__(self, writer: RichWriter[T], size: int, seed: int) -> None:
        super().__init__(writer, size, seed)
        self.in_loop = False

    def step(self) -> None:
        choice = self.random.random()
        if choice < 0.85:
            super().step()
        elif choice < 0.93:
            self.new(self.writer.element(self.place()))
        elif choice < 0.95:
            self.writer.update(self.place(), self.operand())
        elif choice < 0.97:
            self.writer.store(self.operand())
        elif choice < 0.99 or self.in_loop:
            self.new(self.writer.load())
        else:
            self.loop()

    def place(self) -> T:
        """An index below 256, which arrays are at least long: no check traps, and most are not proved."""
        return self.writer.apply("and", self.operand(), self.writer.constant(255))

    def loop(self) -> None:
        """A counted loop of some operations, an element at its index among them."""
        index, carried = self.writer.begin_loop(self.operand())
        self.in_loop = True
        self.scopes.append((len(self.values), len(self.done), self.unused))
        self.unused = []
        self.new(self.writer.element(index))
        self.new(carried)
        self.steps(6)
        value = self.summary(3)
        self.forget()
        self.unused = self.scopes.pop()[2]
        self.in_loop = False
        self.new(self.writer.end_loop(value))


class SsairWriter:
    """Writes the IR itself, refined by its branches and checks as a front end would."""

    def __init__(self) -> None:
        self.module = Module()
        self.function = self.module.new_function("main", [I64])
        self.builder = Builder(self.function)
        self.array: Value = self.builder.param(array_of(I64, 1))
        self.cell: Value | None = None
        #: The version of memory by now; None behind a branch or join, where `memory` gives the one of the place.
        self.memory: Value | None = None
        self.length: Value | None = None
        self.leaving: Block | None = None
        self.joins: list[tuple[Value, Block, Block, Value]] = []
        self.loops: list[tuple[Block, Block, Param, Value, Value]] = []

    @property
    def size(self) -> int:
        return self.function.next_value

    def parameter(self) -> Value:
        return self.builder.param(I64)

    def constant(self, value: int) -> Value:
        return self.builder.const(I64, value)

    def apply(self, name: str, left: Value, right: Value) -> Value:
        return self.builder.emit(name, self.builder.newest(left), self.builder.newest(right))

    def less(self, left: Value, right: Value) -> Value:
        return self.apply("lt", left, right)

    def begin_if(self, test: Value) -> None:
        builder = self.builder
        positive, negative = builder.new_block(), builder.new_block()
        builder.branch(test, positive, negative)
        self.joins.append((test, negative, builder.new_block(), self.array))
        self._enter(positive, test, True)

    def begin_else(self, value: Value) -> None:
        builder = self.builder
        test, negative, join, array = self.joins[-1]
        builder.jump(join, value, self.array)
        builder.leave_arm()
        self.array = array
        self._enter(negative, test, False)

    def end_if(self, value: Value) -> Value:
        builder = self.builder
        join = self.joins.pop()[2]
        builder.jump(join, value, self.array)
        builder.leave_arm()
        builder.at(join)
        self.memory = None
        result = builder.param(I64)
        self.array = builder.param(self.array.type)
        return result

    def _enter(self, arm: Block, test: Value, holds: bool) -> None:
        self.builder.at(arm).enter_arm(test, holds)
        self.memory = None

    def leave_if(self, test: Value, value: Value) -> None:
        builder = self.builder
        if self.leaving is None:
            self.leaving = builder.new_block()
            builder.param(I64, block=self.leaving)
        onward = builder.new_block()
        builder.branch(test, self.leaving, onward, (value,))
        self._enter(onward, test, False)

    def give(self, value: Value) -> None:
        builder = self.builder
        if self.leaving is None:
            builder.ret(value)
            return
        builder.jump(self.leaving, value)
        builder.at(self.leaving).ret(self.leaving.params[0])

    def _length(self) -> Value:
        if self.length is None:
            self.length = self.builder.emit("dim", self.function.params[0], aux=0)
        return self.length

    def prepare(self) -> None:
        """Make what rich programs share, at the entry: the array's length and the cell of memory."""
        self._length()
        self.cell = self.builder.emit("alloc", self.builder.const(I64, 1), type=pointer_to(I64))
        self.store(self.builder.const(I64, 0))

    def begin_loop(self, start: Value) -> tuple[Value, Value]:
        builder = self.builder
        head, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        zero, array = builder.const(I64, 0), self.array
        builder.jump(head, zero, builder.newest(start), array)
        builder.at(head)
        index = builder.param(I64, int_fact(0, 2**47))
        carried = builder.param(I64)
        self.array = builder.param(array.type)
        test = builder.emit("lt", index, self._length())
        builder.branch(test, body, after)
        self.loops.append((head, after, index, carried, self.array))
        self._enter(body, test, True)
        return index, carried

    def end_loop(self, value: Value) -> Value:
        builder = self.builder
        head, after, index, carried, array = self.loops.pop()
        step = builder.emit("add", builder.newest(index), builder.const(I64, 1))
        builder.jump(head, step, builder.newest(value), self.array)
        builder.leave_arm()
        builder.at(after)
        self.memory = None
        self.array = array
        return carried

    def element(self, index: Value) -> Value:
        return self.builder.emit("index", self.array, self._checked(index))

    def update(self, index: Value, value: Value) -> None:
        self.array = self.builder.emit("update", self.array, self._checked(index), self.builder.newest(value))

    def _checked(self, index: Value) -> Value:
        site = self.module.new_site("index", detail=0)
        return self.builder.emit("check_index", self.builder.newest(index), self._length(), aux=site)

    def load(self) -> Value:
        assert self.cell is not None
        return self.builder.emit("load", self.cell, self._memory())

    def _memory(self) -> Value:
        if self.memory is None:
            self.memory = self.builder.emit("memory")
        return self.memory

    def store(self, value: Value) -> None:
        assert self.cell is not None
        self.memory = self.builder.emit("store", self.cell, self.builder.newest(value), self._memory())


def ssair_module(shape: str, size: int, seed: int = 0, rich: bool = False) -> Module:
    """The program as ssair's IR, valid and not optimised."""
    writer = SsairWriter()
    if rich:
        generator = _RichGenerator(writer, size, seed)
        writer.prepare()
        generator.run(shape)
    else:
        write(writer, shape, size, seed)
    return writer.module
