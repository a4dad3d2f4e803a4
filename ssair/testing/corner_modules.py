"""Seeded code where every operation, test and check has its turn, on values at the ends of what is known of them.

`corner_module(choices, first)` takes the next turns from the one of this number on, and goes round: who counts `first`
up by `TURNS` each time has tried all of them after few modules. Operands are those of `ssair.testing.bounded_values`.
Operations are on vectors, so that one run tries hundreds of pairs; `corner_arguments` are such. What tests and checks
are about is printed.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, Literal, NamedTuple

from ssair.builder import Builder
from ssair.ir import Module, Value
from ssair.ops import CHECK_KINDS, COMPARISONS, OPS
from ssair.testing.bounded_values import FLOAT_ENDS, INTEGER_ENDS, BoundedValues
from ssair.testing.choices import Choices
from ssair.testing.directed_arguments import Arguments, module_arguments
from ssair.testing.ssa_operations import SCALARS, WAYS, Way
from ssair.types import BOOL, F64, I32, I64, ArrayType, Type, array_of, integer_range, is_float

TURNS: Final = 12
"""How many turns a module takes."""
_PAIRS: Final = 3
#: How many vectors of a type the operations of a module have to choose from.
_VECTORS: Final = 5
Kind = Literal["operations", "checks", "divisions"]

#: Operations that have no fact rule of their own.
_UNKNOWN: Final = frozenset({"exp", "log", "sin", "cos", "tan", "tanh"})
_CHECKED: Final[dict[str, tuple[Type, ...]]] = {
    "check": (BOOL,), "check_nonempty": (I64,), "check_convert_i32": (F64,), "check_convert_i64": (F64,),
}  # fmt: skip
_DETAILS: Final[dict[str, int | str]] = {"index": 0, "assert": "no"}
_DIVISORS: Final = (2, 4, 8, 3, -2, 1 << 32, 6, 1, -1, -8, 0)
_OF_SCALARS: Final = (I64, I64, I64, F64, F64, F64, BOOL, BOOL, BOOL, BOOL)
_OF_VECTORS: Final = tuple(array_of(type, 1) for type in (I64, I64, F64, F64, BOOL, BOOL, BOOL))
#: What floats that are converted may be at most.
_LIMITS: Final = (100.0, 2147483647.0, 2147483648.0, 9.2e18, 2.0**63)
#: How long the vectors are, and what is in them.
_LENGTH: Final = 192
_INTEGERS: Final = (
    *INTEGER_ENDS,
    6,
    9,
    12,
    -4,
    -5,
    -7,
    -9,
    65,
    -64,
    *integer_range(I64),
    *integer_range(I32),
    1 << 32,
    1 << 62,
)
_FLOATS: Final = (*FLOAT_ENDS, -3.0, 1.5, 2147483647.5, -2147483649.0, -1e300, -100.0, -9.3e18)


class _Turn(NamedTuple):
    """What is done: one of the ways of an operation, a comparison of two values of a type, or a check."""

    ways: tuple[Way, ...] = ()
    test: str = ""
    type: Type = I64
    check: str = ""


def _operations() -> list[_Turn]:
    """Each operation on integers and truth values, and on floats."""
    scalar = [
        way for type in SCALARS for way in WAYS[type] if not any(isinstance(of, ArrayType) for of in way.operands)
    ]
    ways = sorted(dict.fromkeys(scalar), key=lambda way: (way.op.name, is_float(way.operands[-1])))
    groups = groupby(ways, key=lambda way: (way.op.name, is_float(way.operands[-1]), way.given))
    return [_Turn(ways=tuple(group)) for (name, *_), group in groups if name not in _UNKNOWN]


_TESTS: Final = tuple(_Turn(test=name, type=type) for name in COMPARISONS for type in (I64, F64))
_CHECKS: Final = tuple(_Turn(check=name) for name in CHECK_KINDS)
_DIVISIONS: Final = tuple(
    turn for turn in _operations() if turn.ways[0].op.name in ("floordiv", "mod") and turn.ways[0].operands[0] is I64
)
#: What has its turn in each kind of module.
_TABLE: Final[dict[Kind, tuple[_Turn, ...]]] = {
    "operations": (*_operations(), *_TESTS),
    "checks": _CHECKS,
    "divisions": _DIVISIONS,
}


def corner_module(choices: Choices, first: int, kind: Kind = "operations") -> Module:
    """The module of a source of decisions, `TURNS` turns from number `first` on."""
    return _Writer(choices, first, kind).module


def corner_arguments(module: Module, seed: int, count: int) -> list[Arguments]:
    """As `module_arguments`, but that vectors are long, and full of ends and of what stands beside them."""
    import numpy as np

    random = np.random.default_rng(seed)
    tables = {I64: np.array(_INTEGERS), F64: np.array(_FLOATS), BOOL: np.array((False, True))}
    types = [param.type for param in module.entry().params]
    return [
        tuple(
            random.choice(tables[type.element], _LENGTH) if isinstance(type, ArrayType) else value
            for type, value in zip(types, call, strict=True)
        )
        for call in module_arguments(module, seed, count)
    ]


class _Writer:
    """Builds a module."""

    def __init__(self, choices: Choices, first: int, kind: Kind) -> None:
        self.below = choices.below
        self.module = Module()
        self.module.entry_name = "main"
        self.builder = Builder(self.module.new_function("main", [I64]))
        types = _OF_SCALARS if kind != "operations" else (*_OF_SCALARS, *_OF_VECTORS)
        self.values = BoundedValues(choices, self.builder, types)
        self.vectors: dict[Type, list[Value]] = {}
        self.compare_lengths()
        turns = _TABLE[kind]
        for number in range(first, first + TURNS):
            turn = turns[number % len(turns)]
            if turn.test:
                self.test(turn.test, turn.type)
            elif turn.check:
                self.check(turn.check)
            elif kind == "divisions":
                self.divide(turn.ways)
            else:
                self.operate(turn.ways)
        self.builder.ret(self.values.given(I64))

    def compare_lengths(self) -> None:
        """Vectors are of one length, or the run ends."""
        params = self.builder.function.params
        lengths = [self.builder.emit("dim", param, aux=0) for param in params if isinstance(param.type, ArrayType)]
        for length in lengths[1:]:
            self.builder.emit("check_equal", length, lengths[0], aux=self.module.new_site("size"))

    def operate(self, ways: tuple[Way, ...]) -> None:
        """An operation, a few times in one of its ways, on vectors."""
        way = ways[self.below(len(ways))]
        for _ in range(_PAIRS):
            first, *others = [self.operand(type) for type in way.operands]
            if not isinstance(first.type, ArrayType):
                first = self.values.given(array_of(first.type, 1))
            self.builder.emit(way.op, first, *others, type=way.given and array_of(way.given, 1))

    def operand(self, type: Type) -> Value:
        """A vector of this type that others are made of too, or a scalar."""
        made = self.vectors.setdefault(type, [])
        if len(made) < _VECTORS and not self.below(2):
            made.append(self.values.value(array_of(type, 1)))
        return made[self.below(len(made))] if made else self.values.given(array_of(type, 1))

    def divide(self, ways: tuple[Way, ...]) -> None:
        """A division, mostly by a constant that may be a power of two."""
        way = ways[self.below(len(ways))]
        type = way.operands[0]
        divisor = self.values.value(type)
        if self.below(3):
            known = _DIVISORS[self.below(len(_DIVISORS))]
            divisor = self.values.known(type, known % (1 << 31) if type is I32 else known)
        self.values.show(self.builder.emit(way.op, self.values.value(type), divisor))

    def test(self, name: str, type: Type) -> None:
        """A comparison with what is near, or with anything, and what each arm knows of the operands."""
        operands = [self.values.value(type)]
        operands.append(self.near(operands[0]) if self.below(2) else self.values.value(type))
        if self.below(2):
            operands.reverse()
        test = self.builder.emit(name, *operands)
        for holds in (True, False):
            with self.values.arm(test, holds):
                for operand in operands:
                    self.values.show(self.builder.newest(operand))

    def between_or_nan(self, limit: float) -> Value:
        """A float that is at most so large, or NaN."""
        least, most = (self.values.known(F64, end) for end in (-limit, limit))
        return self.builder.emit("min", self.builder.emit("max", self.values.given(F64), least), most)

    def near(self, value: Value) -> Value:
        """A value, and a little more or less."""
        steps: tuple[int | float, ...] = (0.5, -0.5, 1e-300) if is_float(value.type) else (1, -1, 2)
        more, none = (self.values.known(value.type, step) for step in (steps[self.below(3)], 0 * steps[0]))
        return self.builder.emit("add", value, self.builder.emit("select", self.values.given(BOOL), more, none))

    def check(self, name: str) -> None:
        """A check, which control comes to or not."""
        with self.values.arm(self.values.given(BOOL)):
            args = [self.values.value(type) for type in _CHECKED.get(name, (I64, I64))]
            if args[0].type is F64 and self.below(2):
                args = [self.between_or_nan(_LIMITS[self.below(len(_LIMITS))])]
            kind = CHECK_KINDS[name]
            site = self.module.new_site(kind, detail=_DETAILS.get(kind))
            self.values.show(self.builder.emit(OPS[name], *args, aux=site))
