"""The elements of arrays of integers: what an array is made of bounds them all.

An `Element` stands for any element, so a sum with it is within its bound if it is with each of the `parts` that may
have become an element. A loop's array is a block parameter like another, and what is proved of it goes by induction.
A sum has one `Element` at most: two would be told apart nowhere.

    parents = iota(n), then parents with [x] = parents[parents[x]]: every element is below n
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.ir import Instr, Value
from ssair.ops import INDEX, OPS, UPDATE, Op
from ssair.passes.bounds_forms import Element, Form, Forms
from ssair.types import ArrayType, is_integer, rank

_MOST_PARTS: Final = 4
_ZERO: Final = Form((), 0)
_IOTA: Final = OPS["iota"]


def is_element(value: Value) -> bool:
    """Whether a value is an element, read from an array, of which its making may tell."""
    return isinstance(value, Instr) and value.op is INDEX and is_integer(value.type)


def read_parts(value: Value, forms: Forms) -> list[Form]:
    """What an element that is read may be: any of the array's; where that is empty, it is zero."""
    return [elements(value.args[0], forms)] if isinstance(value, Instr) else []


def lengths_of(value: Value, forms: Forms) -> list[Form]:
    """The lengths of the array that an element is read from."""
    assert isinstance(value, Instr)
    array = value.args[0]
    return [forms.length(array, number) for number in range(rank(array.type))]


def parts(array: Value, is_upper: bool, forms: Forms) -> list[Form]:
    """Forms, each of which must keep a bound for all elements of `array` to keep it; none if that is not known."""
    if not isinstance(array, Instr):
        return []
    if array.op is _IOTA:
        length = forms.of(array.args[0])
        return [Form(length.terms, length.constant - 1)] if is_upper else [_ZERO]
    rule = _PARTS.get(array.op)
    found = rule(array, forms) if rule is not None else []
    return found if len(found) <= _MOST_PARTS else []


def elements(value: Value, forms: Forms) -> Form:
    """The value itself, or any element of it."""
    origin = forms.origins[value]
    return Form(((Element(origin), 1),), 0) if isinstance(origin.type, ArrayType) else forms.of(origin)


def _updated(array: Instr, forms: Forms) -> list[Form]:
    return [elements(array.args[0], forms), elements(array.args[1], forms)]


def _filled(array: Instr, forms: Forms) -> list[Form]:
    return [elements(array.args[0], forms)]


def _listed(array: Instr, forms: Forms) -> list[Form]:
    return [elements(value, forms) for value in array.args]


def _row(array: Instr, forms: Forms) -> list[Form]:
    return [elements(array.args[0], forms), _ZERO]


def _chosen(array: Instr, forms: Forms) -> list[Form]:
    return [elements(value, forms) for value in array.args[1:]]


_PARTS: Final[dict[Op, Callable[[Instr, Forms], list[Form]]]] = {
    UPDATE: _updated,
    INDEX: _row,
    OPS["full"]: _filled,
    OPS["array"]: _listed,
    OPS["reverse"]: _filled,
    OPS["transpose"]: _filled,
    OPS["select"]: _chosen,
}
