"""What a stretch of a Bril body reads and assigns: variables, shadows, and memory, which is one as well.

    read, assigned = uses(instructions, types, gives_result)

A name is a variable, `shadow(name)` is what `set` and `get` mean by it, `MEMORY` is what loads read, and what stores,
frees and calls assign. Complexity: linear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ssair.frontends.bril.operations import CHANGES_MEMORY, MEMORY_OPERATIONS
from ssair.frontends.bril.program import Instruction
from ssair.types import MEM, PointerType, Type

#: What is read and assigned: names, and tuples for what has no name that a program could use.
Variable = str | tuple[str, ...]
MEMORY: Final[Variable] = ("memory",)
#: What reads or writes other things than its operands and its destination say.
_PECULIAR: Final = frozenset({"set", "get", "print", "ret"}) | MEMORY_OPERATIONS | CHANGES_MEMORY


def shadow(name: str) -> Variable:
    """The shadow variable of a name."""
    return ("shadow", name)


def type_of(variable: Variable, types: Mapping[str, Type]) -> Type:
    """The type of what is read and assigned, by the types of names."""
    if isinstance(variable, str):
        return types[variable]
    return MEM if variable == MEMORY else types[variable[1]]


def uses(
    instructions: Sequence[Instruction], types: Mapping[str, Type], gives_result: bool
) -> tuple[dict[Variable, None], dict[Variable, None]]:
    """What instructions read before they assign to it, and what they assign to.

    Whether the function gives a result tells whether what it returns is read.
    """
    read: dict[Variable, None] = {}
    assigned: dict[Variable, None] = {}
    peculiar = _PECULIAR
    for instruction in instructions:
        op = instruction.op
        names: Sequence[Variable] = instruction.args
        if op in peculiar:
            names = _peculiarly_read(instruction, types, gives_result)
        for name in names:
            if name not in assigned:
                read[name] = None
        if instruction.dest is not None:
            assigned[instruction.dest] = None
        if op in peculiar:
            if op in CHANGES_MEMORY:
                assigned[MEMORY] = None
            elif op == "set":
                assigned[shadow(instruction.args[0])] = None
    return read, assigned


def _peculiarly_read(instruction: Instruction, types: Mapping[str, Type], gives_result: bool) -> Sequence[Variable]:
    """What one of `_PECULIAR` reads."""
    op, args = instruction.op, instruction.args
    if op == "print":
        return [name for name in args if not isinstance(types.get(name), PointerType)]
    if op == "ret":
        return args if gives_result else ()
    if op == "set":
        return args[1:]
    if op == "get":
        return () if instruction.dest is None else (shadow(instruction.dest),)
    return (*args, MEMORY) if op in MEMORY_OPERATIONS else args
