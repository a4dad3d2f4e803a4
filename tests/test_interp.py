"""The interpreter: order, comprehensions, calls, limits, memory, and the assertions that make it an oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ssair.fact_assertions import FactViolation
from ssair.facts import int_fact
from ssair.interp import DepthExceeded, Outcome, StepsExceeded, default_argument, execute, to_argument
from ssair.ir import Function, Module, Param
from ssair.memory import MemoryFault
from ssair.parser import parse_module
from ssair.traps import AssertTrap, DivideTrap, IndexTrap, SizeTrap
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of


def run(text: str, *args: Any, verified: bool = True, **options: Any) -> Outcome:
    return execute(parse_module(text, verified=verified), args, **options)


def results(text: str, *args: Any) -> list[Any]:
    outcome = run(text, *args)
    assert outcome.results is not None
    return [value.tolist() for value in outcome.results]


# ---- control ------------------------------------------------------------------------------------------------------

SWAP = """
func @swap -> (i64, i64) {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: i64{2} = const 2
  v3: i64{0} = const 0
  jump bb1(v3, v1, v2)
bb1(v4: i64, v5: i64, v6: i64):
  v7: bool = lt v4, v0
  branch v7, bb2, bb3
bb2:
  v8: i64 = add v4, v1
  jump bb1(v8, v6, v5)
bb3:
  return v5, v6
}
"""


def test_block_arguments_are_parallel() -> None:
    assert results(SWAP, 0) == [1, 2]
    assert results(SWAP, 1) == [2, 1]
    assert results(SWAP, 4) == [1, 2]


def test_steps_are_instructions_and_terminators() -> None:
    outcome = run(SWAP, 2)
    assert outcome.steps == 4 + 2 * (2 + 2) + 2 + 1


def test_steps_before_a_trap_are_counted_with_the_check_that_fails() -> None:
    text = """
entry @main

site 0: divide

func @same -> i64 {
bb0(v0: i64):
  return v0
}

