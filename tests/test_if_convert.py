"""If-conversion keeps the meaning, takes cheap branches only, and works from the innermost outwards in linear time."""

import pytest
from growth import assert_linear
from observed import observed

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.ir import Module
from ssair.passes.if_convert import CHEAP
from ssair.pipeline import optimize, run_pipeline
from ssair.testing.choices import SeededChoices
from ssair.testing.modules import structured_module
from ssair.types import BOOL, F64, I64
from ssair.verifier import verify

ARGUMENTS = [[0, 0, 0.0, True], [1, -1, -0.0, False], [3, 2, float("nan"), True], [-(2**63), -1, 1e300, False]]


def meaning(module: Module) -> list:
    return [observed(module, arguments) for arguments in ARGUMENTS]


@pytest.mark.parametrize("prepare", ["", "clean_cfg,simplify,gvn,copyprop,clean_cfg,dce{control=keep},"])
def test_random_programs_mean_what_they_meant(prepare):
    converted = 0
    for seed in range(150):
        module = structured_module(SeededChoices(seed), 20)
        context = Context(verify_each=True)
        result = optimize(module, f"{prepare}if_convert,gvn,clean_cfg,dce", context=context)
        assert meaning(result) == meaning(module), seed
        converted += context.counters["if_convert.converted"]
    assert converted > 10


def test_every_prefix_of_the_conversions_is_valid_and_correct():
    for seed in range(0, 150, 10):
        module = structured_module(SeededChoices(seed), 20)
        whole = Context()
        optimize(module, "if_convert", context=whole)
        for limit in range(whole.fuel.spent):
            context = Context(fuel=Fuel(limit), verify_each=True)
            assert meaning(optimize(module, "if_convert", context=context)) == meaning(module)
            assert context.fuel.spent == limit


def chain(length: int, work: int = 1) -> Module:
    """Diamonds one after the other, each of which adds something to a total in one arm."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    condition, total = builder.param(BOOL), builder.param(F64)
    for _ in range(length):
        arm, other, join = (builder.new_block() for _ in range(3))
        after = builder.param(F64, block=join)
        builder.branch(condition, arm, other)
        builder.at(arm)
        value = total
        for _ in range(work):
            value = builder.emit("add", value, total)
        builder.jump(join, value)
        builder.at(other)
        builder.jump(join, total)
        builder.at(join)
        total = after
    builder.ret(total)
    return module


def test_a_chain_becomes_one_block():
    module = chain(4000)
    assert run_pipeline(module, "if_convert") == 4000
    verify(module)
    assert len(module.functions["main"].blocks) == 1


def test_chains_take_linear_time():
    assert_linear(lambda length: run_pipeline(chain(length), "if_convert"), 200)


@pytest.mark.parametrize(("work", "converted"), [(CHEAP - 1, 1), (CHEAP, 0)])
def test_the_cost_decides(work, converted):
    assert run_pipeline(chain(1, work), "if_convert") == converted


def test_a_branch_in_an_arm_that_is_converted_counts_as_work_of_the_arm():
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    x, y = builder.param(I64), builder.param(I64)
    ends = [builder.new_block() for _ in range(3)]
    results = [builder.param(I64, block=end) for end in ends]
    for end in reversed(ends):  # branches within the first arms of branches
        arm, other = builder.new_block(), builder.new_block()
        builder.branch(builder.emit("lt", x, y), arm, other)
        builder.at(other)
        builder.jump(end, y)
        builder.at(arm)
        x = builder.emit("add", x, y)
    builder.jump(ends[0], x)
    for end, result, around in zip(ends, results, ends[1:], strict=False):
        builder.at(end)
        builder.jump(around, result)
    builder.at(ends[-1])
    builder.ret(results[-1])
    before = [observed(module, [a, 5]) for a in range(-20, 20)]
    assert run_pipeline(module, "if_convert") == 3
    verify(module)
    assert len(module.functions["main"].blocks) == 1
    assert [observed(module, [a, 5]) for a in range(-20, 20)] == before
