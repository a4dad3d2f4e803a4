"""`kernel.map`: a kernel for each element, as a loop of calls would have it, in both forms."""

from __future__ import annotations

import pickle
from typing import Any

import jax
import numpy as np
import pytest

import ssair
from ssair.arguments import ArgumentValueError
from ssair.backends.jax import Lowering
from ssair.parser import parse_module
from ssair.signature import ArgumentTypeError
from ssair.sources import UsageError
from ssair.types import rank

FORMS = ("vmap", "loop")
COLLATZ = """
fn steps(x: i64) -> i64 =
  let (_, k) = loop (x = x, k = 0) while x != 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, k + 1) in k
"""
LOOKUP = "fn lookup(xs: [n]f64, i: i64) -> f64 = xs[i]"
XS, TABLE = np.array([0.5, -1.5, 2.5]), np.array([3.0, 5.0, 7.0])


def leaves(value: Any) -> list[np.ndarray[Any, Any]]:
    return [np.asarray(part) for part in jax.tree.leaves(value)]


PROGRAMS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "scalars": ("fn f(x: f64, k: i64) -> f64 = x * f64(k)", (XS, np.array([1, 2, 3]))),
    "a scalar for all": ("fn f(x: f64, k: i64) -> f64 = x * f64(k)", (XS, 10)),
    "an array for all": (LOOKUP, (TABLE, np.array([2, 0, 1]))),
    "an array for each": (LOOKUP, (np.arange(6.0).reshape(3, 2), np.array([1, 0, 1]))),
    "an array for each, a scalar for all": (LOOKUP, (np.arange(6.0).reshape(3, 2), 1)),
    "arrays as results": ("fn f(xs: [n]f64, k: f64) -> [n]f64 = [x * k for x in xs]", (TABLE, XS)),
    "matrices": ("fn f(a: [n, m]f64, x: [m]f64) -> [n]f64 = a @ x", (np.ones((3, 2, 4)), np.arange(4.0))),
    "tuples": (
        "fn f(p: (f64, i64), x: f64) = let (y, k) = p in ((y + x, k), x > 0.0)",
        ((1.5, np.array([1, 2, 3])), XS),
    ),
    "sizes": ("fn f(n: size, x: f64) -> [n]f64 = [x for i in 0..n]", (4, XS)),
    "arrays without elements": ("fn f(xs: [n]f64, k: f64) -> [n]f64 = [x * k for x in xs]", (np.zeros((3, 0)), 2.0)),
    "one element": (COLLATZ, (np.array([27]),)),
    "loops as long as the element wants": (COLLATZ, (np.array([1, 27, 6, 97]),)),
    "small types": (
        "fn f(x: f32, k: i32, b: bool) = (if b then x else -x, k * k, !b)",
        (np.float32(XS), np.array([1, -2, 70000], np.int32), np.array([True, False, True])),
    ),
    "what differs stays out of a result": ("fn f(x: f64, k: i64) = (k, 7, x)", (XS, 2)),
    "stores": (
        "fn f(xs: [n]i64, k: i64) -> [n]i64 = loop xs = xs for i in 0..n do xs with [xs[i] % n] = k + i",
        (np.array([[3, 1, 2], [9, 9, 9], [0, 2, 4]]), np.array([10, 20, 30])),
    ),
    "loops inside comprehensions": (
        "fn f(xs: [n]i64, k: i64) -> [n]i64 = [loop s = 0 for j in 0..x do s + j * k for x in xs]",
        (np.array([[3, 1, 2], [5, 0, 9]]), 2),
    ),
    "a loop that would not end for those not meant to run it": (
        """
fn f(x: i64) -> i64 =
  if x % 2 == 0 then (let (_, s) = loop (y = abs(x), s = 0) while y != 0 do (y - 2, s + y * y) in s) else x
""",
        (np.array([0, 1, 9, -6, 1024, -1]),),
    ),
}


