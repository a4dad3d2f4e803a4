"""Put bugs into copies of the source, one at a time, and see that the fuzzer's oracles find each: `Copy`, `try_mutant`.

Nothing in the product knows of it: a copy in a temporary directory is changed, and a process runs `hunter.py` there.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

from .catalogue import ROOT, Mutant

_PARTS: Final = ("ssair", "passes", "frontends")
_HUNTER: Final = Path(__file__).resolve().parent / "hunter.py"


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
    """A copy of the source under a directory, in which one text at a time can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in _PARTS:
            shutil.copytree(ROOT / part, folder / part, symlinks=True)

    def hunt(self, file: str, text: str, seed: int, seconds: float, part: str) -> Verdict:
        """Hunt with `text` in the place of a file, which is put back then."""
        path = self.folder / file
        kept, times = path.read_bytes(), path.stat()
        path.write_text(text, encoding="utf-8")
        try:
            return self._hunted(seed, seconds, part)
        finally:
            path.write_bytes(kept)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def _hunted(self, seed: int, seconds: float, part: str) -> Verdict:
        command = [sys.executable, str(_HUNTER), str(seed), str(seconds), part]
        # -B: compiled files are kept by time and length of their source, which a mutant may share with the original
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            last = (ended.stderr.strip().splitlines() or [""])[-1]
            return Verdict("", f"fails: {last[:80]}", 0, 0.0)
        told = json.loads(ended.stdout.splitlines()[-1])
        return Verdict("", told["by"], told["programs"], told["seconds"])


def try_mutant(copy: Copy, mutant: Mutant, seed: int, seconds: float) -> Verdict:
    """What becomes of a mutant in a copy within so many seconds of CPU."""
    text = (copy.folder / mutant.file).read_text(encoding="utf-8")
    return copy.hunt(mutant.file, mutant.applied(text), seed, seconds, mutant.part)._replace(name=mutant.name)
