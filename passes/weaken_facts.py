"""Facts that hold of the operands as they are by now: what a pass calls that replaced operands by ones less known.

Requires: a function whose facts held before some operands were replaced; `stale` are the values made of them.
Ensures: each fact contains what follows from the operands again (the verifier's rule `facts`); one that must give way
twice gives way altogether, so that loops cannot make it grow step by step.
Complexity: linear in the uses of the values weakened.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from ssair.cfg import comprehension_of, reverse_postorder
from ssair.facts import Fact, IntFact, int_fact, top
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.ops import FORALL, NARROW, YIELD

Arriving = Callable[[Fact], Fact]


def weaken_facts(function: Function, stale: Iterable[Value]) -> None:
    """Weaken the facts of `stale`, and of what is made of them, as far as they must be."""
    fed_by = _feeding(function)
    feeds: dict[Value, list[Value]] | None = None  # most often nothing has to be weakened
    weakened: set[Value] = set()
    # first come, first served, and nobody twice: a join of many edges is looked at once for all of them
    work = deque(dict.fromkeys(stale))
    waiting = set(work)
    while work:
        value = work.popleft()
        waiting.discard(value)
        fact = value.fact
        for sure in _sure(value, fed_by):
            if not sure <= fact:
                fact = fact | sure
        if fact == value.fact:
            continue
        if value in weakened and not any(arriving is below for _, arriving in fed_by.get(value, ())):
            fact = top(value.type)
        weakened.add(value)
        value.fact = fact
        if feeds is None:
            feeds = _fed(function, fed_by)
        for fed in feeds.get(value, ()):
            if fed not in waiting:
                waiting.add(fed)
                work.append(fed)


def below(extent: Fact) -> Fact:
    """The fact of the indices of a comprehension below an extent."""
    assert isinstance(extent, IntFact)
    return int_fact(0, extent.hi - 1)


def _same(fact: Fact) -> Fact:
    return fact


def _sure(value: Value, fed_by: dict[Value, list[tuple[Value, Arriving]]]) -> list[Fact]:
    """The facts that a value's own must contain."""
    if isinstance(value, Instr):
        if value.op is NARROW:
            return []  # its fact is a promise, and the operand's only grows
        return [value.op.fact_rule(value.type, [arg.fact for arg in value.args], value.aux)]
    return [arriving(source.fact) for source, arriving in fed_by.get(value, ())]


def _feeding(function: Function) -> dict[Value, list[tuple[Value, Arriving]]]:
    """What each block parameter gets its fact from."""
    fed_by: dict[Value, list[tuple[Value, Arriving]]] = {}
    owner = comprehension_of(function)
    for block in reverse_postorder(function):
        for source, param, arriving in _param_flow(block, owner[block]):
            fed_by.setdefault(param, []).append((source, arriving))
    return fed_by


def _fed(function: Function, fed_by: dict[Value, list[tuple[Value, Arriving]]]) -> dict[Value, list[Value]]:
    """For each value, those whose facts depend on its fact."""
    feeds: dict[Value, list[Value]] = {}
    for block in reverse_postorder(function):
        for instr in block.instrs:
            for arg in instr.args:
                feeds.setdefault(arg, []).append(instr)
    for param, sources in fed_by.items():
        for source, _ in sources:
            feeds.setdefault(source, []).append(param)
    return feeds


def _param_flow(block: Block, region: Block | None) -> Iterable[tuple[Value, Param, Arriving]]:
    end = block.end
    if end.op is FORALL:
        yield from ((arg, param, below) for arg, param in zip(end.extents, end.edges[0].target.params, strict=True))
    elif end.op is YIELD:
        assert region is not None
        results = region.end.edges[1].target.params
        yield from ((arg, param, _same) for arg, param in zip(end.args, results, strict=True))
    else:
        for edge in end.edges:
            yield from ((arg, param, _same) for arg, param in zip(edge.args, edge.target.params, strict=True))
