"""The loops of a function and how they are nested.

A natural loop is a header with all that comes to a back edge of it (an edge whose target dominates its source) without
passing the header. A comprehension counts as a loop too: its header is the entry of the body, its latch the block that
yields, and what stands before it is the block of its `forall`. Loops are disjoint or nested. A cycle that is entered at
more than one place has no header: its blocks are `irreducible`, and belong to the loops around it.

    loop_forest(function)         all loops, the innermost one of each block, containment
    preheader(function, loop)     the block that leads to a loop and nowhere else, if there is one
    exits(function, loop)         the edges out of a loop

Complexity: near-linear; containment takes constant time.
Source: P. Havlak, "Nesting of Reducible and Irreducible Loops" (1997), with union-find by path halving.
"""

from __future__ import annotations

from dataclasses import dataclass

from ssair.analysis import cached
from ssair.cfg import Incoming, comprehension_of, has_comprehensions, incoming_edges, reverse_postorder
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function
from ssair.ops import FORALL, JUMP, YIELD


@dataclass(slots=True, eq=False)
class Loop:
    """A natural loop or a comprehension; `depth` is 1 where there is no `parent`."""

    header: Block
    #: The sources of the back edges, each once; of a comprehension the block that yields, if control can come there.
    latches: list[Block]
    #: The block whose `forall` evaluates this as a comprehension.
    forall: Block | None = None
    parent: Loop | None = None
    depth: int = 1

    def __repr__(self) -> str:
        return f"<loop of {self.header}>"


@dataclass(frozen=True, slots=True, eq=False)
class LoopForest:
    """The loops in reverse postorder of their headers, so that each stands behind those around it."""

    loops: list[Loop]
    by_header: dict[Block, Loop]
    innermost: dict[Block, Loop]
    #: The reachable blocks on cycles that have more than one entry. For membership only.
    irreducible: frozenset[Block]
    #: The blocks of each loop, those of loops within it included, stand together in an order: from where to where.
    _spans: dict[Loop, tuple[int, int]]

    def contains(self, loop: Loop, block: Block) -> bool:
        """Whether `block` belongs to `loop` or to a loop within it."""
        inner = self.innermost.get(block)
        return inner is not None and self.encloses(loop, inner)

    def encloses(self, outer: Loop, inner: Loop) -> bool:
        """Whether `inner` is `outer` or a loop within it."""
        first, last = self._spans[outer]
        return first <= self._spans[inner][0] <= last

    def same_loop(self, one: Block, other: Block) -> bool:
        """Whether two blocks have the same innermost loop, or are in none."""
        return self.innermost.get(one) is self.innermost.get(other)


@cached
def loop_forest(function: Function) -> LoopForest:
    """The loops of the blocks that the entry reaches."""
    order = reverse_postorder(function)
    backward = _backward_edges(order)
    comprehensions = has_comprehensions(function)
    if not backward and not comprehensions:
        return LoopForest([], {}, {}, frozenset(), {})
    tree = dominator_tree(function)
    back = [(source, target) for source, target in backward if tree.dominates(target, source)]
    latches = _latches(function, order, back)
    irreducible = _irreducible(order, set(back)) if len(back) < len(backward) else frozenset()
    foralls: dict[Block, Block] = {}
    if comprehensions:
        foralls = {block.end.edges[0].target: block for block in order if block.end.op is FORALL}
    predecessors = _predecessors(function, order)
    innermost: dict[Block, Loop] = {}
    outermost: dict[Loop, Loop] = {}
    by_header = {
        header: Loop(header, latches.get(header, []), foralls.get(header))
        for header in order
        if header in latches or header in foralls
    }
    loops = list(by_header.values())
    for loop in reversed(loops):
        _collect(loop, predecessors, innermost, outermost)
    for loop in loops:
        if loop.parent is not None:
            loop.depth = loop.parent.depth + 1
    return LoopForest(loops, by_header, innermost, irreducible, _spans(loops))


def _backward_edges(order: list[Block]) -> list[tuple[Block, Block]]:
    """The sources and targets, each pair once, of the edges against an order: without them there is no cycle."""
    passed: set[Block] = set()
    found: dict[tuple[Block, Block], None] = {}
    for block in order:
        passed.add(block)
        for edge in block.end.edges:
            if edge.target in passed:
                found[block, edge.target] = None
    return list(found)


