"""Checks in a kernel: the condition of failure, and the report that goes with it into the trap state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jax import lax

from ssair.backends.arrays import fit
from ssair.backends.emission import FAILURES
from ssair.backends.state import State, Traced
from ssair.backends.trace import Event
from ssair.ir import Instr, Module
from ssair.semantics import CHECKS, fault
from ssair.traps import Trap, make_trap

if TYPE_CHECKING:
    from ssair.backends.regions import Emitter


def emit_check(emitter: Emitter, instr: Instr) -> bool:
    """Record a check; False if it is certain to fail wherever the code is reached."""
    state = emitter.state
    if not emitter.trace.options.checks or state.muted:
        return True
    operands = [emitter.operand(arg) for arg in instr.args]
    if all(isinstance(operand, np.generic) for operand in operands):
        if fault(instr.op.name, operands) is None:
            return True
        state.record(np.bool_(True), _report(emitter, instr, operands, None))
        return state.mask is not None
    shape: tuple[int, ...] = next((operand.shape for operand in operands if operand.ndim), ())
    if 0 in shape:
        return True
    shaped = [_shaped(operand, shape) for operand in operands]
    bad = FAILURES[instr.op.name](*shaped)
    if not shape:
        state.record(bad, _report(emitter, instr, operands, None))
        return True
    state.record(lax.reduce_or(bad, tuple(range(bad.ndim))), _report(emitter, instr, shaped, bad))
    return True


def _shaped(operand: Traced, shape: tuple[int, ...]) -> Traced:
    if operand.shape == shape:
        return operand
    return fit(operand, shape) if operand.ndim else lax.broadcast_in_dim(operand, shape, ())


def _report(emitter: Emitter, instr: Instr, operands: Sequence[Traced], bad: Traced | None) -> State:
    """The trap state that the check leaves when it fails; `bad` has the elements at fault of an elementwise one."""
    trace = emitter.trace
    assert isinstance(instr.aux, int)
    code = np.int32(instr.aux + 1)
    if not trace.options.diagnose:
        return (code,)
    reported = [operands[place] for place in CHECKS[instr.op.name][1]]
    position: Traced = np.int64(0)
    if bad is not None:
        position = lax.argmax(lax.reshape(bad, (bad.size,)), 0, np.int64)
        reported = [_element(value, position) for value in reported]
    shape = bad.shape if bad is not None else ()
    trace.events.append(Event(instr.aux, tuple([value.dtype for value in reported]), shape))
    bits = [_to_bits(value) for value in reported]
    bits += [np.int64(0)] * (2 - len(bits))
    return (code, np.int64(len(trace.events) - 1), bits[0], bits[1], position)


def _element(array: Traced, position: Traced) -> Traced:
    flat = lax.reshape(array, (array.size,))
    return lax.squeeze(lax.dynamic_slice(flat, [position], (1,), allow_negative_indices=False), (0,))


def _to_bits(value: Traced) -> Traced:
    """A scalar as an i64: integers by value, floats as the bits of the f64."""
    if value.dtype.kind == "f":
        return lax.bitcast_convert_type(lax.convert_element_type(value, np.float64), np.int64)
    return lax.convert_element_type(value, np.int64)


def trap_of(module: Module, events: Sequence[Event], state: Sequence[int]) -> Trap:
    """The trap that the state of a diagnosing kernel tells: `events` are the checks that it emitted."""
    event = events[state[1]]
    values = [_from_bits(bits, dtype) for bits, dtype in zip(state[2:4], event.dtypes, strict=False)]
    position = tuple(int(i) for i in np.unravel_index(state[4], event.shape)) if event.shape else None
    return make_trap(module, event.site, values, position)


def _from_bits(bits: int, dtype: np.dtype[Any]) -> int | float:
    """The Python scalar that `_to_bits` packed."""
    if dtype.kind == "f":
        return float(np.int64(bits).view(np.float64))
    return int(bits)
