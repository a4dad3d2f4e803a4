"""The mutants as data: each TOML file of this folder lists some, in tables `[[mutant]]`.

name   what it is called; unique
file   where it is, from the root of the repository
old    the text that stands there exactly once
new    what the mutant has in its place
bug    what it stands for
kind   "kernel" if only the kernel can show it; else it is left out
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
ROOT: Final = FOLDER.parent.parent


@dataclass(frozen=True, slots=True)
class Mutant:
    """One row."""

    name: str
    file: str
    old: str
    new: str
    bug: str
    part: str

    def applied(self, text: str) -> str:
        """The text of the file with the bug in it.

        Raises: ValueError if the old text does not stand there exactly once, or nothing would change.
        """
        if text.count(self.old) != 1 or self.old == self.new:
            raise ValueError(f"{self.name}: its text stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)


def catalogue() -> list[Mutant]:
    """All mutants, file by file."""
    found: list[Mutant] = []
    for path in sorted(FOLDER.glob("*.toml")):
        found += [Mutant(**row, part=path.stem) for row in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]]
    return found
