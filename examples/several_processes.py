"""The longest Collatz sequence up to a limit, by several processes: `python examples/several_processes.py`.

It starts two processes on this machine, as the launcher of a cluster starts one on each of its machines; each of them
maps a kernel over its own part of the numbers, in chunks, into a file of its own. Where it is interrupted or a process
dies, the same command with the same folder goes on: what is done is not done again.

    python examples/several_processes.py --processes 4 --limit 10_000_000 --folder /tmp/collatz
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import jax
import numpy as np

import ssair

COLLATZ = Path(__file__).parent / "collatz.fun"


def work(process: int, processes: int, coordinator: str, limit: int, folder: Path) -> None:
    """What each process does: its own part of the numbers, of which all processes have one."""
    jax.distributed.initialize(
        coordinator, processes, process, coordinator_bind_address=coordinator, heartbeat_timeout_seconds=10
    )
    numbers = np.array_split(np.arange(1, limit + 1), processes)[process]
    kernel = ssair.compile(COLLATZ, entry="steps_to_one")
    part = folder / f"part-{process}.npy"
    if part.exists():
        kernel.map(numbers[:0], mesh=ssair.mesh())  # it has nothing left to do, and takes part all the same
    else:
        kernel.map(numbers, mesh=ssair.mesh(), chunk=50_000, out=part)


def launch(processes: int, limit: int, folder: Path) -> None:
    """Start the processes, wait for them, and put their parts together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    own = [sys.executable, __file__, "--limit", str(limit), "--folder", str(folder), "--processes", str(processes)]
    environment = {"JAX_PLATFORMS": "cpu", **os.environ}
    started = [
        subprocess.Popen([*own, "--coordinator", coordinator, "--process", str(process)], env=environment)
        for process in range(processes)
    ]
    failed = sum(process.wait() != 0 for process in started)
    if failed:
        sys.exit(f"{failed} of {processes} processes failed; with the same folder, the same command goes on")
    steps = np.concatenate([np.load(folder / f"part-{process}.npy") for process in range(processes)])
    longest = int(steps.argmax())
    print(f"{longest + 1} takes {steps[longest]} steps, the most of all numbers to {limit}")


def main() -> None:
    """The launcher, or where it says so one of its processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--limit", type=int, default=300_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--process", type=int, help="which of the processes this one is")
    parser.add_argument("--coordinator", help="where process 0 listens")
    options = parser.parse_args()
    if options.process is not None:
        work(options.process, options.processes, options.coordinator, options.limit, options.folder)
    elif options.folder is not None:
        options.folder.mkdir(parents=True, exist_ok=True)
        launch(options.processes, options.limit, options.folder)
    else:
        with tempfile.TemporaryDirectory() as folder:
            launch(options.processes, options.limit, Path(folder))


if __name__ == "__main__":
    main()
