"""Modules of one kind each, which hunts for one kind of bug are made of: valid, repeatable, kept by every pass."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from ssair.ir import Module
from ssair.ops import FORALL, SWITCH
from ssair.testing.arm_modules import arm_module
from ssair.testing.arm_scenes import SCENES
from ssair.testing.carry_modules import carry_module
from ssair.testing.directed_arguments import module_arguments
from ssair.testing.ending_modules import ending_module
from ssair.testing.nest_modules import nest_module
from ssair.testing.oracles import Settings, Subject, check_subject
from ssair.testing.twin_modules import ARRAYS, LOOPS, twin_module
from ssair.verifier import verify

KINDS: dict[str, Callable[[Random], Module]] = {
    "arms": arm_module,
    "carries": carry_module,
    "endings": ending_module,
    "nests": nest_module,
    "loops": lambda random: twin_module(random, LOOPS),
    "arrays": lambda random: twin_module(random, ARRAYS),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@kinds
def test_they_are_valid_and_equal_for_equal_seeds(make: Callable[[Random], Module]) -> None:
    for seed in range(60):
        module = make(Random(seed))
        verify(module)
        assert str(module) == str(make(Random(seed)))


@kinds
def test_passes_keep_what_they_do(make: Callable[[Random], Module]) -> None:
    for seed in range(12):
        module = make(Random(seed))
        subject = Subject(module, "", module_arguments(module, seed))
        assert check_subject(subject, Settings(level=3), ("passes",)) is None, seed


@kinds
def test_most_calls_give_something(make: Callable[[Random], Module]) -> None:
    tried = told = 0
    for seed in range(40):
        module = make(Random(seed))
        subject = Subject(module, "", module_arguments(module, seed))
        tried += len(subject.calls)
        subject.run()
        told += len(subject.calls) + len(subject.endless)
    assert told > 0.9 * tried


@pytest.mark.parametrize("scene", SCENES)
def test_a_theme_is_always_there(scene: str) -> None:
    for seed in range(10):
        module = arm_module(Random(seed), (scene,))
        verify(module)
        operations = {instr.op.name for instr in module.functions["main"].instructions()}
        ends = {block.end.op for block in module.functions["main"].blocks}
        wanted = {"guarded": "call" in operations, "cases": SWITCH in ends, "elements": FORALL in ends}
        assert wanted.get(scene, len(operations) > 2)


def test_some_of_what_may_never_end_never_does() -> None:
    endless = 0
    for seed in range(40):
        module = ending_module(Random(seed))
        subject = Subject(module, "", module_arguments(module, seed))
        subject.run()
        endless += len(subject.endless)
    assert endless > 20
