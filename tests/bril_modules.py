"""Random modules that can be written as Bril: random functions and graphs, with other operations where Bril has none.

Their results are printed, checks are checks of divisors, and what is known of values is computed anew.
"""

from random import Random

from ssair.builder import Builder
from ssair.cfg import reverse_postorder
from ssair.facts import top
from ssair.ir import Block, Function, Module, Terminator, Value
from ssair.ops import OPS, RETURN
from ssair.testing.graph_modules import Shape, graph_module
from ssair.types import BOOL, F64, I64

_INT_OPS = ("add", "sub", "mul", "floordiv", "mod", "min", "max", "and", "or", "xor", "shl", "shr")
_FLOAT_OPS = ("add", "sub", "mul", "div", "min", "max")
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_INTS = (0, 1, -1, 2, 3, 7, -5, 2**63 - 1, -(2**63))
_FLOATS = (0.0, -0.0, 1.0, -2.5, float("nan"), float("inf"))
_BITS = frozenset(OPS[name] for name in ("and", "or", "xor", "shl", "shr"))
_CHECKS = frozenset(OPS[name] for name in ("check_at_least", "check_index"))
_ON_FLOATS = frozenset(OPS[name] for name in ("sqrt", "floor"))


class _Scalars:
    """Builds `@main(i64, i64, f64, bool) -> (i64, f64)` of a seed: structured, with counted loops, so that it ends."""

    def __init__(self, seed: int, size: int = 14) -> None:
        self.random = Random(seed)
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
        choices = {I64: _INTS, F64: _FLOATS, BOOL: (True, False)}[type]
        return self.builder.emit("const", type=type, aux=self.random.choice(choices))

    def region(self, depth: int) -> None:
        """A stretch of code; the cursor ends behind it."""
        for _ in range(self.random.randrange(1, 5)):
            if self.left <= 0:
                return
            self.left -= 1
            productions = [self.arithmetic] * 8 + [self.check] * 3 + [self.output]
            if depth:
                productions += [self.conditional] * 3 + [self.loop] * 2 + [self.choice, self.detour, self.detour]
            production = self.random.choice(productions)
            if production in (self.conditional, self.loop, self.choice):
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
                value = emit(choose(_INT_OPS), pick(I64), pick(I64))
        elif type is F64:
            way = self.random.randrange(4)
            if way == 0:
                value = emit(choose(("neg", "abs", "sqrt", "floor")), pick(F64))
            elif way == 1:
                value = emit("convert", pick(I64), type=F64)
            else:
                value = emit(choose(_FLOAT_OPS), pick(F64), pick(F64))
        else:
            of = choose((I64, I64, F64, BOOL))
            negate = self.random.random() < 0.2
            value = emit("not", pick(BOOL)) if negate else emit(choose(_COMPARISONS), pick(of), pick(of))
            if of is BOOL and self.random.random() < 0.5:
                value = emit(choose(("and", "or", "xor")), pick(BOOL), value)
        self.scope.append(value)

    def check(self) -> None:
        divisor, dividend = self.pick(I64), self.pick(I64)
        value = self.builder.emit("check_nonzero", divisor, dividend, aux=self.module.new_site("divide"))
        self.scope.append(value)
        if self.random.random() < 0.7:
            other = dividend if self.random.random() < 0.7 else self.pick(I64)
            self.scope.append(self.builder.emit("div_trunc", other, value))

    def output(self) -> None:
        self.builder.emit("print", self.pick(I64), aux=("", ""))

    def condition(self) -> Value:
        if self.random.random() < 0.3:
            return self.pick(BOOL)
        return self.builder.emit(self.random.choice(_COMPARISONS), self.pick(I64), self.pick(I64))

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


def scalar_module(seed: int, size: int = 14) -> Module:
    """A structured function of a seed that Bril can hold."""
    return _for_bril(_Scalars(seed, size).module)


def tangled_module(seed: int) -> Module:
    """A function over a random graph that Bril can hold."""
    random = Random(seed)
    shape = Shape(blocks=random.randrange(2, 9), cycles=random.random() * 0.6, checks=0.25, prints=0.2)
    return _for_bril(graph_module(random, shape))


def arguments(module: Module, random: Random) -> list[int | float | bool]:
    """Small arguments for the entry."""
    choices = {I64: lambda: random.randrange(-3, 9), F64: lambda: random.choice((-1.5, -0.0, 2.0)), BOOL: lambda: True}
    return [choices[param.type]() for param in module.entry().params]


def _for_bril(module: Module) -> Module:
    function = module.entry()
    for block in function.blocks:
        for instr in block.instrs:
            if instr.op in _BITS and instr.type is I64:
                instr.op = OPS["sub"]
            elif instr.op in _CHECKS:
                instr.op, instr.aux = OPS["check_nonzero"], module.new_site("divide")
            elif instr.op in _ON_FLOATS:
                instr.op = OPS["neg"]
            elif instr.op is OPS["convert"]:
                instr.op, instr.args, instr.aux = OPS["const"], (), 2.5
            elif instr.op is OPS["print"]:
                instr.aux = ("", "")
        if block.end.op is RETURN:
            _print_results(function, block.end.args, block)
    function.results = ()
    _compute_facts(function)
    return module


def _print_results(function: Function, results: tuple[Value, ...], block) -> None:
    pieces = ("", *[" "] * (len(results) - 1), "")
    block.append(function.new_instr("print_exact", results, aux=pieces))
    block.set_terminator(Terminator(RETURN))


def _compute_facts(function: Function) -> None:
    for block in function.blocks:
        for value in (*block.params, *block.instrs):
            value.fact = top(value.type)
    for block in reverse_postorder(function):
        for instr in block.instrs:
            instr.fact = instr.op.fact_rule(instr.type, [value.fact for value in instr.args], instr.aux)
