"""Loops that surely end: in every iteration a parameter of the header comes closer to the end of its type's range.

A loop ends if one of its header's integer parameters is greater by each back edge, or smaller by each, where facts
prove that the step does not wrap: the steps then are strictly monotonic in a finite set. So do the counters of `for`
loops (`i + 1` behind `i < n`), bisections by halves, digits (`n // 10` behind `n > 0`), and remainders as in Euclid's
algorithm. It also ends if its header's test leaves it whatever a back edge gives: then it runs once at most.

Requires: valid IR without crumbs. Ensures: a header is told only if its loop is left, or traps, after finitely many
iterations whenever each of these ends. Comprehensions are finite in any case. Complexity: linear.
Source: the ranking functions of R. Floyd, "Assigning Meanings to Programs" (1967).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.cfg import incoming_edges
from ssair.facts import IntFact
from ssair.ir import Block, Function, Instr, Value
from ssair.loops import Loop, LoopForest, loop_forest
from ssair.ops import BRANCH, COMPARISONS, OPS, Op
from ssair.passes.origins import Origins
from ssair.types import BOOL, ArrayType, integer_range, is_integer

_UP: Final = 1
_DOWN: Final = -1
_COMPARISONS: Final = frozenset(COMPARISONS.values())


def finite_headers(function: Function) -> set[Block]:
    """The headers of the natural loops that surely end. For membership only: a set has no order."""
    forest = loop_forest(function)
    loops = [loop for loop in forest.loops if loop.forall is None]
    if not loops or forest.irreducible:  # where a cycle has two entries, a header is not what every iteration passes
        return set()
    origins = Origins()
    return {loop.header for loop in loops if _ends(function, forest, loop, origins)}


def always_ends(function: Function) -> bool:
    """Whether every run of the function ends, if all that it calls does."""
    forest = loop_forest(function)
    finite = finite_headers(function)
    return not forest.irreducible and all(loop.forall is not None or loop.header in finite for loop in forest.loops)


def _ends(function: Function, forest: LoopForest, loop: Loop, origins: Origins) -> bool:
    back = [entry.edge for entry in incoming_edges(function)[loop.header] if forest.contains(loop, entry.source)]
    for index, param in enumerate(loop.header.params):
        if is_integer(param.type):
            directions = {_direction(edge.args[index], param, origins) for edge in back}
            if directions in ({_UP}, {_DOWN}):
                return True
    return _is_left_by_then(function, forest, loop, [edge.args for edge in back], origins)


def _is_left_by_then(
    function: Function, forest: LoopForest, loop: Loop, args: list[tuple[Value, ...]], origins: Origins
) -> bool:
    """Whether the header leaves the loop when it is reached again: it compares what any of `args` decides."""
    end = loop.header.end
    test = origins[end.args[0]] if end.op is BRANCH else None
    if not isinstance(test, Instr) or test.op not in _COMPARISONS or isinstance(test.args[0].type, ArrayType):
        return False
    place = {param: index for index, param in enumerate(loop.header.params)}
    operands = [origins[value] for value in test.args]
    for given in args:
        facts = [(given[place[value]] if value in place else value).fact for value in operands]
        known = test.op.fact_rule(BOOL, facts, None).constant
        if known is None or forest.contains(loop, end.edges[0 if known else 1].target):
            return False
    return True


def _direction(value: Value, param: Value, origins: Origins) -> int:
    """Whether `value` is surely greater than `param`, surely smaller, or neither (0)."""
    step = origins[value]
    rule = _STEPS.get(step.op) if isinstance(step, Instr) else None
    return rule(step, param, origins) if rule is not None and isinstance(step, Instr) else 0


def _interval(value: Value) -> tuple[int, int]:
    assert isinstance(value.fact, IntFact)
    return value.fact.lo, value.fact.hi


def _fits(step: Instr, least: int, greatest: int) -> bool:
    lo, hi = integer_range(step.type)
    return lo <= least and greatest <= hi


def _sum(step: Instr, param: Value, origins: Origins) -> int:
    left, right = step.args
    if origins[left] is not param:
        left, right = right, left
    if origins[left] is not param:
        return 0
    (low, high), (least, greatest) = _interval(left), _interval(right)
    if not _fits(step, low + least, high + greatest):
        return 0
    return _UP if least > 0 else _DOWN if greatest < 0 else 0


def _difference(step: Instr, param: Value, origins: Origins) -> int:
    left, right = step.args
    (low, high), (least, greatest) = _interval(left), _interval(right)
    if origins[left] is not param or not _fits(step, low - greatest, high - least):
        return 0
    return _DOWN if least > 0 else _UP if greatest < 0 else 0


def _quotient(step: Instr, param: Value, origins: Origins) -> int:
    dividend, divisor = step.args
    shrinks = origins[dividend] is param and _interval(dividend)[0] > 0 and _interval(divisor)[0] > 1
    return _DOWN if shrinks else 0


def _shift(step: Instr, param: Value, origins: Origins) -> int:
    shifted, width = step.args
    return _DOWN if origins[shifted] is param and _interval(shifted)[0] > 0 and _interval(width)[0] > 0 else 0


def _remainder(step: Instr, param: Value, origins: Origins) -> int:
    """Floored: a remainder by a positive divisor is less than it."""
    divisor = step.args[1]
    return _DOWN if origins[divisor] is param and _interval(divisor)[0] > 0 else 0


_STEPS: Final[dict[Op, Callable[[Instr, Value, Origins], int]]] = {
    OPS["add"]: _sum,
    OPS["sub"]: _difference,
    OPS["floordiv"]: _quotient,
    OPS["div_trunc"]: _quotient,
    OPS["shr"]: _shift,
    OPS["mod"]: _remainder,
    OPS["rem_trunc"]: _remainder,
}
