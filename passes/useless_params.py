"""Useless block parameters: those that get the same value over every edge, or themselves.

Requires: valid IR without crumbs and unreachable blocks. Ensures: no parameter is left all of whose arguments are,
but for refinements, one value or the parameter. The replaced ones carry crumbs; the caller sweeps.
Complexity: linear, but for parameters with many arguments that turn out useless one after another.
Source: Braun et al., "Simple and Efficient Construction of SSA Form" (2013), section 3.1, by `origin()`: partial SSI
gives the two arms of a branch different versions of one value."""

from __future__ import annotations

from collections.abc import Sequence

from ssair.cfg import incoming_edges
from ssair.context import Context
from ssair.ir import Function, Instr, Param, Value
from ssair.passes.origins import Origins
from ssair.passes.replace_param import replace_param


def replace_useless_params(function: Function, context: Context, pass_name: str) -> int:
    """Replace useless parameters by what they stand for; gives how many."""
    args = _arguments(function)
    doubtful = [param for param, values in args.items() if not _surely_differ(param, values)]
    if not doubtful:
        return 0  # as most often: a tenth of the time of finding out what feeds what
    origins = Origins(function)
    if all(_only_value(param, args[param], origins) is None for param in doubtful):
        return 0
    fed: dict[Value, list[Param]] = {}
    for param, values in args.items():
        for value in dict.fromkeys(origins[value] for value in values):
            fed.setdefault(value, []).append(param)
    replaced = 0
    work = list(reversed(args))
    while work:
        param = work.pop()
        leader = _only_value(param, args[param], origins) if param.forward is None else None
        if leader is None or not context.fuel.take(pass_name, param):
            continue
        for narrowing in replace_param(param, leader):
            param.block.insert(0, narrowing)
            origins.add(narrowing, leader)
        replaced += 1
        # what got this parameter gets the leader now, and may have become useless
        now_fed = fed.pop(param, [])
        fed.setdefault(origins[leader], []).extend(now_fed)
        work += reversed(now_fed)
    return replaced


def _arguments(function: Function) -> dict[Param, tuple[Value, ...]]:
    """The arguments of every block parameter that gets any."""
    incoming = incoming_edges(function)
    args: dict[Param, tuple[Value, ...]] = {}
    for block in function.blocks[1:]:
        if not block.params:
            continue
        ways = incoming[block]
        if ways and not ways[0].source.end.op.binds:
            args.update(zip(block.params, zip(*[way.edge.args for way in ways], strict=True), strict=True))
    return args


def _surely_differ(param: Param, values: Sequence[Value]) -> bool:
    """Whether two values stand among the arguments of a parameter that are neither refinements nor the parameter."""
    first: Value | None = None
    for value in values:
        if value is first or value is param:
            continue
        if isinstance(value, Instr) and value.op.refines:
            continue
        if first is not None:
            return True
        first = value
    return False


def _only_value(param: Param, args: Sequence[Value], origins: Origins) -> Value | None:
    """The value that a parameter always equals: the argument where that is one, else the origin of all arguments."""
    origin: Value | None = None
    version: Value | None = None
    for value in args:
        found = origins[value]
        if found is param:
            continue
        if origin is None:
            origin, version = found, value.find()
        elif found is not origin:
            return None
        elif value.find() is not version:
            version = origin
    return version
