"""Choices among arms: both in line and `select`, or `cond`, or `switch`.

Arms are evaluated in line, all of them, where they are cheap and pure but for checks, and what they give is selected
then; otherwise the one that is wanted is evaluated, by a `cond`. What a `cond` gives of arrays that its arms store to
are the stores (`ssair.backends.scalar_stores`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from jax import lax

from ssair.backends.accesses import reads_elements_only
from ssair.backends.outcome import Layout, Outcome, Target
from ssair.backends.scalar_stores import MOST_STORES, ScalarStores
from ssair.backends.scope import Scope, Summary, region_blocks, summarise
from ssair.backends.shared_arrays import Shared, shared_arrays
from ssair.backends.state import State, Traced, both, select_state
from ssair.backends.stores import NotScalar
from ssair.ir import Block

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter

#: Two arms that cost no more than this together are both evaluated.
CHEAP: Final = 24
#: The same for arms that store to arrays in a loop: these are not copied then.
CHEAP_WITH_STORES: Final = 160
#: Arrays of more elements than this are not chosen by `select`.
SMALL_ARRAY: Final = 64


@dataclass(slots=True)
class Arm:
    """One way to go: where it starts, and its scope and summary if it has blocks of its own."""

    start: Outcome
    scope: Scope | None = None
    summary: Summary | None = None

    @property
    def targets(self) -> tuple[Target, ...]:
        """Where the arm may end."""
        return self.summary.targets if self.summary is not None else self.start.targets

    @property
    def cost(self) -> int | None:
        """What evaluating it for nothing costs; None if that must not be done."""
        return self.summary.cost if self.summary is not None else 0

    @property
    def traps(self) -> bool:
        """Whether a check in it may fail."""
        return self.summary is not None and self.summary.traps


def choose(emitter: Emitter, arms: Sequence[Arm], selector: Traced, scope: Scope) -> Outcome:
    """The outcome of the arm that `selector` picks: two arms by a bool, the first if it holds; more by number."""
    targets: dict[Target, None] = {}
    for arm in arms:
        if arm.scope is not None:
            arm.summary = summarise(emitter.instance, arm.scope)
        targets.update(dict.fromkeys(arm.targets))
    choice = _Choice(emitter, arms, selector, emitter.layout(list(targets), scope), scope)
    return choice.in_line() if choice.is_cheap() else choice.by_cond()


class _Choice:
    """The emission of one choice."""

    def __init__(self, emitter: Emitter, arms: Sequence[Arm], selector: Traced, layout: Layout, scope: Scope) -> None:
        self.emitter = emitter
        self.state = emitter.state
        self.trace = emitter.trace
        self.arms = arms
        self.selector = selector
        self.layout = layout
        self.scope = scope
        #: By place of the layout, the arrays that all arms have in common.
        self.shared = shared_arrays(emitter, arms, layout, scope)

    def is_cheap(self) -> bool:
        """Whether all arms are to be evaluated."""
        if self.scope.inline:
            return True
        costs = [arm.cost for arm in self.arms]
        stores = any(arm.summary is not None and arm.summary.stores for arm in self.arms)
        limit = CHEAP_WITH_STORES if stores else CHEAP
        if any(cost is None for cost in costs) or sum(cost or 0 for cost in costs) > limit:
            return False
        differing = [place for place, array in self.shared.items() if array is None or array.whole]
        if stores:
            return not differing and self.trace.stores.opaque is not None
        return not any(np.prod(self.layout.slots[place][1]) > SMALL_ARRAY for place in differing)

    def _produce(self, arm: Arm) -> Outcome:
        return arm.start if arm.scope is None else self.emitter.settle(arm.start, arm.scope)

    def in_line(self) -> Outcome:
        """Evaluate every arm, the checks of each under its own condition, and select."""
        chosen: Outcome | None = None
        for index in reversed(range(len(self.arms))):
            if self.arms[index].scope is None and chosen is None:
                chosen = self.arms[index].start
                continue
            condition = self._condition(index)
            with self.state.masked(condition):
                outcome = self._produce(self.arms[index])
            chosen = outcome if chosen is None else self.layout.select(condition, outcome, chosen)
        assert chosen is not None
        return chosen

    def by_cond(self) -> Outcome:
        """Evaluate the arm that is picked; the arrays in common stay outside, unless that is known not to work."""
        key = tuple([None if arm.scope is None else arm.scope.root for arm in self.arms])
        shared = {
            place: array
            for place, array in self.shared.items()
            if array is not None and array.stores <= MOST_STORES and key not in self.emitter.whole
        }
        if shared:
            packing = ScalarStores(self.trace.stores, self.layout, shared)
            try:
                with self.trace.revocable():
                    return self._cond(packing, self._by_elements(shared))
            except NotScalar:
                self.emitter.whole.add(key)
        return self._cond(self.layout, by_elements=False)

    def _by_elements(self, shared: Mapping[int, Shared]) -> bool:
        """Whether arrays come into the arms to be read by element, and do not come out; nor would stores be made."""
        return (
            len(shared) == len(self.shared)
            and not any(array.whole for array in shared.values())
            and self.trace.stores.are_few()
            and all(
                reads_elements_only(region_blocks(self.emitter.instance, arm.scope), self.emitter.structure)
                for arm in self.arms
                if arm.scope is not None
            )
        )

    def _cond(self, packing: Layout | ScalarStores, by_elements: bool) -> Outcome:
        before, stores = self.state.flush(), self.trace.stores
        if not by_elements:
            stores.make_pending()
        traps = self.trace.options.checks and not self.state.muted and any(arm.traps for arm in self.arms)

        def branch(index: int, arm: Arm) -> Callable[[], list[Traced]]:
            def emit_arm() -> list[Traced]:
                active = None
                if self.trace.guards:
                    active = both(self.trace.active, self._condition(index))
                with ExitStack() as inside:
                    for each in (self.state.region(before), stores.nested(), self.trace.activated(active)):
                        inside.enter_context(each)
                    if by_elements:
                        inside.enter_context(stores.plain())
                    packed = packing.pack(self._produce(arm))
                    return [*packed, *self.state.carried()] if traps else packed

            return emit_arm

        branches = [branch(index, arm) for index, arm in enumerate(self.arms)]
        with self.trace.nested(self._span()):
            two = len(branches) == 2
            results = lax.cond(self.selector, *branches) if two else lax.switch(self.selector, branches)
        stores.note_results(results)
        if traps:
            width = len(self.state.none)
            self.state.current = self._if_executed(tuple(results[-width:]), before)
            results = results[:-width]
        return packing.unpack(results)

    def _span(self) -> int:
        targets = [target for arm in self.arms for target in arm.start.targets]
        return next((target.end.span for target in targets if isinstance(target, Block)), -1)

    def _if_executed(self, state: State, before: State | None) -> State:
        """The state after a choice; where the choice itself is evaluated in line for nothing, that before it."""
        mask = self.state.mask
        return state if mask is None else select_state(mask, state, before or self.state.none)

    def _condition(self, index: int) -> Traced:
        """Whether the arm at `index` is picked."""
        if len(self.arms) == 2:
            return self.selector if index == 0 else lax.bitwise_not(self.selector)
        return lax.eq(self.selector, np.int32(index))
