"""Loops: a natural loop as one `while_loop`.

What is carried: the choice among going on and the late exits, if there are late exits; the trap state, if the body may
trap; the header's parameters that change; and what late exits need and no parameter's place can hold. Every condition
tests the trap state. What the loop defines and later code uses (`Loop.live_out`) comes from evaluating the test once
more on the last carries, or through the late exits' places.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from jax import lax
from jax import numpy as jnp

from ssair.backends.counted import counter_of, iterations
from ssair.backends.iterations import Gathered, is_gathered
from ssair.backends.loop_plan import LoopPlan, Test, plan_loop
from ssair.backends.outcome import NEVER, NOWHERE, Layout, Outcome, Slot, Target
from ssair.backends.rounds import STEPS, is_short, needed_after
from ssair.backends.scope import Scope
from ssair.backends.state import State, Traced, both
from ssair.backends.stores import NotScalar, force
from ssair.backends.structure import Loop
from ssair.ir import Block, Value

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter


def emit_loop(emitter: Emitter, loop: Loop, scope: Scope) -> Outcome:
    """The outcome of a loop whose header's parameters are bound to what it starts with."""
    trace = emitter.trace
    if trace.options.scans or trace.batched:
        plan = plan_loop(emitter.instance, loop, prefixes=False)
        counter = counter_of(emitter.instance, loop, plan)
        if counter is not None and loop.header not in emitter.instance.trapping:
            count = iterations(emitter.instance, counter, emitter.values[counter.param])
            if count is not None and (trace.options.scans or is_short(emitter.instance, loop, count)):
                return _LoopEmission(emitter, loop, plan, count).emit(scope)
    return _LoopEmission(emitter, loop, plan_loop(emitter.instance, loop)).emit(scope)


