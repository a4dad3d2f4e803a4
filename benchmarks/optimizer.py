"""How fast the optimiser is: `gvn` beside LLVM's and xDSL's, the levels beside xDSL's passes, growth, memory.

    python benchmarks/optimizer.py [--repeat 5] [--only gvn,levels,growth,memory,passes] [--plot docs/optimizer.png]

The programs are those of `synthetic.py`; all compilers get the same ones, in text or as ssair's own IR, and only what
a pass takes is timed, not reading. They take turns in one process, and the median of the processor time counts (not of
the clock: others may use the machine); `spread` is the largest interquartile range of a row, relative to its median.
LLVM is the one of the system (`libLLVM`, a release build, through its C API) and the one in llvmlite, which has
assertions on; either is left out where it is not there, and so is xDSL. The process may not take more than `--memory`
GiB, so that a peer that grows too fast fails alone.
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import gc
import itertools
import math
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from typing import Any, NamedTuple

from synthetic import SHAPES, ssair_module
from synthetic_peers import LlvmWriter, XdslWriter, text_of

from ssair.context import Context
from ssair.ir import Module
from ssair.pipeline import run_pipeline

MILLION = 1_000_000


class Peer(NamedTuple):
    """A compiler: `prepare(shape, size)` gives a program that nobody has touched, `run` is what is timed."""

    name: str
    prepare: Callable[[str, int], Any]
    run: Callable[[Any], None]
    #: The programs that it can take; others need more time or memory than there is.
    shapes: tuple[str, ...] = SHAPES


# ---- ssair ---------------------------------------------------------------------------------------------------------


def ssair_passes(name: str, passes: str | None = None, level: int = 2, rich: bool = False) -> Peer:
    def run(module: Module) -> None:
        run_pipeline(module, passes, level)

    return Peer(name, lambda shape, size: ssair_module(shape, size, rich=rich), run)


# ---- LLVM ----------------------------------------------------------------------------------------------------------


def system_llvm(passes: str) -> Peer | None:
    """LLVM's C API; None without the library."""
    path = next(filter(None, (ctypes.util.find_library(f"LLVM-{number}") for number in range(30, 13, -1))), None)
    if path is None:
        return None
    library = ctypes.CDLL(path)
    pointer = ctypes.c_void_p
    for name in (
        "LLVMContextCreate",
        "LLVMCreatePassBuilderOptions",
        "LLVMCreateMemoryBufferWithMemoryRangeCopy",
        "LLVMRunPasses",
    ):
        getattr(library, name).restype = pointer
    library.LLVMCreateMemoryBufferWithMemoryRangeCopy.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
    library.LLVMParseIRInContext.argtypes = [pointer, pointer, ctypes.POINTER(pointer), ctypes.POINTER(ctypes.c_char_p)]
    library.LLVMRunPasses.argtypes = [pointer, ctypes.c_char_p, pointer, pointer]
    library.LLVMDisposeModule.argtypes = [pointer]
    version = path.removeprefix("libLLVM-").split(".")[0]

    def prepare(shape: str, size: int) -> Any:
        text = text_of(LlvmWriter, shape, size).encode()
        buffer = library.LLVMCreateMemoryBufferWithMemoryRangeCopy(text, len(text), b"main")
        module, message = pointer(), ctypes.c_char_p()
        context = library.LLVMContextCreate()
        failed = library.LLVMParseIRInContext(context, buffer, ctypes.byref(module), ctypes.byref(message))
        assert not failed, message.value
        return module

    def run(module: Any) -> None:
        failed = library.LLVMRunPasses(module, passes.encode(), None, library.LLVMCreatePassBuilderOptions())
        assert not failed
        library.LLVMDisposeModule(module)

    return Peer(f"LLVM {version} {passes}", prepare, run)


def llvmlite_new_gvn() -> Peer | None:
    """`newgvn`, the only value numbering that llvmlite offers."""
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return None
    llvm.initialize_native_target()
    machine = llvm.Target.from_default_triple().create_target_machine()

    def run(module: Any) -> None:
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
        passes = llvm.create_new_function_pass_manager()
        passes.add_new_gvn_pass()
        passes.run(module.get_function("main"), builder)

    def prepare(shape: str, size: int) -> Any:
        return llvm.parse_assembly(text_of(LlvmWriter, shape, size))

    # its own checks are quadratic in the depth of the dominator tree: 1 GB and 6 s for 20,000 instructions
    return Peer("llvmlite newgvn", prepare, run, ("straight", "shallow"))


# ---- xDSL ----------------------------------------------------------------------------------------------------------


