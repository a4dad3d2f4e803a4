"""Replacing a block parameter by a value that it always equals, and an instruction by a parameter."""

from __future__ import annotations

from ssair.ir import Instr, Param, Value
from ssair.ops import NARROW


def replace_param(param: Param, leader: Value) -> list[Instr]:
    """Let `leader` stand for `param`; gives the narrowing to put at the head of the block, if the parameter knew more.

    Requires that `leader` dominates the block of `param`, or is another of its parameters, and equals `param` at run
    time. The copy propagation sweep removes the parameter and its arguments.
    """
    leader = leader.find()
    if leader.fact <= param.fact:
        param.make_equal_to(leader)
        return []
    fact = param.fact & leader.fact
    narrowing = Instr(param.block.function.new_id(), NARROW, (leader,), param.type, fact, None, param.span)
    narrowing.block = param.block
    param.make_equal_to(narrowing)
    return [narrowing]


def replace_by_param(instr: Instr, param: Param) -> None:
    """Let `param`, of the instruction's own block, stand for `instr`: a narrowing of it, if that knew more."""
    if param.fact <= instr.fact:
        instr.make_equal_to(param)
    else:
        instr.op, instr.args, instr.aux, instr.fact = NARROW, (param,), None, instr.fact & param.fact
