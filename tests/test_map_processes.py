"""`kernel.map` of several processes: each has its own part, all end alike, and nothing waits for what is dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ssair
from ssair.mapping.processes import local_mesh, processes_of, spans_processes

EXAMPLE = Path(__file__).parent.parent / "examples" / "several_processes.py"
#: More than any of these takes; what hangs is ended by it.
LIMIT_SECONDS = 300

START = """
import os, sys, time
import jax, numpy as np, ssair
from ssair import PeerError

process, coordinator, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
jax.distributed.initialize(
    coordinator, 2, process, coordinator_bind_address=coordinator, heartbeat_timeout_seconds=20
)
mesh = ssair.mesh()
pick = ssair.compile("fn pick(xs: [n]f64, i: i64) -> f64 = xs[i]")
table = np.arange(10.0)
"""

# What both processes do, in this order, when one of them goes wrong.
FAULTS = (
    START
    + """
places = np.arange(30 + 10 * process) % 10
result = pick.map(table, places, mesh=mesh)  # parts of different lengths
assert isinstance(result, jax.Array) and np.array_equal(result, table[places])
assert len(pick.map(table, places[: 7 * process], mesh=mesh, chunk=5)) == 7 * process

def failing():
    yield places[:20]
    if process == 1:
        yield np.array([1, 10])

try:
    pick.map(table, failing(), mesh=mesh, chunk=10)
except IndexError as trap:
    print("trap", trap.element, trap)
except PeerError as peer:
    print("peer", peer.process, peer)

def missing():
    if process == 0:
        raise FileNotFoundError("there is no such file")
    yield places

try:
    pick.map(table, missing(), mesh=mesh, chunk=10)
except FileNotFoundError as error:
    print("own", error)
except PeerError as peer:
    print("peer", peer.process, peer)

other = ssair.compile("fn other(xs: [n]f64, i: i64) -> f64 = xs[i]")
try:
    (pick, other)[process].map(table, places, mesh=mesh)
except PeerError as peer:
    print("peer", peer.process, peer)
print("plan", pick.map.plan(table, places, mesh=mesh).shards)
assert np.array_equal(pick.map(table, places, mesh=mesh), table[places])  # and none of this is in the way of more
"""
)

DEATH = (
    START
    + """
places = np.arange(1000) % 10

def pieces():
    for start in range(0, 1000, 100):
        if start == 500 and process == 1:
            os.kill(os.getpid(), 9)
        yield places[start : start + 100]
        time.sleep(0.25)  # so that what is done is saved

pick.map(table, pieces(), mesh=mesh, chunk=100, out=f"{folder}/{process}.npy")
print("nobody comes here")
"""
)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def run_two(program: str, folder: Path) -> list[tuple[int, str, str]]:
    """The exit status, output and error output of both processes; they are ended if they do not end."""
    coordinator = f"127.0.0.1:{free_port()}"
    environment = {**os.environ, "JAX_PLATFORMS": "cpu"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(process), coordinator, str(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )
        for process in range(2)
    ]  # fmt: skip
    try:
        ended = []
        for process in started:
            output, errors = process.communicate(timeout=LIMIT_SECONDS)
            ended.append((process.returncode, output, errors))
        return ended
    finally:
        for process in started:
            process.kill()


def said(output: str) -> list[str]:
    """What the program printed, and not what the connections between the processes print of themselves."""
    return [line for line in output.splitlines() if not line.startswith("[Gloo]")]


def test_a_fault_in_one_process_is_an_error_in_all(tmp_path: Path) -> None:
    first, second = run_two(FAULTS, tmp_path)
    assert (first[0], second[0]) == (0, 0), first[2] + second[2]
    trap = "element 21: line 1, column 38: index 10 is out of range for dimension 0 of length 10"
    signature = "(xs: [n]f64, i: i64) -> f64"
    assert said(first[1]) == [
        f"peer 1 the map failed in process 1: {trap}",
        "own there is no such file",
        f"peer 1 process 1 maps other{signature}, where this one maps pick{signature}",
        "plan 1",
    ]
    assert said(second[1]) == [
        f"trap 21 {trap}",
        "peer 0 the map failed in process 0: there is no such file",
        f"peer 0 process 0 maps pick{signature}, where this one maps other{signature}",
        "plan 1",
    ]


def test_where_a_process_is_killed_the_other_says_so_and_ends(tmp_path: Path) -> None:
    survivor, killed = run_two(DEATH, tmp_path)
    assert killed[0] == -9
    assert survivor[0] != 0
    assert "PeerError: process 1 is gone" in survivor[2]
    assert said(survivor[1]) == said(killed[1]) == []
    kernel = ssair.compile("fn pick(xs: [n]f64, i: i64) -> f64 = xs[i]")
    places = np.arange(1000) % 10
    np.testing.assert_array_equal(np.load(tmp_path / "0.npy"), places)
    assert (tmp_path / "1.npy.partial.json").exists()
    resumed = kernel.map(np.arange(10.0), iter([places]), chunk=100, out=tmp_path / "1.npy")
    np.testing.assert_array_equal(resumed, places)


def test_the_example_runs_by_one_command(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE), "--limit", "2000", "--folder", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(EXAMPLE.parent.parent), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert said(done.stdout)[-1] == "1161 takes 181 steps, the most of all numbers to 2000"


def test_one_process_alone_meets_nobody() -> None:
    mesh = ssair.mesh()
    assert processes_of(mesh) == [0]
    assert not spans_processes(mesh)
    assert local_mesh(mesh).size == mesh.size


@pytest.mark.parametrize("text", ["", "element 3: " + "ä" * 2000])
def test_a_long_word_is_cut_between_characters(text: str) -> None:
    from ssair.mapping.processes import _packed, _unpacked

    assert text.startswith(_unpacked(_packed(text)))
    assert len(_unpacked(_packed(text)).encode()) >= min(len(text.encode()), 1000)
