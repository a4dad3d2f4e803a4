"""The record of hunts: rows of a table in a Markdown file, and under it how many programs each oracle was asked of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from ssair.sources import UsageError

#: Where the rows end; the total comes behind.
END_OF_TABLE: Final = "<!-- end of runs -->"
_TOTAL: Final = re.compile(r"\s*^In all: .*\n", re.MULTILINE)
#: day, oracles, passes, programs are, programs, first seed, seconds, found
_CELLS: Final = 8
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def add_row(path: Path, cells: Iterable[str]) -> None:
    """Add a row to the table of a file and count all rows anew; a file without the mark gets the row at its end.

    Raises: UsageError for a file that cannot be read or written.
    """
    row = f"| {' | '.join(cells)} |\n"
    try:
        before, mark, after = (path.read_text(encoding="utf-8") if path.exists() else "").partition(END_OF_TABLE)
        if mark:
            after = f"\n\n{total(before + row)}\n" + _TOTAL.sub("\n", after, count=1).removeprefix("\n")
        path.write_text(before + row + mark + after, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def total(text: str) -> str:
    """What the rows of a table come to, as a line: for each oracle the programs, and what was found."""
    programs: Counter[str] = Counter()
    found = 0
    for cells in _rows(text):
        programs.update(dict.fromkeys(cells[1].split(", "), _number(cells[4])))
        found += _number(cells[7])
    return (
        f"In all: {', '.join(f'`{name}` {count:,}' for name, count in programs.most_common())} programs; {found} found."
    )


def _rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == _CELLS and _DAY.fullmatch(cells[0]):
            yield cells


def _number(text: str) -> int:
    return int(text.replace(",", ""))
