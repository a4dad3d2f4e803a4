"""`print` in a kernel: an ordered callback to the host, made only while no check has failed.

Lines go to `sys.stdout` as the interpreter formats them, in order, flushed one by one.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from jax import lax
from jax.experimental import io_callback

from ssair.backends.state import Traced
from ssair.backends.trace import Trace
from ssair.ir import Instr
from ssair.semantics import FLOAT_FORMATS, format_line


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
