"""Seeded small modules for kernels, which take long to compile: divisions, and arms that end at either of two places.

`@main` gives what it computes as results, since what prints runs apart. Divisors may be zero and of either sign; tests
ask how two arguments compare, so that all ways are taken.
"""

from __future__ import annotations

from typing import Final

from ssair.builder import Builder
from ssair.ir import Module, Value
from ssair.ops import COMPARISONS
from ssair.testing.bounded_values import BoundedValues
from ssair.testing.choices import Choices
from ssair.types import BOOL, F64, I32, I64, Type

_PARAMETERS: Final = (I64, I64, F64, F64, I32, I32, BOOL, BOOL)
_DIVISIONS: Final = ("floordiv", "mod", "div_trunc", "rem_trunc")
_TYPES: Final = (I64, I32)
_JOINED: Final[tuple[Type, ...]] = (I64, I32)


def kernel_module(choices: Choices) -> Module:
    """The module of a source of decisions."""
    module = Module()
    module.entry_name = "main"
    results = [type for type in _TYPES for _ in _DIVISIONS] + list(_JOINED)
    builder = Builder(module.new_function("main", results))
    values = BoundedValues(choices, builder, _PARAMETERS)
    made: list[Value] = []
    for type in _TYPES:
        for name in _DIVISIONS:
            divisor = values.given(type) if choices.below(2) else values.value(type)
            made.append(builder.emit(name, values.given(type), divisor))
    made += [_either(choices, builder, values, type) for type in _JOINED]
    builder.ret(*made)
    return module


def _either(choices: Choices, builder: Builder, values: BoundedValues, type: Type) -> Value:
    """A value of one arm, of the other, or of the one and then the other: the first may end at either of two places."""
    first, second, target = builder.new_block(), builder.new_block(), builder.new_block()
    given, name = values.given(type), _DIVISIONS[choices.below(2)]  # dear enough not to be done in either case
    builder.branch(_test(choices, builder, values), first, second, (), [values.value(type)])
    made = builder.at(first).emit(name, given, values.value(type))
    builder.branch(_test(choices, builder, values), target, second, [made], [given])
    entered = builder.at(second).param(type)
    builder.jump(target, builder.emit("sub", entered, builder.emit(name, values.given(type), given)))
    return builder.at(target).param(type)


def _test(choices: Choices, builder: Builder, values: BoundedValues) -> Value:
    return builder.emit(tuple(COMPARISONS)[choices.below(len(COMPARISONS))], values.given(I64), values.given(I64))
