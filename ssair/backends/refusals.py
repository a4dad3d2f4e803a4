"""What JAX refuses of a call's arguments, told by the names of the parameters.

JAX looks at where arguments are only when it runs, and then speaks of `dynamic[0]`. Nothing is looked at here before
it has refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax

from ssair.arguments import ArgumentValueError
from ssair.placement import device_name

#: What JAX says of arguments on different devices, and of those that `jax.transfer_guard` keeps where they are.
_INCOMPATIBLE = "incompatible devices"
_KEPT = "Disallowed host-to-device transfer"


def refusal(error: Exception, names: Sequence[str], values: Sequence[Any]) -> ArgumentValueError | None:
    """What to raise instead of JAX's `error` in a call with these values; None if it does not speak of them."""
    text = str(error)
    if _INCOMPATIBLE in text:
        return _apart(names, values)
    if _KEPT in text:
        return _kept(names, values)
    return None


def _apart(names: Sequence[str], values: Sequence[Any]) -> ArgumentValueError | None:
    """The first argument that is bound to other devices than one before it."""
    first: tuple[str, frozenset[jax.Device]] | None = None
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, jax.Array) or not value.committed:
            continue
        devices = frozenset(value.devices())
        if first is None:
            first = name, devices
        elif devices != first[1]:
            places = f"it is on {_listed(devices)}, and {first[0]} on {_listed(first[1])}"
            return ArgumentValueError(
                f"argument {name}: {places}; move one with jax.device_put, or compile with device="
            )
    return None


def _listed(devices: frozenset[jax.Device]) -> str:
    return ", ".join(device_name(device) for device in sorted(devices, key=lambda device: device.id))


def _kept(names: Sequence[str], values: Sequence[Any]) -> ArgumentValueError | None:
    """The first argument that is in the host's memory."""
    for name, value in zip(names, values, strict=True):
        if not isinstance(value, jax.Array):
            message = "jax.transfer_guard keeps it from the device; give a JAX array, as of jax.device_put"
            return ArgumentValueError(f"argument {name}: {message}")
    return None
