"""Reassociation on random sums and products, and on long ones."""

import random

from growth import assert_linear
from observed import observed

from ssair.builder import Builder
from ssair.context import Context
from ssair.ir import Function, Module, Value
from ssair.passes import reassociate
from ssair.pipeline import optimize, run_pipeline
from ssair.types import I32, I64

ARGUMENTS = [[0, 0, 0], [1, -1, 2], [2**31 - 1, -(2**31), 7], [12345, -777, 2**30]]


def random_expression(seed: int, size: int) -> Module:
    generator = random.Random(seed)
    module = Module()
    type = generator.choice([I32, I64])
    builder = Builder(module.new_function("main", [type]))
    values: list[Value] = [builder.param(type) for _ in range(3)]
    for _ in range(size):
        if generator.random() < 0.2:
            values.append(builder.emit("const", type=type, aux=generator.choice([0, 1, -1, 2, 3, -(2**31), 2**31 - 1])))
        name = generator.choice(["add", "add", "sub", "mul", "neg"])
        operands = [generator.choice(values[-5:]) for _ in range(1 if name == "neg" else 2)]
        values.append(builder.emit(name, *operands))
    builder.ret(values[-1])
    return module


def test_random_sums_and_products_keep_their_value_and_settle():
    rewritten = 0
    for seed in range(250):
        module = random_expression(seed, 14)
        result = optimize(module, "reassociate", context=Context(verify_each=True))
        rewritten += str(result) != str(module)
        assert [observed(result, a) for a in ARGUMENTS] == [observed(module, a) for a in ARGUMENTS], seed
        rounds = 1
        while run_pipeline(result, "dce,reassociate"):  # what is used once less may be a part of a tree by then
            rounds += 1
            assert rounds < 8, seed
    assert rewritten > 100


def long_sum(count: int) -> Function:
    """A sum of `count` terms, from the last to the first."""
    builder = Builder(Module().new_function("main", [I64]))
    terms = [builder.param(I64) for _ in range(count)]
    total: Value = terms[-1]
    for term in reversed(terms[:-1]):
        total = builder.emit("add", term, total)
    builder.ret(total)
    return builder.function


def test_a_long_sum_takes_linear_work():
    functions = {count: long_sum(count) for count in (400, 800)}
    assert_linear(lambda count: reassociate.run(functions[count], Context()), 400)
    assert functions[800].blocks[0].instrs[-1].args[1] is functions[800].params[-1]
