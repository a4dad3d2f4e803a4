"""Copies that are to happen at once, one after the other.

Requires: each variable is written once at most. Ensures: every variable that is written gets what its source had before
the first copy; one copy for each that is written, and one more for each cycle whose variables are read by no other
copy. Linear.
Source: B. Boissinot, A. Darte, F. Rastello, B. Dupont de Dinechin, C. Guillon, "Revisiting out-of-SSA translation for
correctness, code quality and efficiency" (2009), algorithm 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Copy(NamedTuple):
    """`target` gets what is in `source`."""

    target: str
    source: str


def in_sequence(copies: Mapping[str, str], temporary: Callable[[str], str]) -> list[Copy]:
    """Copies to the keys from the values, in an order that respects what they read.

    `temporary` gives a variable for the content of another. A copy of a variable to itself takes nothing.
    """
    source = {target: read for target, read in copies.items() if target != read}
    #: Where what was in a variable at the start can be read by now.
    holder = {read: read for read in source.values()}
    made: list[Copy] = []
    ready = [target for target in source if target not in holder]
    waiting = list(source)
    while waiting:
        while ready:
            target = ready.pop()
            read = source.pop(target)
            made.append(Copy(target, holder[read]))
            if holder[read] == read and read in source:
                ready.append(read)
            holder[read] = target
        target = waiting.pop()
        if target in source and holder[target] == target:  # in a cycle: nothing else frees what it holds
            saved = temporary(target)
            made.append(Copy(saved, target))
            holder[target] = saved
            ready.append(target)
    return made
