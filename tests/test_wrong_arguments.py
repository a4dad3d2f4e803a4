"""What is asked of the library with values of other types, or with sizes that are none: an error of ssair's says so."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ssair
from ssair.arguments import ArgumentRangeError
from ssair.semantics import ArrayTooLargeError
from ssair.sources import UsageError

ONE = "fn one(n: size) -> i64 = n"
TOTAL = "fn total(xs: [n]f64) -> f64 = sum(xs)"
CORNER = "fn corner(xs: [n, m]f64) -> f64 = xs[0, 0]"


@pytest.fixture(scope="module")
def total() -> ssair.Kernel:
    return ssair.compile(TOTAL)


@pytest.mark.parametrize("source", [3, None, b"fn f() = 1", ["fn f() = 1"]])
def test_what_is_no_program(source: Any) -> None:
    with pytest.raises(UsageError, match=r"a program is text, a path or a module, and no (int|NoneType|bytes|list)"):
        ssair.compile(source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"entry": 3}, "no function 3; there are: total"),
        ({"level": "2"}, "no level '2'; there are: 0, 1, 2, 3"),
        ({"donate": 3}, "donate=3; it is a truth value, or names of parameters"),
        ({"donate": [3]}, "no parameter 3; there are: xs"),
        ({"device": 3}, "a device is a name such as 'cpu:0'"),
        ({"checks": None}, "checks=None; it is one of"),
    ],
)
def test_options_of_a_kernel(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ssair.compile(TOTAL, **options)


@pytest.mark.parametrize(
    ("passes", "message"),
    [(3, "passes are a text, or a sequence .* no int"), ([3], "a pass is a name or a function, and no int")],
)
def test_what_is_no_pass(passes: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ssair.optimize(ssair.parse(TOTAL), passes)


@pytest.mark.parametrize("stage", ["jaxpr", "hlo"])
@pytest.mark.parametrize(
    ("source", "sizes", "error", "message"),
    [
        (TOTAL, {"n": -3}, UsageError, "the size n is the length of an array, which -3 is not"),
        (TOTAL, {"n": "3"}, UsageError, "the size n is an integer, not '3'"),
        (TOTAL, {"n": 3.0}, UsageError, "the size n is an integer, not 3.0"),
        # XLA ends the process for arrays of more than 2^63 elements
        (TOTAL, {"n": 2**62}, ArrayTooLargeError, "too large for any memory"),
        (CORNER, {"n": 2**40, "m": 2**40}, ArrayTooLargeError, "too large for any memory"),
        (ONE, {"n": 2**63}, ArgumentRangeError, "argument n: 9223372036854775808 does not fit i64"),
    ],
)
def test_sizes_that_are_none(stage: str, source: str, sizes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ssair.compile(source).ir(stage, **sizes)


def test_sizes_are_integers_of_any_kind(total: ssair.Kernel) -> None:
    assert total.ir("jaxpr", n=np.int32(3)) == total.ir("jaxpr", n=3)


def test_what_is_no_stage(total: ssair.Kernel) -> None:
    with pytest.raises(UsageError, match="no stage None; there are: ast, anf, ssa"):
        total.ir(None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "platforms", "message"),
    [
        (3, ["cpu"], "the sizes of a case are given by name, .* not as 3"),
        ({"n": -3}, ["cpu"], "the length of an array, which -3 is not"),
        ({"n": 3}, [], "at least one platform of: cpu, cuda"),
        ({"n": 3}, "cpus", "no platform 'cpus'"),
    ],
)
def test_a_kernel_that_cannot_be_saved(
    sizes: Any, platforms: Any, message: str, total: ssair.Kernel, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        total.save(tmp_path / "total.kernel", sizes, platforms=platforms)
    assert os.listdir(tmp_path) == []


def test_a_platform_may_stand_alone(total: ssair.Kernel, tmp_path: Path) -> None:
    total.save(tmp_path / "total.kernel", {"n": 3}, platforms="cpu")
    assert float(ssair.load(tmp_path / "total.kernel")([1.0, 2.0, 3.0])) == 6.0


def test_a_kernel_is_not_saved_where_nothing_can_be_written(total: ssair.Kernel, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "total.kernel"):
        with pytest.raises(UsageError, match=f"cannot write {path}: (Is a directory|No such file or directory)"):
            total.save(path, {"n": 3}, platforms="cpu")
    with pytest.raises(TypeError, match="not NoneType"):
        ssair.load(None)  # type: ignore[arg-type]


def test_the_interpreter_takes_arguments_by_name_as_calls_do(total: ssair.Kernel) -> None:
    assert total.interpret(xs=[1.0, 2.0]) == total.interpret([1.0, 2.0]) == 3.0
    with pytest.raises(TypeError, match="there is no parameter ys"):
        total.interpret(ys=[1.0])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.str_("1"), "not a str"),
        (np.datetime64("2020-01-01"), "not a date"),
        (np.complex128(1.0), "not a complex"),
        (np.array(None), "not a NoneType"),
        (np.float64(1.0), "not the float 1.0$"),
        (np.bool_(True), "not the truth value True$"),
    ],
)
def test_numpy_scalars_are_called_what_they_are(value: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"argument x: i64 is wanted, {message}"):
        ssair.compile("fn same(x: i64) -> i64 = x").interpret(value)


def test_an_integer_too_long_to_be_shown() -> None:
    with pytest.raises(TypeError, match=r"bool is wanted, not the integer 2\^33219 or more"):
        ssair.compile("fn same(x: bool) -> bool = x").interpret(10**10_000)


def test_a_pass_that_does_not_count(total: ssair.Kernel) -> None:
    with pytest.raises(UsageError, match="the pass <lambda> gave a NoneType, and not the number of its rewrites"):
        ssair.optimize(total.module, [lambda function, context: None])  # type: ignore[arg-type, list-item]


@pytest.mark.parametrize("part", ["name", "cases", "sites", "params", "signature", "results"])
def test_a_saved_kernel_without_one_of_its_parts(part: str, total: ssair.Kernel, tmp_path: Path) -> None:
    total.save(tmp_path / "total.kernel", {"n": 3}, platforms="cpu")
    with zipfile.ZipFile(tmp_path / "total.kernel") as archive:
        header = json.loads(archive.read("kernel.json"))
    for changed in ({name: header[name] for name in header if name != part}, {**header, part: [3]}):
        with zipfile.ZipFile(tmp_path / "damaged.kernel", "w") as archive:
            archive.writestr("kernel.json", json.dumps(changed))
        with pytest.raises(UsageError, match=r"damaged.kernel (is no kernel, or a damaged one|cannot be loaded)"):
            ssair.load(tmp_path / "damaged.kernel")([1.0, 2.0, 3.0])
