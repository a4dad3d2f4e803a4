"""Kernels as their callers see them: arguments, results, traps, types, threads, transformations, stages."""

from __future__ import annotations

import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ssair
from ssair.emit import EMITTERS, Request
from ssair.kernel import compile_module
from ssair.parser import parse_module
from ssair.sources import UsageError
from ssair.traps import AssertTrap, ConvertTrap, DivideTrap, EmptyTrap, ExponentTrap, IndexTrap, SizeTrap

GATHER = "fn f(xs: [n]f64, i: i64) -> f64 =\n  xs[i] * 2.0\n"


# ---- sources ------------------------------------------------------------------------------------------------------


def test_text_paths_and_modules(tmp_path: Path) -> None:
    path = tmp_path / "gather.fun"
    path.write_text(GATHER)
    for source in (GATHER, path, str(path), ssair.parse(GATHER)):
        assert float(ssair.compile(source)([1.0, 2.0], 1)) == 4.0


def test_the_module_given_stays_as_it_is() -> None:
    module = ssair.parse("fn f(x: i64) -> i64 = x + 0\nfn g(x: i64) -> i64 = f(x) * 1\n")
    before = str(module)
    ssair.compile(module, entry="f")(1)
    assert str(module) == before and module.entry().name == "g"


def test_the_entry_asked_for() -> None:
    source = "fn twice(x: i64) -> i64 = 2 * x\nfn main(x: i64) -> i64 = twice(x) + 1\n"
    assert int(ssair.compile(source)(5)) == 11
    assert int(ssair.compile(source, entry="twice")(5)) == 10
    with pytest.raises(UsageError, match="no function 'thrice'; there are: twice, main"):
        ssair.compile(source, entry="thrice")


@pytest.mark.parametrize("option", [{"checks": "never"}, {"floats": "exact"}, {"level": 9}])
def test_options_that_do_not_exist(option: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        ssair.compile(GATHER, **option)


def test_recursion_is_refused_with_the_cycle() -> None:
    source = "fn a(x: i64) -> i64 = if x < 1 then 0 else b(x - 1) + 1\nfn b(x: i64) -> i64 = a(x) * 2\n"
    with pytest.raises(ssair.SourceError) as caught:
        ssair.compile(source)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "E0601" and "a -> b -> a" in diagnostic.help
    assert (diagnostic.line, diagnostic.column) == (1, 44)


def test_calls_that_nest_too_deep_are_refused() -> None:
    functions = ["fn g0(x: i64) -> i64 = x\n"]
    functions += [f"fn g{k}(x: i64) -> i64 = g{k - 1}(x) + x\n" for k in range(1, 2000)]
    with pytest.raises(ssair.SourceError, match="nest more than 100 deep"):
        ssair.compile("".join(functions), level=0)


def test_loops_that_nest_too_deep_are_refused() -> None:
    loops = "".join(f"loop a{k + 1} = a{k} for i{k} in 0..a0 do (" for k in range(120))
    source = f"fn main(a0: i64) -> i64 = {loops} a120 + 1 {')' * 120}"
    kernel = ssair.compile(source, level=0)
    with pytest.raises(ssair.SourceError) as caught:
        kernel(1)
    assert caught.value.diagnostics[0].code == "E0603"


# ---- arguments ----------------------------------------------------------------------------------------------------


def test_numbers_arrays_and_lists() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i32, b: bool) -> f64 = if b then xs[i64(i)] else f64(i)")
    for xs in (
        [1, 2.5],
        np.array([1, 2.5]),
        jnp.array([1, 2.5], jnp.float32),
        np.array([1, 2.5], np.float32),
        (1, 2.5),
    ):
        assert float(kernel(xs, 1, True)) == 2.5
    for i in (np.int64(1), np.int8(1), np.array(1), jnp.int32(1)):
        assert float(kernel([1.0, 2.5], i, np.bool_(True))) == 2.5


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (([1.0], 2**31), OverflowError, "argument i: 2147483648 does not fit i32"),
        (([1.0], 1.0), TypeError, "argument i: i32 is wanted, not the float 1.0"),
        (([1.0], True), TypeError, "argument i: i32 is wanted, not the truth value True"),
        (([1.0], "1"), TypeError, "argument i: i32 is wanted, not a str"),
        (([1.0], [1]), TypeError, "argument i: i32 is wanted, not a list"),
        (([[1.0]], 1), TypeError, "argument xs: f64.:. is wanted, not a list of shape"),
        (([[1.0], [2.0, 3.0]], 1), TypeError, "argument xs: f64.:. is wanted, not a list of rows of different lengths"),
        (([1.0, [2.0]], 1), TypeError, "argument xs: f64.:. is wanted, not a list of rows of different lengths"),
        (({1.0, 2.0}, 1), TypeError, "argument xs: f64.:. is wanted, not a set"),
        ((np.ones((2, 2)), 1), TypeError, "argument xs: f64.:. is wanted, not an array of rank 2"),
        ((np.ones(2, np.int64), 1), TypeError, "argument xs: f64.:. is wanted, not one of dtype int64"),
        ((np.ones(2, np.complex128), 1), TypeError, "dtype complex128"),
        ((["a"], 1), TypeError, "argument xs: f64.:. is wanted, not a list with a str"),
        (([2**60 + 1], 1), OverflowError, "argument xs: 1152921504606846977 is not exact as f64"),
        ((1.0, 1), TypeError, "argument xs: f64.:. is wanted, not a float"),
        ((1, 1), TypeError, "argument xs: f64.:. is wanted, not an int"),
        (([1.0],), TypeError, "2 arguments are wanted"),
    ],
)
def test_arguments_that_do_not_fit(args: tuple[Any, ...], error: type[Exception], message: str) -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i32) -> f64 = xs[i64(i)]")
    for call in (kernel, kernel.interpret):
        with pytest.raises(error, match=message) as caught:
            call(*args)
        assert isinstance(caught.value, ssair.SsairError)


