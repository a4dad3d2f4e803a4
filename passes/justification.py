"""Refinements that nothing justifies any more, and narrowings that know less than their operands by now.

A `refine` states a relation, and must stand where an edge or a check says it (the verifier's rule `refine`). Where the
branch is gone because it could go one way only, or the check because it could not fail, the relation still holds: the
refinement becomes `proved`, a promise. A `narrow` is met with what its operand has come to know.

Who knows what is no longer said names it: then only refinements of the same two values can have lost what justifies
them, and of most of those the facts say it by now, or else nothing would be gone, or the edges right in front of them
do. For what is left, only the places count that say something of the same two values.

Requires: facts that hold. Ensures: the verifier's rules `refine` and `narrow`. Complexity: near-linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.constants import constant_key
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import BRANCH, COMPARISONS, NARROW, PROVED, REFINE
from ssair.refinement import Relation
from ssair.types import BOOL
from ssair.verifier_relations import KnownRelations

_COMPARISONS: Final = frozenset(COMPARISONS.values())
#: What tells two values, in one order and in the other.
_Pairs = set[tuple[object, object]]


def justify_refinements(function: Function, unsaid: Iterable[Relation] | None = None) -> None:
    """Let the refinements that nothing justifies be promises, and narrowings know no less than their operands.

    `unsaid` are all relations that an edge or a check has ceased to state, if the caller knows them.
    """
    relations = KnownRelations(function)
    refinements, checking = _sharpened(function)
    if unsaid is None:
        _justify(refinements, dominator_tree(function).preorder, relations)
        return
    pairs = _pairs([(value, other) for value, _, other in unsaid], relations)
    if not pairs or not refinements:
        return
    said = [(instr, _pair(instr.args[0], instr.args[1], relations)) for instr in refinements]
    doubtful = [instr for instr, pair in said if pair in pairs and not _is_said(instr, relations)]
    if doubtful:
        pairs = _pairs([(instr.args[0], instr.args[1]) for instr in doubtful], relations)
        speaking = checking | {instr.block for instr, pair in said if pair in pairs}
        blocks = dominator_tree(function).preorder
        telling = [block for block in blocks if block in speaking or _edge_tells(block, pairs, relations)]
        _justify(doubtful, telling, relations)


def _sharpened(function: Function) -> tuple[list[Instr], set[Block]]:
    """The refinements of a function, whose narrowings know no less than their operands from now on, and the blocks that
    have checks (for membership only)."""
    found: list[Instr] = []
    checking: set[Block] = set()
    for block in reverse_postorder(function):
        for instr in block.instrs:
            op = instr.op
            if op is REFINE:
                found.append(instr)
            elif op is NARROW:
                instr.fact = instr.fact & instr.args[0].fact
            elif op.traps:
                checking.add(block)
    return found, checking


def _justify(doubtful: list[Instr], blocks: list[Block], relations: KnownRelations) -> None:
    """Let those refinements be promises that nothing justifies in `blocks`, in an order of the dominator tree."""
    asked = set(doubtful)
    entered: list[Block] = []
    for block in blocks:
        tree = dominator_tree(block.function)
        while entered and not tree.dominates(entered[-1], block):
            entered.pop()
            relations.leave()
        entered.append(block)
        relations.enter(block)
        for instr in block.instrs:
            if instr in asked and not relations.justifies(instr):
                instr.op = PROVED
            elif instr.op.refines or instr.op.traps:
                relations.learn(instr)


# ---- what is no longer said ---------------------------------------------------------------------------------------


def _pairs(found: list[tuple[Value, Value | bool | int]], relations: KnownRelations) -> _Pairs:
    pairs = {_pair(value, other, relations) for value, other in found}
    return pairs | {(right, left) for left, right in pairs}


def _pair(value: Value, other: Value | bool | int, relations: KnownRelations) -> tuple[object, object]:
    """What tells two values; of a truth value it does not matter with which of the two it is compared."""
    keys = relations.key(value), relations.key(other) if isinstance(other, Value) else constant_key(value.type, other)
    if value.type is not BOOL:
        return keys
    left, right = (BOOL if isinstance(key, tuple) else key for key in keys)
    return left, right


def _is_said(refinement: Instr, relations: KnownRelations) -> bool:
    """Whether what a refinement states follows from facts, or from the one edge into its block."""
    relations.enter(refinement.block)
    is_said = relations.justifies(refinement)
    relations.leave()
    return is_said


def _edge_tells(block: Block, pairs: _Pairs, relations: KnownRelations) -> bool:
    """Whether the one edge into a block states something of one of the pairs."""
    incoming = incoming_edges(block.function)[block]
    if len(incoming) != 1 or not _may_tell(incoming[0].source, pairs, relations):
        return False
    return any(_pair(value, other, relations) in pairs for value, _, other in relations.taught_by_edge(block))


def _may_tell(source: Block, pairs: _Pairs, relations: KnownRelations) -> bool:
    """Whether the end of a block may, as seen without listing all that it states: most compare two other values."""
    end = source.end
    condition = relations.key(end.args[0]) if end.op is BRANCH else None
    if not isinstance(condition, Instr) or condition.op not in _COMPARISONS:
        return True
    return _pair(condition.args[0], condition.args[1], relations) in pairs or (condition, BOOL) in pairs
