"""Partition beyond what the goldens show: all ways to wire a loop's carries, rounds that end, work that is linear."""

import itertools
import random
from pathlib import Path

import pytest
from growth import assert_linear
from observed import observed

from ssair.builder import Builder
from ssair.context import Context, Fuel
from ssair.facts import top
from ssair.ir import Edge, Function, Module, Terminator, Value
from ssair.ops import BRANCH, JUMP, RETURN
from ssair.parser import parse_module
from ssair.passes import partition, partition_numbers
from ssair.passes.partition_numbers import MOST_ROUNDS, OptimisticNumbers
from ssair.pipeline import optimize, run_pipeline
from ssair.types import I64
from ssair.verifier import verify


def loop_module(starts: list[int], updates: list[str]) -> Module:
    """A loop of `n` rounds that carries one value for each start; an update is a carry's place, or two and an op."""
    count = len(starts)
    lines = ["func @main -> i64 {", "bb0(v0: i64):", "  v1: i64{0} = const 0", "  v2: i64{1} = const 1"]
    lines += [f"  v{10 + i}: i64{{{start}}} = const {start}" for i, start in enumerate(starts)]
    lines.append(f"  jump bb1(v1, {', '.join(f'v{10 + i}' for i in range(count))})")
    lines.append(f"bb1(v3: i64, {', '.join(f'v{1000 + i}: i64' for i in range(count))}):")
    lines += ["  v4: bool = lt v3, v0", "  branch v4, bb2, bb3", "bb2:", "  v5: i64 = add v3, v2"]
    arguments = []
    for i, update in enumerate(updates):
        words = update.split()
        if len(words) == 1:
            arguments.append(f"v{1000 + int(update)}")
        else:
            lines.append(f"  v{2000 + i}: i64 = {words[1]} v{1000 + int(words[0])}, v{1000 + int(words[2])}")
            arguments.append(f"v{2000 + i}")
    lines += [f"  jump bb1(v5, {', '.join(arguments)})", "bb3:", "  v3000: i64 = add v2, v3"]
    for i in range(count):  # a sum with weights, so that each carry counts
        lines.append(f"  v{3001 + 2 * i}: i64 = mul v{3000 + 2 * i}, v{3000 + 2 * i}")
        lines.append(f"  v{3002 + 2 * i}: i64 = sub v{3001 + 2 * i}, v{1000 + i}")
    return parse_module("\n".join([*lines, f"  return v{3000 + 2 * count}", "}"]))


def carries(module: Module) -> int:
    """How many values the loop of `loop_module` carries beside its counter."""
    return len(module.functions["main"].blocks[1].params) - 1


def values_over_time(module: Module) -> list[object]:
    return [observed(module, [rounds]) for rounds in (0, 1, 2, 3, 7)]


def test_every_wiring_of_three_carries_keeps_its_meaning():
    wirings = ["0", "1", "2", "0 add 1", "1 add 0", "2 mul 1", "0 sub 2"]
    merged = 0
    cases = list(itertools.product([(4, 4, 4), (4, 4, 5)], itertools.product(wirings, repeat=3)))
    for starts, updates in random.Random(1).sample(cases, 200):
        module = loop_module(list(starts), list(updates))
        result = optimize(module, "partition", context=Context(verify_each=True))
        assert values_over_time(result) == values_over_time(module), (starts, updates)
        merged += carries(result) < 3
    assert 60 < merged < 190, "all or nothing was found equal"


def test_values_that_start_equal_and_always_get_the_same_are_one():
    assert carries(optimize(loop_module([4, 4], ["0 add 1", "1 add 0"]), "partition")) == 1
    assert carries(optimize(loop_module([4, 4, 4], ["1 add 2", "2 add 0", "0 add 1"]), "partition")) == 1
    assert carries(optimize(loop_module([4, 4, 9], ["0 sub 2", "1 sub 2", "2 mul 2"]), "partition")) == 2
    assert carries(optimize(loop_module([4, 4], ["1", "0"]), "partition")) == 0


