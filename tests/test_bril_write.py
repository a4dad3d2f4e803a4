"""Bril written back: the corpus does what it did and runs less, names are kept and clash with nothing, growth."""

import itertools
import math
import random
import sys
from pathlib import Path

import pytest
from bril_corpus import CorpusProgram, corpus
from bril_runs import seen_of_program
from growth import assert_linear

from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.out_of_ssa_copies import in_sequence
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.printing import format_literal, format_program, json_form
from ssair.frontends.bril.program import Instruction, Label, Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program, write_text
from ssair.parser import parse_module
from ssair.pipeline import LEVELS, optimize
from ssair.sources import UsageError

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from bril import CORPUS, EXTENSIONS, geometric_mean, measure

WELL_FORMED = [program for program in corpus() if not program.ill_formed]


def written(program: Program, level: int) -> Program:
    """A program optimised and written back, as `--emit bril` does it."""
    passes = bril_passes(None, level)
    return write_program(optimize(lower(program), passes), duplicate=bool(passes))


# ---- the corpus ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 2])
@pytest.mark.parametrize("program", WELL_FORMED, ids=str)
def test_a_program_written_back_does_what_it_did(program: CorpusProgram, level: int) -> None:
    before = read_program(program.text)
    made = written(before, level)
    values = parse_arguments(entry_of(before), program.words)
    expected = seen_of_program(before, values)
    assert seen_of_program(made, values) == expected
    assert seen_of_program(read_program(format_program(made)), values) == expected
    assert seen_of_program(read_program(json_form(made)), values) == expected


@pytest.mark.parametrize("level", [0, 2])
def test_the_text_is_that_of_the_program(level: int) -> None:
    passes = bril_passes(None, level)
    for program in WELL_FORMED:
        module = optimize(lower(read_program(program.text)), passes)
        made = write_program(module, duplicate=bool(passes))
        assert write_text(module, duplicate=bool(passes)) == format_program(made), program


@pytest.fixture(scope="module")
def rows():
    return [row for path in sorted(CORPUS.glob("*.bril")) if (row := measure(path)) is not None]


def test_no_program_is_slower_when_it_is_written_back(rows) -> None:
    assert not [row for row in rows if row.written > max(1.02 * row.original, row.original + 1)]


def test_no_program_is_slower_when_it_is_optimised(rows) -> None:
    assert not [row for row in rows if row.optimized > row.original and row.original > 100]


def test_programs_run_as_much_less_as_they_should(rows) -> None:
    goals = {"core": 0.70, "float": 0.70, "memory": 0.85}
    means = {
        extension: geometric_mean([row.optimized / row.original for row in rows if row.extension == extension])
        for extension in EXTENSIONS
    }
    assert all(means[extension] <= goal for extension, goal in goals.items()), means


# ---- names --------------------------------------------------------------------------------------------------------


def names_of(program: Program) -> set[str]:
    items = [item for function in program.functions for item in function.body]
    return {item.dest for item in items if isinstance(item, Instruction) and item.dest is not None}


CLASHING = """
@main(v1: int, b1: bool) {
  v0: int = const 3;
.b0:
  v2: int = add v1 v0;
  v3: int = mul v2 v1;
  v1: int = sub v3 v0;
  br b1 .b0 .v0;
.v0:
  v4: int = mul v1 v1;
  print v1 v2 v4;
}
"""


def test_names_of_the_users_are_kept_and_clash_with_none_that_are_made() -> None:
    program = read_program(CLASHING)
    for level in LEVELS:
        made = written(program, level if level < 3 else 2)
        assert [param.name for param in made.functions[0].params] == ["v1", "b1"]
        for values in ([2, False], [-7, False]):
            assert seen_of_program(made, values) == seen_of_program(program, values)
    assert "v1" in names_of(made)


def test_a_variable_that_is_two_has_two_names() -> None:
    program = read_program("@main(x: int) { y: int = id x; x: int = add x x; x: int = mul x y; print x y; }")
    made = written(program, 0)
    assert execute(made, [5]).output == ["50 5"]
    assert made.functions[0].params[0].name == "x"


def test_a_pointer_that_is_printed_is_still_one() -> None:
    program = read_program("@main(n: int) { p: ptr<int> = alloc n; print p; print n p n p; print; free p; }")
    for level in (0, 2):
        assert seen_of_program(written(program, level), [3]) == seen_of_program(program, [3])


def test_labels_stand_where_something_leads() -> None:
    for program in WELL_FORMED:
        for function in written(read_program(program.text), 2).functions:
            labels = [item.name for item in function.body if isinstance(item, Label)]
            named = {name for item in function.body if isinstance(item, Instruction) for name in item.labels}
            assert len(labels) == len(set(labels)) and set(labels) == named


# ---- what cannot be written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("func @main -> i64 {\nbb0(v0: i64):\n  return v0\n}", "@main cannot be written as Bril: it has a result"),
        ("func @f {\nbb0(v0: i64[:]):\n  return\n}", "no type i64[:]"),
        ("func @f {\nbb0(v0: i32):\n  return\n}", "no type i32"),
        ("func @f -> (i64, i64) {\nbb0(v0: i64):\n  return v0, v0\n}", "more than one result"),
        ("func @f -> f64 {\nbb0(v0: f64):\n  v1: f64 = sin v0\n  return v1\n}", "no `sin f64`"),
        ("func @f -> i64 {\nbb0(v0: i64):\n  v1: i64 = shl v0, v0\n  return v1\n}", "no `shl i64`"),
        ('func @f {\nbb0(v0: i64):\n  v1: () = print "x", v0\n  return\n}', "no `print i64`"),
    ],
)
def test_what_bril_has_nothing_for_is_refused(source: str, what: str) -> None:
    with pytest.raises(UsageError, match=what.replace("[", "\\[")):
        write_program(parse_module(source))


