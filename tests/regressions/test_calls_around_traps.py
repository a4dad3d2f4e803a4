"""A trap tells the calls that led to it, inlined or not: the interpreter told only those that had been inlined."""

from __future__ import annotations

import pytest

from ssair.cli import main
from ssair.context import Context
from ssair.interp import execute
from ssair.ir import Function
from ssair.pipeline import LEVELS, optimize
from ssair.sources import load
from ssair.testing.oracles import check_program
from ssair.traps import MOST_CALLS

CHAIN = """\
fn half(x: i64) -> i64 = 10 // x
fn outer(x: i64) -> i64 = half(x - 1) + 1
fn main(x: i64) -> i64 = outer(x) * 2
"""
RECURSION = """\
fn down(x: i64) -> i64 = if x < 0 then 1 // (x + 1) else down(x - 1) + 1
fn main(x: i64) -> i64 = down(x)
"""


def _lines(source: str, argument: int, level: int) -> list[int]:
    module = optimize(load(source, "fun"), level=level)
    trap = execute(module, [argument]).trap
    assert trap is not None
    return [call.line for call in trap.calls]


@pytest.mark.parametrize("level", LEVELS)
def test_calls_are_told_the_innermost_first_at_every_level(level: int) -> None:

    assert _lines(CHAIN, 1, level) == [2, 3]
    assert _lines(RECURSION, 3, level) == [1, 1, 1, 1, 2]


def test_of_many_calls_the_innermost_are_told() -> None:
    assert _lines(RECURSION, 3000, 0) == [1] * MOST_CALLS


def test_a_place_that_many_calls_stand_at_is_shown_once(
    tmp_path: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open("down.fun", "w", encoding="utf-8") as file:
        file.write(RECURSION)
    assert main(["run", "--interpret", "down.fun", "3"])
    told = capsys.readouterr().err
    assert told.count("called from here") == 2 and "called from here, 4 times" in told
    assert main(["run", "--interpret", "down.fun", "3000"])
    assert f"called from here, {MOST_CALLS} times or more" in capsys.readouterr().err


def _forget_calls(function: Function, context: Context) -> int:
    sites = function.module.sites
    sites[:] = [site._replace(calls=()) for site in sites]
    return 1


def test_the_oracles_ask_for_the_calls() -> None:
    assert check_program(CHAIN, passes="inline", arguments=[(1,)]) is None
    found = check_program(CHAIN, passes=["inline", _forget_calls], arguments=[(1,)])
    assert found is not None and "called from" in found.expected and "called from" not in found.found
