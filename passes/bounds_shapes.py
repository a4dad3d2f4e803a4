"""The lengths of arrays that loops carry: those that they begin with, if every turn keeps them.

    loop a = xs for k in 0..n do a with [k] = 0.0        the length of `a` is that of `xs` in every turn

An optimistic look: the parameters that an array may have come through are followed back to what is no parameter; if
that has one length in all cases, so have all of them, by induction on time. The length has to be known where the first
of them is entered, and before: its values are defined above all of them.

Complexity: `MOST_PARAMS` parameters a question, which is asked once for each of them that has an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssair.cfg import incoming_edges
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Param, Value

if TYPE_CHECKING:
    from ssair.passes.bounds_forms import Form, Forms

MOST_PARAMS: Final = 32


class CarriedLengths:
    """Answers for one function; its forms come with each question, or the two would hold each other."""

    def __init__(self, function: Function) -> None:
        self._entry = function.entry
        self._incoming = incoming_edges(function)
        self._tree = dominator_tree(function)
        self._known: dict[tuple[Value, int], Form | None] = {}

    def of(self, array: Value, number: int, forms: Forms) -> Form | None:
        """The length of a dimension of a block parameter; None if it is not seen to be one all the time."""
        key = array, number
        if key not in self._known:
            group, form = self._follow(key, forms)
            self._known[key] = form
            if form is not None:
                self._known.update(dict.fromkeys(group, form))
        return self._known[key]

    def _follow(self, key: tuple[Value, int], forms: Forms) -> tuple[dict[tuple[Value, int], None], Form | None]:
        """The parameters that an array has come through, and the one length that all of them began with."""
        group, waiting = {key: None}, [key]
        form: Form | None = None
        while waiting:
            param, number = waiting.pop()
            if not self.is_carried(param) or len(group) > MOST_PARAMS:
                return group, None
            for argument in self._arguments(param):
                found = forms.source(argument, number)
                if self.is_carried(found[0]):
                    if found not in group:
                        group[found] = None
                        waiting.append(found)
                    continue
                length = forms.own_length(*found)
                if form is not None and length != form:
                    return group, None
                form = length
        return group, form if form is not None and self._is_above(form, group) else None

    def is_carried(self, value: Value) -> bool:
        """Whether a value is a block parameter with arguments."""
        if not isinstance(value, Param) or value.block is self._entry:
            return False
        return not self._incoming[value.block][0].source.end.op.binds

    def _arguments(self, param: Value) -> list[Value]:
        assert isinstance(param, Param)
        index = param.block.params.index(param)
        return [entry.edge.args[index] for entry in self._incoming[param.block] if entry.source in self._tree]

    def _is_above(self, form: Form, group: dict[tuple[Value, int], None]) -> bool:
        """Whether what a length is made of is defined above all blocks of a group."""
        blocks = dict.fromkeys(param.block for param, _ in group)
        return all(self._is_strictly_above(above, block) for above in form.places() for block in blocks)

    def _is_strictly_above(self, above: Block, below: Block) -> bool:
        return above is not below and self._tree.dominates(above, below)
