"""Puts the output of benchmarks into the pages that show it.

    python benchmarks/record.py docs/performance.md                    # all of them, on an idle machine
    python benchmarks/record.py docs/performance.md --only checks.py   # those whose command has this in it

A block of text stands behind a comment that names its command, which is run in the root of the repository:

    <!-- from: python benchmarks/checks.py --repeat 31 -->
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_BLOCK: Final = re.compile(
    r"(<!-- from: python (?P<command>[^\n]*) -->\n```text\n).*?(^```$)", re.MULTILINE | re.DOTALL
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", metavar="PAGE", nargs="+", type=Path)
    parser.add_argument("--only", default="", help="run only commands that have this text in them")
    options = parser.parse_args()
    for page in options.pages:
        page.write_text(recorded(page.read_text(encoding="utf-8"), options.only, output_of), encoding="utf-8")


def recorded(text: str, only: str, run: Callable[[str], str]) -> str:
    """The text of a page with the output of its commands put in anew, of those that have `only` in them."""

    def block(found: re.Match[str]) -> str:
        command = found["command"]
        return f"{found[1]}{run(command).rstrip()}\n{found[3]}" if only in command else found[0]

    return _BLOCK.sub(block, text)


def output_of(command: str) -> str:
    """What a Python command prints; what it says of its progress goes to standard error."""
    print(f"python {command}", file=sys.stderr)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = [sys.executable, *shlex.split(command)]
    return subprocess.run(arguments, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
