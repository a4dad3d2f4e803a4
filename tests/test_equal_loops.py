"""Loops that do what a loop before them has done are not run again; any difference that can be seen keeps them."""

from random import Random

import pytest
from growth import assert_linear
from observed import ENDLESS, observed

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.ir import Module
from ssair.loops import loop_forest
from ssair.parser import parse_module
from ssair.passes.equal_loops import MOST_LOOKS
from ssair.pipeline import optimize, run_pipeline
from ssair.sources import load
from ssair.testing.choices import SeededChoices
from ssair.testing.modules import structured_module
from ssair.types import F64, I64
from ssair.verifier import verify

PASSES = "inline{small=1000},purity,clean_cfg,lvn,simplify,partition,gvn,copyprop,clean_cfg,dce"
ARGUMENTS = [[3, 4], [0, 0], [-1, 2], [7, -5]]


def loops_left(statements: str, result: str, **options: str) -> int:
    """How many loops are left of a program, which must mean what it meant."""
    module = load(f"{options.get('before', '')}fn main(n: i64, m: i64) -> i64 =\n{statements}  in {result}\n")
    module.entry_name = "main"
    optimized = optimize(module, PASSES, context=Context(verify_each=True))
    for arguments in ARGUMENTS:
        assert observed(optimized, arguments) == observed(module, arguments)
    return len(loop_forest(optimized.entry()).loops)


HANDED_ON = """
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: i64{1} = const 1
  jump bb1(v2)
bb1(v4: i64):
  v5: bool = lt v4, v0
  branch v5, bb2, bb3
bb2:
  v6: i64 = add v4, v3
  jump bb1(v6)
bb3:
  v12: bool = lt v1, v2
  branch v12, bb6(v1), bb7
bb7:
  jump bb4(v2)
bb4(v7: i64):
  v8: bool = lt v7, v0
  branch v8, bb5, bb6(v7)
bb5:
  v9: i64 = add v7, v3
  jump bb4(v9)
bb6(v10: i64):
  v11: i64 = mul v10, v4
  return v11
}
"""


def test_what_an_equal_loop_hands_on_is_what_the_first_one_made() -> None:
    """Where the first hands nothing on."""
    module = parse_module(HANDED_ON)
    optimized = optimize(module, "partition", context=Context(verify_each=True))
    assert len(loop_forest(optimized.entry()).loops) == 1
    for arguments in ARGUMENTS:
        assert observed(optimized, arguments) == observed(module, arguments)


SUM = "loop s = 0 for i in 0..n do s + i * m"


@pytest.mark.parametrize(
    "second",
    [
        SUM,
        "loop other = 0 for k in 0..n do other + m * k",
        "loop s = 0 for i in 0..n do let unused = i + i in i * m + s",
        "(if a > 5 then (loop s = 0 for i in 0..n do s + i * m) else 3)",
        "loop t = 0 for k in 0..3 do t + (loop s = 0 for i in 0..n do s + i * m)",
    ],
)
def test_a_loop_is_not_run_again(second):
    nested = second.startswith("loop t")
    assert loops_left(f"  let a = {SUM}\n  let b = {second}\n", "a + 2 * b") == 1 + nested


@pytest.mark.parametrize(
    "second",
    [
        "loop s = 1 for i in 0..n do s + i * m",
        "loop s = 0 for i in 0..m do s + i * m",
        "loop s = 0 for i in 0..n do s + i * n",
        "loop s = 0 for i in 0..n do s - i * m",
        "loop s = 0 for i in 0..n do if i > 3 then s + i * m else s",
        "loop s = 0 for i in 0..n do\n    print(i)\n    in s + i * m",
        "loop t = 0 for k in 0..3 do t + (loop s = k for i in 0..n do s + i * m)",
    ],
)
def test_a_loop_that_does_something_else_is_run(second):
    assert loops_left(f"  let a = {SUM}\n  let b = {second}\n", "a + 2 * b") >= 2


def test_a_loop_that_ran_in_one_arm_only_is_run_after_it():
    assert loops_left(f"  let a = if m > 2 then ({SUM}) else 3\n  let b = {SUM}\n", "a + 2 * b") == 2


def test_a_loop_that_nobody_needs_stays_if_it_may_trap_and_the_other_did_not_run():
    loop = "loop s = 100 for i in 0..n do s // (m - i)"
    assert loops_left(f"  let a = if m > 5 then ({loop}) else 3\n  let b = {loop}\n", "a") == 2


