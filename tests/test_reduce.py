"""Reduction: what is kept is what matters, the result is valid, and long programs get short."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pytest
from growth import assert_linear

from ssair.context import Context
from ssair.diagnostics import SourceError
from ssair.frontends.fun.check import checked_program
from ssair.ir import Function
from ssair.ops import OPS
from ssair.parser import parse_module
from ssair.testing import check_program, reduce_fun, reduce_module
from ssair.testing.generator import generate_program
from ssair.testing.module_reduction import ModuleReducer
from ssair.testing.modules import generate_module
from ssair.testing.reduction import Candidate, Search, leave_out
from ssair.verifier import verify


def square_to_double(function: Function, context: Context) -> int:
    """Takes x * x for x + x."""
    changes = 0
    for instr in function.instructions():
        if instr.op is OPS["mul"] and instr.args[0] is instr.args[1] and context.fuel.take("square", instr):
            instr.op = OPS["add"]
            changes += 1
    return changes


def forget_a_carry(function: Function, context: Context) -> int:
    """Lets the second carry of a loop be what it was at first."""
    changes = 0
    for block in function.blocks[1:]:
        edges = [edge for other in function.blocks for edge in other.end.edges if edge.target is block]
        if len(edges) == 2 and len(block.params) > 1 and edges[0].args[1] is not edges[1].args[1]:
            edges[1].args = (edges[1].args[0], block.params[1], *edges[1].args[2:])
            changes += 1
    return changes


def swap_the_arms(function: Function, context: Context) -> int:
    """Leads the first branch on a comparison of integers the wrong way, where no refinement would say so."""
    for block in function.blocks:
        end = block.end
        if end.op.name == "branch" and not any(
            instr.op.refines for target in block.successors() for instr in target.instrs
        ):
            end.edges = (end.edges[1], end.edges[0])
            function.cfg_version += 1
            return 1
    return 0


def long_program(seed: int) -> str:
    """A program of 200 lines: what many generated ones do, as one."""
    parts: list[str] = []
    for number in range(seed, seed + 60):
        source = generate_program(number, 60).source
        parts.append(re.sub(r"\b(main|f\d[ab]?)\b", rf"\1_{number}", source))
        if sum(part.count("\n") for part in parts) > 200:
            break
    return "\n".join(parts)


@pytest.mark.parametrize("wrong", [square_to_double, forget_a_carry, swap_the_arms])
def test_a_program_of_200_lines_that_fails_gets_under_15(wrong) -> None:
    def kind(source: str) -> str:
        found = check_program(source, passes=[wrong], against=("passes",))
        return "" if found is None else found.kind

    for start in range(100):
        source = long_program(start)
        wanted = kind(source)
        if wanted:
            break
    assert source.count("\n") >= 200
    reduced = reduce_fun(source, lambda text: kind(text) == wanted)
    assert kind(reduced) == wanted
    assert reduced.count("\n") < 15, reduced


@pytest.mark.parametrize("wrong", [square_to_double, forget_a_carry, swap_the_arms])
def test_a_module_of_200_lines_that_fails_gets_under_15(wrong) -> None:
    def kind(text: str) -> str:
        found = check_program(parse_module(text), passes=[wrong], against=("passes",))
        return "" if found is None else found.kind

    for start in range(100):
        text = str(generate_module(start, 70))
        wanted = kind(text)
        if wanted and text.count("\n") >= 200:
            break
    reduced = reduce_module(text, lambda text: kind(text) == wanted)
    assert kind(reduced) == wanted
    verify(parse_module(reduced))
    assert reduced.count("\n") < 15, reduced


@pytest.mark.parametrize(
    ("source", "word", "reduced"),
    [
        ("fn main(x: i64, y: i64) =\n  let z = x * y\n  in z + 7\n", "*", "fn main() = 0 * 0\n"),
        ("fn f(x: i64) = x\n\nfn main(x: f64) -> f64 = sin(x) + f64(f(3))\n", "sin", "fn main() = sin(0.0)\n"),
        (
            "fn main(xs: [n]f64) =\n  let a = 1\n  print(a)\n  in (a, sum(xs))\n",
            "sum",
            "fn main(xs: [n]f64) = sum(xs)\n",
        ),
        ("# about\nfn main() = 123456789\n", "fn", "fn main() = 0\n"),
    ],
)
def test_what_does_not_matter_goes(source: str, word: str, reduced: str) -> None:
    assert reduce_fun(source, lambda text: word in text) == reduced


UNREACHABLE = """
entry @main

func @main -> i64 {
bb0(v0: i64, v1: f64):
  v2: i64 = mul v0, v0
  v3: f64 = sin v1
  v4: () = print "sine ", v3
  jump bb2(v2)
bb1:
  v5: i64 = sub v2, v0
  jump bb2(v5)
bb2(v6: i64):
  return v6
}
"""
LOOP = """
entry @main
site 0: divide

func @quotients -> i64[:] {
bb0(v0: i64, v1: i64):
  v2: i64{3} = const 3
  forall (v2), bb1, bb2
bb1(v3: i64{0..2^63-2}):
  v4: i64{nonzero} = check_nonzero v0, v1 @0
  v5: i64 = floordiv v3, v4
  yield v5
bb2(v6: i64[:]):
  return v6
}

