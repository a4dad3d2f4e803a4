"""Dropping refinements: at the very end, what is known becomes variants of operations, and refinements go.

Requires: valid IR without crumbs. Ensures: valid IR without `refine`; a `narrow` stays only as the argument of a call
whose parameter promises its fact. Checks stay. Only `dce` may follow: the other passes would miss what was known.
Complexity: near-linear.

Divisions become shifts, masks, or what a machine has (`ssair.passes.division_variants`).
"""

from __future__ import annotations

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.facts import top
from ssair.ir import Function, Instr, Param, Value
from ssair.ops import CALL_OP, FORALL, NARROW
from ssair.passes.copyprop import forward_uses
from ssair.passes.division_variants import choose_divisions
from ssair.passes.weaken_facts import weaken_facts

NAME = "drop_refinements"


def run(function: Function, context: Context) -> int:
    """Choose variants and drop refinements; gives how many of both. A lowering: it takes no fuel."""
    stale: list[Value] = [*choose_divisions(function)]
    variants = len(stale)
    promises = _pin_promises(function)
    dropped = 0
    for block in reverse_postorder(function):
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    stale.append(instr)
                    instr.args = tuple([value.find() for value in instr.args])
                    break
            if instr in promises:  # less may be known of what it refines, and more
                instr.fact = instr.fact & instr.args[0].fact
            if instr.op.refines and not instr.op.traps and instr not in promises:
                instr.fact = instr.args[0].fact
                instr.make_equal_to(instr.args[0])
                dropped += 1
        for edge in block.end.edges:
            if block.end.op is FORALL or any(value.forward is not None for value in edge.args):
                stale += edge.target.params
    if dropped:
        forward_uses(function)
    if stale:
        weaken_facts(function, stale)
    context.count(f"{NAME}.variants", variants)
    context.count(f"{NAME}.dropped", dropped)
    return variants + dropped


def _pin_promises(function: Function) -> set[Instr]:
    """Narrow the arguments of calls to parameters of which something is known to what is known of them now."""
    promises: set[Instr] = set()
    calls = [instr for block in function.blocks for instr in block.instrs if instr.op is CALL_OP]
    for block in dict.fromkeys(call.block for call in calls):
        instrs: list[Instr] = []
        for instr in block.instrs:
            if instr.op is CALL_OP:
                pins = [_pin(value, param, instr) for value, param in zip(instr.args, _parameters(instr), strict=True)]
                made = [pin for pin, value in zip(pins, instr.args, strict=True) if pin is not value]
                instrs += [pin for pin in made if isinstance(pin, Instr)]
                promises.update(instrs[len(instrs) - len(made) :])
                instr.args = tuple(pins)
            instrs.append(instr)
        block.instrs = instrs
    return promises


def _parameters(call: Instr) -> list[Param]:
    assert isinstance(call.aux, str)
    return call.block.function.module.functions[call.aux].params


def _pin(value: Value, param: Param, call: Instr) -> Value:
    if param.fact == top(param.type):
        return value
    function = call.block.function
    pin = function.new_instr(NARROW, (value,), span=call.span)
    pin.block = call.block
    return pin
