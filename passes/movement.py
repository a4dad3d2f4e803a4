"""Moving pure instructions, and calls that are as good, up to where less is known of their operands, without losing
what is known where they were.

Requires: valid IR without crumbs; control flow that does not change while instructions move.
Ensures: a moved instruction stands at the end of its new block, its operands in the versions that are known there (a
pure operation is total: what it gives where a refinement does not hold, nobody uses), its fact computed anew. Where
more was known of it, a `narrow` of it is left. `finish` puts the instructions where they belong and leaves no crumb.
Complexity: constant for each move, linear for `finish`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ssair.call_graph import callee_of
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CALL_OP, CONST, DIM, GET, INDEX, NARROW
from ssair.passes.copyprop import forward_uses
from ssair.passes.origins import Origins
from ssair.types import ArrayType, ScalarType

#: What scalar work costs that is worth some flow of control, in units of an integer addition.
HEAVY: Final = 8
#: Operations on arrays that cost no more than a scalar's.
_LIGHT_READS: Final = frozenset({DIM, INDEX})


def is_movable(instr: Instr, context: Context) -> bool:
    """Whether an instruction may be evaluated elsewhere; constants only move along, items of a call stay there."""
    if instr.op.pure:
        return instr.op is not CONST and instr.op is not GET
    return instr.op is CALL_OP and context.effects_of(instr).movable


def may_take_long(instr: Instr, context: Context) -> bool:
    """Whether a movable instruction makes an array, goes over one, or calls what loops."""
    return context.effects_of(instr).loops if instr.op is CALL_OP else is_array_work(instr)


def is_array_work(instr: Instr) -> bool:
    """Whether an instruction makes an array, or goes over one."""
    if isinstance(instr.type, ArrayType):
        return True
    return instr.op not in _LIGHT_READS and any(isinstance(value.type, ArrayType) for value in instr.args)


def is_heavy(instr: Instr) -> bool:
    """Whether an instruction is worth moving to where it runs less often, or a block parameter."""
    return instr.op.cost >= HEAVY or not isinstance(instr.type, ScalarType)


def has_heavy_work(function: Function) -> bool:
    """Whether there is any; linear, at a fourth of the price of asking about each instruction."""
    kinds = {(instr.op.cost, instr.type) for block in function.blocks for instr in block.instrs}
    return any(cost >= HEAVY or not isinstance(type, ScalarType) for cost, type in kinds)


def _takes(callee: Function, values: Sequence[Value]) -> bool:
    """Whether a function may be called with these values: what is known of its parameters is known of them."""
    return all(value.fact <= param.fact for value, param in zip(values, callee.params, strict=True))


class Movement:
    """The instructions of a function on their way; `changes` counts those moved or replaced."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        self.tree = dominator_tree(function)
        self.origins = Origins()
        self._replaced = False
        #: What came to the end of each block; what has gone on since has another `block`.
        self._arrived: dict[Block, list[Instr]] = {}
        self._left: dict[Block, None] = {}
        #: What knows more where it is now; for membership only.
        self._improved: set[Value] = set()

    def operands_at(self, instr: Instr, block: Block) -> tuple[Value, ...] | None:
        """The operands in versions that are there at the end of `block` or are constants; None if one has none."""
        found: list[Value] = []
        for value in instr.args:
            version = self._version_at(value, block)
            if version is None:
                return None
            found.append(version)
        return tuple(found) if instr.op is not CALL_OP or _takes(callee_of(instr), found) else None

    def _version_at(self, value: Value, block: Block) -> Value | None:
        value = value.find()
        if self.tree.dominates(value.block, block):
            return value
        origin = self.origins[value]
        is_constant = isinstance(origin, Instr) and origin.is_constant
        return origin if is_constant or self.tree.dominates(origin.block, block) else None

    def move_up(self, instr: Instr, block: Block, operands: tuple[Value, ...]) -> Instr:
        """Let the end of `block`, which dominates `instr`, compute it from `operands`; gives what does so."""
        for value in operands:
            if not self.tree.dominates(value.block, block):
                assert isinstance(value, Instr) and value.is_constant
                self._put(value, block)
        fact = instr.op.fact_rule(instr.type, [value.fact for value in operands], instr.aux)
        self.changes += 1
        if fact <= instr.fact:
            if fact != instr.fact:
                self._improved.add(instr)
            instr.args, instr.fact = operands, fact
            self._put(instr, block)
            return instr
        moved = Instr(self.function.new_id(), instr.op, operands, instr.type, fact, instr.aux, instr.span)
        moved.block = block
        self._arrived.setdefault(block, []).append(moved)
        self._narrow(instr, moved)
        return moved

    def replace(self, instr: Instr, leader: Instr) -> None:
        """Let `leader`, equal at run time and dominating, stand for `instr`."""
        self.changes += 1
        if leader.fact <= instr.fact:
            instr.make_equal_to(leader)
            self._replaced = True
        else:
            self._narrow(instr, leader)

    def _narrow(self, instr: Instr, leader: Instr) -> None:
        instr.op, instr.args, instr.aux, instr.fact = NARROW, (leader,), None, instr.fact & leader.fact
        self.origins.add(instr, leader)

    def _put(self, instr: Instr, block: Block) -> None:
        self._left[instr.block] = None
        self._arrived.setdefault(block, []).append(instr)
        instr.block = block

    def finish(self) -> int:
        """Let every block have its instructions; gives the number of changes."""
        for block in dict.fromkeys([*self._left, *self._arrived]):
            instrs = [*block.instrs, *self._arrived.get(block, ())]
            block.instrs = [instr for instr in instrs if instr.block is block]
        if self._replaced:
            forward_uses(self.function)
        if self._improved:
            self._narrow_further()
        return self.changes

    def _narrow_further(self) -> None:
        """Let narrowings of what knows more by now know that too."""
        for block in self.tree.preorder:
            for instr in block.instrs:
                if instr.op is NARROW and instr.args[0] in self._improved:
                    instr.fact = instr.fact & instr.args[0].fact
                    self._improved.add(instr)
