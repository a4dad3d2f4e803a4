"""Semi-NCA and the dominator tree against networkx, on graphs of every shape."""

import random

import networkx
import pytest

from ssair.cfg import reverse_postorder
from ssair.dominators import dominator_tree, immediate_dominators
from ssair.ir import Edge, Function, Module, Terminator
from ssair.ops import JUMP, RETURN, SWITCH
from ssair.types import I64


def function_of(successors: list[list[int]]) -> Function:
    """A function whose block i leads to the blocks `successors[i]`; block 0 is the entry."""
    function = Module().new_function("graph")
    blocks = [function.new_block() for _ in successors]
    value = blocks[0].add_param(I64, blocks[0].function.new_instr("const", type=I64, aux=0).fact)
    for block, targets in zip(blocks, successors, strict=True):
        edges = tuple(Edge(blocks[target]) for target in targets)
        if len(edges) > 1:
            block.set_terminator(Terminator(SWITCH, (value,), edges, tuple(range(len(edges) - 1))))
        else:
            block.set_terminator(Terminator(JUMP if edges else RETURN, (), edges))
    return function


def assert_like_networkx(successors: list[list[int]]) -> None:
    function = function_of(successors)
    graph = networkx.DiGraph([(i, target) for i, targets in enumerate(successors) for target in targets])
    graph.add_node(0)
    wanted = {node: idom for node, idom in networkx.immediate_dominators(graph, 0).items() if node != 0}
    assert {block.id: idom.id for block, idom in immediate_dominators(function).items()} == wanted
    tree = dominator_tree(function)
    assert tree.idom == immediate_dominators(function)
    reached = {block.id for block in reverse_postorder(function)}
    above = {node: {node} for node in sorted(reached)}
    for block in tree.preorder:
        if block.id:
            above[block.id] |= above[wanted[block.id]]
    for one in function.blocks:
        for other in function.blocks:
            expected = other.id in reached and one.id in reached and one.id in above[other.id]
            assert tree.dominates(one, other) is expected


@pytest.mark.parametrize(
    "successors",
    [
        [[]],
        [[1], [2], []],
        [[1, 2], [3], [3], []],
        [[1], [2, 3], [1], []],
        [[1, 2], [2], [1]],  # irreducible
        [[1, 1], []],
        [[1, 2, 3], [4], [4, 5], [5], [1, 6], [6], []],
        [[2], [2], []],  # block 1 is unreachable
        [[1], [1]],
    ],
)
def test_small_graphs(successors):
    assert_like_networkx(successors)


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs(seed):
    choice = random.Random(seed)
    count = choice.randrange(2, 24)
    density = choice.choice([1, 2, 3])
    assert_like_networkx(
        [[choice.randrange(1, count) for _ in range(choice.randrange(density + 1))] for _ in range(count)]
    )


def test_the_preorder_visits_children_in_reverse_postorder():
    for seed in range(30):
        choice = random.Random(seed)
        function = function_of([[choice.randrange(1, 20) for _ in range(choice.randrange(3))] for _ in range(20)])
        order = {block: number for number, block in enumerate(reverse_postorder(function))}
        tree = dominator_tree(function)
        for children in tree.children.values():
            assert children == sorted(children, key=order.__getitem__)
        entered: list = []
        for block in tree.preorder:
            while entered and not tree.dominates(entered[-1], block):
                entered.pop()
            assert (entered[-1] if entered else None) is tree.idom.get(block)
            entered.append(block)


@pytest.mark.parametrize("shape", ["chain", "early exits", "ladder", "nested loops"])
def test_large_graphs_take_near_linear_time(shape):
    count = 50_000
    shapes = {
        "chain": [[i + 1] for i in range(count)] + [[]],
        "early exits": [[i + 1, count + 1] for i in range(count)] + [[count + 1], []],
        "ladder": [[i + 1, i + 2] for i in range(count)] + [[count + 1], []],
        "nested loops": [[i + 1] for i in range(count)]
        + [[2 * count, count + 1]]
        + [[i, count - (i - count - 1)] for i in range(count + 2, 2 * count)]
        + [[1], []],
    }
    successors = shapes[shape]
    count = len(successors)
    tree = dominator_tree(function_of([[min(target, count - 1) for target in targets] for targets in successors]))
    assert len(tree.preorder) > 40_000