def xdsl_passes(names: Sequence[str]) -> Peer | None:
    """Passes of xDSL, one after the other; None without it."""
    try:
        from xdsl.context import Context
        from xdsl.dialects import arith, builtin, cf, func
        from xdsl.parser import Parser
        from xdsl.transforms.canonicalize import CanonicalizePass
        from xdsl.transforms.common_subexpression_elimination import CommonSubexpressionElimination
        from xdsl.transforms.dead_code_elimination import DeadCodeElimination
    except ImportError:
        return None
    passes = {"canonicalize": CanonicalizePass, "cse": CommonSubexpressionElimination, "dce": DeadCodeElimination}
    context = Context()
    for dialect in (builtin.Builtin, arith.Arith, cf.Cf, func.Func):
        context.load_dialect(dialect)

    def run(module: Any) -> None:
        for name in names:
            passes[name]().apply(context, module)

    return Peer(
        f"xDSL {'+'.join(names)}",
        lambda shape, size: Parser(context, text_of(XdslWriter, shape, size)).parse_module(),
        run,
    )


# ---- measuring -----------------------------------------------------------------------------------------------------


class Times(NamedTuple):
    """The median processor time of a peer on one program, and the interquartile range relative to it."""

    median: float
    spread: float


def _times(found: Sequence[float]) -> Times:
    median = statistics.median(found)
    if len(found) < 2:
        return Times(median, 0.0)
    low, _, high = statistics.quantiles(found, n=4, method="inclusive")
    return Times(median, (high - low) / median)


def seconds(peers: Sequence[Peer], shape: str, size: int, repeat: int) -> list[Times]:
    """The time of each peer on one program, the peers taking turns."""
    times: list[list[float]] = [[] if shape in peer.shapes else [math.nan] for peer in peers]
    for _ in range(repeat):
        for peer, mine in zip(peers, times, strict=True):
            if shape not in peer.shapes:
                continue
            program = peer.prepare(shape, size)
            gc.collect()
            start = time.process_time()
            peer.run(program)
            mine.append(time.process_time() - start)
            del program
    return [_times(mine) for mine in times]


def compare(title: str, peers: Sequence[Peer], cases: Sequence[tuple[str, int]], repeat: int) -> None:
    """A table: a row a program, the first peer's instructions a second, and the times of the others relative to it."""
    names = "".join(f"{peer.name:>26}" for peer in peers[1:])
    print(f"\n{title}\n{'program':<24}{'instr/s':>10}{names}{'spread':>8}")
    for shape, size in cases:
        mine, *others = seconds(peers, shape, size, repeat)
        cells = "".join(f"{other.median / mine.median:26.2f}" for other in others)
        spread = max(times.spread for times in (mine, *others) if times.spread == times.spread)
        print(f"{shape + f' {size:,}':<24}{size / mine.median:10,.0f}{cells}{spread:8.2f}", flush=True)


class Cell(NamedTuple):
    """What is measured of a level, and on which program."""

    level: int
    shape: str
    rich: bool
    size: int


class Measured(NamedTuple):
    """The instructions that a program has (`deep` has more than its size says), and the seconds that a level takes."""

    instructions: int
    seconds: float


def measured(cell: Cell) -> Measured:
    """One run, in a process that has run nothing large: whoever compiles does so once, on a heap without holes."""
    module = ssair_module(cell.shape, cell.size, rich=cell.rich)
    count = sum(len(block.instrs) for block in module.functions["main"].blocks)
    gc.collect()
    start = time.process_time()
    run_pipeline(module, None, cell.level)
    return Measured(count, time.process_time() - start)


def growth(repeat: int, sizes: Sequence[int]) -> dict[str, list[Measured]]:
    """Each level on each shape at each size, each run in a process of its own; the exponent is that of the whole span.

    The median of the runs counts; a million instructions are run once.
    """
    found: dict[str, list[Measured]] = {}
    for level, rich in itertools.product((1, 2), (False, True)):
        measured(
            Cell(level, "shallow", rich, 500)
        )  # what is imported or made at the first use is there before the fork
    print(f"\ngrowth\n{'level, shape':<28}" + "".join(f"{size:>14,}" for size in sizes) + f"{'exponent':>10}")
    with get_context("fork").Pool(1, maxtasksperchild=1) as fresh:
        for level, shape, rich in itertools.product((1, 2), SHAPES, (False, True)):
            row: list[Measured] = []
            for size in sizes:
                cell = Cell(level, shape, rich, size)
                runs = [fresh.apply(measured, (cell,)) for _ in range(1 if size >= MILLION else repeat)]
                row.append(Measured(runs[0].instructions, statistics.median(run.seconds for run in runs)))
            more, longer = row[-1].instructions / row[0].instructions, row[-1].seconds / row[0].seconds
            exponent = math.log(longer) / math.log(more) if sizes[1:] else math.nan
            name = f"-O{level} {shape}{' rich' if rich else ''}"
            rates = "".join(f"{one.instructions / one.seconds:>12,.0f}/s" for one in row)
            print(f"{name:<28}{rates}{exponent:10.2f}", flush=True)
            found[name] = row
    return found


