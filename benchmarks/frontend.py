"""What the front end costs a token, from source text to SSA, and how that grows.

    python benchmarks/frontend.py [--tokens 10000,100000,1000000] [--repeat 3] [--shapes] [--plot docs/frontend.png]

The programs are large ones of ordinary functions, made from a seed. A token is a terminal of the grammar. Each stage is
timed alone, in processor time, on what the one before it gave, with garbage collection paused as the product does it;
the median of the repeats counts. `lark` is lark alone, with the tree that it makes by itself. Peak memory is that of a
child process that does nothing else. `--shapes` times programs of one extreme shape each.
"""

from __future__ import annotations

import argparse
import gc
import math
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from ssair.collection import garbage_collection_paused
from ssair.diagnostics import SourceError
from ssair.frontends.fun import compile_source
from ssair.frontends.fun.anf import convert
from ssair.frontends.fun.check import check_program
from ssair.frontends.fun.grammar import fun_parser
from ssair.frontends.fun.lower import lower
from ssair.frontends.fun.parse import parse_program

STAGES = ("lex", "lark", "parse", "check", "anf", "lower", "total")


def program(tokens: int, seed: int = 0) -> str:
    """A program of ordinary functions with about so many tokens."""
    chance = random.Random(seed)
    functions = []
    count = 0
    while count < tokens:
        text = _function(len(functions), chance)
        functions.append(text)
        count += len(text.split())
    return "\n\n".join(functions) + "\n"


def _function(number: int, chance: random.Random) -> str:
    """One function of some ten lines; all tokens but those at parentheses have spaces between."""
    names = ["x", "y", "n"]
    lines = [f"fn step_{number} ( x : i64 , y : i64 , n : i64 , xs : [ m ] f64 ) -> f64 ="]
    for place in range(chance.randrange(3, 8)):
        lines.append(f"  let a{place} = {_value(names, number, chance)}")
        names.append(f"a{place}")
    result = f"f64 ( {chance.choice(names)} )"
    lines.append(f"  let total = loop acc = 0.0 for i in 0 .. len ( xs ) do acc + xs [ i ] * {result}")
    lines.append(f"  in if {chance.choice(names)} < {chance.choice(names)} then total else {result}")
    return "\n".join(lines)


def _value(names: list[str], number: int, chance: random.Random) -> str:
    """An expression of type i64."""
    a, b, c = chance.choices(names, k=3)
    literal = chance.randrange(1, 100)
    forms = [
        f"{a} * {b} + {literal}",
        f"( {a} - {b} ) * ( {c} + {literal} )",
        f"if {a} < {b} && {b} != {literal} then {c} else {a} - {literal}",
        f"max ( {a} , min ( {b} , {literal} ) )",
        f"loop s = {a} while 0 < s && s < {literal} do s + {b}",
        f"{a} // {literal} + {b} % {literal} - {c} & {literal}",
    ]
    if number:
        called = chance.randrange(max(0, number - 50), number)
        forms.append(f"i64 ( step_{called} ( {a} , {b} , {literal} , xs ) )")
    return chance.choice(forms)


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def measure(text: str, repeat: int) -> tuple[int, dict[str, float]]:
    """The number of tokens, and the median seconds of processor time of each stage."""
    bare = fun_parser(None)
    tokens = sum(1 for _ in bare.lex(text))
    times: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for _ in range(repeat):
        with garbage_collection_paused():
            times["lex"].append(seconds(lambda: sum(1 for _ in bare.lex(text))))
            times["lark"].append(seconds(lambda: bare.parse(text)))
            for stage, taken in stages(text):
                times[stage].append(taken)
        times["total"].append(seconds(lambda: compile_source(text)))
    return tokens, {stage: statistics.median(found) for stage, found in times.items()}


def stages(text: str) -> Iterator[tuple[str, float]]:
    """The seconds of each stage of the front end, one after another."""
    start = time.process_time()
    tree = parse_program(text)
    parsed = time.process_time()
    check_program(tree)
    checked = time.process_time()
    converted = convert(tree)
    in_anf = time.process_time()
    lower(converted)
    yield "parse", parsed - start
    yield "check", checked - parsed
    yield "anf", in_anf - checked
    yield "lower", time.process_time() - in_anf


def peak_memory(tokens: int) -> float:
    """Bytes a token at the peak of a process that compiles one program, less those of one that compiles hardly any."""
    peaks = []
    for size in (tokens, 10):
        found = f"import sys; sys.path[:0] = {[str(Path(__file__).parent), *sys.path]}; import frontend"
        code = f"{found}; print(frontend.resident(frontend.program({size})))"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        peaks.append(int(run.stdout))
    return 1024 * (peaks[0] - peaks[1]) / tokens


