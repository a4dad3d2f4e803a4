"""The flat body of a Bril function, cut where control comes in or goes away.

    segments(function)     # in the order of the text; the first one is where a call begins

Ensures: each segment has its instructions, the last of which alone may end it, and the places of the segments that
follow it; one that falls through has the next one, and there is none behind the last. Complexity: linear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from ssair.frontends.bril.operations import ENDS
from ssair.frontends.bril.program import Function, Instruction, Item, Label


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
    body, place = function.body, dict[str, int]()
    found: list[Segment] = []
    begin = labels = 0
    has_begun = True
    for index, item in enumerate(body):
        if isinstance(item, Label):
            if index > begin:
                found.append(Segment(_instructions(body, begin, index), begin - labels))
            place[item.name] = len(found)
            begin, has_begun = index + 1, True
            labels += 1
        elif item.op in ENDS:
            found.append(Segment(_instructions(body, begin, index + 1), begin - labels, False))
            begin, has_begun = index + 1, False
    if has_begun or begin < len(body):
        found.append(Segment(_instructions(body, begin, len(body)), begin - labels))
    for index, segment in enumerate(found, 1):
        if segment.falls_through:
            segment.successors = (index,) if index < len(found) else ()
        else:
            segment.successors = tuple([place[label] for label in segment.instructions[-1].labels])
    return found


def _instructions(body: list[Item], begin: int, end: int) -> list[Instruction]:
    """Some of a body, among which there is no label."""
    return cast(list[Instruction], body[begin:end])
