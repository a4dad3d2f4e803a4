"""The one source of all decisions of the program generator, seeded or drawn by Hypothesis.

A decision is `below(bound)`: an integer from 0 up to bound, where 0 stands for the simplest outcome.
Everything else derives from that, so that a run that Hypothesis drives towards 0 gives the smallest
program, and one generator serves both for hunting (fast) and for shrinking (thorough).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Choices(Protocol):
    """Where decisions come from."""

    def below(self, bound: int) -> int:
        """An integer in 0 .. bound - 1; requires bound > 0."""
        ...

    def share(self) -> float:
        """A number from 0 up to 1, with all 53 bits."""
        ...


class SeededChoices:
    """Decisions of a seeded generator: equal seeds give equal decisions, on every platform."""

    __slots__ = ("share",)

    def __init__(self, seed: int) -> None:
        self.share = random.Random(seed).random

    def below(self, bound: int) -> int:
        """An integer in 0 .. bound - 1."""
        return int(self.share() * bound)


def chance(choices: Choices, percent: int) -> bool:
    """True in `percent` of 100 cases; the simplest outcome is False."""
    return choices.below(100) >= 100 - percent


def pick(choices: Choices, items: Sequence[Item]) -> Item:
    """One of the items, the first being the simplest; requires at least one."""
    return items[choices.below(len(items))]
