"""What only some ways need sinks to where they part from the others.

Requires: valid IR without crumbs; dead code is gone. Ensures: heavy work whose uses are all in one arm stands at the
start of the arm, of the innermost such one, with what only it needs and with the cheap work between it and the arm; a
comprehension without effects likewise, as a whole; nothing sinks into a loop, but out of one. An instruction moves with
its operands and its fact: where it goes, all that held still holds.
What reads an array that is updated, carried or passed on stays: it would keep the old version alive beside the new.
Complexity: n log n, but for the nesting of comprehensions.
Source: J. Knoop, O. Rüthing & B. Steffen, "Partial Dead Code Elimination" (1994), without the copies at joins.
"""

from __future__ import annotations

from typing import Final

from ssair.ancestors import Ancestors
from ssair.cfg import comprehension_of, reverse_postorder
from ssair.common_dominators import common_dominators
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Value
from ssair.loops import Loop, loop_forest
from ssair.ops import CALL_OP, FORALL, GET, UPDATE
from ssair.passes.dce import removable_comprehensions
from ssair.passes.movement import has_heavy_work, is_heavy, is_movable
from ssair.passes.origins import Origins
from ssair.passes.sinking import Sunk, settle
from ssair.postdominators import postdominators
from ssair.types import ArrayType

#: How many loops that stand one before the other a value is taken back in front of.
_MOST_STEPS: Final = 32


def move_down(function: Function, context: Context, pass_name: str) -> int:
    """Sink what only some ways need; gives the number of instructions and comprehensions moved."""
    heavy = heavy_work(function, context)
    if len(function.blocks) == 1 or not (heavy or any(block.end.op is FORALL for block in function.blocks)):
        return 0
    sinking = _Sinking(function, context, pass_name, heavy)
    for block in reversed(reverse_postorder(function)):
        sinking.look_at(block)
    settle(function, sinking.sunk)
    context.count(f"{pass_name}.down", sinking.changes)
    return sinking.changes


def heavy_work(function: Function, context: Context) -> set[Value]:
    """The movable instructions that are heavy, or are made of heavy ones that nothing else uses."""
    heavy: set[Value] = set()
    several: set[Value] = set()
    used: set[Value] = set()
    if not has_heavy_work(function):
        return heavy
    for block in reverse_postorder(function):
        for instr in block.instrs:
            if is_heavy(instr) and is_movable(instr, context):
                heavy.add(instr)
    if not heavy:
        return heavy
    for block in reverse_postorder(function):
        for value in (*(value for instr in block.instrs for value in instr.args), *block.end.operands()):
            (several if value in used else used).add(value)
    for block in reverse_postorder(function):
        for instr in block.instrs:
            if instr.op is GET:
                if instr.args[0] in heavy:
                    heavy.add(instr)
            elif is_movable(instr, context) and any(v in heavy and v not in several for v in instr.args):
                heavy.add(instr)
    return heavy


