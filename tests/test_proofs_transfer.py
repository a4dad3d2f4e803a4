"""Every fact rule on integers is proved for all intervals of operands and all values in them, at 8, 32 and 64 bits.

The rule itself runs, on intervals whose ends are symbols (`tests/symbolic.py`); for each path through it the solver
proves that what the operation computes of values within the operands' facts is within the fact that the rule gives.
Arithmetic is proved in the theory of integers, where the result wraps by a remainder; bit operations in that of bit
vectors. What takes the solver too long for a test is in `LONG`, by name; it is tried for all intervals of 4 bits.

`python tests/test_proofs_transfer.py [SECONDS]` tries all, the hard ones too, with a minute each, and prints the times.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator
from unittest.mock import patch

import numpy as np
import pytest
import z3
from solver_terms import BITS, EXACT, Term, Undecided, counterexample, wrapped
from symbolic import Run, explore, symbolic_fact, within

from ssair import transfer
from ssair.facts import Fact, bottom, int_fact, top
from ssair.ops import COMPARISONS, OPS, PREDICATES
from ssair.semantics import MEANINGS
from ssair.types import BOOL, I32, I64, ScalarType, Type, array_of, integer_range

SECONDS = 5.0
I4 = ScalarType("i4", "int", 4)
I8 = ScalarType("i8", "int", 8)
TYPES = (I8, I32, I64)

BIT_OPERATIONS = ("and", "or", "xor", "shl", "shr")

#: What takes the solver too long for a test; the command tries them, and proves all. Seconds at 8, 32 and 64 bits on a
#: busy machine: floordiv 140, 50, 138 (175 paths); div_trunc 157, 140, 68 (221); rem_trunc 7, 10, 10 (75);
#: shr 26, 99, 259 (82); shl 154, 98, 441 (112).
LONG = ("floordiv", "div_trunc", "rem_trunc", "shr", "shl")


def top_of_width(type: Type) -> Fact:
    """`top` for a width that the language does not have too."""
    return int_fact(*integer_range(type)) if type in (I4, I8) else top(type)


def bottom_of_width(type: Type) -> Fact:
    return bottom(I64 if type in (I4, I8) else type)


def wide(type: ScalarType, name: str) -> int:
    """How many bits hold all that a rule computes on its way."""
    return {
        "shl": type.bits + 70,
    }.get(name, type.bits + 8)


def in_bits(name: str, type: ScalarType) -> bool:
    """Whether an operation is proved in the theory of bit vectors."""
    return name in BIT_OPERATIONS


def computed(name: str, bits: int, values: list[Term]) -> Term:
    """What an operation computes of integers, or of bit vectors wider than the type."""
    if name not in BIT_OPERATIONS:
        return wrapped(EXACT[name](*values), bits)
    narrow = [z3.Extract(bits - 1, 0, value) for value in values]
    return z3.SignExt(values[0].size() - bits, BITS[name](*narrow))


def claims(name: str, type: ScalarType) -> Iterator[Term]:
    """For each path through the rule of `name`: that it admits all that is computed."""
    op = OPS[name]
    result = BOOL if name in COMPARISONS else type
    places = range(op.arity)
    bits = wide(type, name) if in_bits(name, type) else None
    for flags in itertools.product((False, True), repeat=op.arity):

        @patch.object(transfer, "top", top_of_width)
        @patch.object(transfer, "bottom", bottom_of_width)
        def rule(run: Run, flags: tuple[bool, ...] = flags) -> tuple[list[Fact], Fact]:
            facts: list[Fact] = [symbolic_fact(run, f"f{i}", type, flags[i]) for i in places]
            return facts, op.fact_rule(result, facts, None)

        for run, (facts, found) in explore(rule, bits):
            values = [run.integer(f"x{i}").term for i in places]
            inside = [within(run, fact, value) for fact, value in zip(facts, values, strict=True)]
            yield z3.Implies(z3.And(*run.conditions, *inside), within(run, found, computed(name, type.bits, values)))


# ---- refinements, checks and conversions ----------------------------------------------------------------------------

#: What holds of the operands behind a check, the result being the first.
PASSED: dict[str, Callable[..., Term]] = {
    "check_index": lambda index, length: z3.And(index >= 0, index < length),
    "check_nonzero": lambda divisor, dividend: divisor != 0,
    "check_exponent": lambda exponent, base: exponent >= 0,
    "check_nonempty": lambda count: count >= 1,
    "check_equal": lambda size, other: size == other,
    "check_at_least": lambda size, least: size >= least,
}


def relation(predicate: str) -> Callable[..., Term]:
    if predicate in COMPARISONS:
        return EXACT[predicate]
    return lambda x, y: z3.Not(EXACT[predicate[1:]](x, y))


def stated(name: str, aux: object, type: Type, holds: Callable[..., Term]) -> Iterator[Term]:
    """For each path through the rule of a refinement or check: that it admits the first operand where `holds` does."""
    op = OPS[name]
    for flags in itertools.product((False, True), repeat=op.arity):

        def rule(run: Run, flags: tuple[bool, ...] = flags) -> tuple[list[Fact], Fact]:
            facts: list[Fact] = [symbolic_fact(run, f"f{i}", type, flag) for i, flag in enumerate(flags)]
            return facts, op.fact_rule(type, facts, aux)

        for run, (facts, found) in explore(rule):
            values = [run.integer(f"x{i}").term for i in range(op.arity)]
            inside = [within(run, fact, value) for fact, value in zip(facts, values, strict=True)]
            yield z3.Implies(z3.And(*run.conditions, *inside, holds(*values)), within(run, found, values[0]))


# ---- tests ----------------------------------------------------------------------------------------------------------

CASES = [(name, type) for name in (*EXACT, *BIT_OPERATIONS) for type in TYPES]


def label(value: object) -> str:
    return str(value)


@pytest.mark.parametrize(("name", "type"), [case for case in CASES if case[0] not in LONG], ids=label)
def test_a_rule_admits_all_that_is_computed(name, type):
    proved = 0
    for claim in claims(name, type):
        assert counterexample(claim, SECONDS) is None
        proved += 1
    assert proved, "no path was walked"


def intervals(type: ScalarType) -> list[Fact]:
    """Every fact of a type that admits some value."""
    least, greatest = integer_range(type)
    pairs = itertools.combinations_with_replacement(range(least, greatest + 1), 2)
    facts = [int_fact(lo, hi, flag) for lo, hi in pairs for flag in (False, True)]
    return [fact for fact in dict.fromkeys(facts) if not fact.is_bottom]


def interpreted(name: str, x: int, y: int) -> int:
    """What an operation computes of 4-bit integers, by the interpreter's meaning for wider ones."""
    if name in ("shl", "shr") and not 0 <= y < 4:
        return 0 if name == "shl" or x >= 0 else -1
    with np.errstate(all="ignore"):
        result = int(MEANINGS[name](array_of(I64, 1), None, np.array([x]), np.array([y]))[0])
    return (result + 8) % 16 - 8


