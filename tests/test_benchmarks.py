"""The programs that benchmarks measure are valid, mean the same after optimisation, and are mostly alive."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from ssair.interp import execute
from ssair.pipeline import optimize
from ssair.verifier import verify

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from synthetic import SHAPES, ssair_module
from synthetic_peers import LlvmWriter, XdslWriter, text_of

ARGUMENTS = [np.arange(300, dtype=np.int64), *np.arange(1, 9, dtype=np.int64) * 0x123456789]


@pytest.mark.parametrize("rich", [False, True], ids=["scalar", "rich"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_synthetic_program_means_the_same_after_optimisation(shape: str, rich: bool) -> None:
    module = ssair_module(shape, 600, seed=1, rich=rich)
    verify(module)
    optimized = optimize(module)
    before, after = execute(module, ARGUMENTS), execute(optimized, ARGUMENTS)
    assert before.trap is None
    assert before.results == after.results
    left = sum(len(block.instrs) for block in optimized.functions["main"].blocks)
    assert 0.1 * 600 < left < 0.9 * module.functions["main"].next_value, "degenerate: all dead or nothing redundant"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_seed_makes_the_same_program(shape: str) -> None:
    assert str(ssair_module(shape, 200, seed=4)) == str(ssair_module(shape, 200, seed=4))
    assert str(ssair_module(shape, 200, seed=4)) != str(ssair_module(shape, 200, seed=5))


@pytest.mark.parametrize("make", [LlvmWriter, XdslWriter])
def test_peers_are_given_as_many_operations(make: type[LlvmWriter] | type[XdslWriter]) -> None:
    text = text_of(make, "straight", 300, seed=1)
    assert 290 <= text.count("\n") <= 420
