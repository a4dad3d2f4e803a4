"""The oracles: what each finds, and what a difference tells; modules and arguments are what they promise to be."""

from __future__ import annotations

import numpy as np
import pytest

from ssair.context import Context
from ssair.diagnostics import SourceError
from ssair.ir import Function
from ssair.ops import CONST, OPS
from ssair.parser import parse_module
from ssair.passes import clean_cfg
from ssair.passes.rules import RULES
from ssair.pipeline import optimize
from ssair.sources import UsageError, load
from ssair.testing import check_pass, check_program
from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.metamorphic import CHANGES
from ssair.testing.modules import generate_module
from ssair.testing.oracles import ORACLES, subject_of
from ssair.testing.outcomes import may_go_on_alike
from ssair.testing.ssa_plants import PLANTS
from ssair.types import I64
from ssair.verifier import verify


def subtract(function: Function, context: Context) -> int:
    """Makes the first sum a difference."""
    for instr in function.instructions():
        if instr.op is OPS["add"] and context.fuel.take("subtract", instr):
            instr.op = OPS["sub"]
            return 1
    return 0


def fail(function: Function, context: Context) -> int:
    raise IndexError("out of thin air")


def lie(function: Function, context: Context) -> int:
    """Says that the parameter is zero."""
    function.params[0].fact = optimize(load("fn f() = 0\n")).entry().entry.instrs[0].fact
    return 1


SUM = "fn main(x: i64) -> i64 = x + 3\n"


def test_a_correct_program_has_no_difference() -> None:
    assert check_program(SUM, against=tuple(name for name in ORACLES if name != "kernel")) is None


def test_a_difference_names_the_pass_the_arguments_and_both_outcomes() -> None:
    found = check_program(SUM, passes=["clean_cfg", subtract, "dce"], arguments=[(1,)])
    assert found is not None
    assert (found.oracle, found.stage, found.pass_name) == ("passes", "subtract of @main", "subtract")
    assert found.arguments == (np.int64(1),)
    assert (found.expected, found.found) == ("(4: int64)", "(-2: int64)")
    assert (found.frontend, found.source) == ("fun", SUM)


def test_what_a_pass_raises_is_a_difference() -> None:
    found = check_program(SUM, passes=["clean_cfg", fail])
    assert found is not None
    assert found.stage == "fail of @main"
    assert found.found.startswith("IndexError: out of thin air (test_fuzz_oracles.py:")
    assert found.kind == "passes fail IndexError"


def test_a_wrong_fact_is_a_difference_though_nothing_uses_it() -> None:
    found = check_program(SUM, passes=[lie], arguments=[(1,)])
    assert found is not None
    assert "VerifierError" in found.found or "FactViolation" in found.found


def test_a_trap_that_is_lost_is_a_difference() -> None:
    def forget(function: Function, context: Context) -> int:
        for block in function.blocks:
            block.instrs = [instr for instr in block.instrs if instr.op is not OPS["check"]]
        return 1

    found = check_program('fn main(b: bool) =\n  assert b, "no"\n  in 1\n', passes=[forget], arguments=[(False,)])
    assert found is not None
    assert found.expected.startswith("the trap assert ('no',) at 2:3")


def test_a_line_that_is_not_printed_is_a_difference() -> None:
    found = check_program("fn main(x: i64) =\n  print(x)\n  in x\n", passes=[hush], arguments=[(7,)])
    assert found is not None
    assert found.expected.endswith("having printed ['7']")


def test_the_text_of_a_program_does_not_say_where_its_calls_stand() -> None:
    source = 'fn half(x: i64) =\n  assert x > 0, "no"\n  in x // 2\n\nfn main(x: i64) = half(x) + half(x - 1)\n'
    assert check_program(source, against=("text",), arguments=[(0,), (1,)]) is None


WAITING = """
entry @main

func @main -> i64 {
bb0(v0: i64):
  v1: i64{2} = const 2
  v2: () = print "waits for ", v0
  jump bb1(v1)
bb1(v3: i64):
  v4: bool = eq v3, v0
  branch v4, bb2, bb3
bb2:
  return v3
bb3:
  v5: i64 = xor v3, v1
  jump bb1(v5)
}
"""


def leave_at_once(function: Function, context: Context) -> int:
    """Takes every loop for one that ends when its condition is asked first."""
    for block in function.blocks:
        if len(block.end.edges) == 2:
            block.end.edges[1].target, block.end.edges[1].args = block.end.edges[0].target, ()
    clean_cfg.run(function, context)
    return 1


def hush(function: Function, context: Context) -> int:
    for block in function.blocks:
        block.instrs = [instr for instr in block.instrs if instr.op is not OPS["print"]]
    return 1


def test_a_run_that_never_ends_must_not_end() -> None:
    module = parse_module(WAITING)
    assert check_program(module, against=("passes", "fuel", "text", "changes"), arguments=[(3,), (2,)]) is None
    found = check_program(module, passes=[leave_at_once], arguments=[(2,), (3,)])
    assert found is not None and found.arguments == (3,)
    assert found.expected == "a run that never ends, having printed ['waits for 3']"
    assert found.found == "(2: int64), having printed ['waits for 3']"


def test_what_is_printed_before_an_endless_loop_is_compared() -> None:
    found = check_program(parse_module(WAITING), passes=[hush], arguments=[(3,)])
    assert found is not None
    assert found.found == "a run that never ends"


