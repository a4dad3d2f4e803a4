"""Whether time grows with size as it should, measured so that other processes and the collector do not disturb."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def seconds(action: Callable[[int], object], count: int) -> float:
    """The least processor time of a few runs, without cyclic garbage collection."""
    times = []
    gc.collect()
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(3):
            begun = time.process_time()
            action(count)
            times.append(time.process_time() - begun)
    finally:
        if was_enabled:
            gc.enable()
    return min(times)


def assert_linear(action: Callable[[int], object], count: int) -> None:
    """Four times the size takes at most nine times as long: linear with room for caches, quadratic without."""
    small, large = seconds(action, count), seconds(action, 4 * count)
    assert large < 9 * small + 0.1, f"{small:.3f} s at {count}, {large:.3f} s at {4 * count}"
