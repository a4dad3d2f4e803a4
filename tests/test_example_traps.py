"""A fault in a kernel raises the built-in exception of its kind, and says where, and with which values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ssair

FOLDER = Path(__file__).parent.parent / "examples"

NEIGHBOUR = """\
fn neighbour(xs: [n]f64, i: i64) -> f64 =
  let j = i + 1
  in xs[j] - xs[i]
"""


def line_of(name: str, text: str) -> int:
    """The number of the first line of an example that holds the text."""
    lines = (FOLDER / f"{name}.fun").read_text().splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


def ways_to_run(kernel: ssair.Kernel) -> list[Callable[..., object]]:
    return [kernel, kernel.interpret]


@pytest.mark.parametrize("index", [-2, 2, 2**62, -(2**63)])
def test_a_bad_index_says_which_index_which_length_and_which_line(index: int) -> None:
    kernel = ssair.compile(NEIGHBOUR)
    for call in ways_to_run(kernel):
        with pytest.raises(IndexError) as caught:
            call(np.array([1.0, 2.0, 4.0]), index)
        trap = caught.value
        assert isinstance(trap, ssair.Trap)
        assert trap.kind == "index"
        assert trap.values == (index + 1, 3, 0)
        assert trap.line == 3
        assert trap.span is not None and trap.span[:2] == (3, 6)


def test_a_good_index_is_no_trap_and_the_second_check_counts_too() -> None:
    kernel = ssair.compile(NEIGHBOUR)
    assert float(kernel(np.array([1.0, 2.0, 4.0]), 1)) == 2.0
    with pytest.raises(IndexError) as caught:
        kernel(np.array([1.0, 2.0, 4.0]), -1)
    assert isinstance(caught.value, ssair.Trap) and caught.value.values == (-1, 3, 0)


def test_the_dimension_is_told() -> None:
    kernel = ssair.compile("fn at(a: [n, m]i64, i: i64, j: i64) -> i64 = a[i, j]\n")
    for call in ways_to_run(kernel):
        with pytest.raises(IndexError) as caught:
            call(np.ones((2, 3), np.int64), 1, 3)
        assert isinstance(caught.value, ssair.Trap) and caught.value.values == (3, 3, 1)


def test_a_node_that_does_not_exist() -> None:
    kernel = ssair.compile(FOLDER / "union_find.fun")
    for call in ways_to_run(kernel):
        with pytest.raises(IndexError) as caught:
            call(3, np.array([0, 5]), np.array([1, 0]))
        trap = caught.value
        assert isinstance(trap, ssair.Trap) and trap.values == (5, 3, 0)
        assert trap.line == line_of("union_find", "while parents[x] != x")


def test_division_by_zero() -> None:
    kernel = ssair.compile("fn ratio(a: i64, b: i64) -> i64 =\n  a // b\n")
    for call in ways_to_run(kernel):
        with pytest.raises(ZeroDivisionError) as caught:
            call(7, 0)
        trap = caught.value
        assert isinstance(trap, ssair.Trap)
        assert (trap.kind, trap.values, trap.line) == ("divide", (7,), 2)
    assert int(kernel(-7, 2)) == -4


def test_assertions_carry_their_message() -> None:
    kernel = ssair.compile(FOLDER / "lu.fun")
    singular = np.array([[1.0, 2.0], [2.0, 4.0]])
    for call in ways_to_run(kernel):
        with pytest.raises(AssertionError, match="the matrix is singular") as caught:
            call(singular)
        trap = caught.value
        assert isinstance(trap, ssair.Trap)
        assert (trap.kind, trap.values) == ("assert", ("the matrix is singular",))
        assert trap.line == line_of("lu", "the matrix is singular")


def test_no_centres_means_no_nearest_one() -> None:
    kernel = ssair.compile(FOLDER / "kmeans_step.fun")
    for call in ways_to_run(kernel):
        with pytest.raises(ValueError) as caught:
            call(np.ones((2, 2)), np.ones((0, 2)))
        assert isinstance(caught.value, ssair.Trap) and caught.value.kind == "empty"


def test_a_window_that_is_too_wide() -> None:
    kernel = ssair.compile(FOLDER / "prefix_sums.fun")
    for call in ways_to_run(kernel):
        with pytest.raises(ValueError) as caught:
            call(np.arange(3), 5)
        assert isinstance(caught.value, ssair.Trap)
        assert (caught.value.kind, caught.value.values) == ("size", (-1, 0))


def test_arguments_whose_sizes_disagree() -> None:
    kernel = ssair.compile(FOLDER / "matmul.fun")
    for call in ways_to_run(kernel):
        with pytest.raises(ValueError) as caught:
            call(np.ones((2, 3)), np.ones((4, 2)))
        assert isinstance(caught.value, ssair.Trap)
        assert (caught.value.kind, sorted(caught.value.values)) == ("size", [3, 4])


def test_a_pixel_that_is_not_a_number() -> None:
    kernel = ssair.compile(FOLDER / "convolution.fun")
    weights = np.full((3, 3), np.nan, np.float32)
    for call in ways_to_run(kernel):
        with pytest.raises(OverflowError) as caught:
            call(np.ones((2, 2), np.int32), weights)
        trap = caught.value
        assert isinstance(trap, ssair.Trap)
        assert trap.kind == "convert" and np.isnan(trap.values[0])


def test_what_was_printed_before_a_trap_stays_and_nothing_follows(capsys: pytest.CaptureFixture[str]) -> None:
    source = """\
fn countdown(n: i64) -> i64 =
  loop total = 0 for i in 0..10 do
    print("at", i)
    let quotient = 100 // (n - i)
    print("quotient", quotient)
    in total + quotient
"""
    kernel = ssair.compile(source)
    for call in ways_to_run(kernel):
        with pytest.raises(ZeroDivisionError) as caught:
            call(2)
        assert isinstance(caught.value, ssair.Trap) and caught.value.line == 4
        assert capsys.readouterr().out == "at 0\nquotient 50\nat 1\nquotient 100\nat 2\n"


def test_the_first_of_two_traps_is_the_one_reported() -> None:
    kernel = ssair.compile("fn f(xs: [n]i64, i: i64, d: i64) -> i64 = xs[i] // d + xs[i + 1]\n")
    xs = np.array([1, 2])
    for call in ways_to_run(kernel):
        for arguments, kind in (((5, 0), "index"), ((1, 0), "divide"), ((1, 1), "index")):
            with pytest.raises(ssair.Trap) as caught:
                call(xs, *arguments)
            assert caught.value.kind == kind


def test_a_trap_on_a_branch_not_taken_does_not_happen() -> None:
    kernel = ssair.compile("fn f(xs: [n]i64, i: i64) -> i64 = if 0 <= i < n then xs[i] else -1\n")
    for call in ways_to_run(kernel):
        assert int(call(np.array([4, 5]), 7)) == -1  # type: ignore[call-overload]
        assert int(call(np.array([4, 5]), 1)) == 5  # type: ignore[call-overload]
