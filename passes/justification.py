"""Refinements that nothing justifies any more, and narrowings that know less than their operands by now.

A `refine` states a relation, and must stand where an edge or a check says it (the verifier's rule `refine`). Where the
branch is gone because it could go one way only, or the check because it could not fail, the relation still holds: the
refinement becomes `proved`, a promise. A `narrow` is met with what its operand has come to know.

Requires: facts that hold. Ensures: the verifier's rules `refine` and `narrow`. Complexity: near-linear.
"""

from __future__ import annotations

from ssair.dominators import dominator_tree
from ssair.ir import Block, Function
from ssair.ops import NARROW, PROVED, REFINE
from ssair.verifier_relations import KnownRelations


def justify_refinements(function: Function) -> None:
    """Let the refinements that nothing justifies be promises, and narrowings know no less than their operands."""
    tree = dominator_tree(function)
    relations = KnownRelations(function)
    stack: list[Block | None] = [function.entry]
    while stack:
        block = stack.pop()
        if block is None:
            relations.leave()
            continue
        relations.enter(block)
        for instr in block.instrs:
            op = instr.op
            if op is REFINE and not relations.justifies(instr):
                instr.op = PROVED
            elif op is NARROW:
                instr.fact = instr.fact & instr.args[0].fact
            elif op.refines or op.traps:
                relations.learn(instr)
        stack.append(None)
        stack.extend(reversed(tree.children[block]))
