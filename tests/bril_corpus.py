"""The corpus of Bril programs in `tests/bril`: each with its arguments, what it prints, and how it ends.

    # ARGS: 462 1071                the words of the command line, at the head of the text (`args` in JSON)
    # FAILS: division by zero       the error that ends it; without this line there is none
    # ILL-FORMED                    what it does is an error that tools need not keep: it reads what has no value

The lines printed stand beside it in `NAME.out`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "bril"


@dataclass(frozen=True)
class CorpusProgram:
    """One program of the corpus."""

    name: str
    text: str
    words: tuple[str, ...]
    output: list[str]
    error: str | None
    ill_formed: bool

    def __str__(self) -> str:
        return self.name


def _header(text: str, key: str) -> str | None:
    found = re.search(rf"^# {key}:?(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found is not None else None


def read_corpus_program(path: Path) -> CorpusProgram:
    text = path.read_text(encoding="utf-8")
    words = json.loads(text).get("args", "") if path.suffix == ".json" else _header(text, "ARGS") or ""
    output = path.with_suffix(".out").read_text(encoding="utf-8").split("\n")[:-1]
    ill_formed = _header(text, "ILL-FORMED") is not None
    return CorpusProgram(path.stem, text, tuple(words.split()), output, _header(text, "FAILS"), ill_formed)


def corpus() -> list[CorpusProgram]:
    """All programs by name."""
    paths = [path for path in FOLDER.iterdir() if path.suffix in (".bril", ".json")]
    return [read_corpus_program(path) for path in sorted(paths)]
