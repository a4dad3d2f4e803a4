"""Joins that a variable goes through unchanged: exactly those that what is said of them, by brute force, allows."""

from __future__ import annotations

import random
from typing import TypeAlias

import networkx as nx
import pytest
from growth import assert_linear

from ssair.quiet_joins import QuietJoins

Graph: TypeAlias = "nx.DiGraph[int]"


def random_graph(seed: int) -> list[list[int]]:
    """Successors of up to nine vertices; of every other seed no edge leads far back, which makes few cycles."""
    generator = random.Random(seed)
    count = generator.randrange(1, 10)
    return [
        [generator.randrange(max(0, vertex - 1) if seed % 2 else 0, count) for _ in range(generator.randrange(3))]
        for vertex in range(count)
    ]


def between(graph: Graph, above: int, join: int) -> set[int]:
    """The vertices on ways from one to the other that do not come by the first again."""
    rest = graph.subgraph(set(graph) - {above})
    behind = set().union(*(nx.descendants(rest, start) | {start} for start in set(graph.successors(above)) - {above}))
    ends = set(graph.predecessors(join)) - {above}
    return {vertex for vertex in behind if any(vertex == end or nx.has_path(rest, vertex, end) for end in ends)}


def is_reducible(graph: Graph, idom: dict[int, int]) -> bool:
    """Whether no cycle is left without the edges to a dominator of their source."""

    def dominates(above: int, below: int) -> bool:
        while below != above and below in idom and idom[below] != below:
            below = idom[below]
        return below == above

    onward: Graph = nx.DiGraph((source, target) for source, target in graph.edges if not dominates(target, source))
    return nx.is_directed_acyclic_graph(onward)


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_a_join_is_passed_where_nothing_between_is_assigned(start: int) -> None:
    passed = 0
    for seed in range(start, start + 100):
        successors = random_graph(seed)
        graph: Graph = nx.DiGraph()
        graph.add_nodes_from(range(len(successors)))
        graph.add_edges_from((vertex, target) for vertex, row in enumerate(successors) for target in row)
        reached = nx.DiGraph(graph.subgraph({0, *nx.descendants(graph, 0)}))
        idom = {vertex: above for vertex, above in nx.immediate_dominators(reached, 0).items() if vertex != 0}
        reducible = is_reducible(reached, idom)
        joins = QuietJoins(successors)
        for join in reached:
            ways = sum(row.count(join) for vertex, row in enumerate(successors) if vertex in reached)
            is_join = ways > 1 and join != 0 and reducible
            inside = between(reached, idom[join], join) if is_join else set[int]()
            for assigned in (sorted(random.Random(seed).sample(range(9), k)) for k in range(4)):
                quiet = not any(min(inside) <= vertex <= max(inside) for vertex in assigned) if inside else True
                wanted = idom[join] if is_join and quiet else None
                assert joins.passed(join, assigned) == wanted
                passed += wanted is not None
    assert passed > 50


def test_a_loop_within_a_region_belongs_to_it() -> None:
    # 0 parts to a loop (1, with its body far behind at 5) and to 2; both meet at 3
    joins = QuietJoins([[1, 2], [5, 3], [3], [4], [], [1]])
    assert joins.passed(3, [5]) is None
    assert joins.passed(3, [6]) == 0


def test_a_cycle_of_several_entries_has_no_quiet_joins() -> None:
    assert QuietJoins([[1, 2], [2], [1, 3], []]).passed(1, []) is None


@pytest.mark.parametrize("shape", ["diamonds", "nest", "exits"])
def test_work_grows_with_the_control_flow(shape: str) -> None:
    def successors(count: int) -> list[list[int]]:
        if shape == "diamonds":
            return [[place + 1, min(place + 2, count - 1)] for place in range(count - 1)] + [[]]
        if shape == "exits":
            return [[place + 1, count - 1] for place in range(count - 1)] + [[]]
        half = count // 2  # loops within loops: the headers, then the latches from the innermost to the outermost
        heads = [[place + 1, count] if place else [1] for place in range(half)]
        return heads + [[half - 1 - place, half + place + 1] for place in range(half)] + [[]] * (count + 1 - 2 * half)

    assert_linear(lambda count: QuietJoins(successors(count)), 400)
