"""Functions that end by calling themselves go back to their beginning instead.

A call of the function itself whose result is returned becomes a jump to what was the entry. So does one to whose result
something is added first, or whose result is multiplied (`n * factorial(n - 1)`): what is added is kept in one more
parameter of the beginning, and added wherever the function returns; not so if the function calls itself more often
otherwise, for each of these calls begins with nothing gathered, which costs a constant and a sum. Integers wrap, so the
order of a sum or product tells nothing.

Requires: valid IR without crumbs. Ensures: valid IR of the same meaning, but for how deep calls nest; a function that
never ended then loops. Linear.
Source: J. Darlington, R. M. Burstall, "A system which automatically improves programs" (1976), for the accumulator.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from ssair.constants import Scalar
from ssair.context import Context
from ssair.facts import top
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value, users
from ssair.ops import CALL_OP, CONST, JUMP, OPS, RETURN, Op
from ssair.types import I64

NAME = "tail_calls"
#: What may be done to the result of a call, with what does nothing to it.
_ACCUMULATED: Final[dict[Op, Scalar]] = {OPS["add"]: 0, OPS["mul"]: 1}
_MEMORY: Final = OPS["memory"]


class _TailCall(NamedTuple):
    """A call at the end of a block; `operation` is what is done to its result before it is returned, if anything."""

    block: Block
    call: Instr
    operation: Instr | None


def run(function: Function, context: Context) -> int:
    """Let tail calls be jumps; gives how many."""
    uses: dict[Value, int] | None = None
    found: list[_TailCall] = []
    for block in _calling(function):
        results = _returned(block)
        if results is not None:
            uses = uses if uses is not None else {value: len(of) for value, of in users(function).items()}
            tail_call = _tail_call(block, results, uses)
            if tail_call is not None:
                found.append(tail_call)
    if not found:
        return 0
    op = _usual_operation(found) if _is_worth_gathering(function, found) else None
    chosen = [each for each in found if each.operation is None or each.operation.op is op]
    chosen = [each for each in chosen if context.fuel.take(NAME, each.call)]
    if chosen:
        _go_back(function, chosen, op if any(each.operation is not None for each in chosen) else None)
        context.count(f"{NAME}.replaced", len(chosen))
    return len(chosen)


def _calling(function: Function) -> list[Block]:
    """The blocks that call the function itself."""
    found: list[Block] = []
    name = function.name
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op is CALL_OP and instr.aux == name:
                found.append(block)
                break
    return found


def _returned(block: Block) -> tuple[Value, ...] | None:
    """What the function returns behind a block, if it returns at once."""
    end = block.end
    if end.op is RETURN:
        return end.args
    if end.op is not JUMP:
        return None
    target = end.edges[0].target
    if target.instrs or target.end.op is not RETURN:
        return None
    given = dict[Value, Value](zip(target.params, end.edges[0].args, strict=True))
    return tuple([given.get(value, value) for value in target.end.args])


def _is_own_call(instr: Instr) -> bool:
    return instr.op is CALL_OP and instr.aux == instr.block.function.name


def _tail_call(block: Block, results: tuple[Value, ...], uses: dict[Value, int]) -> _TailCall | None:
    """The call that a block ends with, if all behind it only makes its result the function's."""
    behind: list[Instr] = []
    for call in reversed(block.instrs):
        if _is_own_call(call):
            break
        if not call.op.pure and call.op is not _MEMORY:
            return None
        behind.append(call)
    if results == (call,) or (not results and not uses.get(call)):
        return _TailCall(block, call, None) if uses.get(call, 0) == len(results) else None
    operation = results[0] if len(results) == 1 else None
    if not isinstance(operation, Instr) or operation not in behind or operation.op not in _ACCUMULATED:
        return None
    alone = uses[operation] == 1 and uses.get(call) == 1 and call in operation.args
    return _TailCall(block, call, operation) if alone and operation.type is I64 else None


def _usual_operation(found: list[_TailCall]) -> Op | None:
    """What is most often done to the results of calls."""
    counts = Counter(each.operation.op for each in found if each.operation is not None)
    return max(counts, key=lambda op: counts[op]) if counts else None


def _is_worth_gathering(function: Function, found: list[_TailCall]) -> bool:
    """Whether the calls that go save what the beginning of the others costs, which has something to gather."""
    gathering = sum(each.operation is not None for each in found)
    calls = sum(_is_own_call(instr) for instr in function.instructions())
    return calls - len(found) <= gathering


def _go_back(function: Function, tail_calls: list[_TailCall], op: Op | None) -> None:
    """Put a new entry in front, and let the calls go to the old one; `op` gathers what is done to their results."""
    beginning = function.entry
    entry = function.new_block()
    function.blocks.insert(0, function.blocks.pop())
    args: list[Value] = [_twin(param, entry) for param in beginning.params]
    gathered: Param | None = None
    if op is not None:
        gathered = beginning.add_param(I64, top(I64))
        args.append(entry.append(function.new_instr(CONST, type=I64, aux=_ACCUMULATED[op])))
        replaced = {each.block for each in tail_calls}
        for block in function.blocks:
            if block.terminator is not None and block.end.op is RETURN and block not in replaced:
                result = block.append(function.new_instr(op, (gathered, block.end.args[0]), span=block.end.span))
                block.end.args = (result,)
    entry.set_terminator(Terminator(JUMP, (), (Edge(beginning, tuple(args)),)))
    for block, call, operation in tail_calls:
        following = list(call.args)
        block.instrs = [instr for instr in block.instrs if instr is not call and instr is not operation]
        if gathered is not None:
            following.append(gathered if operation is None else _gather(block, gathered, call, operation))
        block.set_terminator(Terminator(JUMP, (), (Edge(beginning, tuple(following)),), (), block.end.span))


def _twin(param: Param, entry: Block) -> Param:
    twin = entry.add_param(param.type, param.fact, param.span, param.static)
    twin.name, param.static = param.name, False
    return twin


def _gather(block: Block, gathered: Param, call: Instr, operation: Instr) -> Instr:
    """What has been gathered with the operand that is not the call's result."""
    left, right = operation.args
    other = right if left is call else left
    return block.append(block.function.new_instr(operation.op, (gathered, other), span=operation.span))
