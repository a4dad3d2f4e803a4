"""Every fact rule contains every result, of the interpreter and of what XLA makes of floats, and is monotone."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pytest
from sampled_values import CASES, VALUES, Array, Case

from ssair.constants import ArrayConst, Constant
from ssair.facts import (
    INF,
    BoolFact,
    Fact,
    FloatFact,
    IntFact,
    bool_fact,
    bottom,
    constant_fact,
    float_fact,
    int_fact,
    top,
)
from ssair.ops import OPS, PREDICATES
from ssair.semantics import CHECKS, MEANINGS
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of, is_integer

PAIRS = 1500  # of operand facts tried at random for each operation and type


def all_facts(type: Type) -> list[Fact]:
    """Every fact whose ends are sampled values."""
    values = VALUES[type].tolist()
    if type is BOOL:
        return [bool_fact(f, t) for f in (False, True) for t in (False, True)]
    if is_integer(type):
        pairs = itertools.combinations_with_replacement(values, 2)
        return [bottom(type)] + [int_fact(lo, hi, bit) for lo, hi in pairs for bit in (False, True)]
    intervals = [(INF, -INF), *itertools.combinations_with_replacement(values[:-2], 2)]
    return [float_fact(lo, hi, nan, zero) for lo, hi in intervals for nan in (False, True) for zero in (False, True)]


FACTS: dict[Type, list[Fact]] = {type: all_facts(type) for type in VALUES}


def members(type: Type, fact: Fact) -> Array:
    """Which of the sampled values a fact admits."""
    values = VALUES[type]
    if isinstance(fact, IntFact):
        found: Array = (values >= fact.lo) & (values <= fact.hi) & ~((values == 0) & fact.nonzero)
        return found
    return np.array([fact.contains(value) for value in values.tolist()])


def holds_all(fact: Fact, results: Array) -> bool:
    """Whether a fact admits all of some results."""
    if isinstance(fact, IntFact):
        return bool(fact.lo <= results.min() and results.max() <= fact.hi and (not fact.nonzero or results.all()))
    if isinstance(fact, BoolFact):
        return (fact.may_be_true or not results.any()) and (fact.may_be_false or bool(results.all()))
    assert isinstance(fact, FloatFact)
    wide = results.astype(np.float64)
    nan, zero = np.isnan(wide), (wide == 0) & np.signbit(wide)
    inside = (wide >= fact.lo) & (wide <= fact.hi) & ~zero
    return bool(np.all(inside | (nan & fact.nan) | (zero & fact.negative_zero)))


def test_the_cases_cover_the_scalar_operations() -> None:
    arrays = {"array", "full", "iota", "dim", "index", "update", "sum", "prod", "minimum", "maximum", "any", "all"}
    arrays |= {"argmin", "argmax", "dot", "matmul", "transpose", "reverse"}
    others = {"const", "get", "ptradd"}
    assert {case[0] for case in CASES} == {name for name, op in OPS.items() if op.pure} - arrays - others


def table(name: str, types: Sequence[Type], result: Type, aux: object) -> Array:
    """The results on all sampled operands, one axis an operand, by the reference semantics."""
    grids = np.meshgrid(*[VALUES[type] for type in types], indexing="ij")
    with np.errstate(all="ignore"):
        flat = MEANINGS[name](array_of(result, 1), aux, *[grid.ravel() for grid in grids])
    return np.asarray(flat).reshape(grids[0].shape)


def operand_facts(types: Sequence[Type], count: int, seed: object) -> Iterator[tuple[Fact, ...]]:
    """All tuples of facts if they are few, else a random choice."""
    pools = [FACTS[type] for type in types]
    if math.prod(map(len, pools)) <= 2 * count:
        yield from itertools.product(*pools)
        return
    generator = random.Random(str(seed))
    for _ in range(count):
        yield tuple(generator.choice(pool) for pool in pools)


def check_contained(
    results: Array, types: Sequence[Type], rule: Callable[[Sequence[Fact]], Fact], seed: object
) -> None:
    """A rule admits the result of every tuple of operands that the operands' facts admit."""
    for facts in operand_facts(types, PAIRS, seed):
        chosen = results[np.ix_(*[members(type, fact) for type, fact in zip(types, facts, strict=True)])]
        found = rule(facts)
        if chosen.size:
            assert holds_all(found, chosen), f"{seed}: {facts} gave {found}, which lacks one of {np.unique(chosen)}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_a_rule_admits_every_result(case: Case) -> None:
    name, types, result, aux = case
    rule = OPS[name].fact_rule
    check_contained(table(name, types, result, aux), types, lambda facts: rule(result, facts, aux), case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_a_rule_of_single_values_admits_the_result(case: Case) -> None:
    name, types, result, aux = case
    results = table(name, types, result, aux)
    singles = [[constant_fact(type, value) for value in VALUES[type].tolist()] for type in types]
    for place, facts in zip(np.ndindex(results.shape), itertools.product(*singles), strict=True):
        found = OPS[name].fact_rule(result, facts, aux)
        assert holds_all(found, results[place].reshape(1)), f"{name} of {facts}: {found}, not {results[place]}"


#: Shifts by no amount of bits that there is are left to folding.
NOT_KNOWN = ("shl", "shr")
INTEGER_CASES = [
    case for case in CASES if all(is_integer(type) for type in (*case[1], case[2])) and case[0] not in NOT_KNOWN
]


@pytest.mark.parametrize("case", INTEGER_CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_of_known_integers_the_result_is_known(case: Case) -> None:
    name, types, result, aux = case
    results = table(name, types, result, aux)
    singles = [[constant_fact(type, value) for value in VALUES[type].tolist()] for type in types]
    for place, facts in zip(np.ndindex(results.shape), itertools.product(*singles), strict=True):
        assert OPS[name].fact_rule(result, facts, aux).constant == results[place], f"{name} of {facts}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_a_rule_is_monotone(case: Case) -> None:
    name, types, result, aux = case
    rule = OPS[name].fact_rule
    pairs = operand_facts((*types, *types), PAIRS, case)
    for facts in pairs:
        wide, other = facts[: len(types)], facts[len(types) :]
        narrow = tuple(a & b for a, b in zip(wide, other, strict=True))
        assert rule(result, narrow, aux) <= rule(result, wide, aux), f"{name} of {narrow} and of {wide}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[1][-1]}-{case[2]}")
def test_of_the_impossible_follows_the_impossible(case: Case) -> None:
    name, types, result, aux = case
    impossible = tuple(bottom(type) for type in types)
    found = OPS[name].fact_rule(result, impossible, aux)
    assert found.is_bottom or found == top(result)


# ---- refinements and checks ---------------------------------------------------------------------------------------


def relation_holds(predicate: str, left: Array, right: Array) -> Array:
    truths = array_of(BOOL, left.ndim)
    if predicate[0] == "n" and predicate != "ne":
        return ~np.asarray(MEANINGS[predicate[1:]](truths, None, left, right))
    return np.asarray(MEANINGS[predicate](truths, None, left, right))


@pytest.mark.parametrize("type", FACTS, ids=str)
@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_refinement_keeps_what_satisfies_it(type: Type, predicate: str) -> None:
    rule = OPS["refine"].fact_rule
    values = VALUES[type]
    left, right = np.meshgrid(values, values, indexing="ij")
    holds = relation_holds(predicate, left, right)
    for a, b in operand_facts((type, type), PAIRS, (type, predicate)):
        found = rule(type, (a, b), predicate)
        kept = values[members(type, a) & (holds & members(type, b)[None, :]).any(axis=1)]
        assert not kept.size or holds_all(found, kept), f"refine {a} {predicate} {b} gave {found}, not all of {kept}"
        assert found <= a


@pytest.mark.parametrize("type", FACTS, ids=str)
@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_refinement_is_monotone(type: Type, predicate: str) -> None:
    rule = OPS["refine"].fact_rule
    for a, b, c, d in operand_facts((type,) * 4, PAIRS, (type, predicate)):
        assert rule(type, (a & c, b & d), predicate) <= rule(type, (a, b), predicate)


def check_cases() -> Iterator[tuple[str, Type]]:
    for name in CHECKS:
        for type in FACTS:
            try:
                OPS[name].result_type((type,) * OPS[name].arity)
            except TypeFault:
                continue
            yield name, type


@pytest.mark.parametrize(("name", "type"), list(check_cases()), ids=str)
def test_a_check_keeps_what_passes_it(name: str, type: Type) -> None:
    op = OPS[name]
    types = (type,) * op.arity
    grids = np.meshgrid(*[VALUES[type]] * op.arity, indexing="ij")
    passes = ~np.asarray(CHECKS[name][0](*grids))
    for facts in operand_facts(types, PAIRS, name):
        found = op.fact_rule(type, facts, 0)
        admitted = np.meshgrid(*[members(type, fact) for fact in facts], indexing="ij")
        inside = np.logical_and.reduce([passes, *admitted])
        kept = VALUES[type][inside.reshape(len(VALUES[type]), -1).any(axis=1)]
        assert not kept.size or holds_all(found, kept), f"{name} of {facts} gave {found}, which lacks one of {kept}"
        assert found <= facts[0]


def test_what_checks_and_refinements_teach() -> None:
    index, length = top(I64), int_fact(0, 10)
    assert OPS["check_index"].fact_rule(I64, [index, length], 0) == int_fact(0, 9)
    assert OPS["check_nonzero"].fact_rule(I64, [index, index], 0) == int_fact(-(2**63), 2**63 - 1, True)
    assert OPS["check"].fact_rule(BOOL, [top(BOOL)], 0) == bool_fact(False, True)
    assert OPS["check_convert_i32"].fact_rule(F64, [top(F64)], 0) <= float_fact(-(2.0**31) - 1, 2.0**31, False, True)
    positive = OPS["refine"].fact_rule(F64, [top(F64), constant_fact(F64, 0.0)], "gt")
    assert OPS["abs"].fact_rule(F64, [positive], None) == positive
    assert OPS["sign"].fact_rule(F64, [positive], None).constant == 1.0
    assert OPS["gt"].fact_rule(BOOL, [positive, constant_fact(F64, 0.0)], None).constant is True


def test_unequal_is_not_learned_from_what_may_be_nan() -> None:
    one_or_nan = float_fact(1.0, 1.0, nan=True)
    assert OPS["refine"].fact_rule(F64, [float_fact(1.0, 2.0), one_or_nan], "ne").contains(1.0)
    assert not OPS["refine"].fact_rule(F64, [float_fact(1.0, 2.0), constant_fact(F64, 1.0)], "ne").contains(1.0)


# ---- what XLA makes of floats -------------------------------------------------------------------------------------


def known(name: str, *facts: Fact, type: Type = F64) -> Fact:
    return OPS[name].fact_rule(type, facts, None)


def chain(*steps: tuple[str, int, int]) -> Callable[[Sequence[Fact]], Fact]:
    """The rule of a tree of operations: each step names two operands or earlier results, from the operands on."""

    def rule(facts: Sequence[Fact]) -> Fact:
        results = list(facts)
        for name, left, right in steps:
            results.append(known(name, results[left], results[right]))
        return results[-1]

    return rule


#: What the program says, as steps over three operands x, y, z, and what a kernel may compute instead.
REWRITES: dict[str, tuple[Callable[[Sequence[Fact]], Fact], Callable[[Array, Array, Array], Array]]] = {
    "x*y*z as x*(y*z)": (chain(("mul", 0, 1), ("mul", 3, 2)), lambda x, y, z: x * (y * z)),
    "(x+y)+z as x+(y+z)": (chain(("add", 0, 1), ("add", 3, 2)), lambda x, y, z: x + (y + z)),
    "z+(y+x) as x+(y+z)": (chain(("add", 1, 0), ("add", 2, 3)), lambda x, y, z: x + (y + z)),
    "(x+y)-z as x+(y-z)": (chain(("add", 0, 1), ("sub", 3, 2)), lambda x, y, z: x + (y - z)),
    "(x-y)-z as x-(y+z)": (chain(("sub", 0, 1), ("sub", 3, 2)), lambda x, y, z: x - (y + z)),
    "z*(y*x) as x*(y*z)": (chain(("mul", 1, 0), ("mul", 2, 3)), lambda x, y, z: x * (y * z)),
    "x/y as x*(1/y)": (chain(("div", 0, 1)), lambda x, y, z: x * (1.0 / y)),
    "x/y/z as x/(y*z)": (chain(("div", 0, 1), ("div", 3, 2)), lambda x, y, z: x / (y * z)),
    "x/(y/z) as x*z/y": (chain(("div", 1, 2), ("div", 0, 3)), lambda x, y, z: x * z / y),
    "x*y/z as x*(y/z)": (chain(("mul", 0, 1), ("div", 3, 2)), lambda x, y, z: x * (y * (1.0 / z))),
    "x/y*z as x*(z/y)": (chain(("div", 0, 1), ("mul", 3, 2)), lambda x, y, z: x * (z * (1.0 / y))),
    "x*z+y*z as (x+y)*z": (chain(("mul", 0, 2), ("mul", 1, 2), ("add", 3, 4)), lambda x, y, z: (x + y) * z),
    "-(x-y) as y-x": (lambda facts: known("neg", known("sub", *facts[:2])), lambda x, y, z: y - x),
    "0-x as -x": (lambda facts: known("sub", constant_fact(F64, 0.0), facts[0]), lambda x, y, z: -x),
    "x+0 as x": (lambda facts: known("add", facts[0], constant_fact(F64, 0.0)), lambda x, y, z: x),
}


def flushed(values: Array) -> Array:
    """Subnormals as zeros of their sign."""
    return np.where(np.abs(values) < np.finfo(np.float64).tiny, np.copysign(0.0, values), values)


@pytest.mark.parametrize("name", REWRITES)
def test_facts_survive_what_kernels_rewrite(name: str) -> None:
    rule, kernel = REWRITES[name]
    x, y, z = np.meshgrid(*[flushed(VALUES[F64])] * 3, indexing="ij")
    with np.errstate(all="ignore"):
        results = flushed(kernel(x, y, z))
    check_contained(results, (F64, F64, F64), rule, name)
    with np.errstate(all="ignore"):
        check_contained(kernel(x, y, z), (F64, F64, F64), rule, name)


@pytest.mark.parametrize("name", REWRITES)
def test_facts_of_single_floats_survive_what_kernels_rewrite(name: str) -> None:
    rule, kernel = REWRITES[name]
    largest, tiny = float(np.finfo(np.float64).max), float(np.finfo(np.float64).tiny)
    values = [-INF, -largest, -1.5, -tiny, -0.0, 0.0, tiny, 0.5, 1.0, largest, INF, math.nan]
    for operands in itertools.product(values, repeat=3):
        with np.errstate(all="ignore"):
            result = flushed(kernel(*[np.array([value]) for value in operands]))
        found = rule([constant_fact(F64, value) for value in operands])
        assert holds_all(found, result), f"{operands} gave {found}, not {result}"


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "sqrt", "neg", "abs", "sign", "min", "max", "exp"])
def test_facts_survive_flushing(name: str) -> None:
    """On a device that flushes, operands and results are zeros where the interpreter has subnormals."""
    op = OPS[name]
    values = flushed(VALUES[F64])
    grids = np.meshgrid(*[values] * op.arity, indexing="ij")
    with np.errstate(all="ignore"):
        results = flushed(MEANINGS[name](array_of(F64, op.arity), None, *grids))
    singles = [constant_fact(F64, value) for value in VALUES[F64].tolist()]
    for place, facts in zip(np.ndindex(results.shape), itertools.product(singles, repeat=op.arity), strict=True):
        found = op.fact_rule(F64, facts, None)
        assert holds_all(found, results[place].reshape(1)), f"{name} of {facts}: {found}, not {results[place]}"


