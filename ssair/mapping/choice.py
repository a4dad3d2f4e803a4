"""Which form of evaluation suits a map: `vmap` for elements that take the same way, else a loop over them.

Measured on CPU, nanoseconds of processor time an element as `vmap`, as a loop over tiles of 64 by `vmap`, as a loop
over single elements: mandelbrot 261, 150, 108; collatz 258, 178, 106; a loop of 100 rounds in one arm of a branch that
one element of a hundred takes 1,649, 1,732, 12; Black-Scholes, which is uniform, 8, 10, 27. Other tiles (4 to 8,192)
came to no less. Machines that are wide batch whatever does not print.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from ssair.backends.uniform import Divergence
from ssair.ir import Module
from ssair.sources import UsageError

#: What `batch=` may be.
FORMS: Final = ("auto", "vmap", "loop")

_WAYS: Final = {
    "loop": "goes on for as long as each element wants",
    "branch": "has an arm that is not cheap, and elements take different ones",
    "call": "may take another way for each element",
    "comprehension": "is as large as each element wants",
}


class Choice(NamedTuple):
    """A form, and why."""

    form: str
    reasons: tuple[str, ...]


def check_form(wanted: str) -> None:
    """Raise UsageError for what `batch=` does not take."""
    if wanted not in FORMS:
        raise UsageError(f"batch={wanted!r}; it is one of: {', '.join(FORMS)}")


def choose(wanted: str, module: Module, prints: bool, platform: str, found: Divergence | None) -> Choice:
    """The form for a kernel on a platform; `found` is where its elements take different ways.

    Raises UsageError for a `vmap` of a kernel that prints.
    """
    if prints:
        if wanted == "vmap":
            raise UsageError("a kernel that prints cannot be batched by vmap: batch='loop' keeps its lines in order")
        return Choice("loop", ("it prints, so one element runs after the other",))
    if wanted != "auto":
        return Choice(wanted, (f"batch={wanted!r} was asked for",))
    if platform != "cpu":
        return Choice("vmap", (f"elements are evaluated together on {platform}",))
    if found is None:
        return Choice("vmap", ("all elements take the same way, but for cheap arms",))
    span = module.span(found.span)
    where = f" at line {span.line}" if span is not None else ""
    return Choice("loop", (f"the {found.what}{where} {_WAYS[found.what]}",))


def idle_cores(form: str, platform: str, shards: int) -> str | None:
    """What to say of cores that a loop leaves idle, None if it leaves none."""
    count = cores()
    if form != "loop" or platform != "cpu" or shards >= count:
        return None
    return f"{shards} of {count} cores {'work' if shards > 1 else 'works'}: mesh= takes as many CPU devices as JAX has"


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
