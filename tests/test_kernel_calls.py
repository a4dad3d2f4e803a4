"""Kernels as objects: named arguments, donated memory, lowering ahead of time, pickling."""

from __future__ import annotations

import doctest
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ssair
import ssair.kernel
from ssair.backends.jax import Lowering
from ssair.packed import pack_module, unpack_module
from ssair.sources import UsageError
from ssair.traps import IndexTrap

STORE = "fn f(xs: [n]f64, i: i64) -> [n]f64 =\n  xs with [i] = 7.0"


def wide(values: list[float]) -> jax.Array:
    """A JAX array of f64, whatever the setting is."""
    with jax.enable_x64(True):
        return jnp.array(values, jnp.float64)


# ---- arguments ----------------------------------------------------------------------------------------------------


def test_arguments_by_name() -> None:
    kernel = ssair.compile("fn f(p: (i64, i64), y: i64) -> i64 = let (a, b) = p in a * 100 + b * 10 + y")
    assert int(kernel((1, 2), y=3)) == int(kernel(y=3, p=(1, 2))) == int(kernel.fn(y=3, p=(1, 2))) == 123


@pytest.mark.parametrize(
    ("args", "named", "message"),
    [
        ((1,), {}, "2 arguments are wanted"),
        ((1,), {"x": 1}, "argument x is given twice"),
        ((1,), {"z": 1}, "there is no parameter z"),
        ((), {"x": 1}, "argument y is missing"),
        ((1, 2, 3), {"y": 1}, "2 arguments are wanted .* not 4"),
    ],
)
def test_arguments_by_name_that_do_not_fit(args: tuple[Any, ...], named: dict[str, Any], message: str) -> None:
    kernel = ssair.compile("fn f(x: i64, y: i64) -> i64 = x - y")
    for call in (kernel, kernel.fn):
        with pytest.raises(TypeError, match=message):
            call(*args, **named)


def test_what_needs_no_conversion_is_told_from_what_does() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, y: f64) -> f64 = sum(xs) * y")
    xs, y = wide([1.0, 2.0]), wide([3.0])[0]
    for args in ((xs, y), (np.ones(2, np.float32) * 1.5, y), (xs, np.float32(3.0)), ([1, 2], 3.0), (xs, 3.0)):
        assert float(kernel(*args)) == 9.0
    assert float(kernel(wide([1.0, 2.0, 3.0]), y)) == 18.0
    for args in ((y, y), (xs, xs), (jnp.ones(2, jnp.int32), y)):
        with pytest.raises(TypeError, match="argument"):
            kernel(*args)


def test_default_devices_are_honoured() -> None:
    kernel = ssair.compile("fn f(n: size) -> [n]i64 = iota(n)")
    device = jax.devices("cpu")[-1]
    with jax.default_device(device):
        assert kernel(3).devices() == {device}


# ---- donation -----------------------------------------------------------------------------------------------------


def test_ranges_are_lists_of_numbers() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, ys: [n]i32) -> f64 = sum(xs) + f64(ys[1])")
    assert float(kernel(range(4), range(4, 12, 2))) == 12.0
    assert float(kernel.interpret(range(4), range(4, 12, 2))) == 12.0


def test_what_a_transfer_guard_keeps_is_named() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
    xs = np.array([1.0, 2.0])
    with jax.enable_x64(True):
        there, place, beyond = jax.device_put((xs, np.int64(1), np.int64(2)))
        with jax.transfer_guard("disallow"):
            assert float(kernel(there, place)) == 2.0
            assert kernel.map(there, jax.device_put(np.array([0, 1]))).tolist() == [1.0, 2.0]
            with pytest.raises(IndexError):
                kernel(there, beyond)
            for call in (kernel, kernel.map):
                with pytest.raises(ValueError, match=r"argument xs: jax\.transfer_guard keeps it from the device"):
                    call(xs, [1] if call is kernel.map else 1)


@pytest.mark.parametrize("donate", [True, "xs", ["xs"]])
def test_donated_arrays_are_overwritten(donate: bool | str | list[str]) -> None:
    kernel = ssair.compile(STORE, donate=donate)
    xs = wide([1.0, 2.0, 3.0])
    assert kernel(xs, 1).tolist() == [1.0, 7.0, 3.0]
    assert xs.is_deleted()
    kept = wide([1.0, 2.0, 3.0])
    assert ssair.compile(STORE)(kept, 1).tolist() == [1.0, 7.0, 3.0] and not kept.is_deleted()


