"""Where the results of a chunked map go: the host's memory, an array of the caller's, or a file.

    result = sink_of("out", out, np.dtype(np.float64), shape=(), length=None)
    result.write(chunk)    # the next elements
    result.finish()        # the array of all that was written

`out` is None (an array is made), an array of the right dtype and shape, or the path of an `.npy` file. The number of
elements may be unknown: then an array of the caller's holds at least as many, and of what is made none is too long.

Linear in what is written.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.lib.array_utils import byte_bounds

from ssair.arguments import ArgumentValueError, kind_of
from ssair.mapping.feeds import Array, Shape
from ssair.mapping.files import FileSink
from ssair.signature import ArgumentTypeError


class Sink(Protocol):
    """Takes the elements of one result, in order."""

    def write(self, values: Array) -> None:
        """Take the next elements; they are copied."""

    def finish(self) -> Array:
        """All elements, once there are no more."""

    def close(self) -> None:
        """Let go of what is open; what was written stays where it is."""


def sink_of(name: str, out: object, dtype: np.dtype[Any], shape: Shape, length: int | None) -> Sink:
    """The sink for `out`, where an element is of this dtype and shape; ArgumentTypeError or ArgumentValueError."""
    if isinstance(out, str | os.PathLike):
        return FileSink(os.fspath(out), dtype, shape)
    if out is not None:
        return ArraySink(name, _checked(name, out, dtype, shape, length))
    if length is None:
        return PartsSink(dtype, shape)
    return ArraySink(name, np.empty((length, *shape), dtype))


def _checked(name: str, out: object, dtype: np.dtype[Any], shape: Shape, length: int | None) -> Array:
    if not isinstance(out, np.ndarray):
        raise ArgumentTypeError(f"{name}: a NumPy array or the path of a file is wanted, not {kind_of(out)}")
    if out.dtype != dtype:
        raise ArgumentTypeError(f"{name}: an array of dtype {dtype} is wanted, not one of {out.dtype}")
    fits = out.ndim > 0 and out.shape[1:] == shape and length in (None, len(out))
    if not fits:
        wanted = f"({', '.join(map(str, ['n' if length is None else length, *shape]))}{',' * (not shape)})"
        raise ArgumentValueError(f"{name}: an array of shape {wanted} is wanted, not one of {out.shape}")
    if not out.flags.writeable:
        raise ArgumentValueError(f"{name}: the array is read-only")
    return out


def check_apart(name: str, out: object, arguments: Sequence[tuple[str, object]]) -> None:
    """Raise ArgumentValueError if an array for results lies in an argument's memory, other than in its very place.

    Results of early elements would be written over late ones that are not read yet.
    """
    if not isinstance(out, np.ndarray):
        return
    for parameter, value in arguments:
        if isinstance(value, np.ndarray) and not _same_place(out, value) and np.shares_memory(out, value):
            raise ArgumentValueError(f"{name}: the array lies in the memory of argument {parameter}")


def check_disjoint(outs: Sequence[tuple[str, object]]) -> None:
    """Raise ArgumentValueError if arrays for different results have memory in common."""
    arrays = [(name, out, *byte_bounds(out)) for name, out in outs if isinstance(out, np.ndarray)]
    near: list[tuple[str, Array, int]] = []  # those that end behind where the next one begins
    for name, out, start, end in sorted(arrays, key=lambda entry: entry[2]):
        near = [entry for entry in near if entry[2] > start]
        for other, earlier, _ in near:
            if np.shares_memory(out, earlier):
                raise ArgumentValueError(f"{name}: the array lies in the memory of {other}")
        near.append((name, out, end))


def _same_place(left: Array, right: Array) -> bool:
    places = [array.__array_interface__["data"][0] for array in (left, right)]
    return places[0] == places[1] and left.shape == right.shape and left.strides == right.strides


class ArraySink:
    """Fills an array from its beginning."""

    def __init__(self, name: str, array: Array) -> None:
        self._name = name
        self._array = array
        self._written = 0

    def write(self, values: Array) -> None:
        """Take the next elements; ArgumentValueError if there is no room for them."""
        end = self._written + len(values)
        if end > len(self._array):
            raise ArgumentValueError(f"{self._name}: there are more than its {len(self._array)} elements")
        self._array[self._written : end] = values
        self._written = end

    def finish(self) -> Array:
        """The array, cut to what was written if that is less."""
        return self._array if self._written == len(self._array) else self._array[: self._written]

    def close(self) -> None:
        """Nothing is open."""


class PartsSink:
    """Keeps what comes, where it is not known how much that is; at the end both the parts and the whole are there."""

    def __init__(self, dtype: np.dtype[Any], shape: Shape) -> None:
        self._parts: list[Array] = [np.empty((0, *shape), dtype)]

    def write(self, values: Array) -> None:
        """Keep a copy of the next elements."""
        self._parts.append(np.array(values))

    def finish(self) -> Array:
        """All of them as one array."""
        return np.concatenate(self._parts)

    def close(self) -> None:
        """Nothing is open."""
