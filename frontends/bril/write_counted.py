"""Loops that count are written out so that one test stands for several turns, or none for any.

    unroll_counted(function)        whether it did

Of the instructions of a short loop those that test and count are a third. So a loop that counts `i` up to `n` by `s`

    while i < n: B              is written      if i < n:
                                                    while i < n - 3 * s: B; B; B; B
                                                    while i < n: B

where `n - 3 * s` does not wrap; and a loop that is known to make `t` turns is written out if it is short, else it makes
several turns to a test, and those that are left behind it. `B` may leave the loop.

Requires: operations of Bril (`legalize`); every block is reached. Ensures: valid IR of the same meaning, at most
`_MOST_ADDED` instructions or the function's own number longer. Linear, but for `write_loops`.
Source: loop unrolling with a loop for what is left, as in J. Dongarra, A. Hinds, "Unrolling loops in FORTRAN" (1979).
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import incoming_edges
from ssair.dominators import dominator_tree
from ssair.frontends.bril.coalesce import is_constant
from ssair.frontends.bril.legalize import remove_unreached
from ssair.frontends.bril.write_beginnings import constant
from ssair.frontends.bril.write_counting import Count, find_count
from ssair.frontends.bril.write_folding import fold
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_loops import (
    Body,
    BodyCopy,
    Versions,
    drop_params,
    forward_all,
    innermost,
    without_wide,
)
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value, replace_operands
from ssair.ops import BRANCH, CALL_OP, CONST, JUMP, OPS
from ssair.types import I64

_SUB: Final = OPS["sub"]
#: How many turns one test stands for, and how many instructions these may be.
_TOGETHER: Final = 4
_LONGEST: Final = 112
#: Up to how many turns, and instructions, a loop is written out altogether.
_MOST_TURNS: Final = 64
_LONGEST_ALTOGETHER: Final = 160
#: How much longer a function may become, if not by its own length.
_MOST_ADDED: Final = 600


def unroll_counted(function: Function) -> bool:
    """Write out the loops that count; whether there were any."""
    short = innermost(function, _LONGEST)
    if not short:
        return False
    incoming = incoming_edges(function)
    left = max(_MOST_ADDED, sum(len(block.instrs) for block in function.blocks))
    plans: dict[Body, _Plan] = {}
    for body in short:
        count = find_count(body, incoming)
        plan = _plan(body, count) if count is not None else None
        if plan is not None and plan.copies * body.length() <= left:
            left -= plan.copies * body.length()
            plans[body] = plan
    bodies = without_wide(function, list(plans))
    if not bodies:
        return False
    limits = _Limits(function)
    entries = _Entries(function, bodies)
    unrollings = [_Unrolling(function, body, plans[body], limits, entries) for body in bodies]
    versions = Versions(function)
    for unrolling in unrollings:
        versions.add(unrolling.body, unrolling.copies)
        for value, version in unrolling.more_versions():
            versions.add_version(value, version)
    remove_unreached(function)
    versions.join()
    kept = frozenset(unrolling.first_test for unrolling in unrollings if unrolling.first_test is not None)
    drop_params(function, [block for block in function.blocks if block not in kept])
    forward_all(function)
    fold(function, kept)
    return True


class _Plan:
    """How a loop is written out: how many turns to a test, and how many behind that; None if that is not known."""

    def __init__(self, count: Count, together: int, behind: int | None) -> None:
        self.count = count
        self.together = together
        self.behind = behind

    @property
    def copies(self) -> int:
        """How many copies of the body that takes."""
        return self.together + (self.behind or 0)


def _plan(body: Body, count: Count) -> _Plan | None:
    """How to write a loop out; None if it is not to be."""
    header, length, turns = body.loop.header, body.length(), count.turns
    if not all(instr.op.pure for instr in header.instrs):
        return None
    if turns is not None and 0 < turns <= _MOST_TURNS and turns * length <= _LONGEST_ALTOGETHER:
        return _Plan(count, 0, turns)
    if _TOGETHER * length > _LONGEST or not count.has_room(_TOGETHER):
        return None
    if turns is None:
        return None if _calls(body) else _Plan(count, _TOGETHER, None)
    room = count.has_room(2 * _TOGETHER)
    return _Plan(count, _TOGETHER, turns % _TOGETHER) if turns >= _TOGETHER and room else None


def _calls(body: Body) -> bool:
    """Whether a loop calls, which costs more than its test; what calls itself from a loop makes few turns."""
    return any(instr.op is CALL_OP for block in body.blocks for instr in block.instrs)


class _Limits:
    """Bounds less the way of some turns, made once where that runs least often."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self._tree = dominator_tree(function)
        self._runs = Frequencies(function).of_block
        self._made: dict[tuple[Value, int, Block], Instr] = {}
        #: The nearest dominator that runs less often.
        self._cheaper: dict[Block, Block | None] = {}
        for block in self._tree.preorder:
            above = self._tree.idom.get(block)
            while above is not None and not self._runs[above] < self._runs[block]:
                above = self._cheaper[above]
            self._cheaper[block] = above

    def limit(self, bound: Value, way: int, header: Block) -> Value:
        """`bound - way`, for a loop with this header; whoever wants it places it if no block is better for it."""
        new = self.function.new_instr
        known = constant(bound)
        if known is not None:
            return new(CONST, type=I64, aux=known - way)
        step, above = None, self._cheaper[header]
        while above is not None and self._tree.dominates(bound.block, above):
            step, above = above, self._cheaper[above]
        if step is None:
            return new(_SUB, (bound, new(CONST, type=I64, aux=way)))
        key = (bound, way, step)
        if key not in self._made:
            self._made[key] = step.append(new(_SUB, (bound, new(CONST, type=I64, aux=way))))
        return self._made[key]


