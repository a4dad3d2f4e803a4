"""What `ssairc` itself has to say, on standard error."""

from __future__ import annotations

import sys

from ssair.excerpts import printable


def say(message: str) -> None:
    """Write a message without what would move a terminal's cursor: names of files can hold anything."""
    for line in message.split("\n"):
        print(f"ssairc: {printable(line)}", file=sys.stderr)
