"""What is said of names that do not exist."""

import doctest

import pytest
from growth import lines_run

import ssair.suggestions
from ssair.suggestions import nearest, unknown


def test_the_example_in_the_docstring_runs():
    assert doctest.testmod(ssair.suggestions).failed == 0


@pytest.mark.parametrize(
    ("name", "near"),
    [("gnv", "gvn"), ("copy_prop", "copyprop"), ("dec", "dce"), ("zzz", ""), ("", ""), ("g" * 100, "")],
)
def test_the_nearest_name(name, near):
    assert nearest(name, ["gvn", "lvn", "copyprop", "dce"]) == near


def test_a_long_list_is_cut():
    message = unknown("function", "g", [f"f{i}" for i in range(25)])
    assert message.startswith("no function 'g'; there are: f0, f1,") and message.endswith("f19 and 5 more")
    assert unknown("function", "g", []) == "no function 'g'; there are: none"


def test_a_long_name_is_cut():
    assert len(unknown("pass", "x" * 1_000_000, ["gvn"])) < 120


def test_the_work_is_bounded_however_many_names_there_are():
    names = [f"function{i}" for i in range(20_000)]
    work = [lines_run(lambda count: unknown("function", "fnction", names[:count]), count) for count in (2_000, 20_000)]
    assert abs(work[1] - work[0]) < 100
