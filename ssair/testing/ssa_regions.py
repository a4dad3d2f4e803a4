"""Control flow of generated functions, with what no front end writes: switches, critical edges, empty and unreachable
blocks, useless and congruent parameters, duplicate checks on old versions, refinements that nobody needs.

Regions are structured and loops counted, so that every run ends; only where that is asked for, an arm has a loop that
does not. A region leaves the cursor behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ssair.facts import int_fact
from ssair.ir import Block, Function, Module, Value
from ssair.ops import CHECK_INDEX, CHECK_KINDS, OPS
from ssair.testing.ssa_operations import SCALARS
from ssair.testing.ssa_plants import planted
from ssair.testing.ssa_values import Values
from ssair.types import BOOL, F32, F64, I32, I64, ScalarType, Type, array_of

#: What checks take, other than two i64.
_CHECKED: Final[dict[str, tuple[Type, ...]]] = {
    "check": (BOOL,), "check_nonempty": (I64,), "check_convert_i32": (F64,), "check_convert_i64": (F64,),
}  # fmt: skip
_DETAILS: Final[dict[str, int | str]] = {"index": 0, "assert": "no"}
_CASES: Final = (0, 1, 2, 3, -1)
_PRINTED: Final = (I64, I64, BOOL, I32)


class Regions:
    """Fills one function with regions until `left` statements are written."""

    def __init__(
        self,
        values: Values,
        module: Module,
        callees: Sequence[Function],
        size: int,
        *,
        endless: bool = False,
        repetitive: bool = False,
    ) -> None:
        self.values = values
        self.below = values.below
        self.builder = values.builder
        self.module = module
        self.callees = callees
        self.left = size
        self.repetitive = repetitive
        self._straight: tuple[Callable[[], None], ...] = (
            *(self.computation,) * 9, *(self.plant,) * (1 if repetitive else 8), *(self.check,) * 3, self.output,
            *(self.repetition,) * (16 if repetitive else 4),
            *((self.call,) * 2 if callees else ()),
        )  # fmt: skip
        self._branching: tuple[Callable[[int], None], ...] = (
            *(self.conditional,) * 4, *(self.loop,) * 2, self.turning_loop, self.choice, self.detour,
            self.comprehension,
            *((self.endless,) * 4 if endless else ()),
        )  # fmt: skip

    def body(self, depth: int) -> None:
        """Regions until the function is long enough."""
        while self.left > 0:
            self.region(depth)

    def region(self, depth: int) -> None:
        """A few statements, some of which have regions in them."""
        for _ in range(2 + self.below(5)):
            if self.left <= 0:
                return
            self.left -= 1
            if depth and self.below(4) == 3:
                self._branching[self.below(len(self._branching))](depth - 1)
            else:
                self._straight[self.below(len(self._straight))]()

    # ---- straight code --------------------------------------------------------------------------------------------

    def computation(self) -> None:
        """An operation on what is there."""
        self.values.compute(self.values.kind())

    def plant(self) -> None:
        """The left side of a rule."""
        planted(self.values)

    def repetition(self) -> None:
        """Something that was computed before; where there is much of that, it is printed."""
        made = self.values.again()
        if made is None:
            self.computation()
        elif self.repetitive and isinstance(made.type, ScalarType):
            self.builder.emit("print", made, aux=("", ""))

    def check(self) -> None:
        """Any check, mostly one that holds for small values."""
        name = tuple(CHECK_KINDS)[self.below(len(CHECK_KINDS))]
        kind = CHECK_KINDS[name]
        types = _CHECKED.get(name, (I64, I64))
        args = [self.values.truth() if type is BOOL else self.values.informed(type) for type in types]
        detail = _DETAILS.get(kind)
        checked = self.builder.emit(OPS[name], *args, aux=self.module.new_site(kind, detail=detail))
        self.values.declare(checked)
        if self.repetitive and types == (I64, I64):
            others = [other for other in CHECK_KINDS if other not in _CHECKED]
            other = others[self.below(len(others))]
            site = self.module.new_site(CHECK_KINDS[other], detail=_DETAILS.get(CHECK_KINDS[other]))
            self.builder.emit(OPS[other], *args, aux=site)
        if OPS[name] is CHECK_INDEX and self.below(2):
            if self.below(3) == 2:
                args[1] = self.values.informed(I64)
            self.values.declare(self.builder.emit(CHECK_INDEX, *args, aux=self.module.new_site(kind, detail=0)))

    def output(self) -> None:
        """A line printed."""
        self.builder.emit("print", self.values.pick(_PRINTED[self.below(len(_PRINTED))]), aux=("", ""))

    def call(self) -> None:
        """A call of a function written before."""
        callee = self.callees[self.below(len(self.callees))]
        args = [self.values.pick(param.type) for param in callee.params]
        made = self.builder.emit("call", *args, type=callee.result_type, aux=callee.name)
        if len(callee.results) == 1:
            self.values.declare(made)
            return
        for number, type in enumerate(callee.results):
            self.values.declare(self.builder.emit("get", made, type=type, aux=number))

    # ---- branches -------------------------------------------------------------------------------------------------

    def _types(self, most: int) -> list[Type]:
        """Types for the parameters of a join."""
        return [self.values.kind() for _ in range(self.below(most + 1))]

    def _given(self, types: Sequence[Type]) -> list[Value]:
        return [self.values.pick(type) for type in types]

    def _arm(
        self, block: Block, condition: Value | None, holds: bool, depth: int, types: Sequence[Type]
    ) -> list[Value]:
        """Fill `block`, where `condition` is `holds`, up to its terminator; gives values of these types."""
        builder, values = self.builder, self.values
        builder.at(block)
        mark = values.mark()
        if condition is None:
            builder.enter_scope()
        else:
            builder.enter_arm(condition, holds)
        if self.below(5):
            self.region(depth)
        given = self._given(types)
        values.release(mark)
        return given

    def conditional(self, depth: int) -> None:
        """Two arms, or one, or none: both edges to one block."""
        builder, way = self.builder, self.below(12)
        condition, types = self.values.truth(), self._types(2)
        arms, target = (builder.new_block(), builder.new_block()), builder.new_block()
        params = [builder.param(type, block=target) for type in types]
        if way == 11:
            builder.branch(condition, target, target, self._given(types), self._given(types))
        elif way == 10:
            builder.branch(condition, arms[0], target, (), self._given(types))
        else:
            builder.branch(condition, *arms)
        for position, arm in enumerate(arms):
            if way == 11 or (way == 10 and position):
                self._unreachable(arm, target, types)
                continue
            given = self._arm(arm, condition, position == 0, depth, types)
            builder.jump(target, *given)
            builder.leave_arm()
        self._join(target, params)

    def _join(self, target: Block, params: Sequence[Value]) -> None:
        self.builder.at(target)
        for param in params:
            self.values.declare(param)

    def _unreachable(self, block: Block, target: Block, types: Sequence[Type]) -> None:
        """A block that nothing leads to."""
        self.builder.at(block)
        self.builder.jump(target, *[self.values.constant(type) for type in types])

    def choice(self, depth: int) -> None:
        """A switch, of which several cases may lead to one block."""
        builder = self.builder
        cases = sorted({_CASES[self.below(len(_CASES))] for _ in range(1 + self.below(3))})
        value = self.values.pick(I64)
        blocks = [builder.new_block() for _ in (*cases, None)]
        target, type = builder.new_block(), self.values.kind()
        builder.switch(value, list(zip(cases, blocks, strict=False)), blocks[-1])
        param = builder.param(type, block=target)
        for block in blocks:
            given = self._arm(block, None, True, depth, [type])
            builder.jump(target, *given)
            builder.leave_arm()
        self._join(target, [param])

    def detour(self, depth: int) -> None:
        """A jump to a block with parameters that has no other predecessor."""
        block, type = self.builder.new_block(), self.values.kind()
        param = self.builder.param(type, block=block)
        self.builder.jump(block, self.values.pick(type))
        self._join(block, [param])

    # ---- loops ----------------------------------------------------------------------------------------------------

    def loop(self, depth: int) -> None:
        """A counted loop; carries are updated, passed on, swapped, or congruent."""
        builder, values = self.builder, self.values
        header, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        type, other = values.kind(), values.kind()
        first = values.pick(type)
        initial = [values.known(I64, self.below(2)), first, first if self.below(2) else values.pick(type)]
        initial += [values.pick(other)] if self.below(2) else []
        params = [builder.param(value.type, block=header) for value in initial]
        builder.jump(header, *initial)
        builder.at(header)
        builder.enter_scope()
        limit = values.known(I64, self.below(4))
        if self.below(4) == 3:
            limit = builder.emit("min", values.pick(I64), limit)
        condition = builder.emit(("lt", "le")[self.below(2)], params[0], limit)
        builder.branch(condition, body, after)
        mark = values.mark()
        for param in params:
            values.declare(param)
        builder.at(body)
        builder.enter_arm(condition, True)
        self.region(depth)
        one = values.known(I64, 1)
        count = builder.emit("add", builder.newest(params[0]), one)
        builder.jump(header, count, *self._carried(params, type), *self._given([other] * (len(params) - 3)))
        builder.leave_arm()
        builder.leave_arm()
        values.release(mark)
        self._join(after, params)

    def turning_loop(self, depth: int) -> None:
        """A counted loop that asks at its end whether it goes on, so that what it does it does at least once."""
        builder, values = self.builder, self.values
        header, latch, after = builder.new_block(), builder.new_block(), builder.new_block()
        type = values.kind()
        params = [builder.param(I64, block=header), builder.param(type, block=header)]
        builder.jump(header, values.known(I64, 0), values.pick(type))
        builder.at(header)
        builder.enter_scope()
        mark = values.mark()
        for straight in (self.output, self.check, self.check):  # of what the loop does not change
            if self.below(3) == 2:
                straight()
        for param in params:
            values.declare(param)
        self.region(depth)
        last = values.known(I64, self.below(3))
        builder.branch(builder.emit("lt", params[0], last), latch, after)
        builder.at(latch)
        count = builder.emit("add", params[0], values.known(I64, 1))
        builder.jump(header, count, values.pick(type))
        builder.leave_arm()
        values.release(mark)
        self._join(after, params)

    def _carried(self, params: Sequence[Value], type: Type) -> tuple[Value, Value]:
        """The next values of the two carries of one type."""
        way, values = self.below(4), self.values
        if way == 1:
            return params[2], params[1]
        if way == 2:
            return self.builder.newest(params[1]), params[2]
        if way == 3 and type in (I64, I32, F64, F32):
            step = values.constant(type)
            return self.builder.emit("add", params[1], step), self.builder.emit("add", step, params[2])
        return values.pick(type), values.pick(type)

    def endless(self, depth: int) -> None:
        """An arm with a loop that waits for an odd number among even ones."""
        builder, values = self.builder, self.values
        arm, header, body, behind = (builder.new_block() for _ in range(4))
        condition = values.truth()
        builder.branch(condition, arm, behind)
        mark = values.mark()
        builder.at(arm)
        builder.enter_arm(condition, True)
        first, step = (values.known(I64, 2 * self.below(4)) for _ in range(2))
        state = builder.param(I64, block=header)
        builder.jump(header, first)
        builder.at(header)
        builder.enter_scope()
        come = builder.emit("eq", state, values.known(I64, 1 + 2 * self.below(4)))
        builder.branch(come, behind, body)
        builder.at(body)
        builder.enter_arm(come, False)
        values.declare(state)
        if self.below(3):
            self.region(depth)
        builder.jump(header, builder.emit("and", builder.emit("add", state, step), values.known(I64, 7)))
        for _ in range(3):
            builder.leave_arm()
        values.release(mark)
        builder.at(behind)

    def comprehension(self, depth: int) -> None:
        """The arrays of what one or two values are for each index."""
        builder, values = self.builder, self.values
        extent = self.below(4)
        types = [SCALARS[self.below(len(SCALARS))] for _ in range(1 + self.below(2))]
        length = values.known(I64, extent)
        body, after = builder.new_block(), builder.new_block()
        builder.forall([length], body, after)
        index = builder.param(I64, int_fact(0, max(extent - 1, 0)), block=body)
        mark = values.mark()
        builder.at(body)
        builder.enter_scope()
        values.declare(index)
        self.region(depth)
        builder.yield_(*self._given(types))
        builder.leave_arm()
        values.release(mark)
        self._join(after, [builder.param(array_of(type, 1), block=after) for type in types])
