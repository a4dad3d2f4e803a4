"""The types of generated programs: scalars by name, arrays by element and dimensions.

A dimension is a size name plus a constant, or a constant alone: linear sizes are what most programs
have, and they can be compared without the checker's polynomials.
"""

from __future__ import annotations

from typing import NamedTuple

INTEGERS = ("i64", "i32")
FLOATS = ("f64", "f32")
NUMBERS = INTEGERS + FLOATS
SCALARS = ("i64", "bool", "f64", "i32", "f32")


class Dimension(NamedTuple):
    """`name + offset`; a literal dimension has no name."""

    name: str
    offset: int

    def text(self) -> str:
        """The dimension as Fun writes it."""
        if not self.name:
            return str(self.offset)
        if self.offset == 0:
            return self.name
        return f"{self.name} {'+' if self.offset > 0 else '-'} {abs(self.offset)}"

    def plus(self, constant: int) -> Dimension:
        """The dimension with a constant added."""
        return Dimension(self.name, self.offset + constant)


class ArrayShape(NamedTuple):
    """The type of an array: a scalar element and one or more dimensions."""

    element: str
    dimensions: tuple[Dimension, ...]

    def text(self) -> str:
        """The type as Fun writes it."""
        return f"[{', '.join(d.text() for d in self.dimensions)}]{self.element}"


Shape = str | ArrayShape


def shape_text(shape: Shape) -> str:
    """The type as Fun writes it."""
    return shape if isinstance(shape, str) else shape.text()
