"""The origins of the values of a function: linear in all, where `Value.origin()` walks a chain of refinements each
time."""

from __future__ import annotations

from ssair.ir import Instr, Value


class Origins:
    """What each value is without its refinements, also after values have been replaced (`make_equal_to`) since.

    A refinement is looked at when it is first asked about, with all that it refines on the way up.
    """

    def __init__(self) -> None:
        self._origin: dict[Value, Value] = {}

    def __getitem__(self, value: Value) -> Value:
        """The origin of `value`."""
        value = value.find()
        if not isinstance(value, Instr) or not value.op.refines:
            return value
        path: list[Value] = []
        while isinstance(value, Instr) and value.op.refines:
            known = self._origin.get(value)
            if known is None:
                path.append(value)
                known = value.args[0]
            value = known.find()
        for refinement in path:
            self._origin[refinement] = value
        return value

    def add(self, refinement: Value, source: Value) -> None:
        """Let a new refinement have the origin of its operand."""
        self._origin[refinement] = self[source]
