"""Cyclic garbage collection, paused while a program is all live.

A program under construction only grows, and scanning it again and again makes linear work quadratic: measured, two to
four times the time at 100,000 instructions.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Pause cyclic garbage collection, and restore what the caller had.  Pauses may nest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
