"""A lowered function made ready to run: jitted once for each set of static arguments, traps read and told.

Array arguments go straight from the host to the device asked for. 64-bit types are on inside, in whichever thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, NamedTuple

import jax
import numpy as np

from ssair.arguments import to_argument
from ssair.backends.checks import trap_of
from ssair.backends.jax import Lowering, wide_types
from ssair.backends.trace import Event, Options
from ssair.ir import Module
from ssair.ops import PRINTS
from ssair.semantics import dtype_of
from ssair.signature import ArgumentTypeError, Signature, signature_of, unflatten
from ssair.traps import Trap
from ssair.types import rank

_NO_TRAP: Final = np.int32(0)
_IN_A_TRACE: Final = "a kernel cannot be called in a JAX transformation; use `kernel.fn` there"


class Jitted(NamedTuple):
    """A jitted function of the arguments that are no sizes, and the checks that its last trace emitted."""

    call: Callable[..., list[Any]]
    events: list[Event]


#: What one run gave, and what gave it. (A tuple: making a named one would take a tenth of the call's own time.)
Ran = tuple[list[Any], Jitted]


class Execution:
    """Runs the entry of a module on JAX.

    `donated` are the places of arguments whose memory the results may take; the values at fault of a trap are carried
    along then, since the arguments are gone.
    """

    def __init__(
        self, module: Module, checks: bool, strict: bool, device: jax.Device | None, donated: Sequence[int] = ()
    ) -> None:
        self._module = module
        self._entry = module.entry()
        self._device = device
        self._donated = tuple(donated)
        self._options = Options(checks, diagnose=checks and bool(donated), strict=strict)
        self._names = signature_of(self._entry).leaf_names()
        self._static = [place for place, param in enumerate(self._entry.params) if param.static]
        #: The dtype and rank of what is taken as it is; never a size.
        self._kinds = [(dtype_of(param.type), -1 if param.static else rank(param.type)) for param in self._entry.params]
        self._results = len(self._entry.results)
        self._prints = any(i.op in PRINTS for function in module.functions.values() for i in function.instructions())
        self._lowerings: dict[Options, Lowering] = {}
        self._jitted: dict[object, Jitted] = {}
        self._ready: dict[object, Jitted] = {}
        self._config: Any = jax.config  # whose options are set where JAX is imported
        self._array_type: type[Any] = type(jax.numpy.zeros(()))
        self._lowering(self._options)  # which refuses what a kernel cannot be

    # ---- running --------------------------------------------------------------------------------------------------

    def run(self, flat: Sequence[Any]) -> Ran:
        """The results on the device and, behind them, the trap state where a check can fail.

        Arguments that are JAX arrays of the right types are passed on as they are: a call then costs some 2 µs more
        than one of a jitted function.
        """
        array = self._array_type
        with jax.enable_x64(True):
            for value, (dtype, length) in zip(flat, self._kinds, strict=True):
                if type(value) is not array or value.dtype != dtype or len(value.shape) != length:
                    flat, static = self._split(self._arguments(flat))
                    if any(isinstance(arg, jax.core.Tracer) for arg in flat):
                        raise ArgumentTypeError(_IN_A_TRACE)
                    break
            else:
                static = ()
            key = (self._config.jax_default_device, static, *[value.shape for value in flat])
            jitted = self._ready.get(key)
            if jitted is None or self._device is not None:
                ran = self._run_placed(key, flat, static)
            else:
                ran = jitted.call(*flat), jitted
        if self._prints:
            jax.effects_barrier()  # type: ignore[no-untyped-call]
        return ran

    def _run_placed(self, key: object, dynamic: Sequence[Any], static: tuple[int, ...]) -> Ran:
        """Run on the device asked for; the first time with such arguments there is room for deep traces."""
        with self._placed():
            dynamic = self._put(dynamic)
            jitted = self._ready.get(key)
            if jitted is not None:
                return jitted.call(*dynamic), jitted
            jitted = self._function(self._here(), static, [arg.shape for arg in dynamic])
            with wide_types():
                out = jitted.call(*dynamic)
            self._ready[key] = jitted
            return out, jitted

    def trace(self, flat: Sequence[Any]) -> list[Any]:
        """The same as `run`, in the trace of a JAX transformation; loops of known length have reverse derivatives."""
        with wide_types():
            dynamic, static = self._split(self._arguments(flat))
            options = replace(self._here(), scans=True, diagnose=False)
            return self._function(options, static).call(*dynamic)

    def divide(self, out: list[Any]) -> tuple[list[Any], Any]:
        """The results, and the code of the trap: 0 where no check can fail."""
        return out[: self._results], out[self._results] if len(out) > self._results else _NO_TRAP

    @contextmanager
    def _placed(self) -> Iterator[None]:
        if self._device is None:
            yield
        else:
            with jax.default_device(self._device):
                yield

    def _put(self, args: Sequence[Any]) -> Sequence[Any]:
        """The arguments on the device asked for, straight from where they are."""
        device = self._device
        if device is None or all(isinstance(arg, jax.Array) and arg.device == device for arg in args):
            return args
        moved: list[Any] = jax.device_put(list(args), device)
        return moved

    def _converted(self, place: int, value: Any) -> Any:
        """An argument as the trace takes it; 64-bit types must be on."""
        param = self._entry.params[place]
        if param.static and isinstance(value, jax.Array) and not isinstance(value, jax.core.Tracer):
            value = np.asarray(value)
        value = to_argument(self._names[place], param, value)
        if param.static and not isinstance(value, np.generic):
            raise ArgumentTypeError(f"argument {self._names[place]}: a size must be known when JAX traces")
        return value

    def _arguments(self, flat: Sequence[Any]) -> list[Any]:
        """The arguments as the trace takes them; JAX arrays of the right types are taken as they are."""
        array = self._array_type
        return [
            value
            if type(value) is array and value.dtype == dtype and len(value.shape) == length
            else self._converted(place, value)
            for place, (value, (dtype, length)) in enumerate(zip(flat, self._kinds, strict=True))
        ]

    def _split(self, args: list[Any]) -> tuple[list[Any], tuple[int, ...]]:
        """The arguments that are passed, and the static ones."""
        if not self._static:
            return args, ()
        dynamic = [arg for place, arg in enumerate(args) if place not in self._static]
        return dynamic, tuple([int(args[place]) for place in self._static])

    def _join(self, dynamic: Sequence[Any], static: tuple[int, ...]) -> list[Any]:
        args = list(dynamic)
        for place, value in zip(self._static, static, strict=True):
            args.insert(place, np.int64(value))
        return args

    def _hosts(self, static: tuple[int, ...]) -> dict[int, np.int64]:
        return {place: np.int64(value) for place, value in zip(self._static, static, strict=True)}

    # ---- jitted functions -----------------------------------------------------------------------------------------

    def _function(self, options: Options, static: tuple[int, ...], shapes: Sequence[object] = ()) -> Jitted:
        """The jitted function for static arguments; for one set of shapes where its checks must be known."""
        key = (options, static, *(shapes if options.diagnose else ()))
        jitted = self._jitted.get(key)
        if jitted is None:
            lowering = self._lowering(options)
            events: list[Event] = []

            def function(*dynamic: Any) -> list[Any]:
                results, trace = lowering.emit(self._join(dynamic, static), self._hosts(static))
                events[:] = trace.events
                return results

            function.__name__ = self._entry.name
            donated = () if options.silent or options.scans else self._donated_places()
            jitted = self._jitted[key] = Jitted(jax.jit(function, donate_argnums=donated), events)
        return jitted

    def _donated_places(self) -> tuple[int, ...]:
        """The donated arguments, counted without the static ones."""
        return tuple([place - sum(static < place for static in self._static) for place in self._donated])

    def _here(self) -> Options:
        """How the function is lowered for the device at hand: comprehensions are batched where it is wide."""
        device = self._device or self._config.jax_default_device
        platform = getattr(device, "platform", device) or jax.default_backend()
        return replace(self._options, vectorise=platform != "cpu")

    def _lowering(self, options: Options) -> Lowering:
        known = self._lowerings.get(options)
        if known is None:
            known = self._lowerings[options] = Lowering(self._module, self._entry, options)
        return known

    # ---- traps ----------------------------------------------------------------------------------------------------

    def failed(self, out: list[Any]) -> bool:
        """Whether a check failed; waits for the kernel to end."""
        return bool(np.asarray(out[self._results]))

    def trap(self, flat: Sequence[Any], out: list[Any], jitted: Jitted) -> Trap:
        """The trap that `run` found.

        The kernel is run again on the same arguments, in a variant that keeps the values at fault and prints nothing;
        where memory is donated these values are there already.
        """
        code = int(out[self._results])
        if not self._options.diagnose:
            with jax.enable_x64(True), self._placed():
                dynamic, static = self._split(self._arguments(flat))
                options = replace(self._here(), diagnose=True, silent=True)
                jitted = self._function(options, static, [arg.shape for arg in dynamic])
                with wide_types():
                    out = jitted.call(*self._put(dynamic))
            assert int(out[self._results]) == code, "the diagnosing kernel found another trap"
        return trap_of(self._module, jitted.events, [int(value) for value in out[self._results :]])

    # ---- looking --------------------------------------------------------------------------------------------------

    def text(self, stage: str, args: list[Any]) -> str:
        """The jaxpr, or the HLO that XLA compiles, for arguments of these shapes."""
        with wide_types(), self._placed():
            dynamic, static = self._split(args)
            function = self._function(self._here(), static).call
            if stage == "jaxpr":
                return str(jax.make_jaxpr(function)(*dynamic))
            lowered = function.lower(*dynamic)  # type: ignore[attr-defined]
            return str(lowered.compile().as_text())

    def lower(self, signature: Signature, args: Sequence[Any]) -> jax.stages.Lowered:
        """The kernel lowered for such arguments: a function of them that gives the value and the trap's code.

        Without checks it gives the value alone. Arguments are values, or `jax.ShapeDtypeStruct`s of the right dtype.
        """

        def function(*args: Any) -> Any:
            dynamic, static = self._split(signature.flatten(args))
            out = self._lowering(options).emit(self._join(dynamic, static), self._hosts(static))[0]
            results, code = self.divide(out)
            value = signature.unflatten(results)
            return (value, code) if options.checks else value

        sizes = [place for place, parameter in enumerate(signature.parameters) if parameter.text == "size"]
        with wide_types(), self._placed():
            options = replace(self._here(), diagnose=False)
            leaves = iter(self._arguments(signature.flatten(args)))
            converted = [unflatten(parameter.tree, leaves) for parameter in signature.parameters]
            function.__name__ = self._entry.name
            return jax.jit(function, static_argnums=sizes).lower(*converted)
