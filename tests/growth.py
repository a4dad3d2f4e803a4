"""Whether work grows with size as it should, counted and not timed: the lines of Python that run, loops included."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def lines_run(action: Callable[[int], object], count: int) -> int:
    """How many lines `action(count)` runs, in all that it calls."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., object]:
        nonlocal lines
        lines += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        action(count)
    finally:
        sys.settrace(previous)
    return lines


def assert_linear(action: Callable[[int], object], count: int) -> None:
    """Twice the size takes at most 2.3 times the work: linear, with room for a logarithm; quadratic takes 4."""
    small, large = lines_run(action, count), lines_run(action, 2 * count)
    assert large < 2.3 * small, f"{small} lines at {count}, {large} at {2 * count}"
