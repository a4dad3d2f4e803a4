"""What every operation computes: the reference semantics, by NumPy.

Run-time values are NumPy scalars (`np.int64`, `np.bool_`, …) and arrays that nobody writes to. `MEANINGS[name]` takes
the result type, the immediate and the operands of a pure operation; `fault` decides a check. The interpreter, constant
folding and host-side sizes use this one table, and kernels are compared with it.

The functions expect `np.errstate(all="ignore")`: integers wrap and floats overflow without a word.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from ssair.constants import ArrayConst, Constant
from ssair.diagnostics import SsairError
from ssair.exact_decimals import exact_decimal
from ssair.facts import MAX_LENGTH
from ssair.ops import Op
from ssair.semantics_scalars import ON_SCALARS
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, element_type, integer_range, is_float, is_integer

#: A NumPy scalar or array; NumPy's own types cannot say which without naming each dtype.
Runtime = Any
Meaning = Callable[..., Runtime]

DTYPES: Final[dict[str, np.dtype[Any]]] = {
    name: np.dtype(numpy_name)
    for name, numpy_name in {"bool": "bool", "i32": "int32", "i64": "int64", "f32": "float32", "f64": "float64"}.items()
}


def dtype_of(type: Type) -> np.dtype[Any]:
    """The NumPy dtype of a scalar type, or of an array's elements."""
    return DTYPES[element_type(type).name]


#: The class that values of a scalar type have; in one look, for what is asked of every constant and argument.
SCALAR_CLASSES: Final[dict[Type, Callable[[Constant], Runtime]]] = {
    type: dtype_of(type).type for type in (BOOL, I32, I64, F32, F64)
}


def to_runtime(type: Type, constant: Constant) -> Runtime:
    """The run-time value of a constant of `type`."""
    if isinstance(constant, ArrayConst):
        return np.array(constant.values, dtype_of(type)).reshape(constant.shape)
    return SCALAR_CLASSES[type](constant)


def to_constant(value: Runtime) -> Constant:
    """The constant that a run-time value is."""
    if isinstance(value, np.ndarray):
        return ArrayConst(value.shape, tuple(value.ravel().tolist()))
    scalar: bool | int | float = value.item()
    return scalar


def ready(op: Op, type: Type, aux: object, operands: Sequence[Type]) -> Callable[..., Runtime]:
    """The meaning of a pure operation as a function of its operands alone, for one of these types."""
    name = op.name
    if isinstance(type, ArrayType) or (name not in ELEMENTWISE and name != "select"):
        return partial(MEANINGS[name], type, aux)
    return ON_SCALARS[dtype_of(operands[0]).kind].get(name) or ELEMENTWISE[name]


def fold(op: Op, type: Type, aux: object, operands: Sequence[tuple[Type, Constant]]) -> Constant:
    """The constant that a pure operation gives on constants."""
    with np.errstate(all="ignore"):
        return to_constant(MEANINGS[op.name](type, aux, *[to_runtime(*operand) for operand in operands]))


# ---- elementwise --------------------------------------------------------------------------------------------------


def fit(value: Runtime, shape: tuple[int, ...]) -> Runtime:
    """An array of the wrong shape, read at clamped indices so that it has `shape`; an empty one reads as zero."""
    if value.shape == shape:
        return value
    if 0 in value.shape:
        return np.zeros(shape, value.dtype)
    return value[np.ix_(*[np.minimum(np.arange(n), size - 1) for n, size in zip(shape, value.shape, strict=True)])]


def _fitted(args: Sequence[Runtime]) -> Sequence[Runtime]:
    """The operands, arrays fitted to the shape of the first array, or to that of the first without elements.

    So each element comes from elements of the operands, and what is known of those gives what is known of it.
    """
    shapes = [arg.shape for arg in args if arg.shape]
    if len(shapes) < 2 or all(shape == shapes[0] for shape in shapes):
        return args
    shape = next((shape for shape in shapes if 0 in shape), shapes[0])
    return [fit(arg, shape) if arg.shape else arg for arg in args]


