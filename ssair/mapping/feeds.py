"""What a chunked map reads: the elements of one argument in order, some at a time.

    feed = ArrayFeed("xs", param, np.load("xs.npy", mmap_mode="r"))
    feed.take(room)                            # as many elements as `room` has, from the first on
    PieceFeed("xs", param, pieces).take(room)  # the same of an iterator over arrays of elements, of whatever lengths

Ensures: what is taken is contiguous and has the program's dtype; fewer elements than there is room for come only at the
end. They are a view of the caller's memory where JAX can use that in place, else they are put into the room: an array
is never copied as a whole. An iterator's pieces are always copied, since it may fill the same memory anew. Faults are
told with the name of the parameter and, for a piece, the element that it begins with.

Linear in what is taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final, Protocol

import numpy as np

from ssair.arguments import ArgumentValueError, to_argument
from ssair.backends.jax import wide_types
from ssair.ir import Param
from ssair.mapping.arguments import check_facts, comes_in_pieces, lifted
from ssair.semantics import dtype_of
from ssair.types import rank

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]
#: Where memory has to begin for a CPU device to use it in place.
_ALIGNMENT: Final = 64


class Feed(Protocol):
    """The elements of one argument."""

    @property
    def name(self) -> str:
        """The parameter, as errors call it."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """What the elements are made of."""

    @property
    def memory(self) -> Array | None:
        """The caller's memory that the elements are in; None if it is not known yet."""

    @property
    def length(self) -> int | None:
        """How many elements there are; None where that shows only at the end."""

    def shape(self) -> Shape | None:
        """The shape of an element; None if there is no element that tells it."""

    def take(self, room: Array) -> Array:
        """The next elements, as many as there is room for or as there are; `room` may have been filled with them."""


def room_for(feed: Feed, length: int) -> Array:
    """Room for so many elements, in which JAX can use them in place; the shape of an element must be known."""
    shape = feed.shape()
    assert shape is not None
    size = length * math.prod(shape) * feed.dtype.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    start = -_address(memory) % _ALIGNMENT
    return memory[start : start + size].view(feed.dtype).reshape(length, *shape)


def _address(array: Array) -> int:
    place: int = array.__array_interface__["data"][0]
    return place


def feed_of(name: str, param: Param, value: Any) -> Feed:
    """The feed of a mapped argument; ArgumentTypeError or ArgumentValueError for one of another type."""
    return PieceFeed(name, param, iter(value)) if comes_in_pieces(value) else ArrayFeed(name, param, value)


class ArrayFeed:
    """The elements of an array in the host's memory, or of a memory-mapped file; a JAX array is taken to the host."""

    def __init__(self, name: str, param: Param, value: Any) -> None:
        self.name = name
        self.dtype = dtype_of(param.type)
        self._param = param
        whole = lifted(param)
        if isinstance(value, list | tuple | range):
            value = to_argument(name, whole, value)
        to_argument(name, whole, value[:0])  # the type alone: nothing of a large array is copied
        self.memory = np.asarray(value)
        self.length = len(self.memory)
        self._taken = 0

    def shape(self) -> Shape:
        """The shape of an element."""
        return self.memory.shape[1:]

    def take(self, room: Array) -> Array:
        """The next elements, as many as there is room for or as there are."""
        start = self._taken
        found = self.memory[start : start + len(room)]
        if found.dtype == room.dtype and found.flags.c_contiguous and _address(found) % _ALIGNMENT == 0:
            taken = found
        else:
            taken = room[: len(found)]
            taken[...] = found
        check_facts(self.name, self._param, taken, start)
        self._taken += len(taken)
        return taken


class PieceFeed:
    """The elements of the arrays that an iterator gives, one after the other."""

    def __init__(self, name: str, param: Param, pieces: Iterator[Any]) -> None:
        self.name = name
        self.dtype = dtype_of(param.type)
        self.length = None
        self.memory = None
        self._param = param
        self._lifted = lifted(param)
        self._pieces = pieces
        self._shape: Shape | None = None if rank(param.type) else ()
        self._piece: Array = np.empty(0, self.dtype)
        self._used = 0  # of the elements of the piece
        self._begun = 0  # elements before the piece

    def shape(self) -> Shape | None:
        """The shape of an element, if need be of the first that comes; None if none does."""
        while self._shape is None and self._advance():
            pass
        return self._shape

    def take(self, room: Array) -> Array:
        """The next elements, as many as there is room for or as there are."""
        filled = 0
        while filled < len(room) and (self._used < len(self._piece) or self._advance()):
            part = self._piece[self._used : self._used + len(room) - filled]
            room[filled : filled + len(part)] = part
            self._used += len(part)
            filled += len(part)
        return room[:filled]

    def _advance(self) -> bool:
        """Go on to the next piece; False where there is none."""
        begun = self._begun + len(self._piece)
        try:
            piece = next(self._pieces)
        except StopIteration:
            return False
        name = f"{self.name}, in the piece from element {begun} on"
        with wide_types():  # a JAX array is made wider as such
            piece = np.asarray(to_argument(name, self._lifted, piece))
        if self._shape is not None and piece.shape[1:] != self._shape:
            wanted = f"elements of shape {self._shape} are wanted as before, not {piece.shape[1:]}"
            raise ArgumentValueError(f"argument {name}: {wanted}")
        check_facts(self.name, self._param, piece, begun)
        self._shape, self._piece, self._used, self._begun = piece.shape[1:], piece, 0, begun
        return True
