"""Element stores in loops, made so that XLA does them in place.

XLA copies a whole array in every iteration where it cannot order the reads of the old version before the store. It does
not copy if every read is an ancestor of the store and cannot be fused into a later user. So in the body of a loop, for
the arrays that it carries:

- a store is not emitted where it stands but kept (`Stored`), until the array is needed as a whole; a read of it looks
  through the stores kept, so that reads of the old version come first;
- where two arms that are both evaluated end with stores to one array, the stores are kept under the arm's condition:
  storing what is there already changes nothing;
- a read whose value goes anywhere but into the next store is made in a `cond`, whose condition always holds, which XLA
  does not know: it is that of the loop;
- an index of a store depends on all that was read: a zero is added to it, that XLA cannot see to be one and LLVM can.

Measured on shuffling 16,384 elements: 12 ns instead of 5,840 for each exchange.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from jax import lax

from ssair.backends.state import Traced, both

#: A read looks through this many stores; behind more of them the array is made.
LOOKED_THROUGH: Final = 4


class NotScalar(Exception):
    """An array that was to be another one with a few elements stored is not."""


@dataclass(slots=True, eq=False)
class Stored:
    """An array that is `base` but for the elements stored since; `mask` says whether the last store happens."""

    stores: Stores
    base: Traced
    before: Stored | None
    mask: Traced | None
    indices: tuple[Traced, ...]
    value: Traced
    region: int
    made: Traced | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.base.shape)

    @property
    def ndim(self) -> int:
        """The rank of the array."""
        return int(self.base.ndim)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of the array."""
        dtype: np.dtype[Any] = np.dtype(self.base.dtype)
        return dtype

    def parts(self) -> tuple[Traced, list[Stored]]:
        """The array that was there or was made last, and the stores since, the oldest first."""
        base: Traced = self.base
        found: list[Stored] = []
        step: Stored | None = self
        while step is not None:
            if step.made is not None:
                base = step.made
                break
            base = step.base
            found.append(step)
            step = step.before
        found.reverse()
        return base, found


