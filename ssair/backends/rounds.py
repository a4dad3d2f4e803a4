"""Rounds: several light steps of a loop in one iteration of its `while_loop`.

Between two iterations of a `while_loop` what it carries goes through memory, and within one through registers. So
light steps on scalars are made `STEPS` at a time. Whether the loop goes on is carried as well, and once false it stays
so: the steps behind the last one are made for nothing (pure operations are total, and so cheap a step is sooner made
than jumped over). What is needed after the loop is carried a second time, as it was after the last step that counts,
so that no step waits for the condition of the one before.

This wants a loop with one way out: one target, the same arguments from wherever the loop is left, and no check, print
or inner loop. Then nothing after the loop asks where it was left. Linear in the loop.

Measured beside the plain `while_loop`: mandelbrot 1.9 to 2.3 times as fast, gcd 1.3, a Newton iteration 1.1 to 1.3,
collatz and hashing 1.0 to 1.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ssair.backends.instance import Instance
from ssair.backends.loop_plan import LoopPlan, blocks_of
from ssair.backends.scope import block_cost
from ssair.backends.structure import Loop
from ssair.ir import Block, Edge, Instr, Param, Value
from ssair.ops import FORALL, INDEX, JUMP

#: A step that costs more than this is not worth repeating: XLA takes its time to compile it four times. Nor is one that
#: reads an array, which waits for memory anyway.
LIGHT_STEP: Final = 20
#: So many steps are in a round.
STEPS: Final = 4
#: A loop whose iterations together cost no more than this is written out in a `vmap`.
SHORT_LOOP: Final = 256


def needed_after(instance: Instance, loop: Loop, plan: LoopPlan) -> list[int] | None:
    """The places, among the carried parameters, of those needed after the loop; None if it is no loop for rounds."""
    if plan.late or plan.traps or plan.prints or plan.test is None or plan.test.prefix:
        return None
    if any(instance.shapes[param] for param in loop.header.params):
        return None
    blocks = blocks_of(instance, loop)
    if not _are_light(instance, loop, blocks):
        return None
    found = _header_parameters(instance, loop, _given_after(instance, loop, blocks))
    if found is None:
        return None
    return [place for place, param in enumerate(plan.carried) if param in found]


def is_short(instance: Instance, loop: Loop, count: int) -> bool:
    """Whether a loop of so many iterations is written out in a `vmap`, where its carries are arrays in memory.

    A polynomial by Horner's rule over 2,000,000 elements takes 14 ns an element so, and 47 as a loop.
    """
    cost = 0
    for block in blocks_of(instance, loop):
        extra = block_cost(block)
        inner = block is not loop.header and block in instance.structure.loops
        if extra is None or inner or block.end.op is FORALL:
            return False
        cost += extra
    return cost * count <= SHORT_LOOP


def _are_light(instance: Instance, loop: Loop, blocks: Sequence[Block]) -> bool:
    """Whether one step costs little, and has no effect and no loop in it."""
    cost = 0
    for block in blocks:
        extra = block_cost(block)
        inner = block is not loop.header and block in instance.structure.loops
        reads = any(instr.op is INDEX for instr in block.instrs)
        if extra is None or inner or reads or block in instance.trapping or block in instance.printing:
            return False
        cost += extra
    return cost <= LIGHT_STEP


def _given_after(instance: Instance, loop: Loop, blocks: Sequence[Block]) -> list[Value] | None:
    """What the loop gives to what follows it; None if that depends on where it is left."""
    exits = [
        block.end.edges[place]
        for block in blocks
        for place in instance.live[block]
        if not instance.structure.in_loop(block.end.edges[place].target, loop)
    ]
    ends = [_destination(edge) for edge in exits]
    if any(end != ends[0] for end in ends):
        return None
    return [*ends[0][1], *loop.live_out]


def _destination(edge: Edge) -> tuple[Block, tuple[Value, ...]]:
    """Where an edge leads, past blocks that only jump on, and the arguments there."""
    target, args = edge.target, edge.args
    passed: set[Block] = set()
    while not target.instrs and target.end.op is JUMP and target not in passed:
        passed.add(target)
        onward = target.end.edges[0]
        given: dict[Value, Value] = dict(zip(target.params, args, strict=True))
        target, args = onward.target, tuple([given.get(arg, arg) for arg in onward.args])
    return target, args


def _header_parameters(instance: Instance, loop: Loop, values: list[Value] | None) -> set[Param] | None:
    """The parameters of the header that the values are computed from; None if branches in the loop decide on them."""
    if values is None:
        return None
    found: set[Param] = set()
    seen = set(values)
    work = list(values)
    while work:
        value = work.pop()
        if not instance.structure.in_loop(value.block, loop):
            continue
        if isinstance(value, Instr):
            fresh = [arg for arg in value.args if arg not in seen]
            seen.update(fresh)
            work += fresh
        elif isinstance(value, Param) and value.block is loop.header:
            found.add(value)
        else:
            return None
    return found
