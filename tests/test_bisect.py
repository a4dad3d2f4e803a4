"""Bisection: the pass that is wrong, and the one of its rewrites, are named."""

from __future__ import annotations

from ssair.context import Context, Fuel
from ssair.ir import Function, Module
from ssair.ops import OPS
from ssair.pipeline import optimize
from ssair.testing import bisect_program, check_program
from ssair.testing.modules import generate_module

SOURCE = "fn main(x: i64) -> i64 =\n  let a = x * 2\n  let b = a * 3\n  in (x + 5) * (b - x)\n"


def wrong_at_the_third(function: Function, context: Context) -> int:
    """Rewrites all products as themselves, and takes the third for a sum."""
    changes = 0
    for instr in function.instructions():
        if instr.op is OPS["mul"] and context.fuel.take("wrong", instr):
            changes += 1
            if changes == 3:
                instr.op = OPS["add"]
    return changes


def wrong_without_fuel(function: Function, context: Context) -> int:
    """Takes the first product for a sum, and asks nobody."""
    for instr in function.instructions():
        if instr.op is OPS["mul"]:
            instr.op = OPS["add"]
            return 1
    return 0


def fails_at_the_second(function: Function, context: Context) -> int:
    """Raises something at the second product."""
    found = [instr for instr in function.instructions() if instr.op is OPS["mul"] and context.fuel.take("fails", instr)]
    return found[1].id and len(found) // (len(found) - 3) if len(found) > 1 else 0


def test_the_one_rewrite_is_found_among_those_of_all_passes() -> None:
    culprit = bisect_program(SOURCE, passes=["clean_cfg,lvn", wrong_at_the_third, "gvn,dce"], arguments=[(7,)])
    assert culprit is not None
    assert (culprit.pass_name, culprit.function) == ("wrong_at_the_third", "main")
    assert culprit.rewrite == 3
    lines = [line for line in culprit.diff().splitlines() if line.startswith(("-  ", "+  "))]
    assert len(lines) == 2
    assert lines[0].replace("mul", "add")[1:] == lines[1][1:]
    assert culprit.value in lines[0]


def test_rewrites_of_passes_before_count_as_well() -> None:
    extra = "fn main(x: i64) -> i64 =\n  let a = x * 2 + 0\n  let b = a * 3 + 0\n  in (x + 5) * (b - x)\n"
    culprit = bisect_program(extra, passes=["simplify,copyprop", wrong_at_the_third], arguments=[(7,)])
    assert culprit is not None
    assert culprit.pass_name == "wrong_at_the_third"
    assert culprit.rewrite > 3


def test_a_pass_that_asks_for_no_fuel_is_found_as_a_whole() -> None:
    culprit = bisect_program(SOURCE, passes=["lvn", wrong_without_fuel, "dce"], arguments=[(7,)])
    assert culprit is not None
    assert (culprit.pass_name, culprit.rewrite, culprit.value) == ("wrong_without_fuel", 0, "")
    assert "mul v0" in culprit.before and culprit.before != culprit.after


def test_a_pass_that_fails_is_found_with_its_rewrite() -> None:
    culprit = bisect_program(SOURCE, passes=["lvn", fails_at_the_second], arguments=[(7,)])
    assert culprit is not None
    assert culprit.pass_name == "fails_at_the_second"
    assert culprit.rewrite == 3
    assert culprit.difference.found.startswith("ZeroDivisionError")


def test_a_correct_pipeline_has_no_culprit() -> None:
    assert bisect_program(SOURCE) is None
    assert bisect_program(generate_module(4)) is None


def exchange(function: Function, context: Context) -> int:
    """Exchanges the operands of differences, which is right only of equal ones."""
    changes = 0
    for instr in function.instructions():
        if instr.op is OPS["sub"] and context.fuel.take("exchange", instr):
            instr.args = (instr.args[1], instr.args[0])
            changes += 1
    return changes


def test_the_rewrites_before_are_right_and_with_the_one_more_it_is_wrong() -> None:
    found = 0
    for seed in range(30):
        module = generate_module(seed)
        culprit = bisect_program(module, passes=["lvn", exchange], seed=seed)
        if culprit is None or not culprit.rewrite:
            continue
        found += 1
        assert culprit.pass_name == "exchange"
        for fuel, wrong in ((culprit.rewrite - 1, False), (culprit.rewrite, True)):
            limited = Context(fuel=Fuel(fuel))
            copy = optimize(module, ["lvn", exchange], context=limited)
            again = check_program(module, passes=[lambda f, c, copy=copy: take_over(f, copy)], seed=seed)
            assert (again is not None) == wrong
    assert found > 3


def take_over(function: Function, module: Module) -> int:
    """Lets a function be what another module has under its name."""
    function.blocks = module.clone().functions[function.name].blocks
    for block in function.blocks:
        block.function = function
    function.cfg_version += 1
    function.analyses.clear()
    return 1
