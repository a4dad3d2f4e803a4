"""Joins behind which more is known: what holds on each edge into a block may not be said in the block itself.

    if c then check x < n else check x < m        behind both, with m <= n, x < n

A question about values that are defined above a join may be asked on every edge into it. What is said above the join is
said on its edges too, and has failed to answer by then: only what has been learnt since, on the way to an edge, can.
So a join is worth asking only if something of the question's values was learnt on the way to each of its edges; this is
a look into sorted lists, where asking takes steps.

A value counts with the operands that its sum or product is made of. What is learnt of others is asked about where they
come in.

Complexity: a question looks at `MOST_DOMINATORS` dominators, each with a few searches in sorted lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from ssair.cfg import Incoming, incoming_edges
from ssair.dominators import DominatorTree
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.ops import OPS
from ssair.passes.bounds_forms import Atom, Terms, defining_value
from ssair.passes.bounds_relations import Inequality, Relations

#: How many dominators of a place are looked at, and how many inequalities learnt since a join are used.
MOST_DOMINATORS: Final = 6
MOST_TAUGHT: Final = 4
#: The operations that rules take apart by what is known of their operands.
_MADE_OF_OPERANDS: Final = frozenset(
    OPS[name] for name in ("add", "sub", "neg", "mul", "shl", "floordiv", "div_trunc", "mod", "rem_trunc")
)


class Joins:
    """The joins of one function."""

    def __init__(self, function: Function, tree: DominatorTree, relations: Relations) -> None:
        self.tree = tree
        self.relations = relations
        self._incoming = incoming_edges(function)
        #: Of blocks that several edges lead into, whether one leads back.
        self._is_loop: dict[Block, bool] = {}

    def edges(self, block: Block) -> list[Incoming]:
        """The edges into a block that control may come over."""
        return [entry for entry in self._incoming[block] if entry.source in self.tree]

    def above(self, terms: Terms, block: Block) -> Iterator[Block]:
        """The dominators of a block, the nearest first, that several edges lead into, behind the definitions of all
        atoms; none that an edge leads back to: what does not change in a loop is not known of its turns alone."""
        last = max([self.tree.interval(defining_value(atom).block)[0] for atom, _ in terms])
        for dominator in islice(self.tree.walk_up(block), MOST_DOMINATORS):
            if self.tree.interval(dominator)[0] <= last:
                return
            if len(self._incoming[dominator]) > 1 and not self._leads_back(dominator):
                yield dominator

    def _leads_back(self, block: Block) -> bool:
        known = self._is_loop.get(block)
        if known is None:
            known = any(self.tree.dominates(block, entry.source) for entry in self._incoming[block])
            self._is_loop[block] = known
        return known

    def tells(self, join: Block, entry: Incoming, terms: Terms) -> bool:
        """Whether anything of a sum is known on an edge into a join that is not known in front of it all."""
        above = self.tree.interval(self.tree.idom[join])[0]
        return any(self._tells(above, join, entry, atom, factor > 0) for atom, factor in terms)

    def _tells(self, above: int, join: Block, entry: Incoming, atom: Atom, sign: bool) -> bool:
        if isinstance(atom, Param) and atom.block is join:
            return True
        if self.relations.is_learnt(above, entry.source, entry.index, atom, sign):
            return True
        if not isinstance(atom, Instr) or atom.op not in _MADE_OF_OPERANDS:
            return False
        operands = [self.relations.forms.origins[value] for value in atom.args]
        return any(
            self.relations.is_learnt(above, entry.source, entry.index, value, way)
            for value in operands
            for way in (True, False)
        )

    def taught_since(self, join: Block, block: Block) -> list[Inequality]:
        """What branches on the way from a join to a block teach of values that are there in the join."""
        found: list[Inequality] = []
        for dominator in self.tree.walk_up(block):
            if dominator is join or len(found) >= MOST_TAUGHT:
                break
            found += [said for said in self.relations.taught(dominator) if self._is_there(said.terms, join)]
        return found

    def _is_there(self, terms: Terms, join: Block) -> bool:
        return all(self.tree.dominates(_block_of(atom), join) for atom, _ in terms)


def _block_of(atom: Atom) -> Block:
    value: Value = defining_value(atom)
    return value.block
