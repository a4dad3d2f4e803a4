"""What a stretch of a Bril body reads and assigns: variables, shadows, and memory, which is one as well.

    read, assigned = uses(segment, types, gives_result)

A name is a variable, `shadow(name)` is what `set` and `get` mean by it, `MEMORY` is what loads read, and what stores,
frees and calls assign. Complexity: linear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ssair.frontends.bril.operations import CHANGES_MEMORY, MEMORY_OPERATIONS
from ssair.frontends.bril.program import Instruction
from ssair.frontends.bril.segments import Segment
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
    segment: Segment, types: Callable[[], Mapping[str, Type]], gives_result: bool
) -> tuple[dict[Variable, None], dict[Variable, None]]:
    """What a segment reads before it assigns to it, and what it assigns to.

    `types` gives the types of names; whether the function gives a result tells whether what it returns is read.
    """
    read: dict[Variable, None] = {}
    assigned: dict[Variable, None] = {}
    peculiar = _PECULIAR
    for instruction in segment.instructions:
        if instruction.op in peculiar:
            _note_peculiar(instruction, types, gives_result, read, assigned)
        else:
            for name in instruction.args:
                if name not in assigned:
                    read[name] = None
        if instruction.dest is not None:
            assigned[instruction.dest] = None
    return read, assigned


def _note_peculiar(
    instruction: Instruction,
    types: Callable[[], Mapping[str, Type]],
    gives_result: bool,
    read: dict[Variable, None],
    assigned: dict[Variable, None],
) -> None:
    """Note what one of `_PECULIAR` reads and assigns to, but for its destination."""
    op = instruction.op
    for variable in _peculiarly_read(instruction, gives_result):
        if variable not in assigned and not (op == "print" and _is_pointer(variable, types())):
            read[variable] = None
    if op in CHANGES_MEMORY:
        assigned[MEMORY] = None
    elif op == "set":
        assigned[shadow(instruction.args[0])] = None


def _peculiarly_read(instruction: Instruction, gives_result: bool) -> Sequence[Variable]:
    """What one of `_PECULIAR` reads; the pointers among what it prints as well, of which nothing is shown."""
    op, args = instruction.op, instruction.args
    if op == "ret":
        return args if gives_result else ()
    if op == "set":
        return args[1:]
    if op == "get":
        return () if instruction.dest is None else (shadow(instruction.dest),)
    return (*args, MEMORY) if op in MEMORY_OPERATIONS else args


def _is_pointer(variable: Variable, types: Mapping[str, Type]) -> bool:
    return isinstance(variable, str) and isinstance(types.get(variable), PointerType)
