"""Python functions run on integers that stand for all integers: every path is walked, with the conditions it takes.

    for run, result in explore(lambda run: rule(run.integer("x"))): ...  # run.conditions lead to this result

A comparison of symbolic integers is decided when Python asks for its truth; a decision that can go both ways is walked
both ways, by running the function again. So a fact rule, which is Python that compares and adds the ends of intervals,
gives for each path what it makes of *every* interval that leads there, and z3 proves what is claimed of it.

The integers are Python's, without end: those of the solver's theory of integers, or bit vectors wide enough (`bits`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import z3

from ssair.facts import BoolFact, Fact, IntFact
from ssair.types import Type, integer_range

Term = Any
Result = TypeVar("Result")


class Run:
    """One walk through a function: the decisions asked for first, the conditions collected, and the ways not taken."""

    def __init__(self, script: list[bool], bits: int | None) -> None:
        self.bits = bits
        self.conditions: list[Term] = []
        self.others: list[list[bool]] = []
        self._script = script
        self._taken: list[bool] = []
        self._known: dict[int, tuple[Term, bool]] = {}
        self._solver = z3.Solver()
        self._solver.set("timeout", 2000)

    def assume(self, condition: Term) -> None:
        """Let a condition hold from here on."""
        self.conditions.append(condition)
        self._solver.add(condition)

    def integer(self, name: str) -> Integer:
        """An integer of which nothing is known."""
        return Integer(self, z3.Int(name) if self.bits is None else z3.BitVec(name, self.bits))

    def constant(self, value: int) -> Term:
        return z3.IntVal(value) if self.bits is None else z3.BitVecVal(value, self.bits)

    def decide(self, condition: Term) -> bool:
        """The truth of a condition on this walk."""
        known = self._known.get(condition.get_id())
        if known is not None:
            return known[1]
        place = len(self._taken)
        if place < len(self._script):
            choice = self._script[place]
        else:
            choice = self._is_possible(condition)
            if choice and self._is_possible(z3.Not(condition)):
                self.others.append([*self._taken, False])
        self._taken.append(choice)
        self._known[condition.get_id()] = condition, choice  # the term is kept, or its number would be used again
        self.assume(condition if choice else z3.Not(condition))
        return choice

    def _is_possible(self, condition: Term) -> bool:
        simple = z3.simplify(condition)
        if z3.is_true(simple) or z3.is_false(simple):
            return z3.is_true(simple)
        return bool(self._solver.check(condition) != z3.unsat)


def explore(function: Callable[[Run], Result], bits: int | None = None) -> Iterator[tuple[Run, Result]]:
    """Every way through a function: the walk with its conditions, and what the function gives."""
    work: list[list[bool]] = [[]]
    while work:
        run = Run(work.pop(), bits)
        result = function(run)
        work += run.others
        yield run, result


class Truth:
    """A comparison; Python learns its truth by asking for it."""

    def __init__(self, run: Run, term: Term) -> None:
        self.run = run
        self.term = term

    def __bool__(self) -> bool:
        return self.run.decide(self.term)

    def __hash__(self) -> int:
        return hash(bool(self))

    def __sub__(self, other: object) -> int:
        return int(bool(self)) - int(bool(other))

    def __eq__(self, other: object) -> bool:
        return bool(self) == bool(other)

    def __le__(self, other: object) -> bool:
        return not bool(self) or bool(other)


class Integer:
    """An integer that stands for all that the conditions admit; in a table of integers it is not found."""

    __hash__ = object.__hash__

    def __init__(self, run: Run, term: Term) -> None:
        self.run = run
        self.term = term

    def of(self, other: object) -> Term:
        return other.term if isinstance(other, Integer) else self.run.constant(int(other))  # type: ignore[call-overload]

    def new(self, term: Term) -> Integer:
        return Integer(self.run, term)

    def __add__(self, other: object) -> Integer:
        return self.new(self.term + self.of(other))

    def __radd__(self, other: object) -> Integer:
        return self.new(self.of(other) + self.term)

    def __sub__(self, other: object) -> Integer:
        return self.new(self.term - self.of(other))

    def __rsub__(self, other: object) -> Integer:
        return self.new(self.of(other) - self.term)

    def __mul__(self, other: object) -> Integer:
        return self.new(self.term * self.of(other))

    def __floordiv__(self, other: object) -> Integer:
        return self.new(floor_divided(self.term, self.of(other)))

    def __neg__(self) -> Integer:
        return self.new(-self.term)

    def __abs__(self) -> Integer:
        return self.new(z3.If(self.term < 0, -self.term, self.term))

    def __lshift__(self, other: object) -> Integer:
        return self.new(self.term << self.of(other))

    def __rlshift__(self, other: object) -> Integer:
        return self.new(self.of(other) << self.term)

    def __rshift__(self, other: object) -> Integer:
        return self.new(self.term >> self.of(other))

    def __mod__(self, other: object) -> Integer:
        return self.new(floor_remainder(self.term, self.of(other)))

    def __and__(self, other: object) -> Integer:
        return self.new(self.term & self.of(other))

    def __or__(self, other: object) -> Integer:
        return self.new(self.term | self.of(other))

    def __xor__(self, other: object) -> Integer:
        return self.new(self.term ^ self.of(other))

    def bit_length(self) -> Integer:
        """How many bits the magnitude has; of bit vectors only."""
        assert self.run.bits is not None
        magnitude = abs(self).term
        length = self.run.constant(0)
        for bit in range(self.run.bits):
            length = z3.If(z3.Extract(bit, bit, magnitude) == 1, self.run.constant(bit + 1), length)
        return self.new(length)

    def __lt__(self, other: object) -> Truth:
        return Truth(self.run, self.term < self.of(other))

    def __le__(self, other: object) -> Truth:
        return Truth(self.run, self.term <= self.of(other))

    def __gt__(self, other: object) -> Truth:
        return Truth(self.run, self.term > self.of(other))

    def __ge__(self, other: object) -> Truth:
        return Truth(self.run, self.term >= self.of(other))

    def __eq__(self, other: object) -> Truth:  # type: ignore[override]
        return Truth(self.run, self.term == self.of(other))

    def __ne__(self, other: object) -> Truth:  # type: ignore[override]
        return Truth(self.run, self.term != self.of(other))


def floor_divided(x: Term, y: Term) -> Term:
    """The floored quotient: the theory of integers keeps the remainder positive, that of bit vectors truncates."""
    if z3.is_bv(x):
        quotient, remainder = x / y, z3.SRem(x, y)
        return z3.If(z3.And(remainder != 0, (remainder < 0) != (y < 0)), quotient - 1, quotient)
    return z3.If(y > 0, x / y, -x / -y)


def floor_remainder(x: Term, y: Term) -> Term:
    """The remainder with the sign of the divisor; that of bit vectors has it by itself."""
    return x % y if z3.is_bv(x) else z3.If(y > 0, x % y, -(-x % -y))


# ---- facts --------------------------------------------------------------------------------------------------------


def symbolic_fact(run: Run, name: str, type: Type, nonzero: bool) -> IntFact:
    """Every fact of an integer type that admits some value: those that may say `nonzero`, or those that do not."""
    lo, hi = run.integer(f"{name}_lo"), run.integer(f"{name}_hi")
    least, greatest = integer_range(type)
    run.assume(z3.And(lo.term >= least, lo.term <= hi.term, hi.term <= greatest))
    zero = run.constant(0)
    if nonzero:
        run.assume(z3.And(lo.term != zero, hi.term != zero))
    else:
        run.assume(z3.And(lo.term <= zero, hi.term >= zero))  # or it would be known
    return IntFact(cast(int, lo), cast(int, hi), nonzero)


def within(run: Run, fact: Fact, value: Term) -> Term:
    """That a fact admits an integer, or a truth value."""
    if isinstance(fact, BoolFact):
        return z3.Or(z3.And(value, bool(fact.may_be_true)), z3.And(z3.Not(value), bool(fact.may_be_false)))
    assert isinstance(fact, IntFact)
    lo, hi = (bound.term if isinstance(bound, Integer) else run.constant(bound) for bound in (fact.lo, fact.hi))
    nonzero: object = fact.nonzero
    excludes_zero = nonzero.term if isinstance(nonzero, Truth) else z3.BoolVal(bool(nonzero))
    return z3.And(lo <= value, value <= hi, z3.Implies(excludes_zero, value != 0))
