"""Bril's meaning, step by step: runs a program as it is written, counts what it executes, and ends as it ends.

    run = execute(program, [48, 18])
    run.output       # the lines printed
    run.error        # why the program failed, or None
    run.executed     # instructions executed by Bril's rule: labels and the end of a function are free, all else counts

This is what `ssairc run` does with Bril, and the oracle for what the optimiser and the writer make of it. It shares the
heap with the interpreter of the IR, and nothing else: variables are slots of a frame, control is a place in a list.

A fault of the program (a division by zero, one of memory, a variable that is read and was not assigned, a shadow that
was not set, a value that is `undef` used for more than a copy, a function that should have a result and ends without
one, a region that is still there at the end) is in `error`; what was printed before stays printed. Calls run on an
explicit stack.

Requires: a checked program.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ssair.diagnostics import SsairError
from ssair.exact_decimals import exact_decimal
from ssair.frontends.bril.check import variable_types
from ssair.frontends.bril.lower_instructions import POINTER_TEXT
from ssair.frontends.bril.program import Function, Instruction, Program
from ssair.frontends.bril.segments import segments
from ssair.interp import StepsExceeded
from ssair.memory import Heap, MemoryFault, Pointer
from ssair.types import PointerType

#: Calls may nest this deep.
MAX_DEPTH: Final = 100_000

#: A bool, an int, a float, a `Pointer`, or an `_Unusable`.
Value = Any
Frame = list[Value]


class BrilError(SsairError):
    """A fault of a running program."""


@dataclass(slots=True)
class Run:
    """How a run ended."""

    output: list[str] = field(default_factory=list)
    error: str | None = None
    executed: int = 0


class _Unusable:
    """What stands for no value: every operation on it is a fault of the program."""

    __slots__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def _fail(self, *others: object) -> NoReturn:
        raise BrilError(self.reason)

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _fail
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __bool__ = __and__ = __rand__ = __or__ = __ror__ = _fail


#: What `undef` gives: it may be copied, and nothing else.
_UNDEFINED: Final = _Unusable("a value that is undefined is used")

# ---- operations ---------------------------------------------------------------------------------------------------

_HALF: Final = 1 << 63
_MASK: Final = (1 << 64) - 1


def _divide(dividend: int, divisor: int) -> int:
    _used(dividend)  # what has no value is told before what divides by zero
    if divisor == 0:
        raise BrilError("division by zero")
    quotient = abs(dividend) // abs(divisor)
    signed = quotient if (dividend < 0) == (divisor < 0) else -quotient
    return (signed + _HALF & _MASK) - _HALF


def _divide_floats(dividend: float, divisor: float) -> float:
    if divisor != 0:
        return dividend / divisor
    if dividend == 0 or dividend != dividend:
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


_BINARY: Final[dict[str, Callable[[Value, Value], Value]]] = {
    "add": lambda a, b: (a + b + _HALF & _MASK) - _HALF,
    "sub": lambda a, b: (a - b + _HALF & _MASK) - _HALF,
    "mul": lambda a, b: (a * b + _HALF & _MASK) - _HALF,
    "div": _divide,
    "and": operator.and_,
    "or": operator.or_,
    "fadd": operator.add,
    "fsub": operator.sub,
    "fmul": operator.mul,
    "fdiv": _divide_floats,
    **{f"{sign}{name}": getattr(operator, name) for sign in ("", "f") for name in ("eq", "lt", "gt", "le", "ge")},
}


# ---- code ---------------------------------------------------------------------------------------------------------

#: What a step does, in the order in which they are asked for.
_BINARY_STEP, _CONST_STEP, _BRANCH_STEP, _JUMP_STEP, _COPY_STEP, _OTHER_STEP, _CALL_STEP, _RETURN_STEP, _END_STEP = (
    range(9)
)

#: Kind, what it works with, the slot of the result, and two slots, or other things that the kind knows.
Step = tuple[int, Any, int, Any, Any]


class _Code:
    """A function made ready to run: its steps in the order of the text, and the frame of a call."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.slots: dict[object, int] = {}
        self.steps: list[Step] = []
        for param in function.params:
            self.slot(param.name)
        self.nowhere = self.slot(None)  # where the results of instructions go that have none
        self.types = variable_types(function)
        found = segments(function)
        starts, start = [], 0
        for segment in found:
            starts.append(start)
            start += len(segment.instructions)
        for segment in found:
            for instruction in segment.instructions:
                targets = [starts[place] for place in segment.successors]
                self.steps.append(self.step(instruction, targets))
        self.steps.append((_END_STEP, None, 0, 0, 0))
        self.unset = [_Unusable(_reason(key)) for key in self.slots]

    def slot(self, key: object) -> int:
        """The place of a variable in the frame."""
        return self.slots.setdefault(key, len(self.slots))

    def step(self, instruction: Instruction, targets: list[int]) -> Step:
        """What an instruction does; `targets` are the steps that it jumps to, if it does."""
        op = instruction.op
        dest = self.slot(instruction.dest) if instruction.dest is not None else self.nowhere
        if op == "const":
            return _CONST_STEP, instruction.value, dest, 0, 0
        if op == "set":
            shadow, name = instruction.args
            return _COPY_STEP, None, self.slot(("shadow", shadow)), self.slot(name), 0
        if op == "get":
            return _COPY_STEP, None, dest, self.slot(("shadow", instruction.dest)), 0
        args = [self.slot(name) for name in instruction.args]
        if op in _BINARY:
            return _BINARY_STEP, _BINARY[op], dest, args[0], args[1]
        if op == "id":
            return _COPY_STEP, None, dest, args[0], 0
        if op == "jmp":
            return _JUMP_STEP, None, 0, targets[0], 0
        if op == "br":
            return _BRANCH_STEP, args[0], 0, targets[0], targets[1]
        if op == "ret":
            return _RETURN_STEP, args[0] if args else None, 0, 0, 0
        if op == "call":
            return _CALL_STEP, instruction.funcs[0], dest, args, 0
        if op == "print":
            pointers = [isinstance(self.types.get(name), PointerType) for name in instruction.args]
            return _OTHER_STEP, _print, dest, args, pointers
        return _OTHER_STEP, _OTHERS[op], dest, args, 0