func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: i64 = call @same(v1)
  v3: i64 = add v2, v1
  v4: i64{nonzero} = check_nonzero v0, v3 @0
  v5: i64 = add v4, v1
  return v5
}
"""
    outcome = run(text, 0)
    assert outcome.trap is not None and outcome.steps == 5 and outcome.checks == {0: 1}
    assert run(text, 7).steps == 7


SWITCH = """
func @which -> i64 {
bb0(v0: i64):
  v1: i64{10} = const 10
  v2: i64{20} = const 20
  v3: i64{30} = const 30
  switch v0, [-1: bb1(v1), 7: bb1(v2)], bb1(v3)
bb1(v4: i64):
  return v4
}
"""


@pytest.mark.parametrize(("value", "wanted"), [(-1, 10), (7, 20), (0, 30), (1, 30), (-(2**63), 30)])
def test_switch(value: int, wanted: int) -> None:
    assert results(SWITCH, value) == [wanted]


# ---- comprehensions -----------------------------------------------------------------------------------------------

TABLE = """
func @table -> (i64[:,:], bool[:,:]) {
bb0(v0: i64{..2^47} static, v1: i64{..2^47} static):
  forall (v0, v1), bb1, bb2
bb1(v2: i64{0..}, v3: i64{0..}):
  v4: i64{10} = const 10
  v5: i64 = mul v2, v4
  v6: i64 = add v5, v3
  v7: bool = lt v2, v3
  yield v6, v7
bb2(v8: i64[:,:], v9: bool[:,:]):
  return v8, v9
}
"""


def test_a_comprehension_of_two_dimensions_gives_each_of_its_values() -> None:
    assert results(TABLE, 2, 3) == [[[0, 1, 2], [10, 11, 12]], [[False, True, True], [False, False, True]]]


EMPTY = [(0, 3, (0, 3)), (2, 0, (2, 0)), (-1, 2, (0, 2)), (0, 0, (0, 0))]


@pytest.mark.parametrize(("rows", "columns", "shape"), EMPTY)
def test_an_empty_comprehension_has_its_shape_and_type(rows: int, columns: int, shape: tuple[int, int]) -> None:
    outcome = run(TABLE, rows, columns)
    assert outcome.results is not None
    assert [value.shape for value in outcome.results] == [shape, shape]
    assert [value.dtype for value in outcome.results] == [np.dtype("int64"), np.dtype("bool")]


NESTED = """
func @nested -> i64[:,:] {
bb0(v0: i64{0..9} static, v1: i64{0..9} static):
  forall (v0 | v1), bb1, bb4
bb1(v2: i64{0..}):
  forall (v1), bb2, bb3
bb2(v3: i64{0..}):
  v4: i64 = sub v2, v3
  yield v4
bb3(v5: i64[:]):
  yield v5
bb4(v6: i64[:,:]):
  return v6
}
"""


def test_comprehensions_nest_and_have_arrays_as_elements() -> None:
    assert results(NESTED, 2, 3) == [[[0, -1, -2], [1, 0, -1]]]


@pytest.mark.parametrize(("outer", "inner"), [(0, 3), (2, 0), (0, 0)])
def test_an_empty_comprehension_of_arrays_has_the_shape_of_its_elements(outer: int, inner: int) -> None:
    outcome = run(NESTED, outer, inner)
    assert outcome.results is not None and outcome.results[0].shape == (outer, inner)


LOOP_IN_A_COMPREHENSION = """
func @triangles -> i64[:] {
bb0(v0: i64{0..9} static):
  v1: i64{0} = const 0
  v2: i64{1} = const 1
  forall (v0), bb1, bb5
bb1(v3: i64{0..}):
  jump bb2(v1, v1)
bb2(v4: i64, v5: i64):
  v6: bool = le v4, v3
  branch v6, bb3, bb4
bb3:
  v7: i64 = add v4, v2
  v8: i64 = add v5, v4
  jump bb2(v7, v8)
bb4:
  yield v5
bb5(v9: i64[:]):
  return v9
}
"""


def test_a_body_has_blocks_of_its_own() -> None:
    assert results(LOOP_IN_A_COMPREHENSION, 5) == [[0, 1, 3, 6, 10]]


# ---- calls --------------------------------------------------------------------------------------------------------

CALLS = """
entry @main

func @divmod -> (i64, i64) {
bb0(v0: i64, v1: i64):
  v2: i64 = floordiv v0, v1
  v3: i64 = mod v0, v1
  return v2, v3
}

func @shout {
bb0(v0: i64):
  v1: () = print "shout ", v0
  return
}

func @main -> i64 {
bb0(v0: i64, v1: i64):
  v2: () = call @shout(v0)
  v3: (i64, i64) = call @divmod(v0, v1)
  v4: i64 = get v3, 0
  v5: i64 = get v3, 1
  v6: i64 = sub v4, v5
  v7: () = call @shout(v6)
  return v6
}
"""


def test_calls_give_none_one_or_many_results_in_order() -> None:
    outcome = run(CALLS, 17, 5)
    assert outcome.results == (1,)
    assert outcome.output == ["shout 17", "shout 1"]


COUNT = """
func @count -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: bool = le v0, v1
  branch v2, bb1, bb2
bb1:
  return v1
bb2:
  v3: i64{1} = const 1
  v4: i64 = sub v0, v3
  v5: i64 = call @count(v4)
  v6: i64 = add v5, v3
  return v6
}
"""


def test_deep_calls_take_no_python_stack_and_have_a_limit() -> None:
    assert run(COUNT, 9_999).results == (9_999,)
    with pytest.raises(DepthExceeded, match="count"):
        run(COUNT, 10_000)
    assert run(COUNT, 19, max_depth=20).results == (19,)
    with pytest.raises(DepthExceeded):
        run(COUNT, 20, max_depth=20)


FOREVER = """
func @forever {
bb0:
  jump bb1
bb1:
  jump bb1
}
"""


def test_endless_loops_end_at_the_limit_asked_for() -> None:
    with pytest.raises(StepsExceeded):
        run(FOREVER, max_steps=1000)
    with pytest.raises(StepsExceeded):
        run(SWAP, 10**12, max_steps=1000)
    assert run(SWAP, 10, max_steps=1000).results == (1, 2)


# ---- traps and output ---------------------------------------------------------------------------------------------

TRAPS = """
site 0: index at 2:3-2:8 dimension 1
site 1: divide at 3:1-3:4
site 2: assert at 4:1-4:9 "positive"

