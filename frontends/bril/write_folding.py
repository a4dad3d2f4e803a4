"""What copies of loops make constant, and sums of constants that nobody looks at in between.

    fold(function, kept)

Integers only: results of constants, branches on them, additions of 0 and multiplications by 1 or 0; `(i + 1) + 1` where
nothing else reads the sum inside. What is not used then goes, but for divisions, which may be there to trap.

Requires: operations of Bril (`legalize`). Ensures: valid IR of the same meaning; every block is reached. Linear.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Final

from ssair.cfg import reverse_postorder
from ssair.frontends.bril.legalize import drop_unused, remove_unreached
from ssair.frontends.bril.write_beginnings import constant, sum_with_constant
from ssair.frontends.bril.write_loops import drop_params, forward_all
from ssair.ir import Block, Function, Instr, Terminator, Value
from ssair.ops import BRANCH, CONST, JUMP, OPS, Op
from ssair.types import BOOL, I64

_ADD: Final = OPS["add"]
_SUB: Final = OPS["sub"]
_MUL: Final = OPS["mul"]
_MOVE: Final = OPS["ptradd"]
_DIVIDE: Final = OPS["div_trunc"]
_ARITHMETIC: Final[dict[Op, Callable[[int, int], int]]] = {_ADD: operator.add, _SUB: operator.sub, _MUL: operator.mul}
_COMPARISONS: Final[dict[Op, Callable[[int, int], bool]]] = {
    OPS[name]: getattr(operator, name) for name in ("eq", "lt", "gt", "le", "ge")
}


def fold(function: Function, kept: frozenset[Block] = frozenset()) -> None:
    """Fold what is constant, and drop what is not needed then; blocks in `kept` keep their parameters."""
    uses = drop_unused(function, _is_division)
    for block in reverse_postorder(function):
        for instr in block.instrs:
            args = instr.args
            if len(args) == 2:
                instr.args = (args[0].find(), args[1].find())
                instr.forward = _folded(function, instr)
                if instr.forward is None:
                    _add_up(instr, uses)
        end = block.end
        if end.op is BRANCH:
            end.args = (end.args[0].find(),)
            _fold_branch(block)
    remove_unreached(function)
    drop_params(function, [block for block in function.blocks if block not in kept])
    forward_all(function)
    drop_unused(function, _is_division)


def _is_division(instr: Instr) -> bool:
    return instr.op is _DIVIDE  # which may be there to trap


def _folded(function: Function, instr: Instr) -> Value | None:
    """What always is the result of an instruction with two operands; None if that is not known."""
    left, right = constant(instr.args[0]), constant(instr.args[1])
    if left is not None and right is not None:
        if instr.op in _ARITHMETIC:
            return function.new_instr(CONST, type=I64, aux=_wrapped(_ARITHMETIC[instr.op](left, right)))
        if instr.op in _COMPARISONS:
            return function.new_instr(CONST, type=BOOL, aux=_COMPARISONS[instr.op](left, right))
    if instr.op in (_ADD, _SUB, _MOVE) and right == 0:
        return instr.args[0]
    if instr.op is _ADD and left == 0:
        return instr.args[1]
    if instr.op is _MUL and 1 in (left, right):
        return instr.args[1] if left == 1 else instr.args[0]
    if instr.op is _MUL and 0 in (left, right):
        return instr.args[0] if left == 0 else instr.args[1]
    return None


def _add_up(instr: Instr, uses: list[int]) -> None:
    """Let a sum of a sum and a constant be one sum, if the one inside is not read by anything else."""
    found = sum_with_constant(instr)
    if found is None:
        return
    inner, more = found
    if not isinstance(inner, Instr) or inner.id >= len(uses) or uses[inner.id] != 1:
        return
    deeper = sum_with_constant(inner)
    if deeper is not None:
        function = instr.block.function
        total = function.new_instr(CONST, type=I64, aux=_wrapped(more + deeper[1]))
        instr.op, instr.args = _ADD, (deeper[0], total)


def _fold_branch(block: Block) -> None:
    end = block.end
    if end.op is BRANCH and isinstance(end.args[0], Instr) and end.args[0].op is CONST:
        edge = end.edges[0 if end.args[0].aux else 1]
        block.set_terminator(Terminator(JUMP, (), (edge,), (), end.span))


def _wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
