"""Local value numbering: of equal computations in one block, the first stays.

Requires: valid IR without crumbs. Ensures: the same, with no two numbered instructions of equal key in a block.
Complexity: linear.
Source: Cocke & Schwartz, "Programming Languages and Their Compilers" (1970); the walk-through of "Value numbering" by
Bernstein.
"""

from __future__ import annotations

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Function
from ssair.passes.copyprop import finish_forwarding
from ssair.passes.value_numbering import Numbering, number_instrs
from ssair.passes.value_table import LocalTable

NAME = "lvn"


def run(function: Function, context: Context) -> int:
    """Number each block by itself; gives the number of values replaced."""
    numbering = Numbering(function, context, NAME)
    table = LocalTable()
    for block in reverse_postorder(function):  # so that operands of other blocks have their numbers
        table.enter(block)
        for param in block.params:
            numbering.own_number(param)
        block.instrs = number_instrs(block.instrs, numbering, table)
    if numbering.changes:
        finish_forwarding(function)
    context.count("lvn.numbered", numbering.numbered)
    context.count("lvn.replaced", numbering.changes)
    return numbering.changes
