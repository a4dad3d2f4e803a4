"""Refinements that nothing justifies any more: what a pass calls that has cut branches.

A `refine` states a relation, and must stand where an edge or a check says it (the verifier's rule `refine`). Where the
branch is gone because it could go one way only, or where a value has been replaced by an equal one, the fact still
holds: such a refinement becomes a `narrow`.

Requires: facts that hold. Ensures: every refinement is justified. Complexity: near-linear.
"""

from __future__ import annotations

from ssair.dominators import dominator_tree
from ssair.ir import Block, Function
from ssair.ops import NARROW, REFINE
from ssair.verifier_relations import KnownRelations


def narrow_unjustified(function: Function) -> int:
    """Let the refinements that nothing justifies be narrowings; gives how many."""
    tree = dominator_tree(function)
    relations = KnownRelations(function)
    narrowed = 0
    stack: list[tuple[Block, bool]] = [(function.entry, False)]
    while stack:
        block, done = stack.pop()
        if done:
            relations.leave()
            continue
        relations.enter(block)
        for instr in block.instrs:
            if instr.op is REFINE and not relations.justifies(instr):
                instr.op, instr.args, instr.aux = NARROW, instr.args[:1], None
                narrowed += 1
            relations.learn(instr)
        stack.append((block, True))
        stack.extend((child, False) for child in reversed(tree.children[block]))
    return narrowed
