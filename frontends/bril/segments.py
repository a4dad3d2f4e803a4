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
    #: Whether control goes on behind the last instruction.
    falls_through: bool = True


def segments(function: Function) -> list[Segment]:
    """The segments of a function, those that nothing reaches included; at least one."""
    current = Segment()
    found, place = [current], {}
    starts = True
    for item in function.body:
        if isinstance(item, Label):
            if not starts:
                found.append(current := Segment())
            place[item.name] = len(found) - 1
            starts = True
            continue
        if not current.falls_through:
            found.append(current := Segment())
        current.instructions.append(item)
        starts = False
        if item.op in ENDS:
            current.falls_through = False
    for index, segment in enumerate(found):
        if segment.falls_through:
            segment.successors = (index + 1 if index + 1 < len(found) else None,)
        else:
            segment.successors = tuple([place[label] for label in segment.instructions[-1].labels])
    return found


def reached(found: list[Segment]) -> list[int]:
    """The places of the segments that control may reach, in reverse postorder."""
    order: list[int] = []
    seen = {0}
    stack = [(0, iter(found[0].successors))]
    while stack:
        place, rest = stack[-1]
        following = next((n for n in rest if n is not None and n not in seen), None)
        if following is None:
            order.append(place)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(found[following].successors)))
    order.reverse()
    return order
