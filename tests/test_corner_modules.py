"""Modules at corners: valid, right, and with every operation in its turn."""

from __future__ import annotations

from typing import get_args

import pytest

from ssair.ops import CHECK_KINDS, COMPARISONS, OPS
from ssair.testing.choices import SeededChoices
from ssair.testing.corner_modules import TURNS, Kind, corner_arguments, corner_module
from ssair.testing.oracles import Settings, Subject, check_subject
from ssair.verifier import verify


@pytest.mark.parametrize("kind", get_args(Kind))
def test_modules_are_valid_and_compiled_right(kind: Kind) -> None:
    for number in range(12):
        module = corner_module(SeededChoices(number), number * TURNS, kind)
        verify(module)
        subject = Subject(module, "", corner_arguments(module, number, 2))
        assert check_subject(subject, Settings(), ("interp",)) is None
        assert subject.calls


def test_counting_up_gives_every_operation_and_check_its_turn() -> None:
    kinds: tuple[Kind, ...] = ("operations", "checks")
    modules = [corner_module(SeededChoices(n), n * TURNS, kind) for kind in kinds for n in range(12)]
    used = {instr.op.name for module in modules for instr in module.entry().instructions()}
    arithmetic = {"floordiv", "div_trunc", "rem_trunc", "pow", "shl", "shr", "xor", "sqrt", "round", "isinf", "convert"}
    assert used >= arithmetic | set(CHECK_KINDS) | set(COMPARISONS)
    assert used <= set(OPS)


def test_equal_seeds_give_equal_modules_and_arguments() -> None:
    one, other = (corner_module(SeededChoices(5), 7) for _ in range(2))
    assert str(one) == str(other)
    assert str(corner_arguments(one, 3, 2)) == str(corner_arguments(other, 3, 2))