def _elementwise(name: str) -> Meaning:
    """The meaning of an operation that needs neither type nor immediate: on fitted arrays, or on scalars."""
    on_arrays = ELEMENTWISE[name]
    on_scalars = {kind: rows.get(name, on_arrays) for kind, rows in ON_SCALARS.items()}

    def meaning(type: Type, aux: object, *args: Runtime) -> Runtime:
        if isinstance(type, ArrayType):
            return on_arrays(*_fitted(args))
        return on_scalars[args[0].dtype.kind](*args)

    return meaning


def _where(condition: Runtime, if_true: Runtime, if_false: Runtime) -> Runtime:
    """`np.where` that gives scalars for scalars, in the dtype of the arms."""
    chosen: Runtime = np.where(condition, if_true, if_false)
    return chosen[()]


def _by_kind(on_integers: Callable[..., Runtime], on_floats: Callable[..., Runtime]) -> Callable[..., Runtime]:
    def function(*args: Runtime) -> Runtime:
        return on_floats(*args) if args[0].dtype.kind == "f" else on_integers(*args)

    return function


def _total(divide: Callable[..., Runtime], by_zero: Callable[[Runtime], Runtime]) -> Callable[..., Runtime]:
    """An integer division that gives `by_zero(x)` for a divisor of zero."""

    def function(x: Runtime, y: Runtime) -> Runtime:
        zero = y == 0
        if not np.any(zero):
            return divide(x, y)
        return _where(zero, by_zero(x), divide(x, _where(zero, np.ones_like(y), y)))

    return function


def _truncated_quotient(x: Runtime, y: Runtime) -> Runtime:
    quotient = np.floor_divide(x, y)
    inexact = np.remainder(x, y) != 0
    return quotient + ((x < 0) != (y < 0)).__and__(inexact).astype(quotient.dtype)


def _integer_power(base: Runtime, exponent: Runtime) -> Runtime:
    return np.power(base, np.maximum(exponent, np.zeros_like(exponent)))


def _float_power(base: Runtime, exponent: Runtime) -> Runtime:
    """IEEE `pow`; NumPy takes one exponent of 0.5 for all for a square root, which differs at -inf and -0.0."""
    bases, exponents = np.broadcast_arrays(base, exponent)
    powers: Runtime = np.power([bases, bases], [exponents, np.ones_like(exponents)])[0]
    return powers


def _sign(x: Runtime) -> Runtime:
    return _where(x == 0, x, np.sign(x))  # keeps -0.0


def _float_min(x: Runtime, y: Runtime) -> Runtime:
    zeros = (x == 0) & (y == 0)
    return _where(zeros, _where(np.signbit(x), x, y), np.minimum(x, y))


def _float_max(x: Runtime, y: Runtime) -> Runtime:
    zeros = (x == 0) & (y == 0)
    return _where(zeros, _where(np.signbit(x), y, x), np.maximum(x, y))


def _shift(left: bool) -> Callable[..., Runtime]:
    def function(x: Runtime, amount: Runtime) -> Runtime:
        bits = x.dtype.itemsize * 8
        outside = (amount < 0) | (amount >= bits)
        safe = _where(outside, np.zeros_like(amount), amount)
        if left:
            return _where(outside, np.zeros_like(x), np.left_shift(x, safe))
        return _where(outside, np.right_shift(x, x.dtype.type(bits - 1)), np.right_shift(x, safe))

    return function


def _select(type: Type, aux: object, condition: Runtime, if_true: Runtime, if_false: Runtime) -> Runtime:
    if not isinstance(type, ArrayType):
        return if_true if condition else if_false
    return _where(*_fitted((condition, if_true, if_false)))


def _convert(type: Type, aux: object, value: Runtime) -> Runtime:
    dtype = dtype_of(type)
    if dtype.kind == "b":
        return value != 0
    if dtype.kind == "i" and value.dtype.kind == "f":
        least, greatest = integer_range(element_type(type))
        too_high, too_low = value >= float(greatest + 1), value < float(least)
        inside = _where(too_high | too_low | np.isnan(value), np.zeros_like(value), value)
        return _where(too_high, dtype.type(greatest), _where(too_low, dtype.type(least), inside.astype(dtype)))
    return value.astype(dtype)


# ---- arrays -------------------------------------------------------------------------------------------------------


def _const(type: Type, aux: object) -> Runtime:
    assert isinstance(aux, bool | int | float | ArrayConst)
    return to_runtime(type, aux)


