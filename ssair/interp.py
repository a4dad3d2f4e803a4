"""The interpreter: the reference semantics of the IR, and the oracle that everything else is tested against.

It runs a module on NumPy values, counts the instructions that it executes, and asserts every fact and every refinement
that it meets (`FactViolation`: a fault of whoever made the IR). Calls and comprehensions run on an explicit stack.

    outcome = execute(module, [3, 4])
    outcome.results      # the values, NumPy scalars and arrays
    outcome.trap         # the Trap that ended the program, or None
    outcome.output       # the lines printed
    outcome.steps        # instructions and terminators executed
    outcome.checks       # how often each check was made, by its site
    outcome.live         # regions of memory that were never freed
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ssair.diagnostics import SsairError
from ssair.executable import Executable, ExecutableBlock, Values
from ssair.ir import Block, Function, Instr, Module, Param, Span, Terminator
from ssair.memory import Heap, Pointer
from ssair.repetition import Watch, calls_itself
from ssair.semantics import SCALAR_CLASSES, Runtime, dtype_of, fit, limited
from ssair.traps import MOST_CALLS, Trap
from ssair.types import ArrayType, Type, element_type, integer_range, rank

#: Calls may nest this deep.
MAX_DEPTH: Final = 10_000


class DepthExceeded(SsairError):
    """Calls nest deeper than the limit."""


class StepsExceeded(SsairError):
    """The program ran longer than the limit asked for."""


class Endless(StepsExceeded):
    """The program never ends: it prints `lines`, and if it is not `silent` then, goes on printing."""

    def __init__(self, lines: Sequence[str], silent: bool) -> None:
        super().__init__("the program never ends")
        self.lines = list(lines)
        self.silent = silent


@dataclass(slots=True)
class Outcome:
    """How a run ended: `results` if it returned (a tuple, one for each result), else the `trap`."""

    results: tuple[Runtime, ...] | None = None
    trap: Trap | None = None
    output: list[str] = field(default_factory=list)
    steps: int = 0
    live: int = 0
    checks: Counter[int] = field(default_factory=Counter)


#: Functions made ready to run.
Plans = dict[Function, Executable]


@dataclass(slots=True)
class _Comprehension:
    """A `forall` under way."""

    end: Terminator
    shape: tuple[int, ...]
    indices: Iterator[tuple[int, ...]]
    elements: list[list[Runtime]]


@dataclass(slots=True)
class Frame:
    """A call under way: its values by id, the segment it is at, the call that made it, the comprehensions it is in."""

    executable: Executable
    values: Values
    block: ExecutableBlock
    index: int
    caller: Instr | None
    comprehensions: list[_Comprehension] = field(default_factory=list)


def execute(
    module: Module,
    args: Sequence[Runtime],
    entry: str | None = None,
    *,
    check_facts: bool = True,
    max_steps: int | None = None,
    max_depth: int = MAX_DEPTH,
    on_print: Callable[[str], None] | None = None,
    plans: Plans | None = None,
    watched: bool = False,
) -> Outcome:
    """Run a function of `module` (by default its entry) on `args`.

    `args` are values of the parameters' types, tuples flattened: Python or NumPy scalars, arrays, nested lists; they
    are converted to the exact dtype (`to_argument`). A trap is in the outcome; `on_print` sees each line as it is
    printed. Raises: TypeError and OverflowError for what is no argument of the function, DepthExceeded, StepsExceeded
    (only with `max_steps`, which is looked at once a block), MemoryFault, FactViolation.

    `plans` keeps what is made ready for a run, for the next one with the same `check_facts`; the module must not change
    in between. With `watched`, a run that comes back to a state in which it was before raises Endless.
    """
    function = module.entry(entry)
    if len(args) != len(function.params):
        raise TypeError(f"@{function.name} takes {len(function.params)} arguments, not {len(args)}")
    values = [to_argument(param, arg) for param, arg in zip(function.params, args, strict=True)]
    machine = Machine(module, check_facts, max_steps, max_depth, on_print)
    if watched:
        machine.watch_for_repetition()
    if plans is not None:
        machine.plans = plans
    with np.errstate(all="ignore"):
        try:
            machine.outcome.results = machine.run(function, values)
        except Trap as trap:
            trap.calls = (*trap.calls, *machine.calls_under_way())[:MOST_CALLS]
            machine.outcome.trap = trap
    machine.outcome.live = machine.heap.live
    return machine.outcome


def to_argument(param: Param, value: Runtime) -> Runtime:
    """The run-time value of an argument, in the parameter's exact type.

    Raises: TypeError for another rank, or another kind of number (floats are no integers, numbers no booleans);
    OverflowError for an integer that the type does not hold. Floats are rounded to the parameter's type.
    """
    if value.__class__ is SCALAR_CLASSES.get(param.type) or isinstance(value, Pointer):
        return value
    dtype = dtype_of(param.type)
    array = np.asarray(value)
    if array.ndim != rank(param.type):
        raise TypeError(f"a value of rank {rank(param.type)} is wanted, not of rank {array.ndim}")
    if array.size and _KINDS.get(array.dtype.kind, len(_KINDS)) > _KINDS[dtype.kind]:
        raise TypeError(f"a value of type {param.type} is wanted, not of {array.dtype}")
    if array.size and dtype.kind == "i":
        least, greatest = integer_range(element_type(param.type))
        if array.min() < least or array.max() > greatest:
            raise OverflowError(f"a value does not fit {param.type}")
    return array.astype(dtype)[()]


#: NumPy's kinds of numbers, in the order in which they may be converted.
_KINDS: Final = {"b": 0, "u": 1, "i": 1, "f": 2}


class Machine:
    """The state of one run."""

    def __init__(
        self,
        module: Module,
        check_facts: bool,
        max_steps: int | None,
        max_depth: int,
        on_print: Callable[[str], None] | None,
    ) -> None:
        self.module = module
        self.check_facts = check_facts
        self.max_steps = max_steps if max_steps is not None else float("inf")
        self.watch: Watch | None = None
        #: From so many steps on, the limit and the watch are looked at.
        self.next_look = self.max_steps
        self.max_depth = max_depth
        self.on_print = on_print
        self.outcome = Outcome()
        self.heap = Heap()
        self.plans: Plans = {}
        self.frames: list[Frame] = []

    def watch_for_repetition(self) -> None:
        """Look now and then whether the run goes round."""
        self.watch = Watch()
        self.next_look = min(self.watch.next_look, self.max_steps)

    def run(self, function: Function, args: Sequence[Runtime]) -> tuple[Runtime, ...]:
        """Call `function` and go on until it returns."""
        frames, outcome = self.frames, self.outcome
        self.enter(function, args, None)
        while True:
            frame = frames[-1]
            steps, instructions, finish = frame.block.segments()[frame.index]
            values = frame.values
            for step in steps:
                step(values, self)
            outcome.steps += instructions
            if outcome.steps > self.next_look:
                self.look()
            results = finish(self, frame)
            if results is not None:
                frames.pop()
                if frame.caller is None:
                    return results
                frames[-1].values[frame.caller.id] = results[0] if len(results) == 1 else results

    def calls_under_way(self) -> Iterator[Span]:
        """Where the calls stand that have not returned, the innermost first."""
        for frame in reversed(self.frames):
            span = self.module.span(frame.caller.span) if frame.caller is not None else None
            if span is not None:
                yield span

    def enter(self, function: Function, args: Sequence[Runtime], caller: Instr | None) -> None:
        """Push a frame for a call, which the instruction `caller` makes."""
        if len(self.frames) >= self.max_depth:
            if self.watch is not None and calls_itself(self.frames):
                raise Endless(self.outcome.output, silent=False)
            raise DepthExceeded(f"calls of {function.name} nest more than {self.max_depth} deep")
        executable = self.plans.get(function)
        if executable is None:
            executable = self.plans[function] = Executable(function, self.check_facts)
        frame = Frame(executable, executable.initial.copy(), executable.blocks[function.entry], 0, caller)
        self.frames.append(frame)
        for param, value in zip(function.params, args, strict=True):
            frame.values[param.id] = value

    def look(self) -> None:
        """Give up if the run has taken too many steps, or is seen to go round."""
        if self.watch is not None:
            if self.watch.sees(self.frames, self.outcome.steps, self.outcome.output):
                raise Endless(self.outcome.output, self.watch.silent)
            self.next_look = min(self.watch.next_look, self.max_steps)
        if self.outcome.steps > self.max_steps:
            raise StepsExceeded(f"the program runs more than {self.max_steps} steps")

    def print(self, line: str) -> None:
        """Print a line."""
        self.outcome.output.append(line)
        if self.on_print is not None:
            self.on_print(line)

    def begin_forall(self, frame: Frame, end: Terminator) -> None:
        """Start a comprehension."""
        shape = limited(tuple([max(int(frame.values[arg.id]), 0) for arg in end.extents]))
        elements: list[list[Runtime]] = [[] for _ in end.edges[1].target.params]
        indices = itertools.product(*map(range, shape))
        frame.comprehensions.append(_Comprehension(end, shape, indices, elements))
        self._next_element(frame)

    def yield_elements(self, frame: Frame, values: Sequence[Runtime]) -> None:
        """Take what the body of the innermost comprehension gives, and go on with it."""
        for elements, value in zip(frame.comprehensions[-1].elements, values, strict=True):
            elements.append(value)
        self._next_element(frame)

    def _next_element(self, frame: Frame) -> None:
        """Evaluate the body for the next index, or leave the comprehension with its arrays."""
        comprehension = frame.comprehensions[-1]
        body, exit = [edge.target for edge in comprehension.end.edges]
        index = next(comprehension.indices, None)
        if index is not None:
            _go_to(frame, body, [np.int64(i) for i in index])
            return
        frame.comprehensions.pop()
        lengths = iter([int(frame.values[arg.id]) for arg in comprehension.end.element_lengths])
        arrays = [
            _assemble(param.type, comprehension.shape, elements, lengths)
            for param, elements in zip(exit.params, comprehension.elements, strict=True)
        ]
        _go_to(frame, exit, arrays)


def _go_to(frame: Frame, block: Block, args: Sequence[Runtime]) -> None:
    """Go to `block` with values for its parameters."""
    for param, value in zip(block.params, args, strict=True):
        frame.values[param.id] = value
    frame.block, frame.index = frame.executable.blocks[block], 0


def _assemble(type: Type, shape: tuple[int, ...], elements: list[Runtime], lengths: Iterator[int]) -> Runtime:
    """The array of what a comprehension yielded for one of its results."""
    assert isinstance(type, ArrayType)
    inner = tuple([max(n, 0) for n in itertools.islice(lengths, type.rank - len(shape))])
    if inner:
        elements = [fit(element, inner) for element in elements]
    return np.array(elements, dtype_of(type)).reshape(shape + inner)


def default_argument(type: Type) -> Runtime:
    """Zero of a scalar type, the empty array of an array type: for trying a function out."""
    dtype = dtype_of(element_type(type))
    return np.zeros((0,) * type.rank, dtype) if isinstance(type, ArrayType) else dtype.type(0)
