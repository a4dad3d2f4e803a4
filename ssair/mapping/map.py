"""`kernel.map`: a kernel for each element of arrays, as one batch, on several devices, or in chunks.

kernel.map(xs, table)                               # the kernel for each of `xs`, with the same table
kernel.map(xs, table, chunk="64MB", out="ys.npy")   # so much at a time, into a file
kernel.map.plan(xs, table)                          # how that is done, and why
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jax
import numpy as np

from ssair.backends.intake import Intake
from ssair.backends.jax import wide_types
from ssair.mapping.arguments import Takes
from ssair.mapping.batches import Batch, Batches
from ssair.mapping.choice import check_form, choose, idle_cores
from ssair.mapping.chunked import Sources, chunked, length_of_chunks, slots_of, sources_of
from ssair.mapping.mesh import check_mesh, cut, padded, sharded
from ssair.mapping.plan import Plan
from ssair.mapping.processes import local_mesh, spans_processes, together
from ssair.signature import ArgumentTypeError
from ssair.sources import UsageError

if TYPE_CHECKING:
    from jax.sharding import Mesh

    from ssair.backends.execution import Execution
    from ssair.kernel import Kernel

_IN_A_TRACE: Final = "a map cannot be called in a JAX transformation; use `jax.vmap(kernel.fn)` there"


class Prepared(NamedTuple):
    """A map ready to run: what it is compiled for, its arguments that are no sizes, how many elements, and the plan."""

    batch: Batch
    dynamic: list[Any]
    length: int
    plan: Plan


class Map:
    """A kernel over many elements: call it, or ask for its `plan`."""

    def __init__(self, kernel: Kernel, execution: Execution) -> None:
        entry = kernel.module.entry()
        names = kernel.signature.leaf_names()
        self._kernel = kernel
        self._intake = Intake(names, entry.params, kernel.device)
        self._takes = Takes(names, entry.params)
        self.batches = Batches(kernel.module, execution, self._intake, kernel.checks, kernel.floats == "strict")

    def __call__(
        self,
        *args: Any,
        batch: str = "auto",
        mesh: Mesh | None = None,
        chunk: int | str | None = None,
        out: Any = None,
        progress: bool = False,
        **named: Any,
    ) -> Any:
        """The kernel's value for each element: arrays with one axis more, tuples as the program has them.

        Arguments are as the kernel takes them, by place or by name. One of its parameter's rank is the same for all
        elements; one with an axis more is mapped over that first axis, and all of these have the same length. `batch`
        is the form of evaluation: `"vmap"`, `"loop"`, or `"auto"` for what suits the kernel. The devices of a `mesh`
        share the elements; the results are then divided among them, or where their number is no multiple of the
        devices, put together on the first one. If devices of other processes are in the mesh, each process gives its
        own part of the elements and gets its own part of the results; all of them end alike.

        `chunk` is how many elements are on the devices at a time, or how much memory their arguments and results take
        (`"64MB"`): arrays, memory-mapped files and iterators over arrays of elements are read, and the results put into
        host memory, a chunk at a time. `out` is where to: an array, or the path of an `.npy` file, in a tuple where the
        value is one; without `chunk` all elements are one chunk. What goes into files goes on where it was interrupted,
        if it is called once more. `progress` shows on standard error how far it is.

        Raises what the kernel raises for wrong arguments; ArgumentTypeError if none is mapped, ArgumentValueError for
        different lengths; UsageError for a wrong option; PeerError if another process fails or is gone. With
        `checks="raise"` the first element whose check fails raises its `Trap`, which names it: `trap.element`. With
        `checks="return"` the value is the pair of the results and the codes of all elements, 0 where no check failed;
        what a failed element gives is no result.

        Every element is evaluated, at once or up to the first that fails: one that never ends keeps the map from
        returning, also where one before it fails. Memory is never donated.

        Example:
            >>> import ssair
            >>> kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
            >>> kernel.map([0.5, 1.5], [1, 0, 1]).tolist()
            [1.5, 0.5, 1.5]
        """
        check_mesh(mesh)
        if mesh is not None and spans_processes(mesh):
            options = {"batch": batch, "mesh": local_mesh(mesh), "chunk": chunk, "out": out, "progress": progress}
            what = f"{self._kernel.module.entry().name}{self._kernel.signature}"
            return together(mesh, what, lambda: self(*args, **options, **named))
        if chunk is not None or out is not None:
            sources, spec, _ = self._streamed(args, named, batch, mesh, chunk)
            put = partial(self._put, mesh)
            return self._value(*chunked(self._kernel, self.batches, spec, sources, put, out, progress))
        return self._at_once(self._prepared(args, named, batch, mesh))

    def plan(
        self,
        *args: Any,
        batch: str = "auto",
        mesh: Mesh | None = None,
        chunk: int | str | None = None,
        out: Any = None,
        progress: bool = False,
        **named: Any,
    ) -> Plan:
        """What a call with these arguments does, and why; raises what the call raises for wrong arguments.

        Nothing is written to `out`. Of an iterator over arrays with axes of their own the first piece is taken, which
        tells their shape.
        """
        check_mesh(mesh)
        if mesh is not None and spans_processes(mesh):
            mesh = local_mesh(mesh)
        if chunk is not None or out is not None:
            return self._streamed(args, named, batch, mesh, chunk)[2]
        return self._prepared(args, named, batch, mesh).plan

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return getattr, (self._kernel, "map")

    def __repr__(self) -> str:
        return f"<map of {self._kernel.module.entry().name}{self._kernel.signature}>"

    def _at_once(self, prepared: Prepared) -> Any:
        """The value of a map of all its elements together."""
        spec, length = prepared.batch, prepared.length
        if length == 0:
            return self._value(*self.batches.empty(spec))
        try:
            with wide_types(), self._intake.placed():
                placed = self._placed(prepared)
                results, failed = self.batches.run(spec, placed)
        except (ValueError, jax.errors.JaxRuntimeError) as error:
            refusal = self._intake.refusal(error, self._intake.join(prepared.dynamic, spec.static))
            if refusal is None:
                raise
            raise refusal from None
        if self._kernel.prints:
            jax.effects_barrier()
        trap = self.batches.trap(spec, placed, failed, 0)
        if trap is not None:
            raise trap
        if spec.mesh is not None:
            with wide_types():
                results = [cut(value, length, spec.mesh) for value in results]
                failed = [cut(value, length, spec.mesh) for value in failed] if self._kernel.checks == "return" else []
        return self._value(results, failed)

    def _value(self, results: Sequence[Any], failed: Sequence[Any]) -> Any:
        value = self._kernel.signature.unflatten(results)
        return (value, failed[0]) if self._kernel.checks == "return" else value

    def _prepared(self, args: Sequence[Any], named: Mapping[str, Any], form: str, mesh: Mesh | None) -> Prepared:
        signature = self._kernel.signature
        with jax.enable_x64(True):
            elements = self._takes.elements(signature.flatten(signature.bind(args, named)))
        dynamic, static = self._intake.split(list(elements.values))
        if any(isinstance(value, jax.core.Tracer) for value in dynamic):
            raise ArgumentTypeError(_IN_A_TRACE)
        mapped = self._takes.dynamic(elements.mapped)
        shapes = tuple([np.shape(value)[differs:] for value, differs in zip(dynamic, mapped, strict=True)])
        shards = 1 if mesh is None else mesh.size
        length = -(-elements.length // shards) * shards
        spec, plan = self._planned(Batch(length, mapped, shapes, "vmap", static, mesh=mesh), elements.mapped, form)
        return Prepared(spec, dynamic, elements.length, replace(plan, length=elements.length))

    def _streamed(
        self, args: Sequence[Any], named: Mapping[str, Any], form: str, mesh: Mesh | None, chunk: int | str | None
    ) -> tuple[Sources, Batch, Plan]:
        """A map in chunks made ready: its arguments, what it is compiled for, and the plan."""
        signature = self._kernel.signature
        flat = signature.flatten(signature.bind(args, named))
        if any(isinstance(value, jax.core.Tracer) for value in flat):
            raise ArgumentTypeError(_IN_A_TRACE)
        with jax.enable_x64(True):
            sources = sources_of(self._takes, flat)
        shards = 1 if mesh is None else mesh.size
        mapped = self._takes.dynamic(sources.mapped)
        spec, plan = self._planned(
            Batch(shards, mapped, sources.shapes, "vmap", sources.static, mesh=mesh), sources.mapped, form
        )
        length = length_of_chunks(chunk, sources, slots_of(self.batches, spec), shards)
        return sources, replace(spec, length=length), replace(plan, length=sources.length, chunk=length)

    def _planned(self, spec: Batch, mapped: Sequence[bool], form: str) -> tuple[Batch, Plan]:
        """The batch in the form that suits it or was asked for, and the plan; `mapped` is for all parameters."""
        check_form(form)
        self._check_mesh(spec.mesh)
        platform = self._platform(spec.mesh)
        spec = replace(spec, vectorise=platform != "cpu")
        choice = choose(form, self._kernel.module, self._kernel.prints, platform, self.batches.divergence(spec))
        alone = self._kernel.prints or self._kernel.device is not None  # a mesh is no advice then
        idle = None if alone else idle_cores(choice.form, platform, spec.shards)
        names = list(zip(self._takes.names, mapped, strict=True))
        plan = Plan(
            self._kernel.module.entry().name,
            spec.length,
            tuple([name for name, differs in names if differs]),
            tuple([name for name, differs in names if not differs]),
            choice.form,
            spec.shards,
            None,
            choice.reasons if idle is None else (*choice.reasons, idle),
        )
        return replace(spec, form=choice.form), plan

    def _check_mesh(self, mesh: Mesh | None) -> None:
        if mesh is None:
            return
        if self._kernel.device is not None:
            raise UsageError("a kernel compiled with device= runs there: compile it without, and give mesh= alone")
        if self._kernel.prints and mesh.size > 1:
            raise UsageError("a kernel that prints runs on one device: several would print in no order")

    def _platform(self, mesh: Mesh | None) -> str:
        if mesh is not None:
            return str(mesh.devices.flat[0].platform)
        config: Any = jax.config  # whose options are set where JAX is imported
        device = self._kernel.device or config.jax_default_device
        return str(getattr(device, "platform", device) or jax.default_backend())

    def _placed(self, prepared: Prepared) -> Sequence[Any]:
        """The arguments on their devices, padded where these share them."""
        spec = prepared.batch
        if spec.mesh is None:
            return self._intake.put(prepared.dynamic)
        return [
            sharded(spec.mesh, padded(value, spec.length) if differs else value, differs)
            for value, differs in zip(prepared.dynamic, spec.mapped, strict=True)
        ]

    def _put(self, mesh: Mesh | None, values: Sequence[Any], mapped: bool) -> list[jax.Array]:
        """Arguments of a chunked map on their devices: chunks, or what all of them share."""
        with jax.enable_x64(True):
            if mesh is not None:
                return [sharded(mesh, value, mapped) for value in values]
            return [jax.device_put(value, self._kernel.device) for value in values]
