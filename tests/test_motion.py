"""Code motion: no way computes more, nothing traps, prints or ends otherwise, and it takes n log n."""

import random
from collections.abc import Callable

import pytest
from growth import assert_linear
from observed import ENDLESS, observed
from planted_work import planted_module

from ssair import executable, interp
from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.ir import Module, Value
from ssair.ops import OPS, Op
from ssair.passes.motion_out import SPECULATED
from ssair.passes.motion_partial import MOST_WAYS
from ssair.pipeline import optimize, run_pipeline
from ssair.sources import UsageError
from ssair.testing.choices import SeededChoices
from ssair.testing.graph_modules import Shape
from ssair.testing.modules import structured_module
from ssair.types import BOOL, F64, I64
from ssair.verifier import verify

STEPS = ("up", "partial", "out", "down")
ARGUMENTS = [[0, 0, 0.0, True], [1, -1, -0.0, False], [3, 2, float("nan"), True], [-(2**63), -1, 1e300, False]]
BUDGETS = [[4, 1, 2], [9, -3, 0], [0, 5, 5]]


def meaning(module: Module, arguments: list) -> list:
    return [observed(module, given) for given in arguments]


def programs() -> list[tuple[Module, list]]:
    shapes = (Shape(blocks=6, checks=0.05), Shape(blocks=14), Shape(blocks=10, cycles=0.6, prints=0.2))
    graphs = [(planted_module(seed, shape), BUDGETS) for shape in shapes for seed in range(24)]
    return [*graphs, *((structured_module(SeededChoices(seed), 24), ARGUMENTS) for seed in range(36))]


@pytest.mark.parametrize("prepare", ["", "clean_cfg,simplify,gvn,copyprop,dce,"])
@pytest.mark.parametrize("step", [*STEPS, "up+partial+out+down"])
def test_motion_keeps_the_meaning_of_random_programs(step, prepare):
    moved = 0
    for number, (module, arguments) in enumerate(programs()):
        wanted = meaning(module, arguments)
        assert ENDLESS not in wanted
        context = Context(verify_each=True)
        result = optimize(module, f"{prepare}motion{{steps={step}}}", context=context)
        assert meaning(result, arguments) == wanted, number
        moved += sum(count for what, count in context.counters.items() if what.startswith("motion."))
    assert moved > 10


def test_every_prefix_of_the_moves_is_valid_and_correct():
    spent = 0
    for module, arguments in [*programs()[:72:9], *programs()[72::9]]:
        wanted = meaning(module, arguments)
        whole = Context()
        optimize(module, "motion", context=whole)
        spent += whole.fuel.spent
        for limit in range(whole.fuel.spent):
            context = Context(fuel=Fuel(limit), verify_each=True)
            assert meaning(optimize(module, "motion", context=context), arguments) == wanted
            assert context.fuel.spent == limit
    assert spent > 20


@pytest.mark.parametrize(("step", "seen"), [("up", 1), ("partial", 10), ("down", 10)])
def test_no_run_computes_more_than_before(step, seen, monkeypatch):
    """But for constants, which cost nothing and move along."""
    fewer = 0
    for module, arguments in programs():
        shared = optimize(module, "clean_cfg,gvn,copyprop,dce")
        result = optimize(shared, f"motion{{steps={step}}},gvn,copyprop,dce")
        for given in arguments:
            before, after = (pure_work(program, given, monkeypatch) for program in (shared, result))
            assert after <= before
            fewer += after < before
    assert fewer >= seen


def pure_work(module: Module, arguments: list, monkeypatch: pytest.MonkeyPatch) -> int:
    """What all pure operations of a run cost."""
    spent = 0

    def ready(op: Op, *details: object) -> Callable:
        meaning = made_ready(op, *details)

        def counted(*operands):
            nonlocal spent
            spent += op.cost
            return meaning(*operands)

        return counted

    made_ready = executable.ready
    with monkeypatch.context() as patch:
        patch.setattr(executable, "ready", ready)
        interp.execute(module, arguments, on_print=lambda line: None)
    return spent


def test_nothing_moves_to_and_fro():
    for module, _ in programs()[::3]:
        run_pipeline(module, "clean_cfg,gvn,copyprop,dce")
        runs = 0
        while run_pipeline(module, "motion"):
            run_pipeline(module, "gvn,copyprop,dce")
            runs += 1
        assert runs < 5


