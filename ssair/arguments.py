"""The arguments of a kernel: values of the caller's made values of the program's types, or refused by name.

Nothing is truncated, wrapped or reshaped. A Python number fits a type that holds it (an integer given for a float must
be exact; a float is rounded to f32); an array, NumPy's or JAX's, must have the parameter's dtype or one that it holds
without loss (i32 for i64, f32 for f64); a list or range is an array of Python numbers. Lengths are at most
`facts.MAX_LENGTH`, and `size` arguments are between `-facts.MAX_SIZE` and that, so that arithmetic on sizes is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ssair.diagnostics import SsairError
from ssair.facts import MAX_LENGTH, MAX_SIZE, top
from ssair.ir import Param
from ssair.semantics import dtype_of
from ssair.signature import ArgumentTypeError
from ssair.types import ArrayType, ScalarType, element_type, integer_range


class ArgumentValueError(SsairError, ValueError):
    """An argument that is out of the range of its parameter."""


class ArgumentRangeError(ArgumentValueError, OverflowError):
    """A number that the parameter's type does not hold."""


def to_arguments(names: Sequence[str], params: Sequence[Param], values: Sequence[Any]) -> list[Any]:
    """The values as NumPy scalars, NumPy arrays or JAX arrays of the parameters' types."""
    return [to_argument(name, param, value) for name, param, value in zip(names, params, values, strict=True)]


def to_argument(name: str, param: Param, value: Any) -> Any:
    """One argument; ArgumentTypeError or ArgumentValueError, naming the parameter, if it is none of the type."""
    if isinstance(param.type, ArrayType):
        return _array(name, param.type, value)
    scalar = _scalar(name, param, value)
    if param.static and isinstance(scalar, np.integer) and not -MAX_SIZE <= int(scalar) <= MAX_SIZE:
        raise ArgumentRangeError(f"argument {name}: {scalar} is no size, which is between -2^52 and 2^52")
    if isinstance(scalar, np.generic) and param.fact != top(param.type) and not param.fact.contains(scalar.item()):
        raise ArgumentValueError(f"argument {name}: {scalar} is outside {param.fact}")
    return scalar


def _wrong(name: str, param_type: object, what: str, help: str = "") -> ArgumentTypeError:
    return ArgumentTypeError(f"argument {name}: {param_type} is wanted, not {what}{f' ({help})' if help else ''}")


def kind_of(value: object) -> str:
    """What an error calls a value of a type that is not wanted: `a list`, `an Image`."""
    name = value.__class__.__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _scalar(name: str, param: Param, value: Any) -> Any:
    assert isinstance(param.type, ScalarType)
    if isinstance(value, bool | int | float):
        return _number(name, param.type, value)
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        raise _wrong(name, param.type, kind_of(value))
    if value.shape != ():
        raise _wrong(name, param.type, f"an array of shape {tuple(value.shape)}")
    if isinstance(value, np.generic | np.ndarray):
        number = value.item()
        if not isinstance(number, bool | int | float):
            raise _wrong(name, param.type, kind_of(number))
        return _number(name, param.type, number)
    return _device_array(name, param.type, value)


def _number(name: str, type: ScalarType, value: Any) -> Any:
    """A Python number as a NumPy scalar of `type`."""
    dtype = dtype_of(type)
    kind = "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"
    if kind == type.kind == "int":
        least, greatest = integer_range(type)
        if not least <= value <= greatest:
            raise ArgumentRangeError(f"argument {name}: {_short(value)} does not fit {type}")
    elif kind == "int" and type.kind == "float":
        if abs(value) > 1 << (53 if type.bits == 64 else 24):
            raise ArgumentRangeError(f"argument {name}: {_short(value)} is not exact as {type}; give a float")
    elif kind != type.kind:
        raise _wrong(name, type, f"the integer {_short(value)}" if kind == "int" else f"the {_named(kind)} {value}")
    if type.kind != "float" or type.bits == 64:
        return dtype.type(value)
    with np.errstate(all="ignore"):  # rounding to f32 may overflow
        return dtype.type(value)


def _named(kind: str) -> str:
    return {"bool": "truth value", "int": "integer", "float": "float"}.get(kind, kind)


def _short(value: int) -> str:
    if value.bit_length() < 256:
        return str(value)
    power = value.bit_length() - 1
    return f"2^{power} or more" if value > 0 else f"-2^{power} or less"


def _array(name: str, type: ArrayType, value: Any) -> Any:
    if isinstance(value, list | tuple | range):
        value = _from_list(name, type, value)
    elif not hasattr(value, "dtype") or not hasattr(value, "shape") or isinstance(value, np.ma.MaskedArray):
        raise _wrong(name, type, kind_of(value))
    if len(value.shape) != type.rank:
        raise _wrong(name, type, f"an array of rank {len(value.shape)}")
    if any(length > MAX_LENGTH for length in value.shape):
        raise ArgumentValueError(f"argument {name}: a dimension is longer than {MAX_LENGTH}")
    if not isinstance(value, np.ndarray):
        return _device_array(name, type, value)
    _check_dtype(name, type, value.dtype)
    return np.array(value, dtype_of(type))  # a copy: JAX reads a caller's buffer in place, also after the call


def _device_array(name: str, type: ArrayType | ScalarType, value: Any) -> Any:
    """A JAX array, or what behaves like one; 64-bit types must be on."""
    _check_dtype(name, type, np.dtype(value.dtype))
    if value.dtype == dtype_of(type):
        return value
    if not hasattr(value, "astype"):  # a shape and a dtype alone
        raise _wrong(name, type, f"one of dtype {value.dtype}")
    return value.astype(dtype_of(type))


def _check_dtype(name: str, type: ArrayType | ScalarType, dtype: np.dtype[Any]) -> None:
    wanted = dtype_of(type)
    same_kind = dtype.kind == wanted.kind or (dtype.kind == "u" and wanted.kind == "i")
    if not (same_kind and np.can_cast(dtype, wanted, "safe")):
        raise _wrong(name, type, f"one of dtype {dtype}", f"convert it with .astype(np.{wanted})")


def _from_list(name: str, type: ArrayType, value: Any) -> Any:
    """An array of nested lists (or ranges) of numbers, each of which is checked."""
    try:
        array = np.array(value, dtype=object) if value else np.empty(0, object)
    except ValueError:
        raise _wrong(name, type, "a list of rows of different lengths") from None
    element = element_type(type)
    assert isinstance(element, ScalarType)
    if array.ndim > type.rank:
        raise _wrong(name, type, f"a list of shape {array.shape}")
    if any(isinstance(item, list | tuple | range) for item in array.flat):
        raise _wrong(name, type, "a list of rows of different lengths")
    numbers = [
        _number(name, element, item.item() if isinstance(item, np.generic) else item)
        if isinstance(item, bool | int | float | np.generic)
        else _not_a_number(name, type, item)
        for item in array.flat
    ]
    return np.array(numbers, dtype_of(type)).reshape(array.shape)


def _not_a_number(name: str, type: ArrayType, item: Any) -> Any:
    raise _wrong(name, type, f"a list with {kind_of(item)}")
