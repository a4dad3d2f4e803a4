"""Functions made ready to run: a block is a list of steps, Python functions that each write one value of a frame.

    executable = Executable(function, check_facts=True)
    frame.values = executable.initial.copy()               # constants are there already
    frame.block = executable.blocks[function.entry]
    segment = frame.block.segments()[frame.index]          # as far as the next call, or the block's end
    for step in segment.steps: step(frame.values, machine)
    results = segment.finish(machine, frame)               # goes on somewhere; gives what is returned, if it returns

What a step needs is looked up once, when its block is first run: operands as places in the frame, the operation for
their types, the fact to assert. Blocks that no run comes to are not made ready.

Requires: the function is not changed as long as the executable is used; steps run under `np.errstate(all="ignore")`.
Ensures: what the operations mean (`ssair.semantics`), in order; a trap knows how many instructions came before it.
Complexity: linear in the blocks that are run; two Python calls an instruction of which something is known, else one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ssair.fact_assertions import FactViolation, assert_fact, says_something
from ssair.facts import IntFact
from ssair.ir import Block, Edge, Function, Instr, Terminator, Value
from ssair.ops import CALL_OP, CONST, OPS, PRINTS, PROVED, REFINE
from ssair.semantics import CHECKS, FLOAT_FORMATS, MEANINGS, Runtime, fault, format_line, ready
from ssair.traps import make_trap
from ssair.types import BOOL, ArrayType

if TYPE_CHECKING:
    from ssair.interp import Frame, Machine

#: Run-time values by the ids of the values that they are of.
Values = list[Any]
Step = Callable[[Values, "Machine"], None]
#: What comes behind some steps; gives the results where the function returns.
Finish = Callable[["Machine", "Frame"], "tuple[Runtime, ...] | None"]


class Segment(NamedTuple):
    """The steps up to a call or to the end of the block, how many instructions they are with it, and what it does."""

    steps: list[Step]
    instructions: int
    finish: Finish


class Executable:
    """A function made ready to run: its blocks, and a frame's values to begin with."""

    __slots__ = ("blocks", "check_facts", "function", "initial")

    def __init__(self, function: Function, check_facts: bool) -> None:
        self.function = function
        self.check_facts = check_facts
        self.initial: Values = [None] * function.next_value
        self.blocks: dict[Block, ExecutableBlock] = {}
        constant = MEANINGS[CONST.name]
        for block in function.blocks:
            self.blocks[block] = ExecutableBlock(block, self)
            for instr in block.instrs:
                if instr.op is CONST:
                    self.initial[instr.id] = constant(instr.type, instr.aux)


class ExecutableBlock:
    """A block, made ready when it is first run."""

    __slots__ = ("_segments", "block", "executable")

    def __init__(self, block: Block, executable: Executable) -> None:
        self.block = block
        self.executable = executable
        self._segments: list[Segment] | None = None

    def segments(self) -> list[Segment]:
        """What the block does."""
        if self._segments is None:
            self._segments = self._made_ready()
        return self._segments

    def _made_ready(self) -> list[Segment]:
        """The steps of the block, cut behind each call: the parameters' facts first, an instruction's behind it."""
        executable, asserting = self.executable, self.executable.check_facts
        segments: list[Segment] = []
        steps: list[Step] = [_assertion(param) for param in self.block.params if asserting and says_something(param)]
        number = 0
        for instr in self.block.instrs:
            number += 1
            op = instr.op
            if op is CALL_OP:
                segments.append(Segment(steps, number, _call(instr)))
                steps, number = [], 0
            elif op is not CONST:
                steps.append(_step(instr, number, asserting))
            elif not isinstance(instr.type, ArrayType) and instr.fact.contains(executable.initial[instr.id]):
                continue
            if asserting and says_something(instr):
                steps.append(_assertion(instr))
        segments.append(Segment(steps, number + 1, _finish(self.block.end, executable)))
        return segments


# ---- steps --------------------------------------------------------------------------------------------------------


def _step(instr: Instr, number: int, check_facts: bool) -> Step:
    """What an instruction does, the `number`-th of its segment."""
    op = instr.op
    if op.pure:
        return _operation(instr)
    if op.name in CHECKS:
        return _check(instr, number)
    if op in PRINTS:
        return _print(instr)
    if op.refines:
        return _refinement(instr) if op in (REFINE, PROVED) and check_facts else _copy(instr)
    return _on_memory(instr)


def _operation(instr: Instr) -> Step:
    """A pure operation."""
    result, places = instr.id, [arg.id for arg in instr.args]
    meaning = ready(instr.op, instr.type, instr.aux, [arg.type for arg in instr.args])
    if len(places) == 2:
        left, right = places

        def step(values: Values, machine: Machine) -> None:
            values[result] = meaning(values[left], values[right])
    elif len(places) == 1:
        (operand,) = places

        def step(values: Values, machine: Machine) -> None:
            values[result] = meaning(values[operand])
    else:

        def step(values: Values, machine: Machine) -> None:
            values[result] = meaning(*[values[place] for place in places])

    return step


def _copy(instr: Instr) -> Step:
    """What gives its first operand."""
    result, operand = instr.id, instr.args[0].id

    def step(values: Values, machine: Machine) -> None:
        values[result] = values[operand]

    return step


