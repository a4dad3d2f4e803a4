"""Whether arms that end at one block give it the same arrays, but for elements that they stored.

Then both can be evaluated, and their stores happen under the condition (`ssair.backends.stores`): nothing is copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ssair.backends.instance import Instance
from ssair.backends.outcome import Ending, Target
from ssair.backends.scope import Scope, region_blocks
from ssair.backends.state import Traced
from ssair.backends.stores import Stored
from ssair.cfg import incoming_edges
from ssair.ir import Block, Instr, Param, Value
from ssair.ops import UPDATE
from ssair.types import ArrayType

if TYPE_CHECKING:
    from ssair.backends.regions import Arm, Emitter


def arrays_agree(emitter: Emitter, arms: Sequence[Arm], scope: Scope) -> bool:
    """Whether each array parameter of each target gets the same array, stores aside, from every arm."""
    found: dict[tuple[Target, int], Traced] = {}
    for arm in arms:
        for key, base in _bases_of(emitter, arm, scope):
            if base is None or found.setdefault(key, base) is not base:
                return False
    return True


def _bases_of(emitter: Emitter, arm: Arm, scope: Scope) -> Iterator[tuple[tuple[Target, int], Traced | None]]:
    """For the arrays that an arm gives its targets, by target and place: what they are made from by stores."""
    if arm.scope is None:
        for target in arm.start.targets:
            for place, value in enumerate(arm.start.args[target]):
                if value is not None and value.ndim:
                    yield (target, place), value.base if isinstance(value, Stored) else value
        return
    blocks = region_blocks(emitter.instance, arm.scope)
    inside = set(blocks)
    for block in blocks:
        if not block.end.edges:
            yield (Ending.RETURN, 0), None
        for place in arm.scope.edges(emitter.instance, block):
            edge = block.end.edges[place]
            if arm.scope.inside(edge.target):
                continue
            if any(emitter.instance.shapes[value] for value in emitter.kept_for(edge.target, scope)):
                yield (edge.target, 0), None
            for index, arg in enumerate(edge.args):
                if isinstance(arg.type, ArrayType):
                    base = _base_of(emitter.instance, arg, inside)
                    value = emitter.kept_operand(base) if base is not None else None
                    yield (edge.target, index), value.base if isinstance(value, Stored) else value


def _base_of(instance: Instance, value: Value, inside: set[Block]) -> Value | None:
    """The array before the region that `value` is made from by stores of elements; None if there is not just one."""
    found: Value | None = None
    work, seen = [value], {value}
    while work:
        step = work.pop().origin()
        sources: list[Value] = []
        if step.block not in inside:
            if found is not None and found is not step:
                return None
            found = step
        elif isinstance(step, Instr):
            if step.op is not UPDATE:
                return None
            sources = [step.args[0]]
        else:
            assert isinstance(step, Param)
            index = step.block.params.index(step)
            sources = [edge.edge.args[index] for edge in incoming_edges(instance.function)[step.block]]
        for source in sources:
            if source not in seen:
                seen.add(source)
                work.append(source)
    return found
