"""How many Bril instructions a second go from text to optimised text, and which stage takes how much of it.

    python benchmarks/bril_speed.py [--instructions 10000] [--repeat 3]

Programs: the functions of `tests/bril`, renamed and repeated (17 instructions each, most of them loops and branches);
one function of branches and loops over ten variables; one function of one block. Processor time of the fastest of the
runs, in microseconds an instruction, after a run that loads what is loaded once. `yardstick` is the time that a loop
of plain Python over a dict takes a turn, in nanoseconds, between the runs: it tells how fast the machine was.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ssair.collection import garbage_collection_paused
from ssair.diagnostics import SourceError
from ssair.frontends.bril.lower import lower
from ssair.frontends.bril.pipeline import bril_passes
from ssair.frontends.bril.printing import format_program
from ssair.frontends.bril.program import Instruction, Program
from ssair.frontends.bril.read import read_program
from ssair.frontends.bril.write import write_text
from ssair.pipeline import run_pipeline

CORPUS = Path(__file__).parents[1] / "tests" / "bril"
STAGES = ("read", "lower", "passes", "write")
_NAME = re.compile(r"@([A-Za-z_][\w.%]*)")


def length(program: Program) -> int:
    """How many instructions a program has."""
    return sum(isinstance(item, Instruction) for function in program.functions for item in function.body)


def many_functions(size: int) -> str:
    """The well-formed programs of the corpus, again and again, each with names of its own."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*.bril"))]
    programs = [program for program in map(_read, texts) if program is not None]
    made: list[str] = []
    count = 0
    while count < size:
        for program in programs:
            made.append(_NAME.sub(rf"@\g<1>_{len(made)}", format_program(program)))
            count += length(program)
            if count >= size:
                break
    return "\n".join(made)


def _read(text: str) -> Program | None:
    try:
        return read_program(text)
    except SourceError:  # the corpus has programs that are to be refused
        return None


def branches(size: int) -> str:
    """One function of branches and loops."""
    lines = ["@main(a: int, b: int) {", *(f"  v{place}: int = const {place};" for place in range(10))]
    for k in range(size // 10):
        x, y, z = (f"v{k * step % 10}" for step in (1, 3, 7))
        if k % 3:
            lines += [
                f"  t: bool = lt {x} {y};",
                f"  br t .then{k} .else{k};",
                f".then{k}:",
                f"  {x}: int = mul {y} {z};",
            ]
            lines += [f"  {z}: int = add {x} a;", f"  {y}: int = sub {z} b;", f"  jmp .end{k};", f".else{k}:"]
            lines += ["  one: int = const 1;", f"  {x}: int = add {x} one;", f"  {z}: int = add {z} one;", f".end{k}:"]
        else:
            lines += ["  i: int = const 0;", "  one: int = const 1;", f".head{k}:", f"  t: bool = lt i {x};"]
            lines += [
                f"  br t .body{k} .done{k};",
                f".body{k}:",
                f"  {y}: int = mul {y} {z};",
                f"  {z}: int = sub {z} {y};",
            ]
            lines += ["  i: int = add i one;", f"  jmp .head{k};", f".done{k}:", f"  print {z};"]
    return "\n".join([*lines, "  print v0 v1 v2 v3 v4 v5 v6 v7 v8 v9;", "}"])


def straight(size: int) -> str:
    """One block: constants, sums and products of what was computed a little before."""
    lines = ["@main(x0: int) {"]
    for k in range(1, size // 2):
        op = ("add", "sub", "mul")[k % 3]
        lines += [
            f"  c: int = const {k % 97};",
            f"  x{k}: int = {op} x{k - 1} {f'x{k - 5}' if k > 5 and k % 2 else 'c'};",
        ]
        lines += [f"  print x{k};"] if k % 20 == 0 else []
    return "\n".join([*lines, "}"])


PROGRAMS: dict[str, Callable[[int], str]] = {
    "many functions": many_functions,
    "branches": branches,
    "straight": straight,
}


def times(text: str) -> Iterator[float]:
    """The processor time of each of `STAGES`."""
    start = time.process_time()

    def passed() -> float:
        nonlocal start
        before, start = start, time.process_time()
        return start - before

    with garbage_collection_paused():
        program = read_program(text)
        yield passed()
        module = lower(program)
        yield passed()
        run_pipeline(module, bril_passes())
        yield passed()
        write_text(module, keep=False)
        yield passed()


def yardstick(turns: int = 100_000) -> float:
    """Nanoseconds a turn."""
    table: dict[int, int] = {}
    start = time.process_time()
    x = 0
    for turn in range(turns):
        x = (x * 3 + turn) & 0x7FFF
        table[x] = turn
    return (time.process_time() - start) / turns * 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instructions", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    print(f"{'program':16}{'instr/s':>9}" + "".join(f"{stage:>8}" for stage in STAGES) + f"{'yardstick':>11}")
    for name, make in PROGRAMS.items():
        list(times(make(min(2_000, options.instructions))))
        text = make(options.instructions)
        count = length(read_program(text))
        runs = [(list(times(text)), yardstick()) for _ in range(options.repeat)]
        best = min((found for found, _ in runs), key=sum)
        row = "".join(f"{taken / count * 1e6:8.1f}" for taken in best)
        print(f"{name:16}{count / sum(best):9.0f}{row}{min(turn for _, turn in runs):11.0f}", flush=True)


if __name__ == "__main__":
    main()
