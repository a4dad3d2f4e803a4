"""The region that is being emitted: which blocks belong to it, and which of its edges are known not to be taken."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from ssair.backends.instance import Instance
from ssair.backends.outcome import Ending, Target
from ssair.backends.structure import Loop, Structure
from ssair.ir import Block, Instr
from ssair.ops import FORALL, UPDATE, YIELD
from ssair.types import ScalarType

#: What a store to an element costs in a loop's body.
STORE_COST: Final = 6


@dataclass(frozen=True, slots=True)
class Scope:
    """A region of the graph.

    `loop` is the innermost loop around it, whose header is outside (to get there is to end the region); `root`
    dominates all of it; `only` restricts it to a loop's test. `allowed` has the targets that edges may still go to,
    where the way is known; `inline` asks for both arms of every branch to be evaluated.
    """

    structure: Structure
    loop: Loop | None = None
    root: Block | None = None
    only: Set[Block] | None = None
    allowed: Set[Target] | None = None
    inline: bool = False
    #: The one target outside whose values are wanted; None if all are.
    sought: Target | None = None

    def inside(self, target: Target) -> bool:
        """Whether a target belongs to the region."""
        if isinstance(target, Ending):
            return False
        if self.only is not None and target not in self.only:
            return False
        loop = self.loop
        if loop is not None and (target is loop.header or not self.structure.in_loop(target, loop)):
            return False
        return self.root is None or self.structure.tree.dominates(self.root, target)

    def rooted(self, root: Block) -> Scope:
        """The part of the region that `root` dominates."""
        return replace(self, root=root)

    def leaves_loop(self, target: Target) -> bool:
        """Whether going to `target` leaves the innermost loop."""
        return self.loop is not None and isinstance(target, Block) and not self.structure.in_loop(target, self.loop)

    def edges(self, instance: Instance, block: Block) -> list[int]:
        """The places of the edges of a block that may be taken."""
        live, edges, allowed = instance.live[block], block.end.edges, self.allowed
        if allowed is None or block.end.op is FORALL:
            return list(live)
        return [place for place in live if edges[place].target in allowed]


@dataclass(slots=True)
class Summary:
    """What a region does: where it may end, whether it may trap or print, its cost (None: not to be evaluated for
    nothing), and whether it stores to elements of arrays, which only a loop's body can do for nothing."""

    targets: tuple[Target, ...]
    traps: bool
    prints: bool
    cost: int | None
    stores: bool = False


def order_key(structure: Structure, target: Target) -> int:
    """The place of a target in the order in which targets are entered."""
    return structure.order[target] if isinstance(target, Block) else len(structure.order) - target.value


def region_blocks(instance: Instance, scope: Scope) -> list[Block]:
    """The executable blocks of a region that has a root."""
    assert scope.root is not None
    low, high = instance.structure.tree.interval(scope.root)
    blocks = instance.structure.tree.preorder[low:high]
    return [block for block in blocks if block in instance.live and scope.inside(block)]


def summarise(instance: Instance, scope: Scope) -> Summary:
    """The summary of the region below the scope's root; linear in it."""
    structure = instance.structure
    assert scope.root is not None
    targets: dict[Target, None] = {}
    summary = Summary((), False, False, 0)
    for block in region_blocks(instance, scope):
        summary.traps = summary.traps or block in instance.trapping
        summary.prints = summary.prints or block in instance.printing
        end = block.end
        if end.op is FORALL or is_loop(instance, block) or summary.cost is None:
            summary.cost = None
        else:
            cost = instrs_cost([instr for instr in block.instrs if not is_store(instr)])
            stores = sum(is_store(instr) for instr in block.instrs)
            summary.stores = summary.stores or stores > 0
            summary.cost = None if cost is None else summary.cost + cost + stores * STORE_COST
        if is_exit(structure, scope, block):
            targets[Ending.YIELD if end.op is YIELD else Ending.RETURN] = None
        for place in scope.edges(instance, block):
            if not scope.inside(end.edges[place].target):
                targets[end.edges[place].target] = None
    summary.targets = tuple(sorted(targets, key=lambda target: order_key(structure, target)))
    return summary


def is_exit(structure: Structure, scope: Scope, block: Block) -> bool:
    """Whether a block of a region that has a root ends the function, or the comprehension that the root is in."""
    assert scope.root is not None
    end, comprehension = block.end, structure.comprehension
    return not end.edges and (end.op is not YIELD or comprehension[block] is comprehension[scope.root])


def is_store(instr: Instr) -> bool:
    """Whether the instruction stores an element."""
    return instr.op is UPDATE and isinstance(instr.args[1].type, ScalarType)


def is_loop(instance: Instance, block: Block) -> bool:
    """Whether a block is the header of a loop that may go round."""
    loop = instance.structure.loops.get(block)
    return loop is not None and any(latch in instance.live for latch in loop.latches)


def is_own(instance: Instance, block: Block, target: Block, scope: Scope) -> bool:
    """Whether only an edge of `block` enters `target`, so that this is a part of the arm that the edge begins."""
    structure = instance.structure
    return scope.inside(target) and structure.forward_edges[target] == 1 and structure.tree.idom.get(target) is block


def block_cost(block: Block) -> int | None:
    """The cost of evaluating a block for nothing; None if it has effects other than traps, or makes an array."""
    return instrs_cost(block.instrs)


def instrs_cost(instrs: Sequence[Instr]) -> int | None:
    """The cost of instructions that may be evaluated for nothing; None if they may not."""
    cost = 0
    for instr in instrs:
        op = instr.op
        if op.refines:
            cost += 2 if op.traps else 0
        elif op.pure and isinstance(instr.type, ScalarType):
            cost += op.cost
        else:
            return None
    return cost
