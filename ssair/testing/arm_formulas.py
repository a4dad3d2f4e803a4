"""The formulas of a function of arms: what it computes again and again, of the values that it is given.

A formula is an operation on values by their places, so that it can be computed anywhere, of whichever versions of them;
`varied` gives one that differs in one thing.
"""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

from ssair.builder import Builder
from ssair.ir import Function, Value
from ssair.ops import SWAPPED
from ssair.types import BOOL, F32, F64, I32, I64, Type, array_of

OPERATIONS: Final = ("add", "sub", "mul", "min", "max", "and", "floordiv", "mod")
_OF_FLOATS: Final = ("add", "sub", "mul", "div", "min")
TESTS: Final = ("lt", "le", "gt", "ge", "eq", "ne")
_CHECKED: Final = ("check_index", "check_index", "check_at_least", "check_nonzero")
_CHECKS: Final = {"check_index": "index", "check_at_least": "size", "check_nonzero": "divide"}
_DETAILS: Final = {"index": 0}
NUMBERS: Final = (0, 1, 2, 3, -1, 5)
_FLOATS: Final = (0.0, -0.0, 1.0)
_CONVERTED: Final[tuple[Type, ...]] = (I32, F32, F64)
_MATRIX: Final = array_of(F64, 2)
#: What tells more of a result where more is known of its operands.
READERS: Final = (("abs", None), ("max", 0), ("min", 2), ("add", 1), ("sub", 1), ("mul", 2), ("and", 7))
KINDS: Final = (
    "operations", "operations", "tests", "checks", "checks", "calls", "floats", "floats", "conversions", "lengths",
)  # fmt: skip
CALLEES: Final = (("checking", "printing"), ("total", "looping", "branching"))


class Operand(NamedTuple):
    """One of the values given of a type, or a constant."""

    type: Type
    place: int
    constant: int | float = 0


class Formula(NamedTuple):
    """What is computed again and again; `type` is what a conversion gives, `then` an operation on the result."""

    op: str
    operands: tuple[Operand, ...]
    aux: int | None = None
    type: Type | None = None
    then: tuple[str, int | None] | None = None


