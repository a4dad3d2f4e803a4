"""Loops that hand on what they carry from variable to variable are written out a few times, so that nothing is copied.

    unroll(function, classes, frequencies)        whether it did

`a, b = b, a % b` copies in every turn, for what is `b` now is `a` in the next. Where the body stands twice, the two
variables change places between the copies instead. Each innermost loop that is short, and whose back edges copy by the
classes found for it as it is, gets as many copies of its body as its longest chain of copies asks for.

Requires: operations of Bril (`legalize`), so that instructions are a few to each of the IR; every block is reached.
Ensures: valid IR of the same meaning; outside the loop, what it defines is read through parameters of the blocks that
it leads to, or of those where ways from it meet. A loop is left as it is where many blocks would have to know. Linear.
Source: unrolling by the period of copies: after the modulo variable expansion of M. Lam, "Software pipelining" (1988).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ssair.cfg import Incoming, incoming_edges
from ssair.facts import top
from ssair.frontends.bril.coalesce import Classes, is_constant
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value, replace_operands
from ssair.loops import Loop, loop_forest
from ssair.types import MEM

#: How many instructions a loop may have, and how many copies of its body there may be.
_LONGEST: Final = 48
_MOST_COPIES: Final = 4
#: How often, to each turn, the copies on its back edges must run together.
_OFTEN: Final = 0.4
#: How many blocks may have to know, for each value, which copy of it has been made; summed over the values of a loop.
_WIDEST: Final = 400


@dataclass(slots=True, eq=False)
class _Body:
    """A loop that may be written out: its blocks, and the uses of what it defines that are outside."""

    loop: Loop
    blocks: list[Block] = field(default_factory=list)
    escaping: dict[Value, list[tuple[Instr | Terminator, Block]]] = field(default_factory=dict)
    #: The blocks, and later those of its copies too; for membership only.
    inside: set[Block] = field(default_factory=set)


def unroll(function: Function, classes: Classes, frequencies: Frequencies) -> bool:
    """Write out the loops that it pays for; whether there were any."""
    bodies = _innermost(function)
    wanted = [(body, turns) for body in bodies if (turns := _turns(body, classes, frequencies)) > 1]
    if not wanted:
        return False
    _find_escaping(function, [body for body, _ in wanted])
    plans = [(body, turns) for body, turns in wanted if not _is_wide(function, body)]
    unrollings = [_Unrolling(function, body, turns) for body, turns in plans]
    _find_escaping(function, [body for body, _ in plans])  # other loops that read them have been written out too
    for unrolling in unrollings:
        unrolling.join()
    for unrolling in unrollings:
        unrolling.drop_params()
    for block in function.blocks:
        for instr in block.instrs:
            instr.args = tuple([value.find() for value in instr.args])
        replace_operands(block.end, Value.find)
    return bool(plans)


def _innermost(function: Function) -> list[_Body]:
    """The loops without cycles in them that are short enough."""
    forest = loop_forest(function)
    around = {loop.parent for loop in forest.loops}
    bodies = {loop: _Body(loop) for loop in forest.loops if loop not in around}
    for block in function.blocks:
        loop = forest.innermost.get(block)
        if loop is not None and loop in bodies:
            bodies[loop].blocks.append(block)
            bodies[loop].inside.add(block)
    return [
        body for body in bodies.values() if body.inside.isdisjoint(forest.irreducible) and _length(body) <= _LONGEST
    ]


def _length(body: _Body) -> int:
    return sum(len(block.instrs) + 1 for block in body.blocks)


# ---- what pays ----------------------------------------------------------------------------------------------------


def _turns(body: _Body, classes: Classes, frequencies: Frequencies) -> int:
    """How many copies of its body a loop asks for; 1 if its back edges copy too little."""
    header = body.loop.header
    copied = 0.0
    chain: dict[Value, Value] = {}
    for latch in body.loop.latches:
        for edge in latch.end.edges:
            if edge.target is header:
                copies = _copies(edge, classes)
                copied += len(copies) * frequencies.of_edge[edge]
                chain.update(copies)
    if copied < _OFTEN * frequencies.of_block[header]:
        return 1
    return min(max(2, *(_chain_length(param, chain) for param in chain)), _MOST_COPIES)


def _copies(edge: Edge, classes: Classes) -> dict[Value, Value]:
    """The parameters that an edge copies to, with what it copies."""
    return {
        param: arg
        for param, arg in zip(edge.target.params, edge.args, strict=True)
        if param.type is not MEM and not is_constant(arg) and classes.leader(param) is not classes.leader(arg)
    }


def _chain_length(param: Value, chain: dict[Value, Value]) -> int:
    """How many parameters hand on what they have to the next, from `param` on."""
    seen = {param}
    while (param := chain.get(param, param)) not in seen:
        if param not in chain:
            break
        seen.add(param)
    return len(seen)


# ---- what is read outside -----------------------------------------------------------------------------------------


def _find_escaping(function: Function, bodies: list[_Body]) -> None:
    """Note the uses outside of what loops define."""
    body_of = {block: body for body in bodies for block in body.inside}
    for body in bodies:
        body.escaping.clear()
    for block in function.blocks:
        here = body_of.get(block)
        users: list[Instr | Terminator] = [*block.instrs, block.end]
        for user in users:
            for value in user.args if isinstance(user, Instr) else user.operands():
                source = body_of.get(value.block) if not is_constant(value) else None
                if source is not None and source is not here:
                    source.escaping.setdefault(value, []).append((user, block))


def _region(body: _Body, value: Value, incoming: dict[Block, list[Incoming]], most: int | None = None) -> list[Block]:
    """The blocks outside of a loop on the ways from it to the uses of a value that it defines; some, if `most` are."""
    found = dict.fromkeys(block for _, block in body.escaping[value])
    work = list(found)
    while work and (most is None or len(found) <= most):
        for entry in incoming[work.pop()]:
            if entry.source not in body.inside and entry.source not in found:
                found[entry.source] = None
                work.append(entry.source)
    return list(found)


def _is_wide(function: Function, body: _Body) -> bool:
    """Whether many blocks would have to know what has been made of the values that are read outside."""
    incoming = incoming_edges(function)
    left = _WIDEST
    for value in body.escaping:
        left -= len(_region(body, value, incoming, left))
        if left < 0:
            return True
    return False


# ---- writing out --------------------------------------------------------------------------------------------------


class _Unrolling:
    """Writes one loop out."""

    def __init__(self, function: Function, body: _Body, turns: int) -> None:
        """Let the loop have `turns` copies of its body, which lead to one another."""
        self.function = function
        self.body = body
        #: The blocks of each copy by those of the loop, and the values by those of the loop; the loop itself first.
        self.blocks: list[dict[Block, Block]] = [{block: block for block in body.blocks}]
        self.values: list[dict[Value, Value]] = [{}]
        for _ in range(turns - 1):
            self._copy_definitions()
        for blocks, values in zip(self.blocks[1:], self.values[1:], strict=True):
            for block, twin in blocks.items():
                self._copy_uses(block, twin, blocks, values)
        header = body.loop.header
        for blocks, following in zip(self.blocks, [*self.blocks[1:], self.blocks[0]], strict=True):
            body.inside.update(blocks.values())
            for latch in body.loop.latches:
                for edge in blocks[latch].end.edges:
                    if edge.target is blocks[header]:
                        function.redirect(edge, following[header], edge.args)

    def _copy_definitions(self) -> None:
        function = self.function
        blocks: dict[Block, Block] = {}
        values: dict[Value, Value] = {}
        for block in self.body.blocks:
            twin = blocks[block] = function.new_block()
            for param in block.params:
                values[param] = copy = twin.add_param(param.type, param.fact, param.span)
                copy.name = param.name
            for instr in block.instrs:
                made = Instr(function.new_id(), instr.op, (), instr.type, instr.fact, instr.aux, instr.span)
                values[instr] = twin.append(made)
        self.blocks.append(blocks)
        self.values.append(values)

    def _copy_uses(self, block: Block, twin: Block, blocks: dict[Block, Block], values: dict[Value, Value]) -> None:
        for instr, copy in zip(block.instrs, twin.instrs, strict=True):
            copy.args = tuple([values.get(value, value) for value in instr.args])
        end = block.end
        edges = tuple(
            Edge(blocks.get(edge.target, edge.target), tuple([values.get(value, value) for value in edge.args]))
            for edge in end.edges
        )
        args = tuple([values.get(value, value) for value in end.args])
        twin.set_terminator(Terminator(end.op, args, edges, end.aux, end.span))

    def drop_params(self) -> None:
        """Let the head of a copy that one edge leads to use what that edge gives."""
        incoming = incoming_edges(self.function)
        for blocks in self.blocks[1:]:
            header = blocks[self.body.loop.header]
            if len(incoming[header]) == 1:
                edge = incoming[header][0].edge
                for param, arg in zip(header.params, edge.args, strict=True):
                    param.forward = arg
                header.params, edge.args = [], ()

    # ---- what is read outside -------------------------------------------------------------------------------------

    def join(self) -> None:
        """Let what is read outside be the copy of it that the way there has made."""
        incoming = incoming_edges(self.function)
        for value in self.body.escaping:
            self._join(value, _region(self.body, value, incoming))

    def _join(self, value: Value, region: list[Block]) -> None:
        versions = {
            twin: values.get(value, value)
            for blocks, values in zip(self.blocks, self.values, strict=True)
            for twin in blocks.values()
        }
        known: dict[Block, Value] = {}
        joins: dict[Block, Param] = {}
        incoming = incoming_edges(self.function)
        changed = True
        while changed:
            changed = False
            for block in region:
                if block in joins:
                    continue
                sources = [versions.get(entry.source) or known.get(entry.source) for entry in incoming[block]]
                found = {source for source in sources if source is not None}
                if len(found) > 1:
                    known[block] = joins[block] = block.add_param(value.type, top(value.type), value.span)
                    changed = True
                elif found and known.get(block) not in found:
                    known[block] = found.pop()
                    changed = True
        for block in joins:
            for entry in incoming[block]:
                entry.edge.args += (versions.get(entry.source) or known[entry.source],)
        for user, block in self.body.escaping[value]:
            _replace(user, value, known[block])


def _replace(user: Instr | Terminator, value: Value, other: Value) -> None:
    def replaced(arg: Value) -> Value:
        return other if arg is value else arg

    if isinstance(user, Instr):
        user.args = tuple(map(replaced, user.args))
    else:
        replace_operands(user, replaced)
