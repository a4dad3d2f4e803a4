"""What reducers share: the smallest text so far, candidates put to the question, and sets of parts left out together.

    search.first(candidates)     the first candidate that is lighter and interesting: it is the best by now
    leave_out(items, first)      as many items as can be left out

The search for what can be left out tries all parts at once, then halves, quarters and so on down to single ones, as
delta debugging does (Zeller and Hildebrandt 2002), but keeps what it left out: at most about two tries a part.

Candidates are made as they are asked for, each as if those before it had not been interesting, as nearly all are not:
with several jobs the question is put to as many at a time. The answer is the same however many there are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
Interesting = Callable[[str], bool]


class Candidate(NamedTuple, Generic[Item]):
    """A text, and what it is the text of."""

    text: str
    item: Item


class Search:
    """The smallest interesting text so far. `weigh` says how small a text is; no text is asked about twice.

    With more jobs than one, `interesting` is called in as many threads at a time.
    """

    def __init__(self, text: str, interesting: Interesting, weigh: Callable[[str], int], jobs: int = 1) -> None:
        self.best = text
        self.tries = 0
        self._interesting = interesting
        self._weigh = weigh
        self._jobs = jobs
        self._boring: set[int] = set()

    def accept(self, text: str) -> bool:
        """Take `text` for the best if it is lighter and interesting; whether it is."""
        return self.first([Candidate(text, None)]) is not None

    def accept_as_good(self, text: str) -> bool:
        """Take `text` for the best if it is interesting, whatever it weighs; whether it is."""
        if text == self.best:
            return True
        self.tries += 1
        if not self._interesting(text):
            return False
        self.best = text
        return True

    def first(self, candidates: Iterable[Candidate[Item]]) -> Candidate[Item] | None:
        """Take the first candidate for the best that is lighter and interesting; None if none is."""
        lighter = self._lighter(candidates)
        found = self._first_of_many(lighter) if self._jobs > 1 else self._first(lighter)
        if found is not None:
            self.best = found.text
        return found

    def _lighter(self, candidates: Iterable[Candidate[Item]]) -> Iterator[Candidate[Item]]:
        """Those that are worth asking about."""
        most = self._weigh(self.best)
        for candidate in candidates:
            if self._weigh(candidate.text) < most and hash(candidate.text) not in self._boring:
                yield candidate

    def _first(self, candidates: Iterator[Candidate[Item]]) -> Candidate[Item] | None:
        for candidate in candidates:
            self.tries += 1
            if self._interesting(candidate.text):
                return candidate
            self._boring.add(hash(candidate.text))
        return None

    def _first_of_many(self, candidates: Iterator[Candidate[Item]]) -> Candidate[Item] | None:
        """As `_first`; some candidates behind the one that is found are asked about for nothing."""
        under_way: deque[tuple[Candidate[Item], Future[bool]]] = deque()
        with ThreadPoolExecutor(self._jobs) as pool:
            while True:
                for candidate in islice(candidates, self._jobs - len(under_way)):
                    self.tries += 1
                    under_way.append((candidate, pool.submit(self._interesting, candidate.text)))
                if not under_way:
                    return None
                candidate, answer = under_way.popleft()
                if answer.result():
                    for _, needless in under_way:
                        needless.cancel()
                    return candidate
                self._boring.add(hash(candidate.text))


def leave_out(items: Sequence[Item], first: Callable[[Iterator[list[Item]]], int | None]) -> list[Item]:
    """As many items as can be left out.

    `first` tries to leave out some, then others instead, and so on, until it can: it keeps that so and says which of
    the sets it was, None if it was none.
    """
    chosen: list[Item] = []
    left = list(items)
    size = len(left)
    while size and left:
        kept: list[Item] = []
        parts = [left[start : start + size] for start in range(0, len(left), size)]
        while parts:
            found = first([*chosen, *part] for part in parts)
            kept += [item for part in parts[:found] for item in part]
            if found is None:
                break
            chosen += parts[found]
            parts = parts[found + 1 :]
        left = kept
        size = min(size // 2, len(left)) if size > 1 else 0
    return chosen
