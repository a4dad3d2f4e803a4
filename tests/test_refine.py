"""Refinement in the middle of the pipeline: what holds of every result, prefixes of its rewrites, and growth.

What it does stands in `golden/refine.ssair`.
"""

from collections.abc import Callable

import pytest
from growth import assert_linear
from observed import observed

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.ir import Function, Instr, Module
from ssair.parser import parse_module
from ssair.passes import refine
from ssair.pipeline import run_pipeline
from ssair.testing.choices import SeededChoices
from ssair.testing.modules import structured_module
from ssair.types import BOOL, I64
from ssair.verifier import verify

ARGUMENTS = [[0, 0, 0.0, True], [3, -7, float("nan"), False], [2, 2, -0.0, True], [-(2**63), -1, 1.5, False]]


def refined(text: str) -> Function:
    module = parse_module(text)
    verify(module)
    function = next(iter(module.functions.values()))
    refine.run(function, Context())
    verify(module)
    return function


# ---- what holds of every result -----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", "clean_cfg,simplify,gvn,copyprop", "sccp,gvn,copyprop,simplify"])
def test_a_second_run_changes_nothing(before):
    changes = 0
    for seed in range(60):
        module = structured_module(SeededChoices(seed), 30)
        run_pipeline(module, before)
        changes += run_pipeline(module, "refine")
        text = str(module)
        assert run_pipeline(module, "refine") == 0, seed
        assert str(module) == text
    assert changes > 100


def test_what_follows_from_the_other_sides_refinement_is_not_said_by_a_second_run():
    """`v0 < v1` follows from facts once `v1 > v0` is stated, and must not be stated in front of that later."""
    text = """
func @main -> i64 {
bb0(v0: i64{1}, v1: i64{..3}):
  v2: bool = le v1, v0
  branch v2, bb1, bb2
bb1:
  return v0
bb2:
  v3: i64 = mul v0, v1
  return v3
}
"""
    function = refined(text)
    first = str(function)
    assert refine.run(function, Context()) == 0
    assert str(function) == first
    assert first.count("refine") == 1


def test_every_prefix_is_valid_and_correct():
    limits = 0
    for seed in range(50):
        module = structured_module(SeededChoices(seed), 16)
        wanted = [observed(module, arguments) for arguments in ARGUMENTS]
        spent = Context()
        refine.run(module.clone().functions["main"], spent)
        for limit in range(spent.fuel.spent + 1):
            copy, context = module.clone(), Context(fuel=Fuel(limit))
            refine.run(copy.functions["main"], context)
            verify(copy)
            assert context.fuel.spent == limit
            assert [observed(copy, arguments) for arguments in ARGUMENTS] == wanted, (seed, limit)
            limits += 1
    assert limits > 100


def versions(value: Instr) -> list[str]:
    """The refinements that a value went through, the last first."""
    found = []
    while isinstance(value, Instr) and value.op.refines:
        found.append(str(value.aux if value.op.name == "refine" else value.op))
        value = value.args[0]
    return found


def test_whatever_is_used_in_an_arm_went_through_what_the_branches_above_taught():
    function = refined("""
func @main -> i64 {
bb0(v0: i64, v1: i64, v2: i64):
  v3: bool = lt v0, v1
  v4: bool = lt v1, v2
  v5: bool = and v3, v4
  branch v5, bb1, bb3
bb1:
  v6: bool = ne v0, v2
  v7: bool = gt v1, v0
  branch v7, bb2, bb3
bb2:
  v8: i64 = sub v1, v0
  v9: i64 = mul v8, v2
  return v9
bb3:
  return v0
}
""")
    difference = function.blocks[2].instrs[-2]
    assert [versions(value) for value in difference.args] == [["lt", "gt"], ["lt"]]


# ---- where a rule less would be wrong -----------------------------------------------------------------------------


def test_an_edge_into_a_block_with_two_edges_from_one_branch_teaches_nothing():
    function = refined("""
func @main -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: bool = gt v0, v1
  branch v2, bb1, bb1
bb1:
  v3: i64 = abs v0
  return v3
}
""")
    assert versions(function.blocks[1].instrs[-1].args[0]) == []


def test_zeros_of_two_signs_are_equal_and_not_exchanged():
    """What makes a difference of them is 1 / x."""
    text = """
func @main -> f64 {
bb0(v0: f64, v1: f64):
  v2: f64{1.0} = const 1.0
  v3: bool = eq v0, v1
  branch v3, bb1, bb2
bb1:
  v4: f64 = div v2, v1
  return v4
bb2:
  return v0
}
"""
    module = refined(text).module
    for pair in ([0.0, -0.0], [-0.0, 0.0], [2.0, 2.0]):
        assert observed(module, pair) == observed(parse_module(text), pair)


