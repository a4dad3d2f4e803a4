"""Loops that count: a parameter goes up by a constant until it reaches a bound that the loop does not change.

Such a loop ends by itself. Where start and bound are known on the host, so is the number of its iterations.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.backends.instance import Instance
from ssair.backends.loop_plan import LoopPlan, plan_loop
from ssair.backends.state import Traced
from ssair.backends.structure import Loop
from ssair.ir import Instr, Param, Value
from ssair.ops import BRANCH
from ssair.semantics import Runtime
from ssair.types import integer_range

#: Comparisons under which a counter that goes up stays in the loop, and sometime does not; true where it stands on the
#: left. (`le` holds for ever of the greatest integer, `ne` of a bound that is stepped over.)
_DIRECTIONS: Final = {"lt": True, "gt": False}


class Counter(NamedTuple):
    """A counter, the bound that it stays below, by how much it steps, and the comparison."""

    param: Param
    bound: Value
    step: int
    condition: Value


def counter_of(instance: Instance, loop: Loop, plan: LoopPlan | None = None) -> Counter | None:
    """The counter that decides the loop's one exit, which is that of its header; None if there is none."""
    plan = plan_loop(instance, loop) if plan is None else plan
    header, end = loop.header, loop.header.end
    if plan.late or plan.test is None or plan.test.blocks != {header} or end.op is not BRANCH:
        return None
    condition = end.args[0]
    if not isinstance(condition, Instr) or condition.op.name not in _DIRECTIONS:
        return None
    left, right = condition.args
    counter, bound = (left, right) if _DIRECTIONS[condition.op.name] else (right, left)
    stays = end.edges[0].target is plan.test.goal
    origin = counter.origin()
    if not stays or not isinstance(origin, Param) or origin.block is not header:
        return None
    known = bound in instance.hosts or not instance.structure.in_loop(bound.origin().block, loop)
    step = _step_of(instance, loop, origin)
    return Counter(origin, bound, step, condition) if known and step is not None else None


def _step_of(instance: Instance, loop: Loop, counter: Param) -> int | None:
    """The positive constant that every way back adds to the counter."""
    index = loop.header.params.index(counter)
    found: set[int] = set()
    for latch in loop.latches:
        for edge in latch.end.edges:
            if edge.target is not loop.header:
                continue
            step = edge.args[index].origin()
            if not isinstance(step, Instr) or step.op.name != "add":
                return None
            if not any(arg.origin() is counter for arg in step.args):
                return None
            found.update(int(instance.hosts[arg]) for arg in step.args if arg in instance.hosts)
    return found.pop() if len(found) == 1 and min(found) > 0 else None


def iterations(instance: Instance, counter: Counter, start: Traced) -> int | None:
    """How often the loop goes round from `start`; None where that is not known, or the counter would wrap."""
    bound: Runtime | None = instance.hosts.get(counter.bound)
    if bound is None or not isinstance(start, type(bound)):
        return None
    if int(bound) + counter.step > integer_range(counter.param.type)[1]:
        return None
    return len(range(int(start), int(bound), counter.step))
