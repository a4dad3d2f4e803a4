"""Random functions written as Bril, read back, and run: the same lines, and the same fault or none."""

from random import Random

import pytest
from bril_modules import arguments, scalar_module, tangled_module

from ssair.frontends.bril.interpret import execute as execute_bril
from ssair.frontends.bril.printing import format_program, json_form
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.interp import execute
from ssair.ir import Module
from ssair.pipeline import optimize
from ssair.verifier import verify

MOST_STEPS = 50_000


def observed(module: Module, args: list) -> tuple[list[str], bool]:
    """What a module prints, and whether it fails."""
    outcome = execute(module, args, max_steps=MOST_STEPS)
    return outcome.output, outcome.trap is not None


def observed_in_bril(text: str, args: list) -> tuple[list[str], bool]:
    """What a program of Bril prints, and whether it fails."""
    run = execute_bril(read_program(text), args, max_steps=MOST_STEPS * 20)
    return run.output, run.error is not None


def check(module: Module, seed: int, level: int, duplicate: bool) -> None:
    verify(module)
    random = Random(seed)
    before = str(module)
    program = write_program(optimize(module, level=level) if level else module, duplicate)
    assert str(module) == before
    for text in (format_program(program), json_form(program)):
        args = arguments(module, random)
        assert observed_in_bril(text, args) == observed(module, args), text


@pytest.mark.parametrize("seed", range(60))
def test_structured_functions(seed: int) -> None:
    check(scalar_module(seed), seed, level=seed % 3, duplicate=seed % 2 == 0)


@pytest.mark.parametrize("seed", range(60))
def test_tangled_functions(seed: int) -> None:
    check(tangled_module(seed), seed, level=seed % 3, duplicate=seed % 2 == 0)
