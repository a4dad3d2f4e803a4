"""Global value numbering and simplification in one walk.

Each instruction is numbered as by `gvn`; one that stays is rewritten as by `simplify` while a rule holds, and what that
makes of it is numbered again. So rules see operands that are shared already and are asked about nothing twice, and what
rules make equal is shared: what `gvn`, `simplify` and `gvn` again make in three sweeps.

Requires: valid IR without crumbs. Ensures: what `gvn` and `simplify` each ensure, but for what only the next run sees.
Complexity: near-linear; at most `MOST_REWRITES` rewrites an instruction.
Source: the rewriting before numbering of Briggs, Cooper & Simpson, "Value Numbering" (1997), section 4.2; LLVM's
EarlyCSE and Cranelift's mid-end do both in such a walk.
"""

from __future__ import annotations

from ssair.cfg import incoming_edges
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Function
from ssair.passes.copyprop import finish_forwarding
from ssair.passes.gvn import number_params
from ssair.passes.simplify import Sweep
from ssair.passes.value_numbering import Numbering, number_instrs
from ssair.passes.value_table import TaggedTable

NAME = "gvn_simplify"


def run(function: Function, context: Context) -> int:
    """Number and simplify every reachable instruction; gives the number of rewrites."""
    tree = dominator_tree(function)
    incoming = incoming_edges(function)
    numbering = Numbering(function, context, NAME, tree)
    sweep = Sweep(function, context, NAME)
    values = TaggedTable(tree)
    for block in tree.preorder:
        values.enter(block)
        if block.params:
            number_params(block, incoming[block], numbering, tree)
            sweep.grow()
            block.instrs[:0] = sweep.visit_params(block)
            numbering.grow()
        block.instrs = number_instrs(block.instrs, numbering, values, sweep)
    sweep.turn_negated_branches()
    if numbering.changes or sweep.replaced:
        finish_forwarding(function)
    context.count(f"{NAME}.numbered", numbering.numbered)
    context.count(f"{NAME}.replaced", numbering.changes)
    sweep.finish()
    return numbering.changes + sweep.changes
