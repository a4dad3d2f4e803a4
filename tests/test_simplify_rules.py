"""Every row of the table of identities, evaluated on the values where identities break.

Unconditional integer and truth rules are tried on all pairs of 8-bit integers, which the reference semantics computes
as it does the wider ones, and on the corners of 32 and 64 bits; float rules on all combinations of zeros, infinities,
NaN and the rest; conditional rules for every fact of a collection that satisfies the condition, on values within the
fact.
"""

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

from ssair.constants import scalar_key
from ssair.facts import Fact, constant_fact, float_fact, int_fact, top
from ssair.ir import Param
from ssair.ops import CONST
from ssair.passes.patterns import Literal, Operation, Pattern, Variable, parse_pattern, parse_rule_pattern, variables
from ssair.passes.rule_table import RULE_TABLE
from ssair.passes.rules import RULES, Rule
from ssair.semantics import DTYPES, MEANINGS
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of

TYPES = {"int": (I32, I64), "float": (F32, F64), "bool": (BOOL,)}
INF, NAN = math.inf, math.nan


def corners(type: Type) -> list:
    if type is BOOL:
        return [False, True]
    if type in (F32, F64):
        return [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e30, -1e30, 5e-324, -1e-40, INF, -INF, NAN]
    half = 1 << (31 if type is I32 else 63)
    return [0, 1, -1, 2, -2, 3, 7, -8, 31, 63, 64, 1000, half - 1, half - 2, -half, -half + 1]


FACTS: dict[Type, list[Fact]] = {
    F64: [
        *(float_fact(*bounds) for bounds in ((0.0, INF), (-INF, 0.0), (1.0, 1.0), (0.0, 0.0), (-INF, -1.0))),
        float_fact(-2.5, 3.0),
        *(float_fact(0.0, INF, nan=True), float_fact(0.0, 0.0, False, True), float_fact(INF, -INF, True)),
        *(float_fact(-INF, 0.0, False, True), float_fact(-INF, -1.0, True, True), top(F64)),
    ],
    I64: [
        *(int_fact(*bounds) for bounds in ((0, 7), (1, 1), (-8, -1), (0, 0), (2, 1000), (-2, 3), (64, 2**63 - 1))),
        *(int_fact(-(2**63), -1), int_fact(0, 2**63 - 1), top(I64), int_fact(-8, 7, True), int_fact(-(2**63), 0)),
    ],
    BOOL: [top(BOOL)],
}
FACTS[I32] = [fact & top(I32) for fact in FACTS[I64]]
FACTS[F32] = FACTS[F64]


def evaluate(pattern: Pattern, values: dict, type: Type):
    """What a pattern computes; `type` is that of literals."""
    if isinstance(pattern, Variable):
        return values[pattern.name]
    if isinstance(pattern, Literal):
        literal = pattern.value
        return (np.bool_ if isinstance(literal, bool) else values["dtype"])(literal)
    args = [evaluate(part, values, type) for part in pattern.args]
    return MEANINGS[pattern.op.name](type, None, *args)


def bits(value) -> tuple:
    """What tells run-time values apart: the dtype and the bits, any NaN for any other."""
    return value.dtype.name, [scalar_key(item) for item in np.atleast_1d(value).tolist()]


def assert_rule(rule: Rule, values: dict, type: Type) -> None:
    with np.errstate(all="ignore"):
        left = evaluate(parse_rule_pattern(rule.pattern), values, type)
        right = evaluate(parse_pattern(rule.replacement), values, type)
    if isinstance(parse_pattern(rule.replacement), Literal):
        right = left.dtype.type(right)
    right = np.broadcast_to(right, left.shape)[()]
    assert bits(left) == bits(right), (rule.pattern, {name: values[name] for name in sorted(values)})


def names_of(rule: Rule) -> list[str]:
    return sorted({variable.name for variable in variables(parse_rule_pattern(rule.pattern))})


def types_of(rule: Rule) -> Iterator[Type]:
    for kind in rule.kinds:
        yield from TYPES[kind]


def choices(rule: Rule, type: Type) -> Iterator[dict]:
    """Values for the variables from the corners of a type; where `z` chooses, the arms are numbers."""
    names = names_of(rule)
    arms = [F64 if "z" in names and name != "z" else type for name in names]
    dtype = DTYPES[type.name].type
    for combination in itertools.product(*map(corners, arms)):
        values = {name: DTYPES[t.name].type(value) for name, t, value in zip(names, arms, combination, strict=True)}
        yield {**values, "dtype": dtype}


