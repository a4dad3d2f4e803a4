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
from typing import Any, Final

import numpy as np

from ssair.diagnostics import SsairError
from ssair.facts import Fact, FloatFact, IntFact, top
from ssair.ir import Block, Edge, Function, Instr, Module, Param, Span, Terminator, Value
from ssair.memory import Heap, Pointer
from ssair.ops import CALL_OP, CONST, PRINTS, PROVED, REFINE, SWITCH
from ssair.repetition import Watch, calls_itself
from ssair.semantics import CHECKS, FLOAT_FORMATS, MEANINGS, Runtime, dtype_of, fault, fit, format_line, limited
from ssair.traps import MOST_CALLS, Trap, make_trap
from ssair.types import ArrayType, Type, element_type, integer_range, rank

#: Calls may nest this deep.
MAX_DEPTH: Final = 10_000


class FactViolation(AssertionError):
    """A value outside its fact, or a refinement that does not hold: the IR is wrong, not the program."""


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


Step = tuple[Callable[..., Any], Instr, tuple[int, ...], "Fact | None"]


class _Plan:
    """A function made ready to run: for each block its steps, with operands as places in the frame."""

    __slots__ = ("blocks", "cases", "function", "params", "size")

    def __init__(self, function: Function, check_facts: bool) -> None:
        self.function = function
        self.size = function.next_value
        self.blocks: dict[Block, list[Step]] = {}
        self.params: dict[Block, list[tuple[Param, Fact | None]]] = {}
        self.cases: dict[Terminator, dict[int, Edge]] = {}
        for block in function.blocks:
            self.blocks[block] = [_step(instr, check_facts) for instr in block.instrs]
            self.params[block] = [(param, _asserted(param, check_facts)) for param in block.params]
            if block.end.op is SWITCH:
                self.cases[block.end] = dict(zip(block.end.aux, block.end.edges, strict=False))


def _asserted(value: Value, check_facts: bool) -> Fact | None:
    """The fact to assert of a value; None where it says nothing."""
    return value.fact if check_facts and value.fact != top(value.type) else None


def _step(instr: Instr, check_facts: bool) -> Step:
    op, args = instr.op, tuple([arg.id for arg in instr.args])
    fact = _asserted(instr, check_facts)
    if op is CONST:  # a third of what is run
        value = MEANINGS[op.name](instr.type, instr.aux)
        return lambda type, aux: value, instr, args, fact
    if op.pure:
        return MEANINGS[op.name], instr, args, fact
    if op.name in CHECKS:
        return _run_check, instr, args, fact
    if op.refines:
        return _run_refine if op in (REFINE, PROVED) and check_facts else _run_first, instr, args, fact
    return _SPECIAL[op.name], instr, args, fact


#: Functions made ready to run.
Plans = dict[Function, _Plan]


@dataclass(slots=True)
class _Comprehension:
    """A `forall` under way."""

    end: Terminator
    shape: tuple[int, ...]
    indices: Iterator[tuple[int, ...]]
    elements: list[list[Runtime]]


@dataclass(slots=True)
class Frame:
    """A call under way: its values by id, where it is, the step that called it, the comprehensions that it is in."""

    plan: _Plan
    values: list[Any]
    block: Block
    index: int
    caller: Step | None
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
    machine = _Machine(module, check_facts, max_steps, max_depth, on_print)
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
    if isinstance(value, Pointer):
        return value
    dtype = dtype_of(param.type)
    if value.__class__ is dtype.type and not isinstance(param.type, ArrayType):
        return value
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


