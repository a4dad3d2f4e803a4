"""The pages of the passes: each pass has one, and what they show is what happens.

A page in `docs/passes/` shows a module behind `<!-- before -->`, and behind `<!-- after PASSES -->` what these passes
make of the functions. `docs/passes.md` holds the pipeline between `<!-- levels -->`, `<!-- orders -->` and their
`<!-- end -->`, and the table of redundancies, whose rows name their golden tests. `pytest --bless
tests/test_pass_docs.py` writes anew what is shown and the pipeline, to be read in the diff.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from observed import observed
from test_golden import argument

from ssair.ir import Module
from ssair.parser import parse_module
from ssair.pipeline import LEVELS, ORDERS, PASSES, optimize
from ssair.printer import format_function, format_module
from ssair.verifier import verify

ROOT = Path(__file__).parents[1]
INDEX = ROOT / "docs" / "passes.md"
PAGES = sorted((ROOT / "docs" / "passes").glob("*.md"))
BEFORE = re.compile(r"(?<=<!-- before -->\n```ssair\n)(.*?)(?=^```)", re.DOTALL | re.MULTILINE)
AFTER = re.compile(r"<!-- after (?P<passes>\S+) -->\n```ssair\n(?P<shown>.*?)^```", re.DOTALL | re.MULTILINE)
GENERATED = re.compile(r"(?<=<!-- (levels|orders) -->\n\n)(.*?)(?=\n<!-- end -->)", re.DOTALL)
REDUNDANCY = re.compile(r"^\|.*\| `(\w+)` in `(\w+\.ssair)` \| (.*) \|$", re.MULTILINE)


def shown(module: Module) -> str:
    """What a page shows of a module that passes have been over."""
    return "\n".join(format_function(function) + "\n" for function in module.functions.values())


def before_and_after(path: Path) -> tuple[Module, Module, str, str]:
    """The module of a page, what its passes make of it, their names, and what the page says that they make of it."""
    text = path.read_text()
    before, after = BEFORE.search(text), AFTER.search(text)
    assert before is not None and after is not None, f"{path.name} shows nothing"
    module = parse_module(before[1])
    verify(module)
    result = optimize(module, after["passes"])
    verify(result)
    return module, result, after["passes"], after["shown"]


def test_each_pass_has_a_page_and_each_page_a_pass() -> None:
    assert {path.stem for path in PAGES} == set(PASSES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_dump_is_what_the_passes_make(path: Path, request: pytest.FixtureRequest) -> None:
    module, result, passes, said = before_and_after(path)
    assert path.stem in re.split(r"[,{}]", passes)
    if request.config.getoption("--bless"):
        text = BEFORE.sub(lambda _: format_module(module), path.read_text())
        path.write_text(AFTER.sub(f"<!-- after {passes} -->\n```ssair\n{shown(result)}```", text))
        return
    assert shown(result) == said


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_example_means_what_it_meant(path: Path) -> None:
    module, result, _, _ = before_and_after(path)
    for name, function in result.functions.items():
        if module.entry_name not in (None, name):
            continue  # what is not the entry is called as its callers do
        for turn in range(16):
            arguments = [argument(param, turn * (place + 1) + place) for place, param in enumerate(function.params)]
            assert observed(result, arguments, name) == observed(module, arguments, name)


@pytest.mark.parametrize("path", [INDEX, *PAGES], ids=lambda path: path.stem)
def test_files_and_pages_named_are_there(path: Path) -> None:
    text = path.read_text()
    named = re.findall(r"`((?:passes|ssair|tests)/[\w/]+\.\w+)`", text)
    assert named
    for name in named:
        assert (ROOT / name).is_file(), name
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / link).is_file(), link


def generated() -> dict[str, str]:
    """What the index says of the pipeline, by the mark that it stands behind."""
    levels = "".join(f"| `-O{level}` | {re.sub(r',(?![^{]*})', ' ', text)} |\n" for level, text in LEVELS.items())
    rows = "".join(f"| `{order.before}` | `{order.after}` | {order.because} |\n" for order in ORDERS)
    return {
        "levels": f"| level | passes |\n| --- | --- |\n{levels}",
        "orders": f"| pass | stands before | because |\n| --- | --- | --- |\n{rows}",
    }


def test_the_index_has_the_pipeline_as_it_is(request: pytest.FixtureRequest) -> None:
    text = INDEX.read_text()
    if request.config.getoption("--bless"):
        INDEX.write_text(GENERATED.sub(lambda found: generated()[found[1]], text))
        return
    assert {found[1]: found[2] for found in GENERATED.finditer(text)} == generated()


def test_the_index_links_every_page_and_says_what_the_pass_is_for() -> None:
    text = INDEX.read_text()
    for row in PASSES.values():
        assert f"| [{row.name}](passes/{row.name}.md) |" in text


def test_each_redundancy_has_a_golden_test_of_the_default_pipeline() -> None:
    rows = REDUNDANCY.findall(INDEX.read_text())
    assert len(rows) > 12
    for function, file, passes in rows:
        golden = (ROOT / "tests" / "golden" / file).read_text()
        assert f"func @{function} " in golden, function
        assert "; run: -O2\n" in golden, file
        assert set(re.findall(r"\w+", passes)) <= set(PASSES), passes