class _Entries:
    """The edges that lead into loops from outside, of which some lead elsewhere, and new ones come, meanwhile."""

    def __init__(self, function: Function, bodies: list[Body]) -> None:
        self._function = function
        self._edges: dict[Block, list[Edge]] = {body.loop.header: [] for body in bodies}
        self._header_around = {block: body.loop.header for body in bodies for block in body.blocks}
        self._looked_at = 0

    def of(self, header: Block) -> list[Edge]:
        """The edges that lead there now; every block is looked at once, when it is complete."""
        blocks = self._function.blocks
        for block in blocks[self._looked_at :]:
            for edge in block.end.edges:
                if edge.target in self._edges and self._header_around.get(block) is not edge.target:
                    self._edges[edge.target].append(edge)
        self._looked_at = len(blocks)
        return [edge for edge in self._edges[header] if edge.target is header]


class _Unrolling:
    """Writes one loop out."""

    def __init__(self, function: Function, body: Body, plan: _Plan, limits: _Limits, entries: _Entries) -> None:
        self.function = function
        self.body = body
        self.header = body.loop.header
        self.count = plan.count
        self.entries = entries.of(self.header)
        #: Behind the test, in the loop as it is, what stands for the values that the header makes.
        self.passed = self._pass_through()
        self.copies = [BodyCopy(function, body) for _ in range(plan.copies)]
        #: The header whose test is the first one, if there is one: what the loop begins with is made once for both, as
        #: long as it keeps its parameters.
        self.first_test: Block | None = None
        #: The values of headers without a loop, by those of the header.
        self._alone: list[dict[Value, Value]] = []
        if plan.behind is None:
            limit = limits.limit(plan.count.bound, (plan.together - 1) * plan.count.step, self.header)
            self._test_for_several(limit)
        else:
            limit = limits.limit(plan.count.bound, plan.behind * plan.count.step, self.header)
            self._make_turns(plan.together, limit)

    def _pass_through(self) -> dict[Value, Param]:
        """Put a block behind the test whose parameters are what the rest of the loop reads of the header."""
        header, body = self.header, self.body
        made = {value for value in (*header.params, *header.instrs) if not is_constant(value)}
        self.behind = behind = self.function.new_block()
        edge = header.end.edges[self.count.stay]
        behind.set_terminator(Terminator(JUMP, (), (Edge(edge.target, edge.args),)))
        body.blocks.insert(body.blocks.index(header) + 1, behind)
        passed: dict[Value, Param] = {}

        def renamed(value: Value) -> Value:
            if value not in made:
                return value
            if value not in passed:
                passed[value] = param = behind.add_param(value.type, value.fact, value.span)
                param.name = value.name if isinstance(value, Param) else ""
            return passed[value]

        for block in body.blocks:
            if block is not header:
                for instr in block.instrs:
                    instr.args = tuple(map(renamed, instr.args))
                replace_operands(block.end, renamed)
        self.function.redirect(edge, behind, tuple(passed))
        return passed

    def more_versions(self) -> list[tuple[Value, Value]]:
        """The values of the loop, each with what is another version of it besides those in its copies."""
        found: list[tuple[Value, Value]] = []
        for value, param in self.passed.items():
            found += [(value, param), *((value, copy.values[param]) for copy in self.copies)]
        for values in self._alone:
            found += values.items()
        return found

    # ---- pieces ---------------------------------------------------------------------------------------------------

    def _header_alone(self) -> tuple[Block, dict[Value, Value]]:
        """A copy of the header, with what stands in it for the values of the header; it goes where the header goes."""
        copy = BodyCopy(self.function, Body(self.body.loop, [self.header]))
        self._alone.append(copy.values)
        return copy.blocks[self.header], copy.values

    def _enter(self, block: Block) -> None:
        """Begin the loop at another header."""
        for edge in self.entries:
            self.function.redirect(edge, block, edge.args)

    def _lead_back(self, copy: BodyCopy, header: Block) -> None:
        """Let the turn of a copy be followed by another header."""
        for latch in self.body.loop.latches:
            for edge in copy.blocks[latch].end.edges:
                if edge.target is copy.blocks[self.header]:
                    self.function.redirect(edge, header, edge.args)

    def _way(self, values: dict[Value, Value], behind: Block) -> Edge:
        """The way from a header, where `values` stand for its values, to a turn."""
        return Edge(behind, tuple([values.get(value, value) for value in self.passed]))

    def _jump(self, block: Block, edge: Edge) -> None:
        block.set_terminator(Terminator(JUMP, (), (edge,), (), self.header.end.span))

    def _test(self, block: Block, values: dict[Value, Value], limit: Value, ways: tuple[Edge, Edge]) -> None:
        """Let a block go the first way where what the loop counts has not come to a limit."""
        less = block.append(self.function.new_instr(self.count.comparison, (values[self.count.param], limit)))
        block.set_terminator(Terminator(BRANCH, (less,), ways, (), self.header.end.span))

    # ---- the two ways to write a loop out -------------------------------------------------------------------------

    def _make_turns(self, together: int, limit: Value) -> None:
        """As many turns as are known to be made: `together` to a test as long as it takes, the others behind that."""
        heads = [copy.blocks[self.header] for copy in self.copies]
        last, _ = self._header_alone()
        self._jump(last, last.end.edges[1 - self.count.stay])
        following = [*heads[1:], last]
        first, beyond = self.copies[0], following[together - 1] if together else last
        for copy, head in zip(self.copies, heads, strict=True):
            self._jump(head, self._way(copy.values, copy.blocks[self.behind]))
        if together:
            following[together - 1] = heads[0]
            stay, leave = self._way(first.values, first.blocks[self.behind]), Edge(beyond, tuple(heads[0].params))
            self._test(heads[0], first.values, limit, (stay, leave))
            enter, values = self._header_alone()
            self._jump(enter, self._way(values, first.blocks[self.behind]))
            self._enter(enter)
        else:
            self._enter(heads[0])
        for copy, head in zip(self.copies, following, strict=True):
            self._lead_back(copy, head)

    def _test_for_several(self, limit: Value) -> None:
        """A test of the first turn, one for several as long as there are so many, then the loop as it is."""
        heads = [copy.blocks[self.header] for copy in self.copies]
        for copy, head, following in zip(self.copies, heads, [*heads[1:], heads[0]], strict=True):
            self._lead_back(copy, following)
            self._jump(head, self._way(copy.values, copy.blocks[self.behind]))
        first = self.copies[0]
        stay, leave = self._way(first.values, first.blocks[self.behind]), Edge(self.header, tuple(heads[0].params))
        self._test(heads[0], first.values, limit, (stay, leave))
        enter, values = self._header_alone()
        self.first_test = enter
        more = self.function.new_block()
        self.function.redirect(enter.end.edges[self.count.stay], more)
        if isinstance(limit, Instr) and limit.op is _SUB and not hasattr(limit, "block"):
            more.append(limit)
        self._test(more, values, limit, (self._way(values, first.blocks[self.behind]), self._way(values, self.behind)))
        self._enter(enter)
