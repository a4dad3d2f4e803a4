"""The programs that `benchmarks/scale.py` maps give what their peers give, on input that is soon done."""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import numpy as np
import pytest

import ssair

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from scale_programs import PROGRAMS, Program


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.name for program in PROGRAMS])
def test_a_map_gives_what_its_peers_give(program: Program) -> None:
    with jax.enable_x64(True):
        arguments = program.arguments(36)
        found = np.asarray(ssair.compile(program.source).map(*arguments))
        by_hand = jax.jit(jax.vmap(program.jax_peer, in_axes=program.axes(arguments)))(*arguments)
        np.testing.assert_allclose(found, np.asarray(by_hand), rtol=1e-9)
    rows = zip(*[column.tolist() for column in np.broadcast_arrays(*arguments)], strict=True)
    np.testing.assert_allclose(found, [program.numba_peer(*row) for row in rows], rtol=1e-9)


def test_the_forms_that_are_compared() -> None:
    forms = {program.name: ssair.compile(program.source).map.plan(*program.arguments(16)).form for program in PROGRAMS}
    assert forms == {"mandelbrot": "loop", "collatz": "loop", "Black-Scholes": "vmap", "rare heavy arm": "loop"}
