"""The interpreter against the plain evaluator of the syntax tree: results, traps with their places, lines printed."""

from __future__ import annotations

from functools import lru_cache

from ssair.frontends.fun import ast
from ssair.frontends.fun.check import checked_program
from ssair.interp import Outcome
from ssair.testing.differences import shown_outcome, shown_values
from ssair.testing.outcomes import values_difference
from ssair.testing.plain_evaluator import evaluate
from ssair.testing.plain_scalars import PlainTrap


def compare_with_evaluator(
    source: str, entry: str, arguments: tuple[object, ...], found: Outcome
) -> tuple[str, str] | None:
    """What the evaluator gives and what the interpreter found, as texts, where they differ."""
    tree = _checked(source)
    value, printed = evaluate(tree, entry, arguments)
    if "".join(line + "\n" for line in found.output) != printed:
        return f"the output {printed.splitlines()}", shown_outcome(found)
    if isinstance(value, PlainTrap):
        expected = _described(tree, value)
        if found.trap is None or _reported(found) != expected:
            return f"the trap {expected}", shown_outcome(found)
        return None
    results = flattened(value)
    if found.trap is not None or values_difference(results, found.results or ()):
        return shown_values(results), shown_outcome(found)
    return None


@lru_cache(maxsize=1)
def _checked(source: str) -> ast.Program:
    return checked_program(source, "<generated>")


def flattened(value: object) -> tuple[object, ...]:
    """A result as the interpreter gives it: the parts of tuples, one after the other."""
    parts: list[object] = []
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, tuple):
            pending.extend(reversed(item))
        else:
            parts.append(item)
    return tuple(parts)


def _described(tree: ast.Program, trap: PlainTrap) -> tuple[object, ...]:
    assert trap.offset is not None
    return trap.kind, tuple(map(str, trap.values)), trap.position, tuple(tree.source.position(trap.offset))


def _reported(outcome: Outcome) -> tuple[object, ...]:
    trap = outcome.trap
    assert trap is not None and trap.span is not None
    return trap.kind, tuple(map(str, trap.values)), trap.position, tuple(trap.span[:2])
