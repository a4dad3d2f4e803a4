"""Divisions in kernels know what the branches above them told, though the refinements are gone."""

from __future__ import annotations

import numpy as np
import pytest
from growth import assert_linear

import ssair
from ssair.backends.knowledge import Knowledge
from ssair.cfg import reverse_postorder
from ssair.facts import IntFact
from ssair.kernel import compile_module
from ssair.ops import OPS
from ssair.parser import parse_function, parse_module

DIGITS = "fn digits(x: i64) = loop (x = x, s = 0) while x > 0 do (x // 10, s + x % 10)"
TEXT = """func @main -> i64 {{
bb0(v0: i64, v1: i64):
  v2: i64{{0}} = const 0
  v3: i64{{7}} = const 7
  v4: bool = {condition}
  branch v4, bb1, bb2
bb1:
  v5: i64 = div_trunc v0, v3
  jump bb2
bb2:
  return v0
}}
"""


@pytest.mark.parametrize(
    ("condition", "least"),
    [
        ("gt v0, v2", 1), ("ge v0, v2", 0), ("lt v2, v0", 1), ("eq v0, v3", 7), ("ge v0, v3", 7),
        ("lt v0, v2", None), ("gt v1, v2", None), ("ge v0, v1", None), ("ne v0, v2", None),
    ],
)  # fmt: skip
def test_an_edge_tells_what_its_condition_says(condition: str, least: int | None) -> None:
    function = parse_function(TEXT.format(condition=condition))
    division = next(instr for instr in function.instructions() if instr.op is OPS["div_trunc"])
    fact = Knowledge(function).fact(division.args[0], division.block)
    assert isinstance(fact, IntFact)
    assert fact.lo == (-(1 << 63) if least is None else least)
    behind = Knowledge(function).fact(division.args[0], reverse_postorder(function)[-1])
    assert behind == division.args[0].fact


def test_numbers_that_are_not_negative_are_divided_as_unsigned_ones() -> None:
    kernel = ssair.compile(DIGITS)
    assert "u64" in kernel.ir("hlo")
    for x in (0, 9, 10, 123456789, (1 << 63) - 1, -1, -(1 << 63)):
        assert [int(part) for part in kernel(x)] == [int(part) for part in kernel.interpret(x)]


@pytest.mark.parametrize("op", ["div_trunc", "rem_trunc"])
@pytest.mark.parametrize("type", ["i32", "i64"])
def test_a_truncated_division_of_what_may_be_negative_truncates(op: str, type: str) -> None:
    text = f"func @main -> {type} {{\nbb0(v0: {type}, v1: {type}):\n  v2: {type} = {op} v0, v1\n  return v2\n}}\n"
    kernel = compile_module(parse_module(text), level=0)
    scalar = np.dtype(type.replace("i", "int")).type
    for x in (-9, -8, -1, 0, 1, 8, 9):
        for y in (-4, -1, 0, 1, 4):
            assert int(kernel(scalar(x), scalar(y))) == int(kernel.interpret(scalar(x), scalar(y)))


@pytest.mark.parametrize("op", ["//", "%"])
@pytest.mark.parametrize("type", ["i32", "i64"])
@pytest.mark.parametrize("guard", ["y >= 0", "y > 0", "y < 0", "y <= 0", "y != 5"])
def test_a_division_floors_whatever_is_known_of_the_divisor(op: str, type: str, guard: str) -> None:
    kernel = ssair.compile(f"fn f(x: {type}, y: {type}) = if {guard} && y != 0 then x {op} y else 99")
    scalar = np.dtype(type.replace("i", "int")).type
    least = np.iinfo(scalar).min
    for x in (least, -9, -8, -1, 0, 1, 8, 9, np.iinfo(scalar).max):
        for y in (least, -4, -1, 0, 1, 4):
            arguments = scalar(x), scalar(y)
            assert int(kernel(*arguments)) == int(kernel.interpret(*arguments)), arguments


def test_all_questions_together_are_linear_in_the_function() -> None:
    def asked(count: int) -> None:
        conditions = "".join(f"  v{i}: bool = and v{i - 1}, v1\n" for i in range(4, count + 4))
        text = (
            f"func @main -> i64 {{\nbb0(v0: i64, v1: bool, v2: i64{{0}}):\n  v3: bool = gt v0, v2\n{conditions}"
            f"  branch v{count + 3}, bb1, bb2\nbb1:\n  jump bb2\nbb2:\n  return v0\n}}\n"
        )
        function = parse_function(text)
        knowledge, block = Knowledge(function), reverse_postorder(function)[1]
        for _ in range(count):
            knowledge.fact(function.params[0], block)

    assert_linear(asked, 100)
