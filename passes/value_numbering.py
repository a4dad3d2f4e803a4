"""Value numbers, and the numbering of one block that `lvn` and `gvn` share.

Two values of equal number are equal at run time wherever both are defined. A refinement, narrowing or check has the
number of its operand (it *is* its operand), so that keys made of numbers see through partial SSI; a replaced value
has its leader's. Numbers are dense arrays by value id, for `origin()` would walk long chains of refinements again and
again.

What is numbered: pure operations; checks, by the operands that decide them and not by their site, so that of two
duplicate checks the first stays; refinements that state again what their own operand states. A replaced value that
knows more than its leader becomes a refinement of the leader that dominates it and knows as much, if there is one near,
else `narrow leader {fact}` in place. Calls are numbered where `purity` has found that a second one would do nothing
more. Loads, output and other calls have numbers of their own.

Complexity: a constant number of table look-ups an instruction.
Source: Briggs, Cooper & Simpson, "Value Numbering" (1997); Maxine's C1X.
"""

from __future__ import annotations

from typing import Final, Protocol

from ssair.constants import Constant, constant_key
from ssair.context import Context
from ssair.dominators import DominatorTree
from ssair.ir import Block, Function, Instr, Value
from ssair.ops import CALL_OP, CONST, NARROW, OPS, REFINE, Aux, Op
from ssair.passes.check_reasons import duplicate
from ssair.passes.copyprop import forward_operands
from ssair.passes.value_table import Key, ValueTable
from ssair.types import ArrayType

#: Comparisons that are others with the operands swapped.
_MIRRORED: Final[dict[Op, Op]] = {OPS["gt"]: OPS["lt"], OPS["ge"]: OPS["le"]}
#: Checks of which only the first operands decide; the others are for the report.
_DECIDING_OPERANDS: Final[dict[Op, int]] = {OPS["check_nonzero"]: 1, OPS["check_exponent"]: 1}
#: How far up a chain of refinements the leader of a duplicate check is looked for, and how many versions are tried.
_NEAR: Final = 8
_UNNUMBERED: Final = -1
#: Operations of two operands that their keys have as they stand, with nothing else: half the time of making a key.
_PLAIN: Final = frozenset(
    op for op in OPS.values() if op.pure and op.arity == 2 and not (op.commutative or op.typed) and op.aux is Aux.NONE
) - {*_MIRRORED, *_MIRRORED.values()}


class Numbering:
    """The value numbers of a function under way; `changes` counts rewrites, `numbered` the instructions with a key."""

    def __init__(self, function: Function, context: Context, pass_name: str, tree: DominatorTree | None = None) -> None:
        """`tree` if blocks are numbered in its preorder, None if each by itself."""
        self.function = function
        self.context = context
        self.pass_name = pass_name
        self.changes = 0
        self.numbered = 0
        #: By value id; a value that is not yet visited has none.
        self.numbers: list[int] = [_UNNUMBERED] * function.next_value
        #: By number, the value that has its own id for it.
        self.owners: list[Value | None] = [None] * function.next_value
        self._tree = tree
        #: By number, the refinements seen, but for those of subtrees that are done.
        self._versions: dict[int, list[Instr]] = {}

    def grow(self) -> None:
        """Make room for the values that have been made since the numbering began."""
        new = self.function.next_value - len(self.numbers)
        if new:
            self.numbers += [_UNNUMBERED] * new
            self.owners += [None] * new

    def own_number(self, value: Value) -> None:
        """Let `value` be equal to nothing seen so far."""
        number = value.id
        if number >= len(self.numbers):
            self.grow()
        self.numbers[number] = number
        self.owners[number] = value

    def numbers_of(self, values: tuple[Value, ...]) -> tuple[int, ...] | None:
        """The numbers of values; None if one is not visited yet."""
        numbers = self.numbers
        found = tuple([numbers[value.id if value.forward is None else value.find().id] for value in values])
        return None if _UNNUMBERED in found else found

    def add_version(self, refinement: Instr) -> None:
        """Give a refinement the number of its operand."""
        number = self.numbers[refinement.id] = self.numbers[refinement.args[0].id]
        self._versions.setdefault(number, []).append(refinement)

    def known_version(self, leader: Value, instr: Instr) -> Value:
        """What to put in the place of `instr`, which `leader` equals: that, or one of its newest refinements before
        `instr` if it takes one to know as much."""
        versions = self._versions.get(self.numbers[leader.id])
        if versions is None or leader.fact <= instr.fact:
            return leader
        while versions and not self._reaches(versions[-1].block, instr.block):
            versions.pop()
        for version in versions[: -_NEAR - 1 : -1]:
            found = version.find()
            if found is not instr and found.fact <= instr.fact and self._reaches(version.block, instr.block):
                return found
        return leader

    def _reaches(self, above: Block, below: Block) -> bool:
        return above is below if self._tree is None else self._tree.dominates(above, below)

    def take(self, value: Value) -> bool:
        """Whether `value` may be replaced; counts it."""
        if self.context.fuel.take(self.pass_name, value):
            self.changes += 1
            return True
        return False


class Rewriter(Protocol):
    """What rewrites instructions as they are numbered."""

    #: New instructions, to be put before the one under way.
    new: list[Instr]

    def rewrite(self, instr: Instr) -> bool:
        """Whether an instruction has become another computation or been replaced; asked again until it has not."""


