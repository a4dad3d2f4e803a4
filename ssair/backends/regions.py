"""Control flow as expressions: the emission of a function's blocks, from regions to their outcomes.

Requires an instance whose graph is reducible. Each block is emitted once, where its dominators put it, but for a loop's
test (`ssair.backends.loops`). A value is visible where its definition dominates, so a region hands out nothing but the
block arguments of its targets, and what is needed after a loop.

    settle(outcome, scope)   follows an outcome until all its targets are outside the scope
    enter(block, args, scope)   the outcome of a block, its parameters bound
    choose(arms, selector, scope)   the outcome of one of several arms (`ssair.backends.choices`)

A block that several edges lead to is entered by whichever region encloses all of them: arms end there with their
arguments. Where several such targets are open, they are entered in reverse postorder, each under the condition that it
was reached. (The idea is that of N. Ramsey, "Beyond Relooper", 2022: reverse postorder and dominance suffice.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from jax import lax

from ssair.backends.accesses import emit_access
from ssair.backends.arrays import fit
from ssair.backends.chains import LONG_CHAIN, Link, chain_from
from ssair.backends.checks import emit_check
from ssair.backends.choices import Arm, choose
from ssair.backends.comprehensions import emit_comprehension
from ssair.backends.emission import emit
from ssair.backends.instance import Instance, Shape
from ssair.backends.knowledge import Knowledge
from ssair.backends.loops import emit_loop
from ssair.backends.operation import Operation
from ssair.backends.outcome import NEVER, Ending, Given, Layout, Outcome, Slot, Target, layout_of
from ssair.backends.printing import emit_print
from ssair.backends.scope import Scope, is_loop, is_own, order_key
from ssair.backends.state import Traced
from ssair.backends.stores import force
from ssair.backends.structure import Loop
from ssair.backends.trace import Trace
from ssair.ir import Block, Edge, Instr, Terminator, Value, users
from ssair.ops import CALL_OP, FORALL, GET, INDEX, OPS, PRINTS, RETURN, SWITCH, UPDATE, YIELD
from ssair.semantics import CHECKS, dtype_of
from ssair.types import TupleType, Type

_ELEMENT_ACCESS: Final = (INDEX, UPDATE)
#: What is emitted otherwise for operands that are not negative.
_DIVISIONS: Final = tuple([OPS[name] for name in ("floordiv", "mod", "div_trunc", "rem_trunc")])


class Emitter:
    """Emits one instance of a function."""

    def __init__(self, trace: Trace, instance: Instance) -> None:
        self.trace = trace
        self.state = trace.state
        self.instance = instance
        self.structure = instance.structure
        self.values: dict[Value, Traced] = {}
        #: What the comprehension being emitted yields.
        self.element_slots: list[Slot] = []
        #: Slices that reads are served from, with the indices that are left.
        self.views: dict[Instr, tuple[Traced, tuple[Value, ...]]] = {}
        #: Operands, by instruction and place, that stand for a constant which XLA must not see.
        self.hidden: dict[Instr, tuple[int, Traced]] = {}
        #: Choices, by the blocks that their arms begin with, whose arms give arrays as a whole.
        self.whole: set[tuple[Block | None, ...]] = set()
        self._kept: dict[Loop, list[Value]] = {}
        self._users: dict[Value, list[Instr | Terminator]] | None = None
        self._knowledge: Knowledge | None = None

    def run(self, args: Sequence[Traced]) -> list[Traced] | None:
        """The function's results; None if it cannot return."""
        function = self.instance.function
        self.trace.count(function.next_value, function.entry.end.span)
        scope = Scope(self.structure)
        outcome = self.settle(self.enter(function.entry, args, scope), scope)
        if Ending.RETURN not in outcome.args:
            return None
        slots = [slot_of(type, shape) for type, shape in zip(function.results, self.instance.results, strict=True)]
        return layout_of((Ending.RETURN,), lambda target: slots, lambda target: ()).pack(outcome)

    # ---- values ---------------------------------------------------------------------------------------------------

    @property
    def users(self) -> dict[Value, list[Instr | Terminator]]:
        """What uses each value of the function."""
        if self._users is None:
            self._users = users(self.instance.function)
        return self._users

    def operand(self, value: Value) -> Traced:
        """The value as it is known: on the host, or traced."""
        return force(self.kept_operand(value))

    def kept_operand(self, value: Value) -> Traced:
        """The same, but an array may have stores that are not made yet."""
        host = self.instance.hosts.get(value)
        return host if host is not None else self.values[value]

    def slot(self, value: Value) -> Slot:
        """The dtype and shape of a value."""
        return slot_of(value.type, self.instance.shapes[value])

    def kept(self, loop: Loop) -> list[Value]:
        """What a loop defines for those after it, host values aside."""
        known = self._kept.get(loop)
        if known is None:
            shapes, hosts = self.instance.shapes, self.instance.hosts
            known = [value for value in loop.live_out if value in shapes and value not in hosts]
            self._kept[loop] = known
        return known

    def kept_for(self, target: Target, scope: Scope) -> list[Value]:
        """The values that go along to `target`, behind its parameters: all kept ones where it leaves the loop."""
        return self.kept(scope.loop) if scope.loop is not None and scope.leaves_loop(target) else []

    def layout(self, targets: Sequence[Target], scope: Scope) -> Layout:
        """A layout for targets reached from `scope`."""
        return layout_of(
            sorted(targets, key=lambda target: order_key(self.structure, target)),
            lambda target: self._target_slots(target) if _is_wanted(target, scope) else [],
            lambda target: [self.slot(v) for v in self.kept_for(target, scope)] if _is_wanted(target, scope) else [],
        )

    def _target_slots(self, target: Target) -> list[Slot]:
        if isinstance(target, Block):
            return [self.slot(param) for param in target.params]
        if target is Ending.RETURN:
            types: Sequence[Type] = self.instance.function.results
            return [slot_of(type, shape) for type, shape in zip(types, self.instance.results, strict=True)]
        return self.element_slots

    # ---- regions --------------------------------------------------------------------------------------------------

    def settle(self, outcome: Outcome, scope: Scope) -> Outcome:
        """Go on until every target of the outcome is outside the scope."""
        while True:
            target = next((target for target in outcome.targets if scope.inside(target)), None)
            if target is None:
                return outcome
            assert isinstance(target, Block)
            if len(outcome.targets) == 1:
                outcome = self.enter(target, outcome.args[target], scope)
            else:
                own = Arm(Outcome.at(target, outcome.args[target]), scope.rooted(target))
                arms = [own, Arm(outcome.without(target))]
                outcome = choose(self, arms, outcome.reaches(target), scope)

    def enter(self, block: Block, args: Sequence[Given], scope: Scope) -> Outcome:
        """The outcome of a block, or of the loop that it is the header of."""
        self.bind(block, args)
        if is_loop(self.instance, block):
            return emit_loop(self, self.structure.loops[block], scope)
        return self.emit_block(block, scope)

    def bind(self, block: Block, args: Sequence[Given]) -> None:
        """Give the parameters of a block their values."""
        for param, arg in zip(block.params, args, strict=False):
            shape = self.instance.shapes[param]
            self.values[param] = fit(arg, shape) if shape else arg

    def emit_block(self, block: Block, scope: Scope, start: int = 0) -> Outcome:
        """The outcome of a block whose parameters are bound, and its instructions before the one at `start` emitted."""
        if not self.emit_instrs(block.instrs[start:]):
            return NEVER
        return self._terminate(block, block.end, scope)

    def emit_instrs(self, instrs: Sequence[Instr]) -> bool:
        """Emit instructions in order; False if what follows them is not reached."""
        return all(map(self.emit_instr, instrs))

    def _terminate(self, block: Block, end: Terminator, scope: Scope) -> Outcome:
        if end.op is RETURN:
            return Outcome.at(Ending.RETURN, [self.kept_operand(value) for value in end.args])
        if end.op is YIELD:
            return Outcome.at(Ending.YIELD, [self.operand(value) for value in end.args])
        if end.op is FORALL:
            target = end.edges[1].target
            return self.leave(block, target, emit_comprehension(self, block, end), scope)
        places = scope.edges(self.instance, block)
        if not places:
            return NEVER
        links = chain_from(self.instance, block, scope)
        if len(links) >= LONG_CHAIN:
            return self._choose_in_chain(links, scope)
        arms = [self._arm(block, end.edges[place], scope) for place in places]
        if len(arms) == 1:
            return arms[0].start
        return choose(self, arms, self._selector(end, places), scope)

    def _choose_in_chain(self, links: Sequence[Link], scope: Scope) -> Outcome:
        """The outcome of a chain of branches, all of whose conditions are evaluated: one choice, however long it is."""
        arms: list[Arm] = []
        conditions: list[Traced] = []
        for link in links:
            if conditions:
                self.emit_instrs(link.block.instrs)
            end = link.block.end
            holds = self.operand(end.args[0])
            conditions.append(holds if link.onward == 1 else lax.bitwise_not(holds))
            arms.append(self._arm(link.block, end.edges[1 - link.onward], scope))
            onward = end.edges[link.onward]
            if link is not links[-1]:
                self.bind(onward.target, [self.kept_operand(arg) for arg in onward.args])
            else:
                arms.append(self._arm(link.block, onward, scope))
        chosen: Traced = np.int32(len(conditions))
        for index in reversed(range(len(conditions))):
            chosen = lax.select(conditions[index], np.int32(index), chosen)
        return choose(self, arms, chosen, scope)

    def leave(self, block: Block, target: Target, args: Sequence[Given], scope: Scope) -> Outcome:
        """The outcome of going from `block` to `target`, with what goes along."""
        available = self.structure.available
        kept = [self.values[value] if available(value, block) else None for value in self.kept_for(target, scope)]
        return Outcome.at(target, [*args, *kept])

    def _arm(self, block: Block, edge: Edge, scope: Scope) -> Arm:
        target, args = edge.target, [self.kept_operand(arg) for arg in edge.args]
        start = self.leave(block, target, args, scope)
        return Arm(start, scope.rooted(target) if is_own(self.instance, block, target, scope) else None)

    def _selector(self, end: Terminator, places: Sequence[int]) -> Traced:
        """What tells the edges at `places` apart: a bool for two of them (true: the first), else their number."""
        value = self.operand(end.args[0])
        if end.op is not SWITCH:
            return value
        last = len(places) - 1
        hits = [lax.eq(value, value.dtype.type(end.aux[place])) for place in places[:last]]
        if last == 1:
            return hits[0]
        chosen: Traced = np.int32(last)
        for index in reversed(range(last)):
            chosen = lax.select(hits[index], np.int32(index), chosen)
        return chosen

    # ---- instructions ---------------------------------------------------------------------------------------------

    def emit_instr(self, instr: Instr) -> bool:
        """Emit an instruction; False if what follows it is not reached, because a check failed on the host."""
        op = instr.op
        if op.pure and op is not GET:
            if op in _ELEMENT_ACCESS and (self._emit_view(instr) or emit_access(self, instr)):
                return True
            if instr not in self.instance.hosts:
                operands = [self.operand(arg) for arg in instr.args]
                if instr in self.hidden:
                    place, operands[place] = self.hidden[instr]
                self.values[instr] = emit(op.name, self.operation(instr), operands)
            return True
        if op is GET:
            assert isinstance(instr.aux, int)
            self.values[instr] = self.values[instr.args[0]][instr.aux]
            return True
        if op is CALL_OP:
            return self._emit_call(instr)
        if op in PRINTS:
            emit_print(self.trace, instr, [self.operand(arg) for arg in instr.args])
            return True
        assert op.refines, f"{op} in a kernel"
        if instr not in self.instance.hosts:
            self.values[instr] = self.kept_operand(instr.args[0])
        return op.name not in CHECKS or emit_check(self, instr)

    def _emit_view(self, instr: Instr) -> bool:
        """Emit a read that is served from a slice; False if it is not."""
        view = self.views.get(instr)
        if view is None:
            return False
        array, left = view
        indices = [self.operand(index) for index in left]
        self.values[instr] = emit(INDEX.name, self.operation(instr), [array, *indices]) if left else array
        return True

    def operation(self, instr: Instr) -> Operation:
        """What the emission of a pure instruction may know."""
        facts = tuple([arg.fact for arg in instr.args])
        if instr.op in _DIVISIONS:
            if self._knowledge is None:
                self._knowledge = Knowledge(self.instance.function)
            facts = tuple([self._knowledge.fact(arg, instr.block) for arg in instr.args])
        return Operation(instr.type, self.instance.shapes[instr], instr.aux, facts, self.trace.options.strict)

    def _emit_call(self, instr: Instr) -> bool:
        callee = Emitter(self.trace, self.instance.calls[instr])
        results = callee.run([self.kept_operand(arg) for arg in instr.args])
        if results is None:
            return False
        self.values[instr] = tuple(results) if isinstance(instr.type, TupleType) else results[0]
        return True


def slot_of(type: Type, shape: Shape) -> Slot:
    """The dtype and shape of a value of `type`."""
    return dtype_of(type), shape


def _is_wanted(target: Target, scope: Scope) -> bool:
    """Whether the values for a target are of use; where only the way is asked for, those for other exits are not."""
    return scope.sought is None or target is scope.sought or (scope.only is not None and target in scope.only)
