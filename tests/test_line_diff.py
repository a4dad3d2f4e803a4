"""Differences of texts: what goes and comes, near equal lines, in time that grows with the text."""

from __future__ import annotations

from growth import assert_linear
from hypothesis import given
from hypothesis import strategies as st

from ssair.line_diff import _script, unified

TEXTS = st.lists(st.sampled_from("abcdefgh"), max_size=12)


@given(TEXTS, TEXTS)
def test_the_marked_lines_are_both_texts(before: list[str], after: list[str]) -> None:
    script = list(_script(before, after))
    assert [line for mark, line in script if mark in " -"] == before
    assert [line for mark, line in script if mark in " +"] == after


@given(TEXTS)
def test_equal_texts_have_no_difference(text: list[str]) -> None:
    assert list(unified(text, text)) == []


def test_what_differs_stands_with_two_lines_around_it() -> None:
    before = list("abcdefghijklmno")
    after = [*"abcXefghijklmn", "Y"]
    assert list(unified(before, after)) == [" b", " c", "-d", "+X", " e", " f", "...", " m", " n", "-o", "+Y"]


def test_a_line_that_moved_goes_and_comes() -> None:
    assert list(unified(list("abcd"), list("bcda"))) == ["-a", " b", " c", " d", "+a"]


def test_lines_that_stand_often_do_not_make_it_slow() -> None:
    def differ(count: int) -> None:
        assert list(unified(["}"] * count + ["a"], ["}"] * (count + 2) + ["b"]))

    assert_linear(differ, 400)


def test_many_changed_lines_do_not_make_it_slow() -> None:
    def differ(count: int) -> None:
        before = [f"v{number} = add" for number in range(count)]
        assert list(unified(before, [line if i % 3 else line + "x" for i, line in enumerate(before)]))

    assert_linear(differ, 400)
