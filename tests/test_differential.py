"""Everything that runs a program agrees: the plain evaluator, the interpreter after every pass, the kernel."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ssair
from ssair.context import Context
from ssair.diagnostics import SsairError
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.parse import parse_program
from ssair.interp import FactViolation
from ssair.ir import Function
from ssair.ops import OPS
from ssair.pipeline import PASSES, Pass
from ssair.sources import load
from ssair.testing.generator import Program, generate_program
from ssair.testing.oracle import Disagreement, check_passes, run
from ssair.testing.outcomes import values_difference
from ssair.testing.plain_evaluator import evaluate
from ssair.testing.plain_scalars import PlainTrap
from ssair.testing.strategies import arguments, programs
from ssair.traps import Trap
from ssair.verifier import VerifierError

EVALUATED = range(200)
VARIED = range(80)
OPTIMISED = range(80)
OPTIMISED_IN_STEPS = range(30)
AS_KERNELS = range(20)
RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


def flattened(value: object) -> tuple[object, ...]:
    """A result as the interpreter gives it: a tuple of its parts."""
    if isinstance(value, tuple):
        return tuple(part for element in value for part in flattened(element))
    return (value,)


def in_order(trap: Trap) -> tuple[object, ...]:
    """What a trap reports, without its place."""
    return trap.kind, tuple(map(str, trap.values)), trap.position


def assert_interpreter_agrees_with_evaluator(program: Program, argument_lists: list[tuple[object, ...]]) -> None:
    tree = check_program(parse_program(program.source))
    module = load(program.source)
    for values in argument_lists:
        expected, printed = evaluate(tree, program.entry, values)
        got = run(module, values)
        assert "".join(line + "\n" for line in got.output) == printed
        if isinstance(expected, PlainTrap):
            assert got.trap is not None, (expected, values, got)
            assert in_order(got.trap) == (expected.kind, tuple(map(str, expected.values)), expected.position)
            assert expected.offset is not None and got.trap.span is not None
            assert tree.source.position(expected.offset) == got.trap.span[:2]
        else:
            assert got.trap is None, (expected, values, got.trap)
            assert values_difference(flattened(expected), got.results or ()) == ""


def outcome_of(call: Callable[..., object], values: tuple[object, ...]) -> tuple[object, str]:
    """The result, or the trap that ended the call, and what was printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            result = call(*values)
        except Trap as trap:
            result = trap
    return result, printed.getvalue()


def assert_kernel_agrees_with_interpreter(program: Program, argument_lists: list[tuple[object, ...]]) -> None:
    kernel = ssair.compile(program.source)
    for values in argument_lists:
        expected, expected_lines = outcome_of(kernel.interpret, values)
        got, lines = outcome_of(kernel, values)
        assert lines == expected_lines
        if isinstance(expected, Trap):
            assert isinstance(got, Trap) and got.same_as(expected), (values, expected, got)
        else:
            assert not isinstance(got, Trap), (values, expected, got)
            parts = tuple(np.asarray(part) for part in flattened(got))
            assert values_difference(flattened(expected), parts, tolerance=1e-12) == ""


@pytest.mark.parametrize("part", range(4))
def test_interpreter_agrees_with_the_plain_evaluator(part: int) -> None:
    for seed in EVALUATED[part::4]:
        program = generate_program(seed)
        assert_interpreter_agrees_with_evaluator(program, program.arguments(seed))


def test_interpreter_agrees_with_the_plain_evaluator_on_recursion_tuples_and_hidden_names() -> None:
    for seed in VARIED:
        program = generate_program(seed, varied=True)
        assert_interpreter_agrees_with_evaluator(program, program.arguments(seed, 2))


@pytest.mark.parametrize("level", [1, 2, 3])
def test_optimised_programs_mean_the_same(level: int) -> None:
    for seed in OPTIMISED:
        program = generate_program(seed)
        check_passes(load(program.source), program.arguments(seed), level=level, every_pass=False)


def test_programs_mean_the_same_after_every_pass() -> None:
    for seed in OPTIMISED_IN_STEPS:
        program = generate_program(seed)
        check_passes(load(program.source), program.arguments(seed))


@pytest.mark.parametrize("table", ["clone", "scoped", "tagged"])
def test_the_tables_of_gvn_give_one_program(table: str) -> None:
    passes = "clean_cfg,simplify,gvn{table=%s},copyprop,dce"
    for seed in OPTIMISED_IN_STEPS:
        program = generate_program(seed)
        module, calls = load(program.source), program.arguments(seed)
        copy = check_passes(module, calls, passes % table, every_pass=False)
        assert str(copy) == str(check_passes(module, calls, passes % "tagged", every_pass=False))


def test_every_prefix_of_the_rewrites_is_correct() -> None:
    for seed in range(12):
        program = generate_program(seed)
        module, calls = load(program.source), program.arguments(seed)
        for fuel in range(0, 40, 3):
            check_passes(module, calls, fuel=fuel, every_pass=False)


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
def test_a_wrong_pass_is_caught(wrong: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PASSES, "dce", Pass("dce", wrong, "a mutant"))
    caught = 0
    for seed in range(20):
        program = generate_program(seed)
        try:
            check_passes(load(program.source), program.arguments(seed), "dce")
        except (Disagreement, VerifierError, FactViolation, SsairError):
            caught += 1
    assert caught >= 5


def test_a_disagreement_names_the_pass_and_the_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PASSES, "dce", Pass("dce", _subtract_instead_of_adding, "a mutant"))
    with pytest.raises(Disagreement, match=r"after dce of main, called with \(3,\)") as caught:
        check_passes(load("fn main(x: i64) -> i64 = x + x\n"), [(3,)], "dce")
    assert caught.value.stage == "dce of main"


@pytest.mark.parametrize("seed", AS_KERNELS)
def test_kernel_agrees_with_interpreter(seed: int) -> None:
    program = generate_program(seed, exact_floats=True)
    assert_kernel_agrees_with_interpreter(program, program.arguments(seed, 3))


@RELAXED
@given(st.data())
def test_drawn_programs_mean_the_same_everywhere(data: st.DataObject) -> None:
    program = data.draw(programs())
    calls = [data.draw(arguments(program)) for _ in range(2)]
    assert_interpreter_agrees_with_evaluator(program, calls)
    check_passes(load(program.source), calls)


@settings(RELAXED, max_examples=8)
@given(st.data())
def test_drawn_programs_mean_the_same_as_kernels(data: st.DataObject) -> None:
    program = data.draw(programs(size=8, exact_floats=True))
    calls = [data.draw(arguments(program))]
    assert_kernel_agrees_with_interpreter(program, calls)
