"""Left sides of rewrite rules, planted: each row of the table of rules, what rules on arrays look for, near misses.

A plant is a pattern as `ssair.passes.patterns` writes them. Besides its letters there are `z` for a truth value, `i j`
for places, `a b` for vectors of the type of `x`. In a near miss one thing differs: a literal, an operation, or one of
two places where a variable stands. A rule that is added to the table is planted from then on.
"""

from __future__ import annotations

from typing import Final, NamedTuple, cast

from ssair.constants import Constant, nearest_f32
from ssair.ir import Value
from ssair.ops import COMPARISONS, OPS, Op
from ssair.passes.patterns import Literal, Operation, Pattern, Variable, parse_rule_pattern
from ssair.passes.rules import RULES
from ssair.testing.ssa_operations import INEXACT
from ssair.testing.ssa_values import Values
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, array_of, is_float, is_integer

_TYPES: Final[dict[str, tuple[Type, ...]]] = {"int": (I64, I64, I32), "float": (F64, F64, F32), "bool": (BOOL,)}
_NUMBERS: Final = ("int", "float")
#: What no table of rules has: rules on arrays and on comparisons are functions.
_OTHERS: Final = (
    "index(update(a, x, i), i)", "index(update(a, x, i), j)", "index(update(update(a, x, i), y, j), i)",
    "update(a, index(a, i), i)", "update(a, index(a, i), j)", "update(update(a, x, i), y, i)",
    "update(update(a, x, i), y, j)", "index(full(x, 3), i)", "index(full(x, 0), i)", "index(array(x, y), i)",
    "index(array(x, y), 1)", "index(reverse(a), i)", "dim(update(a, x, i))", "dim(reverse(a))", "dim(full(x, 3))",
    "sub(dim(a), dim(b))", "sub(index(a, i), index(a, i))", "maximum(full(x, 3))", "index(add(a, a), i)",
    "index(neg(a), i)",
    "select(lt(x, y), x, y)", "select(le(x, y), y, x)", "select(eq(x, y), x, y)", "select(not(z), x, y)",
    "select(z, select(z, x, y), x)", "and(lt(x, y), lt(y, x))", "or(lt(x, y), ge(x, y))", "and(le(x, y), ne(x, y))",
    "lt(add(x, c), add(x, d))", "lt(add(x, c), d)", "eq(add(x, c), add(y, c))", "lt(x, add(x, c))",
    "ge(max(x, y), x)", "gt(min(x, y), x)", "eq(neg(x), neg(y))", "le(abs(x), c)", "eq(sub(x, y), 0)",
    "lt(sub(x, y), 0)", "ne(mul(x, y), mul(y, x))", "add(mul(x, c), mul(x, d))", "sub(mul(x, y), mul(y, x))",
    "add(add(x, y), sub(x, y))", "sub(add(x, c), sub(x, d))", "mul(add(x, y), sub(x, y))",
)  # fmt: skip
_LOGIC: Final = frozenset({"and", "or", "xor", "not"})


class Plant(NamedTuple):
    """A pattern and the kinds of types that it is for."""

    pattern: Operation
    kinds: tuple[str, ...]
    exact: bool


def _plant(text: str, kinds: tuple[str, ...]) -> Plant:
    return Plant(parse_rule_pattern(text), kinds, not any(f"{name}(" in text for name in INEXACT))


#: Matrices are not among the values of these functions.
PLANTS: Final = (
    *(_plant(rule.pattern, rule.kinds) for rule in RULES if "transpose" not in rule.pattern),
    *(_plant(text, _NUMBERS) for text in _OTHERS),
)
_SIMILAR: Final[dict[Op, tuple[Op, ...]]] = {
    **{op: tuple(COMPARISONS.values()) for op in COMPARISONS.values()},
    **dict.fromkeys((OPS["add"], OPS["sub"], OPS["mul"]), (OPS["sub"], OPS["add"], OPS["mul"])),
    **dict.fromkeys((OPS["min"], OPS["max"]), (OPS["max"], OPS["min"])),
    **dict.fromkeys((OPS["and"], OPS["or"], OPS["xor"]), (OPS["or"], OPS["xor"], OPS["and"])),
    **dict.fromkeys((OPS["floordiv"], OPS["mod"]), (OPS["mod"], OPS["floordiv"])),
}


#: Each plant with each kind of types that it is for.
ROWS: Final = tuple((plant, kind) for plant in PLANTS for kind in plant.kinds)


