"""Seeded straight code on values that are known to be within bounds: every operation, where intervals end.

`@main` takes scalars and two vectors, lets values be between small numbers, special ones or the ends of their types,
and gives what operations make of those; results are compared with what they are made of, some are checked. A fact that
leaves out one value is wrong for some argument. Nothing goes round or is called, so that a module runs in no time.
"""

from __future__ import annotations

from itertools import groupby
from typing import Final, Literal

from ssair.builder import Builder
from ssair.constants import Constant, nearest_f32
from ssair.ir import Instr, Module, Value
from ssair.ops import CHECK_KINDS, COMPARISONS, CONVERT, OPS, Op
from ssair.testing.choices import Choices
from ssair.testing.ssa_operations import EXACT_WAYS, SCALARS, VECTORS, WAYS, Way
from ssair.testing.ssa_plants import planted
from ssair.testing.ssa_values import Values
from ssair.types import BOOL, F32, F64, I32, I64, ArrayType, Type, array_of, integer_range, is_float, is_integer

#: The types of most operands.
_USUAL: Final = (I64, F64, BOOL)
_SELDOM: Final = frozenset(
    {
        "exp",
        "log",
        "sin",
        "cos",
        "tan",
        "tanh",
        "all",
        "any",
        "dim",
        "reverse",
        "dot",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
    }
)
#: What `@main` gives, the newest values of each type.
_RESULTS: Final = (I64, I64, I64, I64, BOOL, BOOL, BOOL, BOOL, BOOL, BOOL, F64, F64, F64, I32, I32, F32)
_INTEGER_RESULTS: Final = (I64,) * 24 + (I32,) * 12 + (BOOL,) * 12
_BOUNDS: Final = (0, 1, -1, 2, -2, 3, -3, 4, 5, 7, -8, 8, 63, 64)
_FLOAT_BOUNDS: Final = (
    0.0, 1.0, -1.0, -0.0, 2.0, -2.5, 0.5, -0.5, 3.0, 100.0, float("inf"), float("-inf"), 9.3e18, 2147483648.0,
)  # fmt: skip
_NEAR: Final = 3
Kind = Literal["operations", "rules", "sums"]


def _by_operation(ways: dict[Type, tuple[Way, ...]], types: frozenset[Type]) -> tuple[tuple[Way, ...], ...]:
    """For each operation the ways on these types, each once; those with rules of their own more often than others."""
    found = dict.fromkeys(way for row in ways.values() for way in row)
    fitting = sorted(
        [way for way in found if types.issuperset(way.operands) and (way.given is None or way.given in types)],
        key=lambda way: way.op.name,
    )
    groups = [tuple(group) for _, group in groupby(fitting, key=lambda way: way.op)]
    return tuple(group for group in groups for _ in range(1 if group[0].op.name in _SELDOM else 3))


_ALL: Final = _by_operation(WAYS, frozenset((*SCALARS, *VECTORS)))
_OF_INTEGERS: Final = _by_operation(EXACT_WAYS, frozenset((I64, I32, BOOL)))
_CHECKED: Final[dict[str, tuple[Type, ...]]] = {
    "check": (BOOL,), "check_nonempty": (I64,), "check_convert_i32": (F64,), "check_convert_i64": (F64,),
}  # fmt: skip


def range_module(
    choices: Choices,
    size: int = 20,
    *,
    integers: bool = False,
    mostly: Kind = "operations",
) -> Module:
    """The module of a source of decisions, with about `size` statements, of `integers` and truth values alone or not.

    They are mostly single operations, the left sides of rules, or sums of several terms and quotients.
    """
    return _Writer(choices, size, integers, mostly).module


