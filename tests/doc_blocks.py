"""The code blocks of a page of the documentation, and running them as a reader would: in order, in one folder.

    ```python       is run in one namespace for the page; what `print` is said to print (`# …` behind it, or in the
                    lines below it) is what it prints
    ```sh           each line that begins with `ssairc` and needs no shell is run, and what a block of text or IR right
                    behind it shows is what they print; a line `…` stands for any lines
    ```fun          is a valid program

A comment `<!-- file: NAME -->` before a block puts it into the folder as a file, `<!-- not run: REASON -->` leaves it
be.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import shlex
import sys
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Final, NamedTuple

import ssair
from ssair.cli import main

_BLOCK: Final = re.compile(
    r"^(?:<!-- (?P<mark>[^\n]*) -->\n)?```(?P<language>[a-z]+)\n(?P<text>.*?)^```\n(?P<next>```)?",
    re.MULTILINE | re.DOTALL,
)
#: Commands that a shell must run, or in which a name stands for the reader's own.
_FOR_A_SHELL: Final = re.compile(r"[|<>]|\b(?:FILE|FILES|OUT|ARGUMENTS)\b")


class Block(NamedTuple):
    """A fenced block: its language, its text, the comment before it, and the line where it begins.

    It is followed if another block stands right behind it, which shows its output.
    """

    language: str
    text: str
    mark: str
    line: int
    is_followed: bool


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page that name their language."""
    text = page.read_text(encoding="utf-8")
    found = []
    place = 0
    while match := _BLOCK.search(text, place):
        line = text.count("\n", 0, match.start("text"))
        found.append(Block(match["language"], match["text"], match["mark"] or "", line, bool(match["next"])))
        place = match.end() - len(match["next"] or "")
    return found


def run_blocks(blocks: list[Block], folder: Path) -> int:
    """Run the blocks in `folder`, which is the current one; gives how many were run. Raises AssertionError."""
    namespace: dict[str, object] = {"__name__": "page"}
    run = 0
    for block, following in zip_longest(blocks, blocks[1:]):
        if block.mark.startswith("not run: "):
            continue
        if block.mark.startswith("file: "):
            (folder / block.mark.removeprefix("file: ")).write_text(block.text, encoding="utf-8")
        if block.language == "fun":
            ssair.parse(block.text)
        elif block.language == "python":
            _run_python(block, namespace)
        elif block.language == "sh":
            shown = following.text if block.is_followed and following is not None else None
            _run_commands(block, shown)
        else:
            continue
        run += 1
    return run


def _run_python(block: Block, namespace: dict[str, object]) -> None:
    printed = io.StringIO()
    text = "\n" * block.line + block.text
    with contextlib.redirect_stdout(printed):
        for statement in ast.parse(text).body:
            _run_statement(statement, text, namespace)
    lines = iter(printed.getvalue().split("\n"))
    for expected in printed_as_said(block.text):
        assert expected in lines, f"line {block.line}: nothing prints {expected!r}, in this order"


def _run_statement(statement: ast.stmt, text: str, namespace: dict[str, object]) -> None:
    """Run a statement, which raises an error where the comment behind it says so."""
    code = compile(ast.Module([statement], []), "page", "exec")
    comment = text.splitlines()[(statement.end_lineno or 1) - 1].partition("  # ")[2]
    if not comment.startswith("raises "):
        exec(code, namespace)
        return
    try:
        exec(code, namespace)
    except Exception:
        return
    raise AssertionError(f"line {statement.lineno} raises nothing")


def printed_as_said(text: str) -> Iterator[str]:
    """What the comments behind and below `print` say that it prints."""
    below = False
    for line in text.split("\n"):
        if "print(" in line:
            below = True
            _, is_said, said = line.partition(")  # ")
            if is_said:
                yield said
        elif below and line.startswith("# ") and not line.startswith("# %%"):
            yield line.removeprefix("# ")
        elif line.strip():
            below = False


def _run_commands(block: Block, shown: str | None) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for line in block.text.splitlines():
            command = line.partition("  #")[0].strip()
            if command.startswith("ssairc ") and not _FOR_A_SHELL.search(command):
                status = main(shlex.split(command)[1:])
                assert status == 0, f"line {block.line}: {command} ends with {status}"
    if shown is not None:
        assert _matches(printed.getvalue(), shown), f"line {block.line}: it prints\n{printed.getvalue()}"


def _matches(printed: str, shown: str) -> bool:
    """Whether the output is what is shown, a line `…` standing for any lines."""
    pattern = re.escape(shown.rstrip("\n") + "\n").replace("…\\\n", "(?:.*\n)*")
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


@contextlib.contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Let the files of a page be imported while it is run, and forgotten afterwards."""
    known = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]
