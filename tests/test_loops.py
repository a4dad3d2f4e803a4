"""Loops, their nesting, and postdominators, against networkx on graphs of every shape."""

import random

import networkx
import pytest
from growth import assert_linear
from test_dominators import function_of

from ssair.ancestors import Ancestors
from ssair.cfg import reverse_postorder
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Module
from ssair.loops import Loop, entries, exits, loop_forest, preheader
from ssair.parser import parse_module
from ssair.postdominators import postdominators

NEST = """
func @nest -> i64 {
bb0(v0: i64):
  jump bb1(v0)
bb1(v1: i64):
  v2: bool = lt v1, v0
  branch v2, bb2, bb6
bb2:
  jump bb3(v1)
bb3(v3: i64):
  v4: bool = lt v3, v0
  branch v4, bb4, bb5
bb4:
  v5: i64 = add v3, v0
  jump bb3(v5)
bb5:
  jump bb1(v3)
bb6:
  return v1
}
"""

COMPREHENSION = """
func @maps -> i64[:] {
bb0(v0: i64[:]):
  v1: i64{0..2^47} = dim v0, 0
  v2: bool = eq v1, v1
  jump bb1
bb1:
  forall (v1), bb2, bb4
bb2(v3: i64{0..}):
  branch v2, bb3, bb5
bb3:
  jump bb5
bb5:
  yield v3
bb4(v4: i64[:]):
  branch v2, bb1, bb6
bb6:
  return v4
}
"""


def read(text: str) -> Function:
    return next(iter(parse_module(text).functions.values()))


def block(function: Function, number: int) -> Block:
    return next(block for block in function.blocks if block.id == number)


def blocks_of(function: Function, loop: Loop) -> list[int]:
    forest = loop_forest(function)
    return sorted(block.id for block in function.blocks if forest.contains(loop, block))


def test_loops_stand_outermost_first_with_what_is_within_them():
    function = read(NEST)
    forest = loop_forest(function)
    outer, inner = forest.loops
    assert (outer.header.id, outer.depth, outer.parent) == (1, 1, None)
    assert (inner.header.id, inner.depth, inner.parent) == (3, 2, outer)
    assert [latch.id for latch in outer.latches] == [5] and [latch.id for latch in inner.latches] == [4]
    assert blocks_of(function, outer) == [1, 2, 3, 4, 5] and blocks_of(function, inner) == [3, 4]
    assert forest.encloses(outer, inner) and not forest.encloses(inner, outer)
    assert forest.same_loop(block(function, 0), block(function, 6))
    assert not forest.same_loop(block(function, 2), block(function, 3))


def test_a_loop_begins_behind_its_preheader_and_ends_at_its_exits():
    function = read(NEST)
    outer, inner = loop_forest(function).loops
    assert preheader(function, outer) is block(function, 0)
    assert preheader(function, inner) is block(function, 2)
    assert [(entry.source.id, entry.edge.target.id) for entry in exits(function, outer)] == [(1, 6)]
    assert [(entry.source.id, entry.edge.target.id) for entry in exits(function, inner)] == [(3, 5)]


@pytest.mark.parametrize(
    "successors",
    [
        [[1, 2], [2], [1, 3], []],  # entered at two places: no loop at all
        [[1, 3], [2], [1, 3], []],  # entered by a branch
        [[1, 2], [3], [3], [3, 4], []],  # entered from two blocks
    ],
)
def test_a_loop_entered_by_a_branch_or_twice_has_no_preheader(successors):
    function = function_of(successors)
    assert all(preheader(function, loop) is None for loop in loop_forest(function).loops)


def test_a_comprehension_is_a_loop_whose_preheader_is_its_forall():
    function = read(COMPREHENSION)
    outer, body = loop_forest(function).loops
    assert body.forall is block(function, 1) and body.parent is outer
    assert blocks_of(function, outer) == [1, 2, 3, 4, 5] and blocks_of(function, body) == [2, 3, 5]
    assert preheader(function, body) is block(function, 1)


def test_cycles_entered_twice_are_irreducible():
    function = function_of([[1, 2], [2], [1, 3], [3, 4], []])
    forest = loop_forest(function)
    assert sorted(block.id for block in forest.irreducible) == [1, 2]
    assert [loop.header.id for loop in forest.loops] == [3]


def random_graph(random: random.Random) -> list[list[int]]:
    count = random.randrange(1, 14)
    return [[random.randrange(1, count) for _ in range(random.randrange(4))] if count > 1 else [] for _ in range(count)]