def _refinement(instr: Instr) -> Step:
    """A refinement, whose relation has to hold."""
    result, left, right = instr.id, instr.args[0].id, instr.args[1].id
    predicate = str(instr.aux)
    negated = predicate[0] == "n" and predicate != "ne"
    compare = ready(OPS[predicate[1:] if negated else predicate], BOOL, None, [arg.type for arg in instr.args])

    def step(values: Values, machine: Machine) -> None:
        if bool(compare(values[left], values[right])) is negated:
            raise FactViolation(f"{instr!r} does not hold: {values[left]!r} {predicate} {values[right]!r}")
        values[result] = values[left]

    return step


def _check(instr: Instr, number: int) -> Step:
    """A check, which traps at its site."""
    result, places, name, site = instr.id, [arg.id for arg in instr.args], instr.op.name, instr.aux
    assert isinstance(site, int)
    wrong, _ = CHECKS[name]
    on_scalars = not any(isinstance(arg.type, ArrayType) for arg in instr.args)

    def step(values: Values, machine: Machine) -> None:
        operands = [values[place] for place in places]
        checks = machine.outcome.checks
        checks[site] = checks.get(site, 0) + 1
        if not on_scalars or wrong(*operands):
            found = fault(name, operands)
            if found is not None:
                machine.outcome.steps += number
                raise make_trap(machine.module, site, found.values, found.position)
        values[result] = operands[0]

    return step


def _print(instr: Instr) -> Step:
    """A line printed."""
    places, pieces, format_float = [arg.id for arg in instr.args], instr.aux, FLOAT_FORMATS[instr.op.name]
    assert isinstance(pieces, tuple)

    def step(values: Values, machine: Machine) -> None:
        machine.print(format_line(pieces, [values[place] for place in places], format_float))

    return step


_ON_MEMORY: Final[dict[str, Callable[..., Runtime]]] = {
    "memory": lambda heap: None,
    "alloc": lambda heap, count, *_: heap.alloc(int(count)),
    "load": lambda heap, pointer, *_: heap.load(pointer),
    "store": lambda heap, pointer, value, *_: heap.store(pointer, value),
    "free": lambda heap, pointer, *_: heap.free(pointer),
}


def _on_memory(instr: Instr) -> Step:
    """What uses the memory of the run."""
    result, places, use = instr.id, [arg.id for arg in instr.args], _ON_MEMORY[instr.op.name]

    def step(values: Values, machine: Machine) -> None:
        values[result] = use(machine.heap, *[values[place] for place in places])

    return step


def _assertion(value: Value) -> Step:
    """That a value is one of those that its fact admits."""
    place, fact = value.id, value.fact
    if not isinstance(fact, IntFact) or isinstance(value.type, ArrayType):

        def step(values: Values, machine: Machine) -> None:
            assert_fact(value, fact, values[place])

        return step
    least, greatest, nonzero = fact.lo, fact.hi, fact.nonzero

    def step_of_integer(values: Values, machine: Machine) -> None:
        found = values[place]
        if not least <= found <= greatest or (nonzero and not found):
            assert_fact(value, fact, found)

    return step_of_integer


# ---- what comes behind the steps ----------------------------------------------------------------------------------


def _call(instr: Instr) -> Finish:
    """A call, behind which the next segment comes."""
    callee, places = instr.aux, [arg.id for arg in instr.args]
    assert isinstance(callee, str)

    def finish(machine: Machine, frame: Frame) -> None:
        frame.index += 1
        values = frame.values
        machine.enter(machine.module.functions[callee], [values[place] for place in places], instr)

    return finish


def _finish(end: Terminator, executable: Executable) -> Finish:
    """What a terminator does."""
    ways = [way(edge, executable) for edge in end.edges]
    name, places = end.op.name, [arg.id for arg in end.args]
    if name == "jump":
        return ways[0]
    if name == "branch":
        return _branch(places[0], *ways)
    if name == "switch":
        return _switch(places[0], dict(zip(end.aux, ways, strict=False)), ways[-1])
    if name == "return":
        return lambda machine, frame: tuple([frame.values[place] for place in places])
    if name == "forall":
        return lambda machine, frame: machine.begin_forall(frame, end)
    return lambda machine, frame: machine.yield_elements(frame, [frame.values[place] for place in places])


def _branch(condition: int, if_true: Finish, if_false: Finish) -> Finish:
    def finish(machine: Machine, frame: Frame) -> None:
        (if_true if frame.values[condition] else if_false)(machine, frame)

    return finish


def _switch(operand: int, cases: dict[int, Finish], default: Finish) -> Finish:
    def finish(machine: Machine, frame: Frame) -> None:
        cases.get(int(frame.values[operand]), default)(machine, frame)

    return finish


def way(edge: Edge, executable: Executable) -> Finish:
    """Go along an edge; all arguments are read before any parameter is written."""
    block = executable.blocks[edge.target]
    if not edge.args:

        def finish(machine: Machine, frame: Frame) -> None:
            frame.block, frame.index = block, 0

        return finish
    pairs = list(zip([arg.id for arg in edge.args], [param.id for param in edge.target.params], strict=True))
    if len(pairs) == 1:
        ((source, target),) = pairs

        def finish_with_one(machine: Machine, frame: Frame) -> None:
            frame.values[target] = frame.values[source]
            frame.block, frame.index = block, 0

        return finish_with_one
    sources, targets = zip(*pairs, strict=True)

    def finish_with_more(machine: Machine, frame: Frame) -> None:
        values = frame.values
        for target, value in zip(targets, [values[source] for source in sources], strict=True):
            values[target] = value
        frame.block, frame.index = block, 0

    return finish_with_more
