"""How a loop becomes a `while_loop`: what is carried, and which of its blocks are the test.

The test of a loop is the part of its body that an iteration goes through before the block `goal`, which dominates the
rest and every way back. If the test is light, pure but for checks, and holds exits (the early ones), then the loop's
condition evaluates it and the body repeats it, knowing that it leads to `goal`; after the loop it is evaluated once
more for the way out. No choice is carried for early exits, nor any value, and the checks in the test cost the loop
nothing: a failed one ends it, and is recorded after it. Exits behind the goal (the late ones) are carried as a choice.
Where all checks behind the test stand at the beginning of the goal among light instructions, these belong to the test
as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ssair.backends.instance import Instance
from ssair.backends.outcome import Target
from ssair.backends.scope import block_cost, instrs_cost, is_loop, order_key
from ssair.backends.structure import Loop
from ssair.ir import Block, Instr, Param
from ssair.ops import CALL_OP, FORALL
from ssair.types import is_integer

#: A test may cost this much: it is evaluated twice for each iteration.
LIGHT = 80


@dataclass(frozen=True, slots=True)
class Test:
    """The test of a loop; from the blocks and targets in `to_goal` and `to_exit`, goal and exit can be reached."""

    blocks: frozenset[Block]
    goal: Block
    to_goal: frozenset[Target]
    to_exit: frozenset[Target]
    #: How many instructions of the goal belong to the test as well, so that the rest of the loop cannot trap.
    prefix: int = 0


@dataclass(frozen=True, slots=True)
class LoopPlan:
    """What is carried and tested; `sources` has the blocks that late exits leave from."""

    carried: tuple[Param, ...]
    test: Test | None
    late: tuple[Target, ...]
    sources: tuple[Block, ...]
    traps: bool
    prints: bool
    #: Instructions that step a parameter by a constant other than 1, with the place of the constant.
    steps: tuple[tuple[Instr, int], ...]


def plan_loop(instance: Instance, loop: Loop, prefixes: bool = True) -> LoopPlan:
    """The plan of a loop; linear in it. Without `prefixes` the test holds whole blocks only."""
    structure = instance.structure
    blocks = blocks_of(instance, loop)
    exits = [
        (block, edge.target)
        for block in blocks
        for place in instance.live[block]
        if not structure.in_loop((edge := block.end.edges[place]).target, loop)
    ]
    test = _find_test(instance, loop, blocks, {source for source, _ in exits})
    within: frozenset[Block] = test.blocks if test is not None else frozenset()
    late = {target: None for source, target in exits if source not in within}
    rest = [block for block in blocks if block not in within]
    trapping = [block for block in rest if block in instance.trapping]
    if prefixes and test is not None and trapping == [test.goal]:
        test = replace(test, prefix=_light_prefix(instance, test))
        trapping = trapping if test.prefix == 0 else []
    return LoopPlan(
        tuple([param for index, param in enumerate(loop.header.params) if not _is_invariant(instance, loop, index)]),
        test,
        tuple(sorted(late, key=lambda target: order_key(structure, target))),
        tuple([source for source, _ in exits if source not in within]),
        bool(trapping),
        any(block in instance.printing for block in rest),
        tuple(_steps(instance, loop)),
    )


def blocks_of(instance: Instance, loop: Loop) -> list[Block]:
    """The executable blocks of a loop, in preorder of the dominator tree."""
    low, high = instance.structure.tree.interval(loop.header)
    blocks = instance.structure.tree.preorder[low:high]
    return [block for block in blocks if block in instance.live and instance.structure.in_loop(block, loop)]


def _is_invariant(instance: Instance, loop: Loop, index: int) -> bool:
    """Whether a header parameter is the same in every iteration."""
    param = loop.header.params[index]
    return all(
        edge.args[index].origin() is param
        for latch in loop.latches
        if latch in instance.live
        for edge in latch.end.edges
        if edge.target is loop.header
    )


def _steps(instance: Instance, loop: Loop) -> Iterator[tuple[Instr, int]]:
    """Where a parameter's next value is the parameter and a constant, which is neither 1 nor -1."""
    for latch in loop.latches:
        for edge in latch.end.edges:
            if edge.target is loop.header:
                for param, arg in zip(loop.header.params, edge.args, strict=True):
                    step = arg.origin()
                    if isinstance(step, Instr) and step.op.name in ("add", "sub") and is_integer(step.type):
                        for place, amount in enumerate(step.args):
                            host = instance.hosts.get(amount)
                            if host is not None and abs(int(host)) != 1 and step.args[1 - place].origin() is param:
                                yield step, place


def _find_test(instance: Instance, loop: Loop, blocks: list[Block], leaving: set[Block]) -> Test | None:
    """The largest light test: as many exits as can be had, and no more blocks than that needs.

    `blocks` is a preorder of the dominator tree, in which the goals' subtrees are nested intervals: what a further goal
    adds to the test stands at the two ends of what is left.
    """
    tree = instance.structure.tree
    numbers = [tree.interval(block)[0] for block in blocks]
    left, right = 0, len(blocks)
    found: Block | None = None
    cost, exits, most = 0, 0, 0
    for goal in _goals(instance, loop):
        low, high = tree.interval(goal)
        added: list[Block] = []
        while numbers[left] < low:
            added.append(blocks[left])
            left += 1
        while numbers[right - 1] >= high:
            right -= 1
            added.append(blocks[right])
        costs = [_test_cost(instance, loop, block) for block in added]
        cost += sum(extra or 0 for extra in costs)
        exits += sum(block in leaving for block in added)
        if cost > LIGHT or None in costs:
            break
        if exits > most:
            most, found = exits, goal
    return None if found is None else _test_before(instance, blocks, found)


def _light_prefix(instance: Instance, test: Test) -> int:
    """The number of instructions up to the goal's last check; 0 if they are not light, or the goal is a loop."""
    if is_loop(instance, test.goal):
        return 0
    instrs = test.goal.instrs
    count = max(place for place, instr in enumerate(instrs) if instr.op.traps or instr.op is CALL_OP) + 1
    cost = instrs_cost(instrs[:count])
    return count if cost is not None and cost <= LIGHT else 0


def _goals(instance: Instance, loop: Loop) -> list[Block]:
    """The blocks below the header that dominate every latch and that control may come to, the highest first."""
    tree = instance.structure.tree
    step = loop.latches[0]
    while not all(tree.dominates(step, latch) for latch in loop.latches):
        step = tree.idom[step]
    goals: list[Block] = []
    while step is not loop.header:
        if step in instance.live:
            goals.append(step)
        step = tree.idom[step]
    goals.reverse()
    return goals


def _test_cost(instance: Instance, loop: Loop, block: Block) -> int | None:
    """The cost of a block of a test; None if it cannot be one."""
    if block.end.op is FORALL or (block is not loop.header and is_loop(instance, block)):
        return None
    return block_cost(block)


def _test_before(instance: Instance, blocks: list[Block], goal: Block) -> Test:
    tree, order = instance.structure.tree, instance.structure.order
    members = [block for block in blocks if not tree.dominates(goal, block)]
    inside = frozenset(members)
    to_goal: set[Target] = {goal}
    to_exit: set[Target] = set()
    for block in sorted(members, key=lambda block: order[block], reverse=True):
        targets = [block.end.edges[place].target for place in instance.live[block]]
        outside = [target for target in targets if target is not goal and target not in inside]
        to_exit.update(outside)
        if any(target in to_goal for target in targets):
            to_goal.add(block)
        if any(target in to_exit for target in targets):
            to_exit.add(block)
    return Test(inside, goal, frozenset(to_goal), frozenset(to_exit))
