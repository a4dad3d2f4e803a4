"""Cheaper ways to divide integers, chosen when refinements are about to go.

    x // 2**k, x % 2**k     x >> k, x & (2**k - 1): these floor as well, whatever the sign of x
    x // y, x % y           of x >= 0 and y > 0: div_trunc, rem_trunc, which a machine has

They are chosen late, for facts and rules know more of `//` and `%` than of what stands for them here. That a quotient
and a remainder of the same operands are one division is left to the compiler behind the backend, which sees it.

Requires: valid IR without crumbs. Ensures: the same values; what is known of a remainder may be more than its mask
tells (`weaken_facts`). Complexity: linear.
Source: Warren, "Hacker's Delight" (2003), section 10-1.
"""

from __future__ import annotations

from typing import Final

from ssair.facts import IntFact, constant_fact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CONST, OPS, Op
from ssair.static import static_values
from ssair.types import ArrayType

_FLOORDIV: Final = OPS["floordiv"]
_MOD: Final = OPS["mod"]
_TRUNCATING: Final[dict[Op, Op]] = {_FLOORDIV: OPS["div_trunc"], _MOD: OPS["rem_trunc"]}
_BY_BITS: Final[dict[Op, Op]] = {_FLOORDIV: OPS["shr"], _MOD: OPS["and"]}


def choose_divisions(function: Function) -> list[Instr]:
    """Choose variants of the integer divisions and remainders; gives those that are others now."""
    divisions: dict[Block, list[Instr]] = {}
    for block in function.blocks:
        found = [instr for instr in block.instrs if instr.op is _FLOORDIV or instr.op is _MOD]
        if found:
            divisions[block] = found
    if not divisions:
        return []
    static = static_values(function)
    return [instr for block, found in divisions.items() for instr in _choose_in(block, found, static)]


def _choose_in(block: Block, divisions: list[Instr], static: set[Value]) -> list[Instr]:
    chosen: list[Instr] = []
    constants: dict[Instr, Instr] = {}
    for instr in divisions:
        dividend, divisor = (value.fact for value in instr.args)
        if not isinstance(dividend, IntFact) or not isinstance(divisor, IntFact):
            continue
        power = _power_of_two(instr, divisor)
        if power is not None and instr not in static:  # what shapes an array is made of `//`
            constants[instr] = _use_bits(instr, power)
        elif dividend.lo >= 0 and divisor.lo > 0:
            instr.op = _TRUNCATING[instr.op]
        else:
            continue
        chosen.append(instr)
    if constants:
        block.instrs = [
            each for instr in block.instrs for each in ((constants[instr], instr) if instr in constants else (instr,))
        ]
    return chosen


def _power_of_two(instr: Instr, divisor: IntFact) -> int | None:
    """The exponent, if the divisor is one scalar power of two."""
    known = divisor.constant
    if known is None or known < 2 or known & (known - 1) or isinstance(instr.args[1].type, ArrayType):
        return None
    return known.bit_length() - 1


def _use_bits(instr: Instr, power: int) -> Instr:
    """Let a division or remainder by `2**power` shift or mask; gives the constant that it needs."""
    type = instr.args[1].type
    operand = power if instr.op is _FLOORDIV else (1 << power) - 1
    constant = Instr(instr.block.function.new_id(), CONST, (), type, constant_fact(type, operand), operand, instr.span)
    constant.block = instr.block
    instr.op, instr.args = _BY_BITS[instr.op], (instr.args[0], constant)
    return constant
