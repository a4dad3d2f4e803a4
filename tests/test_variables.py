"""On-the-fly SSA construction: random control flow runs as written, and no parameter or refinement is needless."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import networkx as nx
import pytest
from growth import assert_linear

from ssair.builder import Builder
from ssair.cfg import incoming_edges
from ssair.interp import StepsExceeded, execute
from ssair.ir import Function, Instr, Module, Param, Value
from ssair.memory import MemoryFault
from ssair.ops import REFINE
from ssair.types import BOOL, F64, I64, MEM, array_of, pointer_to
from ssair.variables import CommonVersion, Variables
from ssair.verifier import verify

Graph: TypeAlias = "nx.DiGraph[int]"
NAMES = ("a", "b", "c", "d")
OPERATIONS = {"add": lambda x, y: x + y, "sub": lambda x, y: x - y, "xor": lambda x, y: x ^ y}
COMPARISONS = {
    "lt": lambda x, y: x < y,
    "ge": lambda x, y: x >= y,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
}


# ---- programs of assignments --------------------------------------------------------------------------------------


@dataclass
class Node:
    """A block of a program: assignments (target, operation, left, right), then where it goes.

    An operand is a name or a number; without an operation the left one is copied, and without a target it is printed.
    """

    statements: list[tuple[str | None, str | None, str | int, str | int]] = field(default_factory=list)
    #: `jump t`, `branch comparison left right t f`, `switch name [cases] [targets]`, or `return name`.
    end: tuple[object, ...] = ("return", "a")

    def successors(self) -> list[int]:
        match self.end:
            case ("jump", int(target)):
                return [target]
            case ("branch", _, _, _, int(first), int(second)):
                return [first, second]
            case ("switch", _, _, list(targets)):
                return targets
        return []


def wrapped(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def run_directly(nodes: list[Node], a: int, b: int, limit: int) -> tuple[list[str], int | None]:
    """What a program prints and returns; no result if it goes through more than `limit` blocks."""
    store: dict[str, int] = {"a": a, "b": b}
    printed: list[str] = []

    def value(operand: object) -> int:
        return store.get(operand, 0) if isinstance(operand, str) else int(str(operand))

    at = 0
    for _ in range(limit):
        for target, operation, x, y in nodes[at].statements:
            result = wrapped(OPERATIONS[operation](value(x), value(y))) if operation else value(x)
            if target is None:
                printed.append(str(result))
            else:
                store[target] = result
        match nodes[at].end:
            case ("jump", int(to)):
                at = to
            case ("branch", str(comparison), left, right, int(first), int(second)):
                at = first if COMPARISONS[comparison](value(left), value(right)) else second
            case ("switch", name, list(cases), list(targets)):
                at = targets[cases.index(value(name)) if value(name) in cases else -1]
            case (_, name):
                return printed, value(name)
    return printed, None


def random_node(generator: random.Random, count: int) -> Node:
    node = Node()
    for _ in range(generator.randrange(4)):
        target, operation = generator.choice([*NAMES, None]), generator.choice([*OPERATIONS, None])
        operands: list[str | int] = [*NAMES, *NAMES, 0, 1, 7]
        node.statements.append((target, operation, generator.choice(operands), generator.choice(operands)))
    targets = [generator.randrange(1, count) for _ in range(3)]
    chosen = generator.random()
    if chosen < 0.25:
        node.end = ("jump", targets[0])
    elif chosen < 0.75:
        right = generator.choice([*NAMES, 0, 3])
        node.end = ("branch", generator.choice(list(COMPARISONS)), generator.choice(NAMES), right, *targets[:2])
    elif chosen < 0.85:
        node.end = ("switch", generator.choice(NAMES), [0, 5], targets)
    else:
        node.end = ("return", generator.choice(NAMES))
    return node


def random_program(seed: int) -> list[Node]:
    """Any control flow at all, irreducible and unreachable parts among it."""
    generator = random.Random(seed)
    count = generator.randrange(2, 14)
    return [random_node(generator, count) for _ in range(count)]


def structured_program(seed: int) -> list[Node]:
    """Nested ifs and loops with early exits: reducible."""
    generator = random.Random(seed)
    nodes: list[Node] = []

    def new() -> int:
        node = random_node(generator, 2)
        nodes.append(node)
        return len(nodes) - 1

    def condition() -> tuple[object, ...]:
        right = generator.choice([*NAMES, 0, 3])
        return ("branch", generator.choice(list(COMPARISONS)), generator.choice(NAMES), right)

    def part(depth: int, way_out: int | None) -> tuple[int, int]:
        """First and last node of a random statement; the last has no end yet."""
        kind = generator.choice(["block", "block", "if", "while", "sequence", "break"]) if depth else "block"
        first = new()
        if kind == "break" and way_out is not None:
            last = new()
            nodes[first].end = (*condition(), way_out, last)
            return first, last
        if kind == "if":
            arms = [part(depth - 1, way_out) for _ in range(2)]
            last = new()
            nodes[first].end = (*condition(), arms[0][0], arms[1][0])
            for _, end in arms:
                nodes[end].end = ("jump", last)
            return first, last
        if kind == "while":
            last = new()
            start, end = part(depth - 1, last)
            if generator.random() < 0.5:  # the test stands at the end
                nodes[first].end = ("jump", start)
                nodes[end].end = (*condition(), start, last)
            else:
                nodes[first].end = ("jump", head := new())
                nodes[head].end = (*condition(), start, last)
                nodes[end].end = ("jump", head)
            return first, last
        if kind == "sequence":
            parts = [part(depth - 1, way_out) for _ in range(generator.randrange(1, 4))]
            nodes[first].end = ("jump", parts[0][0])
            for (_, end), (start, _) in itertools.pairwise(parts):
                nodes[end].end = ("jump", start)
            return first, parts[-1][1]
        return first, first

    _, end = part(4, None)
    nodes[end].end = ("return", "a")
    return nodes


# ---- building -----------------------------------------------------------------------------------------------------


class Construction:
    """Builds a program, its blocks in an order and sealed by a policy that the generator chooses."""

    def __init__(self, nodes: list[Node], generator: random.Random) -> None:
        self.nodes = nodes
        self.module = Module()
        self.builder = Builder(self.module.new_function("f", [I64]))
        self.variables = Variables(self.builder)
        self.blocks = [self.builder.block, *[self.builder.new_block() for _ in nodes[1:]]]
        self.missing = [0] * len(nodes)
        for node in nodes:
            for successor in node.successors():
                self.missing[successor] += 1
        order = list(range(len(nodes)))
        if generator.random() < 0.5:
            generator.shuffle(order)
        self.eager = generator.random() < 0.7
        self.build(order)

    def build(self, order: list[int]) -> None:
        self.builder.at(self.blocks[0])
        for name in ("a", "b"):
            self.variables.write(name, self.builder.param(I64))
        for index, missing in enumerate(self.missing):
            if not missing and self.eager:
                self.variables.seal(self.blocks[index])
        for index in order:
            self.fill(index)
            for successor in self.nodes[index].successors():
                self.missing[successor] -= 1
                if not self.missing[successor] and self.eager:
                    self.variables.seal(self.blocks[successor])
        self.variables.finish()

    def value(self, operand: object) -> Value:
        if isinstance(operand, str):
            return self.variables.read(operand, I64)
        return self.builder.const(I64, int(str(operand)))

    def fill(self, index: int) -> None:
        builder, node = self.builder.at(self.blocks[index]), self.nodes[index]
        for target, operation, x, y in node.statements:
            result = self.value(x)
            if operation is not None:
                result = builder.emit(operation, result, self.value(y))
            if target is None:
                builder.emit("print", result, aux=("", ""))
            else:
                self.variables.write(target, result)
        match node.end:
            case ("jump", int(to)):
                builder.jump(self.blocks[to])
            case ("branch", str(comparison), left, right, int(first), int(second)):
                condition = builder.emit(comparison, self.value(left), self.value(right))
                builder.branch(condition, self.blocks[first], self.blocks[second])
            case ("switch", name, list(cases), list(targets)):
                ways = [(case, self.blocks[to]) for case, to in zip(cases, targets, strict=False)]
                builder.switch(self.value(name), ways, self.blocks[targets[-1]])
            case (_, name):
                builder.ret(self.value(name))


def made_params(function: Function) -> list[Param]:
    return [param for block in function.blocks[1:] for param in block.params]


def arguments(param: Param) -> list[Value]:
    place = param.block.params.index(param)
    return [way.edge.args[place] for way in incoming_edges(param.block.function)[param.block]]


def check_program(nodes: list[Node], seed: int) -> None:
    """Build, verify and run a program; what it prints before the limits counts where it does not end."""
    made = built(nodes, seed)
    for a, b in ((0, 0), (3, -2), (-(2**63), 2**63 - 1)):
        printed, result = run_directly(nodes, a, b, 60)
        lines: list[str] = []
        try:
            outcome = execute(made.module, [a, b], max_steps=1500, on_print=lines.append)
        except StepsExceeded:
            assert result is None
        else:
            if result is None:
                printed, result = run_directly(nodes, a, b, 1500)
            assert outcome.results == (result,) and len(lines) == len(printed)
        assert all(line == wanted for line, wanted in zip(lines, printed, strict=False))


def built(nodes: list[Node], seed: int) -> Construction:
    made = Construction(nodes, random.Random(seed))
    verify(made.module)
    return made


PROGRAMS = {"any": random_program, "structured": structured_program}


@pytest.mark.parametrize("kind", PROGRAMS)
@pytest.mark.parametrize("start", range(0, 300, 50))
def test_programs_run_as_they_are_written(kind: str, start: int) -> None:
    for seed in range(start, start + 50):
        check_program(PROGRAMS[kind](seed), seed)


@pytest.mark.parametrize("kind", PROGRAMS)
def test_no_parameter_is_trivial_or_unused(kind: str) -> None:
    total = 0
    for seed in range(300):
        function = built(PROGRAMS[kind](seed), seed).builder.function
        used = {value for block in function.blocks for instr in block.instrs for value in instr.args}
        used |= {value for block in function.blocks for value in block.end.operands()}
        for param in made_params(function):
            assert len({value.origin() for value in arguments(param)} - {param}) > 1, f"{param} is trivial"
            assert param in used
            total += 1
    assert total > 100


def needed_params(nodes: list[Node], name: str) -> set[int]:
    """The nodes where pruned minimal SSA (Cytron et al. 1991) has a parameter for a variable."""
    graph: Graph = nx.DiGraph()
    graph.add_nodes_from(range(len(nodes)))
    graph.add_edges_from((i, to) for i, node in enumerate(nodes) for to in node.successors())
    reached = graph.subgraph({0, *nx.descendants(graph, 0)})
    frontiers = nx.dominance_frontiers(reached, 0)
    defined = {0} | {i for i in reached if any(target == name for target, *_ in nodes[i].statements)}
    work, found = list(defined), set[int]()
    while work:
        for at in frontiers.get(work.pop(), ()):
            if at not in found:
                found.add(at)
                work.append(at)
    return found


def test_structured_programs_have_no_more_parameters_than_minimal_ssa() -> None:
    for seed in range(300):
        nodes = structured_program(seed)
        made = built(nodes, seed)
        index = {block: i for i, block in enumerate(made.blocks)}
        needed = {name: needed_params(nodes, name) for name in NAMES}
        for param in made_params(made.builder.function):
            assert index[param.block] in needed[param.name], f"{param.name} needs no parameter at {param.block}"


def test_all_refinements_are_used() -> None:
    seen = 0
    for seed in range(200):
        function = built(structured_program(seed), seed).builder.function
        used = {value for block in function.blocks for instr in block.instrs for value in instr.args}
        used |= {value for block in function.blocks for value in block.end.operands()}
        for instr in function.instructions():
            if instr.op is REFINE:
                assert instr in used
                seen += 1
    assert seen > 100


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


def test_the_result_is_the_same_each_time() -> None:
    for seed in range(20):
        texts = {str(built(random_program(seed), seed).module) for _ in range(2)}
        assert len(texts) == 1


def test_the_random_programs_are_of_both_kinds() -> None:
    def graph_of(nodes: list[Node]) -> Graph:
        graph = nx.DiGraph((i, to) for i, node in enumerate(nodes) for to in node.successors())
        graph.add_node(0)
        return graph.subgraph({0, *nx.descendants(graph, 0)})

    reducible = [is_reducible(graph_of(random_program(seed))) for seed in range(100)]
    assert reducible.count(False) > 10 and reducible.count(True) > 10
    assert all(is_reducible(graph_of(structured_program(seed))) for seed in range(100))


def is_reducible(graph: Graph) -> bool:
    """Whether every edge that goes back in the dominator tree's sense is to a dominator: the rest has no cycle."""
    idom = nx.immediate_dominators(graph, 0)

    def dominates(above: int, below: int) -> bool:
        while below != above and below != 0:
            below = idom[below]
        return below == above

    forward = nx.DiGraph((u, v) for u, v in graph.edges if not dominates(v, u))
    return bool(nx.is_directed_acyclic_graph(forward))
