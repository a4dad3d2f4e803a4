"""Copy propagation: uses of a replaced value become uses of what stands for it.

Requires: valid IR, whose values may carry the crumbs that `make_equal_to` leaves.
Ensures: no crumb is left; a replaced instruction or block parameter is gone, with the block arguments that fed it. A
`narrow` whose operand knows as much by now is a copy too.
Complexity: linear.
Source: the "breadcrumb" form of union-find as in Cinder and JavaScriptCore.
"""

from __future__ import annotations

from ssair.cfg import has_comprehensions, reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import NARROW

NAME = "copyprop"


def run(function: Function, context: Context) -> int:
    """Propagate copies; gives the number of copies found."""
    found = 0
    crumbs = any(param.forward is not None for block in function.blocks for param in block.params)
    for block in function.blocks:
        for instr in block.instrs:
            if instr.forward is not None:
                crumbs = True
            elif instr.op is NARROW:
                source = instr.args[0].find()
                if source.fact <= instr.fact and context.fuel.take(NAME, instr):
                    instr.make_equal_to(source)
                    found += 1
    context.count("copyprop.propagated", found)
    return found + forward_uses(function) if found or crumbs else 0


def forward_uses(function: Function) -> int:
    """The sweep: rewrite every operand to `find()` and drop what was replaced; gives how much was dropped.

    A parameter that a comprehension binds stays, without uses, for `dce` to drop with what is yielded for it.
    """
    dropped = 0
    for block in function.blocks:
        before = len(block.instrs)
        block.instrs = instrs = [instr for instr in block.instrs if instr.forward is None]
        dropped += before - len(instrs)
        for instr in instrs:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    break
    return dropped + _forward_params(function)


def forward_replaced_params(function: Function) -> None:
    """The sweep for a pass that has replaced block parameters alone."""
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    break
    _forward_params(function)


def finish_forwarding(function: Function) -> None:
    """The rest of the sweep, for a pass that has done the instructions itself, in an order in which definitions come
    before uses: a third of the time of going over all of them again, and more where they are not in the cache."""
    if len(reverse_postorder(function)) < len(function.blocks):
        forward_uses(function)  # such a pass does not come to blocks that nothing reaches
    else:
        _forward_params(function)


def forward_operands(instr: Instr) -> None:
    """Rewrite what an instruction uses."""
    if len(instr.args) == 2:  # as most have: half of the time
        left, right = instr.args
        instr.args = (left.find(), right.find())
    else:
        instr.args = tuple([value.find() for value in instr.args])
    if instr.op is NARROW:
        instr.fact = instr.fact & instr.args[0].fact  # it knows no less than its operand


def _forward_params(function: Function) -> int:
    """Drop replaced parameters, and rewrite what terminators use; gives how many were dropped."""
    bound = _bound_blocks(function)
    dropped, kept = _drop_params(function, bound)
    for block in function.blocks:
        end = block.end
        if end.args:
            end.args = _found(end.args)
        for edge in end.edges:
            if edge.args:
                if edge.target in kept:
                    edge.args = tuple([edge.args[index] for index in kept[edge.target]])
                edge.args = _found(edge.args)
    for block in bound:
        for param in block.params:
            param.forward = None
    return dropped


def _bound_blocks(function: Function) -> set[Block]:
    """The blocks whose parameters a terminator binds; for membership only."""
    if not has_comprehensions(function):
        return set()
    return {edge.target for block in function.blocks if block.end.op.binds for edge in block.end.edges}


def _drop_params(function: Function, bound: set[Block]) -> tuple[int, dict[Block, list[int]]]:
    """Drop replaced parameters, but of `bound` blocks; gives how many, and the places of the others in their blocks."""
    dropped = 0
    kept: dict[Block, list[int]] = {}
    for block in function.blocks:
        for param in block.params:
            if param.forward is not None and block not in bound:
                dropped += len(block.params)
                kept[block] = [index for index, param in enumerate(block.params) if param.forward is None]
                block.params = [block.params[index] for index in kept[block]]
                dropped -= len(block.params)
                break
    return dropped, kept


def _found(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """What stands for each of some values; the tuple itself where that is they."""
    for value in values:
        if value.forward is not None:
            return tuple([value.find() for value in values])
    return values