func @main -> i64 {
bb0(v0: i64, v1: i64, v2: bool):
  v3: () = print "before ", v0
  v4: i64{0..} = check_index v0, v1 @0
  v5: i64{nonzero} = check_nonzero v4, v1 @1
  v6: bool{true} = check v2 @2
  v7: () = print "after ", v5
  return v5
}
"""


def test_what_was_printed_before_a_trap_stays_printed() -> None:
    outcome = run(TRAPS, 5, 3, True)
    assert outcome.results is None and outcome.output == ["before 5"]
    assert isinstance(outcome.trap, IndexTrap) and isinstance(outcome.trap, IndexError)
    assert outcome.trap.kind == "index" and outcome.trap.values == (5, 3, 1) and outcome.trap.line == 2


def test_the_first_trap_is_reported() -> None:
    assert isinstance(run(TRAPS, -1, 3, False).trap, IndexTrap)
    zero = run(TRAPS, 0, 3, False).trap
    assert isinstance(zero, DivideTrap) and zero.values == (3,) and zero.line == 3
    failed = run(TRAPS, 1, 3, False).trap
    assert isinstance(failed, AssertTrap) and failed.values == ("positive",) and "positive" in str(failed)
    assert run(TRAPS, 1, 3, True).output == ["before 1", "after 1"]


def test_lines_are_seen_as_they_are_printed() -> None:
    seen: list[str] = []
    run(TRAPS, 5, 3, True, on_print=seen.append)
    assert seen == ["before 5"]


ELEMENTWISE_TRAP = """
site 0: divide at 1:1-1:2
site 1: size at 1:1-1:2

func @main -> i64[:] {
bb0(v0: i64[:], v1: i64[:]):
  v2: i64{0..2^47} = dim v0, 0
  v3: i64{0..2^47} = dim v1, 0
  v4: i64{0..2^47} = check_equal v2, v3 @1
  v5: i64[:]{nonzero} = check_nonzero v1, v0 @0
  v6: i64[:] = floordiv v0, v5
  return v6
}
"""


def test_traps_of_arrays_say_where() -> None:
    assert results(ELEMENTWISE_TRAP, [7, 8], [2, -3]) == [[3, -3]]
    trap = run(ELEMENTWISE_TRAP, [7, 8, 9], [1, 0, 0]).trap
    assert isinstance(trap, DivideTrap) and trap.values == (8,) and trap.position == (1,)
    sizes = run(ELEMENTWISE_TRAP, [7, 8], [1]).trap
    assert isinstance(sizes, SizeTrap) and sizes.values == (2, 1)


# ---- the oracle ---------------------------------------------------------------------------------------------------


def faulty(fact: str, line: str = "add v0, v1", result: str = "i64") -> str:
    return f"func @f -> {result} {{\nbb0(v0: i64, v1: i64):\n  v2: {result}{fact} = {line}\n  return v2\n}}\n"


@pytest.mark.parametrize(
    ("text", "args"),
    [
        (faulty("{0..9}"), (5, 5)),
        (faulty("{nonzero}"), (5, -5)),
        (faulty("{true}", "lt v0, v1", "bool"), (5, 5)),
        (faulty("{1.0..2.0}", "convert v0", "f64"), (3, 0)),
    ],
)
def test_a_value_outside_its_fact_is_found(text: str, args: tuple[int, int]) -> None:
    with pytest.raises(FactViolation, match="v2"):
        run(text, *args, verified=False)
    assert run(text, *args, verified=False, check_facts=False).results is not None


def test_a_parameter_outside_its_fact_is_found_and_named() -> None:
    text = "func @f -> i64 {\nbb0(v0: i64, v1: i64{0..}):\n  return v1\n}\n"
    assert results(text, -5, 5) == [5]
    with pytest.raises(FactViolation, match="v1 param"):
        run(text, 5, -5)


def test_an_element_outside_the_fact_of_its_array_is_found() -> None:
    text = "func @f -> i64 {\nbb0(v0: f32[:]{0.1..1.0}):\n  v1: i64{0..2^47} = dim v0, 0\n  return v1\n}\n"
    assert run(text, [0.2, 1.0]).results == (2,)
    assert run(text, []).results == (0,)
    for wrong in (0.0, 1.5, -0.0, np.nan):
        with pytest.raises(FactViolation, match="element"):
            run(text, [0.5, wrong])


def test_the_bounds_of_an_f32_are_not_rounded() -> None:
    text = "func @f -> f32 {\nbb0(v0: f32{..0.1}):\n  return v0\n}\n"
    with pytest.raises(FactViolation):
        run(text, np.float32(0.1))  # a little more than 0.1
    with pytest.raises(FactViolation):
        run(text.replace("f32", "f32[:]"), [0.1])


def test_the_result_of_a_call_outside_its_fact_is_found() -> None:
    text = """