func @main -> i64 {
bb0(v0: i64):
  v1: i64{7} = const 7
  v2: i64[:] = call @quotients(v0, v1)
  v3: i64{0} = const 0
  v4: i64 = index v2, v3
  return v4
}
"""


def test_blocks_that_nothing_leads_to_stay_where_they_matter() -> None:
    reduced = reduce_module(UNREACHABLE, lambda text: "sub" in text)
    assert "; unreachable" in reduced and "sin" not in reduced and "mul" not in reduced
    verify(parse_module(reduced))
    assert "bb1" not in reduce_module(UNREACHABLE, lambda text: "mul" in text)


def test_a_function_that_matters_becomes_the_entry_and_its_comprehension_one_turn() -> None:
    reduced = reduce_module(LOOP, lambda text: "floordiv" in text)
    assert reduced == "func @quotients {\nbb0(v0: i64):\n  v1: i64 = floordiv v0, v0\n  return\n}\n"


def test_a_program_of_which_it_does_not_hold_stays_as_it_is() -> None:
    source = "fn main(x: i64) = x + 1\n"
    assert reduce_fun(source, lambda text: "sin" in text) == source
    module = str(generate_module(3))
    assert reduce_module(module, lambda text: False) == module


def test_only_valid_programs_are_asked_about() -> None:
    for seed in range(4):
        source = generate_program(seed).source
        asked: list[str] = []

        def interesting(text: str, asked: list[str] = asked) -> bool:
            asked.append(text)
            return "let" in text or len(asked) == 1

        reduce_fun(source, interesting)
        assert len(asked) > 5
        for text in asked:
            checked_program(text, "asked")


def test_only_valid_modules_are_asked_about() -> None:
    for seed in range(12):
        asked: list[str] = []

        def interesting(text: str, asked: list[str] = asked) -> bool:
            asked.append(text)
            return "branch" in text or len(asked) == 1

        reduce_module(str(generate_module(seed)), interesting)
        for text in asked:
            verify(parse_module(text))


def test_a_faulty_program_is_refused() -> None:
    with pytest.raises(SourceError):
        reduce_fun("fn main( = 1\n", lambda text: True)
    with pytest.raises(SourceError):
        reduce_module("func @f {\nbb0:\n  return v9\n}\n", lambda text: True)


def one_by_one(without: Callable[[list[int]], bool]) -> Callable[[Iterator[list[int]]], int | None]:
    """Tries one set after the other."""
    return lambda sets: next((number for number, gone in enumerate(sets) if without(gone)), None)


def test_leaving_out_finds_what_is_needed_and_tries_two_sets_a_part_at_most() -> None:
    tries: list[list[int]] = []

    def without(gone: list[int]) -> bool:
        tries.append(gone)
        return 37 not in gone and 81 not in gone

    assert sorted(leave_out(range(100), one_by_one(without))) == sorted(set(range(100)) - {37, 81})
    assert len(tries) < 40
    tries.clear()
    assert leave_out(range(64), one_by_one(lambda gone: bool(tries.append(gone)))) == []
    assert len(tries) < 2 * 64


def test_one_attempt_on_a_module_is_linear() -> None:
    def reduce(count: int) -> None:
        lines = "".join(f"  v{number}: i64 = add v{number - 1}, v0\n" for number in range(1, count))
        text = f"func @f -> i64 {{\nbb0(v0: i64):\n{lines}  return v{count - 1}\n}}\n"
        assert reduce_module(text, lambda text: True).count("\n") < 6

    assert_linear(reduce, 200)


@pytest.mark.parametrize("jobs", [2, 5])
def test_with_several_jobs_the_result_is_the_same(jobs: int) -> None:
    texts = [str(number) for number in range(40)]
    gate = threading.Barrier(jobs)

    def interesting(text: str) -> bool:
        if int(text) < jobs:  # these are asked about at the same time, or nobody passes
            gate.wait(timeout=60)
        return int(text) in (13, 14)

    search = Search("long enough", interesting, len, jobs)
    found = search.first(Candidate(text, int(text)) for text in texts)
    assert found is not None and found.item == 13 and search.best == "13"
    assert 14 <= search.tries < 14 + jobs
    module = next(text for text in (str(generate_module(seed, 8)) for seed in range(100)) if "branch" in text)
    alone = reduce_module(module, lambda text: "branch" in text)
    together = ModuleReducer(module, lambda text: "branch" in text, jobs)
    together.run()
    assert together.search.best == alone != module


def test_what_is_not_interesting_is_asked_about_once() -> None:
    asked: list[str] = []

    def interesting(text: str) -> bool:
        asked.append(text)
        return "branch" in text

    reduce_module(str(generate_module(5, 30)), interesting)
    boring = [text for text in asked if "branch" not in text]
    assert len(set(boring)) == len(boring) > 0


CALLED = """
entry @main

func @twice -> (i64, f64) {
bb0(v0: i64, v1: i64, v2: f64):
  v3: (i64, f64) = call @twice(v0, v1, v2)
  v4: i64 = get v3, 0
  v5: f64 = get v3, 1
  v6: i64 = mul v4, v0
  return v6, v5
}

func @main -> i64 {
bb0(v0: i64, v1: f64):
  v2: i64{2} = const 2
  v3: (i64, f64) = call @twice(v0, v2, v1)
  v4: i64 = get v3, 0
  return v4
}
"""


def test_parameters_and_results_go_where_functions_are_called() -> None:
    reduced = reduce_module(CALLED, lambda text: text.count("call @twice") == 2 and "mul" in text)
    verify(parse_module(reduced))
    assert "f64" not in reduced and "const" not in reduced and "get" not in reduced
