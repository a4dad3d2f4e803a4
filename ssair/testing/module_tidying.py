"""What follows an edit of a module that is being reduced: values stand for others, and what the edit left is removed.

    equate(value, other)      from the next `tidy` on, `other` is used in the place of `value`
    tidy(function)            blocks that nothing leads to go, those in a row are joined, facts are weakened

Requires: edits leave forwarding crumbs (`equate`) and idle instructions in the place of those that go.
Ensures: neither is left; whether the function is valid, the verifier has to say. Complexity: linear.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.ir import Block, Function, Instr, Value, replace_operands
from ssair.ops import CONST, JUMP, NARROW, REFINE
from ssair.passes.weaken_facts import weaken_facts
from ssair.types import I64

#: The id of what only keeps a place.
IDLE: Final = -1


class NoEdit(Exception):
    """An edit that there is no way to make."""


def idle(function: Function) -> Instr:
    """What keeps a place until the module is tidied."""
    idle = function.new_instr(CONST, type=I64, aux=0)
    idle.id = IDLE
    return idle


def equate(value: Value, other: Value) -> None:
    """Let `other` be used in the place of `value` when the function is tidied."""
    other = other.find()
    if other is value:
        raise NoEdit
    value.forward = other


def has_unreachable(function: Function) -> bool:
    """Whether there are blocks that nothing leads to."""
    return len(reverse_postorder(function)) < len(function.blocks)


def tidy(function: Function, *, keep_refinements: bool, keep_unreachable: bool = False) -> None:
    """Leave out the blocks that nothing leads to, join those in a row, and weaken facts that are too good."""
    function.analyses.clear()
    function.cfg_version += 1
    if not keep_unreachable:
        reached = set(reverse_postorder(function))
        function.remove_blocks({block for block in function.blocks if block not in reached})
    for block in function.blocks:
        block.instrs = [instr for instr in block.instrs if instr.id != IDLE]
        for instr in block.instrs:  # a narrowing is a promise that what was edited may not keep
            if instr.forward is None and (instr.op is NARROW or (instr.op is REFINE and not keep_refinements)):
                instr.forward = instr.args[0].find()
    _merge(function)
    _forward(function)
    weaken_facts(function, [value for block in function.blocks for value in (*block.params, *block.instrs)])


def _merge(function: Function) -> None:
    """Blocks that only one jump leads to become part of the block where it stands."""
    counts: dict[Block, int] = {}
    for block in function.blocks:
        for target in block.successors():
            counts[target] = counts.get(target, 0) + 1
    gone: set[Block] = set()
    for block in function.blocks:
        if block in gone:
            continue
        while block.end.op is JUMP:
            edge = block.end.edges[0]
            target = edge.target
            if target is block or target is function.entry or counts[target] != 1:
                break
            for param, arg in zip(target.params, edge.args, strict=True):
                equate(param, arg)  # where that is made of the parameter, an edit has led past what defines it
            for instr in target.instrs:
                block.append(instr)
            block.set_terminator(target.end)
            gone.add(target)
    function.remove_blocks(gone)


def _forward(function: Function) -> None:
    """Lead every use to what stands for the value by now."""
    for block in function.blocks:
        for instr in block.instrs:
            instr.args = tuple([arg.find() for arg in instr.args])
        replace_operands(block.end, Value.find)
    for block in function.blocks:
        for value in (*block.params, *block.instrs):
            value.forward = None
