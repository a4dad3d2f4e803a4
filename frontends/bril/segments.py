"""The flat body of a Bril function, cut where control comes in or goes away.

    segments(function)     # in the order of the text; the first one is where a call begins

Ensures: each segment has its instructions, the last of which alone may end it, and the places of the segments that
follow it; one that falls through has the next one, the end of the function is `None`. Complexity: linear.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ssair.frontends.bril.operations import ENDS
from ssair.frontends.bril.program import Function, Instruction, Label


@dataclass(slots=True)
class Segment:
    """Instructions that run one after the other. `successors` are places in the list of segments; None is the end."""

    instructions: list[Instruction] = field(default_factory=list)
    successors: tuple[int | None, ...] = ()
    #: How many instructions of the function stand before it.
    start: int = 0
    #: Whether control goes on behind the last instruction.
    falls_through: bool = True


def segments(function: Function) -> list[Segment]:
    """The segments of a function, those that nothing reaches included; at least one."""
    current = Segment()
    found, place = [current], {}
    count = 0
    instructions = current.instructions
    for item in function.body:
        if isinstance(item, Label):
            if instructions or not current.falls_through:
                found.append(current := Segment(start=count))
                instructions = current.instructions
            place[item.name] = len(found) - 1
            continue
        if not current.falls_through:
            found.append(current := Segment(start=count))
            instructions = current.instructions
        instructions.append(item)
        count += 1
        if item.op in ENDS:
            current.falls_through = False
    for index, segment in enumerate(found):
        if segment.falls_through:
            segment.successors = (index + 1 if index + 1 < len(found) else None,)
        else:
            segment.successors = tuple([place[label] for label in segment.instructions[-1].labels])
    return found
