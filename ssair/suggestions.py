"""What is said of a name that does not exist: the names that there are, and the one that is most like it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

_MOST_NAMED: Final = 20
_MOST_COMPARED: Final = 1000
_LONGEST_COMPARED: Final = 60


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """The message that there is no `what` called `name`, which may be no string at all.

    At most twenty names are listed, and the first thousand compared, so that the time is bounded.

    Example:
        >>> unknown("pass", "gnv", ["lvn", "gvn"])
        "no pass 'gnv'; there are: lvn, gvn; did you mean 'gvn'?"
    """
    names = list(known)
    listed = ", ".join(names[:_MOST_NAMED]) or "none"
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    near = nearest(name, names) if isinstance(name, str) else ""
    shown = f"{name[:_LONGEST_COMPARED]}…" if isinstance(name, str) and len(name) > _LONGEST_COMPARED else name
    return f"no {what} {shown!r}; there are: {listed}{more}" + (f"; did you mean {near!r}?" if near else "")


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like `name`, or an empty string."""
    from difflib import get_close_matches

    if len(name) > _LONGEST_COMPARED:
        return ""
    close = get_close_matches(name, islice(known, _MOST_COMPARED), 1)
    return close[0] if close else ""
