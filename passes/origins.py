"""The origins of all values of a function at once: linear, where `Value.origin()` walks a chain of refinements each
time."""

from __future__ import annotations

from ssair.cfg import reverse_postorder
from ssair.ir import Function, Value


class Origins:
    """What each value is without its refinements, also after values have been replaced (`make_equal_to`) since."""

    def __init__(self, function: Function) -> None:
        self._origin: dict[Value, Value] = {}
        for block in reverse_postorder(function):  # definitions come before the refinements of them
            for instr in block.instrs:
                if instr.op.refines:
                    source = instr.args[0].find()
                    self._origin[instr] = self._origin.get(source, source)

    def __getitem__(self, value: Value) -> Value:
        """The origin of `value`."""
        value = value.find()
        origin = self._origin.get(value)
        while origin is not None:
            value = origin.find()
            origin = self._origin.get(value)
        return value

    def add(self, refinement: Value, source: Value) -> None:
        """Let a new refinement have the origin of its operand."""
        self._origin[refinement] = self[source]
