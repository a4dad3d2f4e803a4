"""`ssairc devices`: what kernels can run on."""

from __future__ import annotations

import argparse

from ssair.commands.status import DONE


def run(arguments: list[str]) -> int:
    """Print the name of each device, one a line."""
    parser = argparse.ArgumentParser(prog="ssairc devices", description="List the devices that kernels can run on.")
    parser.parse_args(arguments)
    from ssair.placement import devices

    for device in devices():
        print(device)
    return DONE
