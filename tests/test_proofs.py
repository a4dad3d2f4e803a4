"""Every rule on integers and truth values is proved: for all values of 8, 32 and 64 bits, by the solver z3.

Rules are data, so the proof is of the table that runs: pattern and replacement become terms (`tests/bitvectors.py`),
and what must be proved is that they are equal. A condition is a test of facts; what it promises of the values is said
in `PROMISES`, the rule is proved of all values that keep the promise, and that the condition gives it is proved of all
facts at once (`tests/symbolic.py`). What takes the solver longer is in `HARD`, by name, with what holds in its place.

`python tests/test_proofs.py [SECONDS]` tries all, the hard ones too, with a minute each, and prints how long each took.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import z3
from sampled_values import VALUES
from solver_terms import BITS, EXACT, Term, Undecided, counterexample, in_range, term, wrapped
from symbolic import Run, explore, symbolic_fact, within

from ssair.facts import Fact, int_fact
from ssair.ir import Param
from ssair.ops import OPS
from ssair.passes.patterns import parse_pattern, parse_rule_pattern, variables
from ssair.passes.rules import RULES, Rule
from ssair.semantics import MEANINGS
from ssair.types import BOOL, I32, I64, Type, array_of

WIDTHS = (8, 32, 64)
SECONDS = 20.0


def product_fits(bits: int, x: Term, y: Term) -> Term:
    """That a product does not wrap."""
    if z3.is_bv(x):
        return z3.And(z3.BVMulNoOverflow(x, y, True), z3.BVMulNoUnderflow(x, y))
    return in_range(x * y, bits)


#: What the condition of a rule promises of the values of its variables (in the order of their names) at a width.
PROMISES: dict[tuple[str, str], Callable[..., Term]] = {
    ("floordiv(x, x)", "1"): lambda bits, x: x != 0,
    ("floordiv(mul(x, y), y)", "x"): lambda bits, x, y: z3.And(y != 0, product_fits(bits, x, y)),
    ("mod(x, y)", "x"): lambda bits, x, y: z3.And(x >= 0, x < y),
    ("mod(mul(x, y), y)", "0"): product_fits,
    ("abs(x)", "x"): lambda bits, x: x >= 0,
    ("abs(x)", "neg(x)"): lambda bits, x: x <= 0,
    ("min(x, y)", "x"): lambda bits, x, y: x <= y,
    ("max(x, y)", "y"): lambda bits, x, y: x <= y,
    ("and(x, c)", "x"): lambda bits, c, x: z3.And(x >= 0, x <= c, c & (c + 1) == 0),
}

#: What is not proved in a minute, by pattern and width, with the reason.
HARD: dict[tuple[str, int], str] = {
    **dict.fromkeys([("pow(1, x)", bits) for bits in WIDTHS], "a power of unknown exponent is no term of the solver's"),
    ("mod(mul(x, y), y)", 32): "a remainder of a product: it is proved at 8 bits",
    ("mod(mul(x, y), y)", 64): "a remainder of a product: it is proved at 8 bits",
}


def names_of(rule: Rule) -> list[str]:
    return sorted({found.name for found in variables(parse_rule_pattern(rule.pattern))})


def kinds_of(rule: Rule) -> list[str]:
    """The kinds of the first variable for which a rule is one of bits."""
    return [kind for kind in rule.kinds if kind != "float"]


def of_bits(rule: Rule) -> bool:
    return bool(kinds_of(rule)) and not any(name in rule.pattern for name in ("transpose", "reverse"))


PROVED = [(rule, kind, bits) for rule in RULES if of_bits(rule) for kind in kinds_of(rule) for bits in WIDTHS]
PROVED = [case for case in PROVED if case[1] == "int" or case[2] == 8 or "select" in case[0].pattern]
EASY = [case for case in PROVED if (case[0].pattern, case[2]) not in HARD]


def label(value: object) -> str:
    return f"{value.pattern}->{value.replacement}" if isinstance(value, Rule) else str(value)


def is_exact(rule: Rule, bits: int) -> bool:
    """Whether a rule is proved in the theory of integers: wide divisions are hard for that of bit vectors."""
    return bits > 8 and ("floordiv" in rule.pattern or "mod" in rule.pattern)


def variable(rule: Rule, name: str, kind: str, bits: int) -> Term:
    names = names_of(rule)
    if "z" in names and name != "z":
        kind = "int"  # the arms of a choice by z
    return z3.Bool(name) if kind == "bool" else z3.Int(name) if is_exact(rule, bits) else z3.BitVec(name, bits)


def claim(rule: Rule, kind: str, bits: int) -> Term:
    """That the pattern equals the replacement wherever the promise is kept."""
    exact = is_exact(rule, bits)
    values = {name: variable(rule, name, kind, bits) for name in names_of(rule)}
    left = term(parse_rule_pattern(rule.pattern), values, bits, exact)
    right = term(parse_pattern(rule.replacement), values, bits, exact)
    assumed = [in_range(value, bits) for value in values.values() if z3.is_int(value)]
    if rule.condition is not None:
        assumed.append(PROMISES[rule.pattern, rule.replacement](bits, *values.values()))
    return z3.Implies(z3.And(*assumed), left == right)


def proof(rule: Rule, kind: str, bits: int, seconds: float) -> None:
    """Raises: AssertionError with values for which the rule is wrong; Undecided."""
    found = counterexample(claim(rule, kind, bits), seconds)
    assert found is None, f"{label(rule)} at {bits} bits: {found}"


@pytest.mark.parametrize(("rule", "kind", "bits"), EASY, ids=label)
def test_a_rule_is_proved(rule, kind, bits):
    proof(rule, kind, bits, SECONDS)


def test_the_list_of_hard_rules_names_rules():
    assert {pattern for pattern, _ in HARD} <= {rule.pattern for rule in RULES}


@pytest.mark.parametrize("kind", ["add(x, y)->sub(x, y)", "mod(x, y)->x", "shl(x, y)->mul(x, y)", "abs(x)->x"])
def test_a_false_rule_is_refuted(kind):
    pattern, replacement = kind.split("->")
    for bits in WIDTHS:
        with pytest.raises(AssertionError):
            proof(Rule(pattern, replacement, ("int",)), "int", bits, SECONDS)


# ---- conditions -----------------------------------------------------------------------------------------------------


def promised(rule: Rule, type: Type) -> Iterator[Term]:
    """For each way through the condition on which it holds, of all facts: that the values keep the promise."""
    assert rule.condition is not None
    names = names_of(rule)
    bits = 32 if type is I32 else 64
    known = [name for name in names if name in "cd"]
    masks = [(1 << count) - 1 for count in range(bits)] if known else [0]
    for flags in itertools.product((False, True), repeat=len(names) - len(known)):
        for mask in masks:
            constants = dict.fromkeys(known, int_fact(mask, mask))

            def holds(run: Run, flags: tuple[bool, ...] = flags, constants: dict[str, Fact] = constants) -> object:
                free = iter(flags)
                facts = {n: constants.get(n) or symbolic_fact(run, n, type, next(free)) for n in names}
                binding = {name: Param(0, type, fact) for name, fact in facts.items()}
                return rule.condition is not None and bool(rule.condition(binding)), facts

            for run, (held, facts) in explore(holds):
                values = [z3.IntVal(mask) if name in known else z3.Int(f"value_{name}") for name in names]
                inside = [within(run, facts[name], value) for name, value in zip(names, values, strict=True)]
                if held:
                    keeps = kept(rule, bits, values)
                    yield z3.Implies(z3.And(*run.conditions, *inside), keeps)


def kept(rule: Rule, bits: int, values: list[Term]) -> Term:
    if rule.pattern == "and(x, c)":  # of masks alone, so that nothing of bits is left to say
        return z3.And(values[1] >= 0, values[1] <= values[0])
    return PROMISES[rule.pattern, rule.replacement](bits, *values)


CONDITIONAL = [rule for rule in RULES if rule.condition is not None and "int" in rule.kinds]


def test_each_condition_has_a_promise():
    assert [(rule.pattern, rule.replacement) for rule in CONDITIONAL] == list(PROMISES)


@pytest.mark.parametrize("type", [I32, I64], ids=str)
@pytest.mark.parametrize("rule", CONDITIONAL, ids=label)
def test_a_condition_gives_what_its_rule_is_promised(rule, type):
    ways = 0
    for claimed in promised(rule, type):
        ways += 1
        assert counterexample(claimed, 20.0) is None
    assert ways, "it never holds"


def test_no_other_constant_is_taken_for_a_mask():
    rule = next(rule for rule in CONDITIONAL if rule.pattern == "and(x, c)")
    assert rule.condition is not None
    for constant in range(-70, 70):
        binding = {"x": Param(0, I64, int_fact(0, 0)), "c": Param(0, I64, int_fact(constant, constant))}
        assert rule.condition(binding) == (constant >= 0 and constant & (constant + 1) == 0)


# ---- the terms ------------------------------------------------------------------------------------------------------


def number(value: Term) -> int:
    """The value of a term without variables."""
    simple = z3.simplify(value)
    if z3.is_bool(simple):
        return int(z3.is_true(simple))
    return int(simple.as_signed_long() if z3.is_bv(simple) else simple.as_long())


@pytest.mark.parametrize("name", BITS)
def test_the_terms_mean_what_the_interpreter_computes(name):
    arity = OPS[name].arity
    for type in (I32, I64):
        if name in ("not", "select"):
            continue
        bits = 32 if type is I32 else 64
        values = [*VALUES[type][::3].tolist(), 0, -1]
        for operands in itertools.product(values, repeat=arity):
            arrays = [np.array([value], VALUES[type].dtype) for value in operands]
            with np.errstate(all="ignore"):
                wanted = int(MEANINGS[name](array_of(type, 1), None, *arrays)[0])
            assert number(BITS[name](*[z3.BitVecVal(value, bits) for value in operands])) == wanted, operands
            if name in EXACT:
                assert number(wrapped(EXACT[name](*map(z3.IntVal, operands)), bits)) == wanted, operands


@pytest.mark.parametrize("name", ["and", "or", "xor", "not", "eq", "ne", "lt", "le", "gt", "ge", "select"])
def test_the_terms_of_truth_values_mean_what_the_interpreter_computes(name):
    for operands in itertools.product((False, True), repeat=OPS[name].arity):
        wanted = bool(MEANINGS[name](BOOL, None, *[np.bool_(value) for value in operands]))
        assert bool(number(BITS[name](*[z3.BoolVal(value) for value in operands]))) == wanted, operands


if __name__ == "__main__":
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    for rule, kind, bits in PROVED:
        start = time.perf_counter()
        try:
            proof(rule, kind, bits, limit)
            verdict = "proved"
        except Undecided as reason:
            verdict = f"undecided ({reason})"
        print(f"{label(rule):<48}{kind:<6}{bits:>3}{time.perf_counter() - start:9.2f} s  {verdict}")