def is_of_arrays(rule: Rule) -> bool:
    return "transpose" in rule.pattern or "reverse" in rule.pattern


UNCONDITIONAL = [rule for rule in RULES if rule.condition is None and not is_of_arrays(rule)]
INTEGER = [rule for rule in UNCONDITIONAL if "int" in rule.kinds and "select" not in rule.pattern]


@pytest.mark.parametrize("rule", [rule for rule in RULES if is_of_arrays(rule)], ids=lambda rule: rule.pattern)
def test_array_rules_hold_on_a_matrix(rule):
    assert names_of(rule) == ["x"]
    assert_rule(rule, {"x": np.arange(6).reshape(2, 3), "dtype": np.int64}, array_of(I64, 2))


@pytest.mark.parametrize("rule", UNCONDITIONAL, ids=lambda rule: rule.pattern)
def test_unconditional_rules_hold_on_corner_values(rule):
    for type in types_of(rule):
        for values in choices(rule, type):
            assert_rule(rule, values, type)


@pytest.mark.parametrize("rule", INTEGER, ids=lambda rule: rule.pattern)
def test_integer_rules_hold_for_all_eight_bit_integers(rule):
    names = names_of(rule)
    free = [name for name in names if name not in "cd"]
    assert len(free) <= 2
    every = np.arange(-128, 128).astype(np.int8)
    grid = np.meshgrid(*[every] * len(free), indexing="ij")
    known = np.array([0, 1, -1, 2, 7, -128, 127, -64], np.int8)
    for combination in itertools.product(known, repeat=len(names) - len(free)):
        values = dict(zip(free, grid, strict=True))
        constants = zip(sorted(set(names) - set(free)), combination, strict=True)
        values |= {name: np.full_like(grid[0], constant) for name, constant in constants}
        assert_rule(rule, {**values, "dtype": np.int8}, array_of(I32, 1))


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.condition is not None], ids=lambda rule: rule.pattern)
def test_conditional_rules_hold_wherever_their_condition_does(rule):
    assert rule.condition is not None
    names = names_of(rule)
    held = refused = 0
    for type in types_of(rule):
        for facts in itertools.product(*[_facts(name, type) for name in names]):
            binding = {name: Param(0, type, fact) for name, fact in zip(names, facts, strict=True)}
            if not rule.condition(binding):
                refused += 1
                continue
            held += 1
            inside = [[value for value in corners(type) if fact.contains(value)] for fact in facts]
            for combination in itertools.product(*inside):
                values = {n: DTYPES[type.name].type(v) for n, v in zip(names, combination, strict=True)}
                assert_rule(rule, {**values, "dtype": DTYPES[type.name].type}, type)
    assert held and refused, "a condition that always or never holds is none"


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.condition is not None], ids=lambda rule: rule.pattern)
def test_no_condition_holds_of_what_nothing_is_known_of(rule):
    """So `simplify` leaves instructions alone on whose operands only such rules are left."""
    assert rule.condition is not None
    for type in types_of(rule):
        constant = {name: _facts(name, type)[0] for name in names_of(rule) if name in "cd"}
        assert not rule.condition({n: Param(0, type, constant.get(n, top(type))) for n in names_of(rule)})


def _facts(name: str, type: Type) -> list[Fact]:
    return [constant_fact(type, v) for v in corners(type)] if name in "cd" else FACTS[type]


def test_each_pattern_is_reached_through_the_table():
    for rule in RULES:
        pattern = parse_rule_pattern(rule.pattern)
        kinds = tuple(_kind(part) for part in pattern.args)
        same = len(pattern.args) > 1 and pattern.args[0] == pattern.args[1]
        assert rule in [found.rule for found in RULE_TABLE.candidates(pattern.op, kinds, same)]


def _kind(part: Pattern):
    if isinstance(part, Literal):
        return part.value
    if isinstance(part, Operation):
        return part.op
    return CONST if part.known else None


def test_a_false_identity_would_be_found():
    with pytest.raises(AssertionError):
        assert_rule(Rule("sub(0, x)", "neg(x)", ("float",)), {"x": np.float64(0.0), "dtype": np.float64}, F64)
    with pytest.raises(AssertionError):
        assert_rule(Rule("floordiv(x, x)", "1", ("int",)), {"x": np.int64(0), "dtype": np.int64}, I64)
