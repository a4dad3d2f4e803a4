"""The pipeline takes work that grows with the program, whatever its shape: the corners where compilers go quadratic."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import assert_linear

from ssair.builder import Builder
from ssair.cfg import incoming_edges
from ssair.context import Context
from ssair.ir import Block, Module, Value
from ssair.ops import RETURN
from ssair.passes import clean_cfg
from ssair.pipeline import run_pipeline
from ssair.types import I64, array_of
from ssair.verifier import verify


def _begin() -> tuple[Module, Builder, Value, Value]:
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    return module, builder, builder.param(I64), builder.param(I64)


def _number(builder: Builder, number: int) -> Value:
    return builder.const(I64, number)


def else_chain(count: int) -> Module:
    """Conditionals each in the other arm of the one before: their joins are a chain of blocks that only jump on."""
    module, builder, x, y = _begin()
    joins: list[Block] = []
    for number in range(count):
        test = builder.emit("lt", builder.emit("xor", x, _number(builder, number)), y)
        first, second, join = builder.new_block(), builder.new_block(), builder.new_block()
        builder.branch(test, first, second)
        builder.at(first).enter_arm(test, True)
        builder.jump(join, builder.emit("add", builder.newest(y), _number(builder, number)))
        builder.leave_arm()
        builder.at(second).enter_arm(test, False)
        joins.append(join)
    value = y
    for join in reversed(joins):
        builder.jump(join, value)
        builder.leave_arm()
        value = builder.at(join).param(I64)
    builder.ret(value)
    return module


def wide_switch(count: int) -> Module:
    """A switch with a block for each case, and a join of all of them."""
    module, builder, x, y = _begin()
    blocks = [builder.new_block() for _ in range(count)]
    join = builder.new_block()
    builder.switch(x, list(enumerate(blocks[1:])), blocks[0])
    for number, block in enumerate(blocks):
        builder.at(block)
        builder.jump(join, builder.emit("mul", y, _number(builder, number)))
    builder.ret(builder.at(join).param(I64))
    return module


def nested_loops(count: int) -> Module:
    """Loops within loops, each of which counts and carries a sum."""
    module, builder, value, bound = _begin()
    loops: list[tuple[Block, Block, Value, Value]] = []
    for _ in range(count):
        head, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        builder.jump(head, _number(builder, 0), value)
        builder.at(head)
        index, carried = builder.param(I64), builder.param(I64)
        test = builder.emit("lt", index, bound)
        builder.branch(test, body, after)
        builder.at(body).enter_arm(test, True)
        loops.append((head, after, index, carried))
        value = builder.emit("add", carried, index)
    for head, after, index, carried in reversed(loops):
        builder.jump(head, builder.emit("add", builder.newest(index), _number(builder, 1)), value)
        builder.leave_arm()
        builder.at(after)
        value = carried
    builder.ret(value)
    return module


def many_params(count: int) -> Module:
    """Two arms that give a join many values."""
    module, builder, x, y = _begin()
    first, second, join = builder.new_block(), builder.new_block(), builder.new_block()
    builder.branch(builder.emit("lt", x, y), first, second)
    for block, name in ((first, "add"), (second, "mul")):
        builder.at(block)
        builder.jump(join, *[builder.emit(name, x, _number(builder, number)) for number in range(2, count)])
    builder.at(join)
    params = [builder.param(I64) for _ in range(2, count)]
    value: Value = params[0]
    for param in params[1:]:
        value = builder.emit("xor", value, param)
    builder.ret(value)
    return module


def early_exits(count: int) -> Module:
    """Tests of one value, each of which refines it and may leave for the one exit."""
    module, builder, x, y = _begin()
    leaving = builder.new_block()
    result = builder.param(I64, block=leaving)
    total = y
    for number in range(count):
        test = builder.emit("gt", builder.newest(x), builder.emit("add", total, _number(builder, number)))
        onward = builder.new_block()
        builder.branch(test, onward, leaving, (), (total,))
        builder.at(onward).enter_arm(test, True)
        total = builder.emit("add", total, builder.newest(x))
    builder.jump(leaving, total)
    builder.at(leaving).ret(result)
    return module


def many_updates(count: int) -> Module:
    """Checked elements of an array written one after the other, then read."""
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    array, total = builder.param(array_of(I64, 1)), builder.param(I64)
    length = builder.emit("dim", array, aux=0)

    def place(number: int) -> Value:
        site = module.new_site("index", detail=0)
        return builder.emit("check_index", _number(builder, number), length, aux=site)

    for number in range(count):
        array = builder.emit("update", array, place(number), total)
    for number in range(count):
        total = builder.emit("add", total, builder.emit("index", array, place(number)))
    builder.ret(total)
    return module


def calls(count: int) -> Module:
    """Functions that call the one before, and one before that."""
    module = Module()
    for number in range(count):
        builder = Builder(module.new_function(f"f{number}", [I64]))
        x, y = builder.param(I64), builder.param(I64)
        value = builder.emit("mul", builder.emit("add", x, y), builder.emit("add", y, x))
        if number:
            value = builder.emit("call", value, y, aux=f"f{number - 1}", type=I64)
            value = builder.emit("xor", value, builder.emit("call", x, y, aux=f"f{number // 2}", type=I64))
        builder.ret(value)
    return module


@pytest.mark.parametrize(
    ("make", "count"),
    [
        (else_chain, 60),
        (wide_switch, 100),
        (nested_loops, 15),
        (many_params, 100),
        (early_exits, 60),
        (many_updates, 60),
        (calls, 60),
    ],
    ids=lambda value: value.__name__ if callable(value) else str(value),
)
@pytest.mark.parametrize("level", [1, 2])
def test_the_work_of_a_level_is_linear(make: Callable[[int], Module], count: int, level: int):
    assert_linear(lambda size: run_pipeline(make(size), level=level), count)


@pytest.mark.parametrize("make", [else_chain, wide_switch, nested_loops, many_params, early_exits, many_updates, calls])
def test_the_programs_are_valid(make: Callable[[int], Module]):
    for function in make(10).functions.values():
        verify(function)


def test_a_chain_of_joins_is_threaded_at_once_however_long_it_is():
    function = else_chain(1500).functions["main"]
    clean_cfg.run(function, Context())
    joins = [block for block, edges in incoming_edges(function).items() if len(edges) > 1]
    assert [join.end.op for join in joins] == [RETURN]
