"""Modules of questions that proofs nearly answer: valid, and right after `bounds` and after all passes."""

from __future__ import annotations

import pytest

from ssair.testing.choices import SeededChoices
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.oracles import Settings, Subject, check_subject
from ssair.testing.proof_modules import TURNS, proof_module
from ssair.verifier import verify


@pytest.mark.parametrize("passes", ["bounds", None])
def test_modules_are_valid_and_compiled_right(passes: str | None) -> None:
    for number in range(30):
        module = proof_module(SeededChoices(number), number * TURNS)
        verify(module)
        subject = Subject(module, "", module_arguments(module, number, 4))
        assert check_subject(subject, Settings(passes), ("interp",)) is None


def test_counting_up_gives_everything_its_turn() -> None:
    modules = [proof_module(SeededChoices(number), number * TURNS) for number in range(6)]
    used = {instr.op.name for module in modules for instr in module.entry().instructions()}
    assert used >= {"iota", "update", "dim", "mul", "select", "print", "and"}
    assert any(block.end.op.name == "forall" for module in modules for block in module.entry().blocks)
