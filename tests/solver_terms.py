"""What the operations on integers and truth values mean, as terms of the solver z3, in two of its theories.

`BITS` has them on bit vectors of the type's width, `EXACT` on integers without end, whose results `wrapped` brings back
into the type; a truth value is a `Bool` in both. The solver is quick on divisions in the one and on bits in the other.
That both tables say what `ssair.semantics` says is a test of its own (`tests/test_proofs.py`): what is proved of the
terms is then true of the language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import z3
from symbolic import floor_divided

from ssair.passes.patterns import Literal, Operation, Pattern, Variable

#: A bit vector or a truth value; z3 has no types to tell.
Term = Any


def width(value: Term) -> int:
    return int(value.size())


def floored(x: Term, y: Term) -> Term:
    """The floored quotient and remainder of bit vectors; by zero, x and 0."""
    quotient, remainder = x / y, z3.SRem(x, y)
    rounded = z3.And(remainder != 0, (remainder < 0) != (y < 0))
    zero = z3.BitVecVal(0, width(x))
    return (
        z3.If(y == 0, x, z3.If(rounded, quotient - 1, quotient)),
        z3.If(y == 0, zero, z3.If(rounded, remainder + y, remainder)),
    )


def truncated(x: Term, y: Term) -> Term:
    """The truncated quotient and remainder; by zero, x and 0."""
    return z3.If(y == 0, x, x / y), z3.If(y == 0, z3.BitVecVal(0, width(x)), z3.SRem(x, y))


def shifted(x: Term, y: Term, left: bool) -> Term:
    """A shift; by less than 0 or by the width or more, what is left when every bit has gone."""
    gone = z3.BitVecVal(0, width(x)) if left else x >> (width(x) - 1)
    return z3.If(z3.ULT(y, width(x)), x << y if left else x >> y, gone)


def bits_or_truth(bits: Callable[[Term, Term], Term], truth: Callable[[Term, Term], Term]) -> Callable[..., Term]:
    """An operation on numbers and on truth values, of which false comes before true."""
    return lambda x, y: truth(x, y) if z3.is_bool(x) else bits(x, y)


BITS: Final[dict[str, Callable[..., Term]]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "floordiv": lambda x, y: floored(x, y)[0],
    "mod": lambda x, y: floored(x, y)[1],
    "div_trunc": lambda x, y: truncated(x, y)[0],
    "rem_trunc": lambda x, y: truncated(x, y)[1],
    "neg": lambda x: -x,
    "abs": lambda x: z3.If(x < 0, -x, x),
    "sign": lambda x: z3.If(x < 0, z3.BitVecVal(-1, width(x)), z3.If(x == 0, x, z3.BitVecVal(1, width(x)))),
    "min": lambda x, y: z3.If(x <= y, x, y),
    "max": lambda x, y: z3.If(x <= y, y, x),
    "and": bits_or_truth(lambda x, y: x & y, z3.And),
    "or": bits_or_truth(lambda x, y: x | y, z3.Or),
    "xor": bits_or_truth(lambda x, y: x ^ y, z3.Xor),
    "not": z3.Not,
    "shl": lambda x, y: shifted(x, y, left=True),
    "shr": lambda x, y: shifted(x, y, left=False),
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
    "lt": bits_or_truth(lambda x, y: x < y, lambda x, y: z3.And(z3.Not(x), y)),
    "le": bits_or_truth(lambda x, y: x <= y, lambda x, y: z3.Or(z3.Not(x), y)),
    "gt": bits_or_truth(lambda x, y: x > y, lambda x, y: z3.And(x, z3.Not(y))),
    "ge": bits_or_truth(lambda x, y: x >= y, lambda x, y: z3.Or(x, z3.Not(y))),
    "select": z3.If,
}


EXACT: Final[dict[str, Callable[..., Term]]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "neg": lambda x: -x,
    "abs": lambda x: z3.If(x < 0, -x, x),
    "sign": lambda x: z3.If(x < 0, z3.IntVal(-1), z3.If(x == 0, x, z3.IntVal(1))),
    "min": lambda x, y: z3.If(x <= y, x, y),
    "max": lambda x, y: z3.If(x <= y, y, x),
    "floordiv": lambda x, y: z3.If(y == 0, x, floor_divided(x, y)),
    "mod": lambda x, y: z3.If(y == 0, y, z3.If(y > 0, x % y, -(-x % -y))),
    "div_trunc": lambda x, y: z3.If(y == 0, x, _toward_zero(x, y)),
    "rem_trunc": lambda x, y: z3.If(y == 0, y, x - y * _toward_zero(x, y)),
    **{name: BITS[name] for name in ("eq", "ne", "lt", "le", "gt", "ge")},
}


def _toward_zero(x: Term, y: Term) -> Term:
    magnitude = z3.If(x < 0, -x, x) / z3.If(y < 0, -y, y)
    return z3.If((x < 0) == (y < 0), magnitude, -magnitude)


def wrapped(value: Term, bits: int) -> Term:
    """The integer of `bits` bits that an exact result wraps to; a truth value as it is."""
    half = 1 << bits - 1
    return value if z3.is_bool(value) else (value + half) % (2 * half) - half


def in_range(value: Term, bits: int) -> Term:
    """That an integer is one of `bits` bits."""
    half = 1 << bits - 1
    return z3.And(-half <= value, value < half)


def term(pattern: Pattern, values: dict[str, Term], bits: int, exact: bool) -> Term:
    """What a pattern computes of values: integers if `exact`, else bit vectors."""
    if isinstance(pattern, Variable):
        return values[pattern.name]
    if isinstance(pattern, Literal):
        literal = pattern.value
        if isinstance(literal, bool):
            return z3.BoolVal(literal)
        return z3.IntVal(int(literal)) if exact else z3.BitVecVal(int(literal), bits)
    assert isinstance(pattern, Operation)
    if pattern.op.name == "pow":
        return _power(pattern, values, bits)
    args = [term(part, values, bits, exact) for part in pattern.args]
    return wrapped(EXACT[pattern.op.name](*args), bits) if exact else BITS[pattern.op.name](*args)


def _power(pattern: Operation, values: dict[str, Term], bits: int) -> Term:
    base, exponent = pattern.args
    if not isinstance(exponent, Literal):
        raise Undecided("a power is a product only where its exponent is known")
    result = z3.BitVecVal(1, bits)
    for _ in range(int(exponent.value)):
        result = result * term(base, values, bits, exact=False)
    return result


def counterexample(claim: Term, seconds: float) -> z3.ModelRef | None:
    """Values for which a claim fails; None if there are none. Raises: Undecided, if that takes longer."""
    solver = z3.Solver()
    solver.set("timeout", int(1000 * seconds))
    solver.add(z3.Not(claim))
    found = solver.check()
    if found == z3.unknown:
        raise Undecided(solver.reason_unknown())
    return solver.model() if found == z3.sat else None


class Undecided(Exception):
    """The solver gave up, or was not asked."""