def test_sizes_are_static() -> None:
    kernel = ssair.compile("fn f(n: size, x: f64) -> [n]f64 = full(x, n)")
    assert kernel(3, 1.5).tolist() == [1.5] * 3
    assert kernel(np.int32(0), 1.5).shape == (0,)
    assert kernel(jnp.int32(2), 1.5).shape == (2,)
    with pytest.raises(SizeTrap):
        kernel(-1, 1.5)


def test_tuples_go_in_and_come_out_as_declared() -> None:
    kernel = ssair.compile(
        "fn f(p: (i64, (f64, bool)), k: i64) -> (bool, (i64, f64)) = let (a, (b, c)) = p in (c, (a + k, b))"
    )
    flag, (number, real) = kernel((1, (2.5, True)), 4)
    assert (bool(flag), int(number), float(real)) == (True, 5, 2.5)
    with pytest.raises(TypeError, match="a tuple of 2"):
        kernel((1, 2.5, True), 4)


def test_results_are_jax_arrays_of_the_programs_types() -> None:
    kernel = ssair.compile("fn f(x: i64) -> (i64, f64, i32, f32, bool) = (x, 1.0, 1i32, 1.0f32, true)")
    results = kernel(2**40)
    assert [result.dtype.name for result in results] == ["int64", "float64", "int32", "float32", "bool"]
    assert all(isinstance(result, jax.Array) for result in results) and int(results[0]) == 2**40


# ---- traps --------------------------------------------------------------------------------------------------------

