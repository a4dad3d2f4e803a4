"""Every rewrite of floats is exact: on all pairs of the values where such rules break, wherever the rewrite is coded.

The table of identities is tried row by row in `test_simplify_rules.py`. Here stand the rules that no table has:
operands that commute, comparisons turned round, conversions taken back, what refinements imply, checks that intervals
prove; which operations have such rules is asked of the passes, so that a new one is missed here. Last, every two
operations one upon the other go through the default pipeline as a whole.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest
from observed import observed

from ssair.builder import Builder
from ssair.constants import constant_key, scalar_key
from ssair.context import Context
from ssair.facts import FloatFact, float_fact, top
from ssair.interp import execute
from ssair.ir import Module, Param, Value
from ssair.ops import COMPARISONS, OPS, PREDICATES, SWAPPED, negated
from ssair.passes import reassociate
from ssair.passes.array_rules import ARRAY_RULES
from ssair.passes.check_rules import PROOFS
from ssair.passes.division_variants import choose_divisions
from ssair.passes.known_relations import _IMPLIES, KnownRelations
from ssair.passes.refine import _are_exchangeable
from ssair.passes.rules import RULES
from ssair.passes.scalar_rules import _EXACT, _ROUNDING, SCALAR_RULES
from ssair.passes.value_numbering import mirrored, value_key
from ssair.pipeline import optimize
from ssair.semantics import DTYPES, MEANINGS, fault
from ssair.type_rules import TypeFault
from ssair.types import BOOL, F32, F64, I32, I64, Type
from ssair.verifier_relations import IMPLIED_BY

INF, NAN = math.inf, math.nan
SPECIAL = [0.0, 1.0, 0.5, 1.5, 2.5, 3.0, 1e30, 2.0**31, 2.0**63, 5e-324, 2.0**-1022, 1.7e308, INF]
VALUES = [*SPECIAL, *(-value for value in SPECIAL), NAN]
PAIRS = list(itertools.product(VALUES, repeat=2))
FLOATS = [F32, F64]


def run(name: str, result: Type, *operands: float, type: Type = F64):
    with np.errstate(all="ignore"):
        return MEANINGS[name](result, None, *[DTYPES[type.name].type(value) for value in operands])


def same(left, right) -> bool:
    """Whether two run-time values are one bit for bit, any NaN for any other."""
    return left.dtype == right.dtype and scalar_key(left.item()) == scalar_key(right.item())


# ---- operands that commute ----------------------------------------------------------------------------------------

COMMUTING = [op.name for op in OPS.values() if op.commutative]


@pytest.mark.parametrize("type", FLOATS, ids=str)
@pytest.mark.parametrize("name", [name for name in COMMUTING if name not in ("and", "or", "xor")])
def test_operands_commute(name, type):
    result = BOOL if name in COMPARISONS else type
    for left, right in PAIRS:
        assert same(run(name, result, left, right, type=type), run(name, result, right, left, type=type)), (left, right)


@pytest.mark.parametrize("type", FLOATS, ids=str)
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_turned_round(name, type):
    """By `simplify`, which puts what is known second, and by the keys of value numbering."""
    for other in {SWAPPED[name], mirrored(OPS[name]).name} - {name}:
        for left, right in PAIRS:
            assert same(run(name, BOOL, left, right, type=type), run(other, BOOL, right, left, type=type))


def test_what_commutes_is_listed():
    """Nothing of floats is a sum of more than two terms: reassociation would tell."""
    assert set(COMMUTING) == {"add", "mul", "min", "max", "and", "or", "xor", "eq", "ne"}


# ---- keys ---------------------------------------------------------------------------------------------------------


def test_constants_of_other_bits_have_other_keys():
    for type in FLOATS:
        with np.errstate(over="ignore"):
            values = [float(DTYPES[type.name].type(value)) for value in VALUES]
        keys = {constant_key(type, value) for value in values}
        assert len(keys) == len({scalar_key(value) for value in values})
    assert constant_key(F64, 0.0) != constant_key(F64, -0.0)


def operations(type: Type) -> Iterator[tuple[str, int]]:
    """The pure operations that take floats of a type, with the number of operands."""
    for name, op in OPS.items():
        if op.pure and op.arity in (1, 2) and name not in ("get", "iota", "dim", "ptradd", "const", "convert"):
            try:
                op.result_type([type] * op.arity, None)
            except TypeFault:
                continue
            yield name, op.arity


def test_equal_keys_mean_equal_results():
    """Of all operations on two operands in either order."""
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    operands = [builder.param(F64), builder.param(F64)]
    numbers = [value.id for value in operands]
    by_key: dict[object, list[tuple[str, tuple[int, ...]]]] = {}
    for name, arity in operations(F64):
        for places in itertools.product((0, 1), repeat=arity):
            instr = builder.function.new_instr(name, [operands[place] for place in places])
            by_key.setdefault(value_key(instr, numbers), []).append((name, places))
    shared = [group for group in by_key.values() if len(group) > 1]
    assert len(shared) >= 8
    for group in shared:
        for pair in PAIRS:
            values = [
                run(name, OPS[name].result_type([F64, F64], None), *[pair[p] for p in places]) for name, places in group
            ]
            assert all(same(value, values[0]) for value in values), (group, pair)


# ---- rules in code ------------------------------------------------------------------------------------------------


def test_the_operations_with_rules_of_their_own_are_those_tried_here():
    assert set(SCALAR_RULES) == {
        *map(OPS.__getitem__, ("convert", "sign", "min", "max")),
        *_ROUNDING,
        *COMPARISONS.values(),
    }
    assert {op.name for op in ARRAY_RULES} == {"dim", "index", "update"}, "these move bits"
    proofs_of_floats = {op.name for op in PROOFS if op.name.startswith("check_convert")}
    assert proofs_of_floats == {"check_convert_i32", "check_convert_i64"}


@pytest.mark.parametrize("name", ["sign", *sorted(op.name for op in _ROUNDING)])
@pytest.mark.parametrize("type", FLOATS, ids=str)
def test_what_is_whole_or_a_sign_stays(name, type):
    inner = ["sign"] if name == "sign" else sorted(op.name for op in _ROUNDING)
    for first, value in itertools.product(inner, VALUES):
        once = run(first, type, value, type=type)
        assert same(run(name, type, once, type=type), once), (first, value)


@pytest.mark.parametrize("name", sorted(op.name for op in _ROUNDING))
def test_a_converted_integer_is_whole(name):
    for integer in (0, 1, -7, 2**31 - 1, -(2**31), 2**53 + 1, 2**63 - 1, -(2**63)):
        for type in FLOATS:
            value = MEANINGS["convert"](type, None, np.int64(integer))
            assert same(run(name, type, value, type=type), value)


@pytest.mark.parametrize(("start", "middle"), sorted(_EXACT, key=str), ids=str)
def test_a_conversion_that_loses_nothing_is_taken_back(start, middle):
    integers = [0, 1, -1, 2**24 + 1, 2**31 - 1, -(2**31)]
    values = {BOOL: [False, True], I32: integers, F32: VALUES}[start]
    with np.errstate(all="ignore"):
        for value in values:
            there = DTYPES[start.name].type(value)
            assert same(MEANINGS["convert"](start, None, MEANINGS["convert"](middle, None, there)), there)
            if start is I32 and middle is I64:
                for end in FLOATS:
                    over = MEANINGS["convert"](end, None, MEANINGS["convert"](I64, None, there))
                    assert same(over, MEANINGS["convert"](end, None, there))


def test_a_comparison_that_a_refinement_decides():
    """What holds where a predicate holds, of the optimiser's table and of the verifier's."""
    for left, right in PAIRS:
        truth = {name: bool(run(name, BOOL, left, right)) for name in COMPARISONS}
        truth |= {f"n{name}": not truth[name] for name in ("lt", "le", "gt", "ge")}
        assert truth.keys() == set(PREDICATES)
        for predicate in PREDICATES:
            if truth[predicate]:
                holding, failing = _IMPLIES[predicate]
                assert all(truth[name] for name in holding), (predicate, left, right)
                assert not any(truth[name] for name in failing), (predicate, left, right)
            if any(truth[name] for name in IMPLIED_BY[predicate]):
                assert truth[predicate], (predicate, left, right)
    assert _IMPLIES.keys() == set(PREDICATES)


@pytest.mark.parametrize("name", COMPARISONS)
def test_the_predicate_of_the_other_arm(name):
    """What a branch on a comparison of floats teaches where it does not hold."""
    for left, right in PAIRS:
        holds = bool(run(name, BOOL, left, right))
        other = negated(name, F64)
        wanted = run(other.removeprefix("n") if other not in COMPARISONS else other, BOOL, left, right)
        assert (bool(wanted) != (other not in COMPARISONS)) == (not holds), (left, right)


def float_facts() -> list[FloatFact]:
    ends = sorted({value for value in VALUES if not math.isnan(value)})
    facts = [float_fact(lo, hi) for lo, hi in itertools.combinations_with_replacement(ends[::2], 2)]
    return [
        *facts,
        *(float_fact(fact.lo, fact.hi, nan, zero) for fact in facts[::3] for nan in (0, 1) for zero in (0, 1)),
    ]


@pytest.mark.parametrize("name", ["check_convert_i32", "check_convert_i64"])
def test_a_conversion_is_proved_only_if_its_check_passes(name):
    edges = [-(2.0**31) - 1, -(2.0**31) - 0.5, 2.0**31 - 0.5, 2.0**63 - 1024, -(2.0**63), -(2.0**63) - 2048]
    proved = 0
    relations = KnownRelations(Module().new_function("main"), Value.origin)
    for fact in [*float_facts(), *(float_fact(edge, edge) for edge in edges)]:
        if PROOFS[OPS[name]]([Param(0, F64, fact)], relations):
            proved += 1
            for value in [*VALUES, *edges]:
                assert not fact.contains(value) or fault(name, [np.float64(value)]) is None, (fact, value)
    assert proved


def test_equal_floats_stand_for_each_other_only_if_no_zeros_of_two_signs_may_meet():
    """Behind `x == y`, as far as facts tell of both."""
    facts = [
        top(F64),
        *float_facts()[::5],
        float_fact(0.0, 0.0),
        float_fact(0.0, 0.0, False, True),
        float_fact(-1.0, INF),
    ]
    exchanged = 0
    for one, other in itertools.product(facts, repeat=2):
        builder = Builder(Module().new_function("main", [F64]))
        left, right = Param(0, F64, one), Param(1, F64, other)
        equality = builder.function.new_instr("refine", (left, right), aux="eq")
        if _are_exchangeable(equality):
            exchanged += 1
            for x, y in itertools.product(VALUES, repeat=2):
                if one.contains(x) and other.contains(y) and x == y:
                    assert scalar_key(x) == scalar_key(y), (one, other, x, y)
    assert 0 < exchanged < len(facts) ** 2


# ---- what leaves floats alone -------------------------------------------------------------------------------------


def test_sums_of_floats_are_left_in_their_order_and_divisions_as_they_are():
    module = Module()
    builder = Builder(module.new_function("main", [F64]))
    x, y = builder.param(F64), builder.param(F64)
    value: Value = builder.emit("add", builder.emit("add", x, y), x)
    for name in ("sub", "mul", "floordiv", "mod"):
        value = builder.emit(name, value, y)
    builder.ret(builder.emit("neg", builder.emit("sub", value, x)))
    function = module.functions["main"]
    assert reassociate.run(function, Context()) == 0
    assert choose_divisions(function) == []


# ---- all together -------------------------------------------------------------------------------------------------

UNARY = ["neg", "abs", "sign", "floor", "round", "sqrt"]
BINARY = ["add", "sub", "mul", "div", "floordiv", "mod", "min", "max"]
#: Of whose results on floats no rule says anything.
RULELESS = {"floordiv", "mod"}
CONSTANTS = [0.0, -0.0, 1.0, -1.0, 2.0, NAN]


def expressions(outer: str) -> Iterator[tuple[str, str, str]]:
    """Operations to stand within `outer`, and the other operand of each: an operand of the inner one, or a constant."""
    for inner in [*UNARY, *BINARY]:
        yield from ((outer, inner, other) for other in ("x", "y", "inner", *map(str, CONSTANTS)))


def operand(builder: Builder, name: str, known: dict[str, Value]) -> Value:
    return known[name] if name in known else builder.emit("const", type=F64, aux=float(name))


def two_levels(outer: str, turned: bool) -> Module:
    """All that `outer` computes of another operation and one more operand, for each pair of elements of two arrays."""
    module = Module()
    chosen = list(expressions(outer))
    result = BOOL if outer in COMPARISONS else F64
    builder = Builder(module.new_function("main", [result] * len(chosen)))
    known: dict[str, Value] = {"x": builder.param(F64), "y": builder.param(F64)}
    results = []
    for _, inner, other in chosen:
        operands = [known["x"], known["y"]][: OPS[inner].arity]
        within = {**known, "inner": builder.emit(inner, *operands)}
        pair = [within["inner"], operand(builder, other, within)]
        results.append(builder.emit(outer, *(reversed(pair) if turned else pair)))
    builder.ret(*results)
    return module


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("outer", [*BINARY, *COMPARISONS])
def test_two_operations_one_upon_the_other(outer, turned):
    module = two_levels(outer, turned)
    context = Context()
    result = optimize(module, context=context)
    rewritten = any(what.startswith(("simplify.", "gvn.replaced", "lvn.replaced")) for what in context.counters)
    assert rewritten == (outer not in RULELESS)
    chosen = [0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 5e-324, 1.7e308, INF, -INF, NAN]
    for x, y in itertools.product(chosen, repeat=2):
        before, after = (execute(program, [x, y]).results for program in (module, result))
        assert before is not None and after is not None
        for expression, left, right in zip(expressions(outer), before, after, strict=True):
            assert same(left, right), (expression, x, y, left, right)


BRANCHES = [(name, known) for name in COMPARISONS for known in (0.0, -0.0, 1.0, INF, NAN)]


@pytest.mark.parametrize(("name", "known"), BRANCHES)
def test_what_an_arm_makes_of_what_its_condition_says(name, known):
    """In each arm of a comparison with a constant: abs, sign, min, max, comparisons and products with it."""
    module = Module()
    builder = Builder(module.new_function("main", [F64] * 6 + [BOOL] * 6))
    x = builder.param(F64)
    constant = builder.emit("const", type=F64, aux=known)
    condition = builder.emit(name, x, constant)
    arms = builder.new_block(), builder.new_block()
    builder.branch(condition, *arms)
    for holds, arm in zip((True, False), arms, strict=True):
        builder.at(arm)
        builder.enter_arm(condition, holds)
        there = builder.newest(x)
        values = [builder.emit("abs", there), builder.emit("sign", there), builder.emit("min", there, constant)]
        values += [builder.emit("max", there, constant), builder.emit("mul", there, constant), there]
        values += [builder.emit(other, there, constant) for other in COMPARISONS]
        builder.ret(*values)
        builder.leave_arm()
    result = optimize(module)
    converted = optimize(module, "if_convert,simplify")
    for value in VALUES:
        assert observed(result, [value]) == observed(module, [value]) == observed(converted, [value]), value


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", COMPARISONS)
def test_the_extremes_of_what_a_condition_has_compared(name, swapped):
    """Of two floats; in both arms, the operands in either order."""
    module = Module()
    builder = Builder(module.new_function("main", [F64, F64]))
    x, y = builder.param(F64), builder.param(F64)
    condition = builder.emit(name, x, y)
    arms = builder.new_block(), builder.new_block()
    builder.branch(condition, *arms)
    for holds, arm in zip((True, False), arms, strict=True):
        builder.at(arm)
        builder.enter_arm(condition, holds)
        there = [builder.newest(x), builder.newest(y)]
        operands = there[::-1] if swapped else there
        builder.ret(builder.emit("min", *operands), builder.emit("max", *operands))
        builder.leave_arm()
    result = optimize(module)
    if name in ("lt", "gt"):
        first = result.functions["main"].blocks[1]
        assert not any(instr.op.name in ("min", "max") for instr in first.instrs)
    for pair in PAIRS:
        assert observed(result, list(pair)) == observed(module, list(pair)), pair


def test_choices_are_the_bits_of_an_arm():
    for (left, right), condition in itertools.product(PAIRS, (False, True)):
        with np.errstate(all="ignore"):
            chosen = MEANINGS["select"](F64, None, np.bool_(condition), np.float64(left), np.float64(right))
        assert same(chosen, np.float64(left if condition else right))


def test_the_rules_of_the_table_that_speak_of_floats_are_tried_in_their_own_file():
    import test_simplify_rules

    tried = {*test_simplify_rules.UNCONDITIONAL, *(rule for rule in RULES if rule.condition is not None)}
    arrays = {rule for rule in RULES if test_simplify_rules.is_of_arrays(rule)}
    assert {rule for rule in RULES if "float" in rule.kinds} <= tried | arrays
