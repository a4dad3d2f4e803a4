"""Requests to end, as `kill` and process managers send them, taken as Ctrl-C is: what was done so far is told."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


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