def share_of_passes(size: int) -> None:
    """Where the time of -O2 goes: a row a pass, the percentage of each program's time."""
    columns = [(shape, rich) for shape in SHAPES for rich in (False, True)]
    found: list[dict[str, float]] = []
    for shape, rich in columns:
        context = Context(time_passes=True)
        run_pipeline(ssair_module(shape, size, rich=rich), None, 2, context)
        found.append(context.times)
    titles = "".join(f"{shape + (' rich' if rich else ''):>17}" for shape, rich in columns)
    print(f"\npercentage of the time of -O2 at {size:,} instructions\n{'pass':<18}{titles}")
    for name in found[0]:
        cells = "".join(f"{100 * times.get(name, 0) / sum(times.values()):17.1f}" for times in found)
        print(f"{name:<18}{cells}", flush=True)


def peak_bytes(shape: str, size: int, level: int, rich: bool) -> float:
    """Bytes an instruction at the peak, the IR included, of a process that makes and optimises one program."""
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "import optimizer\n"
        "from synthetic import ssair_module\n"
        "ssair_module('straight', 100)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"module = ssair_module({shape!r}, {size}, rich={rich})\n"
        "count = module.functions['main'].next_value\n"
        f"optimizer.run_pipeline(module, None, {level})\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / count)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, sys.path[0]], capture_output=True, text=True, check=True)
    return float(done.stdout)


def plot(found: dict[str, list[Measured]], path: str) -> None:
    """Instructions a second by size: a panel a level, a colour a shape, rich programs dashed."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 2, figsize=(9, 5), layout="constrained", sharex=True)
    for level, axes in enumerate(panels, start=1):
        for number, shape in enumerate(SHAPES):
            for name, style in ((shape, "-"), (f"{shape} rich", "--")):
                row = found[f"-O{level} {name}"]
                sizes = [one.instructions for one in row]
                rates = [one.instructions / one.seconds for one in row]
                axes.plot(sizes, rates, style, color=f"C{number}", marker="o", label=name)
        axes.set_title(f"-O{level}")
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("instructions")
    panels[0].set_ylabel("instructions a second")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize="small")
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", default="gvn,levels,growth,memory,passes", help="the parts wanted, with commas")
    parser.add_argument("--largest", type=int, default=MILLION, help="the largest program")
    parser.add_argument("--plot", metavar="FILE", help="draw the growth")
    parser.add_argument("--memory", type=int, default=8, metavar="GIB", help="the most that the process may take")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 30, options.memory << 30))
    parts = options.only.split(",")
    large = [size for size in (100_000, MILLION) if size <= options.largest]
    if "gvn" in parts:
        names = ("gvn", "newgvn")
        llvm = [peer for peer in (*map(system_llvm, names), llvmlite_new_gvn()) if peer is not None]
        cases = [(shape, size) for shape in SHAPES for size in large]
        compare("gvn, and the time of LLVM relative to it", [ssair_passes("gvn", "gvn"), *llvm], cases, options.repeat)
        xdsl = [peer for peer in (xdsl_passes(["cse"]),) if peer is not None]
        compare(
            "gvn, and the time of xDSL relative to it (which skips functions of more than one block)",
            [ssair_passes("gvn", "gvn"), *xdsl],
            [("straight", 100_000), ("shallow", 100_000)],
            min(options.repeat, 3),
        )
        tables = [ssair_passes(f"gvn {table}", f"gvn{{table={table}}}") for table in ("tagged", "scoped", "clone")]
        compare(
            "the tables of gvn, relative to `tagged`", tables, [(shape, 20_000) for shape in SHAPES], options.repeat
        )
    if "levels" in parts:
        xdsl = [peer for peer in (xdsl_passes(["canonicalize", "cse", "dce"]),) if peer is not None]
        for level in (1, 2):
            compare(
                f"-O{level}, and the time of xDSL relative to it",
                [ssair_passes("", level=level), *xdsl],
                [("straight", 100_000), ("shallow", 100_000)],
                min(options.repeat, 3),
            )
    if "growth" in parts:
        sizes = [size for size in (10_000, 100_000, MILLION) if size <= options.largest]
        found = growth(options.repeat, sizes)
        if options.plot:
            plot(found, options.plot)
    if "memory" in parts:
        print(f"\nbytes an instruction at the peak\n{'program':<28}{'-O1':>8}{'-O2':>8}")
        for shape in SHAPES:
            for rich in (False, True):
                cells = [peak_bytes(shape, 100_000, level, rich) for level in (1, 2)]
                print(
                    f"{shape + (' rich' if rich else ''):<28}" + "".join(f"{cell:8.0f}" for cell in cells), flush=True
                )
    if "passes" in parts:
        share_of_passes(min(options.largest, 100_000))


if __name__ == "__main__":
    main()
