"""What the parameters of a loop could be equal to at all, before anything is numbered.

A label is what equal values have in common, however the numbers turn out: the operation with its immediate, a
constant, or the value itself where it is equal to nothing else. A parameter whose arguments lead back, through
parameters alone, to values of one label may be equal to all of them; one where the labels differ is equal to
parameters only. So a counter that starts at a constant and gets a sum is never taken for the constant, and most loops
need a single round of numbering.

Complexity: linear; the label of a parameter changes twice at most.
Source: the lattice of Wegman & Zadeck (1991), with labels for constants.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.constants import Constant, constant_key
from ssair.context import Context
from ssair.ir import Function, Instr, Param, Value
from ssair.ops import CALL_OP, CONST, FORALL
from ssair.passes.origins import Origins
from ssair.passes.value_numbering import mirrored
from ssair.passes.value_table import Key

#: The label of parameters whose arguments have labels that differ.
_PARAMETER: Final[Key] = ("parameter",)


class Labels:
    """The labels of the values of a function."""

    def __init__(self, function: Function, context: Context) -> None:
        self._context = context
        self._origins = Origins()
        #: The labels of block parameters that edges feed; None where nothing but themselves does.
        self._found: dict[Value, Key | None] = {}
        self._solve(*self._flow(function))

    def of(self, value: Value) -> Key | None:
        """The label of a value; None where nothing is known yet, which goes with every label."""
        origin = self._origins[value]
        return self._found[origin] if origin in self._found else _label(origin, self._context)

    def may_be_one(self, param: Param) -> bool:
        """Whether a parameter may be equal to all that its arguments come from."""
        return self._found[param] not in (None, _PARAMETER)

    def _flow(self, function: Function) -> tuple[dict[Param, list[Value]], dict[Value, list[Param]]]:
        """The origins of the arguments of each parameter, and the parameters that each of those is fed to."""
        incoming = incoming_edges(function)
        order = reverse_postorder(function)
        reached = set(order)
        fed_by: dict[Param, list[Value]] = {}
        feeds: dict[Value, list[Param]] = {}
        for block in order[1:]:
            if not block.params or incoming[block][0].source.end.op.binds:
                continue
            edges = [entry.edge for entry in incoming[block] if entry.source in reached]
            for index, param in enumerate(block.params):
                args = fed_by[param] = [self._origins[edge.args[index]] for edge in edges]
                for arg in dict.fromkeys(args):
                    feeds.setdefault(arg, []).append(param)
        return fed_by, feeds

    def _solve(self, fed_by: dict[Param, list[Value]], feeds: dict[Value, list[Param]]) -> None:
        found = self._found
        found.update(dict.fromkeys(fed_by))
        work: list[tuple[Param, Key]] = []
        for value, params in feeds.items():
            if value not in found:
                label = _label(value, self._context)
                work += [(param, label) for param in params]
        while work:
            param, label = work.pop()
            before = found[param]
            after = label if before is None or before == label else _PARAMETER
            if after != before:
                found[param] = after
                work += [(fed, after) for fed in feeds.get(param, ())]


def _label(value: Value, context: Context) -> Key:
    """What a value that no edge feeds shares with all that it can be equal to."""
    if not isinstance(value, Instr):  # a parameter of the function, or bound by a comprehension
        return (FORALL, value.type) if value.block is not value.block.function.entry else (FORALL, value.id)
    if value.op is CONST:
        assert isinstance(value.aux, Constant)
        return (CONST, constant_key(value.type, value.aux))
    if not value.op.pure and not (value.op is CALL_OP and context.effects_of(value).repeatable):
        return (value.op, value.id)
    return (mirrored(value.op), value.type, value.aux)
