"""The quick look at Bril functions: where it finds that one is well formed, looking step by step finds no fault."""

import re
from random import Random

import pytest
from bril_corpus import FOLDER

from ssair.diagnostics import Source
from ssair.frontends.bril import check as step_by_step
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.text import TextParser
from ssair.frontends.bril.well_formed import is_well_formed

TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.bril"))}

#: A fault a line.
BROKEN = """
x: int = add n b;
x: bool = add n n;
x: int = add n;
x: int = add n n n;
add n n;
x: bool = lt f f;
x: int = id b;
x: int = id n n;
x: int = not n;
x: int = id;
b: int = const 1;
nop n;
jmp .l;
jmp .l .l; .l:
jmp n .l; .l:
br n .l .l; .l:
br b .l; .l:
br b .l .m; .l:
.l: .l:
ret n;
x: int = call @two n;
x: int = call @one;
x: int = call @one b;
call @one n;
x: bool = call @one n;
x: int = alloc n;
x: ptr<int> = alloc b;
free n;
free p p;
x: float = load p;
x: int = load n;
store p f;
store n n;
x: ptr<bool> = ptradd p n;
x: ptr<int> = ptradd p b;
x: int = frobnicate n;
x: int = add .l n n; .l:
x: int = id @one n;
print @one n;
print .l n; .l:
free p .l; .l:
ret .l; .l:
x: int = const 1; x: bool = id b;
x: bool = id b; jmp .l; .l: y: int = id x;
"""


def parsed(text: str) -> Program:
    return TextParser(Source(text)).program


def in_main(body: str) -> str:
    return f"@main(n: int, b: bool, f: float, p: ptr<int>) {{\n{body}\n}}\n@one(n: int): int {{ ret n; }}\n"


def is_plainly_well_formed(program: Program) -> bool:
    functions = {function.name: function for function in program.functions}
    return all(is_well_formed(function, functions) for function in program.functions)


def faults_step_by_step(program: Program, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with monkeypatch.context() as patch:
        patch.setattr(step_by_step, "is_well_formed", lambda function, functions: False)
        return [str(fault) for fault in step_by_step.check(program)]


@pytest.mark.parametrize(
    "body",
    [
        "jmp .l;\n.l:\n  x: int = add y n;\n  y: int = id x;\n  jmp .l;",  # read before the assignment in the text
        "x: int = const 1; c: bool = lt x n; d: bool = not c; br d .l .m;\n.l:\n  print x n f;\n.m:\n  nop;\n  ret;",
        "q: ptr<int> = alloc n; r: ptr<int> = ptradd q n; store r n; x: int = load r; free q; y: int = call @one x;",
    ],
)
def test_what_keeps_all_rules_is_seen_at_once(body: str) -> None:
    assert is_plainly_well_formed(parsed(in_main(body)))


@pytest.mark.parametrize("body", BROKEN.strip().splitlines())
def test_what_breaks_one_is_left_to_be_told(body: str) -> None:
    assert not is_plainly_well_formed(parsed(in_main(body)))
    assert step_by_step.check(parsed(in_main(body)))


def test_parameters_have_names_of_their_own() -> None:
    assert not is_plainly_well_formed(parsed("@main(n: int, n: int) { print n; }"))


def test_it_says_no_wherever_there_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)
    told = kept = 0
    for text in TEXTS.values():
        words = list(re.finditer(r"[@.]?[A-Za-z_][\w.]*", text))
        for _ in range(4):
            place, other = random.choice(words), random.choice(words)
            program = parsed(text[: place.start()] + other.group() + text[place.end() :])
            if is_plainly_well_formed(program):
                assert faults_step_by_step(program, monkeypatch) == []
                kept += 1
            told += 1
    assert 20 < kept < told - 20
