"""The flat body of a Bril function, cut where control comes in or goes away.

    segments(function)     # in the order of the text; the first one is where a call begins

Ensures: each segment has its instructions, the last of which alone may end it, and the places of the segments that
follow it; one that falls through has the next one, and there is none behind the last. Complexity: linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ssair.frontends.bril.operations import ENDS
from ssair.frontends.bril.program import Function, Instruction, Label


@dataclass(slots=True)
class Segment:
    """Instructions that run one after the other. `successors` are places in the list of segments, none at the end."""

    instructions: list[Instruction]
    #: The operations of the instructions.
    ops: list[str]
    #: How many instructions of the function stand before it.
    start: int = 0
    #: Whether control goes on behind the last instruction.
    falls_through: bool = True
    successors: tuple[int, ...] = ()


def segments(function: Function) -> list[Segment]:
    """The segments of a function, those that nothing reaches included; at least one."""
    body, kinds = function.body, list(map(type, function.body))
    labels, place = kinds.count(Label), dict[str, int]()
    found: list[Segment] = []
    begin = start = 0
    for _ in range(labels):
        end = kinds.index(Label, begin)
        if begin < end:
            start = _cut(cast(list[Instruction], body[begin:end]), start, found)
        label = body[end]
        assert isinstance(label, Label)
        place[label.name] = len(found)
        begin = end + 1
    if begin < len(body):
        _cut(cast(list[Instruction], body[begin:]), start, found)
    elif not body or kinds[-1] is Label:
        found.append(Segment([], [], start))
    for index, segment in enumerate(found, 1):
        if segment.falls_through:
            segment.successors = (index,) if index < len(found) else ()
        else:
            segment.successors = tuple([place[label] for label in segment.instructions[-1].labels])
    return found


def _cut(instructions: list[Instruction], start: int, found: list[Segment]) -> int:
    """Cut instructions behind those that end a segment; gives how many there are from the start of the function."""
    ops = [instruction.op for instruction in instructions]
    begin = 0
    if not ENDS.isdisjoint(ops[:-1]):
        for end, op in enumerate(ops[:-1], 1):
            if op in ENDS:
                found.append(Segment(instructions[begin:end], ops[begin:end], start + begin, False))
                begin = end
        instructions, ops = instructions[begin:], ops[begin:]
    found.append(Segment(instructions, ops, start + begin, ops[-1] not in ENDS))
    return start + begin + len(ops)
