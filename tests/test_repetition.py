"""Runs that never end are told from runs that are long."""

from __future__ import annotations

import pytest

from ssair.interp import DepthExceeded, Endless, StepsExceeded, execute
from ssair.parser import parse_module

LIMIT = 60_000


def ends(text: str, *args: object) -> Endless | None:
    """None if a run ends, else how it goes on."""
    try:
        execute(parse_module(text), args, "main", max_steps=LIMIT, watched=True)
    except Endless as endless:
        return endless
    return None


STANDING = "func @main -> i64 {\nbb0:\n  jump bb1\nbb1:\n  jump bb1\n}\n"
ROUND = """
func @main(i64) -> i64 {
bb0(v0: i64):
  v1: i64{6} = const 6
  v2: i64{2} = const 2
  v3: i64{5} = const 5
  jump bb1(v2)
bb1(v4: i64):
  v5: bool = eq v4, v0
  branch v5, bb2, bb3
bb2:
  return v4
bb3:
  v6: i64 = add v4, v2
  v7: i64 = and v6, v1
  jump bb1(v7)
}
""".replace("@main(i64)", "@main")


def test_a_loop_that_stands_still_never_ends() -> None:
    endless = ends(STANDING)
    assert endless is not None and endless.silent and endless.lines == []


def test_a_loop_that_waits_for_what_does_not_come_never_ends() -> None:
    assert ends(ROUND, 4) is None
    endless = ends(ROUND, 5)
    assert endless is not None and endless.silent


def test_lines_that_are_printed_for_ever_are_told() -> None:
    once = ROUND.replace("  jump bb1(v2)", '  v8: () = print "once ", v3\n  jump bb1(v2)')
    ever = ROUND.replace("  jump bb1(v7)", "  v8: () = print v7\n  jump bb1(v7)")
    first, second = ends(once, 5), ends(ever, 5)
    assert first is not None and first.silent and first.lines == ["once 5"]
    assert second is not None and not second.silent and second.lines[:5] == ["4", "6", "0", "2", "4"]


COUNTING = """
func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: i64{0} = const 0
  jump bb1(v2)
bb1(v4: i64):
  v5: bool = eq v4, v0
  branch v5, bb2, bb3
bb2:
  return v4
bb3:
  v6: i64 = add v4, v1
  jump bb1(v6)
}
"""


def test_a_long_run_is_not_endless() -> None:
    assert ends(COUNTING, 10_000) is None
    with pytest.raises(StepsExceeded) as exceeded:
        ends(COUNTING, 10**9)
    assert not isinstance(exceeded.value, Endless)


FLOATS = """
func @main -> f64 {
bb0(v0: f64):
  jump bb1(v0)
bb1(v1: f64):
  v2: f64 = add v1, v0
  jump bb1(v2)
}
"""


def test_not_a_number_stays_what_it_is() -> None:
    assert ends(FLOATS, float("nan")) is not None
    assert ends(FLOATS, -0.0) is not None
    with pytest.raises(StepsExceeded):
        ends(FLOATS, 1.0)


MEMORY = """
func @main -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: ptr<i64> = alloc v1
  v3: mem = memory
  v7: mem = store v2, v0, v3
  jump bb1
bb1:
  v4: mem = memory
  v5: i64 = load v2, v4
  v6: i64 = STEP
  v8: mem = store v2, v6, v4
  jump bb1
}
"""


def test_memory_is_part_of_the_state() -> None:
    assert ends(MEMORY.replace("STEP", "xor v5, v1"), 3) is not None
    with pytest.raises(StepsExceeded):
        ends(MEMORY.replace("STEP", "add v5, v1"), 3)


COMPREHENSION = """
func @main -> i64[:] {
bb0(v0: i64):
  v1: i64{3} = const 3
  forall (v1), bb1, bb4
bb1(v2: i64{0..2}):
  jump bb2
bb2:
  v3: bool = eq v2, v0
  branch v3, bb2, bb3
bb3:
  yield v2
bb4(v4: i64[:]):
  return v4
}
"""


def test_a_loop_in_a_comprehension() -> None:
    assert ends(COMPREHENSION, 7) is None
    assert ends(COMPREHENSION, 2) is not None


RECURSION = """
func @main -> i64 {
bb0(v0: i64):
  v1: i64 = call @wait(v0)
  return v1
}

func @wait -> i64 {
bb0(v0: i64):
  v1: i64{1} = const 1
  v2: i64 = xor v0, v1
  v3: i64 = call @wait(v2)
  return v3
}
"""


def test_a_call_that_waits_for_one_like_it_never_returns() -> None:
    assert ends(RECURSION, 1) is not None
    with pytest.raises(DepthExceeded):
        ends(RECURSION.replace("xor", "add").replace("i64{1} = const 1", "i64{9} = const 9"), 1)
