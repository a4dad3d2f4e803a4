"""Control flow without detours: constant branches, unreachable blocks, useless parameters, empty joins, split blocks.

Requires: valid IR without crumbs.
Ensures: the same meaning, endless loops included. A block keeps its one incoming edge if it had one and stays, so that
refinements stay justified; `forall` and `yield` are left alone; the backend's header-tested loops stay header-tested.
Complexity: linear a round; rounds go on while one makes changes, up to `MOST_ROUNDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.analysis import keep
from ssair.cfg import has_comprehensions, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Edge, Function, Terminator
from ssair.ops import BRANCH, JUMP, SWITCH
from ssair.passes.copyprop import forward_replaced_params
from ssair.passes.jump_threading import thread_jumps
from ssair.passes.useless_params import replace_useless_params

NAME = "clean_cfg"
#: Each round folds what the one before brought to light; more than a few are seen only in contrived code.
MOST_ROUNDS: Final = 10
#: What a step counts, and the step.
Step = tuple[str, Callable[[Function, Context], int]]


def run(function: Function, context: Context) -> int:
    """Clean the control flow; gives the number of changes."""
    total = 0
    for number in range(MOST_ROUNDS):
        changes = _make(_EDGES, function, context)
        if not changes and number > 0:
            break  # the rest goes by the edges, and has been done for these
        crumbs = _make(_PARAMS, function, context)
        changes += crumbs + _make(_BLOCKS, function, context)
        if not changes:
            break
        if crumbs:
            forward_replaced_params(function)
        total += changes
    return total


def _make(steps: Sequence[Step], function: Function, context: Context) -> int:
    changes = 0
    for what, step in steps:
        made = step(function, context)
        if made:
            context.count(f"{NAME}.{what}", made)
            changes += made
    return changes


def _replace_useless_params(function: Function, context: Context) -> int:
    return replace_useless_params(function, context, NAME)


def _fold_branches(function: Function, context: Context) -> int:
    """Let branches and switches that can go one way only be jumps."""
    folded = 0
    for block in function.blocks:
        end = block.end
        if end.op is not BRANCH and end.op is not SWITCH:
            continue
        edge = _only_way(end)
        if edge is not None and context.fuel.take(NAME, block):
            block.set_terminator(Terminator(JUMP, (), (edge,), (), end.span))
            folded += 1
    return folded


def _only_way(end: Terminator) -> Edge | None:
    """The one edge that a branch or switch can take: its operand is known, or all ways lead to one place."""
    known = end.args[0].fact.constant
    if known is not None:
        if end.op is BRANCH:
            return end.edges[0 if known else 1]
        return end.edges[end.aux.index(int(known)) if known in end.aux else -1]
    first, last = _destination(end.edges[0]), _destination(end.edges[-1])
    if first.target is not last.target:
        return None
    ways = [_destination(edge) for edge in end.edges]
    if not all(way.target is first.target and way.args == first.args for way in ways):
        return None
    return Edge(first.target, first.args)


def _destination(edge: Edge) -> Edge:
    """The last edge on the way that begins with `edge`, past a block that only jumps on."""
    target = edge.target
    return edge if target.instrs or target.params or target.end.op is not JUMP else target.end.edges[0]


def _remove_unreachable(function: Function, context: Context) -> int:
    """Remove the blocks that the entry does not reach, all at once."""
    order = reverse_postorder(function)
    if len(order) == len(function.blocks):
        return 0
    reached = set(order)
    removed = {block for block in function.blocks if block not in reached}
    if not removed or not context.fuel.take(NAME, min(removed, key=lambda block: block.id)):
        return 0
    _remove(function, removed, order)
    return len(removed)


def _remove(function: Function, removed: set[Block], order: list[Block]) -> None:
    """Take blocks out, which leaves the others in `order`: it is not looked for again."""
    comprehensions = has_comprehensions(function)
    function.remove_blocks(removed)
    keep(function, reverse_postorder, order)
    if not comprehensions:
        keep(function, has_comprehensions, False)


def _merge_chains(function: Function, context: Context) -> int:
    """Put a block that one jump leads to behind that jump's block, if its parameters have been replaced.

    In RPO, so that each instruction moves once.
    """
    incoming, order = incoming_edges(function), reverse_postorder(function)
    merged: set[Block] = set()
    for block in order:
        while block not in merged and block.end.op is JUMP:
            edge = block.end.edges[0]
            target = edge.target
            if len(incoming[target]) != 1 or target is block:
                break
            if any(param.forward is None for param in target.params) or not context.fuel.take(NAME, target):
                break
            _append(block, target)
            merged.add(target)
    if merged:
        _remove(function, merged, [block for block in order if block not in merged])
    return len(merged)


def _append(block: Block, target: Block) -> None:
    for instr in target.instrs:
        block.append(instr)
    block.terminator = target.terminator


def _thread_jumps(function: Function, context: Context) -> int:
    return thread_jumps(function, context, NAME)


#: A round: first what changes where edges lead, then what has nothing more to do as long as no edge changes.
_EDGES: Final[tuple[Step, ...]] = (
    ("folded", _fold_branches),
    ("unreachable", _remove_unreachable),
    ("threaded", _thread_jumps),  # before a parameter of an arm gives way to the join's that feeds it
    ("unreachable", _remove_unreachable),
)
_PARAMS: Final[tuple[Step, ...]] = (("useless_params", _replace_useless_params),)  # leaves crumbs
_BLOCKS: Final[tuple[Step, ...]] = (("merged", _merge_chains),)
