"""Requests to end, as `kill` and process managers send them, taken as Ctrl-C is: what was done so far is told.

And time that is up: `at_most`.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def termination_interrupts() -> Iterator[None]:
    """Let SIGTERM raise KeyboardInterrupt inside, in the main thread; elsewhere nothing can be done about signals.

    It is what ends a process in the background: a shell lets those that it starts there ignore SIGINT.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Overdue(BaseException):
    """The time was up; no `Exception`, which might be taken for a fault of what was under way."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise Overdue inside after so many seconds, in the main thread; elsewhere, and on Windows, there is no limit."""
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return
    before = signal.signal(signal.SIGALRM, _overdue)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _overdue(number: int, frame: FrameType | None) -> None:
    raise Overdue
