"""The flat body of a Bril function, cut where control comes in or goes away.

    segments(function)     # in the order of the text; the first one is where a call begins

Ensures: each segment has its instructions, the last of which alone may end it, and the places of the segments that
follow it; one that falls through has the next one, and there is none behind the last. Complexity: linear.
"""

from __future__ import annotations

from dataclasses import dataclass

from ssair.frontends.bril.operations import ENDS
from ssair.frontends.bril.program import Function, Instruction, Label


@dataclass(slots=True)
class Segment:
    """Instructions that run one after the other. `successors` are places in the list of segments, none at the end."""

    instructions: list[Instruction]
    #: How many instructions of the function stand before it.
    start: int = 0
    #: Whether control goes on behind the last instruction.
    falls_through: bool = True
    successors: tuple[int, ...] = ()


def segments(function: Function) -> list[Segment]:
    """The segments of a function, those that nothing reaches included; at least one."""
    instructions: list[Instruction] = []
    found, place = [Segment(instructions)], dict[str, int]()
    has_ended, ends = False, ENDS
    for item in function.body:
        if isinstance(item, Label):
            if instructions or has_ended:
                instructions, has_ended = _begin(found), False
            place[item.name] = len(found) - 1
            continue
        if has_ended:
            instructions, has_ended = _begin(found), False
        instructions.append(item)
        if item.op in ends:
            found[-1].falls_through = False
            has_ended = True
    for index, segment in enumerate(found, 1):
        if segment.falls_through:
            segment.successors = (index,) if index < len(found) else ()
        else:
            segment.successors = tuple([place[label] for label in segment.instructions[-1].labels])
    return found


def _begin(found: list[Segment]) -> list[Instruction]:
    """Begin another segment; gives its instructions."""
    last = found[-1]
    found.append(Segment([], last.start + len(last.instructions)))
    return found[-1].instructions
