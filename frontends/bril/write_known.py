"""Constants that need not be made, for a variable is known to have their value, or another constant does as well.

    use_conditions(function)        behind `br c`, `true` and `false` are `c` itself
    agree_on_constants(function)    x + -1 is x - 1 where 1 is needed anyway, x * 2 is x + x, and so on

Requires: operations of Bril (`legalize`); every block is reached. Ensures: the same meaning; fewer different constants,
and none more. Linear.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.cfg import Incoming, incoming_edges
from ssair.dominators import dominator_tree
from ssair.facts import top
from ssair.frontends.bril.coalesce import is_constant
from ssair.ir import Block, Function, Instr, Param, Terminator, Value
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


def use_conditions(function: Function) -> None:
    """Let instructions and ends of blocks use the condition of the branch that leads there for what it is there."""
    users = {block: _users_of_truths(block) for block in function.blocks}
    if not any(users.values()):
        return
    known: dict[Block, tuple[Value | None, Value | None]] = {}  # what is false, and what is true
    tree = dominator_tree(function)
    incoming = incoming_edges(function)
    for block in tree.preorder:
        false, true = known[tree.idom[block]] if block in tree.idom else (None, None)
        ways = incoming[block]
        found = _condition(ways, incoming) if users[block] or len(ways) == 1 else None
        if found is not None and (len(ways) == 1 or _want(users[block], found[1])):
            conditions, holds = found
            condition = conditions[0] if len(ways) == 1 else _meet(block, ways, conditions)
            false, true = (false, condition) if holds else (condition, true)
        known[block] = false, true
        for user in users[block]:
            user.args = tuple([_known(value, false, true) for value in user.args])


def _condition(ways: list[Incoming], incoming: dict[Block, list[Incoming]]) -> tuple[list[Value], bool] | None:
    """The conditions that ways come from, past a jump, and whether they hold there; None if not all have one."""
    conditions: list[Value] = []
    indices: set[int] = set()
    for way in ways:
        if way.source.end.op is JUMP and len(incoming[way.source]) == 1:
            (way,) = incoming[way.source]
        end = way.source.end
        if end.op is not BRANCH or is_constant(end.args[0]) or end.edges[0].target is end.edges[1].target:
            return None
        conditions.append(end.args[0])
        indices.add(way.index)
    return (conditions, indices == {0}) if len(indices) == 1 else None


def _want(users: list[Instr | Terminator], truth: bool) -> bool:
    """Whether `true`, or `false`, is among what is used."""
    operands = [value for user in users for value in user.args]
    return any(isinstance(value, Instr) and value.op is CONST and value.aux is truth for value in operands)


def _meet(block: Block, ways: list[Incoming], conditions: list[Value]) -> Param:
    """A parameter for the conditions that ways come from: read nowhere else, as most of them are, they need no copy."""
    param = block.add_param(BOOL, top(BOOL))
    for way, condition in zip(ways, conditions, strict=True):
        way.edge.args += (condition,)
    return param


def _users_of_truths(block: Block) -> list[Instr | Terminator]:
    """What uses `true` or `false` in a block, block arguments aside."""
    users: list[Instr | Terminator] = []
    candidates: list[Instr | Terminator] = [*block.instrs, block.end]
    for user in candidates:
        for value in user.args:
            if value.type is BOOL and is_constant(value):
                users.append(user)
                break
    return users


def _known(value: Value, false: Value | None, true: Value | None) -> Value:
    if value.type is not BOOL or not isinstance(value, Instr) or value.op is not CONST:
        return value
    return (true if value.aux else false) or value


class _Choice(NamedTuple):
    """An operation on a value and a constant that could be another one with another constant (None: with none)."""

    instr: Instr
    constant: int
    op: Op
    other: int | None


def agree_on_constants(function: Function) -> None:
    """Choose among operations that mean the same the one whose constant is needed anyway."""
    needed: set[int] = set()
    choices: list[_Choice] = []
    for block in function.blocks:
        users: list[Instr | Terminator] = [*block.instrs, block.end]
        for user in users:
            for value in user.args:
                if value.type is I64 and is_constant(value):
                    choice = _choice(user) if isinstance(user, Instr) else None
                    if choice is not None:
                        choices.append(choice)
                        break
                    needed.add(_integer(value))
    for choice in choices:
        if choice.other is None:  # the operand twice, and no constant
            if choice.constant not in needed:
                choice.instr.op, choice.instr.args = choice.op, choice.instr.args[:1] * 2
        elif choice.other in needed and choice.constant not in needed:
            _choose(choice)
        elif choice.constant not in needed and choice.constant < 0 <= choice.other:
            _choose(choice)
            needed.add(choice.other)
        else:
            needed.add(choice.constant)


def _integer(constant: Value) -> int:
    assert isinstance(constant, Instr) and isinstance(constant.aux, int)
    return constant.aux


def _choice(instr: Instr) -> _Choice | None:
    """What an instruction with a constant among its operands could be instead."""
    op = instr.op
    if len(instr.args) != 2 or not (op is _ADD or op is _SUB or op is _MUL or op in _NEXT):
        return None
    left, right = instr.args
    if is_constant(left) and not is_constant(right) and (op is _ADD or op is _MUL):
        instr.args = left, right = right, left
    if is_constant(left) or not is_constant(right):
        return None
    known = _integer(right)
    if op is _MUL:
        return _Choice(instr, known, _ADD, None) if known == 2 else None
    if op is _ADD or op is _SUB:
        return _Choice(instr, known, _SUB if op is _ADD else _ADD, -known) if known != _LEAST else None
    other, step = _NEXT[op]
    return _Choice(instr, known, other, known + step) if _LEAST <= known + step <= _GREATEST else None


def _choose(choice: _Choice) -> None:
    instr = choice.instr
    constant = instr.block.function.new_instr(CONST, type=I64, aux=choice.other)
    instr.op, instr.args = choice.op, (instr.args[0], constant)
