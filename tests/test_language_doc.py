"""Every block of docs/language.md is what happens; `pytest --bless` rewrites the layout, the errors and the grammar."""

from __future__ import annotations

import contextlib
import io
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from fun_grammar import ebnf
from fun_runs import reported

import ssair
from ssair.diagnostics import SourceError
from ssair.frontends.fun.check import checked_program
from ssair.frontends.fun.format import format_source

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "language.md"
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_EXPECTATION = re.compile(r"^# (\w+\(.*?\)) (prints|gives|traps) (.*?)( in the interpreter)?$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, its text, and that of the block of text behind it, if there is one."""

    language: str
    text: str
    error: str | None
    line: int


@cache
def blocks() -> list[Block]:
    """The blocks of the page in their order."""
    page = PAGE.read_text()
    found = list(_BLOCK.finditer(page))
    result = []
    for number, match in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        behind = following is not None and following[1] == "text" and not page[match.end() : following.start()].strip()
        line = page.count("\n", 0, match.start()) + 1
        result.append(Block(match[1], match[2], following[2] if following is not None and behind else None, line))
    return result


def fun_blocks() -> list[Block]:
    """The programs of the page."""
    return [block for block in blocks() if block.language == "fun"]


def line_of(block: Block) -> str:
    """The name of a block's test."""
    return f"line {block.line}"


def expectations(block: Block) -> dict[tuple[str, bool], list[str]]:
    """What each call in the comments of a block does, and whether a kernel does it too."""
    calls: dict[tuple[str, bool], list[str]] = {}
    for match in _EXPECTATION.finditer(block.text):
        calls.setdefault((match[1], match[4] is None), []).append(f"{match[2]} {match[3]}")
    return calls


def error_of(block: Block) -> str:
    """What the checker or, where that finds nothing, the kernel says of a program."""
    try:
        checked_program(block.text, "example.fun")
        ssair.compile(block.text)
    except SourceError as error:
        shown = "\n\n".join(diagnostic.render() for diagnostic in error.diagnostics)
        return shown.replace("<text>", "example.fun") + "\n"
    return ""


@pytest.mark.parametrize("block", fun_blocks(), ids=line_of)
def test_programs_do_in_the_interpreter_what_their_comments_say(block: Block) -> None:
    for (call, _), outcome in expectations(block).items():
        assert reported(block.text, call, as_kernel=False) == outcome


@pytest.mark.parametrize("block", fun_blocks(), ids=line_of)
def test_programs_do_as_kernels_what_their_comments_say(block: Block) -> None:
    for (call, as_kernel), outcome in expectations(block).items():
        assert not as_kernel or reported(block.text, call, as_kernel=True) == outcome


@pytest.mark.parametrize("block", fun_blocks(), ids=line_of)
def test_programs_without_an_expectation_are_refused_as_shown(block: Block, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--bless"):
        bless(block)
    assert expectations(block) or block.error
    assert (block.error or "") == error_of(block)


def bless(block: Block) -> None:
    """Rewrite the text behind a program."""
    if block.error is not None:
        old = f"```fun\n{block.text}```\n\n```text\n{block.error}```"
        PAGE.write_text(PAGE.read_text().replace(old, old[: -len(block.error) - 3] + error_of(block) + "```"))


@pytest.mark.parametrize("block", fun_blocks(), ids=line_of)
def test_programs_are_laid_out_as_fmt_does(block: Block, request: pytest.FixtureRequest) -> None:
    laid_out = format_source(block.text)
    if request.config.getoption("--bless"):
        PAGE.write_text(PAGE.read_text().replace(block.text, laid_out))
    assert block.text == laid_out


def test_python_prints_what_its_comments_say() -> None:
    for block in blocks():
        if block.language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(block.text, {})
            assert printed.getvalue().split() == re.findall(r"print\(.*\)  # (\w+)", block.text)


def test_the_grammar_is_that_of_the_parser(request: pytest.FixtureRequest) -> None:
    (block,) = [block for block in blocks() if block.language == "ebnf"]
    grammar = ebnf(ROOT / "frontends" / "fun" / "fun.lark")
    if request.config.getoption("--bless"):
        PAGE.write_text(PAGE.read_text().replace(f"```ebnf\n{block.text}```", f"```ebnf\n{grammar}```"))
    assert block.text == grammar


def test_no_block_is_left_untested() -> None:
    assert {block.language for block in blocks()} == {"fun", "text", "python", "ebnf"}
    assert sum(block.language == "text" for block in blocks()) == sum(block.error is not None for block in fun_blocks())


def test_links_within_the_page_lead_somewhere() -> None:
    page = PAGE.read_text()
    headings = {heading.lower().replace(" ", "-") for heading in re.findall(r"^## (.*)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= headings
