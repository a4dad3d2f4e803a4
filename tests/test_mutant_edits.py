"""The small changes that `python -m tests.mutants.sample` makes: what they are, and that they are noticed."""

from __future__ import annotations

import ast
import random
from pathlib import Path

import pytest
from mutants.catalogue import ROOT
from mutants.edits import KINDS, edits, sample
from mutants.run import Copy
from mutants.sample import FileTests, default_files, diff, try_edit


def changed(kind: str, text: str) -> set[str]:
    """What the edits of a kind make of a text."""
    return {edit.applied(text) for edit in edits(text) if edit.kind == kind}


@pytest.mark.parametrize(
    ("kind", "text", "wanted"),
    [
        ("relation", "a < b", {"a <= b"}),
        ("relation", "(a) <= (b) != c", {"(a) < (b) != c", "(a) <= (b) == c"}),
        ("relation", "a is not b", {"a is b"}),
        ("arithmetic", "(a + b) * c", {"(a - b) * c", "(a + b) + c"}),
        ("arithmetic", "-a", {"a"}),
        ("connective", "a and b", {"a or b", "((a))", "((b))"}),
        ("condition", "if a:\n    pass", {"if (not (a)):\n    pass"}),
        ("condition", "not a", {"(a)"}),
        ("condition", "[a for a in b if c]", {"[a for a in b if True]"}),
        ("constant", "f(7)", {"f((8))", "f((6))"}),
        ("constant", "f(True)", {"f(False)"}),
        ("statement", "for a in b:\n    continue", {"for a in b:\n    pass"}),
        ("statement", "a[0] = b; a = b", {"pass; a = b"}),
        ("statement", "f()", {"pass"}),
        ("arguments", "f(a, b, b)", {"f(b, a, b)"}),
        ("name", "x.lo + min(a, b)", {"x.hi + min(a, b)", "x.lo + max(a, b)"}),
    ],
)
def test_an_edit_changes_one_thing(kind: str, text: str, wanted: set[str]) -> None:
    assert changed(kind, text) == wanted


def test_what_only_people_see_is_left_alone() -> None:
    for text in ('"""7"""', "a: int | None", "def f(a: g(1, 2)) -> 1: ...", 'assert a < 1, f"{a + 1}"', "raise a(1)"):
        assert edits(text) == []


def test_places_are_characters() -> None:
    assert changed("constant", "a = 'é'; b = 1") == {"a = 'é'; b = (2)", "a = 'é'; b = (0)"}


def test_every_kind_is_found_in_the_source_and_every_edit_changes_it() -> None:
    text = (ROOT / "ssair" / "placement.py").read_text() + (ROOT / "passes" / "widening.py").read_text()
    text = text.replace("from __future__ import annotations\n", "")
    found = edits(text)
    assert {edit.kind for edit in found} == set(KINDS)
    for edit in found:
        assert ast.dump(ast.parse(edit.applied(text))) != ast.dump(ast.parse(text)), edit


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    text = (ROOT / "passes" / "dce.py").read_text()
    first, second, other = (sample(text, 5, random.Random(seed)) for seed in (1, 1, 2))
    assert first == second != other and len(first) == 5


def test_the_files_are_there_and_the_diff_of_an_edit_is_short() -> None:
    assert all((ROOT / file).is_file() for file in default_files())
    edit, *_ = edits("a = 1\nb = 2\nc = 3\n")
    shown = [line.strip() for line in diff("x.py", "a = 1\nb = 2\nc = 3\n", edit).splitlines()]
    assert shown == ["@@ -1,2 +1,2 @@", "-a = 1", "+a = (0)", "b = 2"]


def test_an_edit_is_noticed_by_an_oracle_or_by_a_test_and_taken_back(tmp_path: Path) -> None:
    file = "passes/dce.py"
    text = (ROOT / file).read_text()
    asked = next(edit for edit in edits(text) if edit.kind == "condition" and "NAME, instr" in edit.new)
    with Copy(tmp_path) as copy:
        tests = FileTests(tmp_path)
        verdict = try_edit(copy, tests, file, asked, 1, 0.0)
        assert verdict.programs <= 1 and verdict.by.startswith("test: FAILED tests/test_")
        assert (tmp_path / file).read_text() == text
        assert tests.about(file, text) == ""
