"""Where the variables of a Bril function meet and are live: as by their definitions, in any control flow."""

from __future__ import annotations

import random

import pytest

from ssair.frontends.bril.lower_flow import Flow
from ssair.frontends.bril.lower_joins import meeting_variables

NAMES = "abcdef"
Sets = list[dict[str, None]]


def random_flow(rng: random.Random) -> Flow:
    """Up to a dozen blocks with zero to two ways out of each, in any form; nothing leads to the first."""
    count = rng.randint(2, 12)
    return Flow([[rng.randrange(1, count) for _ in range(rng.choice((0, 1, 1, 2, 2, 2)))] for _ in range(count)])


def random_uses(rng: random.Random, flow: Flow) -> tuple[Sets, Sets]:
    """What the blocks read and assign; the first assigns all."""
    read: Sets = [{name: None for name in NAMES if rng.random() < 0.2} for _ in flow.places]
    assigned: Sets = [{name: None for name in NAMES if rng.random() < 0.2} for _ in flow.places]
    read[0], assigned[0] = {}, dict.fromkeys(NAMES)
    return read, assigned


def dominated(flow: Flow, above: int) -> set[int]:
    """The vertices that are not reached once one is taken away."""
    seen = {above}
    work = [0] if above else []
    while work:
        vertex = work.pop()
        if vertex not in seen:
            seen.add(vertex)
            work += flow.successors[vertex]
    return set(range(len(flow.places))) - (seen - {above})


def live(flow: Flow, name: str, read: Sets, assigned: Sets) -> set[int]:
    """The vertices at whose head a variable is read later, before it is assigned."""
    found: set[int] = set()
    work = [vertex for vertex, names in enumerate(read) if name in names]
    while work:
        vertex = work.pop()
        if vertex not in found:
            found.add(vertex)
            work += [source for source in flow.predecessors[vertex] if name not in assigned[source]]
    return found


def meeting(flow: Flow, name: str, read: Sets, assigned: Sets) -> set[int]:
    """Where ways meet from assignments, or from other meetings of the variable, as long as it is live."""
    alive = live(flow, name, read, assigned)
    below = {vertex: dominated(flow, vertex) for vertex in range(len(flow.places))}
    found: set[int] = set()
    work = [vertex for vertex, names in enumerate(assigned) if name in names]
    while work:
        vertex = work.pop()
        for join in range(len(flow.places)):
            frontier = below[vertex].intersection(flow.predecessors[join]) and join not in below[vertex] - {vertex}
            if frontier and join in alive and join not in found:
                found.add(join)
                work.append(join)
    return found


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_variables_meet_where_the_definition_says(start: int) -> None:
    joins = 0
    for seed in range(start, start + 100):
        rng = random.Random(seed)
        flow = random_flow(rng)
        read, assigned = random_uses(rng, flow)
        found = meeting_variables(flow, read, assigned)
        for name in NAMES:
            wanted = meeting(flow, name, read, assigned)
            assert {vertex for vertex, names in found.items() if name in names} == wanted, (seed, name)
            joins += len(wanted)
    assert joins > 100


@pytest.mark.parametrize("seed", range(20))
def test_the_dominator_tree_is_walked_from_the_top(seed: int) -> None:
    flow = random_flow(random.Random(seed))
    below = [dominated(flow, vertex) for vertex in range(len(flow.places))]
    assert sorted(flow.walk) == sorted(flow.order) == list(range(len(flow.places)))
    for place, vertex in enumerate(flow.walk):
        assert vertex in below[flow.above[vertex]]
        assert set(flow.walk[place : place + len(below[vertex])]) == below[vertex]


def test_what_two_ways_back_bring_is_found_where_a_cycle_has_two_entries() -> None:
    """`a` is live at 5 by the way 5, 1, 4, 3, 6 only, of which two edges are against the order."""
    flow = Flow([[1], [4, 2], [3], [4, 6], [3, 5], [1], [5]])
    number = {place: vertex for vertex, place in enumerate(flow.places)}
    assert {(flow.places[source], flow.places[target]) for source, target in flow.backward()} == {(5, 1), (4, 3)}
    read: Sets = [{} for _ in flow.places]
    assigned: Sets = [{} for _ in flow.places]
    read[number[6]] = {"a": None}
    for place in (0, 2, 6):
        assigned[number[place]] = {"a": None}
    found = meeting_variables(flow, read, assigned)
    assert set(found) == meeting(flow, "a", read, assigned)
    assert {flow.places[vertex] for vertex in found} == {1, 3, 4, 5}
