"""The trap state: which check failed first, threaded through a kernel as ordinary values.

The state is a tuple of scalars: the site's code (0 while nothing failed, else the site's index + 1), and in a
diagnosing kernel what the trap reports: the place of the check among all that were emitted, up to two operands as 64
bits, and the position of the element. Only regions that may trap carry it.

Checks of straight-line code are collected and folded where the state is needed: a check costs one `select`. Of two
failed checks the first in evaluation order stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jax import lax

#: A tracer, or a NumPy value that the trace takes as a constant.
Traced = Any
State = tuple[Traced, ...]

#: Code; place among the emitted checks, two operands, position.
PLAIN: tuple[Any, ...] = (np.int32(0),)
DIAGNOSING: tuple[Any, ...] = (np.int32(0), np.int64(0), np.int64(0), np.int64(0), np.int64(0))


def both(left: Traced | None, right: Traced) -> Traced:
    """Logical and, where None is true."""
    if left is None:
        return right
    return lax.bitwise_and(left, right)


@dataclass(slots=True)
class TrapState:
    """The state at the point of emission; `current` is None where no check can have failed before."""

    none: State
    current: State | None = None
    #: Under which condition the code being emitted is executed, where arms are evaluated without a `cond`.
    mask: Traced | None = None
    #: A condition that loops test besides the state: that nothing had failed before a comprehension began.
    outer: Traced | None = None
    #: Whether checks are ignored: they are known to hold, or are recorded by another emission of the same code.
    muted: bool = False
    pending: list[tuple[Traced, State]] = field(default_factory=list)

    def record(self, bad: Traced, report: State) -> None:
        """Note that the check of `report` fails if `bad`."""
        if not self.muted:
            self.pending.append((both(self.mask, bad), report))

    def flush(self) -> State | None:
        """The state as values; None if no check can have failed."""
        if not self.pending:
            return self.current
        folded = self.none
        for bad, report in reversed(self.pending):
            folded = select_state(bad, report, folded)
        if self.current is not None:
            folded = select_state(lax.ne(self.current[0], np.int32(0)), self.current, folded)
        self.pending = []
        self.current = folded
        return folded

    def carried(self) -> State:
        """The state as values, to be carried through a region."""
        return self.flush() or self.none

    def failed(self) -> Traced | None:
        """Whether a check failed, and forgets those collected; None if none can have."""
        failed: Traced | None = None if self.current is None else lax.ne(self.current[0], np.int32(0))
        for bad, _ in self.pending:
            failed = bad if failed is None else lax.bitwise_or(failed, bad)
        self.pending = []
        return failed

    def sound(self) -> Traced | None:
        """Whether nothing failed so far; None if nothing can have."""
        state = self.flush()
        if state is None:
            return self.outer
        return both(self.outer, lax.eq(state[0], np.int32(0)))

    @contextmanager
    def region(self, current: State | None, *, mask: Traced | None = None, muted: bool | None = None) -> Iterator[None]:
        """Emit a region that starts in state `current`; what stood here before is back afterwards."""
        saved = (self.current, self.mask, self.muted, self.pending)
        self.current, self.mask, self.pending = current, mask, []
        self.muted = self.muted if muted is None else muted
        try:
            yield
        finally:
            self.current, self.mask, self.muted, self.pending = saved

    @contextmanager
    def masked(self, condition: Traced) -> Iterator[None]:
        """Emit an arm in line: its checks count only under `condition`."""
        saved = self.mask
        self.mask = both(saved, condition)
        try:
            yield
        finally:
            self.mask = saved

    @contextmanager
    def inside(self, outer: Traced | None, current: State | None = None) -> Iterator[None]:
        """Emit what is repeated, with a state of its own that starts as `current`; `outer` is as the field says."""
        saved = self.outer
        self.outer = outer
        try:
            with self.region(current):
                yield
        finally:
            self.outer = saved


def select_state(condition: Traced, if_true: State, if_false: State) -> State:
    """One of two states; an unconditional choice costs nothing."""
    if isinstance(condition, np.bool_):
        return if_true if condition else if_false
    return tuple(a if a is b else lax.select(condition, a, b) for a, b in zip(if_true, if_false, strict=True))


def first_of(states: Sequence[Traced]) -> State:
    """The state of the first element, in row-major order, that failed; each of `states` has the elements' values."""
    flat = [lax.reshape(state, (state.size,)) for state in states]
    place = lax.argmax(lax.ne(flat[0], np.int32(0)), 0, np.int64)
    return tuple([_element(state, place) for state in flat])


def _element(array: Traced, place: Traced) -> Traced:
    return lax.squeeze(lax.dynamic_slice(array, [place], (1,), allow_negative_indices=False), (0,))
