"""Hypothesis strategies of generated programs: slower than seeds, but they shrink.

A failure found by `programs()` or `functions()` comes back as a small program, because each decision of
the generators is one draw whose 0 is the simplest outcome. Needs the package `hypothesis`.

Example:
    >>> from hypothesis import given
    >>> @given(programs())
    ... def every_program_is_text(program):
    ...     assert program.source.endswith("\\n")
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ssair.ir import Function, Module
from ssair.testing.directed_arguments import constants_of, draw_module_arguments
from ssair.testing.generator import Program, draw_arguments, write_program
from ssair.testing.modules import write_module

DEFAULT_SIZE = 16
"""Smaller than that of seeded programs: Hypothesis pays for every decision, and adds up many runs."""


class _DrawnChoices:
    """Decisions drawn by Hypothesis."""

    __slots__ = ("_draw",)

    def __init__(self, draw: Callable[[SearchStrategy[int]], int]) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        return self._draw(_integers_below(bound)) if bound > 1 else 0

    def share(self) -> float:
        return self.below(1 << 53) / (1 << 53)


@cache
def _integers_below(bound: int) -> SearchStrategy[int]:
    return st.integers(0, bound - 1)


def programs(size: int = DEFAULT_SIZE, *, exact_floats: bool = False) -> SearchStrategy[Program]:
    """Well-typed Fun programs that end; `exact_floats` as for `generate_program`."""

    @st.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> Program:
        return write_program(_DrawnChoices(draw), size, exact_floats=exact_floats)

    return drawn()


def functions(size: int = DEFAULT_SIZE, *, exact_floats: bool = False) -> SearchStrategy[Function]:
    """Valid SSA functions that end, `@main` of a module that may have others: loops, irreducible parts, refinements,

    checks, memory. `exact_floats` as for `generate_module`.
    """

    @st.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> Function:
        return write_module(_DrawnChoices(draw), size, exact_floats=exact_floats).entry()

    return drawn()


def arguments(subject: Program | Module | Function) -> SearchStrategy[tuple[Any, ...]]:
    """Argument tuples for the entry of a generated program or of any module, or for a function: directed at it."""

    @st.composite
    def drawn(draw: Callable[[SearchStrategy[int]], int]) -> tuple[Any, ...]:
        choices = _DrawnChoices(draw)
        if isinstance(subject, Program):
            return draw_arguments(subject, choices)
        function = subject.entry() if isinstance(subject, Module) else subject
        return draw_module_arguments(function, constants_of(function.module), choices)

    return drawn()
