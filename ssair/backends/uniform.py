"""Whether the elements of a comprehension, or of a map, take the same way: a `vmap` evaluates no more than a loop then.

A `vmap` runs both arms of a branch that depends on the index, and every loop as often as its longest element. So the
body must print nothing, its loops must be counted (a parameter that steps by a positive constant up to a bound that
does not change in the loop) with bounds and starts that do not depend on the index, and an arm that some elements do
not take must be cheap. Counted loops end by themselves, so that they need not look at the trap state, which differs by
element; but only where they end soon, for what stands before one may trap just because it would not.

What depends on the index (nothing that is known on the host, as lengths are) is found by one pass over the body in
reverse postorder, repeated while loops make more values depend on it: linear times the nesting. (On a machine that is
wide enough, any body that prints nothing is batched.)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ssair.backends.counted import counter_of, iterations
from ssair.backends.instance import Instance
from ssair.backends.scope import Scope, region_blocks, summarise
from ssair.backends.structure import Loop
from ssair.cfg import incoming_edges
from ssair.ir import Block, Param, Terminator, Value
from ssair.ops import BRANCH, CALL_OP, FORALL, SWITCH, YIELD

#: What an arm that not all elements take may cost, in units of the operation table.
CHEAP_ARM = 200
#: A loop goes round this often, at most, after a trap.
MANY = 1 << 24


class Divergence(NamedTuple):
    """Where elements take different ways: what is there (`loop`, `branch`, `call`, `comprehension`), and its span."""

    what: str
    span: int


def is_uniform(instance: Instance, end: Terminator) -> bool:
    """Whether the comprehension that ends a block is to be a `vmap`."""
    body = end.edges[0].target
    scope = Scope(instance.structure, root=body)
    return not summarise(instance, scope).prints and _divergence(instance, scope, body.params) is None


def divergence(instance: Instance, differs: Iterable[Param]) -> Divergence | None:
    """Where elements that differ in these parameters of the function may take different ways; None if nowhere."""
    return _divergence(instance, Scope(instance.structure, root=instance.function.entry), differs)


def _divergence(instance: Instance, scope: Scope, differs: Iterable[Param]) -> Divergence | None:
    blocks = region_blocks(instance, scope)
    blocks.sort(key=lambda block: instance.structure.order[block])
    varying = _varying(instance, set(differs), blocks)
    found = (_divergence_in(instance, block, varying) for block in blocks)
    return next((each for each in found if each is not None), None)


def ends_soon(instance: Instance, root: Block) -> bool:
    """Whether every loop of a uniform body goes round a number of times that is known, and not huge.

    `root` is where the body begins: that of a comprehension, or of the function.
    """
    scope = Scope(instance.structure, root=root)
    loops = [instance.structure.loops.get(block) for block in region_blocks(instance, scope)]
    return all(_is_short(instance, loop) for loop in loops if loop is not None)


def _is_short(instance: Instance, loop: Loop) -> bool:
    counter = counter_of(instance, loop)
    if counter is None:
        return False
    index = loop.header.params.index(counter.param)
    for entry in incoming_edges(instance.function)[loop.header]:
        if entry.source in instance.live and entry.source not in loop.latches:
            count = iterations(instance, counter, instance.hosts.get(entry.edge.args[index]))
            if count is None or count > MANY:
                return False
    return True


def _varying(instance: Instance, differs: set[Value], blocks: list[Block]) -> set[Value]:
    """The values of the body that may depend on these; once a branch does, every joined parameter may."""
    varying = differs
    joined = [param for block in blocks if instance.structure.forward_edges[block] > 1 for param in block.params]
    size = -1
    while size != len(varying):
        size = len(varying)
        for block in blocks:
            varying.update(
                instr
                for instr in block.instrs
                if instr not in instance.hosts and any(arg in varying for arg in instr.args)
            )
            end = block.end
            if end.op is FORALL:
                continue
            if end.op is YIELD:
                varying.update(_varying_arrays(instance, block, varying))
            decides = end.op in (BRANCH, SWITCH) and end.args[0] in varying
            for place in instance.live[block]:
                edge = end.edges[place]
                for param, arg in zip(edge.target.params, edge.args, strict=True):
                    if arg in varying or decides:
                        varying.add(param)
            if decides:
                varying.update(joined)
    return varying


def _varying_arrays(instance: Instance, block: Block, varying: set[Value]) -> list[Param]:
    """The arrays of an inner comprehension some element of which may depend on these; `block` yields its elements."""
    inner = instance.structure.comprehension[block]
    if inner is None or inner not in instance.live:
        return []
    arrays = inner.end.edges[1].target.params
    return [array for array, value in zip(arrays, block.end.args, strict=True) if value in varying]


def _divergence_in(instance: Instance, block: Block, varying: set[Value]) -> Divergence | None:
    end = block.end
    loop = instance.structure.loops.get(block)
    if loop is not None:
        counter = counter_of(instance, loop)
        if counter is None or counter.condition in varying:
            return Divergence("loop", end.span)
    for instr in block.instrs:
        if instr.op is CALL_OP and not _callee_is_uniform(instance.calls[instr]):
            return Divergence("call", instr.span)
    if end.op is FORALL:
        return Divergence("comprehension", end.span) if any(value in varying for value in end.args) else None
    if end.op not in (BRANCH, SWITCH) or end.args[0] not in varying:
        return None
    cheap = all(_arm_is_cheap(instance, block, end.edges[place].target) for place in instance.live[block])
    return None if cheap else Divergence("branch", end.span)


def _arm_is_cheap(instance: Instance, block: Block, target: Block) -> bool:
    structure = instance.structure
    if structure.forward_edges[target] != 1 or structure.tree.idom.get(target) is not block:
        return True
    cost = summarise(instance, Scope(structure, structure.innermost.get(block), target)).cost
    return cost is not None and cost <= CHEAP_ARM


def _callee_is_uniform(callee: Instance) -> bool:
    """Whether a function that an element calls has no loop and no branch; a conservative answer."""
    return all(
        block.end.op not in (BRANCH, SWITCH, FORALL)
        and block not in callee.structure.loops
        and all(_callee_is_uniform(callee.calls[instr]) for instr in block.instrs if instr.op is CALL_OP)
        for block in callee.live
    )
