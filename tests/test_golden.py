"""Golden tests: `tests/golden/*.ssair` are modules in the text form of the IR, with what the passes make of them.

A file says `; run: PIPELINE` (or `-O2`) once, and behind every function stands

    ; expect:
    ; func @name -> i64 {
    ;   …
    ; }

with the whole function as it comes out. A function without expectation fails; `pytest --bless tests/test_golden.py`
writes them anew, to be read in the diff. Each function is also run before and after, on a few arguments.
"""

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from observed import observed

from ssair.ir import Module, Param
from ssair.parser import parse_module
from ssair.pipeline import LEVELS, PASSES, optimize, parse_pipeline
from ssair.printer import format_function
from ssair.semantics import dtype_of
from ssair.types import ArrayType
from ssair.verifier import verify

FILES = sorted((Path(__file__).parent / "golden").glob("*.ssair"))
FUNCTION = re.compile(r"^func @(\w+).*?^}\n", re.MULTILINE | re.DOTALL)
EXPECTATION = re.compile(r"; expect:\n((?:;.*\n)*)")
RUN = re.compile(r"^; run: (.*)$", re.MULTILINE)


class Golden(NamedTuple):
    """A file: its passes, its module, and for each function what is expected."""

    pipeline: str
    module: Module
    expected: dict[str, str | None]


def read(path: Path) -> Golden:
    text = path.read_text()
    expected: dict[str, str | None] = {}
    for function in FUNCTION.finditer(text):
        found = EXPECTATION.match(text, function.end())
        expected[function[1]] = re.sub("^; ?", "", found[1], flags=re.MULTILINE) if found else None
    run = RUN.search(text)
    assert run is not None, f"{path.name} does not say what to run"
    pipeline = LEVELS[int(run[1][2:])] if run[1].startswith("-O") else run[1]
    return Golden(pipeline, parse_module(text), expected)


def blessed(path: Path, module: Module) -> str:
    """The text of a file with the expectations that `module` meets."""
    parts, position = [], 0
    text = path.read_text()
    for function in FUNCTION.finditer(text):
        parts.append(text[position : function.end()])
        lines = format_function(module.functions[function[1]]).splitlines()
        parts.append("".join(f"; {line}\n" for line in ["expect:", *lines]))
        found = EXPECTATION.match(text, function.end())
        position = found.end() if found else function.end()
    return "".join([*parts, text[position:]])


CASES = [pytest.param(path, name, id=f"{path.stem}-{name}") for path in FILES for name in read(path).expected]


@pytest.mark.parametrize(("path", "name"), CASES)
def test_golden(path, name, request):
    golden = read(path)
    verify(golden.module)
    result = optimize(golden.module, golden.pipeline)
    verify(result)
    if request.config.getoption("--bless"):
        path.write_text(blessed(path, result))
        return
    assert golden.expected[name] is not None, f"@{name} has no expectation; see it, then bless it"
    assert format_function(result.functions[name]) + "\n" == golden.expected[name]


SAMPLES = {
    "i": [0, 1, -1, 2, 7, -8, 12, 63, 2**31 - 1, -(2**31)],
    "f": [0.0, -0.0, 1.0, -1.5, np.nan, np.inf, -np.inf, 2.5],
    "b": [True, False],
}


def argument(param: Param, turn: int):
    """A value of a parameter's type and fact; small where it shapes arrays."""
    samples = SAMPLES[dtype_of(param.type).kind]
    if isinstance(param.type, ArrayType):
        count = turn % 4
        values = [samples[(turn + i) % len(samples)] for i in range(count**param.type.rank)]
        return np.array(values, dtype_of(param.type)).reshape([count] * param.type.rank)
    fitting = [value for value in samples if param.fact.contains(value) and not (param.static and value > 9)]
    return fitting[turn % len(fitting)]


@pytest.mark.parametrize(("path", "name"), CASES)
def test_golden_functions_mean_what_they_meant(path, name):
    golden = read(path)
    if golden.module.entry_name not in (None, name):
        return  # what is not the entry is called as its callers do
    result = optimize(golden.module, golden.pipeline)
    params = golden.module.functions[name].params
    for turn in range(24):
        arguments = [argument(param, turn * (place + 1) + place) for place, param in enumerate(params)]
        assert observed(result, arguments, name) == observed(golden.module, arguments, name)


def test_every_pass_has_golden_tests():
    runs = [RUN.search(path.read_text())[1] for path in FILES]
    named = {step.row.name for run in runs if not run.startswith("-O") for step in parse_pipeline(run)}
    assert named == set(PASSES)
