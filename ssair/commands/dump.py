"""`ssairc FILE`: a stage of a program as text, by default the optimised IR.

Imports neither jax nor networkx for the stages up to the optimised IR, so that a dump comes at once.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ssair.commands.files import read_program, write_text
from ssair.commands.options import add_level, add_source
from ssair.commands.status import DONE
from ssair.sources import UsageError

if TYPE_CHECKING:
    from ssair.context import Context
    from ssair.ir import Function


def run(arguments: list[str]) -> int:
    """Print the stage that is asked for; times and counters go to standard error."""
    options = _parser().parse_args(arguments)
    from ssair.emit import EMITTERS, Request

    text, name, frontend = read_program(options.file, options.frontend)
    printed: list[str] = []
    context = _context(options, printed)
    sizes = dict(_size(item) for item in options.size)
    request = Request(text, name, frontend, options.entry, options.passes, options.level, sizes, context)
    result = EMITTERS[options.emit](request)
    write_text(options.output, "\n".join([*printed, result.rstrip("\n")]) + "\n")
    if options.time_passes:
        _print_table("seconds", {name: f"{seconds:.4f}" for name, seconds in context.times.items()})
    if options.stats:
        _print_table("count", {name: str(count) for name, count in sorted(context.counters.items())})
    return DONE


def _parser() -> argparse.ArgumentParser:
    from ssair.emit import EMITTERS

    parser = argparse.ArgumentParser(
        prog="ssairc dump", description="Print a stage of a program: by default the optimised IR."
    )
    add_source(parser)
    parser.add_argument("--emit", choices=EMITTERS, default="opt", help="what to print (default: opt)")
    parser.add_argument("--entry", metavar="F", help="the function that a program starts with")
    parser.add_argument("--passes", metavar="A,B,C", help="run just these passes, in this order")
    add_level(parser)
    parser.add_argument("--print-after", metavar="PASS", help="print the IR after this pass, or after all of them")
    parser.add_argument("--verify-each", action="store_true", help="verify the IR after every pass")
    parser.add_argument("--time-passes", action="store_true", help="say how long each pass took (standard error)")
    parser.add_argument("--stats", action="store_true", help="count what each pass did (standard error)")
    parser.add_argument(
        "--size", metavar="n=8", action="append", default=[], help="a size for --emit jaxpr and hlo; may be repeated"
    )
    parser.add_argument("-o", dest="output", metavar="OUT", help="write to this file")
    return parser


def _context(options: argparse.Namespace, printed: list[str]) -> Context:
    """The hooks that the options ask for; dumps after passes go to `printed`."""
    from ssair.context import Context
    from ssair.pipeline import PASSES

    wanted = options.print_after
    if wanted not in (None, "all", *PASSES):
        raise UsageError(f"no pass is called {wanted!r}; there are: all, {', '.join(PASSES)}")

    def print_after(name: str, function: Function) -> None:
        if wanted in ("all", name):
            printed.append(f"; after {name}\n{function}\n")

    return Context(
        after_pass=print_after if wanted else None,
        verify_each=options.verify_each,
        time_passes=options.time_passes,
    )


def _print_table(unit: str, rows: dict[str, str]) -> None:
    """Two columns on standard error."""
    width = max(map(len, (*rows, "pass")))
    for name, cell in (("pass", unit), *rows.items()):
        print(f"{name:<{width}}  {cell:>10}", file=sys.stderr)


def _size(text: str) -> tuple[str, int]:
    name, equals, number = text.partition("=")
    if not equals or not number.strip().isdecimal():
        raise UsageError(f"--size wants a name and a number, as in n=8, not {text!r}")
    return name.strip(), int(number)
