"""What a loop counts: a parameter that each turn moves by a constant, up to a bound that stays.

    count = find_count(body, incoming)
    count.turns            how many turns it makes, if that is known
    count.has_room(4)      whether four turns may be tested for at once

Requires: operations of Bril (`legalize`). Ensures: no integer wraps that did not in the loop as it is. Linear in the
edges to the header.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.cfg import Incoming
from ssair.facts import IntFact
from ssair.frontends.bril.write_loops import Body
from ssair.ir import Block, Instr, Param, Value
from ssair.ops import BRANCH, CONST, OPS, Op
from ssair.types import I64, integer_range

_LEAST, _GREATEST = integer_range(I64)
_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_LT, _LE, _GT, _GE = (OPS[name] for name in ("lt", "le", "gt", "ge"))
_SWAPPED: Final = {_LT: _GT, _LE: _GE, _GT: _LT, _GE: _LE}
_NEGATED: Final = {_LT: _GE, _LE: _GT, _GT: _LE, _GE: _LT}


class Count(NamedTuple):
    """The loop goes on by the edge `stay` of its header while `param comparison bound`; each turn adds `step`."""

    param: Param
    comparison: Op
    bound: Value
    step: int
    stay: int
    #: The least and the greatest value that the loop may begin with.
    least: int
    greatest: int

    @property
    def turns(self) -> int | None:
        """How many turns the loop makes, if nothing leaves it before; None if that is not known."""
        bound = constant(self.bound)
        if bound is None or self.least != self.greatest:
            return None
        distance = bound - self.least if self.step > 0 else self.least - bound
        if self.comparison in (_LE, _GE):
            distance += 1
        turns = max(0, -(-distance // abs(self.step)))
        return turns if _LEAST <= self.least + turns * self.step <= _GREATEST else None

    def has_room(self, turns: int) -> bool:
        """Whether `bound` less the way of some turns is an integer, given that the loop makes a turn at all."""
        way = turns * self.step
        return self.least - way >= _LEAST if self.step > 0 else self.greatest - way <= _GREATEST


def find_count(body: Body, incoming: list[Incoming]) -> Count | None:
    """What a loop counts, given the edges to its header; None if it does not."""
    header = body.loop.header
    inside = set(body.blocks)
    ways = [edge.target in inside and edge.target is not header for edge in header.end.edges]
    if header.end.op is not BRANCH or sum(ways) != 1 or any(edge.target is header for edge in header.end.edges):
        return None
    compared = _compared(header, inside)
    if compared is None:
        return None
    param, comparison, bound = compared
    stay = ways.index(True)
    comparison = comparison if stay == 0 else _NEGATED[comparison]
    place = header.params.index(param)
    steps = {_step(entry.edge.args[place], param) for entry in incoming if entry.source in inside}
    step = steps.pop()
    if steps or step is None or (step > 0) != (comparison in (_LT, _LE)) or step == 0:
        return None
    least, greatest = _start([entry.edge.args[place] for entry in incoming if entry.source not in inside], param)
    return Count(param, comparison, bound, step, stay, least, greatest)


def _compared(header: Block, inside: set[Block]) -> tuple[Param, Op, Value] | None:
    """The parameter that the header's branch compares, how, and with what, which does not change in the loop."""
    condition = header.end.args[0]
    if not isinstance(condition, Instr) or condition.op not in _SWAPPED or condition.block is not header:
        return None
    left, right = condition.args
    op = condition.op
    if left not in header.params:
        left, right, op = right, left, _SWAPPED[op]
    if left.type is not I64 or not isinstance(left, Param) or left not in header.params:
        return None
    return (left, op, right) if constant(right) is not None or right.block not in inside else None


def _step(value: Value, param: Param) -> int | None:
    """What is added to a parameter to give a value; None if it is not known."""
    if not isinstance(value, Instr) or value.op not in (_ADD, _SUB):
        return None
    left, right = value.args
    if value.op is _ADD and left is not param:
        left, right = right, left
    step = constant(right)
    if left is not param or step is None:
        return None
    return step if value.op is _ADD else -step


def _start(args: list[Value], param: Param) -> tuple[int, int]:
    """Between which integers a loop begins."""
    constants = [found for arg in args if (found := constant(arg)) is not None]
    if len(constants) == len(args):
        return min(constants), max(constants)
    fact = param.fact  # of all the values that it ever has
    return (fact.lo, fact.hi) if isinstance(fact, IntFact) else (_LEAST, _GREATEST)


def constant(value: Value) -> int | None:
    """The integer that a value always is, if it is a constant."""
    if isinstance(value, Instr) and value.op is CONST and value.type is I64:
        assert isinstance(value.aux, int)
        return value.aux
    return None