def _reason(key: object) -> str:
    if isinstance(key, tuple):
        return f"the shadow variable {key[1]} is read and was not set"
    return f"the variable {key} is read and was not assigned"


# ---- running ------------------------------------------------------------------------------------------------------


def execute(
    program: Program,
    args: Sequence[Value],
    entry: str = "main",
    *,
    max_steps: int | None = None,
    on_print: Callable[[str], None] | None = None,
) -> Run:
    """Run a function of a program on `args`: bools, ints of 64 bits and floats, as its parameters' types say.

    `on_print` sees each line as it is printed. Raises StepsExceeded (only with `max_steps`, which is looked at where
    control goes back, and at calls).
    """
    machine = _Machine(program, max_steps, on_print)
    try:
        machine.run(entry, args)
        if machine.heap.live:
            raise BrilError(f"{machine.heap.live} regions of memory are not freed at the end")
    except (BrilError, MemoryFault) as error:
        machine.outcome.error = str(error)
    except MemoryError:
        machine.outcome.error = "out of memory"
    return machine.outcome


class _Machine:
    """The state of one run."""

    def __init__(self, program: Program, max_steps: int | None, on_print: Callable[[str], None] | None) -> None:
        self.functions = {function.name: function for function in program.functions}
        self.codes: dict[str, _Code] = {}
        self.limit = max_steps if max_steps is not None else float("inf")
        self.on_print = on_print
        self.heap = Heap()
        self.outcome = Run()

    def code(self, name: str) -> _Code:
        """The steps of a function."""
        found = self.codes.get(name)
        if found is None:
            if name not in self.functions:
                raise BrilError(f"there is no function @{name}")
            found = self.codes[name] = _Code(self.functions[name])
        return found

    def run(self, entry: str, args: Sequence[Value]) -> None:
        """Call a function and go on until it returns."""
        code = self.code(entry)
        frame = [*args, *code.unset[len(args) :]]
        callers: list[tuple[_Code, Frame, int, int]] = []
        steps, place, executed = code.steps, 0, 0
        try:
            while True:
                kind, what, dest, first, second = steps[place]
                place += 1
                executed += 1
                if kind == _BINARY_STEP:
                    frame[dest] = what(frame[first], frame[second])
                elif kind == _CONST_STEP:
                    frame[dest] = what
                elif kind == _BRANCH_STEP:
                    place = first if frame[what] else second
                    if executed > self.limit:
                        raise StepsExceeded(f"the program runs more than {self.limit} steps")
                elif kind == _JUMP_STEP:
                    place = first
                    if executed > self.limit:
                        raise StepsExceeded(f"the program runs more than {self.limit} steps")
                elif kind == _COPY_STEP:
                    frame[dest] = _copied(frame[first])
                elif kind == _OTHER_STEP:
                    frame[dest] = what(self, frame, first, second)
                elif kind == _CALL_STEP:
                    if len(callers) >= MAX_DEPTH:
                        raise BrilError(f"calls nest more than {MAX_DEPTH} deep")
                    callers.append((code, frame, place, dest))
                    values = [_used(frame[arg]) for arg in first]
                    code = self.code(what)
                    frame = [*values, *code.unset[len(values) :]]
                    steps, place = code.steps, 0
                else:
                    result = _used(frame[what]) if kind == _RETURN_STEP and what is not None else None
                    if kind == _END_STEP:
                        executed -= 1
                    if not callers:
                        return
                    if result is None and code.function.type is not None:
                        raise BrilError(f"@{code.function.name} ends without a result")
                    code, frame, place, dest = callers.pop()
                    steps = code.steps
                    frame[dest] = result
        finally:
            self.outcome.executed = executed


