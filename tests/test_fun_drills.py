"""Programs of a few expressions each: all are valid, and mean the same to evaluator, interpreter and compiler."""

from __future__ import annotations

from ssair.testing.choices import SeededChoices
from ssair.testing.fun_drills import EXPRESSIONS, TURNS, drill
from ssair.testing.oracles import check_program


def test_programs_are_valid_and_compiled_right() -> None:
    for number in range(2 * len(EXPRESSIONS) // TURNS):
        assert check_program(drill(SeededChoices(number), number * TURNS), against=("plain", "interp")) is None


def test_counting_up_gives_every_expression_its_turn() -> None:
    texts = "".join(drill(SeededChoices(number), number * TURNS) for number in range(len(EXPRESSIONS)))
    assert all(word in texts for word in ("i64(", "argmin(", "reverse(", "scan ", "with [", "**", "select("))
