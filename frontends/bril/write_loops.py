"""Short loops, copies of them, and which copy of a value is read behind them.

    bodies = innermost(function, 48)                  the loops without cycles in them, of up to 48 instructions
    bodies = without_wide(function, bodies)           but for those that would take many parameters behind them
    copy = BodyCopy(function, body)                   its blocks and values once more, leading where the body leads
    versions = Versions(function); versions.add(body, [copy])      …; versions.join()

Whoever copies bodies leads edges to the copies, and lets `join` see to it that what is read outside of a body is the
version of it that was made last on the way there; where ways with different versions meet, that takes a parameter.

Requires: operations of Bril (`legalize`); every block is reached when a copy is made. Linear, but for `join`, which
looks at up to `_WIDEST` blocks for each loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from ssair.cfg import Incoming, incoming_edges, reverse_postorder
from ssair.facts import top
from ssair.frontends.bril.coalesce import is_constant
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value, replace_operands
from ssair.loops import Loop, loop_forest

#: How many blocks may have to know, for each value, which copy of it has been made; summed over the values of a loop.
_WIDEST: Final = 400

#: Who uses a value, and in which block.
Use = tuple[Instr | Terminator, Block]


@dataclass(slots=True, eq=False)
class Body:
    """A loop without cycles in it, with its blocks in their order."""

    loop: Loop
    blocks: list[Block] = field(default_factory=list)

    def length(self) -> int:
        """How many instructions it has."""
        return sum(len(block.instrs) + 1 for block in self.blocks)


def innermost(function: Function, longest: int) -> list[Body]:
    """The loops without cycles in them that have up to `longest` instructions."""
    forest = loop_forest(function)
    if not forest.loops:
        return []
    around = {loop.parent for loop in forest.loops}
    bodies = {loop: Body(loop) for loop in forest.loops if loop not in around}
    irreducible: set[Loop] = set()
    for block in function.blocks:
        loop = forest.innermost.get(block)
        if loop is not None and loop in bodies:
            bodies[loop].blocks.append(block)
            if block in forest.irreducible:
                irreducible.add(loop)
    return [body for body in bodies.values() if body.loop not in irreducible and body.length() <= longest]


def without_wide(function: Function, bodies: list[Body]) -> list[Body]:
    """The bodies of which few blocks would have to know what has been made of the values that are read outside."""
    if not bodies:
        return []
    body_of = {block: body for body in bodies for block in body.blocks}
    escaping: dict[Body, dict[Value, list[Block]]] = {body: {} for body in bodies}
    for block in function.blocks:
        here = body_of.get(block)
        for value in _operands(block):
            if not is_constant(value):
                source = body_of.get(value.block)
                if source is not None and source is not here:
                    escaping[source].setdefault(value, []).append(block)
    incoming = incoming_edges(function)
    return [body for body in bodies if not _is_wide(body, escaping[body], incoming)]


def _is_wide(body: Body, escaping: dict[Value, list[Block]], incoming: dict[Block, list[Incoming]]) -> bool:
    left = _WIDEST
    for blocks in escaping.values():
        left -= len(_region(blocks, set(body.blocks), incoming, left))
        if left < 0:
            return True
    return False


def _operands(block: Block) -> list[Value]:
    return [*(value for instr in block.instrs for value in instr.args), *block.end.operands()]


def _region(
    uses: list[Block], made: set[Block], incoming: dict[Block, list[Incoming]], most: int | None = None
) -> list[Block]:
    """The blocks on the ways to uses, those that make the value aside; some of them, if there are more than `most`."""
    found = dict.fromkeys(uses)
    work = list(found)
    while work and (most is None or len(found) <= most):
        for entry in incoming[work.pop()]:
            if entry.source not in made and entry.source not in found:
                found[entry.source] = None
                work.append(entry.source)
    return list(found)


class BodyCopy:
    """A copy of a body: by its blocks and values, those of the copy. What is outside is the same to both."""

    def __init__(self, function: Function, body: Body) -> None:
        self.blocks: dict[Block, Block] = {}
        self.values: dict[Value, Value] = {}
        for block in body.blocks:
            twin = self.blocks[block] = function.new_block()
            for param in block.params:
                self.values[param] = copy = twin.add_param(param.type, param.fact, param.span)
                copy.name = param.name
            for instr in block.instrs:
                made = Instr(function.new_id(), instr.op, (), instr.type, instr.fact, instr.aux, instr.span)
                self.values[instr] = twin.append(made)
        for block, twin in self.blocks.items():
            for instr, made in zip(block.instrs, twin.instrs, strict=True):
                made.args = self.of(instr.args)
            end = block.end
            edges = [Edge(self.blocks.get(edge.target, edge.target), self.of(edge.args)) for edge in end.edges]
            twin.set_terminator(Terminator(end.op, self.of(end.args), tuple(edges), end.aux, end.span))

    def of(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """What stands for some values in the copy."""
        known = self.values
        return tuple([known.get(value, value) for value in values])


class Versions:
    """Values of loops of which there are several versions by now."""

    def __init__(self, function: Function) -> None:
        self.function = function
        #: By value, the blocks that make a version of it.
        self._made: dict[Value, dict[Block, Value]] = {}
        #: The body that a block is of, or of a copy of which; a copy is one of its own.
        self._within: dict[Block, object] = {}

    def add(self, body: Body, copies: list[BodyCopy]) -> None:
        """Note the copies of a body."""
        for block in body.blocks:
            self._within[block] = body
            twins = [(copy.blocks[block], copy.values) for copy in copies]
            for value in (*block.params, *block.instrs):
                made = self._made[value] = {block: value}
                for twin, values in twins:
                    made[twin] = values[value]
        for copy in copies:
            self._within.update(dict.fromkeys(copy.blocks.values(), copy))

    def add_version(self, value: Value, version: Value) -> None:
        """Note that `version` is made where control comes that went past `value` without making it, or had it made."""
        self._made[value][version.block] = version

    def join(self) -> None:
        """Let what is read outside of a body be the version of it that the way there has made."""
        outside = self._uses_outside()
        if outside:
            rank = {block: number for number, block in enumerate(reverse_postorder(self.function))}
            for value, uses in outside.items():
                self._join(value, uses, rank)

    def _uses_outside(self) -> dict[Value, list[Use]]:
        found: dict[Value, list[Use]] = {}
        made, within = self._made, self._within
        for block in self.function.blocks:
            here = within.get(block)
            users: list[Instr | Terminator] = [*block.instrs, block.end]
            for user in users:
                for value in user.args if isinstance(user, Instr) else user.operands():
                    if value in made and within[value.block] is not here and not is_constant(value):
                        uses = found.setdefault(value, [])
                        if not uses or uses[-1][0] is not user:
                            uses.append((user, block))
        return found

    def _join(self, value: Value, uses: list[Use], rank: dict[Block, int]) -> None:
        made = self._made[value]
        incoming = incoming_edges(self.function)
        region = _region([block for _, block in uses], set(made), incoming)
        order = sorted((block for block in region if block in rank), key=rank.__getitem__)
        known: dict[Block, Value] = {}
        joins: dict[Block, Param] = {}
        changed = True
        while changed:
            changed = False
            for block in order:
                if block in joins:
                    continue
                sources = [made.get(entry.source) or known.get(entry.source) for entry in incoming[block]]
                found = dict.fromkeys(source for source in sources if source is not None)
                if len(found) > 1:
                    known[block] = joins[block] = block.add_param(value.type, top(value.type), value.span)
                    changed = True
                elif found and known.get(block) not in found:
                    known[block] = next(iter(found))
                    changed = True
        for block in joins:
            for entry in incoming[block]:
                entry.edge.args += (made.get(entry.source) or known[entry.source],)
        for user, block in uses:
            _replace(user, value, known[block])


def _replace(user: Instr | Terminator, value: Value, other: Value) -> None:
    def replaced(arg: Value) -> Value:
        return other if arg is value else arg

    if isinstance(user, Instr):
        user.args = tuple(map(replaced, user.args))
    else:
        replace_operands(user, replaced)


def drop_params(function: Function, blocks: Iterable[Block]) -> None:
    """Let those of some blocks that one edge leads to use what that edge gives; see `forward_all`."""
    incoming = incoming_edges(function)
    for block in blocks:
        if block.params and len(incoming[block]) == 1:
            edge = incoming[block][0].edge
            for param, arg in zip(block.params, edge.args, strict=True):
                param.forward = arg
            block.params, edge.args = [], ()


def forward_all(function: Function) -> None:
    """Let every use be of what stands for its operand."""
    for block in function.blocks:
        for instr in block.instrs:
            for value in instr.args:
                if value.forward is not None:
                    instr.args = tuple([value.find() for value in instr.args])
                    break
        replace_operands(block.end, Value.find)
