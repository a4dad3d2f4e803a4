"""Control flow recovered from the graph: a kernel does what the interpreter does, in the same order."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from random import Random
from typing import Any

import numpy as np
import pytest

from ssair.diagnostics import SourceError
from ssair.interp import execute
from ssair.ir import Module
from ssair.kernel import Kernel, compile_module
from ssair.parser import parse_module
from ssair.sources import load
from ssair.testing.graph_modules import Shape, graph_module
from ssair.testing.outcomes import values_difference
from ssair.traps import Trap
from ssair.verifier import verify


def flattened(value: Any) -> tuple[Any, ...]:
    return tuple(part for item in value for part in flattened(item)) if isinstance(value, tuple) else (value,)


def assert_agrees(module: Module, *calls: tuple[Any, ...], level: int = 0, **options: Any) -> Kernel:
    """The kernel, which gives what the interpreter gives on each of `calls`: values, traps and what is printed."""
    kernel = compile_module(module, level=level, **options)
    for args in calls:
        expected = execute(module, args, max_steps=100_000)
        output, trap, results = io.StringIO(), None, ()
        with redirect_stdout(output):
            try:
                results = flattened(kernel(*args))
            except Trap as raised:
                trap = raised
        assert output.getvalue().splitlines() == expected.output
        if expected.trap is not None:
            assert trap is not None and trap.same_as(expected.trap), (args, trap, expected.trap)
        else:
            assert trap is None, (args, trap)
            assert values_difference(expected.results or (), tuple(map(np.asarray, results))) == "", args
    return kernel


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("seed", range(8))
def test_random_graphs(seed: int, level: int) -> None:
    module = graph_module(Random(seed), Shape())
    verify(module.entry())
    assert_agrees(module, (5, 3, -2), (20, -1, 7), (0, 0, 0), level=level)


@pytest.mark.parametrize("seed", range(100, 104))
def test_random_graphs_of_tight_cycles(seed: int) -> None:
    module = graph_module(Random(seed), Shape(blocks=5, cycles=0.8, prints=0.3, checks=0.4))
    assert_agrees(module, (6, 3, -2), (13, 1, 1))


IRREDUCIBLE = """
func @main -> (i64, i64) {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: bool = lt v1, v2
  branch v3, bb1(v0), bb2(v0, v1)
bb1(v4: i64):
  v5: i64{1} = const 1
  v6: i64 = sub v4, v5
  v7: i64 = mul v6, v1
  v8: bool = lt v2, v6
  branch v8, bb2(v6, v7), bb3(v6, v7)
bb2(v9: i64, v10: i64):
  v11: i64{2} = const 2
  v12: i64 = sub v9, v11
  v13: bool = lt v2, v12
  branch v13, bb1(v12), bb3(v12, v10)
bb3(v14: i64, v15: i64):
  return v14, v15
}
"""


def test_a_cycle_with_two_entries() -> None:
    module = parse_module(IRREDUCIBLE)
    before = str(module)
    assert_agrees(module, (9, -1), (9, 5), (0, 3), (-4, -4))
    assert str(module) == before


SWITCH = """
func @main -> i64 {
bb0(v0: i64, v1: i64):
  switch v0, [-1: bb1, 4: bb2, 7: bb1], bb3
bb1:
  v2: i64{10} = const 10
  v3: i64 = mul v1, v2
  jump bb4(v3)
bb2:
  v4: i64 = exp2 v1
  jump bb4(v4)
bb3:
  jump bb4(v1)
bb4(v5: i64):
  return v5
}
"""


def test_a_switch_with_gaps_and_a_shared_target() -> None:
    module = parse_module(SWITCH.replace("exp2 v1", "mul v1, v1"))
    assert_agrees(module, *[(case, 3) for case in (-2, -1, 0, 4, 5, 7, 2**62)])


def test_a_loop_that_is_left_from_the_middle_and_used_after() -> None:
    source = """
fn find(xs: [n]i64, key: i64) -> (i64, bool, i64) =
  let (i, found, steps) =
    loop (i = 0, found = false, steps = 0) while i < n && !found do
      if xs[i] == key then (i, true, steps) else (i + 1, false, steps + i)
  in (i, found, steps)
