"""Partition: of values that are equal in every iteration, one that dominates the others stays.

What `gvn` cannot see, because the arguments of back edges have no numbers yet when it comes to a loop: carried values
that start equal and stay equal, also arrays, through arms, commuted, or swapped. And what it cannot see because its
table holds only what dominates: a value computed in both arms and again behind them, conditionals on the same
condition, comprehensions with equal bodies, and loops that do what another loop has done (`equal_loops`).

Requires: valid IR without crumbs. Ensures: valid IR of the same meaning, in which no instruction that is not a
refinement, and no block parameter, has the number of one that dominates it (`ssair.passes.partition_numbers`). A
replaced value that knew more than what stands for it becomes a narrowing of that: the meet of both. Of equal
parameters of one block the one that knows most stays. A result of a comprehension that was replaced is left to `dce`
with what is yielded for it. Each replacement is one rewrite: that two values are equal is proved of the function as
it came, whichever of the others are made.
Complexity: linear, as far as the numbers are.
Source: Alpern, Wegman & Zadeck, "Detecting Equality of Variables in Programs" (1988); Simpson's thesis (1996); Briggs,
Cooper & Simpson, "Value Numbering" (1997), sections 3 and 5, for replacing by dominance.
"""

from __future__ import annotations

from ssair.context import Context
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Function, Instr, Param, Terminator, Value, users
from ssair.passes.copyprop import forward_uses
from ssair.passes.equal_loops import share_equal_loops
from ssair.passes.justification import justify_refinements
from ssair.passes.partition_numbers import UNNUMBERED, optimistic_numbers
from ssair.passes.replace_param import replace_param
from ssair.passes.value_numbering import let_stand

NAME = "partition"


def run(function: Function, context: Context) -> int:
    """Replace what is equal to a dominating value; gives the number of values replaced."""
    tree = dominator_tree(function)
    numbers = optimistic_numbers(function, context)
    shared = {number for id, number in enumerate(numbers) if number not in (id, UNNUMBERED)}
    replaced = 0
    if shared:
        walk = _Walk(function, context, numbers, shared)
        for block in tree.preorder:
            walk.visit(block, tree)
        replaced = walk.changes
    if replaced:
        forward_uses(function)
    context.count(f"{NAME}.replaced", replaced)
    loops = share_equal_loops(function, context, NAME, numbers)
    if loops:
        forward_uses(function)
        justify_refinements(function)
    return replaced + loops


class _Walk:
    """The walk over the dominator tree that replaces."""

    def __init__(self, function: Function, context: Context, numbers: list[int], shared: set[int]) -> None:
        self.function = function
        self.context = context
        self.numbers = numbers
        #: The numbers of more than one value, refinements included.
        self.shared = shared
        #: The blocks whose parameters comprehensions bind.
        self.results = {edge.target for block in function.blocks if block.end.op.binds for edge in block.end.edges}
        #: By number, the value that stays, and where in the preorder what it dominates ends.
        self.leaders: dict[int, tuple[Value, int]] = {}
        self.changes = 0
        self._used: dict[Value, list[Instr | Terminator]] | None = None

    def visit(self, block: Block, tree: DominatorTree) -> None:
        """Replace what has a leader above or earlier in `block`; the rest leads from here on."""
        start, end = tree.interval(block)
        narrowings = self.visit_params(block, start, end) if block.params else []
        numbers, shared, leaders = self.numbers, self.shared, self.leaders
        for instr in block.instrs:
            number = numbers[instr.id]
            if number not in shared or instr.op.refines:
                continue
            found = leaders.get(number)
            if found is None or start >= found[1]:
                leaders[number] = instr, end
            elif self.take(instr):
                let_stand(instr, found[0])
        block.instrs[:0] = narrowings

    def visit_params(self, block: Block, start: int, end: int) -> list[Instr]:
        """Replace parameters; gives the narrowings to put at the head of the block."""
        equal: dict[int, list[Param]] = {}
        for param in block.params:
            number = self.numbers[param.id]
            if number in self.shared:
                equal.setdefault(number, []).append(param)
        narrowings: list[Instr] = []
        for number, params in equal.items():
            found = self.leaders.get(number)
            if found is None or start >= found[1]:
                leader = _best_known(params)
                params.remove(leader)
                self.leaders[number] = found = leader, end
            for param in params:
                if self.is_used(param) and self.take(param):
                    narrowings += replace_param(param, found[0])
        return narrowings

    def is_used(self, param: Param) -> bool:
        """Whether replacing a parameter changes anything: a result of a comprehension stays when it is replaced."""
        if param.block not in self.results:
            return True
        if self._used is None:
            self._used = users(self.function)
        return param in self._used

    def take(self, value: Value) -> bool:
        """Whether `value` may be replaced; counts it."""
        if self.context.fuel.take(NAME, value):
            self.changes += 1
            return True
        return False


def _best_known(params: list[Param]) -> Param:
    """The first of the parameters of which nothing less is known than of any other, as far as that can be told."""
    best = params[0]
    for param in params[1:]:
        if param.fact <= best.fact and param.fact != best.fact:
            best = param
    return best
