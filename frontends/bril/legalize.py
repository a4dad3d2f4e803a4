"""Lowering to what Bril has: every operation becomes those of Bril, every terminator a jump, a branch or a return.

    flow, size = legalize(function, Kinds())

Requires: valid IR without crumbs; what Bril has nothing for is refused (`Kinds`). Ensures: the same meaning, in IR
whose operations Bril has; refinements are gone; a check of a divisor is a division that traps: the one that it was made
for, or, where there is none, a `check_nonzero` of a value by itself. Nothing is left that nothing needs, and every
block is reached. Facts are not kept. Near-linear: one walk, and another one for each thing that the first one found.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.context import Context
from ssair.facts import IntFact
from ssair.frontends.bril.legalize_divisions import divide_at_checks
from ssair.frontends.bril.legalize_expansions import Expander
from ssair.frontends.bril.legalize_kinds import (
    CHECKS,
    DIVIDES,
    EXPANDS,
    NEGATES,
    POINTER_WORD,
    REFINES,
    SHOWS_POINTERS,
    VALUE_WORD,
    Kinds,
    words_of,
)
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Edge, Function, Instr, Terminator
from ssair.ops import BRANCH, JUMP, OPS, PRINTS, RETURN, SWITCH
from ssair.passes import dce
from ssair.sources import UsageError
from ssair.types import I64, pointer_to

_NOT: Final = OPS["not"]
_EQ: Final = OPS["eq"]
_DIVIDE: Final = OPS["div_trunc"]


def legalize(function: Function, kinds: Kinds) -> tuple[ControlFlow, int]:
    """Rewrite a function, which belongs to the caller.

    Gives how control flowed at first, which may not be current any more, and how many instructions it has, roughly.
    """
    flow = ControlFlow(function)
    survey = _Survey(flow, kinds)
    asks = survey.asks
    if survey.has_unused():
        dce.run(function, Context())
    if asks & SHOWS_POINTERS:
        for block in function.blocks:
            _show_pointers(block)
    if asks & CHECKS and not flow.is_current():
        flow = ControlFlow(function)
    trapping = divide_at_checks(flow, survey.safe) if asks & CHECKS else set()
    switches = [block for block in function.blocks if block.end.op is SWITCH] if survey.has_switches else []
    for block in switches:
        _compare_cases(block)
    has_expanded = bool(asks & EXPANDS) and Expander(function, survey.safe).run()
    may_turn = asks & NEGATES or has_expanded
    turned = [block for block in function.blocks if _branch_on_positive(block)] if may_turn else []
    if asks & CHECKS or has_expanded or turned:
        _drop_unused_params(function, drop_unused(function, trapping.__contains__))
    return flow, survey.size


class _Survey:
    """What a function asks for; its refinements are gone then, of which only the checks stay.

    One walk in reverse postorder, in which a refinement is met before what uses it.
    """

    def __init__(self, flow: ControlFlow, kinds: Kinds) -> None:
        function = flow.blocks[0].function
        kinds.accept_types(function)
        self._function = function
        self._kinds = kinds
        #: What some instruction asks for.
        self.asks = 0
        #: The divisions that are known not to trap; for membership only.
        self.safe: set[Instr] = set()
        self.has_switches = False
        self.size = 0
        #: Whether each value is used, by its number.
        self._used = bytearray(function.next_value)
        self._crumbs: list[Instr] = []
        for vertex in flow.order:
            block = flow.blocks[vertex]
            self.size += len(block.instrs)
            self._walk(block)
            self._end(block)
        for instr in self._crumbs:
            instr.forward = None

    def _walk(self, block: Block) -> None:
        known, used = self._kinds.known, self._used
        dropped = False
        for instr in block.instrs:
            args = instr.args
            asked = known.get((instr.op, instr.type, args[0].type if args else None))
            if asked is None:
                asked = self._kinds.of(self._function, instr)
            if asked:
                self.asks |= self._divided(instr) if asked & DIVIDES else asked
                if asked & REFINES:
                    instr.forward = args[0].forward or args[0]
                    self._crumbs.append(instr)
                    if not asked & CHECKS:
                        dropped = True
                        continue
            for value in args:
                if value.forward is not None:
                    args = instr.args = tuple([value.forward or value for value in args])
                    break
            for value in args:
                used[value.id] = 1
        if dropped:
            block.instrs = [instr for instr in block.instrs if instr.forward is None or instr.op.traps]

    def _divided(self, instr: Instr) -> int:
        """What a division asks for, while facts hold of its divisor."""
        divisor = instr.args[1].fact
        if not (isinstance(divisor, IntFact) and divisor.nonzero):
            return EXPANDS
        self.safe.add(instr)
        return 0 if instr.op is _DIVIDE else EXPANDS

    def _end(self, block: Block) -> None:
        used, end = self._used, block.end
        if end.op is SWITCH:
            self.has_switches = True
        elif end.op is not JUMP and end.op is not BRANCH and end.op is not RETURN:
            raise UsageError(f"@{self._function.name} cannot be written as Bril, which has no `{end.op}`")
        if end.args:
            end.args = tuple([value.forward or value for value in end.args])
            for value in end.args:
                used[value.id] = 1
        for edge in end.edges:
            if edge.args:
                edge.args = tuple([value.forward or value for value in edge.args])
                for value in edge.args:
                    used[value.id] = 1

    def has_unused(self) -> bool:
        """Whether there is anything that nothing uses."""
        used, blocks = self._used, self._function.blocks
        for block in blocks:
            for instr in block.instrs:
                if not used[instr.id] and instr.op.pure:
                    return True
        return any(not used[param.id] for block in blocks[1:] for param in block.params)


# ---- lines --------------------------------------------------------------------------------------------------------


def _show_pointers(block: Block) -> None:
    """Let lines that show pointers, of which nothing is told, show one to a region that is no more."""
    if not any(instr.op in PRINTS and POINTER_WORD in words_of(instr) for instr in block.instrs):
        return
    kept: list[Instr] = []
    for instr in block.instrs:
        if instr.op in PRINTS and POINTER_WORD in (words := words_of(instr)):
            made = block.function.new_instr
            one = made("const", type=I64, aux=1)
            pointer = made("alloc", (one,), type=pointer_to(I64))
            memory = made("memory")
            kept += [one, pointer, memory, made("free", (pointer, memory))]
            values = iter(instr.args)
            instr.args = tuple([next(values) if word == VALUE_WORD else pointer for word in words])
            instr.aux = ("", *[" "] * (len(words) - 1), "")
        kept.append(instr)
    block.instrs = []
    for instr in kept:
        block.append(instr)


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
