"""The JAX backend: an optimised function as a pure JAX function.

    lowering = Lowering(module, module.entry(), Options())
    def function(xs):                                     # to be traced by `jax.jit` and the like
        return lowering.emit([xs, 8], {1: np.int64(8)})   # the parameter at place 1 is static, and 8

Requires a valid module. Ensures: the function takes and gives exactly the program's types; inside, 64-bit types are on
whatever the caller has set. Raises SourceError where the program has what a kernel cannot (`ssair.backends.limits`).
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import jax

from ssair.backends.arrays import zeros
from ssair.backends.instance import Instance, Specialiser
from ssair.backends.limits import check_module
from ssair.backends.reducible import make_reducible
from ssair.backends.regions import Emitter, slot_of
from ssair.backends.state import Traced
from ssair.backends.trace import Options, Trace
from ssair.ir import Function, Module
from ssair.semantics import ArrayTooLargeError, Runtime

Out = TypeVar("Out")

#: Tracing and lowering take some 25 Python frames for each region inside another.
_RECURSION_LIMIT: Final = 10_000


class Lowering:
    """One function of a module, to be specialised and traced."""

    def __init__(self, module: Module, entry: Function, options: Options) -> None:
        check_module(module, entry)
        self.module, self.entry = make_reducible(module, entry)
        self.options = options
        self._specialiser = Specialiser(options.checks)

    def instance(self, args: Sequence[Traced], static: Mapping[int, Runtime]) -> Instance:
        """The entry for arguments of these shapes."""
        shapes = tuple([tuple(arg.shape) for arg in args])
        hosts = tuple([static.get(place) for place in range(len(args))])
        return self._specialiser.instance(self.entry, shapes, hosts)

    def emit(
        self, args: Sequence[Traced], static: Mapping[int, Runtime], *, batched: bool = False, counted: bool = False
    ) -> tuple[list[Traced], Trace]:
        """The results and, behind them, the trap state if checks are kept and one may fail; to be called in a trace.

        `batched` and `counted` are as in `Trace`, for an emission that is one element of a `vmap` of the caller's.
        """
        instance = self.instance(args, static)
        trace = Trace(self.module, self.options, counted=counted, batched=batched)
        results = Emitter(trace, instance).run(args)
        if results is None:
            types = self.entry.results
            results = [zeros(*slot_of(type, shape)) for type, shape in zip(types, instance.results, strict=True)]
        if self.options.checks and instance.traps:
            results = [*results, *trace.state.carried()]
        return results, trace


def first_run(function: Callable[..., Out], args: Sequence[Any]) -> Out:
    """What a function gives that is run for the first time, when it is there.

    Raises ArrayTooLargeError where memory is too small: JAX tells that late, and ends the process where a result that
    is not there is read.
    """
    try:
        out = function(*args)
        jax.block_until_ready(out)
    except jax.errors.JaxRuntimeError as error:
        reason = str(error).partition("\n")[0]
        if "RESOURCE_EXHAUSTED" not in reason:
            raise
        raise ArrayTooLargeError(f"the arrays of this call do not fit into memory: {reason}") from None
    return out


@contextmanager
def wide_types() -> Iterator[None]:
    """64-bit types in this thread, and room for deep traces; what the caller had is back afterwards."""
    with _DEEP, jax.enable_x64(True):
        yield


class _Depth:
    """A recursion limit that holds while at least one thread traces."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._saved = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._saved = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._saved, _RECURSION_LIMIT))
            self._users += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                sys.setrecursionlimit(self._saved)


_DEEP: Final = _Depth()
