"""Dropping refinements: at the very end, what is known becomes variants of operations, and refinements go.

Requires: valid IR without crumbs. Ensures: valid IR without `refine`; a `narrow` stays only as the argument of a call
whose parameter promises its fact. Checks stay. Only `dce` may follow: the other passes would miss what was known.
Complexity: near-linear.

    floordiv, mod   of a dividend that is not negative and a positive divisor: div_trunc, rem_trunc, which a machine has
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.facts import IntFact, top
from ssair.ir import Function, Instr, Param, Value
from ssair.ops import CALL_OP, NARROW, OPS, Op
from ssair.passes.copyprop import forward_uses
from ssair.passes.weaken_facts import weaken_facts

NAME = "drop_refinements"

#: The variants of operations on operands that are not negative, the second positive.
_VARIANTS: Final[dict[Op, Op]] = {OPS["floordiv"]: OPS["div_trunc"], OPS["mod"]: OPS["rem_trunc"]}


def run(function: Function, context: Context) -> int:
    """Choose variants and drop refinements; gives how many of both. A lowering: it takes no fuel."""
    variants = _choose_variants(function)
    promises = _pin_promises(function)
    stale: list[Value] = []
    dropped = 0
    for block in reverse_postorder(function):
        for instr in block.instrs:
            if any(value.forward is not None for value in instr.args):
                stale.append(instr)
                instr.args = tuple([value.find() for value in instr.args])
            if instr.op.refines and not instr.op.traps and instr not in promises:
                instr.fact = instr.args[0].fact
                instr.make_equal_to(instr.args[0])
                dropped += 1
        for edge in block.end.edges:
            stale += edge.target.params
    forward_uses(function)
    weaken_facts(function, stale)
    context.count(f"{NAME}.variants", variants)
    context.count(f"{NAME}.dropped", dropped)
    return variants + dropped


def _choose_variants(function: Function) -> int:
    chosen = 0
    for instr in function.instructions():
        variant = _VARIANTS.get(instr.op)
        if variant is None:
            continue
        dividend, divisor = instr.args[0].fact, instr.args[1].fact
        if isinstance(dividend, IntFact) and isinstance(divisor, IntFact) and dividend.lo >= 0 and divisor.lo > 0:
            instr.op = variant
            chosen += 1
    return chosen


def _pin_promises(function: Function) -> set[Instr]:
    """Narrow the arguments of calls to parameters of which something is known to what is known of them now."""
    promises: set[Instr] = set()
    for block in function.blocks:
        if not any(instr.op is CALL_OP for instr in block.instrs):
            continue
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
