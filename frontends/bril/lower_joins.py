"""Which variables meet where: the block parameters that a function needs for its variables, and no others.

    meeting = meeting_variables(flow, read, assigned)    # by vertex, the variables that it needs parameters for

`read` has of each vertex of the flow the variables that it reads before it assigns to them, `assigned` those that it
assigns to. A variable needs a parameter where ways meet on which it may have been assigned different values, and where
it is still read.

Whether it was assigned on the way between a vertex and its immediate dominator is told by the sets of what is assigned
on the chains of dominators behind the edges; a parameter counts as an assignment. Where cycles have several entries,
that is asked again until it does not change. So it is where variables are live: what is so at the head of a loop is
known when the rest is looked at as if the loop ended there, and is then let flow back from where control goes round,
for outer loops first.

Sets are integers, a bit for each variable. Complexity: near-linear in the blocks, for each `_TOGETHER` variables that
some block reads and another may have assigned; a set takes a step for 30 variables.
Source: R. Cytron et al., "Efficiently Computing Static Single Assignment Form and the Control Dependence Graph" (1991),
pruned as by J.-D. Choi, R. Cytron, J. Ferrante, "Automatic Construction of Sparse Data Flow Evaluation Graphs" (1991);
sets along chains by path compression after R. E. Tarjan, "Applications of Path Compression on Balanced Trees" (1979).
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from ssair.frontends.bril.lower_flow import Flow

#: How many variables are followed at once.
_TOGETHER: Final = 4096
#: A variable; those of a vertex are in the order in which they came.
_Name = TypeVar("_Name", bound=Hashable)


def meeting_variables(
    flow: Flow, read: Sequence[Mapping[_Name, None]], assigned: Sequence[Mapping[_Name, None]]
) -> dict[int, list[_Name]]:
    """By vertex, the variables that it needs parameters for; vertices that need none are left out."""
    shared = list(dict.fromkeys([variable for found in read for variable in found]))
    meeting: dict[int, list[_Name]] = {}
    for start in range(0, len(shared), _TOGETHER):
        group = shared[start : start + _TOGETHER]
        bit = {variable: 1 << place for place, variable in enumerate(group)}
        made = _as_sets(assigned, bit)
        live = _live(flow, _as_sets(read, bit), made)
        for vertex, members in enumerate(_meetings(flow, made, live)):
            if members:
                meeting.setdefault(vertex, []).extend([group[place] for place in _places(members)])
    return meeting


def _as_sets(variables: Sequence[Mapping[_Name, None]], bit: Mapping[_Name, int]) -> list[int]:
    """Of each vertex, the set of those variables that have a bit."""
    sets = []
    for found in variables:
        members = 0
        for variable in found:
            if variable in bit:
                members |= bit[variable]
        sets.append(members)
    return sets


def _places(members: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


# ---- where variables are live -------------------------------------------------------------------------------------


def _live(flow: Flow, read: list[int], assigned: list[int]) -> list[int]:
    """What is read at the head of each vertex or behind it, before it is assigned; `read` becomes that."""
    for vertex in reversed(flow.order):
        through = 0
        for target in flow.successors[vertex]:
            through |= read[target]
        read[vertex] |= through & ~assigned[vertex]
    backward = flow.backward
    again = bool(backward)
    while again:
        again = False
        for source, target in backward:
            fresh = read[target] & ~assigned[source] & ~read[source]
            if fresh:
                again = True
                _flow_back(flow, source, fresh, read, assigned)
        again = again and not flow.is_reducible
    return read


def _flow_back(flow: Flow, vertex: int, fresh: int, live: list[int], assigned: list[int]) -> None:
    """Let more be live at the head of a vertex, and on all ways to it that follow the order."""
    rank, order = flow.rank, flow.order
    pending = {vertex: fresh}
    queue = [-rank[vertex]]  # the last of the order first, so that each is visited once
    while queue:
        vertex = order[-heapq.heappop(queue)]
        fresh = pending.pop(vertex)
        live[vertex] |= fresh
        for source in flow.predecessors[vertex]:
            through = fresh & ~assigned[source] & ~live[source]
            if through and rank[source] < rank[vertex]:
                if source not in pending:
                    heapq.heappush(queue, -rank[source])
                pending[source] = pending.get(source, 0) | through


# ---- where they meet ----------------------------------------------------------------------------------------------


def _meetings(flow: Flow, assigned: list[int], live: list[int]) -> list[int]:
    """Of each vertex, the set of what meets there."""
    found = [0] * len(assigned)
    walked, above = flow.walked, flow.above
    joins = [vertex for vertex in flow.order if len(flow.predecessors[vertex]) > 1]
    joins.sort(key=lambda vertex: -walked[above[vertex]])  # what is dominated first
    while _ask(flow, joins, assigned, live, found):
        pass
    return found


def _ask(flow: Flow, joins: list[int], assigned: list[int], live: list[int], found: list[int]) -> bool:
    """Ask every join what meets there; whether what one found may have come too late for another."""
    #: By vertex, what is assigned on the chain from it up to what is `above`, which is no part of it.
    behind = [made | met for made, met in zip(assigned, found, strict=True)]
    above = list(flow.above)
    rank, predecessors = flow.rank, flow.predecessors
    is_late = has_grown = False
    for join in joins:
        dominator, met = flow.above[join], 0
        for source in predecessors[join]:
            if source != dominator:
                top = source if above[source] == dominator else _top(source, dominator, above, behind)
                met |= behind[source] | behind[top]
                is_late |= top != join and rank[top] > rank[join]
        fresh = met & live[join] & ~found[join]
        if fresh:
            found[join] |= fresh
            behind[join] |= fresh
            has_grown = True
    return is_late and has_grown


def _top(vertex: int, dominator: int, above: list[int], behind: list[int]) -> int:
    """The top of the chain that begins at a vertex and ends below a dominator: it is next above the vertex then."""
    path = []
    while above[vertex] != dominator:
        path.append(vertex)
        vertex = above[vertex]
    for lower in reversed(path[:-1]):
        behind[lower] |= behind[above[lower]]
        above[lower] = above[above[lower]]
    return vertex
