"""A function specialised to the shapes of its arguments and to what is known of them on the host.

Lengths of arrays are static (`ssair.static`), so one forward sweep in reverse postorder tells the shape of every
value, the values that are known on the host, the branches that these decide, and so the blocks that can be executed.
Shapes are then constants of the trace. Where edges meet, the arrays that they bring have one shape, but for edges from
blocks that a check surely fails in (*doomed* ones): these say nothing. Other arrays whose shapes differ are refused
(E0607), so that loops need no second visit.

Linear in the function; an instance of a callee is shared by the calls that pass it the same shapes and host values.
Requires that calls do not recurse and do not nest deeper than `MAXIMUM_CALLS` (`ssair.backends.limits` refuses them).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ssair.backends.limits import refuse
from ssair.backends.structure import Structure, structure_of
from ssair.constants import ArrayConst
from ssair.ir import Block, Function, Instr, Param, Terminator, Value
from ssair.ops import BRANCH, CALL_OP, DIM, FORALL, GET, PRINTS, RETURN, SWITCH, YIELD
from ssair.semantics import CHECKS, MEANINGS, Runtime, fault, limited
from ssair.types import BOOL, ArrayType, rank

Shape = tuple[int, ...]


@dataclass(slots=True, eq=False)
class Instance:
    """What is known of a function for arguments of certain shapes; `live` has the edges that can be taken."""

    function: Function
    structure: Structure
    shapes: dict[Value, Shape] = field(default_factory=dict)
    hosts: dict[Value, Runtime] = field(default_factory=dict)
    live: dict[Block, tuple[int, ...]] = field(default_factory=dict)
    results: tuple[Shape, ...] = ()
    #: Whether it may return at all: not if a check fails on every way.
    returns: bool = False
    calls: dict[Instr, Instance] = field(default_factory=dict)
    #: Blocks with a check that may fail or a call that may trap, and blocks that print.
    trapping: set[Block] = field(default_factory=set)
    printing: set[Block] = field(default_factory=set)
    #: Blocks in which a check surely fails, and those reached from such blocks alone.
    doomed: set[Block] = field(default_factory=set)

    @property
    def traps(self) -> bool:
        """Whether a check may fail."""
        return bool(self.trapping)

    @property
    def prints(self) -> bool:
        """Whether something may be printed."""
        return bool(self.printing)

    def executable(self, block: Block) -> bool:
        """Whether the block can be reached."""
        return block in self.live


#: The operand that decides a connective, whatever the other one is.
_DECIDED_BY: Final = {"and": np.bool_(False), "or": np.bool_(True)}


class _Reached:
    """The blocks of an instance that a sweep has come to, and the shapes that edges bring there."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.blocks = {instance.function.entry}
        #: Blocks that an edge from a block which is not doomed leads to: their parameters have its shapes.
        self.sound = {instance.function.entry}
        self._differing: tuple[Terminator, Shape, Shape] | None = None

    def follow(self, block: Block, index: int) -> None:
        """Go along an edge out of `block`, all of whose instructions have been seen."""
        end, target = block.end, block.end.edges[index].target
        doomed = block in self._instance.doomed
        if target not in self.blocks or (not doomed and target not in self.sound and target not in self._instance.live):
            _bind(self._instance, end, index)
        elif not doomed and target in self.sound and end.op is not FORALL:
            self._compare(end, target.params, end.edges[index].args)
        self.blocks.add(target)
        if not doomed:
            self.sound.add(target)

    def leave(self, block: Block) -> None:
        """Return from `block`."""
        instance = self._instance
        shapes = tuple([instance.shapes[value] for value in block.end.args])
        doomed = block in instance.doomed
        if not instance.returns:
            instance.results = shapes
        elif not doomed:
            self._note(block.end, instance.results, shapes)
        instance.returns = instance.returns or not doomed

    def _compare(self, end: Terminator, params: Sequence[Param], args: Sequence[Value]) -> None:
        shapes = self._instance.shapes
        self._note(end, [shapes[param] for param in params], [shapes[arg] for arg in args])

    def _note(self, end: Terminator, known: Sequence[Shape], found: Sequence[Shape]) -> None:
        if self._differing is None:
            pairs = zip(known, found, strict=True)
            self._differing = next(((end, one, other) for one, other in pairs if one != other), None)

    def check(self) -> None:
        """Raise SourceError (E0607) where arrays of different shapes meet.

        After a comprehension whose elements fail nothing is refused: control may never have come there.
        """
        instance = self._instance
        if self._differing is None or any(block.end.op is YIELD for block in instance.doomed):
            return
        end, *shapes = self._differing
        one, other = ("x".join(map(str, shape)) for shape in shapes)
        message = f"arrays of different shapes meet in a kernel: {one} and {other}"
        raise refuse(instance.function.module, "E0607", message, end.span, help="check that their lengths are equal")