@dataclass(slots=True)
class Stores:
    """The stores kept, and what is known of the loop body being emitted."""

    #: Whether reads are to be kept in order by `cond`s: not on machines where a `cond` is slow.
    pins: bool = True
    #: A condition that holds here, which XLA cannot know; None outside of loops.
    opaque: Traced | None = None
    #: The arrays that the body stores to, by identity.
    mutable: dict[int, Traced] = field(default_factory=dict)
    #: A zero that depends on all that was read.
    depends: Traced | None = None
    pending: dict[int, Stored] = field(default_factory=dict)
    region: int = 0
    _regions: int = 0

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Emit a region of its own (an arm): what is kept in it is made in it."""
        saved = (self.depends, self.pending, self.region)
        self._regions += 1
        self.depends, self.pending, self.region = None, {}, self._regions
        try:
            yield
        finally:
            self.depends, self.pending, self.region = saved

    @contextmanager
    def body(self, opaque: Traced | None, arrays: Sequence[Traced] = ()) -> Iterator[None]:
        """Emit the body of a loop that carries `arrays`; without a condition, stores are made where they stand."""
        saved = (self.opaque, self.mutable)
        self.opaque = None if isinstance(opaque, np.bool_) else opaque
        self.mutable = {id(array): array for array in arrays}
        try:
            with self.nested():
                yield
        finally:
            self.opaque, self.mutable = saved

    # ---- stores ---------------------------------------------------------------------------------------------------

    def keep(self, array: Traced, value: Traced, indices: Sequence[Traced]) -> Stored:
        """The array with an element stored, not made yet."""
        before = array if isinstance(array, Stored) else None
        base = before.base if before is not None else array
        return self._node(base, before, None, tuple(indices), value)

    def _node(
        self, base: Traced, before: Stored | None, mask: Traced | None, indices: tuple[Traced, ...], value: Traced
    ) -> Stored:
        node = Stored(self, base, before, mask, indices, value, self.region)
        if before is not None:
            self.pending.pop(id(before), None)
        self.pending[id(node)] = node
        return node

    def make(self, array: Stored) -> Traced:
        """The array itself, every store done."""
        current, nodes = array.parts()
        for node in nodes:
            current = self._store(current, node)
            if node.region == self.region:
                node.made = current
                self.pending.pop(id(node), None)
        return current

    def _store(self, array: Traced, node: Stored) -> Traced:
        indices = places(node.indices)
        if self.depends is not None:
            indices[0] = lax.add(indices[0], self.depends)
        value = node.value
        if node.mask is not None:
            value = lax.select(node.mask, value, element_of(array, indices))
        piece = lax.broadcast_in_dim(value, (1,) * array.ndim, ())
        stored = lax.dynamic_update_slice(array, piece, indices, allow_negative_indices=False)
        self.mutable[id(stored)] = stored
        return stored

    def are_few(self) -> bool:
        """Whether a read can look through all stores that are kept of an array."""
        return all(len(node.parts()[1]) <= LOOKED_THROUGH for node in self.pending.values())

    def make_pending(self) -> None:
        """Make what is kept, before a region that may use it."""
        for node in list(self.pending.values()):
            self.make(node)

    def select(self, condition: Traced, if_true: Traced, if_false: Traced) -> Traced:
        """One of two arrays, both of which are known: by stores under the condition, where they are of one array."""
        left, right = parts_of(if_true), parts_of(if_false)
        if left[0] is not right[0] or isinstance(condition, np.bool_):
            return lax.select(condition, force(if_true), force(if_false))
        shared = 0
        while shared < min(len(left[1]), len(right[1])) and left[1][shared] is right[1][shared]:
            shared += 1
        before = left[1][shared - 1] if shared else None
        own, other = left[1][shared:], right[1][shared:]
        if own and other:  # the last store of the shorter one, done again, changes nothing
            count = max(len(own), len(other))
            own, other = (nodes + nodes[-1:] * (count - len(nodes)) for nodes in (own, other))
            for one, two in zip(own, other, strict=True):
                before = self._either(condition, left[0], before, one, two)
        for node in [] if other else own:
            before = self._node(left[0], before, both(node.mask, condition), node.indices, node.value)
        for node in [] if own else other:
            mask = both(node.mask, lax.bitwise_not(condition))
            before = self._node(left[0], before, mask, node.indices, node.value)
        return before if before is not None else left[0]

    def _either(self, condition: Traced, base: Traced, before: Stored | None, one: Stored, two: Stored) -> Stored:
        """One of two stores."""
        pairs = zip((*one.indices, one.value), (*two.indices, two.value), strict=True)
        *indices, value = [a if a is b else lax.select(condition, a, b) for a, b in pairs]
        mask = None
        if one.mask is not None or two.mask is not None:
            masks = [np.bool_(True) if node.mask is None else node.mask for node in (one, two)]
            mask = lax.select(condition, *masks)
        return self._node(base, before, mask, tuple(indices), value)

    def ordered(self, values: Sequence[Traced]) -> list[Traced]:
        """What a loop starts with, so that it comes after all that was read: one of its integers depends on that."""
        found = list(values)
        for place, value in enumerate(found):
            if self.depends is not None and not value.ndim and value.dtype.kind == "i":
                found[place] = lax.add(value, lax.convert_element_type(self.depends, value.dtype))
                break
        return found

    def since(self, array: Traced, earlier: Traced) -> list[Stored] | None:
        """The stores that make `array` of an `earlier` one, the oldest first; None if it is made otherwise."""
        found: list[Stored] = []
        step = array
        while step is not earlier and not (isinstance(step, Stored) and step.made is earlier):
            if not isinstance(step, Stored):
                return None
            found.append(step)
            step = step.base if step.before is None else step.before
        found.reverse()
        return found

    def value_of(self, node: Stored) -> Traced:
        """What a store leaves at its place: where it does not happen, what is there."""
        if node.mask is None:
            return node.value
        there = self.read(node.base if node.before is None else node.before, node.indices, pinned=False)
        return lax.select(node.mask, node.value, there)

    @contextmanager
    def plain(self) -> Iterator[None]:
        """Emit reads whose values are hardly used: as they stand."""
        saved, self.pins = self.pins, False
        try:
            yield
        finally:
            self.pins = saved

    # ---- reads ----------------------------------------------------------------------------------------------------

    def read(self, array: Traced, indices: Sequence[Traced], pinned: bool) -> Traced:
        """An element; of an array with stores kept, that of the last store to its place."""
        if isinstance(array, Stored):
            base, chain = array.parts()
            if len(chain) > LOOKED_THROUGH:
                return self.read(self.make(array), indices, pinned)
            value = self.read(base, indices, pinned)
            places = [_clamped(index, length) for index, length in zip(indices, array.shape, strict=True)]
            for node in chain:
                hit: Traced = node.mask
                for index, place, length in zip(node.indices, places, array.shape, strict=True):
                    hit = both(hit, lax.eq(_clamped(index, length), place))
                value = lax.select(hit, node.value, value)
            return value
        if not pinned or not self.pins or self.opaque is None or id(array) not in self.mutable:
            return element_of(array, indices)
        zero = array.dtype.type(0)
        value = lax.cond(self.opaque, lambda: element_of(array, indices), lambda: zero)
        self.note(value)
        return value

    def note(self, value: Traced) -> None:
        """Let the stores to come depend on `value`, a scalar that was read."""
        if self.opaque is None or not self.pins:
            return
        if value.dtype.kind == "f":
            value = lax.bitcast_convert_type(value, np.int32 if value.dtype.itemsize == 4 else np.int64)
        elif value.dtype.kind == "b":
            value = lax.convert_element_type(value, np.int32)
        never = lax.eq(lax.bitwise_or(value, value.dtype.type(1)), value.dtype.type(0))
        zero = lax.convert_element_type(never, np.int64)
        self.depends = zero if self.depends is None else lax.add(self.depends, zero)

    def note_results(self, results: Sequence[Traced]) -> None:
        """The same for what a region gave: its first scalar; arrays that it gave may be stored to."""
        if self.opaque is None:
            return
        scalar = next((value for value in results if not value.ndim and not isinstance(value, np.generic)), None)
        if scalar is not None:
            self.note(scalar)
        self.mutable.update((id(value), value) for value in results if value.ndim)


def force(array: Traced) -> Traced:
    """A value as JAX takes it: an array with stores kept is made."""
    return array.stores.make(array) if isinstance(array, Stored) else array


def places(indices: Sequence[Traced]) -> list[Traced]:
    """Indices as JAX takes them: it clamps those that it computes, but refuses a negative one that it is told."""
    return [index.dtype.type(max(index.item(), 0)) if isinstance(index, np.generic) else index for index in indices]


def element_of(array: Traced, indices: Sequence[Traced]) -> Traced:
    """The element at clamped indices of an array that has elements."""
    piece = lax.dynamic_slice(array, places(indices), (1,) * array.ndim, allow_negative_indices=False)
    return lax.squeeze(piece, tuple(range(array.ndim)))


def _clamped(index: Traced, length: int) -> Traced:
    return lax.clamp(np.int64(0), index, np.int64(length - 1))


def parts_of(array: Traced) -> tuple[Traced, list[Stored]]:
    """`Stored.parts`; an array without stores kept is itself."""
    return array.parts() if isinstance(array, Stored) else (array, [])
