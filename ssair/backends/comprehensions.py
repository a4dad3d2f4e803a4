"""Comprehensions: a `forall` as a `vmap` over its indices, or as a loop that stores element after element.

`is_uniform` (`ssair.backends.uniform`) decides. In a `vmap` every element has a trap state of its own; the first that
failed, in row-major order, is recorded once the comprehension is done. In a loop the state is carried, and ends it. A
comprehension without elements evaluates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import jax
import numpy as np
from jax import lax

from ssair.backends.arrays import store, zeros
from ssair.backends.instance import host_length
from ssair.backends.outcome import Ending, Slot, layout_of
from ssair.backends.scope import Scope, summarise
from ssair.backends.slices import slices_of
from ssair.backends.state import Traced, both, first_of
from ssair.backends.uniform import ends_soon, is_uniform
from ssair.ir import Block, Terminator

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter


def emit_comprehension(emitter: Emitter, block: Block, end: Terminator) -> list[Traced]:
    """The arrays that a `forall` gives to the parameters of its exit."""
    extents = tuple([host_length(emitter.instance, extent) for extent in end.extents])
    arrays = [emitter.slot(param) for param in end.edges[1].target.params]
    if math.prod(extents) == 0 or (any(0 in shape for _, shape in arrays) and not _has_effects(emitter, end)):
        return [zeros(dtype, shape) for dtype, shape in arrays]
    emitter.trace.stores.make_pending()
    comprehension = _Comprehension(emitter, end, extents, arrays)
    with emitter.trace.nested(end.span):
        if emitter.trace.options.vectorise and not comprehension.prints:
            return comprehension.batched()
        if not is_uniform(emitter.instance, end):
            return comprehension.looped()
        saved = emitter.trace.counted
        emitter.trace.counted = saved or ends_soon(emitter.instance, end.edges[0].target)
        arrays = comprehension.batched()
        emitter.trace.counted = saved
        return arrays


def _has_effects(emitter: Emitter, end: Terminator) -> bool:
    summary = summarise(emitter.instance, Scope(emitter.structure, root=end.edges[0].target))
    return summary.traps or summary.prints


class _Comprehension:
    """The emission of one comprehension that has elements."""

    def __init__(self, emitter: Emitter, end: Terminator, extents: tuple[int, ...], arrays: list[Slot]) -> None:
        self.emitter = emitter
        self.state = emitter.state
        self.body = end.edges[0].target
        self.extents = extents
        self.arrays = arrays
        self.slots: list[Slot] = [(dtype, shape[len(extents) :]) for dtype, shape in arrays]
        self.scope = Scope(emitter.structure, root=self.body)
        summary = summarise(emitter.instance, self.scope)
        self.sound: Traced | None = None
        self.prints = summary.prints
        self.light = summary.cost is not None
        self.traps = summary.traps and emitter.trace.options.checks and not self.state.muted

    def _element(self, indices: Sequence[Traced]) -> list[Traced]:
        """What the body yields at `indices`."""
        emitter = self.emitter
        saved, emitter.element_slots = emitter.element_slots, self.slots
        outcome = emitter.settle(emitter.enter(self.body, indices, self.scope), self.scope)
        emitter.element_slots = saved
        return layout_of((Ending.YIELD,), lambda target: self.slots, lambda target: ()).pack(outcome)

    def batched(self) -> list[Traced]:
        """All elements at once.

        Which check failed first is asked only if one did, in a `cond`: the arrays of codes are not made otherwise. A
        light body is emitted once more for that; of a heavy one the codes are kept.
        """
        self.sound = self.state.sound()
        if not self.traps:
            return self._map(lambda values: values)
        if not self.light:
            *results, failed = self._map(lambda values: [*values, *self.state.carried(), self.state.failed()])
            width = len(self.state.none)
            states = results[-width:]
            self._record(failed, lambda: list(first_of(states)))
            return results[:-width]
        *results, failed = self._map(lambda values: [*values, self.state.failed()])
        self._record(failed, lambda: list(first_of(self._map(lambda values: self.state.carried()))))
        return results

    def _map(self, wanted: Callable[[list[Traced]], Sequence[Traced]]) -> list[Traced]:
        """For all elements what `wanted` makes of the yielded values, in the element's trap state."""
        emitter, rank = self.emitter, len(self.extents)
        slices = slices_of(emitter, self.body, self.extents, self.scope)

        def element(*args: Traced) -> list[Traced]:
            for place, part in enumerate(slices):
                emitter.views.update(dict.fromkeys(part.reads, (args[rank + place], part.left)))
            with self.state.inside(self.sound), emitter.trace.stores.body(None):
                return [np.bool_(False) if value is None else value for value in wanted(self._element(args[:rank]))]

        saved, emitter.trace.batched = emitter.trace.batched, True
        views = dict(emitter.views)
        function = element
        for axis in reversed(range(rank)):
            own = [0 if axis == other else None for other in range(rank)]
            function = jax.vmap(function, in_axes=[*own, *[part.axis_at(axis) for part in slices]])
        indices = [lax.iota(np.int64, extent) for extent in self.extents]
        results = list(function(*indices, *[part.array for part in slices]))
        emitter.trace.batched, emitter.views = saved, views
        return results

    def _record(self, failed: Traced, find: Callable[[], list[Traced]]) -> None:
        """Record that one of the elements failed, the first of which `find` looks for."""
        any_failed = lax.reduce_or(failed, tuple(range(failed.ndim)))
        state = tuple(lax.cond(any_failed, find, lambda: list(self.state.none)))
        self.state.record(any_failed, state)

    def looped(self) -> list[Traced]:
        """One element after the other, in row-major order."""
        before = self.state.flush()
        sound = None if self.traps else self.state.sound()
        total = np.int64(math.prod(self.extents))
        rank, width = len(self.extents), len(self.state.none)

        def goes_on(carry: Sequence[Traced]) -> Traced:
            condition = lax.lt(carry[0], total)
            if self.emitter.trace.counted:
                return condition
            if self.traps:
                condition = both(condition, lax.eq(carry[-width], np.int32(0)))
                return condition if self.state.outer is None else both(condition, self.state.outer)
            return condition if sound is None else both(condition, sound)

        def step(carry: Sequence[Traced]) -> list[Traced]:
            count, indices, arrays = carry[0], carry[1 : 1 + rank], carry[1 + rank : 1 + rank + len(self.arrays)]
            looks = not (self.emitter.trace.counted or self.emitter.trace.options.scans)
            state = tuple(carry[-width:]) if self.traps else before
            outer, state = (None, None) if looks else (self.state.outer, state)
            with self.state.inside(outer, state), self.emitter.trace.stores.body(None):
                values = self._element(indices)
                state = self.state.carried() if self.traps else ()
            stored = [
                store(array, value, indices) if 0 not in array.shape else array
                for array, value in zip(arrays, values, strict=True)
            ]
            return [lax.add(count, np.int64(1)), *self._next(indices), *stored, *state]

        start: list[Traced] = [np.int64(0)] * (1 + rank)
        start += [zeros(dtype, shape) for dtype, shape in self.arrays]
        start += list(before or self.state.none) if self.traps else []
        if self.emitter.trace.options.scans:
            results = lax.fori_loop(0, int(total), lambda _, carry: step(carry), start)
        else:
            results = lax.while_loop(goes_on, step, start)
        if self.traps:
            self.state.current = tuple(results[-width:])
        return list(results[1 + rank : 1 + rank + len(self.arrays)])

    def _next(self, indices: Sequence[Traced]) -> list[Traced]:
        """The indices of the element after that at `indices`."""
        following: list[Traced] = []
        step: Traced = np.int64(1)
        for index, extent in reversed(list(zip(indices, self.extents, strict=True))):
            moved = lax.add(index, step)
            wraps = lax.ge(moved, np.int64(extent))
            following.append(lax.select(wraps, np.int64(0), moved))
            step = lax.convert_element_type(wraps, np.int64)
        following.reverse()
        return following
