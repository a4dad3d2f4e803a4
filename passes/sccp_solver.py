"""The solver of `sccp`: the facts of all values at once, over the edges that can be taken.

Facts begin with nothing and grow until they hold of themselves (an optimistic fixed point, over loops too). An edge is
looked at only when the facts so far let it be taken; a block parameter joins what arrives over such edges; every other
value is what its operation's fact rule makes of the operands, within what was known before. (Where the operands' facts
are those that stand in the IR, so is the result's; it is evaluated only if nothing is known of an integer or truth
value.) At the target of an edge that leads back, a parameter that has grown `STEADY` times is widened
(`ssair.passes.widening`); what widening gave away is taken back, where it can be, by `SWEEPS` evaluations of the values
that depend on it.

Requires: valid IR without crumbs. Ensures: facts that are the verifier's, were the other edges cut; never larger than
those that stand in the IR. A branch on a value that can be none counts as taken both ways: control never comes there.
Complexity: a value is evaluated once, and again when an operand's fact grew: at most `ROUNDS` times for each loop
around it, in practice four to six times.
Source: Wegman & Zadeck, "Constant Propagation with Conditional Branches" (1991); Cousot & Cousot, "Comparing the Galois
Connection and Widening/Narrowing Approaches to Abstract Interpretation" (1992).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Final

from ssair.cfg import Incoming, comprehension_of, incoming_edges, reverse_postorder
from ssair.facts import ANY_BOOL, Fact, IntFact, bottom, top
from ssair.ir import Block, Edge, Function, Instr, Param, Value
from ssair.ops import BRANCH, COMPARISONS, FORALL, OPS, SWITCH, YIELD
from ssair.passes.weaken_facts import below
from ssair.passes.widening import NO_THRESHOLDS, Thresholds, thresholds_of, widened
from ssair.types import I32, I64

_ANY_I64: Final = top(I64)
_ANY_I32: Final = top(I32)
#: Where nothing is known of one operand, or of all of them, the fact rules of these find nothing (but for a product
#: with zero, which is a constant by now). Most integers are such.
_UNKNOWN_IF_ANY_IS: Final = frozenset(OPS[name] for name in ("add", "sub", "mul", "neg", "xor", "not"))
_UNKNOWN_IF_ALL_ARE: Final = frozenset({*COMPARISONS.values(), *[OPS[name] for name in ("and", "or", "min", "max")]})
#: How often a parameter may grow before it is widened to a threshold, and before it is widened to infinity.
STEADY: Final = 3
LAST_THRESHOLD: Final = 8
#: In how many rounds the parameters of one block may grow; a chain of them may take a round each.
ROUNDS: Final = 40
#: How often narrowing evaluates a value.
SWEEPS: Final = 2


class Readers:
    """The places of the nodes that read each value."""

    __slots__ = ("_before", "_last", "_places")

    def __init__(self, values: int) -> None:
        #: By value id, the last of its readers found; by reader, its place and the one found before it; -1 for none.
        self._last = array("i", [-1]) * values
        self._before = array("i")
        self._places = array("i")

    def add(self, value: Value, place: int) -> None:
        """Let the node at a place read a value."""
        last = self._last
        self._before.append(last[value.id])
        last[value.id] = len(self._places)
        self._places.append(place)

    def of(self, value: Value) -> Iterator[int]:
        """The places of those that read a value, the last found first."""
        reader = self._last[value.id]
        while reader >= 0:
            yield self._places[reader]
            reader = self._before[reader]


class Solver:
    """The facts by value id, None where control never comes; the edges that are taken; the blocks that are reached."""

    def __init__(self, function: Function, given: Sequence[Fact] = ()) -> None:
        """`given` is what is known of the parameters, if that is more than stands there."""
        self.function = function
        self._given = given or [param.fact for param in function.params]
        self.facts: list[Fact | None] = [None] * function.next_value
        self.taken: set[Edge] = set()
        self.reached: set[Block] = set()
        #: What was known better than in the IR at first, or is after narrowing, perhaps twice: nothing else can be.
        self.sharpened: list[Value] = []
        self._incoming = incoming_edges(function)
        self._region = comprehension_of(function)
        #: Every block, parameter and instruction in order; a block stands at its head, and for its terminator behind.
        self._nodes: list[Block | Value] = []
        self._head: dict[Block, int] = {}
        for block in reverse_postorder(function):
            self._head[block] = len(self._nodes)
            self._nodes += (block, *block.params, *block.instrs, block)
        #: The blocks that an edge leads back to.
        self._loops: set[Block] = set()
        self._yield_of: dict[Block, Block] = {}
        self._find_loops_and_yields()
        #: Who reads which value, made when the first fact grows: chains in arrays, for lists take ten times the memory.
        self._readers: Readers | None = None
        self._waiting: list[int] = []
        self._is_waiting = bytearray(len(self._nodes))
        self._impossible: list[Block] = []
        #: By the place of a parameter of a loop.
        self._growths: dict[int, int] = {}
        self._rounds: dict[Block, tuple[int, int]] = {}
        self._thresholds: Thresholds | None = None

    def solve(self) -> None:
        """Find the facts."""
        self._wait(0)
        while self._waiting:
            self._drain()
            impossible, self._impossible = self._impossible, []
            for block in impossible:
                if self.fact(block.end.args[0]).is_bottom:
                    self._take(block, range(len(block.end.edges)))
        self._narrow()

    def fact(self, value: Value) -> Fact:
        """The fact of a value of a block that is reached."""
        fact = self.facts[value.id]
        return fact if fact is not None else bottom(value.type)

    def sources(self, incoming: Sequence[Incoming], index: int) -> list[Value]:
        """What a parameter of a block with these incoming edges gets its fact from.

        Arguments, what is yielded, or the extent of an index.
        """
        if incoming and incoming[0].source.end.op is FORALL:
            forall = incoming[0].source
            if incoming[0].index == 0:
                return [forall.end.extents[index]]
            last = self._yield_of.get(forall)
            return [last.end.args[index]] if last is not None and last in self.reached else []
        return [entry.edge.args[index] for entry in incoming if entry.edge in self.taken]

    # ---- preparation ----------------------------------------------------------------------------------------------

    def _find_loops_and_yields(self) -> None:
        for block, place in self._head.items():
            for edge in block.end.edges:
                if self._head[edge.target] <= place:
                    self._loops.add(edge.target)
            region = self._region[block]
            if block.end.op is YIELD and region is not None:
                self._yield_of[region] = block

    def _list_readers(self) -> Readers:
        """Find, for every value, who reads it."""
        readers = Readers(len(self.facts))
        for block, place in self._head.items():
            place += 1 + len(block.params)
            for instr in block.instrs:
                for value in instr.args:
                    readers.add(value, place)
                place += 1
            end = block.end
            region = self._region[block]
            if end.op is BRANCH or end.op is SWITCH:
                readers.add(end.args[0], place)
            if end.op is FORALL:
                self._list_arguments(readers, end.extents, end.edges[0].target)
            elif end.op is YIELD and region is not None:
                self._list_arguments(readers, end.args, region.end.edges[1].target)
            else:
                for edge in end.edges:
                    self._list_arguments(readers, edge.args, edge.target)
        self._readers = readers
        return readers

    def _list_arguments(self, readers: Readers, args: tuple[Value, ...], target: Block) -> None:
        for place, value in enumerate(args, self._head[target] + 1):
            readers.add(value, place)

    # ---- the work list --------------------------------------------------------------------------------------------

    def _wait(self, place: int) -> None:
        if not self._is_waiting[place]:
            self._is_waiting[place] = 1
            heappush(self._waiting, place)

    def _next(self) -> int:
        place = heappop(self._waiting)
        self._is_waiting[place] = 0
        return place

    def _drain(self) -> None:
        """Evaluate what waits, the first in order first, until nothing grows any more."""
        while self._waiting:
            place = self._next()
            node = self._nodes[place]
            if isinstance(node, Block):
                if node in self.reached:
                    self._follow(node)
                else:
                    self._visit(node)
            elif isinstance(node, Instr):
                self._grow(node, place, self._evaluated(node))
            else:
                assert isinstance(node, Param)
                self._grow(node, place, self._joined(node, place))

    def _tell_readers(self, value: Value) -> None:
        """Let those who read a value, and have been evaluated, be evaluated again."""
        readers = self._readers if self._readers is not None else self._list_readers()
        for place in readers.of(value):
            node = self._nodes[place]
            if node in self.reached if isinstance(node, Block) else self.facts[node.id] is not None:
                self._wait(place)

    # ---- evaluation -----------------------------------------------------------------------------------------------

    def _visit(self, block: Block) -> None:
        """Evaluate a block for the first time."""
        self.reached.add(block)
        facts, sharpened = self.facts, self.sharpened
        for place, param in enumerate(block.params, self._head[block] + 1):
            facts[param.id] = fact = self._joined(param, place)
            if fact is not param.fact:
                sharpened.append(param)
        for instr in block.instrs:
            fact = instr.fact
            if fact is _ANY_I64 or fact is ANY_BOOL or fact is _ANY_I32:
                if not self._is_unknown(instr):
                    fact = self._evaluated(instr)
            else:
                for value in instr.args:
                    if facts[value.id] is not value.fact:
                        fact = self._evaluated(instr)
                        break
            facts[instr.id] = fact
            if fact is not instr.fact:
                sharpened.append(instr)
        self._follow(block)

    def _is_unknown(self, instr: Instr) -> bool:
        """Whether so little is known of the operands that nothing is known of the result."""
        op, facts = instr.op, self.facts
        any_is, all_are = op in _UNKNOWN_IF_ANY_IS, op in _UNKNOWN_IF_ALL_ARE
        if not (any_is or all_are):
            return False
        for value in instr.args:
            fact = facts[value.id]
            if (fact is _ANY_I64 or fact is _ANY_I32) is any_is:
                return any_is
        return all_are

    def _evaluated(self, instr: Instr) -> Fact:
        return instr.fact & instr.op.fact_rule(instr.type, [self.fact(value) for value in instr.args], instr.aux)

    def _joined(self, param: Param, place: int) -> Fact:
        """What arrives for a parameter over the edges taken."""
        block = param.block
        index = place - self._head[block] - 1
        incoming = self._incoming[block]
        if not incoming:
            return self._given[index]  # of the entry
        first = incoming[0]
        if first.source.end.op is FORALL:
            if first.index == 0:
                return param.fact & below(self.fact(first.source.end.extents[index]))
            end = self._yield_of.get(first.source)
            return param.fact & self.fact(end.end.args[index]) if end is not None else bottom(param.type)
        fact: Fact | None = None
        for entry in incoming:
            edge = entry.edge
            if edge in self.taken:
                arriving = self.fact(edge.args[index])
                fact = arriving if fact is None else fact | arriving
        assert fact is not None
        return param.fact & fact

    def _grow(self, value: Value, place: int, fact: Fact) -> None:
        """Let the fact of a value that has been evaluated before be `fact` as well."""
        old = self.fact(value)
        if fact == old:
            return
        fact = old | fact
        if isinstance(value, Param) and value.block in self._loops:
            fact = self._slowed(value, place, old, fact)
        if fact != old:
            self.facts[value.id] = fact
            self._tell_readers(value)

    # ---- edges ----------------------------------------------------------------------------------------------------

    def _follow(self, block: Block) -> None:
        """Take the edges that the facts so far let a block take."""
        end = block.end
        if end.op is BRANCH or end.op is SWITCH:
            fact = self.fact(end.args[0])
            if fact.is_bottom:
                self._impossible.append(block)
            elif end.op is BRANCH:
                self._take(block, [index for index, way in enumerate((True, False)) if fact.contains(way)])
            else:
                self._take(block, _possible_cases(end.aux, fact))
            return
        self._take(block, range(len(end.edges)))
        region = self._region[block]
        if end.op is YIELD and region is not None:
            self._tell_params(region.end.edges[1].target)

    def _take(self, block: Block, indices: range | list[int]) -> None:
        for index in indices:
            edge = block.end.edges[index]
            if edge in self.taken:
                continue
            self.taken.add(edge)
            if edge.target in self.reached:
                self._tell_params(edge.target)
            else:
                self._wait(self._head[edge.target])

    def _tell_params(self, block: Block) -> None:
        if block in self.reached:
            for place in range(self._head[block] + 1, self._head[block] + 1 + len(block.params)):
                self._wait(place)

    # ---- loops ----------------------------------------------------------------------------------------------------

    def _slowed(self, param: Param, place: int, old: Fact, fact: Fact) -> Fact:
        """The fact of a parameter of a loop that grows from `old` to `fact`, so that growing comes to an end."""
        block = param.block
        growths = self._growths[place] = self._growths.get(place, 0) + 1
        rounds, last = self._rounds.get(block, (0, place))
        rounds += place <= last
        self._rounds[block] = rounds, place
        if rounds > ROUNDS:
            self._give_up(block)
            return self.fact(param)
        if growths <= STEADY:
            return fact
        if self._thresholds is None:
            self._thresholds = thresholds_of(self.function)
        thresholds = self._thresholds if growths <= LAST_THRESHOLD else NO_THRESHOLDS
        return param.fact & widened(old, fact, thresholds)

    def _give_up(self, block: Block) -> None:
        """Let the parameters of a block know no more than before."""
        for place, param in enumerate(block.params, self._head[block] + 1):
            self._growths[place] = LAST_THRESHOLD
            if self.facts[param.id] != param.fact:
                self.facts[param.id] = param.fact
                self._tell_readers(param)

    def _narrow(self) -> None:
        """Take back what widening gave away: what holds of itself still does when it is evaluated once more."""
        evaluations: dict[int, int] = {}
        for place, growths in self._growths.items():
            if growths > STEADY:
                self._wait(place)
        while self._waiting:
            place = self._next()
            node = self._nodes[place]
            if isinstance(node, Block) or evaluations.get(place, 0) == SWEEPS:
                continue
            evaluations[place] = evaluations.get(place, 0) + 1
            old = self.fact(node)
            found = self._evaluated(node) if isinstance(node, Instr) else self._joined(_param(node), place)
            fact = old & found
            if fact != old:
                self.facts[node.id] = fact
                self.sharpened.append(node)
                self._tell_readers(node)


def _param(value: Value) -> Param:
    assert isinstance(value, Param)
    return value


def _possible_cases(cases: tuple[int, ...], fact: Fact) -> list[int]:
    """The places of the edges of a switch on a value of which `fact` is known."""
    assert isinstance(fact, IntFact)
    possible = [index for index, case in enumerate(cases) if fact.contains(case)]
    values = fact.hi - fact.lo + 1 - (fact.nonzero and fact.lo < 0 < fact.hi)
    return possible if len(possible) == values else [*possible, len(cases)]
