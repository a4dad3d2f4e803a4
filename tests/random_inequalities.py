"""Random Fun programs about indices: loops, tests and sums of which some prove an index to be in range and some nearly.

    source = random_program(seed)          # main(xs: [n]i64, ys: [m]i64, p: i64, q: i64) -> i64
    for arguments in random_arguments(seed): ...

Counters run up and down with steps of either sign, are swapped, halved and doubled; tests stand the right and the wrong
way round; constants are small or where integers wrap. Every loop ends after a few turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import numpy as np

_EXTREMES = (
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775806",
    "4611686018427387904",
    "140737488355328",
)
_TESTS = ("<", "<=", ">", ">=", "==", "!=")


def random_program(seed: int) -> str:
    """A program of one function."""
    return _Writer(Random(seed)).program()


def random_arguments(seed: int, count: int = 6) -> Iterator[Sequence[Any]]:
    """Arguments for it: short arrays, small numbers and extreme ones."""
    random = Random(seed)
    numbers = [*range(-2, 6), 2**63 - 1, -(2**63), 2**62]
    for _ in range(count):
        n, m = random.randrange(5), random.randrange(5)
        arrays = [np.array([random.choice(numbers[:8]) for _ in range(k)], np.int64) for k in (n, m)]
        yield [*arrays, random.choice(numbers), random.choice(numbers)]


class _Writer:
    """Writes one program; `names` are the integers in scope."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = ["n", "m", "p", "q"]
        self.fresh = 0

    def program(self) -> str:
        """The text."""
        body = self.block(3)
        return f"fn main(xs: [n]i64, ys: [m]i64, p: i64, q: i64) -> i64 =\n  {body}\n"

    def name(self) -> str:
        """A name not used yet."""
        self.fresh += 1
        return f"v{self.fresh}"

    def atom(self) -> str:
        """A name or a constant."""
        chance = self.random.randrange(20)
        if chance == 0:
            return self.random.choice(_EXTREMES)
        return str(self.random.randrange(-2, 4)) if chance < 5 else self.random.choice(self.names)

    def near(self) -> str:
        """An index that is in range more often than not."""
        array, x = self.random.choice(("n", "m")), self.random.choice(self.names)
        return self.random.choice((f"max(0, min({x}, {array} - 1))", f"abs({x}) % max({array}, 1)", x))

    def sum(self) -> str:
        """An integer expression of a few operations."""
        x, y, z = self.atom(), self.atom(), self.atom()
        forms = (
            x, x, f"({x} + {self.random.randrange(-2, 3)})", f"({x} - {self.random.randrange(1, 3)})",
            f"({x} + {y})", f"({x} - {y})", f"({x} + ({y} - {x}) // 2)", f"({x} + {y} - {z})",
            f"({x} * {self.random.randrange(-2, 4)} + {self.random.randrange(-1, 3)})",
            f"min({x}, {y})", f"max({x}, {y})", f"min({x}, {y} - 1)", f"max({x}, 0)", f"abs({x})", f"(-{x})",
            f"({x} // {self.random.choice((1, 2, 3, -2))})", f"({x} % max({y}, 1))", f"({x} % {y})", f"({x} // {y})",
            f"({x} >> {self.random.randrange(-1, 3)})", f"({x} & {y})", f"({x} | {y})", f"({x} ^ {y})",
            f"(({x} + {y}) >> 1)", f"select({self.test()}, {x}, {y})", f"({x} * {y})", f"({x} << 1)", f"sign({x})",
            f"i64(i32({x}))", f"({x} * n + {y})", "argmin(xs)", "argmax(ys)", f"(iota(m)[{x}])",
        )  # fmt: skip
        return self.random.choice(forms)

    def test(self) -> str:
        """A condition."""
        x, y = self.atom(), self.atom()
        simple = f"{x} {self.random.choice(_TESTS)} {y}"
        chance = self.random.randrange(10)
        if chance == 0:
            return f"(0 <= {x} < {self.random.choice(('n', 'm', y))})"
        if chance == 1:
            return f"({simple} && {self.atom()} {self.random.choice(_TESTS)} {self.atom()})"
        return f"({x} {self.random.choice(_TESTS)} {y} || {simple})" if chance == 2 else f"({simple})"

    def read(self) -> str:
        """An element, or what else may trap."""
        array, index = self.random.choice(("xs", "ys")), self.random.choice((self.sum, self.near))()
        if self.random.randrange(3):  # what is guarded seldom ends the program
            length = self.random.choice(("n", "m")) if self.random.randrange(4) == 0 else "n" if array == "xs" else "m"
            low = self.random.choice(("0", "0", "0", "-1", "1"))
            place = self.random.choice((index, index, self.sum()))
            return f"(if {low} <= {index} < {length} then {array}[{place}] else 0)"
        if self.random.randrange(4) == 0:
            array = f"({array} with [{self.sum()}] = {self.atom()})"
        return f"{array}[{index}]"

    def block(self, depth: int) -> str:
        """Statements, and an integer for the end."""
        held, lines = len(self.names), []
        for _ in range(self.random.randrange(1, 4)):
            value = self.random.choice((self.sum, self.sum, self.read))()
            if depth and self.random.randrange(3) == 0:
                value = self.random.choice((self.loop, self.loop, self.choice))(depth - 1)
            if self.random.randrange(8) == 0:
                lines.append(f"assert {self.test()}")
            name = self.name()
            lines.append(f"let {name} = {value}")
            self.names.append(name)
        end = self.loop(depth - 1) if depth and self.random.randrange(3) == 0 else f"{self.read()} + {self.atom()}"
        del self.names[held:]
        return f"(let {'_'} = 0 {' '.join(lines)} in {end})"

    def choice(self, depth: int) -> str:
        """A branch."""
        return f"(if {self.test()} then {self.block(depth)} else {self.block(depth)})"

    def loop(self, depth: int) -> str:
        """A loop of a few turns; some count as most loops do."""
        if self.random.randrange(3) == 0:
            return self.counted(depth)
        i, j, turn, state = self.name(), self.name(), self.name(), self.name()
        start = f"{i} = {self.atom()}, {j} = {self.atom()}, {turn} = 0, {state} = 0"
        self.names += [i, j]
        test = f"{self.test()} && {turn} < {self.random.randrange(2, 5)}"
        following = f"{self.sum()}, {self.sum()}"
        if self.random.randrange(2):
            following = self.random.choice((f"{i} + 1, {j}", f"{i} + 1, {j} - 1", f"{j}, {i}", f"{i}, {j} - 1"))
        body = f"({following}, {turn} + 1, {state} + {self.block(depth)})"
        if self.random.randrange(3) == 0:
            other = f"({self.sum()}, {self.random.choice((i, j))}, {turn} + 1, {state} + {self.read()})"
            body = f"(if {self.test()} then {body} else {other})"
        del self.names[-2:]
        result = self.random.choice((i, j, state))
        return f"(let ({i}, {j}, {turn}, {state}) = loop ({start}) while {test} do {body} in {result})"

    def counted(self, depth: int) -> str:
        """A loop over a range, cut to a few turns."""
        i, s = self.name(), self.name()
        low, high = (
            self.random.choice(("0", "0", "1", self.atom())),
            self.random.choice(("n", "m", "n - 1", self.atom())),
        )
        self.names.append(i)
        body = self.block(depth)
        del self.names[-1:]
        return f"(loop {s} = 0 for {i} in max({low}, -3)..min({high}, 4) do {s} + {body})"
