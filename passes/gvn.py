"""Global value numbering: of equal computations, one that dominates the others stays.

Requires: valid IR without crumbs. Ensures: the same, with no two numbered instructions of equal key where one
dominates the other; no block parameter that is always one value, or always another parameter of its block, as far as
that shows in one pass: where the argument of a back edge has no number yet, the parameter has one of its own (see
`ssair.passes.partition` for such).
Complexity: near-linear with the tables `tagged` and `scoped`.
Source: Briggs, Cooper & Simpson, "Value Numbering" (1997), section 4; Maxine's C1X."""

from __future__ import annotations

from ssair.cfg import Incoming, incoming_edges
from ssair.context import Context
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.passes.copyprop import finish_forwarding
from ssair.passes.replace_param import replace_param
from ssair.passes.value_numbering import Numbering, number_instrs
from ssair.passes.value_table import TABLES
from ssair.sources import UsageError

NAME = "gvn"


def run(function: Function, context: Context, table: str = "tagged") -> int:
    """Number the whole function with the availability table of that name; gives the number of values replaced."""
    if table not in TABLES:
        raise UsageError(f"gvn has no table {table!r}; there are: {', '.join(TABLES)}")
    tree = dominator_tree(function)
    incoming = incoming_edges(function)
    numbering = Numbering(function, context, NAME, tree)
    values = TABLES[table](tree)
    for block in tree.preorder:
        values.enter(block)
        if block.params:
            number_params(block, incoming[block], numbering, tree)
        block.instrs = number_instrs(block.instrs, numbering, values)
    if numbering.changes:
        finish_forwarding(function)
    context.count("gvn.numbered", numbering.numbered)
    context.count("gvn.replaced", numbering.changes)
    return numbering.changes


def number_params(block: Block, incoming: list[Incoming], numbering: Numbering, tree: DominatorTree) -> None:
    """Number parameters; replace the meaningless (one value on all edges) and the redundant (equal to another)."""
    for param in block.params:
        numbering.own_number(param)
    edges = [entry.source.end.edges[entry.index] for entry in incoming if entry.source in tree.end]
    if not edges or incoming[0].source.end.op.binds:
        return
    first: dict[tuple[int, ...], Param] = {}
    narrowings: list[Instr] = []
    columns = zip(*[edge.args for edge in edges], strict=True)
    for param, values in zip(block.params, columns, strict=True):
        numbers = numbering.numbers_of(values)
        if numbers is None:
            continue  # an argument of a back edge has no number yet: the parameter keeps its own
        leader: Value | None = first.setdefault(numbers, param)
        others = set(numbers)
        others.discard(param.id)
        if len(others) == 1:
            leader = numbering.owners[others.pop()]
        if leader is not None and leader is not param and numbering.take(param):
            for narrowing in replace_param(param, leader):
                numbering.own_number(narrowing)
                narrowings.append(narrowing)
            numbering.numbers[param.id] = numbering.numbers[leader.id]
    block.instrs[:0] = narrowings