def natural_loops(graph: networkx.DiGraph, function: Function) -> dict[int, set[int]]:
    """By definition: the blocks from which a latch is reached without passing the header."""
    tree = dominator_tree(function)
    found: dict[int, set[int]] = {}
    for source in tree.preorder:
        for target in source.successors():
            if tree.dominates(target, source):
                without = graph.copy()
                without.remove_node(target.id)
                body = found.setdefault(target.id, {target.id})
                if source is not target:
                    body |= networkx.ancestors(without, source.id) | {source.id}
    return found


def reachable_graph(function: Function) -> networkx.DiGraph:
    graph = networkx.DiGraph()
    for source in reverse_postorder(function):
        graph.add_node(source.id)
        graph.add_edges_from((source.id, target.id) for target in source.successors())
    return graph


def test_loops_are_the_natural_loops():
    generator, nested = random.Random(1), 0
    for _ in range(400):
        function = function_of(random_graph(generator))
        wanted = natural_loops(reachable_graph(function), function)
        forest = loop_forest(function)
        assert {loop.header.id: set(blocks_of(function, loop)) for loop in forest.loops} == wanted
        for loop in forest.loops:
            around = [other for other in forest.loops if other is not loop and forest.encloses(other, loop)]
            assert loop.depth == len(around) + 1
            assert loop.parent is max(around, key=lambda other: other.depth, default=None)
            nested += loop.parent is not None
            assert all(forest.contains(loop, entry.source) for entry in exits(function, loop))
            outside = [entry for entry in entries(function, loop) if entry.source.id in reachable_graph(function)]
            assert not any(forest.contains(loop, entry.source) for entry in outside)
    assert nested > 50


def test_every_cycle_passes_a_header_or_is_irreducible():
    generator, irreducible = random.Random(2), 0
    for _ in range(400):
        function = function_of(random_graph(generator))
        forest = loop_forest(function)
        graph = reachable_graph(function)
        for part in networkx.strongly_connected_components(graph):
            if len(part) == 1 and not graph.has_edge(*(2 * list(part))):
                continue
            covered = {block.id for loop in forest.loops for block in function.blocks if forest.contains(loop, block)}
            assert part <= covered | {block.id for block in forest.irreducible}
        irreducible += bool(forest.irreducible)
        assert not any(
            networkx.is_directed_acyclic_graph(graph) and block in forest.irreducible for block in function.blocks
        )
    assert 20 < irreducible < 380


def test_postdominators_are_the_dominators_of_the_graph_turned_around():
    generator, endless = random.Random(3), 0
    for _ in range(300):
        function = function_of(random_graph(generator))
        graph = reachable_graph(function).reverse()
        ends = [block.id for block in reverse_postorder(function) if not block.end.edges]
        graph.add_edges_from(("end", block) for block in ends)
        graph.add_node("end")
        idom = networkx.immediate_dominators(graph, "end")
        after = postdominators(function)
        for above in reverse_postorder(function):
            chain, step = {above.id}, above.id
            while idom.get(step, step) != step:
                step = idom[step]
                chain.add(step)
            endless += above.id not in idom
            for below in reverse_postorder(function):
                assert after.postdominates(below, above) is (below.id in chain)
    assert endless > 20


def test_the_highest_ancestor_is_found_in_every_tree():
    generator = random.Random(4)
    for _ in range(100):
        count = generator.randrange(1, 60)
        parent = {node: generator.randrange(max(0, node - 5), node) for node in range(1, count)}
        ancestors = Ancestors(range(count), parent)
        for node in range(count):
            path = [node]
            while path[-1] in parent:
                path.append(parent[path[-1]])
            for limit in path:
                assert ancestors.highest(node, lambda above, limit=limit: above >= limit) == limit


def deep_nest(depth: int) -> Function:
    """Loops within loops: block i is the header of loop i, and the way out of it leads back to loop i - 1."""
    inward = [[1]] + [[place + 1, 2 * depth + 2 - place] for place in range(1, depth + 1)]
    outward = [[depth]] + [[2 * depth + 1 - place] for place in range(depth + 2, 2 * depth + 1)]
    return function_of([*inward, *outward, []])


def test_deep_nests_take_linear_time():
    assert [loop.depth for loop in loop_forest(deep_nest(5)).loops] == [1, 2, 3, 4, 5]
    assert_linear(lambda depth: (loop_forest(deep_nest(depth)), postdominators(deep_nest(depth))), 300)


def test_ancestors_of_a_long_path_are_found_in_few_steps():
    def climb(count: int) -> None:
        ancestors = Ancestors(range(count), {node: node - 1 for node in range(1, count)})
        for node in range(count):
            assert ancestors.highest(node, lambda above: above >= 1) == min(node, 1)

    assert_linear(climb, 1000)


def test_a_function_without_loops_has_none():
    function = function_of([[1, 2], [3], [3], []])
    forest = loop_forest(function)
    assert forest.loops == [] and forest.irreducible == frozenset()
    assert isinstance(function.module, Module)
