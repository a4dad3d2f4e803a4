"""What a loop counts: a parameter that each turn moves by a constant, up to a bound that stays.

    count = find_count(body, flow)
    count.turns            how many turns it makes, if that is known
    count.has_room(4)      whether four turns may be tested for at once
    find_sums(…)           what it adds to and does not look at

Requires: operations of Bril (`legalize`). Ensures: no integer wraps that did not in the loop as it is. Linear in the
edges to the header, and to those of a few loops around.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, NamedTuple

from ssair.frontends.bril.write_beginnings import constant, greatest_of, least_of, sum_with_constant
from ssair.frontends.bril.write_bodies import Body
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Instr, Param, Value
from ssair.ops import BRANCH, OPS, Op
from ssair.types import I64, integer_range

_LEAST, _GREATEST = integer_range(I64)
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

    #: Whether nothing leaves the loop but its header.
    leaves_by_header: bool

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
        bound = constant(self.bound)
        if bound is not None and not _LEAST <= bound - way <= _GREATEST:
            return False  # of a loop that makes no turn
        return self.least - way >= _LEAST if self.step > 0 else self.greatest - way <= _GREATEST


def find_count(body: Body, flow: ControlFlow) -> Count | None:
    """What a loop counts; None if it does not."""
    header, inside = body.header, body.inside
    if header.end.op is not BRANCH:
        return None
    ways = [edge.target in inside and edge.target is not header for edge in header.end.edges]
    if sum(ways) != 1 or any(edge.target is header for edge in header.end.edges):
        return None
    compared = _compared(header, inside)
    if compared is None:
        return None
    param, comparison, bound = compared
    stay = ways.index(True)
    comparison = comparison if stay == 0 else _NEGATED[comparison]
    place = header.params.index(param)
    steps = {_step(edge.args[place], param) for edge in body.back}
    step = steps.pop()
    if steps or step is None or (step > 0) != (comparison in (_LT, _LE)) or step == 0:
        return None
    starts = [edge.args[place] for edge in body.entries]
    least = min(least_of(start, flow) for start in starts)
    greatest = max(greatest_of(start, flow) for start in starts)
    leaves_by_header = all(edge.target in inside for block in body.blocks[1:] for edge in block.end.edges)
    return Count(param, comparison, bound, step, stay, least, greatest, leaves_by_header)


@dataclass(slots=True, eq=False)
class Sum:
    """What each turn adds to a parameter of the header, which nothing else in the loop reads."""

    param: Param
    addition: Instr
    step: int


def find_sums(body: Body, count: Count, uses: list[int] | None) -> list[Sum]:
    """What a loop adds to and reads no more often; `uses` are those of all values, if it leaves by other ways too."""
    header, inside, back = body.header, body.inside, body.back
    within = _uses_within(body, count)
    found: list[Sum] = []
    for place, param in enumerate(header.params):
        wanted = 2 if param is count.param else 1
        if within[param] != wanted or (uses is not None and uses[param.id] != wanted):
            continue
        arg = back[0].args[place]
        added = sum_with_constant(arg)
        if added is None or added[0] is not param or any(edge.args[place] is not arg for edge in back):
            continue
        assert isinstance(arg, Instr)
        if arg.block in inside and arg.block is not header and within[arg] == len(back):
            found.append(Sum(param, arg, added[1]))
    return found


def _uses_within(body: Body, count: Count) -> Counter[Value]:
    """How often values are used in a loop, on the edge by which its header leaves it aside."""
    found: Counter[Value] = Counter()
    for block in body.blocks:
        for instr in block.instrs:
            found.update(instr.args)
        found.update(block.end.args)
        for place, edge in enumerate(block.end.edges):
            if block is not body.header or place == count.stay:
                found.update(edge.args)
    return found


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
    found = sum_with_constant(value)
    return found[1] if found is not None and found[0] is param else None
