"""Which checks `simplify` removes by what is known of their operands: just those that hold at both ends of it."""

from __future__ import annotations

import math

import pytest

from ssair.builder import Builder
from ssair.context import Context
from ssair.facts import ANY_BOOL, FALSE, TRUE, Fact, float_fact, int_fact
from ssair.interp import execute
from ssair.ir import Module
from ssair.ops import CHECK_KINDS, OPS
from ssair.passes import simplify
from ssair.passes.check_rules import PROOFS
from ssair.types import BOOL, F32, F64, I64, Type

#: The floats next to the ends of the integer types, as an f64 has them.
LAST_I64 = math.nextafter(2.0**63, 0.0)
BEFORE_I64 = math.nextafter(-(2.0**63), -math.inf)
AFTER_I32 = 2.0**31
LAST_I32 = math.nextafter(AFTER_I32, 0.0)
BEFORE_I32 = -(2.0**31) - 1.0
FIRST_I32 = math.nextafter(BEFORE_I32, 0.0)
I32_AS_F32 = 2.0**31 - 2.0**7

PROVED: list[tuple[str, Type, list[Fact]]] = [
    ("check_index", I64, [int_fact(0, 4), int_fact(5, 9)]),
    ("check_nonzero", I64, [int_fact(1, 4), int_fact(0, 9)]),
    ("check_nonzero", I64, [int_fact(-4, 4, True), int_fact(0, 9)]),
    ("check_exponent", I64, [int_fact(0, 3), int_fact(-9, 9)]),
    ("check_convert_i32", F64, [float_fact(FIRST_I32, LAST_I32)]),
    ("check_convert_i32", F32, [float_fact(-(2.0**31), I32_AS_F32)]),
    ("check_convert_i64", F64, [float_fact(-(2.0**63), LAST_I64)]),
    ("check", BOOL, [TRUE]),
    ("check_nonempty", I64, [int_fact(1, 9)]),
    ("check_equal", I64, [int_fact(3, 3), int_fact(3, 3)]),
    ("check_at_least", I64, [int_fact(3, 5), int_fact(-1, 3)]),
]
KEPT: list[tuple[str, Type, list[Fact]]] = [
    ("check_index", I64, [int_fact(0, 5), int_fact(5, 9)]),
    ("check_index", I64, [int_fact(-1, 4), int_fact(5, 9)]),
    ("check_nonzero", I64, [int_fact(0, 4), int_fact(1, 9)]),
    ("check_nonzero", I64, [int_fact(-4, 0), int_fact(1, 9)]),
    ("check_exponent", I64, [int_fact(-1, 3), int_fact(1, 9)]),
    ("check_convert_i32", F64, [float_fact(FIRST_I32, AFTER_I32)]),
    ("check_convert_i32", F64, [float_fact(BEFORE_I32, LAST_I32)]),
    ("check_convert_i32", F64, [float_fact(0.0, 1.0, nan=True)]),
    ("check_convert_i64", F64, [float_fact(-(2.0**63), 2.0**63)]),
    ("check_convert_i64", F64, [float_fact(BEFORE_I64, LAST_I64)]),
    ("check", BOOL, [ANY_BOOL]),
    ("check", BOOL, [FALSE]),
    ("check_nonempty", I64, [int_fact(0, 9)]),
    ("check_equal", I64, [int_fact(3, 3), int_fact(3, 4)]),
    ("check_equal", I64, [int_fact(3, 3), int_fact(4, 4)]),
    ("check_at_least", I64, [int_fact(2, 5), int_fact(-1, 3)]),
]


def checking(name: str, type: Type, facts: list[Fact]) -> Module:
    """A function that makes one check of its parameters, of which so much is known."""
    module = Module()
    module.entry_name = "main"
    builder = Builder(module.new_function("main", [type]))
    params = [builder.param(type, fact) for fact in facts]
    detail = {"index": 0, "assert": "no"}.get(CHECK_KINDS[name])
    builder.ret(builder.emit(OPS[name], *params, aux=module.new_site(CHECK_KINDS[name], detail=detail)))
    return module


def is_removed(module: Module) -> bool:
    simplify.run(module.entry(), Context())
    return not any(instr.op.traps for instr in module.entry().instructions())


@pytest.mark.parametrize(("name", "type", "facts"), PROVED)
def test_a_check_that_holds_goes(name: str, type: Type, facts: list[Fact]) -> None:
    assert is_removed(checking(name, type, facts))


@pytest.mark.parametrize(("name", "type", "facts"), KEPT)
def test_a_check_that_may_fail_stays(name: str, type: Type, facts: list[Fact]) -> None:
    assert not is_removed(checking(name, type, facts))


@pytest.mark.parametrize(("name", "type", "facts"), [*PROVED, *KEPT])
def test_the_table_says_what_the_interpreter_does(name: str, type: Type, facts: list[Fact]) -> None:
    """Of the values at the ends of what is known, none fails where a check goes, and some does where one stays."""
    ends = [[fact.lo, fact.hi] if hasattr(fact, "lo") else [fact.constant is not False] for fact in facts]
    calls = [[first, *rest] for first in ends[0] for rest in ([[]] if len(ends) == 1 else [[end] for end in ends[1]])]
    if any(getattr(fact, "nan", False) for fact in facts):
        calls.append([math.nan])
    if name == "check" and facts[0] != TRUE:
        calls.append([False])
    if name == "check_nonzero" and int_fact(-4, 0) in facts:
        calls.append([0, 1])
    module = checking(name, type, facts)
    traps = [execute(module, call, check_facts=False).trap is not None for call in calls]
    assert any(traps) == ((name, type, facts) in KEPT)


def test_every_check_is_in_the_tables() -> None:
    for table in (PROVED, KEPT):
        assert {OPS[name] for name, _, _ in table} == set(PROOFS)
