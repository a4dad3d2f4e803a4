"""Loops written out: variables change places and are back where they belong, known turns need no test, growth."""

from __future__ import annotations

import pytest
from bril_runs import seen_of_program
from growth import assert_linear

from ssair.frontends.bril.interpret import execute
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.printing import format_program
from ssair.frontends.bril.program import Instruction, Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_program
from ssair.pipeline import optimize


def written(program: Program) -> Program:
    return write_program(optimize(lower(program), bril_passes()))


def operations(program: Program) -> list[str]:
    items = [item for function in program.functions for item in function.body]
    return [item.op for item in items if isinstance(item, Instruction)]


HANDED_ON = """
@main(a: int, b: int, most: int) {
.head:
  c: bool = lt b most;
  br c .body .end;
.body:
  t: int = add a b;
  a: int = id b;
  b: int = id t;
  odd: bool = eq a most;
  br odd .out .head;
.out:
  print a;
.end:
  print b a;
}
"""

ROTATED = """
@main(a: int, b: int, c: int, n: int) {
  zero: int = const 0;
  one: int = const 1;
.head:
  more: bool = gt n zero;
  br more .body .end;
.body:
  print a;
  t: int = id a;
  a: int = id b;
  b: int = id c;
  c: int = id t;
  n: int = sub n one;
  jmp .head;
.end:
  print a b c;
}
"""


def test_variables_that_change_places_are_not_copied() -> None:
    program = read_program(HANDED_ON)
    copy = written(program)
    for values in ([0, 1, 1000], [0, 1, 13], [0, 1, 8], [1, 1, 0], [5, 3, 21]):
        assert seen_of_program(copy, values) == seen_of_program(program, values)
    turns = 16
    assert execute(copy, [0, 1, 1000]).executed <= 5 * turns + 5


@pytest.mark.parametrize("n", range(14))
def test_three_that_move_on_are_where_they_belong_behind_any_turn(n: int) -> None:
    """A loop that counts makes four turns to a test, after which three variables are not yet back."""
    program = read_program(ROTATED)
    assert seen_of_program(written(program), [1, 2, 3, n]) == seen_of_program(program, [1, 2, 3, n])


BY_THE_TURN = """
@main(x: int) {
  i: int = const 0;
  one: int = const 1;
  two: int = const 2;
  three: int = const 3;
.head:
  c: bool = lt i three;
  br c .body .end;
.body:
  y: int = mul x i;
  even: bool = eq i two;
  br even .then .else;
.then:
  print y i;
.else:
  i: int = add i one;
  jmp .head;
.end:
  print i;
}
"""


def test_what_is_known_in_a_turn_is_computed_at_once() -> None:
    program = read_program(BY_THE_TURN)
    copy = written(program)
    assert seen_of_program(copy, [21]) == seen_of_program(program, [21])
    assert sorted(operations(copy)) == ["const", "const", "mul", "mul", "print", "print"] or "br" not in operations(
        copy
    )
    assert "eq" not in operations(copy)


def nest(*turns: int) -> str:
    """Loops within each other that make known turns."""
    lines = ["@main(x: int) {", "  one: int = const 1;"]
    for level, count in enumerate(turns):
        lines += [f"  i{level}: int = const 0;", f"  n{level}: int = const {count};", f".head{level}:"]
        lines += [f"  c: bool = lt i{level} n{level};", f"  br c .body{level} .end{level};", f".body{level}:"]
    lines.append("  x: int = mul x x;")
    for level in reversed(range(len(turns))):
        lines += [f"  i{level}: int = add i{level} one;", f"  jmp .head{level};", f".end{level}:"]
    return "\n".join([*lines, "  print x;", "}"])


def test_loops_around_what_has_been_written_out_are_written_out_too() -> None:
    program = read_program(nest(2, 3))
    copy = written(program)
    assert operations(copy) == ["mul"] * 6 + ["print"]
    assert seen_of_program(copy, [3]) == seen_of_program(program, [3])


def test_what_would_be_long_stays_a_loop() -> None:
    program = read_program(nest(9, 9, 9))
    copy = written(program)
    assert "br" in operations(copy) and len(operations(copy)) < 200
    assert seen_of_program(copy, [3]) == seen_of_program(program, [3])


NO_TURN = "@main(n: int) { i: int = const 0; .l: c: bool = lt i n; br c .b .e; .b: k: int = const 77; j: int = mul i k;"
NO_TURN += " print j; one: int = const 1; i: int = add i one; jmp .l; .e: }"


def test_constants_of_the_turns_are_made_where_there_is_one() -> None:
    program = read_program(NO_TURN)
    copy = written(program)
    made = [item.value for item in copy.functions[0].body if isinstance(item, Instruction) and item.op == "const"]
    assert 77 in made
    before = execute(copy, [0]).executed
    assert before <= 5, format_program(copy)
    for n in range(9):
        assert seen_of_program(copy, [n]) == seen_of_program(program, [n])


def many_rotations(count: int) -> str:
    parts = [
        f".h{k}: c: bool = lt b n; br c .b{k} .e{k}; .b{k}: t: int = add a b; a: int = id b; b: int = id t;"
        f" jmp .h{k}; .e{k}: b: int = sub a a;\n"
        for k in range(count)
    ]
    return "@main(a: int, b: int, n: int) { " + "".join(parts) + "print a b; }"


def many_short(count: int) -> str:
    parts = [
        f"i: int = const 0; three: int = const 3; .h{k}: c: bool = lt i three; br c .b{k} .e{k};"
        f" .b{k}: x: int = mul x n; one: int = const 1; i: int = add i one; jmp .h{k}; .e{k}: print x;\n"
        for k in range(count)
    ]
    return "@main(x: int, n: int) { " + "".join(parts) + "print x; }"


@pytest.mark.parametrize("shape", [many_rotations, many_short], ids=lambda shape: shape.__name__)
def test_writing_loops_out_is_linear(shape) -> None:
    modules = {size: lower(read_program(shape(size))) for size in (50, 100)}
    assert_linear(lambda size: write_program(modules[size]), 50)
