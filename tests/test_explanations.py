"""What `ssairc explain` says: there is a section for each error and trap, and its programs do what it says they do."""

import ast
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

import ssair
from ssair.cli import main
from ssair.diagnostics import CODES, Source, SourceError, Span, decode_source
from ssair.explanations import explanations
from ssair.interpreted import call
from ssair.ir import Module
from ssair.kernel import Kernel
from ssair.ops import TRAP_KINDS
from ssair.pipeline import optimize
from ssair.sources import FRONTENDS
from ssair.traps import Trap
from ssair.types import ArrayType

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"^# (\w+)\((.*)\) (traps|gives (.*))$", re.MULTILINE)


def programs(key: str) -> list[tuple[str, str]]:
    """The language and the text of each block of a section; one of Python makes the text."""
    return BLOCK.findall(explanations()[key].text)


def module_of(language: str, text: str) -> Module:
    if language == "python":
        names: dict[str, str | bytes] = {}
        exec(text, names)
        program = names["program"]
        text, language = decode_source(program) if isinstance(program, bytes) else program, "fun"
    module = FRONTENDS[language](text, "<example>")
    module.source, module.source_name = text, "<example>"
    return module


def compile_example(key: str, language: str, text: str) -> None:
    """Compile as far as it takes for the errors of this section to come."""
    module = module_of(language, text)
    if key.startswith("E06"):
        lengths = {f"{param}.0": 4 for param in module.entry().params if isinstance(param.type, ArrayType)}
        Kernel(optimize(module)).trace_text("jaxpr", lengths)


def test_every_code_and_every_trap_has_a_section_in_their_order():
    assert list(explanations()) == [*CODES, *TRAP_KINDS]
    assert {key: found.title for key, found in explanations().items() if key in CODES} == CODES


@pytest.mark.parametrize("key", [*CODES, *TRAP_KINDS])
def test_a_section_has_a_faulty_program_and_a_corrected_one(key):
    assert len(programs(key)) == 2
    assert programs(key)[0] != programs(key)[1]
    assert len(explanations()[key].text.split("\n\n")[0]) > 80  # it begins with what the code means


@pytest.mark.parametrize("code", CODES)
def test_the_faulty_program_gives_this_code_first(code):
    with pytest.raises(SourceError) as caught:
        compile_example(code, *programs(code)[0])
    assert caught.value.diagnostics[0].code == code


@pytest.mark.parametrize("code", CODES)
def test_the_corrected_program_compiles(code):
    compile_example(code, *programs(code)[1])


@pytest.mark.parametrize("kind", TRAP_KINDS)
@pytest.mark.parametrize("number", [0, 1])
def test_the_programs_of_a_trap_do_what_they_say(kind, number):
    language, text = programs(kind)[number]
    (function, arguments, outcome, value) = CALL.search(text).groups()
    module = module_of(language, text)
    assert module.entry().name == function
    values = ast.literal_eval(f"[{arguments}]")
    if number == 0:
        assert outcome == "traps"
        with pytest.raises(Trap) as caught:
            call(module, values)
        assert caught.value.kind == kind
    else:
        assert np.array_equal(call(module, values), ast.literal_eval(value))


def test_a_diagnostic_has_its_explanation():
    diagnostic = Source("x").diagnostic("E0301", "wrong", Span(0, 1))
    assert diagnostic.explanation == explanations()["E0301"].text


def test_the_sections_are_in_the_package():
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["ssair"]
    assert "*.md" in data


def test_lines_fit_a_page():
    page = (Path(ssair.__file__).parent / "explanations.md").read_text()
    assert max(map(len, page.split("\n"))) <= 105


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("E0301", "E0301"),
        ("e0301", "E0301"),
        ("0301", "E0301"),
        ("301", "E0301"),
        ("error[E0301]", "E0301"),
        ("index", "index"),
        ("Index", "index"),
        ("IndexTrap", "index"),
        ("trap[index]", "index"),
        (" E0301 ", "E0301"),
    ],
)
def test_a_code_is_found_however_it_is_written(written, key, capsys):
    assert main(["explain", written]) == 0
    assert capsys.readouterr().out == f"{explanations()[key]}\n"


def test_several_codes_are_explained_in_turn_and_each_once(capsys):
    assert main(["explain", "index", "E0301", "e301"]) == 0
    shown = capsys.readouterr().out
    assert shown == f"{explanations()['index']}\n\n{explanations()['E0301']}\n"


def test_without_a_code_all_are_listed(capsys):
    assert main(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(CODES) + len(TRAP_KINDS)
    assert lines[0] == f"E0101   {CODES['E0101']}".replace("   ", " " * (2 + max(map(len, explanations())) - 5))


@pytest.mark.parametrize(
    ("written", "meant"), [("E0399", "E030"), ("indx", "index"), ("E0O1", "E0"), ("???", "lists all")]
)
def test_an_unknown_code_is_an_error_of_usage_that_names_the_nearest(written, meant, capsys):
    assert main(["explain", written]) == 2
    error = capsys.readouterr().err
    assert repr(written) in error and meant in error
