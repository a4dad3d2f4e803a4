"""The question whether two summaries of a function differ, asked of z3."""

from __future__ import annotations

from collections.abc import Sequence

import z3

from ssair.ir import Function
from ssair.types import BOOL
from ssair.validation_encoding import Place, Summary, variable
from ssair.validation_terms import Term


class Undecided(Exception):
    """The solver gave up, or there was no time; the message says so."""


def counterexample(
    before: Summary, after: Summary, function: Function, seconds: float, promises: bool
) -> list[bool | int] | None:
    """Arguments for which the summaries differ; None if there are none. With `promises`, those of `after` are proved.

    Raises: Undecided.
    """
    solver = z3.Solver()
    solver.set("timeout", int(1000 * seconds))
    solver.add(before.promises)
    claims = _claims(before, after) + (after.promises if promises else [])
    solver.add(z3.Not(z3.And(claims)))
    answer = solver.check()
    if answer == z3.unsat:
        return None
    if answer == z3.unknown:
        reason = solver.reason_unknown()
        raise Undecided(f"the solver needs more than {seconds:g} s" if reason in ("timeout", "canceled") else reason)
    model = solver.model()
    return [_value(model, number, function) for number in range(len(function.params))]


def _value(model: z3.ModelRef, number: int, function: Function) -> bool | int:
    type = function.params[number].type
    value = model.eval(variable(f"argument {number}", type), model_completion=True)
    return bool(z3.is_true(value)) if type is BOOL else int(value.as_signed_long())


def _claims(before: Summary, after: Summary) -> list[Term]:
    """That two summaries end alike, have printed alike, and give or report alike."""
    places: dict[Place, int] = {}
    for _, place, _ in (*before.traps, *after.traps):
        places.setdefault(place, len(places) + 1)
    one, other = _ending(before, places), _ending(after, places)
    claims = [one == other, _chosen(before.printed) == _chosen(after.printed)]
    if before.returns and after.returns:
        claims += [
            z3.Implies(one == 0, left == right) for left, right in zip(_results(before), _results(after), strict=True)
        ]
    for place, number in places.items():
        reported = [_reported(summary, place) for summary in (before, after)]
        if all(values is not None for values in reported):
            claims += [z3.Implies(one == number, left == right) for left, right in zip(*reported, strict=True)]
    return claims


def _ending(summary: Summary, places: dict[Place, int]) -> Term:
    """The number of the place where it traps; 0 where it returns."""
    return _chosen(
        [*((trapped, z3.IntVal(places[place])) for trapped, place, _ in summary.traps), (True, z3.IntVal(0))]
    )


def _chosen(rows: Sequence[tuple[Term, Term]]) -> Term:
    """What the one row says whose condition holds."""
    chosen = rows[-1][1]
    for condition, value in reversed(rows[:-1]):
        chosen = z3.If(condition, value, chosen)
    return chosen


def _results(summary: Summary) -> list[Term]:
    conditions = [condition for condition, _ in summary.returns]
    columns = zip(*[results for _, results in summary.returns], strict=True)
    return [_chosen(list(zip(conditions, column, strict=True))) for column in columns]


def _reported(summary: Summary, place: Place) -> list[Term] | None:
    """The values that a trap at a place reports; None if there is no such trap."""
    rows = [(trapped, values) for trapped, found, values in summary.traps if found == place]
    if not rows:
        return None
    columns = zip(*[values for _, values in rows], strict=True)
    return [_chosen([(trapped, value) for (trapped, _), value in zip(rows, column, strict=True)]) for column in columns]
