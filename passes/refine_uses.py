"""Where values are used, by their origins: whether a refinement at a place would reach anything.

Places are numbered along a preorder of the dominator tree, so that what a block dominates is one interval, and what
comes behind an instruction and is dominated by it is one too. Uses are the operands of all but refinements, of checks
and terminators, and block arguments. That a refinement or a narrowing refines a value, or that it is returned, is none:
knowing more of it changes nothing there.

Complexity: linear to make, a binary search for a question.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping

from ssair.dominators import DominatorTree
from ssair.ir import Block, Value
from ssair.ops import RETURN


class Uses:
    """The places where values are used, before the pass that asks has changed anything."""

    def __init__(self, tree: DominatorTree, origins: Mapping[Value, Value]) -> None:
        """`origins` are those of the refinements."""
        self._tree = tree
        #: By preorder number, the place of the block's head; one more behind the last.
        self._heads: list[int] = []
        self._places: defaultdict[Value, list[int]] = defaultdict(list)
        places = self._places
        place = 0
        for block in tree.preorder:
            self._heads.append(place)
            for instr in block.instrs:
                place += 1
                if instr.op.traps or not instr.op.refines:
                    for value in instr.args:
                        places[origins.get(value, value)].append(place)
            place += 1
            if block.end.op is RETURN:
                continue
            for value in block.end.operands():
                places[origins.get(value, value)].append(place)
        self._heads.append(place + 1)

    def behind(self, origin: Value, block: Block, index: int = -1) -> bool:
        """Whether `origin` is used behind the instruction at `index` of `block` (its head: -1), or dominated by it."""
        places = self._places.get(origin)
        if places is None:
            return False
        first, last = self._tree.interval(block)
        found = bisect_left(places, self._heads[first] + index + 2)
        return found < len(places) and places[found] < self._heads[last]
