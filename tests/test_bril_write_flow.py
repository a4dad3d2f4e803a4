"""The control flow by numbers says what the analyses of the IR say: dominators, loops, cycles without a header."""

from __future__ import annotations

import pytest
from bril_modules import scalar_module, tangled_module
from bril_random import random_bril

from ssair.cfg import incoming_edges
from ssair.dominators import dominator_tree
from ssair.frontends.bril import compile_source
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Block, Function, Module
from ssair.loops import loop_forest


def check(function: Function) -> tuple[int, int]:
    """Compare; gives how many loops there are, and how many blocks on cycles without a header."""
    flow, tree, forest = ControlFlow(function), dominator_tree(function), loop_forest(function)
    assert flow.is_current()
    blocks = function.blocks

    def number(block: Block) -> int:
        return flow.vertex[block.id]

    def at(vertex: int) -> Block | None:
        return flow.blocks[vertex] if vertex >= 0 else None

    assert [flow.blocks[number(block)] for block in blocks] == blocks
    assert sorted(flow.order) == sorted(flow.walk) == list(range(len(blocks)))
    for vertex in flow.order:
        assert flow.order[flow.rank[vertex]] == flow.walk[flow.enter[vertex]] == vertex
    assert {at(vertex): at(flow.above[vertex]) for vertex in range(1, len(blocks))} == tree.idom
    assert {at(vertex) for vertex in flow.loops} == {loop.header for loop in forest.loops}
    assert [flow.rank[vertex] for vertex in flow.loops] == sorted(flow.rank[vertex] for vertex in flow.loops)
    for block in blocks:
        incoming = incoming_edges(function)[block]
        assert flow.ways[number(block)] == [(entry.source, entry.edge) for entry in incoming]
        assert sorted(flow.sources[number(block)]) == sorted(number(entry.source) for entry in incoming)
        loop = forest.innermost.get(block)
        assert at(flow.header[number(block)]) is (loop.header if loop is not None else None)
        assert flow.irreducible[number(block)] == (block in forest.irreducible)
    for loop in forest.loops:
        assert at(flow.around[number(loop.header)]) is (loop.parent.header if loop.parent is not None else None)
    for one in blocks[:20]:
        for other in blocks[:20]:
            assert flow.dominates(number(one), number(other)) == tree.dominates(one, other)
    return len(forest.loops), len(forest.irreducible)


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_numbers_say_what_the_analyses_of_the_ir_say(start: int) -> None:
    loops = irreducible = 0
    for seed in range(start, start + 20):
        modules: list[Module] = [compile_source(random_bril(seed)), scalar_module(seed), tangled_module(seed)]
        for module in modules:
            for function in module.functions.values():
                found = check(function)
                loops, irreducible = loops + found[0], irreducible + found[1]
    assert loops > 50 and irreducible > 10
