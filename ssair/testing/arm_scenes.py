"""Scenes: small pieces of code, each of which looks like what an optimiser may do something with, and is that or not.

What two arms compute, or one and what follows; the same twice; versions of a value in arms that are done; values that
are equal in an arm; joins that one condition decides; what may leave a loop. `SCENES` names them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ssair.facts import int_fact
from ssair.ir import Value
from ssair.testing.arm_formulas import KINDS, NUMBERS, OPERATIONS, READERS, TESTS, Formula, Formulas, Operand
from ssair.types import BOOL, F64, I64, Type, array_of

#: A function that is called only behind a check of its argument.
GUARDED: Final = "guarded"


class Scenes(Formulas):
    """Writes scenes at the builder's cursor, and leaves it behind them."""

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def fork(self, condition: Value, fill: Callable[[int], None]) -> None:
        """Two arms that meet, filled by number."""
        builder = self.builder
        arms, target = [builder.new_block() for _ in range(2)], builder.new_block()
        builder.branch(condition, arms[0], arms[1])
        for index, arm in enumerate(arms):
            builder.at(arm).enter_arm(condition, index == 0)
            before = len(self.made)
            fill(index)
            builder.jump(target, self.number())
            del self.made[before:]
            builder.leave_arm()
        self.made.append(builder.at(target).param(I64))

    def turns(self, fill: Callable[[], None], begin: Callable[[], None] = lambda: None) -> None:
        """A loop of none or a few turns: `begin` writes what it does before it asks whether it goes on."""
        builder, random = self.builder, self.random
        header, body, behind = (builder.new_block() for _ in range(3))
        builder.jump(header, builder.const(I64, 0), self.number())
        turn, state = (builder.param(I64, block=header) for _ in range(2))
        builder.at(header).enter_scope()
        before = len(self.made)
        if random.random() < 0.25:
            self.print(turn)
        begin()
        condition = builder.emit("lt", turn, builder.const(I64, random.randrange(3)))
        builder.branch(condition, body, behind)
        builder.at(body).enter_arm(condition, True)
        fill()
        following = builder.emit("add", builder.newest(turn), builder.const(I64, 1))
        builder.jump(header, following, builder.emit("add", state, self.number()))
        builder.leave_arm()
        del self.made[before:]
        builder.leave_arm()
        builder.at(behind)
        self.made.append(state)

    # ---- scenes ---------------------------------------------------------------------------------------------------

    def shared_work(self) -> None:
        """What two arms compute, or one of them and what follows, behind something that has an effect or not."""
        random = self.random
        formula, readers = self.work(), [random.choice(READERS)] * 2
        if random.random() < 0.5:
            readers[1] = random.choice(READERS)
        other = self.varied(formula) if random.random() < 0.2 else formula
        in_both = random.random() < 0.7
        arms = [formula], [other] if in_both else []

        def work(index: int) -> None:
            if random.random() < 0.4:
                self.print(self.number())
            for each in arms[index]:
                found = self.applied(readers[index], self.compute(each))
                self.made.append(found)
                if random.random() < 0.3:
                    self.print(found)

        asked = self.value(formula.operands[0])
        self.fork(self.compared(asked) if random.random() < 0.6 else self.test(), work)
        if random.random() < (0.2 if in_both else 0.8):
            self.print(self.compute(formula))

    def joined_work(self) -> None:
        """What a join computes of what its edges bring, and some of the arms have computed of that or of the other."""
        builder, random = self.builder, self.random
        op, type = random.choice((("floordiv", I64), ("mod", I64), ("div", F64)))
        brought = random.sample(self.given[type], 2)
        divisor = builder.const(type, random.choice((2, 3, 5)) if type is I64 else 2.0)
        condition = self.test()
        arms, target = [builder.new_block() for _ in brought], builder.new_block()
        builder.branch(condition, arms[0], arms[1])
        for holds, arm, value in zip((True, False), arms, brought, strict=True):
            builder.at(arm).enter_arm(condition, holds)
            for given in brought:
                if random.random() < 0.5:
                    self.print(builder.emit(op, given, divisor))
            builder.jump(target, value)
            builder.leave_arm()
        joined = builder.at(target).param(type)
        self.print(builder.emit(op, joined, divisor))

    def work(self) -> Formula:
        """An integer that is worth sharing."""
        way = self.random.random()
        if way < 0.35:
            return Formula(self.random.choice(self.callees), (self.operand(I64),))
        return Formula(self.random.choice(("floordiv", "mod") if way < 0.6 else OPERATIONS), self.pair(I64))

    def twice(self) -> None:
        """The same twice, or something like it, a few times."""
        for _ in range(4):
            formula = self.formula(self.random.choice(KINDS))
            for each in (formula, self.varied(formula)):
                self.print(self.compute(each))

    def versions(self) -> None:
        """A value that arms know something of, and that is computed again where more is known of its operand."""
        random = self.random
        place, other = random.randrange(2), self.operand(I64)
        formula = Formula(random.choice(("add", "sub", "mul", "max", "min")), (Operand(I64, place), other))
        value, operand = self.compute(formula), self.given[I64][place]

        def read() -> None:
            self.print(self.applied(random.choice(READERS), self.builder.newest(value)))

        def again() -> None:
            self.print(self.applied(random.choice(READERS), self.compute(formula)))

        def both(_: int) -> None:
            read()
            again()

        self.fork(self.compared(value), lambda _: read())
        self.fork(self.compared(operand), lambda _: self.fork(self.compared(value), both))

    def equality(self) -> None:
        """Two values that are equal in an arm, and what is known there of the one or the other."""
        builder, random = self.builder, self.random
        type: Type = I64 if random.random() < 0.6 else F64
        pair = random.sample(self.given[type], 2)

        def read(value: Value) -> None:
            value = builder.newest(value)
            self.print(value if type is F64 else self.applied(random.choice(READERS), value))

        def equal(_: int) -> None:
            if type is I64 and random.random() < 0.6:
                checked = builder.newest(random.choice(pair))
                builder.emit("check_index", checked, self.given[I64][2], aux=self.site("index"))
            elif type is I64:
                self.fork(self.compared(random.choice(pair)), lambda _: read(random.choice(pair)))
            if type is I64 and random.random() < 0.2:
                self.elements()
            read(random.choice(pair))

        self.fork(builder.emit(random.choice(("eq", "eq", "ne")), *pair), equal)

    def asked(self) -> None:
        """A condition of any kind, and the values that it says something of in both arms."""
        random, emit = self.random, self.builder.emit
        type: Type = I64 if random.random() < 0.4 else F64
        pair = random.sample(self.given[type], 2)
        condition: Value = emit(random.choice(TESTS), *pair)
        way = random.randrange(5)
        if way < 2 and type is F64:
            condition = emit("isnan", pair[0])
        elif way == 2:
            condition = emit(random.choice(("and", "or")), condition, self.comparison())
        if random.random() < 0.3:
            condition = emit("not", condition)
        self.fork(condition, lambda _: self.print(self.builder.newest(random.choice(pair))))

    def cases(self) -> None:
        """An arm for each of some cases, and one for the others."""
        builder, random = self.builder, self.random
        target = builder.new_block()
        value = self.value(self.operand(I64))
        cases = [(case, builder.new_block()) for case in random.sample(NUMBERS, random.randrange(1, 3))]
        default = builder.new_block()
        builder.switch(builder.newest(value), cases, default)
        for arm in (*[arm for _, arm in cases], default):
            builder.at(arm).enter_scope()
            self.print(self.applied(random.choice(READERS), builder.newest(value)))
            builder.jump(target)
            builder.leave_arm()
        builder.at(target)

    def columns(self) -> None:
        """A join whose parameters get the same over one edge, or over both, or versions of one value, or nearly so."""
        builder, random = self.builder, self.random
        one, other = (random.sample(self.given[I64], 2) for _ in range(2))
        condition = self.comparison()
        arms, target = [builder.new_block() for _ in range(2)], builder.new_block()
        builder.branch(condition, arms[0], arms[1])
        for holds, arm in zip((True, False), arms, strict=True):
            builder.at(arm).enter_arm(condition, holds)
            brought = [builder.newest(random.choice(one)) for _ in range(3)]
            builder.jump(target, *brought)
            builder.leave_arm()
            one = one if random.random() < 0.5 else other
        builder.at(target)
        for param in [builder.param(I64) for _ in range(3)]:
            self.print(param)

    def chosen(self) -> None:
        """Two joins that one condition decides between the same values, the arms in either order."""
        builder, random = self.builder, self.random
        values = random.sample(self.given[I64], 2)
        condition = self.comparison()
        for _ in range(2):
            arms, target = [builder.new_block() for _ in values], builder.new_block()
            first = random.randrange(2)
            builder.branch(condition, arms[first], arms[1 - first])
            for arm, value in zip(arms, values if random.random() < 0.5 else values[::-1], strict=True):
                builder.at(arm).jump(target, value)
            self.print(builder.at(target).param(I64))

    def told(self) -> None:
        """A join that branches on what its edges bring: `true`, `false`, or what nobody knows."""
        builder, random = self.builder, self.random
        join, ends, target = builder.new_block(), [builder.new_block() for _ in range(2)], builder.new_block()
        arms, unknown = [builder.new_block() for _ in range(2)], self.comparison()
        builder.branch(self.test(), arms[0], arms[1])
        for holds, arm in zip(random.choice(((True, False), (True, True), (False, False))), arms, strict=True):
            builder.at(arm)
            if random.random() < 0.4:
                self.print(self.number())
            truth = unknown if random.random() < 0.3 else builder.const(BOOL, holds)
            builder.jump(join, truth, random.choice(self.given[I64]))
        truth, brought = builder.param(BOOL, block=join), builder.param(I64, block=join)
        builder.at(join).branch(truth, ends[0], ends[1])
        for end in ends:
            builder.at(end).jump(target, brought if random.random() < 0.2 else random.choice(self.given[I64]))
        builder.at(target)
        self.print(builder.param(I64))

    def elements(self) -> None:
        """What a comprehension makes of its own length."""
        builder, random = self.builder, self.random
        length = random.choice((self.given[I64][2], builder.const(I64, random.randrange(3))))
        body, behind = builder.new_block(), builder.new_block()
        builder.forall([length], body, behind)
        index = builder.param(I64, int_fact(0, (1 << 47) - 1), block=body)
        builder.at(body).enter_scope()
        element = self.applied(random.choice(READERS), builder.emit(random.choice(OPERATIONS), length, index))
        builder.yield_(builder.emit("add", element, self.number()))
        builder.leave_arm()
        self.print(builder.emit("sum", builder.at(behind).param(array_of(I64, 1))))

    def guarded(self) -> None:
        """A call behind a check of its argument, in both arms of a branch or in each turn of a loop."""
        builder, random = self.builder, self.random
        argument, length = random.choice(self.given[I64]), self.given[I64][2]

        def call() -> None:
            if random.random() < 0.5:
                self.print(length)
            checked = builder.emit("check_index", builder.newest(argument), length, aux=self.site("index"))
            self.made.append(builder.emit("call", checked, type=I64, aux=GUARDED))

        if random.random() < 0.6:
            self.fork(self.test(), lambda _: call())
        else:
            self.turns(call, call)

    def leaving(self) -> None:
        """A loop that begins with what may leave it, or must not."""
        random = self.random

        def begin() -> None:
            for _ in range(random.randrange(1, 4)):
                if random.random() < 0.3:
                    self.print(self.number())
                self.keep(self.computed(random.choice(self.formulas)))

        self.turns(lambda: None, begin)


SCENES: Final[dict[str, Callable[[Scenes], None]]] = {
    "shared": Scenes.shared_work,
    "joined": Scenes.joined_work,
    "twice": Scenes.twice,
    "versions": Scenes.versions,
    "equal": Scenes.equality,
    "asked": Scenes.asked,
    "cases": Scenes.cases,
    "columns": Scenes.columns,
    "chosen": Scenes.chosen,
    "told": Scenes.told,
    "elements": Scenes.elements,
    "guarded": Scenes.guarded,
    "leaving": Scenes.leaving,
}