def _latches(function: Function, order: list[Block], back: list[tuple[Block, Block]]) -> dict[Block, list[Block]]:
    """The sources of back edges by their target, and the yielding block of each comprehension's body."""
    latches: dict[Block, list[Block]] = {}
    for source, target in back:
        latches.setdefault(target, []).append(source)
    if not has_comprehensions(function):
        return latches
    owner = comprehension_of(function)
    for block in order:
        forall = owner[block]
        if block.end.op is YIELD and forall is not None:
            latches.setdefault(forall.end.edges[0].target, []).append(block)
    return latches


def _predecessors(function: Function, order: list[Block]) -> dict[Block, list[Block]]:
    """The sources of the edges into each block; the exit of a comprehension also follows what yields."""
    predecessors: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        for edge in block.end.edges:
            predecessors[edge.target].append(block)
    if not has_comprehensions(function):
        return predecessors
    owner = comprehension_of(function)
    for block in order:
        forall = owner[block]
        if block.end.op is YIELD and forall is not None:
            predecessors[forall.end.edges[1].target].append(block)
    return predecessors


def _collect(
    loop: Loop, predecessors: dict[Block, list[Block]], innermost: dict[Block, Loop], outermost: dict[Loop, Loop]
) -> None:
    """Find the blocks of a loop that are in no inner one, and the outermost of the inner ones."""
    outermost[loop] = innermost[loop.header] = loop
    # a comprehension without a way to its `yield` still is what its `forall` evaluates again and again
    work = [latch for latch in loop.latches if latch is not loop.header]
    while work:
        block = work.pop()
        if block not in innermost:
            innermost[block] = loop
            work += predecessors[block]
            continue
        inner = innermost[block]
        while outermost[inner] is not inner:
            outermost[inner] = outermost[outermost[inner]]
            inner = outermost[inner]
        if inner is not loop:
            inner.parent = outermost[inner] = loop
            work += predecessors[inner.header]


def _spans(loops: list[Loop]) -> dict[Loop, tuple[int, int]]:
    """For each loop, the first and the last number of the loops within it, in a preorder of the forest."""
    if all(loop.parent is None for loop in loops):  # as most often
        return {loop: (number, number) for number, loop in enumerate(loops)}
    within: dict[Loop, list[Loop]] = {loop: [] for loop in loops}
    roots: list[Loop] = []
    for loop in loops:
        (within[loop.parent] if loop.parent is not None else roots).append(loop)
    spans: dict[Loop, tuple[int, int]] = {}
    count = 0
    work: list[tuple[Loop, bool]] = [(loop, False) for loop in reversed(roots)]
    while work:
        loop, done = work.pop()
        if done:
            spans[loop] = spans[loop][0], count - 1
            continue
        spans[loop] = count, count
        count += 1
        work.append((loop, True))
        work.extend((inner, False) for inner in reversed(within[loop]))
    return spans


def _irreducible(order: list[Block], back: set[tuple[Block, Block]]) -> frozenset[Block]:
    """The blocks on cycles that are left when back edges are taken away.

    `order` is a reverse postorder without back edges too, for these lead to what has been visited. Strongly connected
    components as S. R. Kosaraju and M. Sharir ("A strong-connectivity algorithm", 1981) find them, in a second walk.
    """
    sources: dict[Block, list[Block]] = {block: [] for block in order}
    for block in order:
        for target in block.successors():
            if (block, target) not in back:
                sources[target].append(block)
    found: list[Block] = []
    seen: set[Block] = set()
    for block in order:
        if block not in seen:
            seen.add(block)
            part = [block]
            for step in part:  # which grows
                for source in sources[step]:
                    if source not in seen:
                        seen.add(source)
                        part.append(source)
            if len(part) > 1:
                found += part
    return frozenset(found)


def entries(function: Function, loop: Loop) -> list[Incoming]:
    """The edges that lead into a loop from outside, reachable or not, in the order of the block list."""
    forest = loop_forest(function)
    return [entry for entry in incoming_edges(function)[loop.header] if not forest.contains(loop, entry.source)]


def preheader(function: Function, loop: Loop) -> Block | None:
    """The block at whose end every run of a loop begins, and nothing else does; None if there is none."""
    if loop.forall is not None:
        return loop.forall
    ways = entries(function, loop)
    if len(ways) == 1 and ways[0].source.end.op is JUMP:
        return ways[0].source
    return None


def exits(function: Function, loop: Loop) -> list[Incoming]:
    """The edges that lead out of a natural loop, in reverse postorder of their sources; linear in the function."""
    forest = loop_forest(function)
    return [
        Incoming(block, index)
        for block in reverse_postorder(function)
        if forest.contains(loop, block)
        for index, target in enumerate(block.successors())
        if not forest.contains(loop, target)
    ]
