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

How: blocks in reverse postorder. Where an edge leads back, the stretch of the order that it spans is numbered in
rounds: each assumes numbers for the parameters that back edges feed, the first round the fewest that labels allow
(`partition_labels`), the next ones what the arguments of the round before say; a round in which every assumption is
what its arguments say is a fixed point, and proves itself. Each round refines the partition, so this ends; a stretch
that takes more than `MOST_ROUNDS` gets a number of its own for each such parameter, which is always right.
Complexity: linear, `MOST_ROUNDS + 1` visits of an instruction at most; two or three where a loop carries values that
start equal and differ later, else one.
Source: Simpson, "Value-Driven Redundancy Elimination" (1996), the RPO algorithm; Alpern, Wegman & Zadeck (1988) for
comparing by block and by condition; Click, "Global Code Motion, Global Value Numbering" (1995).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ssair.cfg import Incoming, comprehension_of, incoming_edges, reverse_postorder
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


def optimistic_numbers(function: Function, context: Context) -> list[int]:
    """The number of every value by its id, which is the id of one of the values that are equal to it; -1 for values
    of unreachable blocks."""
    numbering = _Numbering(function, context)
    for stretch in numbering.stretches():
        numbering.number_stretch(stretch)
    return numbering.numbers


class _Numbering:
    """The numbers under way."""

    def __init__(self, function: Function, context: Context) -> None:
        self.function = function
        self.context = context
        self.order = reverse_postorder(function)
        self.position = {block: place for place, block in enumerate(self.order)}
        self.tree = dominator_tree(function)
        self.numbers: list[int] = [UNNUMBERED] * function.next_value
        #: By number, the value whose id it is.
        self.owners: list[Value | None] = [None] * function.next_value
        self.table: dict[Key, int] = {}
        #: What was put into the table in this round.
        self.added: list[Key] = []
        #: The numbers assumed for parameters that back edges feed.
        self.assumed: dict[Param, int] = {}
        self.labels: Labels | None = None
        #: By place in the order, the last block from which an edge leads back to it; itself if there is none.
        self.last = list(range(len(self.order)))
        #: The blocks that edges lead back to; for membership only.
        self.headers: set[Block] = set()
        #: The arm of a branch that alone decides whether control comes to a block.
        self.arms: dict[Block, Arm] = {}
        self._incoming = incoming_edges(function)
        self._region = comprehension_of(function)
        self._yields = {self._region[block]: block for block in self.order if block.end.op is YIELD}
        self._depths: dict[Block | None, int] = {None: 0}

    # ---- stretches and rounds -------------------------------------------------------------------------------------

    def stretches(self) -> Iterator[list[Block]]:
        """The order cut where no edge leads back across the cut."""
        order, position, last = self.order, self.position, self.last
        for place, block in enumerate(order):
            for edge in block.end.edges:
                if position[edge.target] <= place:
                    last[position[edge.target]] = place
                    self.headers.add(edge.target)
        start = 0
        while start < len(order):
            end = place = start
            while place <= end:
                end = max(end, last[place])
                place += 1
            yield order[start:place]
            start = place

    def number_stretch(self, blocks: list[Block]) -> None:
        """Number blocks that no edge enters from behind."""
        self.added = []
        headers = [block for block in blocks if block in self.headers]
        if not headers:
            self.number_blocks(blocks)
            return
        self.assumed = {}
        if self.labels is None:
            self.labels = Labels(self.function, self.context)
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
            self.enter(block)
            if block.params:
                self.number_params(block)
            self.number_instrs(block)

    # ---- instructions ---------------------------------------------------------------------------------------------

    def own(self, value: Value) -> None:
        """Let a value be equal to nothing seen so far."""
        self.numbers[value.id] = value.id
        self.owners[value.id] = value

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

    def arguments(self, block: Block) -> Iterator[tuple[Param, list[Value]]]:
        """The parameters of a block that edges feed, each with its arguments in the order of the edges."""
        edges = [entry.edge for entry in self._incoming[block] if entry.source in self.position]
        for index, param in enumerate(block.params):
            yield param, [edge.args[index] for edge in edges]

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
        for param, args in self.arguments(block):
            numbers = tuple([self.numbers[value.id] for value in args])
            number = self.only(block, args, numbers) if len(set(numbers)) == 1 else UNNUMBERED
            if number != UNNUMBERED:
                self.numbers[param.id] = number
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

    def guess(self, block: Block, param: Param, args: list[Value], ahead: list[bool], first: dict[Key, int]) -> int:
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

    def enter(self, block: Block) -> None:
        """Find out which arm of a branch leads to a block."""
        incoming = self._incoming[block]
        if len(incoming) == 1:
            arm = self.arm(incoming[0])
            if arm is not None:
                self.arms[block] = arm

    def arm(self, entry: Incoming) -> Arm | None:
        """The arm that an edge belongs to; None if other things than one branch decide on it."""
        end = entry.source.end
        if end.op is BRANCH:
            return entry.source, entry.index
        return self.arms.get(entry.source) if end.op is JUMP or end.op is FORALL else None

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
        if branch in self.arms:
            self.arms[block] = self.arms[branch]  # control comes here whenever it comes to the branch
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
