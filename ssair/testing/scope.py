"""What a place in a generated program can name: variables, tests that hold, expressions seen before.

Names are never reused, and every entry notes how many of the variables it needs, so leaving a scope
drops exactly the entries that are no longer valid. Expressions written in an arm or a loop stay
known after it if they use nothing of it: those are the redundancies that value numbering, hoisting
and partial redundancy elimination look for.
"""

from __future__ import annotations

from typing import NamedTuple

from ssair.testing.shapes import Dimension, Shape

_REMEMBERED = 24  # more would make old expressions too rare to be met again


class Remembered(NamedTuple):
    """An expression that may be written again, and the same with its operands exchanged."""

    shape: Shape
    text: str
    commuted: str
    needs: int


class Guard(NamedTuple):
    """`left OP right` holds here; both are of one scalar type."""

    kind: str
    left: str
    operator: str
    right: str
    needs: int


class IndexRange(NamedTuple):
    """The variable lies in 0 .. bound - 1."""

    name: str
    bound: Dimension
    needs: int


class Alias(NamedTuple):
    """The variable is a size: a name that a `let` gave to a dimension."""

    name: str
    dimension: Dimension
    needs: int


class Scope:
    """The variables in scope, innermost last, with what is known of them."""

    __slots__ = ("_by_shape", "_shapes", "aliases", "guards", "high", "names", "ranges", "remembered")

    def __init__(self) -> None:
        self.names: list[str] = []
        self._shapes: list[Shape] = []
        self._by_shape: dict[Shape, list[int]] = {}
        self.remembered: list[Remembered] = []
        self.guards: list[Guard] = []
        self.ranges: list[IndexRange] = []
        self.aliases: list[Alias] = []
        self.high = 0  # one more than the newest variable used by the expression being written

    def declare(self, name: str, shape: Shape) -> None:
        """A new variable, the innermost."""
        self._by_shape.setdefault(shape, []).append(len(self.names))
        self.names.append(name)
        self._shapes.append(shape)

    def declare_index(self, name: str, bound: Dimension) -> None:
        """A new variable in 0 .. bound - 1."""
        self.declare(name, "i64")
        self.ranges.append(IndexRange(name, bound, len(self.names)))

    def declare_alias(self, name: str, dimension: Dimension) -> None:
        """A new variable that is a size."""
        self.declare(name, "i64")
        self.aliases.append(Alias(name, dimension, len(self.names)))

    def variables(self, shape: Shape) -> list[int]:
        """The positions of the variables of a type, oldest first."""
        return self._by_shape.get(shape, [])

    def shape_of(self, position: int) -> Shape:
        """The type of the variable at a position."""
        return self._shapes[position]

    def arrays(self) -> list[Shape]:
        """The types other than scalars that some variable has, in the order of their first."""
        return [shape for shape, found in self._by_shape.items() if found and shape.__class__ is not str]

    def use(self, position: int) -> str:
        """The variable's name; notes that the expression being written needs it."""
        self.high = max(self.high, position + 1)
        return self.names[position]

    def use_all(self, needs: int) -> None:
        """Notes that the expression being written needs the first `needs` variables."""
        self.high = max(self.high, needs)

    def remember(self, entry: Remembered) -> None:
        """Notes an expression; the oldest one is forgotten where there are many."""
        if len(self.remembered) >= _REMEMBERED:
            del self.remembered[0]
        self.remembered.append(entry)

    def mark(self) -> tuple[int, int]:
        """A point to come back to by `release`."""
        return len(self.names), len(self.guards)

    def release(self, mark: tuple[int, int]) -> None:
        """Forgets the variables and guards since the mark, and what needs them."""
        variables, guards = mark
        while len(self.names) > variables:
            self.names.pop()
            self._by_shape[self._shapes.pop()].pop()
        del self.guards[guards:]
        self.aliases = [entry for entry in self.aliases if entry.needs <= variables]
        self.ranges = [entry for entry in self.ranges if entry.needs <= variables]
        self.remembered = [entry for entry in self.remembered if entry.needs <= variables]
        self.high = min(self.high, variables)
