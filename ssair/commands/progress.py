"""Progress on standard error: a bar that is drawn over on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import Final

_WIDTH: Final = 24
_REDRAW_SECONDS: Final = 0.2
_LINE_SECONDS: Final = 10.0


class Progress:
    """Shows how far something is; call `show` as often as you like, and `end` at last."""

    def __init__(self) -> None:
        self._terminal = sys.stderr is not None and sys.stderr.isatty()
        self._pause = _REDRAW_SECONDS if self._terminal else _LINE_SECONDS
        self._last = time.monotonic() if not self._terminal else 0.0

    def show(self, share: float, text: str) -> None:
        """`share` of 1 is done; `text` says the rest."""
        now = time.monotonic()
        if now - self._last < self._pause or sys.stderr is None:
            return
        self._last = now
        if self._terminal:
            filled = round(_WIDTH * min(max(share, 0.0), 1.0))
            print(f"\r\x1b[K[{'#' * filled}{'.' * (_WIDTH - filled)}] {text}", end="", file=sys.stderr, flush=True)
        else:
            print(f"{share:4.0%} {text}", file=sys.stderr, flush=True)

    def end(self) -> None:
        """Take the bar away."""
        if self._terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