class _LoopEmission:
    """The emission of one loop; `count` is the number of its iterations where it is to be a scan, or written out."""

    def __init__(self, emitter: Emitter, loop: Loop, plan: LoopPlan, count: int | None = None) -> None:
        self.emitter = emitter
        self.state = emitter.state
        self.loop = loop
        self.plan = plan
        self.body = Scope(emitter.structure, loop)
        self.layout = carry_layout(emitter, loop, plan)
        self.before: State | None = self.state.flush()
        self.traps = plan.traps and emitter.trace.options.checks and not self.state.muted
        self.sound: Traced | None = None if self.traps else self.state.sound()
        #: Whether the condition looks at the trap state.
        self.looks = not emitter.trace.counted and count is None
        self.count = count

    def emit(self, scope: Scope) -> Outcome:
        """The loop, and what follows from how it ended."""
        self._hide_steps()
        span = self.loop.header.end.span
        with self.emitter.trace.nested(span):
            start = self._start()
            self.emitter.trace.stores.make_pending()
            start = self.emitter.trace.stores.ordered(start)
            if self.count is None:
                carry = self._while(start)
            elif self.emitter.trace.batched and is_short(self.emitter.instance, self.loop, self.count):
                carry = self._written_out(start, self.count)
            else:
                carry = lax.fori_loop(0, self.count, lambda _, carry: self._step(carry), start)
        self.emitter.trace.stores.note_results(carry)
        final, state = self._split(carry)
        if state is not None:
            self.state.current = state
        ended = self.layout.unpack(final)
        self._bind(ended)
        return self._after(ended, scope)

    def _hide_steps(self) -> None:
        """Keep from XLA by how much a counter steps, where that is not 1.

        Its count of the iterations of a loop between constants is wrong for such steps: it runs `0 <= i < 1 by 3`
        never, and `5 <= i < 2 by 4` once.
        """
        for instr, place in self.plan.steps:
            amount = self.emitter.instance.hosts[instr.args[place]]
            self.emitter.hidden[instr] = (place, lax.optimization_barrier(amount))

    def _start(self) -> list[Traced]:
        params = [self.emitter.values[param] for param in self.plan.carried]
        start = self.layout.pack(Outcome.at(self.loop.header, params))
        return [*start, *(self.before or self.state.none)] if self.traps else start

    def _split(self, carry: Sequence[Traced]) -> tuple[list[Traced], State | None]:
        if not self.traps:
            return list(carry), None
        width = len(self.state.none)
        return list(carry[:-width]), tuple(carry[-width:])

    def _bind(self, outcome: Outcome) -> None:
        for param, value in zip(self.plan.carried, outcome.args[self.loop.header], strict=True):
            self.emitter.values[param] = value

    def _test_outcome(self, test: Test, allowed: frozenset[Target] | None, sought: Target | None = None) -> Outcome:
        """How the test ends; where only some ways are allowed, it is known to take one of them."""
        scope = Scope(self.emitter.structure, self.loop, None, test.blocks, allowed, inline=True, sought=sought)
        return self.emitter.settle(self.emitter.emit_block(self.loop.header, scope), scope)

    def _goes_on(self, carry: Sequence[Traced]) -> Traced:
        """The condition: no late exit taken, nothing failed, and the test leads to the goal."""
        values, state = self._split(carry)
        outcome = self.layout.unpack(values)
        condition: Traced | None = outcome.reaches(self.loop.header) if self.plan.late else None
        if self.looks:
            condition = self._unless_trapped(condition, state)
        if self.plan.test is not None:
            self._bind(outcome)
            condition = both(condition, self._passes(self.plan.test))
        if self.emitter.trace.active is not None:
            condition = both(condition, self.emitter.trace.active)
        return np.bool_(True) if condition is None else condition

    def _passes(self, test: Test) -> Traced:
        """Whether the test leads to the goal and no check in it fails."""
        with self.state.region(None), self.emitter.trace.stores.body(None):
            outcome = self._test_outcome(test, None, test.goal)
            leads = outcome.reaches(test.goal)
            if test.prefix and test.goal in outcome.args:
                self.emitter.bind(test.goal, outcome.args[test.goal])
                self.emitter.emit_instrs(test.goal.instrs[: test.prefix])
            failed = self.state.failed()
        return leads if failed is None else both(leads, lax.bitwise_not(failed))

    def _unless_trapped(self, condition: Traced | None, state: State | None) -> Traced | None:
        """The condition, and that no check has failed."""
        if state is None:
            return condition if self.sound is None else both(condition, self.sound)
        condition = both(condition, lax.eq(state[0], np.int32(0)))
        return condition if self.state.outer is None else both(condition, self.state.outer)

    def _while(self, start: list[Traced]) -> Sequence[Traced]:
        """What the loop ends with; several steps in a round, where that is faster."""
        trace = self.emitter.trace
        needed = None
        if not trace.batched and not trace.options.vectorise:
            needed = needed_after(self.emitter.instance, self.loop, self.plan)
        if needed is None:
            return lax.while_loop(self._goes_on, self._step, start)
        ended = list(start)
        carry = lax.while_loop(_goes, self._round(needed), [self._goes_on(start), *start, *[start[i] for i in needed]])
        for place, value in zip(needed, carry[1 + len(start) :], strict=True):
            ended[place] = value
        return ended

    def _written_out(self, carry: list[Traced], count: int) -> list[Traced]:
        """So many steps, one behind the other. What a step is given is no constant to it, as in a loop."""
        for _ in range(count):
            given = [jnp.asarray(value) if isinstance(value, np.generic) else value for value in carry]
            carry = self._step(given)
        return carry

    def _round(self, needed: Sequence[int]) -> Callable[[Sequence[Traced]], list[Traced]]:
        """Some steps, the first of which is wanted; `ssair.backends.rounds` says what is carried."""

        def steps(carry: Sequence[Traced]) -> list[Traced]:
            going: Traced | None = None
            running = carry[1 : len(carry) - len(needed)]
            last = carry[len(carry) - len(needed) :]
            for _ in range(STEPS):
                running = self._step(running)
                new = [running[place] for place in needed]
                last = new if going is None else list(map(partial(lax.select, going), new, last))
                going = both(going, self._goes_on(running))
            return [going, *running, *last]

        return steps

    def _step(self, carry: Sequence[Traced]) -> list[Traced]:
        """One iteration; where the condition has looked at the trap state, nothing has failed so far."""
        values, state = self._split(carry)
        ended = self.layout.unpack(values)
        outer, before = (None, None) if self.looks else (self.state.outer, self.before if state is None else state)
        trace = self.emitter.trace
        active = self._goes_on(carry) if trace.guards else None
        self._bind(ended)
        body = trace.stores.body(self._opaque(ended), [value for value in values if value.ndim])
        with trace.activated(active), self.state.inside(outer, before), body:
            packed = self._gathered(values) if is_gathered(self.emitter, self.loop) else None
            return list(map(force, self._packed() if packed is None else packed))

    def _packed(self) -> list[Traced]:
        """What one iteration comes to: the carries; arrays may have stores that are not made yet."""
        ended = self._iterate()
        packed = self.layout.pack_kept(self._without_invariants(ended))
        if not ended.targets and not self.looks:
            self._let_be_last(packed)
        return [*packed, *self.state.carried()] if self.traps else packed

    def _gathered(self, carried: Sequence[Traced]) -> list[Traced] | None:
        """The same, by a `cond` and stores behind it (`ssair.backends.iterations`); None if it cannot be had so."""
        trace = self.emitter.trace
        gathered = Gathered(self.emitter)

        def iteration() -> list[Traced]:
            with self.state.region(self.state.current), trace.stores.nested(), trace.stores.plain():
                return gathered.pack(self._packed(), carried)

        try:
            with trace.revocable(), trace.nested(self.loop.header.end.span):
                results = lax.cond(trace.stores.opaque, iteration, gathered.zeros)
        except NotScalar:
            return None
        return gathered.unpack(results)

    def _let_be_last(self, packed: list[Traced]) -> None:
        """Let the counter reach its bound where an iteration surely fails, and the condition does not ask."""
        counter = counter_of(self.emitter.instance, self.loop)
        if counter is not None:
            packed[self.plan.carried.index(counter.param)] = self.emitter.operand(counter.bound.origin())

    def _opaque(self, ended: Outcome) -> Traced | None:
        """A condition that holds in the body; None where there is none, or a `vmap` would make it differ by element."""
        if self.emitter.trace.batched or not any(self.emitter.instance.shapes[param] for param in self.plan.carried):
            return None
        if self.plan.test is None:
            return ended.reaches(self.loop.header) if self.plan.late else None
        with self.state.region(None, muted=True), self.emitter.trace.stores.body(None):
            return self._test_outcome(self.plan.test, None, self.plan.test.goal).reaches(self.plan.test.goal)

    def _iterate(self) -> Outcome:
        """How one iteration ends. The test is known to lead to the goal, and its checks to hold."""
        emitter, test = self.emitter, self.plan.test
        if test is None:
            return emitter.settle(emitter.emit_block(self.loop.header, self.body), self.body)
        with self.state.region(self.state.current, muted=True):
            outcome = self._test_outcome(test, test.to_goal)
            if test.prefix:
                emitter.bind(test.goal, outcome.args[test.goal])
                emitter.emit_instrs(test.goal.instrs[: test.prefix])
        if test.prefix:
            outcome = emitter.emit_block(test.goal, self.body, test.prefix)
        return emitter.settle(outcome, self.body)

    def _without_invariants(self, outcome: Outcome) -> Outcome:
        """The outcome with only the carried parameters of the header."""
        header = self.loop.header
        if header not in outcome.args:
            return outcome
        carried = [index for index, param in enumerate(header.params) if param in self.plan.carried]
        args = dict(outcome.args)
        args[header] = tuple([outcome.args[header][index] for index in carried])
        return Outcome(outcome.targets, args, outcome.choice)

    def _after(self, ended: Outcome, scope: Scope) -> Outcome:
        """Where the loop ended, with what it defines for later code."""
        late = ended.without(self.loop.header) if self.plan.late else NEVER
        outcome = late
        if self.plan.test is not None:
            outcome = self._early(ended, self.plan.test)
            if self.plan.late:
                layout = self.emitter.layout([*dict.fromkeys([*outcome.targets, *late.targets])], self.body)
                outcome = layout.select(ended.reaches(self.loop.header), outcome, late)
        return self._outside(outcome, scope)

    def _early(self, ended: Outcome, test: Test) -> Outcome:
        """The way out of the test, whose checks are recorded now."""
        traps = test.prefix > 0 or any(block in self.emitter.instance.trapping for block in test.blocks)
        with nullcontext() if traps else self.emitter.trace.stores.plain():
            if not self.plan.late:
                return self._last_test(test)
            with self.state.masked(ended.reaches(self.loop.header)):
                return self._last_test(test)

    def _last_test(self, test: Test) -> Outcome:
        if not test.prefix:
            return self._test_outcome(test, test.to_exit)
        outcome = self._test_outcome(test, None)
        if test.goal not in outcome.args:
            return outcome
        with self.state.masked(outcome.reaches(test.goal)):
            self.emitter.bind(test.goal, outcome.args[test.goal])
            self.emitter.emit_instrs(test.goal.instrs[: test.prefix])
        return outcome.without(test.goal)

    def _outside(self, outcome: Outcome, scope: Scope) -> Outcome:
        """The outcome as code outside the loop sees it: what was kept is bound, and goes along only further out."""
        emitter = self.emitter
        kept = emitter.kept(self.loop)
        for value in kept:  # what a body left here is of no use outside
            emitter.values.pop(value, None)
        args = {}
        for target in outcome.targets:
            given = outcome.args[target]
            count = len(given) - len(kept)
            emitter.values.update(
                (value, known) for value, known in zip(kept, given[count:], strict=True) if known is not None
            )
            args[target] = given[:count]
        for target in outcome.targets:
            further = [self._known_after(value) for value in emitter.kept_for(target, scope)]
            args[target] = (*args[target], *further)
        return Outcome(outcome.targets, args, outcome.choice)

    def _known_after(self, value: Value) -> Traced | None:
        """A value that goes along further out, if it is computed in the loop or before it."""
        structure, header = self.emitter.structure, self.loop.header
        if structure.available(value, header) or structure.in_loop(value.block, self.loop):
            return self.emitter.values.get(value)
        return None


