"""Where the variables of a Bril function meet and are live: as by their definitions, in any control flow."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from growth import assert_linear

from ssair.frontends.bril.lower_flow import Flow
from ssair.frontends.bril.lower_joins import meeting_variables

NAMES = "abcdef"
Sets = list[dict[str, None]]


def random_flow(rng: random.Random) -> Flow:
    """Up to a dozen blocks with zero to two ways out of each, in any form; nothing leads to the first."""
    count = rng.randint(2, 12)
    return Flow([[rng.randrange(1, count) for _ in range(rng.choice((0, 1, 1, 2, 2, 2)))] for _ in range(count)])


class Written:
    """The ways of a body that is written as people write: arms and loops within one another, early exits."""

    def __init__(self, rng: random.Random, pieces: int) -> None:
        self.rng = rng
        self.pieces = pieces
        self.ways: list[list[int]] = [[]]
        #: Places that go to the one that comes next.
        self.loose = [0]
        self.heads: list[int] = []
        while self.pieces > 0:
            self.piece(0)
        self.new()

    def new(self) -> int:
        """A place that all loose ends lead to."""
        place = len(self.ways)
        self.ways.append([])
        for source in self.loose:
            self.ways[source].append(place)
        self.loose = [place]
        return place

    def piece(self, depth: int) -> None:
        self.pieces -= 1
        kind = self.rng.choice(("place", "arms", "loop", "again")) if depth < 4 else "place"
        if kind == "again" and self.heads:
            self.ways[self.new()].append(self.rng.choice(self.heads))
            return
        place = self.new()
        if kind == "arms":
            self.piece(depth + 1)
            left, self.loose = self.loose, [place]
            if self.rng.random() < 0.5:
                self.piece(depth + 1)
            self.loose = left + self.loose
        elif kind == "loop":
            self.heads.append(place)
            self.piece(depth + 1)
            self.heads.pop()
            for source in self.loose:
                self.ways[source].append(place)
            self.loose = [place]


def written_flow(rng: random.Random) -> Flow:
    return Flow(Written(rng, 8).ways)


def edges(flow: Flow) -> list[tuple[int, int]]:
    return [(source, target) for target, sources in enumerate(flow.predecessors) for source in sources]


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


@pytest.mark.parametrize("make", [random_flow, written_flow])
@pytest.mark.parametrize("start", range(0, 400, 100))
def test_variables_meet_where_the_definition_says(make: Callable[[random.Random], Flow], start: int) -> None:
    joins = 0
    for seed in range(start, start + 100):
        rng = random.Random(seed)
        flow = make(rng)
        read, assigned = random_uses(rng, flow)
        found = meeting_variables(flow, read, assigned)
        for name in NAMES:
            wanted = meeting(flow, name, read, assigned)
            assert {vertex for vertex, names in found.items() if name in names} == wanted, (seed, name)
            joins += len(wanted)
    assert joins > 100


@pytest.mark.parametrize("make", [random_flow, written_flow])
@pytest.mark.parametrize("seed", range(40))
def test_the_dominator_tree_is_walked_from_the_top(make: Callable[[random.Random], Flow], seed: int) -> None:
    flow = make(random.Random(seed))
    below = [dominated(flow, vertex) for vertex in range(len(flow.places))]
    assert sorted(flow.walk) == sorted(flow.order) == list(range(len(flow.places)))
    assert all(
        (source, target) in flow.backward or flow.rank[source] < flow.rank[target] for source, target in edges(flow)
    )
    assert flow.is_reducible == all(source in below[target] for source, target in flow.backward)
    assert [flow.walk[place] for place in flow.walked] == list(range(len(flow.places)))
    for place, vertex in enumerate(flow.walk):
        assert vertex in below[flow.above[vertex]]
        assert set(flow.walk[place : place + len(below[vertex])]) == below[vertex]


def test_what_two_ways_back_bring_is_found_where_a_cycle_has_two_entries() -> None:
    """`a` is live at 5 by the way 5, 1, 4, 3, 6 only, of which two edges are against the order."""
    flow = Flow([[1], [4, 2], [3], [4, 6], [3, 5], [1], [5]])
    number = {place: vertex for vertex, place in enumerate(flow.places)}
    assert {(flow.places[source], flow.places[target]) for source, target in flow.backward} == {(5, 1), (4, 3)}
    read: Sets = [{} for _ in flow.places]
    assigned: Sets = [{} for _ in flow.places]
    read[number[6]] = {"a": None}
    for place in (0, 2, 6):
        assigned[number[place]] = {"a": None}
    found = meeting_variables(flow, read, assigned)
    assert set(found) == meeting(flow, "a", read, assigned)
    assert {flow.places[vertex] for vertex in found} == {1, 3, 4, 5}


def test_what_is_written_in_order_is_not_explored() -> None:
    in_order = [
        flow.walk == flow.places == sorted(flow.places) for flow in (written_flow(random.Random(k)) for k in range(40))
    ]
    assert all(in_order)


@pytest.mark.parametrize(
    "ways",
    [
        [[1, 2], [2], [1]],  # a cycle with two entries
        [[2], [2], []],  # nothing reaches 1
        [[2], [2, 3], [1], []],  # a loop in front of its head
        [[1, 2], [4], [3], [], []],  # between 1 and 4, which only 1 leads to, stands what 1 does not dominate
    ],
)
def test_what_is_not_is_put_in_order(ways: list[list[int]]) -> None:
    flow = Flow(ways)
    assert flow.walk is not flow.places
    assert {(flow.places[source], flow.places[target]) for source, target in edges(flow)} == {
        (place, target) for place in flow.places for target in ways[place]
    }


def exits(count: int) -> list[list[int]]:
    """Places one below the other, each of which leads to another one behind them, too."""
    chain = [[place + 1, 2 * count - 1 - place] for place in range(count)]
    return [*chain, *[[place + 1] for place in range(count, 2 * count - 1)], []]


def again(count: int) -> list[list[int]]:
    """Places one below the other, each of which leads back to the first, too."""
    return [[1], *[[place + 1, 1] for place in range(1, count)], []]


@pytest.mark.parametrize("shape", [exits, again])
def test_work_grows_with_the_places(shape: Callable[[int], list[list[int]]]) -> None:
    def ask(count: int) -> None:
        flow = Flow(shape(count))
        read: Sets = [{"a": None} for _ in flow.places]
        assert meeting_variables(flow, read, read)

    assert_linear(ask, 100)
