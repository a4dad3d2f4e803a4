"""Stores to arrays in loops: they mean what the interpreter says, and XLA does them in place."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
from test_backend_control import assert_agrees

import ssair
from ssair.sources import load

EXAMPLES = Path(__file__).parents[1] / "examples"
#: A length that appears in the text of a shape just where the array does.
LENGTH = 7919


def copies_in_loops(hlo: str, length: int) -> list[str]:
    """The copies of arrays of `length` elements in the bodies of loops, and in the arms and calls in these."""
    computations = {text.lstrip("%").split(" ", 1)[0]: text for text in re.split(r"\n(?=%|ENTRY)", hlo)}
    work = sorted(set(re.findall(r"body=%?([\w.\-]+)", hlo)))
    seen, found = set(work), []
    while work:
        text = computations.get(work.pop(), "")
        found += [line.strip() for line in text.splitlines() if f"[{length}]" in line and " copy(" in line]
        called = [name for name in re.findall(r"%([\w.\-]+)", text) if name in computations and name not in seen]
        seen.update(called)
        work += called
    return found


SHUFFLE = """
fn shuffle(xs: [n]i64, seed: i64) -> [n]i64 =
  let (xs, _) =
    loop (xs = xs, s = seed) for k in 1..n do
      let s = s * 6364136223846793005 + 1442695040888963407
      let i = n - k
      let j = (s >> 33 & 0x7fffffff) % (i + 1)
      in (xs with [i] = xs[j] with [j] = xs[i], s)
  in xs
"""
READ_THEN_STORE = """
fn main(xs: [n]i64) -> ([n]i64, i64) =
  loop (xs = xs, sum = 0) for i in 0..n - 1 do (xs with [i] = i, sum + xs[i + 1] * xs[i])
"""
BOTH_ARMS = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 1..n do
    if xs[i] < xs[i - 1] then xs with [i] = xs[i - 1] with [i - 1] = xs[i] else xs with [i] = xs[i] + 1
"""
TWO_ARRAYS = """
fn main(xs: [n]i64) -> ([n]i64, [n]i64, i64) =
  loop (low = full(0, n), high = full(0, n), k = 0) for i in 0..n do
    if xs[i] < 5 then (low with [k] = xs[i], high, k + 1) else (low, high with [i - k] = xs[i], k)
"""
CONDITIONAL = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 0..n do if xs[i] > 3 then xs with [i] = 3 else xs
"""
THREE_WAYS = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 1..n do
    if xs[i] < 3 then xs with [i] = xs[i - 1] else if xs[i] < 6 then xs with [i - 1] = xs[i] + 1 else xs
"""
INNER_LOOP = """
fn main(xs: [n]i64) -> [n]i64 =
  loop xs = xs for i in 1..n do
    let key = xs[i]
    let (xs, j) = loop (xs = xs, j = i) while j > 0 && xs[j - 1] > key do (xs with [j] = xs[j - 1], j - 1)
    in xs with [j] = key
"""
PROGRAMS = {
    "read_then_store": READ_THEN_STORE,
    "both_arms": BOTH_ARMS,
    "two_arrays": TWO_ARRAYS,
    "conditional": CONDITIONAL,
    "three_ways": THREE_WAYS,
    "insertion_sort": INNER_LOOP,
}


@pytest.mark.parametrize("checks", ["raise", "off"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_stores_are_done_in_place(name: str, checks: str) -> None:
    kernel = ssair.compile(PROGRAMS[name], checks=checks)
    assert copies_in_loops(kernel.ir("hlo", n=LENGTH), LENGTH) == []


@pytest.mark.parametrize("name", ["heapsort", "union_find", "merge", "histogram", "fisher_yates", "sieve"])
def test_examples_store_in_place(name: str) -> None:
    kernel = ssair.compile(EXAMPLES / f"{name}.fun")
    sizes = {"histogram": {"n": 10, "bins": LENGTH}}
    sizes["union_find"] = {"n": LENGTH, "m": 10}
    sizes["merge"] = {"n": LENGTH - 10, "m": 10}
    assert copies_in_loops(kernel.ir("hlo", **sizes.get(name, {"n": LENGTH})), LENGTH) == []


def test_a_copy_in_a_loop_is_found() -> None:
    hlo = (
        "%body.1 (p: s64[7]) -> s64[7] {\n  %copy = s64[7]{0} copy(%p)\n}\n\nENTRY %main {\n  while(x), body=%body.1\n}"
    )
    assert len(copies_in_loops(hlo, 7)) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_stores_mean_what_the_interpreter_says(name: str) -> None:
    generator = np.random.default_rng(3)
    calls = [(generator.integers(0, 9, length),) for length in (0, 1, 2, 9)]
    if name == "read_then_store":
        calls = calls[1:]
    for level in (0, 2):
        assert_agrees(load(PROGRAMS[name]), *calls, level=level)


def test_a_shuffle() -> None:
    assert_agrees(load(SHUFFLE), *[(np.arange(length), 5) for length in (0, 1, 2, 17)], level=2)


def random_body(random: Random, depth: int) -> str:
    """An expression for the next two arrays, of `xs`, `ys`, the index `i` and the number `t`."""

    def index() -> str:
        return random.choice(["i", "(i + t) % n", "n - 1 - i", "abs(t) % n", "xs[i] % n"])

    def value() -> str:
        array = random.choice(["xs", "ys"])
        return random.choice([f"{array}[{index()}]", f"{array}[{index()}] + t", "t", f"max({array}[{index()}], i)"])

    def array(name: str) -> str:
        stores = "".join(f" with [{index()}] = {value()}" for _ in range(random.choice([0, 1, 1, 2])))
        return f"({name}{stores})" if stores else name

    if depth and random.random() < 0.6:
        condition = f"{value()} {random.choice(['<', '>=', '=='])} {value()}"
        return f"(if {condition} then {random_body(random, depth - 1)} else {random_body(random, depth - 1)})"
    if depth and random.random() < 0.3:
        return f"(let t = {value()} in {random_body(random, depth - 1)})"
    return f"({array('xs')}, {array('ys')}, t + {value()})"


@pytest.mark.parametrize("seed", range(10))
def test_random_stores(seed: int) -> None:
    random = Random(seed)
    source = f"""
fn main(xs: [n]i64, ys: [n]i64, k: i64) -> ([n]i64, [n]i64, i64) =
  loop (xs = xs, ys = ys, t = 1) for i in 0..k do
    let (xs, ys, t) = {random_body(random, 3)}
    in {random_body(random, 1)}
"""
    generator = np.random.default_rng(seed)
    arrays = generator.integers(0, 9, 6), generator.integers(0, 9, 6)
    assert_agrees(load(source), (*arrays, 6), (*arrays, 3), (*arrays, 8), level=2 * (seed % 2))
