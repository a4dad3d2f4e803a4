"""The corpus of Bril programs: the reference interpreter, the reader with the IR's interpreter, and the optimiser."""

from pathlib import Path

import pytest
from bril_corpus import FOLDER, CorpusProgram, corpus
from bril_references import PROGRAMS, lines_of
from bril_runs import kind_of, seen_of_module

from ssair.frontends.bril import compile_source
from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.read import read_program
from ssair.pipeline import optimize
from ssair.verifier import verify

CORPUS = corpus()
WELL_FORMED = [program for program in CORPUS if not program.ill_formed]


def test_the_corpus_is_of_all_kinds() -> None:
    assert len(CORPUS) >= 100
    texts = [program.text for program in CORPUS]
    for word in ("fadd", "alloc", "call", "get;", "undef", "div", "FAILS"):
        assert sum(word in text for text in texts) > 1, word
    assert {path.stem for path in FOLDER.glob("*.out")} == {program.name for program in CORPUS}


@pytest.mark.parametrize("program", CORPUS, ids=str)
def test_a_program_prints_and_fails_as_it_should(program: CorpusProgram) -> None:
    parsed = read_program(program.text, program.name)
    run = execute(parsed, parse_arguments(entry_of(parsed), program.words))
    assert (run.output, run.error) == (program.output, program.error)


@pytest.mark.parametrize("reference", PROGRAMS, ids=lambda reference: reference.__name__)
def test_the_expected_output_is_what_a_program_in_python_prints(reference) -> None:
    path = Path(FOLDER, f"{reference.__name__}.out")
    assert path.read_text(encoding="utf-8").splitlines() == lines_of(reference, *PROGRAMS[reference])


@pytest.mark.parametrize("level", [0, 2])
@pytest.mark.parametrize("program", WELL_FORMED, ids=str)
def test_what_is_lowered_and_optimised_does_the_same(program: CorpusProgram, level: int) -> None:
    values = parse_arguments(entry_of(read_program(program.text)), program.words)
    module = compile_source(program.text, program.name)
    verify(module)
    module = optimize(module, level=level)
    verify(module)
    assert seen_of_module(module, values) == (kind_of(program.error), program.output)
