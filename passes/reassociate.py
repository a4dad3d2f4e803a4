"""Reassociation: integer sums and products in one order each, with equal terms and constants put together.

Integers wrap, so `+ - *` make them a commutative ring, in which any order of terms gives the same result; floats do
not, and are left alone. A tree of additions, subtractions and negations becomes the sum of its terms with their
coefficients, a tree of multiplications the product of its factors:

    (a + b) + c  and  (a + c) + b                  are one computation for `gvn`
    x * 2 + x,  (x - y) + (y + 1),  a + b - a      are `x * 3`, `x + 1`, `b`
    (i + n) + m  in a loop over i                  is `(n + m) + i`, of which `n + m` can move out

Terms come in the order of their ranks: what is defined in earlier blocks first, and a constant behind what is defined
before the last of them. Nothing is copied or moved: what is used twice, or defined in another block, is a term. Checks
and refinements stay where they are; a term is known by its origin, and used in the version of which most is known.

Requires: valid IR without crumbs. Ensures: valid IR of the same meaning with no more operations. A tree is one rewrite,
and is left as it is if it is in order. Where the new operations tell less of the result than was known, it becomes a
narrowing.
Complexity: O(n log n) in the operations of a tree, linear in all else.
Source: Briggs & Cooper, "Effective Partial Redundancy Elimination" (1994), section 3, for ranks.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.constants import Constant
from ssair.context import Context
from ssair.facts import constant_fact
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CONST, NARROW
from ssair.passes.copyprop import forward_uses
from ssair.passes.origins import Origins
from ssair.passes.reassociate_terms import KINDS, SUB, Operand, Step, StepNumber, Tree, is_below, kind
from ssair.passes.value_numbering import let_stand

NAME: Final = "reassociate"


def run(function: Function, context: Context) -> int:
    """Put the sums and products of a function into order; gives the number of trees rewritten."""
    walk = _Walk(function, context)
    for block in reverse_postorder(function):
        walk.visit(block)
    if walk.replaced:
        forward_uses(function)
    context.count(f"{NAME}.rewritten", walk.changes)
    return walk.changes


class _Walk:
    """The walk over a function, blocks in reverse postorder."""

    def __init__(self, function: Function, context: Context) -> None:
        self.function = function
        self.context = context
        self.changes = 0
        #: Whether crumbs were left.
        self.replaced = False
        self._origins = Origins()
        self._position = {block: place for place, block in enumerate(reverse_postorder(function))}
        self._uses = _use_counts(function)
        #: New instructions, by the one they are to stand before.
        self._made: dict[Instr, list[Instr]] = {}
        #: The roots and inner operations that are no longer needed; for membership only.
        self._gone: set[Instr] = set()

    def visit(self, block: Block) -> None:
        """Rewrite the trees whose roots stand in `block`, operands before users."""
        uses = self._uses
        inner: set[Instr] = set()
        grown: dict[Instr, None] = {}  # the operations with more of a tree below them
        for instr in block.instrs:
            if instr.op not in KINDS or (wanted := kind(instr)) is None:
                continue
            if self.is_difference_of_equals(instr):
                grown[instr] = None
            for arg in instr.args:
                if uses[arg.id] == 1 and arg.block is block and isinstance(arg, Instr) and arg.op in KINDS:
                    grown[instr] = None
                    if KINDS[arg.op] is wanted:
                        inner.add(arg)
        self._made, self._gone = {}, set()
        for instr in grown:
            if instr not in inner:
                self.rewrite(instr)
        if self._made or self._gone:
            kept: list[Instr] = []
            for instr in block.instrs:
                kept += self._made.get(instr, ())
                if instr not in self._gone:
                    kept.append(instr)
            block.instrs = kept

    def rewrite(self, root: Instr) -> None:
        """Put the tree of `root` into order, if it is not."""
        if not self.is_difference_of_equals(root) and not any(is_below(arg.find(), root, self) for arg in root.args):
            return
        tree = Tree(root, self)
        steps, result = tree.ordered()
        if not tree.is_worth(steps) or (steps and tree.is_in_order(steps)):
            return
        fact = constant_fact(root.type, result) if isinstance(result, int) else None
        if fact is not None and not fact <= root.fact:  # what is known of the terms excludes it: this is never computed
            return
        if not self.context.fuel.take(NAME, root):
            return
        self.changes += 1
        self._gone.update(tree.nodes[1:])
        if fact is not None:
            root.op, root.args, root.aux, root.fact = CONST, (), result, fact
        elif isinstance(result, Value):
            self._uses[result.id] += self._uses[root.id]
            let_stand(root, result)
            self.replaced |= root.forward is not None
            self.note(root)
        else:
            self.build(root, steps)

    def build(self, root: Instr, steps: list[Step]) -> None:
        """Let `root` be the result of the last step, the others standing before it."""
        made = self._made[root] = []
        results: list[Instr] = []
        for op, operands in steps:
            args = [self.operand(operand, root, results, made) for operand in operands]
            instr = self.function.new_instr(op, args, span=root.span)
            instr.block = root.block
            made.append(instr)
            results.append(instr)
        self._uses += [1] * (self.function.next_value - len(self._uses))
        last = results[-1]
        if last.fact <= root.fact:
            made.pop()
            root.op, root.args, root.aux, root.fact = last.op, last.args, last.aux, last.fact
        else:
            root.op, root.args, root.aux, root.fact = NARROW, (last,), None, root.fact & last.fact
            self.note(root)

    def operand(self, operand: Operand, root: Instr, results: list[Instr], made: list[Instr]) -> Value:
        """The value of an operand; constants are made."""
        if isinstance(operand, StepNumber):
            return results[operand.place]
        if isinstance(operand, Value):
            return operand
        constant: Constant = operand
        fact = constant_fact(root.type, operand)
        instr = Instr(self.function.new_id(), CONST, (), root.type, fact, constant, root.span)
        instr.block = root.block
        made.append(instr)
        return instr

    def note(self, root: Instr) -> None:
        """Remember the origin of a root that has become a narrowing."""
        if root.op is NARROW:
            self._origins.add(root, root.args[0])

    # ---- what trees ask -------------------------------------------------------------------------------------------

    def origin(self, value: Value) -> Value:
        """The value without refinements."""
        return self._origins[value]

    def rank(self, value: Value) -> tuple[int, int]:
        """Where the origin of a term is defined: the place of its block, and its id."""
        origin = self._origins[value]
        return self._position[origin.block], origin.id

    def is_difference_of_equals(self, instr: Instr) -> bool:
        """Whether an instruction subtracts a value from itself."""
        return instr.op is SUB and self.origin(instr.args[0]) is self.origin(instr.args[1])

    def is_inner(self, value: Instr, root: Instr) -> bool:
        """Whether `value` stands in the block of `root` and has one use."""
        return self._uses[value.id] == 1 and value.block is root.block


def _use_counts(function: Function) -> list[int]:
    """How many operands and block arguments each value is, by its id."""
    counts = [0] * function.next_value
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                counts[value.id] += 1
        for value in block.end.args:
            counts[value.id] += 1
        for edge in block.end.edges:
            for value in edge.args:
                counts[value.id] += 1
    return counts
