"""SSA construction of random programs: they mean what their assignments mean, and no parameter is made without need."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TypeAlias

import networkx as nx
import pytest

from ssair.builder import Builder
from ssair.cfg import incoming_edges
from ssair.interp import StepsExceeded, execute
from ssair.ir import Function, Module, Param, Value
from ssair.ops import REFINE
from ssair.types import I64
from ssair.variables import Variables
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
