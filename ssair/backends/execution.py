"""A lowered function made ready to run: jitted once for each set of static arguments, traps read and told.

Array arguments go straight from the host to the device asked for. 64-bit types are on inside, in whichever thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

import jax
import numpy as np

from ssair.arguments import to_arguments
from ssair.backends.checks import from_bits
from ssair.backends.jax import Lowering, wide_types
from ssair.backends.trace import Event, Options
from ssair.ir import Module
from ssair.ops import PRINTS
from ssair.semantics import dtype_of
from ssair.signature import ArgumentTypeError, signature_of
from ssair.traps import Trap, make_trap
from ssair.types import rank

Jitted = Callable[..., list[Any]]
_NO_TRAP: Final = np.int32(0)


class Execution:
    """Runs the entry of a module on JAX."""

    def __init__(self, module: Module, checks: bool, strict: bool, device: jax.Device | None) -> None:
        self._module = module
        self._entry = module.entry()
        self._checks = checks
        self._strict = strict
        self._device = device
        self._names = signature_of(self._entry).leaf_names()
        self._static = [place for place, param in enumerate(self._entry.params) if param.static]
        self._kinds = [(dtype_of(param.type), rank(param.type)) for param in self._entry.params]
        self._results = len(self._entry.results)
        self._prints = any(i.op in PRINTS for function in module.functions.values() for i in function.instructions())
        self._lowerings: dict[Options, Lowering] = {}
        self._jitted: dict[tuple[Options, tuple[int, ...]], Jitted] = {}
        self._diagnosing: dict[object, tuple[Jitted, list[Event]]] = {}
        self._lowering(self._options())  # which refuses what a kernel cannot be

    def run(self, flat: Sequence[Any]) -> tuple[list[Any], Any]:
        """The results on the device, and the trap's code (None where no check can fail)."""
        with wide_types(), self._placed():
            args = self._arguments(flat)
            if any(isinstance(arg, jax.core.Tracer) for arg in args):
                raise ArgumentTypeError("a kernel cannot be called in a JAX transformation; use `kernel.fn` there")
            dynamic, key = self._split(args)
            out = self._function(self._options(), key)(*self._put(dynamic))
            if self._prints:
                jax.effects_barrier()  # type: ignore[no-untyped-call]
        return self._divide(out)

    def trace(self, flat: Sequence[Any]) -> tuple[list[Any], Any]:
        """The same as `run`, in the trace of a JAX transformation; loops of known length have reverse derivatives."""
        with wide_types():
            dynamic, key = self._split(self._arguments(flat))
            return self._divide(self._function(replace(self._options(), scans=True), key)(*dynamic))

    def _divide(self, out: list[Any]) -> tuple[list[Any], Any]:
        return out[: self._results], out[self._results] if len(out) > self._results else None

    def code_or_none(self, code: Any) -> Any:
        """The trap's code as an array, 0 where no check can fail."""
        return code if code is not None else _NO_TRAP

    @contextmanager
    def _placed(self) -> Iterator[None]:
        if self._device is None:
            yield
        else:
            with jax.default_device(self._device):
                yield

    def _put(self, args: list[Any]) -> list[Any]:
        return args if self._device is None else jax.device_put(args, self._device)

    def _arguments(self, flat: Sequence[Any]) -> list[Any]:
        args: list[Any] = [
            value if isinstance(value, jax.Array) and value.dtype == dtype and value.ndim == rank else None
            for value, (dtype, rank) in zip(flat, self._kinds, strict=True)
        ]  # what needs no look, as is usual
        if any(arg is None for arg in args):
            args = to_arguments(self._names, self._entry.params, flat)
        for place in self._static:
            if not isinstance(args[place], np.generic):
                if isinstance(args[place], jax.core.Tracer):
                    raise ArgumentTypeError(f"argument {self._names[place]}: a size must be known when JAX traces")
                args[place] = np.int64(args[place])
        return args

    def _split(self, args: list[Any]) -> tuple[list[Any], tuple[int, ...]]:
        """The arguments that are passed, and the static ones."""
        if not self._static:
            return args, ()
        return [arg for place, arg in enumerate(args) if place not in self._static], tuple(
            int(args[place]) for place in self._static
        )

    def _join(self, dynamic: Sequence[Any], static: tuple[int, ...]) -> list[Any]:
        args = list(dynamic)
        for place, value in zip(self._static, static, strict=True):
            args.insert(place, np.int64(value))
        return args

    def _hosts(self, static: tuple[int, ...]) -> dict[int, np.int64]:
        return {place: np.int64(value) for place, value in zip(self._static, static, strict=True)}

    def _function(self, options: Options, static: tuple[int, ...]) -> Jitted:
        jitted = self._jitted.get((options, static))
        if jitted is None:
            lowering = self._lowering(options)

            def function(*dynamic: Any) -> list[Any]:
                return lowering.emit(self._join(dynamic, static), self._hosts(static))[0]

            function.__name__ = self._entry.name
            jitted = self._jitted[options, static] = jax.jit(function)
        return jitted

    def _options(self) -> Options:
        """How the function is lowered for the device at hand: comprehensions are batched where it is wide."""
        platform = self._device.platform if self._device is not None else jax.default_backend()
        return Options(self._checks, strict=self._strict, vectorise=platform != "cpu")

    def _lowering(self, options: Options) -> Lowering:
        known = self._lowerings.get(options)
        if known is None:
            known = self._lowerings[options] = Lowering(self._module, self._entry, options)
        return known

    # ---- traps ----------------------------------------------------------------------------------------------------

    def trap(self, flat: Sequence[Any], code: int) -> Trap:
        """The trap of code `code`: the kernel is run again on the same arguments, now keeping the values at fault."""
        with wide_types(), self._placed():
            args = self._arguments(flat)
            dynamic, static = self._split(args)
            jitted, events = self._diagnosis(static, [(arg.shape, arg.dtype) for arg in dynamic])
            state = [int(value) for value in jitted(*self._put(dynamic))[self._results :]]
        assert state[0] == code, f"the diagnosing kernel found trap {state[0]}, not {code}"
        event = events[state[1]]
        values = [from_bits(bits, dtype) for bits, dtype in zip(state[2:4], event.dtypes, strict=False)]
        position = tuple(int(i) for i in np.unravel_index(state[4], event.shape)) if event.shape else None
        return make_trap(self._module, event.site, values, position)

    def _diagnosis(self, static: tuple[int, ...], shapes: list[object]) -> tuple[Jitted, list[Event]]:
        key = (static, *shapes)
        known = self._diagnosing.get(key)
        if known is None:
            lowering = self._lowering(replace(self._options(), checks=True, diagnose=True))
            events: list[Event] = []

            def function(*dynamic: Any) -> list[Any]:
                results, trace = lowering.emit(self._join(dynamic, static), self._hosts(static))
                events[:] = trace.events
                return results

            known = self._diagnosing[key] = (jax.jit(function), events)
        return known

    # ---- text -----------------------------------------------------------------------------------------------------

    def text(self, stage: str, args: list[Any]) -> str:
        """The jaxpr, or the HLO that XLA compiles, for arguments of these shapes."""
        with wide_types(), self._placed():
            dynamic, static = self._split(args)
            jitted = self._function(self._options(), static)
            if stage == "jaxpr":
                return str(jax.make_jaxpr(jitted)(*dynamic))
            lowered = jitted.lower(*dynamic)  # type: ignore[attr-defined]
            return str(lowered.compile().as_text())
