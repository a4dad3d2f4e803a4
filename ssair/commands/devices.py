"""`ssairc devices`: what kernels can run on."""

from __future__ import annotations

from ssair.commands.options import CommandParser
from ssair.commands.status import DONE


def parser() -> CommandParser:
    """What the command takes."""
    return CommandParser("devices", "List the devices that kernels can run on.")


def run(arguments: list[str]) -> int:
    """Print the name of each device as `--device` takes it, one a line."""
    parser().parse(arguments)
    from ssair.placement import device_name, devices

    for device in devices():
        print(device_name(device))
    return DONE