entry @main

func @same -> i64 {
bb0(v0: i64):
  return v0
}

func @main -> i64 {
bb0(v0: i64):
  v1: i64{0..5} = call @same(v0)
  return v1
}
"""
    assert run(text, 5, verified=False).results == (5,)
    with pytest.raises(FactViolation, match="v1"):
        run(text, 6, verified=False)


@pytest.mark.parametrize(
    ("type", "predicate", "left", "right"),
    [
        ("i64", "lt", 3, 3),
        ("i64", "nge", 3, 3),
        ("i64", "eq", 3, 4),
        ("f64", "ge", float("nan"), 1.0),
        ("f64", "nlt", 0.5, 1.0),
        ("f64", "ne", 0.0, -0.0),
        ("bool", "eq", True, False),
    ],
)
def test_a_refinement_that_does_not_hold_is_found(type: str, predicate: str, left: object, right: object) -> None:
    text = f"func @f {{\nbb0(v0: {type}, v1: {type}):\n  v2: {type} = refine v0 {predicate} v1\n  return\n}}\n"
    with pytest.raises(FactViolation, match="does not hold"):
        run(text, left, right, verified=False)


@pytest.mark.parametrize(
    ("predicate", "left", "right"),
    [("nlt", float("nan"), 1.0), ("nlt", 1.0, 1.0), ("ne", float("nan"), float("nan")), ("eq", 0.0, -0.0)],
)
def test_a_refinement_that_holds_gives_its_operand(predicate: str, left: float, right: float) -> None:
    text = f"func @f -> f64 {{\nbb0(v0: f64, v1: f64):\n  v2: f64 = refine v0 {predicate} v1\n  return v2\n}}\n"
    outcome = run(text, left, right, verified=False)
    assert outcome.results is not None and repr(outcome.results[0].item()) == repr(left)


def test_a_narrowing_is_asserted() -> None:
    text = "func @f -> i64 {\nbb0(v0: i64):\n  v1: i64{0..9} = narrow v0\n  return v1\n}\n"
    assert results(text, 9) == [9]
    with pytest.raises(FactViolation, match="v1"):
        run(text, 10)


# ---- memory -------------------------------------------------------------------------------------------------------

MEMORY = """
func @memory -> i64 {
bb0(v0: i64, v1: i64, v2: i64):
  v3: ptr<i64> = alloc v0
  v4: ptr<i64> = ptradd v3, v1
  v5: mem = memory
  v6: mem = store v4, v2, v5
  v7: ptr<i64> = ptradd v4, v2
  v8: i64 = load v7, v6
  v9: mem = free v3, v6
  return v8
}
"""


def test_memory_is_written_and_read() -> None:
    outcome = run(MEMORY, 4, 3, 0)
    assert outcome.results == (0,) and outcome.live == 0


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((0, 0, 0), "allocate"),
        ((-1, 0, 0), "allocate"),
        ((4, 4, 0), "outside"),
        ((4, -1, 0), "outside"),
        ((4, 0, 1), "never written"),
        ((4, 0, -1), "outside"),
    ],
)
def test_faults_of_memory(args: tuple[int, int, int], message: str) -> None:
    with pytest.raises(MemoryFault, match=message):
        run(MEMORY, *args)


def memory_program(*lines: str) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    head = "  v0: i64{1} = const 1\n  v1: ptr<i64> = alloc v0\n  v2: mem = memory\n"
    return f"func @f {{\nbb0:\n{head}{body}  return\n}}\n"


@pytest.mark.parametrize(
    "lines",
    [
        ("v3: mem = free v1, v2", "v4: mem = free v1, v3"),
        ("v3: mem = free v1, v2", "v4: mem = store v1, v0, v3"),
        ("v3: mem = store v1, v0, v2", "v4: mem = free v1, v3", "v5: i64 = load v1, v4"),
        ("v3: ptr<i64> = ptradd v1, v0", "v4: mem = free v3, v2"),
    ],
)
def test_faults_after_the_end_of_a_region(lines: tuple[str, ...]) -> None:
    with pytest.raises(MemoryFault):
        run(memory_program(*lines))


def test_regions_that_are_not_freed_are_counted() -> None:
    assert run(memory_program("v3: ptr<i64> = alloc v0")).live == 2


def test_pointers_are_arguments_too() -> None:
    text = """
