"""The arguments of a map: which of them differ by element, how many elements there are, values of the program's types.

An argument of its parameter's rank is the same for all elements; one with one more axis is mapped over that first axis.
Nothing is truncated, wrapped or reshaped, as `ssair.arguments` has it for calls.

Linear in the arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from ssair.arguments import ArgumentValueError, to_argument
from ssair.facts import top
from ssair.ir import Param
from ssair.signature import ArgumentTypeError
from ssair.types import array_of, element_type, rank


@dataclass(frozen=True, slots=True)
class Elements:
    """Arguments, one for each IR parameter; those that are `mapped` have a leading axis of `length`."""

    values: tuple[Any, ...]
    mapped: tuple[bool, ...]
    length: int


class Takes:
    """What a map takes for parameters of these names."""

    def __init__(self, names: Sequence[str], params: Sequence[Param]) -> None:
        self.names = tuple(names)
        self.params = tuple(params)
        self._lifted = [lifted(param) for param in params]

    def elements(self, flat: Sequence[Any]) -> Elements:
        """The arguments converted; ArgumentTypeError or ArgumentValueError that name the parameter at fault."""
        mapped = self.mapped(flat)
        values = self.converted(flat, mapped)
        return Elements(tuple(values), mapped, self._length(values, mapped))

    def mapped(self, flat: Sequence[Any]) -> tuple[bool, ...]:
        """Which arguments differ by element, by their ranks alone: what they hold is not looked at."""
        found = tuple(map(_is_mapped, self.names, self.params, flat))
        if not any(found):
            for name, param, value in zip(self.names, self.params, flat, strict=True):
                to_argument(name, param, value)  # what is nothing at all is told as such
            raise ArgumentTypeError(f"no argument has an axis more than its parameter: {self._wanted()}")
        return found

    def dynamic(self, mapped: Sequence[bool]) -> tuple[bool, ...]:
        """Which of the arguments that are no sizes differ by element."""
        return tuple([differs for differs, param in zip(mapped, self.params, strict=True) if not param.static])

    def _wanted(self) -> str:
        if not self.params:
            return "there are no parameters to map over"
        return "one with elements is wanted for one of them at least"

    def converted(self, flat: Sequence[Any], mapped: Sequence[bool]) -> list[Any]:
        """The arguments as NumPy or JAX arrays of the program's types; 64-bit types must be on."""
        values = []
        for name, param, lifted, value, differs in zip(
            self.names, self.params, self._lifted, flat, mapped, strict=True
        ):
            if differs and comes_in_pieces(value):
                raise ArgumentTypeError(f"argument {name}: an iterator is read a chunk at a time; give chunk= as well")
            values.append(to_argument(name, lifted if differs else param, value))
            if differs:
                check_facts(name, param, values[-1])
        return values

    def _length(self, values: Sequence[Any], mapped: Sequence[bool]) -> int:
        first = mapped.index(True)
        length = len(values[first])
        for name, value, differs in zip(self.names, values, mapped, strict=True):
            if differs and len(value) != length:
                message = f"argument {name} has length {len(value)}, where {self.names[first]} has {length}"
                raise ArgumentValueError(message)
        return length


def comes_in_pieces(value: object) -> bool:
    """Whether an argument is an iterator (or a collection) of arrays of elements, and no array or list of numbers.

    Neither is what has no order of its elements.
    """
    if hasattr(value, "dtype"):
        return False
    if isinstance(value, list | tuple | range | str | bytes | bytearray | memoryview | Mapping | Set):
        return False
    return isinstance(value, Iterable)


def lifted(param: Param) -> Param:
    """A parameter for all elements of `param` together."""
    type = array_of(element_type(param.type), rank(param.type) + 1)
    return Param(param.id, type, top(type))


def _is_mapped(name: str, param: Param, value: Any) -> bool:
    own, pieces = rank(param.type), comes_in_pieces(value)
    given = own + 1 if pieces else _rank_of(value)
    if given == own:
        return False
    if given != own + 1 or param.static:
        one = "a size, which is the same for all elements" if param.static else f"{param.type}"
        both = one if param.static else f"{one}, or {array_of(element_type(param.type), own + 1)} for the elements"
        found = "an iterator" if pieces else _of_rank(given)
        raise ArgumentTypeError(f"argument {name}: {both}, is wanted, not {found}")
    return True


def _of_rank(given: int) -> str:
    return f"an array of rank {given}" if given else "a scalar"


def _rank_of(value: Any) -> int:
    """How many axes a value has; that of nested lists is the depth of their first items."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return len(shape)
    depth = 0
    while isinstance(value, list | tuple | range):
        depth += 1
        if not value:
            break
        value = value[0]
        if getattr(value, "shape", None) is not None:
            return depth + len(value.shape)
    return depth


def check_facts(name: str, param: Param, values: Any, start: int = 0) -> None:
    """Raise ArgumentValueError if an element is none that the parameter may have; `start` is the first one's place."""
    if rank(param.type) or param.fact == top(param.type):
        return
    for place, value in enumerate(np.asarray(values).tolist(), start):
        if not param.fact.contains(value):
            raise ArgumentValueError(f"argument {name}: {value} (element {place}) is outside {param.fact}")
