"""A kernel for a batch of elements: a pure jitted function of arrays on a device, made once for each kind of batch.

    function = batches.function(Batch(length=1000, mapped=(True, False), shapes=((), (8,)), tile=1000))
    results, traps = function(xs, table)           # arrays with 1000 elements; which element failed first
    batches.trap(batch, [xs, table], traps, offset=0)            # None, or the Trap that names its element

Requires the arguments of the kernel that are no sizes, in order and of the program's types: with a leading axis of
`length` where they are mapped. Ensures: the results have that axis; `traps` is empty where no check can fail; with
`checks="return"` it is the codes of the elements; else for each shard the place of the first element in the batch that
failed (`length` if none did) and its code: what is read is small, and no shard asks another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import jax
import numpy as np
from jax import lax

from ssair.backends.execution import Execution
from ssair.backends.intake import Intake
from ssair.backends.jax import Lowering, wide_types
from ssair.backends.state import Traced, first_of
from ssair.backends.trace import Options
from ssair.ir import Module
from ssair.traps import Trap, trap_without_values

#: Arrays with the results of all elements, and what tells which of them failed.
Outcome = tuple[list[jax.Array], list[jax.Array]]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch function is compiled for.

    `length` elements, `tile` of which are evaluated together (at most `length`); `mapped` and `shapes` are for each
    argument that is no size, shapes being those of one element; `static` has the sizes. `vectorise` is for wide
    machines, as in `ssair.backends.trace.Options`.
    """

    length: int
    mapped: tuple[bool, ...]
    shapes: tuple[tuple[int, ...], ...]
    tile: int
    static: tuple[int, ...] = ()
    vectorise: bool = False


class Batches:
    """The batch functions of one kernel; `checks` and `strict` are the kernel's."""

    def __init__(self, module: Module, execution: Execution, intake: Intake, checks: str, strict: bool) -> None:
        self._module = module
        self._execution = execution
        self._intake = intake
        self._entry = module.entry()
        self._checks: Final = checks
        self._options = Options(checks != "off", strict=strict)
        self._results = len(self._entry.results)
        self._functions: dict[Batch, Callable[..., Outcome]] = {}

    def function(self, batch: Batch) -> Callable[..., Outcome]:
        """The jitted function of the batch's arguments; 64-bit types must be on where it is called."""
        known = self._functions.get(batch)
        if known is None:
            known = self._functions[batch] = self._made(batch)
        return known

    def trap(
        self, batch: Batch, dynamic: Sequence[Any], traps: Sequence[jax.Array], offset: int, length: int | None = None
    ) -> Trap | None:
        """The trap of the first element that failed, which it names: its place in the batch and `offset`; or None.

        Waits for the batch. `length` elements count, those behind them are padding. The kernel is run once more for
        that element alone, in a variant that keeps the values at fault. Where it does not fail then (floats of a batch
        may differ in the last bit from those of one element), the trap tells the check without the values.
        """
        if self._checks != "raise" or not traps:
            return None
        place, code = first_of_shards(np.asarray(traps[0]))
        if place >= (batch.length if length is None else length):
            return None
        with wide_types():
            one = [value[place] if mapped else value for value, mapped in zip(dynamic, batch.mapped, strict=True)]
            one = [np.asarray(value) for value in one]
        found = self._execution.replay(self._intake.join(one, batch.static))
        if found is None:
            found = trap_without_values(self._module, code - 1)
        return found.at(offset + place)

    def _made(self, batch: Batch) -> Callable[..., Outcome]:
        options = Options(self._options.checks, strict=self._options.strict, vectorise=batch.vectorise)
        lowering = Lowering(self._module, self._entry, options)
        hosts = self._intake.hosts(batch.static)

        def element(*dynamic: Traced) -> list[Traced]:
            return lowering.emit(self._intake.join(dynamic, batch.static), hosts)[0]

        def function(*dynamic: Traced) -> Outcome:
            axes = [0 if mapped else None for mapped in batch.mapped]
            out = jax.vmap(element, in_axes=axes)(*dynamic)
            results, codes = out[: self._results], out[self._results :]
            if self._checks == "return":
                return results, codes or [lax.full((batch.length,), np.int32(0))]
            return results, [first_failure(code) for code in codes]

        function.__name__ = f"{self._entry.name}_map"
        return jax.jit(function)


def first_of_shards(failures: np.ndarray[Any, Any]) -> tuple[int, int]:
    """The place and the code of the first failure of all shards."""
    place, code = min(failures.tolist())
    return place, code


def first_failure(codes: Traced) -> Traced:
    """The place of the first code that is not 0, the length if all are, and that code: i64, of shape (1, 2)."""

    def find() -> Traced:
        place = lax.argmax(lax.ne(codes, np.int32(0)), 0, np.int64)
        code = lax.convert_element_type(first_of([codes])[0], np.int64)
        return lax.reshape(lax.concatenate([place[None], code[None]], 0), (1, 2))

    none = np.array([[codes.shape[0], 0]], np.int64)
    failed = lax.reduce_or(lax.ne(codes, np.int32(0)), (0,))
    return lax.cond(failed, find, lambda: none)