TRAPS: list[tuple[str, tuple[Any, ...], type[ssair.Trap], type[Exception], tuple[Any, ...]]] = [
    ("fn f(xs: [n]i64, i: i64) -> i64 =\n  xs[i]", ([1, 2], 2), IndexTrap, IndexError, (2, 2, 0)),
    ("fn f(xs: [n]i64, i: i64) -> i64 =\n  xs[i]", ([1, 2], -1), IndexTrap, IndexError, (-1, 2, 0)),
    ("fn f(x: i64, y: i64) -> i64 =\n  x // y", (7, 0), DivideTrap, ZeroDivisionError, (7,)),
    ("fn f(x: i64, y: i64) -> i64 =\n  x ** y", (7, -2), ExponentTrap, ValueError, (-2,)),
    ("fn f(x: f64) -> i32 =\n  i32(x)", (2.0**31,), ConvertTrap, OverflowError, (2.0**31,)),
    ('fn f(x: i64) -> i64 =\n  assert x > 0, "not so"\n  in x', (0,), AssertTrap, AssertionError, ("not so",)),
    ("fn f(xs: [n]f64) -> f64 =\n  minimum(xs)", ([],), EmptyTrap, ValueError, ()),
    ("fn f(xs: [n]f64, ys: [m]f64) -> [n]f64 =\n  xs + ys", ([1.0], [1.0, 2.0]), SizeTrap, ValueError, (2, 1)),
]


@pytest.mark.parametrize(("source", "args", "trap", "builtin", "values"), TRAPS)
def test_traps(
    source: str, args: tuple[Any, ...], trap: type[ssair.Trap], builtin: type[Exception], values: tuple[Any, ...]
) -> None:
    for level in (0, 2):
        kernel = ssair.compile(source, level=level)
        with pytest.raises(builtin) as caught:
            kernel(*args)
        assert type(caught.value) is trap and isinstance(caught.value, ssair.Trap)
        assert sorted(map(str, caught.value.values)) == sorted(map(str, values))
        assert caught.value.line == 2
        with pytest.raises(trap) as expected:
            kernel.interpret(*args)
        assert caught.value.same_as(expected.value)


def test_the_first_element_at_fault_is_told() -> None:
    kernel = ssair.compile("fn f(a: [n, m]i64, b: [n, m]i64) -> [n, m]i64 = a // b")
    with pytest.raises(DivideTrap) as caught:
        kernel([[1, 2], [3, 4]], [[1, 1], [0, 0]])
    assert caught.value.values == (3,) and caught.value.position == (1, 0)


def test_the_first_trap_of_a_comprehension_is_told_in_row_major_order() -> None:
    source = """
fn f(a: [n, m]i64, xs: [k]i64) -> [n, m]i64 =
  [(if i > 0 then xs[a[i, j]] else 0) + 10 // a[i, j] for i in 0..n, j in 0..m]
"""
    kernel = ssair.compile(source)
    cases = [[[1, 2], [9, 0]], [[1, 0], [9, 0]], [[1, 2], [0, 9]], [[1, 2], [1, 1]]]
    for case in cases[:3]:
        with pytest.raises(ssair.Trap) as caught:
            kernel(case, [5, 6, 7])
        with pytest.raises(ssair.Trap) as expected:
            kernel.interpret(case, [5, 6, 7])
        assert caught.value.same_as(expected.value)
    assert kernel(cases[3], [5, 6, 7]).tolist() == [[10, 5], [16, 16]]


def test_checks_returned_and_left_out() -> None:
    value, trap = ssair.compile(GATHER, checks="return")([1.0, 2.0], 1)
    assert float(value) == 4.0 and int(trap) == 0
    _, trap = ssair.compile(GATHER, checks="return")([1.0, 2.0], 5)
    assert int(trap) == 1
    value, trap = ssair.compile("fn f(x: i64) -> i64 = x", checks="return")(1)
    assert int(trap) == 0
    assert float(ssair.compile(GATHER, checks="off")([1.0, 2.0], 5)) == 4.0


def test_prints_go_to_the_current_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = ssair.compile('fn f(xs: [n]f64, b: bool) -> f64 =\n  print("xs", xs, b, n)\n  in xs[0]')
    kernel([0.1, 2.0], True)
    assert capsys.readouterr().out == "xs [0.1, 2.0] true 2\n"


# ---- types and threads --------------------------------------------------------------------------------------------


