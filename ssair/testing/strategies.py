"""Hypothesis strategies of the generated programs: slower than seeds, but they shrink.

A failure found by `programs()` comes back as a small program, because each decision of the
generator is one draw whose 0 is the simplest outcome. Needs the package `hypothesis`.

Example:
    >>> from hypothesis import given
    >>> @given(programs())
    ... def every_program_is_text(program):
    ...     assert program.source.endswith("\\n")
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ssair.testing.generator import Program, draw_arguments, write_program

DEFAULT_SIZE = 16
"""Smaller than that of seeded programs: Hypothesis pays for every decision, and adds up many runs."""


class _DrawnChoices:
    """Decisions drawn by Hypothesis."""

    __slots__ = ("_draw",)

    def __init__(self, draw: Callable[[SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        return self._draw(_integers_below(bound)) if bound > 1 else 0


@cache
def _integers_below(bound: int) -> SearchStrategy[int]:
    return st.integers(0, bound - 1)


def programs(size: int = DEFAULT_SIZE, *, exact_floats: bool = False) -> SearchStrategy[Program]:
    """Well-typed Fun programs that end; `exact_floats` as for `generate_program`."""

    @st.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> Program:
        return write_program(_DrawnChoices(draw), size, exact_floats=exact_floats)

    return drawn()


def arguments(program: Program) -> SearchStrategy[tuple[object, ...]]:
    """Argument tuples for the entry of a generated program."""

    @st.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> tuple[object, ...]:
        return draw_arguments(program, _DrawnChoices(draw))

    return drawn()
