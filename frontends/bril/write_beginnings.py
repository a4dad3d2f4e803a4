"""From where a loop counts: ends of an interval that a value surely lies in, by the sums and loops that it comes from.

    least_of(value, flow)         for the `j = i + 1` of a loop within `for i from 0`: 1
    greatest_of(value, flow)

A value is followed back along sums with constants that surely do not wrap, as their facts tell, and through the
parameters of loops that only count away from where they begin. Facts of what a loop carries would say the same; this
asks for the few that are wanted, and needs no pass that finds all of them.

Requires: facts hold. Ensures: ends that hold whenever control comes to the value. At most `_FAR` steps.
"""

from __future__ import annotations

from typing import Final

from ssair.facts import IntFact
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Instr, Param, Value
from ssair.ops import CONST, OPS
from ssair.types import I64, integer_range

_LEAST, _GREATEST = integer_range(I64)
_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
#: How many sums and loops a value is followed through.
_FAR: Final = 16


def constant(value: Value) -> int | None:
    """The integer that a value always is, if it is a constant."""
    if isinstance(value, Instr) and value.op is CONST and value.type is I64:
        assert isinstance(value.aux, int)
        return value.aux
    return None


def sum_with_constant(value: Value) -> tuple[Value, int] | None:
    """A value and the constant that is added to it, if that is what gives `value`."""
    if not isinstance(value, Instr) or (value.op is not _ADD and value.op is not _SUB):
        return None
    right = constant(value.args[1])
    if right is not None:
        return value.args[0], right if value.op is _ADD else -right
    left = constant(value.args[0])
    return (value.args[1], left) if left is not None and value.op is _ADD else None


def least_of(value: Value, flow: ControlFlow) -> int:
    """What an integer is never less than."""
    return _end_of(value, 1, flow)


def greatest_of(value: Value, flow: ControlFlow) -> int:
    """What an integer is never greater than."""
    return -_end_of(value, -1, flow)


def _end_of(value: Value, sign: int, flow: ControlFlow) -> int:
    """What `sign` times an integer is never less than."""
    ends: list[int] = []
    moved = 0
    for _ in range(_FAR):
        step = _step_away(value, sign)
        if step is not None:
            value, moved = step[0], moved + sign * step[1]
            continue
        begins = _beginnings(value, sign, flow)
        ends += [sign * known + moved for begin in begins if (known := constant(begin)) is not None]
        others = list(dict.fromkeys(begin for begin in begins if constant(begin) is None))
        if ends and not others:
            return min(ends)
        if others == [value] or len(others) != 1:
            break
        value = others[0]
    lo, hi = _interval(value)
    return min([*ends, (lo if sign > 0 else -hi) + moved])


def _step_away(value: Value, sign: int) -> tuple[Value, int] | None:
    """What `value` is the sum of, with a constant of this sign, if that does not wrap."""
    found = sum_with_constant(value)
    if found is None or sign * found[1] <= 0:
        return None
    lo, hi = _interval(value)  # a sum that wraps comes back at the other end
    fits = lo >= _LEAST + found[1] if sign > 0 else hi <= _GREATEST + found[1]
    return found if fits else None


def _beginnings(value: Value, sign: int, flow: ControlFlow) -> list[Value]:
    """What a parameter is given, but for what only steps away from itself; any other value alone."""
    ways = flow.ways[flow.vertex[value.block.id]] if isinstance(value, Param) else []
    if not isinstance(value, Param) or not ways:
        return [value]
    place = value.block.params.index(value)
    args = [edge.args[place] for _, edge in ways]
    steps = [_step_away(arg, sign) for arg in args]
    return [arg for arg, step in zip(args, steps, strict=True) if arg is not value and not (step and step[0] is value)]


def _interval(value: Value) -> tuple[int, int]:
    fact = value.fact
    return (fact.lo, fact.hi) if isinstance(fact, IntFact) else (_LEAST, _GREATEST)
