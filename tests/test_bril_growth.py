"""From the text of a Bril program to its optimised text: twice the program takes twice the work, whatever its shape."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from growth import assert_linear

from ssair.frontends.bril import compile_source
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.printing import format_program
from ssair.frontends.bril.write import write_program
from ssair.pipeline import run_pipeline


def optimised(text: str) -> str:
    module = compile_source(text)
    run_pipeline(module, bril_passes())
    return format_program(write_program(module))


def main(lines: list[str]) -> str:
    return "\n".join(["@main(n: int, c: bool) {", "  one: int = const 1;", *lines, "  print n;", "}"])


def straight(count: int) -> str:
    """One block, with constants, sums and prints."""
    lines = []
    for place in range(count):
        lines += [f"  k: int = const {place % 7};", "  n: int = mul n k;", "  n: int = add n one;", "  print n;"]
    return main(lines)


def live(count: int) -> str:
    """One block with as many variables live at once."""
    made = [f"  x{place}: int = mul {f'x{place - 1}' if place else 'n'} n;" for place in range(count)]
    return main([*made, *(f"  n: int = sub n x{place};" for place in range(count))])


def functions(count: int) -> str:
    """Functions with a branch, all called by the last one."""
    body = "one: int = const 1; b: int = add a one; c: bool = lt b a; br c .x .y; .x: b: int = mul b b; .y: ret b;"
    made = [f"@f{place}(a: int): int {{ {body} }}" for place in range(count)]
    return "\n".join([*made, main([f"  n: int = call @f{place} n;" for place in range(count)])])


def diamonds(count: int) -> str:
    """Branches one behind the other, each of which changes a variable."""
    lines = []
    for place in range(count):
        lines += [f"  d: bool = lt n x{place % 5};" if place > 5 else f"  x{place}: int = const {place};"]
        lines += [f"  br {'d' if place > 5 else 'c'} .then{place} .end{place};"]
        lines += [f".then{place}:", f"  x{place % 5}: int = add n one;", f".end{place}:"]
    return main([*lines, "  print x0 x1 x2 x3 x4;"])


def ladder(count: int) -> str:
    """Tests of one value, each with a way to the end."""
    lines = []
    for place in range(count):
        lines += [f"  k: int = const {place};", "  d: bool = eq n k;", f"  br d .then{place} .next{place};"]
        lines += [f".then{place}:", "  print k;", "  jmp .end;", f".next{place}:"]
    return main([*lines, ".end:"])


def loops(count: int) -> str:
    """Loops one behind the other."""
    lines = []
    for place in range(count):
        lines += ["  i: int = const 0;", f".head{place}:", "  d: bool = lt i n;", f"  br d .body{place} .end{place};"]
        lines += [f".body{place}:", "  n: int = mul n i;", "  i: int = add i one;"]
        lines += [f"  jmp .head{place};", f".end{place}:"]
    return main(lines)


def nest(count: int) -> str:
    """Loops within loops."""
    lines = []
    for level in range(count):
        lines += [f"  i{level}: int = const 0;", f".head{level}:", f"  d: bool = lt i{level} n;"]
        lines += [f"  br d .body{level} .end{level};", f".body{level}:"]
    lines.append("  print n;")
    for level in reversed(range(count)):
        lines += [f"  i{level}: int = add i{level} one;", f"  jmp .head{level};", f".end{level}:"]
    return main(lines)


def carried(count: int) -> str:
    """One loop that changes as many variables."""
    lines = [f"  x{place}: int = const {place};" for place in range(count)]
    lines += [".head:", "  d: bool = lt n one;", "  br d .end .body;", ".body:"]
    lines += [f"  x{place}: int = add x{(place + 1) % count} one;" for place in range(count)]
    lines += ["  n: int = sub n one;", "  jmp .head;", ".end:", *(f"  print x{place};" for place in range(count))]
    return main(lines)


def changed_on_one_arm(count: int) -> str:
    """Variables that one branch changes and that are read at the end."""
    lines = [f"  x{place}: int = const {place};" for place in range(count)]
    lines += [
        "  br c .then .end;",
        ".then:",
        *(f"  x{place}: int = add x{place} n;" for place in range(count)),
        ".end:",
    ]
    return main([*lines, *(f"  print x{place};" for place in range(count))])


def memory(count: int) -> str:
    """Stores and loads of one region, with a branch now and then."""
    lines = ["  p: ptr<int> = alloc n;"]
    for place in range(count):
        lines += [f"  k: int = const {place % 9};", "  q: ptr<int> = ptradd p k;", "  store q n;", "  n: int = load p;"]
        if place % 5 == 0:
            lines += [f"  br c .then{place} .end{place};", f".then{place}:", "  store p one;", f".end{place}:"]
    return main([*lines, "  free p;"])


SHAPES: dict[Callable[[int], str], int] = {
    straight: 250,
    live: 250,
    functions: 40,
    diamonds: 80,
    ladder: 100,
    loops: 120,
    nest: 40,
    carried: 120,
    changed_on_one_arm: 160,
    memory: 150,
}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_from_text_to_optimised_text_work_grows_with_the_program(shape: Callable[[int], str]) -> None:
    optimised(shape(3))  # tables that are made once
    assert_linear(lambda count: optimised(shape(count)), SHAPES[shape])
