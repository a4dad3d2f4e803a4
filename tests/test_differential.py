"""Everything that runs a program agrees: the plain evaluator, the interpreter after every pass, the kernel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssair.context import Context
from ssair.ir import Function
from ssair.ops import OPS
from ssair.testing.generator import generate_program
from ssair.testing.modules import generate_module
from ssair.testing.oracles import ORACLES, check_program
from ssair.testing.strategies import arguments, functions, programs

EVALUATED = range(200)
VARIED = range(80)
OPTIMISED = range(80)
OPTIMISED_IN_STEPS = range(30)
AS_KERNELS = range(16)
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@pytest.mark.parametrize("part", range(4))
def test_interpreter_agrees_with_the_plain_evaluator(part: int) -> None:
    for seed in EVALUATED[part::4]:
        assert check_program(generate_program(seed), against=("plain",), seed=seed) is None


def test_interpreter_agrees_with_the_plain_evaluator_on_recursion_tuples_and_hidden_names() -> None:
    for seed in VARIED:
        assert check_program(generate_program(seed, varied=True), against=("plain",), seed=seed) is None


@pytest.mark.parametrize("level", [1, 2, 3])
def test_optimised_programs_mean_the_same(level: int) -> None:
    for seed in OPTIMISED:
        assert check_program(generate_program(seed), level=level, seed=seed) is None


@pytest.mark.parametrize("level", [1, 2, 3])
def test_optimised_modules_mean_the_same(level: int) -> None:
    for seed in range(120):
        assert check_program(generate_module(seed), level=level, seed=seed) is None


@pytest.mark.parametrize("oracle", [name for name in ORACLES if name not in ("plain", "kernel", "interp")])
def test_every_oracle_agrees_on_programs_and_modules(oracle: str) -> None:
    seeds = OPTIMISED_IN_STEPS[:: 4 if oracle == "fuel" else 1]
    for seed in seeds:
        assert check_program(generate_module(seed), against=(oracle,), seed=seed) is None
    for seed in seeds[::4]:
        assert check_program(generate_program(seed), against=(oracle,), seed=seed) is None


def _subtract_instead_of_adding(function: Function, context: Context) -> int:
    for instr in (instr for block in function.blocks for instr in block.instrs):
        if instr.op is OPS["add"]:
            instr.op = OPS["sub"]
            return 1
    return 0


def _forget_a_carry(function: Function, context: Context) -> int:
    """Gives the first parameter of a loop its first argument again in each step."""
    for block in function.blocks[1:]:
        edges = [edge for other in function.blocks for edge in other.end.edges if edge.target is block]
        if block.params and len(edges) > 1:
            edges[1].args = (edges[0].args[0], *edges[1].args[1:])
            return 1
    return 0


@pytest.mark.parametrize("wrong", [_subtract_instead_of_adding, _forget_a_carry])
@pytest.mark.parametrize("generate", [generate_program, generate_module])
def test_a_wrong_pass_is_caught(wrong: Callable[..., int], generate: Callable[[int], object]) -> None:
    caught = [check_program(generate(seed), passes=[wrong], seed=seed) is not None for seed in range(20)]
    assert sum(caught) >= 5


@pytest.mark.parametrize("seed", AS_KERNELS)
def test_kernel_agrees_with_interpreter(seed: int) -> None:
    assert check_program(generate_program(seed, exact_floats=True), against=("kernel",), seed=seed) is None


@pytest.mark.parametrize("seed", AS_KERNELS[::2])
def test_kernel_of_a_module_agrees_with_interpreter(seed: int) -> None:
    assert check_program(generate_module(seed, exact_floats=True), against=("kernel",), seed=seed) is None


@RELAXED
@given(st.data())
def test_drawn_programs_mean_the_same_everywhere(data: st.DataObject) -> None:
    program = data.draw(programs())
    calls = [data.draw(arguments(program)) for _ in range(2)]
    assert check_program(program, against=("plain", "passes"), arguments=calls) is None


@RELAXED
@given(st.data())
def test_drawn_functions_mean_the_same_after_every_pass(data: st.DataObject) -> None:
    function = data.draw(functions())
    calls = [data.draw(arguments(function)) for _ in range(2)]
    assert check_program(function.module, against=("passes",), arguments=calls) is None


@settings(RELAXED, max_examples=8)
@given(st.data())
def test_drawn_programs_mean_the_same_as_kernels(data: st.DataObject) -> None:
    program = data.draw(programs(size=8, exact_floats=True))
    assert check_program(program, against=("kernel",), arguments=[data.draw(arguments(program))]) is None
