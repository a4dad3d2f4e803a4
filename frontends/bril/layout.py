"""The order of blocks, so that few jumps run: a block falls through to the next, and off the end for nothing.

    for label, rows, end in layout(blocks, leave, duplicate=True):
        ...                                                  # a label or "", rows of code, what ends them or None

A branch on what the way there has told, or on a constant, is a jump. Each block of code ends in a jump, a branch or a
return. A branch names both its targets and costs the same wherever they stand; a jump costs nothing to what stands
next. A return without a value is a jump to the end of the function. So of the jumps to a block the one that runs most
often comes right before it, cycles of jumps aside, and the jumps that are left run a copy of what they lead to, if that
is short and does not go on with a jump itself. (For a loop that tests first this is what rotation is.)

Requires: `blocks[0]` is where a call begins, and nothing leads there. Ensures: the same meaning; each block that is
reached is there once, or in copies too; labels only where something leads. Linear but for sorting.
Source: K. Pettis, R. Hansen, "Profile guided code positioning" (1990), on jumps alone; F. Mueller, D. Whalley,
"Avoiding unconditional jumps by code replication" (1992).
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final, NamedTuple

from ssair.frontends.bril.write_rows import Row

#: How long a block may be that is copied, and how much longer copies may make a function.
COPIED: Final = 12
_GROWTH: Final = 1.0
_LEAST_GROWTH: Final = 64


class CodeBlock:
    """Rows of code, and how they end: `targets` has none for a return, one for a jump, two for a branch."""

    __slots__ = ("arg", "code", "runs", "targets")

    def __init__(
        self, runs: float, code: list[Row], targets: tuple[CodeBlock, ...] = (), arg: str | None = None
    ) -> None:
        self.runs = runs
        self.code = code
        self.targets = targets
        #: The condition of a branch, the value of a return.
        self.arg = arg


class End(NamedTuple):
    """A `br`, `ret` or `jmp`."""

    op: str
    arg: str | None = None
    labels: tuple[str, ...] = ()


#: What stands between two places where control may come or go: a label or "", rows, and how that ends, if it does not
#: go on with what is next.
Stretch = tuple[str, list[Row], End | None]


def layout(blocks: list[CodeBlock], leave: CodeBlock, duplicate: bool) -> list[Stretch]:
    """The body of a function; `leave` is the empty block behind its end, which returns without a value."""
    if len(blocks) == 1 and blocks[0].targets in ((), (leave,)):
        (block,) = blocks
        return [("", block.code, None if block.targets else End("ret", block.arg))]
    _decide(blocks)
    _skip_empty(blocks)
    order = _reached(blocks)
    following = _fall_through(order, leave)
    if duplicate and len(order) > 1 and _copy_targets(order, following, leave):
        _decide(order)
        order = _reached(order)
        following = _fall_through(order, leave)
    return _stretches(_sequence(order, following, leave), following, leave)


def _skip_empty(blocks: list[CodeBlock]) -> None:
    """Lead past blocks that only jump on, and let a branch with one target be a jump."""
    beyond: dict[CodeBlock, CodeBlock] = {}
    for block in blocks:
        if block.code or len(block.targets) != 1:
            continue
        path = []
        step = block
        while step not in beyond and not step.code and len(step.targets) == 1:
            path.append(step)
            beyond[step] = step  # which it keeps if a cycle of such blocks comes back here
            step = step.targets[0]
        end = beyond.get(step, step)
        for passed in path:
            beyond[passed] = end
    for block in blocks:
        targets = block.targets
        if beyond:
            for target in targets:
                if target in beyond:
                    block.targets = targets = tuple([beyond.get(target, target) for target in targets])
                    break
        if len(targets) == 2 and targets[0] is targets[1]:
            block.targets, block.arg = targets[:1], None


def _reached(blocks: list[CodeBlock]) -> list[CodeBlock]:
    """The blocks that the first one reaches, in their order."""
    work = blocks[:1]
    found = set(work)
    for block in work:  # which grows
        for target in block.targets:
            if target not in found:
                found.add(target)
                work.append(target)
    return [block for block in blocks if block in found]


# ---- what is known of conditions ----------------------------------------------------------------------------------


def _decide(blocks: list[CodeBlock]) -> None:
    """Let branches be jumps where it is known what their conditions are, and lead branches past empty ones on the same.

    All in code that has left SSA form: what a branch has tested stays so until the variable is written.
    """
    asked = [
        block
        for block in blocks
        if len(block.targets) == 2 and not (block.code and _computes(block.code[-1], block.arg))
    ]
    if not asked:
        return
    ways = _ways_to(blocks, asked)
    for block in asked:
        known = _known_condition(block, ways[block])
        if known is not None:
            block.targets, block.arg = (block.targets[0 if known else 1],), None
        elif not block.code:
            for source, arm in ways[block]:
                if source.arg == block.arg and source is not block and len(source.targets) == 2:
                    targets = list(source.targets)
                    targets[arm] = block.targets[arm]
                    source.targets = tuple(targets)


def _computes(row: Row, variable: str | None) -> bool:
    """Whether a row gives a variable what is not known."""
    _, dest, args, _ = row
    return dest == variable and bool(args)


def _ways_to(blocks: list[CodeBlock], asked: list[CodeBlock]) -> dict[CodeBlock, list[tuple[CodeBlock, int]]]:
    """The ways to some blocks: what they come from, and by which arm."""
    ways: dict[CodeBlock, list[tuple[CodeBlock, int]]] = {block: [] for block in asked}
    for block in blocks:
        for arm, target in enumerate(block.targets):
            if target in ways:
                ways[target].append((block, arm))
    return ways


def _known_condition(block: CodeBlock, ways: list[tuple[CodeBlock, int]]) -> bool | None:
    """What the condition of a branch is, as its block writes it or as the one way there tells; None if not known."""
    for _, dest, _, form in reversed(block.code):
        if dest == block.arg:
            return form.value if isinstance(form.value, bool) else None
    if len(ways) != 1:
        return None
    ((source, arm),) = ways
    return arm == 0 if source.arg == block.arg and len(source.targets) == 2 and source is not block else None


# ---- what falls through to what -----------------------------------------------------------------------------------

_runs = attrgetter("runs")


def _fall_through(order: list[CodeBlock], leave: CodeBlock) -> dict[CodeBlock, CodeBlock]:
    """For blocks that end in a jump and need none, what comes right behind them."""
    following: dict[CodeBlock, CodeBlock] = {}
    led_to: set[CodeBlock] = set()
    #: The first block of the chain that ends with a block, and the last of the chain that begins with one.
    first: dict[CodeBlock, CodeBlock] = {}
    last: dict[CodeBlock, CodeBlock] = {}
    jumps = [block for block in order if len(block.targets) == 1]
    leaving = [block for block in jumps if block.targets[0] is leave]
    if leaving:
        jumps = [block for block in jumps if block.targets[0] is not leave]
        jumps += reversed(leaving)  # as it was given, the last falls off
    jumps.sort(key=_runs, reverse=True)
    for block in jumps:
        target = block.targets[0]
        head = first.get(block, block)
        if target not in led_to and head is not target:
            following[block] = target
            led_to.add(target)
            tail = last.get(target, target)
            first[tail], last[head] = head, tail
    return following


def _sequence(order: list[CodeBlock], following: dict[CodeBlock, CodeBlock], leave: CodeBlock) -> list[CodeBlock]:
    """The blocks in chains: the entry's first, the one that falls off the end last, the others as they were given."""
    led_to = set(following.values())
    chains = []
    for head in order:
        if head not in led_to:
            chain = [head]
            while (target := following.get(chain[-1])) is not None and target is not leave:
                chain.append(target)
            chains.append(chain)
    leaving = next((chain for chain in chains if following.get(chain[-1]) is leave), None)
    if leaving is not None and leaving is not chains[0]:
        chains.remove(leaving)
        chains.append(leaving)
    elif leaving is not None and len(chains) > 1:
        del following[leaving[-1]]
    return [block for chain in chains for block in chain]