@pytest.mark.parametrize("form", [*FORMS, "auto"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_it_is_a_loop_of_calls(name: str, form: str) -> None:
    source, args = PROGRAMS[name]
    kernel = ssair.compile(source)
    flat = kernel.signature.flatten(args)
    ranks = [rank(param.type) for param in kernel.module.entry().params]
    count = next(len(value) for value, own in zip(flat, ranks, strict=True) if np.ndim(value) > own)

    def element(place: int) -> Any:
        parts = iter([value[place] if np.ndim(value) > own else value for value, own in zip(flat, ranks, strict=True)])
        return kernel(*[tuple(next(parts) for _ in arg) if isinstance(arg, tuple) else next(parts) for arg in args])

    each = [leaves(element(place)) for place in range(count)]
    found = leaves(kernel.map(*args, batch=form))
    for place, values in enumerate(found):
        expected = np.stack([one[place] for one in each])
        assert values.dtype == expected.dtype
        np.testing.assert_array_equal(values, expected)


def test_arguments_by_name_and_as_lists() -> None:
    kernel = ssair.compile(LOOKUP)
    assert kernel.map(i=[1, 0], xs=[0.5, 1.5]).tolist() == [1.5, 0.5]
    assert kernel.map([[0.5, 1.5], [2.5, 3.5]], i=1).tolist() == [1.5, 3.5]
    assert kernel.map([[0.5, 1.5], [2.5, 3.5]], np.array([1, 0], np.int32)).tolist() == [1.5, 2.5]


def test_jax_arrays_of_either_precision() -> None:
    kernel = ssair.compile(LOOKUP)
    narrow = jax.numpy.asarray([0.5, 1.5], np.float32)
    found = kernel.map(narrow, jax.numpy.asarray([1, 0], np.int32))
    assert found.dtype == np.float64 and found.tolist() == [1.5, 0.5]
    assert not jax.config.jax_enable_x64  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", FORMS)
def test_no_elements(form: str) -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) = (xs[i], xs, i > 0)")
    value = kernel.map(TABLE, np.zeros(0, np.int64), batch=form)
    assert [(part.shape, str(part.dtype)) for part in value] == [((0,), "float64"), ((0, 3), "float64"), ((0,), "bool")]
    assert kernel.map(np.zeros((0, 4)), 1, batch=form)[1].shape == (0, 4)


# ---- faults of the call ---------------------------------------------------------------------------------------------

FAULTS: dict[str, tuple[tuple[Any, ...], dict[str, Any], type[Exception], str]] = {
    "nothing is mapped": (([0.5], 0), {}, ArgumentTypeError, "no argument has an axis more than its parameter"),
    "a rank too high": (([0.5], [[0]]), {}, ArgumentTypeError, r"argument i: i64, or i64\[:\] for the elements"),
    "two ranks too high": ((np.ones((2, 2, 2)), 0), {}, ArgumentTypeError, r"argument xs: f64\[:\], or f64\[:,:\] for"),
    "a rank too low": ((0.5, [0]), {}, ArgumentTypeError, r"argument xs: .* is wanted, not a scalar"),
    "different lengths": ((np.ones((3, 2)), [0, 1]), {}, ArgumentValueError, "argument i has length 2, where xs has 3"),
    "another dtype": (([0.5], [0.5]), {}, ArgumentTypeError, "argument i"),
    "rows of different lengths": (([[0.5], [0.5, 1.5]], 0), {}, ArgumentTypeError, "argument xs"),
    "no number": (("abc", [0]), {}, ArgumentTypeError, "argument xs"),
    "too many": (([0.5], [0], 1), {}, ArgumentTypeError, "2 arguments are wanted"),
    "missing": (([0.5],), {}, ArgumentTypeError, "argument i is missing"),
    "unknown": (([0.5],), {"j": [0]}, ArgumentTypeError, "there is no parameter j"),
    "unknown form": (([0.5], [0]), {"batch": "tiles"}, UsageError, "it is one of: auto, vmap, loop"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_the_call_name_the_parameter(name: str) -> None:
    args, named, error, message = FAULTS[name]
    kernel = ssair.compile(LOOKUP)
    with pytest.raises(error, match=message):
        kernel.map(*args, **named)
    with pytest.raises(error, match=message):
        kernel.map.plan(*args, **named)


def test_sizes_are_the_same_for_all() -> None:
    kernel = ssair.compile("fn f(n: size, x: f64) -> [n]f64 = [x for i in 0..n]")
    with pytest.raises(ArgumentTypeError, match="argument n: a size, which is the same for all elements"):
        kernel.map([1, 2], [0.5, 1.5])


NEXT = """
func @next -> i64 {
bb0(v0: i64{0..9}):
  v1: i64{1} = const 1
  v2: i64{1..10} = add v0, v1
  return v2
}
"""


def test_a_kernel_without_parameters() -> None:
    with pytest.raises(ArgumentTypeError, match="there are no parameters to map over"):
        ssair.compile("fn f() -> i64 = 1").map()


def test_elements_outside_what_the_parameter_may_be() -> None:
    kernel = ssair.compile(parse_module(NEXT))
    assert kernel.map([0, 9]).tolist() == [1, 10]
    with pytest.raises(ArgumentValueError, match=r"argument v0: 10 \(element 2\) is outside"):
        kernel.map([0, 9, 10])


def test_it_is_no_part_of_a_transformation() -> None:
    kernel = ssair.compile(COLLATZ)
    with pytest.raises(ArgumentTypeError, match=r"use `jax.vmap\(kernel.fn\)` there"), jax.enable_x64(True):
        jax.jit(kernel.map)(np.arange(3))


# ---- traps ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_the_first_element_that_fails_is_named(form: str) -> None:
    kernel = ssair.compile("fn f(xs: [n]i64, i: i64) -> i64 = 12 // xs[i]")
    for places, first in (([0, 1, 5, 2], 2), ([1, 1, 2, 9, 2], 2), ([7, 2], 0)):
        with pytest.raises(ssair.Trap) as called:
            kernel([1, 2, 0], places[first])
        with pytest.raises(type(called.value)) as mapped:
            kernel.map([1, 2, 0], places, batch=form)
        assert mapped.value.same_as(called.value) and mapped.value.reason == called.value.reason
        assert mapped.value.element == first and str(mapped.value) == f"element {first}: {called.value}"
        assert called.value.element is None


@pytest.mark.parametrize("form", FORMS)
def test_the_first_element_counts_and_not_the_first_in_time(form: str) -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = loop s = 0 for i in 0..x do s + 100 // (x - 1 - i)")
    with pytest.raises(ssair.Trap) as found:
        kernel.map([0, 900, 2], batch=form)
    assert found.value.element == 1 and found.value.kind == "divide"


@pytest.mark.parametrize("form", FORMS)
def test_no_loop_goes_on_behind_a_trap(form: str) -> None:
    """What the clamped index reads, 0, would never come to 1."""
    kernel = ssair.compile(COLLATZ + "fn main(xs: [n]i64, i: i64) -> i64 = steps(xs[i])")
    with pytest.raises(IndexError, match="element 1: "):
        kernel.map([5, 6, 0], [0, 9, 1], batch=form)


@pytest.mark.parametrize("form", FORMS)
def test_codes_instead_of_traps(form: str) -> None:
    kernel = ssair.compile("fn f(xs: [n]i64, i: i64) -> i64 = 12 // xs[i]", checks="return")
    values, codes = kernel.map([1, 2, 0], [1, 2, 0, 3], batch=form)
    assert [kernel.describe(int(code)).partition(" ")[0] for code in codes] == ["no", "divide", "no", "index"]
    assert values.shape == (4,) and int(values[0]) == 6 and int(values[2]) == 12
    values, codes = kernel.map([1, 2, 0], np.zeros(0, np.int64), batch=form)
    assert values.shape == codes.shape == (0,) and codes.dtype == np.int32
    values, codes = ssair.compile("fn f(x: i64) -> i64 = x", checks="return").map([1, 2], batch=form)
    assert codes.tolist() == [0, 0] and codes.dtype == np.int32


@pytest.mark.parametrize("form", FORMS)
def test_no_checks(form: str) -> None:
    kernel = ssair.compile(LOOKUP, checks="off")
    assert kernel.map(TABLE, [1, 7, -4], batch=form).tolist() == [5.0, 7.0, 3.0]


def test_a_check_that_fails_only_in_the_batch_is_told_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Floats of a batch may differ in the last bit from those of one element."""
    from ssair.backends.execution import Execution

    monkeypatch.setattr(Execution, "replay", lambda self, flat: None)
    kernel = ssair.compile(LOOKUP)
    with pytest.raises(IndexError, match=r"element 1: index at line 1, column 40: xs\[i\]") as found:
        kernel.map(TABLE, [0, 3])
    assert isinstance(found.value, ssair.Trap)
    assert (found.value.kind, found.value.element, found.value.values, found.value.line) == ("index", 1, (), 1)


def test_memory_is_never_donated() -> None:
    kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> [n]f64 = xs with [i] = 0.0", donate=True)
    with jax.enable_x64(True):
        rows = jax.numpy.ones((2, 3))
    assert kernel.map(rows, [0, 2]).tolist() == [[0, 1, 1], [1, 1, 0]]
    with pytest.raises(IndexError, match="element 1"):
        kernel.map(rows, [0, 3])
    assert not rows.is_deleted()


# ---- printing -------------------------------------------------------------------------------------------------------


def test_what_is_printed_is_in_order_and_ends_with_the_trap(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = ssair.compile('fn f(x: i64) -> i64 = print("got", x) in 12 // x')
    assert kernel.map([1, 2, 3]).tolist() == [12, 6, 4]
    assert capsys.readouterr().out == "got 1\ngot 2\ngot 3\n"
    with pytest.raises(ssair.Trap, match="element 1"):
        kernel.map([1, 0, 3])
    assert capsys.readouterr().out == "got 1\ngot 0\n"


def test_what_prints_is_no_batch() -> None:
    kernel = ssair.compile('fn f(x: i64) -> i64 = print("got", x) in x')
    assert kernel.map.plan([1]).form == "loop"
    with pytest.raises(UsageError, match="prints cannot be batched by vmap"):
        kernel.map([1], batch="vmap")


# ---- the choice -----------------------------------------------------------------------------------------------------

CHOICES: dict[str, tuple[str, tuple[Any, ...], str, str]] = {
    "straight-line code": ("fn f(x: f64) -> f64 = exp(x)", (XS,), "vmap", "all elements take the same way"),
    "a loop as long as the element wants": (COLLATZ, (np.arange(3),), "loop", "the loop at line 3 goes on for as long"),
    "a loop as long for all": (
        "fn f(x: f64, k: i64) -> f64 = loop s = 0.0 for i in 0..k do s * x", (XS, 9), "vmap", "the same way",
    ),
    "a loop over the element's array": (
        "fn f(xs: [n]f64) -> f64 = loop s = 0.0 for i in 0..n do s + xs[i]", (np.ones((2, 3)),), "vmap", "the same way",
    ),
    "a comprehension over the element's array": (
        "fn f(xs: [n]f64) -> f64 = sum([x * x for x in xs])", (np.ones((2, 3)),), "vmap", "the same way",
    ),
    "a cheap arm": ("fn f(x: f64) -> f64 = if x > 0.0 then exp(x) else x", (XS,), "vmap", "but for cheap arms"),
    "an arm that is not cheap": (
        "fn f(x: f64) -> f64 = if x > 0.0 then (loop s = x for i in 0..9 do sin(s)) else x",
        (XS,), "loop", "the branch at line 1 has an arm that is not cheap",
    ),
    "a way that an inner comprehension decides": (
        "fn f(x: i64, n: size) -> i64 = let ys = [x + i for i in 0..n] in loop s = 0 for i in 0..sum(ys) do s + i * i",
        (np.arange(3), 4), "loop", "the loop at line 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOICES)
def test_what_is_chosen_and_why(name: str) -> None:
    source, args, form, reason = CHOICES[name]
    plan = ssair.compile(source).map.plan(*args)
    assert plan.form == form
    assert reason in plan.reasons[0]
    for asked in FORMS:
        plan = ssair.compile(source).map.plan(*args, batch=asked)
        assert plan.form == asked and plan.reasons[0] == f"batch={asked!r} was asked for"


def test_the_plan_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = ssair.compile(LOOKUP)
    assert str(kernel.map.plan(TABLE, [0, 1])).splitlines() == [
        "2 elements of lookup, by vmap",
        "  all elements take the same way, but for cheap arms",
        "  differs by element: i",
        "  the same for all: xs",
    ]
    monkeypatch.setattr("ssair.mapping.choice.cores", lambda: 8)
    assert str(ssair.compile(COLLATZ).map.plan([1])).splitlines() == [
        "1 element of steps, by a loop",
        "  the loop at line 3 goes on for as long as each element wants",
        "  1 of 8 cores works: mesh= takes as many CPU devices as JAX has",
        "  differs by element: x",
    ]
    monkeypatch.setattr("ssair.mapping.choice.cores", lambda: 1)
    assert "cores" not in str(ssair.compile(COLLATZ).map.plan([1]))


def test_wide_machines_batch_what_does_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    from ssair.mapping.map import Map

    monkeypatch.setattr(Map, "_platform", lambda self, mesh: "gpu")
    kernel = ssair.compile(COLLATZ)
    plan = kernel.map.plan([1, 27])
    assert (plan.form, plan.reasons) == ("vmap", ("elements are evaluated together on gpu",))
    assert kernel.map([1, 27]).tolist() == [0, 111]


def test_each_kind_of_batch_is_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    traced: list[object] = []
    emit = Lowering.emit

    def counted(self: Lowering, *args: Any, **named: Any) -> Any:
        traced.append(self)
        return emit(self, *args, **named)

    monkeypatch.setattr(Lowering, "emit", counted)
    kernel = ssair.compile(COLLATZ)
    kernel.map([1, 2, 3])
    once = len(traced)
    kernel.map([7, 8, 9])
    assert len(traced) == once > 0
    kernel.map([7, 8])
    assert len(traced) == 2 * once


def test_short_loops_are_written_out_in_a_vmap() -> None:
    """Their carries are arrays of all elements, which go through memory in each iteration."""
    source = "fn f(x: f64, xs: [n]f64) -> f64 = loop s = 0.0 for i in 0..n do (s + xs[i]) * x"
    kernel = ssair.compile(source)

    def loops(length: int) -> int:
        table = np.linspace(0.5, 1.5, length)
        each = np.array([np.asarray(kernel(x, table)) for x in XS])
        np.testing.assert_allclose(np.asarray(kernel.map(XS, table)), each, rtol=1e-15)
        batch = kernel.map._prepared([XS, table], {}, "vmap", None).batch
        with jax.enable_x64(True):
            return str(jax.make_jaxpr(kernel.map.batches.pure_function(batch))(XS, table)).count("while")

    assert [loops(length) for length in (0, 1, 7)] == [0, 0, 0]
    assert loops(400) > 0


@pytest.mark.parametrize("count", [0, 1, 4])
def test_traps_in_loops_written_out(count: int) -> None:
    kernel = ssair.compile(
        "fn f(xs: [n]i64, x: i64, count: size) -> i64 = loop s = x for i in 0..count do s + 100 // (xs[s % n] + i)"
    )
    xs, starts = np.array([3, 1, -1, 5]), np.arange(8)
    for first in range(8):
        try:
            each = [int(kernel(xs, x, count)) for x in starts[first:]]
        except ssair.Trap:
            each = []
        try:
            assert kernel.map(xs, starts[first:], count, batch="vmap").tolist() == each
        except ssair.Trap as trap:
            assert trap.element is not None
            with pytest.raises(type(trap)) as called:
                kernel(xs, starts[first + trap.element], count)
            assert trap.same_as(called.value)
            for x in starts[first : first + trap.element]:
                kernel(xs, x, count)


@pytest.mark.parametrize("form", FORMS)
def test_strict_floats(form: str) -> None:
    kernel = ssair.compile("fn f(x: f64) -> f64 = x * x - 1.0", floats="strict")
    xs = np.linspace(0.9, 1.1, 1001)
    assert np.array_equal(np.asarray(kernel.map(xs, batch=form)), xs * xs - 1.0)


def test_the_device_of_the_kernel() -> None:
    device = jax.devices("cpu")[0]
    found = ssair.compile(LOOKUP, device=device).map(TABLE, [0, 1])
    assert found.device == device


def test_what_is_no_argument_at_all_is_told_by_its_kind() -> None:
    kernel = ssair.compile("fn f(x: f64) -> f64 = x")
    for wrong, kind in ((None, "NoneType"), ({"a": 1.0}, "dict"), ("1.0", "str")):
        with pytest.raises(ArgumentTypeError, match=f"argument x: f64 is wanted, not a {kind}"):
            kernel.map(wrong)


def test_ranges_are_elements_and_sets_are_not() -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = x * x")
    assert kernel.map(range(1, 6, 2)).tolist() == [1, 9, 25]
    assert kernel.map(range(5), chunk=2).tolist() == [0, 1, 4, 9, 16]
    for values in ({1, 2}, frozenset({1}), {1: 2}.keys()):
        for chunk in (None, 2):
            with pytest.raises(ArgumentTypeError, match=r"argument x: i64 is wanted, not a (set|frozenset|dict_keys)"):
                kernel.map(values, chunk=chunk)


def test_a_map_says_what_it_is_and_can_be_sent_to_other_processes() -> None:
    kernel = ssair.compile("fn f(x: i64) -> i64 = x + 1")
    assert repr(kernel.map) == "<map of f(x: i64) -> i64>"
    assert pickle.loads(pickle.dumps(kernel.map))([1, 2]).tolist() == [2, 3]


def test_a_plan_advises_no_mesh_where_none_is_taken() -> None:
    source = 'fn f(x: i64) -> i64 = print("x", x) in x'
    for kernel in (ssair.compile(source), ssair.compile(COLLATZ, device="cpu")):
        assert not any("mesh=" in reason for reason in kernel.map.plan([1, 2]).reasons)