def test_no_more_than_so_much_is_speculated():
    """Work of an arm in a loop leaves it up to a limit: the arm may never be taken."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    n, condition, x = builder.param(I64), builder.param(BOOL), builder.param(F64)
    header, body, arm, end = (builder.new_block() for _ in range(4))
    total = builder.param(F64, block=header)
    builder.jump(header, x)
    builder.at(header)
    builder.branch(builder.emit("lt", total, builder.emit("convert", n, type=F64)), body, end)
    builder.at(body)
    builder.branch(condition, arm, header, (), [builder.emit("add", total, x)])
    builder.at(arm)
    work = x
    for _ in range(100):
        work = builder.emit("exp", work)
    builder.jump(header, builder.emit("add", total, work))
    builder.at(end)
    builder.ret(total)
    run_pipeline(module, "motion{steps=out}")
    verify(module)
    entry = module.functions["main"].entry
    spent = sum(instr.op.cost for instr in entry.instrs if instr.op.name == "exp")
    assert 0 < spent <= SPECULATED < spent + OPS["exp"].cost


def test_a_loop_in_an_arm_of_a_loop_is_speculated_sparingly():
    """What every iteration of the inner loop computes leaves that one, and the outer one as far as arms' work does."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    bound, condition, x = builder.param(F64), builder.param(BOOL), builder.param(F64)
    outer, body, arm, inner, rest, latch, end = (builder.new_block() for _ in range(7))
    total, sum, after = (builder.param(F64, block=block) for block in (outer, inner, latch))
    builder.jump(outer, x)
    builder.at(outer)
    builder.branch(builder.emit("lt", total, bound), body, end)
    builder.at(body)
    builder.branch(condition, arm, latch, (), [builder.emit("add", total, x)])
    builder.at(arm)
    builder.jump(inner, total)
    builder.at(inner)
    builder.branch(builder.emit("lt", sum, bound), rest, latch, (), [sum])
    builder.at(rest)
    work = x
    for _ in range(100):
        work = builder.emit("exp", work)
    builder.jump(inner, builder.emit("add", sum, work))
    builder.at(latch)
    builder.jump(outer, after)
    builder.at(end)
    builder.ret(total)
    run_pipeline(module, "motion{steps=out}")
    verify(module)
    assert [instr.op.name for instr in rest.instrs] == ["add"]
    assert (
        0
        < len([instr for instr in module.functions["main"].entry.instrs if instr.op.name == "exp"])
        <= SPECULATED // 30
    )
    assert len([instr for instr in arm.instrs if instr.op.name == "exp"]) >= 90


def test_unknown_steps_are_refused():
    with pytest.raises(UsageError, match="no step 'sideways'; there are: up, partial, out, down"):
        optimize(structured_module(SeededChoices(1), 14), "motion{steps=up+sideways}")


def nested_arms(depth: int) -> Module:
    """If within if: each arm at each level computes the same, and the innermost needs what is computed at the top."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    condition, x = builder.param(BOOL), builder.param(F64)
    late: Value = builder.emit("exp", x)
    end = builder.new_block()
    result = builder.param(F64, block=end)
    for _ in range(depth):
        inner, out = builder.new_block(), builder.new_block()
        builder.branch(condition, inner, out)
        builder.at(out)
        builder.jump(end, builder.emit("sin", x))
        builder.at(inner)
    builder.jump(end, builder.emit("add", late, builder.emit("sin", x)))
    builder.at(end)
    builder.ret(result)
    return module


def nested_loops(depth: int) -> Module:
    """Loops within loops, each with an invariant of its own and one that leaves all of them."""
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    n = builder.param(I64)
    zero = builder.emit("const", type=I64, aux=0)
    headers = []
    for _ in range(depth):
        header, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        counter = builder.param(I64, block=header)
        builder.jump(header, zero)
        builder.at(header)
        builder.branch(builder.emit("lt", counter, n), body, after)
        builder.at(body)
        headers.append((header, counter, after))
        builder.emit("print", builder.emit("mul", n, n), aux=("", ""))
        builder.emit("print", builder.emit("mul", headers[0][1], n), aux=("", ""))
    for header, counter, after in reversed(headers):
        builder.jump(header, builder.emit("add", counter, builder.emit("const", type=I64, aux=1)))
        builder.at(after)
    builder.ret(n)
    return module


def long_chain(length: int) -> Module:
    """One branch after the other, each with an arm that needs something of what was computed first."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    condition, total = builder.param(BOOL), builder.param(F64)
    works = [builder.emit("mul", total, builder.emit("const", type=F64, aux=float(n + 2))) for n in range(length)]
    for work in [builder.emit("exp", work) for work in works]:
        arm, other, join = builder.new_block(), builder.new_block(), builder.new_block()
        after = builder.param(F64, block=join)
        builder.branch(condition, arm, other)
        builder.at(arm)
        builder.jump(join, builder.emit("add", total, work))
        builder.at(other)
        builder.jump(join, builder.emit("add", total, builder.emit("sin", total)))
        builder.at(join)
        total = after
    builder.ret(total)
    return module