# ---- copies -------------------------------------------------------------------------------------------------------


def _copy_targets(order: list[CodeBlock], following: dict[CodeBlock, CodeBlock], leave: CodeBlock) -> bool:
    """Let blocks that jump go on with a copy of what they would jump to, those first that run most often.

    Gives whether there were any.
    """
    jumps = [block for block in order if len(block.targets) == 1 and block not in following]
    if not jumps:
        return False
    size = sum([len(block.code) for block in order]) + len(order)
    budget = max(size * _GROWTH, _LEAST_GROWTH)
    jumps.sort(key=_runs, reverse=True)
    copied = False
    for block in jumps:
        way = _short_way(block.targets[0], following, leave)
        length = sum([len(step.code) for step in way]) + len(way)
        if way and length <= budget:
            budget -= length
            block.code = block.code + [row for step in way for row in step.code]
            block.targets, block.arg = way[-1].targets, way[-1].arg
            copied = True
    return copied


def _short_way(start: CodeBlock, following: dict[CodeBlock, CodeBlock], leave: CodeBlock) -> list[CodeBlock]:
    """The blocks from `start` up to a branch or return, if a copy of them is short and saves a jump; else none."""
    way: list[CodeBlock] = []
    step, length = start, 0
    while step is not leave:
        way.append(step)
        length += len(step.code) + 1
        if length > COPIED:
            return []
        if len(step.targets) != 1:
            return way
        step = step.targets[0]
    falls_off = bool(way) and following.get(way[-1]) is leave and all(step in following for step in way)
    return [] if falls_off else way


# ---- labels -------------------------------------------------------------------------------------------------------


def _stretches(order: list[CodeBlock], following: dict[CodeBlock, CodeBlock], leave: CodeBlock) -> list[Stretch]:
    """The blocks in their order, with labels where something leads."""
    wanted: set[CodeBlock] = set()
    for block in order:
        if block not in following and (targets := block.targets) != (leave,):  # which is a return
            wanted.update(targets)
    labels: dict[CodeBlock, str] = {}
    for block in order:
        if block in wanted:
            labels[block] = f"b{len(labels)}"
    if leave in wanted:
        labels[leave] = f"b{len(labels)}"
    stretches: list[Stretch] = [
        (labels.get(block, ""), block.code, None if block in following else _end(block, leave, labels))
        for block in order
    ]
    if leave in wanted:
        stretches.append((labels[leave], [], None))
    return stretches


def _end(block: CodeBlock, leave: CodeBlock, labels: dict[CodeBlock, str]) -> End:
    targets = block.targets
    if len(targets) == 2:
        return End("br", block.arg, (labels[targets[0]], labels[targets[1]]))
    if not targets or targets[0] is leave:
        return End("ret", block.arg)
    return End("jmp", None, (labels[targets[0]],))
