"""Modules with the left side of every rule in its turn: valid, and right after `simplify` and after all passes."""

from __future__ import annotations

import pytest

from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.oracles import Settings, Subject, check_subject
from ssair.testing.rule_modules import TURNS, rule_module
from ssair.verifier import verify


@pytest.mark.parametrize("passes", ["simplify", None])
def test_modules_are_valid_and_compiled_right(passes: str | None) -> None:
    for number in range(30):
        module = rule_module(SeededChoices(number), number * TURNS)
        verify(module)
        subject = Subject(module, "", module_arguments(module, number, 4))
        assert check_subject(subject, Settings(passes), ("interp",)) is None


def test_counting_up_gives_everything_its_turn() -> None:
    modules = [rule_module(SeededChoices(number), number * TURNS) for number in range(30)]
    used = {instr.op.name for module in modules for instr in module.entry().instructions()}
    assert used >= {"not", "pow", "floordiv", "mod", "select", "reverse", "index", "update", "dim"}
    assert any(block.end.op.name == "forall" for module in modules for block in module.entry().blocks)
