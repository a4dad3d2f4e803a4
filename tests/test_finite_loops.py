"""Which loops surely end: a counter comes closer to an end of its type by each way back, and never wraps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Module, Value
from ssair.passes.finite_loops import always_ends, finite_headers
from ssair.types import I64
from ssair.verifier import verify

Step = Callable[[Builder, Value, Value], Value]
WIDEST = 1 << 62


def by(op: str, constant: int, *, swapped: bool = False) -> Step:
    """The counter combined with a constant."""

    def step(builder: Builder, counter: Value, other: Value) -> Value:
        pair = (counter, builder.const(I64, constant))
        return builder.emit(op, *(reversed(pair) if swapped else pair))

    return step


def other_by(op: str, constant: int) -> Step:
    """Another value combined with a constant."""
    return lambda builder, counter, other: builder.emit(op, other, builder.const(I64, constant))


def with_other(op: str, *, swapped: bool = False) -> Step:
    """The counter combined with another value, which is from 1 to 100."""
    return lambda builder, counter, other: builder.emit(op, *((other, counter) if swapped else (counter, other)))


def loop(test: str, limit: int, *steps: Step) -> Module:
    """A loop that goes on while `counter TEST limit` holds; with two steps, another value says which is taken."""
    module = Module()
    builder = Builder(module.new_function("main", [I64]))
    first, other = builder.param(I64), builder.param(I64, int_fact(1, 100))
    header, body, behind = (builder.new_block() for _ in range(3))
    counter = builder.param(I64, block=header)
    builder.jump(header, first)
    builder.at(header)
    builder.enter_scope()
    stays = builder.emit(test, counter, builder.const(I64, limit))
    builder.branch(stays, body, behind)
    builder.at(body)
    builder.enter_arm(stays, True)
    ways = [body]
    if len(steps) > 1:
        ways = [builder.new_block(), builder.new_block()]
        builder.branch(builder.emit("lt", other, builder.const(I64, 9)), *ways)
    for way, step in zip(ways, steps, strict=True):
        builder.at(way)
        builder.jump(header, step(builder, builder.newest(counter), other))
    builder.leave_arm()
    builder.leave_arm()
    builder.at(behind).ret(counter)
    verify(module)
    return module


FINITE = {
    "up to a limit": ("lt", 10, by("add", 1)),
    "the other way round": ("lt", 10, by("add", 1, swapped=True)),
    "up by as much as does not wrap": ("lt", WIDEST, by("add", WIDEST)),
    "up by a negative difference": ("lt", 10, by("sub", -1)),
    "up by another": ("lt", 10, with_other("add")),
    "down to a limit": ("gt", 10, by("sub", 1)),
    "down by a negative sum": ("gt", 10, by("add", -2)),
    "halves": ("gt", 0, by("floordiv", 2)),
    "halves, truncated": ("gt", 0, by("div_trunc", 2)),
    "digits of two": ("gt", 0, by("shr", 1)),
    "a remainder": ("gt", 0, with_other("mod", swapped=True)),
    "two ways up": ("lt", 10, by("add", 1), by("add", 3)),
    "two ways down": ("gt", 0, by("sub", 1), by("shr", 2)),
}
UNKNOWN = {
    "up without a limit": ("ne", 10, by("add", 1)),
    "up by what may wrap": ("le", WIDEST, by("add", WIDEST)),
    "up by nothing": ("lt", 10, by("add", 0)),
    "away from the limit": ("lt", 10, by("add", -1)),
    "down without a limit": ("ne", 10, by("sub", 1)),
    "down by what may wrap": ("ge", -WIDEST - 1, by("sub", WIDEST)),
    "down by nothing": ("gt", 10, by("sub", 0)),
    "another one less": ("gt", 10, other_by("sub", 1)),
    "taken from another": ("gt", 10, with_other("sub", swapped=True)),
    "another one more": ("lt", 10, other_by("add", 1)),
    "halves of what may be 0": ("ge", 0, by("floordiv", 2)),
    "wholes": ("gt", 0, by("floordiv", 1)),
    "halves of another": ("gt", 0, other_by("floordiv", 2)),
    "shifted when it may be 0": ("ge", 0, by("shr", 1)),
    "shifted by nothing": ("gt", 0, by("shr", 0)),
    "another shifted": ("gt", 0, other_by("shr", 1)),
    "a remainder by another": ("gt", 0, with_other("mod")),
    "a remainder by what may be negative": ("ne", 0, with_other("mod", swapped=True)),
    "up and down": ("lt", 10, by("add", 1), by("sub", 1)),
    "up, or another way": ("lt", 10, by("add", 1), other_by("add", 1)),
}


@pytest.mark.parametrize("name", FINITE)
def test_a_loop_that_ends(name: str) -> None:
    test, limit, *steps = FINITE[name]
    function = loop(test, limit, *steps).functions["main"]
    assert len(finite_headers(function)) == 1 and always_ends(function)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_loop_that_may_not_end(name: str) -> None:
    test, limit, *steps = UNKNOWN[name]
    function = loop(test, limit, *steps).functions["main"]
    assert not finite_headers(function) and not always_ends(function)
