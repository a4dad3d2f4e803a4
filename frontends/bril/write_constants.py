"""Where constants are made: Bril has no immediates, and each `const` that runs counts.

    place_constants(function, Places(flow, frequencies), ConstantUses(function, flow))

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
from typing import Final, NamedTuple

from ssair.ancestors import Ancestors
from ssair.frontends.bril.write_constant_uses import ConstantUses, key_of, replace_uses
from ssair.frontends.bril.write_flow import ControlFlow
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
    flow = places.flow
    wanted = _add_wanted(uses, loops, flow)
    fronts = {block: loop for loop in loops if loop.has_front for block in loop.blocks}
    for block in function.blocks:
        block.instrs = [instr for instr in block.instrs if instr.op is not CONST]
    heads: dict[int, list[Instr]] = {}
    ends: dict[int, list[Instr]] = {}
    placed = Placed()
    for constant in uses:
        users, instr = constant.users, constant.instr
        for place, vertices in places.cheapest(users):
            new = Instr(function.new_id(), CONST, (), instr.type, instr.fact, instr.aux, instr.span)
            new.block = flow.blocks[place]
            loop = fronts.get(flow.blocks[vertices[0]]) if fronts else None
            if (
                loop is not None
                and places.is_no_cheaper(place, loop.header)
                and _is_within(loop, vertices, users, flow)
            ):
                placed.in_front.setdefault(loop.header, []).append(new)
            else:
                (heads if place in users else ends).setdefault(place, []).append(new)
            for vertex in vertices:
                replace_uses(users[vertex], new)
                if wanted and vertex in wanted:
                    placed.wanted[key_of(instr), flow.blocks[vertex]] = new
    for vertex, instrs in heads.items():
        flow.blocks[vertex].instrs[:0] = instrs
    for vertex, instrs in ends.items():
        flow.blocks[vertex].instrs += instrs
    return placed


def _add_wanted(uses: ConstantUses, loops: Sequence[Loop], flow: ControlFlow) -> set[int]:
    """Add what loops want as if their headers used it; gives the headers."""
    for loop in loops:
        for constant in loop.constants:
            uses.constant(constant).users.setdefault(flow.vertex[loop.header.id], [])
    return {flow.vertex[loop.header.id] for loop in loops if loop.constants}


def _is_within(loop: Loop, vertices: list[int], users: Mapping[int, object], flow: ControlFlow) -> bool:
    """Whether a constant is used only where a loop makes a turn; its header wants it, but does not use it then."""
    blocks = [(flow.blocks[vertex], users[vertex]) for vertex in vertices]
    return all(block in loop.blocks and (block is not loop.header or not found) for block, found in blocks)


#: How many steps up the dominator tree are taken one by one before jumps are prepared.
_NEAR: Final = 8


class Places:
    """Finds the cheapest places for a definition that uses in some blocks need: all by vertex."""

    def __init__(self, flow: ControlFlow, frequencies: Frequencies) -> None:
        self.flow = flow
        self.frequencies = frequencies
        self._runs = frequencies.of_vertex

    @cached_property
    def _cheaper(self) -> list[int]:
        """By vertex, the nearest dominator that runs less often; -1 if there is none."""
        runs, above = self._runs, self.flow.above
        cheaper = [-1] * len(runs)
        for vertex in self.flow.walk[1:]:
            step = above[vertex]
            limit = runs[vertex] * _CLEARLY
            while step >= 0 and not runs[step] < limit:
                step = cheaper[step]
            cheaper[vertex] = step
        return cheaper

    @cached_property
    def _far_above(self) -> Ancestors[int]:
        above = self.flow.above
        return Ancestors(self.flow.walk, {vertex: above[vertex] for vertex in range(1, len(above))})

    def is_no_cheaper(self, vertex: int, header: Block) -> bool:
        """Whether a block runs about as often as the loop of a header is entered, or more often."""
        return self._runs[vertex] * TRIPS * 2 > self._runs[self.flow.vertex[header.id]]

    def cheapest_above(self, value: Value, block: Block) -> Block | None:
        """The block that runs least often of those that run less often than `block`, dominate it, and have `value`."""
        flow, found = self.flow, -1
        made, step = flow.vertex[value.block.id], self._cheaper[flow.vertex[block.id]]
        while step >= 0 and flow.dominates(made, step):
            found, step = step, self._cheaper[step]
        return flow.blocks[found] if found >= 0 else None

    def is_clearly_cheaper(self, block: Block, header: Block) -> bool:
        """Whether a block runs less often than a loop with this header begins."""
        vertex = self.flow.vertex
        return self._runs[vertex[block.id]] < self._runs[vertex[header.id]] / TRIPS * _CLEARLY

    def cheapest(self, vertices: Mapping[int, object]) -> list[tuple[int, list[int]]]:
        """The places to define something that some blocks use, each with the blocks that it serves."""
        if len(vertices) == 1:
            (vertex,) = vertices
            between = self._cheapest_between(-1, vertex)
            return [(between if self._runs[between] < self._runs[vertex] * _CLEARLY else vertex, [vertex])]
        if 0 in vertices:  # the entry makes it in any case, for all
            return [(0, self._in_preorder(vertices))]
        nodes = self._with_common_dominators(vertices)
        parent = self._parents(nodes)
        runs = self._runs
        parts = dict.fromkeys(nodes, 0.0)
        place: dict[int, int] = {}
        for node in reversed(nodes):
            above = parent[node]
            here = node in vertices or runs[node] < parts[node] * _CLEARLY
            place[node] = node if here else -1
            cost = runs[node] if here else parts[node]
            between = self._cheapest_between(above, node)
            if runs[between] < cost * _CLEARLY:
                place[node], cost = between, runs[between]
            if above >= 0:
                parts[above] += cost
        served: dict[int, list[int]] = {}
        for node in nodes:
            above = parent[node]
            if above >= 0 and place[above] >= 0:
                place[node] = place[above]
            if node in vertices:
                served.setdefault(place[node], []).append(node)
        return list(served.items())

    def cost(self, vertices: Mapping[int, object]) -> float:
        """How often a definition runs that some blocks use, at its cheapest places together."""
        return sum([self._runs[place] for place, _ in self.cheapest(vertices)]) if vertices else 0.0

    def _in_preorder(self, vertices: Mapping[int, object]) -> list[int]:
        return sorted(vertices, key=self.flow.enter.__getitem__)

    def _with_common_dominators(self, vertices: Mapping[int, object]) -> list[int]:
        """Some blocks and the nearest common dominators of any of them, in preorder."""
        order = self._in_preorder(vertices)
        joins = [self._nearest(one, other) for one, other in pairwise(order)]
        return self._in_preorder(dict.fromkeys([*order, *joins]))

    def _nearest(self, one: int, other: int) -> int:
        """The nearest common dominator."""
        flow = self.flow
        for _ in range(_NEAR):
            if flow.dominates(one, other):
                return one
            one = flow.above[one]
        if flow.dominates(one, other):
            return one
        return flow.above[self._far_above.highest(one, lambda vertex: not flow.dominates(vertex, other))]

    def _parents(self, nodes: list[int]) -> dict[int, int]:
        """For each of some blocks in preorder, the nearest other one that dominates it, or -1."""
        parent: dict[int, int] = {}
        open: list[int] = []
        for node in nodes:
            while open and not self.flow.dominates(open[-1], node):
                open.pop()
            parent[node] = open[-1] if open else -1
            open.append(node)
        return parent

    def _cheapest_between(self, above: int, below: int) -> int:
        """The block that runs least often of `below` and its dominators that `above` dominates, itself aside."""
        cheaper, step = self._cheaper, below
        while step >= 0 and step != above and (above < 0 or self.flow.dominates(above, step)):
            below, step = step, cheaper[step]
        return below