def test_what_is_still_known_of_floats() -> None:
    add, mul, div, exp = (OPS[name].fact_rule for name in ("add", "mul", "div", "exp"))
    positive, half = float_fact(1.0, 10.0), constant_fact(F64, 0.5)
    assert mul(F64, [positive, half], None) == float_fact(0.0, INF)
    assert add(F64, [positive, positive], None) == float_fact(0.0, INF)
    assert div(F64, [positive, constant_fact(F64, 3.0)], None) == float_fact(0.0, INF)
    assert exp(F64, [top(F64)], None) == float_fact(0.0, INF, nan=True)


# ---- arrays -------------------------------------------------------------------------------------------------------


def random_elements(generator: random.Random, type: Type, fact: Fact, shape: tuple[int, ...]) -> Array | None:
    pool = VALUES[type][members(type, fact)]
    if not pool.size:
        return None
    count = math.prod(shape)
    return pool[[generator.randrange(len(pool)) for _ in range(count)]].reshape(shape)


ARRAY_OPERATIONS = ["index", "update", "sum", "prod", "minimum", "maximum", "any", "all", "argmin", "argmax"]
ARRAY_OPERATIONS += ["transpose", "reverse", "dot", "array", "full", "dim", "iota"]


def array_operands(
    name: str, generator: random.Random, type: Type
) -> tuple[list[Type], list[Fact], list[Array | None], object]:
    """Operand types, facts, values and the immediate of one random use of an array operation."""
    vector, length = array_of(type, 1), generator.randrange(4)
    rows: list[tuple[Type, Fact, Array | None]]
    facts = [generator.choice(FACTS[type]) for _ in range(2)]
    first = random_elements(generator, type, facts[0], (length,))
    place = np.array(generator.randrange(-1, 5))
    if name in ("index", "update"):
        one = random_elements(generator, type, facts[1], ())
        middle = [(type, facts[1], one)] if name == "update" else []
        rows = [(vector, facts[0], first), *middle, (I64, constant_fact(I64, int(place)), place)]
    elif name == "dot":
        rows = [(vector, facts[0], first), (vector, facts[1], random_elements(generator, type, facts[1], (length,)))]
    elif name == "transpose":
        rows = [(array_of(type, 2), facts[0], random_elements(generator, type, facts[0], (2, length)))]
    elif name == "array":
        rows = [(type, fact, random_elements(generator, type, fact, ())) for fact in facts]
    elif name == "full":
        rows = [(type, facts[0], random_elements(generator, type, facts[0], ()))]
        rows.append((I64, constant_fact(I64, length), np.array(length)))
    elif name == "iota":
        rows = [(I64, constant_fact(I64, length), np.array(length))]
    else:
        rows = [(vector, facts[0], first)]
    types, facts_used, values = zip(*rows, strict=True)
    return list(types), list(facts_used), list(values), 0 if name == "dim" else None


