"""What reducers share: the smallest text so far, each attempt counted, and sets of parts left out together.

The search for what can be left out tries all parts at once, then halves, quarters and so on down to single ones, as
delta debugging does (Zeller and Hildebrandt 2002), but keeps what it left out: at most about two tries a part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Interesting = Callable[[str], bool]


class Search:
    """The smallest interesting text so far. `weigh` says how small a text is; texts are tried once."""

    def __init__(self, text: str, interesting: Interesting, weigh: Callable[[str], int]) -> None:
        self.best = text
        self.tries = 0
        self._interesting = interesting
        self._weigh = weigh
        self._seen: set[int] = {hash(text)}

    def accept(self, text: str) -> bool:
        """Take `text` for the best if it is lighter and interesting; whether it is."""
        if self._weigh(text) >= self._weigh(self.best) or not self._is_new(text):
            return False
        return self.accept_as_good(text)

    def accept_as_good(self, text: str) -> bool:
        """Take `text` for the best if it is interesting, whatever it weighs; whether it is."""
        self.tries += 1
        if not self._interesting(text):
            return False
        self.best = text
        return True

    def _is_new(self, text: str) -> bool:
        key = hash(text)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def leave_out(items: Sequence[Item], without: Callable[[list[Item]], bool]) -> list[Item]:
    """As many items as can be left out; `without` tries to leave some out, and keeps it so if it can."""
    chosen: list[Item] = []
    left = list(items)
    size = len(left)
    while size and left:
        kept: list[Item] = []
        for start in range(0, len(left), size):
            part = left[start : start + size]
            if without([*chosen, *part]):
                chosen += part
            else:
                kept += part
        left = kept
        size = min(size // 2, len(left)) if size > 1 else 0
    return chosen
