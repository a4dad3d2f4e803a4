"""Loops that count are written out: the same lines for any beginning, bound and step, and fewer instructions."""

from random import Random

import pytest
from bril_runs import seen_of_program
from growth import assert_linear

from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.printing import format_program
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.interp import StepsExceeded
from ssair.pipeline import optimize

GREATEST = 2**63 - 1
LEAST = -(2**63)
MOST_STEPS = 5_000
#: What loops begin with, in the order of the arguments of `main`.
ARGUMENTS = (
    [0, 1, 7],
    [5, 0, 3],
    [GREATEST - 5, GREATEST, GREATEST - 9],
    [LEAST + 6, LEAST, LEAST + 1],
    [-3, 9, LEAST],
    [2, 2, GREATEST],
)


class RandomLoops:
    """Writes a program of nested loops that count, most of which end soon."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.lines: list[str] = []
        self.number = 0
        for _ in range(self.random.randrange(1, 3)):
            self.loop(2)
        self.emit("print a b n s")

    def __str__(self) -> str:
        return "\n".join(["@main(a: int, b: int, n: int) {", "  s: int = const 0;", *self.lines, "}", ""])

    def emit(self, text: str) -> None:
        self.lines.append(f"  {text};")

    def operand(self, name: str, around: tuple[str, ...]) -> str:
        """A variable, or a constant in one."""
        choice = self.random.random()
        if choice < 0.4:
            return self.random.choice(("a", "b", "n", "s", *around))
        near = (GREATEST, GREATEST - 2, LEAST, LEAST + 3)
        value = self.random.choice(near) if choice < 0.5 else self.random.randrange(-2, 14)
        self.emit(f"{name}: int = const {value}")
        return name

    def loop(self, depth: int, around: tuple[str, ...] = ()) -> None:
        self.number += 1
        n = self.number
        i, c = f"i{n}", f"c{n}"
        self.emit(f"{i}: int = id {self.operand(f'from{n}', around)}")
        bound = self.operand(f"to{n}", around)
        step = self.random.choice((1, 1, 1, 2, 3, -1, -2))
        comparison = self.random.choice(("lt", "le") if step > 0 else ("gt", "ge"))
        stay, leave = f".body{n}", f".done{n}"
        operands = f"{i} {bound}"
        if self.random.random() < 0.2:
            comparison = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}[comparison]
            stay, leave = leave, stay
        if self.random.random() < 0.2:
            comparison = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le"}[comparison]
            operands = f"{bound} {i}"
        self.lines.append(f".head{n}:")
        if self.random.random() < 0.2:
            self.emit(f"h{n}: int = mul {i} {i}")
        self.emit(f"{c}: bool = {comparison} {operands}")
        self.emit(f"br {c} {stay} {leave}")
        self.lines.append(f".body{n}:")
        self.body(n, depth, (*around, i))
        if self.random.random() < 0.3:
            self.emit(f"step{n}: int = const {-step}")
            self.emit(f"{i}: int = sub {i} step{n}")
        else:
            self.emit(f"step{n}: int = const {step}")
            self.emit(f"{i}: int = add {i} step{n}")
        self.emit(f"jmp .head{n}")
        self.lines.append(f".done{n}:")
        if self.random.random() < 0.4:
            self.emit(f"print {i} {c}")

    def body(self, n: int, depth: int, around: tuple[str, ...]) -> None:
        i = around[-1]
        for _ in range(self.random.randrange(1, 4)):
            kind = self.random.randrange(7)
            if kind == 0:
                self.emit(f"print {i} s")
            elif kind == 1 and depth:
                self.loop(depth - 1, around)
            elif kind == 2:
                self.emit(f"t: int = add s {i}")
                self.emit("s: int = id a")
                self.emit("a: int = id t")
            elif kind == 3:
                self.leave_or_skip(n, i)
            elif kind == 4:
                self.emit(f"q: int = div {i} {self.random.choice(('b', 'n'))}")
                self.emit("s: int = add s q")
            else:
                self.emit(f"s: int = {self.random.choice(('add', 'sub', 'mul'))} s {i}")

    def leave_or_skip(self, n: int, i: str) -> None:
        """Leave the loop, or do nothing, by what it counts."""
        self.number += 1
        label = f"{n}.{self.number}"
        self.emit(f"u: bool = {self.random.choice(('eq', 'lt', 'gt'))} {i} {self.random.choice(('a', 'b', 'n'))}")
        self.emit(f"br u .then{label} .else{label}")
        self.lines.append(f".then{label}:")
        self.emit(f"print u {i}")
        if self.random.random() < 0.6:
            self.emit(f"jmp .done{n}")
        self.lines.append(f".else{label}:")


def written(program: Program, level: int) -> Program:
    module = lower(program)
    optimised = optimize(module, bril_passes(None, level)) if level else module
    return read_program(format_program(write_program(optimised)))


def check(seed: int) -> None:
    program = read_program(str(RandomLoops(seed)))
    copies = [written(program, level) for level in (seed % 2, 2)]
    for values in ARGUMENTS:
        try:
            run = execute(program, values, max_steps=MOST_STEPS)
        except StepsExceeded:
            continue
        if run.error is None or "was not" not in run.error:
            for copy in copies:
                assert seen_of_program(copy, values) == seen_of_program(program, values), (seed, values)


@pytest.mark.parametrize("seed", range(60))
def test_random_loops_that_count(seed: int) -> None:
    check(seed)


def loop(begin: str, comparison: str, step: int, body: str = "s: int = add s i;") -> Program:
    """A program with one loop, which sums what it counts up to `n`."""
    return read_program(
        f"""@main(a: int, n: int) {{
  s: int = const 0;
  step: int = const {step};
  i: int = {begin};
.head:
  c: bool = {comparison} i n;
  br c .body .done;
.body:
  {body}
  i: int = add i step;
  jmp .head;
.done:
  print i s;
}}"""
    )


def executed(program: Program, *values: int) -> int:
    run = execute(program, list(values))
    assert run.error is None
    return run.executed


def test_four_turns_share_a_test() -> None:
    program = loop("const 0", "lt", 1)
    copy = written(program, 2)
    assert executed(copy, 0, 400) - executed(copy, 0, 0) < 101 * (4 * 2 + 2)
    for n in range(10):
        assert seen_of_program(copy, [0, n]) == seen_of_program(program, [0, n])


def test_what_only_counts_counts_once_for_four_turns() -> None:
    copy = written(loop("const 0", "lt", 1, "s: int = add s a;"), 2)
    assert executed(copy, 3, 400) - executed(copy, 3, 0) < 102 * (4 + 1 + 2)


def test_a_loop_of_known_turns_has_no_test() -> None:
    program = read_program(
        "@main(x: int) { i: int = const 9; one: int = const 1; z: int = const 0; "
        ".l: c: bool = gt i z; br c .b .e; .b: x: int = mul x i; i: int = sub i one; jmp .l; .e: print x i; }"
    )
    copy = written(program, 2)
    assert seen_of_program(copy, [1]) == seen_of_program(program, [1])
    assert "br" not in format_program(copy)


def test_a_loop_whose_beginning_is_not_known_keeps_its_tests() -> None:
    program = loop("id a", "lt", 1)
    copy = written(program, 2)
    for values in ([LEAST, LEAST + 2], [LEAST, LEAST], [GREATEST - 2, GREATEST]):
        assert seen_of_program(copy, values) == seen_of_program(program, values)


def within_a_loop(begin: str, step: int) -> Program:
    """A loop that begins where `begin` says by what the loop around it counts, up from 1."""
    return read_program(
        f"""@main(n: int) {{
  one: int = const 1;
  step: int = const {step};
  s: int = const 0;
  i: int = const 1;
.outer:
  c: bool = lt i n;
  br c .inside .done;
.inside:
  j: int = {begin};
.head:
  d: bool = {"lt j n" if step > 0 else "gt j one"};
  br d .body .next;
.body:
  s: int = mul s j;
  s: int = add s i;
  j: int = add j step;
  jmp .head;
.next:
  i: int = add i one;
  jmp .outer;
.done:
  print s i;
}}"""
    )


@pytest.mark.parametrize(
    ("begin", "step", "is_known"),
    [("id i", 1, True), ("add i one", 1, True), ("sub n i", 1, False), ("id i", -1, False)],
)
def test_a_loop_that_begins_at_the_counter_of_the_loop_around(begin: str, step: int, is_known: bool) -> None:
    """Up from there it is far from the end; down from there, or at a difference, it may begin anywhere."""
    program = within_a_loop(begin, step)
    copy = written(program, 2)
    for n in (LEAST, -1, 0, 1, 2, 3, 7, 40):
        assert seen_of_program(copy, [n]) == seen_of_program(program, [n])
    turns = 39 * 40 // 2
    assert (executed(copy, 40) < 4.5 * turns) is is_known


def test_a_bound_that_has_no_room_for_four_turns_is_that_of_a_loop_that_makes_none() -> None:
    """The inner loop begins below zero and goes on while it counts the greatest integer: four turns before that is
    no integer, and was written as if it were one."""
    program = read_program(
        """@main(n: int) {
  one: int = const 1;
  least: int = const -5;
  most: int = const 9223372036854775807;
  i: int = const -2;
.outer:
  c: bool = ge i least;
  br c .inner .end;
.inner:
  j: int = id i;
.head:
  d: bool = ge j most;
  br d .body .done;
.body:
  n: int = add n j;
  j: int = sub j one;
  jmp .head;
.done:
  i: int = sub i one;
  jmp .outer;
.end:
  print i n;
}"""
    )
    for level in (0, 1, 2):
        assert seen_of_program(written(program, level), [3]) == seen_of_program(program, [3])


def test_a_large_loop_of_many_turns_is_not_written_out() -> None:
    body = " ".join(f"s: int = mul s s; print s; s: int = add s i; print s {'i ' * k};" for k in range(30))
    program = loop("const 0", "lt", 1, body)
    copy = written(program, 2)
    assert sum(len(function.body) for function in copy.functions) < 1.2 * len(program.functions[0].body)


def many_loops(count: int) -> str:
    """Loops one after the other, each of which reads what the one before has left."""
    parts = [
        f"i: int = const 0; .h{k}: c: bool = lt i n; br c .b{k} .e{k}; "
        f".b{k}: s: int = add s i; t: int = mul t s; i: int = add i one; jmp .h{k}; .e{k}: print s i;\n"
        for k in range(count)
    ]
    return "@main(s: int, t: int, n: int) { one: int = const 1; " + "".join(parts) + "print t; }"


def test_writing_loops_out_is_linear() -> None:
    modules = {size: lower(read_program(many_loops(size))) for size in (30, 60)}
    assert_linear(lambda size: write_program(modules[size]), 30)