class _Machine:
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
        self.enter(function, args, None)
        while True:
            frame = self.frames[-1]
            if not self.run_steps(frame):
                continue
            results = self.run_end(frame)
            if results is not None:
                self.frames.pop()
                if frame.caller is None:
                    return results
                _, call, _, fact = frame.caller
                result = results[0] if len(results) == 1 else results
                if fact is not None:
                    assert_fact(call, fact, result)
                self.frames[-1].values[call.id] = result

    def calls_under_way(self) -> Iterator[Span]:
        """Where the calls stand that have not returned, the innermost first."""
        for frame in reversed(self.frames):
            span = self.module.span(frame.caller[1].span) if frame.caller is not None else None
            if span is not None:
                yield span

    def run_steps(self, frame: Frame) -> bool:
        """The instructions of the block from where the frame is; False if a call or return changed the frame."""
        steps, values = frame.plan.blocks[frame.block], frame.values
        index = frame.index
        while index < len(steps):
            step = meaning, instr, args, fact = steps[index]
            index += 1
            self.outcome.steps += 1
            operands = [values[arg] for arg in args]
            op = instr.op
            if op.pure:
                result = meaning(instr.type, instr.aux, *operands)
            elif op is CALL_OP:
                frame.index = index
                assert isinstance(instr.aux, str)
                self.enter(self.module.functions[instr.aux], operands, step)
                return False
            else:
                result = meaning(self, instr, operands)
            if fact is not None:
                assert_fact(instr, fact, result)
            values[instr.id] = result
        frame.index = index
        return True

    def enter(self, function: Function, args: Sequence[Runtime], caller: Step | None) -> None:
        """Push a frame for a call, which the step `caller` makes."""
        if len(self.frames) >= self.max_depth:
            if self.watch is not None and calls_itself(self.frames):
                raise Endless(self.outcome.output, silent=False)
            raise DepthExceeded(f"calls of {function.name} nest more than {self.max_depth} deep")
        plan = self.plans.get(function)
        if plan is None:
            plan = self.plans[function] = _Plan(function, self.check_facts)
        frame = Frame(plan, [None] * plan.size, function.entry, 0, caller)
        self.frames.append(frame)
        self.bind(frame, function.entry, args)

    def bind(self, frame: Frame, block: Block, args: Sequence[Runtime]) -> None:
        """Go to `block` with values for its parameters (all read before any is written)."""
        for (param, fact), value in zip(frame.plan.params[block], args, strict=True):
            if fact is not None:
                assert_fact(param, fact, value)
            frame.values[param.id] = value
        frame.block, frame.index = block, 0

    def follow(self, frame: Frame, edge: Edge) -> None:
        """Go along an edge."""
        values = frame.values
        self.bind(frame, edge.target, [values[arg.id] for arg in edge.args])

    def run_end(self, frame: Frame) -> tuple[Runtime, ...] | None:
        """The terminator; gives the results if it returns."""
        end, values = frame.block.end, frame.values
        self.outcome.steps += 1
        if self.outcome.steps > self.next_look:
            self.look()
        name = end.op.name
        if name == "jump":
            self.follow(frame, end.edges[0])
        elif name == "branch":
            self.follow(frame, end.edges[0 if values[end.args[0].id] else 1])
        elif name == "switch":
            self.follow(frame, frame.plan.cases[end].get(int(values[end.args[0].id]), end.edges[-1]))
        elif name == "return":
            return tuple([values[arg.id] for arg in end.args])
        elif name == "forall":
            self.begin_forall(frame, end)
        else:
            comprehension = frame.comprehensions[-1]
            for elements, arg in zip(comprehension.elements, end.args, strict=True):
                elements.append(values[arg.id])
            self.next_element(frame)
        return None

    def look(self) -> None:
        """Give up if the run has taken too many steps, or is seen to go round."""
        if self.watch is not None:
            if self.watch.sees(self.frames, self.outcome.steps, self.outcome.output):
                raise Endless(self.outcome.output, self.watch.silent)
            self.next_look = min(self.watch.next_look, self.max_steps)
        if self.outcome.steps > self.max_steps:
            raise StepsExceeded(f"the program runs more than {self.max_steps} steps")

    def begin_forall(self, frame: Frame, end: Terminator) -> None:
        """Start a comprehension."""
        shape = limited(tuple([max(int(frame.values[arg.id]), 0) for arg in end.extents]))
        exit = end.edges[1].target
        elements: list[list[Runtime]] = [[] for _ in exit.params]
        indices = itertools.product(*map(range, shape))
        frame.comprehensions.append(_Comprehension(end, shape, indices, elements))
        self.next_element(frame)

    def next_element(self, frame: Frame) -> None:
        """Evaluate the body for the next index, or leave the comprehension with its arrays."""
        comprehension = frame.comprehensions[-1]
        index = next(comprehension.indices, None)
        if index is not None:
            body = comprehension.end.edges[0].target
            self.bind(frame, body, [np.int64(i) for i in index])
            return
        frame.comprehensions.pop()
        exit = comprehension.end.edges[1].target
        lengths = iter([int(frame.values[arg.id]) for arg in comprehension.end.element_lengths])
        arrays = [
            _assemble(param.type, comprehension.shape, elements, lengths)
            for param, elements in zip(exit.params, comprehension.elements, strict=True)
        ]
        self.bind(frame, exit, arrays)


