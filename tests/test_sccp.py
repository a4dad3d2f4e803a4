"""Sparse conditional propagation of facts: what holds of every result, prefixes of its rewrites, and growth.

What it finds stands in `golden/sccp.ssair`.
"""

import pytest
from growth import assert_linear
from observed import observed

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.facts import int_fact
from ssair.interp import execute
from ssair.ir import Function, Module
from ssair.parser import parse_module
from ssair.passes import sccp
from ssair.passes.sccp_groups import groups
from ssair.passes.widening import Thresholds, widened
from ssair.testing.choices import SeededChoices
from ssair.testing.modules import structured_module
from ssair.types import F64, I64
from ssair.verifier import verify

ARGUMENTS = [[0, 0, 0.0, True], [3, -7, float("nan"), False], [2**63 - 1, 1, -0.0, True], [-(2**63), -1, 1.5, False]]


def propagated(text: str) -> Function:
    module = parse_module(text)
    verify(module)
    function = next(iter(module.functions.values()))
    sccp.run(function, Context())
    verify(module)
    return function


# ---- what holds of every result -----------------------------------------------------------------------------------


def test_facts_only_become_better():
    better = 0
    for seed in range(60):
        module = structured_module(SeededChoices(seed), 24)
        function = module.functions["main"]
        before = {value: value.fact for block in function.blocks for value in (*block.params, *block.instrs)}
        sccp.run(function, Context())
        for block in function.blocks:
            for value in (*block.params, *block.instrs):
                assert value.fact <= before[value]
                better += value.fact != before[value]
    assert better > 100


def test_every_prefix_is_valid_and_correct():
    limits = 0
    for seed in range(25):
        module = structured_module(SeededChoices(seed), 24)
        wanted = [observed(module, arguments) for arguments in ARGUMENTS]
        spent = Context()
        sccp.run(module.clone().functions["main"], spent)
        for limit in range(spent.fuel.spent + 1):
            copy, context = module.clone(), Context(fuel=Fuel(limit))
            sccp.run(copy.functions["main"], context)
            verify(copy)
            assert context.fuel.spent == limit
            assert [observed(copy, arguments) for arguments in ARGUMENTS] == wanted, (seed, limit)
            limits += 1
    assert limits > 100


def test_a_loop_and_what_comes_round_it_are_one_rewrite():
    text = """
func @main -> i64 {
bb0(v0: i64{0..9}):
  v1: i64{0} = const 0
  v2: i64{1} = const 1
  jump bb1(v1)
bb1(v3: i64):
  v4: bool = lt v3, v0
  branch v4, bb2, bb3
bb2:
  v5: i64 = refine v3 lt v0
  v6: i64 = add v5, v2
  jump bb1(v6)
bb3:
  return v3
}
"""
    module = parse_module(text)
    context = Context(fuel=Fuel(1))
    sccp.run(module.functions["main"], context)
    verify(module)
    assert context.fuel.spent == 1
    assert module.functions["main"].blocks[1].params[0].fact == int_fact(0, 9)


def test_nothing_is_written_while_an_edge_that_cannot_be_taken_is_left():
    text = """
func @main -> i64 {
bb0(v0: i64{0..9}):
  v1: i64{20} = const 20
  v2: bool = lt v0, v1
  v3: bool = gt v0, v1
  branch v2, bb1, bb2
bb1:
  v4: i64{1} = const 1
  branch v3, bb3(v0), bb3(v4)
bb2:
  jump bb3(v1)
bb3(v5: i64):
  return v5
}
"""
    module = parse_module(text)
    sccp.run(module.functions["main"], Context(fuel=Fuel(1)))
    verify(module)
    assert module.functions["main"].blocks[-1].params[0].fact != int_fact(1, 1)
    assert propagated(text).blocks[-1].params[0].fact == int_fact(1, 1)


