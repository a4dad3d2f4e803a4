"""Chains of branches, `if … else if … else if …`, which become one choice instead of a nest of them.

XLA's time grows with the square of the depth of a nest, and a deep one ends the process. So where one arm of a branch
is a light block without checks that ends in a branch, and so on, all conditions are evaluated and one `switch`
chooses.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.backends.instance import Instance
from ssair.backends.scope import Scope, block_cost, is_loop, is_own
from ssair.ir import Block
from ssair.ops import BRANCH

#: From so many branches on, a chain is worth it.
LONG_CHAIN: Final = 4
#: What a block between two branches may cost.
_LIGHT: Final = 24


class Link(NamedTuple):
    """A block that ends in a branch, and the place of the edge that leads on along the chain."""

    block: Block
    onward: int


def chain_from(instance: Instance, block: Block, scope: Scope) -> list[Link]:
    """The chain that begins with the branch of `block`; one link if it goes no further."""
    links: list[Link] = []
    step: Block | None = block
    while step is not None and step.end.op is BRANCH and len(scope.edges(instance, step)) == 2:
        onward = next((place for place in (1, 0) if _continues(instance, step, place, scope)), None)
        links.append(Link(step, 1 if onward is None else onward))
        step = None if onward is None else step.end.edges[onward].target
    return links


def _continues(instance: Instance, block: Block, place: int, scope: Scope) -> bool:
    """Whether an edge leads to a link of the chain that `block` belongs to."""
    target = block.end.edges[place].target
    if target.end.op is not BRANCH or not is_own(instance, block, target, scope) or is_loop(instance, target):
        return False
    cost = block_cost(target)
    traps = any(instr.op.traps for instr in target.instrs)
    return cost is not None and cost <= _LIGHT and not traps and len(scope.edges(instance, target)) == 2
