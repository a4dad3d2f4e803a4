"""Jump threading: a jump to a block that only passes on goes where that block would go.

Requires: valid IR without crumbs. Ensures: the same, with no critical edge that was not there, no new way into a
loop, and no edge more into a block with one incoming edge whose refinements that edge justifies.

Threaded are jumps only (a branch would get a critical edge) to a join without instructions whose parameters nobody else
reads, and which heads no loop:
- one that jumps on: to its target, unless that heads a loop, which would get more ways in or more latches, or is led to
  by nobody else, which is one block with it then;
- one that branches on a parameter and has two predecessors that give it `true` and `false`: it only tells apart again
  what its predecessors know, and goes away. Others stay: half a threaded join is flow that nobody can structure again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ssair.cfg import Incoming, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Edge, Function, Param, Terminator, Value
from ssair.ops import BRANCH, JUMP

#: How a block ends that only passes on.
_PASSED: Final = frozenset((JUMP, BRANCH))


def thread_jumps(function: Function, context: Context, pass_name: str) -> int:
    """Thread jumps; gives how many joins were threaded through. Leaves unreachable blocks."""
    empty = _empty_joins(function)
    if not empty:
        return 0  # as most often, without asking what leads where
    incoming = incoming_edges(function)
    joins = [block for block in empty if _may_be_passed(incoming[block])]
    if not joins:
        return 0
    heads = loop_heads(function)
    shared: set[Value] | None = None
    threaded = 0
    gained: set[Block] = set()  # blocks with edges that `incoming` does not know
    for block in reversed(joins):  # targets first: a chain of joins goes in one round, not by halves
        if block in heads or block in gained:
            continue
        jumps = [entry for entry in incoming[block] if entry.source.end.op is JUMP and entry.edge.target is block]
        if len(jumps) < 2 or len(jumps) < len(incoming[block]):
            continue
        end = block.end
        if end.op is JUMP and _leads_elsewhere(block, incoming) and end.edges[0].target not in heads:
            ways = [end.edges[0]] * len(jumps)
        elif end.op is BRANCH and (known := _known_ways(block, end, jumps)) is not None:
            if shared is None:  # looked for all over the function, but only where it matters
                shared = _shared_params(function, joins)
            if not shared.isdisjoint(block.params):
                continue
            ways = known
        else:
            continue
        if context.fuel.take(pass_name, block):
            for entry, way in zip(jumps, ways, strict=True):
                args = substituted(way.args, block.params, entry.edge.args)
                function.redirect(entry.edge, way.target, args)
                gained.add(way.target)
            threaded += 1
    return threaded


def _empty_joins(function: Function) -> list[Block]:
    """The blocks without instructions that only pass on what comes by several jumps, in reverse postorder."""
    order = reverse_postorder(function)
    jumps = {block: 0 for block in order[1:] if not block.instrs and block.end.op in _PASSED}
    for block in order if jumps else ():
        if block.end.op is JUMP and block.end.edges[0].target in jumps:
            jumps[block.end.edges[0].target] += 1
    return [block for block, count in jumps.items() if count > 1]


def _may_be_passed(incoming: Sequence[Incoming]) -> bool:
    """Whether jumps lead to a block, and nothing else."""
    return all(entry.source.end.op is JUMP for entry in incoming)


def _leads_elsewhere(block: Block, incoming: Mapping[Block, Sequence[Incoming]]) -> bool:
    """Whether nobody else reads the parameters of a join that heads no loop and jumps to a block that heads none: if
    others lead there too, it dominates nothing. Where nobody else does, the two blocks become one."""
    return not block.params or len(incoming[block.end.edges[0].target]) > 1


def _known_ways(block: Block, end: Terminator, jumps: list[Incoming]) -> list[Edge] | None:
    """The edge that each of two jumps leads to, where one gives the branch `true` and the other `false`."""
    if len(jumps) != 2:
        return None
    conditions = [substituted(end.args, block.params, entry.edge.args)[0].fact.constant for entry in jumps]
    if set(conditions) != {True, False}:
        return None
    return [end.edges[0 if condition else 1] for condition in conditions]


def substituted(args: Sequence[Value], params: Sequence[Param], values: Sequence[Value]) -> tuple[Value, ...]:
    """`args` with `values` for `params`."""
    value_of = dict(zip(params, values, strict=True))
    return tuple([value_of.get(arg, arg) if isinstance(arg, Param) else arg for arg in args])


def loop_heads(function: Function) -> set[Block]:
    """The targets of edges that do not go forward in reverse postorder; for membership only."""
    order = {block: number for number, block in enumerate(reverse_postorder(function))}
    return {target for block, number in order.items() for target in block.successors() if order[target] <= number}


def _shared_params(function: Function, joins: Sequence[Block]) -> set[Value]:
    """The parameters of some blocks that are read elsewhere than in their own block's terminator."""
    params: set[Value] = {param for block in joins for param in block.params}
    shared: set[Value] = set()
    if not params:
        return shared
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                if value in params:
                    shared.add(value)
        for value in block.end.operands():
            if value in params and value.block is not block:
                shared.add(value)
    return shared
