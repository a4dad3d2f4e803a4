"""Constants that need not be made, for a variable is known to have their value, or another constant does as well.

    use_conditions(function)        behind `br c`, `true` and `false` are `c` itself
    agree_on_constants(function)    x + -1 is x - 1 where 1 is needed anyway, x * 2 is x + x, and so on

Requires: operations of Bril (`legalize`); every block is reached. Ensures: the same meaning; fewer different constants,
and none more. Linear.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ssair.cfg import incoming_edges
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import BRANCH, CONST, OPS, Op
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
    known: dict[Block, tuple[Value | None, Value | None]] = {}  # what is false, and what is true
    tree = dominator_tree(function)
    incoming = incoming_edges(function)
    for block in tree.preorder:
        false, true = known[tree.idom[block]] if block in tree.idom else (None, None)
        ways = incoming[block]
        if len(ways) == 1 and ways[0].source.end.op is BRANCH:
            condition = ways[0].source.end.args[0]
            if not isinstance(condition, Instr) or condition.op is not CONST:
                false, true = (false, condition) if ways[0].index == 0 else (condition, true)
        known[block] = false, true
        if false is not None or true is not None:
            _use(block, false, true)


def _use(block: Block, false: Value | None, true: Value | None) -> None:
    def known(value: Value) -> Value:
        if value.type is not BOOL or not isinstance(value, Instr) or value.op is not CONST:
            return value
        return (true if value.aux else false) or value

    for instr in block.instrs:
        instr.args = tuple([known(value) for value in instr.args])
    block.end.args = tuple([known(value) for value in block.end.args])


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
        for instr in block.instrs:
            choice = _choice(instr)
            if choice is not None:
                choices.append(choice)
            else:
                needed.update(_integers(instr.args))
        needed.update(_integers(block.end.args))
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


def _integers(values: tuple[Value, ...]) -> Iterator[int]:
    for value in values:
        if isinstance(value, Instr) and value.op is CONST and value.type is I64:
            assert isinstance(value.aux, int)
            yield value.aux


def _choice(instr: Instr) -> _Choice | None:
    """What an instruction could be instead."""
    if not instr.args or instr.args[0].type is not I64 or len(instr.args) != 2:
        return None
    left, right = (next(_integers((value,)), None) for value in instr.args)
    if instr.op in (_ADD, _MUL) and right is None and left is not None:
        instr.args, left, right = instr.args[::-1], right, left
    if right is None or left is not None:
        return None
    if instr.op in (_ADD, _SUB) and right != _LEAST:
        return _Choice(instr, right, _SUB if instr.op is _ADD else _ADD, -right)
    if instr.op is _MUL and right == 2:
        return _Choice(instr, right, _ADD, None)
    if instr.op in _NEXT:
        op, step = _NEXT[instr.op]
        return _Choice(instr, right, op, right + step) if _LEAST <= right + step <= _GREATEST else None
    return None


def _choose(choice: _Choice) -> None:
    instr = choice.instr
    constant = instr.block.function.new_instr(CONST, type=I64, aux=choice.other)
    instr.op, instr.args = choice.op, (instr.args[0], constant)