def _goes(carry: Sequence[Traced]) -> Traced:
    return carry[0]


def carry_layout(emitter: Emitter, loop: Loop, plan: LoopPlan) -> Layout:
    """The places of a loop's carries: one for each parameter; late exits take those whose type fits, and new ones.

    A value that is the parameter itself, or its value in the next iteration, takes the parameter's place, so that
    nothing has to be chosen when the loop is left.
    """
    slots: list[Slot] = [emitter.slot(param) for param in plan.carried]
    places: dict[Target, tuple[int, ...]] = {loop.header: tuple(range(len(slots)))}
    kept = emitter.kept(loop) if plan.late else []
    wishes = _wishes(loop, plan)
    taken: set[int] = set()
    kept_places = [
        _place_of(emitter, value, wishes, slots, taken) if _is_late(emitter, value, plan) else NOWHERE for value in kept
    ]
    for target in plan.late:
        assert isinstance(target, Block)
        own = set(taken)
        given = _arguments(loop, plan, target)
        found = [
            _place_of(emitter, param, {param: wishes[arg]} if arg in wishes else {}, slots, own)
            for param, arg in zip(target.params, given, strict=True)
        ]
        places[target] = (*found, *kept_places)
    return Layout((loop.header, *plan.late), tuple(slots), places)


