"""`ssairc run` for Bril: prints, fails and counts as Bril's own interpreter does.

Without further options the program runs as it is written (`--profile` then tells how many instructions it executed);
with `--interpret` or `-O` what the optimiser makes of it runs in the interpreter of the IR, and with `--device` as a
kernel, whose floats are Bril's bit for bit, subnormals aside. A run that fails says `error: …` on standard error and
ends with status 2; what was printed before stays printed. A program that is none has that status too.
"""

from __future__ import annotations

import argparse
import sys
from typing import Final

from ssair.commands.colours import columns_of, paint_for
from ssair.commands.files import ProgramText
from ssair.commands.options import DEFAULT_LEVEL
from ssair.commands.status import DONE
from ssair.diagnostics import SourceError
from ssair.frontends.bril.arguments import entry_of, parse_arguments
from ssair.frontends.bril.interpret import MAX_DEPTH, BrilError, execute
from ssair.frontends.bril.program import Program
from ssair.frontends.bril.read import read_program
from ssair.interp import DepthExceeded
from ssair.ir import Module
from ssair.memory import MemoryFault
from ssair.sources import UsageError
from ssair.traps import Trap

#: The exit status of Bril's interpreter when a program fails.
FAILED: Final = 2


def run_bril(program: ProgramText, options: argparse.Namespace) -> int:
    """Run a Bril program; gives the exit status."""
    optimised = options.interpret or options.level is not None or options.device is not None
    if options.profile and optimised:
        raise UsageError("--profile counts what the program as given executes: no optimisation, no device with it")
    try:
        parsed = read_program(program.text, program.name)
    except SourceError as error:
        print(error.render(paint_for(sys.stderr, options.color), columns_of(sys.stderr)), file=sys.stderr)
        return FAILED
    words = [argument.strip() for argument in options.arguments]
    try:
        if optimised:
            _run_optimised(program, parsed, options, words)
        else:
            _run_as_given(parsed, options, words)
    except (BrilError, MemoryFault, DepthExceeded, Trap) as error:
        sys.stdout.flush()
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    return DONE


def _run_as_given(program: Program, options: argparse.Namespace, words: list[str]) -> None:
    entry = entry_of(program, options.entry)
    run = execute(program, parse_arguments(entry, words), entry.name, on_print=print)
    if run.error is not None:
        raise BrilError(run.error)
    if options.profile:
        sys.stdout.flush()
        print(f"total_dyn_inst: {run.executed}", file=sys.stderr)


def _run_optimised(program: ProgramText, parsed: Program, options: argparse.Namespace, words: list[str]) -> None:
    from ssair.emit import Request
    from ssair.interp import execute as execute_module

    values = parse_arguments(entry_of(parsed, options.entry), words)
    level = DEFAULT_LEVEL if options.level is None else options.level
    request = Request(*program, options.entry, level=level)
    if options.device is not None:
        _run_kernel(request.module(), level, options.device, values)
        return
    outcome = execute_module(request.optimized(), values, max_depth=MAX_DEPTH, on_print=print)
    if outcome.trap is not None:
        raise outcome.trap
    if outcome.live:
        raise BrilError(f"{outcome.live} regions of memory are not freed at the end")


def _run_kernel(module: Module, level: int, device: str, values: list[bool | int | float]) -> None:
    from ssair.kernel import compile_module

    compile_module(module, level=level, device=device, floats="strict")(*values)