def test_the_callers_types_do_not_matter_and_stay() -> None:
    kernel = ssair.compile("fn f(x: i64, y: f64) -> (i64, f64) = (x * 3, y / 3.0)")
    for wide in (False, True):
        with jax.enable_x64(wide):
            number, real = kernel(2**41, 1.0)
            assert int(number) == 3 * 2**41 and real.dtype == np.float64
            assert jnp.ones(1).dtype == (np.float64 if wide else np.float32)


def test_threads() -> None:
    kernel = ssair.compile("fn f(xs: [n]i64) -> i64 = loop s = 0 for x in xs do s * 3 + x")
    limit = sys.getrecursionlimit()
    found: dict[int, int] = {}

    def call(length: int) -> None:
        found[length] = int(kernel(np.arange(length)))

    threads = [threading.Thread(target=call, args=(length,)) for length in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {length: int(kernel.interpret(np.arange(length))) for length in range(6)}
    assert sys.getrecursionlimit() == limit and not jax.config.read("jax_enable_x64")


def test_strict_floats_are_the_interpreters() -> None:
    source = "fn f(a: f64, b: f64, c: f64) -> (f64, f64, f64) = (a * b + c, (a + c) - c, a / 3.0 + sqrt(b) * c)"
    kernel = ssair.compile(source, floats="strict")
    generator = np.random.default_rng(0)
    for a, b, c in generator.normal(size=(20, 3)) * np.array([1.0, 1.0, 1e8]):
        assert [float(x) for x in kernel(a, abs(b), c)] == [float(x) for x in kernel.interpret(a, abs(b), c)]


#: Quotients that XLA rewrites where it knows the divisor, or knows it to be one for all elements.
QUOTIENTS = {
    "by a constant": "x / 3.0",
    "of a quotient": "x / 3.0 / 7.0",
    "by a quotient": "x / (y / x) + x / y / (y / 3.0)",
    "of elements by a constant": "sum([z / 49.0 for z in [x, y]])",
    "of elements by one number": "sum([z / y for z in [x, x + 1.0, x * 3.0]])",
    "of an array by one number": "([x, x + 1.0, x * 3.0] / y)[1]",
    "in a loop": "loop z = x for i in 0..5 do z / y + z / 10.0",
    "by a root": "x / sqrt(y * y) + 1.0 / sqrt(x * x)",
    "rounded down": "x // 0.1 + x / 0.1",
}


@pytest.mark.parametrize("body", QUOTIENTS.values(), ids=QUOTIENTS)
def test_strict_divisors_are_not_inverted(body: str) -> None:
    kernel = ssair.compile(f"fn f(x: f64, y: f64) -> f64 = {body}", floats="strict")
    for x, y in np.random.default_rng(0).normal(size=(60, 2)) * 10.0:
        assert float(kernel(x, y)) == float(kernel.interpret(x, y)), (x, y)


# ---- transformations ----------------------------------------------------------------------------------------------


def test_fn_composes() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, y: f64) -> f64 = sum(xs * xs) * y")
    xs = jnp.array([1.0, 2.0, 3.0], jnp.float32)
    with jax.enable_x64(True):
        wide = jnp.array([1.0, 2.0, 3.0])
        assert float(jax.jit(kernel.fn)(wide, 2.0)) == 28.0
        assert jax.vmap(kernel.fn, in_axes=(None, 0))(wide, jnp.arange(3.0)).tolist() == [0.0, 14.0, 28.0]
        assert jax.grad(kernel.fn)(wide, 2.0).tolist() == [4.0, 8.0, 12.0]
    assert jax.jit(kernel.fn)(xs, 2.0).dtype == np.float64


def test_fn_of_loops_has_forward_derivatives_and_batches() -> None:
    kernel = ssair.compile("fn f(x: f64, k: i64) -> f64 = loop y = 1.0 for i in 0..k do y * x")
    with jax.enable_x64(True):
        value, tangent = jax.jvp(lambda x: kernel.fn(x, 3), (2.0,), (1.0,))
        assert (float(value), float(tangent)) == (8.0, 12.0)
        assert jax.vmap(kernel.fn)(jnp.array([2.0, 3.0]), jnp.array([3, 2])).tolist() == [8.0, 9.0]


