"""What the codes of errors and the kinds of traps mean, at length: the sections of `explanations.md`.

The file is read when the first explanation is asked for. A section begins with a line `## CODE: title`.
"""

from __future__ import annotations

import functools
import re
from importlib.resources import files
from typing import NamedTuple


class Explanation(NamedTuple):
    """A section: the code of an error or the kind of a trap, its title, and the text below, Markdown."""

    key: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.title}\n\n{self.text}"


_HEADING = re.compile(r"^## (\w+): (.+)$", re.MULTILINE)


@functools.cache
def explanations() -> dict[str, Explanation]:
    """Every explanation by its key, in the order of the codes, those of traps last."""
    page = files("ssair").joinpath("explanations.md").read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(page))
    ends = [*(heading.start() for heading in headings[1:]), len(page)]
    return {
        heading[1]: Explanation(heading[1], heading[2], page[heading.end() : end].strip())
        for heading, end in zip(headings, ends, strict=True)
    }
