"""Seeded small modules for kernels, which take long to compile: divisions of all kinds, and values of either arm.

`@main` gives what it computes as results, since what prints runs apart. Divisors may be zero and of either sign; tests
ask how two arguments compare, so that both arms are taken.
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
_JOINED: Final[tuple[Type, ...]] = (I64, BOOL, I32)


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
    """A value of one arm or of the other, each of which computes its own."""
    arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
    test = builder.emit(tuple(COMPARISONS)[choices.below(len(COMPARISONS))], values.given(I64), values.given(I64))
    builder.branch(test, *arms)
    for arm, name in zip(arms, ("xor", "eq" if type is BOOL else "sub"), strict=True):
        builder.at(arm).jump(target, builder.emit(name, values.given(type), values.value(type)))
    return builder.at(target).param(type)
