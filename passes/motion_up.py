"""What all ways from a block on compute moves up to it: from both arms, or from what follows and from some arms.

Requires: valid IR without crumbs. Ensures: of equal pure computations of which none dominates another, one at the
nearest block that dominates them computes for all, if every way from there to an end of the function comes to one of
them (so no way computes more than before), if the operands are known there, and if it stands in no loop that does not
hold them.
Complexity: n log n: the equal computations and the nearest common dominators of neighbours among them make a tree,
which is looked at once, from the leaves.
Source: Knoop, Rüthing & Steffen, "Lazy Code Motion" (1992), for what is down-safe; here by value number and by
postdominators instead of by bit vectors, without new joins.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from ssair.common_dominators import common_dominators
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr
from ssair.loops import loop_forest
from ssair.ops import BRANCH, SWITCH
from ssair.passes.computations import Computations
from ssair.passes.movement import Movement, is_movable
from ssair.postdominators import postdominators


@dataclass(slots=True)
class _Place:
    """A block that computes a value, or one that dominates several that do: these are its `covers`, in preorder."""

    block: Block
    computes: Instr | None = None
    covers: list[Instr] = field(default_factory=list)


def move_up(function: Function, context: Context, pass_name: str) -> int:
    """Move up what all ways compute; gives the number of instructions moved or replaced."""
    if len(function.blocks) == 1:
        return 0
    groups = Computations(function, context).shared.values()
    several = [group for group in groups if is_movable(group[0], context)]
    tree = dominator_tree(function)  # what dominates the others computes for them: `gvn` lets it
    shared = [group for group in several if not all(tree.dominates(group[0].block, instr.block) for instr in group)]
    if not shared:
        return 0
    hoisting = _Hoisting(function, context, pass_name)
    for group in shared:
        hoisting.look_at(group)
    return hoisting.movement.finish()


class _Hoisting:
    """Equal computations are looked at from the innermost block that dominates several of them outwards."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        self.movement = Movement(function, context, pass_name)
        self.tree = self.movement.tree
        self.after = postdominators(function)
        self.forest = loop_forest(function)
        self.common = common_dominators(function)

    def look_at(self, group: list[Instr]) -> None:
        """Move up equal computations as far as all ways compute them."""
        group = sorted(group, key=lambda instr: self.tree.interval(instr.block)[0])
        stack: list[_Place] = []
        for instr in group:
            while stack and not self.tree.dominates(stack[-1].block, instr.block):
                below = stack.pop()
                common = self.common.nearest(below.block, instr.block)
                if not stack or (stack[-1].block is not common and self.tree.dominates(stack[-1].block, common)):
                    stack.append(_Place(common))
                self._leave(below, stack[-1])
            if not stack or stack[-1].block is not instr.block:
                stack.append(_Place(instr.block, instr))
        while stack:
            below = stack.pop()
            self._leave(below, stack[-1] if stack else None)

    def _leave(self, place: _Place, around: _Place | None) -> None:
        """Let a place that is done with compute for those below, if it can, and so cover what is around it."""
        if place.computes is None and self._is_anticipated(place):
            place.computes = self._hoist(place)
        if place.computes is not None and around is not None:
            around.covers.append(place.computes)

    def _is_anticipated(self, place: _Place) -> bool:
        """Whether every way from the end of a block comes to something that covers it, within the block's loop."""
        block, loop = place.block, self.forest.innermost.get(place.block)
        if block in self.forest.irreducible:
            return False
        covers = [instr.block for instr in place.covers]
        if loop is not None:
            covers = [cover for cover in covers if self.forest.contains(loop, cover)]
        if any(self.after.postdominates(cover, block) for cover in covers):
            return True
        if block.end.op is not BRANCH and block.end.op is not SWITCH:
            return False
        numbers = [self.tree.interval(cover)[0] for cover in covers]
        return all(self._is_covered(target, covers, numbers) for target in block.successors())

    def _is_covered(self, start: Block, covers: list[Block], numbers: list[int]) -> bool:
        """Whether every way from the start of an arm comes to one of the covers that it dominates."""
        first, last = self.tree.interval(start)
        within = covers[bisect_left(numbers, first) : bisect_left(numbers, last)]
        return any(self.after.postdominates(cover, start) for cover in within)

    def _hoist(self, place: _Place) -> Instr | None:
        """Let the end of a block compute what covers it; None if the operands are not known there."""
        movement = self.movement
        for instr in place.covers:
            operands = movement.operands_at(instr, place.block)
            if operands is not None and movement.context.fuel.take(movement.pass_name, instr):
                leader = movement.move_up(instr, place.block, operands)
                for other in place.covers:
                    if other is not instr:
                        movement.replace(other, leader)
                movement.context.count(f"{movement.pass_name}.up")
                return leader
        return None