def test_derivatives_at_python_numbers() -> None:
    """JAX takes such a number for one of 32 bits, and executed the kernel with one of 64."""
    for source in (
        "fn f(x: f32) -> f32 = loop x = x while x < 100.0 do x * 1.5",
        "fn f(x: f32) -> f32 = x * x * x",
    ):
        function = ssair.compile(source).fn
        value, slope = jax.jvp(function, (2.0,), (1.0,))
        assert value.dtype == slope.dtype == np.float32
        assert float(jax.jvp(function, (np.float32(2.0),), (np.float32(1.0),))[1]) == float(slope)
    assert float(jax.grad(function)(2.0)) == 12.0
    assert float(jax.jit(jax.grad(function))(2.0)) == 12.0


def test_fn_of_loops_of_known_length_has_reverse_derivatives() -> None:
    power = ssair.compile("fn f(x: f64, k: size) -> f64 = loop y = 1.0 for i in 0..k do y * x")
    sums = ssair.compile("fn f(xs: [n]f64) -> f64 = loop s = 0.0 for i in 0..n by 2 do s + xs[i] * xs[i]")
    scan = ssair.compile("fn f(xs: [n]f64) -> [n]f64 = scan acc = 1.0 for x in xs do acc * x")
    uneven = ssair.compile(
        "fn f(xs: [n]f64) -> f64 = sum([if x > 2.0 then (loop y = x for i in 0..3 do y * x) else x for x in xs])"
    )
    with jax.enable_x64(True):
        xs = jnp.array([1.0, 2.0, 3.0])
        assert float(jax.grad(lambda x: power.fn(x, 4))(2.0)) == 32.0
        assert jax.grad(sums.fn)(xs).tolist() == [2.0, 0.0, 6.0]
        assert jax.jacrev(scan.fn)(xs).tolist() == [[1.0, 0.0, 0.0], [2.0, 1.0, 0.0], [6.0, 3.0, 2.0]]
        assert jax.grad(uneven.fn)(xs).tolist() == [1.0, 1.0, 108.0]
        assert jax.grad(lambda xs: ssair.compile(CHECKED, checks="return").fn(xs, [2, 0])[0])(xs).tolist() == [1, 0, 1]
    assert [int(ssair.compile(CHECKED, checks="return").fn([1.0, 2.0], at)[1]) for at in ([0, 1], [0, 2])] == [0, 1]


CHECKED = "fn f(xs: [n]f64, at: [k]i64) -> f64 = loop s = 0.0 for i in at do s + xs[i]"


def test_fn_returns_the_code_where_asked() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]", checks="return")
    with jax.enable_x64(True):
        values, codes = jax.vmap(kernel.fn, in_axes=(None, 0))(jnp.arange(3.0), jnp.array([0, 2, 3]))
    assert values.tolist()[:2] == [0.0, 2.0] and codes.tolist() == [0, 0, 1]


def test_traps_in_nested_batches() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i] * xs[i - 1]", checks="return")
    with jax.enable_x64(True):
        batch = jax.vmap(jax.vmap(kernel.fn, in_axes=(None, 0)), in_axes=(0, None))
        values, codes = batch(jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), jnp.array([0, 1, 2, 3]))
    assert codes.tolist() == [[2, 0, 0, 1], [2, 0, 0, 1]]
    assert values[:, 1:3].tolist() == [[2.0, 6.0], [20.0, 30.0]]
    assert [kernel.describe(code).split(": ")[1] for code in (1, 2)] == ["xs[i]", "xs[i - 1]"]


