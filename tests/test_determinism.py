"""Nothing depends on hash order or on addresses: two runs print the same bytes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def dump(example: str, emit: str, seed: str) -> bytes:
    command = [sys.executable, "-c", "import sys; from ssair.cli import main; sys.exit(main(sys.argv[1:]))"]
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    options = [f"examples/{example}.fun", "--emit", emit, "--print-after", "all"]
    return subprocess.run([*command, *options], cwd=ROOT, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize("example", ["merge", "kmeans_step", "edit_distance"])
def test_two_runs_print_the_same_bytes(example):
    first = dump(example, "opt", "1")
    assert first
    assert first == dump(example, "opt", "2")
