"""Goldens of the Bril writer: `tests/golden/bril/*.ssair` are functions of the IR, with the Bril that they become.

A file says once whether it is written `; written: as it is` or `; written: with copies of blocks`; behind every
function stands `; expect:` with the whole function. `pytest --bless tests/test_bril_write_golden.py` writes these anew.
Each function is also run, before and after, on a few arguments.
"""

import itertools
import re
from pathlib import Path

import pytest
from test_golden import EXPECTATION, FUNCTION

from ssair.frontends.bril.interpret import execute as execute_bril
from ssair.frontends.bril.printing import format_function
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.write import write_program
from ssair.interp import execute
from ssair.ir import Module
from ssair.parser import parse_module
from ssair.types import BOOL, F64, I64
from ssair.verifier import verify

FILES = sorted((Path(__file__).parent / "golden" / "bril").glob("*.ssair"))
WRITTEN = {"as it is": False, "with copies of blocks": True}
HOW = re.compile(r"^; written: (.*)$", re.MULTILINE)
SAMPLES = {I64: (0, 1, -3, 12, 5), F64: (0.0, -0.0, 2.5, float("nan")), BOOL: (True, False)}
NAMES = [
    pytest.param(path, found[1], id=f"{path.stem}-{found[1]}")
    for path in FILES
    for found in FUNCTION.finditer(path.read_text())
]


def read(path: Path) -> tuple[Module, Program]:
    text = path.read_text()
    module = parse_module(text)
    verify(module)
    how = HOW.search(text)
    assert how is not None, f"{path.name} does not say how it is written"
    return module, write_program(module, WRITTEN[how[1]])


def bless(path: Path, program: Program) -> None:
    """Rewrite the expectations of a file."""
    texts = {function.name: format_function(function) for function in program.functions}
    parts, position, text = [], 0, path.read_text()
    for function in FUNCTION.finditer(text):
        lines = ["expect:", *texts[function[1]].splitlines()]
        parts += [text[position : function.end()], *(f"; {line}\n" for line in lines)]
        found = EXPECTATION.match(text, function.end())
        position = found.end() if found else function.end()
    path.write_text("".join([*parts, text[position:]]))


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_golden(path: Path, name: str, request: pytest.FixtureRequest) -> None:
    _, program = read(path)
    if request.config.getoption("--bless"):
        bless(path, program)
        return
    text = path.read_text()
    function = next(found for found in FUNCTION.finditer(text) if found[1] == name)
    found = EXPECTATION.match(text, function.end())
    assert found is not None, f"@{name} has no expectation; see it, then bless it"
    made = next(format_function(made) for made in program.functions if made.name == name)
    assert made == re.sub("^; ?", "", found[1], flags=re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), NAMES)
def test_golden_functions_do_what_they_did(path: Path, name: str) -> None:
    module, program = read(path)
    function = module.functions[name]
    if name == "endless":
        return
    for args in itertools.product(*(SAMPLES[param.type] for param in function.params)):
        before = execute(module, args, name)
        after = execute_bril(program, args, name)
        assert (after.output, after.error is None) == (before.output, before.trap is None)
