"""Which variables meet where: the block parameters that a function needs for its variables, and no others.

    meeting = meeting_variables(function, uses)          # by block, the variables that it needs parameters for

`uses` tells of each block which variables it reads before it assigns to them, and which it assigns to. A variable needs
a parameter where ways meet on which it may have been assigned different values, and where it is still read.

Whether it was assigned on the way between a block and its immediate dominator is told by the sets of what the blocks
assign on the chains of dominators behind the edges; a parameter counts as an assignment. Where cycles have several
entries, that is asked again until it does not change.

Requires: every block is reached, and nothing leads to the entry. Complexity: near-linear in the blocks, for each
`_TOGETHER` variables that some block reads and another may have assigned; a set takes a step for 30 variables.
Source: R. Cytron et al., "Efficiently Computing Static Single Assignment Form and the Control Dependence Graph" (1991),
pruned as by J.-D. Choi, R. Cytron, J. Ferrante, "Automatic Construction of Sparse Data Flow Evaluation Graphs" (1991);
sets along chains by path compression after R. E. Tarjan, "Applications of Path Compression on Balanced Trees" (1979).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final, NamedTuple

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.dominators import dominator_tree
from ssair.frontends.bril.flow_back import FlowBack, Sets
from ssair.ir import Block, Function

#: How many variables are followed at once.
_TOGETHER: Final = 4096


class Uses(NamedTuple):
    """What a block reads before it assigns to it, and what it assigns to."""

    read: dict[Hashable, None]
    assigned: dict[Hashable, None]


def meeting_variables(function: Function, uses: dict[Block, Uses]) -> dict[Block, list[Hashable]]:
    """By block, the variables that it needs parameters for."""
    incoming = incoming_edges(function)
    sources = {block: [way.source for way in ways] for block, ways in incoming.items() if len(ways) > 1}
    if not sources:
        return {}
    shared = list(dict.fromkeys(variable for found in uses.values() for variable in found.read))
    meeting: dict[Block, list[Hashable]] = {}
    ways = FlowBack(function)
    for start in range(0, len(shared), _TOGETHER):
        bit = {variable: 1 << place for place, variable in enumerate(shared[start : start + _TOGETHER])}
        read = _as_sets({block: found.read for block, found in uses.items()}, bit)
        assigned = _as_sets({block: found.assigned for block, found in uses.items()}, bit)
        live, _ = ways.find(read, assigned)
        group = list(bit)
        for block, members in _Meetings(function, sources, assigned, live).found.items():
            meeting.setdefault(block, []).extend([group[place] for place in _places(members)])
    return meeting


def _as_sets(variables: dict[Block, dict[Hashable, None]], bit: dict[Hashable, int]) -> Sets:
    """The sets of those variables that have a bit, where there are any."""
    sets: Sets = {}
    for block, found in variables.items():
        members = 0
        for variable in found:
            members |= bit.get(variable, 0)
        if members:
            sets[block] = members
    return sets


def _places(members: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


class _Meetings:
    """Finds where the variables of one group meet."""

    def __init__(self, function: Function, sources: dict[Block, list[Block]], assigned: Sets, live: Sets) -> None:
        self._tree = dominator_tree(function)
        self._rank = {block: place for place, block in enumerate(reverse_postorder(function))}
        self._sources = sources
        self._live = live
        self._assigned = assigned
        self.found: Sets = {}
        while self._ask():
            pass

    def _ask(self) -> bool:
        """Ask every join what meets there; whether what one found may have come too late for another."""
        #: By block, what is assigned on the chain from it up to what is `above`, which is no part of it.
        behind = {block: self._assigned.get(block, 0) | self.found.get(block, 0) for block in self._rank}
        above: dict[Block, Block] = {}
        is_late = has_grown = False
        for dominator in reversed(self._tree.preorder):
            below = self._tree.children[dominator]
            for join in below:
                met = 0
                for source in self._sources.get(join, ()):
                    if source is not dominator:
                        top = _top(source, above, behind)
                        met |= behind[source] | behind[top]
                        is_late |= top is not join and self._rank[top] > self._rank[join]
                fresh = met & self._live.get(join, 0) & ~self.found.get(join, 0)
                if fresh:
                    self.found[join] = self.found.get(join, 0) | fresh
                    behind[join] |= fresh
                    has_grown = True
            for block in below:
                above[block] = dominator
        return is_late and has_grown


def _top(block: Block, above: dict[Block, Block], behind: Sets) -> Block:
    """The top of the chain that begins at a block, which is the next above the block then."""
    path = []
    while block in above:
        path.append(block)
        block = above[block]
    for lower in reversed(path[:-1]):
        behind[lower] |= behind[above[lower]]
        above[lower] = above[above[lower]]
    return block