# ---- copies at once -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_copies_in_sequence_are_copies_at_once(count: int) -> None:
    names = [f"x{number}" for number in range(count + 1)]
    for sources in itertools.product(names, repeat=count):
        copies = dict(zip(names, sources, strict=False))
        made = in_sequence(copies, lambda name: f"saved {name}")
        held = {name: f"what {name} had" for name in names}
        expected = {**held, **{target: held[source] for target, source in copies.items()}}
        for copy in made:
            held[copy.target] = held[copy.source]
        assert {name: held[name] for name in names} == expected
        assert len(made) == sum(target != source for target, source in copies.items()) + _lone_cycles(copies)


def _lone_cycles(copies: dict[str, str]) -> int:
    """How many cycles there are that no other copy reads from."""
    cycles = set()
    for target in copies:
        cycle = [target]
        while copies.get(cycle[-1], cycle[0]) not in cycle and cycle[-1] in copies:
            cycle.append(copies[cycle[-1]])
        if len(cycle) > 1 and copies.get(cycle[-1]) == target:
            cycles.add(frozenset(cycle))
    return sum(
        not any(source in cycle and target not in cycle for target, source in copies.items()) for cycle in cycles
    )


# ---- printing -----------------------------------------------------------------------------------------------------


def test_floats_are_read_back_as_the_same_bits() -> None:
    values = [
        0.0,
        -0.0,
        1.0,
        1e16,
        1e308,
        5e-324,
        0.1,
        -2.5e-10,
        2**53 + 0.0,
        *(random.Random(1).random() for _ in range(99)),
    ]
    for value in values:
        text = f"@main {{ x: float = const {format_literal(value)}; print x; }}"
        (function,) = read_program(text).functions
        assert function.body[0].value == value and math.copysign(1, function.body[0].value) == math.copysign(1, value)


def test_text_and_json_are_of_one_program() -> None:
    for program in WELL_FORMED:
        parsed = read_program(program.text)
        assert format_program(read_program(json_form(parsed))) == format_program(parsed)
        assert format_program(read_program(format_program(parsed))) == format_program(parsed)


# ---- growth -------------------------------------------------------------------------------------------------------


def arms(count: int) -> str:
    """Many branches that change one variable, one after the other."""
    parts = [f".l{i}:\n c: bool = lt x y;\n br c .t{i} .l{i + 1};\n.t{i}:\n x: int = add x y;\n" for i in range(count)]
    return "@main(x: int, y: int) {\n" + "".join(parts) + f".l{count}:\n print x;\n}}\n"


def long_lives(count: int) -> str:
    """Many variables, each changed on one way, and all read at the end."""
    parts = [
        f" x{i}: int = id y;\n br c .t{i} .l{i};\n.t{i}:\n x{i}: int = mul x{i} y;\n.l{i}:\n" for i in range(count)
    ]
    last = "".join(f" print x{i};\n" for i in range(count))
    return "@main(y: int, c: bool) {\n" + "".join(parts) + last + "}\n"


def loops(count: int) -> str:
    """Many loops that hand carries on, one after the other."""
    parts = [
        f".h{i}:\n c: bool = lt a n;\n br c .b{i} .h{i + 1};\n.b{i}:\n t: int = add a b;\n a: int = id b;\n"
        f" b: int = id t;\n jmp .h{i};\n"
        for i in range(count)
    ]
    return "@main(a: int, b: int, n: int) {\n" + "".join(parts) + f".h{count}:\n print a b;\n}}\n"


def nest(count: int) -> str:
    """Loops in loops."""
    heads = "".join(f".h{i}:\n c{i}: bool = lt x n;\n br c{i} .h{i + 1} .e{i};\n" for i in range(count))
    ends = "".join(
        f".e{i}:\n x: int = add x n;\n" + (f" jmp .h{i - 1};\n" if i else "") for i in reversed(range(count))
    )
    return (
        "@main(x: int, n: int) {\n"
        + heads
        + f".h{count}:\n x: int = add x x;\n jmp .h{count - 1};\n"
        + ends
        + " print x;\n}\n"
    )


def constants(count: int) -> str:
    """Many constants, each used in many places."""
    parts = [f" x: int = const {i % 50};\n y: int = mul y x;\n br c .l{i} .l{i};\n.l{i}:\n" for i in range(count)]
    return "@main(y: int, c: bool) {\n" + "".join(parts) + " print y;\n}\n"


@pytest.mark.parametrize(("shape", "count"), [(arms, 60), (long_lives, 60), (loops, 30), (nest, 20), (constants, 100)])
@pytest.mark.parametrize("duplicate", [False, True])
def test_writing_is_linear(shape, count: int, duplicate: bool) -> None:
    modules = {size: lower(read_program(shape(size))) for size in (count, 2 * count)}
    assert_linear(lambda size: write_program(modules[size], duplicate), count)