def _is_late(emitter: Emitter, value: Value, plan: LoopPlan) -> bool:
    """Whether a late exit can have the value."""
    return any(emitter.structure.available(value, source) for source in plan.sources)


def _wishes(loop: Loop, plan: LoopPlan) -> dict[Value, int]:
    """For values that are a carried parameter, or become one in the next iteration, that parameter's place."""
    wishes: dict[Value, int] = {}
    for place, param in enumerate(plan.carried):
        index = loop.header.params.index(param)
        for latch in loop.latches:
            for edge in latch.end.edges:
                if edge.target is loop.header:
                    wishes.setdefault(edge.args[index], place)
    wishes.update((param, place) for place, param in enumerate(plan.carried))
    return wishes


def _arguments(loop: Loop, plan: LoopPlan, target: Block) -> Sequence[Value]:
    """The arguments that one of the late exits gives to `target`."""
    for source in plan.sources:
        for edge in source.end.edges:
            if edge.target is target:
                return edge.args or target.params
    raise AssertionError(f"no exit to {target}")


def _place_of(emitter: Emitter, value: Value, wishes: dict[Value, int], slots: list[Slot], taken: set[int]) -> int:
    """The place for a value of a late exit: the one wished for, any free one of its type, or a new one."""
    wanted = emitter.slot(value)
    candidates = [wishes[value]] if value in wishes else []
    candidates += [place for place, slot in enumerate(slots) if slot == wanted]
    for place in candidates:
        if place not in taken and slots[place] == wanted:
            taken.add(place)
            return place
    slots.append(wanted)
    taken.add(len(slots) - 1)
    return len(slots) - 1
