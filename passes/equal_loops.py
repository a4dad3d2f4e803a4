"""Loops that do what a loop before them has done: they are not run again, what they would make is there.

Two loops do the same if they begin with equal values, and all that they compute, check and decide by is the same
operation on equal values, block by block. Whoever comes to the second has come through the first: so it ends too, its
checks hold, and what it gives is what the first one gave. Loops that print or touch memory are left alone, and such as
are entered over several edges or left for different blocks.

Requires: valid IR without crumbs; numbers by value id such that values of equal number are equal wherever both are
defined (`ssair.passes.partition_numbers`). Ensures: crumbs for the values of the loops that went, with whose blocks; a
value that knew more than what stands for it is a narrowing of that, in a block in the place of the loop. One rewrite a
loop.
Complexity: linear: a loop is looked into if another one is as large, as long as `MOST_LOOKS` blocks for each of the
function's have been seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ssair.cfg import Incoming, comprehension_of, incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value, users
from ssair.loops import Loop, loop_forest
from ssair.ops import CALL_OP, CONST, JUMP, NARROW
from ssair.passes.dce import has_effect
from ssair.passes.value_numbering import numbering_key
from ssair.passes.value_table import Key

#: How many blocks of loops are looked at for each block of the function.
MOST_LOOKS: Final = 16


@dataclass(slots=True, eq=False)
class _Image:
    """A loop as it is compared: what it does, and the numbers of what comes out of it."""

    loop: Loop
    blocks: list[Block]
    entry: Incoming
    #: The edges out of it and of the blocks that only lead on, all to one block, and the numbers of their arguments.
    exits: list[Edge]
    leaving: list[tuple[int, ...]]
    doing: Key
    #: By number, the values of the loop that have it.
    values: dict[int, list[Value]]
    numbers: dict[Value, int]


def share_equal_loops(function: Function, context: Context, pass_name: str, numbers: list[int]) -> int:
    """Let loops that were run before not be run again; gives how many."""
    forest = loop_forest(function)
    if sum(loop.forall is None for loop in forest.loops) < 2:
        return 0
    sharing = _Sharing(function, context, pass_name, numbers)
    for loop in forest.loops:
        sharing.look_at(loop)
    return sharing.finish()


class _Sharing:
    """Loops are looked at in reverse postorder, the outer before the inner ones."""

    def __init__(self, function: Function, context: Context, pass_name: str, numbers: list[int]) -> None:
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        self.tree = dominator_tree(function)
        self.forest = loop_forest(function)
        self.order = reverse_postorder(function)
        self.position = {block: place for place, block in enumerate(self.order)}
        self.incoming = incoming_edges(function)
        self.owner = comprehension_of(function)
        self.looks_left = MOST_LOOKS * len(self.order)
        self._used: dict[Value, list[Instr | Terminator]] | None = None
        #: The numbers of values outside the loop that is looked into, local ones, below zero, of those inside.
        self.numbers = self._completed(numbers)
        self.table: dict[Key, int] = {}
        self.sizes = self._sizes()
        self.alike: dict[Key, int] = {}
        for loop in self.sizes:
            self.alike[self.sizes[loop]] = self.alike.get(self.sizes[loop], 0) + 1
        #: By what they do, the last loops.
        self.leaders: dict[Key, _Image] = {}
        self.gone: set[Block] = set()
        #: What is given to blocks behind loops that went; as `gone`, for membership only.
        self.given: set[Value] = set()

    def _completed(self, numbers: list[int]) -> list[int]:
        """The numbers, with those of the narrowings that were made since they were found."""
        found = [*numbers, *range(len(numbers), self.function.next_value)]
        if len(found) > len(numbers):
            for block in self.order:
                for instr in block.instrs:
                    if instr.id >= len(numbers) and instr.op.refines:
                        found[instr.id] = found[instr.args[0].id]
        return found

    def _sizes(self) -> dict[Loop, Key]:
        """What natural loops that do the same have in common at least: how many blocks, and the types carried."""
        blocks: dict[Loop, int] = dict.fromkeys(self.forest.loops, 0)
        for block in self.order:
            loop = self.forest.innermost.get(block)
            if loop is not None:
                blocks[loop] += 1
        for loop in reversed(self.forest.loops):
            if loop.parent is not None:
                blocks[loop.parent] += blocks[loop]
        natural = [loop for loop in self.forest.loops if loop.forall is None]
        return {loop: (blocks[loop], *[param.type for param in loop.header.params]) for loop in natural}

    def look_at(self, loop: Loop) -> None:
        """Do without a loop, if one that dominates it has done the same."""
        size = self.sizes.get(loop)
        if size is None or self.alike[size] < 2 or loop.header in self.gone or self.looks_left <= 0:
            return
        image = self._image(loop)
        if image is None:
            return
        leader = self.leaders.get(image.doing)
        if leader is None or not self._has_run(leader.loop, loop) or not self._replace(image, leader):
            self.leaders[image.doing] = image

    def _has_run(self, leader: Loop, loop: Loop) -> bool:
        """Whether control has come through `leader` before, with the values that are there now: no way leads past it
        from where one of them is made, for then one would lead past it altogether."""
        return self.tree.dominates(leader.header, loop.header) and not self.forest.encloses(leader, loop)

    # ---- what a loop does -----------------------------------------------------------------------------------------

    def _image(self, loop: Loop) -> _Image | None:
        """What is compared of a loop; None if it is not fit to be shared."""
        ways_in = [entry for entry in self.incoming[loop.header] if not self.forest.contains(loop, entry.source)]
        blocks = self._blocks_of(loop)
        self.looks_left -= len(blocks)
        exits = _edges_out(blocks)
        if len(exits) > 1:
            blocks += [edge.target for edge in exits if self._leads_on(edge.target)]
            exits = _edges_out(blocks)
        if len(ways_in) != 1 or ways_in[0].source in self.gone or ways_in[0].source.end.op.binds:
            return None
        if not exits or any(edge.target is not exits[0].target for edge in exits):
            return None
        if self.owner[exits[0].target] is not self.owner[loop.header]:
            return None  # a comprehension in the loop does not come to its end
        if any(block in self.forest.irreducible for block in blocks):
            return None
        start = tuple([self.numbers[value.id] for value in ways_in[0].edge.args])
        kept = [(value.id, self.numbers[value.id]) for block in blocks for value in (*block.params, *block.instrs)]
        places = {block: place for place, block in enumerate(blocks)}
        rows = [self._row(block, place, places) for block, place in places.items()]
        leaving = [tuple([self.numbers[value.id] for value in edge.args]) for edge in exits]
        values: dict[int, list[Value]] = {}
        numbers: dict[Value, int] = {}
        for block in blocks:
            for value in (*block.params, *block.instrs):
                numbers[value] = self.numbers[value.id]
                values.setdefault(numbers[value], []).append(value)
        for number, before in kept:
            self.numbers[number] = before
        if None in rows:
            return None
        return _Image(loop, blocks, ways_in[0], exits, leaving, (start, tuple(rows)), values, numbers)

    def _leads_on(self, block: Block) -> bool:
        """Whether a block behind one edge only says what that teaches, and jumps on."""
        only_refines = all(instr.op.refines and not instr.op.traps for instr in block.instrs)
        return len(self.incoming[block]) == 1 and block.end.op is JUMP and only_refines

    def _blocks_of(self, loop: Loop) -> list[Block]:
        found = {loop.header}
        work = [loop.header]
        while work:
            for target in work.pop().successors():
                if target not in found and self.forest.contains(loop, target):
                    found.add(target)
                    work.append(target)
        return sorted(found, key=self.position.__getitem__)

    def _row(self, block: Block, place: int, places: dict[Block, int]) -> Key | None:
        """Number the values of a block; gives what it checks, calls, and decides by, None if it does more."""
        numbers = self.numbers
        for index, param in enumerate(block.params):
            numbers[param.id] = self._number(("param", place, index, param.type))
        effects: list[Key | int] = []
        for instr in block.instrs:
            op = instr.op
            if op is CONST:
                continue  # equal ones have one number, wherever they are
            key = numbering_key(instr, numbers, self.context)
            if op.refines:
                numbers[instr.id] = numbers[instr.args[0].id]
                if op.traps and key is not None:
                    effects.append(key)
                continue
            if key is None or not (op.pure or op is CALL_OP):
                return None
            numbers[instr.id] = self._number(key)
            if has_effect(instr, self.context):
                effects.append(numbers[instr.id])
        end = block.end
        inside = [
            (places[edge.target], *[numbers[value.id] for value in edge.args]) if edge.target in places else None
            for edge in end.edges
        ]
        return (tuple(effects), end.op, end.aux, tuple([numbers[value.id] for value in end.args]), tuple(inside))

    def _number(self, key: Key) -> int:
        return self.table.setdefault(key, -2 - len(self.table))

    # ---- doing without it -----------------------------------------------------------------------------------------

    def _replace(self, image: _Image, leader: _Image) -> bool:
        """Let control pass by a loop, and what its leader made stand for what it makes; whether that can be."""
        target = image.exits[0].target
        given: dict[Value, Value] = {}
        for place, param in enumerate(target.params):
            found = self._given(place, image, leader)
            if found is None:
                return False
            given[param] = found
        standing: dict[Value, Value] = {}
        for value in self._used_outside(image):
            found = self._standing_for(image.numbers[value], value, image, leader)
            if found is None:
                return False
            standing[value] = found
        if not self.context.fuel.take(self.pass_name, image.loop.header):
            return False
        self._pass_by(image, given, standing)
        return True

    def _pass_by(self, image: _Image, given: dict[Value, Value], standing: dict[Value, Value]) -> None:
        """Lead control past a loop, over a block with what is `given` to the next block's parameters."""
        source, target = image.entry.source, image.exits[0].target
        block = self.function.new_block()
        args = [self._known_as(value, param, block) for param, value in given.items()]
        for value, stands in standing.items():
            value.make_equal_to(self._known_as(stands, value, block))
            self.numbers[value.id] = self.numbers[stands.id]
        self.given.update(given.values(), standing.values())
        block.set_terminator(Terminator(JUMP, (), (Edge(target, tuple(args)),), (), source.end.span))
        self.function.redirect(image.entry.edge, block)
        self.gone.update(image.blocks)
        self.changes += 1

    def _used_outside(self, image: _Image) -> list[Value]:
        """The values of a loop that are used behind it, otherwise than by going over the edges out of it."""
        if self._used is None:
            self._used = users(self.function)
            self._ends = {id(block.end): block for block in self.order}
        inside = set(image.blocks)
        found: list[Value] = []
        for value in image.numbers:
            if value in self.given:
                found.append(value)
                continue
            for user in self._used.get(value, ()):
                block = user.block if isinstance(user, Instr) else self._ends.get(id(user))
                if block is not None and block not in inside:
                    found.append(value)
                    break
        return found

    def _standing_for(self, number: int, value: Value, image: _Image, leader: _Image) -> Value | None:
        """What stands for `value`, of that number, in front of a loop: itself, if it is made outside; a constant;
        else what the leader made last."""
        if value not in image.numbers or (isinstance(value, Instr) and value.op is CONST):
            return value.find()
        for known in leader.values.get(number, ()):
            if self.tree.dominates(known.block, image.entry.source):
                return known.find()
        return None

    def _given(self, place: int, image: _Image, leader: _Image) -> Value | None:
        """What the block behind a loop gets for a parameter: what the block behind the leader got, or a value."""
        numbers = [row[place] for row in image.leaving]
        behind = leader.exits[0].target
        if len(self.incoming[behind]) == len(leader.exits) and self.tree.dominates(behind, image.entry.source):
            for index, param in enumerate(behind.params):
                if [row[index] for row in leader.leaving] == numbers:
                    return param.find()
        if any(number != numbers[0] for number in numbers):
            return None
        return self._standing_for(numbers[0], image.exits[0].args[place], image, leader)

    def _known_as(self, value: Value, wanted: Value, block: Block) -> Value:
        """The value, or a narrowing of it in `block` that knows as much as `wanted`; constants are made anew."""
        if isinstance(value, Instr) and value.op is CONST:
            return block.append(self.function.new_instr(CONST, (), type=value.type, aux=value.aux, span=value.span))
        if value.fact <= wanted.fact:
            return value
        fact = value.fact & wanted.fact
        return block.append(Instr(self.function.new_id(), NARROW, (value,), value.type, fact, None, wanted.span))

    def finish(self) -> int:
        """Drop the blocks of the loops that went; gives how many loops."""
        self.function.remove_blocks(self.gone)
        self.context.count(f"{self.pass_name}.loops", self.changes)
        return self.changes


def _edges_out(blocks: list[Block]) -> list[Edge]:
    """The edges from some blocks to others."""
    inside = set(blocks)
    return [edge for block in blocks for edge in block.end.edges if edge.target not in inside]