@pytest.mark.parametrize("name", ARRAY_OPERATIONS)
def test_the_fact_of_an_array_operation_holds_of_each_element(name: str) -> None:
    generator = random.Random(name)
    op, tried = OPS[name], 0
    for _ in range(1000):
        type = generator.choice(list(FACTS))
        types, facts, values, aux = array_operands(name, generator, type)
        if any(value is None for value in values):
            continue
        try:
            result = op.result_type(types)
        except TypeFault:
            continue
        with np.errstate(all="ignore"):
            computed = np.asarray(MEANINGS[name](result, aux, *values))
        found = op.fact_rule(result, facts, aux)
        assert not computed.size or holds_all(found, computed.ravel()), f"{name} of {facts}: {found}, not {computed}"
        tried += 1
    assert tried > 100


@pytest.mark.parametrize(
    ("type", "constant", "fact"),
    [
        (I64, 5, int_fact(5, 5)),
        (BOOL, True, bool_fact(False, True)),
        (F32, -0.0, float_fact(INF, -INF, negative_zero=True)),
        (array_of(F64, 1), ArrayConst((3,), (1.0, 0.0, math.nan)), float_fact(0.0, 1.0, nan=True)),
        (array_of(F64, 1), ArrayConst((2,), (0.0, -0.0)), float_fact(0.0, 0.0, negative_zero=True)),
        (array_of(I32, 2), ArrayConst((2, 2), (1, -4, 2, 2)), int_fact(-4, 2, nonzero=True)),
        (array_of(I64, 1), ArrayConst((0,), ()), bottom(I64)),
    ],
    ids=str,
)
def test_the_fact_of_a_constant(type: Type, constant: Constant, fact: Fact) -> None:
    assert OPS["const"].fact_rule(type, [], constant) == fact