@pytest.mark.parametrize("checks", ["raise", "off"])
def test_donated_memory_is_given_once(checks: str, capfd: pytest.CaptureFixture[str]) -> None:
    source = "fn f(xs: [n]f64, ys: [m]f64, zs: [l]f64) = (ys with [0] = 1.0, xs with [1] = zs[0])"
    kernel = ssair.compile(source, donate=True, checks=checks)
    xs, ys, zs = wide([1.0, 2.0]), wide([3.0, 4.0]), wide([5.0, 6.0])
    with pytest.raises(ValueError, match="argument ys: its memory is that of xs, which is donated"):
        kernel(xs, xs, zs)
    with pytest.raises(ValueError, match="argument zs: its memory is that of ys, which is donated"):
        kernel(xs, ys, jax.device_put(ys))
    assert not any(array.is_deleted() for array in (xs, ys, zs))
    first, second = kernel(xs, ys, zs)
    assert first.tolist() == [1.0, 4.0] and second.tolist() == [1.0, 5.0]
    assert xs.is_deleted() and ys.is_deleted() and not zs.is_deleted()
    with pytest.raises(ValueError, match="argument xs: it is deleted, its memory was donated before"):
        kernel(xs, second, zs)
    assert "donate" not in capfd.readouterr().err  # what XLA would say of it
    same = np.array([1.0, 2.0])
    assert kernel(same, same, same)[0].tolist() == [1.0, 2.0] and same.tolist() == [1.0, 2.0]


def test_traps_of_donating_kernels_know_their_values() -> None:
    kernel = ssair.compile(STORE, donate=True)
    for length, index in ((3, 3), (5, -1)):
        with pytest.raises(IndexTrap) as caught:
            kernel(wide([0.0] * length), index)
        assert caught.value.values == (index, length, 0) and caught.value.line == 2


def test_only_what_becomes_a_result_is_donated_unasked() -> None:
    source = (
        "fn f(k: size, xs: [n]f64, ys: [n]f64) -> [n]f64 = loop ys = ys for i in 0..n do ys with [i] = xs[i] * f64(k)"
    )
    kernel = ssair.compile(source, donate=True)
    xs, ys = wide([1.0, 2.0]), wide([0.0, 0.0])
    assert kernel(3, xs, ys).tolist() == [3.0, 6.0]
    assert ys.is_deleted() and not xs.is_deleted()


@pytest.mark.parametrize(("donate", "message"), [("ys", "no parameter 'ys'"), ("i", "parameter i has no array")])
def test_what_cannot_be_donated(donate: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ssair.compile(STORE, donate=donate)


# ---- lowering -----------------------------------------------------------------------------------------------------


def test_lowered_kernels_compile_ahead_of_time() -> None:
    kernel = ssair.compile("fn f(k: size, p: ([n]f64, i64)) -> (f64, i64) = let (xs, i) = p in (xs[i], k)")
    lowered = kernel.lower(8, ([1.0, 2.0], 1))
    assert isinstance(lowered, jax.stages.Lowered) and "f64" in lowered.as_text()
    with jax.enable_x64(True):
        (value, k), code = lowered.compile()((wide([1.0, 2.0]), jnp.int64(1)))
        assert (float(value), int(k), int(code)) == (2.0, 8, 0)
        _, code = lowered.compile()((wide([1.0, 2.0]), jnp.int64(2)))
        assert int(code) == 1


def test_shapes_are_enough_to_lower() -> None:
    with jax.enable_x64(True):
        shape = jax.ShapeDtypeStruct((1234,), np.float64)
    for checks in ("off", "raise"):
        lowered = ssair.compile("fn f(xs: [n]f64) -> f64 = sum(xs)", checks=checks).lower(xs=shape)
        assert "1234" in lowered.as_text() and len(jax.tree.leaves(lowered.out_info)) == 1 + (checks == "raise")
    with pytest.raises(TypeError, match="argument xs"):
        ssair.compile("fn f(xs: [n]i64) -> i64 = sum(xs)").lower(shape)


# ---- pickling -----------------------------------------------------------------------------------------------------


def test_shapes_of_other_dtypes_are_not_enough() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64) -> f64 = sum(xs)")
    with pytest.raises(TypeError, match=r"argument xs: f64\[:\] is wanted, not one of dtype float32"):
        kernel.lower(jax.ShapeDtypeStruct((3,), np.float32))


def test_kernels_can_be_pickled() -> None:
    source = """
fn at(xs: [n]f64, i: i64) -> f64 = xs[i]
fn f(xs: [n]f64, p: (i64, (i64, bool)), k: size) -> (f64, (i64, bool)) = let (i, (j, b)) = p in (at(xs, i), (j + k, b))
"""
    kernel = ssair.compile(source, floats="strict", checks="raise", device="cpu", entry="f")
    copy = pickle.loads(pickle.dumps(kernel))
    assert repr(copy) == repr(kernel) and copy.ir() == kernel.ir() and copy.ir("ssa") == kernel.ir("ssa")
    assert (copy.stats, copy.floats, copy.device, copy.checks) == (kernel.stats, "strict", kernel.device, "raise")
    value, (number, flag) = copy([1.0, 2.0], (1, (3, True)), 4)
    assert (float(value), int(number), bool(flag)) == (2.0, 7, True)
    for each in (kernel, copy):
        with pytest.raises(IndexTrap) as caught:
            each([1.0, 2.0], (5, (3, True)), 4)
        assert caught.value.line == 2 and caught.value.span is not None
    assert [remark.line for remark in copy.remarks] == [remark.line for remark in kernel.remarks]