@pytest.mark.parametrize("name", LONG)
def test_a_rule_admits_all_that_is_computed_of_four_bits(name):
    values = range(-8, 8)
    table = {(x, y): interpreted(name, x, y) for x, y in itertools.product(values, repeat=2)}
    facts = intervals(I4)
    members = [[value for value in values if fact.contains(value)] for fact in facts]
    with patch.object(transfer, "top", top_of_width), patch.object(transfer, "bottom", bottom_of_width):
        for (left, xs), (right, ys) in itertools.product(zip(facts, members, strict=True), repeat=2):
            found = OPS[name].fact_rule(I4, [left, right], None)
            results = {table[x, y] for x in xs for y in ys}
            assert all(map(found.contains, results)), (name, left, right, found)


@pytest.mark.parametrize("type", [I32, I64], ids=label)
@pytest.mark.parametrize("predicate", PREDICATES)
def test_a_refinement_admits_what_satisfies_it(predicate, type):
    for claim in stated("refine", predicate, type, relation(predicate)):
        assert counterexample(claim, SECONDS) is None


@pytest.mark.parametrize("name", PASSED)
def test_a_check_admits_what_passes_it(name):
    for claim in stated(name, 0, I64, PASSED[name]):
        assert counterexample(claim, SECONDS) is None


@pytest.mark.parametrize(("source", "target"), list(itertools.product((I32, I64), repeat=2)), ids=label)
def test_a_conversion_of_integers_admits_what_it_wraps_to(source, target):
    for flag in (False, True):

        def rule(run: Run, flag: bool = flag) -> tuple[Fact, Fact]:
            fact = symbolic_fact(run, "f", source, flag)
            return fact, OPS["convert"].fact_rule(target, [fact], None)

        for run, (fact, found) in explore(rule):
            value = run.integer("x").term
            inside = z3.And(*run.conditions, within(run, fact, value))
            assert counterexample(z3.Implies(inside, within(run, found, wrapped(value, target.bits))), SECONDS) is None


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("add", "sub"), ("max", "min"), ("lt", "le"), ("mul", "add"), ("mod", "rem_trunc"), ("abs", "neg")],
)
def test_a_false_rule_is_refuted(name, wrong, monkeypatch):
    """The rule of another operation does not admit what this one computes."""
    monkeypatch.setitem(EXACT, name, EXACT[wrong])
    assert any(counterexample(claim, SECONDS) is not None for claim in claims(name, I64))


def test_a_rule_that_forgets_to_wrap_is_refuted():
    forgets = {name: lambda type, lo, hi: int_fact(lo, hi) for name in ("_wrapped", "_fitting")}
    with patch.multiple(transfer, **forgets):
        for name in ("add", "sub", "mul", "neg", "abs"):
            assert any(counterexample(claim, SECONDS) is not None for claim in claims(name, I64))


if __name__ == "__main__":
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    wanted = sys.argv[2].split(",") if len(sys.argv) > 2 else [name for name, _ in CASES]
    for name, type in CASES:
        if name in wanted:
            start, paths, verdict = time.perf_counter(), 0, "proved"
            try:
                for claim in claims(name, type):
                    assert counterexample(claim, limit) is None, f"{name} at {type}"
                    paths += 1
            except Undecided as reason:
                verdict = f"undecided ({reason})"
            print(
                f"{name:<12}{type.name:<5}{paths:>4} paths{time.perf_counter() - start:9.2f} s  {verdict}", flush=True
            )
