"""What the operations on integers and truth values mean, as terms of the solver z3, in two of its theories.

`BITS` (of `ssair.validation_terms`) has them on bit vectors of the type's width, `EXACT` on integers without end,
whose results `wrapped` brings back into the type; a truth value is a `Bool` in both. The solver is quick on divisions
in the one and on bits in the other. That both tables say what `ssair.semantics` says is a test of its own
(`tests/test_proofs.py`): what is proved of the terms is then true of the language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import z3
from symbolic import floor_divided

from ssair.passes.patterns import Literal, Operation, Pattern, Variable
from ssair.validation_terms import BITS, Term

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
