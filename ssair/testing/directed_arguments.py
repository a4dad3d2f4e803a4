"""Arguments for any function, directed: its own constants and what stands beside them, 0, 1, -1, the ends of types,
NaN, -0.0, infinities, empty arrays and arrays of one element.

Lengths agree where the signature names them alike, and mostly elsewhere, so that most calls get past the entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ssair.constants import ArrayConst
from ssair.ir import Function, Module, Param
from ssair.ops import CONST
from ssair.semantics import Runtime
from ssair.testing.choices import Choices, SeededChoices
from ssair.testing.literals import SPECIAL_FLOATS, Constant, dtype_of, neighbours, scalar_value
from ssair.testing.shapes import FLOATS
from ssair.types import ArrayType, ScalarType, Type, element_type

Arguments = tuple[Runtime, ...]

_LENGTHS: Final = (1, 0, 2, 3, 5)
_MOST_CONSTANTS: Final = 12
_DIMENSIONS: Final = re.compile(r"\[([^\[\]]*)\]")


def module_arguments(module: Module, seed: int, count: int = 4) -> list[Arguments]:
    """`count` argument tuples for the entry of `module`, as the interpreter takes them; equal for equal seeds."""
    constants = constants_of(module)
    choices = SeededChoices(seed)
    return [draw_module_arguments(module.entry(), constants, choices) for _ in range(count)]


def constants_of(module: Module) -> dict[str, tuple[Constant, ...]]:
    """The scalar constants of the functions by type, the first few of each, every one once."""
    found: dict[str, dict[object, Constant]] = {}
    for function in module.functions.values():
        for instr in function.instructions():
            if instr.op is CONST and not isinstance(instr.aux, ArrayConst) and instr.aux == instr.aux:
                assert isinstance(instr.aux, bool | int | float)
                values = found.setdefault(str(instr.type), {})
                if len(values) < _MOST_CONSTANTS:
                    values.setdefault(instr.aux, instr.aux)
    return {kind: tuple(values.values()) for kind, values in found.items()}


def draw_module_arguments(
    function: Function, constants: dict[str, tuple[Constant, ...]], choices: Choices
) -> Arguments:
    """One argument tuple; values are often equal to each other."""
    drawing = _Drawing(constants, choices)
    names = _dimension_names(function)
    return tuple([drawing.argument(param, names) for param in function.params])


class _Drawing:
    """One call: the lengths and values drawn for it so far."""

    def __init__(self, constants: dict[str, tuple[Constant, ...]], choices: Choices) -> None:
        self.below = choices.below
        self.constants = constants
        #: Whether most values are the ends of their types, or special floats.
        self.extreme = self.below(4) == 3
        self.usual = _LENGTHS[self.below(len(_LENGTHS))]
        self.lengths: dict[str, int] = {}
        self.values: dict[str, list[Constant]] = {}
        self.candidates: dict[str, list[Constant]] = {}

    def argument(self, param: Param, names: Iterator[list[str]]) -> Runtime:
        import numpy as np

        if isinstance(param.type, ArrayType):
            named = next(names, [""] * param.type.rank)
            shape = tuple([self.length(name) for name in named])
            return self.array(param.type, shape)
        if param.static:
            return np.int64(self.length(param.name))
        return scalar_value(str(param.type), self.value(param.type))

    def array(self, type: ArrayType, shape: tuple[int, ...]) -> Runtime:
        import math

        import numpy as np

        element = element_type(type)
        values = [scalar_value(str(element), self.value(element)) for _ in range(math.prod(shape))]
        return np.array(values, dtype_of(str(element))).reshape(shape)

    def length(self, name: str) -> int:
        """The length of a dimension: a number, one drawn for its name, or mostly the usual one."""
        if name.isdecimal():
            return int(name)
        if name in self.lengths:
            return self.lengths[name]
        length = self.usual if self.below(4) < 3 else _LENGTHS[self.below(len(_LENGTHS))]
        if name:
            self.lengths[name] = length
        return length

    def value(self, type: Type) -> Constant:
        assert isinstance(type, ScalarType)
        before = self.values.setdefault(str(type), [])
        if before and self.below(5) == 4:
            return before[self.below(len(before))]
        before.append(self.new_value(str(type)))
        return before[-1]

    def new_value(self, kind: str) -> Constant:
        """Mostly a small number, else one of the program's or beside it, or a special one."""
        if kind not in self.candidates:
            self.candidates[kind] = neighbours(kind, self.constants.get(kind, ()))
        candidates, way = self.candidates[kind], self.below(5)
        if self.extreme and way < 3:
            return SPECIAL_FLOATS[self.below(len(SPECIAL_FLOATS))] if kind in FLOATS else candidates[-1 - way % 2]
        if way < 2:
            return candidates[self.below(min(6, len(candidates)))]
        if way == 2 and kind in FLOATS:
            return SPECIAL_FLOATS[self.below(len(SPECIAL_FLOATS))]
        return candidates[self.below(len(candidates))]


def _dimension_names(function: Function) -> Iterator[list[str]]:
    """For each array among the parameters, its dimensions as the source names them; empty where it does not."""
    if function.signature is None:
        return
    for parameter in function.signature.parameters:
        for found in _DIMENSIONS.finditer(parameter.text):
            yield [_plain(part.strip()) for part in found[1].split(",")]


def _plain(text: str) -> str:
    """A name or a number; nothing for a sum, which the entry checks."""
    return text if text.isidentifier() or text.isdecimal() else ""
