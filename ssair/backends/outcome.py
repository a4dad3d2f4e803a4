"""How a region of a function can end: at which of its targets, and with which values for it.

A region (an arm, a loop, a body) is emitted as one expression; what follows it is told by its `Outcome`. The targets
are blocks outside the region, in reverse postorder, or the end of the function or comprehension. With one target there
is no choice to be carried; with two it is a bool (true: the first); with more the number of the target.

A `Layout` packs the outcomes of several regions into one tuple of values of fixed types, as the arms of a `cond` need
it. Targets share places: at most one of them is reached. Values that are needed after a loop (`kept`) have one place
for all targets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
from jax import lax

from ssair.backends.arrays import fit, zeros
from ssair.backends.state import Traced
from ssair.backends.stores import Stored, force
from ssair.ir import Block


class Ending(Enum):
    """A target that is not a block."""

    RETURN = -1
    YIELD = -2


Target = Block | Ending
Slot = tuple[np.dtype[Any], tuple[int, ...]]
#: A value for a target; None where any will do.
Given = Traced | None


@dataclass(slots=True)
class Outcome:
    """The targets that a region may end at, the values for each, and which one it is. No targets: it never ends."""

    targets: tuple[Target, ...]
    args: dict[Target, tuple[Given, ...]]
    choice: Traced = None

    @staticmethod
    def at(target: Target, args: Sequence[Given]) -> Outcome:
        """The region ends at `target`."""
        return Outcome((target,), {target: tuple(args)})

    def reaches(self, target: Target) -> Traced:
        """Whether the region ends at `target`: a bool, on the host where it is certain."""
        if target not in self.args:
            return np.bool_(False)
        if len(self.targets) == 1:
            return np.bool_(True)
        if len(self.targets) == 2:
            return self.choice if target is self.targets[0] else lax.bitwise_not(self.choice)
        return lax.eq(self.choice, number(target))

    def without(self, target: Target) -> Outcome:
        """The same outcome where it is known not to be `target`."""
        left = tuple(other for other in self.targets if other is not target)
        choice = self.choice
        if len(self.targets) == 3:
            choice = lax.eq(choice, number(left[0]))
        return Outcome(left, {other: self.args[other] for other in left}, choice)


def number(target: Target) -> np.int32:
    """What stands for a target where there are more than two."""
    return np.int32(target.id if isinstance(target, Block) else target.value)


NEVER = Outcome((), {})
#: The place of a value that a layout does not carry.
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Layout:
    """Places for the values of several targets: `places[target]` says where each of its values is."""

    targets: tuple[Target, ...]
    slots: tuple[Slot, ...]
    places: dict[Target, tuple[int, ...]]

    @property
    def carries_choice(self) -> bool:
        """Whether the packed tuple begins with the choice."""
        return len(self.targets) > 1

    def pack(self, outcome: Outcome) -> list[Traced]:
        """The outcome as a tuple of the layout's types; zero where it gives no value."""
        return list(map(force, self.pack_kept(outcome)))

    def pack_kept(self, outcome: Outcome) -> list[Traced]:
        """The same, but arrays may have stores that are not made yet."""
        pairs = zip(self.slots, self.given(outcome), strict=True)
        values = [zeros(*slot) if value is None else value for slot, value in pairs]
        return [self.choice_of(outcome), *values] if self.carries_choice else values

    def given(self, outcome: Outcome) -> list[Given]:
        """What the outcome gives for each place; arrays may have stores that are not made yet."""
        return [
            chosen_value(outcome, [self._value(outcome, target, index) for target in outcome.targets], slot)
            for index, slot in enumerate(self.slots)
        ]

    def choice_of(self, outcome: Outcome) -> Traced:
        """The choice of `outcome` among the layout's targets."""
        if len(self.targets) == 2:
            return outcome.reaches(self.targets[0])
        if len(outcome.targets) > 2:
            return outcome.choice
        if len(outcome.targets) == 2:
            return lax.select(outcome.choice, *map(number, outcome.targets))
        return number((outcome.targets or self.targets)[0])

    def _value(self, outcome: Outcome, target: Target, index: int) -> Given:
        places = self.places[target]
        return outcome.args[target][places.index(index)] if index in places else None

    def unpack(self, packed: Sequence[Traced]) -> Outcome:
        """The outcome that `pack` made the tuple of."""
        values = packed[1:] if self.carries_choice else packed
        args = {target: self._given(values, target) for target in self.targets}
        return Outcome(self.targets, args, packed[0] if self.carries_choice else None)

    def _given(self, values: Sequence[Traced], target: Target) -> tuple[Given, ...]:
        return tuple([values[place] if place != NOWHERE else None for place in self.places[target]])

    def select(self, condition: Traced, if_true: Outcome, if_false: Outcome) -> Outcome:
        """One of two outcomes, both of which have been evaluated."""
        pairs = zip(self.given(if_true), self.given(if_false), strict=True)
        values = [a if b is None else b if a is None else select_value(condition, a, b) for a, b in pairs]
        values = [zeros(*slot) if value is None else value for slot, value in zip(self.slots, values, strict=True)]
        if self.carries_choice:
            values.insert(0, select_value(condition, self.choice_of(if_true), self.choice_of(if_false)))
        return self.unpack(values)


