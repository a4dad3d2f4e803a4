"""Progress on standard error: a bar that is drawn over on a terminal, else a line now and then."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TextIO

_WIDTH: Final = 24
_LEAST_WIDTH: Final = 6
_REDRAW_SECONDS: Final = 0.2
_LINE_SECONDS: Final = 10.0


class Progress:
    """Shows how far something is; call `show` as often as you like, and `end` at last."""

    def __init__(self) -> None:
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._pause = _REDRAW_SECONDS if self._terminal else _LINE_SECONDS
        self._last = time.monotonic() if not self._terminal else 0.0

    def show(self, share: float | None, text: str) -> None:
        """`share` of 1 is done, None where nobody knows; `text` says the rest."""
        now = time.monotonic()
        if now - self._last < self._pause or sys.stderr is None:
            return
        self._last = now
        if share is not None:
            share = min(max(share, 0.0), 1.0)  # the last program may end behind the time
        if self._terminal:
            line = _drawn(share, text, _columns(sys.stderr))
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        else:
            print(text if share is None else f"{share:4.0%} {text}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the bar away."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _columns(terminal: TextIO) -> int:
    try:
        return os.get_terminal_size(terminal.fileno()).columns
    except OSError:  # one that only says that it is a terminal
        return shutil.get_terminal_size().columns


def _drawn(share: float | None, text: str, columns: int) -> str:
    """The line of a terminal of that width: what does not fit is left out, the bar first."""
    width = min(
        _WIDTH, columns - len(text) - len("[] ") - 1
    )  # some terminals go on in the next line at the last column
    if share is not None and width >= _LEAST_WIDTH:
        filled = round(width * share)
        text = f"[{'#' * filled}{'.' * (width - filled)}] {text}"
    elif share is not None:
        text = f"{share:.0%} {text}"
    return text[: max(columns - 1, 0)]


#: What takes no longer than this needs no word.
_PATIENCE_SECONDS: Final = 2.0


@contextmanager
def waiting(what: str, stream: TextIO | None = None, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Say on a terminal, if what is done inside takes more than two seconds, what it is and for how long it runs.

    `stream` is standard error unless another one is given. What stands there is taken away at the end, so that nothing
    may be printed inside.
    """
    terminal = stream if stream is not None else sys.stderr
    if terminal is None or not terminal.isatty():
        yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, terminal, patience, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(what: str, terminal: TextIO, patience: float, done: threading.Event) -> None:
    start = time.monotonic()
    if done.wait(patience):
        return
    while True:
        print(f"\r\x1b[K{what}: {time.monotonic() - start:.0f} s", end="", file=terminal, flush=True)
        if done.wait(1.0):
            break
    print("\r\x1b[K", end="", file=terminal, flush=True)
