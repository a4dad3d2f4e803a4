"""Control that nothing needs: branches that decide nothing, and loops that surely end and leave nothing behind.

A branch decides nothing if control comes to one place behind it whichever way it takes, with the same arguments, and
meets no effect before. A loop leaves nothing behind if it surely ends, nothing in it has an effect, control comes to
one place from all of its exits, and nobody uses outside what is computed inside. Both become a jump to that place.

Where control surely comes from a block without meeting an effect is found from the ends of the function backwards, so
that what is nested needs no second look: the ways from both arms are followed, the one that is further back first,
until they meet. A back edge is the end of a way, but of loops as a whole.

What refinements behind a loop state of values in it is lost but for their facts. Of others alone the exits of a loop
that ends whatever these are say nothing.

Requires: valid IR without crumbs, and no parameter that nothing needs. Ensures: valid IR of the same meaning, endless
loops included; the conditions that have become dead stay behind. Complexity: linear, but for finding which loops end.
Source: Cytron et al. (1991), section 7.1, where control stays only if something live depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final, NamedTuple

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value
from ssair.loops import Loop, LoopForest, loop_forest
from ssair.ops import BRANCH, JUMP, NARROW, SWITCH
from ssair.passes.finite_loops import finite_headers

#: How many blocks are passed on the way to where two ways meet.
FAR: Final = 64
_DECISIONS: Final = frozenset((BRANCH, SWITCH))


class Way(NamedTuple):
    """Where control surely comes to: a block, its place (behind all others if a back edge leads there), and the
    arguments that its parameters get; None if that depends."""

    place: int
    block: Block
    args: tuple[Value, ...] | None


def cut_dead_control(
    function: Function, context: Context, pass_name: str, has_effect: Callable[[Instr, Context], bool]
) -> int:
    """Let branches that decide nothing and loops that leave nothing be jumps; gives how many.

    A function with code that is never reached is left alone: that may use what would go.
    """
    order = reverse_postorder(function)
    if len(order) < len(function.blocks) or all(block.end.op not in _DECISIONS for block in order):
        return 0
    search = _Search(function, context, has_effect)
    cuts = [cut for cut in search.found() if context.fuel.take(pass_name, cut.block)]
    if not cuts:
        return 0
    loops = {cut.loop for cut in cuts if cut.loop is not None}
    for block, way, _ in cuts:
        assert way.args is not None
        block.set_terminator(Terminator(JUMP, (), (Edge(way.block, way.args),), (), block.end.span))
    reached = set(reverse_postorder(function))
    gone = {block for block in order if block not in reached}
    function.remove_blocks(gone)
    _forget(function, gone | search.inside(loops))
    return len(cuts)


class Cut(NamedTuple):
    """A decision that nothing needs, where it leads, and the loop that goes with it, if that is one."""

    block: Block
    way: Way
    loop: Loop | None


class _Search:
    """The search, from the last block back to the first."""

    def __init__(self, function: Function, context: Context, has_effect: Callable[[Instr, Context], bool]) -> None:
        self.function = function
        self._context = context
        self._has_effect = has_effect
        self._order = reverse_postorder(function)
        self._place = {block: place for place, block in enumerate(self._order)}
        #: Where control surely comes to from blocks that end in a decision.
        self._ways: dict[Block, Way | None] = {}
        self._quiet: dict[Block, bool] = {}

    def found(self) -> list[Cut]:
        """What can be cut, within what else can be cut too."""
        found = []
        for block in reversed(self._order):
            if block.end.op not in _DECISIONS:
                continue
            loop = self._forest.by_header.get(block) if block in self._headers else None
            way = self._meeting(self._exits[loop]) if loop is not None and loop in self._harmless else None
            if loop is not None and way is not None and self._is_known(way, block, loop) and self._leaves_nothing(loop):
                found.append(Cut(block, way, loop))
            else:
                inner = self._meeting([(block, edge) for edge in block.end.edges])
                if inner is not None and self._is_known(inner, block):
                    found.append(Cut(block, inner, None))
                way = way or inner
            self._ways[block] = way
        return found

    def inside(self, loops: set[Loop]) -> set[Block]:
        """The blocks of loops and of those within them."""
        if not loops:
            return set()
        within = set(loops)
        for loop in self._forest.loops:  # outer ones come first
            if loop.parent in within:
                within.add(loop)
        return {block for block, loop in self._forest.innermost.items() if loop in within}

    # ---- ways -----------------------------------------------------------------------------------------------------

    def _meeting(self, edges: list[tuple[Block, Edge]]) -> Way | None:
        """The first place where control comes to over whichever of some edges."""
        way: Way | None = None
        for source, edge in edges:
            other = self._arrival(source, edge)
            way = other if way is None else self._joined(way, other)
            if way is None:
                return None
        return way

    def _arrival(self, source: Block, edge: Edge) -> Way:
        place = self._place[edge.target]
        if place <= self._place[source]:
            place += len(self._order)
        return Way(place, edge.target, edge.args)

    def _joined(self, one: Way, other: Way) -> Way | None:
        for _ in range(FAR):
            if one.place == other.place:
                return one if one.args == other.args else Way(one.place, one.block, None)
            if one.place > other.place:
                one, other = other, one
            further = self._further(one)
            if further is None:
                return None
            one = further
        return None

    def _further(self, way: Way) -> Way | None:
        """Where control surely comes to from there, if it meets no effect."""
        block = way.block
        if way.place >= len(self._order):
            return None
        end = block.end
        further = self._arrival(block, end.edges[0]) if end.op is JUMP else self._ways.get(block)
        return further if further is not None and self._is_quiet(block) else None

    def _is_quiet(self, block: Block) -> bool:
        """Whether nothing in a block has an effect."""
        quiet = self._quiet.get(block)
        if quiet is None:
            quiet = True
            for instr in block.instrs:
                if not instr.op.pure and self._has_effect(instr, self._context):
                    quiet = False
                    break
            self._quiet[block] = quiet
        return quiet

    def _is_known(self, way: Way, block: Block, loop: Loop | None = None) -> bool:
        """Whether what is given to the place behind is there before the decision of `block`, or before `loop`."""
        if way.args is None:
            return False
        tree = dominator_tree(self.function) if way.args else None
        return all(
            tree is not None and tree.dominates(value.block, block) and (loop is None or value.block is not block)
            for value in way.args
        )

    # ---- loops ----------------------------------------------------------------------------------------------------

    @cached_property
    def _headers(self) -> set[Block]:
        """The blocks that edges lead back to; for membership only."""
        place = self._place
        return {edge.target for block in self._order for edge in block.end.edges if place[edge.target] <= place[block]}

    @cached_property
    def _forest(self) -> LoopForest:
        return loop_forest(self.function)

    @cached_property
    def _harmless(self) -> set[Loop]:
        """The loops without effects that surely end; for membership only. A loop around another one is none."""
        forest = self._forest
        harmful: set[Loop] = set()
        for block, innermost in forest.innermost.items():
            if innermost not in harmful and not self._is_quiet(block):
                harmful.add(innermost)
        for loop in reversed(forest.loops):
            if loop in harmful and loop.parent is not None:
                harmful.add(loop.parent)
        if len(harmful) == len(forest.loops):
            return set()
        finite = finite_headers(self.function)
        for loop in reversed(forest.loops):
            if loop.forall is None and loop.header not in finite:
                harmful.add(loop)
            if loop in harmful and loop.parent is not None:
                harmful.add(loop.parent)
        return {loop for loop in forest.loops if loop not in harmful and loop.forall is None}

    @cached_property
    def _exits(self) -> dict[Loop, list[tuple[Block, Edge]]]:
        """The edges out of each of the harmless loops, with the blocks that they leave."""
        forest = self._forest
        exits: dict[Loop, list[tuple[Block, Edge]]] = {loop: [] for loop in forest.loops if loop in self._harmless}
        for block in self._order:
            innermost = forest.innermost.get(block)
            if innermost not in exits:
                continue
            for edge in block.end.edges:
                loop: Loop | None = innermost
                while loop is not None and loop in exits and not forest.contains(loop, edge.target):
                    exits[loop].append((block, edge))
                    loop = loop.parent
        return exits

    def _leaves_nothing(self, loop: Loop) -> bool:
        """Whether nothing outside uses what a loop computes; the places right behind it are looked at first."""
        forest = self._forest
        for _, edge in self._exits[loop]:
            for instr in edge.target.instrs:
                if any(forest.contains(loop, value.block) for value in _used(instr)):
                    return False
        return loop not in self._used_outside

    @cached_property
    def _used_outside(self) -> set[Loop]:
        """The harmless loops whose values are used outside of them; for membership only."""
        forest, harmless = self._forest, self._harmless
        suspects = {block: loop for block, loop in forest.innermost.items() if loop in harmless}
        used: list[tuple[Block, Block]] = []
        for block in self._order:
            for instr in block.instrs:
                for value in instr.args:
                    if value.block in suspects and value.block is not block and value in _used(instr):
                        used += [(value.block, block)]
            used += [(value.block, block) for value in block.end.operands() if value.block in suspects]
        found: set[Loop] = set()
        for source, block in used:
            loop = suspects.get(source)
            while loop in harmless and not forest.contains(loop, block):
                found.add(loop)
                loop = loop.parent
        return found


def _used(instr: Instr) -> tuple[Value, ...]:
    """The operands whose values an instruction uses: what a refinement compares with it can do without."""
    return instr.args[:1] if instr.op.refines and not instr.op.traps else instr.args


def _forget(function: Function, gone: set[Block]) -> None:
    """Let refinements that speak of values of blocks that are gone, or run once now, state their facts alone."""
    for block in function.blocks:
        for instr in block.instrs:
            op = instr.op
            if op.refines and not op.traps and len(instr.args) == 2 and instr.args[1].block in gone:
                source = instr.args[0]
                instr.op, instr.args, instr.aux, instr.fact = NARROW, (source,), None, instr.fact & source.fact
