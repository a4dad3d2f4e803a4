"""On-the-fly SSA construction in small cases, each of which needs its parameters and refinements, and in large ones."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from growth import assert_linear
from test_variables_programs import made_params

from ssair.builder import Builder
from ssair.interp import execute
from ssair.ir import Function, Instr, Module, Value
from ssair.memory import MemoryFault
from ssair.ops import REFINE
from ssair.types import BOOL, F64, I64, MEM, array_of, pointer_to
from ssair.variables import CommonVersion, Variables
from ssair.verifier import verify

# ---- small cases --------------------------------------------------------------------------------------------------


class Sketch:
    """A function with variables, a handful of blocks, and names for what is done most."""

    def __init__(self, blocks: int, params: int = 2) -> None:
        self.module = Module()
        self.builder = Builder(self.module.new_function("f", [I64]))
        self.variables = Variables(self.builder)
        self.bb = [self.builder.block, *[self.builder.new_block() for _ in range(blocks - 1)]]
        self.params = [self.builder.param(I64) for _ in range(params)]

    def at(self, index: int) -> Builder:
        return self.builder.at(self.bb[index])

    def read(self, name: str) -> Value:
        return self.variables.read(name, I64)

    def finish(self) -> str:
        self.variables.finish()
        verify(self.module)
        return str(self.builder.function)


def test_a_loop_has_one_parameter_and_knows_its_condition() -> None:
    sketch = Sketch(4)
    builder, n = sketch.at(0), sketch.params[0]
    sketch.variables.write("n", n)
    sketch.variables.write("i", builder.const(I64, 0))
    builder.jump(sketch.bb[1])
    sketch.at(1).branch(builder.emit("lt", sketch.read("i"), sketch.read("n")), sketch.bb[2], sketch.bb[3])
    sketch.at(2)
    sketch.variables.write("i", builder.emit("add", sketch.read("i"), builder.const(I64, 1)))
    builder.jump(sketch.bb[1])
    sketch.at(3).ret(sketch.read("i"))
    text = sketch.finish()
    params = made_params(builder.function)
    assert [(str(param.block), param.name) for param in params] == [("bb1", "i")]
    body, after = (block.instrs[0] for block in sketch.bb[2:])
    assert (body.op, body.aux, body.args) == (REFINE, "lt", (params[0], n))
    assert (after.op, after.aux, after.args) == (REFINE, "ge", (params[0], n))
    assert text.count("refine") == 2, "n is refined nowhere, since nobody reads it in the body"


def test_a_critical_edge_that_teaches_is_split_where_a_parameter_takes_it() -> None:
    sketch = Sketch(3)
    builder, n = sketch.at(0), sketch.params[0]
    sketch.variables.write("i", builder.const(I64, 0))
    builder.jump(sketch.bb[1])
    sketch.at(1)
    following = builder.emit("add", sketch.read("i"), builder.const(I64, 1))
    sketch.variables.write("i", following)
    builder.branch(builder.emit("lt", following, n), sketch.bb[1], sketch.bb[2])
    sketch.at(2).ret(sketch.read("i"))
    sketch.finish()
    split = builder.function.blocks[3]
    assert [instr.op for instr in split.instrs] == [REFINE] and split.instrs[0].args == (following, n)
    assert split.end.edges[0].target is sketch.bb[1] and split.end.edges[0].args == (split.instrs[0],)
    assert sketch.bb[1].successors() == [split, sketch.bb[2]]


def test_a_critical_edge_that_teaches_nothing_of_interest_is_not_split() -> None:
    sketch = Sketch(3)
    builder, (n, m) = sketch.at(0), sketch.params
    sketch.variables.write("i", builder.const(I64, 0))
    builder.jump(sketch.bb[1])
    sketch.at(1)
    sketch.variables.write("i", builder.emit("add", sketch.read("i"), m))
    builder.branch(builder.emit("lt", n, m), sketch.bb[1], sketch.bb[2])
    sketch.at(2).ret(sketch.read("i"))
    sketch.finish()
    assert len(builder.function.blocks) == 3


def diamond(sketch: Sketch, comparison: str = "lt") -> Builder:
    """bb0 branches on `x < y` to bb1 and bb2."""
    builder = sketch.at(0)
    for name, param in zip("xy", sketch.params, strict=True):
        sketch.variables.write(name, param)
    builder.branch(builder.emit(comparison, *sketch.params), sketch.bb[1], sketch.bb[2])
    return builder


def test_a_join_of_versions_of_one_value_has_no_parameter() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    for arm in (1, 2):
        sketch.at(arm).emit("print", sketch.read("x"), aux=("", ""))
        builder.jump(sketch.bb[3])
    sketch.at(3).ret(sketch.read("x"))
    sketch.finish()
    assert not made_params(builder.function)
    assert sketch.bb[3].end.args == (sketch.params[0],)
    assert [instr.op.name for arm in sketch.bb[1:3] for instr in arm.instrs] == ["refine", "print"] * 2


def test_a_join_keeps_what_all_its_versions_know() -> None:
    sketch = Sketch(6)
    builder = diamond(sketch)
    sketch.at(2).ret(sketch.read("x"))
    sketch.at(1)
    known = sketch.read("x")
    builder.branch(builder.emit("ge", known, builder.const(I64, 0)), sketch.bb[3], sketch.bb[4])
    for arm in (3, 4):
        sketch.at(arm).emit("print", sketch.read("x"), aux=("", ""))
        builder.jump(sketch.bb[5])
    sketch.at(5).ret(sketch.read("x"))
    sketch.finish()
    known = known.find()
    assert sketch.bb[5].end.args == (known,) and isinstance(known, Instr) and known.op is REFINE


def test_the_last_common_version_is_found_whatever_the_order() -> None:
    generator = random.Random(0)
    for _ in range(300):
        module = Module()
        builder = Builder(module.new_function("f"))
        versions: list[Value] = [builder.param(BOOL)]
        for _ in range(generator.randrange(1, 12)):
            versions.append(builder.emit("check", generator.choice(versions[-4:]), aux=module.new_site("assert")))
        chosen = generator.choices(versions, k=generator.randrange(1, 5))
        common = CommonVersion()
        for version in chosen:
            common.add(version)
        shared = [version for version in versions if all(version in chain_of(each) for each in chosen)]
        assert common.leader is shared[-1], "versions are listed after what they are refined from"


def chain_of(version: Value) -> list[Value]:
    chain = [version]
    while isinstance(version, Instr):
        version = version.args[0]
        chain.append(version)
    return chain


def test_copies_need_no_parameter() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    for arm in (1, 2):
        sketch.at(arm)
        sketch.variables.write("z", sketch.read("y"))
        builder.jump(sketch.bb[3])
    sketch.at(3).ret(sketch.read("z"))
    sketch.finish()
    assert sketch.bb[3].end.args == (sketch.params[1],)


def test_different_values_meet_in_one_parameter() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    for arm in (1, 2):
        sketch.at(arm)
        sketch.variables.write("z", builder.const(I64, arm))
        builder.jump(sketch.bb[3])
    sketch.at(3).ret(builder.emit("add", sketch.read("z"), sketch.read("z")))
    sketch.finish()
    (param,) = made_params(builder.function)
    assert param.name == "z" and str(param.fact) == "{1..2}"


def test_both_arms_to_one_block_are_two_edges() -> None:
    sketch = Sketch(2)
    builder = sketch.at(0)
    x, y = sketch.params
    sketch.variables.write("x", x)
    builder.branch(builder.emit("lt", x, y), sketch.bb[1], sketch.bb[1])
    sketch.at(1).ret(sketch.read("x"))
    sketch.finish()
    assert sketch.bb[1].end.args == (x,) and len(builder.function.blocks) == 2


def test_a_switch_teaches_each_case_and_the_default() -> None:
    sketch = Sketch(4, params=1)
    builder, (x,) = sketch.at(0), sketch.params
    sketch.variables.write("x", x)
    builder.switch(x, [(0, sketch.bb[1]), (5, sketch.bb[2])], sketch.bb[3])
    for index in (1, 2, 3):
        sketch.at(index).ret(sketch.read("x"))
    sketch.finish()
    assert [str(block.end.args[0].fact) for block in sketch.bb[1:3]] == ["{0}", "{5}"]
    assert [instr.aux for instr in sketch.bb[3].instrs if instr.op is REFINE] == ["ne", "ne"]
    assert sketch.bb[3].end.args[0].fact.contains(1) and not sketch.bb[3].end.args[0].fact.contains(0)


def test_the_condition_itself_is_known() -> None:
    sketch = Sketch(3)
    builder = sketch.at(0)
    condition = builder.emit("lt", *sketch.params)
    sketch.variables.write("c", condition)
    builder.branch(condition, sketch.bb[1], sketch.bb[2])
    for index in (1, 2):
        sketch.variables.seal(sketch.bb[index])
        sketch.at(index).ret(builder.emit("convert", sketch.variables.read("c", BOOL), type=I64))
    sketch.finish()
    assert [block.end.args[0].fact.constant for block in sketch.bb[1:]] == [1, 0]


def test_checks_in_blocks_side_by_side_teach_one_another_nothing() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    for arm in (1, 2):
        sketch.variables.seal(sketch.bb[arm])
        sketch.at(arm)
        condition = builder.emit("gt", sketch.read("x"), sketch.read("y"))
        builder.emit("check", condition, aux=sketch.module.new_site("assert"))
        checked = builder.emit("check_index", sketch.read("x"), sketch.read("y"), aux=sketch.module.new_site("index"))
        sketch.variables.write("x", checked)
        builder.jump(sketch.bb[3])
    sketch.at(3).ret(sketch.read("x"))
    sketch.finish()
    assert not made_params(builder.function), "both are versions of one value"
    assert sketch.bb[3].end.args == (sketch.params[0],)


def test_what_some_path_leaves_unset_is_zero() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    types = {"i": I64, "f": F64, "b": BOOL, "xs": array_of(F64, 2), "m": MEM}
    sketch.at(1)
    for name, type in types.items():
        sketch.variables.write(name, made_of(builder, type))
    for arm in (1, 2):
        sketch.at(arm).jump(sketch.bb[3])
    sketch.at(3)
    *values, memory = [sketch.variables.read(name, type) for name, type in types.items()]
    builder.emit("print", *values, aux=("", " ", " ", " ", ""))
    builder.emit("free", builder.emit("alloc", builder.const(I64, 1), type=pointer_to(I64)), memory)
    builder.ret(values[0])
    sketch.finish()
    assert execute(sketch.module, [1, 2]).output == ["1 1.5 true [[2.5]]"]
    assert execute(sketch.module, [2, 1]).output == ["0 0.0 false []"]


def made_of(builder: Builder, type: object) -> Instr:
    if type is MEM:
        return builder.emit("memory")
    if type is BOOL:
        return builder.const(BOOL, True)
    if type is F64:
        return builder.const(F64, 1.5)
    one = builder.const(I64, 1)
    return one if type is I64 else builder.emit("full", builder.const(F64, 2.5), one, one)


def test_a_block_that_nothing_reaches_reads_zeros() -> None:
    sketch = Sketch(4)
    builder, (x, _) = sketch.at(0), sketch.params
    sketch.variables.write("x", x)
    builder.ret(x)
    sketch.at(1).jump(sketch.bb[2])  # bb1 and bb2 reach each other only
    sketch.at(2).emit("print", sketch.read("x"), aux=("", ""))
    builder.jump(sketch.bb[1])
    sketch.at(3).ret(sketch.read("x"))
    sketch.finish()
    assert not made_params(builder.function)


def test_a_pointer_that_is_not_set_points_to_nothing() -> None:
    sketch = Sketch(6)
    builder = diamond(sketch)
    pointer = pointer_to(I64)
    sketch.at(1)
    sketch.variables.write("p", builder.emit("alloc", builder.const(I64, 1), type=pointer))
    builder.emit("store", sketch.variables.read("p", pointer), sketch.read("x"), builder.emit("memory"))
    for arm in (1, 2):
        sketch.at(arm).jump(sketch.bb[3])
    sketch.at(3).branch(builder.emit("eq", sketch.read("y"), builder.const(I64, 7)), sketch.bb[4], sketch.bb[5])
    sketch.at(4).ret(builder.emit("load", sketch.variables.read("p", pointer), builder.emit("memory")))
    sketch.at(5).ret(sketch.read("y"))
    sketch.finish()
    assert execute(sketch.module, [5, 7]).results == (5,)
    unset = execute(sketch.module, [9, 8])
    assert unset.results == (8,) and unset.live == 0
    with pytest.raises(MemoryFault):
        execute(sketch.module, [9, 7])


def test_an_edge_made_after_sealing_is_noticed() -> None:
    sketch = Sketch(4)
    builder = diamond(sketch)
    for arm in (1, 2):
        sketch.at(arm)
        sketch.variables.write("z", builder.const(I64, arm))
    sketch.at(1).jump(sketch.bb[3])
    sketch.at(2).branch(sketch.variables.read("c", BOOL), sketch.bb[3], sketch.bb[3])
    sketch.variables.seal(sketch.bb[3])
    sketch.at(3)
    z = sketch.read("z")
    builder.branch(sketch.variables.read("c", BOOL), sketch.bb[3], late := builder.new_block())
    builder.at(late).ret(z)
    with pytest.raises(AssertionError, match="sealed"):
        sketch.variables.finish()


# ---- scale --------------------------------------------------------------------------------------------------------


def chain(count: int) -> Function:
    """Blocks one after another: each branches to two arms that meet again."""
    module = Module()
    builder = Builder(module.new_function("f", [I64]))
    variables = Variables(builder)
    variables.write("x", builder.param(I64))
    for index in range(count):
        condition = builder.emit("lt", variables.read("x", I64), builder.const(I64, index))
        left, right, join = builder.new_block(), builder.new_block(), builder.new_block()
        builder.branch(condition, left, right)
        for arm in (left, right):
            variables.seal(arm)
            builder.at(arm).jump(join)
        variables.seal(join)
        builder.at(join)
    builder.ret(variables.read("x", I64))
    variables.finish()
    return builder.function


def straight(count: int) -> Function:
    """Blocks one after another; what the first sets, the last reads."""
    module = Module()
    builder = Builder(module.new_function("f", [I64]))
    variables = Variables(builder)
    variables.write("x", builder.param(I64))
    for _ in range(3 * count):
        following = builder.new_block()
        builder.jump(following)
        variables.seal(following)
        builder.at(following)
    builder.ret(variables.read("x", I64))
    variables.finish()
    return builder.function


def nested(count: int) -> Function:
    """Ifs in ifs, each knowing more of x; sealed at the end only."""
    module = Module()
    builder = Builder(module.new_function("f", [I64]))
    variables = Variables(builder)
    variables.write("x", builder.param(I64))
    way_out = builder.new_block()
    for index in range(count):
        condition = builder.emit("gt", variables.read("x", I64), builder.const(I64, index))
        inner = builder.new_block()
        builder.branch(condition, inner, way_out)
        builder.at(inner)
    builder.jump(way_out)
    builder.at(way_out).ret(variables.read("x", I64))
    variables.finish()
    return builder.function


@pytest.mark.parametrize("shape", [chain, straight, nested])
def test_time_is_linear(shape: Callable[[int], Function]) -> None:
    assert_linear(shape, 500)
    assert len(shape(50).blocks) > 50 and not made_params(shape(50))
