"""Loops written out: copies of their code, with variables renamed where they change places from turn to turn.

    write_out(code, plans, rotations, constants)          the blocks of code, those of the turns among them

All is done in code that has left SSA form: a copy of a turn shares its instructions with the turn as it is, but for
those that are written otherwise there. What is read behind the loop is in the same variables as before: where a turn is
left whose variables have changed places, those that are still needed are copied back.

Requires: edges of loops that rotate, those back to the header and those out of the loop, stand apart (`Code`); what
plans ask to be constants are. Linear in what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ssair.frontends.bril.layout import CodeBlock
from ssair.frontends.bril.write_bodies import Body
from ssair.frontends.bril.write_code import Code
from ssair.frontends.bril.write_constant_uses import key_of
from ssair.frontends.bril.write_constants import Placed
from ssair.frontends.bril.write_frequencies import TRIPS
from ssair.frontends.bril.write_plans import Plan
from ssair.frontends.bril.write_rotation import MOST_TURNS, Moves, Rotation
from ssair.frontends.bril.write_rows import Row, form_of, row_of
from ssair.ir import Block, Edge, Instr
from ssair.ops import CONST
from ssair.types import BOOL, I64, Type

#: By the identity of a row, what is written for it; None if nothing is.
_Edits = dict[int, Row | None]
_NOWHERE: Final[Moves] = {}
_ADD: Final = form_of("add", I64)
_SUB: Final = form_of("sub", I64)


class _Turn:
    """One copy of the body of a loop."""

    def __init__(self, moves: Moves, names: dict[str, str], blocks: dict[Block, CodeBlock], header: Block) -> None:
        self.moves = moves
        #: What variables are renamed to.
        self.names = names
        self.blocks = blocks
        self.head = blocks[header]


class _Loop:
    """One loop that is written out."""

    def __init__(self, code: Code, body: Body, rotation: Rotation | None) -> None:
        self.code = code
        self.body = body
        self.rotation = rotation
        self.inside = body.inside
        self.header = code.of_block[body.header]
        #: What the loop begins with now, and all blocks of code that are new.
        self.beginning = self.header
        self.made: list[CodeBlock] = []

    def new_block(
        self, runs: float, code: list[Row], targets: tuple[CodeBlock, ...] = (), arg: str | None = None
    ) -> CodeBlock:
        block = CodeBlock(runs, code, targets, arg)
        self.made.append(block)
        return block

    def moves(self, number: int) -> Moves:
        """What has another's variable in a turn."""
        return self.rotation.names(number) if self.rotation is not None else _NOWHERE

    def turn(self, number: int, edits: _Edits) -> _Turn:
        """A copy of the body, which leads nowhere yet."""
        moves = self.moves(number)
        names = self._variables(moves)
        blocks = {}
        for block in self.body.blocks:
            of_block = self.code.of_block[block]
            arg = of_block.arg
            renamed = names.get(arg, arg) if arg is not None else None
            blocks[block] = self.new_block(of_block.runs, _edited(of_block.code, edits, names), (), renamed)
        return _Turn(moves, names, blocks, self.body.header)

    def _variables(self, moves: Moves) -> dict[str, str]:
        variable = self.code.variable
        return {variable(value): variable(other) for value, other in moves.items()}

    def rotate(self, count: int) -> None:
        """As many turns as are asked for, each with its test."""
        turns = [self.turn(number, {}) for number in range(count)]
        for turn, following in zip(turns, [*turns[1:], turns[0]], strict=True):
            turn.head.targets = self.ways(turn, self.body.header, following.head, following.names)
            self.lead(turn, following.head, following.names)
        self.beginning = turns[0].head

    def lead(self, turn: _Turn, following: CodeBlock, names: Mapping[str, str]) -> None:
        """Let a turn, its header aside, be followed by another header, where variables have other `names`."""
        for block, code_block in turn.blocks.items():
            if block is not self.body.header:
                code_block.targets = self.ways(turn, block, following, names)

    def ways(self, turn: _Turn, block: Block, following: CodeBlock, names: Mapping[str, str]) -> tuple[CodeBlock, ...]:
        """Where a block of a turn leads."""
        return tuple([self.way(turn, edge, following, names) for edge in block.end.edges])

    def way(self, turn: _Turn, edge: Edge, following: CodeBlock, names: Mapping[str, str]) -> CodeBlock:
        """What an edge leads to in a turn: its copies, or its target."""
        target = edge.target
        if target is self.body.header:
            if self.rotation is not None:
                return self._copying(edge, self.code.copies(edge, turn.names, names), following)
            return self._on_edge(turn, edge, following)
        if target in self.inside:
            return self._on_edge(turn, edge, turn.blocks[target])
        return self.way_out(turn.moves, turn.names, edge)

    def way_out(self, moves: Moves, names: Mapping[str, str], edge: Edge) -> CodeBlock:
        """What an edge that leaves the loop leads to, where variables have changed places."""
        target = self.code.of_block[edge.target]
        if not moves:
            return self.code.on_edge.get(edge, target)
        back: dict[str, tuple[str, Type]] = {}
        for value in moves:
            if self.code.classes.is_live_in(value, edge.target):
                variable = self.code.variable(value)
                back[variable] = names[variable], value.type
        return self._copying(edge, self.code.copies(edge, names, {}, back), target)

    def own_blocks(self) -> list[CodeBlock]:
        """The blocks that go back to the header without beginning the loop anew, among others of the loop."""
        of_block, on_edge = self.code.of_block, self.code.on_edge
        edges = [edge for block in self.body.blocks for edge in block.end.edges if edge.target is self.body.header]
        own = [of_block[block] for block in self.body.blocks] + self.made
        return own + [on_edge[edge] for edge in edges if edge in on_edge]

    def _copying(self, edge: Edge, copies: list[Row], target: CodeBlock) -> CodeBlock:
        return self.new_block(self.code.frequencies.of_edge[edge], copies, (target,)) if copies else target

    def _on_edge(self, turn: _Turn, edge: Edge, target: CodeBlock) -> CodeBlock:
        known = self.code.on_edge.get(edge)
        return self.new_block(known.runs, _edited(known.code, {}, turn.names), (target,)) if known else target