ORDERS = {
    "a narrowing is never behind its operand": """
func @main -> i64 {
bb0(v0: i64{0..9}):
  v1: i64{0} = const 0
  v2: i64{1} = const 1
  jump bb1(v0)
bb1(v3: i64):
  v4: i64{..100} = narrow v3
  v5: bool = gt v4, v1
  branch v5, bb2, bb3
bb2:
  v6: i64{1..100} = refine v4 gt v1
  v7: i64{0..99} = sub v6, v2
  jump bb1(v7)
bb3:
  return v3
}
""",
    "a narrowing outside of a loop is written with its operand": """
func @main -> i64 {
bb0(v0: bool):
  v1: i64{3} = const 3
  v2: i64{5} = const 5
  branch v0, bb1, bb2
bb1:
  jump bb3(v1)
bb2:
  jump bb3(v2)
bb3(v3: i64):
  v4: i64{..100} = narrow v3
  v5: i64{..101} = max v4, v2
  return v5
}
""",
    "what is yielded is known before what is made of it": """
func @main -> i64[:] {
bb0(v0: i64[:]):
  v1: i64{0..2^47} = dim v0, 0
  v2: i64{0} = const 0
  v3: i64{7} = const 7
  v4: bool = ge v1, v2
  forall (v1), bb1, bb2
bb1(v5: i64{0..2^47-1}):
  v6: i64 = min v5, v3
  v7: i64 = max v6, v2
  yield v7
bb2(v8: i64[:]):
  v9: i64[:] = neg v8
  return v9
}
""",
}


@pytest.mark.parametrize("text", ORDERS.values(), ids=ORDERS)
def test_every_prefix_of_a_given_function_is_valid(text):
    module = parse_module(text)
    verify(module)
    spent = Context()
    sccp.run(module.clone().functions["main"], spent)
    assert spent.fuel.spent >= 1
    for limit in range(spent.fuel.spent + 1):
        copy = module.clone()
        sccp.run(copy.functions["main"], Context(fuel=Fuel(limit)))
        verify(copy)


def test_a_switch_on_what_is_not_zero_needs_no_case_for_zero():
    function = propagated("""
func @main -> i64 {
bb0(v0: i64{-1..1 nonzero}):
  switch v0, [-1: bb1, 1: bb2], bb3
bb1:
  return v0
bb2:
  jump bb1
bb3:
  v1: i64{99} = const 99
  return v1
}
""")
    assert len(function.blocks) == 3


# ---- where a rule less would be wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "start", "step"),
    [("add", 0, 1), ("sub", 0, 1), ("mul", 1, 3), ("mul", -1, -2), ("shl", 1, 1), ("xor", 1, 5), ("add", 2**63 - 4, 1)],
)
def test_what_wraps_in_a_loop_keeps_no_bound_that_it_passes(op, start, step):
    text = f"""
func @main -> i64 {{
bb0(v0: i64):
  v1: i64 = const {start}
  v2: i64 = const {step}
  v3: i64{{0}} = const 0
  v4: i64{{1}} = const 1
  jump bb1(v1, v3)
bb1(v5: i64, v6: i64):
  v7: bool = lt v6, v0
  branch v7, bb2, bb3
bb2:
  v8: i64 = {op} v5, v2
  v9: i64 = add v6, v4
  jump bb1(v8, v9)
bb3:
  return v5
}}
"""
    function = propagated(text)  # the interpreter asserts every fact
    for rounds in (0, 1, 5, 70):
        wanted = execute(parse_module(text), [rounds]).results
        assert execute(function.module, [rounds]).results == wanted


@pytest.mark.parametrize("first", ["0.0", "-0.0", "nan", "1.5", "inf"])
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "min", "max"])
def test_what_is_known_of_a_float_in_a_loop_holds_of_nan_and_both_zeros(first, op):
    for second in ("0.0", "-0.0", "nan", "-2.5", "-inf"):
        text = f"""
func @main -> f64 {{
bb0(v0: i64):
  v1: f64 = const {first}
  v2: f64 = const {second}
  v3: i64{{0}} = const 0
  v4: i64{{1}} = const 1
  jump bb1(v1, v2, v3)
bb1(v5: f64, v6: f64, v7: i64):
  v8: bool = lt v7, v0
  branch v8, bb2, bb3
bb2:
  v9: f64 = {op} v5, v6
  v10: f64 = neg v5
  v11: i64 = add v7, v4
  jump bb1(v9, v10, v11)
bb3:
  return v5
}}
"""
        function = propagated(text)
        for rounds in range(4):
            wanted = execute(parse_module(text), [rounds]).results
            assert repr(execute(function.module, [rounds]).results) == repr(wanted)


def test_a_condition_that_no_value_can_have_cuts_no_edge():
    """Behind a check that always fails control never comes; both ways stay, so that the IR stays whole."""
    function = propagated("""
site 0: index
func @main -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: i64{} = check_index v0, v1 @0
  v3: bool{} = lt v2, v0
  branch v3, bb1, bb2
bb1:
  return v2
bb2:
  return v0
}
""")
    assert len(function.blocks) == 3


