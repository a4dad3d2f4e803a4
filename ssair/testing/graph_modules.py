"""Seeded functions over random control-flow graphs: reducible and irreducible, with exits from everywhere in a cycle.

Every edge that may close a cycle is taken only while a budget lasts, so that each function ends, unless its shape has
free ways. A block uses values of the blocks that dominate it, so that values live across loops, arms and joins; some
blocks check, some print.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ssair.dominators import dominator_tree
from ssair.facts import top
from ssair.ir import Block, Edge, Function, Module, Terminator, Value
from ssair.ops import BRANCH, JUMP, RETURN, SWITCH
from ssair.types import BOOL, F64, I64, Type

_BINARY = ("add", "sub", "mul", "min", "max", "and", "xor", "floordiv", "mod")


@dataclass(frozen=True)
class Shape:
    """What kind of graph: how many blocks, and how likely a cycle, a switch, a check and a print are.

    A free way back costs no budget: with any of them, not every run ends.
    """

    blocks: int = 8
    cycles: float = 0.4
    switches: float = 0.15
    checks: float = 0.2
    prints: float = 0.1
    free_ways: float = 0.0


USUAL: Final = Shape()


def graph_module(random: Random, shape: Shape = USUAL) -> Module:
    """A module with one function of three integers, the first of which is the budget."""
    return _Maker(random, shape).make()


class _Maker:
    def __init__(self, random: Random, shape: Shape) -> None:
        self.random = random
        self.shape = shape
        self.module = Module()
        self.function: Function = self.module.new_function("main", [I64, I64, F64])

    def make(self) -> Module:
        function, random = self.function, self.random
        entry = function.new_block()
        for _ in range(3):
            entry.add_param(I64, top(I64))
        self.inner = [function.new_block() for _ in range(self.shape.blocks)]
        for block in self.inner:
            block.add_param(I64, top(I64))  # the budget
            for _ in range(random.randrange(3)):
                block.add_param(random.choice((I64, I64, BOOL, F64)), top(I64))
            for param in block.params:
                param.fact = top(param.type)
        self.end = function.new_block()
        for type in (I64, I64, F64):
            self.end.add_param(type, top(type))
        entry.set_terminator(Terminator(JUMP, (), (Edge(self.inner[0]),)))
        for place, block in enumerate(self.inner):
            self._outline(place, block)
        self.end.set_terminator(Terminator(RETURN))
        self._drop_unreachable()
        self._fill()
        return self.module

    def _outline(self, place: int, block: Block) -> None:
        """The edges of a block, forward ones or, through a block that asks for budget, backward ones."""
        count = 1 + (self.random.random() < 0.75)
        if self.random.random() < self.shape.switches:
            count = self.random.randrange(3, 5)
        targets = [self._target(place) for _ in range(count)]
        edges = tuple(Edge(target) for target in targets)
        op = (JUMP, BRANCH)[count - 1] if count < 3 else SWITCH
        block.set_terminator(Terminator(op, (), edges, tuple(range(count - 1)) if op is SWITCH else ()))

    def _target(self, place: int) -> Block:
        forward = [*self.inner[place + 1 : place + 5], self.end]
        onward = self.random.choice(forward)
        if self.random.random() >= self.shape.cycles:
            return onward
        gate = self.function.new_block()
        gate.add_param(I64, top(I64))
        back = self.random.choice(self.inner[max(0, place - 4) : place + 1])
        gate.set_terminator(Terminator(BRANCH, (), (Edge(back), Edge(onward))))
        return gate

    def _drop_unreachable(self) -> None:
        tree = dominator_tree(self.function)
        self.function.remove_blocks({block for block in self.function.blocks if block not in tree})

    def _fill(self) -> None:
        """Instructions and block arguments, in an order in which dominators come first."""
        tree = dominator_tree(self.function)
        visible: dict[Block, list[Value]] = {}
        for block in tree.preorder:
            values = list(visible[tree.idom[block]]) if block in tree.idom else []
            values += block.params
            visible[block] = values
            self._instructions(block, values)
            self._terminate(block, values)

    def _emit(self, block: Block, values: list[Value], op: str, *args: Value, aux: object = None) -> Value:
        instr = self.function.new_instr(op, args, aux=aux)
        block.append(instr)
        if instr.type in (I64, BOOL, F64):
            values.append(instr)
        return instr

    def _constant(self, block: Block, type: Type) -> Value:
        value: dict[Type, int | bool | float] = {
            I64: self.random.randrange(-3, 9),
            BOOL: self.random.random() < 0.5,
            F64: float(self.random.randrange(5)),
        }
        return block.append(self.function.new_instr("const", (), type=type, aux=value[type]))

    def _pick(self, block: Block, values: list[Value], type: Type) -> Value:
        fitting = [value for value in values if value.type is type]
        if fitting and self.random.random() < 0.85:
            return fitting[-1 - min(int(self.random.expovariate(0.4)), len(fitting) - 1)]
        return self._constant(block, type)

    def _instructions(self, block: Block, values: list[Value]) -> None:
        for _ in range(self.random.randrange(4)):
            kind = self.random.random()
            if kind < 0.55:
                pair = [self._pick(block, values, I64) for _ in range(2)]
                self._emit(block, values, self.random.choice(_BINARY), *pair)
            elif kind < 0.8:
                pair = [self._pick(block, values, I64) for _ in range(2)]
                self._emit(block, values, self.random.choice(("lt", "eq", "ne")), *pair)
            else:
                pair = [self._pick(block, values, F64) for _ in range(2)]
                self._emit(block, values, self.random.choice(("min", "max")), *pair)
        if self.random.random() < self.shape.checks:
            pair = [self._pick(block, values, I64) for _ in range(2)]
            site = self.module.new_site("size", self.module.new_span(block.id + 1, 1, block.id + 1, 2))
            least = self._emit(block, values, "min", pair[1], self._constant_of(block, -2))
            self._emit(block, values, "check_at_least", pair[0], least, aux=site)
        if self.random.random() < self.shape.prints:
            self._emit(block, values, "print", self._pick(block, values, I64), aux=(f"{block} ", ""))

    def _constant_of(self, block: Block, value: int) -> Value:
        return block.append(self.function.new_instr("const", (), type=I64, aux=value))

    def _terminate(self, block: Block, values: list[Value]) -> None:
        end = block.end
        budget: Value = block.params[0]
        gate = block is not self.function.entry and block not in self.inner and block is not self.end
        if gate:
            cost = 0 if self.shape.free_ways and self.random.random() < self.shape.free_ways else 1
            budget = self._emit(block, values, "sub", budget, self._constant_of(block, cost))
        if end.op is BRANCH:
            asked = ("lt", self._constant_of(block, 0), budget) if gate else None
            condition = self._emit(block, values, *asked) if asked else self._pick(block, values, BOOL)
            end.args = (condition,)
        elif end.op is SWITCH:
            end.args = (self._pick(block, values, I64),)
        elif end.op is RETURN:
            end.args = tuple(block.params)
        for edge in end.edges:
            others = [self._pick(block, values, param.type) for param in edge.target.params[1:]]
            edge.args = (budget if edge.target is not self.end else self._pick(block, values, I64), *others)
