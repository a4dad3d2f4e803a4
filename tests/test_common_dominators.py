"""Nearest common dominators and postdominators against their definitions: ways that avoid a block."""

from __future__ import annotations

from random import Random

from test_dominators import function_of

from ssair.call_effects import ANYTHING, CallEffects
from ssair.common_dominators import common_dominators
from ssair.postdominators import postdominators


def graphs() -> list[list[list[int]]]:
    """Graphs of up to nine blocks, most of them tangled, some with ends that nothing reaches."""
    found = []
    for seed in range(150):
        random = Random(seed)
        count = random.randrange(2, 10)
        found.append([sorted(random.sample(range(count), min(random.randrange(4), count))) for _ in range(count)])
        found[-1] = [[target for target in targets if target] for targets in found[-1]]
    return found


def reached(successors: list[list[int]], start: int, avoided: int | None = None) -> set[int]:
    """The blocks that ways from `start` come to without `avoided`."""
    found: set[int] = set()
    work = [start] if start != avoided else []
    while work:
        block = work.pop()
        if block not in found:
            found.add(block)
            work += [target for target in successors[block] if target != avoided]
    return found


def test_the_nearest_common_dominator() -> None:
    asked = 0
    for successors in graphs():
        function = function_of(successors)
        blocks = {block.id: block for block in function.blocks}
        everything = reached(successors, 0)
        above = {x: {d for d in everything if d == x or x not in reached(successors, 0, d)} for x in everything}
        nearest = common_dominators(function).nearest
        for one in everything:
            for other in everything:
                common = above[one] & above[other]
                assert nearest(blocks[one], blocks[other]).id == max(common, key=lambda block: len(above[block]))
                asked += 1
    assert asked > 1000


def test_postdominators() -> None:
    told = 0
    for successors in graphs():
        function = function_of(successors)
        blocks = {block.id: block for block in function.blocks}
        everything = reached(successors, 0)
        ends = {block for block in everything if not successors[block]}
        post = postdominators(function)
        for above in everything:
            leads_to_an_end = bool(reached(successors, above) & ends)
            for below in everything:
                wanted = below == above or (leads_to_an_end and not reached(successors, above, below) & ends)
                assert post.postdominates(blocks[below], blocks[above]) == wanted, (successors, below, above)
                told += wanted and below != above
    assert told > 100


def test_of_a_function_that_nobody_has_looked_at_anything_is_expected() -> None:
    assert all(ANYTHING)
    assert not (ANYTHING.removable or ANYTHING.repeatable or ANYTHING.movable)
    nothing = CallEffects()
    assert nothing.removable and nothing.repeatable and nothing.movable
    for name in ("traps", "prints", "writes", "lasts"):
        assert not CallEffects(**{name: True}).removable
    for name in ("prints", "reads", "writes"):
        assert not CallEffects(**{name: True}).repeatable