def value_key(instr: Instr, numbers: list[int]) -> Key | None:
    """What two instructions share just when they compute the same; None for one that is not numbered."""
    op = instr.op
    if op is CONST:
        constant = instr.aux
        if constant.__class__ is int:
            return (op, instr.type, constant)
        assert isinstance(constant, Constant)
        return (op, constant_key(instr.type, constant))
    args = instr.args
    if op.commutative:
        left, right = numbers[args[0].id], numbers[args[1].id]
        if right < left and (instr.type.__class__ is not ArrayType or not _shaped_by_order(instr)):
            return (op, right, left)
        return (op, left, right)
    if op in _PLAIN:
        return (op, numbers[args[0].id], numbers[args[1].id])
    operands = [numbers[value.id] for value in args]
    if op.pure:
        if op in _MIRRORED and not _shaped_by_order(instr):
            op = _MIRRORED[op]
            operands.reverse()
        return (op, instr.type, instr.aux, *operands) if op.typed else (op, instr.aux, *operands)
    if op is REFINE:
        return (op, instr.aux, *operands)
    if op.refines and op.traps:
        return (op, *operands[: _DECIDING_OPERANDS.get(op)])
    return None


def numbering_key(instr: Instr, numbers: list[int], context: Context) -> Key | None:
    """The `value_key`, or that of a call that gives the same again and does nothing that the first one has not done."""
    if instr.op is not CALL_OP:
        return value_key(instr, numbers)
    if not context.effects_of(instr).repeatable:
        return None
    return (instr.op, instr.aux, *[numbers[value.id] for value in instr.args])


def mirrored(op: Op) -> Op:
    """The operation that keys have in the place of `op`: of a comparison and its mirror image the same."""
    return _MIRRORED.get(op, op)


def _shaped_by_order(instr: Instr) -> bool:
    """Whether the first of two arrays gives the result its shape, so that the operands do not commute."""
    return instr.type.__class__ is ArrayType and all(isinstance(value.type, ArrayType) for value in instr.args)


def number_instrs(
    instrs: list[Instr], numbering: Numbering, table: ValueTable, rewriter: Rewriter | None = None
) -> list[Instr]:
    """Number instructions of one block and replace those that `table` has a leader for; gives those that stay.

    `rewriter` is asked about each of these, and what it makes of one is numbered again. Requires that every operand is
    numbered already.
    """
    numbers, owners, leader_of = numbering.numbers, numbering.owners, table.leader
    rewrite = rewriter.rewrite if rewriter is not None else None
    kept: list[Instr] = []
    keys = 0
    for instr in instrs:
        while True:
            for value in instr.args:
                if value.forward is not None:
                    forward_operands(instr)
                    break
            op = instr.op
            if op.refines:
                numbering.add_version(instr)
            else:
                number = numbers[instr.id] = instr.id
                owners[number] = instr
            key = value_key(instr, numbers) if op is not CALL_OP else numbering_key(instr, numbers, numbering.context)
            if key is not None:
                keys += 1
                leader = leader_of(key, instr)
                if leader is not instr:
                    if op.refines:
                        _replace_refinement(instr, leader, numbering)
                    elif leader.fact is not instr.fact:
                        _replace(instr, leader, numbering)
                    elif numbering.take(instr):  # as most often: nothing was known of either
                        instr.make_equal_to(leader)
                        numbers[instr.id] = numbers[leader.id]
                    if instr.forward is not None:
                        break
            if rewrite is None or not rewrite(instr):
                kept.append(instr)
                break
            if rewriter is not None and rewriter.new:
                kept += _number_new(numbering, table, rewriter)
            if instr.forward is not None:
                break
    numbering.numbered += keys
    return kept


def _number_new(numbering: Numbering, table: ValueTable, rewriter: Rewriter) -> list[Instr]:
    """Number the new instructions of a rewriter; gives those that stay."""
    new, rewriter.new = rewriter.new, []
    numbering.grow()
    return number_instrs(new, numbering, table)


def _replace(instr: Instr, leader: Value, numbering: Numbering) -> None:
    """Let `leader`, equal at run time and dominating, stand for `instr`."""
    if numbering.take(instr):
        let_stand(instr, numbering.known_version(leader, instr))
        numbering.numbers[instr.id] = numbering.numbers[leader.id]


def let_stand(instr: Instr, leader: Value) -> None:
    """Replace `instr` by `leader`, or let it be a narrowing of that if it knows more.

    Requires that `leader` dominates it and equals it at run time; the copy propagation sweep rewrites the uses.
    """
    leader = leader.find()
    if leader.fact <= instr.fact:
        instr.make_equal_to(leader)
    else:
        instr.op, instr.args, instr.aux, instr.fact = NARROW, (leader,), None, instr.fact & leader.fact


def _replace_refinement(instr: Instr, leader: Instr, numbering: Numbering) -> None:
    """Replace a duplicate check or refinement: by its operand if that has come from the leader, else by the leader."""
    operand = instr.args[0].find()
    if instr.op.traps:
        numbering.context.explain_removal(instr, "duplicate", lambda: duplicate(leader))
    if _is_refined_from(operand, leader):
        _replace(instr, operand, numbering)
    elif instr.op is not REFINE or (leader.op is REFINE and leader.args[0].find() is operand):
        _replace(instr, leader, numbering)


def _is_refined_from(value: Value, above: Instr) -> bool:
    """Whether `value` is `above`, or a near refinement of it."""
    for _ in range(_NEAR):
        if value is above:
            return True
        if not isinstance(value, Instr) or not value.op.refines:
            return False
        value = value.args[0].find()
    return False