def planted_row(values: Values, number: int) -> Value:
    """The left side of the rule of row `number` of `ROWS`, counted round, or a near miss."""
    plant, kind = ROWS[number % len(ROWS)]
    types = _TYPES[kind]
    made = _Planting(values, types[values.below(len(types))], missed=values.below(4) == 3).make(plant.pattern)
    assert made is not None
    return made


def planted(values: Values) -> Value | None:
    """The left side of some rule or a near miss, on values in scope; None where it has floats that must be exact."""
    plant = PLANTS[values.below(len(PLANTS))]
    types = _TYPES[plant.kinds[values.below(len(plant.kinds))]]
    type = types[values.below(len(types))]
    if values.exact and not plant.exact and is_float(type):
        return None
    made = _Planting(values, type, missed=values.below(3) == 2).make(plant.pattern)
    return values.declare(made) if made is not None else None


class _Planting:
    """One pattern on its way to be instructions; `missed` says that something is still to be made different."""

    def __init__(self, values: Values, type: Type, *, missed: bool) -> None:
        self.values = values
        self.type = type
        self.missed = missed
        self.bound: dict[str, Value] = {}

    def make(self, pattern: Operation) -> Value | None:
        """The pattern as instructions; None if a type does not fit (some rules are not for all that they match)."""
        wanted = self.type
        if pattern.op.name in _LOGIC and any(self._is_truth(arg) for arg in pattern.args):
            wanted = BOOL
        elif pattern.op.name == "select" and self.type is BOOL and isinstance(pattern.args[1], Variable):
            wanted = (I64, F64, BOOL)[self.values.below(3)]
        return self._operation(pattern, wanted)

    def _is_truth(self, pattern: Pattern) -> bool:
        return isinstance(pattern, Operation) and pattern.op in _COMPARISONS

    def _operation(self, pattern: Operation, wanted: Type) -> Value:
        """Patterns are a few operations deep at most."""
        op, types = pattern.op, self._operands(pattern, wanted)
        if op.name == "full":  # any other length could be any number
            return self.values.builder.emit(op, self._part(pattern.args[0], types[0]), self._length(pattern.args[1]))
        args = [self._part(arg, type) for arg, type in zip(pattern.args, types, strict=True)]
        if op in _SIMILAR and self._misses():
            others = [other for other in _SIMILAR[op] if other is not op]
            if wanted is not BOOL or op in _COMPARISONS or op.name in _LOGIC:
                op = others[self.values.below(len(others))]
        return self.values.builder.emit(op, *args, aux=0 if op.name == "dim" else None)

    def _operands(self, pattern: Operation, wanted: Type) -> list[Type]:
        """What each operand should be, where its letter does not say."""
        name, count = pattern.op.name, len(pattern.args)
        if pattern.op in _COMPARISONS:
            return [self.type] * count
        if name == "select":
            return [BOOL, wanted, wanted]
        if name in ("index", "update"):
            return [self._vector(), *([self.type] if name == "update" else []), I64]
        if name in ("dim", "reverse", "maximum"):
            return [self._vector()]
        if name in ("full", "array"):
            return [self.type] * count
        return [wanted] * count

    def _vector(self) -> Type:
        return array_of(self.type, 1)

    def _part(self, pattern: Pattern, wanted: Type) -> Value:
        if isinstance(pattern, Operation):
            return self._operation(pattern, wanted)
        if isinstance(pattern, Literal):
            return self._literal(pattern.value, wanted)
        type = {"z": BOOL, "i": I64, "j": I64, "a": self._vector(), "b": self._vector()}.get(pattern.name, wanted)
        bound = self.bound.get(pattern.name)
        if bound is not None and bound.type is type and (isinstance(type, ArrayType) or not self._misses()):
            return bound if self.values.below(2) else self.values.builder.newest(bound)
        value = self.values.constant(type) if pattern.known else self.values.informed(type)
        self.bound[pattern.name] = value
        return value

    def _length(self, pattern: Pattern) -> Value:
        assert isinstance(pattern, Literal)
        return self.values.known(I64, int(pattern.value))

    def _literal(self, value: bool | int | float, wanted: Type) -> Value:
        if self._misses():
            return self.values.constant(wanted)
        if wanted is BOOL:
            return self.values.known(BOOL, bool(value))
        if is_integer(wanted):
            return self.values.known(wanted, int(value))
        return self.values.known(wanted, cast(Constant, nearest_f32(float(value)) if wanted is F32 else float(value)))

    def _misses(self) -> bool:
        """Whether this is the place that is made different; only one is."""
        if self.missed and self.values.below(3) == 2:
            self.missed = False
            return True
        return False


_COMPARISONS: Final = frozenset(COMPARISONS.values())
