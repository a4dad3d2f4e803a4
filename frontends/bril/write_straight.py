"""Loops of a few turns that are known, and that nothing leaves before, are written out in the IR, without any test.

    flow, counts = straighten(flow, room)          how control flows then; what the other loops without cycles count

What the loop counts is a constant in each turn, and what is computed of constants is computed now, branches on it
included: integers and comparisons of them, additions of 0 and multiplications by 1 or 0. What a turn adds to and
nothing else in the loop reads is added once for all turns.

Requires: operations of Bril (`legalize`); every block is reached. Ensures: valid IR of the same meaning; every block is
reached. Linear; a loop around what is written out may be written out next, up to `_ROUNDS` times.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final, NamedTuple

from ssair.frontends.bril.write_beginnings import constant
from ssair.frontends.bril.write_bodies import Body, Room, innermost
from ssair.frontends.bril.write_constant_uses import is_same_constant
from ssair.frontends.bril.write_counting import Count, find_count, find_sums
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.ops import BRANCH, CONST, JUMP, OPS, Op
from ssair.passes.copyprop import forward_uses
from ssair.types import BOOL, I64

_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_MUL: Final = OPS["mul"]
_MOVE: Final = OPS["ptradd"]
_ARITHMETIC: Final[dict[Op, Callable[[int, int], int]]] = {_ADD: operator.add, _SUB: operator.sub, _MUL: operator.mul}
_COMPARISONS: Final[dict[Op, Callable[[int, int], bool]]] = {
    OPS[name]: getattr(operator, name) for name in ("eq", "lt", "gt", "le", "ge")
}
#: Up to how many turns, and instructions, a loop is written out altogether.
_MOST_TURNS: Final = 64
_LONGEST: Final = 160
_ROUNDS: Final = 3


def straighten(flow: ControlFlow, room: Room) -> tuple[ControlFlow, dict[Body, Count | None]]:
    """Write loops out; gives those without cycles in them that are left, with what they count."""
    function = flow.blocks[0].function
    for last in range(_ROUNDS, -1, -1):
        if not flow.is_current():
            flow = ControlFlow(function)
        counts = {body: find_count(body, flow) for body in innermost(flow)}
        chosen: list[_Straight] = []
        for body, count in counts.items() if last else ():
            if count is not None and count.leaves_by_header and _is_short(body, count.turns):
                loop = _Straight(function, body, count)
                if room.take(loop.turns * body.length):
                    chosen.append(loop)
        if not chosen:
            break
        for loop in chosen:
            loop.write()
        function.remove_blocks({block for loop in chosen for block in loop.inside})
        forward_uses(function)
    return flow, counts


def _is_short(body: Body, turns: int | None) -> bool:
    return turns is not None and 0 < turns <= _MOST_TURNS and turns * body.length <= _LONGEST


class _Way(NamedTuple):
    """How control comes to a block: from the open end of another one, or by an edge."""

    source: Block
    args: tuple[Value, ...]
    edge: Edge | None = None


class _Straight:
    """One loop that is written out."""

    def __init__(self, function: Function, body: Body, count: Count) -> None:
        self.function = function
        self.body = body
        self.header = body.header
        self.inside = body.inside
        self.stay, self.leave = self.header.end.edges[count.stay], self.header.end.edges[1 - count.stay]
        self.stays_if = count.stay == 0
        self.turns = count.turns or 0
        self.entries = body.entries
        self.sums = {each.addition: each for each in find_sums(body, count, None)}
        #: By value of the loop, what stands for it in the turn under way.
        self.now: dict[Value, Value] = {}

    def write(self) -> None:
        """Put all turns in front of where the loop leads."""
        block = self._begin()
        first: dict[Instr, Value] = {each.addition: self.now[each.param] for each in self.sums.values()}
        for turn in range(self.turns):
            self._copy(self.header, block, self.stays_if)
            for addition, known in first.items():
                self.now[addition] = known
            if turn == self.turns - 1:
                for addition, each in self.sums.items():
                    total = self._constant(self.turns * each.step)
                    self.now[addition] = self._made(addition, _ADD, (first[addition], total), block)
            ways = {self.stay.target: [_Way(block, self._all_now(self.stay.args))]}
            for body in self.body.blocks[1:]:
                if body in ways:
                    block = self._join(body, ways.pop(body))
                    self._copy(body, block, None)
                    self._go_on(body, block, ways)
            block = self._join(self.header, ways[self.header])
        self._copy(self.header, block, not self.stays_if)
        self.leave.args = self._all_now(self.leave.args)
        block.set_terminator(Terminator(JUMP, (), (self.leave,), (), self.header.end.span))
        for value in (*self.header.params, *self.header.instrs):
            known = self.now.get(value, value)
            if known is not value:
                value.forward = known

    def _begin(self) -> Block:
        """The block that the loop begins with, with its parameters, but for those that are always the same."""
        block = self.function.new_block()
        for edge in self.entries:
            edge.target = block
        kept: list[int] = []
        for place, param in enumerate(self.header.params):
            args = [edge.args[place].find() for edge in self.entries]
            if all(arg is args[0] or is_same_constant(arg, args[0]) for arg in args):
                self.now[param] = args[0]
            else:
                kept.append(place)
                self.now[param] = _twin(param, block)
        for edge in self.entries:
            edge.args = tuple([edge.args[place] for place in kept])
        return block

    def _join(self, block: Block, ways: list[_Way]) -> Block:
        """Where control comes together for a copy of a block."""
        if len(ways) == 1 and ways[0].edge is None:
            self.now.update(zip(block.params, ways[0].args, strict=True))
            return ways[0].source
        made = self.function.new_block()
        edges = []
        for way in ways:
            edge = way.edge
            if edge is None:
                edge = Edge(made)
                way.source.set_terminator(Terminator(JUMP, (), (edge,)))
            edge.target = made
            edges.append(edge)
        known: dict[Value, Value] = {}
        for place, param in enumerate(block.params):
            args = [way.args[place] for way in ways]
            if all(arg is args[0] for arg in args):
                known[param] = args[0]
            else:
                known[param] = _twin(param, made)
                for edge, arg in zip(edges, args, strict=True):
                    edge.args += (arg,)
        self.now.update(known)
        return made

    def _copy(self, block: Block, to: Block, condition: bool | None) -> None:
        """Put the instructions of a block to the end of another; of the header the condition is known."""
        now = self.now
        for instr in block.instrs:
            if instr.op is CONST or instr in self.sums:
                continue
            if condition is not None and instr is self.header.end.args[0]:
                now[instr] = self.function.new_instr(CONST, type=BOOL, aux=condition)
            else:
                now[instr] = self._made(instr, instr.op, self._all_now(instr.args), to)

    def _go_on(self, block: Block, made: Block, ways: dict[Block, list[_Way]]) -> None:
        """Note where the copy of a block leads."""
        end = block.end
        if end.op is JUMP:
            (edge,) = end.edges
            ways.setdefault(edge.target, []).append(_Way(made, self._all_now(edge.args)))
            return
        (condition,) = self._all_now(end.args)
        if isinstance(condition, Instr) and condition.op is CONST:
            edge = end.edges[0 if condition.aux else 1]
            ways.setdefault(edge.target, []).append(_Way(made, self._all_now(edge.args)))
            return
        edges = tuple([Edge(made) for _ in end.edges])
        made.set_terminator(Terminator(BRANCH, (condition,), edges, (), end.span))
        for edge, copy in zip(end.edges, edges, strict=True):
            ways.setdefault(edge.target, []).append(_Way(made, self._all_now(edge.args), copy))

    def _all_now(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        now = self.now
        return tuple([now[value] if value in now else value.find() for value in values])

    def _constant(self, value: int) -> Instr:
        return self.function.new_instr(CONST, type=I64, aux=(value + 2**63) % 2**64 - 2**63)

    def _made(self, instr: Instr, op: Op, args: tuple[Value, ...], block: Block) -> Value:
        """What an operation gives: a value that is there, a constant, or a new instruction like another one."""
        if len(args) == 2:
            known = self._known(op, *args)
            if known is not None:
                return known
        return block.append(Instr(self.function.new_id(), op, args, instr.type, instr.fact, instr.aux, instr.span))

    def _known(self, op: Op, one: Value, other: Value) -> Value | None:
        """What always is the result of an operation; None if that is not known."""
        left, right = constant(one), constant(other)
        if left is None and right is None:
            return None
        if left is not None and right is not None:
            if op in _ARITHMETIC:
                return self._constant(_ARITHMETIC[op](left, right))
            if op in _COMPARISONS:
                return self.function.new_instr(CONST, type=BOOL, aux=_COMPARISONS[op](left, right))
        if right == 0 and (op is _ADD or op is _SUB or op is _MOVE):
            return one
        if left == 0 and op is _ADD:
            return other
        if op is _MUL and 1 in (left, right):
            return other if left == 1 else one
        if op is _MUL and 0 in (left, right):
            return one if left == 0 else other
        return None


def _twin(param: Param, block: Block) -> Param:
    """A parameter of another block like one."""
    twin = block.add_param(param.type, param.fact, param.span)
    twin.name = param.name
    return twin
