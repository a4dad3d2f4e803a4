"""What can be seen of a run of a Bril program: as it is given, and as a module in the interpreter of the IR.

An error is told by its kind: that of a division, or that of memory; what ends a run for want of a result counts as a
division, as which it is lowered. Programs that run too long are `ENDLESS`, with what they print by then.
"""

from collections.abc import Sequence
from typing import Any

from ssair.frontends.bril.interpret import execute as execute_program
from ssair.frontends.bril.program import Program
from ssair.interp import StepsExceeded
from ssair.interp import execute as execute_module
from ssair.ir import Module
from ssair.memory import MemoryFault

Seen = tuple[str, list[str]]
ENDLESS = "endless"
MAX_STEPS = 200_000


def kind_of(error: str | None) -> str:
    if error is None:
        return "fine"
    if error.endswith(("division by zero", "without a result")):
        return "divide"
    return "leak" if "not freed" in error else "memory"


def seen_of_program(program: Program, values: Sequence[Any], max_steps: int = MAX_STEPS) -> Seen:
    lines: list[str] = []
    try:
        run = execute_program(program, values, max_steps=max_steps, on_print=lines.append)
    except StepsExceeded:
        return ENDLESS, lines
    return kind_of(run.error), lines


def seen_of_module(module: Module, values: Sequence[Any], max_steps: int = 4 * MAX_STEPS) -> Seen:
    lines: list[str] = []
    try:
        outcome = execute_module(module, values, max_steps=max_steps, max_depth=100_000, on_print=lines.append)
    except StepsExceeded:
        return ENDLESS, lines
    except MemoryFault:
        return "memory", lines
    if outcome.trap is not None:
        return outcome.trap.kind, lines
    return ("leak" if outcome.live else "fine"), lines
