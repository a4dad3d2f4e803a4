"""Lowering to what Bril has: every operation becomes those of Bril, every terminator a jump, a branch or a return.

    legalize(function, fine)

Requires: valid IR without crumbs; what Bril has nothing for is refused (`refuse`). Ensures: the same meaning, in IR
whose operations Bril has (`OPERATIONS`); refinements are gone; a check of a divisor is a division that traps: the one
that it was made for, or, where there is none, a `check_nonzero` of a value by itself. Nothing is left that nothing
needs, and every block is reached. Facts are not kept. Near-linear.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.frontends.bril.legalize_divisions import CHECK, DIVISIONS, divide_at_checks, safe_divisions
from ssair.frontends.bril.legalize_expansions import Expander, has_expansion, may_expand
from ssair.frontends.bril.lower import POINTER_TEXT
from ssair.frontends.bril.operations import VALUES
from ssair.frontends.bril.program import TYPE_NAMES
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value, replace_operands
from ssair.ops import BRANCH, JUMP, OPS, PRINT_EXACT, PRINTS, RETURN, SWITCH, Op
from ssair.passes import dce
from ssair.sources import UsageError
from ssair.types import F64, I64, MEM, PointerType, Type, pointer_to

#: By operation of the IR and type of its first operand, the operation of Bril.
OPERATIONS: Final[dict[tuple[Op, Type], str]] = {(OPS[row.lowered], row.args[0]): name for name, row in VALUES.items()}
#: What has its own row in the writer.
_OTHERS: Final = frozenset(
    OPS[name]
    for name in (
        *("const", "call", "check_nonzero"),
        *("memory", "alloc", "load", "store", "free", "ptradd"),
    )
)
#: What stands for an operand, and for a pointer, in the words of a line; no text that is printed has them.
_VALUE: Final = "\0"
_POINTER: Final = "\1"
_NOT: Final = OPS["not"]
_ENDS: Final = frozenset((JUMP, BRANCH, SWITCH, RETURN))
#: An operation, the type of its result, and that of its first operand.
Kind = tuple[Op, Type, Type | None]
_EQ: Final = OPS["eq"]


def legalize(function: Function, fine: set[Kind]) -> None:
    """Rewrite a function, which belongs to the caller.

    What is `fine` already need not be looked at; what is found to be is added.
    """
    remove_unreached(function)
    kinds = _kinds(function)
    refuse(function, kinds, fine)
    ops = {op for op, _, _ in kinds}
    if not ops.isdisjoint(PRINTS):
        for block in function.blocks:
            if any(instr.op in PRINTS and _POINTER in _words(instr) for instr in block.instrs):
                _show_pointers(block)
    safe = set() if ops.isdisjoint(DIVISIONS) else safe_divisions(function)
    if any(op.refines for op in ops):
        drop_refinements(function)
    if _has_unused(function):
        dce.run(function, Context())
    trapping = divide_at_checks(function, safe) if CHECK in ops else set()
    for block in [block for block in function.blocks if block.end.op is SWITCH]:
        _compare_cases(block)
    expanded = may_expand(kinds)
    has_expanded = bool(expanded) and Expander(function, expanded, safe).run()
    turned = [block for block in function.blocks if _branch_on_positive(block)] if _NOT in ops or has_expanded else []
    if CHECK in ops or has_expanded or turned:
        _drop_unused_params(function, drop_unused(function, trapping.__contains__))


def _has_unused(function: Function) -> bool:
    """Whether there is anything that nothing uses."""
    used = set(_used(function))
    return any(param.id not in used for block in function.blocks[1:] for param in block.params) or any(
        instr.id not in used and instr.op.pure for block in function.blocks for instr in block.instrs
    )


def _kinds(function: Function) -> set[Kind]:
    """The kinds of instructions that there are."""
    return {
        (instr.op, instr.type, instr.args[0].type if instr.args else None)
        for block in function.blocks
        for instr in block.instrs
    }


def remove_unreached(function: Function) -> None:
    """Remove the blocks that nothing leads to."""
    order = reverse_postorder(function)
    if len(order) < len(function.blocks):
        reached = set(order)
        function.remove_blocks({block for block in function.blocks if block not in reached})


def refuse(function: Function, kinds: set[Kind], fine: set[Kind]) -> None:
    """Raise UsageError if a function has what Bril has nothing for; adds to what is known to be fine."""
    if len(function.results) > 1:
        raise UsageError(f"@{function.name} cannot be written as Bril: it has more than one result")
    for type in (*function.results, *(param.type for param in function.params)):
        _refuse_type(function, type)
    new = {op for op, _, _ in kinds - fine}
    for instr in function.instructions() if new else ():
        if instr.op in new:
            kind = (instr.op, instr.type, instr.args[0].type if instr.args else None)
            if not _is_known(instr):
                raise UsageError(f"@{function.name} cannot be written as Bril, which has no `{_described(instr)}`")
            _refuse_type(function, instr.type)
            if not (instr.op in PRINTS or has_expansion(instr)):  # which is a matter of more than of types
                fine.add(kind)
    for block in function.blocks:
        if block.end.op not in _ENDS:
            raise UsageError(f"@{function.name} cannot be written as Bril, which has no `{block.end.op}`")


def _is_known(instr: Instr) -> bool:
    op = instr.op
    if op in _OTHERS or (op.refines and not op.traps) or (instr.args and (op, instr.args[0].type) in OPERATIONS):
        return True
    if op in PRINTS:
        return _prints_as_bril(instr)
    return has_expansion(instr)


def _prints_as_bril(instr: Instr) -> bool:
    """Whether a line is values alone with a blank between, and no floats in another form than Bril's."""
    words = _words(instr)
    exact = instr.op is PRINT_EXACT or all(value.type is not F64 for value in instr.args)
    return exact and all(word in (_VALUE, _POINTER) for word in words)


