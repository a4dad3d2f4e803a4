"""What can be seen of a run in the interpreter: results bit for bit, the trap with its values, the lines printed."""

from ssair.interp import StepsExceeded, execute
from ssair.ir import Module
from ssair.memory import MemoryFault

ENDLESS = ("endless",)


def observed(module: Module, arguments: list, name: str | None = None, max_steps: int = 20_000) -> tuple:
    """The outcome of a run with every fact asserted; `ENDLESS` if it takes more steps."""
    lines: list[str] = []
    try:
        run = execute(module, arguments, name, max_steps=max_steps, on_print=lines.append)
    except StepsExceeded:
        return ENDLESS
    trap = (run.trap.kind, repr(run.trap.values), run.trap.position) if run.trap is not None else None
    return [(result.dtype.name, result.tolist().__repr__()) for result in run.results or ()], trap, lines


def observed_memory(module: Module, arguments: list, max_steps: int = 20_000) -> tuple:
    """What can be seen of a run: results, trap, memory fault, lines printed, and how many regions are left."""
    lines: list[str] = []
    try:
        run = execute(module, arguments, max_steps=max_steps, on_print=lines.append)
    except MemoryFault as fault:
        return str(fault), lines
    except StepsExceeded:
        return "endless", lines
    if run.trap is not None:
        return run.trap.kind, lines
    return tuple(int(value) for value in run.results or ()), run.live, lines