"""
    calls = [(np.array([4, 5, 6]), key) for key in (4, 6, 9)] + [(np.empty(0, np.int64), 1)]
    assert_agrees(load(source), *calls)
    assert_agrees(load(source), *calls, level=2)


def test_loops_whose_end_nothing_tells_stop_at_a_trap() -> None:
    source = "fn main(xs: [n]i64) -> i64 = loop i = 0 while true do xs[i] + i"
    for level in (0, 2):
        assert_agrees(load(source), (np.array([1, 2, 3]),), level=level)


def test_a_trap_before_a_loop_that_would_not_end() -> None:
    source = """
fn main(a: i64, b: i64) -> i64 =
  let q = a // b in
  loop x = q while x != 0 do (if b == 0 then x + 0 else x // 2)
"""
    assert_agrees(load(source), (17, 3), (5, 0), (-1, 0))


def test_nothing_is_printed_after_a_trap() -> None:
    source = """
fn main(xs: [n]i64, k: i64) -> i64 =
  loop s = 0 for i in 0..k do
    print("before", i)
    let x = xs[i]
    print("after", x)
    in s + x
"""
    for level in (0, 2):
        assert_agrees(load(source), (np.array([7, 8]), 2), (np.array([7, 8]), 4), (np.array([7, 8]), 0), level=level)


@pytest.mark.parametrize(("low", "high", "step"), [(0, 1, 3), (5, 2, 4), (-5, 2, 4), (-2, 0, 3), (0, 7, 2), (3, 3, 5)])
def test_loops_between_constants_with_steps(low: int, high: int, step: int) -> None:
    """XLA miscounts the iterations of such loops where it knows the step."""
    source = f"fn main(x: i64) -> i64 = loop s = 0 for i in {low}..{high} by {step} do s + x"
    assert int(compile_module(load(source))(1)) == len(range(low, high, step))


def test_carries_swap() -> None:
    source = "fn main(k: i64) -> (i64, i64) = loop (a = 1, b = 2) for i in 0..k do (b, a)"
    assert_agrees(load(source), (0,), (1,), (4,), (5,))


def test_what_is_known_on_the_host_is_not_traced() -> None:
    source = """
fn main(xs: [n]f64, m: size) -> f64 =
  if n > 5 then zeros(n - 5)[0] else if m == 3 then xs[m - 1] else xs[n - 1]
"""
    kernel = compile_module(load(source), checks="off")
    assert float(kernel([1.0, 2.0, 3.0, 4.0], 3)) == 3.0
    assert float(kernel([1.0, 2.0, 3.0, 4.0], 1)) == 4.0
    assert float(kernel([1.0] * 6, 1)) == 0.0
    text = kernel.ir("jaxpr", n=4, m=3)
    assert "cond" not in text and "select" not in text


def test_a_long_chain_of_conditions_is_one_choice() -> None:
    arms = "".join(f"if x == {k} then loop a = x for i in 0..x do a * {k + 2} else " for k in range(40))
    source = f"fn main(x: i64) -> i64 = {arms} if x < 0 then -x else x // (x - 50)"
    kernel = assert_agrees(load(source), (0,), (1,), (39,), (40,), (-7,), (50,), level=2)
    assert kernel.ir("jaxpr").count("cond[") <= 2


def test_what_a_kernel_cannot_be_is_refused() -> None:
    memory = "func @main -> i64 {\nbb0(v0: i64):\n  v1: ptr<i64> = alloc v0\n  return v0\n}\n"
    arrays = IRREDUCIBLE.replace("v4: i64)", "v4: i64, v16: i64[:])").replace("bb1(v0)", "bb1(v0, v17)")
    arrays = arrays.replace("bb1(v12)", "bb1(v12, v17)").replace("  v2:", "  v17: i64[:] = iota v0\n  v2:")
    for text, code in ((memory, "E0602"), (arrays.replace("bb0(v0: i64,", "bb0(v0: i64 static,"), "E0606")):
        with pytest.raises(SourceError) as caught:
            compile_module(parse_module(text), level=0)
        assert caught.value.diagnostics[0].code == code


def test_deep_nesting_of_arms() -> None:
    arms = "".join(f"if x == {k} then loop a = x for i in 0..{k} do a * {k + 2} else " for k in range(24))
    source = f"fn main(x: i64) -> i64 = {arms} -1"
    assert_agrees(load(source), (0,), (17,), (99,))
