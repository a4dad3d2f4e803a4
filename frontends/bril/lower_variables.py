"""What the variables of a function hold while its blocks are filled in a preorder of the dominator tree.

    variables = Variables(function)
    variables.enter(); variables.read(name, type); variables.write(name, value); …; variables.leave()

What a branch teaches of values is known in its arms: they have a newer version there, a `refine` at the head of the
arm, made when somebody first reads it who asks what is known: a comparison, a condition, a division, a sum or product
with a constant. Others read what there is already: half as many refinements, on code with many branches, and no
program that executes more for it. A check makes a newer version of what it checks. The versions made below a block are
forgotten when it is left; nothing is inserted for them where ways meet. A variable that nothing has assigned is zero,
false, or a pointer to what has been freed.

All steps take constant time. Source: refinement after C. S. Ananian, "The Static Single Information Form" (1999),
without its joins.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from ssair.constants import ArrayConst, Constant, constant_key
from ssair.facts import constant_fact
from ssair.frontends.bril.lower_uses import Variable
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import COMPARISONS, CONST, SWAPPED, Op, negated
from ssair.pending_refinements import Pending, Version, made
from ssair.refinement import relations
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type

_COMPARISONS: Final = frozenset(COMPARISONS.values())


_Key = TypeVar("_Key")
_Entry = TypeVar("_Entry")


class Variables:
    """The values at a place of one function. The tables are there for quick looks and writes."""

    def __init__(self, function: Function) -> None:
        self._function = function
        #: What variables hold, in the version that was assigned.
        self.held: dict[Variable, Value] = {}
        #: What was in `held` before each assignment in the blocks that have been entered and not left. What no block
        #: reads before it assigns to it need not be there: nobody looks at what is held for it then.
        self.log: list[tuple[Variable, Value | None]] = []
        #: By origin, the version of which most is known here, if that is not the origin.
        self.newest: dict[Value, Version] = {}
        self._refined: list[tuple[Value, Version | None]] = []
        #: Of refinements, what they refine in the end.
        self.origins: dict[Value, Value] = {}
        #: What has been computed in those blocks: constants, and operations of values without their refinements.
        self.available: dict[object, Instr] = {}
        #: How long the three logs were when each of the blocks was entered.
        self._marks: list[tuple[int, int, int]] = []
        #: How many refinements stand at the heads of blocks.
        self._heads: dict[Block, int] = {}
        self._zeros: dict[Type, Instr] = {}
        #: What is to stand at the head of the entry for variables that are not set.
        self.at_entry: list[Instr] = []

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def enter(self) -> None:
        """Go into a block, whose dominators have been entered and not left."""
        self._marks.append((len(self.log), len(self._refined), len(self.available)))

    def leave(self) -> None:
        """Forget the block entered last."""
        logged, refined, computed = self._marks.pop()
        if len(self.log) > logged:
            _undo(self.held, self.log, logged)
        if len(self._refined) > refined:
            _undo(self.newest, self._refined, refined)
        forget = self.available.popitem
        for _ in range(len(self.available) - computed):
            forget()

    def learn(self, block: Block, condition: Value, holds: bool) -> None:
        """From the head of `block` on, a condition holds, or does not."""
        origins, newest, refined = self.origins, self.newest, self._refined
        for value, predicate, other in self._taught(condition, holds):
            origin = origins.get(value, value)
            if isinstance(origin, Instr) and origin.op is CONST:
                continue
            known = newest.get(origin)
            refined.append((origin, known))
            newest[origin] = Pending(block, value if known is None else known, predicate, other)

    def _taught(self, condition: Value, holds: bool) -> Sequence[tuple[Value, str, Value | bool | int]]:
        """What follows from a condition: as `relations` has it, but that of most one look at a table tells."""
        comparison = self.origins.get(condition, condition)
        if not isinstance(comparison, Instr) or comparison.op not in _COMPARISONS:
            return relations(condition, holds, self.origin)
        left, right = comparison.args
        predicate, swapped = _TAUGHT[comparison.op, left.type, holds]
        if left is right:
            return (condition, "eq", holds), (left, predicate, right)
        return (condition, "eq", holds), (left, predicate, right), (right, swapped, left)

    # ---- reading and writing --------------------------------------------------------------------------------------

    def write(self, variable: Variable, value: Value) -> None:
        """Assign to a variable."""
        self.log.append((variable, self.held.get(variable)))
        self.held[variable] = value

    def read(self, variable: Variable, type: Type, asks: bool = False) -> Value:
        """What a variable of `type` holds: the newest version, which is made if the reader asks what is known."""
        value, newest = self.held.get(variable), self.newest
        if value is None:
            return self.zero(type)
        if not newest:
            return value
        version = newest.get(self.origins.get(value, value), value)
        if isinstance(version, Pending):
            return self.made(version) if asks else version.result or version.there
        return version

    def read_all(self, variables: Sequence[Variable], type_of: Callable[[Variable], Type]) -> tuple[Value, ...]:
        """What variables hold, as `read` has it of one, for readers that do not ask; their types are asked for where
        nothing was assigned to them."""
        held, newest, origins = self.held, self.newest, self.origins
        found: list[Value] = []
        for variable in variables:
            value = held.get(variable)
            if value is None:
                value = self.zero(type_of(variable))
            elif newest:
                version = newest.get(origins.get(value, value), value)
                value = version.result or version.there if isinstance(version, Pending) else version
            found.append(value)
        return tuple(found)

    def check(self, check: Instr) -> None:
        """From here on, what has been checked is read as the result of its check."""
        origin = self.origins[check] = self.origin(check.args[0])
        self._refined.append((origin, self.newest.get(origin)))
        self.newest[origin] = check

    def constant(self, block: Block, type: Type, value: Constant, span: int) -> Instr:
        """A constant that there is here, or a new one at the end of `block`."""
        key = value if type is I64 else constant_key(type, value)
        found = self.available.get(key)
        if found is None:
            assert not isinstance(value, ArrayConst)
            function = self._function
            found = Instr(function.next_value, CONST, (), type, constant_fact(type, value), value, span)
            function.next_value += 1
            found.block = block
            block.instrs.append(found)
            self.available[key] = found
        return found

    def zero(self, type: Type) -> Instr:
        """What an unset variable holds."""
        if type not in self._zeros:
            made = self._function.new_instr
            if type is MEM:
                zero = made("memory")
            elif isinstance(type, PointerType):
                one = made(CONST, type=I64, aux=1)
                zero, memory = made("alloc", (one,), type=type), made("memory")
                self.at_entry += [one, zero, memory, made("free", (zero, memory))]
            else:
                zero = made(CONST, type=type, aux=_ZERO[type])
            if not isinstance(type, PointerType):
                self.at_entry.append(zero)
            self._zeros[type] = zero
        return self._zeros[type]

    def has_zeros(self) -> bool:
        """Whether anything stands for what is not set."""
        return bool(self._zeros)

    def is_zero(self, value: Value) -> bool:
        """Whether a value stands for what is not set."""
        return self._zeros.get(value.type) is value

    # ---- versions -------------------------------------------------------------------------------------------------

    def origin(self, value: Value) -> Value:
        """What a value is without its refinements."""
        return self.origins.get(value, value)

    def made(self, pending: Pending) -> Value:
        """The version that is pending, for a reader who asks what is known."""
        return pending.result or made(pending, self._function, self._put_at_head)

    def _put_at_head(self, block: Block, instrs: tuple[Instr, ...]) -> None:
        place = self._heads.get(block, 0)
        self._heads[block] = place + len(instrs)
        block.instrs[place:place] = instrs
        for instr in instrs:
            instr.block = block
        self.origins[instrs[-1]] = self.origin(instrs[-1].args[0])


def _undo(table: dict[_Key, _Entry], log: list[tuple[_Key, _Entry | None]], length: int) -> None:
    """Put back what was in a table before the changes behind a length of their log."""
    for key, before in reversed(log[length:]):
        if before is None:
            del table[key]
        else:
            table[key] = before
    del log[length:]


def is_constant(origin: Value) -> bool:
    """Whether a value that is no refinement is a constant."""
    return isinstance(origin, Instr) and origin.op is CONST


#: By comparison, type of its operands and whether it holds, what it says of the left one, and of the right one.
_TAUGHT: Final[dict[tuple[Op, Type, bool], tuple[str, str]]] = {
    (op, type, holds): (predicate, SWAPPED[predicate])
    for op in COMPARISONS.values()
    for type in (BOOL, I64, F64)
    for holds in (True, False)
    for predicate in [op.name if holds else negated(op.name, type)]
}
_ZERO: Final[dict[Type, Constant]] = {BOOL: False, I64: 0, F64: 0.0}