def test_what_is_known_of_integers() -> None:
    assert known("add", int_fact(0, 5), int_fact(1, 2), type=I64) == int_fact(1, 7)
    assert known("add", int_fact(0, 2**63 - 1), int_fact(1, 1), type=I64) == int_fact(-(2**63), 2**63 - 1, nonzero=True)
    assert known("mod", top(I64), int_fact(8, 8), type=I64) == int_fact(0, 7)
    assert known("floordiv", int_fact(0, 100), int_fact(10, 10), type=I64) == int_fact(0, 10)
    assert known("floordiv", int_fact(-(2**63), -(2**63)), int_fact(-1, -1), type=I64) == int_fact(-(2**63), -(2**63))
    assert known("floordiv", int_fact(-(2**63), -(2**63)), int_fact(-1, 1, nonzero=True), type=I64) == top(I64)
    assert known("and", top(I64), int_fact(0, 255), type=I64) == int_fact(0, 255)
    assert known("shr", int_fact(0, 2**40), int_fact(8, 63), type=I64) == int_fact(0, 2**32)
    assert known("abs", int_fact(-(2**63), -1), type=I64) == int_fact(-(2**63), 2**63 - 1, nonzero=True)
    assert known("neg", int_fact(1, 5), type=I64) == int_fact(-5, -1)
    assert known("pow", int_fact(2, 2), int_fact(0, 10), type=I64) == int_fact(1, 1024)
    assert known("lt", int_fact(0, 3), int_fact(4, 9), type=BOOL).constant is True
    assert known("eq", int_fact(-3, 3, nonzero=True), int_fact(0, 0), type=BOOL).constant is False
    assert known("div_trunc", int_fact(-7, -7), int_fact(2, 2), type=I64) == int_fact(-3, -3)
    assert known("rem_trunc", int_fact(-7, -7), int_fact(4, 4), type=I64) == int_fact(-3, -3)
    assert known("rem_trunc", int_fact(-7, -6), int_fact(4, 4), type=I64) == int_fact(-3, 0)
