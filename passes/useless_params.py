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
    args = _doubtful(function)
    origins = Origins()
    if all(_only_value(param, values, origins) is None for param, values in args.items()):
        return 0  # as most often, before it is found out what feeds what
    fed = _fed(args, origins)
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


def _doubtful(function: Function) -> dict[Param, tuple[Value, ...]]:
    """The arguments of each block parameter that gets any, but of those that can never turn out useless."""
    incoming = incoming_edges(function)
    args: dict[Param, tuple[Value, ...]] = {}
    for block in function.blocks[1:]:
        if not block.params:
            continue
        ways = incoming[block]
        if not ways or ways[0].source.end.op.binds:
            continue
        columns = zip(*[way.edge.args for way in ways], strict=True)
        pairs = zip(block.params, columns, strict=True)
        args.update({param: values for param, values in pairs if not _always_differ(param, values)})
    return args


def _always_differ(param: Param, values: Sequence[Value]) -> bool:
    """Whether two of a parameter's arguments differ and stay so: none is a refinement or another parameter."""
    first: Value | None = None
    differ = False
    for value in values:
        if value is first or value is param:
            continue
        if not isinstance(value, Instr) or value.op.refines:
            return False
        if first is None:
            first = value
        else:
            differ = True
    return differ


def _fed(args: dict[Param, tuple[Value, ...]], origins: Origins) -> dict[Value, list[Param]]:
    """Which of some parameters get each parameter, or a version of it."""
    fed: dict[Value, list[Param]] = {}
    for param, values in args.items():
        for value in dict.fromkeys([origins[value] for value in values]):
            if isinstance(value, Param):
                fed.setdefault(value, []).append(param)
    return fed


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
