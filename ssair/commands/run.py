"""`ssairc run FILE ARGS…`: a program run, as a kernel or in the interpreter, and its value printed."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import nullcontext
from typing import Any

from ssair.commands.colours import columns_of, paint_for
from ssair.commands.files import ProgramText, read_program
from ssair.commands.options import DEFAULT_LEVEL, CommandParser, add_level, add_source
from ssair.commands.status import DONE, TRAPPED
from ssair.commands.values import format_result, parse_argument
from ssair.diagnostics import Diagnostic, Excerpt, Source, Span, more_about
from ssair.ir import Span as Place
from ssair.progress import waiting
from ssair.rendering import Paint, render
from ssair.traps import MOST_CALLS, Trap


def run(arguments: list[str]) -> int:
    """Print the value of the program's entry on the arguments given, after what the program itself prints."""
    # a leading blank keeps argparse from taking -1e5 or -inf for an option
    guarded = [f" {argument}" if _is_negative_number(argument) else argument for argument in arguments]
    command = parser()
    options = command.parse(guarded)
    if options.interpret and options.device is not None:
        command.error("--device has no meaning with --interpret: the interpreter runs on none")
    program = read_program(options.file, options.frontend)
    if program.frontend == "bril":
        from ssair.commands.run_bril import run_bril

        return run_bril(program, options)
    if options.profile:
        command.error("--profile counts the instructions of a Bril program, and of no other")
    values = [parse_argument(argument.strip()) for argument in options.arguments]
    execute = _interpret if options.interpret else _run_kernel
    try:
        execute(program, options, values)
    except Trap as trap:
        if program.frontend != "fun" or trap.span is None:
            raise
        return report_trap(trap, Source(program.text, program.name), paint_for(sys.stderr, options.color))
    return DONE


def parser() -> CommandParser:
    """What the command takes."""
    parser = CommandParser("run", "Run a program and print its value.")
    add_source(parser)
    parser.add_argument(
        "arguments",
        metavar="ARGS",
        nargs="*",
        help="numbers, true, false, arrays as [1.0, 2.0], tuples as (1, 2.0), @file.npy",
    )
    parser.add_argument("--entry", metavar="F", help="the function to call")
    parser.add_argument("--device", metavar="D", help="where to run it, as `ssairc devices` lists them")
    parser.add_argument("--interpret", action="store_true", help="run it in the interpreter, without jax")
    parser.add_argument("--profile", action="store_true", help="tell how many instructions a Bril program executed")
    add_level(parser)
    return parser


def report_trap(trap: Trap, source: Source, paint: Paint) -> int:
    """Show a trap with the line of the source that it stands on, and those of the calls that led there."""
    assert trap.span is not None
    excerpt = _excerpt(source, trap.span)
    calls = tuple(_excerpt(source, call, _called(trap, times)) for call, times in Counter(trap.calls).items())
    diagnostic = Diagnostic(trap.kind, trap.reason, *trap.span, calls, source_name=source.name, excerpt=excerpt)
    shown = render(diagnostic, paint, "trap", columns_of(sys.stderr))
    print(f"{shown}\n\n{more_about([trap.kind], 'this trap')}", file=sys.stderr)
    return TRAPPED


def _called(trap: Trap, times: int) -> str:
    """What is said of a place that calls under way stand at; there may be more of these than the trap tells."""
    if times == 1:
        return "called from here"
    return f"called from here, {times} times{' or more' if len(trap.calls) == MOST_CALLS else ''}"


def _excerpt(source: Source, place: Place, message: str = "") -> Excerpt:
    offsets = Span(source.offset(place.line, place.column), source.offset(place.end_line, place.end_column))
    return source.excerpt(offsets, message)


def _is_negative_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.startswith("-")


def _level(options: argparse.Namespace) -> int:
    return DEFAULT_LEVEL if options.level is None else options.level


def _interpret(program: ProgramText, options: argparse.Namespace, values: list[Any]) -> None:
    from ssair.emit import Request
    from ssair.interpreted import call
    from ssair.signature import signature_of

    module = Request(*program, options.entry, level=_level(options)).optimized()
    print(format_result(call(module, values, on_print=print), signature_of(module.entry()).result))


def _run_kernel(program: ProgramText, options: argparse.Namespace, values: list[Any]) -> None:
    from ssair.emit import Request
    from ssair.kernel import compile_module

    with waiting(f"compiling {program.name}"):
        module = Request(*program, options.entry).module()
        kernel = compile_module(module, level=_level(options), device=options.device)
    with nullcontext() if kernel.prints else waiting(f"running {program.name}"):
        value = kernel(*values)
    print(format_result(value, kernel.signature.result))
