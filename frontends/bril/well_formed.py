"""Whether a function keeps the rules of Bril, as most do: asked in one walk, without a word of what is wrong.

    is_well_formed(function, functions)     # functions by name

Ensures: where this says yes, `check` finds nothing; where it says no, `check` has to look. It says no of whatever is
rare: shadow variables, variables that nothing is ever assigned to. It takes half of the time of finding nothing step by
step. The type that a variable has may be told by an assignment further on: what is asked too early is asked again in
the end. Complexity: linear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ssair.frontends.bril.operations import VALUES
from ssair.frontends.bril.program import Function, Instruction, Label
from ssair.types import BOOL, I64, PointerType, Type


def is_well_formed(function: Function, functions: Mapping[str, Function]) -> bool:
    """Whether a function keeps all the rules, as far as this tells."""
    types = {param.name: param.type for param in function.params}
    if len(types) < len(function.params):
        return False
    labels: dict[str, None] = {}
    targets: list[str] = []
    early: list[Instruction] = []
    type_of, pairs, surroundings = types.get, _PAIRS, _Surroundings(types, functions, function.type)
    for item in function.body:
        if isinstance(item, Label):
            if item.name in labels:
                return False
            labels[item.name] = None
            continue
        dest, type = item.dest, item.type
        if dest is not None and (type is None or types.setdefault(dest, type) is not type):
            return False
        pair = pairs.get(item.op)
        if pair is None:
            rule = _RULES.get(item.op)
            if rule is None:
                return False
            if not rule(item, surroundings):
                early.append(item)
            targets += item.labels
        else:
            wanted, result = pair
            if type is not result or dest is None or len(item.args) != 2 or item.funcs or item.labels:
                return False
            first, second = item.args
            if type_of(first) is not wanted or type_of(second) is not wanted:
                early.append(item)
    return all(map(labels.__contains__, targets)) and all(_keeps_rule(item, surroundings) for item in early)


class _Surroundings:
    """What rules ask of what an instruction stands in."""

    __slots__ = ("functions", "result", "types")

    def __init__(self, types: Mapping[str, Type], functions: Mapping[str, Function], result: Type | None) -> None:
        #: The types of variables, those of first assignments.
        self.types = types
        self.functions = functions
        #: The type that the function gives.
        self.result = result


def _keeps_rule(item: Instruction, surroundings: _Surroundings) -> bool:
    pair = _PAIRS.get(item.op)
    if pair is None:
        return _RULES[item.op](item, surroundings)
    return all(surroundings.types.get(arg) is pair[0] for arg in item.args)


def _is_bare(item: Instruction) -> bool:
    """Whether an instruction has variables alone."""
    return not item.funcs and not item.labels


def _const(item: Instruction, _: _Surroundings) -> bool:
    return item.dest is not None and not item.args and _is_bare(item)


def _copy(item: Instruction, surroundings: _Surroundings) -> bool:
    args, type = item.args, item.type
    return len(args) == 1 and type is not None and surroundings.types.get(args[0]) is type and _is_bare(item)


def _not(item: Instruction, surroundings: _Surroundings) -> bool:
    return item.type is BOOL and _copy(item, surroundings)


def _nop(item: Instruction, _: _Surroundings) -> bool:
    return item.dest is None and not item.args and _is_bare(item)


def _print(item: Instruction, _: _Surroundings) -> bool:
    return item.dest is None and _is_bare(item)


def _jump(item: Instruction, _: _Surroundings) -> bool:
    return item.dest is None and len(item.labels) == 1 and not item.args and not item.funcs


def _branch(item: Instruction, surroundings: _Surroundings) -> bool:
    args = item.args
    return (
        len(item.labels) == 2
        and len(args) == 1
        and surroundings.types.get(args[0]) is BOOL
        and item.dest is None
        and not item.funcs
    )


def _return(item: Instruction, surroundings: _Surroundings) -> bool:
    args, result = item.args, surroundings.result
    if result is None:
        return not args and item.dest is None and _is_bare(item)
    return len(args) == 1 and surroundings.types.get(args[0]) is result and item.dest is None and _is_bare(item)


def _call(item: Instruction, surroundings: _Surroundings) -> bool:
    callee = surroundings.functions.get(item.funcs[0]) if len(item.funcs) == 1 and not item.labels else None
    if callee is None or (item.dest is None) != (callee.type is None) or item.type is not callee.type:
        return False
    type_of = surroundings.types.get
    return [type_of(arg) for arg in item.args] == [param.type for param in callee.params]


def _alloc(item: Instruction, surroundings: _Surroundings) -> bool:
    return (
        isinstance(item.type, PointerType)
        and item.dest is not None
        and len(item.args) == 1
        and surroundings.types.get(item.args[0]) is I64
        and _is_bare(item)
    )


def _free(item: Instruction, surroundings: _Surroundings) -> bool:
    args = item.args
    return (
        item.dest is None
        and len(args) == 1
        and isinstance(surroundings.types.get(args[0]), PointerType)
        and _is_bare(item)
    )


def _load(item: Instruction, surroundings: _Surroundings) -> bool:
    pointer = surroundings.types.get(item.args[0]) if len(item.args) == 1 and item.dest is not None else None
    return isinstance(pointer, PointerType) and pointer.target is item.type and _is_bare(item)


def _store(item: Instruction, surroundings: _Surroundings) -> bool:
    if item.dest is not None or len(item.args) != 2 or item.funcs or item.labels:
        return False
    pointer, value = item.args
    type = surroundings.types.get(pointer)
    return isinstance(type, PointerType) and surroundings.types.get(value) is type.target


def _move(item: Instruction, surroundings: _Surroundings) -> bool:
    if not isinstance(item.type, PointerType) or item.dest is None or len(item.args) != 2 or not _is_bare(item):
        return False
    pointer, count = item.args
    return surroundings.types.get(pointer) is item.type and surroundings.types.get(count) is I64


#: Of the operations of two values, the type of both and that of the result.
_PAIRS: Final = {name: (row.args[0], row.result) for name, row in VALUES.items() if len(row.args) == 2}
_RULES: Final[dict[str, Callable[[Instruction, _Surroundings], bool]]] = {
    "const": _const,
    "id": _copy,
    "not": _not,
    "nop": _nop,
    "print": _print,
    "jmp": _jump,
    "br": _branch,
    "ret": _return,
    "call": _call,
    "alloc": _alloc,
    "free": _free,
    "load": _load,
    "store": _store,
    "ptradd": _move,
}