def test_values_that_differ_after_some_iterations_are_not_one():
    assert carries(optimize(loop_module([4, 5], ["0 add 1", "1 add 0"]), "partition")) == 2
    assert carries(optimize(loop_module([4, 4, 9], ["0 sub 2", "2 sub 1", "2"]), "partition")) == 2
    delay_line = loop_module([4] * 5 + [6], ["1", "2", "3", "4", "5", "5 mul 5"])
    assert carries(optimize(delay_line, "partition")) == 6


def test_a_loop_that_takes_too_many_rounds_is_left_as_it_is():
    length = MOST_ROUNDS + 5
    operations = [f"{i + 1} add {i + 1}" for i in range(length)]
    module = loop_module([0] * (length + 1), [*operations, f"{length} add {length}"])
    assert carries(optimize(module, "partition")) == 1
    module = loop_module([0] * length + [1], [*operations, f"{length} mul {length}"])
    assert carries(optimize(module, "partition")) == length + 1
    assert values_over_time(optimize(module, "partition")) == values_over_time(module)


def test_numbers_say_that_values_are_equal_and_not_who_dominates():
    module = parse_module("""
func @main -> i64 {
bb0(v0: i64, v1: bool):
  branch v1, bb1, bb2
bb1:
  v2: i64 = mul v0, v0
  jump bb3(v2, v0)
bb2:
  v3: i64 = mul v0, v0
  jump bb3(v3, v3)
bb3(v4: i64, v5: i64):
  v6: i64 = refine v4 ge v4
  v7: i64 = sub v6, v5
  return v7
}
""")
    numbering = OptimisticNumbers(module.functions["main"], Context())
    for blocks in numbering.stretches():
        numbering.number_blocks(blocks)
    numbers = numbering.numbers
    assert numbers[2] == numbers[3] == numbers[4] == numbers[6] == 2
    assert numbers[5] == 5 and numbers[7] == 7
    assert run_pipeline(module, "partition") == 0, "no one of them dominates another, and a refinement stays"


def test_entries_from_two_sides_are_loops_too():
    """An irreducible cycle: two blocks that jump to each other, entered at either."""
    module = parse_module("""
func @main -> i64 {
bb0(v0: i64, v1: bool, v2: i64):
  v3: i64{1} = const 1
  v4: i64{0} = const 0
  branch v1, bb1(v0, v0, v4), bb2(v0, v0, v4)
bb1(v5: i64, v6: i64, v7: i64):
  v8: i64 = add v5, v3
  v9: i64 = add v6, v3
  v10: i64 = add v7, v3
  v11: bool = lt v10, v2
  branch v11, bb2(v8, v9, v10), bb3(v8, v9)
bb2(v12: i64, v13: i64, v14: i64):
  v15: i64 = mul v13, v12
  v16: i64 = mul v12, v13
  v17: i64 = add v14, v3
  v18: bool = lt v17, v2
  branch v18, bb1(v15, v16, v17), bb3(v15, v16)
bb3(v19: i64, v20: i64):
  v21: i64 = sub v19, v20
  return v19
}
""")
    result = optimize(module, "partition,dce", context=Context(verify_each=True))
    assert [len(block.params) for block in result.functions["main"].blocks] == [3, 2, 2, 1]
    for arguments in itertools.product((3, -1), (True, False), (0, 1, 2, 5)):
        assert observed(result, arguments) == observed(module, arguments)


@pytest.mark.parametrize("limit", range(4))
def test_each_replacement_is_a_rewrite_of_its_own(limit):
    module = loop_module([4, 4, 4, 4], ["1", "2", "3", "0"])
    context = Context(fuel=Fuel(limit), verify_each=True)
    result = optimize(module, "partition", context=context)
    assert context.fuel.spent == limit
    assert values_over_time(result) == values_over_time(module)


# ---- work ---------------------------------------------------------------------------------------------------------


def chain(count: int) -> Function:
    """`count` operations in a block, each twice."""
    builder = Builder(Module().new_function("main", [I64]))
    value: Value = builder.param(I64)
    for _ in range(count):
        value = builder.emit("add", builder.emit("mul", value, value), builder.emit("mul", value, value))
    builder.ret(value)
    return builder.function