def _copied(value: Value) -> Value:
    """A value that is copied, which an undefined one may be."""
    if isinstance(value, _Unusable) and value is not _UNDEFINED:
        raise BrilError(value.reason)
    return value


def _used(value: Value) -> Value:
    """A value that goes where nobody may look at its kind."""
    if isinstance(value, _Unusable):
        raise BrilError(value.reason)
    return value


def _print(machine: _Machine, frame: Frame, args: list[int], pointers: list[bool]) -> None:
    values = [_used(frame[arg]) for arg in args]
    line = " ".join([_text(value) for value in values])
    machine.outcome.output.append(line)
    if machine.on_print is not None:
        machine.on_print(line)


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return exact_decimal(value)
    return POINTER_TEXT if isinstance(value, Pointer) else str(value)


#: The operations that are no computations of two numbers; each gets the machine, the frame, and its operands' slots.
_OTHERS: Final[dict[str, Callable[[_Machine, Frame, list[int], Any], Value]]] = {
    "nop": lambda machine, frame, args, _: None,
    "undef": lambda machine, frame, args, _: _UNDEFINED,
    "not": lambda machine, frame, args, _: not frame[args[0]],
    "alloc": lambda machine, frame, args, _: machine.heap.alloc(_used(frame[args[0]])),
    "free": lambda machine, frame, args, _: machine.heap.free(_used(frame[args[0]])),
    "load": lambda machine, frame, args, _: machine.heap.load(_used(frame[args[0]])),
    "store": lambda machine, frame, args, _: machine.heap.store(_used(frame[args[0]]), _used(frame[args[1]])),
    "ptradd": lambda machine, frame, args, _: _used(frame[args[0]]).moved(_used(frame[args[1]])),
}
