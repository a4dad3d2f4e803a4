"""Recursion that a kernel cannot have, told in the words of the source.

Functions that call each other in tail position are one loop in the IR, `even.loop`, which each of them calls: the call
of such a delegate has the name of its function as its span, which tells the functions inside the loop apart again.

`cycle_of` takes time linear in the module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ssair.ir import Block, Function, Instr, Module
from ssair.ops import CALL_OP, GET, JUMP, RETURN

_LOOP_SUFFIX = ".loop"
_MOST_NOTES = 3
_MOST_NAMES = 8

_Begins = list[tuple[tuple[int, int], str]]


class Cycle(NamedTuple):
    """A cycle of calls in the source: the functions in their order, the first again at the end, and the calls."""

    names: tuple[str, ...]
    calls: tuple[Instr, ...]

    @property
    def message(self) -> str:
        """What is wrong."""
        return f"`{self.names[0]}` is recursive, which a kernel cannot be"

    @property
    def help(self) -> str:
        """The cycle, and what to do."""
        names = self.names if len(self.names) <= _MOST_NAMES else (*self.names[:4], "…", *self.names[-3:])
        path = " -> ".join(names)
        what = "only tail calls become loops"
        if all(map(_is_tail, self.calls)):
            what = "tail calls become loops if their arrays keep their sizes"
        return f"{path}: {what}; use `loop`, or run it interpreted"

    @property
    def notes(self) -> list[tuple[str, int]]:
        """The other calls of the cycle, with the indices of their spans."""
        others = [(f"and here `{call.aux}` is called", call.span) for call in self.calls[1:]]
        return others[:_MOST_NOTES]


def cycle_of(module: Module, functions: Sequence[Function], calls: Sequence[Instr]) -> Cycle:
    """The cycle in which each function makes the call at its place, the last one that of the first function.

    It begins with a call that is no tail call, if there is one; of these with the first in the source.
    """
    members = _members(module)
    steps = [
        (_caller(module, function, call, members), call)
        for function, call in zip(functions, calls, strict=True)
        if not _is_loop(_callee(module, call))
    ]
    first = min(range(len(steps)), key=lambda place: (_is_tail(steps[place][1]), _position(module, steps[place][1])))
    steps = steps[first:] + steps[:first]
    names: list[str] = []
    for (caller, call), (following, _) in pairwise([*steps, steps[0]]):
        names.append(caller)
        if call.aux != following:
            names.append(str(call.aux))
    return Cycle((*names, names[0]), tuple([call for _, call in steps]))


def _callee(module: Module, call: Instr) -> Function:
    assert isinstance(call.aux, str)
    return module.functions[call.aux]


def _is_loop(function: Function) -> bool:
    return function.signature is None and function.name.endswith(_LOOP_SUFFIX)


def _position(module: Module, call: Instr) -> tuple[int, int]:
    span = module.span(call.span)
    return (span.line, span.column) if span is not None else (0, 0)


def _members(module: Module) -> dict[str, _Begins]:
    """For each loop the functions of the source that it is made of, with the places where they begin."""
    members: dict[str, _Begins] = {}
    for function in module.functions.values():
        for instr in function.instructions():
            if instr.op is CALL_OP and _is_loop(_callee(module, instr)):
                members.setdefault(str(instr.aux), []).append((_position(module, instr), function.name))
    return members


def _caller(module: Module, function: Function, call: Instr, members: Mapping[str, _Begins]) -> str:
    """The function of the source that a call stands in: in a loop, the last one that begins before it."""
    if not _is_loop(function):
        return function.name
    before = [member for member in members.get(function.name, ()) if member[0] <= _position(module, call)]
    return max(before)[1] if before else function.name


def _is_tail(call: Instr) -> bool:
    """Whether what a call gives is what its function gives, with nothing in between."""
    block = call.block
    results = [instr for instr in block.instrs if instr.op is GET and instr.args[0] is call] or [call]
    values = [value.id for value in results]
    after = block.instrs[block.instrs.index(call) + 1 :]
    if any(instr.op is not GET or instr.args[0] is not call for instr in after):
        return False
    return _gives(block, values)


def _gives(block: Block, values: list[int]) -> bool:
    """Whether a block ends with nothing but giving these values to the caller of its function."""
    seen: set[int] = set()
    while block.id not in seen:
        seen.add(block.id)
        end = block.end
        if end.op is RETURN:
            return [value.id for value in end.args] == values
        if end.op is not JUMP:
            return False
        edge = end.edges[0]
        passed = [param.id for param, value in zip(edge.target.params, edge.args, strict=True) if value.id in values]
        if len(passed) != len(values) or edge.target.instrs:
            return False
        block, values = edge.target, passed
    return False
