"""A map of several processes, under `jax.distributed`: each maps its own part, and all of them end alike.

    if spans_processes(mesh):
        return together(mesh, "f(x: f64) -> f64", lambda: own_part(local_mesh(mesh)))

Nothing crosses between processes but a word of each, when all have begun, on what it maps, and when all have come to
the end, on how it went: two collectives of a kilobyte. So a fault in one is an error in all of them, and none goes on
to what comes after the map while another is gone. (The first one also makes the connections that break when a process
dies.) Where a process has died, the collective fails (`PeerError`), or JAX ends the others: when it misses the sign of
life (`heartbeat_timeout_seconds` of `jax.distributed.initialize`), or at once if it is process 0 that died.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ssair.diagnostics import SsairError
from ssair.sources import UsageError

Value = TypeVar("Value")

_AXIS: Final = "processes"
_WORD_BYTES: Final = 1024


class PeerError(SsairError, RuntimeError):
    """Another process of a map failed, or is gone; `process` is its index, None where it is not known which."""

    def __init__(self, message: str, process: int | None = None) -> None:
        super().__init__(message)
        self.process = process


def spans_processes(mesh: Mesh) -> bool:
    """Whether devices of other processes are in the mesh."""
    return processes_of(mesh) != [jax.process_index()]


def processes_of(mesh: Mesh) -> list[int]:
    """The indices of the processes with devices in the mesh, ascending."""
    return sorted({device.process_index for device in mesh.devices.flat})


def local_mesh(mesh: Mesh) -> Mesh:
    """The mesh of this process's devices among those of `mesh`, of one axis; UsageError if there are none."""
    own = [device for device in mesh.devices.flat if device.process_index == jax.process_index()]
    if not own:
        raise UsageError(f"the mesh has no device of process {jax.process_index()}, which takes part in the map")
    return Mesh(np.array(own), ("elements",))


def together(mesh: Mesh, what: str, action: Callable[[], Value]) -> Value:
    """What `action` gives here, when it has ended in all processes of the mesh; `what` names it, alike in all of them.

    An error that it raises here is raised. Raises PeerError if it failed in another process, if one does something
    else, or if one is gone.
    """
    processes = processes_of(mesh)
    for process, word in zip(processes, meet(mesh, what), strict=True):
        if word != _kept(what):
            raise PeerError(f"process {process} maps {word}, where this one maps {what}", process)
    try:
        value = action()
    except Exception as fault:
        try:
            meet(mesh, str(fault) or type(fault).__name__)
        except PeerError as other:
            fault.add_note(str(other))
        raise
    for process, word in zip(processes, meet(mesh, ""), strict=True):
        if word:
            raise PeerError(f"the map failed in process {process}: {word}", process)
    return value


def meet(mesh: Mesh, word: str) -> list[str]:
    """Wait for the other processes of the mesh, and hear their words; PeerError if one does not come any more."""
    processes = processes_of(mesh)
    first = {device.process_index: device for device in reversed(list(mesh.devices.flat))}
    one_each = Mesh(np.array([first[process] for process in processes]), (_AXIS,))
    try:
        told = _gathered(one_each, _packed(word))
    except (RuntimeError, ValueError) as error:  # JAX has either, depending on what fails
        others = [process for process in processes if process != jax.process_index()]
        raise _gone(others, error) from error
    return [_unpacked(row) for row in told]


def _gathered(one_each: Mesh, row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    own = NamedSharding(one_each, PartitionSpec(_AXIS))
    all_rows = NamedSharding(one_each, PartitionSpec())
    shape = (one_each.size, len(row))
    rows = jax.make_array_from_process_local_data(own, row[None], shape)
    everywhere = jax.jit(_same, out_shardings=all_rows)(rows)
    return np.asarray(everywhere.addressable_data(0))


def _same(rows: jax.Array) -> jax.Array:
    return rows


def _packed(word: str) -> np.ndarray[Any, Any]:
    row = np.zeros(_WORD_BYTES, np.uint8)
    text = np.frombuffer(_kept(word).encode(), np.uint8)
    row[: len(text)] = text
    return row


def _kept(word: str) -> str:
    """What there is room for."""
    return word.encode("utf-8", "replace")[:_WORD_BYTES].decode("utf-8", "ignore")


def _unpacked(row: np.ndarray[Any, Any]) -> str:
    return row.tobytes().rstrip(b"\0").decode()


def _gone(others: list[int], error: Exception) -> PeerError:
    reason = str(error).partition("\n")[0]
    if len(others) == 1:
        return PeerError(f"process {others[0]} is gone: it did not answer ({reason})", others[0])
    listed = ", ".join(map(str, others))
    return PeerError(f"one of the processes {listed} is gone: it did not answer ({reason})")
