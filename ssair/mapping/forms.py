"""The two ways to evaluate the elements of a batch, in a trace.

`vmapped`: all elements together. Every operation is one of all elements, both arms of a branch that differs by element
are evaluated, and a loop goes on until its last element is done. `looped`: one element after the other, each with the
arms and the iterations that it wants; XLA makes one machine loop of it where an element is small.

Both give the results of all elements and, where a check can fail, either the codes of all, or the place of the first
that failed with its code: i64 of shape (1, 2), a row for each shard once these are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import jax
import numpy as np
from jax import lax

from ssair.backends.arrays import store, zeros
from ssair.backends.outcome import Slot
from ssair.backends.state import Traced, both, first_of

_SOUND: Final = np.int32(0)


@dataclass(frozen=True, slots=True)
class Body:
    """What is evaluated: `element` gives the results, of `slots`, and where `fails` is set the code behind them.

    `length` elements differ in the arguments that are `mapped`; `keeps_codes` asks for the codes of all.
    """

    element: Callable[..., list[Traced]]
    mapped: tuple[bool, ...]
    length: int
    slots: tuple[Slot, ...]
    fails: bool
    keeps_codes: bool


#: Results, and codes or the first failure.
Evaluated = tuple[list[Traced], list[Traced]]


def vmapped(body: Body, args: Sequence[Traced]) -> Evaluated:
    """All elements at once."""
    out = jax.vmap(body.element, in_axes=[0 if differs else None for differs in body.mapped])(*args)
    results, codes = out[: len(body.slots)], out[len(body.slots) :]
    return results, codes if body.keeps_codes else [_first_failure(code) for code in codes]


def looped(body: Body, args: Sequence[Traced]) -> Evaluated:
    """One element after the other; where not all codes are kept, the first element that fails is the last one."""
    last, stops = len(body.slots), body.fails and not body.keeps_codes

    def goes_on(carry: Sequence[Traced]) -> Traced:
        sound = lax.eq(carry[-1], _SOUND) if stops else None
        return both(sound, lax.lt(carry[0], np.int64(body.length)))

    def step(carry: Sequence[Traced]) -> list[Traced]:
        index, *arrays = carry
        own = [
            lax.dynamic_index_in_dim(arg, index, keepdims=False) if differs else arg
            for arg, differs in zip(args, body.mapped, strict=True)
        ]
        out = body.element(*own)
        stored = last if stops else len(out)
        after = [_stored(array, value, index) for array, value in zip(arrays[:stored], out[:stored], strict=True)]
        return [lax.add(index, np.int64(1)), *after, *out[stored:]]

    carry = [np.int64(0), *[zeros(dtype, (body.length, *shape)) for dtype, shape in body.slots]]
    if body.fails:
        carry.append(_SOUND if stops else zeros(_SOUND.dtype, (body.length,)))
    index, *state = lax.while_loop(goes_on, step, carry)
    results, failed = state[:last], state[last:]
    if not stops:
        return results, failed
    place = lax.select(lax.eq(failed[0], _SOUND), np.int64(body.length), lax.sub(index, np.int64(1)))
    return results, [_report(place, failed[0])]


def _stored(array: Traced, value: Traced, index: Traced) -> Traced:
    return array if 0 in array.shape else store(array, value, [index])


def _first_failure(codes: Traced) -> Traced:
    """The place of the first code that is not 0, and that code, looked for only if there is one; else the length."""

    def find() -> Traced:
        place = lax.argmax(lax.ne(codes, _SOUND), 0, np.int64)
        return _report(place, *first_of([codes]))

    none = np.array([[codes.shape[0], 0]], np.int64)
    return lax.cond(lax.reduce_or(lax.ne(codes, _SOUND), (0,)), find, lambda: none)


def _report(place: Traced, code: Traced) -> Traced:
    row = [lax.reshape(place, (1, 1)), lax.reshape(lax.convert_element_type(code, np.int64), (1, 1))]
    return lax.concatenate(row, 1)