TWO_EXITS = """
func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: i64{0} = const 0
  v3: i64{1} = const 1
  v4: i64{2} = const 2
  jump bb1(v2)
bb1(v5: i64):                         ; preds bb0 bb3
  v6: bool = lt v5, v0
  branch v6, bb2, bb4
bb2:                                  ; idom bb1
  v7: bool = lt v5, v1
  branch v7, bb3, bb4
bb3:                                  ; idom bb2
  v8: i64 = add v5, v3
  jump bb1(v8)
bb4:                                  ; preds bb1 bb2
  jump bb5(v2)
bb5(v9: i64):                         ; preds bb4 bb7
  v10: bool = lt v9, v0
  branch v10, bb6, bb8(v3)
bb6:                                  ; idom bb5
  v11: bool = lt v9, v1
  branch v11, bb7, bb8(v4)
bb7:                                  ; idom bb6
  v12: i64 = add v9, v3
  jump bb5(v12)
bb8(v13: i64):                        ; preds bb5 bb6
  return v13
}
"""


def test_which_way_a_loop_was_left_must_have_been_told():
    """The second loop tells by which of two ways it was left, of the first nobody knows."""
    module = parse_module(TWO_EXITS)
    result = optimize(module, "partition", context=Context(verify_each=True))
    assert [observed(result, given) for given in ARGUMENTS] == [observed(module, given) for given in ARGUMENTS]
    assert len(loop_forest(result.functions["main"]).loops) == 2
    told = parse_module(
        TWO_EXITS.replace("bb2, bb4\n", "bb2, bb4(v3)\n")
        .replace("bb3, bb4\n", "bb3, bb4(v4)\n")
        .replace("bb4:  ", "bb4(v14: i64):  ")
    )
    assert optimize(told, "partition,clean_cfg").functions["main"].blocks[-1].end.args[0].id == 14


def test_checks_of_a_loop_that_has_run_hold():
    """A trap of the second is one of the first, which comes first."""
    loop = "loop s = 100 for i in 0..n do s // (m - i)"
    assert loops_left(f"  let a = {loop}\n  let b = {loop}\n", "a + 2 * b") == 1


def test_a_check_more_keeps_the_loop():
    first = "loop s = 100 for i in 0..n do s + i"
    second = "loop s = 100 for i in 0..n do let unused = s // (m - i) in s + i"
    assert loops_left(f"  let a = {first}\n  let b = {second}\n", "a + 2 * b") == 2
    assert loops_left(f"  let a = {second}\n  let b = {first}\n", "a + 2 * b") == 2


def test_a_call_that_may_trap_more_keeps_the_loop():
    before = "fn divide(x: i64) -> i64 = if x > 0 then 10 // (x - 2) else 1 + divide(x + 5)\n"
    first = "loop s = 100 for i in 0..n do s + i"
    second = "loop s = 100 for i in 0..n do let unused = divide(m - i) in s + i"
    assert loops_left(f"  let a = {first}\n  let b = {second}\n", "a + 2 * b", before=before) == 2
    calling = "loop s = 100 for i in 0..n do s + divide(m - i)"
    once = loops_left(f"  let a = {calling}\n", "a", before=before)
    assert loops_left(f"  let a = {calling}\n  let b = {calling}\n", "a + 2 * b", before=before) == once


def test_a_loop_behind_the_loop_that_another_is_in():
    """What the last iteration has done, with the values that it had, need not be done behind the loop."""
    module = load("""fn main(n: i64, m: i64) -> i64 =
  let inner = loop s = 0 for j in 0..m do s + j * n
  let (i, a) = loop (i = 0, a = 0) while i < 3 do (i + 1, loop s = 0 for j in 0..m do s + j * n)
  in a + inner + i
""")
    module.entry_name = "main"
    result = optimize(module, PASSES)
    assert len(loop_forest(result.entry()).loops) == 2
    assert [observed(result, given) for given in ARGUMENTS] == [observed(module, given) for given in ARGUMENTS]


def test_loops_that_are_left_at_two_places():
    loop = "loop (s = 0, i = 0) while i < n && s * i < m do (s + i, i + 1)"
    statements = f"  let (a, b) = {loop}\n  let (c, d) = {loop}\n"
    assert loops_left(statements, "a + 2 * b + 3 * c + 5 * d") == 1


def test_arrays_that_two_loops_make_alike():
    loop = "loop xs = zeros(8) for i in 0..8 do xs with [i] = i * m"
    assert loops_left(f"  let xs = {loop}\n  let ys = {loop}\n", "xs[2] + ys[n]") == 1


def test_loops_in_loops_are_shared_with_those_around_them():
    inner = "loop s = t for j in 0..m do s + i * j"
    loop = f"loop t = 0 for i in 0..n do let s = {inner} in s + ({inner})"
    assert loops_left(f"  let a = {loop}\n  let b = {loop}\n", "a + 2 * b") == 2


