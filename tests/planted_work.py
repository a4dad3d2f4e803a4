"""Programs for code motion: random graphs with equal heavy work planted where it is used, or far above that."""

from __future__ import annotations

from random import Random

from ssair.cfg import incoming_edges
from ssair.dominators import DominatorTree, dominator_tree
from ssair.ir import Block, Edge, Function, Module, Value
from ssair.testing.graph_modules import Shape, graph_module
from ssair.types import I64

_WORK = ("mul", "floordiv", "mod", "xor")


def planted_module(seed: int, shape: Shape) -> Module:
    """A module of `graph_module`, some of whose block arguments come from work on a few common operands."""
    random = Random(seed)
    module = graph_module(Random(seed), shape)
    function = module.functions["main"]
    tree = dominator_tree(function)
    operands = _common_operands(random, function, tree)
    for _ in range(4 * shape.blocks):
        _plant(random, function, tree, operands)
    for _ in range(shape.blocks // 2):
        _plant_at_join(random, function, tree, operands)
    return module


def _common_operands(random: Random, function: Function, tree: DominatorTree) -> list[Value]:
    """The function's parameters, and some values of the blocks next to the entry."""
    near = [value for block in tree.preorder[1:4] for value in (*block.params[1:], *block.instrs)]
    integers = [value for value in near if value.type is I64]
    return [*function.params, *random.sample(integers, k=min(2, len(integers)))]


def _plant(random: Random, function: Function, tree: DominatorTree, operands: list[Value]) -> None:
    """Let arguments of one block, or of all blocks that a branch leads to, be equal work done there or above."""
    user = random.choice(tree.preorder)
    arms = [user]
    if random.random() < 0.5:
        arms = [arm for arm in dict.fromkeys(user.successors()) if tree.idom[arm] is user]
        arms += [below for below in tree.children[user] if below not in arms][: random.randrange(2)]
    home = random.choice([None, None, *tree.walk_up(user)])
    known = [value for value in operands if tree.dominates(value.block, home or user)]
    if len(known) < 2 or (home or user) is function.entry:
        return
    op, pair, twice = random.choice(_WORK), random.sample(known, 2), random.random() < 0.3
    for arm in arms:
        places = [(edge, place) for edge in arm.end.edges for place in _free_places(edge)]
        if places:
            work = (home or arm).append(function.new_instr(op, pair))
            if twice:
                work = (home or arm).append(function.new_instr("mul", (work, work)))
            edge, place = random.choice(places)
            edge.args = (*edge.args[:place], work, *edge.args[place + 1 :])


def _plant_at_join(random: Random, function: Function, tree: DominatorTree, operands: list[Value]) -> None:
    """Let a join work on one of its parameters, and a block that leads there on what it gives for that."""
    join = random.choice(tree.preorder)
    ways = [entry for entry in incoming_edges(function)[join] if entry.source in tree]
    places = [place for place, param in enumerate(join.params) if place and param.type is I64]
    known = [value for value in operands if value.block is not join and tree.dominates(value.block, join)]
    if len(ways) < 2 or not places or not known:
        return
    place, op, other = random.choice(places), random.choice(("floordiv", "mod")), random.choice(known)
    for way in random.sample(ways, random.randrange(1, len(ways))):
        _print_work(way.source, op, way.edge.args[place], other)
    _print_work(join, op, join.params[place], other)


def _print_work(block: Block, op: str, left: Value, right: Value) -> None:
    function = block.function
    nearly = block.append(function.new_instr("add", (left, function.params[1])))
    work = block.append(function.new_instr(op, (nearly, right)))
    block.append(function.new_instr("print", (work,), aux=(f"{block} ", "")))


def _free_places(edge: Edge) -> list[int]:
    """The places of integer arguments, but for the budget."""
    return [place for place, value in enumerate(edge.args) if place and value.type is I64]
