"""The oracle of the optimiser: a program means the same before and after every pass.

`check_passes` runs a module on some arguments as it is, then optimises a copy of it and, after every
single pass over a function, verifies that function and runs the module again. The interpreter asserts
every fact and refinement that it meets, so that a wrong fact is found even where nothing uses it.

Example:
    >>> from ssair.sources import load
    >>> check_passes(load("fn main(x: i64) = x + 0 - x\\n"), [(3,), (-1,)])
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.context import Context, Fuel
from ssair.interp import Outcome, execute
from ssair.ir import Function, Module
from ssair.pipeline import run_pipeline
from ssair.testing.outcomes import difference
from ssair.verifier import verify

MAXIMUM_STEPS = 2_000_000
"""A generated program that runs longer has lost its way out of a loop."""


class Disagreement(AssertionError):
    """A program that means something else after a pass. `stage` names the pass, `module` is what it left."""

    def __init__(self, stage: str, arguments: tuple[object, ...], message: str, module: Module) -> None:
        super().__init__(f"after {stage}, called with {arguments}: {message}")
        self.stage = stage
        self.arguments_used = arguments
        self.module = module


def run(module: Module, arguments: tuple[object, ...]) -> Outcome:
    """The outcome of the entry on arguments, every fact asserted."""
    return execute(module, arguments, max_steps=MAXIMUM_STEPS)


def check_passes(
    module: Module,
    argument_lists: Sequence[tuple[object, ...]],
    passes: str | None = None,
    level: int = 2,
    *,
    fuel: int | None = None,
    every_pass: bool = True,
) -> Module:
    """Optimise a copy of `module` and compare it with `module` on all arguments; gives the copy.

    `passes`, `level` and `fuel` are as for the pipeline; without `every_pass` only the end is compared.
    Raises: Disagreement; VerifierError and FactViolation, which say that the IR itself is wrong.
    """
    verify(module)
    expected = [run(module, arguments) for arguments in argument_lists]
    copy = module.clone()

    def compare(stage: str) -> None:
        for arguments, outcome in zip(argument_lists, expected, strict=True):
            message = difference(outcome, run(copy, arguments))
            if message:
                raise Disagreement(stage, arguments, message, copy)

    def after_pass(name: str, function: Function) -> None:
        verify(function)
        compare(f"{name} of {function.name}")

    context = Context(fuel=Fuel(fuel), after_pass=after_pass if every_pass else None)
    run_pipeline(copy, passes, level, context)
    verify(copy)
    compare("all passes")
    return copy
