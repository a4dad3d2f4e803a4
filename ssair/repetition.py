"""Runs that come back to where they were: nothing but the state decides what comes next, so they never end.

    watch = Watch()
    watch.sees(frames, steps, lines)     # whether the run never ends; look again from `watch.next_look` steps on

Requires: to be asked at calls and at the ends of blocks, before they are made.
Ensures: what is told to be endless is. A cycle is found once a state is kept that lies in it, if it takes at most half
as many steps as the run did before; a call is found that waits for one of the same function with the same arguments.
Complexity: the size of the state at each look, and as much each time that a run passes the block of the state kept.
Source: the state kept is renewed at growing distances, as in R. Brent's cycle detection (1980).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ssair.memory import Pointer, Region

if TYPE_CHECKING:
    from ssair.interp import Frame

_FIRST_LOOK: Final = 300
_GROWTH: Final = 3


class Watch:
    """Looks at a run now and then; one for each run."""

    def __init__(self) -> None:
        self.next_look = _FIRST_LOOK
        #: Of a run that never ends: whether it prints no more.
        self.silent = False
        self._until = 0
        self._kept: tuple[object, ...] | None = None
        self._printed = 0

    def sees(self, frames: Sequence[Frame], steps: int, lines: Sequence[str]) -> bool:
        """Whether the calls under way never end; keeps the state for a while, and compares with it."""
        if self._kept is None:
            if calls_itself(frames):
                return True
            self._kept, self._printed, self._until = _state(frames), len(lines), steps + steps // 2
        elif steps >= self._until:
            self._kept, self.next_look = None, _GROWTH * steps
        elif _place(frames) == self._kept[0] and _state(frames) == self._kept:
            self.silent = self._printed == len(lines)
            return True
        return False


def _place(frames: Sequence[Frame]) -> tuple[object, ...]:
    """Where the calls under way are."""
    return tuple([(frame.block, frame.index) for frame in frames])


def _state(frames: Sequence[Frame]) -> tuple[object, ...]:
    """All that decides how a run goes on; how far a comprehension is, its indices say."""
    values = [_bits(value) for frame in frames for value in frame.values]
    elements = [
        [[_bits(element) for element in column] for column in comprehension.elements]
        for frame in frames
        for comprehension in frame.comprehensions
    ]
    return _place(frames), values, elements, _memory(frames)


def _bits(value: Any) -> object:
    """A value as its bits: NaN is itself, and -0.0 is not 0.0."""
    if value is None:
        return None
    if isinstance(value, Pointer):
        return value.region, value.offset
    if isinstance(value, tuple):
        return [_bits(part) for part in value]
    return value.dtype.char, value.shape, value.tobytes()


def _memory(frames: Sequence[Frame]) -> dict[Region, list[object] | None]:
    """The cells of the regions that can be reached."""
    found: dict[Region, list[object] | None] = {}
    waiting: list[Any] = [value for frame in frames for value in frame.values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Pointer) and value.region not in found:
            cells = value.region.cells
            found[value.region] = None if cells is None else [_bits(cell) for cell in cells]
            waiting += cells or ()
    return found


def calls_itself(frames: Sequence[Frame]) -> bool:
    """Whether some call waits for one of the same function with the same arguments, and can reach no memory."""
    seen: set[tuple[object, ...]] = set()
    for frame in frames:
        arguments = [frame.values[param.id] for param in frame.executable.function.params]
        if any(isinstance(value, Pointer) for value in arguments):
            continue
        call = (frame.executable.function, *[_bits(value) for value in arguments])
        if call in seen:
            return True
        seen.add(call)
    return False
