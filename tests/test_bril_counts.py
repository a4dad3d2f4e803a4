"""What is written executes no more than what is given, by Bril's rule; small programs above all."""

from __future__ import annotations

import pytest
from bril_corpus import CorpusProgram, corpus

from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.pipeline import optimize

RUNNING = [program for program in corpus() if not program.ill_formed and program.error is None]


def counts(program: Program, values: list[bool | int | float]) -> tuple[int, int]:
    """What a program executes, and what is written for it by the default passes, which prints the same."""
    given = execute(program, values)
    made = execute(write_program(optimize(lower(program), bril_passes()), keep=False), values)
    assert (made.output, made.error) == (given.output, given.error)
    return given.executed, made.executed


@pytest.mark.parametrize("program", RUNNING, ids=str)
def test_no_program_of_the_corpus_gets_slower(program: CorpusProgram) -> None:
    parsed = read_program(program.text, program.name)
    given, made = counts(parsed, parse_arguments(entry_of(parsed), program.words))
    assert made <= given


SMALL = {
    "an infinity": "@main(x: float) { big: float = const 1.7e308; y: float = fmul big big; print y big x; }",
    "a division in front of a loop of no turns": (
        "@main(n: int) { i: int = const 0; one: int = const 1; ten: int = const 10; .l: c: bool = lt i n; br c .b .e;"
        " .b: q: int = div ten n; print q; i: int = add i one; jmp .l; .e: print i; }"
    ),
    "a loop of no turns with a bound that is not known": (
        "@main(n: int) { i: int = const 0; one: int = const 1; s: int = const 0; .l: c: bool = lt i n; br c .b .e;"
        " .b: s: int = add s i; i: int = add i one; jmp .l; .e: print s; }"
    ),
    "a condition that is known to be false": (
        "@main(n: int) { zero: int = const 0; c: bool = gt n zero; br c .a .b; .a: n: int = sub n n; c: bool = lt n n;"
        " br c .c .b; .b: print c; .c: }"
    ),
    "a constant that one way sets": (
        "@main(c: bool) { br c .s .k; .s: x: int = const 7; .k: br c .r .e; .r: print x; .e: }"
    ),
}
#: What their one parameter is given. (A loop of two or three turns pays for its tests for four.)
WORDS = {"i64": ("0", "8"), "f64": ("1.5",), "bool": ("true", "false")}


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL.keys())
def test_small_programs_do_not_get_slower(text: str) -> None:
    program = read_program(text)
    (param,) = entry_of(program).params
    for word in WORDS[str(param.type)]:
        given, made = counts(program, parse_arguments(entry_of(program), [word]))
        assert made <= given, word
