"""After a syntax error, reading goes on: every mistake of a file is found in one run, and none that is not there."""

import random
from collections import Counter
from pathlib import Path

import pytest
from growth import assert_linear
from lark import Token

from ssair.frontends.fun.grammar import fun_parser
from ssair.frontends.fun.parse import parse_what_can_be

EXAMPLES = [path.read_text() for path in sorted((Path(__file__).parents[1] / "examples").glob("*.fun"))]
LEXER = fun_parser(None)
INSERTED = (
    "(", ")", "[", "]", ",", "in", "let", "then", "else", "=", "==", "+", "1", "x", "do", "for", "if", "->", ":", "..",
    "with", "fn",
)  # fmt: skip


def errors_of(text: str) -> list[tuple[str, int]]:
    return [(each.code, each.line) for each in parse_what_can_be(text)[1]]


def mutation(tokens: list[Token], place: int, chance: random.Random) -> tuple[int, int, str]:
    """One mistake at a token: start and end of what is replaced, and what stands there instead."""
    token = tokens[place]
    start, end = token.start_pos, token.end_pos
    assert start is not None and end is not None
    match chance.choice(["delete", "double", "swap", "replace", "insert"]):
        case "delete":
            return start, end, " "
        case "double":
            return start, end, f"{token} {token}"
        case "swap" if place + 1 < len(tokens):
            after = tokens[place + 1]
            assert after.end_pos is not None
            return start, after.end_pos, f" {after} {token} "
        case "replace":
            return start, end, f" {chance.choice(INSERTED)} "
    return start, start, f" {chance.choice(INSERTED)} "


def mutants(count: int, mistakes: int) -> Counter[int]:
    """How often so many errors were found in an example with mistakes in different places."""
    chance = random.Random(0)
    found: Counter[int] = Counter()
    for _ in range(count):
        text = chance.choice(EXAMPLES)
        tokens = list(LEXER.lex(text))
        places = sorted(chance.sample(range(0, len(tokens), 30), mistakes))
        for place in reversed(places):
            start, end, instead = mutation(tokens, min(place + chance.randrange(5), len(tokens) - 1), chance)
            text = text[:start] + instead + text[end:]
        found[len(errors_of(text))] += 1
    return found


def test_one_mistake_is_one_error():
    """Some mistakes are a program after all, and few look like two."""
    found = mutants(600, mistakes=1)
    assert found[1] >= 570
    assert found[0] + found[1] >= 588


def test_distant_mistakes_are_as_many_errors():
    """One may hide another, in the same function; there are hardly ever more errors than mistakes."""
    found = mutants(300, mistakes=2)
    assert found[2] >= 190
    assert found[0] + found[1] + found[2] >= 288


SEVERAL = [
    ("fn f(x: i64) = (x + 1\nfn g(x: i64) = [x,]\nfn h(x: i64) = if x then 1", [2, 2, 3]),
    ("fn f(x: i64) =\n  let a = x +* 2\n  let d = a + 1 + x * 2\n  let b = (a, a\n  let c = 3 in\n  a + b + c", [2, 5]),
    ("fn f(x: i64) =\n  let a = x ; let b = a + 1 + 2 + 3 + 4 + 5\n  let c = b ; in a + b + c", [2, 3]),
    ("fn f(x: i64) =\n  let a = g(x, , 1)\n  let b = a + 1 + 2 + 3\n  let c = if a 1 else 2 in\n  a + b", [2, 4]),
    ("fn f(x: i64,) = x\nfn g(i64 x) = x\nfn h(x: i64) -> = x\nfn i(x: i64) x", [1, 2, 3, 4]),
    ("fn f(x: i64) = let a = 1in a\nfn g(x: i64) = 1..2\nfn h(x: i64) = x x", [1, 2, 3]),
]


@pytest.mark.parametrize(("text", "lines"), SEVERAL)
def test_errors_are_found_in_one_run(text, lines):
    assert [line for _, line in errors_of(text)] == lines


ALONE = [
    "fn f(x: n]f64, y: i64) = x + y",
    "fn f(x: i64) =\n  a = x + 1 + 2 + 3 + 4\n  let b = 2 * a + 3 * a + 1 in b",
    "fn f(x: i64) =\n  loop i = 0 while i < x { i + 1 }",
    "fn f(x: i64) { let y = x + 1 in y }",
    "fn f(x: i64) = let y = if x > 1 x else 2 in let z = 3 + y + x in z",
    "fn f(x: i64) = let y = [i for i 0..x] in let z = sum(y) + 3 + x in z",
    "fn f(x: i64) = let y = fn (a: i64) = a in y + 1 + 2 + 3 + x",
]


@pytest.mark.parametrize("text", ALONE)
def test_an_error_brings_no_others(text):
    assert len(errors_of(text)) == 1


def test_functions_without_errors_are_kept():
    text = "fn a() = 1\nfn b() = (2 3)\nfn c() = 3\nfn d() = 4 +\nfn e() = 5"
    program, diagnostics = parse_what_can_be(text)
    assert [function.name for function in program.functions] == ["a", "c", "e"]
    assert len(diagnostics) == 2


def test_a_file_full_of_errors_is_read_to_the_hundredth():
    text = "\n".join(f"fn f{i}(x: i64) = x + + {i}" for i in range(1000))
    assert errors_of(text) == [("E0102", line) for line in range(1, 101)]


@pytest.mark.parametrize("bad", ["1x", ".5", '"', "$", "x: what"])
def test_bad_tokens_and_types_are_capped_too(bad):
    text = f"fn f() = g({', '.join([bad] * 1000)})" if ":" not in bad else f"fn f({', '.join([bad] * 1000)}) = 1"
    assert 1 <= len(errors_of(text)) <= 100


@pytest.mark.parametrize(
    "piece",
    [
        "fn ",
        "fn f",
        "fn f(",
        "( ",
        ") ",
        "if ",
        "let ",
        "x ",
        "in ",
        "{ ",
        "fn f() = ((((",
        "fn f() = 1 1 ",
        "fn f() = if ",
    ],
)
def test_recovery_takes_linear_time(piece):
    assert_linear(lambda count: parse_what_can_be(piece * count), 2000)
