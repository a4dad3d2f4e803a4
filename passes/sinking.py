"""Putting what sinks where it goes: instructions, and whole comprehensions, to the starts of blocks.

Requires: for each block what goes to its start, the last first: instructions, and blocks whose `forall` goes there.
Ensures: a `forall` that goes to a block splits it: what stood there stands at the exit, which takes the arrays over;
the blocks of the body stay as they are, dominated by their new place. The old exit is reached by a jump.
Complexity: linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from ssair.ir import Block, Edge, Function, Instr, Param, Terminator
from ssair.ops import FORALL, JUMP

#: An instruction, or the block of a `forall`.
Sunk = Instr | Block


@dataclass(frozen=True, slots=True)
class _Comprehension:
    """A `forall` on its way, with the parameters that its exit had."""

    end: Terminator
    results: list[Param]


def settle(function: Function, sunk: dict[Block, list[Sunk]]) -> None:
    """Move everything that sinks at once."""
    moved = {item: target for target, items in sunk.items() for item in items}
    for source in dict.fromkeys([item.block for item in moved if isinstance(item, Instr)]):
        source.instrs = [instr for instr in source.instrs if instr not in moved]
    cut = {block: _cut(block) for block in moved if isinstance(block, Block)}
    for target, items in sunk.items():
        _prepend(function, target, [cut[item] if isinstance(item, Block) else item for item in reversed(items)])


def _cut(block: Block) -> _Comprehension:
    """Let a block jump to the exit of its `forall`; gives what has gone."""
    end = block.end
    exit = end.edges[1].target
    results, exit.params = exit.params, []
    block.set_terminator(Terminator(JUMP, (), (Edge(exit),), (), end.span))
    return _Comprehension(end, results)


def _prepend(function: Function, block: Block, items: list[Instr | _Comprehension]) -> None:
    """Put instructions and comprehensions in order to the start of a block."""
    rest, end = block.instrs, block.end
    block.instrs = []
    for item in items:
        if isinstance(item, Instr):
            block.append(item)
            continue
        exit = function.new_block()
        exit.params = item.results
        for param in exit.params:
            param.block = exit
        edges = (Edge(item.end.edges[0].target), Edge(exit))
        block.set_terminator(Terminator(FORALL, item.end.args, edges, item.end.aux, item.end.span))
        block = exit
    for instr in rest:
        block.append(instr)
    block.set_terminator(end)
