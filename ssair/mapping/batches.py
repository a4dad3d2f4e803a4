"""A kernel for a batch of elements: a pure jitted function of arrays on a device, made once for each kind of batch.

    batch = Batch(length=1000, mapped=(True, False), shapes=((), (8,)), form="vmap")
    results, traps = batches.function(batch)(xs, table)     # arrays with 1000 elements; which element failed first
    batches.trap(batch, [xs, table], traps, offset=0)       # None, or the Trap that names its element

Requires the arguments of the kernel that are no sizes, in order and of the program's types: with a leading axis of
`length` where they are mapped, which is a multiple of the shards. Ensures: the results have that axis; `traps` is empty
where no check can fail; with `checks="return"` it is the codes of the elements; else for each shard the place of its
first element that failed and the code: what is read is small, and no shard asks another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import jax
import numpy as np
from jax import lax
from jax.sharding import Mesh, PartitionSpec

from ssair.backends.execution import Execution
from ssair.backends.instance import Instance
from ssair.backends.intake import Intake
from ssair.backends.jax import Lowering, first_run, wide_types
from ssair.backends.regions import slot_of
from ssair.backends.state import Traced
from ssair.backends.trace import Options
from ssair.backends.uniform import Divergence, divergence, ends_soon
from ssair.ir import Module, Param
from ssair.mapping.forms import Body, looped, vmapped
from ssair.semantics import dtype_of
from ssair.traps import Trap, trap_without_values

#: Arrays with the results of all elements, and what tells which of them failed.
Outcome = tuple[list[jax.Array], list[jax.Array]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch function is compiled for.

    `mapped` and `shapes` are for each argument that is no size, shapes being those of one element; `static` has the
    sizes. `form` is `vmap` or `loop`; `vectorise` is for wide machines, as in `ssair.backends.trace.Options`. The
    elements are divided among the devices of the `mesh`, along all of its axes.
    """

    length: int
    mapped: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]
    form: str
    static: tuple[int, ...] = ()
    vectorise: bool = False
    mesh: Mesh | None = None

    @property
    def shards(self) -> int:
        """How many devices share the elements."""
        return 1 if self.mesh is None else self.mesh.size


