"""The builder: what it emits where, and which refinements it makes, when and in which order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import assert_linear

from ssair.builder import Builder
from ssair.facts import int_fact, top
from ssair.ir import Block, Function, Instr, Module, Value
from ssair.ops import REFINE
from ssair.refinement import is_constant
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F64, I64
from ssair.verifier import verify


def start(*params: str) -> tuple[Builder, list[Value]]:
    module = Module()
    builder = Builder(module.new_function("f", [I64]))
    return builder, [builder.param(BOOL if name == "c" else F64 if name == "z" else I64) for name in params]


def names(block: Block) -> list[str]:
    return [instr.op.name for instr in block.instrs]


def finished(builder: Builder, result: Value) -> Function:
    """The function, after every block without end got one; verified."""
    for block in builder.function.blocks:
        if block.terminator is None:
            builder.at(block).ret(result)
    verify(builder.function.module)
    return builder.function


# ---- the cursor ---------------------------------------------------------------------------------------------------


def test_the_cursor_is_at_the_end_or_before_an_instruction() -> None:
    builder, (x, y) = start("x", "y")
    assert builder.block is builder.function.entry
    last = builder.emit("add", x, y)
    builder.at(builder.block, 0)
    for name in ("sub", "mul"):
        builder.emit(name, x, y)
    assert names(builder.block) == ["sub", "mul", "add"]
    builder.at(builder.block).emit("neg", last)
    assert names(builder.block) == ["sub", "mul", "add", "neg"]
    assert builder.at(builder.block) is builder


def test_a_builder_of_a_function_with_blocks_starts_at_its_entry() -> None:
    builder, _ = start()
    builder.new_block()
    again = Builder(builder.function)
    assert again.block is builder.function.entry and len(builder.function.blocks) == 2


def test_equal_constants_of_a_block_are_one_instruction() -> None:
    builder, _ = start()
    one = builder.const(I64, 1)
    assert builder.const(I64, 1) is one
    assert builder.const(F64, 1.0) is not one and builder.const(BOOL, True) is not one
    assert builder.const(F64, 0.0) is not builder.const(F64, -0.0)
    assert builder.const(F64, float("nan")) is builder.const(F64, float("nan"))
    builder.at(builder.new_block())
    assert builder.const(I64, 1) is not one, "another block may not be dominated"
    builder.at(builder.function.entry, 0)
    first = builder.const(I64, 1)
    assert first is not one and builder.block.instrs[0] is first, "the one there stands too late"


def test_emitting_computes_types_and_facts_and_takes_the_span() -> None:
    builder, (x,) = start("x")
    builder.span = builder.function.module.new_span(1, 2, 3, 4)
    five = builder.emit("and", x, builder.const(I64, 5))
    assert five.type is I64 and five.fact == int_fact(0, 5) and five.span == builder.span
    assert builder.emit("neg", x, span=-1).span == -1
    with pytest.raises(TypeFault):
        builder.emit("and", x, builder.const(F64, 1.0))


def test_a_block_has_one_terminator() -> None:
    builder, (x,) = start("x")
    builder.ret(x)
    with pytest.raises(AssertionError, match="terminator already"):
        builder.ret(x)


def test_parameters_are_as_narrow_as_what_comes_in() -> None:
    builder, (x,) = start("x")
    join = builder.new_block()
    param = builder.param(I64, block=join)
    assert param.fact == top(I64) and builder.param(I64, int_fact(0, 1)).fact == int_fact(0, 1)
    builder.tighten(join, [[builder.const(I64, 3)], [builder.const(I64, 7)]])
    assert param.fact == int_fact(3, 7)
    builder.tighten(join, [[x]])
    assert param.fact == int_fact(3, 7), "what was known stays known"


def test_incoming_edges_are_known_while_building() -> None:
    builder, (c,) = start("c")
    entry, join = builder.block, builder.new_block()
    assert builder.incoming == {}
    builder.branch(c, join, join)
    assert [(way.source, way.index) for way in builder.incoming[join]] == [(entry, 0), (entry, 1)]


# ---- arms ---------------------------------------------------------------------------------------------------------


def branch(builder: Builder, condition: Value) -> tuple[Block, Block]:
    arms = builder.new_block(), builder.new_block()
    builder.branch(condition, *arms)
    return arms


def test_what_nobody_asks_for_is_not_refined() -> None:
    builder, (x, y) = start("x", "y")
    condition = builder.emit("lt", x, y)
    left, right = branch(builder, condition)
    for block, holds in ((left, True), (right, False)):
        builder.at(block)
        with builder.arm(condition, holds):
            pass
    assert names(left) == names(right) == []
    finished(builder, x)


def test_a_refinement_is_made_at_the_head_when_first_asked_for_and_then_shared() -> None:
    builder, (x, y) = start("x", "y")
    condition = builder.emit("lt", x, y)
    left, right = branch(builder, condition)
    builder.at(left)
    with builder.arm(condition, True):
        builder.emit("neg", y)
        newest = builder.newest(x)
        assert names(left) == ["refine", "neg"]
        assert builder.newest(x) is newest and builder.newest(newest) is newest
        assert isinstance(newest, Instr) and newest.args == (x, y) and newest.aux == "lt"
    assert builder.newest(x) is x, "nothing is inserted at joins"
    builder.at(right)
    with builder.arm(condition, False):
        other = builder.newest(x)
        assert isinstance(other, Instr) and other.aux == "ge"
    finished(builder, x)


def test_arms_nest_and_refine_what_is_known_already() -> None:
    builder, (x,) = start("x")
    outer = builder.emit("gt", x, builder.const(I64, 0))
    left, _ = branch(builder, outer)
    builder.at(left)
    with builder.arm(outer, True):
        inner = builder.emit("lt", builder.newest(x), builder.const(I64, 10))
        within, beside = branch(builder, inner)
        builder.at(within)
        with builder.arm(inner, True):
            newest = builder.newest(x)
            assert newest.fact == int_fact(1, 9)
            assert isinstance(newest, Instr) and newest.args[0] is left.instrs[0]
        builder.at(beside)
        with builder.arm(inner, False):
            assert builder.newest(x).fact == int_fact(10, 2**63 - 1)
        assert builder.newest(x) is left.instrs[0]
    finished(builder, x)


def test_a_refinement_of_an_outer_arm_is_made_in_the_outer_arm() -> None:
    builder, (x, y) = start("x", "y")
    outer = builder.emit("gt", x, builder.const(I64, 0))
    left, _ = branch(builder, outer)
    builder.at(left)
    with builder.arm(outer, True):
        inner = builder.emit("lt", y, builder.const(I64, 10))
        within, _ = branch(builder, inner)
        builder.at(within)
        with builder.arm(inner, True):
            used = builder.newest(x)
            assert used.block is left and names(within) == []
    finished(builder, x)


def test_several_relations_of_one_value_are_stated_one_after_another() -> None:
    builder, (x,) = start("x")
    low, high = builder.const(I64, 0), builder.const(I64, 9)
    condition = builder.emit("and", builder.emit("ge", x, low), builder.emit("le", x, high))
    left, _ = branch(builder, condition)
    builder.at(left)
    with builder.arm(condition, True):
        assert builder.newest(x).fact == int_fact(0, 9)
        assert names(left) == ["refine", "refine"]
    finished(builder, x)


def test_the_condition_is_known_in_its_arms() -> None:
    builder, (c,) = start("c")
    left, right = branch(builder, c)
    for block, holds in ((left, True), (right, False)):
        builder.at(block)
        with builder.arm(c, holds):
            assert builder.newest(c).fact.constant is holds
            assert names(block) == ["const", "refine"]
    finished(builder, builder.at(builder.function.entry, 0).const(I64, 0))


def test_constants_are_not_refined() -> None:
    builder, (x,) = start("x")
    five = builder.const(I64, 5)
    condition = builder.emit("eq", x, five)
    left, _ = branch(builder, condition)
    builder.at(left)
    with builder.arm(condition, True):
        assert builder.newest(five) is five
        assert builder.newest(x).fact.constant == 5
    finished(builder, x)


def test_the_cursor_stays_where_it_is_while_heads_grow() -> None:
    builder, (x, y) = start("x", "y")
    condition = builder.emit("lt", x, y)
    left, _ = branch(builder, condition)
    builder.at(left)
    with builder.arm(condition, True):
        builder.emit("neg", y)
        builder.emit("abs", y)
        builder.at(left, 1)
        builder.newest(x)
        builder.emit("sign", y)
        builder.newest(y)
        builder.emit("not", condition)
    assert names(left) == ["refine", "refine", "neg", "sign", "not", "abs"]
    finished(builder, x)


def test_what_is_known_of_other_versions_counts() -> None:
    builder, (x, y) = start("x", "y")
    first = builder.emit("ge", x, y)
    left, _ = branch(builder, first)
    builder.at(left)
    with builder.arm(first, True):
        version = builder.newest(x)
        second = builder.emit("ne", version, y)
        within, _ = branch(builder, second)
        builder.at(within)
        with builder.arm(second, True):
            assert builder.newest(x) is builder.newest(version)
            assert isinstance(builder.newest(x), Instr)
            assert builder.newest(x) is not version
    finished(builder, x)


def test_an_arm_is_left_when_building_it_fails() -> None:
    builder, (x, y) = start("x", "y")
    condition = builder.emit("lt", x, y)
    left, _ = branch(builder, condition)
    builder.at(left)
    with pytest.raises(TypeFault), builder.arm(condition, True):
        builder.emit("add", builder.newest(x), builder.const(F64, 1.0))
    assert builder.newest(x) is x


# ---- checks -------------------------------------------------------------------------------------------------------


def site(builder: Builder, kind: str) -> int:
    return builder.function.module.new_site(kind)


def test_the_result_of_a_check_is_the_newest_version() -> None:
    builder, (x, n) = start("x", "n")
    checked = builder.emit("check_index", x, n, aux=site(builder, "index"))
    assert builder.newest(x) is checked and builder.newest(checked) is checked and builder.newest(n) is n
    again = builder.emit("check_nonzero", builder.newest(x), n, aux=site(builder, "divide"))
    assert builder.newest(x) is again and again.fact == int_fact(1, 2**63 - 2)
    finished(builder, again)


def test_a_check_in_an_arm_is_forgotten_behind_it() -> None:
    builder, (x, n) = start("x", "n")
    condition = builder.emit("lt", x, n)
    left, _ = branch(builder, condition)
    builder.at(left)
    with builder.arm(condition, True):
        refined = builder.newest(x)
        checked = builder.emit("check_index", refined, n, aux=site(builder, "index"))
        assert builder.newest(x) is checked
    assert builder.newest(x) is x
    builder.enter_scope()
    checked = builder.at(builder.new_block()).emit("check_index", x, n, aux=site(builder, "index"))
    assert builder.newest(x) is checked
    builder.leave_arm()
    assert builder.newest(x) is x


def test_an_assertion_teaches_from_its_place_on() -> None:
    builder, (x, n) = start("x", "n")
    condition = builder.emit("lt", x, n)
    builder.emit("check", condition, aux=site(builder, "assert"))
    newest = builder.newest(x)
    assert isinstance(newest, Instr) and newest.op is REFINE and newest.aux == "lt"
    assert names(builder.block) == ["lt", "check", "refine", "refine"]
    assert builder.newest(condition).fact.constant is True
    finished(builder, newest)


def test_an_assertion_of_several_things_teaches_all() -> None:
    builder, (x, c) = start("x", "c")
    condition = builder.emit("and", builder.emit("not", c), builder.emit("gt", x, builder.const(I64, 3)))
    builder.emit("check", condition, aux=site(builder, "assert"))
    assert builder.newest(x).fact == int_fact(4, 2**63 - 1)
    assert builder.newest(c).fact.constant is False
    refined = [instr.args[0].origin() for instr in builder.block.instrs if instr.op is REFINE]
    assert not any(is_constant(origin) for origin in refined)
    finished(builder, x)


# ---- scale --------------------------------------------------------------------------------------------------------


def nested_arms(count: int) -> None:
    """Ifs in ifs that each know more of one value."""
    builder, (x,) = start("x")
    for index in range(count):
        condition = builder.emit("gt", builder.newest(x), builder.const(I64, index))
        left, _ = branch(builder, condition)
        builder.at(left)
        builder.enter_arm(condition, True)
    for _ in range(count):
        builder.leave_arm()
    assert builder.newest(x) is x


def many_checks(count: int) -> None:
    """One value is checked again and again."""
    builder, (x, n) = start("x", "n")
    for _ in range(count):
        builder.emit("check_index", builder.newest(x), n, aux=0)


@pytest.mark.parametrize("build", [nested_arms, many_checks])
def test_time_is_linear(build: Callable[[int], None]) -> None:
    assert_linear(build, 500)
