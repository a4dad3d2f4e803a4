"""What conditions and edges teach."""

from __future__ import annotations

import sys

import pytest

from ssair.builder import Builder
from ssair.ir import Function, Instr, Module, Value
from ssair.ops import COMPARISONS, REFINE, SWAPPED, negated
from ssair.refinement import Relation, edge_relations, is_constant, refinement, relations
from ssair.semantics import MEANINGS, to_runtime
from ssair.types import BOOL, F64, I64, Type, array_of


def start(*types: Type) -> tuple[Builder, list[Value]]:
    builder = Builder(Module().new_function("f"))
    return builder, [builder.param(type) for type in types]


def told(relation: Relation) -> tuple[str, str, str]:
    value, predicate, other = relation
    return str(value), predicate, str(other)


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("type", [I64, F64, BOOL], ids=str)
@pytest.mark.parametrize("holds", [True, False])
def test_a_comparison_teaches_both_sides(name: str, type: Type, holds: bool) -> None:
    builder, (x, y) = start(type, type)
    condition = builder.emit(name, x, y)
    predicate = name if holds else negated(name, type)
    assert relations(condition, holds) == [
        Relation(condition, "eq", holds),
        Relation(x, predicate, y),
        Relation(y, SWAPPED[predicate], x),
    ]


@pytest.mark.parametrize("name", COMPARISONS)
def test_relations_are_true_of_values(name: str) -> None:
    values = [float("-inf"), -1.0, -0.0, 0.0, 2.0, float("nan")]
    builder, (x, y) = start(F64, F64)
    condition = builder.emit(name, x, y)
    for a, b in ((a, b) for a in values for b in values):
        runtime = {x: to_runtime(F64, a), y: to_runtime(F64, b)}
        holds = bool(MEANINGS[name](BOOL, None, runtime[x], runtime[y]))
        for value, predicate, other in relations(condition, holds)[1:]:
            assert isinstance(other, Value)
            positive = predicate in COMPARISONS
            found = MEANINGS[predicate if positive else predicate[1:]](BOOL, None, runtime[value], runtime[other])
            assert bool(found) is positive


def test_negations_conjunctions_and_disjunctions_are_looked_through() -> None:
    builder, (a, b, c) = start(BOOL, BOOL, BOOL)
    both = builder.emit("and", a, builder.emit("not", b))
    assert [told(r) for r in relations(both, True)] == [
        ("v4", "eq", "True"),
        ("v0", "eq", "True"),
        ("v3", "eq", "True"),
        ("v1", "eq", "False"),
    ]
    assert [told(r) for r in relations(both, False)] == [("v4", "eq", "False")]
    either = builder.emit("or", b, c)
    assert [told(r) for r in relations(either, False)][1:] == [("v1", "eq", "False"), ("v2", "eq", "False")]
    assert len(relations(either, True)) == 1


def test_what_is_said_of_constants_is_said_too() -> None:
    builder, (x,) = start(I64)
    five = builder.const(I64, 5)
    found = relations(builder.emit("lt", x, five), True)
    assert [told(r) for r in found][1:] == [("v0", "lt", "v1"), ("v1", "gt", "v0")]
    assert is_constant(five) and not is_constant(x)


def test_a_number_that_is_not_nan_equals_itself() -> None:
    builder, (x,) = start(F64)
    test = builder.emit("isnan", x)
    assert relations(test, False)[1:] == [Relation(x, "eq", x)]
    assert len(relations(test, True)) == 1
    assert relations(builder.emit("eq", x, x), True)[1:] == [Relation(x, "eq", x)]


def test_conditions_that_are_refined_are_looked_through() -> None:
    builder, (x, y) = start(I64, I64)
    condition = builder.emit("lt", x, y)
    refined = builder.emit("refine", condition, builder.const(BOOL, True), aux="eq")
    assert relations(refined, True)[1:] == relations(condition, True)[1:]


def test_arrays_teach_nothing() -> None:
    builder, (xs, ys) = start(array_of(F64, 1), array_of(F64, 1))
    condition = builder.emit("all", builder.emit("lt", xs, ys))
    assert len(relations(condition, True)) == 1


def test_shared_and_deep_conditions_take_linear_time() -> None:
    builder, (x, y) = start(BOOL, BOOL)
    shared = x
    for _ in range(100):
        shared = builder.emit("and", shared, shared)
    assert len(relations(shared, True)) == 101
    deep: Value = x
    for _ in range(2 * sys.getrecursionlimit()):
        deep = builder.emit("or", deep, y)
    assert len(relations(deep, False)) == 2 * sys.getrecursionlimit() + 2


# ---- edges --------------------------------------------------------------------------------------------------------


def test_the_edges_of_a_branch() -> None:
    builder, (x, y) = start(I64, I64)
    condition, target = builder.emit("lt", x, y), builder.new_block()
    builder.branch(condition, target, target)
    for index, holds in ((0, True), (1, False)):
        assert edge_relations(builder.block, index) == relations(condition, holds)


def test_the_edges_of_a_switch() -> None:
    builder, (x,) = start(I64)
    target = builder.new_block()
    builder.switch(x, [(3, target), (-1, target)], target)
    assert edge_relations(builder.block, 0) == [Relation(x, "eq", 3)]
    assert edge_relations(builder.block, 1) == [Relation(x, "eq", -1)]
    assert edge_relations(builder.block, 2) == [Relation(x, "ne", 3), Relation(x, "ne", -1)]


def test_the_edges_of_a_comprehension() -> None:
    builder, (n,) = start(I64)
    body, after = builder.new_block(), builder.new_block()
    index = builder.param(I64, block=body)
    builder.forall([n], body, after)
    assert [told(r) for r in edge_relations(builder.block, 0)] == [
        (str(index), "lt", str(n)),
        (str(n), "gt", str(index)),
        (str(n), "gt", "0"),
    ]
    assert edge_relations(builder.block, 1) == []


def test_a_jump_teaches_nothing() -> None:
    builder, _ = start()
    builder.jump(builder.new_block())
    assert edge_relations(builder.block, 0) == []


# ---- instructions -------------------------------------------------------------------------------------------------


def test_the_instructions_that_state_a_relation() -> None:
    builder, (x, y, c) = start(I64, I64, BOOL)
    function: Function = builder.function
    (lone,) = refinement(function, x, Relation(x, "lt", y), 5)
    assert isinstance(lone, Instr) and (lone.op, lone.aux, lone.args, lone.span) == (REFINE, "lt", (x, y), 5)
    constant, refined = refinement(function, x, Relation(x, "ge", 3), 5)
    assert constant.is_constant and constant.type is I64 and constant.aux == 3
    assert refined.args == (x, constant) and str(refined.fact) == f"{{3..{2**63 - 1}}}"
    truth, known = refinement(function, c, Relation(c, "eq", True), 5)
    assert truth.type is BOOL and known.fact.constant is True
    assert not list(function.instructions()), "they stand nowhere yet"