def nest(depth: int) -> Function:
    """Loops within loops, all carrying two values that are equal, and one that the innermost changes."""
    function = Module().new_function("main", [I64])
    entry = function.new_block()
    condition = entry.add_param(I64, top(I64))
    zero = entry.append(function.new_instr("const", type=I64, aux=0))
    test = entry.append(function.new_instr("lt", [condition, zero]))
    headers = [function.new_block() for _ in range(depth)]
    latches = [function.new_block() for _ in range(depth)]
    end = function.new_block()
    for header in headers:
        for _ in range(3):
            header.add_param(I64, top(I64))
    entry.set_terminator(Terminator(JUMP, (), (Edge(headers[0], (condition, condition, zero)),)))
    for level, header in enumerate(headers):
        inner = headers[level + 1] if level + 1 < depth else latches[level]
        args = tuple(header.params) if level + 1 < depth else ()
        outer = latches[level - 1] if level else end
        header.set_terminator(Terminator(BRANCH, (test,), (Edge(inner, args), Edge(outer))))
    for level, latch in enumerate(latches):
        carried = list((headers[level + 1] if level + 1 < depth else headers[level]).params)
        if level + 1 == depth:
            carried = [latch.append(function.new_instr("neg", [value])) for value in carried]
        latch.set_terminator(Terminator(JUMP, (), (Edge(headers[level], tuple(carried)),)))
    end.set_terminator(Terminator(RETURN, (headers[0].params[0],)))
    return function


def delay_line(length: int) -> Function:
    operations = [f"{i + 1} add {i + 1}" for i in range(length)]
    return loop_module([0] * length + [1], [*operations, f"{length} mul {length}"]).functions["main"]


@pytest.mark.parametrize("make", [chain, nest, delay_line])
def test_work_is_linear(make):
    functions = {count: make(count) for count in (100, 200)}
    verify(functions[100])
    assert_linear(lambda count: partition.run(functions[count], Context()), 100)


def test_equal_carries_are_found_at_any_depth():
    function = nest(60)
    partition.run(function, Context())
    verify(function)
    assert all(len(block.params) == 2 for block in function.blocks[1:61])


# ---- mutants ------------------------------------------------------------------------------------------------------


def test_a_mutant_that_trusts_its_first_guess_would_be_found(monkeypatch):
    monkeypatch.setattr(partition_numbers.OptimisticNumbers, "found", lambda self, headers: dict(self.assumed))
    module = loop_module([4, 4, 9], ["0 sub 2", "2 sub 1", "2"])
    assert values_over_time(optimize(module, "partition")) != values_over_time(module)


def test_a_mutant_that_forgets_the_condition_would_be_found(monkeypatch):
    def careless(self, block):
        number, swapped = decision(self, block)
        return (None if number is None else -2), swapped

    decision = partition_numbers.OptimisticNumbers.decision
    monkeypatch.setattr(partition_numbers.OptimisticNumbers, "decision", careless)
    module = parse_module((Path(__file__).parent / "golden" / "partition.ssair").read_text())
    arguments = [3, 5, True, False]
    assert observed(optimize(module, "partition"), arguments, "another_condition") != observed(
        module, arguments, "another_condition"
    )


def test_what_a_round_assumed_is_forgotten_with_it():
    """Two carries that start equal and do not stay so: what is computed of the one is not what the other gives."""
    module = parse_module("""
func @main -> i64 {
bb0(v0: i64):
  v1: i64{0} = const 0
  v2: i64{1} = const 1
  v3: i64{2} = const 2
  v4: i64{3} = const 3
  jump bb1(v1, v1)
bb1(v5: i64, v6: i64):                ; preds bb0 bb2
  v7: bool = lt v5, v0
  branch v7, bb2, bb3
bb2:                                  ; idom bb1
  v8: i64 = mul v6, v4
  v9: i64 = mul v5, v4
  v10: () = print v8, " ", v9
  v11: i64 = add v5, v2
  v12: i64 = add v6, v3
  jump bb1(v11, v12)
bb3:                                  ; idom bb1
  return v6
}
""")
    result = optimize(module, "partition")
    assert observed(result, [3]) == observed(module, [3])