def chosen_value(outcome: Outcome, values: Sequence[Given], slot: Slot) -> Given:
    """Of one value for each target of `outcome`, that of the target reached; None if there is none."""
    shape = slot[1]
    chosen: Given = None
    for target, value in zip(outcome.targets, values, strict=True):
        if value is None or value is chosen:
            continue
        value = fit(value, shape) if shape and value.shape != shape else value
        chosen = value if chosen is None else select_value(outcome.reaches(target), value, chosen)
    return chosen


def select_value(condition: Traced, if_true: Traced, if_false: Traced) -> Traced:
    """`lax.select`, for nothing where there is no choice."""
    if if_true is if_false or same_constant(if_true, if_false):
        return if_true
    if isinstance(condition, np.bool_):
        return if_true if condition else if_false
    if isinstance(if_true, Stored):
        return if_true.stores.select(condition, if_true, if_false)
    if isinstance(if_false, Stored):
        return if_false.stores.select(condition, if_true, if_false)
    if if_true.dtype == np.bool_ and not if_true.ndim:
        return _select_bool(condition, if_true, if_false)
    return lax.select(condition, if_true, if_false)


def _select_bool(condition: Traced, if_true: Traced, if_false: Traced) -> Traced:
    if isinstance(if_true, np.bool_) and isinstance(if_false, np.bool_):
        return condition if if_true else lax.bitwise_not(condition)
    if isinstance(if_true, np.bool_) and not if_true:
        return lax.bitwise_and(lax.bitwise_not(condition), if_false)
    if isinstance(if_false, np.bool_) and not if_false:
        return lax.bitwise_and(condition, if_true)
    if isinstance(if_true, np.bool_):
        return lax.bitwise_or(condition, if_false)
    return lax.select(condition, if_true, if_false)


def same_constant(left: Traced, right: Traced) -> bool:
    """Whether both are the same scalar known on the host."""
    return (
        isinstance(left, np.generic)
        and isinstance(right, np.generic)
        and left.dtype == right.dtype
        and left.tobytes() == right.tobytes()
    )


def layout_of(
    targets: Sequence[Target], values: Callable[[Target], Sequence[Slot]], kept: Callable[[Target], Sequence[Slot]]
) -> Layout:
    """A layout for `targets`, whose values have the slots that `values` and, after those, `kept` give."""
    slots: list[Slot] = []
    kept_places: tuple[int, ...] = ()
    places: dict[Target, tuple[int, ...]] = {}
    for target in targets:
        wanted = kept(target)
        if wanted and not kept_places:
            kept_places = tuple(range(len(slots), len(slots) + len(wanted)))
            slots += wanted
    for target in targets:
        own = kept_places if kept(target) else ()
        taken = set(own)
        found = tuple([_place(slot, slots, taken) for slot in values(target)])
        places[target] = found + own
    return Layout(tuple(targets), tuple(slots), places)


def _place(slot: Slot, slots: list[Slot], taken: set[int]) -> int:
    """A free place of the wanted type; a new one if there is none."""
    for index, have in enumerate(slots):
        if have == slot and index not in taken:
            taken.add(index)
            return index
    slots.append(slot)
    taken.add(len(slots) - 1)
    return len(slots) - 1
