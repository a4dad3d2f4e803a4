"""When two runs of a program agree: the same results bit for bit, the same trap, the same lines printed.

All NaNs are one; -0.0 and 0.0 are two. Kernels round floats their own way, so `same_values` takes a
tolerance, which is for floats alone. An outcome is what the interpreter gives (`ssair.interp.Outcome`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ssair.traps import MOST_CALLS, Trap

if TYPE_CHECKING:
    from ssair.interp import Outcome


def difference(expected: Outcome, got: Outcome, tolerance: float = 0.0) -> str:
    """What the runs differ in, as a sentence; empty if they agree."""
    if not _same_trap(expected.trap, got.trap):
        return f"expected {_ending(expected)}, got {_ending(got)}"
    if expected.output != got.output:
        return f"expected the output {expected.output}, got {got.output}"
    if expected.results is not None and got.results is not None:
        return values_difference(expected.results, got.results, tolerance)
    return ""


def tells_calls(expected: Outcome, got: Outcome) -> bool:
    """Whether the trap of `got`, if both trap, tells of the calls that lead to it the innermost, and others in order.

    It may leave out some: a call that is left in a body that was inlined does not tell where that came from.
    """
    if expected.trap is None or got.trap is None:
        return True
    calls, told = expected.trap.calls, got.trap.calls
    if calls[:1] != told[:1]:
        return False
    under_way = iter(calls)
    return len(calls) == MOST_CALLS or all(call in under_way for call in told)


def may_go_on_alike(expected: Sequence[str], all_expected: bool, got: Sequence[str], all_got: bool) -> bool:
    """Whether two runs that never end may print the same: their lines so far agree, and nothing is known to lack."""
    shared = min(len(expected), len(got))
    if list(expected[:shared]) != list(got[:shared]):
        return False
    return not (all_expected and len(got) > shared) and not (all_got and len(expected) > shared)


def values_difference(expected: Sequence[object], got: Sequence[object], tolerance: float = 0.0) -> str:
    """The first result that differs, as a sentence; empty if there is none."""
    if len(expected) != len(got):
        return f"expected {len(expected)} results, got {len(got)}"
    for position, (left, right) in enumerate(zip(expected, got, strict=True)):
        if not same_values(left, right, tolerance):
            return f"result {position}: expected {left!r}, got {right!r}"
    return ""


def same_values(expected: object, got: object, tolerance: float = 0.0) -> bool:
    """Whether two scalars or arrays have the same type, shape and elements.

    With a tolerance, finite floats may differ by that much relative to the larger of 1 and the expected one.
    """
    import numpy as np

    if expected.__class__ is got.__class__ and isinstance(expected, np.generic) and isinstance(got, np.generic):
        if expected.tobytes() == got.tobytes():  # as most often
            return True
        if expected.dtype.kind != "f":
            return False
    left, right = np.asarray(expected), np.asarray(got)
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.kind != "f":
        return bool((left == right).all())
    alike = ((left == right) & (np.signbit(left) == np.signbit(right))) | (np.isnan(left) & np.isnan(right))
    if tolerance == 0.0:
        return bool(alike.all())
    with np.errstate(all="ignore"):
        close = np.abs(left - right) <= tolerance * np.maximum(1.0, np.abs(left))
    return bool((alike | (close & np.isfinite(left) & np.isfinite(right))).all())


def _same_trap(expected: Trap | None, got: Trap | None) -> bool:
    if expected is None or got is None:
        return expected is got
    return expected.same_as(got)


def _ending(outcome: Outcome) -> str:
    if outcome.trap is None:
        return f"results {outcome.results}"
    trap = outcome.trap
    return f"a trap {trap.kind} {trap.values} at {trap.span}, position {trap.position}"