class Batches:
    """The batch functions of one kernel; `checks` and `strict` are the kernel's."""

    def __init__(self, module: Module, execution: Execution, intake: Intake, checks: str, strict: bool) -> None:
        self._module = module
        self._execution = execution
        self._intake = intake
        self._entry = module.entry()
        self._checks: Final = checks
        self._options = Options(checks != "off", strict=strict)
        self._lowerings: dict[Options, Lowering] = {}
        self._functions: dict[Batch, Callable[..., Outcome]] = {}
        self._divergences: dict[Batch, Divergence | None] = {}
        #: What has been run and fitted into memory.
        self._has_run: set[Batch] = set()

    def function(self, batch: Batch) -> Callable[..., Outcome]:
        """The jitted function of the batch's arguments; to be called with `wide_types`."""
        known = self._functions.get(batch)
        if known is None:
            known = self._functions[batch] = jax.jit(self.pure_function(batch))
        return known

    def run(self, batch: Batch, args: Sequence[Any]) -> Outcome:
        """What the function gives; ArrayTooLargeError if memory is too small. To be called with `wide_types`."""
        function = self.function(batch)
        if batch in self._has_run:
            return function(*args)
        outcome = first_run(function, args)
        self._has_run.add(batch)
        return outcome

    def pure_function(self, batch: Batch) -> Callable[..., Outcome]:
        """The same, not jitted."""
        body = self._body(batch)
        evaluate = vmapped if batch.form == "vmap" else looped

        def function(*dynamic: Traced) -> Outcome:
            results, failed = evaluate(body, dynamic)
            if self._checks == "return" and not failed:
                failed = [lax.full((body.length,), np.int32(0))]
            return results, failed

        function.__name__ = f"{self._entry.name}_map"
        if batch.mesh is None:
            return function
        own, whole = [PartitionSpec(*axes) for axes in ([batch.mesh.axis_names], [])]
        specs = tuple([own if differs else whole for differs in batch.mapped])
        return jax.shard_map(function, mesh=batch.mesh, in_specs=specs, out_specs=own, check_vma=False)

    def divergence(self, batch: Batch) -> Divergence | None:
        """Where the elements may take different ways; None if they all take the same."""
        if batch not in self._divergences:
            self._divergences[batch] = divergence(self._instance(batch), self._differing(batch))
        return self._divergences[batch]

    def empty(self, batch: Batch) -> Outcome:
        """The results of no elements."""
        slots = self._body(batch).slots
        with wide_types():
            codes = [jax.numpy.zeros((0,), np.int32)] if self._checks == "return" else []
            return [jax.numpy.zeros((0, *shape), dtype) for dtype, shape in slots], codes

    def trap(
        self, batch: Batch, dynamic: Sequence[Any], traps: Sequence[jax.Array], offset: int, length: int | None = None
    ) -> Trap | None:
        """The trap of the first element that failed, which it names: its place in the batch and `offset`; or None.

        Waits for the batch. `length` elements count, those behind them are padding. The kernel is run once more for
        that element alone, in a variant that keeps the values at fault. Where it does not fail then (floats of a batch
        may differ in the last bit from those of one element), the trap tells the check without the values.
        """
        if self._checks != "raise" or not traps:
            return None
        place, code = _first_of_shards(np.asarray(traps[0]), batch.length // batch.shards)
        if place >= (batch.length if length is None else length):
            return None
        with wide_types():
            one = [value[place] if differs else value for value, differs in zip(dynamic, batch.mapped, strict=True)]
            one = [np.asarray(value) for value in one]
        found = self._execution.replay(self._intake.join(one, batch.static))
        if found is None:
            found = trap_without_values(self._module, code - 1)
        return found.at(offset + place)

    # ---- one element ----------------------------------------------------------------------------------------------

    def _body(self, batch: Batch) -> Body:
        """What a shard evaluates."""
        lowering, instance = self._lowering(batch), self._instance(batch)
        batched = batch.form == "vmap"
        counted = batched and self.divergence(batch) is None and ends_soon(instance, instance.function.entry)
        hosts = self._intake.hosts(batch.static)

        def element(*dynamic: Traced) -> list[Traced]:
            args = self._intake.join(dynamic, batch.static)
            return lowering.emit(args, hosts, batched=batched, counted=counted)[0]

        slots = tuple(map(slot_of, self._entry.results, instance.results))
        fails = lowering.options.checks and instance.traps
        length = batch.length // batch.shards
        return Body(element, batch.mapped, length, slots, fails, self._checks == "return")

    def _differing(self, batch: Batch) -> list[Param]:
        params = self._lowering(batch).entry.params
        mapped = self._intake.join(list(batch.mapped), batch.static)
        return [param for param, differs in zip(params, mapped, strict=True) if differs is True]

    def _instance(self, batch: Batch) -> Instance:
        params = [param for param in self._entry.params if not param.static]
        args = [
            jax.ShapeDtypeStruct(shape, dtype_of(param.type)) for shape, param in zip(batch.shapes, params, strict=True)
        ]
        return self._lowering(batch).instance(self._intake.join(args, batch.static), self._intake.hosts(batch.static))

    def _lowering(self, batch: Batch) -> Lowering:
        options = replace(self._options, vectorise=batch.vectorise)
        known = self._lowerings.get(options)
        if known is None:
            known = self._lowerings[options] = Lowering(self._module, self._entry, options)
        return known


def _first_of_shards(failures: np.ndarray[Any, Any], length: int) -> tuple[int, int]:
    """The place in the batch of the first failure of all shards, which have `length` elements each, and its code."""
    rows = enumerate(failures.tolist())
    whole = length * len(failures)
    return min((shard * length + place if place < length else whole, code) for shard, (place, code) in rows)
