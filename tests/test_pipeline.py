"""The pipeline: its text form, its order, its hooks, what the driver does to its surroundings, and large functions."""

import gc
import sys

import pytest

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.facts import int_fact
from ssair.ir import Function, Module
from ssair.parser import parse_module
from ssair.pipeline import AFTER_DROP, DOES, LEVELS, ORDERS, PASSES, optimize, parse_pipeline, run_pipeline
from ssair.sources import UsageError, load
from ssair.types import I64
from ssair.verifier import verify

TEXT = """
func @twice -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64 = add v0, v1
  v3: i64 = add v1, v0
  v4: i64 = mul v2, v3
  v5: i64 = neg v2
  return v4
}

func @other -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: i64 = add v0, v1
  return v2
}
"""


# ---- as text ------------------------------------------------------------------------------------------------------


def test_a_pipeline_is_names_with_options():
    steps = parse_pipeline(" gvn{table=scoped}, dce ,copyprop")
    assert [(step.row.name, step.options) for step in steps] == [
        ("gvn", {"table": "scoped"}),
        ("dce", {}),
        ("copyprop", {}),
    ]
    assert parse_pipeline("") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gnv", "no pass 'gnv'.*did you mean 'gvn'"),
        ("gvn{tabel=scoped}", "gvn has no option 'tabel'; it has: table"),
        ("copyprop{x=1}", "copyprop has no option 'x'; it has: none"),
        ("gvn{table=fast}", "no table 'fast'"),
        ("gvn dce", "no pipeline"),
        ("gvn{", "no pipeline"),
        (",", "no pipeline"),
    ],
)
def test_faults_of_a_pipeline_are_named(text, message):
    with pytest.raises(UsageError, match=message):
        optimize(parse_module(TEXT), text)


def test_a_level_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="no level 7"):
        optimize(parse_module(TEXT), level=7)


# ---- order --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_every_order_that_matters_holds_at_every_level(level):
    names = [name for step in parse_pipeline(LEVELS[level]) for name in DOES.get(step.row.name, (step.row.name,))]
    for order in ORDERS:
        if order.after in names:
            assert order.before in names[: names.index(order.after)], order.because
    if "drop_refinements" in names:
        assert set(names[names.index("drop_refinements") + 1 :]) <= AFTER_DROP


def test_level_0_does_nothing():
    module = parse_module(TEXT)
    assert str(optimize(module, level=0)) == str(module)


def test_orders_and_levels_name_passes_that_exist():
    assert {name for order in ORDERS for name in (order.before, order.after)} | AFTER_DROP <= set(PASSES)
    assert {*DOES, *(name for names in DOES.values() for name in names)} <= set(PASSES)
    assert all(row.summary and row.name == name for name, row in PASSES.items())


# ---- the driver ---------------------------------------------------------------------------------------------------


def test_optimize_gives_a_copy_and_run_pipeline_works_in_place():
    module = parse_module(TEXT)
    before = str(module)
    result = optimize(module, "lvn,dce")
    assert str(module) == before != str(result)
    assert run_pipeline(module, "lvn,dce") == 2  # v3 and v5
    assert str(module) == str(result)


def test_passes_run_over_each_function_in_the_order_of_the_module():
    seen: list[tuple[str, str]] = []
    context = Context(after_pass=lambda name, function: seen.append((function.name, name)))
    optimize(parse_module(TEXT), "lvn,dce", context=context)
    assert seen == [("twice", "lvn"), ("twice", "dce"), ("other", "lvn"), ("other", "dce")]


def test_after_pass_sees_what_the_pass_made():
    dumps: dict[str, str] = {}

    def keep(name: str, function: Function) -> None:
        dumps.setdefault(name, str(function))

    optimize(parse_module(TEXT), "lvn,dce", context=Context(after_pass=keep))
    assert "v3" not in dumps["lvn"] and "v5" in dumps["lvn"]
    assert "v5" not in dumps["dce"]


def test_counters_and_times_are_left_in_the_context():
    context = Context(time_passes=True)
    optimize(parse_module(TEXT), "lvn,simplify,dce", context=context)
    assert context.counters["lvn.replaced"] == 1
    assert context.counters["simplify.rewritten"] == 1
    assert context.counters["dce.removed"] == 2
    assert "lvn.replaced" in context.format_counters()
    assert list(context.times) == ["lvn", "simplify", "dce"]
    assert "total" in context.format_times()


def test_verify_each_finds_the_pass_that_breaks_the_ir(monkeypatch):
    def reverse(function: Function, context: Context) -> int:
        function.entry.instrs.reverse()
        return 1

    monkeypatch.setitem(PASSES, "reverse", PASSES["dce"]._replace(name="reverse", run=reverse))
    with pytest.raises(Exception, match="does not dominate"):
        optimize(parse_module(TEXT), "lvn,reverse", context=Context(verify_each=True))


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_as_the_caller_had_it(enabled):
    states: list[bool] = []
    context = Context(after_pass=lambda name, function: states.append(gc.isenabled()))
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        optimize(parse_module(TEXT), "lvn", context=context)
        assert gc.isenabled() is enabled
        with pytest.raises(UsageError):
            optimize(parse_module(TEXT), "nothing")
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
    assert states == [False, False]


