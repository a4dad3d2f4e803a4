"""Every pure operation computes in a kernel what the reference semantics say, on scalars and on arrays."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np
import pytest
from sampled_values import CASES, VALUES, Array, Case

from ssair.backends.emission import emit
from ssair.backends.jax import wide_types
from ssair.backends.operation import Operation
from ssair.facts import Fact, top
from ssair.ops import OPS
from ssair.semantics import CHECKS, MEANINGS, dtype_of, fault
from ssair.testing.outcomes import same_values
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of

#: Operations that XLA rounds in its own way, with the relative error allowed.
ROUNDED = {"exp": 1e-6, "log": 1e-6, "sin": 1e-5, "cos": 1e-5, "tan": 1e-5, "tanh": 1e-6, "pow": 1e-5}
NAMES = [f"{name}-{'-'.join(map(str, types))}-{result}" for name, types, result, _ in CASES]


def run(
    name: str, type: Type, aux: object, operands: Sequence[Any], facts: Sequence[Fact], strict: bool = False
) -> Array:
    """The value of an operation in a kernel."""
    with wide_types(), np.errstate(all="ignore"):
        expected = MEANINGS[name](type, aux, *operands)
        operation = Operation(type, np.shape(expected), aux, tuple(facts), strict)
        return np.asarray(jax.jit(lambda *args: emit(name, operation, args))(*operands))


def grid(types: Sequence[Type]) -> list[Array]:
    """All combinations of the sampled values, without the subnormal ones: a kernel flushes those."""
    columns = [VALUES[type] for type in types]
    normal = [column[~is_subnormal(column)] for column in columns]
    rows = np.array(list(itertools.product(*[range(len(column)) for column in normal])), np.int64)
    return [column[rows[:, place]] for place, column in enumerate(normal)]


def is_subnormal(array: Array) -> Array:
    if array.dtype.kind != "f":
        return np.zeros(array.shape, bool)
    return (array != 0) & (np.abs(array) < np.finfo(array.dtype).tiny)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_arrays(case: Case) -> None:
    name, types, result, aux = case
    operands = grid(types)
    type = array_of(result, 1)
    got = run(name, type, aux, operands, [top(t) for t in types])
    with np.errstate(all="ignore"):
        expected = MEANINGS[name](type, aux, *operands)
    huge = np.zeros(expected.shape, bool)
    if name in ROUNDED:  # XLA reduces large angles in its own way
        huge = np.any([(operand.dtype.kind == "f") & (np.abs(operand) > 1e6) for operand in operands], axis=0)
        huge &= np.isfinite(expected)
    if name in ("floordiv", "mod"):  # quotients that are not exact may be one off
        huge = np.any([(operand.dtype.kind == "f") & (np.abs(operand) > 1e15) for operand in operands], axis=0)
        huge &= np.isfinite(expected)
    compared = ~is_subnormal(expected) & ~is_subnormal(got) & ~huge
    tolerance = ROUNDED.get(name, 0.0) if expected.dtype.kind == "f" else 0.0
    assert got.shape == expected.shape and got.dtype == expected.dtype
    for row in np.flatnonzero(compared):
        same = same_values(expected[row], got[row], tolerance)
        near = not same and tolerance and abs(got[row] - expected[row]) <= tolerance * abs(expected[row])
        assert same or near, ([operand[row] for operand in operands], expected[row], got[row])


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_scalars(case: Case) -> None:
    name, types, result, aux = case
    columns = grid(types)
    for row in range(0, len(columns[0]), max(1, len(columns[0]) // 5)):
        operands = [column[row] for column in columns]
        with np.errstate(all="ignore"):
            expected = MEANINGS[name](result, aux, *operands)
        got = run(name, result, aux, operands, [top(t) for t in types])
        if not is_subnormal(np.asarray(expected)) and name not in ROUNDED:
            assert same_values(expected, got), (operands, expected, got)


@pytest.mark.parametrize("name", ["floordiv", "mod", "div_trunc", "rem_trunc"])
@pytest.mark.parametrize("type", [I32, I64])
def test_division_by_a_constant_zero_is_harmless(name: str, type: Type) -> None:
    zero, seven = dtype_of(type).type(0), dtype_of(type).type(7)
    with wide_types():
        operation = Operation(type, (), None, (top(type), top(type)), False)
        got = np.asarray(jax.jit(lambda x: emit(name, operation, [x, zero]))(seven))
        array = Operation(array_of(type, 1), (3,), None, (top(type), top(type)), False)
        many = np.asarray(jax.jit(lambda x: emit(name, array, [x, zero]))(np.full(3, seven)))
    expected = 7 if name in ("floordiv", "div_trunc") else 0
    assert got == expected and list(many) == [expected] * 3


def test_operands_of_other_lengths_are_fitted() -> None:
    type = array_of(I64, 1)
    for left, right in [(3, 5), (5, 3), (4, 0), (0, 4), (1, 2)]:
        operands = [np.arange(left), 10 * np.arange(right) + 10]
        assert list(run("add", type, None, operands, [top(I64)] * 2)) == list(MEANINGS["add"](type, None, *operands))


@pytest.mark.parametrize("type", [F32, F64, I32, I64, BOOL])
@pytest.mark.parametrize("name", ["sum", "prod", "minimum", "maximum", "any", "all", "argmin", "argmax", "reverse"])
def test_reductions(name: str, type: Type) -> None:
    if (type is BOOL) != (name in ("any", "all")) and name != "reverse":
        return
    generator = np.random.default_rng(1)
    values = VALUES[type][~is_subnormal(VALUES[type])]
    result = OPS[name].result_type([array_of(type, 1)])
    for length in (0, 1, 2, 5, 9):
        for _ in range(6):
            array = generator.choice(values[-8:], length)
            got = run(name, result, None, [array], [top(type)])
            with np.errstate(all="ignore"):
                expected = MEANINGS[name](result, None, array)
            assert same_values(expected, got, 1e-5), (array, expected, got)


def test_zeros_of_both_signs_are_ordered_in_reductions() -> None:
    for array in ([0.0, -0.0], [-0.0, 0.0], [-0.0, -0.0], [0.0, 0.0], [1.0, -0.0, 0.0], [-1.0, 0.0, -0.0]):
        for name in ("minimum", "maximum"):
            got = run(name, F64, None, [np.array(array)], [top(F64)])
            assert same_values(MEANINGS[name](F64, None, np.array(array)), got), (name, array, got)


@pytest.mark.parametrize("shape", [(3,), (0,), (2, 3), (0, 3), (3, 0), (2, 3, 2)])
def test_reads_and_writes_clamp(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.int64).reshape(shape)
    type = array_of(I64, len(shape))
    extremes = [np.int64(i) for i in (-(2**63), -1, 0, 1, 2, 3, 2**63 - 1)]
    for count in range(1, len(shape) + 1):
        for indices in itertools.product(extremes, repeat=count):
            result = array_of(I64, len(shape) - count)
            expected = MEANINGS["index"](result, None, array, *indices)
            got = run("index", result, None, [array, *indices], [top(I64)] * (1 + count))
            assert same_values(expected, got), indices
            if count == len(shape):
                written = run("update", type, None, [array, np.int64(-7), *indices], [top(I64)] * (2 + count))
                assert same_values(MEANINGS["update"](type, None, array, np.int64(-7), *indices), written)
        if count > 1:
            break


def test_a_row_is_written() -> None:
    array, row = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0, 9.0])
    got = run("update", array_of(F64, 2), None, [array, row, np.int64(5)], [top(F64)] * 3)
    assert got.tolist() == [[0, 1, 2], [7, 8, 9]]


@pytest.mark.parametrize("type", [I32, I64, F32, F64])
def test_products(type: Type) -> None:
    generator = np.random.default_rng(2)

    def array(*shape: int) -> Array:
        return generator.integers(-9, 9, shape).astype(dtype_of(type))

    for left, right in [
        ((2, 3), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((3,), (3,)),
        ((2, 0), (0, 2)),
        ((2, 3), (5, 2)),
    ]:
        name = "dot" if len(left) + len(right) == 2 else "matmul"
        a, b = array(*left), array(*right)
        result = array_of(type, len(left) + len(right) - 2)
        assert same_values(MEANINGS[name](result, None, a, b), run(name, result, None, [a, b], [top(type)] * 2))


@pytest.mark.parametrize("name", list(CHECKS))
def test_checks_fail_where_the_reference_says(name: str) -> None:
    from ssair.backends.emission import FAILURES

    operand_types = {"check_convert_i32": (F64, F32), "check_convert_i64": (F64, F32), "check": (BOOL,)}
    for type in operand_types.get(name, (I64,)):
        arity = OPS[name].arity
        columns = grid([type] * arity)
        with wide_types():
            bad = np.asarray(jax.jit(FAILURES[name])(*columns))
        for row, failed in enumerate(bad):
            operands = [column[row] for column in columns]
            if name == "check_index" and operands[1] < 0:
                continue  # lengths are not negative
            assert failed == (fault(name, operands) is not None), operands
