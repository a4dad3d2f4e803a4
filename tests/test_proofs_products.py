"""The rules about products (`passes/bounds_products.py`) are proved: for all values of 8 bits, and of 64.

A rule is Python that asks a prover questions. Here the prover is one that may answer each of them in both ways: where
it says yes, what was asked is true; no says nothing. Every way through the rules is walked (`tests/symbolic.py`), and
whatever inequality comes out must follow from the answers, of all values: so however strong the prover is, no rule
makes it say what is wrong. At 8 bits the values are bit vectors; at more, integers, whose products are any number that
fits where they wrap.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest
import z3
from solver_terms import Term, counterexample, in_range
from symbolic import Run, explore

from ssair.dominators import dominator_tree
from ssair.ir import Function, Instr, Value
from ssair.parser import parse_module
from ssair.passes.bounds_forms import Form, Forms
from ssair.passes.bounds_products import Products
from ssair.passes.bounds_relations import Inequality, Place
from ssair.passes.origins import Origins

SECONDS: Final = 20.0
#: Multiples of `v2`, by v0 and v1, and quotients by it of v3 (of which is known that it is not negative) and of v0.
TEXT: Final = """
func @f -> i64 {{
bb0(v0: i64, v1: i64, v2: i64, v3: i64{{0..}}):
{body}
  return v0
}}
"""
BODIES: Final = {
    "products": ["mul v0, v2", "mul v1, v2"],
    "a product and a quotient": ["mul v0, v2", "floordiv v3, v2"],
    "a product and a truncated quotient": ["mul v0, v2", "div_trunc v3, v2"],
    "a quotient of any sign": ["mul v0, v2", "floordiv v1, v2"],
    "a truncated quotient of any sign": ["mul v0, v2", "div_trunc v1, v2"],
    "the divisor is the dividend": ["mul v3, v3", "floordiv v3, v3"],
    "a square": ["mul v2, v2", "mul v1, v2"],
}


class Rules:
    """The rules of one function, and what its values are at a width."""

    def __init__(self, body: list[str], bits: int) -> None:
        self.bits = bits
        lines = "\n".join(f"  v{4 + place}: i64 = {text}" for place, text in enumerate(body))
        self.function: Function = parse_module(TEXT.format(body=lines)).functions["f"]
        block = self.function.blocks[0]
        self.place = Place(block, len(block.instrs))
        forms = Forms(self.function, Origins())
        self.products = Products(dominator_tree(self.function), forms)
        self.values: list[Value] = [*block.params, *block.instrs]
        #: What holds of the values, whatever the prover says.
        self.assumed: list[Term] = []
        self.terms: dict[Value, Term] = {}
        for value in self.values:
            self.terms[value] = self._variable(value)

    def _variable(self, value: Value) -> Term:
        name = f"v{value.id}"
        if isinstance(value, Instr):
            return self._result(value, name)
        if self.bits == 8:
            term = z3.SignExt(24, z3.BitVec(name, 8))
        else:
            term = z3.Int(name)
            self.assumed.append(in_range(term, self.bits))
        if value.id == 3:
            self.assumed.append(term >= 0)
        return term

    def _result(self, instr: Instr, name: str) -> Term:
        left, right = (self.terms[arg] for arg in instr.args)
        if instr.op.name == "mul" and self.bits == 8:
            return z3.SignExt(24, z3.Extract(7, 0, left * right))
        if instr.op.name == "mul":
            return z3.If(in_range(left * right, self.bits), left * right, self._any(name))
        if self.bits == 8:
            truncated = left / right
            rounds = z3.And(left - truncated * right != 0, (left < 0) != (right < 0), instr.op.name == "floordiv")
            quotient = z3.If(rounds, truncated - 1, truncated)
            return z3.If(right == 0, left, z3.SignExt(24, z3.Extract(7, 0, quotient)))
        quotient = self._any(name)
        product = quotient * right
        is_quotient = z3.And(product <= left, left < product + right)
        self.assumed.append(z3.Implies(z3.And(left >= 0, right > 0), is_quotient))
        return z3.If(right == 0, left, quotient)

    def _any(self, name: str) -> Term:
        term = z3.Int(f"any_{name}")
        self.assumed.append(in_range(term, self.bits))
        return term

    def sum_of(self, terms: object, constant: int) -> Term:
        """The value of a form, which is exact."""
        total = z3.BitVecVal(constant, 32) if self.bits == 8 else z3.IntVal(constant)
        assert isinstance(terms, tuple)
        for atom, factor in terms:
            total = total + self.terms[atom] * factor
        return total

    def fits(self, product: Instr) -> Term:
        """That a product does not wrap."""
        left, right = (self.terms[arg] for arg in product.args)
        return in_range(left * right, self.bits)

    def said(self, atom: Value, is_upper: bool, monkeypatch: pytest.MonkeyPatch, run: Run) -> list[Inequality]:
        """What the rules say of a value, on one walk through all that the prover may answer."""
        for condition in self.assumed:
            run.assume(condition)

        def answered(name: str, meaning: Term) -> bool:
            if not run.decide(z3.Bool(name)):
                return False
            run.assume(meaning)
            return True

        def holds(form: Form) -> bool:
            return answered(f"holds {form}", self.sum_of(form.terms, form.constant) <= 0)

        def is_exact(product: Instr, _: object) -> bool:
            return answered(f"exact {product.id}", self.fits(product))

        def most(atom: Value) -> int:
            for bound in (0, 24):
                if answered(f"most {atom.id} {bound}", self.terms[atom] <= bound):
                    return bound
            return 2 ** (self.bits - 1) - 1

        monkeypatch.setattr(self.products, "_is_exact", is_exact)
        return list(self.products.said(self.place, atom, is_upper, holds, most))


def claims(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Term]]:
    """Whatever may be said of the values of a function, as implications."""
    for atom in rules.values:
        for is_upper in (True, False):
            for run, said in explore(partial(rules.said, atom, is_upper, monkeypatch)):
                for inequality in said:
                    true = rules.sum_of(inequality.terms, -inequality.bound) <= 0
                    yield f"v{atom.id}: {inequality}", z3.Implies(z3.And(*run.conditions), true)


@pytest.mark.parametrize("bits", [8, 64])
@pytest.mark.parametrize("name", BODIES)
def test_what_is_said_of_products_holds(name: str, bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dict.fromkeys(claims(Rules(BODIES[name], bits), monkeypatch))
    assert len(found) > 3
    for said, claim in found:
        model = counterexample(claim, SECONDS)
        assert model is None, f"{said}: {model}"
