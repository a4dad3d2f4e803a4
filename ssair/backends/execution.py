"""A lowered function made ready to run: jitted once for each set of static arguments, traps read and told.

Array arguments go straight from the host to the device asked for. 64-bit types are on inside, in whichever thread.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import jax
import jax.export
import numpy as np
from jax import lax

from ssair.backends.checks import trap_of
from ssair.backends.intake import Intake
from ssair.backends.jax import Lowering, first_run, wide_types
from ssair.backends.printing import alone
from ssair.backends.trace import Event, Options
from ssair.ir import Module
from ssair.ops import PRINTS
from ssair.signature import ArgumentTypeError, Signature, signature_of, unflatten
from ssair.traps import Trap

_NO_TRAP: Final = np.int32(0)
_IN_A_TRACE: Final = "a kernel cannot be called in a JAX transformation; use `kernel.fn` there"


class Jitted(NamedTuple):
    """A jitted function of the arguments that are no sizes, and the checks that its last trace emitted."""

    call: jax.stages.Wrapped
    events: list[Event]


class Case(NamedTuple):
    """What a kernel is compiled for: the values of its `size` arguments, and the shapes of the others."""

    static: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]


class Exported(NamedTuple):
    """A kernel as JAX serialises it for one case; where it may fail, so is what tells the values at fault."""

    kernel: bytes
    telling: bytes
    events: list[Event]


class _Unready(Exception):
    """A call that was to find everything compiled did not."""


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
        self._intake = Intake(signature_of(self._entry).leaf_names(), self._entry.params, device)
        self._results = len(self._entry.results)
        self.prints: Final = any(
            i.op in PRINTS for function in module.functions.values() for i in function.instructions()
        )
        self._lowerings: dict[Options, Lowering] = {}
        self._jitted: dict[object, Jitted] = {}
        self._ready: dict[tuple[Any, ...], Jitted] = {}
        self._config: Any = jax.config  # whose options are set where JAX is imported
        #: What JAX arrays are given to without a look at their types; None where each call has to look.
        self._direct: Jitted | None = None
        self._may_be_direct = device is None and not (self.prints or donated)
        self._hurry = threading.local()
        self._lowering(self._options)  # which refuses what a kernel cannot be

    # ---- running --------------------------------------------------------------------------------------------------

    def run(self, flat: Sequence[Any]) -> Ran:
        """The results on the device and, behind them, the trap state where a check can fail.

        Arguments that are JAX arrays of types and shapes that the kernel has run with are passed on as they are: JAX
        finds what was compiled for them, and nothing looks at them before. A call then costs some 1 µs more than one of
        a jitted function.
        """
        direct = self._direct
        if direct is not None:
            array = self._intake.array_type
            for value in flat:
                if type(value) is not array:
                    break
            else:
                out = self._run_directly(direct, flat)
                if out is not None:
                    return out, direct
        try:
            return self._run_looking(flat)
        except (ValueError, jax.errors.JaxRuntimeError) as error:
            refusal = self._intake.refusal(error, flat)
            if refusal is None:
                raise
            raise refusal from None

    def _run_directly(self, direct: Jitted, flat: Sequence[Any]) -> list[Any] | None:
        """What is compiled already, run on JAX arrays; None where they are others than it is compiled for."""
        hurry = self._hurry
        hurry.on = True
        out: list[Any]
        try:
            if self._config.jax_enable_x64:
                out = direct.call(*flat)
            else:
                with jax.enable_x64(True):
                    out = direct.call(*flat)
        except (_Unready, ValueError):  # the latter where they are on different devices
            return None
        finally:
            hurry.on = False
        return out

    def _run_looking(self, flat: Sequence[Any]) -> Ran:
        """The same for any arguments: converted where they have to be, traced where they are new."""
        array = self._intake.array_type
        if self._donated:
            self._intake.check_donated(flat, self._donated)
        with jax.enable_x64(True):
            given = flat
            for value, (dtype, length) in zip(flat, self._intake.kinds, strict=True):
                if type(value) is not array or value.dtype != dtype or len(value.shape) != length:
                    flat, static = self._intake.split(self._intake.arguments(flat))
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
            if self._may_be_direct:
                self._choose_direct(given, flat, ran[1])
        if self.prints:
            jax.effects_barrier()
        return ran

    def _choose_direct(self, given: Sequence[Any], passed: Sequence[Any], jitted: Jitted) -> None:
        """Let JAX arrays go to `jitted` from now on; never again if some were JAX arrays and had to be converted."""
        if given is passed:
            self._direct = jitted
        elif all(type(value) is self._intake.array_type for value in given):
            self._direct, self._may_be_direct = None, False

    def _run_placed(self, key: tuple[Any, ...], dynamic: Sequence[Any], static: tuple[int, ...]) -> Ran:
        """Run on the device asked for; the first time with such arguments there is room for deep traces."""
        with self._intake.placed():
            dynamic = self._intake.put(dynamic)
            jitted = self._ready.get(key)
            if jitted is not None:
                return jitted.call(*dynamic), jitted
            jitted = self._function(self._here(), static, [arg.shape for arg in dynamic])
            with wide_types():
                out: list[Any] = first_run(jitted.call, dynamic)
            self._ready[key] = jitted
            return out, jitted

    def trace(self, flat: Sequence[Any]) -> list[Any]:
        """The same as `run`, in the trace of a JAX transformation; loops of known length have reverse derivatives.

        A Python number that JAX has traced is made an array while types are as the caller has them: JAX says what it is
        of these, but would make it one of 64 bits here.
        """
        flat = [
            lax.convert_element_type(value, value.dtype) if isinstance(value, jax.core.Tracer) else value
            for value in flat
        ]
        with wide_types():
            dynamic, static = self._intake.split(self._intake.arguments(flat))
            options = replace(self._here(), scans=True, diagnose=False)
            out: list[Any] = self._function(options, static).call(*dynamic)
            return out

    def divide(self, out: list[Any]) -> tuple[list[Any], Any]:
        """The results, and the code of the trap: 0 where no check can fail."""
        return out[: self._results], out[self._results] if len(out) > self._results else _NO_TRAP

    # ---- jitted functions -----------------------------------------------------------------------------------------

    def _function(self, options: Options, static: tuple[int, ...], shapes: Sequence[object] = ()) -> Jitted:
        """The jitted function for static arguments; for one set of shapes where its checks must be known."""
        key = (options, static, *(shapes if options.diagnose else ()))
        jitted = self._jitted.get(key)
        if jitted is None:
            lowering = self._lowering(options)
            events: list[Event] = []

            def function(*dynamic: Any) -> list[Any]:
                if getattr(self._hurry, "on", False):
                    raise _Unready
                if options.scans and self.prints:
                    dynamic = tuple(alone(self._entry.name, dynamic))
                results, trace = lowering.emit(self._intake.join(dynamic, static), self._intake.hosts(static))
                events[:] = trace.events
                return results

            function.__name__ = self._entry.name
            donated = () if options.silent or options.scans else self._donated
            places = tuple([self._intake.dynamic_place(place) for place in donated])
            jitted = self._jitted[key] = Jitted(jax.jit(function, donate_argnums=places), events)
        return jitted

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
            out, jitted = self._diagnosed(flat)
            assert int(out[self._results]) == code, "the diagnosing kernel found another trap"
        return self._told(out, jitted)

    def replay(self, flat: Sequence[Any]) -> Trap | None:
        """The trap that the kernel ends in with these arguments, None if it does not; nothing is printed."""
        out, jitted = self._diagnosed(flat)
        return self._told(out, jitted) if len(out) > self._results and self.failed(out) else None

    def _diagnosed(self, flat: Sequence[Any]) -> Ran:
        with jax.enable_x64(True), self._intake.placed():
            dynamic, static = self._intake.split(self._intake.arguments(flat))
            options = replace(self._here(), diagnose=True, silent=True)
            jitted = self._function(options, static, [arg.shape for arg in dynamic])
            with wide_types():
                return jitted.call(*self._intake.put(dynamic)), jitted

    def _told(self, out: list[Any], jitted: Jitted) -> Trap:
        return trap_of(self._module, jitted.events, [int(value) for value in out[self._results :]])

    # ---- ahead of time --------------------------------------------------------------------------------------------

    def seen(self) -> list[Case]:
        """The sizes and shapes that the kernel has run with, in order."""
        return list(dict.fromkeys(Case(tuple(key[1]), tuple(key[2:])) for key in self._ready))

    def case_of(self, flat: Sequence[Any]) -> Case:
        """The sizes and shapes of arguments."""
        with jax.enable_x64(True):
            dynamic, static = self._intake.split(self._intake.arguments(flat))
        return Case(static, tuple([tuple(arg.shape) for arg in dynamic]))

    def export(self, case: Case, platform: str) -> Exported:
        """The kernel for one case, as JAX exports it for a platform; and the variant that tells a trap's values."""
        options = replace(self._options, diagnose=False, vectorise=platform != "cpu")
        kinds = [kind for kind in self._intake.kinds if kind[1] >= 0]
        with wide_types():
            shapes = [jax.ShapeDtypeStruct(shape, dtype) for shape, (dtype, _) in zip(case.shapes, kinds, strict=True)]
            exports = jax.export.export(self._function(options, case.static).call, platforms=[platform])(*shapes)
            may_fail = len(exports.out_avals) > self._results
            if not may_fail:
                return Exported(bytes(exports.serialize()), b"", [])
            telling = self._function(replace(options, diagnose=True, silent=True), case.static, case.shapes)
            told = jax.export.export(telling.call, platforms=[platform])(*shapes)
        return Exported(bytes(exports.serialize()), bytes(told.serialize()), list(telling.events))

    # ---- looking --------------------------------------------------------------------------------------------------

    def text(self, stage: str, args: list[Any]) -> str:
        """The jaxpr, or the HLO that XLA compiles, for arguments of these shapes."""
        with wide_types(), self._intake.placed():
            dynamic, static = self._intake.split(args)
            function = self._function(self._here(), static).call
            if stage == "jaxpr":
                return str(jax.make_jaxpr(function)(*dynamic))
            lowered = function.lower(*dynamic)
            return str(lowered.compile().as_text())

    def lower(self, signature: Signature, args: Sequence[Any]) -> jax.stages.Lowered:
        """The kernel lowered for such arguments: a function of them that gives the value and the trap's code.

        Without checks it gives the value alone. Arguments are values, or `jax.ShapeDtypeStruct`s of the right dtype.
        """

        def function(*args: Any) -> Any:
            dynamic, static = self._intake.split(signature.flatten(args))
            out = self._lowering(options).emit(self._intake.join(dynamic, static), self._intake.hosts(static))[0]
            results, code = self.divide(out)
            value = signature.unflatten(results)
            return (value, code) if options.checks else value

        sizes = [place for place, parameter in enumerate(signature.parameters) if parameter.text == "size"]
        with wide_types(), self._intake.placed():
            options = replace(self._here(), diagnose=False)
            leaves = iter(self._intake.arguments(signature.flatten(args)))
            converted = [unflatten(parameter.tree, leaves) for parameter in signature.parameters]
            function.__name__ = self._entry.name
            return jax.jit(function, static_argnums=sizes).lower(*converted)
