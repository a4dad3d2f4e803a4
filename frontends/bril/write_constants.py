"""Where constants are made: Bril has no immediates, and each `const` that runs counts.

    place_constants(function, Places(function, frequencies), ConstantUses(function))

Requires: every block is reached. Ensures: each use of a constant, but as a block argument, is of a `const` that
dominates it, and for each constant these stand where they run least often together, as the frequencies have it: out of
loops, and in the arms that need them rather than before the branch where that is no worse. `const`s that nothing uses
are gone. A block argument keeps its own `const`, which stands in no block: whoever makes the copy on the edge makes the
constant there, which costs no more than the copy of a variable.

Optimal for given frequencies: over the dominator tree, a subtree with uses costs what its root's block costs, or what
its parts cost together. Near-linear: only the blocks of uses, their common dominators, and the cheapest blocks between
them are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from ssair.common_dominators import common_dominators
from ssair.dominators import DominatorTree, dominator_tree
from ssair.frontends.bril.write_constant_uses import ConstantUses, Use, key_of, replace_uses
from ssair.frontends.bril.write_frequencies import TRIPS, Frequencies
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CONST

#: A block must be cheaper than another by more than rounding to count as cheaper.
_CLEARLY = 1 - 1e-9


class Loop(NamedTuple):
    """A loop that wants constants besides those that its instructions use: all its turns may use them."""

    header: Block
    blocks: Set[Block]
    constants: list[Instr]
    #: Whether there is a place in front of it where control comes only if it makes a turn.
    has_front: bool


class Placed:
    """The constants of a function."""

    def __init__(self) -> None:
        #: Those that loops want, by their key and the header.
        self.wanted: dict[tuple[object, Block], Instr] = {}
        #: Those that are to be made in front of a loop, by its header; they stand in no block.
        self.in_front: dict[Block, list[Instr]] = {}


def place_constants(function: Function, places: Places, uses: ConstantUses, loops: Sequence[Loop] = ()) -> Placed:
    """Put the constants of a function where they cost least."""
    wanted = _add_wanted(uses, loops)
    fronts = {block: loop for loop in loops if loop.has_front for block in loop.blocks}
    for block in function.blocks:
        block.instrs = [instr for instr in block.instrs if instr.op is not CONST]
    heads: dict[Block, list[Instr]] = {}
    ends: dict[Block, list[Instr]] = {}
    placed = Placed()
    for constant in uses:
        users, instr = constant.users, constant.instr
        for place, blocks in places.cheapest(users):
            new = Instr(function.new_id(), CONST, (), instr.type, instr.fact, instr.aux, instr.span)
            new.block = place
            loop = fronts.get(blocks[0]) if fronts else None
            if loop is not None and places.is_no_cheaper(place, loop.header) and _is_within(loop, blocks, users):
                placed.in_front.setdefault(loop.header, []).append(new)
            else:
                (heads if place in users else ends).setdefault(place, []).append(new)
            for block in blocks:
                replace_uses(users[block], new)
                if wanted and block in wanted:
                    placed.wanted[key_of(instr), block] = new
    for block, instrs in heads.items():
        block.instrs[:0] = instrs
    for block, instrs in ends.items():
        block.instrs += instrs
    return placed


def _add_wanted(uses: ConstantUses, loops: Sequence[Loop]) -> set[Block]:
    """Add what loops want as if their headers used it; gives the headers."""
    for loop in loops:
        for constant in loop.constants:
            uses.constant(constant).users.setdefault(loop.header, [])
    return {loop.header for loop in loops if loop.constants}


def _is_within(loop: Loop, blocks: list[Block], users: dict[Block, list[Use]]) -> bool:
    """Whether a constant is used only where a loop makes a turn; its header wants it, but does not use it then."""
    return all(block in loop.blocks and (block is not loop.header or not users[block]) for block in blocks)


class Places:
    """Finds the cheapest places for a definition that uses in some blocks need."""

    def __init__(self, function: Function, frequencies: Frequencies) -> None:
        self.frequencies = frequencies
        self._function = function
        self._runs = frequencies.of_block

    @cached_property
    def _tree(self) -> DominatorTree:
        return dominator_tree(self._function)

    @cached_property
    def _cheaper(self) -> dict[Block, Block | None]:
        """By block, the nearest dominator that runs less often."""
        runs, idom = self._runs, self._tree.idom
        cheaper: dict[Block, Block | None] = {}
        for block in self._tree.preorder:
            above = idom.get(block)
            while above is not None and not runs[above] < runs[block] * _CLEARLY:
                above = cheaper[above]
            cheaper[block] = above
        return cheaper

    def is_no_cheaper(self, block: Block, header: Block) -> bool:
        """Whether a block runs about as often as the loop of a header is entered, or more often."""
        return self._runs[block] * TRIPS * 2 > self._runs[header]

    def cheapest_above(self, value: Value, block: Block) -> Block | None:
        """The block that runs least often of those that run less often than `block`, dominate it, and have `value`."""
        found, step = None, self._cheaper[block]
        while step is not None and self._tree.dominates(value.block, step):
            found, step = step, self._cheaper[step]
        return found

    def cheapest(self, blocks: Mapping[Block, object]) -> list[tuple[Block, list[Block]]]:
        """The places to define something that `blocks` use, each with the blocks that it serves."""
        if len(blocks) == 1:
            (block,) = blocks
            between = self._cheapest_between(None, block)
            return [(between if self._runs[between] < self._runs[block] * _CLEARLY else block, [block])]
        nodes = self._with_common_dominators(blocks)
        parent = self._parents(nodes)
        parts = dict.fromkeys(nodes, 0.0)
        place: dict[Block, Block | None] = {}
        for node in reversed(nodes):
            above = parent[node]
            here = node in blocks or self._runs[node] < parts[node] * _CLEARLY
            place[node] = node if here else None
            cost = self._runs[node] if here else parts[node]
            between = self._cheapest_between(above, node)
            if self._runs[between] < cost * _CLEARLY:
                place[node], cost = between, self._runs[between]
            if above is not None:
                parts[above] += cost
        served: dict[Block, list[Block]] = {}
        for node in nodes:
            above = parent[node]
            if above is not None and place[above] is not None:
                place[node] = place[above]
            chosen = place[node]
            if node in blocks:
                assert chosen is not None
                served.setdefault(chosen, []).append(node)
        return list(served.items())

    def cost(self, blocks: Mapping[Block, object]) -> float:
        """How often a definition runs that `blocks` use, at its cheapest places together."""
        return sum(self._runs[place] for place, _ in self.cheapest(blocks)) if blocks else 0.0

    def _with_common_dominators(self, blocks: Mapping[Block, object]) -> list[Block]:
        """Some blocks and the nearest common dominators of any of them, in preorder."""

        def number(block: Block) -> int:
            return self._tree.interval(block)[0]

        order = sorted(blocks, key=number)
        common = common_dominators(self._function)
        joins = {common.nearest(one, other): None for one, other in pairwise(order)}
        return sorted({**blocks, **joins}, key=number)

    def _parents(self, nodes: list[Block]) -> dict[Block, Block | None]:
        """For each of some blocks in preorder, the nearest other one that dominates it."""
        parent: dict[Block, Block | None] = {}
        open: list[Block] = []
        for node in nodes:
            while open and not self._tree.dominates(open[-1], node):
                open.pop()
            parent[node] = open[-1] if open else None
            open.append(node)
        return parent

    def _cheapest_between(self, above: Block | None, below: Block) -> Block:
        """The block that runs least often of `below` and its dominators that `above` dominates, itself aside."""
        step: Block | None = below
        while step is not None and step is not above and (above is None or self._tree.dominates(above, step)):
            below, step = step, self._cheaper[step]
        return below