def test_a_refinement_that_only_a_branch_that_is_cut_justified_is_a_promise():
    """The branch compares a version of which more is known than of the one that its arm refines."""
    function = propagated("""
func @main -> i64 {
bb0(v0: i64, v1: i64{5..9}):
  v2: i64{..3} = narrow v0
  v3: bool = lt v2, v1
  branch v3, bb1, bb2
bb1:
  v4: i64{..8} = refine v0 lt v1
  v5: i64{..3} = refine v2 lt v1
  v6: i64 = add v4, v5
  return v6
bb2:
  return v0
}
""")
    assert [block.end.op.name for block in function.blocks] == ["jump", "return"]
    assert [instr.op.name for instr in function.blocks[1].instrs] == ["proved", "refine", "add"]


# ---- groups -------------------------------------------------------------------------------------------------------


def test_groups_come_after_what_they_need():
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    a, b, c, d, e = (builder.param(I64) for _ in range(5))
    found = list(groups({a: [b], b: [c, d], c: [a], d: [e], e: []}))
    assert [set(group) for group in found] == [{e}, {d}, {a, b, c}]


# ---- widening -----------------------------------------------------------------------------------------------------


def test_widening_contains_what_grew_and_stops_at_thresholds():
    thresholds = Thresholds([-1, 0, 1, 10, 11], [])
    assert widened(int_fact(0, 1), int_fact(0, 2), thresholds) == int_fact(0, 10)
    assert widened(int_fact(0, 10), int_fact(-5, 10), thresholds).lo < -(2**63)
    assert widened(int_fact(0, 11), int_fact(0, 12), thresholds).hi >= 2**63
    assert widened(int_fact(1, 5), int_fact(1, 6), thresholds) == int_fact(1, 10)


# ---- growth -------------------------------------------------------------------------------------------------------


def run_on(function: Function) -> None:
    sccp.run(function, Context())


def loops_in_a_row(count: int) -> Function:
    """Counted loops one after the other, each with its exit as the first way, and values that flow through all."""
    builder = Builder(Module().new_function("main", [I64]))
    limit, value = builder.param(I64), builder.param(I64)
    one = builder.const(I64, 1)
    for _ in range(count):
        header, body, exit = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(header, value)
        counter = builder.param(I64, block=header)
        builder.at(header)
        builder.branch(builder.emit("ge", counter, limit), exit, body)
        builder.at(body).jump(header, builder.emit("add", counter, one))
        builder.at(exit)
        value = builder.emit("add", counter, value)
    builder.ret(value)
    return builder.function


def nested_loops(count: int) -> Function:
    builder = Builder(Module().new_function("main", [I64]))
    limit = builder.param(I64, int_fact(0, 1000))
    counter = builder.const(I64, 0)
    one = builder.const(I64, 1)
    headers = []
    for _ in range(count):
        header, body, exit = (builder.new_block() for _ in range(3))
        builder.jump(header, counter)
        counter = builder.param(I64, block=header)
        builder.at(header).branch(builder.emit("lt", counter, limit), body, exit)
        headers.append((header, counter, exit))
        builder.at(body)
    for header, counter, exit in reversed(headers):
        builder.jump(header, builder.emit("add", counter, one))
        builder.at(exit)
    builder.ret(one)
    return builder.function


def carried_in_a_chain(count: int) -> Function:
    """A loop that shifts many values on, each from the one before, and adds them all up."""
    builder = Builder(Module().new_function("main", [I64]))
    limit = builder.param(I64)
    zeros = [builder.const(I64, 0)] * count
    header, body, exit = (builder.new_block() for _ in range(3))
    builder.jump(header, *zeros)
    values = [builder.param(I64, block=header) for _ in range(count)]
    builder.at(header).branch(builder.emit("lt", values[0], limit), body, exit)
    builder.at(body)
    total = values[0]
    for value in values:
        total = builder.emit("max", total, value)
    builder.jump(header, builder.emit("add", values[0], builder.const(I64, 1)), *values[:-1])
    builder.at(exit).ret(values[-1])
    return builder.function


def straight_line(count: int) -> Function:
    builder = Builder(Module().new_function("main", [F64]))
    value = builder.param(F64)
    for _ in range(count):
        value = builder.emit("add", value, builder.emit("abs", value))
    builder.ret(value)
    return builder.function


@pytest.mark.parametrize(
    ("program", "count"),
    [(loops_in_a_row, 60), (nested_loops, 40), (carried_in_a_chain, 120), (straight_line, 500)],
    ids=lambda item: getattr(item, "__name__", str(item)),
)
def test_work_grows_with_the_program(program, count):
    assert_linear(lambda size: run_on(program(size)), count)