def test_deep_signatures_are_packed() -> None:
    depth = 1000
    result = "(i64, " * depth + "i64" + ")" * depth
    value = "(x, " * depth + "x" + ")" * depth
    module = ssair.parse(f"fn f(x: i64) -> {result} = {value}")
    packed = unpack_module(pack_module(module))
    assert str(packed) == str(module) and packed.source == module.source
    signature, expected = packed.entry().signature, module.entry().signature
    assert signature is not None and expected is not None and signature.result_text == expected.result_text
    step = signature.result
    for _ in range(depth):
        assert isinstance(step, tuple) and len(step) == 2
        step = step[1]


# ---- looking ------------------------------------------------------------------------------------------------------


def test_codes_tell_which_element_failed_and_where() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64, d: i64) -> f64 =\n  xs[i] + f64(8 // d)", checks="return")
    with jax.enable_x64(True):
        _, codes = jax.vmap(kernel.fn, in_axes=(None, 0, 0))(
            wide([1.0, 2.0]), jnp.array([0, 2, 1]), jnp.array([1, 0, 0])
        )
    told = [kernel.describe(int(code)) for code in codes]
    assert told == ["no check failed", "index at line 2, column 3: xs[i]", "divide at line 2, column 15: 8 // d"]
    with pytest.raises(UsageError, match="no trap of this kernel has the code 9"):
        kernel.describe(9)


def test_notebooks_show_kernels() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = if xs[0] < 1.0 then xs[i] else 0.0")
    html = kernel._repr_html_()
    assert "<b>f</b>(xs: [n]f64, i: i64) -&gt; f64" in html and "2 kept" in html
    assert "if xs[0] &lt; 1.0" in html and "check_index" in html and "<script" not in html
    drawn = kernel._repr_svg_()
    assert drawn is None or (drawn.startswith("<svg") and "check_index" in drawn)


def test_examples() -> None:
    assert doctest.testmod(ssair.kernel).failed == 0


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of the first argument of each trace to come."""
    seen: list[tuple[int, ...]] = []
    emit = Lowering.emit

    def counted(lowering: Lowering, args: Any, static: Any) -> Any:
        seen.append(tuple(args[0].shape))
        return emit(lowering, args, static)

    monkeypatch.setattr(Lowering, "emit", counted)
    return seen


@pytest.mark.parametrize("wide", [True, False])
def test_arrays_that_a_kernel_has_run_with_are_traced_once(wide: bool, traces: list[tuple[int, ...]]) -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, k: i64) -> f64 = xs[k] * 2.0")
    with jax.enable_x64(True):
        arrays = [jnp.arange(float(n)) for n in (3, 4)]
        one = jnp.int64(1)
    with jax.enable_x64(wide):
        for _ in range(3):
            for xs in arrays:
                assert float(kernel(xs, one)) == float(kernel(xs, 1)) == 2.0
                with pytest.raises(ssair.Trap, match="index 9"):
                    kernel(xs, 9)
    with jax.enable_x64(not wide), ThreadPoolExecutor(1) as pool:
        assert float(kernel(arrays[0], one)) == 2.0
        assert float(pool.submit(kernel, arrays[1], one).result()) == 2.0
    assert sorted(traces) == [(3,), (3,), (4,), (4,)]  # each once, and once to tell the values at fault


def test_arrays_of_other_types_are_converted_or_refused_whenever_they_come(traces: list[tuple[int, ...]]) -> None:
    kernel = ssair.compile("fn f(xs: [n]f64) -> [n]f64 = xs * 0.1")
    wide = np.array([1.0, 3.0])
    narrow = jnp.asarray(wide, jnp.float32)
    for _ in range(3):
        for xs in (wide, narrow, kernel(wide), [1.0, 3.0]):
            found = kernel(xs)
            assert found.dtype == np.float64
            assert np.allclose(np.asarray(found), np.asarray(xs, np.float64) * 0.1, rtol=1e-15)
        with pytest.raises(TypeError, match="argument xs"):
            kernel(jnp.ones(2, jnp.complex64))
        with pytest.raises(TypeError, match="argument xs"):
            kernel(jnp.ones((2, 2), jnp.float32))
    assert traces == [(2,)]


def test_what_jax_has_forgotten_is_compiled_again(traces: list[tuple[int, ...]]) -> None:
    kernel = ssair.compile("fn f(xs: [n]f64) -> [n]f64 = xs * 2.0")
    xs = kernel([1.0])
    kernel(xs)
    jax.clear_caches()
    assert float(kernel(xs)[0]) == float(kernel(xs)[0]) == 4.0
    with jax.default_device(jax.devices("cpu")[0]):
        assert float(kernel(xs)[0]) == 4.0
    assert len(traces) <= 3
