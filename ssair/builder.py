"""The builder: a cursor that emits instructions, and refinement nodes where a branch or a check teaches something.

    builder = Builder(function)                # at the entry, which it makes if there is none
    x = builder.param(I64)
    condition = builder.emit("lt", builder.const(I64, 0), x)
    positive, other = builder.new_block(), builder.new_block()
    builder.branch(condition, positive, other)
    builder.at(positive)
    with builder.arm(condition, True):
        builder.ret(builder.newest(x))         # bb1: v3: i64{1..} = refine v0 gt v1

Partial SSI. Inside `arm(condition, holds)` (or between `enter_arm` and `leave_arm`) the values that the branch teaches
something of have a newer version, made at the head of the arm when `newest` first asks for it, so that only what is
used is refined. Checks make their results the newest version of their operand. When the arm is left, its versions are
forgotten: no join is inserted for them. This serves front ends whose names are bound once; `ssair.variables` is for
variables that are assigned. All operations take constant time but for the arguments they are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ssair.cfg import Incoming
from ssair.constants import Constant, constant_key
from ssair.facts import Fact, top
from ssair.ir import NO_SPAN, Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.ops import BRANCH, CONST, FORALL, JUMP, OPS, RETURN, SWITCH, YIELD, Op
from ssair.pending_refinements import Pending, Version, made
from ssair.refinement import is_constant, refinement, relations
from ssair.types import Type


class Builder:
    """Builds one function; `span` is put on all that is emitted."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.block: Block = function.blocks[0] if function.blocks else function.new_block()
        self.index: int | None = None
        self.span = NO_SPAN
        #: Whether what is built later is dominated by what was built before, scopes aside; `Variables` says no.
        self.structured = True
        #: The edges made so far into each block.
        self.incoming: dict[Block, list[Incoming]] = {}
        self._constants: dict[object, Instr] = {}
        self._newest: dict[Value, Version] = {}
        self._origins: dict[Value, Value] = {}
        self._undo: list[list[tuple[Value, Version | None]]] = []
        self._heads: dict[Block, int] = {}

    # ---- cursor ---------------------------------------------------------------------------------------------------

    def new_block(self) -> Block:
        """A new empty block; the cursor stays."""
        return self.function.new_block()

    def at(self, block: Block, index: int | None = None) -> Builder:
        """Put the cursor at the end of `block`, or before its instruction at `index`."""
        self.block = block
        self.index = index
        return self

    def param(self, type: Type, fact: Fact | None = None, *, block: Block | None = None, static: bool = False) -> Param:
        """A new parameter of `block` (default: the cursor's)."""
        target = block if block is not None else self.block
        return target.add_param(type, fact if fact is not None else top(type), self.span, static)

    def emit(
        self, op: str | Op, *args: Value, type: Type | None = None, aux: object = None, span: int | None = None
    ) -> Instr:
        """A new instruction at the cursor; a check's result becomes the newest version of its operand.

        Raises `type_rules.TypeFault` if the operation takes no such operands.
        """
        instr = self.function.new_instr(op, args, type=type, aux=aux, span=self.span if span is None else span)
        self._place(instr)
        if instr.op.traps and instr.op.refines and self.structured:
            self._set(self.origin(instr), instr)
            if instr.op is _CHECK:
                self._learn_now(args[0])
        return instr

    def const(self, type: Type, value: Constant) -> Instr:
        """A constant; one instruction for equal ones of a block where the cursor is at its end."""
        if self.index is not None:
            return self.emit(CONST, type=type, aux=value)
        key = (self.block, constant_key(type, value))
        if key not in self._constants:
            self._constants[key] = self.emit(CONST, type=type, aux=value)
        return self._constants[key]

    def _place(self, instr: Instr) -> None:
        if self.index is None:
            self.block.append(instr)
        else:
            self.block.insert(self.index, instr)
            self.index += 1

    # ---- terminators ----------------------------------------------------------------------------------------------

    def jump(self, target: Block, *args: Value) -> None:
        """End the block: go to `target`."""
        self._end(Terminator(JUMP, (), (Edge(target, args),)))

    def branch(
        self,
        condition: Value,
        if_true: Block,
        if_false: Block,
        true_args: Sequence[Value] = (),
        false_args: Sequence[Value] = (),
    ) -> None:
        """End the block: go one of two ways."""
        edges = (Edge(if_true, tuple(true_args)), Edge(if_false, tuple(false_args)))
        self._end(Terminator(BRANCH, (condition,), edges))

    def switch(self, value: Value, cases: Sequence[tuple[int, Block]], default: Block) -> None:
        """End the block: go to the block of the case that equals the integer `value`, else to `default`."""
        edges = tuple(Edge(target) for _, target in cases)
        self._end(Terminator(SWITCH, (value,), (*edges, Edge(default)), tuple(case for case, _ in cases)))

    def ret(self, *values: Value) -> None:
        """End the block: give the function's results."""
        self._end(Terminator(RETURN, values))

    def forall(self, extents: Sequence[Value], body: Block, exit: Block, lengths: Sequence[Value] = ()) -> None:
        """End the block: evaluate `body` for all indices below `extents`; `exit` gets the arrays of what it yields.

        Where the body yields arrays, `lengths` are their dimensions, one array after the other.
        """
        aux = (len(extents),) if lengths else ()
        self._end(Terminator(FORALL, (*extents, *lengths), (Edge(body), Edge(exit)), aux))

    def yield_(self, *values: Value) -> None:
        """End the body of a comprehension: its elements at the indices."""
        self._end(Terminator(YIELD, values))

    def _end(self, terminator: Terminator) -> None:
        assert self.block.terminator is None, f"{self.block} has its terminator already"
        terminator.span = self.span
        self.block.set_terminator(terminator)
        for index, edge in enumerate(terminator.edges):
            self.incoming.setdefault(edge.target, []).append(Incoming(self.block, index))

    def tighten(self, block: Block, args: Sequence[Sequence[Value]]) -> None:
        """Let the facts of the parameters of `block` be the join over all its incoming `args`, before it is filled."""
        for index, param in enumerate(block.params):
            fact = args[0][index].fact
            for row in args[1:]:
                fact = fact | row[index].fact
            param.fact = param.fact & fact

    # ---- refinement -----------------------------------------------------------------------------------------------

    @contextmanager
    def arm(self, condition: Value, holds: bool) -> Iterator[None]:
        """`enter_arm` and `leave_arm` around what is built in between."""
        self.enter_arm(condition, holds)
        try:
            yield
        finally:
            self.leave_arm()

    def enter_arm(self, condition: Value, holds: bool) -> None:
        """From here to `leave_arm`, values know what `condition` being `holds` teaches.

        Requires that the cursor is in a block whose one incoming edge is that of the branch, and that all that is built
        before `leave_arm` and asks for `newest` versions is dominated by this block.
        """
        self.enter_scope()
        for relation in relations(condition, holds, self.origin):
            origin = self.origin(relation.value)
            if is_constant(origin):
                continue
            base = self._newest.get(origin, relation.value)
            self._set(origin, Pending(self.block, base, relation.predicate, relation.other))

    def enter_scope(self) -> None:
        """An arm that teaches nothing: a join inside another one, or the body of a comprehension."""
        self._undo.append([])

    def leave_arm(self) -> None:
        """Forget the versions made since the matching `enter_arm` or `enter_scope`."""
        for origin, previous in reversed(self._undo.pop()):
            if previous is None:
                del self._newest[origin]
            else:
                self._newest[origin] = previous

    def newest(self, value: Value) -> Value:
        """The version of `value` of which most is known at the cursor; made at the head of its arm if need be."""
        version = self._newest.get(self.origin(value))
        if version is None:
            return value
        return version if isinstance(version, Value) else made(version, self.function, self._put_at_head)

    def origin(self, value: Value) -> Value:
        """As `Value.origin`, in nearly constant time: chains of refinements are followed once."""
        value = value.find()
        chain: list[Value] = []
        while isinstance(value, Instr) and value.op.refines:
            chain.append(value)
            value = self._origins.get(value, value.args[0]).find()
        for version in chain:
            self._origins[version] = value
        return value

    def _set(self, origin: Value, version: Version) -> None:
        if self._undo:
            self._undo[-1].append((origin, self._newest.get(origin)))
        self._newest[origin] = version

    def _put_at_head(self, block: Block, instrs: Sequence[Instr]) -> None:
        position = self._heads.get(block, 0)
        self._heads[block] = position + len(instrs)
        if block is self.block and self.index is not None and self.index >= position:
            self.index += len(instrs)
        for instr in reversed(instrs):
            block.insert(position, instr)

    def _learn_now(self, condition: Value) -> None:
        """Refine what an assertion teaches, right after it."""
        for relation in relations(condition, True, self.origin):
            origin = self.origin(relation.value)
            if origin is self.origin(condition) or is_constant(origin):
                continue
            base = self.newest(relation.value)
            instrs = refinement(self.function, base, relation, self.span)
            for instr in instrs:
                self._place(instr)
            self._set(origin, instrs[-1])


_CHECK = OPS["check"]