class _Counted(_Loop):
    """A loop that counts."""

    def __init__(self, code: Code, plan: Plan, rotation: Rotation | None, constants: Placed) -> None:
        super().__init__(code, plan.body, rotation)
        self.plan = plan
        self.constants = constants
        self.counter = code.variable(plan.count.param)
        self.stay = plan.body.header.end.edges[plan.count.stay]
        self.leave = plan.body.header.end.edges[1 - plan.count.stay]
        assert self.header.arg is not None
        #: What a test of several turns is put into.
        self.condition = self.header.arg if plan.condition_is_free else code.names.fresh()
        self.runs_before = self.header.runs / TRIPS
        if plan.behind is None:
            self.test_for_several()
        else:
            self.make_turns(plan.together, plan.behind)

    def constant(self, constant: Instr) -> str:
        """The variable that a constant is in."""
        return self.code.variable(self.constants.wanted[key_of(constant), self.body.header])

    def turns(self, count: int) -> list[_Turn]:
        """Some turns that follow each other without a test, which lead nowhere yet."""
        made = [self.turn(number, self._edits(number, count)) for number in range(count)]
        for turn in made:
            turn.head.arg = None
        return made

    def _edits(self, number: int, count: int) -> _Edits:
        """What is written otherwise in one of some turns."""
        edits: _Edits = {}
        noted = self.code.noted
        if self.plan.condition_is_free:
            condition = self.body.header.end.args[0]
            assert isinstance(condition, Instr)
            edits[id(noted[condition])] = None
        for each in self.plan.sums:
            made = noted[each.addition]
            variable = self.code.variable(each.param)
            if made[1] != variable:
                continue
            if number < count - 1:
                edits[id(made)] = None
            elif count > 1:
                total = self.constant(self.plan.constant(count * each.step))
                edits[id(made)] = row_of(_ADD, variable, variable, total)
        return edits

    def chain(self, turns: Sequence[_Turn], beyond: CodeBlock, names: Mapping[str, str]) -> None:
        """Let turns follow each other, the last one by another header."""
        heads = [turn.head for turn in turns[1:]]
        for turn, head, there in zip(turns, [*heads, beyond], [*(t.names for t in turns[1:]), names], strict=True):
            turn.head.targets = (self.way(turn, self.stay, head, there),)
            self.lead(turn, head, there)

    def is_straight(self) -> bool:
        """Whether nothing in a turn branches, its header aside."""
        return all(len(block.end.edges) == 1 for block in self.body.blocks[1:])

    def straight_turns(self, count: int, after: Mapping[str, str]) -> list[tuple[list[Row], list[Row]]]:
        """The code of some turns that are straight: of the header, and of the rest; behind them names are `after`."""
        names = [self._variables(self.moves(number)) for number in range(count)]
        made: list[tuple[list[Row], list[Row]]] = []
        for number, here in enumerate(names):
            if 0 < number < count - 1 and self.rotation is None:
                made.append(made[0])
                continue
            edits = self._edits(number, count)
            rest: list[Row] = []
            for block in self.body.blocks[1:]:
                rest += _edited(self.code.of_block[block].code, edits, here)
            if self.rotation is not None:
                (back,) = self.body.blocks[-1].end.edges
                rest += self.code.copies(back, here, names[number + 1] if number + 1 < count else after)
            made.append((_edited(self.header.code, edits, here), rest))
        return made

    def several(self, count: int) -> tuple[CodeBlock, CodeBlock]:
        """Turns that go round: where the first of them goes on behind its header, and where a test belongs."""
        if self.is_straight():
            turns = self.straight_turns(count, self._variables(self.moves(0)))
            code = list(turns[0][1])
            for head, rest in turns[1:]:
                code += head
                code += rest
            made = self.new_block(self.header.runs, code + turns[0][0])
            return made, made
        copies = self.turns(count)
        first = copies[0]
        self.chain(copies, first.head, first.names)
        return first.head.targets[0], first.head

    def ahead(self, count: int, beyond: CodeBlock, names: Mapping[str, str]) -> CodeBlock:
        """Turns that are made once, and lead on."""
        if self.is_straight():
            code: list[Row] = []
            for head, rest in self.straight_turns(count, names):
                code += head
                code += rest
            return self.new_block(self.runs_before, code, (beyond,))
        copies = self.turns(count)
        self.chain(copies, beyond, names)
        return copies[0].head

    def test(self, block: CodeBlock, ways: tuple[CodeBlock, CodeBlock]) -> None:
        """Let a block go the first way where there is room for several turns."""
        assert self.plan.limit is not None
        limit = self._limit_variable(self.plan.limit)
        test = row_of(form_of(self.plan.count.comparison.name, BOOL), self.condition, self.counter, limit)
        block.code = [*block.code, test]
        block.targets, block.arg = ways, self.condition

    def _limit_variable(self, limit: Instr) -> str:
        return self.constant(limit) if limit.op is CONST else self.code.variable(limit)

    # ---- the two ways to write it out -----------------------------------------------------------------------------

    def test_for_several(self) -> None:
        """A test of the first turn, one for several as long as there are so many, then the loop as it is."""
        begin, end = self.several(self.plan.together)
        self.test(end, (begin, self.header))
        more = self.new_block(self.runs_before, [*self._constants_in_front(), *self._limit_code()])
        stay, leave = self.header.targets[self.plan.count.stay], self.header.targets[1 - self.plan.count.stay]
        self.test(more, (begin, stay))
        ways = (more, leave) if self.plan.count.stay == 0 else (leave, more)
        self.beginning = self.new_block(self.runs_before, self.header.code, ways, self.header.arg)

    def _constants_in_front(self) -> list[Row]:
        return [self.code.constant(instr) for instr in self.constants.in_front.get(self.body.header, ())]

    def _limit_code(self) -> list[Row]:
        limit = self.plan.limit
        if limit is None or not self.plan.is_limit_late:
            return []
        bound, way = limit.args
        assert isinstance(way, Instr)
        return [row_of(_SUB, self.code.variable(limit), self.code.variable(bound), self.constant(way))]

    def make_turns(self, together: int, behind: int) -> None:
        """As many turns as are known to be made: `together` to a test as long as it takes, the others behind that."""
        moves = self.moves(behind)
        names = self._variables(moves)
        last = self.new_block(self.runs_before, self._last_code(names), (self.way_out(moves, names, self.leave),))
        beyond = self.ahead(behind, last, names) if behind else last
        if together:
            begin, end = self.several(together)
            head = _edited(self.header.code, self._edits(0, together), self._variables(self.moves(0)))
            enter = self.new_block(self.runs_before, head, (begin,))
            self.test(end, (begin, beyond))
            beyond = enter
        self.beginning = beyond

    def _last_code(self, names: Mapping[str, str]) -> list[Row]:
        """What the header does when the loop is over."""
        plan = self.plan
        condition = plan.body.header.end.args[0]
        assert isinstance(condition, Instr)
        edits: _Edits = {id(self.code.noted[condition]): None} if plan.condition_is_free else {}
        return _edited(self.header.code, edits, names)


