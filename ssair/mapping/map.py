"""`kernel.map`: a kernel for each element of arrays, as one batch, on several devices, or in chunks.

kernel.map(xs, table)            # the kernel for each of `xs`, with the same table
kernel.map.plan(xs, table)       # how that is done, and why
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import jax
import numpy as np

from ssair.backends.intake import Intake
from ssair.backends.jax import wide_types
from ssair.mapping.arguments import Elements, Takes
from ssair.mapping.batches import Batch, Batches
from ssair.mapping.plan import Plan
from ssair.sources import UsageError

if TYPE_CHECKING:
    from ssair.backends.execution import Execution
    from ssair.kernel import Kernel

BATCHES: Final = ("auto", "vmap", "loop")


class Map:
    """A kernel over many elements; call it, or ask for its `plan`."""

    def __init__(self, kernel: Kernel, execution: Execution) -> None:
        entry = kernel.module.entry()
        names = kernel.signature.leaf_names()
        self._kernel = kernel
        self._name = entry.name
        self._intake = Intake(names, entry.params, kernel.device)
        self._takes = Takes(names, entry.params)
        self.batches = Batches(kernel.module, execution, self._intake, kernel.checks, kernel.floats == "strict")

    def __call__(self, *args: Any, batch: str = "auto", **named: Any) -> Any:
        """The kernel's values for all elements: arrays with one more axis, tuples as the program has them."""
        elements = self._elements(args, named)
        spec, dynamic = self._batch(elements, batch)
        with wide_types(), self._intake.placed():
            placed = self._intake.put(dynamic)
            results, traps = self.batches.function(spec)(*placed)
        trap = self.batches.trap(spec, placed, traps, 0)
        if trap is not None:
            raise trap
        value = self._kernel.signature.unflatten(results)
        return (value, traps[0]) if self._kernel.checks == "return" else value

    def plan(self, *args: Any, batch: str = "auto", **named: Any) -> Plan:
        """What a call with these arguments does, and why."""
        elements = self._elements(args, named)
        spec, _ = self._batch(elements, batch)
        names = list(zip(self._takes.names, elements.mapped, strict=True))
        return Plan(
            self._name,
            elements.length,
            tuple([name for name, mapped in names if mapped]),
            tuple([name for name, mapped in names if not mapped]),
            "vmap",
            spec.tile,
        )

    def _elements(self, args: Sequence[Any], named: Mapping[str, Any]) -> Elements:
        signature = self._kernel.signature
        with jax.enable_x64(True):
            return self._takes.elements(signature.flatten(signature.bind(args, named)))

    def _batch(self, elements: Elements, batch: str) -> tuple[Batch, list[Any]]:
        if batch not in BATCHES:
            raise UsageError(f"batch={batch!r}; it is one of: {', '.join(BATCHES)}")
        dynamic, static = self._intake.split(list(elements.values))
        mapped, _ = self._intake.split(list(elements.mapped))
        shapes = [
            np.shape(value)[1:] if differs else np.shape(value) for value, differs in zip(dynamic, mapped, strict=True)
        ]
        return Batch(elements.length, tuple(mapped), tuple(shapes), elements.length, static), dynamic