class _Sinking:
    """One walk against the order of execution, so that users sink before what they use."""

    def __init__(self, function: Function, context: Context, pass_name: str, heavy: set[Value]) -> None:
        self.heavy = heavy
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        self.tree = dominator_tree(function)
        self.after = postdominators(function)
        self.forest = loop_forest(function)
        self.owner = comprehension_of(function)
        self.common = common_dominators(function)
        parents = {loop: loop.parent for loop in self.forest.loops if loop.parent is not None}
        self.around: Ancestors[Loop] = Ancestors(self.forest.loops, parents)
        self.origins = Origins()
        self.changing = changing_arrays(function, self.origins)
        #: For each value, the nearest block that dominates its uses so far.
        self.needed_at: dict[Value, Block] = {}
        #: What something that sinks uses. For membership only, as the next.
        self.taken_along: set[Value] = set()
        self.free = free_comprehensions(function, self.origins, self.changing)
        #: Where the `forall` of a block goes.
        self.moved: dict[Block, Block] = {}
        #: What goes to the start of each block, the last first.
        self.sunk: dict[Block, list[Sunk]] = {}

    def look_at(self, block: Block) -> None:
        """Sink what can sink of a block all of whose successors but for back edges were looked at."""
        at = self.moved.get(block, block)
        for value in block.end.operands():
            self._need(value, at)
        for instr in reversed(block.instrs):
            target = self._target_of(instr)
            if target is not None and self.context.fuel.take(self.pass_name, instr):
                self.sunk.setdefault(target, []).append(instr)
                self.taken_along.update(instr.args)
                self.changes += 1
            else:
                target = block
            for value in instr.args:
                self._need(value, target)
        above = self.tree.idom.get(block)
        if above in self.free and above is not None and above.end.edges[1].target is block:
            self._look_at_comprehension(above, block)

    def _need(self, value: Value, block: Block) -> None:
        """Note that `block` uses a value, or what goes to `block` does."""
        known = self.needed_at.get(value)
        if known is value.block or known is block:
            return  # most uses: nothing above its own block dominates the uses of a value
        if self.moved:
            block = self._outside(block, value)
        self.needed_at[value] = block if known is None else self.common.nearest(known, block)

    def _outside(self, block: Block, value: Value) -> Block:
        """Where a use in `block` is by now, if a comprehension around it moves and the value is defined outside it."""
        at = block
        region = self.owner.get(block)
        while region is not None and not self.tree.dominates(region.end.edges[0].target, value.block):
            at = self.moved.get(region, at)
            region = self.owner.get(region)
        return at

    def _target_of(self, instr: Instr) -> Block | None:
        """Where an instruction sinks to; None if it stays."""
        needed_at = self.needed_at.get(instr)
        if needed_at is None or needed_at is instr.block or not self._is_sinkable(instr):
            return None
        if instr not in self.heavy and instr not in self.taken_along:
            return None
        if any(self.origins[value] in self.changing for value in instr.args):
            return None
        return self._place_below(instr.block, needed_at)

    def _is_sinkable(self, instr: Instr) -> bool:
        """Whether an instruction may sink, and is worth it; items of a call sink if that may."""
        return instr in self.heavy if instr.op is GET else is_movable(instr, self.context) and instr.op.cost > 0

    def _place_below(self, block: Block, needed_at: Block) -> Block | None:
        """The lowest block on the way from `block` down to `needed_at` that is in no loop which does not hold `block`;
        None if that is reached whenever `block` is."""
        target = needed_at
        for _ in range(_MOST_STEPS):
            inner = self.forest.innermost.get(target)
            if inner is not None and not self.forest.contains(inner, block):
                outermost = self.around.highest(inner, lambda loop: not self.forest.contains(loop, block))
                target = self.tree.idom[outermost.header]
            elif target in self.forest.irreducible and target is not block:
                target = self.tree.idom[target]
            else:
                break
        else:
            return None
        leaves_loop = not self.forest.same_loop(block, target)
        return target if leaves_loop or not self.after.postdominates(target, block) else None

    def _look_at_comprehension(self, block: Block, exit: Block) -> None:
        """Sink the comprehension that ends `block`, if the arrays that it makes are needed further down only."""
        places = [self.needed_at[param] for param in exit.params if param in self.needed_at]
        if not places:
            return
        needed_at = places[0]
        for place in places[1:]:
            needed_at = self.common.nearest(needed_at, place)
        target = self._place_below(exit, needed_at) if needed_at is not exit else None
        if target is not None and self.context.fuel.take(self.pass_name, block):
            self.sunk.setdefault(target, []).append(block)
            self.moved[block] = target
            self.taken_along.update(block.end.args)
            self.changes += 1


def changing_arrays(function: Function, origins: Origins) -> set[Value]:
    """The arrays that are updated, or given to another block or function, which may update them in place."""
    changing: set[Value] = set()
    for block in reverse_postorder(function):
        for instr in block.instrs:
            if instr.op is UPDATE:
                changing.add(origins[instr.args[0]])
            elif instr.op is CALL_OP:
                changing.update(origins[value] for value in instr.args if isinstance(value.type, ArrayType))
        for edge in block.end.edges:
            changing.update(origins[value] for value in edge.args if isinstance(value.type, ArrayType))
    return changing


def free_comprehensions(function: Function, origins: Origins, changing: set[Value]) -> set[Block]:
    """The blocks of the comprehensions without effects whose bodies read no changing array of the outside."""
    owner = comprehension_of(function)
    depth: dict[Block, int] = {}
    order = reverse_postorder(function)
    for block in order:
        region = owner[block]
        depth[block] = depth[region] + 1 if region is not None else 0
    #: By block of a `forall`, how far out the arrays are defined that must not be read later.
    reach: dict[Block, int] = {}
    for block in reversed(order):
        region = owner[block]
        if region is None:
            continue
        for value in (value for instr in block.instrs for value in instr.args):
            origin = origins[value]
            if origin in changing:
                reach[region] = min(reach.get(region, depth[block]), depth[origin.block])
        if block in reach and block.end.op is FORALL:
            reach[region] = min(reach.get(region, depth[block]), reach[block])
    return {block for block in removable_comprehensions(function) if reach.get(block, depth[block] + 1) > depth[block]}