def test_what_prints_can_neither_be_batched_nor_differentiated() -> None:
    kernel = ssair.compile('fn f(x: f64) -> f64 = print("x", x) in x * x')
    with jax.enable_x64(True):
        for function in (kernel.fn, jax.jit(kernel.fn)):
            with pytest.raises(UsageError, match=r"`f` prints, and .*`kernel\.map` prints element by element"):
                jax.vmap(function)(jnp.arange(3.0))
            with pytest.raises(UsageError, match="`f` prints, and what prints has no derivative"):
                jax.grad(function)(2.0)


def test_lines_of_a_loop_over_what_prints_are_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = ssair.compile('fn f(x: f64) -> f64 = print("x", x) in x * x')
    with jax.enable_x64(True):
        assert jax.lax.map(kernel.fn, jnp.arange(3.0)).tolist() == [0.0, 1.0, 4.0]
        jax.effects_barrier()
    assert capsys.readouterr().out.splitlines() == ["x 0.0", "x 1.0", "x 2.0"]


def test_a_kernel_is_not_called_in_a_trace() -> None:
    kernel = ssair.compile("fn f(x: f64) -> f64 = x")
    for _ in range(2):
        with pytest.raises(TypeError, match=r"use `kernel\.fn`"):
            jax.jit(kernel)(1.0)
        kernel(1.0)


# ---- looking ------------------------------------------------------------------------------------------------------


def test_stages() -> None:
    kernel = ssair.compile("fn f(x: i64, n: size) -> [n]i64 = full(x + 0 * x, n)")
    assert kernel.stages[:3] == ("ast", "anf", "ssa") and kernel.stages[-3:] == ("opt", "jaxpr", "hlo")
    assert kernel.ir("ssa") == str(kernel.source) and kernel.ir() == kernel.ir("opt") == str(kernel.module)
    source = "fn f(x: i64, n: size) -> [n]i64 = full(x + 0 * x, n)"
    for stage in ("ast", "anf"):
        assert kernel.ir(stage) == EMITTERS[stage].text(Request(source, "<text>", "fun"))
    built = compile_module(parse_module(str(kernel.source)))
    assert built.stages[0] == "ssa"
    with pytest.raises(UsageError, match="no stage 'anf'"):
        built.ir("anf")
    passes = kernel.stages[3:-3]
    assert passes and all("-" in stage for stage in passes)
    texts = [kernel.ir(stage) for stage in ("ssa", *passes)]
    assert all(before != after for before, after in pairwise(texts))
    assert "i64[5]" in kernel.ir("jaxpr", n=5) and "s64[5]" in kernel.ir("hlo", n=5)
    with pytest.raises(UsageError, match="the size n is not given"):
        kernel.ir("hlo")
    with pytest.raises(UsageError, match="no stage 'llvm'"):
        kernel.ir("llvm")


def test_statistics_and_representation() -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = x * 2 + x * 2")
    assert kernel.stats and all(isinstance(times, int) for times in kernel.stats.values())
    assert repr(kernel) == "<kernel f(x: i64) -> i64>"


def test_a_kernel_without_checks_has_no_trap_to_wait_for() -> None:
    proved = ssair.compile("fn f(xs: [n]f64) -> f64 = loop s = 0.0 for i in 0..n do s + xs[i]")
    assert proved._execution.run([np.ones(3)])[0][1:] == []
    checked = ssair.compile(GATHER)
    assert int(checked._execution.run([np.ones(3), 1])[0][1]) == 0


def test_what_the_caller_does_to_an_array_after_the_call_does_not_matter():
    identity = ssair.compile("fn f(xs: [n]f64) -> [n]f64 = xs")
    total = ssair.compile("fn f(xs: [n]f64) -> f64 = sum([x * x for x in xs])")
    xs = np.ones(200_000)
    results = identity(xs), total(xs)
    xs[:] = 100.0
    assert float(results[1]) == 200_000
    assert np.all(np.asarray(results[0]) == 1.0)


def test_a_masked_array_is_refused():
    with pytest.raises(TypeError, match="Masked"):
        ssair.compile("fn f(xs: [n]f64) -> f64 = sum(xs)")(np.ma.array([1.0, 2.0], mask=[0, 1]))
