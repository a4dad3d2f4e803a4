"""Which loops that count are written out, so that one test stands for several turns, or none for any, and how.

    plans = plan_loops(function, counts, room, places, constants)

Of the instructions of a short loop those that test and count are a third. So a loop that counts `i` up to `n` by `s`

    while i < n: B              is written      if i < n:
                                                    while i < n - 3 * s: B; B; B; B
                                                    while i < n: B

where `n - 3 * s` does not wrap; and a loop that is known to make `t` turns makes several to a test, and those that are
left behind it, or all of them without one if that is short. `B` may leave the loop. What a loop adds to and nothing
else in it reads is added once for several turns.

This decides, and puts limits like `n - 3 * s` into the function; `write_turns` writes.

Requires: operations of Bril (`legalize`); every block is reached. Ensures: the function means the same; what is written
out finds room. Linear.
Source: loop unrolling with a loop for what is left, as in J. Dongarra, A. Hinds, "Unrolling loops in FORTRAN" (1979).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ssair.frontends.bril.legalize import use_counts
from ssair.frontends.bril.write_beginnings import constant
from ssair.frontends.bril.write_bodies import Body, Room
from ssair.frontends.bril.write_constant_uses import ConstantUses
from ssair.frontends.bril.write_constants import Loop, Places
from ssair.frontends.bril.write_counting import Count, Sum, find_sums
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CALL_OP, CONST, OPS
from ssair.types import I64

_SUB: Final = OPS["sub"]
#: How many turns one test stands for, and how many instructions these may be.
_TOGETHER: Final = 4
_LONGEST: Final = 112
#: Up to how many turns, and instructions, a loop is written out altogether.
_MOST_TURNS: Final = 64
_LONGEST_ALTOGETHER: Final = 160


@dataclass(slots=True, eq=False)
class Plan:
    """How a loop is written out: `together` turns to a test, and `behind` turns behind that, None if that is not known.

    The constants that it `wants` get their places as if the header used them.
    """

    body: Body
    count: Count
    together: int
    behind: int | None
    #: What stands for the bound where several turns are tested for; not in any block if it is made before the loop.
    limit: Instr | None = None
    sums: list[Sum] = field(default_factory=list)
    #: Whether nothing but the header's branch reads its condition.
    condition_is_free: bool = False
    #: Whether the limit is made in front of the loop.
    is_limit_late: bool = False
    _constants: dict[int, Instr] = field(default_factory=dict)

    @property
    def copies(self) -> int:
        """How many copies of the body that takes."""
        return self.together + (self.behind or 0)

    def noted(self) -> list[Instr]:
        """The instructions that are written otherwise in some turns."""
        condition = self.body.header.end.args[0]
        assert isinstance(condition, Instr)
        return [condition, *(each.addition for each in self.sums)]

    def wants(self) -> Loop:
        """The constants that are needed."""
        return Loop(self.body.header, self.body.inside, list(self._constants.values()), self.behind is None)

    def want(self, constant: Instr) -> None:
        """See to it that there is a constant."""
        assert isinstance(constant.aux, int)
        self._constants.setdefault(constant.aux, constant)

    def constant(self, value: int) -> Instr:
        """A constant, which is needed."""
        wrapped = (value + 2**63) % 2**64 - 2**63
        if wrapped not in self._constants:
            function = self.body.header.function
            self._constants[wrapped] = function.new_instr(CONST, type=I64, aux=wrapped)
        return self._constants[wrapped]


def plan_loops(
    function: Function, counts: Mapping[Body, Count | None], room: Room, places: Places, constants: ConstantUses
) -> list[Plan]:
    """The loops to write out, of some without cycles in them, with what they count."""
    plans: list[Plan] = []
    for body, count in counts.items():
        plan = _plan(body, count) if count is not None else None
        if plan is not None and room.take(plan.copies * body.length):
            plans.append(plan)
    if plans:
        uses = use_counts(function)
        limits = _Limits(function, places, constants)
        for plan in plans:
            _complete(plan, uses, limits)
    return plans


def _plan(body: Body, count: Count) -> Plan | None:
    """How to write a loop out; None if it is not to be."""
    header, length, turns = body.header, body.length, count.turns
    if not all(instr.op.pure for instr in header.instrs):
        return None
    if turns is not None and 0 < turns <= _MOST_TURNS and turns * length <= _LONGEST_ALTOGETHER:
        return Plan(body, count, 0, turns)
    if _TOGETHER * length > _LONGEST or not count.has_room(_TOGETHER):
        return None
    if turns is None:
        return None if _calls(body) else Plan(body, count, _TOGETHER, None)
    room = count.has_room(2 * _TOGETHER)
    return Plan(body, count, _TOGETHER, turns % _TOGETHER) if turns >= _TOGETHER and room else None


def _calls(body: Body) -> bool:
    """Whether a loop calls, which costs more than its test; what calls itself from a loop makes few turns."""
    return any(instr.op is CALL_OP for block in body.blocks for instr in block.instrs)


# ---- what is read where -------------------------------------------------------------------------------------------


def _complete(plan: Plan, uses: list[int], limits: _Limits) -> None:
    """Find what need not be done in each turn, and what has to be made for a test of several."""
    body, count = plan.body, plan.count
    header = body.header
    plan.condition_is_free = uses[header.end.args[0].id] == 1
    plan.sums = find_sums(body, count, None if count.leaves_by_header else uses)
    for group in {plan.together, plan.behind or 0} - {0}:
        for each in plan.sums:
            plan.constant(group * each.step)
    if plan.behind is None:
        plan.limit = limits.limit(count.bound, (plan.together - 1) * count.step, header)
    elif plan.together:
        plan.limit = limits.limit(count.bound, plan.behind * count.step, header)
    if plan.limit is not None and plan.limit.op is CONST:
        plan.want(plan.limit)
    elif plan.limit is not None and not hasattr(plan.limit, "block"):
        plan.is_limit_late = True
        way = plan.limit.args[1]
        assert isinstance(way, Instr)
        plan.want(way)


class _Limits:
    """Bounds less the way of some turns, made once where that runs least often."""

    def __init__(self, function: Function, places: Places, constants: ConstantUses) -> None:
        self.function = function
        self._places = places
        self._constants = constants
        self._made: dict[tuple[Value, int, Block], Instr] = {}

    def limit(self, bound: Value, way: int, header: Block) -> Instr:
        """`bound - way`, for a loop with this header; whoever wants it places it if no block is better for it."""
        new = self.function.new_instr
        known = constant(bound)
        if known is not None:
            return new(CONST, type=I64, aux=known - way)
        above = self._places.cheapest_above(bound, header)
        if above is None or not self._places.is_clearly_cheaper(above, header):
            return new(_SUB, (bound, new(CONST, type=I64, aux=way)))
        key = (bound, way, above)
        if key not in self._made:
            self._made[key] = made = above.append(new(_SUB, (bound, new(CONST, type=I64, aux=way))))
            self._constants.add_user(made, self._places.flow.vertex[above.id])
        return self._made[key]
