"""Light loops make several steps in a round, and mean what they meant."""

from __future__ import annotations

import jax
import pytest
from test_backend_control import assert_agrees

import ssair
from ssair.kernel import compile_module
from ssair.parser import parse_module
from ssair.sources import load

MANDELBROT = """
fn main(cr: f64, ci: f64, limit: i64) -> i64 =
  let (_, _, k) =
    loop (zr = 0.0, zi = 0.0, k = 0) while zr * zr + zi * zi <= 4.0 && k < limit do
      (zr * zr - zi * zi + cr, 2.0 * zr * zi + ci, k + 1)
  in k
"""
GCD = "fn main(a: i64, b: i64) -> i64 = if b == 0 then a else main(b, a % b)"
SUM = "fn main(xs: [n]i64) -> i64 = loop s = 7 for x in xs do s * 3 + x"
SWAPPED = """
fn main(n: i64) -> (i64, i64, i64) =
  let (a, b, k) = loop (a = 1, b = 2, k = 0) while k < n do (b, a + b, k + 1) in (b, k, a)
"""
CHOICE = """
fn main(x: i64) -> i64 =
  let (_, k) = loop (x = x, k = 0) while x > 1 do (if x % 2 == 0 then x // 2 else 3 * x + 1, k + 1) in k
"""
NESTED = """
fn main(n: i64) -> i64 =
  loop s = 0 for i in 0..n do
    let (_, t) = loop (x = i, t = 0) while x > 0 do (x >> 1, t + (x & 1))
    in s + t * i
"""
ROUNDS = {
    "mandelbrot": (MANDELBROT, [(0.3, 0.5, limit) for limit in range(7)] + [(2.0, 2.0, 9), (0.5, 0.5, 100)]),
    "gcd": (GCD, [(12, 18), (7, 0), (0, 0), (1 << 40, 3**20), (-9, 6)]),
    "sum": (SUM, [([*range(length)],) for length in range(10)]),
    "swapped": (SWAPPED, [(n,) for n in range(10)]),
    "choice": (CHOICE, [(n,) for n in (0, 1, 2, 7, 27)]),
    "nested": (NESTED, [(n,) for n in (0, 1, 2, 13)]),
}
STEPS_IN_A_ROUND = {
    "fn main(x: i64, k: i64) -> i64 = loop x = x for i in 0..k do x * 12347": 4,
    "fn main(xs: [n]i64) -> i64 = loop s = 7 for x in xs do s * 12347 + x": 1,  # an array is read
    "fn main(x: i64, d: i64) -> i64 = loop x = x for i in 0..100 do x // (d - i) * 12347": 1,  # a check
    "fn main(x: f64, k: i64) -> f64 = loop x = x for i in 0..k do sin(x) * 12347.0 + exp(x)": 1,  # a heavy step
    "fn main(xs: [n]i64) -> [n]i64 = loop xs = xs for i in 0..n do xs with [i] = i * 12347": 1,  # a store
    "fn main(k: i64) -> i64 = loop s = 1 for i in 0..k do print(i) in s * 12347": 1,
    "fn main(k: i64) -> i64 = loop s = 1 for i in 0..k do loop s = s * 12347 for j in 0..k do s + sign(s)": 1,
}


@pytest.mark.parametrize("name", ROUNDS)
@pytest.mark.parametrize("level", [0, 2])
def test_rounds_mean_what_the_interpreter_says(name: str, level: int) -> None:
    source, calls = ROUNDS[name]
    if name == "sum":
        calls = calls[:6]
    assert_agrees(load(source), *calls, level=level)


@pytest.mark.parametrize("source", STEPS_IN_A_ROUND)
def test_only_light_steps_are_made_several_times_in_a_round(source: str) -> None:
    text = ssair.compile(source).ir("jaxpr", **({"n": 5} if "[n]" in source else {}))
    assert text.count("12347") == STEPS_IN_A_ROUND[source]


def test_where_a_loop_is_left_may_matter() -> None:
    """The ways out of this loop give different values, so that the state must be that of the last step."""
    text = """
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  jump bb1(v0, v2)
bb1(v3: i64, v4: i64):
  v5: bool = gt v3, v2
  branch v5, bb2, bb4(v4)
bb2:
  v6: bool = lt v4, v1
  branch v6, bb3, bb4(v3)
bb3:
  v7: i64{3} = const 3
  v8: i64 = sub v3, v7
  v9: i64{1} = const 1
  v10: i64 = add v4, v9
  jump bb1(v8, v10)
bb4(v11: i64):
  return v11
}
"""
    module = parse_module(text)
    assert_agrees(module, (9, 2), (9, 3), (10, 100), (0, 5), (7, 1), level=0)
    kernel = compile_module(module, level=0)
    assert kernel.ir("jaxpr").count("= sub ") == 1


def test_rounds_compose() -> None:
    kernel = ssair.compile("fn f(x: f64, k: i64) -> f64 = loop y = 1.0 for i in 0..k do y * x")
    with jax.enable_x64(True):
        for k in range(6):
            value, slope = jax.jvp(lambda x, k=k: kernel.fn(x, k), (2.0,), (1.0,))
            assert (float(value), float(slope)) == (2.0**k, k * 2.0 ** (k - 1) if k else 0.0)
        ks = jax.numpy.arange(7)
        assert jax.vmap(kernel.fn, in_axes=(None, 0))(2.0, ks).tolist() == [2.0**k for k in range(7)]
