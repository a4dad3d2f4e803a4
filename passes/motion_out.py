"""Invariant work leaves loops and comprehensions, from inside their arms too.

Requires: valid IR without crumbs. Ensures: a pure instruction whose operands are defined outside a loop stands in front
of it, in front of the outermost such one that it may leave:
- if it surely runs when the loop is entered, whatever it costs;
- else only scalar work: what runs in every iteration (it runs for nothing only if there is none), and of the rest as
  much as costs `SPECULATED` together for a loop, in the order of the program: one evaluation each time the loop is
  entered, against one in each iteration that takes the arm.
A check leaves only if it must run anyway: from the header, if nothing that has an effect comes before it.
A loop that has no block of its own to begin in gets one where something moves there.
Complexity: n log n.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final

from ssair.ancestors import Ancestors
from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.loops import Loop, entries, loop_forest, preheader
from ssair.ops import CONST, GET, JUMP, OPS
from ssair.passes.dce import has_effect
from ssair.passes.movement import Movement, is_movable, may_take_long
from ssair.postdominators import Postdominators, postdominators

#: What may be evaluated for nothing each time a loop is entered, in units of an integer addition.
SPECULATED: Final = 300
#: What moves only with what needs it: constants, items of calls, and what a backend makes in place as cheaply as it
#: reads it, which XLA moves itself.
_STAYS: Final = frozenset({CONST, GET, OPS["full"], OPS["iota"]})


def move_out(function: Function, context: Context, pass_name: str) -> int:
    """Move invariant work out of loops; gives the number of instructions moved."""
    if not loop_forest(function).loops:
        return 0
    leaving = _Leaving(function, context, pass_name)
    moved = leaving.run()
    wanting = [loop for loop in leaving.wanting if context.fuel.take(pass_name, loop.header)]
    add_preheaders(function, wanting)
    return moved + _Leaving(function, context, pass_name).run() if wanting else moved


def add_preheaders(function: Function, loops: Sequence[Loop]) -> None:
    """For each of some natural loops, a new block that every edge into it leads to first."""
    ways = [(loop.header, entries(function, loop)) for loop in loops]
    for header, into in ways:
        block = function.new_block()
        params = [block.add_param(param.type, param.fact, param.span) for param in header.params]
        block.set_terminator(Terminator(JUMP, (), (Edge(header, tuple(params)),), (), header.end.span))
        for entry in into:
            function.redirect(entry.edge, block, entry.edge.args)


class _Leaving:
    """One walk in reverse postorder, so that operands leave before what uses them."""

    def __init__(self, function: Function, context: Context, pass_name: str) -> None:
        self.movement = Movement(function, context, pass_name)
        self.function = function
        self.forest = loop_forest(function)
        self.speculated: dict[Loop, int] = {}
        #: Loops without a block to begin in that something would leave.
        self.wanting: dict[Loop, None] = {}

    # what is asked only where something is invariant: most loops have nothing that is

    @cached_property
    def after(self) -> Postdominators:
        """What is come to on every way."""
        return postdominators(self.function)

    @cached_property
    def around(self) -> Ancestors[Loop]:
        """The loops around each loop."""
        parents = {loop: loop.parent for loop in self.forest.loops if loop.parent is not None}
        return Ancestors(self.forest.loops, parents)

    @cached_property
    def front(self) -> dict[Loop, Block | None]:
        """The block in front of each loop."""
        return {loop: preheader(self.function, loop) for loop in self.forest.loops}

    @cached_property
    def every_iteration(self) -> dict[Loop, Loop]:
        """For each loop the outermost one all of whose iterations come to it."""
        found: dict[Loop, Loop] = {}
        for loop in self.forest.loops:
            around = loop.parent
            steady = around is not None and self._runs_every_time(loop.header, around)
            found[loop] = found[around] if around is not None and steady else loop
        return found

    def run(self) -> int:
        """Move what can leave; gives the number of instructions moved."""
        context = self.movement.context
        innermost, irreducible = self.forest.innermost, self.forest.irreducible
        for block in reverse_postorder(self.function):
            loop = innermost.get(block)
            if loop is None or block in irreducible:
                continue
            # whether what has an effect here is the first that has, in every run of the loop
            first = block is loop.header and loop.forall is None
            for instr in block.instrs:
                if instr.op in _STAYS:
                    continue
                if is_movable(instr, context):
                    if self._is_invariant(instr, loop):
                        self._move(instr, loop)
                elif first and has_effect(instr, context):
                    first = instr.op.refines and self._is_invariant(instr, loop) and self._leave(instr, loop)
        self.movement.context.count(f"{self.movement.pass_name}.out", self.movement.changes)
        return self.movement.finish()

    def _is_invariant(self, instr: Instr, loop: Loop) -> bool:
        forest = self.forest
        for value in instr.args:
            inner = forest.innermost.get(value.block)
            if inner is loop or (inner is not None and forest.encloses(loop, inner)):
                if value.__class__ is Param:
                    return False
                origin = self.movement.origins[value]  # of what is outside, it is outside too: it dominates that
                if not _is_constant(origin) and forest.contains(loop, origin.block):
                    return False
        return True

    def _runs_every_time(self, block: Block, loop: Loop) -> bool:
        return all(self.movement.tree.dominates(block, latch) for latch in loop.latches)

    def _move(self, instr: Instr, loop: Loop) -> None:
        """Move an instruction out of the outermost loops that it may leave."""
        #: The outermost loop that comes to it in every iteration.
        steady = self.every_iteration[loop] if self._runs_every_time(instr.block, loop) else None
        outermost = self.around.highest(loop, lambda around: self._is_invariant(instr, around))
        for left in self._leavable(instr, loop, outermost, steady):
            if self._may_leave(instr, left, steady):
                if self.front[left] is None:
                    self.wanting[left] = None
                else:
                    self._leave(instr, left)
                return

    def _leavable(self, instr: Instr, loop: Loop, outermost: Loop, steady: Loop | None) -> Iterator[Loop]:
        """The outermost loop that `instr` does not change in, and those that it may leave without being evaluated for
        nothing, but for loops that end at once; as far as they are asked for."""
        yield outermost
        if steady is not None:
            forest = self.forest
            yield self.around.highest(loop, lambda a: forest.encloses(outermost, a) and forest.encloses(steady, a))
        surely = self._surely_left(instr, loop, outermost)
        if surely is not None:
            yield surely

    def _surely_left(self, instr: Instr, loop: Loop, outermost: Loop) -> Loop | None:
        """The outermost loop, up to one that `instr` may leave, whose every run comes to it."""

        def surely_runs(around: Loop) -> bool:
            return self.forest.encloses(outermost, around) and self._surely_runs(instr, around)

        return self.around.highest(loop, surely_runs) if surely_runs(loop) else None

    def _surely_runs(self, instr: Instr, loop: Loop) -> bool:
        """Whether every run of a loop comes to `instr`."""
        return loop.forall is None and self.after.postdominates(instr.block, loop.header)

    def _may_leave(self, instr: Instr, loop: Loop, steady: Loop | None) -> bool:
        light = not may_take_long(instr, self.movement.context)
        if light and steady is not None and self.forest.encloses(steady, loop):
            return True  # as most often, and before anything is found out of postdominators
        if self._surely_runs(instr, loop):
            return True
        if not light:
            return False
        spent = self.speculated.get(loop, 0) + instr.op.cost
        if spent > SPECULATED:
            return False
        self.speculated[loop] = spent
        return True

    def _leave(self, instr: Instr, loop: Loop) -> bool:
        """Move an instruction in front of a loop; whether that was possible."""
        front, movement = self.front[loop], self.movement
        operands = movement.operands_at(instr, front) if front is not None else None
        if front is None or operands is None or not movement.context.fuel.take(movement.pass_name, instr):
            return False
        movement.move_up(instr, front, operands)
        return True


def _is_constant(value: Value) -> bool:
    return isinstance(value, Instr) and value.is_constant