class Specialiser:
    """Makes instances, each just once. Without `checks` nothing traps."""

    def __init__(self, checks: bool = True) -> None:
        self._checks = checks
        self._lock = threading.RLock()
        self._known: dict[object, Instance] = {}

    def instance(self, function: Function, shapes: tuple[Shape, ...], hosts: tuple[Runtime | None, ...]) -> Instance:
        """The instance of `function` for arguments of `shapes`, of which `hosts` are known (None: not known)."""
        key = (function, shapes, tuple([None if host is None else (host.dtype, host.tobytes()) for host in hosts]))
        with self._lock:
            known = self._known.get(key)
            if known is None:
                known = Instance(function, structure_of(function))
                for param, shape, host in zip(function.params, shapes, hosts, strict=True):
                    known.shapes[param] = shape
                    if host is not None:
                        known.hosts[param] = host
                with np.errstate(all="ignore"):
                    self._sweep(known)
                self._known[key] = known
        return known

    def _sweep(self, instance: Instance) -> None:
        function = instance.function
        instance.results = tuple([(0,) * rank(type) for type in function.results])
        reached = _Reached(instance)
        for block in instance.structure.order:
            if block not in reached.blocks:
                continue
            if block not in reached.sound:
                instance.doomed.add(block)
            for instr in block.instrs:
                self._visit(instance, block, instr)
            instance.live[block] = _live_edges(block.end, instance)
            for index in instance.live[block]:
                reached.follow(block, index)
            if block.end.op is RETURN:
                reached.leave(block)
        reached.check()

    def _visit(self, instance: Instance, block: Block, instr: Instr) -> None:
        op = instr.op
        if op is CALL_OP:
            self._visit_call(instance, block, instr)
        elif op is GET:
            callee = instance.calls[_call_of(instr)]
            assert isinstance(instr.aux, int)
            instance.shapes[instr] = callee.results[instr.aux]
        elif op in PRINTS:
            instance.printing.add(block)
        elif op.refines:
            _visit_refinement(instance, block, instr, self._checks)
        else:
            instance.shapes[instr] = _shape_of(instance, instr)
            _visit_host(instance, instr)

    def _visit_call(self, instance: Instance, block: Block, instr: Instr) -> None:
        assert isinstance(instr.aux, str)
        function = instance.function.module.functions[instr.aux]
        shapes = tuple([instance.shapes[arg] for arg in instr.args])
        hosts = tuple(
            [
                instance.hosts.get(arg) if param.static else None
                for arg, param in zip(instr.args, function.params, strict=True)
            ]
        )
        callee = self.instance(function, shapes, hosts)
        instance.calls[instr] = callee
        if len(callee.results) == 1:
            instance.shapes[instr] = callee.results[0]
        if callee.traps:
            instance.trapping.add(block)
        if not callee.returns:
            instance.doomed.add(block)
        if callee.prints:
            instance.printing.add(block)


def _call_of(get: Instr) -> Instr:
    call = get.args[0]
    assert isinstance(call, Instr)
    return call


