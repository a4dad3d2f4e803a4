"""What a branch teaches: the relations that hold on each of its edges, and after a check of a condition.

Used where refinement nodes are made (`ssair.builder`, `ssair.variables`, the `refine` pass) and where they are justified
(`ssair.verifier`), so that both mean the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ssair.ir import Instr, Value
from ssair.ops import COMPARISONS, OPS, SWAPPED, negated
from ssair.types import BOOL, rank

_NOT = OPS["not"]
_AND = OPS["and"]
_OR = OPS["or"]
_ISNAN = OPS["isnan"]


class Relation(NamedTuple):
    """`value PREDICATE other` holds; `other` is a value, or a truth value for a condition itself."""

    value: Value
    predicate: str
    other: Value | bool


#: How to find the origin of a value: `Value.origin` walks the chain of its refinements; who asks often keeps a table.
OriginOf = Callable[[Value], Value]


def relations(condition: Value, holds: bool, origin_of: OriginOf = Value.origin) -> list[Relation]:
    """All that follows from a scalar bool `condition` being `holds`, the condition's own value first; linear.

    Looks through `not`, through `and` where it holds and `or` where it does not, and through refinements of the
    condition. What is said of constants is among them: it is of no use to a builder, but it justifies the refinement of
    what has become a constant since.
    """
    found: list[Relation] = []
    work = [(condition, holds)]
    while work:
        value, truth = work.pop()
        found.append(Relation(value, "eq", truth))
        definition = origin_of(value)
        if not isinstance(definition, Instr) or definition.type is not BOOL:
            continue
        op = definition.op
        if op is _NOT:
            work.append((definition.args[0], not truth))
        elif op is (_AND if truth else _OR):
            work += [(definition.args[1], truth), (definition.args[0], truth)]
        elif op is COMPARISONS.get(op.name):
            found += _of_comparison(definition, truth)
        elif op is _ISNAN and not truth:
            found.append(Relation(definition.args[0], "eq", definition.args[0]))
    return found


def _of_comparison(comparison: Instr, truth: bool) -> list[Relation]:
    left, right = comparison.args
    if rank(left.type):
        return []
    name = comparison.op.name
    predicate = name if truth else negated(name, left.type)
    relation = Relation(left, predicate, right)
    if left is right:  # on floats this tells whether it is NaN, on integers that no control comes here or nothing
        return [relation]
    return [relation, Relation(right, SWAPPED[predicate], left)]


def is_constant(value: Value, origin_of: OriginOf = Value.origin) -> bool:
    """Whether the value is a constant, refinements aside."""
    origin = origin_of(value)
    return isinstance(origin, Instr) and origin.is_constant
