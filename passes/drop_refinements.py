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
from ssair.ir import Function, Instr, Param, Terminator, Value
from ssair.ops import CALL_OP, FORALL, NARROW
from ssair.passes.copyprop import finish_forwarding
from ssair.passes.division_variants import choose_divisions
from ssair.passes.weaken_facts import weaken_facts

NAME = "drop_refinements"


def run(function: Function, context: Context) -> int:
    """Choose variants and drop refinements; gives how many of both. A lowering: it takes no fuel."""
    stale: list[Value] = [*choose_divisions(function)]
    variants = len(stale)
    dropping = _Dropping(_pin_promises(function))
    for block in reverse_postorder(function):
        block.instrs = dropping.kept(block.instrs)
        dropping.visit_end(block.end)
    if dropping.dropped:
        finish_forwarding(function)
    stale += dropping.stale
    if stale:
        weaken_facts(function, stale)
    context.count(f"{NAME}.variants", variants)
    context.count(f"{NAME}.dropped", dropping.dropped)
    return variants + dropping.dropped


class _Dropping:
    """The sweep that drops, definitions before uses; `stale` is made of what less is known of now."""

    def __init__(self, promises: set[Instr]) -> None:
        self._promises = promises
        #: The dropped refinements that knew more than what stands for them; for membership only.
        self._knew_more: set[Value] = set()
        self.stale: list[Value] = []
        self.dropped = 0

    def kept(self, instrs: list[Instr]) -> list[Instr]:
        """The instructions of a block but for its refinements."""
        kept: list[Instr] = []
        for instr in instrs:
            for value in instr.args:
                if value.forward is not None:
                    if self._knew_more and not self._knew_more.isdisjoint(instr.args):
                        self.stale.append(instr)
                    instr.args = tuple([value.find() for value in instr.args])
                    break
            op = instr.op
            if not op.refines or op.traps:
                kept.append(instr)
            elif instr in self._promises:  # less may be known of what it refines, and more
                instr.fact = instr.fact & instr.args[0].fact
                kept.append(instr)
            else:
                self._drop(instr)
        return kept

    def _drop(self, refinement: Instr) -> None:
        source = refinement.args[0]
        if refinement.fact != source.fact:
            self._knew_more.add(refinement)
            refinement.fact = source.fact
        refinement.make_equal_to(source)
        self.dropped += 1

    def visit_end(self, end: Terminator) -> None:
        """Note the parameters that get arguments, or indices below extents, of which less may be known now."""
        for edge in end.edges:
            if end.op is FORALL or (edge.args and not self._knew_more.isdisjoint(edge.args)):
                self.stale += edge.target.params


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