def _edited(code: list[Row], edits: _Edits, names: Mapping[str, str]) -> list[Row]:
    """Code that has been written otherwise; the same list if it is as it was."""
    if edits:
        code = [made for one in code if (made := edits.get(id(one), one)) is not None]
    return [_renamed(one, names) for one in code] if names else code


def _renamed(row: Row, names: Mapping[str, str]) -> Row:
    _, dest, args, form = row
    renamed = [names.get(arg, arg) for arg in args]
    target = names.get(dest, dest)
    return row if target == dest and (*renamed,) == args else row_of(form, target, *renamed)


def write_out(
    code: Code, plans: Iterable[Plan], rotations: Mapping[Body, Rotation], constants: Placed
) -> list[CodeBlock]:
    """The blocks of a function, with the loops of plans and those that rotate written out."""
    loops: list[_Loop] = [_Counted(code, plan, rotations.get(plan.body), constants) for plan in plans]
    counted = {loop.body for loop in loops}
    for body, rotation in rotations.items():
        if body not in counted:
            loop = _Loop(code, body, rotation)
            loop.rotate(min(rotation.order, MOST_TURNS))
            loops.append(loop)
    if not loops:
        return code.blocks
    beginning = {loop.header: loop.beginning for loop in loops}
    #: By block of a loop, or of what has been made of it, its header.
    header_of: dict[CodeBlock, CodeBlock] = {}
    made_of: dict[CodeBlock, list[CodeBlock]] = {}
    for loop in loops:
        made_of[loop.header] = loop.made
        for block in loop.own_blocks():
            header_of[block] = loop.header
    blocks: list[CodeBlock] = []
    for block in code.blocks:
        if block in made_of:
            blocks += made_of[block]
        blocks.append(block)
    for block in blocks:
        for target in block.targets:
            if target in beginning and target is not header_of.get(block):
                _lead_to_beginnings(block, beginning, header_of.get(block))
                break
    return blocks


def _lead_to_beginnings(block: CodeBlock, beginning: Mapping[CodeBlock, CodeBlock], own: CodeBlock | None) -> None:
    """Let what leads to the headers of loops lead to what these begin with, but for its own."""
    block.targets = tuple([beginning.get(target, target) if target is not own else target for target in block.targets])
