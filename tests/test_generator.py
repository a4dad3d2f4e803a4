"""The program generator keeps its promises: programs parse, check, end, repeat, and are varied."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.parse import parse_program
from ssair.interp import execute
from ssair.sources import load
from ssair.testing import templates
from ssair.testing.choices import SeededChoices
from ssair.testing.generator import Program, generate_program
from ssair.testing.modules import ChoicesRandom
from ssair.testing.shadowing import shadowed
from ssair.testing.strategies import arguments, programs

SEEDS = range(300)


def checked(program: Program) -> None:
    check_program(parse_program(program.source))


@pytest.mark.parametrize("exact_floats", [False, True])
def test_every_program_parses_and_checks(exact_floats: bool) -> None:
    for seed in SEEDS:
        checked(generate_program(seed, exact_floats=exact_floats))


@pytest.mark.parametrize("size", [1, 5, 200])
def test_programs_of_every_size_check(size: int) -> None:
    for seed in range(40):
        checked(generate_program(seed, size))


def test_a_seed_gives_one_program_and_one_list_of_arguments() -> None:
    for seed in range(20):
        first, second = generate_program(seed), generate_program(seed)
        assert first == second
        assert repr(first.arguments(seed)) == repr(second.arguments(seed))


def test_templates_hide_no_names_of_sizes() -> None:
    texts = [text for name, group in vars(templates).items() if name.endswith("_TEMPLATES") for text in group]
    assert len(texts) > 300
    assert [text for text in texts if re.search(r"[(,] ?[mnp](,| =)|let [mnp] =| [mnp] (in|=) ", text)] == []


def test_seeds_give_different_programs() -> None:
    assert len({generate_program(seed).source for seed in SEEDS}) > 290


def test_arguments_have_the_types_and_agreeing_lengths_of_the_parameters() -> None:
    for seed in SEEDS:
        program = generate_program(seed)
        for values in program.arguments(seed):
            lengths: dict[str, int] = {}
            for parameter, value in zip(program.parameters, values, strict=True):
                if parameter.shape == "size":
                    assert lengths.setdefault(parameter.name, value) == value
                elif isinstance(parameter.shape, str):
                    assert value.dtype == {"bool": np.bool_, "i32": np.int32, "i64": np.int64,
                                           "f32": np.float32, "f64": np.float64}[parameter.shape]  # fmt: skip
                else:
                    for dimension, extent in zip(parameter.shape.dimensions, value.shape, strict=True):
                        assert lengths.setdefault(dimension.name, extent) == extent


def test_programs_use_the_whole_language() -> None:
    text = "".join(generate_program(seed).source for seed in SEEDS)
    for construct in (
        "let ", "if ", "loop ", "scan ", " while ", " by ", " with [", "assert ", "print(", " for ",
        "&&", "||", "!", "<=", "**", "//", "%", " / ", "<<", ">>", "^", "|", "&", "@", "true", "0.0 / 0.0",
        "-9223372036854775808", "abs(", "min(", "max(", "sign(", "select(", "isnan(", "sum(", "argmax(",
        "len(", "dim(", "reverse(", "transpose(", "zeros(", "full(", "iota(", "i32(", "f64(", "dot(",
    ):  # fmt: skip
        assert construct in text, construct


def test_varied_programs_recur_group_their_parameters_and_reuse_names() -> None:
    texts = [generate_program(seed, varied=True).source for seed in SEEDS]
    assert sum(re.search(r"else let (v\d+) = (f\d+)[ab]?\(", text) is not None for text in texts) > 20
    assert sum(re.search(r"fn f\d+\(v\d+: i64, v\d+: \(", text) is not None for text in texts) > 20
    declared = [re.findall(r"let (\w+) =", text) for text in texts]
    assert sum(len(set(names)) < len(names) for names in declared) > 20


def test_varied_programs_check() -> None:
    for seed in range(150):
        checked(generate_program(seed, varied=True))


def test_names_that_hide_others_change_nothing() -> None:
    renamed = 0
    for seed in range(60):
        program = generate_program(seed)
        hiding = shadowed(program.source, SeededChoices(seed))
        renamed += hiding != program.source
        for values in program.arguments(seed, 2):
            assert outcome(hiding, values) == outcome(program.source, values)
    assert renamed > 30


def outcome(source: str, values: tuple[object, ...]) -> tuple[object, ...]:
    """What a program gives or traps for, and what it prints; not where."""
    got = execute(load(source), values, max_steps=50_000)
    trap = (got.trap.kind, repr(got.trap.values), got.trap.position) if got.trap is not None else None
    return [repr(np.asarray(result).tolist()) for result in got.results or ()], trap, got.output


def test_every_template_is_closed_by_brackets_or_a_call() -> None:
    """Otherwise the precedence of what stands around it would tear it apart."""
    for name in (name for name in dir(templates) if name.endswith("TEMPLATES")):
        for template in getattr(templates, name):
            depth = 0
            for position, letter in enumerate(template):
                depth += (letter in "([") - (letter in ")]")
                outside = depth == 0 and position + 1 < len(template)
                assert not (outside and letter == " "), template
            assert depth == 0, template
            assert set(re.findall(r"{(\w+)}", template)) <= set("xyabcdijnt"), template


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_drawn_programs_check_and_have_arguments(data: st.DataObject) -> None:
    program = data.draw(programs())
    checked(program)
    assert len(data.draw(arguments(program))) == len(program.parameters)


def test_numbers_drawn_below_a_power_of_two_are_all_drawn() -> None:
    random = ChoicesRandom(SeededChoices(1))
    assert {random.randrange(16) for _ in range(400)} == set(range(16))
    assert {random.choice((1, 2, 3, 4)) for _ in range(100)} == {1, 2, 3, 4}
