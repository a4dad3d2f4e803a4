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
How: blocks in a preorder of the dominator tree; where no edge leads back, values are numbered and replaced in one go
(0.7 to 0.8 of the time of two), else a stretch is numbered until that is a fixed point, and then replaced.
Complexity: linear, as far as the numbers are.
Source: Alpern, Wegman & Zadeck, "Detecting Equality of Variables in Programs" (1988); Simpson's thesis (1996); Briggs,
Cooper & Simpson, "Value Numbering" (1997), sections 3 and 5, for replacing by dominance.
"""

from __future__ import annotations

from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Param, Terminator, Value, users
from ssair.ops import CALL_OP
from ssair.passes.copyprop import finish_forwarding, forward_operands, forward_uses
from ssair.passes.equal_loops import share_equal_loops
from ssair.passes.justification import justify_refinements
from ssair.passes.partition_numbers import OptimisticNumbers
from ssair.passes.replace_param import replace_param
from ssair.passes.value_numbering import let_stand, numbering_key, value_key

NAME = "partition"


def run(function: Function, context: Context) -> int:
    """Replace what is equal to a dominating value; gives the number of values replaced."""
    numbering = OptimisticNumbers(function, context)
    walk = _Walk(function, context, numbering)
    for blocks in numbering.stretches():
        if numbering.may_go_round(blocks):
            numbering.number_stretch(blocks)
            for block in blocks:
                walk.visit_numbered(block)
        else:
            for block in blocks:
                walk.visit(block)
    replaced = walk.changes
    if replaced:
        finish_forwarding(function)
    context.count(f"{NAME}.replaced", replaced)
    if len(numbering.headers) < 2:
        return replaced
    loops = share_equal_loops(function, context, NAME, numbering.numbers)
    if loops:
        forward_uses(function)
        justify_refinements(function)
    return replaced + loops


class _Walk:
    """The walk over the dominator tree that replaces."""

    def __init__(self, function: Function, context: Context, numbering: OptimisticNumbers) -> None:
        self.function = function
        self.context = context
        self.numbering = numbering
        self.tree = dominator_tree(function)
        self.ends = self.tree.end
        #: The blocks whose parameters comprehensions bind.
        self.results = {edge.target for block in function.blocks if block.end.op.binds for edge in block.end.edges}
        #: By number, the value that stays here, if it is not the one that the number was first given to.
        self.leaders: dict[int, Value] = {}
        self.changes = 0
        self._used: dict[Value, list[Instr | Terminator]] | None = None

    def visit(self, block: Block) -> None:
        """Number a block all of whose predecessors are numbered, and replace what has a leader above or earlier."""
        numbering = self.numbering
        kept: list[Instr] = []
        if block.params:
            numbering.number_params(block)
            kept = self.visit_params(block)
        numbers, owners, number_of = numbering.numbers, numbering.owners, numbering.table.setdefault
        start = self.tree.interval(block)[0]
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    break
            op, own = instr.op, instr.id
            if op.refines:
                numbers[own] = numbers[instr.args[0].id]
                kept.append(instr)
                continue
            key = value_key(instr, numbers) if op is not CALL_OP else numbering_key(instr, numbers, self.context)
            number = numbers[own] = number_of(key, own) if key is not None else own
            if number == own:
                owners[own] = instr
                kept.append(instr)
            elif not self.replace(instr, number, start):
                kept.append(instr)
        block.instrs = kept

    def visit_numbered(self, block: Block) -> None:
        """Replace what has a leader above or earlier in a block whose values have their numbers."""
        kept = self.visit_params(block) if block.params else list[Instr]()
        numbers = self.numbering.numbers
        start = self.tree.interval(block)[0]
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    break
            number = numbers[instr.id]
            if number == instr.id or instr.op.refines or not self.replace(instr, number, start):
                kept.append(instr)
        block.instrs = kept

    def replace(self, instr: Instr, number: int, start: int) -> bool:
        """Let the leader stand for an instruction, if there is one here; whether the instruction has gone."""
        leader = self.leaders.get(number) or self.numbering.owners[number]
        assert leader is not None
        if start >= self.ends[leader.block]:
            self.leaders[number] = instr
            return False
        if not self.context.fuel.take(NAME, instr):
            return False
        self.changes += 1
        if leader.fact is instr.fact:  # as most often: nothing was known of either
            instr.make_equal_to(leader)
            return True
        let_stand(instr, leader)
        return instr.forward is not None

    def leader(self, number: int) -> Value:
        """The value of a number that was met last of those that none dominates."""
        found = self.leaders.get(number)
        if found is None:
            found = self.numbering.owners[number]
            assert found is not None
        return found

    def visit_params(self, block: Block) -> list[Instr]:
        """Replace parameters; gives the narrowings to put at the head of the block."""
        numbers, start = self.numbering.numbers, self.tree.interval(block)[0]
        if all(numbers[param.id] == param.id for param in block.params):
            return []
        equal: dict[int, list[Param]] = {}
        for param in block.params:
            equal.setdefault(numbers[param.id], []).append(param)
        narrowings: list[Instr] = []
        for number, params in equal.items():
            leader = self.leader(number)
            if leader.block is block or start >= self.tree.end[leader.block]:
                leader = _best_known(params)
                params.remove(leader)
                self.leaders[number] = leader
            for param in params:
                if self.is_used(param) and self.take(param):
                    for narrowing in replace_param(param, leader):
                        self.numbering.add_version(narrowing, number)
                        narrowings.append(narrowing)
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
