"""A second copy of a loop, for a branch in front of it to choose: both run alike, and what comes behind is shared.

    front, loop, behind        front, which branches on a condition:
                                   copy of the loop  ┐
                                   loop              ┴ join, behind

Requires: valid IR without crumbs; natural loops, none of which contains another, and whose exits all lead to one block,
by way of another one perhaps, that is in no comprehension of the loop's (`can_copy`).
Ensures: valid IR of the same meaning, whatever the condition: each copy does what the loop did, traps and prints in the
same order. A value of the loop that is used behind it becomes a parameter of the join; constants, and lengths of
arrays, which have to stay static, are made anew there. Refinements that only an edge out of the loop justified are left
for `justify_refinements`.
Complexity: linear in the function once, and in the loops.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Final, NamedTuple

from ssair.cfg import Incoming, comprehension_of, incoming_edges, reverse_postorder
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value, replace_operands
from ssair.loops import Loop, LoopForest
from ssair.ops import BRANCH, DIM, JUMP
from ssair.static import static_values

#: How many instructions a block may have that leads from a loop to where its other exits lead too.
_MOST_BEHIND: Final = 8


class _Use(NamedTuple):
    """Who uses a value, and in which block."""

    block: Block
    user: Instr | Terminator


class _Region(NamedTuple):
    """What is copied of a loop: its blocks, in reverse postorder, and those that lead from it to a common block.

    `exits` are the edges out of that, `outside` the values used behind it.
    """

    blocks: dict[Block, None]
    exits: list[Incoming]
    outside: list[Value]


class LoopCopies:
    """What is known of the loops of one function before any of them is copied."""

    def __init__(self, function: Function, forest: LoopForest) -> None:
        self.function = function
        self.forest = forest
        #: What stands behind the loops copied so far for the values of theirs that are used there.
        self.behind: dict[Value, Value] = {}
        self._copied: set[Block] = set()
        self._uses: dict[Value, list[_Use]] = {}
        self._regions: dict[Loop, _Region | None] = {}
        self._blocks: dict[Loop, list[Block]] = {loop: [] for loop in forest.loops}
        for block in reverse_postorder(function):
            self._learn(block)
        self._static = static_values(function)
        self._incoming = incoming_edges(function)
        self._owner = comprehension_of(function)

    def _learn(self, block: Block) -> None:
        loop = self.forest.innermost.get(block)
        while loop is not None:
            self._blocks[loop].append(block)
            loop = loop.parent
        for instr in block.instrs:
            for value in dict.fromkeys(instr.args):
                self._uses.setdefault(value, []).append(_Use(block, instr))
        for value in dict.fromkeys(block.end.operands()):
            self._uses.setdefault(value, []).append(_Use(block, block.end))

    def size(self, loop: Loop) -> int:
        """How many instructions a loop has."""
        return sum(len(block.instrs) for block in self._blocks[loop])

    def blocks(self, loop: Loop) -> Sequence[Block]:
        """The blocks of a loop, in reverse postorder."""
        return self._blocks[loop]

    def can_copy(self, loop: Loop) -> bool:
        """Whether a loop is left to one block, and shows nothing static that cannot be made anew there."""
        return self._region(loop) is not None

    def _region(self, loop: Loop) -> _Region | None:
        if loop not in self._regions:
            self._regions[loop] = self._found(loop)
        return self._regions[loop]

    def _found(self, loop: Loop) -> _Region | None:
        if loop.forall is not None:
            return None
        blocks = dict.fromkeys(self._blocks[loop])
        exits = _exits(blocks)
        if len({entry.edge.target for entry in exits}) > 1:
            blocks |= dict.fromkeys(target for target in self._targets(exits) if len(target.instrs) <= _MOST_BEHIND)
            exits = _exits(blocks)
        if len({entry.edge.target for entry in exits}) != 1:
            return None
        if self._owner[exits[0].edge.target] is not self._owner[loop.header]:
            return None
        defined: list[Value] = [value for block in blocks for value in (*block.params, *block.instrs)]
        outside = [value for value in defined if self._is_used_behind(value, blocks)]
        if any(value in self._static and not _is_made_anew(value) for value in outside):
            return None
        return _Region(blocks, exits, outside)

    def _targets(self, exits: Sequence[Incoming]) -> list[Block]:
        """The blocks that one exit each leads to, and that jump on."""
        targets = [entry.edge.target for entry in exits]
        return [target for target in targets if len(self._incoming[target]) == 1 and target.end.op is JUMP]

    def _is_used_behind(self, value: Value, blocks: Container[Block]) -> bool:
        return any(use.block not in blocks for use in self._uses.get(value, ()))

    # ---- copying ----------------------------------------------------------------------------------------------------

    def current(self, value: Value) -> Value | None:
        """What stands for a value behind the loops copied so far; None if nothing does."""
        return self.behind.get(value, None if value.block in self._copied else value)

    def copy(self, loop: Loop, front: Block, condition: Value) -> None:
        """Let `front`, at whose end a loop begins, choose a copy of it where `condition` is true.

        Loops are to be copied in reverse postorder.
        """
        region = self._region(loop)
        assert region is not None
        self._copied.update(region.blocks)
        twin = _Twin(self.function, region.blocks)
        self._join(region, twin)
        entry = front.end.edges[0]
        ways = []
        for header in (twin.blocks[loop.header], loop.header):
            way = self.function.new_block()
            way.set_terminator(Terminator(JUMP, (), (Edge(header, entry.args),), (), front.end.span))
            ways.append(Edge(way))
        front.set_terminator(Terminator(BRANCH, (condition,), tuple(ways), (), front.end.span))

    def _join(self, region: _Region, twin: _Twin) -> None:
        """Lead both copies to one block, with the values that are used behind them."""
        target = region.exits[0].edge.target
        join = self.function.new_block()
        args = tuple([join.add_param(param.type, param.fact, param.span) for param in target.params])
        carried = [value for value in region.outside if not _is_made_anew(value)]
        for value in region.outside:
            if _is_made_anew(value):
                carried += [
                    array for array in _operands(value) if array.block in region.blocks and array not in carried
                ]
        behind: dict[Value, Value] = {value: join.add_param(value.type, value.fact, value.span) for value in carried}
        for value in region.outside:
            if isinstance(value, Instr) and _is_made_anew(value):
                behind[value] = join.append(self._again(value, behind))
        join.set_terminator(Terminator(JUMP, (), (Edge(target, args),), (), region.exits[0].source.end.span))
        for entry in region.exits:
            edge = twin.blocks[entry.source].end.edges[entry.index]
            self._lead(edge, join, (*edge.args, *[twin.values[value] for value in carried]))
            self._lead(entry.edge, join, (*entry.edge.args, *carried))
        self._use_behind(behind, region.blocks)

    def _again(self, value: Instr, behind: dict[Value, Value]) -> Instr:
        args = tuple([behind.get(array, array) for array in value.args])
        return Instr(self.function.new_id(), value.op, args, value.type, value.fact, value.aux, value.span)

    def _lead(self, edge: Edge, join: Block, args: tuple[Value, ...]) -> None:
        """Let an edge lead to the join through a block of its own."""
        way = self.function.new_block()
        way.set_terminator(Terminator(JUMP, (), (Edge(join, args),)))
        self.function.redirect(edge, way)

    def _use_behind(self, behind: dict[Value, Value], inside: Container[Block]) -> None:
        """Let what is behind a loop use what the join has of its values."""
        self.behind.update(behind)
        for value, instead in behind.items():
            for use in self._uses.get(value, ()):
                if use.block not in inside:
                    _replace(use.user, value, instead)


def _exits(blocks: dict[Block, None]) -> list[Incoming]:
    """The edges that lead out of some blocks."""
    return [
        Incoming(block, index)
        for block in blocks
        for index, target in enumerate(block.successors())
        if target not in blocks
    ]


class _Twin:
    """A copy of some blocks of a function: what leads out of them, or comes from there, is the same."""

    def __init__(self, function: Function, blocks: Iterable[Block]) -> None:
        self.function = function
        self.blocks: dict[Block, Block] = {}
        self.values: dict[Value, Value] = {}
        for block in blocks:
            self.blocks[block] = self._definitions(block)
        for block, twin in self.blocks.items():
            for instr, copy in zip(block.instrs, twin.instrs, strict=True):
                copy.args = tuple([self._of(value) for value in instr.args])
            twin.set_terminator(self._terminator(block.end))

    def _of(self, value: Value) -> Value:
        return self.values.get(value, value)

    def _definitions(self, block: Block) -> Block:
        twin = self.function.new_block()
        for param in block.params:
            self.values[param] = twin.add_param(param.type, param.fact, param.span)
        for instr in block.instrs:
            copy = Instr(self.function.new_id(), instr.op, (), instr.type, instr.fact, instr.aux, instr.span)
            self.values[instr] = twin.append(copy)
        return twin

    def _terminator(self, end: Terminator) -> Terminator:
        edges = [
            Edge(self.blocks.get(edge.target, edge.target), tuple([self._of(value) for value in edge.args]))
            for edge in end.edges
        ]
        return Terminator(end.op, tuple([self._of(value) for value in end.args]), tuple(edges), end.aux, end.span)


def _is_made_anew(value: Value) -> bool:
    """Whether a value costs nothing to make: it need not be carried out of a loop, and stays static."""
    return isinstance(value, Instr) and (value.is_constant or value.op is DIM)


def _operands(value: Value) -> tuple[Value, ...]:
    return value.args if isinstance(value, Instr) else ()


def _replace(user: Instr | Terminator, old: Value, new: Value) -> None:
    def rewritten(value: Value) -> Value:
        return new if value is old else value

    if isinstance(user, Instr):
        user.args = tuple(map(rewritten, user.args))
    else:
        replace_operands(user, rewritten)
