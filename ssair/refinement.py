"""What a branch teaches: the relations that hold on each of its edges, and after a check of a condition.

    relations(condition, True)      what follows from a condition
    edge_relations(block, 0)        what holds on the first edge out of a block
    refinement(x, relation)         the instructions that say so of x

Used where refinement nodes are made (`ssair.builder`, `ssair.variables`, the `refine` pass) and where they are
justified (`ssair.verifier`), so that both mean the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ssair.ir import Block, Function, Instr, Value
from ssair.ops import BRANCH, COMPARISONS, CONST, FORALL, OPS, REFINE, SWAPPED, SWITCH, negated
from ssair.types import BOOL, rank

_NOT = OPS["not"]
_AND = OPS["and"]
_OR = OPS["or"]
_ISNAN = OPS["isnan"]
_COMPARISONS = frozenset(COMPARISONS.values())


class Relation(NamedTuple):
    """`value PREDICATE other` holds; `other` is a value, or a constant of the value's type."""

    value: Value
    predicate: str
    other: Value | bool | int


#: How to find the origin of a value: `Value.origin` walks the chain of its refinements; who asks often keeps a table.
OriginOf = Callable[[Value], Value]


def relations(condition: Value, holds: bool, origin_of: OriginOf = Value.origin) -> list[Relation]:
    """All that follows from a scalar bool `condition` being `holds`, the condition's own value first; linear.

    Looks through `not`, through `and` where it holds and `or` where it does not, and through refinements of the
    condition. What is said of constants is among them: it is of no use to a builder, but it justifies the refinement of
    what has become a constant since.
    """
    comparison = origin_of(condition)
    if isinstance(comparison, Instr) and comparison.op in _COMPARISONS:  # most are, and want no list of work
        return [Relation(condition, "eq", holds), *_of_comparison(comparison, holds)]
    found: list[Relation] = []
    work = [(condition, holds)]
    seen: set[tuple[Value, bool]] = set()
    while work:
        value, truth = work.pop()
        if (value, truth) in seen:
            continue
        seen.add((value, truth))
        found.append(Relation(value, "eq", truth))
        definition = origin_of(value)
        if not isinstance(definition, Instr) or definition.type is not BOOL:
            continue
        op = definition.op
        if op is _NOT:
            work.append((definition.args[0], not truth))
        elif op is (_AND if truth else _OR):
            work += [(definition.args[1], truth), (definition.args[0], truth)]
        elif op in _COMPARISONS:
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


def edge_relations(block: Block, index: int, origin_of: OriginOf = Value.origin) -> list[Relation]:
    """All that holds where the edge `index` out of `block` has been taken."""
    end = block.end
    if end.op is BRANCH:
        return relations(end.args[0], index == 0, origin_of)
    if end.op is SWITCH:
        value, cases = end.args[0], end.aux
        if index < len(cases):
            return [Relation(value, "eq", cases[index])]
        return [Relation(value, "ne", case) for case in cases]
    if end.op is FORALL and index == 0:
        found = []
        for param, extent in zip(end.edges[0].target.params, end.extents, strict=True):
            found += [Relation(param, "lt", extent), Relation(extent, "gt", param), Relation(extent, "gt", 0)]
        return found
    return []


def refinement(function: Function, base: Value, relation: Relation, span: int) -> tuple[Instr, ...]:
    """The instructions that state `relation` of `base`, a version of its value; the last is the `refine`.

    They stand in no block yet; where they are put, the relation holds.
    """
    other = relation.other
    if isinstance(other, Value):
        return (function.new_instr(REFINE, (base, other), aux=relation.predicate, span=span),)
    constant = function.new_instr(CONST, type=base.type, aux=other, span=span)
    return constant, function.new_instr(REFINE, (base, constant), aux=relation.predicate, span=span)


def is_constant(value: Value, origin_of: OriginOf = Value.origin) -> bool:
    """Whether the value is a constant, refinements aside."""
    origin = origin_of(value)
    return isinstance(origin, Instr) and origin.is_constant