def chain_of_joins(length: int) -> Module:
    """Joins one after the other, each of which works on its parameter what one of its arms has worked on already."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    condition, value = builder.param(BOOL), builder.param(F64)
    for _ in range(length):
        arm, other, join = (builder.new_block() for _ in range(3))
        after, given = builder.param(F64, block=join), builder.param(F64, block=join)
        builder.branch(condition, arm, other)
        builder.at(arm)
        builder.jump(join, value, builder.emit("tanh", value))
        builder.at(other)
        builder.jump(join, builder.emit("neg", value), value)
        builder.at(join)
        value = builder.emit("add", builder.emit("tanh", after), given)
    builder.ret(value)
    return module


@pytest.mark.parametrize("make", [nested_arms, nested_loops, long_chain, chain_of_joins])
def test_motion_takes_little_more_than_linear_time(make):
    def move(size: int) -> None:
        assert run_pipeline(made[size], "motion")

    made = {size: make(size) for size in (120, 240)}
    assert_linear(move, 120)
    for module in made.values():
        verify(module)


@pytest.mark.parametrize(("ways", "moved"), [(2, 1), (MOST_WAYS, 1), (MOST_WAYS + 1, 0)])
def test_joins_of_many_edges_are_left_alone(ways, moved):
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    chosen, x = builder.param(I64), builder.param(F64)
    arms, join = [builder.new_block() for _ in range(ways)], builder.new_block()
    given = builder.param(F64, block=join)
    builder.switch(chosen, list(enumerate(arms[1:])), arms[0])
    for place, arm in enumerate(arms):
        builder.at(arm)
        value = builder.emit("add", x, builder.emit("const", type=F64, aux=float(place + 1)))
        if arm is arms[0]:
            builder.emit("print", builder.emit("tanh", value), aux=("", ""))
        builder.jump(join, value)
    builder.at(join)
    builder.ret(builder.emit("tanh", given))
    assert run_pipeline(module, "motion{steps=partial}") == moved
    verify(module)


def test_deep_code_moves_without_recursion():
    module = nested_arms(3000)
    assert run_pipeline(module, "motion")
    assert len([instr for instr in module.functions["main"].instructions() if instr.op.name == "sin"]) == 1
    verify(module)


def test_constants_that_move_along_stay_in_front_of_their_users():
    """Equal arms whose constants were made in different orders."""
    for seed in range(30):
        generator = random.Random(seed)
        module = Module()
        builder = Builder(module.new_function("main", [I64]))
        condition, n = builder.param(BOOL), builder.param(I64)
        arms = [builder.new_block(), builder.new_block()]
        end = builder.new_block()
        result = builder.param(I64, block=end)
        builder.branch(condition, *arms)
        for arm in arms:
            builder.at(arm)
            constants = [5, 7, 9]
            generator.shuffle(constants)
            made = {c: builder.emit("const", type=I64, aux=c) for c in constants}
            builder.jump(
                end, builder.emit("add", builder.emit("mul", builder.emit("xor", n, made[5]), made[7]), made[9])
            )
        builder.at(end)
        builder.ret(result)
        before = meaning(module, [[True, 4], [False, 4]])
        run_pipeline(module, "motion")
        verify(module)
        assert meaning(module, [[True, 4], [False, 4]]) == before
        assert [instr.op.name for instr in module.functions["main"].entry.instrs if instr.op.name != "const"] == [
            "xor",
            "mul",
            "add",
        ]