def test_fuel_counts_and_ends():
    fuel = Fuel(2)
    assert [fuel.take("lvn", n) for n in range(4)] == [True, True, False, False]
    assert fuel.spent == 2 and fuel.last == ("lvn", "1")
    assert all(Fuel().take("lvn", n) for n in range(4))


# ---- size ---------------------------------------------------------------------------------------------------------

COUNT = 20_000


def chain_of_blocks(builder: Builder) -> None:
    value = builder.param(I64)
    for _ in range(COUNT):
        block = builder.new_block()
        param = builder.param(I64, block=block)
        builder.jump(block, value)
        builder.at(block)
        value = builder.emit("add", param, param)
    builder.ret(value)


def chain_in_reverse(builder: Builder) -> None:
    """The blocks stand in the list in the order opposite to that of the jumps."""
    value = builder.param(I64)
    blocks = [builder.new_block() for _ in range(COUNT)]
    builder.jump(blocks[-1])
    for number in range(COUNT - 1, 0, -1):
        builder.at(blocks[number])
        builder.emit("print", value, aux=("", ""))
        builder.jump(blocks[number - 1])
    builder.at(blocks[0]).ret(value)


def nested_arms(builder: Builder) -> None:
    """Each arm refines one value once more, and passes its version to the join."""
    value = builder.param(I64)
    after = builder.new_block()
    builder.param(I64, block=after)
    for number in range(COUNT):
        condition = builder.emit("gt", value, builder.const(I64, number - 5))
        inner, exit = builder.new_block(), builder.new_block()
        builder.branch(condition, inner, exit)
        builder.at(exit)
        builder.jump(after, value)
        builder.at(inner)
        builder.enter_arm(condition, True)
        value = builder.newest(value)
        builder.emit("add", value, builder.const(I64, 1))
    builder.jump(after, value)
    builder.at(after).ret(after.params[0])


def early_exits(builder: Builder) -> None:
    value, other = builder.param(I64), builder.param(I64)
    after = builder.new_block()
    builder.param(I64, block=after)
    for number in range(COUNT):
        limit = builder.const(I64, number)
        condition = builder.emit("eq", builder.emit("mul", value, other), limit)
        onward = builder.new_block()
        builder.branch(condition, after, onward, (limit,))
        builder.at(onward)
    builder.jump(after, value)
    builder.at(after).ret(after.params[0])


def many_parameters(builder: Builder) -> None:
    """A join with as many parameters as a loop would carry if every variable were one."""
    values = [builder.param(I64) for _ in range(3)]
    arms = [builder.new_block() for _ in range(2)]
    condition = builder.emit("lt", values[0], values[1])
    builder.branch(condition, *arms)
    after = builder.new_block()
    for _ in range(COUNT):
        builder.param(I64, block=after)
    for arm in arms:
        builder.at(arm).jump(after, *[values[number % 3] for number in range(COUNT)])
    builder.at(after).ret(after.params[-1])


def chained_updates(builder: Builder) -> None:
    from ssair.types import array_of

    array = builder.param(array_of(I64, 1))
    place = builder.param(I64, int_fact(0, 9))
    for _ in range(COUNT // 4):
        builder.emit("check_index", place, builder.emit("dim", array, aux=0), aux=0)
        array = builder.emit("update", array, builder.emit("index", array, place), place)
        place = builder.emit("add", place, builder.const(I64, 1))
    builder.ret(builder.emit("sum", array))


@pytest.fixture
def low_recursion_limit():
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("low_recursion_limit")
@pytest.mark.parametrize(
    "build", [chain_of_blocks, chain_in_reverse, nested_arms, early_exits, many_parameters, chained_updates]
)
def test_large_functions_take_near_linear_time(build):
    """Quadratic behaviour at these sizes runs into the time limit of the suite; recursion fails at once."""
    module = Module()
    module.new_site("index", detail=0)
    function = module.new_function("large", [I64])
    build(Builder(function))
    run_pipeline(module)
    verify(module)


def test_a_pass_of_the_caller_runs_among_the_others():
    seen = []

    def count(function, context):
        seen.append(sum(1 for _ in function.instructions()))
        return 0

    module = load("fn f(x: i64) -> i64 = (x + 1) * (1 + x)")
    optimize(module, [count, "lvn,dce", count])
    assert seen == [4, 3]


def test_only_modules_are_optimised():
    with pytest.raises(UsageError, match=r"ssair\.parse"):
        optimize("fn f(x: i64) -> i64 = x")
