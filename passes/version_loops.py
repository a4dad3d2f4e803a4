"""Loop versioning: a loop whose checks follow from what can be asked once is run without them if the answer is yes.

    loop s = 0.0 for i in 0..n do s + xs[i] * ys[i]

        if n <= len(ys)  then (the loop without the check of ys[i])  else (the loop as it is)

The loop as it is handles every run that fails: it traps where it did, prints what it printed before, and reports what
it reported. This pass makes the copy and the branch in front of it (`version_copies`), by what a proof that fails
lacks (`version_conditions`); that the branch proves the checks of the copy is found by `bounds`, which has to run
again.

Of loops within loops, one is versioned: the one that saves most, counting a check eight times for each loop around it.
A loop that stands in another one is only versioned if it carries no array: a branch may cost a copy of each in every
turn of the outer loop, which is more than a check. None is in a comprehension, whose elements may all be made together:
then both ways are gone by all.

Requires: valid IR without crumbs, best behind `bounds`. Ensures: valid IR of the same meaning. A loop of more than
`size` instructions stays; a function is at most twice as large as it was, but for a few blocks for each loop.
Complexity: linear, but for the depth of loops, and for the questions, whose number of steps is bounded.
Source: loop versioning as in R. Gupta, "Optimizing array bound checks using flow analysis" (1993) and S. Midkiff,
J. Moreira & M. Snir, "Optimizing array reference checking in Java programs" (1998).
"""

from __future__ import annotations

from typing import Final

from ssair.context import Context
from ssair.ir import Block, Function, Instr
from ssair.loops import Loop, LoopForest, loop_forest, preheader
from ssair.ops import CHECK_KINDS
from ssair.passes.bounds import Proofs
from ssair.passes.bounds_relations import Place
from ssair.passes.check_reasons import in_versions
from ssair.passes.justification import justify_refinements
from ssair.passes.motion_out import add_preheaders
from ssair.passes.version_conditions import MOST_CONDITIONS, Asking, Condition, Conditions
from ssair.passes.version_copies import LoopCopies
from ssair.sources import UsageError
from ssair.types import rank

NAME: Final = "version_loops"
#: How much more a check costs for each loop around it, and around how many that counts.
_TURNS: Final = 8
_DEEPEST: Final = 6


def run(function: Function, context: Context, size: str = "400") -> int:
    """Version the loops of up to `size` instructions for which that removes checks; gives how many."""
    if not size.isdecimal():
        raise UsageError(f"{NAME}: size is a number, not {size!r}")
    if not loop_forest(function).loops or not any(_is_check(instr) for instr in function.instructions()):
        return 0
    return _Versioning(function, context, int(size)).run()


def _is_check(instr: Instr) -> bool:
    return instr.op.name in CHECK_KINDS and not rank(instr.type)


def _in_comprehensions(forest: LoopForest) -> set[Loop]:
    """The comprehensions, and the loops within them. For membership only: a set has no order."""
    found: set[Loop] = set()
    for loop in forest.loops:  # what is around a loop comes before it
        if loop.forall is not None or loop.parent in found:
            found.add(loop)
    return found


class _Plan:
    """What would be asked in front of a loop, which checks that lets go, and what it saves."""

    def __init__(self) -> None:
        self.conditions: dict[Condition, None] = {}
        self.checks: list[Instr] = []
        self.gain = 0

    def add(self, check: Instr, conditions: list[Condition], gain: int) -> None:
        """Let one more check go, if that does not take too many conditions."""
        together = {**self.conditions, **dict.fromkeys(conditions)}
        if len(together) <= MOST_CONDITIONS:
            self.conditions = together
            self.checks.append(check)
            self.gain += gain


class _Versioning:
    """One run over a function."""

    def __init__(self, function: Function, context: Context, size: int) -> None:
        self.function = function
        self.context = context
        self.forest = loop_forest(function)
        self.conditions = Conditions(Proofs(function, context), self.forest)
        self.copies = LoopCopies(function, self.forest)
        self.size = size
        self.in_comprehensions = _in_comprehensions(self.forest)

    def run(self) -> int:
        """Choose loops and version them; gives how many."""
        chosen = self._chosen(self._plans())
        chosen = {loop: plan for loop, plan in chosen.items() if self.context.fuel.take(NAME, loop.header)}
        if not chosen:
            return 0
        fronts = self._fronts(list(chosen))
        versioned = 0
        for (loop, plan), front in zip(chosen.items(), fronts, strict=True):
            asking = Asking(self.conditions, self.copies, loop, front)
            if asking.can_ask(plan.conditions):
                self._explain(plan)
                condition = asking.all_of(plan.conditions, plan.checks[0].span)
                self.copies.copy(self.forest.by_header[loop.header], front, condition)
                versioned += 1
        justify_refinements(self.function)
        self.context.count(f"{NAME}.versioned", versioned)
        return versioned

    def _plans(self) -> dict[Loop, _Plan]:
        """What versioning each loop would bring, where it would bring anything."""
        plans: dict[Loop, _Plan] = {}
        for loop in self.forest.loops:
            if not self._may_version(loop):
                continue
            plan = _Plan()
            for block in self.copies.blocks(loop):
                depth = self.forest.innermost[block].depth
                for position, instr in enumerate(block.instrs):
                    if _is_check(instr):
                        asked = self.conditions.of_check(instr, Place(block, position), loop)
                        if asked:
                            plan.add(instr, asked, _TURNS ** min(depth, _DEEPEST))
            if plan.checks:
                plans[loop] = plan
        return plans

    def _may_version(self, loop: Loop) -> bool:
        if loop.header in self.forest.irreducible or self.copies.size(loop) > self.size:
            return False
        carries_arrays = any(rank(param.type) for param in loop.header.params)
        if loop.parent is not None and (carries_arrays or loop in self.in_comprehensions):
            return False
        return self.copies.can_copy(loop)

    def _chosen(self, plans: dict[Loop, _Plan]) -> dict[Loop, _Plan]:
        """The loops that save most, none within another, in reverse postorder."""
        within: dict[Loop, int] = dict.fromkeys(self.forest.loops, 0)
        for loop in reversed(self.forest.loops):
            own = plans[loop].gain if loop in plans else 0
            if own < within[loop]:
                plans.pop(loop, None)
            if loop.parent is not None:
                within[loop.parent] += max(own, within[loop])
        chosen: dict[Loop, _Plan] = {}
        covered: set[Loop] = set()
        for loop in self.forest.loops:
            if loop.parent in covered:
                covered.add(loop)
            elif loop in plans:
                covered.add(loop)
                chosen[loop] = plans[loop]
        return chosen

    def _fronts(self, loops: list[Loop]) -> list[Block]:
        """The blocks that some loops begin behind, made where there are none."""
        wanting = [loop for loop in loops if preheader(self.function, loop) is None]
        if wanting:
            add_preheaders(self.function, wanting)
            self.forest = loop_forest(self.function)
            self.copies = LoopCopies(self.function, self.forest)
        fronts = [preheader(self.function, self.forest.by_header[loop.header]) for loop in loops]
        return [front for front in fronts if front is not None]

    def _explain(self, plan: _Plan) -> None:
        for check in plan.checks:
            self.context.explain_removal(check, "versioned", lambda: in_versions(plan.conditions))
