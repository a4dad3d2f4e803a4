"""How the sentences of the language are tested: a sentence, a program, a call of it, and what that does.

    @holds(ROWS) makes one test a sentence of rows (sentence, program, call, outcome), and
    @refused(ROWS) of rows (sentence, program, fault, …): a fault is `E0301 x + y: words … more words`.

An outcome is as `fun_runs` shows it, its lines separated by ` ; `.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fun_runs import compiled, faults, interpreted

Row = tuple[str, ...]


def holds(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Parametrize a test by `program`, `call` and `outcome`; the sentences are its names."""
    return pytest.mark.parametrize(
        ("program", "call", "outcome"), [row[1:] for row in rows], ids=[row[0] for row in rows]
    )


def refused(rows: Sequence[Row]) -> pytest.MarkDecorator:
    """Parametrize a test by `program` and `expected`, the list of its faults; the sentences are its names."""
    return pytest.mark.parametrize(
        ("program", "expected"), [(row[1], row[2:]) for row in rows], ids=[row[0] for row in rows]
    )


def assert_interpreter(program: str, call: str, outcome: str) -> None:
    """The interpreter does what is said."""
    assert " ; ".join(interpreted(program, call)) == outcome


def assert_kernel(program: str, call: str, outcome: str) -> None:
    """The kernel does what is said."""
    assert " ; ".join(compiled(program, call)) == outcome


def assert_refused(program: str, expected: Sequence[str]) -> None:
    """The program has these faults, and no others."""
    found = faults(program)
    assert [f"{code} {text}" for code, text, _ in found] == [fault.split(": ", 1)[0] for fault in expected]
    for (_, _, said), fault in zip(found, expected, strict=True):
        for words in fault.split(": ", 1)[1].split(" … ") if ": " in fault else ():
            assert words in said
