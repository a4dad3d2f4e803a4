"""What the calls of a program may do: who prints, traps, uses memory, or may not end; found from the call graph.

What is found is left in the context, by function, for the passes behind: `dce` drops calls that nobody can tell were
made, numbering shares calls that would give the same again. Passes keep the meaning, so that it stays true of a
function however it is optimised; the driver forgets it when a pass of the caller's own has run.

Requires: valid IR without crumbs. Ensures: nothing is changed but `context.call_effects`, which has the functions that
are called somewhere. A call in a cycle of calls may not end; a loop ends if `finite_loops` proves it.
Complexity: linear.
"""

from __future__ import annotations

from typing import Final

from ssair.call_effects import CallEffects
from ssair.call_graph import CallGraph, callee_of
from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Function, Module
from ssair.loops import loop_forest
from ssair.ops import CALL_OP, OPS, Effects, Op
from ssair.passes.finite_loops import always_ends
from ssair.passes.movement import is_array_work
from ssair.types import ArrayType

NAME: Final = "purity"
#: Gives a name to the memory of its place, and touches none.
_VERSION: Final = OPS["memory"]


def run(module: Module, context: Context) -> int:
    """Find what calls may do; changes nothing, and so gives 0."""
    context.call_effects = {}
    graph = CallGraph(module)
    called = {callee_of(call) for calls in graph.calls.values() for call in calls}  # of the others nobody asks
    found: dict[Function, CallEffects] = {}
    for group in graph.groups if called else ():  # callees first: only calls within the group are not known yet
        if group[0] not in called:
            continue
        effects = CallEffects(lasts=graph.is_recursive(group[0]))
        for function in group:
            effects = effects | _own_effects(function, found)
        found.update(dict.fromkeys(group, effects))
    context.call_effects = found
    context.count(f"{NAME}.removable", sum(effects.removable for effects in found.values()))
    return 0


def _own_effects(function: Function, found: dict[Function, CallEffects]) -> CallEffects:
    blocks = reverse_postorder(function)
    loops = bool(loop_forest(function).loops) or _goes_over_arrays(blocks)
    effects = CallEffects(lasts=not always_ends(function), loops=loops)
    ops = {instr.op for block in blocks for instr in block.instrs}  # few, and in any order: what they may do adds up
    for op in ops:
        if not (op.pure or op is CALL_OP or op is _VERSION):
            effects = effects | _effects_of(op)
    if CALL_OP in ops:
        for block in blocks:
            for instr in block.instrs:
                if instr.op is CALL_OP:
                    effects = effects | found.get(callee_of(instr), CallEffects())
    return effects


def _goes_over_arrays(blocks: list[Block]) -> bool:
    types = {value.type for block in blocks for values in (block.params, block.instrs) for value in values}
    if not any(isinstance(type, ArrayType) for type in types):
        return False
    return any(is_array_work(instr) for block in blocks for instr in block.instrs)


def _effects_of(op: Op) -> CallEffects:
    effects = op.effects
    return CallEffects(
        traps=Effects.TRAPS in effects,
        prints=Effects.IO in effects,
        reads=Effects.READS in effects,
        writes=Effects.WRITES in effects,
    )
