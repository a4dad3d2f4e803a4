"""Where the values are used of which something may be told, by their origins: whether a refinement at a place would
reach anything.

Places are numbered along a preorder of the dominator tree, so that what a block dominates is one interval, and what
comes behind an instruction and is dominated by it is one too. Uses are the operands of all but refinements, of checks
and terminators, and block arguments. That a refinement or a narrowing refines a value, or that it is returned, is none:
knowing more of it changes nothing there.

What branches, checks and refinements speak of is listed first: of most values nothing is told, and nothing is noted.

Complexity: linear to make, a binary search for a question.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from ssair.dominators import DominatorTree
from ssair.ir import Block, Instr, Value
from ssair.ops import BRANCH, COMPARISONS, FORALL, JUMP, OPS, RETURN

#: Conditions that tell of their operands, and those whose operands are conditions again.
_TELLING: Final = frozenset((*COMPARISONS.values(), OPS["isnan"]))
_MADE_OF_CONDITIONS: Final = frozenset(OPS[name] for name in ("and", "or", "not"))
_CHECK: Final = OPS["check"]


class Uses:
    """The places where values are used, before the pass that asks has changed anything."""

    def __init__(self, tree: DominatorTree, origins: Mapping[Value, Value], values: int) -> None:
        """`origins` are those of the refinements; ids are below `values`."""
        self._tree = tree
        #: By preorder number, the place of the block's head; one more behind the last.
        self._heads: list[int] = []
        #: By id, the places where a value of which something may be told is used, in whichever version.
        self._places: list[list[int] | None] = [None] * values
        self._list_subjects(origins)
        places = self._places
        place = 0
        for block in tree.preorder:
            self._heads.append(place)
            for instr in block.instrs:
                place += 1
                if instr.op.traps or not instr.op.refines:
                    for value in instr.args:
                        if (used := places[value.id]) is not None:
                            used.append(place)
            place += 1
            if block.end.op is not RETURN:
                for value in block.end.operands():
                    if (used := places[value.id]) is not None:
                        used.append(place)
        self._heads.append(place + 1)

    def _list_subjects(self, origins: Mapping[Value, Value]) -> None:
        """Make lists for what branches, checks and refinements may tell something of."""
        subjects: list[Value] = []
        conditions: list[Value] = []
        for block in self._tree.preorder:
            end = block.end
            if end.op is BRANCH:
                conditions.append(end.args[0])
            elif end.op is not JUMP and end.op is not RETURN:
                subjects += end.args
                if end.op is FORALL:
                    subjects += end.edges[0].target.params
        for refinement in origins:
            assert isinstance(refinement, Instr)
            subjects += refinement.args
            if refinement.op is _CHECK:
                conditions.append(refinement.args[0])
        seen: set[Value] = set()
        for condition in conditions:  # those that it is made of come behind
            subjects.append(condition)
            definition = origins.get(condition, condition)
            if isinstance(definition, Instr):
                if definition.op in _TELLING:
                    subjects += definition.args
                elif definition.op in _MADE_OF_CONDITIONS and definition not in seen:
                    seen.add(definition)
                    conditions += definition.args
        places = self._places
        for value in subjects:
            origin = origins.get(value, value)
            if places[origin.id] is None:
                places[origin.id] = []
        for refinement, origin in origins.items():
            places[refinement.id] = places[origin.id]

    def stretch(self, block: Block, index: int = -1) -> tuple[int, int]:
        """The first place behind the instruction at `index` of `block` (its head: -1), and the one behind the last that
        is dominated by it."""
        first, last = self._tree.interval(block)
        return self._heads[first] + index + 2, self._heads[last]

    def within(self, origin: Value, stretch: tuple[int, int]) -> bool:
        """Whether `origin`, of which something may be told, is used in a stretch of places."""
        places = self._places[origin.id]
        assert places is not None, origin
        first, end = stretch
        found = bisect_left(places, first)
        return found < len(places) and places[found] < end