def resident(text: str) -> int:
    """The peak resident memory of this process in KiB, once it has compiled a program; on Linux.

    `ru_maxrss` would be that of the parent, if that was larger when it started this process.
    """
    compile_source(text)
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def shapes() -> dict[str, str]:
    """Programs of one extreme shape each."""
    numbers = ", ".join(map(str, range(1_000_000)))
    ifs = " ".join(f"if x > {i} then {i} else" for i in range(100_000))
    lets = " ".join(f"let x{i + 1} = x{i} + {i}" for i in range(100_000))
    return {
        "an array of 1,000,000 integers": f"fn f() = [{numbers}]",
        "100,000 lets": f"fn f(x0: i64) = {lets} in x100000",
        "100,000 nested ifs": f"fn f(x: i64) = {ifs} x",
        "10,000 functions": "\n".join(f"fn f{i}_(x: i64) -> i64 = x + {i}" for i in range(10_000)),
        "1,000,000 brackets": f"fn f(x: i64) = {'(' * 500_000}x{')' * 500_000}",
        "1,000,000 open brackets": "(" * 1_000_000,
        "100,000 integers beyond 64 bits": f"fn f() = [{', '.join(['99999999999999999999'] * 100_000)}]",
        "an integer of 1,000,000 digits": f"fn f() = {'9' * 1_000_000}",
        "a name of 1 MB": f"fn f({'x' * 1_000_000}: i64) = {'x' * 1_000_000}",
        "1,000,000 NUL bytes": "\0" * 1_000_000,
        "100,000 combining characters": "fn f(x: i64) = x"
        + " # e\N{COMBINING ACUTE ACCENT}\n+ e\N{COMBINING ACUTE ACCENT}" * 50_000,
        "CRLF, tabs, a byte order mark": "\ufeff" + program(100_000).replace("\n", "\r\n\t"),
    }


def show_shapes() -> None:
    print(f"{'shape':<34}{'tokens':>10}{'characters':>12}{'seconds':>9}{'us/token':>12}")
    bare = fun_parser(None)
    for name, text in shapes().items():
        tokens = sum(1 for _ in bare.lex(text))
        gc.collect()  # what the shape before has left is not this one's
        start = time.process_time()
        with suppress(SourceError):
            compile_source(text)
        taken = time.process_time() - start
        print(f"{name:<34}{tokens:10,}{len(text):12,}{taken:9.2f}{1e6 * taken / tokens:12.1f}", flush=True)


def show(results: dict[int, dict[str, float]], memory: dict[int, float]) -> None:
    """A row a size: microseconds a token of each stage; then how the total grows from size to size."""
    print(
        f"{'tokens':>10}" + "".join(f"{stage:>8}" for stage in STAGES) + f"{'tokens/s':>10}{'of lark':>9}{'bytes':>7}"
    )
    for tokens, found in results.items():
        cells = "".join(f"{1e6 * found[stage] / tokens:8.2f}" for stage in STAGES)
        ratio = found["total"] / found["lark"]
        print(f"{tokens:10,}{cells}{tokens / found['total']:10,.0f}{ratio:9.2f}{memory[tokens]:7.0f}")
    sizes = list(results)
    for small, large in pairwise(sizes):
        growth = math.log(results[large]["total"] / results[small]["total"]) / math.log(large / small)
        print(f"growth exponent of the total, {small:,} to {large:,}: {growth:.3f}")


def plot(results: dict[int, dict[str, float]], path: str) -> None:
    """Microseconds a token over the number of tokens, the stages of the front end stacked, and lark alone."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4), layout="constrained")
    stacked = ("parse", "check", "anf", "lower")
    rows = [[1e6 * found[stage] / tokens for tokens, found in results.items()] for stage in stacked]
    axes.stackplot(list(results), rows, labels=stacked, alpha=0.8)
    lark_alone = [1e6 * found["lark"] / tokens for tokens, found in results.items()]
    axes.plot(list(results), lark_alone, color="black", linestyle="--", label="lark alone")
    axes.set_xscale("log")
    axes.set_xlabel("tokens of the program")
    axes.set_ylabel("microseconds a token")
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", default="10000,100000,1000000", help="sizes of programs, with commas")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--shapes", action="store_true", help="time programs of extreme shapes instead")
    parser.add_argument("--plot", metavar="FILE", help="write the stages to this picture")
    options = parser.parse_args()
    if options.shapes:
        show_shapes()
        return
    results, memory = {}, {}
    for size in map(int, options.tokens.split(",")):
        tokens, found = measure(program(size), options.repeat)
        results[tokens] = found
        memory[tokens] = peak_memory(size)
    show(results, memory)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