class _Writer:
    """Builds a module."""

    def __init__(self, choices: Choices, size: int, integers: bool, mostly: Kind) -> None:
        self.below = choices.below
        self.mostly = mostly
        self.module = Module()
        self.module.entry_name = "main"
        types = (I64, I64, I32, BOOL) if integers else (I64, I64, F64, F64, I32, F32, BOOL, *VECTORS[:3:2])
        results = _INTEGER_RESULTS if integers else _RESULTS
        self.builder = Builder(self.module.new_function("main", results))
        self.values = Values(choices, self.builder, exact=integers)
        self.types = tuple(type for type in SCALARS if type in types)
        self.ways = _OF_INTEGERS if integers else _ALL
        #: What has been put between bounds, by type.
        self.made: dict[Type, list[Value]] = {}
        for type in types:
            self.values.declare(self.builder.param(type))
        #: What has lengths: a matrix.
        self.lengths = [] if integers else [self.builder.param(array_of(F64, 2))]
        for _ in range(size):
            self.statement()
        self.builder.ret(*self.results(results))

    def statement(self) -> None:
        """An operation, and now and then a check or a way out; in long modules of integers nothing ends the run."""
        way = self.below(16)
        if way == 15 and self.lengths:
            self.check()
        elif way == 14:
            (self.guard if self.lengths else self.arms, self.arms, self.arms, self.arms)[self.below(4)]()
        elif way > 11 and self.lengths:
            self.length()
        elif self.mostly == "rules" and way < 10:
            planted(self.values)
        elif way < (9 if self.mostly == "sums" else 1):
            (self.sum, self.quotient)[self.below(3) == 2]()
        else:
            self.operation()

    def sum(self) -> None:
        """A tree of sums, differences and multiples of a few values, each used once in it."""
        type = I32 if self.below(5) == 4 else I64
        leaves = [self.bounded(type), self.values.pick(type)]
        made: list[Value] = []
        for _ in range(3 + self.below(4)):
            constant = self.values.known(type, self.bound(type))
            leaf = (leaves[0], leaves[0], leaves[1], constant, constant)[self.below(5)]
            name, way = ("add", "sub", "mul")[self.below(3)], self.below(6)
            if not made or way == 5:
                made.append(leaf)
            elif way == 4:
                made.append(self.builder.emit("neg", made.pop()))
            elif name == "mul":
                made.append(self.builder.emit("mul", made.pop(), constant if self.below(4) else leaf))
            else:
                pair = [made.pop(), leaf]
                made.append(self.builder.emit(name, *(pair if way > 1 else pair[::-1])))
        while len(made) > 1:
            made.append(self.builder.emit(("add", "sub")[self.below(2)], made.pop(), made.pop()))
        self.values.declare(made[0])

    def quotient(self) -> None:
        """A quotient or remainder by a number that may be a power of two."""
        names = ("floordiv", "mod", "div_trunc", "rem_trunc")
        divisor = self.values.known(I64, (2, 4, 8, 3, -2, 1 << 32, 6, 1)[self.below(8)])
        by = self.bounded(I64) if self.below(4) == 3 else divisor
        self.values.declare(self.builder.emit(names[self.below(4)], self.bounded(I64), by))

    def length(self) -> None:
        """A length of the matrix, known or not."""
        self.values.declare(self.builder.emit("dim", self.lengths[0], aux=self.below(2)))

    def operation(self) -> None:
        """Any operation on values within bounds, whose result may be compared with them."""
        ways = self.ways[self.below(len(self.ways))]
        usual = [way for way in ways if way.operands[0] in _USUAL]
        if usual and self.below(3):
            ways = tuple(usual)
        if ways[0].op is CONVERT and self.below(2):
            ways = tuple(way for way in ways if way.given is I32) or ways
        made = self.values.perform(ways[self.below(len(ways))], self.bounded)
        if made.type in (I64, I32) and self.below(2):
            others = [value for value in made.args if value.type is made.type]
            if others:
                self.compare(made, others[self.below(len(others))])

    def compare(self, made: Value, other: Value) -> None:
        """A comparison with another value, or with what is beside it."""
        if self.below(2):
            step = self.values.known(made.type, self.below(2 * _NEAR + 1) - _NEAR)
            other = self.builder.emit("add", other, step)
        comparisons = tuple(COMPARISONS.values())
        self.values.declare(self.builder.emit(comparisons[self.below(len(comparisons))], made, other))

    def check(self) -> None:
        """Any check of values within bounds."""
        name = tuple(CHECK_KINDS)[self.below(len(CHECK_KINDS))]
        types = _CHECKED.get(name, (I64, I64))
        if not {*types} <= {*self.types}:
            return
        args = [self.bounded(type) for type in types]
        detail: dict[str, int | str] = {"index": 0, "assert": "no"}
        site = self.module.new_site(CHECK_KINDS[name], detail=detail.get(CHECK_KINDS[name]))
        self.values.declare(self.builder.emit(OPS[name], *args, aux=site))

    def guard(self) -> None:
        """A return in one arm of a test; behind it, values know what the other arm says."""
        test = self.test()
        way = self.below(6)
        if way == 5:
            test = self.builder.emit("not", test)
        elif way > 2:
            test = self.builder.emit(("and", "or")[way % 2], test, self.test())
        self.stay_if(test, self.below(2) == 1)

    def arms(self) -> None:
        """A value in both arms of a test of it."""
        builder = self.builder
        test = self.test()
        tested = test.args[0] if isinstance(test, Instr) and test.args else self.values.pick(I64)
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        builder.branch(test, *arms)
        for holds, arm in zip((True, False), arms, strict=True):
            builder.at(arm).enter_arm(test, holds)
            builder.jump(target, builder.newest(tested))
            builder.leave_arm()
        self.values.declare(builder.at(target).param(tested.type))

    def test(self) -> Value:
        """A truth value, mostly of a comparison with a bound."""
        type = self.types[self.below(len(self.types))]
        way = self.below(5)
        if way == 0 or type is BOOL:
            return self.values.truth()
        if is_float(type) and way == 1:
            return self.builder.emit("isnan", self.bounded(type))
        comparisons = tuple(COMPARISONS.values())
        other = self.values.known(type, 0.0 if is_float(type) and way == 2 else self.bound(type))
        return self.builder.emit(comparisons[self.below(len(comparisons))], self.bounded(type), other)

    def stay_if(self, condition: Value, holds: bool) -> None:
        """Leave the function unless `condition` is `holds`."""
        leave, stay = self.builder.new_block(), self.builder.new_block()
        self.builder.branch(condition, *((stay, leave) if holds else (leave, stay)))
        self.builder.at(leave)
        self.builder.ret(*[self.values.constant(type) for type in self.builder.function.results])
        self.builder.at(stay).enter_arm(condition, holds)

    def results(self, types: tuple[Type, ...]) -> list[Value]:
        """The newest value of each type, then the one before, and so on."""
        return [
            self.values.recent(type, types[:place].count(type))
            if not is_float(type) or self.below(5)
            else self.values.known(type, (0.0, -0.0)[self.below(2)])
            for place, type in enumerate(types)
        ]

    # ---- operands -------------------------------------------------------------------------------------------------

    def bounded(self, type: Type) -> Value:
        """A value of a type, mostly one that is between bounds; an array of such ones."""
        if isinstance(type, ArrayType):
            return self.array(type) if self.below(2) else self.values.pick(type)
        if type is BOOL:
            return self.values.truth()
        made = self.made.setdefault(type, [])
        if not made or self.below(6) >= len(made):
            made.append(self.newly_bounded(type))
            return made[-1]
        return self.builder.newest(made[self.below(len(made))]) if self.below(8) else self.values.pick(type)

    def newly_bounded(self, type: Type) -> Value:
        """A value of a scalar type that is between bounds."""
        value, way = self.values.pick(type), self.below(9)
        if way == 8:
            pair = [self.values.known(type, self.bound(type)) for _ in range(2)]
            return self.builder.emit("select", self.values.truth(), *pair)
        if type is F64 and way > 4:
            return self.number(value)
        if way > 5:
            return self.one_sided(value)
        least, most = sorted((self.bound(type), self.bound(type)))
        ends: list[tuple[Op, Constant]] = [(OPS["max"], least), (OPS["min"], most)]
        for op, end in ends if way > 2 else ends[way == 2 :][:1]:
            value = self.builder.emit(op, value, self.values.known(type, end))
        return value

    def number(self, value: Value) -> Value:
        """A float that a test has found not to be NaN; the other arm ends."""
        name, bound = (("ge", float("-inf")), ("le", float("inf")), ("lt", float("inf")), ("ge", 0.0))[self.below(4)]
        self.stay_if(self.builder.emit(name, value, self.values.known(F64, bound)), True)
        return self.builder.newest(value)

    def one_sided(self, value: Value) -> Value:
        """A value without its sign, or, of an integer, its last bits."""
        if not is_integer(value.type) or self.below(2):
            return self.builder.emit("abs", value)
        return self.builder.emit("and", value, self.values.known(value.type, (1, 7, 12)[self.below(3)]))

    def array(self, type: ArrayType) -> Value:
        """An array of one value within bounds, of a length that may be none."""
        return self.builder.emit("full", self.bounded(type.element), self.values.known(I64, self.below(3)))

    def bound(self, type: Type) -> int | float:
        """An end of an interval."""
        if not is_integer(type):
            value = _FLOAT_BOUNDS[self.below(len(_FLOAT_BOUNDS))]
            return nearest_f32(value) if type is F32 else value
        if self.below(5) == 4:
            least, most = integer_range(type)
            ends = (least, most, -1 << 32, 1 << 31, 1 << 32) if type is I64 else (least, most)
            return min(max(ends[self.below(len(ends))] + (0, 0, 1, -1)[self.below(4)], least), most)
        return _BOUNDS[self.below(len(_BOUNDS))]
