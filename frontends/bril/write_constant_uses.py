"""Which constants a function uses, and where: found once, and kept while the writer changes its mind about them.

    uses = ConstantUses(function, flow)
    for constant in uses:
        constant.instr, constant.users          what makes it, and by vertex the users with the places of their operands

Block arguments are no uses: whoever makes the copy on the edge makes the constant there. A user that reads something
else by now is forgotten by `refresh`, of those constants that have been `touched`.

Requires: operations of Bril (`legalize`). Linear.
"""

from __future__ import annotations

from collections.abc import Iterator

from ssair.constants import constant_key
from ssair.frontends.bril.coalesce import is_constant
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.ir import Function, Instr, Terminator, Value
from ssair.ops import CONST
from ssair.types import I64

#: What uses a value as an operand, and as which.
Use = tuple[Instr | Terminator, int]


class Constant:
    """One constant of a function: an instruction that makes it, and its uses by vertex."""

    __slots__ = ("instr", "touched", "users")

    def __init__(self, instr: Instr) -> None:
        self.instr = instr
        self.users: dict[int, list[Use]] = {}
        self.touched = False


class ConstantUses:
    """The constants of a function, in the order in which they are first used."""

    def __init__(self, function: Function, flow: ControlFlow) -> None:
        self._by_key: dict[object, Constant] = {}
        for block in function.blocks:
            vertex = flow.vertex[block.id]
            for instr in block.instrs:
                for value in instr.args:
                    if isinstance(value, Instr) and value.op is CONST:
                        self.add_user(instr, vertex)
                        break
            if block.end.args:
                self.add_user(block.end, vertex)

    def __iter__(self) -> Iterator[Constant]:
        return iter(self._by_key.values())

    def all_keys(self) -> list[object]:
        """What tells the constants apart."""
        return list(self._by_key)

    def get(self, key: object) -> Constant | None:
        """The constant with a key."""
        return self._by_key.get(key)

    def add_user(self, user: Instr | Terminator, vertex: int, start: int = 0) -> None:
        """Note the constants among the operands of an instruction or end of a block."""
        for place in range(start, len(user.args)):
            value = user.args[place]
            if isinstance(value, Instr) and value.op is CONST:
                self.constant(value).users.setdefault(vertex, []).append((user, place))

    def constant(self, instr: Instr) -> Constant:
        """The constant that an instruction makes."""
        key = key_of(instr)
        found = self._by_key.get(key)
        if found is None:
            found = self._by_key[key] = Constant(instr)
        return found

    def drop(self, key: object, value: Value) -> None:
        """Let another value be used for a constant, which is no constant of this function then."""
        constant = self._by_key.pop(key, None)
        if constant is not None:
            for uses in constant.users.values():
                replace_uses(uses, value)

    def refresh(self) -> None:
        """Forget uses that are none any more, and constants without any."""
        for key, constant in list(self._by_key.items()):
            if constant.touched:
                constant.touched = False
                kept = {vertex: [use for use in uses if _reads(use, key)] for vertex, uses in constant.users.items()}
                constant.users = {vertex: uses for vertex, uses in kept.items() if uses}
                if not constant.users:
                    del self._by_key[key]


def replace_uses(uses: list[Use], value: Value) -> None:
    """Let operands be a value."""
    for user, place in uses:
        user.args = (*user.args[:place], value, *user.args[place + 1 :])


def _reads(use: Use, key: object) -> bool:
    user, place = use
    if place >= len(user.args):
        return False
    value = user.args[place]
    return is_constant(value) and key_of(value) == key


def key_of(constant: Instr) -> object:
    """What constants have in common just when they are one value."""
    value = constant.aux
    if constant.type is I64:
        return value
    assert isinstance(value, bool | float)
    return constant_key(constant.type, value)


def is_same_constant(one: Value, other: Value) -> bool:
    """Whether two values are constants and the same."""
    return is_constant(one) and is_constant(other) and key_of(one) == key_of(other)