def _words(instr: Instr) -> list[str]:
    """What a line shows, between blanks: `_VALUE` for an operand, `_POINTER` for a pointer, and texts."""
    pieces = instr.aux
    assert isinstance(pieces, tuple)
    text = _VALUE.join(pieces).replace(POINTER_TEXT, _POINTER)
    return text.split(" ") if text else []


def _described(instr: Instr) -> str:
    return f"{instr.op} {instr.args[0].type}" if instr.args else str(instr.op)


def _show_pointers(block: Block) -> None:
    """Let lines that show pointers, of which nothing is told, show one to a region that is no more."""
    kept: list[Instr] = []
    for instr in block.instrs:
        if instr.op in PRINTS and _POINTER in (words := _words(instr)):
            made = block.function.new_instr
            one = made("const", type=I64, aux=1)
            pointer = made("alloc", (one,), type=pointer_to(I64))
            memory = made("memory")
            kept += [one, pointer, memory, made("free", (pointer, memory))]
            values = iter(instr.args)
            instr.args = tuple([next(values) if word == _VALUE else pointer for word in words])
            instr.aux = ("", *[" "] * (len(words) - 1), "")
        kept.append(instr)
    block.instrs = []
    for instr in kept:
        block.append(instr)


def _refuse_type(function: Function, type: Type) -> None:
    innermost = type
    while isinstance(innermost, PointerType):
        innermost = innermost.target
    if innermost not in TYPE_NAMES and type is not MEM and type.name != "()":
        raise UsageError(f"@{function.name} cannot be written as Bril, which has no type {type}")


# ---- refinements --------------------------------------------------------------------------------------------------


def drop_refinements(function: Function) -> None:
    """Let every use of a refinement or check use what it refines; only the checks stay."""
    crumbs: list[Instr] = []
    for block in reverse_postorder(function):
        has_some = False
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    instr.args = tuple([value.forward or value for value in instr.args])
                    break
            if instr.op.refines:
                instr.forward = instr.args[0]
                crumbs.append(instr)
                has_some = has_some or not instr.op.traps
        if has_some:
            block.instrs = [instr for instr in block.instrs if instr.forward is None or instr.op.traps]
    if crumbs:
        for block in function.blocks:
            replace_operands(block.end, _refined)
        for instr in crumbs:
            instr.forward = None


def _refined(value: Value) -> Value:
    return value.forward or value


# ---- terminators --------------------------------------------------------------------------------------------------


def _compare_cases(block: Block) -> None:
    """Let a switch be a chain of comparisons."""
    function, end = block.function, block.end
    value, default = end.args[0], end.edges[-1]
    for case, edge in zip(end.aux, end.edges, strict=False):
        constant = block.append(function.new_instr("const", type=value.type, aux=case))
        equal = block.append(function.new_instr(_EQ, (value, constant)))
        following = function.new_block()
        block.set_terminator(Terminator(BRANCH, (equal,), (edge, Edge(following)), (), end.span))
        block = following
    block.set_terminator(Terminator(JUMP, (), (default,), (), end.span))


def _branch_on_positive(block: Block) -> bool:
    """Let a branch on what is not go the other way on what is; whether it did."""
    given = end = block.end
    while end.op is BRANCH and isinstance(end.args[0], Instr) and end.args[0].op is _NOT:
        first, second = end.edges
        end = Terminator(BRANCH, end.args[0].args, (second, first), (), end.span)
        block.set_terminator(end)
    return end is not given


# ---- what is left over --------------------------------------------------------------------------------------------


def _drop_unused_params(function: Function, uses: list[int]) -> None:
    """Drop the block parameters that nobody uses, given how often values are used: dividends of checks alone, say."""
    unused = {block for block in function.blocks[1:] if any(not uses[param.id] for param in block.params)}
    for block in function.blocks if unused else ():
        for edge in block.end.edges:
            if edge.target in unused:
                pairs = zip(edge.target.params, edge.args, strict=True)
                edge.args = tuple([arg for param, arg in pairs if uses[param.id]])
    for block in function.blocks:
        if block in unused:
            block.params = [param for param in block.params if uses[param.id]]


def use_counts(function: Function) -> list[int]:
    """How often each value is used, by its number."""
    uses = [0] * function.next_value
    for number in _used(function):
        uses[number] += 1
    return uses


def _used(function: Function) -> list[int]:
    """The numbers of all operands and block arguments."""
    used = [value.id for block in function.blocks for instr in block.instrs for value in instr.args]
    for block in function.blocks:
        used += [value.id for value in block.end.args]
        for edge in block.end.edges:
            if edge.args:
                used += [value.id for value in edge.args]
    return used


def drop_unused(function: Function, stays: Callable[[Instr], bool]) -> list[int]:
    """Drop what computes what nobody uses by now, but for what `stays`; gives how often values are used, by id."""
    uses = use_counts(function)
    instrs = [instr for block in function.blocks for instr in block.instrs]
    unused = [instr for instr in instrs if not uses[instr.id] and instr.op.pure and not stays(instr)]
    dropped = set(unused)
    while unused:
        for value in unused.pop().args:
            uses[value.id] -= 1
            if not uses[value.id] and isinstance(value, Instr) and value.op.pure and not stays(value):
                dropped.add(value)
                unused.append(value)
    if dropped:
        for block in function.blocks:
            block.instrs = [instr for instr in block.instrs if instr not in dropped]
    return uses
