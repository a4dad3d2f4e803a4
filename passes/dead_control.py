"""Control that nothing needs: branches that decide nothing, and loops that surely end and leave nothing behind.

A branch decides nothing if control comes to one place behind it whichever way it takes, with the same arguments for
what is needed there, and meets no effect before. A loop leaves nothing behind if it surely ends, nothing in it has an
effect, control comes to one place from all of its exits, and nobody uses outside what is computed inside. Both become a
jump to that place.

Where control surely comes from a block is found from the ends of the function backwards, so that what is nested needs
no second look: the ways from both arms are followed, the one that is further back first, until they meet. A back edge
is the end of a way, but of loops as a whole. Whether there is an effect on the way is asked only if arguments agree.

What refinements behind a loop state of values in it is lost but for their facts. Of others alone the exits of a loop
that ends whatever these are say nothing.

Requires: valid IR without crumbs, all of whose blocks are reached, visited in postorder. Ensures: a decision that is
found can be a jump, as long as what it relies on is not needed; its condition may become dead then. Complexity: linear,
but for finding which loops end.
Source: Cytron et al. (1991), section 7.1, where control stays only if something live depends on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.loops import Loop, LoopForest, loop_forest
from ssair.ops import BRANCH, JUMP, NARROW, SWITCH
from ssair.passes.finite_loops import finite_headers

#: How many blocks are passed on the way to where two ways meet.
FAR: Final = 64
DECISIONS: Final = frozenset((BRANCH, SWITCH))


#: Where control surely comes to: a place in reverse postorder (behind all others if a back edge leads there), and the
#: arguments that are given there; None if what is needed there depends on the way.
Way = tuple[int, tuple[Value, ...] | None]


class Cut(NamedTuple):
    """A decision that nothing needs, where it leads, and the loop that goes with it, if that is one."""

    block: Block
    edge: Edge
    loop: Loop | None


class DeadControl:
    """The search, from the last block back to the first. `needed` says by value id what is known to be needed."""

    def __init__(
        self, function: Function, context: Context, has_effect: Callable[[Instr, Context], bool], needed: bytearray
    ) -> None:
        self.function = function
        self._context = context
        self._has_effect = has_effect
        self._needed = needed
        self._order = reverse_postorder(function)
        self._place = {block: place for place, block in enumerate(self._order)}
        #: By the place of a decision: where control comes to from there, and where its ways begin.
        self._ways: dict[int, tuple[Way, Sequence[Way]]] = {}
        #: By the place of a decision, whether there is no effect between it and where its ways meet.
        self._verdicts: dict[int, bool] = {}
        self._quiet: dict[Block, bool] = {}
        #: Whether two ways were not followed to their ends.
        self._gave_up = False
        #: Parameters of headers that iterations bring different values: of them it shows last whether they are needed.
        self._carried: list[Param] = []
        #: The branches found that decide nothing, and those that do as long as parameters are not needed, with these.
        self.cuts: list[Cut] = []
        self.relying: list[tuple[Cut, list[Param]]] = []
        #: Loops that can go, if what they compute is used in them alone, with the parameters of the place behind.
        self._loops: list[tuple[Cut, Sequence[Param]]] = []
        #: How many decisions have become jumps, and the blocks that have gone with them.
        self.made = 0
        self.gone: set[Block] = set()

    def visit_all(self) -> None:
        """Look at all blocks that end in a decision."""
        for block in reversed(self._order):
            if block.end.op in DECISIONS:
                self.visit(block)

    def visit(self, block: Block) -> bool:
        """Look at a block that ends in a decision, behind all that it leads to; whether that decides nothing."""
        place = self._place[block]
        ways = [self._arrival(place, edge) for edge in block.end.edges]
        way = self._meeting(ways)
        decides_nothing = way is not None and way[1] is not None and self._take_down(block, way, ways)
        loop = self._forest.by_header.get(block)
        if loop is not None and loop in self._harmless:
            exits = self._exits[loop]
            behind = self._meeting(exits)
            if behind is not None:
                way, ways = behind, exits
                end, args = behind
                if args is not None and self._is_known(end, args, block, loop) and self._is_harmless(exits, end):
                    self._loops.append((Cut(block, self._edge(end, args), loop), self._params(end)))
        if way is not None:
            self._ways[place] = way, ways
        return decides_nothing

    def _take_down(self, block: Block, way: Way, ways: Sequence[Way]) -> bool:
        """Note that a branch decides nothing, if what is given behind it is known there and it skips no effect."""
        place, args = way
        assert args is not None
        if not self._is_known(place, args, block) or not self._is_harmless(ways, place):
            return False
        cut = Cut(block, self._edge(place, args), None)
        unneeded: list[Param] = []
        if place < len(self._order):
            unneeded = [param for param in cut.edge.target.params if not self._needed[param.id]]
        if unneeded:
            self.relying.append((cut, unneeded))
        else:
            self.cuts.append(cut)
        return True

    def _edge(self, place: int, args: tuple[Value, ...]) -> Edge:
        return Edge(self._order[place % len(self._order)], args)

    # ---- ways -----------------------------------------------------------------------------------------------------

    def _arrival(self, source: int, edge: Edge) -> Way:
        place = self._place[edge.target]
        return place if place > source else place + len(self._order), edge.args

    def _meeting(self, ways: Sequence[Way]) -> Way | None:
        """The first place where some ways surely meet, whatever there is on them."""
        found: Way | None = ways[0] if ways else None
        for way in ways[1:]:
            if found is None:
                return None
            found = self._joined(*found, *way)
        return found

    def _joined(
        self, one: int, args: tuple[Value, ...] | None, other: int, others: tuple[Value, ...] | None
    ) -> Way | None:
        for _ in range(FAR):
            if one == other:
                agree = args is not None and others is not None and self._agree(one, args, others)
                return one, args if agree else None
            if one > other:
                one, args, other, others = other, others, one, args
            further = self._further(one)
            if further is None:
                return None
            one, args = further
        self._gave_up = True
        return None

    def _agree(self, place: int, args: tuple[Value, ...], others: tuple[Value, ...]) -> bool:
        """Whether what is needed at a place gets the same from both sides."""
        if args != others:
            for param, one, another in zip(self._params(place), args, others, strict=True):
                if one is not another and self._needs(place, param):
                    return False
        return True

    def _params(self, place: int) -> list[Param]:
        return self._order[place % len(self._order)].params

    def _needs(self, place: int, param: Param) -> bool:
        """Whether a parameter of the block at a place may be needed; of what is carried around, it is."""
        if place >= len(self._order):
            self._carried.append(param)
            return True
        return bool(self._needed[param.id])

    def _further(self, place: int) -> Way | None:
        """Where control surely comes to from a place."""
        if place >= len(self._order):
            return None
        end = self._order[place].end
        if end.op is JUMP:
            return self._arrival(place, end.edges[0])
        found = self._ways.get(place)
        return found[0] if found is not None else None

    def _is_known(self, place: int, args: tuple[Value, ...], block: Block, loop: Loop | None = None) -> bool:
        """Whether what is needed at a place behind a decision of `block`, or behind `loop`, is there before it."""
        for param, value in zip(self._params(place), args, strict=True):
            is_there = self._tree.dominates(value.block, block) and (loop is None or value.block is not block)
            if not is_there and self._needs(place, param):
                return False
        return True

    @cached_property
    def _tree(self) -> DominatorTree:
        return dominator_tree(self.function)

    # ---- effects --------------------------------------------------------------------------------------------------

    def _is_harmless(self, ways: Sequence[Way], end: int) -> bool:
        """Whether there is no effect on some ways to the place where they meet."""
        verdict, work = self._judge(ways, end)
        while work and verdict:
            place = work[-1]
            found = self._verdicts.get(place)
            if found is None:
                (meeting, _), inner = self._ways[place]
                found, before = self._judge(inner, meeting)
                if found and before:
                    work += before
                    continue
                self._verdicts[place] = found
            verdict = found
            work.pop()
        return verdict

    def _judge(self, ways: Sequence[Way], end: int) -> tuple[bool, list[int]]:
        """Whether there is no effect on some ways as far as is known, and the decisions that have yet to be judged."""
        unknown: list[int] = []
        for place, _ in ways:
            while place != end:
                if not self._is_quiet(self._order[place]):
                    return False, []
                if place in self._ways:
                    verdict = self._verdicts.get(place)
                    if verdict is None:
                        unknown.append(place)
                    elif not verdict:
                        return False, []
                further = self._further(place)
                assert further is not None
                place = further[0]
        return True, unknown

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

    # ---- loops ----------------------------------------------------------------------------------------------------

    def dead_loops(self) -> list[Cut]:
        """The loops that can go, once what is not needed has gone."""
        found = [(cut, params) for cut, params in self._loops if cut.block not in self.gone]
        found = [(cut, params) for cut, params in found if not self._is_used_behind(cut.loop)]
        return [
            Cut(cut.block, Edge(cut.edge.target, self._needed_args(params, cut.edge.args)), cut.loop)
            for cut, params in found
            if cut.loop not in self._used_outside
        ]

    def _needed_args(self, params: Sequence[Param], args: Sequence[Value]) -> tuple[Value, ...]:
        """What is given to those of some parameters that are needed."""
        return tuple([value for param, value in zip(params, args, strict=True) if self._needed[param.id]])

    def _is_used_behind(self, loop: Loop | None) -> bool:
        """Whether a value of a loop is used right behind it, as most often: that is found at once."""
        forest, needed = self._forest, self._needed
        assert loop is not None
        for place, _ in self._exits[loop]:
            for instr in self._order[place % len(self._order)].instrs:
                if needed[instr.id] and any(forest.contains(loop, value.block) for value in _used(instr)):
                    return True
        return False

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
    def _exits(self) -> dict[Loop, list[Way]]:
        """Where control comes to over the edges out of each of the harmless loops."""
        forest = self._forest
        exits: dict[Loop, list[Way]] = {loop: [] for loop in forest.loops if loop in self._harmless}
        for place, block in enumerate(self._order):
            innermost = forest.innermost.get(block)
            if innermost not in exits:
                continue
            for edge in block.end.edges:
                loop: Loop | None = innermost
                while loop is not None and loop in exits and not forest.contains(loop, edge.target):
                    exits[loop].append(self._arrival(place, edge))
                    loop = loop.parent
        return exits

    @cached_property
    def _used_outside(self) -> set[Loop]:
        """The harmless loops of whose values one is needed outside of them; for membership only."""
        forest, harmless, needed = self._forest, self._harmless, self._needed
        inside = {block: loop for block, loop in forest.innermost.items() if loop in harmless}
        suspects: set[Value] = set()
        for block in inside:
            suspects.update(block.params, block.instrs)
        used: list[tuple[Block, Block]] = []
        for block in [block for block in self._order if block not in self.gone]:
            for instr in block.instrs:
                if not suspects.isdisjoint(instr.args) and needed[instr.id]:
                    used += [(value.block, block) for value in _used(instr) if value in suspects]
            used += [(value.block, block) for value in block.end.operands() if value in suspects]
        found: set[Loop] = set()
        for source, block in used:
            loop = inside.get(source)
            while loop in harmless and not forest.contains(loop, block):
                found.add(loop)
                loop = loop.parent
        return found

    # ---- cuts -----------------------------------------------------------------------------------------------------

    def may_find_more(self) -> bool:
        """Whether another search may find more once what is not needed has gone, as tests of loops that have."""
        if self.gone and (self._gave_up or any(block in self._forest.innermost for block in self.gone)):
            return True
        return any(not self._needed[param.id] for param in self._carried)

    def make_jumps(self, cuts: Sequence[Cut]) -> None:
        """Let decisions be jumps, and remove what is reached no more."""
        cuts = [cut for cut in cuts if cut.block not in self.gone]
        self.made += len(cuts)
        for block, edge, _ in cuts:
            block.set_terminator(Terminator(JUMP, (), (edge,), (), block.end.span))
        reached = set(reverse_postorder(self.function))
        gone = {block for block in self.function.blocks if block not in reached}
        self.function.remove_blocks(gone)
        loops = {cut.loop for cut in cuts if cut.loop is not None}
        if loops:
            self._forget(gone | self._inside(loops))
        self.gone |= gone

    def _inside(self, loops: set[Loop]) -> set[Block]:
        """The blocks of loops and of those within them."""
        within = set(loops)
        for loop in self._forest.loops:  # outer ones come first
            if loop.parent in within:
                within.add(loop)
        return {block for block, loop in self._forest.innermost.items() if loop in within}

    def _forget(self, gone: set[Block]) -> None:
        """Let refinements that speak of values of blocks that are gone, or run once now, state their facts alone.

        Behind loops alone: what arms compute is used nowhere else."""
        for block in self.function.blocks:
            for instr in block.instrs:
                op = instr.op
                if op.refines and not op.traps and len(instr.args) == 2 and instr.args[1].block in gone:
                    source = instr.args[0]
                    instr.op, instr.args, instr.aux, instr.fact = NARROW, (source,), None, instr.fact & source.fact


def _used(instr: Instr) -> tuple[Value, ...]:
    """The operands whose values an instruction uses: what a refinement compares with it can do without."""
    return instr.args[:1] if instr.op.refines and not instr.op.traps else instr.args
