"""The structure that a backend recovers from the control-flow graph: order, dominance, loops, what leaves a loop.

Requires a reducible graph (`ssair.backends.reducible` makes one). Ensures: `loops` has every natural loop by its
header; a block belongs to its innermost loop and to that loop's parents; the blocks of a comprehension belong to the
loops that its `forall` is in. `live_out` of a loop lists the values defined in it and used after it, in order of
definition.

Near-linear, but for the nesting of loops. Loops are found from the innermost header outwards, as in P. Havlak,
"Nesting of Reducible and Irreducible Loops" (1997), restricted to reducible graphs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ssair.analysis import cached
from ssair.cfg import comprehension_of, incoming_edges, reverse_postorder
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Function, Value
from ssair.ops import YIELD


@dataclass(slots=True, eq=False)
class Loop:
    """A natural loop."""

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
    latches: dict[Block, list[Block]] = {}
    forward = dict.fromkeys(rpo, 0)
    for block in rpo:
        for target in block.successors():
            if tree.dominates(target, block):
                latches.setdefault(target, []).append(block)
            else:
                forward[target] += 1
    loops, innermost = _find_loops(function, rpo, latches)
    structure = Structure(order, tree, loops, innermost, comprehension_of(function), forward)
    _find_live_out(structure, rpo)
    return structure


def _find_loops(
    function: Function, rpo: list[Block], latches: dict[Block, list[Block]]
) -> tuple[dict[Block, Loop], dict[Block, Loop]]:
    """The loops by header, in reverse postorder of their headers, and the innermost loop of each block."""
    predecessors = _predecessors(function, rpo)
    innermost: dict[Block, Loop] = {}
    outermost: dict[Loop, Loop] = {}
    for header in reversed(rpo):
        if header not in latches:
            continue
        loop = Loop(header, list(dict.fromkeys(latches[header])))
        outermost[loop] = innermost[header] = loop
        work = [latch for latch in loop.latches if latch is not header]
        while work:
            block = work.pop()
            if block not in innermost:
                innermost[block] = loop
                work += predecessors[block]
                continue
            inner = _outermost(innermost[block], outermost)
            if inner is not loop:
                inner.parent = outermost[inner] = loop
                work += predecessors[inner.header]
    loops = {header: innermost[header] for header in rpo if header in latches}
    for loop in loops.values():
        loop.depth = loop.parent.depth + 1 if loop.parent is not None else 1
    return loops, innermost


def _outermost(loop: Loop, outermost: dict[Loop, Loop]) -> Loop:
    """The outermost loop found so far around `loop`; halves the path to it."""
    while outermost[loop] is not loop:
        outermost[loop] = outermost[outermost[loop]]
        loop = outermost[loop]
    return loop


def _predecessors(function: Function, rpo: list[Block]) -> dict[Block, list[Block]]:
    """The sources of the edges into each block; a comprehension's exit also follows the `yield`s of its body."""
    incoming = incoming_edges(function)
    reachable = set(rpo)
    predecessors = {block: [edge.source for edge in incoming[block] if edge.source in reachable] for block in rpo}
    owner = comprehension_of(function)
    for block in rpo:
        forall = owner[block]
        if block.end.op is YIELD and forall is not None:
            predecessors[forall.end.edges[1].target].append(block)
    return predecessors


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
