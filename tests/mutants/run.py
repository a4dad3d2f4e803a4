"""Put bugs into copies of the source, one at a time, and see that the oracles find each: `Copy`, `try_mutant`.

Nothing in the product knows of it: the source is copied to a temporary directory, where a process (`warm.py`) has it
imported and hunts (`hunter.py`) in forks, each of which gets one file with another text.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

from .catalogue import ROOT, Mutant

_PARTS: Final = ("ssair", "passes", "frontends")
_WARM: Final = Path(__file__).resolve().parent / "warm.py"
#: How folders of the repository are called when they are imported.
_PACKAGES: Final = {"passes": "ssair.passes", "frontends": "ssair.frontends"}


class Verdict(NamedTuple):
    """What became of a mutant: which oracle found it and where (empty if none), after how much."""

    name: str
    by: str
    programs: int
    seconds: float

    @property
    def survived(self) -> bool:
        """Whether nothing found it."""
        return not self.by


class Copy:
    """A copy of the source under a directory, and a process that has it imported; to be used in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            shutil.copytree(ROOT / part, folder / part, symlinks=True)
        environment = {**os.environ, "PYTHONPATH": str(folder), "JAX_NUM_CPU_DEVICES": "2"}
        self._process = subprocess.Popen(
            [sys.executable, str(_WARM)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate()

    def hunt(self, file: str, text: str, seed: int, seconds: float, part: str) -> Verdict:
        """Hunt with `text` in the place of a file. `part` says which programs are tried most, see `hunter.py`."""
        job = {
            "module": module_of(file),
            "path": str(self.folder / file),
            "text": text,
            "seed": str(seed),
            "seconds": str(seconds),
            "part": part,
        }
        source, answers = self._process.stdin, self._process.stdout
        assert source is not None and answers is not None
        source.write(json.dumps(job) + "\n")
        source.flush()
        told = json.loads(answers.readline())
        if "fault" in told:
            return Verdict("", f"fails: {told['fault'][:80]}", 0, 0.0)
        return Verdict("", told["by"], told["programs"], told["seconds"])


def module_of(file: str) -> str:
    """What the module in a file of the repository is called."""
    first, *others = Path(file).with_suffix("").parts
    names = [_PACKAGES.get(first, first), *others]
    return ".".join(names[:-1] if names[-1] == "__init__" else names)


def try_mutant(copy: Copy, mutant: Mutant, seed: int, seconds: float) -> Verdict:
    """What becomes of a mutant within so many seconds of CPU."""
    text = (copy.folder / mutant.file).read_text(encoding="utf-8")
    return copy.hunt(mutant.file, mutant.applied(text), seed, seconds, mutant.part)._replace(name=mutant.name)
