"""The structure that a backend recovers from the control-flow graph: order, dominance, loops, what leaves a loop.

Requires a reducible graph (`ssair.backends.reducible` makes one). Ensures: `loops` has every natural loop by its
header; a block belongs to its innermost loop and to that loop's parents; the blocks of a comprehension belong to the
loops that its `forall` is in. `live_out` of a loop lists the values defined in it and used after it, in order of
definition.

Near-linear, but for the nesting of loops. The loops are those of `ssair.loops`, without the comprehensions.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ssair.analysis import cached
from ssair.cfg import comprehension_of, reverse_postorder
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Function, Value
from ssair.loops import Loop as AnyLoop
from ssair.loops import loop_forest


@dataclass(slots=True, eq=False)
class Loop:
    """A natural loop, as a backend sees it; `depth` and `parent` leave comprehensions out."""

    header: Block
    latches: list[Block]
    parent: Loop | None = None
    depth: int = 0
    live_out: list[Value] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """What is known of a function's control flow."""

    order: dict[Block, int]
    tree: DominatorTree
    loops: dict[Block, Loop]
    innermost: dict[Block, Loop]
    comprehension: dict[Block, Block | None]
    #: The number of edges into a block that are not back edges.
    forward_edges: dict[Block, int]

    def in_loop(self, block: Block, loop: Loop) -> bool:
        """Whether `block` belongs to `loop`; linear in the nesting."""
        step = self.innermost.get(block)
        while step is not None and step.depth > loop.depth:
            step = step.parent
        return step is loop

    def available(self, value: Value, block: Block) -> bool:
        """Whether `value` is computed wherever `block` ends."""
        return self.tree.dominates(value.block, block)


@cached
def structure_of(function: Function) -> Structure:
    """The structure of a function whose graph is reducible."""
    rpo = reverse_postorder(function)
    order = {block: index for index, block in enumerate(rpo)}
    tree = dominator_tree(function)
    forward = dict.fromkeys(rpo, 0)
    for block in rpo:
        for target in block.successors():
            if not tree.dominates(target, block):
                forward[target] += 1
    loops, innermost = _natural_loops(function)
    structure = Structure(order, tree, loops, innermost, comprehension_of(function), forward)
    _find_live_out(structure, rpo)
    return structure


def _natural_loops(function: Function) -> tuple[dict[Block, Loop], dict[Block, Loop]]:
    """The natural loops by header, each behind those around it, and the innermost one of each block."""
    forest = loop_forest(function)
    loops: dict[Block, Loop] = {}
    #: For each loop of the forest, comprehensions included, the innermost natural one.
    natural: dict[AnyLoop | None, Loop | None] = {None: None}
    for found in forest.loops:
        around = natural[found.parent]
        if found.forall is not None:
            natural[found] = around
            continue
        loop = Loop(found.header, found.latches, around, around.depth + 1 if around is not None else 1)
        natural[found] = loops[found.header] = loop
    innermost: dict[Block, Loop] = {}
    for block, inner in forest.innermost.items():
        around = natural[inner]
        if around is not None:
            innermost[block] = around
    return loops, innermost


def _find_live_out(structure: Structure, rpo: list[Block]) -> None:
    """Fill in what each loop's values are used after it."""
    found: dict[Loop, dict[Value, None]] = {loop: {} for loop in structure.loops.values()}
    for block in rpo:
        for instr in block.instrs:
            for value in instr.args:
                _note_use(structure, found, value, block)
        for value in block.end.operands():
            _note_use(structure, found, value, block)
    for loop, values in found.items():
        loop.live_out = sorted(values, key=lambda value: value.id)


def _note_use(structure: Structure, found: dict[Loop, dict[Value, None]], value: Value, user: Block) -> None:
    if value.block is user:
        return
    loop = structure.innermost.get(value.block)
    while loop is not None and not structure.in_loop(user, loop):
        found[loop][value] = None
        loop = loop.parent