class Formulas:
    """The formulas of one function that is being built, and the numbers made of them."""

    def __init__(self, random: Random, function: Function) -> None:
        self.random = random
        self.function = function
        self.builder = builder = Builder(function)
        integers: list[Value] = [builder.param(I64), builder.param(I64)]
        floats: list[Value] = [builder.param(F64), builder.param(F64)]
        truths: list[Value] = [builder.param(BOOL)]
        integers.append(builder.emit("dim", builder.param(array_of(I64, 1)), aux=0))
        if random.random() < 0.5:
            floats[1] = builder.emit("neg", floats[0])
        self.given: dict[Type, list[Value]] = {I64: integers, F64: floats, BOOL: truths}
        self.given[_MATRIX] = [builder.param(_MATRIX)]
        self.callees = [random.choice(names) for names in CALLEES]
        kind = random.choice(KINDS)
        self.formulas = [self.formula(kind)]
        for _ in range(random.randrange(1, 3)):
            other = self.varied(random.choice(self.formulas)) if random.random() < 0.5 else self.formula(kind)
            self.formulas.append(other)
        #: Numbers made in the arms that are entered, the last behind.
        self.made: list[Value] = []

    # ---- formulas -------------------------------------------------------------------------------------------------

    def formula(self, kind: str) -> Formula:
        """Something of a kind, or of another one."""
        random = self.random
        if random.random() < 0.2:
            kind = random.choice(KINDS)
        then = random.choice(READERS) if random.random() < 0.4 else None
        if kind == "operations":
            return Formula(random.choice(OPERATIONS), self.pair(I64), then=then)
        if kind == "tests":
            return Formula(random.choice(TESTS), self.pair(I64 if random.random() < 0.7 else F64))
        if kind == "checks":
            return Formula(random.choice(_CHECKED), self.pair(I64), then=then)
        if kind == "calls":
            return Formula(random.choice(self.callees), (self.operand(I64),), then=then)
        if kind == "floats":
            return Formula(random.choice(_OF_FLOATS), self.pair(F64))
        if kind == "conversions":
            return Formula("convert", (self.operand(I64),), type=random.choice(_CONVERTED))
        return Formula("dim", (Operand(_MATRIX, 0),), aux=random.randrange(2), then=then)

    def varied(self, formula: Formula) -> Formula:
        """The same with something different."""
        random, operands = self.random, formula.operands
        if formula.type is not None:
            return formula._replace(type=random.choice(_CONVERTED))
        if formula.aux is not None:
            return formula._replace(aux=1 - formula.aux)
        way = random.randrange(4)
        last = operands[-1]
        if formula.op in TESTS and way < 2:
            return formula._replace(op=SWAPPED[formula.op])
        if last.type is F64 and last.place < 0 and way > 1:
            return formula._replace(operands=(*operands[:-1], last._replace(constant=-last.constant)))
        if (way == 0 or (way == 1 and formula.op in _CHECKS)) and formula.op not in self.callees:
            groups = (tuple(_CHECKS), TESTS, _OF_FLOATS if operands[0].type is F64 else OPERATIONS)
            return formula._replace(op=random.choice(next(ops for ops in groups if formula.op in ops)))
        if way == 1:
            return formula._replace(operands=operands[::-1])
        return formula._replace(operands=(*operands[:-1], self.operand(last.type)))

    def pair(self, type: Type) -> tuple[Operand, Operand]:
        """Two values of a type, of which one is given."""
        return Operand(type, self.random.randrange(len(self.given[type]))), self.operand(type)

    def operand(self, type: Type) -> Operand:
        """One of the values given, or a constant."""
        place = self.random.randrange(-1, len(self.given[type]))
        return Operand(type, place, self.random.choice(_FLOATS if type is F64 else NUMBERS))

    def value(self, operand: Operand) -> Value:
        """The operand in its newest version, or as it was given."""
        if operand.place < 0:
            return self.builder.emit("const", type=operand.type, aux=operand.constant)
        value = self.given[operand.type][operand.place]
        return self.builder.newest(value) if self.random.random() < 0.8 else value

    def compute(self, formula: Formula) -> Value:
        """What a formula gives here."""
        emit = self.builder.emit
        operands = [self.value(operand) for operand in formula.operands]
        if formula.op in self.callees:
            found: Value = emit("call", *operands, type=I64, aux=formula.op)
        elif formula.op in _CHECKS:
            found = emit(formula.op, *operands, aux=self.site(_CHECKS[formula.op]))
        else:
            found = emit(formula.op, *operands, type=formula.type, aux=formula.aux)
        return self.applied(formula.then, found) if formula.then is not None else found

    def site(self, kind: str) -> int:
        """A place of a check."""
        return self.function.module.new_site(kind, detail=_DETAILS.get(kind))

    def applied(self, reader: tuple[str, int | None], value: Value) -> Value:
        """An operation on a value, with a constant or alone."""
        op, constant = reader
        others = () if constant is None else (self.builder.const(I64, constant),)
        return self.builder.emit(op, value, *others)

    # ---- what becomes of values -----------------------------------------------------------------------------------

    def computed(self, formula: Formula) -> Value:
        """What a formula gives here, or something of that."""
        found = self.compute(formula)
        if found.type is I64 and self.random.random() < 0.4:
            return self.applied(self.random.choice(READERS), found)
        return found

    def keep(self, found: Value) -> None:
        """Print a value, give it to what follows, or let go of it."""
        way = self.random.random()
        if way < 0.4:
            self.print(found)
        elif way < 0.85 and found.type is I64:
            self.made.append(found)

    def print(self, value: Value) -> None:
        """Print a value."""
        self.builder.emit("print", value, aux=("", ""))

    def number(self) -> Value:
        """A number made here, or one that was given."""
        if self.made and self.random.random() < 0.75:
            return self.made[-1]
        return self.builder.newest(self.random.choice(self.given[I64]))

    # ---- conditions -----------------------------------------------------------------------------------------------

    def test(self) -> Value:
        """A condition on what the formulas are of."""
        random, emit = self.random, self.builder.emit
        way = random.randrange(12)
        if way == 0:
            return self.builder.newest(self.given[BOOL][0])
        if way == 1:
            return emit(random.choice(("eq", "eq", "lt", "ge")), *self.given[F64])
        if way == 2 and self.made:
            return emit(random.choice(TESTS), self.made[-1], self.builder.const(I64, random.choice(NUMBERS)))
        if way == 3:
            return emit(random.choice(("and", "or")), self.comparison(), self.comparison())
        if way == 4:
            return emit("not", self.comparison() if random.random() < 0.7 else self.given[BOOL][0])
        if way == 5 and random.random() < 0.5:
            return emit("isnan", self.given[F64][0])
        return self.comparison()

    def comparison(self) -> Value:
        """Two of the integers compared, or one with a constant."""
        return self.builder.emit(self.random.choice(("eq", *TESTS)), *[self.value(each) for each in self.pair(I64)])

    def compared(self, value: Value) -> Value:
        """A value compared with a constant."""
        constant = self.builder.const(I64, self.random.choice(NUMBERS))
        return self.builder.emit(self.random.choice(TESTS), self.builder.newest(value), constant)
