"""The memory that `alloc load store free ptradd` work on, for the interpreter.

Memory is made of regions of cells; a pointer is a region and an offset, and may point outside its region until it is
used. Faults (a negative or empty region, an access outside one or after `free`, a read of a cell never written,
a `free` of a moved or dead pointer) raise `MemoryFault`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ssair.diagnostics import SsairError


class MemoryFault(SsairError):
    """An operation on memory that the program must not do."""


class Region:
    """Cells; None is a cell that was never written, and `cells` is None after `free`."""

    __slots__ = ("cells",)

    def __init__(self, count: int) -> None:
        self.cells: list[Any] | None = [None] * count


class Pointer(NamedTuple):
    """A place in a region."""

    region: Region
    offset: int

    def moved(self, count: int) -> Pointer:
        """The pointer `count` cells further."""
        return Pointer(self.region, self.offset + count)


class Heap:
    """All regions of a run; `live` counts those not freed."""

    def __init__(self) -> None:
        self.live = 0

    def alloc(self, count: int) -> Pointer:
        """A new region of `count` cells."""
        if count <= 0:
            raise MemoryFault(f"cannot allocate {count} cells")
        self.live += 1
        return Pointer(Region(count), 0)

    def load(self, pointer: Pointer) -> Any:
        """The value of a cell."""
        value = self._cells(pointer)[pointer.offset]
        if value is None:
            raise MemoryFault("a cell is read that was never written")
        return value

    def store(self, pointer: Pointer, value: Any) -> None:
        """Write a cell."""
        self._cells(pointer)[pointer.offset] = value

    def free(self, pointer: Pointer) -> None:
        """End the life of the region that `pointer` is the start of."""
        if pointer.region.cells is None or pointer.offset != 0:
            raise MemoryFault("free of a pointer that is dead or not the start of its region")
        pointer.region.cells = None
        self.live -= 1

    def _cells(self, pointer: Pointer) -> list[Any]:
        cells = pointer.region.cells
        if cells is None or not 0 <= pointer.offset < len(cells):
            raise MemoryFault("access outside of a live region")
        return cells