@pytest.mark.parametrize(
    ("expected", "all_expected", "got", "all_got", "alike"),
    [
        ("ab", True, "ab", True, True),
        ("ab", True, "a", False, True),
        ("ab", True, "a", True, False),
        ("ab", True, "abc", False, False),
        ("ab", False, "abc", True, True),
        ("ab", False, "a", True, False),
        ("ab", False, "ac", False, False),
    ],
)
def test_lines_of_runs_that_never_end(expected: str, all_expected: bool, got: str, all_got: bool, alike: bool) -> None:
    assert may_go_on_alike(list(expected), all_expected, list(got), all_got) == alike


def test_modules_never_end_only_where_that_is_asked_for() -> None:
    endless = []
    for asked in (False, True):
        subjects = [subject_of(generate_module(seed, endless=asked), None, seed) for seed in range(150)]
        for subject in subjects:
            subject.run()
        endless.append(sum(bool(subject.endless) for subject in subjects))
    assert endless[0] == 0 and endless[1] > 4


def test_an_oracle_that_does_not_exist_is_named() -> None:
    with pytest.raises(UsageError, match="kernel"):
        check_program(SUM, against=("kernle",))


def test_what_a_kernel_refuses_is_not_compared_and_what_it_gets_wrong_is_found() -> None:
    depth = "fn main(x: i64) -> i64 = if x < 1 then 0 else 1 + main(x // 2)\n"
    assert check_program(depth, passes="clean_cfg", arguments=[(9,)], against=("kernel",)) is None
    found = check_program(SUM, passes=[subtract], arguments=[(1,)], against=("kernel",))
    assert found is not None
    assert (found.expected, found.found) == ("(4: int64)", "(-2: int64)")


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError, match="1 argument is wanted, not 2"):
        check_program(SUM, arguments=[(1, 2)])


def test_a_faulty_program_is_no_difference() -> None:
    with pytest.raises(SourceError):
        check_program("fn main(x: i64) -> i64 = y\n")


def test_a_pass_of_ones_own_is_checked_alone_and_behind_others() -> None:
    def idle(function: Function, context: Context) -> int:
        return 0

    assert check_pass(idle, count=10, among="clean_cfg,gvn,copyprop") is None
    found = check_pass(subtract, count=40)
    assert found is not None
    assert found.pass_name == "subtract"
    assert check_program(parse_module(found.source), passes=[subtract], seed=2) is not None


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_changes_something_and_leaves_valid_ir(name: str) -> None:
    changed = 0
    for seed in range(40):
        module = generate_module(seed)
        before = str(module)
        CHANGES[name](module, SeededChoices(seed))
        verify(module)
        changed += str(module) != before
    assert changed > 10


def test_modules_are_valid_repeat_and_are_long_enough() -> None:
    short = 0
    for seed in range(200):
        module = generate_module(seed)
        verify(module)
        assert str(module) == str(generate_module(seed))
        short += sum(1 for function in module.functions.values() for _ in function.instructions()) < 30
    assert short < 30


def test_modules_use_every_operation_that_a_front_end_may_write() -> None:
    used = {
        instr.op.name
        for seed in range(1500)
        for f in generate_module(seed).functions.values()
        for instr in f.instructions()
    }
    left_to_passes = {"narrow", "proved"}
    of_matrices = {"matmul", "transpose"}
    of_another_front_end = {"print_exact"}
    assert set(OPS) - used == left_to_passes | of_matrices | of_another_front_end


def test_modules_of_exact_floats_round_nothing_and_use_no_memory() -> None:
    for seed in range(150):
        for function in generate_module(seed, exact_floats=True).functions.values():
            for instr in function.instructions():
                assert instr.op.name not in {"exp", "sqrt", "log", "sin", "cos", "tan", "tanh", "div", "alloc"}


def test_every_rule_is_planted() -> None:
    planted = {str(plant.pattern) for plant in PLANTS}
    assert len(planted) > 100
    assert len(PLANTS) >= sum("transpose" not in rule.pattern for rule in RULES)


def test_arguments_are_the_programs_own_constants_and_beside_them() -> None:
    module = load("fn main(x: i64) = if x == 1234567 then 1 else 0\n")
    drawn = {int(call[0]) for call in module_arguments(module, 0, 400)}
    assert drawn >= {1234566, 1234567, 1234568, 0, 1, -1, 2**63 - 1, -(2**63)}


def test_arguments_of_floats_have_the_special_ones() -> None:
    drawn = [float(call[0]) for call in module_arguments(load("fn main(x: f64) = x\n"), 0, 200)]
    assert any(np.isnan(drawn)) and np.inf in drawn and -np.inf in drawn
    assert any(value == 0 and np.signbit(value) for value in drawn)


def test_arrays_have_agreeing_lengths_and_are_empty_at_times() -> None:
    module = load("fn main(a: [n]f64, b: [n, m]i64, n: size) = n\n")
    calls = module_arguments(module, 0, 60)
    assert all(call[0].shape[0] == call[1].shape[0] == call[2] for call in calls)
    assert {0, 1} <= {len(call[0]) for call in calls}


def test_constants_of_modules_have_their_type() -> None:
    for seed in range(50):
        for function in generate_module(seed).functions.values():
            for instr in function.instructions():
                assert instr.op is not CONST or instr.type is not I64 or isinstance(instr.aux, int)


def test_no_public_name_is_hidden_by_a_module() -> None:
    import importlib
    import pkgutil

    import ssair.testing

    for module in pkgutil.iter_modules(ssair.testing.__path__):
        importlib.import_module(f"ssair.testing.{module.name}")
    for name in ssair.testing.__all__:
        assert not hasattr(getattr(ssair.testing, name), "__path__")
        assert callable(getattr(ssair.testing, name)) or name == "ORACLES"
