"""Equal computations wherever they stand: value numbers on one table for the whole function.

Unlike in `gvn`, the table does not ask what dominates what: the members of a group may each be in an arm of its own.
Refinements and checks have the numbers of their operands; all else that is not pure, but for calls that would give the
same again, has a number of its own. Linear.
"""

from __future__ import annotations

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.ir import Function, Instr
from ssair.ops import CALL_OP
from ssair.passes.value_numbering import numbering_key, value_key
from ssair.passes.value_table import Key


class Computations:
    """The pure instructions of a function, and calls that are as good, by what they compute; each behind its operands,
    in reverse postorder."""

    def __init__(self, function: Function, context: Context) -> None:
        #: By value id, the id of the first value of the group.
        self.numbers: list[int] = list(range(function.next_value))
        #: By key, the first of the group; by its id, the groups of more than one.
        self.first: dict[Key, Instr] = {}
        self.shared: dict[int, list[Instr]] = {}
        numbers, first_of, shared = self.numbers, self.first.setdefault, self.shared
        for block in reverse_postorder(function):
            for instr in block.instrs:
                if instr.op.refines:
                    numbers[instr.id] = numbers[instr.args[0].id]
                    continue
                if instr.op.traps:
                    continue
                key = value_key(instr, numbers) if instr.op is not CALL_OP else numbering_key(instr, numbers, context)
                if key is not None:
                    first = first_of(key, instr)
                    if first is not instr:
                        shared.setdefault(first.id, [first]).append(instr)
                        numbers[instr.id] = first.id
