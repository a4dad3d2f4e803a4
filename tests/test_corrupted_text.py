"""Texts with faults in them: bytes flipped, lines cut, swapped, doubled. Each is an error with a place, or is valid.

`python tests/test_corrupted_text.py [COUNT] [SEED]` tries so many of each language (10,000 if nothing is said).
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from ssair.diagnostics import SourceError
from ssair.pipeline import optimize
from ssair.sources import FRONTENDS, load
from ssair.testing import generate_module
from ssair.verifier import verify

ROOT: Final = Path(__file__).resolve().parent.parent
COUNT: Final = 120
_CHARACTERS: Final = '0123456789 \t\n(){}[]<>:;,.@%=+-*/&|"\\vbijfxn_~\x00é'


def flip(draw: random.Random, text: str) -> str:
    """One character is another."""
    place = draw.randrange(len(text))
    return text[:place] + draw.choice(_CHARACTERS) + text[place + 1 :]


def insert(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice(_CHARACTERS) + text[place:]


def delete(draw: random.Random, text: str) -> str:
    place = draw.randrange(len(text))
    return text[:place] + text[place + draw.randrange(1, 8) :]


def cut_line(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    del lines[draw.randrange(len(lines))]
    return "".join(lines)


def swap_lines(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "".join(lines)


def double_line(draw: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
    return "".join(lines)


def truncate(draw: random.Random, text: str) -> str:
    return text[: draw.randrange(len(text))]


def exchange_words(draw: random.Random, text: str) -> str:
    """Two words of a line change places."""
    lines = text.splitlines(keepends=True)
    number = draw.randrange(len(lines))
    words = lines[number].split(" ")
    one, other = draw.randrange(len(words)), draw.randrange(len(words))
    words[one], words[other] = words[other], words[one]
    lines[number] = " ".join(words)
    return "".join(lines)


_PLACE: Final = re.compile(r"@|function \d+|a program|imports|the JSON")
FAULTS: Final = (flip, insert, delete, cut_line, swap_lines, double_line, truncate, exchange_words)


def corrupted(draw: random.Random, text: str) -> str:
    """A text with one to three faults."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        if text.strip():
            text = draw.choice(FAULTS)(draw, text)
    return text


def texts_of_the_ir() -> list[str]:
    """Modules as built and as optimised."""
    modules = [generate_module(seed, 8) for seed in range(24)]
    return [str(module) for module in modules] + [str(optimize(module)) for module in modules]


def texts_of_fun() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.fun"))]


def texts_of_bril() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "bril").glob("*.bril"))]


def texts_of_bril_json() -> list[str]:
    from ssair.frontends.bril.printing import json_form
    from ssair.frontends.bril.read import read_program

    return [json.dumps(json.loads(json_form(read_program(text))), indent=1) for text in texts_of_bril()]


TEXTS: Final[dict[str, Callable[[], list[str]]]] = {
    "ssair": texts_of_the_ir,
    "fun": texts_of_fun,
    "bril": texts_of_bril,
    "bril-json": texts_of_bril_json,
}


def read(text: str, frontend: str) -> str:
    """What becomes of a text: `valid`, or `error` if every fault has a line of the text.

    Whatever else is raised is a fault of ssair's own.
    """
    try:
        module = load(text, frontend.removesuffix("-json"))
    except SourceError as error:
        lines = text.count("\n") + text.count("\r") + 2
        assert error.diagnostics
        for found in error.diagnostics:
            assert found.code and found.message, found
            if frontend != "bril-json" or found.line:
                assert 1 <= found.line <= lines and found.column >= 1, found
            else:  # JSON has no lines of its own: the message tells the function and the instruction
                assert _PLACE.match(found.message), found
        assert str(error)
        return "error"
    verify(module)
    return "valid"


def try_texts(frontend: str, count: int, seed: int) -> Counter[str]:
    """Corrupt texts of one language; gives how many were what."""
    texts = TEXTS[frontend]()
    found: Counter[str] = Counter()
    for number in range(seed, seed + count):
        draw = random.Random(number)
        text = corrupted(draw, draw.choice(texts))
        try:
            found[read(text, frontend)] += 1
        except Exception as fault:
            raise AssertionError(f"{frontend}, seed {number}: {fault!r}\n{text}") from fault
    return found


@pytest.mark.parametrize("frontend", TEXTS)
def test_a_corrupted_text_is_an_error_with_a_line_or_valid(frontend: str) -> None:
    found = try_texts(frontend, COUNT, 0)
    assert found["error"] > COUNT // 4 and found["valid"], found


def test_every_language_has_its_texts() -> None:
    assert {name.removesuffix("-json") for name in TEXTS} == set(FRONTENDS)


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    for name in TEXTS:
        print(name, dict(try_texts(name, *((numbers + [10_000, 0][len(numbers) :])[:2]))), flush=True)
