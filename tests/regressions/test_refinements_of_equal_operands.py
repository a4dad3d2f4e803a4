"""A refinement stays justified when a pass makes its operands one value, or a constant."""

from __future__ import annotations

import importlib

import pytest

from ssair.context import Context
from ssair.sources import load
from ssair.verifier import verify

PROGRAMS = {
    "a check compares one value with itself": ("lvn", "fn main(xs: [n]i64) =\n  assert xs[2] > xs[2]\n  in xs\n"),
    "a branch does": ("lvn", "fn main(x: i64) = sign(x) != sign(x) < 0\n"),
    "the value of an assertion becomes a constant": (
        "clean_cfg",
        "fn main(x: i64) =\n  loop k = 0 while (assert k <= -3 in false) do 1\n",
    ),
    "a comparison of integers is folded, and its arm is dead": (
        "simplify",
        "fn main(x: i64) -> i64 = if x > x then x + 1 else x\n",
    ),
    "a comparison of floats is folded, and its arm lives": (
        "simplify",
        "fn main(x: f64) -> f64 = if x < x then 1.0 else x\n",
    ),
    "a float that cannot be NaN is tested for it": (
        "clean_cfg",
        "fn main(x: i64) =\n  let y = f64(x) in if isnan(y) then 0.0 else y\n",
    ),
}


@pytest.mark.parametrize(("pass_name", "source"), PROGRAMS.values(), ids=PROGRAMS)
def test_refinement_stays_justified(pass_name: str, source: str) -> None:
    module = load(source)
    verify(module)
    for function in module.functions.values():
        importlib.import_module(f"ssair.passes.{pass_name}").run(function, Context())
    verify(module)
