"""Which comprehensions are batches on a CPU: those whose elements all take the same way."""

from __future__ import annotations

import numpy as np
import pytest

import ssair

HEAVY = "fn heavy(x: f64) -> f64 = " + " + ".join(f"exp(sin(x + {i}.5))" for i in range(12)) + "\n"

UNIFORM = {
    "plain": "[x * x + 1.0 for x in xs]",
    "cheap arms": "[if x > 0.0 then x else -x for x in xs]",
    "a loop of one length": "[loop s = x for _ in 0..k do s * 0.5 + 1.0 for x in xs]",
    "heavy arms by what all share": "[if k > 3 then heavy(x) else x for x in xs]",
    "rows by what all share": """
      [let row = [f64(k + j) for j in 0..4] in if row[3] > 1.0 then heavy(x) else x for x in xs]
    """,
}
DIVERGENT = {
    "heavy arms": "[if x > 0.0 then heavy(x) else x for x in xs]",
    "heavy arms by the index": "[if i > 2 then heavy(xs[i]) else 1.0 for i in 0..n]",
    "a loop by the element": "[loop s = x while s > 1.0 do s * 0.5 for x in xs]",
    "a loop by a choice": "[loop s = x for _ in 0..(if x > 0.0 then k else 2) do s * 0.5 + 1.0 for x in xs]",
    "by an array of the element": """
      [let row = [x * f64(j) for j in 0..4] in if row[3] > 1.0 then heavy(x) else x for x in xs]
    """,
    "by a sum of it": "[let s = sum([x + f64(j) for j in 0..4]) in if s > 1.0 then heavy(x) else x for x in xs]",
    "by an array two deep": """
      [let rows = [[x + f64(i * j) for j in 0..3] for i in 0..3]
       in if rows[1, 2] > 1.0 then heavy(x) else x for x in xs]
    """,
    "by what a loop made of it": """
      [let s = loop s = 0.0 for j in 0..4 do s + x * f64(j) in if s > 1.0 then heavy(x) else x for x in xs]
    """,
    "by what a branch on it decided": """
      [let a = if x > 0.0 then 1.0 else 2.0 in if a > 1.5 then heavy(x) else x for x in xs]
    """,
}


def kernel_of(body: str) -> ssair.Kernel:
    return ssair.compile(f"{HEAVY}fn f(xs: [n]f64, k: i64) -> [n]f64 = {body}", level=0)


def stores_element_by_element(kernel: ssair.Kernel) -> bool:
    """Whether a loop carries the array that the comprehension makes."""
    return "dynamic_update_slice" in kernel.ir("jaxpr", n=5)


@pytest.mark.parametrize("body", UNIFORM.values(), ids=list(UNIFORM))
def test_elements_that_take_the_same_way_are_a_batch(body: str) -> None:
    assert not stores_element_by_element(kernel_of(body))


@pytest.mark.parametrize("body", DIVERGENT.values(), ids=list(DIVERGENT))
def test_elements_that_take_their_own_way_are_a_loop(body: str) -> None:
    assert stores_element_by_element(kernel_of(body))


@pytest.mark.parametrize("body", [UNIFORM["rows by what all share"], DIVERGENT["by an array two deep"]])
def test_both_mean_the_same(body: str) -> None:
    kernel = kernel_of(body)
    xs = np.array([-1.0, 0.5, 3.0])
    np.testing.assert_allclose(np.asarray(kernel(xs, 4)), kernel.interpret(xs, 4), rtol=1e-12)
