"""What the emission of one kernel shares: options, the trap state, the checks emitted, and how deep regions nest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ssair.backends.limits import MAXIMUM_OPERATIONS, refuse
from ssair.backends.state import DIAGNOSING, PLAIN, Traced, TrapState
from ssair.backends.stores import NotScalar, Stores
from ssair.ir import Module

#: Regions (arms, loops, comprehensions) nest this deep at most: XLA ends the process at about 200 loops or 250 arms,
#: and its time grows with the square of the depth.
MAXIMUM_NESTING: Final = 100


@dataclass(frozen=True, slots=True)
class Options:
    """What kind of kernel is wanted.

    `checks`: whether the trap state is threaded; `diagnose`: whether it carries the values at fault; `silent`:
    whether nothing is printed; `strict`: whether floats are kept from contraction; `vectorise`: whether comprehensions
    with divergent loops are batched, as wide machines want it; `scans`: whether loops of known length are scans, which
    have reverse derivatives.
    """

    checks: bool = True
    diagnose: bool = False
    silent: bool = False
    strict: bool = False
    vectorise: bool = False
    scans: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """A check that was emitted: its site, the dtypes of what it reports, and the shape that it is elementwise over."""

    site: int
    dtypes: tuple[np.dtype[np.generic], ...]
    shape: tuple[int, ...]


@dataclass(slots=True)
class Trace:
    """The emission of one kernel."""

    module: Module
    options: Options
    state: TrapState = field(init=False)
    stores: Stores = field(default_factory=Stores)
    events: list[Event] = field(default_factory=list)
    depth: int = 0
    #: Whether all loops that are being emitted end by themselves, so that they need not look at the trap state.
    counted: bool = False
    #: Whether a `vmap` is being traced.
    batched: bool = False
    #: In a `vmap` of loops that need not end where they are not meant to run: whether this element is meant. A `vmap`
    #: evaluates both arms of a `cond`, and loops until all elements are done.
    active: Traced | None = None
    operations: int = 0

    def __post_init__(self) -> None:
        self.stores.pins = not self.options.vectorise
        self.state = TrapState(DIAGNOSING if self.options.diagnose else PLAIN)

    @contextmanager
    def nested(self, span: int) -> Iterator[None]:
        """Emit a region inside another; SourceError (E0603) where they nest too deep."""
        if self.depth >= MAXIMUM_NESTING:
            message = f"loops, comprehensions and conditions nest more than {MAXIMUM_NESTING} deep in a kernel"
            raise refuse(self.module, "E0603", message, span, help="move inner parts out, or run it interpreted")
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    @contextmanager
    def revocable(self) -> Iterator[None]:
        """Emit what may end in NotScalar: what was counted of it is forgotten then."""
        events, operations = len(self.events), self.operations
        try:
            yield
        except NotScalar:
            del self.events[events:]
            self.operations = operations
            raise

    @property
    def guards(self) -> bool:
        """Whether loops have to ask if their element is meant to run them."""
        return self.batched and not self.counted

    @contextmanager
    def activated(self, active: Traced | None) -> Iterator[None]:
        """Emit what only some elements of a `vmap` are meant to run."""
        saved, self.active = self.active, active
        try:
            yield
        finally:
            self.active = saved

    def count(self, operations: int, span: int) -> None:
        """Note that so many operations are emitted; SourceError (E0604) where they are too many."""
        self.operations += operations
        if self.operations > MAXIMUM_OPERATIONS:
            message = f"the kernel would have more than {MAXIMUM_OPERATIONS} operations"
            raise refuse(self.module, "E0604", message, span)
