"""Values of generated functions: what a place can use, and what is computed of it.

Values are in scope by type, oldest first; leaving a region forgets what it made, and keeps what was computed there of
outer values alone as something to be computed again: the redundancies that passes look for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, cast

from ssair.builder import Builder
from ssair.constants import Constant, nearest_f32
from ssair.ir import Instr, Value
from ssair.ops import CONST, CONVERT, OPS, SWAPPED, Op
from ssair.testing.choices import Choices
from ssair.testing.literals import draw_constant
from ssair.testing.ssa_operations import EXACT_WAYS, SCALARS, WAYS, Way
from ssair.types import BOOL, F32, I32, I64, ArrayType, Type, is_integer

_NEAR: Final = 6
_REMEMBERED: Final = 16


class Computation(NamedTuple):
    """What may be computed again, and how many of the values in scope it needs."""

    op: Op
    args: tuple[Value, ...]
    type: Type
    aux: object
    needs: int


class Values:
    """The values in scope at the builder's cursor; `exact` as for generated programs."""

    def __init__(self, choices: Choices, builder: Builder, *, exact: bool) -> None:
        self.below: Final = choices.below
        self.choices: Final = choices
        self.builder: Final = builder
        self.exact: Final = exact
        self._ways: Final = EXACT_WAYS if exact else WAYS
        self._by_type: dict[Type, list[Value]] = {}
        self._order: list[Value] = []
        self._places: dict[Value, int] = {}
        self._computed: list[Computation] = []

    # ---- scopes ---------------------------------------------------------------------------------------------------

    def declare(self, value: Value) -> Value:
        """Let `value` be used from here on; gives it."""
        self._places[value] = len(self._order)
        self._order.append(value)
        self._by_type.setdefault(value.type, []).append(value)
        return value

    def mark(self) -> int:
        """A point to come back to by `release`."""
        return len(self._order)

    def release(self, mark: int) -> None:
        """Forget the values since the mark, and what needs them."""
        for value in self._order[mark:]:
            self._by_type[value.type].remove(value)
            del self._places[value]
        del self._order[mark:]
        self._computed = [each for each in self._computed if each.needs <= mark]

    def kinds(self) -> list[Type]:
        """The types that some value has, in the order of their first."""
        return [type for type, values in self._by_type.items() if values]

    # ---- operands -------------------------------------------------------------------------------------------------

    def pick(self, type: Type) -> Value:
        """A value of a type in scope, in its newest version or as it was, or a constant."""
        found = self._by_type.get(type)
        way = self.below(20)
        if not found or (way > 16 and not isinstance(type, ArrayType)):
            return self.constant(type)
        value = found[-1 - self.below(min(len(found), _NEAR))]
        return self.builder.newest(value) if way < 12 else value

    def recent(self, type: Type, number: int) -> Value:
        """The value of a type in scope before which so many newer ones come, or a constant."""
        found = self._by_type.get(type, [])
        return self.builder.newest(found[-1 - number]) if number < len(found) else self.constant(type)

    def constant(self, type: Type) -> Value:
        """A constant, special ones among them; for an array type, a new array of a length of its own."""
        if isinstance(type, ArrayType):
            return self.filled(type)
        value = cast(Constant, draw_constant(self.choices, str(type), self.exact))
        if type is F32:
            value = nearest_f32(cast(float, value))
        return self.known(type, value)

    def known(self, type: Type, value: Constant) -> Instr:
        """A constant of this value."""
        return self.builder.emit(CONST, type=type, aux=value)

    def filled(self, type: ArrayType) -> Value:
        """A vector: of one value, of the numbers from 0, or listed."""
        way, length = self.below(4), self.known(I64, self.below(4))
        if way == 0 and type.element is I64:
            return self.builder.emit("iota", length)
        if way == 1:
            return self.builder.emit("array", *[self.pick(type.element) for _ in range(1 + self.below(3))])
        return self.builder.emit("full", self.pick(type.element), length)

    def informed(self, type: Type) -> Value:
        """A value of which something is known: a bounded or odd number where the type has such."""
        value = self.pick(type)
        if not is_integer(type) or self.below(3):
            return value
        op, limits = (("and", (7, 1, 255)), ("max", (0, 1, -3)), ("min", (9, -1, 0)), ("or", (1, 8, -8)))[self.below(4)]
        return self.builder.emit(op, value, self.known(type, limits[self.below(3)]))

    # ---- computations ---------------------------------------------------------------------------------------------

    def compute(self, type: Type) -> Value:
        """An operation of this type on values in scope; it may be computed again later."""
        table = self._ways[type]
        return self.perform(table[self.below(len(table))])

    def perform(self, way: Way, operand: Callable[[Type], Value] | None = None) -> Instr:
        """An operation in one of its ways, on values that are picked, or that `operand` gives."""
        args = [(operand or self.pick)(type) for type in way.operands]
        if len(args) == 2 and isinstance(args[1].type, ArrayType):
            args[1] = self._of_one_length(args[0], args[1])
        aux = 0 if way.op.name == "dim" else None
        made = self.builder.emit(way.op, *args, type=way.given, aux=aux)
        self._remember(made, aux)
        self.declare(made)
        return made

    def _of_one_length(self, first: Value, second: Value) -> Value:
        """What may be combined with `first`, as front ends do it: itself, or another array behind a check."""
        if self.below(3) < 2:
            return first
        dims = [self.builder.emit("dim", array, aux=0) for array in (first, second)]
        self.builder.emit("check_equal", *dims, aux=self.builder.function.module.new_site("size"))
        return second

    def _remember(self, made: Instr, aux: object) -> None:
        arrays = [arg for arg in made.args if isinstance(arg.type, ArrayType)]
        if len(set(arrays)) > 1:  # elsewhere no check has found their lengths to be equal
            return
        needs = 0
        for arg in made.args:
            source = self.builder.origin(arg)
            if not (isinstance(source, Instr) and source.op is CONST):
                place = self._places.get(source)
                if place is None:
                    return
                needs = max(needs, place + 1)
        self._computed.append(Computation(made.op, made.args, made.type, aux, needs))
        if len(self._computed) > _REMEMBERED:
            del self._computed[0]

    def again(self) -> Value | None:
        """Something computed before, computed once more, on equal operands and perhaps in the other order.

        Now and then it is something else: the other order where that counts, a comparison turned round, another type.
        """
        if not self._computed:
            return None
        found = self._computed[-1 - self.below(len(self._computed))]
        args = [self._renewed(arg) for arg in found.args]
        op, type, way = found.op, found.type, self.below(4)
        alike = len(args) == 2 and args[0].type is args[1].type
        if alike and op.name in SWAPPED and way > 1:
            op = OPS[SWAPPED[op.name]]
        if alike and self.below(2):
            args.reverse()
        if op is CONVERT and way > 1:
            others = [other for other in SCALARS if other is not args[0].type]
            type = others[self.below(len(others))]
        return self.declare(self.builder.emit(op, *args, type=type, aux=found.aux))

    def _renewed(self, arg: Value) -> Value:
        """An equal value that can be used here: another constant, or some version."""
        source = self.builder.origin(arg)
        if isinstance(source, Instr) and source.op is CONST:
            return self.known(source.type, cast(Constant, source.aux))
        return self.builder.newest(source) if self.below(2) else source

    def kind(self) -> Type:
        """A type to compute something of, mostly one that is there."""
        if self.below(8) == 7:
            return SCALARS[self.below(len(SCALARS))]
        found = self.kinds()
        return found[self.below(len(found))] if found else I64

    def integer(self) -> Type:
        """An integer type, mostly the wide one."""
        return I32 if self.below(6) == 5 else I64

    def truth(self) -> Value:
        """A truth value: one in scope, or a new comparison."""
        return self.pick(BOOL) if self.below(4) == 3 else self.compute(BOOL)