def test_a_loop_of_the_iteration_before_is_another():
    """The loop comes again, in the next iteration of the one around it, behind the other one: of other values."""
    statements = """  let (a, b) = loop (a = 0, b = 1) for i in 0..n do
    let c = loop s = b for j in 0..m do s + j * a
    let d = loop s = c for j in 0..m do s + j * a
    in (c, d)
"""
    assert loops_left(statements, "a + 2 * b") == 3


def twice(module: Module) -> Module:
    """A program whose entry does what it does, and does it again."""
    function = module.functions.pop("main")
    function.name = "once"
    module.functions["once"] = function
    builder = Builder(module.new_function("main", (*function.results, *function.results)))
    params = [builder.param(param.type) for param in function.params]
    calls = [builder.emit("call", *params, type=function.result_type, aux="once") for _ in range(2)]
    items = [
        builder.emit("get", call, type=type, aux=place) if len(function.results) > 1 else call
        for call in calls
        for place, type in enumerate(function.results)
    ]
    builder.ret(*items)
    module.entry_name = "main"
    return module


def doubled() -> list[Module]:
    return [twice(structured_module(SeededChoices(seed), 40)) for seed in range(40)]


RANDOM_ARGUMENTS = [[0, 0, 0.0, True], [1, -1, -0.0, False], [3, 2, float("nan"), True]]


@pytest.mark.parametrize("prepare", ["", "refine,sccp,simplify,"])
def test_random_programs_done_twice_mean_what_they_meant(prepare):
    shared = 0
    for number, module in enumerate(doubled()):
        wanted = [observed(module, given) for given in RANDOM_ARGUMENTS]
        assert ENDLESS not in wanted
        context = Context(verify_each=True)
        result = optimize(
            module, f"inline{{small=1000}},clean_cfg,lvn,{prepare}partition,clean_cfg,dce", context=context
        )
        assert [observed(result, given) for given in RANDOM_ARGUMENTS] == wanted, number
        shared += context.counters["partition.loops"]
    assert shared >= 9


def test_every_prefix_of_the_rewrites_is_valid_and_correct():
    spent = 0
    for module in doubled()[:30:3]:
        run_pipeline(module, "inline{small=1000},clean_cfg,lvn")
        wanted = [observed(module, given) for given in RANDOM_ARGUMENTS]
        whole = Context()
        optimize(module, "partition", context=whole)
        loops = whole.counters["partition.loops"]
        for limit in Random(whole.fuel.spent).sample(range(whole.fuel.spent - loops, whole.fuel.spent + 1), loops):
            context = Context(fuel=Fuel(limit), verify_each=True)
            result = optimize(module, "partition", context=context)
            assert [observed(result, given) for given in RANDOM_ARGUMENTS] == wanted
            spent += 1
    assert spent >= 4


def many_loops(count: int, alike: bool) -> Module:
    """Loops one after the other, which do the same in turns, or each something else."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    n, x = builder.param(I64), builder.param(F64)
    total = x
    for place in range(count):
        header, body, after = (builder.new_block() for _ in range(3))
        counter, sum = builder.param(I64, block=header), builder.param(F64, block=header)
        builder.jump(header, builder.emit("const", type=I64, aux=place % 3 if alike else place), x)
        builder.at(header)
        builder.branch(builder.emit("lt", counter, n), body, after)
        builder.at(body)
        step = builder.emit("const", type=I64, aux=1)
        builder.jump(header, builder.emit("add", counter, step), builder.emit("sin", sum))
        builder.at(after)
        total = builder.emit("add", total, sum)
    builder.ret(total)
    return module


def nested_twice(depth: int) -> Module:
    """Two towers of loops in loops, one after the other, that differ only in where the outermost begins."""
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    n = builder.param(I64)
    for start in range(2):
        tower = []
        value = builder.emit("const", type=I64, aux=start)
        for _ in range(depth):
            header, body, after = (builder.new_block() for _ in range(3))
            counter = builder.param(I64, block=header)
            builder.jump(header, value)
            builder.at(header)
            builder.branch(builder.emit("lt", counter, n), body, after)
            builder.at(body)
            value = counter
            tower.append((header, counter, after))
        for header, counter, after in reversed(tower):
            builder.jump(header, builder.emit("add", counter, builder.emit("const", type=I64, aux=1)))
            builder.at(after)
    builder.ret(n)
    return module


@pytest.mark.parametrize("make", [lambda n: many_loops(n, True), lambda n: many_loops(n, False), nested_twice])
def test_it_takes_linear_time(make):
    made = {size: make(size) for size in (100, 200)}
    assert_linear(lambda size: run_pipeline(made[size], "partition"), 100)
    for module in made.values():
        verify(module)


def test_of_many_equal_loops_one_of_each_is_left():
    module = many_loops(60, True)
    run_pipeline(module, "partition,clean_cfg")
    verify(module)
    assert len(loop_forest(module.functions["main"]).loops) == 3
    assert MOST_LOOKS > 1