def _assemble(type: Type, shape: tuple[int, ...], elements: list[Runtime], lengths: Iterator[int]) -> Runtime:
    """The array of what a comprehension yielded for one of its results."""
    assert isinstance(type, ArrayType)
    inner = tuple([max(n, 0) for n in itertools.islice(lengths, type.rank - len(shape))])
    if inner:
        elements = [fit(element, inner) for element in elements]
    return np.array(elements, dtype_of(type)).reshape(shape + inner)


# ---- instructions with effects ------------------------------------------------------------------------------------


def _run_first(machine: _Machine, instr: Instr, operands: list[Runtime]) -> Runtime:
    return operands[0]


def _run_refine(machine: _Machine, instr: Instr, operands: list[Runtime]) -> Runtime:
    left, right = operands
    predicate = str(instr.aux)
    holds = (
        not MEANINGS[predicate[1:]](None, None, left, right)
        if predicate[0] == "n" and predicate != "ne"
        else (MEANINGS[predicate](None, None, left, right))
    )
    if not holds:
        raise FactViolation(f"{instr!r} does not hold: {left!r} {predicate} {right!r}")
    return left


def _run_check(machine: _Machine, instr: Instr, operands: list[Runtime]) -> Runtime:
    assert isinstance(instr.aux, int)
    machine.outcome.checks[instr.aux] += 1
    found = fault(instr.op.name, operands)
    if found is not None:
        raise make_trap(machine.module, instr.aux, found.values, found.position)
    return operands[0]


def _run_print(machine: _Machine, instr: Instr, operands: list[Runtime]) -> None:
    assert isinstance(instr.aux, tuple)
    line = format_line(instr.aux, operands, FLOAT_FORMATS[instr.op.name])
    machine.outcome.output.append(line)
    if machine.on_print is not None:
        machine.on_print(line)


_SPECIAL: Final[dict[str, Callable[[_Machine, Instr, list[Runtime]], Runtime]]] = {
    **{op.name: _run_print for op in PRINTS},
    CALL_OP.name: _run_first,  # never run as a step: `run_steps` pushes a frame
    "memory": lambda machine, instr, operands: None,
    "alloc": lambda machine, instr, operands: machine.heap.alloc(int(operands[0])),
    "load": lambda machine, instr, operands: machine.heap.load(operands[0]),
    "store": lambda machine, instr, operands: machine.heap.store(operands[0], operands[1]),
    "free": lambda machine, instr, operands: machine.heap.free(operands[0]),
}


# ---- facts --------------------------------------------------------------------------------------------------------


def assert_fact(owner: Value, fact: Fact, value: Runtime) -> None:
    """Raise FactViolation unless every element of `value` is admitted by `fact`."""
    if value.shape:
        if value.size and not _admits_all(fact, value):
            raise FactViolation(f"{owner!r}: an element of {value!r} is outside {fact}")
    elif not fact.contains(value):
        raise FactViolation(f"{owner!r}: {value!r} is outside {fact}")


def _admits_all(fact: Fact, array: Runtime) -> bool:
    if isinstance(fact, IntFact):
        nonzero = not fact.nonzero or bool(array.all())
        return bool(fact.lo <= array.min()) and bool(array.max() <= fact.hi) and nonzero
    if isinstance(fact, FloatFact):
        array = array.astype(np.float64)  # an f32 would round the bounds that it is compared with
        negative_zero = (array == 0) & np.signbit(array)
        inside = (array >= fact.lo) & (array <= fact.hi) & ~negative_zero
        return bool(np.all(inside | (fact.nan & np.isnan(array)) | (fact.negative_zero & negative_zero)))
    return all(fact.contains(item) for item in (False, True) if bool(np.any(array == item)))


def default_argument(type: Type) -> Runtime:
    """Zero of a scalar type, the empty array of an array type: for trying a function out."""
    dtype = dtype_of(element_type(type))
    return np.zeros((0,) * type.rank, dtype) if isinstance(type, ArrayType) else dtype.type(0)
