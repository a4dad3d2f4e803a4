"""Random Bril programs do the same as they are given, lowered, and optimised."""

import pytest
from bril_random import random_arguments, random_bril
from bril_runs import seen_of_module, seen_of_program

from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.read import read_program
from ssair.pipeline import optimize
from ssair.verifier import verify


def is_ill_formed(error: str | None) -> bool:
    """Whether a run used what has no value: tools may do anything then."""
    return error is not None and ("was not" in error or "undefined" in error)


@pytest.mark.parametrize("seed", range(60))
def test_lowered_and_optimised_programs_do_the_same(seed: int) -> None:
    program = read_program(random_bril(seed))
    lowered = lower(program)
    verify(lowered)
    optimised = optimize(lowered.clone(), level=2 + seed % 2)
    verify(optimised)
    for values in random_arguments(seed):
        if is_ill_formed(execute(program, values).error):
            continue
        expected = seen_of_program(program, values)
        assert seen_of_module(lowered, values) == expected
        assert seen_of_module(optimised, values) == expected


def test_the_random_programs_are_of_all_kinds() -> None:
    texts = [random_bril(seed) for seed in range(60)]
    kinds, ill_formed = set(), 0
    for seed, text in enumerate(texts):
        for values in random_arguments(seed):
            program = read_program(text)
            ill_formed += is_ill_formed(execute(program, values).error)
            kinds.add(seen_of_program(program, values)[0])
    assert kinds == {"fine", "divide", "memory", "leak"}
    assert ill_formed < 60
    for word in ("call", "get;", "undef", "fdiv", "ptr<ptr<int>>", "load", "free", "jmp .bb"):
        assert sum(word in text for text in texts) > 5, word


def test_a_seed_makes_one_program() -> None:
    assert random_bril(3) == random_bril(3) != random_bril(4)
