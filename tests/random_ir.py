"""Random functions made with the builder, for what no front end writes: switches, critical edges, empty and unreachable
blocks, useless and congruent parameters, duplicate checks on old versions, refinements that nobody needs.

Structured control flow with counted loops, so that every run ends; small constants and few parameters, so that things
meet.
"""

import random

from ssair.builder import Builder
from ssair.facts import int_fact
from ssair.ir import Block, Module, Value
from ssair.types import BOOL, F64, I64, array_of

INT_OPS = ("add", "sub", "mul", "floordiv", "mod", "min", "max", "and", "or", "xor", "shl", "shr")
FLOAT_OPS = ("add", "sub", "mul", "div", "min", "max")
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
INTS = (0, 1, -1, 2, 3, 7, -5, 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -2.5, float("nan"), float("inf"))


class RandomFunction:
    """Builds `@main(i64, i64, f64, bool) -> (i64, f64)` of a seed."""

    def __init__(self, seed: int, size: int = 14) -> None:
        self.random = random.Random(seed)
        self.left = size
        self.module = Module()
        self.function = self.module.new_function("main", [I64, F64])
        self.builder = Builder(self.function)
        self.scope: list[Value] = [self.builder.param(type) for type in (I64, I64, F64, BOOL)]
        self.region(3)
        self.builder.ret(self.pick(I64), self.pick(F64))

    def pick(self, type) -> Value:
        """A value of a type in scope, in the newest version or as it was, or a constant."""
        found = [value for value in self.scope if value.type is type]
        if not found or self.random.random() < 0.15:
            return self.constant(type)
        value = self.random.choice(found[-6:])
        return self.builder.newest(value) if self.random.random() < 0.7 else value

    def constant(self, type) -> Value:
        choices = {I64: INTS, F64: FLOATS, BOOL: (True, False)}[type]
        return self.builder.emit("const", type=type, aux=self.random.choice(choices))

    def region(self, depth: int) -> None:
        """A stretch of code; the cursor ends behind it."""
        for _ in range(self.random.randrange(1, 5)):
            if self.left <= 0:
                return
            self.left -= 1
            productions = [self.arithmetic] * 8 + [self.check] * 3 + [self.output]
            if depth:
                productions += [self.conditional] * 3 + [self.loop] * 2 + [self.choice, self.detour, self.comprehension]
            production = self.random.choice(productions)
            if production in (self.conditional, self.loop, self.choice, self.comprehension):
                production(depth - 1)
            else:
                production()

    def arithmetic(self) -> None:
        type = self.random.choice((I64, I64, I64, F64, BOOL))
        pick, choose, emit = self.pick, self.random.choice, self.builder.emit
        if type is I64:
            way = self.random.randrange(5)
            if way == 0:
                value = emit(choose(("neg", "abs", "sign")), pick(I64))
            elif way == 1:
                value = emit("select", pick(BOOL), pick(I64), pick(I64))
            else:
                value = emit(choose(INT_OPS), pick(I64), pick(I64))
        elif type is F64:
            way = self.random.randrange(4)
            if way == 0:
                value = emit(choose(("neg", "abs", "sqrt", "floor")), pick(F64))
            elif way == 1:
                value = emit("convert", pick(I64), type=F64)
            else:
                value = emit(choose(FLOAT_OPS), pick(F64), pick(F64))
        else:
            of = choose((I64, I64, F64, BOOL))
            negate = self.random.random() < 0.2
            value = emit("not", pick(BOOL)) if negate else emit(choose(COMPARISONS), pick(of), pick(of))
            if of is BOOL and self.random.random() < 0.5:
                value = emit(choose(("and", "or", "xor")), pick(BOOL), value)
        self.scope.append(value)

    def check(self) -> None:
        site = self.module.new_site
        way = self.random.randrange(4)
        if way == 0:
            value = self.builder.emit("check_index", self.pick(I64), self.pick(I64), aux=site("index", detail=0))
        elif way == 1:
            value = self.builder.emit("check_nonzero", self.pick(I64), self.pick(I64), aux=site("divide"))
        elif way == 2:
            value = self.builder.emit("check", self.pick(BOOL), aux=site("assert", detail="no"))
        else:
            value = self.builder.emit("check_at_least", self.pick(I64), self.pick(I64), aux=site("size"))
        self.scope.append(value)

    def output(self) -> None:
        self.builder.emit("print", self.pick(I64), aux=("", ""))

    def condition(self) -> Value:
        if self.random.random() < 0.3:
            return self.pick(BOOL)
        return self.builder.emit(self.random.choice(COMPARISONS), self.pick(I64), self.pick(I64))

    def results(self, types) -> list[Value]:
        return [self.pick(type) for type in types]

    def arm(self, block: Block, condition: Value, holds: bool, depth: int, types, target: Block) -> list[Value]:
        builder = self.builder
        builder.at(block)
        scope = list(self.scope)
        builder.enter_arm(condition, holds)
        if self.random.random() < 0.8:
            self.region(depth)
        results = self.results(types)
        builder.jump(target, *results)
        builder.leave_arm()
        self.scope = scope
        return results

    def conditional(self, depth: int) -> None:
        builder = self.builder
        condition = self.condition()
        types = [self.random.choice((I64, F64, BOOL)) for _ in range(self.random.randrange(3))]
        if_true, if_false, target = builder.new_block(), builder.new_block(), builder.new_block()
        params = [builder.param(type, block=target) for type in types]
        if self.random.random() < 0.1:
            builder.branch(condition, target, target, self.results(types), self.results(types))
            self.unreachable(if_true, target, types)
            self.unreachable(if_false, target, types)
        elif self.random.random() < 0.15:
            builder.branch(condition, if_true, target, (), self.results(types))
            self.arm(if_true, condition, True, depth, types, target)
            self.unreachable(if_false, target, types)
        else:
            builder.branch(condition, if_true, if_false)
            self.arm(if_true, condition, True, depth, types, target)
            self.arm(if_false, condition, False, depth, types, target)
        builder.at(target)
        self.scope += params

    def unreachable(self, block: Block, target: Block, types) -> None:
        """A block that nothing leads to."""
        self.builder.at(block)
        self.builder.jump(target, *[self.constant(type) for type in types])

    def choice(self, depth: int) -> None:
        builder = self.builder
        cases = self.random.sample([0, 1, 2, 3, -1], self.random.randrange(1, 4))
        value = self.pick(I64)
        blocks = [builder.new_block() for _ in (*cases, None)]
        target = builder.new_block()
        builder.switch(value, list(zip(cases, blocks, strict=False)), blocks[-1])
        param = builder.param(I64, block=target)
        for block in blocks:
            builder.at(block)
            scope = list(self.scope)
            builder.enter_scope()
            self.region(depth)
            builder.jump(target, self.pick(I64))
            builder.leave_arm()
            self.scope = scope
        builder.at(target)
        self.scope.append(param)

    def detour(self) -> None:
        """A jump to a block with parameters that has no other predecessor."""
        builder = self.builder
        block = builder.new_block()
        given = self.pick(I64)
        param = builder.param(I64, block=block)
        builder.jump(block, given)
        builder.at(block)
        self.scope.append(param)

    def loop(self, depth: int) -> None:
        """A counted loop; carries are updated, passed on, swapped, or congruent."""
        builder = self.builder
        header, body, after = builder.new_block(), builder.new_block(), builder.new_block()
        start = builder.emit("const", type=I64, aux=0)
        first = self.pick(I64)
        initial = [start, first, first, self.pick(I64), self.pick(F64)]
        params = [builder.param(value.type, block=header) for value in initial]
        builder.jump(header, *initial)
        builder.at(header)
        builder.enter_scope()
        limit = builder.emit("const", type=I64, aux=self.random.randrange(4))
        condition = builder.emit("lt", params[0], limit)
        builder.branch(condition, body, after)
        scope = list(self.scope)
        self.scope += params
        builder.at(body)
        builder.enter_arm(condition, True)
        self.region(depth)
        one = builder.emit("const", type=I64, aux=1)
        count = builder.emit("add", builder.newest(params[0]), one)
        way = self.random.randrange(4)
        pair = {
            0: (self.pick(I64), self.pick(I64)),
            1: (params[2], params[1]),
            2: (builder.newest(params[1]), params[2]),
            3: (builder.emit("add", params[1], one), builder.emit("add", one, params[2])),
        }[way]
        builder.jump(header, count, *pair, self.pick(I64), self.pick(F64))
        builder.leave_arm()
        builder.leave_arm()
        builder.at(after)
        self.scope = scope + params

    def comprehension(self, depth: int) -> None:
        builder = self.builder
        extent = builder.emit("const", type=I64, aux=self.random.randrange(4))
        body, after = builder.new_block(), builder.new_block()
        builder.forall([extent], body, after)
        index = builder.param(I64, int_fact(0, max(extent.aux - 1, 0)), block=body)
        builder.at(body)
        builder.enter_scope()
        scope = list(self.scope)
        self.scope.append(index)
        self.region(depth)
        yielded = self.pick(I64), self.pick(F64)
        builder.yield_(*yielded)
        builder.leave_arm()
        self.scope = scope
        ints, floats = builder.param(array_of(I64, 1), block=after), builder.param(array_of(F64, 1), block=after)
        builder.at(after)
        place = self.pick(I64)
        length = builder.emit("dim", ints, aux=0)
        self.scope += [length, builder.emit("sum", ints), builder.emit("index", ints, place)]
        if self.random.random() < 0.5:
            self.scope.append(builder.emit("maximum", floats))


def random_module(seed: int, size: int = 14) -> Module:
    """A module with one random function."""
    return RandomFunction(seed, size).module
