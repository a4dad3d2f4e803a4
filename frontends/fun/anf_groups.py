"""Functions that call each other in tail position, so that they are to be one loop.

A group is what accepted tail calls connect.  A call is accepted if the two functions agree on sizes: every size name of
a member stands for one of the group's sizes, different names for different ones, and the call keeps all of them.  Calls
that change sizes stay calls.  Linear in the functions and calls.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_restart import is_static, size_pairs


@dataclass(slots=True, eq=False)
class Group:
    """Members in source order, with their numbers; the number of the size that each size name stands for; the jumps."""

    members: list[ast.Function] = field(default_factory=list)
    numbers: dict[ast.Function, int] = field(default_factory=dict)
    sizes: dict[ast.Function, dict[str, int]] = field(default_factory=dict)
    size_count: int = 0
    jumps: set[ast.Call] = field(default_factory=set)


def find_groups(program: ast.Program) -> list[Group]:
    """The groups of two functions or more, in source order of their first members."""
    leaving: dict[ast.Function, list[tuple[ast.Function, ast.Call]]] = {}
    for function in program.functions:
        for call in function.calls:
            callee = call.function
            if call.is_tail and callee is not None and callee.component == function.component:
                leaving.setdefault(function, []).append((callee, call))
    entering: dict[ast.Function, list[tuple[ast.Function, ast.Call]]] = {}
    for function, calls in leaving.items():
        for callee, call in calls:
            entering.setdefault(callee, []).append((function, call))
    groups: list[Group] = []
    taken: set[ast.Function] = set()
    for function in program.functions:
        if function not in taken and function in leaving:
            group = _group_of(function, leaving, entering, taken)
            if len(group.members) > 1:
                groups.append(group)
    return groups


_Calls = dict[ast.Function, list[tuple[ast.Function, ast.Call]]]


def _group_of(root: ast.Function, leaving: _Calls, entering: _Calls, taken: set[ast.Function]) -> Group:
    """The functions that are connected with `root` by tail calls which agree on sizes."""
    group = Group()
    _add(group, root, {}, taken)
    work = deque([root])
    while work:
        function = work.popleft()
        known = group.sizes[function]
        for callee, call in leaving.get(function, ()):
            pairs = size_pairs(call)
            if callee not in taken and pairs is not None:
                sizes = _renamed([(wanted, known[given]) for wanted, given in pairs])
                if sizes is not None:
                    _add(group, callee, sizes, taken)
                    work.append(callee)
        for caller, call in entering.get(function, ()):
            pairs = size_pairs(call)
            if caller not in taken and pairs is not None:
                sizes = _renamed([(given, known[wanted]) for wanted, given in pairs])
                if sizes is not None:
                    _add(group, caller, sizes, taken)
                    work.append(caller)
    group.members.sort(key=lambda function: function.span)
    group.numbers = {function: number for number, function in enumerate(group.members)}
    for function in group.members:
        group.jumps.update(call for callee, call in leaving.get(function, ()) if _agrees(group, function, callee, call))
    return group


def _add(group: Group, function: ast.Function, sizes: dict[str, int], taken: set[ast.Function]) -> None:
    """Add a member; its size names that the group does not know yet are new sizes."""
    names = [binding.name for binding in function.size_names]
    names += [parameter.binding.name for parameter in function.parameters if is_static(parameter)]
    for name in names:
        if name not in sizes:
            sizes[name] = group.size_count
            group.size_count += 1
    group.sizes[function] = sizes
    group.members.append(function)
    taken.add(function)


def _renamed(pairs: list[tuple[str, int]]) -> dict[str, int] | None:
    """The sizes by name; None if a name would stand for two, or two names for one."""
    sizes: dict[str, int] = {}
    for name, size in pairs:
        if sizes.setdefault(name, size) != size:
            return None
    return sizes if len(set(sizes.values())) == len(sizes) else None


def _agrees(group: Group, function: ast.Function, callee: ast.Function, call: ast.Call) -> bool:
    """Whether a call between members keeps all sizes."""
    pairs = size_pairs(call)
    if callee not in group.sizes or pairs is None:
        return False
    wanted, given = group.sizes[callee], group.sizes[function]
    return all(wanted[name] == given[other] for name, other in pairs)
