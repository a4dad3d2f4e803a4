"""A check of a divisor and its division as the one `div` that Bril has, which traps by itself.

    divide_at_checks(flow, safe)             # `safe`: the divisions that are known not to trap, by facts

A check that the optimiser kept has to trap where it stands, whether or not its division is still there, and before
anything that can be told apart from it. So, in this order:
- a division of the operands of a check that the check dominates is done at the check, in its place;
- so is one that was moved in front of the check, as far as nothing before the check needs it;
- a check that the same block follows up with a division by the same divisor, with no effect in between, is dropped;
- any other check divides its divisor by itself, for nothing.

Requires: every block is reached; refinements are gone but for checks. Ensures: the same meaning; a check that is left
checks a value against itself. Near-linear.
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.bril.write_constant_uses import key_of
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Function, Instr, Value, replace_operands
from ssair.ops import CONST, OPS

CHECK: Final = OPS["check_nonzero"]
DIVISIONS: Final = frozenset(OPS[name] for name in ("div_trunc", "rem_trunc", "floordiv", "mod"))
_DIVIDE: Final = OPS["div_trunc"]


def divide_at_checks(flow: ControlFlow, safe: set[Instr]) -> set[Instr]:
    """Let checks of divisors be divisions, as far as they can; gives the divisions that have to trap now."""
    function = flow.blocks[0].function
    trapping = _pair(function, safe, flow)
    safe |= trapping
    for block in function.blocks:
        trapping |= _drop_followed_up(block, safe)
    return trapping


def _pair(function: Function, safe: set[Instr], flow: ControlFlow) -> set[Instr]:
    """Do divisions at the checks that they were made for; gives these divisions."""
    open_checks: dict[object, list[Instr]] = {}
    division_at: dict[Instr, Instr] = {}
    early: list[Instr] = []
    for vertex in flow.walk:
        block = flow.blocks[vertex]
        for instr in block.instrs:
            if instr.op is CHECK:
                open_checks.setdefault(_operands(instr.args[1], instr.args[0]), []).append(instr)
            elif instr.op is _DIVIDE:
                check = _nearest(open_checks.get(_operands(*instr.args), []), block, flow)
                if check is not None:
                    first = division_at.setdefault(check, instr)
                    if first is not instr:
                        instr.forward = first
                elif instr not in safe:
                    early.append(instr)
    if early:
        _put_off(function, early, division_at, flow)
    if division_at:
        _put_at_checks(function, division_at)
    return set(division_at.values())


def _operands(dividend: Value, divisor: Value) -> tuple[object, object]:
    """What is divided by what; of constants the value counts."""
    return _key(dividend), _key(divisor)


def _key(value: Value) -> object:
    return key_of(value) if isinstance(value, Instr) and value.op is CONST else value


def _put_off(function: Function, divisions: list[Instr], division_at: dict[Instr, Instr], flow: ControlFlow) -> None:
    """Let divisions of what may be zero be done at checks behind them that everything that needs them comes behind."""
    place = {instr: number for block in function.blocks for number, instr in enumerate(block.instrs)}
    checks: dict[object, list[Instr]] = {}
    for instr in place:
        if instr.op is CHECK and instr not in division_at:
            checks.setdefault(_operands(instr.args[1], instr.args[0]), []).append(instr)
    needed_at: dict[Value, list[tuple[Block, int]]] = {division: [] for division in divisions}
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                if value in needed_at:
                    needed_at[value].append((block, place[instr]))
        for value in block.end.operands():
            if value in needed_at:
                needed_at[value].append((block, len(block.instrs)))
    for division in divisions:
        for check in checks.get(_operands(*division.args), ()):
            if check not in division_at and all(
                place[check] < at if block is check.block else _dominates(flow, check.block, block)
                for block, at in needed_at[division]
            ):
                division_at[check] = division
                break


def _dominates(flow: ControlFlow, one: Block, other: Block) -> bool:
    return flow.dominates(flow.vertex[one.id], flow.vertex[other.id])


def _nearest(checks: list[Instr], block: Block, flow: ControlFlow) -> Instr | None:
    """The last of the checks seen so far that dominates `block`; those that dominate nothing to come are dropped."""
    while checks and not _dominates(flow, checks[-1].block, block):
        checks.pop()
    return checks[-1] if checks else None


def _put_at_checks(function: Function, division_at: dict[Instr, Instr]) -> None:
    moved = set(division_at.values())
    for block in function.blocks:
        kept = []
        for instr in block.instrs:
            division = division_at.get(instr)
            if division is not None:
                division.block = block
                kept.append(division)
            elif instr not in moved and instr.forward is None:
                kept.append(instr)
        block.instrs = kept
    for block in function.blocks:
        for instr in block.instrs:
            instr.args = tuple([value.find() for value in instr.args])
        replace_operands(block.end, Value.find)


def _drop_followed_up(block: Block, safe: set[Instr]) -> set[Instr]:
    """Drop checks whose divisor the block divides by before it does anything else that can be told.

    Gives the divisions that trap for them.
    """
    divided: dict[Value, Instr] = {}
    trapping: set[Instr] = set()
    kept = []
    for instr in reversed(block.instrs):
        if instr.op is CHECK:
            divisor = instr.args[0]
            if divisor in divided:
                trapping.add(divided[divisor])
                continue
            divided[divisor] = instr
            instr.args = (divisor, divisor)
        elif instr in safe:
            divided[instr.args[1]] = instr
        elif not instr.op.pure:
            divided.clear()
        kept.append(instr)
    kept.reverse()
    block.instrs = kept
    return trapping
