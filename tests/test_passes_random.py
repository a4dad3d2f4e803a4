"""What holds of every pass, on random functions: valid IR in, valid IR out, of the same meaning."""

import re

import pytest
from observed import ENDLESS, observed

from ssair.context import Context, Fuel
from ssair.fact_assertions import FactViolation
from ssair.parser import parse_module
from ssair.passes import value_numbering
from ssair.passes.value_table import TABLES
from ssair.pipeline import LEVELS, PASSES, optimize, run_pipeline
from ssair.testing.choices import SeededChoices
from ssair.testing.modules import generate_module, structured_module

SEEDS = range(120)
ARGUMENTS = [
    [0, 0, 0.0, True],
    [1, -1, -0.0, False],
    [3, 2, float("nan"), True],
    [2**63 - 1, 1, 1.5, False],
    [-(2**63), -1, float("-inf"), True],
]


def meaning(module) -> list:
    return [observed(module, arguments) for arguments in ARGUMENTS]


@pytest.mark.parametrize("passes", [*PASSES, LEVELS[1], LEVELS[2]])
def test_a_pass_keeps_the_meaning_and_leaves_valid_ir(passes):
    for seed in SEEDS:
        module = structured_module(SeededChoices(seed), 14)
        wanted = meaning(module)
        assert ENDLESS not in wanted
        result = optimize(module, passes, context=Context(verify_each=True))
        assert meaning(result) == wanted, seed


def refinements_of(module) -> set[tuple[str, int]]:
    """The refinements of a module, each by its function and id."""
    return {
        (function.name, instr.id)
        for function in module.functions.values()
        for instr in function.instructions()
        if instr.op.name == "refine"
    }


def without_facts(module, refinements: set[tuple[str, int]]) -> list[str]:
    """The lines of a module, but for what is known of values, and for what were refinements: those of truth may become
    constants, and those that compare with them narrowings."""
    lines, name = [], ""
    for line in re.sub(r"(:[ \w\[\],:]*)\{[^}]*\}", r"\1", str(module)).splitlines():
        if found := re.match(r"func @(\w+)", line):
            name = found[1]
        defined = re.match(r"  v(\d+): .* = ", line)
        if defined is None or (name, int(defined[1])) not in refinements:
            lines.append(line)
    return lines


@pytest.mark.parametrize("name", [name for name in PASSES if name != "drop_refinements"])
def test_without_fuel_a_pass_rewrites_nothing(name):
    """What took no fuel would be laid at another pass's door by `bisect`; lowering is no rewrite."""
    for seed in range(60):
        module = generate_module(seed)
        run_pipeline(module, "clean_cfg,gvn" if seed % 2 else "")
        refinements = refinements_of(module)
        before = without_facts(module, refinements)
        run_pipeline(module, name, context=Context(fuel=Fuel(0)))
        assert without_facts(module, refinements) == before, seed


def test_a_copy_takes_fuel():
    text = "func @main -> i64 {\nbb0(v0: i64):\n  v1: i64 = narrow v0\n  v2: i64 = neg v1\n  return v2\n}\n"
    for fuel in (0, 1):
        module = parse_module(text)
        run_pipeline(module, "copyprop", context=Context(fuel=Fuel(fuel)))
        assert ("narrow" in str(module)) == (fuel == 0)


def test_a_pass_does_not_touch_the_module_that_optimize_was_given():
    for seed in SEEDS[::10]:
        module = structured_module(SeededChoices(seed), 14)
        before = str(module)
        optimize(module)
        assert str(module) == before


def test_the_three_tables_of_gvn_agree():
    different = 0
    for seed in SEEDS:
        module = structured_module(SeededChoices(seed), 30)
        texts = [str(optimize(module, f"gvn{{table={table}}}")) for table in TABLES]
        assert texts[0] == texts[1] == texts[2], seed
        different += texts[0] != str(module)
    assert different > len(SEEDS) // 2, "nothing was numbered, so nothing was compared"


@pytest.mark.parametrize("name", ["clean_cfg", "lvn", "partition", "copyprop", "dce"])
def test_a_second_run_finds_nothing(name):
    found = 0
    for seed in SEEDS:
        module = structured_module(SeededChoices(seed), 30)
        found += run_pipeline(module, name)
        text = str(module)
        assert run_pipeline(module, name) == 0, seed
        assert str(module) == text
    assert found or name == "copyprop"


def test_what_back_edges_hid_from_gvn_a_second_run_finds_and_no_third():
    second = 0
    for seed in SEEDS:
        module = structured_module(SeededChoices(seed), 30)
        run_pipeline(module, "gvn")
        second += run_pipeline(module, "gvn")
        assert run_pipeline(module, "gvn") == 0, seed
    assert second


def test_every_prefix_of_the_rewrites_is_valid_and_correct():
    for seed in range(6):
        module = structured_module(SeededChoices(seed), 8)
        wanted = meaning(module)
        whole = Context()
        optimize(module, context=whole)
        assert whole.fuel.spent
        for limit in range(whole.fuel.spent + 1):
            context = Context(fuel=Fuel(limit), verify_each=True)
            assert meaning(optimize(module, context=context)) == wanted, (seed, limit, context.fuel.last)
            assert context.fuel.spent == limit


def test_a_limit_of_fuel_stops_at_the_same_rewrite_each_time():
    module = structured_module(SeededChoices(1), 14)
    for limit in (1, 3, 7):
        contexts = [Context(fuel=Fuel(limit)) for _ in range(2)]
        first, second = (str(optimize(module, context=context)) for context in contexts)
        assert first == second
        assert contexts[0].fuel.last == contexts[1].fuel.last is not None


def test_a_mutant_of_numbering_would_be_found(monkeypatch):
    """One that takes instructions for equal when their first operands are."""

    def careless_key(instr, numbers):
        key = value_numbering_key(instr, numbers)
        return key[:3] if key is not None and instr.op.pure and len(key) == 4 else key

    value_numbering_key = value_numbering.value_key
    monkeypatch.setattr(value_numbering, "value_key", careless_key)

    def is_found(module) -> bool:
        try:
            return meaning(optimize(module, "gvn")) != meaning(module)
        except FactViolation:
            return True

    assert any(is_found(structured_module(SeededChoices(seed), 14)) for seed in SEEDS)
