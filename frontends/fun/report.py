"""The faults that a check finds, and advice on names that are nearly right.

Ensures: at most `MAXIMUM_ERRORS` diagnostics, none twice at one place, and bounded work for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

from ssair.diagnostics import Diagnostic, Source, Span

MAXIMUM_ERRORS = 1000
_MAXIMUM_CANDIDATES = 300
_OPAQUE_SIZE = re.compile(r"\?\d+")  # the number of an opaque size means nothing to a reader
_MAXIMUM_SUGGESTIONS = 50
_MAXIMUM_QUOTE = 40


class Report:
    """Collects the diagnostics of one source.

    `is_partial` holds if there are syntax errors: a function that is not known may be one that could not be read.
    """

    def __init__(self, source: Source, syntax_errors: Iterable[Diagnostic] = ()) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = list(syntax_errors)
        self.is_partial = bool(self.diagnostics)
        self._places: set[tuple[str, Span]] = set()
        self._reported_once: set[str] = set()
        self._suggestions_left = _MAXIMUM_SUGGESTIONS

    def add(self, code: str, message: str, span: Span, notes: Iterable[tuple[str, Span]] = (), help: str = "") -> None:
        """Report a fault, unless the same one is reported at this place already."""
        if (code, span) in self._places or len(self.diagnostics) >= MAXIMUM_ERRORS:
            return
        self._places.add((code, span))
        message = _OPAQUE_SIZE.sub("?", message)
        self.diagnostics.append(self.source.diagnostic(code, message, span, notes, help))

    def add_first(self, code: str, message: str, span: Span) -> None:
        """Report a fault that tends to come in crowds: only the first of its code."""
        if code not in self._reported_once:
            self._reported_once.add(code)
            self.add(code, message, span)

    def text_of(self, span: Span) -> str:
        """The text of an expression that fits in a line of help; nothing if it is too long for that."""
        text = self.source.text[span.start : span.end]
        if len(text) > _MAXIMUM_QUOTE or not text.isprintable():
            return ""
        return text

    def nearest(self, name: str, candidates: Iterable[str]) -> str:
        """The candidate that is most like `name`, or an empty string.

        Comparing names takes time: only the first few hundred candidates count, for the first few errors.
        """
        if self._suggestions_left == 0 or len(name) > 60:
            return ""
        self._suggestions_left -= 1
        close = get_close_matches(name, islice(candidates, _MAXIMUM_CANDIDATES), 1, 0.7)
        return close[0] if close else ""


def shortened(text: str) -> str:
    """A text cut to what fits in a message."""
    return text if len(text) <= 60 else text[:57] + "…"
