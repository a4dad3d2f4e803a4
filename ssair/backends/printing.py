"""`print` in a kernel: an ordered callback to the host, made only while no check has failed.

Lines go to `sys.stdout` as the interpreter formats them, in order, flushed one by one. That order is what JAX can keep
in neither a batch nor a derivative: `alone` lets both be refused in words that say what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import jax
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap
from jax.experimental import io_callback

from ssair.backends.state import Traced
from ssair.backends.trace import Trace
from ssair.ir import Instr
from ssair.semantics import FLOAT_FORMATS, format_line
from ssair.sources import UsageError


def emit_print(trace: Trace, instr: Instr, values: Sequence[Traced]) -> None:
    """Emit a `print` of `values`."""
    if trace.options.silent:
        return
    pieces, format_float = instr.aux, FLOAT_FORMATS[instr.op.name]
    assert isinstance(pieces, tuple)

    def write(*values: object) -> None:
        line = format_line(pieces, [np.asarray(value)[()] for value in values], format_float)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def call() -> None:
        io_callback(write, None, *values, ordered=True)

    sound = trace.state.sound()
    if sound is None:
        call()
        return
    with trace.nested(instr.span):
        lax.cond(sound, call, lambda: None)


def alone(name: str, args: Sequence[Traced]) -> list[Traced]:
    """The arguments of a function that prints, in a trace: UsageError where they are batched or differentiated."""

    @jax.custom_jvp
    def same(*args: Traced) -> list[Traced]:
        return list(args)

    def refuse_derivative(primals: Sequence[Traced], tangents: Sequence[Traced]) -> NoReturn:
        raise UsageError(f"`{name}` prints, and what prints has no derivative: leave the `print` out")

    same.defjvp(refuse_derivative)
    batched = custom_vmap(same)

    def refuse_batch(size: int, in_batched: Sequence[bool], *args: Traced) -> NoReturn:
        help = "`kernel.map` prints element by element, and so does `jax.lax.map`"
        raise UsageError(f"`{name}` prints, and `jax.vmap` has no order of lines: {help}")

    batched.def_vmap(refuse_batch)
    values: list[Traced] = batched(*args)
    return values
