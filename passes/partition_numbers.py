"""Optimistic value numbers of a whole function: two values of equal number are equal wherever both are defined.

Requires: valid IR without crumbs. Ensures, of the numbers by value id:
- equal numbers have: a refinement and its operand; pure operations of equal operands, in either order where they
  commute; calls that give the same again of equal operands; block parameters of one block whose arguments are equal
  edge by edge; a parameter and its arguments where these are all equal; parameters of two joins that the same condition
  decides between equal arguments; comprehensions of equal bodies over equal extents;
- the parameters of loops are taken for equal until something speaks against it, so that values that are equal only
  because they were equal one iteration before have one number.
No fact and no predicate is used. The table is one for the function: that values are equal says nothing about which of
them dominates (see `ssair.passes.partition`).

How: blocks in a preorder of the dominator tree with children in reverse postorder, which meets the source of every
edge first, but for edges that lead back. Where one does, the stretch that it spans is numbered in rounds: each assumes
numbers for the parameters that back edges feed, the first round the fewest that labels allow (`partition_labels`), the
next ones what the arguments of the round before say; a round in which every assumption is what its arguments say is a
fixed point, and proves itself. Each round refines the partition, so this ends; a stretch that takes more than
`MOST_ROUNDS` gets a number of its own for each such parameter, which is always right.
Complexity: linear, `MOST_ROUNDS + 1` visits of an instruction at most; two or three where a loop carries values that
start equal and differ later, else one.
Source: Simpson, "Value-Driven Redundancy Elimination" (1996), the RPO algorithm; Alpern, Wegman & Zadeck (1988) for
comparing by block and by condition; Click, "Global Code Motion, Global Value Numbering" (1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ssair.cfg import Incoming, comprehension_of, incoming_edges
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.ir import Block, Function, Instr, Param, Value
from ssair.ops import BRANCH, CALL_OP, CONST, DIM, FORALL, JUMP, YIELD
from ssair.passes.partition_labels import Labels
from ssair.passes.value_numbering import numbering_key, value_key
from ssair.passes.value_table import Key
from ssair.static import ARITHMETIC
from ssair.types import BOOL, I64, rank

#: How often a stretch with loops is numbered before its back edges count as unknown.
MOST_ROUNDS: Final = 12
UNNUMBERED: Final = -1

#: A way out of a branch: its block and the place of the edge.
Arm = tuple[Block, int]


class OptimisticNumbers:
    """The numbers under way; whoever asks takes one of `stretches` after the other, and numbers its blocks."""

    def __init__(self, function: Function, context: Context) -> None:
        self.function = function
        self.context = context
        self.tree = dominator_tree(function)
        self.order = self.tree.preorder
        self.position = {block: place for place, block in enumerate(self.order)}
        #: The number of every value by its id: the id of the first of those that are equal; -1 in unreachable blocks.
        self.numbers: list[int] = [UNNUMBERED] * function.next_value
        #: By number, the value whose id it is.
        self.owners: list[Value | None] = [None] * function.next_value
        self.table: dict[Key, int] = {}
        #: What was put into the table in this round.
        self.added: list[Key] = []
        #: The numbers assumed for parameters that back edges feed.
        self.assumed: dict[Param, int] = {}
        #: By the place in the order of a block that edges lead back to, the last from which one does.
        self.last: dict[int, int] = {}
        #: Those blocks; for membership only.
        self.headers: set[Block] = set()
        #: The arm of a branch that alone decides whether control comes to a join.
        self.joins: dict[Block, Arm] = {}
        self._incoming = incoming_edges(function)
        self._region = comprehension_of(function)
        self._yields = {self._region[block]: block for block in self.order if block.end.op is YIELD}
        self._depths: dict[Block | None, int] = {None: 0}
        self._find_headers()
        self.labels = Labels(function, context) if self.headers else None

    # ---- stretches and rounds -------------------------------------------------------------------------------------

    def _find_headers(self) -> None:
        position = self.position
        for place, block in enumerate(self.order):
            for edge in block.end.edges:
                first = position[edge.target]
                if first <= place:
                    self.last[first] = place
                    self.headers.add(edge.target)

    def stretches(self) -> Iterator[list[Block]]:
        """The order cut where no edge leads back across the cut; what no edge leads back within in one piece."""
        order, last = self.order, self.last
        done = 0
        for header in sorted(last):
            if header < done:
                continue
            if done < header:
                yield order[done:header]
            end = place = header
            while place <= end:
                end = max(end, last.get(place, place))
                place += 1
            yield order[header:place]
            done = place
        if done < len(order):
            yield order[done:]

    def may_go_round(self, blocks: list[Block]) -> bool:
        """Whether an edge leads back within a stretch."""
        return blocks[0] in self.headers

    def number_stretch(self, blocks: list[Block]) -> None:
        """Number blocks that edges lead back to, and what these span; no edge enters from behind."""
        headers = [block for block in blocks if block in self.headers]
        self.assumed = {}
        for _ in range(MOST_ROUNDS):
            self.added = []
            self.number_blocks(blocks)
            found = self.found(headers)
            if found == self.assumed:
                return
            self.assumed = found
            for key in self.added:
                del self.table[key]
        self.assumed = {param: param.id for block in headers for param in block.params}
        self.number_blocks(blocks)

    def found(self, headers: list[Block]) -> dict[Param, int]:
        """What the arguments say by now of the parameters that back edges feed."""
        found: dict[Param, int] = {}
        for block in headers:
            first: dict[tuple[int, ...], int] = {}
            for param, args in self.arguments(block):
                numbers = tuple([self.numbers[value.id] for value in args])
                found[param] = self.only(block, args, numbers) if len(set(numbers)) == 1 else UNNUMBERED
                if found[param] == UNNUMBERED:
                    found[param] = first.setdefault(numbers, param.id)
        return found

    def number_blocks(self, blocks: list[Block]) -> None:
        """Number the parameters and instructions of blocks, by what is assumed so far."""
        for block in blocks:
            if block.params:
                self.number_params(block)
            self.number_instrs(block)

    # ---- instructions ---------------------------------------------------------------------------------------------

    def own(self, value: Value) -> None:
        """Let a value be equal to nothing seen so far."""
        self.numbers[value.id] = value.id
        self.owners[value.id] = value

    def add_version(self, made: Value, number: int) -> None:
        """Give a value made since the numbering began the number of one that it equals."""
        missing = made.id + 1 - len(self.numbers)
        self.numbers += [UNNUMBERED] * missing
        self.owners += [None] * missing
        self.numbers[made.id] = number

    def look_up(self, value: Value, key: Key) -> None:
        """Give a value the number of its key."""
        number = self.table.get(key)
        if number is not None:
            self.numbers[value.id] = number
            return
        self.own(value)
        self.table[key] = value.id
        self.added.append(key)

    def number_instrs(self, block: Block) -> None:
        """Number the instructions of a block whose operands have their numbers."""
        numbers, owners, table, added = self.numbers, self.owners, self.table, self.added
        for instr in block.instrs:
            if instr.op.refines:
                numbers[instr.id] = numbers[instr.args[0].id]
                continue
            key = value_key(instr, numbers) if instr.op is not CALL_OP else numbering_key(instr, numbers, self.context)
            number = table.get(key) if key is not None else None
            if number is not None:
                numbers[instr.id] = number
                continue
            numbers[instr.id] = instr.id
            owners[instr.id] = instr
            if key is not None:
                table[key] = instr.id
                added.append(key)

    # ---- block parameters -----------------------------------------------------------------------------------------

    def arguments(self, block: Block) -> Iterator[tuple[Param, tuple[Value, ...]]]:
        """The parameters of a block that edges feed, each with its arguments in the order of the edges."""
        given = [
            entry.source.end.edges[entry.index].args for entry in self._incoming[block] if entry.source in self.tree
        ]
        return zip(block.params, zip(*given, strict=True), strict=True)

    def number_params(self, block: Block) -> None:
        """Number the parameters of a block."""
        incoming = self._incoming[block]
        if block is self.function.entry:
            for param in block.params:
                self.own(param)
        elif incoming[0].source.end.op is FORALL:
            self.number_bound(block, incoming[0])
        elif block in self.headers:
            self.number_carried(block)
        else:
            self.number_joined(block)

    def number_joined(self, block: Block) -> None:
        """Number parameters all of whose arguments have their numbers."""
        condition, swapped = self.decision(block)
        known = self.numbers
        for param, args in self.arguments(block):
            numbers = tuple([known[value.id] for value in args])
            number = self.only(block, args, numbers) if len(set(numbers)) == 1 else UNNUMBERED
            if number != UNNUMBERED:
                known[param.id] = number
            elif condition is None:
                self.look_up(param, (block, *numbers))
            else:
                self.look_up(param, (BRANCH, condition, *(reversed(numbers) if swapped else numbers)))

    def number_carried(self, block: Block) -> None:
        """Number parameters that back edges feed: as is assumed, at first that they differ as little as may be."""
        place = self.position[block]
        ahead = [
            self.position[entry.source] < place for entry in self._incoming[block] if entry.source in self.position
        ]
        first: dict[Key, int] = {}
        for param, args in self.arguments(block):
            if param not in self.assumed:
                self.assumed[param] = self.guess(block, param, args, ahead, first)
            number = self.assumed[param]
            self.numbers[param.id] = number
            if number == param.id:
                self.owners[number] = param

    def guess(
        self, block: Block, param: Param, args: tuple[Value, ...], ahead: list[bool], first: dict[Key, int]
    ) -> int:
        """The number of a parameter as long as nothing is known of what comes over back edges but its label."""
        assert self.labels is not None
        entering = [value for value, is_ahead in zip(args, ahead, strict=True) if is_ahead]
        numbers = tuple([self.numbers[value.id] for value in entering])
        if len(set(numbers)) == 1 and self.labels.may_be_one(param):
            number = self.only(block, entering, numbers)
            if number != UNNUMBERED:
                return number
        labels = [self.labels.of(value) for value, is_ahead in zip(args, ahead, strict=True) if not is_ahead]
        return first.setdefault((param.type, *numbers, *labels), param.id)

    def only(self, block: Block, args: Sequence[Value], numbers: tuple[int, ...]) -> int:
        """The number of a parameter all of whose arguments have one number: that; but -1 if it must stay apart.

        A static value stays static, and what a branch says of a comparison's operands must be said by the comparison:
        neither may be replaced by a parameter, so a parameter is taken for equal to them only where one dominates it.
        """
        number = numbers[0]
        type = args[0].type
        if type is BOOL or (type is I64 and self.is_static(number)):
            owner = self.owners[number]
            candidates = [*args, owner] if owner is not None else args
            if not any(self.tree.dominates(value.block, block) for value in candidates):
                return UNNUMBERED
        return number

    def is_static(self, number: int) -> bool:
        """Whether the values of a number are static, or will be once equal values are one."""
        work = [number]
        seen = {number}
        while work:
            value = self.owners[work.pop()]
            if isinstance(value, Param):
                if not value.static:
                    return False
                continue
            assert isinstance(value, Instr)
            if value.op is CONST or value.op is DIM:
                continue
            if value.op.name not in ARITHMETIC:
                return False
            operands = {self.numbers[arg.id] for arg in value.args} - seen
            seen |= operands
            work += operands
        return True

    # ---- joins that one condition decides -------------------------------------------------------------------------

    def arm(self, entry: Incoming) -> Arm | None:
        """The arm that an edge belongs to; None if other things than one branch decide on it."""
        while True:
            source = entry.source
            if source.end.op is BRANCH:
                return source, entry.index
            if not (source.end.op is JUMP or source.end.op is FORALL):
                return None
            incoming = self._incoming[source]
            if len(incoming) != 1:
                return self.joins.get(source)
            entry = incoming[0]

    def arm_around(self, block: Block) -> Arm | None:
        """The arm that alone decides whether control comes to a block."""
        incoming = self._incoming[block]
        return self.arm(incoming[0]) if len(incoming) == 1 else self.joins.get(block)

    def decision(self, block: Block) -> tuple[int | None, bool]:
        """The number of the condition that alone decides over which of two edges control comes to a block, and whether
        the first edge is the one for false; None if there is no such condition."""
        incoming = self._incoming[block]
        if len(incoming) != 2:
            return None, False
        left, right = self.arm(incoming[0]), self.arm(incoming[1])
        if left is None or right is None or left[0] is not right[0] or left[1] == right[1]:
            return None, False
        branch = left[0]
        around = self.arm_around(branch)
        if around is not None:
            self.joins[block] = around  # control comes here whenever it comes to the branch
        return self.numbers[branch.end.args[0].id], left[1] == 1

    # ---- comprehensions -------------------------------------------------------------------------------------------

    def depth(self, block: Block | None) -> int:
        """How many comprehensions there are around the body of the `forall` that ends `block`, itself included."""
        path = []
        while block not in self._depths:
            path.append(block)
            block = self._region[block] if block is not None else None
        depth = self._depths[block]
        for step in reversed(path):
            depth += 1
            self._depths[step] = depth
        return depth

    def number_bound(self, block: Block, entry: Incoming) -> None:
        """Number the indices of a comprehension, or its results.

        Bodies are compared with their indices taken for equal, place by place; nested ones are told apart by depth.
        """
        forall = entry.source
        end = forall.end
        extents = tuple([self.numbers[value.id] for value in end.extents])
        depth = self.depth(forall)
        if entry.index == 0:
            for place, param in enumerate(block.params):
                self.look_up(param, (FORALL, depth, place, *extents))
            return
        body = self._yields.get(forall)
        lengths = iter(end.element_lengths)
        for place, param in enumerate(block.params):
            shape = [self.numbers[next(lengths).id] for _ in range(rank(param.type) - len(extents))]
            if body is None or body not in self.position:
                self.own(param)
            else:
                yielded = self.numbers[body.end.args[place].id]
                self.look_up(param, (YIELD, depth, param.type, yielded, *extents, *shape))
