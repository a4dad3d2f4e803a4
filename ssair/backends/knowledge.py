"""What the branches above an instruction tell of its operands, when the refinements that said so are gone.

    Knowledge(function).fact(value, block)      what is known of `value` wherever control has come to `block`

Only what is emitted for such an operand may depend on it: where both arms of a branch are evaluated, the value of the
arm not taken is used by nothing. Looks `FAR` dominators up; what an edge tells is found once, so that all questions
together are linear in the function.
"""

from __future__ import annotations

from typing import Final

from ssair import transfer_refinements
from ssair.cfg import incoming_edges
from ssair.dominators import dominator_tree
from ssair.facts import Fact, constant_fact
from ssair.ir import Block, Function, Value
from ssair.refinement import Relation, edge_relations

FAR: Final = 8


class Knowledge:
    """Answers what is known of the values of one function."""

    def __init__(self, function: Function) -> None:
        self._tree = dominator_tree(function)
        self._incoming = incoming_edges(function)
        self._told: dict[Block, dict[Value, list[Relation]]] = {}

    def fact(self, value: Value, block: Block) -> Fact:
        """The fact of a scalar, and what the edges that lead to `block` tell."""
        origin = value.origin()
        fact = value.fact
        for _, above in zip(range(FAR), self._tree.walk_up(block), strict=False):
            if above is origin.block:
                break
            for relation in self._of_entering(above).get(origin, ()):
                fact = transfer_refinements.refine(value.type, (fact, _fact_of(relation, value)), relation.predicate)
        return fact

    def _of_entering(self, block: Block) -> dict[Value, list[Relation]]:
        """What the one edge into a block tells, by the origin of the value; nothing where several lead there."""
        told = self._told.get(block)
        if told is None:
            told = self._told[block] = {}
            if len(self._incoming[block]) == 1:
                edge = self._incoming[block][0]
                for relation in edge_relations(edge.source, edge.index):
                    told.setdefault(relation.value.origin(), []).append(relation)
        return told


def _fact_of(relation: Relation, value: Value) -> Fact:
    other = relation.other
    return other.fact if isinstance(other, Value) else constant_fact(value.type, other)