def _visit_refinement(instance: Instance, block: Block, instr: Instr, checks: bool) -> None:
    """A check, `refine` or `narrow`: its first operand; a check that host values do not decide may trap."""
    first = instr.args[0]
    instance.shapes[instr] = instance.shapes[first]
    if first in instance.hosts:
        instance.hosts[instr] = instance.hosts[first]
    if instr.op.name in CHECKS:
        operands = [instance.hosts.get(arg) for arg in instr.args]
        fails = all(operand is not None for operand in operands) and fault(instr.op.name, operands) is not None
        if fails:
            instance.doomed.add(block)
        if checks and (fails or any(operand is None for operand in operands)):
            instance.trapping.add(block)


def _visit_host(instance: Instance, instr: Instr) -> None:
    """Compute a scalar on the host if all that it needs is known there."""
    if isinstance(instr.type, ArrayType) or not (instr.op.pure and instr.op.name in MEANINGS):
        return
    if instr.op is DIM:
        assert isinstance(instr.aux, int)
        instance.hosts[instr] = np.int64(instance.shapes[instr.args[0]][instr.aux])
    elif all(arg in instance.hosts for arg in instr.args):
        operands = [instance.hosts[arg] for arg in instr.args]
        instance.hosts[instr] = MEANINGS[instr.op.name](instr.type, instr.aux, *operands)
    elif instr.type is BOOL and instr.op.name in _DECIDED_BY:
        decisive = _DECIDED_BY[instr.op.name]
        if any(arg in instance.hosts and instance.hosts[arg] == decisive for arg in instr.args):
            instance.hosts[instr] = decisive


def _live_edges(end: Terminator, instance: Instance) -> tuple[int, ...]:
    """The places of the edges that host values leave open."""
    if end.op is BRANCH and end.args[0] in instance.hosts:
        return (0,) if instance.hosts[end.args[0]] else (1,)
    if end.op is SWITCH and end.args[0] in instance.hosts:
        case = int(instance.hosts[end.args[0]])
        return (end.aux.index(case) if case in end.aux else len(end.edges) - 1,)
    return tuple(range(len(end.edges)))


def _bind(instance: Instance, end: Terminator, index: int) -> None:
    """The shapes of the parameters of an edge's target, from the first edge that reaches it."""
    edge = end.edges[index]
    shapes = instance.shapes
    if end.op is not FORALL:
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            shapes[param] = shapes[arg]
        return
    if index == 0:
        shapes.update((param, ()) for param in edge.target.params)
        return
    extents = tuple([host_length(instance, extent) for extent in end.extents])
    lengths = iter(end.element_lengths)
    for param in edge.target.params:
        inner = tuple([host_length(instance, next(lengths)) for _ in range(rank(param.type) - len(extents))])
        shapes[param] = limited(extents + inner)


def host_length(instance: Instance, length: Value) -> int:
    """A length that shapes an array; never negative."""
    return max(int(instance.hosts[length]), 0)


def _shape_of(instance: Instance, instr: Instr) -> Shape:
    """The shape of what a pure operation gives."""
    if not isinstance(instr.type, ArrayType):
        return ()
    rule = _SHAPES.get(instr.op.name)
    if rule is not None:
        return limited(rule(instance, instr))
    return next(shape for arg in instr.args if (shape := instance.shapes[arg]))


def _const(instance: Instance, instr: Instr) -> Shape:
    assert isinstance(instr.aux, ArrayConst)
    return instr.aux.shape


def _matmul(instance: Instance, instr: Instr) -> Shape:
    left, right = (instance.shapes[arg] for arg in instr.args)
    return left[:-1] + right[1:]


_SHAPES: Final[dict[str, Callable[[Instance, Instr], Shape]]] = {
    "const": _const,
    "array": lambda instance, instr: (len(instr.args), *instance.shapes[instr.args[0]]),
    "full": lambda instance, instr: tuple([host_length(instance, arg) for arg in instr.args[1:]]),
    "iota": lambda instance, instr: (host_length(instance, instr.args[0]),),
    "index": lambda instance, instr: instance.shapes[instr.args[0]][len(instr.args) - 1 :],
    "transpose": lambda instance, instr: instance.shapes[instr.args[0]][::-1],
    "matmul": _matmul,
}
