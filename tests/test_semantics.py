"""What each operation computes: the corners of the language, on scalars and on arrays alike."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable

import numpy as np
import pytest
from sampled_values import CASES, VALUES, Case

from ssair.constants import ArrayConst, Constant, constant_key
from ssair.ops import CHECK_KINDS, OPS, TRAP_KINDS, Aux
from ssair.semantics import (
    CHECKS,
    MEANINGS,
    Runtime,
    dtype_of,
    fault,
    fit,
    fold,
    format_line,
    format_value,
    to_constant,
    to_runtime,
    zero_of,
)
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of, integer_range, is_integer

NAN, INF = math.nan, math.inf
MIN32, MAX32, MIN64, MAX64 = -(2**31), 2**31 - 1, -(2**63), 2**63 - 1


def meaning(name: str, type: Type, *operands: Runtime, aux: object = None) -> Runtime:
    with np.errstate(all="ignore"):
        return MEANINGS[name](type, aux, *operands)


def bits(value: Runtime) -> bytes:
    """The bytes of a value, all NaNs made one."""
    array = np.asarray(value)
    if array.dtype.kind == "f":
        array = np.where(np.isnan(array), array.dtype.type(NAN), array)
    return bytes(array.tobytes())


def same(left: Runtime, right: Runtime) -> bool:
    return bool(left.dtype == right.dtype and left.shape == right.shape and bits(left) == bits(right))


# ---- the table ----------------------------------------------------------------------------------------------------


def test_each_pure_operation_has_a_meaning() -> None:
    assert set(MEANINGS) == {name for name, op in OPS.items() if op.pure}


def test_each_check_has_a_row_and_a_kind() -> None:
    checks = {name for name, op in OPS.items() if op.traps and op.refines}
    assert set(CHECKS) == checks == set(CHECK_KINDS) == {name for name, op in OPS.items() if op.aux is Aux.SITE}
    assert set(CHECK_KINDS.values()) == set(TRAP_KINDS)


# ---- scalars against plain Python ---------------------------------------------------------------------------------


def wrapped(type: Type, value: int) -> int:
    least, greatest = integer_range(type)
    return (value - least) % (greatest - least + 1) + least


def width(type: Type) -> int:
    return 32 if type is I32 else 64


INTEGER_REFERENCE: dict[str, Callable[..., int]] = {
    "add": lambda t, x, y: x + y,
    "sub": lambda t, x, y: x - y,
    "mul": lambda t, x, y: x * y,
    "floordiv": lambda t, x, y: x // y if y else x,
    "mod": lambda t, x, y: x % y if y else 0,
    "div_trunc": lambda t, x, y: abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1) if y else x,
    "rem_trunc": lambda t, x, y: abs(x) % abs(y) * (-1 if x < 0 else 1) if y else 0,
    "pow": lambda t, x, y: pow(x, max(y, 0), 2 ** width(t)),
    "neg": lambda t, x: -x,
    "abs": lambda t, x: abs(x),
    "sign": lambda t, x: (x > 0) - (x < 0),
    "min": lambda t, x, y: min(x, y),
    "max": lambda t, x, y: max(x, y),
    "and": lambda t, x, y: x & y,
    "or": lambda t, x, y: x | y,
    "xor": lambda t, x, y: x ^ y,
    "shl": lambda t, x, y: x << y if 0 <= y < width(t) else 0,
    "shr": lambda t, x, y: x >> (y if 0 <= y < width(t) else 63),
    "eq": lambda t, x, y: x == y,
    "ne": lambda t, x, y: x != y,
    "lt": lambda t, x, y: x < y,
    "le": lambda t, x, y: x <= y,
    "gt": lambda t, x, y: x > y,
    "ge": lambda t, x, y: x >= y,
    "select": lambda t, c, x, y: x if c else y,
}


def float_min(x: float, y: float) -> float:
    if x != x or y != y:
        return NAN
    return min(x, y, key=lambda z: (z, math.copysign(1, z)))


def float_max(x: float, y: float) -> float:
    if x != x or y != y:
        return NAN
    return max(x, y, key=lambda z: (z, math.copysign(1, z)))


def quotient(x: float, y: float) -> float:
    if y:
        return x / y
    return NAN if x != x or x == 0 else math.copysign(INF, x) * math.copysign(1.0, y)


def rounded_by(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: x if x != x or math.isinf(x) or x == 0 else math.copysign(float(function(x)), x)


FLOAT_REFERENCE: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": quotient,
    "neg": operator.neg,
    "abs": abs,
    "sign": lambda x: x if x != x or x == 0 else math.copysign(1.0, x),
    "min": float_min,
    "max": float_max,
    "floor": rounded_by(math.floor),
    "ceil": rounded_by(math.ceil),
    "round": rounded_by(round),
    "sqrt": lambda x: NAN if x < 0 else x if x == 0 else math.sqrt(x),
    "isnan": lambda x: x != x,
    "isinf": lambda x: abs(x) == INF,
    "select": lambda c, x, y: x if c else y,
    **{name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}
#: What has no plain reference here; `pow`, `floordiv` and `mod` of floats stand among the corners below.
NUMPY_ITSELF = {"exp", "log", "sin", "cos", "tan", "tanh", "pow", "floordiv", "mod"}


def reference(case: Case) -> Callable[..., Constant] | None:
    """The scalar function of a case in plain Python; None where NumPy itself is the definition, and for conversions."""
    name, types, result, _ = case
    if name == "convert":
        return None
    if types[-1] is BOOL:
        known: dict[str, Callable[..., bool]]
        known = {"not": operator.not_, "xor": operator.ne, "and": operator.and_, "or": operator.or_}
        return known[name] if name in known else lambda *args: bool(INTEGER_REFERENCE[name](I64, *args))
    if is_integer(types[-1]):
        exact = INTEGER_REFERENCE[name]
        return lambda *args: exact(I64, *args) if result is BOOL else wrapped(result, exact(result, *args))
    return None if name in NUMPY_ITSELF else FLOAT_REFERENCE[name]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_scalars_and_arrays_agree_with_each_other_and_with_the_reference(case: Case) -> None:
    name, types, result, aux = case
    plain = reference(case)
    grids = [grid.ravel() for grid in np.meshgrid(*[VALUES[type] for type in types], indexing="ij")]
    together = meaning(name, array_of(result, 1), *grids, aux=aux)
    assert together.dtype == dtype_of(result) and together.shape == grids[0].shape
    with np.errstate(all="ignore"):
        for place, operands in enumerate(zip(*grids, strict=True)):
            alone = MEANINGS[name](result, aux, *operands)
            assert alone.dtype == dtype_of(result) and alone.shape == ()
            assert bits(alone) == bits(together[place]), f"{name} {operands}: {alone}; in an array {together[place]}"
            if plain is not None:
                wanted = dtype_of(result).type(plain(*[operand.item() for operand in operands]))
                assert bits(alone) == bits(wanted), f"{name} {operands} is {alone}, not {wanted}"


# ---- corners ------------------------------------------------------------------------------------------------------

CORNERS: list[tuple[str, Type, tuple[Constant, ...], Constant]] = [
    ("add", I32, (MAX32, 1), MIN32),
    ("add", I64, (MAX64, 1), MIN64),
    ("mul", I32, (65536, 65536), 0),
    ("mul", I64, (2**32, 2**31), MIN64),
    ("sub", I64, (MIN64, 1), MAX64),
    ("neg", I32, (MIN32,), MIN32),
    ("abs", I64, (MIN64,), MIN64),
    ("floordiv", I64, (MIN64, -1), MIN64),
    ("floordiv", I32, (MIN32, -1), MIN32),
    ("mod", I64, (MIN64, -1), 0),
    ("div_trunc", I32, (MIN32, -1), MIN32),
    ("rem_trunc", I64, (MIN64, -1), 0),
    ("floordiv", I64, (-7, 2), -4),
    ("mod", I64, (-7, 2), 1),
    ("mod", I64, (7, -2), -1),
    ("div_trunc", I64, (-7, 2), -3),
    ("rem_trunc", I64, (-7, 2), -1),
    ("floordiv", I64, (7, 0), 7),
    ("mod", I64, (7, 0), 0),
    ("pow", I64, (0, 0), 1),
    ("pow", I32, (3, 21), wrapped(I32, 3**21)),
    ("pow", I64, (2, 64), 0),
    ("pow", I64, (2, -1), 1),
    ("shl", I32, (1, 31), MIN32),
    ("shl", I32, (1, 32), 0),
    ("shl", I64, (-1, -1), 0),
    ("shr", I32, (-5, 32), -1),
    ("shr", I64, (5, -1), 0),
    ("shr", I64, (-1, 200), -1),
    ("floordiv", F64, (7.5, 2.0), 3.0),
    ("floordiv", F64, (-7.5, 2.0), -4.0),
    ("floordiv", F64, (1.0, 0.0), INF),
    ("floordiv", F64, (-1.0, 0.0), -INF),
    ("floordiv", F64, (0.0, 0.0), NAN),
    ("floordiv", F64, (-0.0, 2.0), -0.0),
    ("floordiv", F64, (1.0, INF), 0.0),
    ("floordiv", F64, (-1.0, INF), -1.0),
    ("floordiv", F64, (INF, 2.0), NAN),
    ("mod", F64, (-7.5, 2.0), 0.5),
    ("mod", F64, (7.5, -2.0), -0.5),
    ("mod", F64, (-4.0, 2.0), 0.0),
    ("mod", F64, (4.0, -2.0), -0.0),
    ("mod", F64, (1.0, 0.0), NAN),
    ("mod", F64, (-1.0, INF), INF),
    ("mod", F64, (1.0, INF), 1.0),
    ("mod", F32, (-7.5, 2.0), 0.5),
    ("floordiv", F32, (7.5, -2.0), -4.0),
    ("pow", F64, (0.0, 0.0), 1.0),
    ("pow", F64, (NAN, 0.0), 1.0),
    ("pow", F64, (1.0, NAN), 1.0),
    ("pow", F64, (-8.0, 1 / 3), NAN),
    ("pow", F64, (0.0, -1.0), INF),
    ("pow", F64, (-0.0, -3.0), -INF),
    ("pow", F64, (-2.0, 3.0), -8.0),
    ("pow", F64, (-INF, 0.5), INF),
    ("pow", F64, (-0.0, 0.5), 0.0),
    ("pow", F32, (2.0, 200.0), INF),
    ("sign", F64, (-0.0,), -0.0),
    ("sign", F64, (NAN,), NAN),
    ("sign", F32, (-3.5,), -1.0),
    ("min", F64, (0.0, -0.0), -0.0),
    ("min", F64, (-0.0, 0.0), -0.0),
    ("max", F64, (-0.0, 0.0), 0.0),
    ("max", F64, (0.0, -0.0), 0.0),
    ("max", F32, (-0.0, -0.0), -0.0),
    ("min", F64, (NAN, 1.0), NAN),
    ("max", F64, (1.0, NAN), NAN),
    ("round", F64, (0.5,), 0.0),
    ("round", F64, (1.5,), 2.0),
    ("round", F64, (2.5,), 2.0),
    ("round", F64, (-0.5,), -0.0),
    ("round", F32, (3.5,), 4.0),
    ("floor", F64, (-0.5,), -1.0),
    ("ceil", F64, (-0.5,), -0.0),
    ("sqrt", F64, (-0.0,), -0.0),
    ("sqrt", F64, (-1.0,), NAN),
    ("div", F64, (1.0, 0.0), INF),
    ("div", F64, (1.0, -0.0), -INF),
    ("div", F64, (0.0, 0.0), NAN),
    ("exp", F64, (-INF,), 0.0),
    ("log", F64, (0.0,), -INF),
    ("log", F64, (-1.0,), NAN),
    ("not", BOOL, (True,), False),
]


@pytest.mark.parametrize(("name", "type", "operands", "wanted"), CORNERS, ids=str)
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_corners(name: str, type: Type, operands: tuple[Constant, ...], wanted: Constant, rank: int) -> None:
    shape = (2, 3, 4)[:rank]
    lifted = [np.full(shape, value, dtype_of(type))[()] for value in operands]
    result = meaning(name, array_of(type, rank), *lifted)
    assert same(result, np.full(shape, wanted, dtype_of(type))[()])
    if rank and len(operands) == 2:  # an array with a scalar, on either side
        for mixed in ((lifted[0], to_runtime(type, operands[1])), (to_runtime(type, operands[0]), lifted[1])):
            assert same(meaning(name, array_of(type, rank), *mixed), result)


CONVERSIONS: list[tuple[Type, Constant, Type, Constant]] = [
    (F64, 2147483647.5, I32, MAX32),
    (F64, 2147483648.0, I32, MAX32),
    (F64, -2147483648.9, I32, MIN32),
    (F64, -1e300, I32, MIN32),
    (F64, NAN, I32, 0),
    (F64, NAN, I64, 0),
    (F64, INF, I64, MAX64),
    (F64, -INF, I64, MIN64),
    (F64, 2.0**63, I64, MAX64),
    (F64, -(2.0**63), I64, MIN64),
    (F64, 2.0**63 - 1024, I64, 2**63 - 1024),
    (F64, -1.9, I64, -1),
    (F64, 1.9, I32, 1),
    (F32, 2.0**31, I32, MAX32),
    (F32, 2.0**31 - 128, I32, 2**31 - 128),
    (F32, -(2.0**31), I32, MIN32),
    (F32, 2.0**63, I64, MAX64),
    (F32, NAN, I64, 0),
    (F32, 0.1, F64, 0.10000000149011612),
    (F64, 1e300, F32, INF),
    (F64, -1e-300, F32, -0.0),
    (F64, -0.0, F32, -0.0),
    (F64, 0.1, F32, 0.10000000149011612),
    (I64, 2**53 + 1, F64, 2.0**53),
    (I64, MAX64, F64, 2.0**63),
    (I64, 2**24 + 1, F32, 2.0**24),
    (I64, 2**32 + 5, I32, 5),
    (I64, 2**31, I32, MIN32),
    (I32, MIN32, I64, MIN32),
    (I64, 2**32, BOOL, True),
    (F64, NAN, BOOL, True),
    (F64, -0.0, BOOL, False),
    (F64, 5e-324, BOOL, True),
    (BOOL, True, F32, 1.0),
    (BOOL, True, I32, 1),
    (BOOL, False, BOOL, False),
]


@pytest.mark.parametrize(("source", "value", "target", "wanted"), CONVERSIONS, ids=str)
@pytest.mark.parametrize("rank", [0, 1])
def test_conversions(source: Type, value: Constant, target: Type, wanted: Constant, rank: int) -> None:
    shape = (3,)[:rank]
    operand = np.full(shape, value, dtype_of(source))[()]
    result = meaning("convert", array_of(target, rank), operand)
    assert same(result, np.full(shape, wanted, dtype_of(target))[()])


def test_operands_of_other_shapes_are_fitted_to_the_first_array_or_to_one_without_elements() -> None:
    vector = array_of(I64, 1)
    three, two, none = np.arange(3), np.array([10, 20]), np.array([], np.int64)
    assert meaning("add", vector, three, two).tolist() == [10, 21, 22]
    assert meaning("add", vector, two, three).tolist() == [10, 21]
    assert meaning("add", vector, three, none).tolist() == []
    assert meaning("add", vector, none, three).tolist() == []
    assert fit(np.arange(6).reshape(2, 3), (3, 2)).tolist() == [[0, 1], [3, 4], [3, 4]]


# ---- arrays -------------------------------------------------------------------------------------------------------

VECTOR: dict[Type, Type] = {type: array_of(type, 1) for type in VALUES}
MATRIX = np.arange(6, dtype=np.int64).reshape(2, 3)

REDUCTIONS: list[tuple[str, Type, list[Constant], Constant]] = [
    ("sum", I32, [MAX32, 1], MIN32),
    ("sum", I64, [MAX64, 2], MIN64 + 1),
    ("sum", I32, [], 0),
    ("sum", F32, [0.5, 0.25], 0.75),
    ("sum", F64, [INF, -INF], NAN),
    ("prod", I32, [65536, 65536], 0),
    ("prod", I64, [], 1),
    ("prod", F64, [], 1.0),
    ("minimum", F64, [0.0, -0.0], -0.0),
    ("minimum", F64, [-0.0, 0.0], -0.0),
    ("maximum", F64, [-0.0, 0.0], 0.0),
    ("maximum", F32, [-0.0, -0.0], -0.0),
    ("maximum", F64, [1.0, NAN, 2.0], NAN),
    ("minimum", F64, [NAN, -INF], NAN),
    ("minimum", I64, [], 0),
    ("maximum", F64, [], 0.0),
    ("minimum", I32, [3, MIN32, 4], MIN32),
    ("any", BOOL, [], False),
    ("any", BOOL, [False, True], True),
    ("all", BOOL, [], True),
    ("all", BOOL, [True, False], False),
]


@pytest.mark.parametrize(("name", "type", "elements", "wanted"), REDUCTIONS, ids=str)
def test_reductions(name: str, type: Type, elements: list[Constant], wanted: Constant) -> None:
    array = np.array(elements, dtype_of(type))
    assert same(meaning(name, type, array), to_runtime(type, wanted))
    assert same(meaning(name, type, array.reshape(1, -1)), to_runtime(type, wanted))


@pytest.mark.parametrize(
    ("name", "elements", "wanted"),
    [
        ("argmin", [3.0, 1.0, 1.0], 1),
        ("argmax", [1.0, 3.0, 3.0], 1),
        ("argmin", [1.0, NAN, 0.0, NAN], 1),
        ("argmax", [1.0, NAN, 5.0], 1),
        ("argmin", [0.0, -0.0], 0),
        ("argmax", [-0.0, 0.0], 0),
        ("argmin", [], 0),
        ("argmax", [], 0),
    ],
)
def test_positions(name: str, elements: list[float], wanted: int) -> None:
    assert same(meaning(name, I64, np.array(elements, np.float64)), np.int64(wanted))


def test_reading_clamps() -> None:
    row, scalar = VECTOR[I64], I64
    one = np.int64(1)
    assert same(meaning("index", scalar, MATRIX, one, np.int64(9)), np.int64(5))
    assert same(meaning("index", scalar, MATRIX, np.int64(-1), np.int64(MIN64)), np.int64(0))
    assert same(meaning("index", row, MATRIX, np.int64(MAX64)), np.array([3, 4, 5]))
    assert same(meaning("index", scalar, np.zeros((0,), np.int64), one), np.int64(0))
    assert same(meaning("index", row, np.zeros((0, 3), np.int64), one), np.zeros(3, np.int64))
    assert same(meaning("index", row, np.zeros((3, 0), np.int64), one), np.zeros(0, np.int64))
    assert same(meaning("index", F32, np.zeros((0,), np.float32), one), np.float32(0))
    assert same(meaning("index", BOOL, np.zeros((2, 0), np.bool_), one, one), np.bool_(False))


def test_replacing_makes_a_new_array_and_clamps() -> None:
    before = MATRIX.copy()
    after = meaning("update", array_of(I64, 2), before, np.int64(7), np.int64(1), np.int64(99))
    assert after.tolist() == [[0, 1, 2], [3, 4, 7]] and before.tolist() == MATRIX.tolist()
    empty = np.zeros((0,), np.int64)
    assert same(meaning("update", VECTOR[I64], empty, np.int64(7), np.int64(0)), empty)


def test_making_arrays() -> None:
    i64, i32 = np.int64, np.int32
    assert same(meaning("array", VECTOR[I32], i32(1), i32(2)), np.array([1, 2], np.int32))
    stacked = meaning("array", array_of(I64, 2), np.array([1, 2]), np.array([3, 4]))
    assert same(stacked, np.array([[1, 2], [3, 4]]))
    assert same(meaning("full", array_of(F32, 2), np.float32(1.5), i64(1), i64(2)), np.full((1, 2), 1.5, np.float32))
    assert same(meaning("full", VECTOR[F32], np.float32(1.5), i64(-3)), np.zeros((0,), np.float32))
    assert same(meaning("iota", VECTOR[I64], i64(3)), np.array([0, 1, 2]))
    assert same(meaning("iota", VECTOR[I64], i64(-1)), np.array([], np.int64))
    assert same(meaning("dim", I64, MATRIX, aux=1), i64(3))
    constant = ArrayConst((2, 1), (1.5, -0.0))
    assert same(meaning("const", array_of(F64, 2), aux=constant), np.array([[1.5], [-0.0]]))


def test_rearranging_arrays() -> None:
    assert meaning("transpose", array_of(I64, 2), MATRIX).tolist() == [[0, 3], [1, 4], [2, 5]]
    assert meaning("reverse", array_of(I64, 2), MATRIX).tolist() == [[3, 4, 5], [0, 1, 2]]
    assert meaning("reverse", VECTOR[I64], np.arange(3)).tolist() == [2, 1, 0]


def test_products() -> None:
    vector = np.array([1, 2, 3], np.int64)
    assert same(meaning("dot", I64, vector, vector), np.int64(14))
    assert same(meaning("matmul", VECTOR[I64], MATRIX, vector), np.array([8, 26]))
    assert same(meaning("matmul", VECTOR[I64], np.array([1, 1]), MATRIX), np.array([3, 5, 7]))
    assert same(meaning("matmul", array_of(I64, 2), MATRIX, MATRIX.T), MATRIX @ MATRIX.T)
    half = np.full((1,), 2**30, np.int32)
    assert same(meaning("dot", I32, half, half), np.int32(0))
    assert same(meaning("dot", F64, np.zeros(0), np.zeros(0)), np.float64(0))
    empty = meaning("matmul", array_of(F64, 2), np.zeros((2, 0)), np.zeros((0, 3)))
    assert same(empty, np.zeros((2, 3)))
    assert same(meaning("dot", I64, vector, np.array([5], np.int64)), np.int64(30)), "the second is fitted"


def test_results_of_calls_and_pointers() -> None:
    from ssair.memory import Heap

    assert meaning("get", I64, (np.int64(4), np.float64(5)), aux=0) == 4
    pointer = Heap().alloc(3)
    moved = MEANINGS["ptradd"](None, None, pointer, np.int64(-7))
    assert moved.region is pointer.region and moved.offset == -7


# ---- checks -------------------------------------------------------------------------------------------------------

FAULTS: list[tuple[str, tuple[Runtime, ...], tuple[Constant, ...] | None]] = [
    ("check_index", (np.int64(0), np.int64(1)), None),
    ("check_index", (np.int64(-1), np.int64(1)), (-1, 1)),
    ("check_index", (np.int64(1), np.int64(1)), (1, 1)),
    ("check_index", (np.int64(0), np.int64(0)), (0, 0)),
    ("check_nonzero", (np.int64(0), np.int64(7)), (7,)),
    ("check_nonzero", (np.int32(2), np.int32(7)), None),
    ("check_exponent", (np.int64(-2), np.int64(1)), (-2,)),
    ("check_exponent", (np.int64(0), np.int64(0)), None),
    ("check_convert_i32", (np.float64(2147483647.5),), None),
    ("check_convert_i32", (np.float64(2147483648.0),), (2147483648.0,)),
    ("check_convert_i32", (np.float64(-2147483648.9),), None),
    ("check_convert_i32", (np.float64(-2147483649.0),), (-2147483649.0,)),
    ("check_convert_i32", (np.float32(2.0**31),), (2.0**31,)),
    ("check_convert_i32", (np.float32(2.0**31 - 128),), None),
    ("check_convert_i64", (np.float64(2.0**63),), (2.0**63,)),
    ("check_convert_i64", (np.float64(2.0**63 - 1024),), None),
    ("check_convert_i64", (np.float64(-(2.0**63)),), None),
    ("check_convert_i64", (np.nextafter(-(2.0**63), -INF),), (-(2.0**63) - 2048,)),
    ("check_convert_i64", (np.float32(-(2.0**63)),), None),
    ("check_convert_i64", (np.float64(-INF),), (-INF,)),
    ("check", (np.bool_(False),), ()),
    ("check", (np.bool_(True),), None),
    ("check_nonempty", (np.int64(0),), ()),
    ("check_nonempty", (np.int64(1),), None),
    ("check_equal", (np.int64(3), np.int64(4)), (3, 4)),
    ("check_equal", (np.int64(3), np.int64(3)), None),
    ("check_at_least", (np.int64(-1), np.int64(0)), (-1, 0)),
    ("check_at_least", (np.int64(0), np.int64(0)), None),
]


@pytest.mark.parametrize(("name", "operands", "values"), FAULTS, ids=str)
def test_what_checks_find(name: str, operands: tuple[Runtime, ...], values: tuple[Constant, ...] | None) -> None:
    found = fault(name, operands)
    assert (found and found.values) == values
    assert found is None or found.position is None


@pytest.mark.parametrize("name", ["check_convert_i32", "check_convert_i64"])
@pytest.mark.parametrize("type", [F32, F64], ids=str)
def test_nan_fits_no_integer(name: str, type: Type) -> None:
    found = fault(name, [to_runtime(type, NAN)])
    assert found is not None and found.values[0] != found.values[0]


def test_a_check_of_an_array_reports_the_first_element_in_row_major_order() -> None:
    divisors = np.array([[1, 2], [0, 0]])
    dividends = np.array([[5, 6], [7, 8]])
    found = fault("check_nonzero", [divisors, dividends])
    assert found is not None and found.values == (7,) and found.position == (1, 0)
    found = fault("check_nonzero", [divisors, np.int64(9)])
    assert found is not None and found.values == (9,) and found.position == (1, 0)
    assert fault("check_nonzero", [np.zeros((0, 2), np.int64), np.int64(9)]) is None
    found = fault("check_convert_i32", [np.array([1.0, NAN, 1e10])])
    assert found is not None and found.position == (1,)
    assert all(isinstance(value, float) for value in found.values)


def test_a_conversion_that_passes_its_check_is_exact_truncation() -> None:
    for source, target in itertools.product((F32, F64), (I32, I64)):
        for value in VALUES[source]:
            if fault(f"check_convert_{target}", [value]) is None:
                assert meaning("convert", target, value) == math.trunc(value.item())


# ---- constants and printing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", VALUES, ids=str)
def test_constants_survive_the_run_time(type: Type) -> None:
    for value in VALUES[type].tolist():
        assert constant_key(type, to_constant(to_runtime(type, value))) == constant_key(type, value)
    whole = ArrayConst((len(VALUES[type]),), tuple(VALUES[type].tolist()))
    back = to_constant(to_runtime(VECTOR[type], whole))
    assert constant_key(VECTOR[type], back) == constant_key(VECTOR[type], whole)


def test_folding_is_running() -> None:
    assert fold(OPS["add"], I32, None, [(I32, MAX32), (I32, 1)]) == MIN32
    assert fold(OPS["floordiv"], I64, None, [(I64, MIN64), (I64, -1)]) == MIN64
    assert fold(OPS["lt"], BOOL, None, [(F64, NAN), (F64, 1.0)]) is False
    assert fold(OPS["add"], F32, None, [(F32, 16777216.0), (F32, 1.0)]) == 16777216.0
    array = fold(OPS["iota"], VECTOR[I64], None, [(I64, 3)])
    assert isinstance(array, ArrayConst) and array.values == (0, 1, 2)
    assert isinstance(fold(OPS["add"], I64, None, [(I64, 1), (I64, 1)]), int)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.bool_(True), "true"),
        (np.int32(-5), "-5"),
        (np.int64(MIN64), str(MIN64)),
        (np.float64(0.1), "0.1"),
        (np.float32(0.1), "0.1"),
        (np.float64(-0.0), "-0.0"),
        (np.float64(1.0), "1.0"),
        (np.float64(1e16), "1e+16"),
        (np.float64(NAN), "nan"),
        (np.float64(-INF), "-inf"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array([[True], [False]]), "[[true], [false]]"),
        (np.zeros((2, 0)), "[[], []]"),
        (np.array([0.1, 2.0], np.float32), "[0.1, 2.0]"),
    ],
    ids=str,
)
def test_printed_values(value: Runtime, text: str) -> None:
    assert format_value(value) == text


@pytest.mark.parametrize("type", [F32, F64], ids=str)
def test_printed_floats_read_back(type: Type) -> None:
    for value in VALUES[type]:
        assert bits(dtype_of(type).type(format_value(value))) == bits(value)


def test_a_printed_line() -> None:
    assert format_line(("a = ", ", b = ", "!"), [np.int64(1), np.bool_(False)]) == "a = 1, b = false!"
    assert format_line(("just text",), []) == "just text"


@pytest.mark.parametrize("type", VALUES, ids=str)
def test_zero(type: Type) -> None:
    assert same(zero_of(type), dtype_of(type).type(0))
