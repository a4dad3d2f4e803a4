"""`kernel.map`: a kernel for each element of arrays, as one batch or on several devices.

kernel.map(xs, table)            # the kernel for each of `xs`, with the same table
kernel.map.plan(xs, table)       # how that is done, and why
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jax
import numpy as np

from ssair.backends.intake import Intake
from ssair.backends.jax import wide_types
from ssair.mapping.arguments import Takes
from ssair.mapping.batches import Batch, Batches
from ssair.mapping.choice import check_form, choose, idle_cores
from ssair.mapping.mesh import cut, padded, sharded
from ssair.mapping.plan import Plan
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

    def __call__(self, *args: Any, batch: str = "auto", mesh: Mesh | None = None, **named: Any) -> Any:
        """The kernel's value for each element: arrays with one axis more, tuples as the program has them.

        Arguments are as the kernel takes them, by place or by name. One of its parameter's rank is the same for all
        elements; one with an axis more is mapped over that first axis, and all of these have the same length. `batch`
        is the form of evaluation: `"vmap"`, `"loop"`, or `"auto"` for what suits the kernel. The devices of a `mesh`
        share the elements; the results are then divided among them, or where their number is no multiple of the
        devices, put together on the first one.

        Raises what the kernel raises for wrong arguments; ArgumentTypeError if none is mapped, ArgumentValueError for
        different lengths; UsageError for a wrong option. With `checks="raise"` the first element whose check fails
        raises its `Trap`, which names it: `trap.element`. With `checks="return"` the value is the pair of the results
        and the codes of all elements, 0 where no check failed; what a failed element gives is no result.

        Every element is evaluated, at once or up to the first that fails: one that never ends keeps the map from
        returning, also where one before it fails. Memory is never donated.

        Example:
            >>> import ssair
            >>> kernel = ssair.compile("fn f(xs: [n]f64, i: i64) -> f64 = xs[i]")
            >>> kernel.map([0.5, 1.5], [1, 0, 1]).tolist()
            [1.5, 0.5, 1.5]
        """
        prepared = self._prepared(args, named, batch, mesh)
        spec, length = prepared.batch, prepared.length
        if length == 0:
            return self._value(*self.batches.empty(spec))
        with wide_types(), self._intake.placed():
            placed = self._placed(prepared)
            results, failed = self.batches.function(spec)(*placed)
        if self._kernel.prints:
            jax.effects_barrier()  # type: ignore[no-untyped-call]
        trap = self.batches.trap(spec, placed, failed, 0)
        if trap is not None:
            raise trap
        if mesh is not None:
            with wide_types():
                results = [cut(value, length, mesh) for value in results]
                failed = [cut(value, length, mesh) for value in failed] if self._kernel.checks == "return" else []
        return self._value(results, failed)

    def plan(self, *args: Any, batch: str = "auto", mesh: Mesh | None = None, **named: Any) -> Plan:
        """What a call with these arguments does, and why; raises what the call raises for wrong arguments."""
        return self._prepared(args, named, batch, mesh).plan

    def _value(self, results: list[jax.Array], failed: list[jax.Array]) -> Any:
        value = self._kernel.signature.unflatten(results)
        return (value, failed[0]) if self._kernel.checks == "return" else value

    def _prepared(self, args: Sequence[Any], named: Mapping[str, Any], form: str, mesh: Mesh | None) -> Prepared:
        check_form(form)
        self._check_mesh(mesh)
        signature = self._kernel.signature
        with jax.enable_x64(True):
            elements = self._takes.elements(signature.flatten(signature.bind(args, named)))
        dynamic, static = self._intake.split(list(elements.values))
        if any(isinstance(value, jax.core.Tracer) for value in dynamic):
            raise ArgumentTypeError(_IN_A_TRACE)
        params = self._takes.params
        mapped = tuple([differs for differs, param in zip(elements.mapped, params, strict=True) if not param.static])
        shapes = [np.shape(value)[differs:] for value, differs in zip(dynamic, mapped, strict=True)]
        platform = self._platform(mesh)
        shards = 1 if mesh is None else mesh.size
        length = -(-elements.length // shards) * shards
        spec = Batch(length, mapped, tuple(shapes), "vmap", static, platform != "cpu", mesh)
        choice = choose(form, self._kernel.module, self._kernel.prints, platform, self.batches.divergence(spec))
        idle = idle_cores(choice.form, platform, shards)
        names = list(zip(self._takes.names, elements.mapped, strict=True))
        plan = Plan(
            self._kernel.module.entry().name,
            elements.length,
            tuple([name for name, differs in names if differs]),
            tuple([name for name, differs in names if not differs]),
            choice.form,
            shards,
            None,
            choice.reasons if idle is None else (*choice.reasons, idle),
        )
        return Prepared(replace(spec, form=choice.form), dynamic, elements.length, plan)

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
