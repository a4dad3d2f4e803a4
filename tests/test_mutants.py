"""The mutants apply to the source, and the fuzzer's oracles find two of them; `python -m tests.mutants` tries all."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from mutants import maps
from mutants.__main__ import Round, summary, write_record
from mutants.catalogue import ROOT, Mutant, catalogue
from mutants.hunter import BEFORE, EVERYTHING, KINDS, pipelines_of, turns
from mutants.run import Copy, Verdict, try_mutant

from ssair.testing.oracles import ORACLES

MUTANTS = catalogue()


def test_there_are_many_and_none_twice() -> None:
    assert len(MUTANTS) >= 80
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.name for mutant in MUTANTS])
def test_a_mutant_applies(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    compile(mutant.applied(text), mutant.file, "exec")
    assert mutant.bug


def test_every_oracle_but_that_of_fuel_is_asked() -> None:
    asked = {name for part in KINDS for turn in islice(turns(part, frozenset()), 800) for name in turn.against}
    assert asked == set(ORACLES) - {"fuel"}


def test_every_kind_of_program_is_tried_for_every_part() -> None:
    assert {mutant.part for mutant in MUTANTS} == set(KINDS) | {"mapping"}
    for part in set(KINDS) - {"kernel", "front_end"}:
        assert {turn.subject for turn in islice(turns(part, frozenset()), 100)} >= set(EVERYTHING)


def test_a_pass_with_a_bug_is_tried_alone_and_among_all() -> None:
    assert pipelines_of(frozenset({"ssair.passes.gvn"})) == ("gvn", "gvn", "gvn", f"{BEFORE},gvn", None)
    assert pipelines_of(frozenset({"ssair.ir"})) == (None,)


def test_trials_of_maps_find_nothing_where_there_is_no_bug() -> None:
    assert [maps.difference(number) for number in range(3 * len(maps.WAYS))] == [""] * 3 * len(maps.WAYS)


def test_two_are_found_and_the_source_is_left_as_it_was(tmp_path: Path) -> None:
    with Copy(tmp_path) as copy:
        for name in ("branch_folded_the_wrong_way", "index_may_be_the_length"):
            (mutant,) = (mutant for mutant in MUTANTS if mutant.name == name)
            verdict = try_mutant(copy, mutant, 1, 20.0)
            assert not verdict.survived and verdict.programs > 0, verdict
            assert (tmp_path / mutant.file).read_bytes() == (ROOT / mutant.file).read_bytes()


def test_a_mutant_that_is_none_survives(tmp_path: Path) -> None:
    nothing = Mutant("nothing", "passes/dce.py", 'NAME = "dce"', 'NAME = "d" "ce"', "nothing", "control")
    with Copy(tmp_path) as copy:
        verdict = try_mutant(copy, nothing, 1, 2.0)
    assert verdict.survived and verdict.programs > 10


def test_the_record_says_what_each_seed_found_and_what_none_did(tmp_path: Path) -> None:
    rows = [Mutant(name, "passes/dce.py", "a", "b", "a bug", "control") for name in ("one", "other")]
    rounds = [
        Round(seed, [Verdict("one", "interp: dce", 5, 0.5), Verdict("other", by, 9, 3.0)], 4.0)
        for seed, by in ((1, ""), (2, "text: dce"))
    ]
    assert summary(rounds) == "1 of 2 found with each of 2 seeds, in 4, 4 s of CPU"
    assert summary(rounds[1:]) == "all 2 found with 1 seed, in 4 s of CPU"
    document = tmp_path / "record.md"
    document.write_text("before\n<!-- mutants -->\nold\n<!-- end of mutants -->\nbehind\n")
    write_record(document, rows, rounds, 3.0)
    text = document.read_text()
    assert text.startswith("before\n<!-- mutants -->\n") and text.endswith("<!-- end of mutants -->\nbehind\n")
    assert "old" not in text and "Not found with every seed: `other`." in text
    assert "| control | 2 | 1, 2 | 14, 14 | 4, 4 | 3.0, 3.0 |" in text
