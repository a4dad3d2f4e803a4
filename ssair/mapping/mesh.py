"""Meshes: several devices that share the elements of a map.

    kernel.map(xs, mesh=ssair.mesh())         # all devices of JAX's default backend
    kernel.map(xs, mesh=ssair.mesh("cpu"))    # all CPU devices

A CPU is one device to JAX unless it is asked for more before it starts: `JAX_NUM_CPU_DEVICES=8` in the environment, or
`jax.config.update("jax_num_cpu_devices", 8)`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ssair.placement import device_name, find_device, platform_of
from ssair.placement import devices as usable_devices
from ssair.sources import UsageError

if TYPE_CHECKING:
    import jax
    from jax.sharding import Mesh

#: What the one axis of `mesh` is called.
AXIS: Final = "elements"


def mesh(devices: str | Sequence[str | jax.Device] | None = None) -> Mesh:
    """A mesh with one axis, `elements`, for `mesh=` of `kernel.map`.

    `devices` is a platform (`"cpu"`, `"cuda"`), a sequence of devices or their names (`["cuda:0", "cuda:2"]`), or None
    for all devices of JAX's default backend. Raises UsageError for what does not exist, for no devices at all, and for
    one that is named twice.

    Example:
        >>> import ssair
        >>> ssair.mesh().axis_names
        ('elements',)
    """
    import jax

    if devices is None:
        chosen = list(jax.devices())
    elif isinstance(devices, str):
        first = find_device(devices)
        same = [device for device in usable_devices() if platform_of(device) == platform_of(first)]
        chosen = [first] if ":" in devices else same
    elif isinstance(devices, Iterable):
        chosen = [find_device(device) for device in devices]
    else:
        raise UsageError(f"a mesh is made of a platform or of devices, not of {devices!r}")
    if not chosen:
        raise UsageError("a mesh needs at least one device")
    for device, count in Counter(chosen).items():
        if count > 1:
            raise UsageError(f"a mesh has each device once, and this one has {device_name(device)} {count} times")
    return jax.sharding.Mesh(np.array(chosen), (AXIS,))


def check_mesh(mesh: object) -> None:
    """Raise UsageError if `mesh` is neither None nor a mesh of devices."""
    from jax.sharding import Mesh

    if mesh is not None and not isinstance(mesh, Mesh):
        raise UsageError(f"mesh={mesh!r}; a jax.sharding.Mesh is wanted, such as ssair.mesh()")


def sharded(mesh: Mesh, value: Any, differs: bool) -> jax.Array:
    """An argument on the devices of the mesh: divided among them along its first axis, or whole on each."""
    import jax
    from jax.sharding import NamedSharding, PartitionSpec

    spec = PartitionSpec(*([mesh.axis_names] if differs else []))
    placed: jax.Array = jax.device_put(value, NamedSharding(mesh, spec))
    return placed


def padded(value: Any, length: int) -> Any:
    """An array with its last element repeated up to `length`: a valid one, so that no check fails in the padding."""
    missing = length - len(value)
    if missing == 0:
        return value
    from jax import numpy as jnp

    if isinstance(value, np.ndarray):
        return np.concatenate([value, np.repeat(value[-1:], missing, axis=0)])
    with _only_on(value):
        return jnp.concatenate([value, jnp.repeat(value[-1:], missing, axis=0)])


def cut(value: jax.Array, length: int, mesh: Mesh) -> jax.Array:
    """The first `length` elements of a divided array: as it is, or put together on the first device of the mesh.

    (JAX divides evenly: a part of a divided array would be made on every device, whole, by a collective.)
    """
    import jax

    if len(value) == length:
        return value
    together: jax.Array = jax.device_put(value, mesh.devices.flat[0])
    with _only_on(together):
        return together[:length]


@contextmanager
def _only_on(value: jax.Array) -> Iterator[None]:
    """Compute with an array where it is, whatever mesh the caller has set."""
    import jax

    devices = value.devices()
    if len(devices) > 1:
        yield
        return
    with jax.set_mesh(jax.sharding.Mesh(np.array(list(devices)), (AXIS,))):
        yield
