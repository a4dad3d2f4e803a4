"""Names for what a function of Bril needs them for: the user's where there are any, else ones that nobody has.

    names = Names(user_names)
    names.claim("i")          "i" the first time, then "i.2", "i.3", …
    names.fresh()             "v0", "v1", …, but for those that the user has

Ensures: no name is given twice, and none that is made is one of the user's. Constant time a name, but for clashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import count, filterfalse

from ssair.frontends.bril.printing import is_name


class Names:
    """The names of one function, or of the functions of a program."""

    def __init__(self, users: Iterable[str] = ()) -> None:
        self._users = set(users)
        self._given: set[str] = set()
        self._count: dict[str, int] = {}
        #: A name for what the user has not named; no name that is claimed a second time is like this.
        self.fresh: Callable[[], str] = partial(next, filterfalse(self._users.__contains__, map("v{}".format, count())))

    def claim(self, wanted: str) -> str:
        """A name the user has given to something; another one like it if it is taken, or none of Bril's."""
        if not is_name(wanted):
            return self.fresh()
        name = wanted
        if name in self._given:
            number = self._count.get(wanted, 2)
            while (name := f"{wanted}.{number}") in self._users or name in self._given:
                number += 1
            self._count[wanted] = number + 1
        self._given.add(name)
        return name
