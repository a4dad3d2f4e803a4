"""What the operations on integers and truth values mean, as terms of the solver z3.

Integers are bit vectors of the type's width, truth values `Bool`s. That the table says what `ssair.semantics` says is a
test (`tests/test_proofs.py`): what is proved of the terms is then true of the language. Imports z3, an extra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import z3

#: A bit vector or a truth value; z3 has no types to tell.
Term = Any


def width(value: Term) -> int:
    """How many bits a bit vector has."""
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
