"""The nearest common dominator of two blocks, in logarithmic time by jump pointers in the dominator tree."""

from __future__ import annotations

from ssair.analysis import cached
from ssair.ancestors import Ancestors
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function


class CommonDominators:
    """Answers for the blocks that the entry of a function reaches."""

    __slots__ = ("_above", "_tree")

    def __init__(self, function: Function) -> None:
        self._tree = dominator_tree(function)
        self._above: Ancestors[Block] = Ancestors(self._tree.preorder, self._tree.idom)

    def nearest(self, one: Block, other: Block) -> Block:
        """The block that dominates both and is dominated by every other such block."""
        tree = self._tree
        if tree.dominates(one, other):
            return one
        if tree.dominates(other, one):
            return other
        return tree.idom[self._above.highest(one, lambda block: not tree.dominates(block, other))]


@cached
def common_dominators(function: Function) -> CommonDominators:
    """The nearest common dominators in a function; near-linear to build."""
    return CommonDominators(function)
