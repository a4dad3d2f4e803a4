"""Deep and long programs: no RecursionError at any stage, and time linear in their length.

Time is not measured here (the machines are noisy, benchmarks do that); quadratic behaviour at these sizes would run
into the time limit of the suite.
"""

import sys

import pytest

from ssair.interp import execute
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.pipeline import optimize
from ssair.printer import format_module
from ssair.sources import load
from ssair.verifier import verify

COUNT = 100_000


def nested_lets(count: int) -> str:
    """`let x1 = x0 + 1 in let x2 = x1 + 2 in … xN`."""
    lets = " in\n".join(f"let x{i} = x{i - 1} {'+-*'[i % 3]} {i % 7 * 2 + 1}" for i in range(1, count))
    return f"fn main(x0: i64) -> i64 =\n{lets} in x{count - 1}\n"


def lets_inside_lets(count: int) -> str:
    """`let a = (let a = (… in a + 1) in a + 1`: nested in the heads."""
    return f"fn main(x: i64) -> i64 =\n{'let a = (' * count}x{') in a + 1' * count}\n"


def long_sum(count: int) -> str:
    return f"fn main(x: i64) -> i64 =\n{' + '.join(f'x * {i}' for i in range(count))}\n"


def nested_ifs(count: int) -> str:
    arms = "".join(f"if x > {i} then {i} else\n" for i in range(count))
    return f"fn main(x: i64) -> i64 =\n{arms}x\n"


def parentheses(count: int) -> str:
    return f"fn main(x: i64) -> i64 = {'(' * count}x{')' * count}\n"


PROGRAMS = {
    "nested lets": (nested_lets(COUNT), 3),
    "lets inside lets": (lets_inside_lets(COUNT), 3),
    "a long sum": (long_sum(COUNT), 3),
    "nested ifs": (nested_ifs(20_000), -1),
    "parentheses": (parentheses(COUNT), 3),
}


@pytest.fixture(autouse=True)
def low_recursion_limit():
    """So that recursion over the program fails at once."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(400)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", PROGRAMS)
def test_long_programs_go_through_every_stage(name):
    text, argument = PROGRAMS[name]
    module = load(text)
    verify(module)
    built = execute(module, [argument]).results
    dumped = format_module(module)
    assert format_module(parse_module(dumped)) == dumped
    optimized: Module = optimize(module.clone())
    verify(optimized)
    assert execute(optimized, [argument]).results == built
    assert module.entry().structurally_equal(module.clone().entry())
    assert not module.entry().structurally_equal(optimized.entry()) or name == "parentheses"
