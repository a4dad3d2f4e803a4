"""Constants that need not be made, for a variable is known to have their value, or another constant does as well.

    use_conditions(flow, uses)      behind `br c`, `true` and `false` are `c` itself
    agree_on_constants(uses)        x + -1 is x - 1 where 1 is needed anyway, x * 2 is x + x, and so on

Requires: operations of Bril (`legalize`); every block is reached. Ensures: the same meaning; fewer different constants,
and none more. Linear.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.facts import top
from ssair.frontends.bril.coalesce import is_constant
from ssair.frontends.bril.write_constant_uses import ConstantUses, Use, replace_uses
from ssair.frontends.bril.write_flow import ControlFlow, Way
from ssair.ir import Block, Instr, Param, Value
from ssair.ops import BRANCH, CONST, JUMP, OPS, Op
from ssair.types import BOOL, I64, integer_range

_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_MUL: Final = OPS["mul"]
_LEAST, _GREATEST = integer_range(I64)
#: For a comparison with a constant, the one with the constant next to it, and the step to that.
_NEXT: Final = {
    OPS["lt"]: (OPS["le"], -1),
    OPS["le"]: (OPS["lt"], 1),
    OPS["gt"]: (OPS["ge"], 1),
    OPS["ge"]: (OPS["gt"], -1),
}


def use_conditions(flow: ControlFlow, uses: ConstantUses) -> None:
    """Let instructions and ends of blocks use the condition of the branch that leads there for what it is there."""
    users: dict[int, list[Use]] = {}
    for constant in uses:
        if constant.instr.type is BOOL:
            constant.touched = True
            for vertex, more in constant.users.items():
                users.setdefault(vertex, []).extend(more)
    if not users:
        return
    nothing: tuple[Value | None, Value | None] = None, None
    known = [nothing] * len(flow.blocks)  # what is false, and what is true
    for vertex in flow.walk:
        false, true = known[flow.above[vertex]] if vertex else nothing
        ways, here = flow.ways[vertex], users.get(vertex, [])
        found = _condition(ways, flow) if here or len(ways) == 1 else None
        if found is not None and (len(ways) == 1 or _want(here, found[1])):
            conditions, holds = found
            condition = conditions[0] if len(ways) == 1 else _meet(flow.blocks[vertex], ways, conditions)
            false, true = (false, condition) if holds else (condition, true)
        known[vertex] = false, true
        for use in here:
            replacing = true if _truth(use) else false
            if replacing is not None:
                replace_uses([use], replacing)
    uses.refresh()


def _condition(ways: list[Way], flow: ControlFlow) -> tuple[list[Value], bool] | None:
    """The conditions that ways come from, past a jump, and whether they hold there; None if not all have one."""
    conditions: list[Value] = []
    indices: set[int] = set()
    for source, edge in ways:
        end = source.end
        if end.op is JUMP and len(before := flow.ways[flow.vertex[source.id]]) == 1:
            ((source, edge),) = before
            end = source.end
        if end.op is not BRANCH or is_constant(end.args[0]) or end.edges[0].target is end.edges[1].target:
            return None
        conditions.append(end.args[0])
        indices.add(0 if end.edges[0] is edge else 1)
    return (conditions, indices == {0}) if len(indices) == 1 else None


def _want(uses: list[Use], truth: bool) -> bool:
    """Whether `true`, or `false`, is among what is used."""
    return any(_truth(use) is truth for use in uses)


def _truth(use: Use) -> bool:
    user, place = use
    constant = user.args[place]
    assert is_constant(constant) and isinstance(constant.aux, bool)
    return constant.aux


def _meet(block: Block, ways: list[Way], conditions: list[Value]) -> Param:
    """A parameter for the conditions that ways come from: read nowhere else, as most of them are, they need no copy."""
    param = block.add_param(BOOL, top(BOOL))
    for (_, edge), condition in zip(ways, conditions, strict=True):
        edge.args += (condition,)
    return param


class _Choice(NamedTuple):
    """An operation on a value and a constant that could be another one with another constant (None: with none)."""

    instr: Instr
    vertex: int
    constant: int
    op: Op
    other: int | None


def agree_on_constants(uses: ConstantUses) -> None:
    """Choose among operations that mean the same the one whose constant is needed anyway."""
    needed: set[int] = set()
    choices: list[_Choice] = []
    for constant in uses:
        value = constant.instr.aux
        if constant.instr.type is not I64 or not isinstance(value, int):
            continue
        for vertex, found in constant.users.items():
            for user, place in found:
                choice = _choice(user, place, vertex, value) if isinstance(user, Instr) else None
                if choice is not None:
                    choices.append(choice)
                else:
                    needed.add(value)
    chosen = [choice for choice in choices if _is_better(choice, needed)]
    for choice in chosen:
        _choose(choice, uses)
    if chosen:
        uses.refresh()


def _is_better(choice: _Choice, needed: set[int]) -> bool:
    """Whether to do otherwise; adds to what is needed then."""
    if choice.constant in needed:
        return False
    if choice.other is None:  # the operand twice, and no constant
        return True
    if choice.other in needed or choice.constant < 0 <= choice.other:
        needed.add(choice.other)
        return True
    needed.add(choice.constant)
    return False


def _choice(instr: Instr, place: int, vertex: int, known: int) -> _Choice | None:
    """What an instruction with a constant as an operand could be instead."""
    op = instr.op
    if len(instr.args) != 2 or is_constant(instr.args[1 - place]):
        return None
    if op is _ADD:
        return _Choice(instr, vertex, known, _SUB, -known) if known != _LEAST else None
    if op is _MUL:
        return _Choice(instr, vertex, known, _ADD, None) if known == 2 else None
    if place == 0:
        return None
    if op is _SUB:
        return _Choice(instr, vertex, known, _ADD, -known) if known != _LEAST else None
    if op not in _NEXT:
        return None
    other, step = _NEXT[op]
    return _Choice(instr, vertex, known, other, known + step) if _LEAST <= known + step <= _GREATEST else None


def _choose(choice: _Choice, uses: ConstantUses) -> None:
    instr = choice.instr
    (value,) = [arg for arg in instr.args if not is_constant(arg)]
    (old,) = [arg for arg in instr.args if is_constant(arg)]
    uses.constant(old).touched = True
    if choice.other is None:
        instr.op, instr.args = choice.op, (value, value)
        return
    constant = instr.block.function.new_instr(CONST, type=I64, aux=choice.other)
    instr.op, instr.args = choice.op, (value, constant)
    uses.add_user(instr, choice.vertex)