def test_a_value_that_knows_more_is_not_replaced_by_an_equal_one_that_knows_less():
    """What is known of both by then is put on the one that stands for them."""
    function = refined("""
func @main -> i64 {
bb0(v0: i64, v1: i64{0..9}, v2: i64{3..100}):
  v3: bool = eq v0, v1
  branch v3, bb1, bb3
bb1:
  v4: i64{0..9} = refine v1 eq v0
  v5: bool = eq v1, v2
  branch v5, bb2, bb3
bb2:
  v6: i64 = abs v2
  v7: i64 = add v6, v1
  return v7
bb3:
  return v0
}
""")
    total = function.blocks[2].instrs[-1]
    assert str(total.fact) == "{6..18}"


def test_an_equal_value_of_which_more_is_known_later_keeps_that():
    function = refined("""
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: bool = eq v0, v1
  branch v2, bb1, bb2
bb1:
  v3: i64{0..3} = narrow v1
  v4: i64{0..3} = abs v3
  v5: i64 = add v4, v1
  return v5
bb2:
  return v0
}
""")
    magnitude = next(instr for instr in function.instructions() if instr.op.name == "abs")
    assert str(magnitude.args[0].fact) == "{0..3}"


def test_a_refinement_of_a_value_that_another_stands_for_is_a_promise():
    """The branch compares the other one by then."""
    function = refined("""
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{2} = const 2
  v3: bool = eq v0, v1
  branch v3, bb1, bb3
bb1:
  v4: i64 = refine v1 eq v0
  v5: bool = le v4, v2
  branch v5, bb2, bb3
bb2:
  v6: i64{..2} = refine v4 le v2
  v7: i64 = shr v0, v6
  return v7
bb3:
  return v0
}
""")
    assert [instr.op.name for instr in function.blocks[2].instrs] == ["refine", "proved", "shr"]


def test_of_two_relations_the_stronger_one_is_said():
    function = refined("""
func @main -> i64 {
bb0(v0: i64):
  v1: i64{5} = const 5
  v2: i64{9} = const 9
  v3: bool = lt v0, v1
  v4: bool = lt v0, v2
  v5: bool = and v3, v4
  branch v5, bb1, bb2
bb1:
  v6: i64 = neg v0
  return v6
bb2:
  return v0
}
""")
    assert [instr.op.name for instr in function.blocks[1].instrs] == ["refine", "neg"]


def test_a_condition_is_decided_by_what_is_known_at_its_branch_only():
    function = refined("""
func @main -> i64 {
bb0(v0: i64, v1: i64, v2: bool):
  v3: bool = lt v0, v1
  v4: bool = le v0, v1
  branch v2, bb1, bb2
bb1:
  branch v3, bb3, bb2
bb2:
  branch v4, bb4, bb5
bb3:
  branch v4, bb4, bb5
bb4:
  return v0
bb5:
  return v1
}
""")
    undecided, decided = (function.blocks[number].end.args[0] for number in (2, 3))
    assert undecided.fact.constant is None
    assert decided.fact.constant is True


# ---- growth -------------------------------------------------------------------------------------------------------


def nested_branches(count: int) -> Function:
    """Arms within arms that all teach something of one value, which the innermost uses."""
    builder = Builder(Module().new_function("main", [I64]))
    value, other = builder.param(I64), builder.param(I64)
    rest = builder.new_block()
    for number in range(count):
        arm = builder.new_block()
        builder.branch(builder.emit("ne", value, builder.const(I64, number)), arm, rest)
        builder.at(arm)
        builder.emit("add", value, other)
    builder.ret(builder.emit("add", value, other))
    builder.at(rest).ret(other)
    return builder.function


def asserted_equal(count: int) -> Function:
    """Many assertions in one block that one value equals others."""
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    value = builder.param(I64)
    total = value
    for _ in range(count):
        other = builder.emit("mul", total, value)
        builder.emit("check", builder.emit("eq", value, other), aux=module.new_site("assert"))
        total = builder.emit("add", total, other)
    builder.ret(total)
    return builder.function


def one_large_condition(count: int) -> Function:
    builder = Builder(Module().new_function("main", [I64]))
    limit = builder.param(I64)
    values = [builder.emit("mul", limit, builder.const(I64, number)) for number in range(count)]
    condition = builder.const(BOOL, True)
    for value in values:
        condition = builder.emit("and", condition, builder.emit("lt", value, limit))
    arm, rest = builder.new_block(), builder.new_block()
    builder.branch(condition, arm, rest)
    builder.at(rest).ret(limit)
    builder.at(arm)
    total = limit
    for value in values:
        total = builder.emit("max", total, value)
    builder.ret(total)
    return builder.function


@pytest.mark.parametrize("program", [nested_branches, asserted_equal, one_large_condition], ids=lambda it: it.__name__)
def test_work_grows_with_the_program(program: Callable[[int], Function]):
    assert_linear(lambda size: refine.run(program(size), Context()), 150)