def _array(type: Type, aux: object, *elements: Runtime) -> Runtime:
    return np.stack(_fitted(elements)) if elements[0].shape else np.array(elements, dtype_of(type))


class ArrayTooLargeError(SsairError, MemoryError):
    """An array that no memory holds."""


def limited(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an array that can be made; ArrayTooLargeError for one of more than `MAX_LENGTH` elements."""
    if math.prod(shape) > MAX_LENGTH:
        raise ArrayTooLargeError(f"an array of shape {shape} is too large for any memory")
    return shape


def _full(type: Type, aux: object, value: Runtime, *lengths: Runtime) -> Runtime:
    shape = limited(tuple([max(int(length), 0) for length in lengths]))
    try:
        return np.full(shape, value, dtype_of(type))
    except MemoryError:
        raise ArrayTooLargeError(f"an array of shape {shape} does not fit into memory") from None


def _iota(type: Type, aux: object, length: Runtime) -> Runtime:
    shape = limited((max(int(length), 0),))
    try:
        return np.arange(shape[0], dtype=np.int64)
    except MemoryError:
        raise ArrayTooLargeError(f"an array of shape {shape} does not fit into memory") from None


def _dim(type: Type, aux: object, array: Runtime) -> Runtime:
    assert isinstance(aux, int)
    return np.int64(array.shape[aux])


def _clamped(array: Runtime, indices: Sequence[Runtime]) -> tuple[int, ...]:
    return tuple([min(max(int(i), 0), n - 1) for i, n in zip(indices, array.shape, strict=False)])


def _index(type: Type, aux: object, array: Runtime, *indices: Runtime) -> Runtime:
    if 0 in array.shape[: len(indices)]:
        return np.zeros(array.shape[len(indices) :], array.dtype)[()]
    return array[_clamped(array, indices)]


def _update(type: Type, aux: object, array: Runtime, value: Runtime, *indices: Runtime) -> Runtime:
    if array.size == 0:
        return array
    copy = array.copy()
    copy[_clamped(array, indices)] = value
    return copy


def _reduction(function: Callable[..., Runtime]) -> Meaning:
    def meaning(type: Type, aux: object, array: Runtime) -> Runtime:
        return function(array, dtype=array.dtype)

    return meaning


def _extreme(function: Callable[..., Runtime], zero_wanted: bool) -> Meaning:
    """The least or greatest element; among zeros the negative one if `zero_wanted` says so."""

    def meaning(type: Type, aux: object, array: Runtime) -> Runtime:
        if array.size == 0:
            return array.dtype.type(0)
        result = function(array)
        if result == 0 and array.dtype.kind == "f":
            negative = np.signbit(array[array == 0])
            return array.dtype.type(-0.0 if (negative.any() if zero_wanted else negative.all()) else 0.0)
        return result

    return meaning


def _position(function: Callable[..., Runtime]) -> Meaning:
    def meaning(type: Type, aux: object, array: Runtime) -> Runtime:
        return np.int64(function(array)) if array.size else np.int64(0)

    return meaning


def _matmul(type: Type, aux: object, left: Runtime, right: Runtime) -> Runtime:
    common = left.shape[-1]
    if right.shape[0] != common:
        right = fit(right, (common, *right.shape[1:]))
    return np.matmul(left, right)[()]


#: Elementwise operations on fitted arrays, and on scalars that have no faster way.
ELEMENTWISE: Final[dict[str, Callable[..., Runtime]]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": np.true_divide,
    "floordiv": _by_kind(_total(np.floor_divide, lambda x: x), np.floor_divide),
    "mod": _by_kind(_total(np.remainder, np.zeros_like), np.remainder),
    "div_trunc": _total(_truncated_quotient, lambda x: x),
    "rem_trunc": _total(np.fmod, np.zeros_like),
    "pow": _by_kind(_integer_power, _float_power),
    "neg": operator.neg,
    "abs": np.abs,
    "sign": _sign,
    "min": _by_kind(np.minimum, _float_min),
    "max": _by_kind(np.maximum, _float_max),
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "not": operator.invert,
    "shl": _shift(left=True),
    "shr": _shift(left=False),
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "round": np.rint,
    **{
        name: getattr(np, name)
        for name in ("isnan", "isinf", "floor", "ceil", "sqrt", "exp", "log", "sin", "cos", "tan", "tanh")
    },
}

MEANINGS: Final[dict[str, Meaning]] = {
    "const": _const,
    **{name: _elementwise(name) for name in ELEMENTWISE},
    "select": _select,
    "convert": _convert,
    "array": _array,
    "full": _full,
    "iota": _iota,
    "dim": _dim,
    "index": _index,
    "update": _update,
    "sum": _reduction(np.sum),
    "prod": _reduction(np.prod),
    "minimum": _extreme(np.min, zero_wanted=True),
    "maximum": _extreme(np.max, zero_wanted=False),
    "any": lambda type, aux, array: np.any(array),
    "all": lambda type, aux, array: np.all(array),
    "argmin": _position(np.argmin),
    "argmax": _position(np.argmax),
    "dot": _matmul,
    "matmul": _matmul,
    "transpose": lambda type, aux, array: array.T,
    "reverse": lambda type, aux, array: array[::-1],
    "get": lambda type, aux, results: results[aux],
    "ptradd": lambda type, aux, pointer, count: pointer.moved(int(count)),
}


# ---- checks -------------------------------------------------------------------------------------------------------


class Fault(NamedTuple):
    """Why a check failed: the values that it reports, and for an array the index of the first element at fault."""

    values: tuple[bool | int | float, ...]
    position: tuple[int, ...] | None


def _does_not_fit(least: float, limit: float) -> Callable[..., Runtime]:
    """Whether a float, truncated, is below `least` + 1 or not below `limit`; NaN is neither."""

    def bad(value: Runtime) -> Runtime:
        wide = value.astype(np.float64)
        return ~((wide > least) & (wide < limit))

    return bad


#: For each check: when it fails (elementwise), and which of its operands it reports.
CHECKS: Final[dict[str, tuple[Callable[..., Runtime], tuple[int, ...]]]] = {
    "check_index": (lambda index, length: (index < 0) | (index >= length), (0, 1)),
    "check_nonzero": (lambda divisor, dividend: divisor == 0, (1,)),
    "check_exponent": (lambda exponent, base: exponent < 0, (0,)),
    "check_convert_i32": (_does_not_fit(-(2.0**31) - 1.0, 2.0**31), (0,)),
    "check_convert_i64": (_does_not_fit(math.nextafter(-(2.0**63), -math.inf), 2.0**63), (0,)),
    "check": (operator.invert, ()),
    "check_nonempty": (lambda count: count < 1, ()),
    "check_equal": (operator.ne, (0, 1)),
    "check_at_least": (operator.lt, (0, 1)),
}


def fault(name: str, args: Sequence[Runtime]) -> Fault | None:
    """What a check finds wrong with its operands; None if nothing."""
    bad, reported = CHECKS[name]
    args = _fitted(args)
    wrong = bad(*args)
    if not wrong.shape:
        return Fault(tuple([args[i].item() for i in reported]), None) if wrong else None
    if not np.any(wrong):
        return None
    place = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    values = tuple([(args[i][place] if args[i].shape else args[i]).item() for i in reported])
    return Fault(values, tuple(int(i) for i in place))


# ---- printing -----------------------------------------------------------------------------------------------------


def format_value(value: Runtime, format_float: Callable[[Runtime], str] = str) -> str:
    """A value as `print` shows it: `true`, `-1`, shortest floats that read back, `[1, 2]`; recursive in the rank."""
    if value.shape:
        return f"[{', '.join([format_value(item, format_float) for item in value])}]"
    if value.dtype.kind == "b":
        return "true" if value else "false"
    return format_float(value) if value.dtype.kind == "f" else str(value)


#: How each operation that prints shows a float.
FLOAT_FORMATS: Final[dict[str, Callable[[Runtime], str]]] = {
    "print": str,
    "print_exact": lambda value: exact_decimal(float(value)),
}


def format_line(pieces: Sequence[str], values: Sequence[Runtime], format_float: Callable[[Runtime], str] = str) -> str:
    """The line of a `print`: the values with the text around them."""
    parts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        parts += [format_value(value, format_float), piece]
    return "".join(parts)


def zero_of(type: Type) -> Runtime:
    """Zero, or false, of a scalar type."""
    assert is_integer(type) or is_float(type) or type.name == "bool"
    return DTYPES[type.name].type(0)