entry @main

func @put -> ptr<i64> {
bb0(v0: ptr<i64>, v1: i64):
  v2: mem = memory
  v3: mem = store v0, v1, v2
  return v0
}

func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: ptr<i64> = alloc v1
  v3: ptr<i64> = call @put(v2, v0)
  v4: mem = memory
  v5: i64 = load v3, v4
  return v5
}
"""
    assert results(text, 42) == [42]


# ---- arguments ----------------------------------------------------------------------------------------------------


def parameter(type: Type) -> Param:
    function = Function("f", (), Module())
    return function.new_block().add_param(type, int_fact(0, 0))


@pytest.mark.parametrize(
    ("type", "value", "wanted"),
    [
        (I64, 3, np.int64(3)),
        (I32, np.int64(3), np.int32(3)),
        (F32, 0.1, np.float32(0.1)),
        (F64, 3, np.float64(3)),
        (BOOL, True, np.bool_(True)),
        (array_of(I32, 1), [1, 2], np.array([1, 2], np.int32)),
        (array_of(I32, 1), [], np.array([], np.int32)),
        (array_of(F64, 2), [[1, 2]], np.array([[1.0, 2.0]])),
    ],
    ids=str,
)
def test_arguments_get_the_exact_type(type: Type, value: Any, wanted: Any) -> None:
    argument = to_argument(parameter(type), value)
    assert argument.dtype == wanted.dtype and argument.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("type", "value", "error"),
    [
        (I64, 1.5, TypeError),
        (BOOL, 1, TypeError),
        (I64, [1], TypeError),
        (I64, "1", TypeError),
        (array_of(I64, 1), 1, TypeError),
        (array_of(I64, 2), [1], TypeError),
        (array_of(I64, 1), [0.5], TypeError),
        (I32, 2**31, OverflowError),
        (I64, 2**63, OverflowError),
        (array_of(I32, 1), np.array([2**40]), OverflowError),
    ],
    ids=str,
)
def test_arguments_are_never_cut(type: Type, value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        to_argument(parameter(type), value)


def test_the_number_of_arguments_is_checked() -> None:
    with pytest.raises(TypeError, match="@swap takes 1"):
        run(SWAP)


def test_an_argument_array_is_not_changed() -> None:
    text = """
func @f -> i64[:] {
bb0(v0: i64[:], v1: i64):
  v2: i64[:] = update v0, v1, v1
  return v2
}
"""
    given = np.arange(3)
    assert results(text, given, 1) == [[0, 1, 2]]
    assert given.tolist() == [0, 1, 2]


def test_default_arguments() -> None:
    assert default_argument(F32) == np.float32(0) and default_argument(F32).dtype == np.float32
    assert default_argument(array_of(BOOL, 2)).shape == (0, 0)
