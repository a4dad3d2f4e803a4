"""What the operations on arrays are in a kernel: reading, writing, making and reducing.

`index` and `update` clamp by `dynamic_slice` and `dynamic_update_slice` themselves; on an empty array they give zero
and the array. An operand of the wrong length is fitted as `semantics.fit` does. Reductions of floats pass NaN and
order -0.0 below 0.0; `argmin` and `argmax` give the first place, and a NaN wins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np
from jax import lax

from ssair.backends.operation import Operation
from ssair.backends.state import Traced
from ssair.backends.stores import force, places
from ssair.constants import Constant
from ssair.facts import FloatFact
from ssair.semantics import dtype_of, to_runtime
from ssair.types import element_type, is_float


def zeros(dtype: np.dtype[Any], shape: tuple[int, ...]) -> Traced:
    """Zero, or an array of zeros."""
    return lax.full(shape, dtype.type(0)) if shape else dtype.type(0)


def fit(array: Traced, shape: tuple[int, ...]) -> Traced:
    """`array` read at clamped indices so that it has `shape`; an empty one reads as zero."""
    array = array if array.shape == shape else force(array)
    if array.shape == shape:
        return array
    if 0 in array.shape or 0 in shape:
        return zeros(array.dtype, shape)
    for axis, (have, wanted) in enumerate(zip(array.shape, shape, strict=True)):
        if wanted < have:
            array = lax.slice_in_dim(array, 0, wanted, axis=axis)
        elif wanted > have:
            last = lax.slice_in_dim(array, have - 1, have, axis=axis)
            repeated = list(array.shape)
            repeated[axis] = wanted - have
            array = lax.concatenate([array, lax.broadcast_in_dim(last, repeated, range(array.ndim))], axis)
    return array


def _index(operation: Operation, array: Traced, *indices: Traced) -> Traced:
    count = len(indices)
    if 0 in array.shape[:count]:
        return zeros(array.dtype, array.shape[count:])
    rest = array.shape[count:]
    if 0 in rest:
        return zeros(array.dtype, rest)
    starts = [*places(indices), *[np.int64(0)] * len(rest)]
    piece = lax.dynamic_slice(array, starts, (1,) * count + rest, allow_negative_indices=False)
    return lax.squeeze(piece, tuple(range(count)))


def _update(operation: Operation, array: Traced, value: Traced, *indices: Traced) -> Traced:
    if 0 in array.shape:
        return array
    return store(array, fit(value, array.shape[len(indices) :]), indices)


def store(array: Traced, value: Traced, indices: Sequence[Traced]) -> Traced:
    """`array`, which has elements, with `value` at the leading `indices`, clamped."""
    count = len(indices)
    piece = lax.broadcast_in_dim(value, (1,) * count + value.shape, range(count, array.ndim))
    starts = [*places(indices), *[np.int64(0)] * (array.ndim - count)]
    return lax.dynamic_update_slice(array, piece, starts, allow_negative_indices=False)


def _array(operation: Operation, *elements: Traced) -> Traced:
    if all(isinstance(element, np.generic) for element in elements):
        return np.array(elements, dtype_of(operation.type))
    inner = operation.shape[1:]
    rows = [lax.broadcast_in_dim(fit(row, inner), (1, *inner), range(1, len(inner) + 1)) for row in elements]
    return lax.concatenate(rows, 0)


def _full(operation: Operation, value: Traced, *lengths: Traced) -> Traced:
    return lax.broadcast_in_dim(value, operation.shape, ())


def _iota(operation: Operation, length: Traced) -> Traced:
    return lax.iota(np.int64, operation.shape[0])


def _all_axes(array: Traced) -> tuple[int, ...]:
    return tuple(range(array.ndim))


def _reduction(function: Callable[..., Traced]) -> Callable[..., Traced]:
    def emission(operation: Operation, array: Traced) -> Traced:
        return function(array, _all_axes(array))

    return emission


def _extreme(least: bool) -> Callable[..., Traced]:
    """`minimum` or `maximum` of all elements; zero for none."""

    def emission(operation: Operation, array: Traced) -> Traced:
        if 0 in array.shape:
            return zeros(array.dtype, ())
        axes = _all_axes(array)
        result = lax.reduce_min(array, axes) if least else lax.reduce_max(array, axes)
        fact = operation.facts[0]
        if not is_float(element_type(operation.type)) or (isinstance(fact, FloatFact) and not fact.negative_zero):
            return result
        return lax.select(lax.eq(result, result.dtype.type(0)), _zero_among(array, least), result)

    return emission


def _zero_among(array: Traced, least: bool) -> Traced:
    """-0.0 if one zero among the elements is (`least`), or if all are; else 0.0."""
    integer = np.int32 if array.dtype.itemsize == 4 else np.int64
    bits = lax.bitcast_convert_type(array, integer)
    zero = lax.eq(array, lax.full_like(array, 0))
    sign = lax.lt(bits, lax.full_like(bits, 0))
    if least:
        negative = lax.reduce_or(lax.bitwise_and(zero, sign), _all_axes(array))
    else:
        negative = lax.reduce_and(lax.bitwise_or(lax.bitwise_not(zero), sign), _all_axes(array))
    return lax.select(negative, array.dtype.type(-0.0), array.dtype.type(0.0))


def _position(function: Callable[..., Traced]) -> Callable[..., Traced]:
    def emission(operation: Operation, array: Traced) -> Traced:
        return function(array, 0, np.int64) if array.shape[0] else np.int64(0)

    return emission


def _matmul(operation: Operation, left: Traced, right: Traced) -> Traced:
    common = left.shape[-1]
    right = fit(right, (common, *right.shape[1:]))
    dimensions = (((left.ndim - 1,), (0,)), ((), ()))
    return lax.dot_general(left, right, dimensions, precision=lax.Precision.HIGHEST)


def _const(operation: Operation) -> Traced:
    return to_runtime(operation.type, cast(Constant, operation.aux))


ARRAY_EMISSIONS: Final[dict[str, Callable[..., Traced]]] = {
    "const": _const,
    "array": _array,
    "full": _full,
    "iota": _iota,
    "index": _index,
    "update": _update,
    "sum": _reduction(lax.reduce_sum),
    "prod": _reduction(lax.reduce_prod),
    "minimum": _extreme(least=True),
    "maximum": _extreme(least=False),
    "any": _reduction(lax.reduce_or),
    "all": _reduction(lax.reduce_and),
    "argmin": _position(lax.argmin),
    "argmax": _position(lax.argmax),
    "dot": _matmul,
    "matmul": _matmul,
    "transpose": lambda operation, array: lax.transpose(array, (1, 0)),
    "reverse": lambda operation, array: lax.rev(array, (0,)),
}
