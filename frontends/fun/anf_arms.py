"""Tests and their arms: what control depends on, and what follows each way out.

A *test* is a condition on which control depends: it has a hole for each way out, those where the condition holds and
those where it does not, and no value.
"""

from __future__ import annotations

from collections import deque

from ssair.diagnostics import Span
from ssair.frontends.fun.anf_fragment import Fragment
from ssair.frontends.fun.anf_nodes import Arm, Atom, Branch, Join, Jump, Node, fill


class Test:
    """The code of a condition, with the arms where it holds (`positive`) and where it does not (`negative`)."""

    __slots__ = ("first", "negative", "positive")

    def __init__(self, first: Node, positive: deque[Arm], negative: deque[Arm]) -> None:
        self.first = first
        self.positive = positive
        self.negative = negative


def branch_on(fragment: Fragment, condition: Atom, span: Span) -> Test:
    """Close a fragment with a branch on an atom."""
    positive, negative = Arm(span), Arm(span)
    fragment.end(Branch(span, condition, positive, negative))
    assert fragment.first is not None
    return Test(fragment.first, deque((positive,)), deque((negative,)))


def follow(first: Node, arms: deque[Arm], inside: Node, span: Span) -> Node:
    """Let code follow all `arms`, which are inside the code that begins with `first`; gives where the whole begins.

    One arm goes straight on; several jump to a join without parameters.
    """
    if len(arms) == 1:
        fill(arms[0], inside)
        return first
    join = Join(span, ())
    join.term = first
    fill(join, inside)
    for arm in arms:
        leave(arm, join, (), span)
    return join


def leave(hole: Node, join: Join, values: tuple[Atom, ...], span: Span) -> None:
    """Fill a hole with a jump to a join."""
    fill(hole, Jump(span, join, values))
    join.jumps += 1


def fill_arms(first: Node, arms: deque[Arm], value: Fragment, join: Join, span: Span) -> Node:
    """Let `arms` compute a value and go to the join with it; gives where the whole begins."""
    if value.first is None:
        for arm in arms:
            leave(arm, join, value.atoms, span)
        return first
    if value.hole is not None:
        leave(value.hole, join, value.atoms, span)
    return follow(first, arms, value.first, span)


def concatenate(left: deque[Arm], right: deque[Arm]) -> deque[Arm]:
    """Both lists as one, which takes the place of the longer: n log n in all, however conditions nest."""
    if len(left) >= len(right):
        left.extend(right)
        return left
    right.extendleft(reversed(left))
    return right
