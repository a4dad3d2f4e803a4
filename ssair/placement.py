"""Where kernels run: the devices that work, and the one that is asked for.

JAX has several backends (cpu, cuda, …), shows only the default one's devices, and raises for a backend that is missing
or broken; here every backend is asked, and what does not answer is left out.

    devices()               every device of every usable backend, the default one's first
    find_device("cuda:1")   the device of that name; UsageError, with those that there are, if it does not exist
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssair.libraries import libraries
from ssair.sources import UsageError

if TYPE_CHECKING:
    import jax

#: The platforms that JAX may have, by the names that it takes for them.
_PLATFORMS: Final = ("cpu", "cuda", "rocm", "tpu", "METAL")
#: Other names for what a platform calls itself.
_ALIASES: Final = {"gpu": ("cuda", "rocm"), "metal": ("METAL",)}


def devices() -> list[jax.Device]:
    """Every device that kernels can run on, those of JAX's default backend first; it never raises for a missing one."""

    found: dict[jax.Device, None] = {}
    for platform in (None, *_PLATFORMS):
        found.update(dict.fromkeys(_devices_of(platform)))
    return list(found)


def _devices_of(platform: str | None) -> list[jax.Device]:
    with libraries():
        import jax

    try:
        return list(jax.devices(platform))
    except RuntimeError:  # what JAX raises where the backend is not installed, or does not start
        return []


def device_name(device: jax.Device) -> str:
    """The name by which `find_device` knows a device: `cpu:0`, `cuda:1`."""
    return f"{platform_of(device)}:{device.id}"


def platform_of(device: jax.Device) -> str:
    """`cpu`, `cuda`, …: JAX calls both cuda and rocm `gpu`, and its client tells which it is."""
    platform = str(device.platform)
    if platform == "gpu":
        version = str(device.client.platform_version).lower()
        return "rocm" if "rocm" in version else "cuda"
    return platform


def find_device(wanted: str | jax.Device) -> jax.Device:
    """The device that `wanted` names: a platform (its first device), `platform:number`, or a device itself.

    Raises UsageError for a name that none has, and for what is neither.
    """
    if not isinstance(wanted, str):
        import jax

        if isinstance(wanted, jax.Device):
            return wanted
        raise UsageError(f"a device is a name such as 'cpu:0', or one of ssair.devices(), and not {wanted!r}")
    platform, _, number = wanted.partition(":")
    if number == "" or number.isdecimal():
        for name in _ALIASES.get(platform, (platform,)):
            same = [device for device in devices() if platform_of(device).lower() == name.lower()]
            matching = [device for device in same if number == "" or device.id == int(number)]
            if matching:
                return matching[0]
    known = ", ".join(device_name(device) for device in devices())
    raise UsageError(f"there is no device {wanted!r}; there are: {known}")
