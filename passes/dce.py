"""Dead code elimination: what no effect and no result needs goes, loop carries included.

Needed are the operands of terminators (block arguments only if their parameter is) and instructions with effects:
checks, output, calls, memory. A block parameter needs the arguments of every edge, a result of a comprehension what
is yielded for it. A condition is needed if its branch decides something, which `dead_control` finds out on the way; a
loop not proved finite is an effect. A comprehension is finite, and goes as a whole if nothing in it has an effect and
nothing needs its results. So do calls of functions of which `purity` has found that nobody can tell a call.

Requires: valid IR without crumbs. Ensures: every value left is needed, but that a comprehension keeps one result.
Complexity: linear; another walk follows where loops have gone, for they may have been all that needed something.
Source: Cytron et al. (1991), section 7.1; marking values instead of names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from ssair.cfg import comprehension_of, has_comprehensions, reverse_postorder
from ssair.context import Context
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.ops import CALL_OP, FORALL, JUMP, OPS, YIELD
from ssair.passes.dead_control import DECISIONS, Cut, DeadControl
from ssair.passes.finite_loops import finite_headers
from ssair.sources import UsageError
from ssair.types import rank

NAME = "dce"
#: Values that only dead loops needed may have been all that other control was for; rarely more than once.
MOST_ROUNDS: Final = 10
#: What only gives its result; `memory` gives a name to the memory of its place, and touches none.
_EFFECTLESS: Final = frozenset(op for op in OPS.values() if op.pure or (op.refines and not op.traps)) | {OPS["memory"]}


def run(function: Function, context: Context, control: str = "cut") -> int:
    """Remove dead values, comprehensions, branches and loops; gives how many values and decisions.

    With `control` "keep" branches and loops stay.
    """
    if control not in ("cut", "keep"):
        raise UsageError(f"dce: control is cut or keep, not {control!r}")
    if control == "keep":
        return len(_remove_values(function, _Marking(function, context), context))
    total = 0
    for _ in range(MOST_ROUNDS):
        changes, is_done = _eliminate(function, context)
        total += changes
        if is_done or not changes:
            break
    return total


def _eliminate(function: Function, context: Context) -> tuple[int, bool]:
    """Remove dead values and cut dead control; gives how much, and whether there surely is no more."""
    marking = _Marking(function, context, cuts_control=True)
    control = marking.control
    if control is not None:
        _cut(control, control.cuts, context)
    removed = len(_remove_values(function, marking, context))
    if not marking.reaches_all:
        return removed, True
    if control is None:  # dead values are gone by now, so that all that is left is needed
        control = DeadControl(function, context, has_effect, marking.needed)
        control.visit_all()
        _cut(control, control.cuts, context)
    looked_at = control.made if marking.control is not None else 0
    _cut(control, control.dead_loops(), context)
    context.count("dce.cut", control.made)
    return control.made + removed, control.made == looked_at and not control.may_find_more()


def _cut(control: DeadControl, cuts: Sequence[Cut], context: Context) -> None:
    """Let decisions that nothing needs be jumps."""
    taken = [cut for cut in cuts if context.fuel.take(NAME, cut.block)]
    if taken:
        control.make_jumps(taken)


def _remove_values(function: Function, marking: _Marking, context: Context) -> set[Value]:
    """Remove dead values and comprehensions; gives the values."""
    removed = _dead_cycles(function, marking, context)
    for instr in marking.dead():  # users before what they use, so that every prefix is valid
        if instr not in removed and context.fuel.take(NAME, instr):
            removed.add(instr)
    if removed:
        _sweep(function, removed)
        _cut_comprehensions(function, marking)
        context.count("dce.removed", len(removed))
    return removed


def has_effect(instr: Instr, context: Context | None = None) -> bool:
    """Whether an instruction does more than give its result; of calls, as far as the context knows."""
    op = instr.op
    if op in _EFFECTLESS:
        return False
    return op is not CALL_OP or context is None or not context.effects_of(instr).removable


class _Marking:
    """The values found to be needed."""

    def __init__(self, function: Function, context: Context, cuts_control: bool = False) -> None:
        self.function = function
        self.context = context
        #: By value id; an array of bytes stays in the cache where a set of scattered values does not.
        self.needed = bytearray(function.next_value)
        #: What a comprehension without effects needs as soon as one of its results is needed.
        self.deferred: dict[Block, list[Value]] = {block: [] for block in removable_comprehensions(function, context)}
        #: The comprehension that each of their results comes from, by the block of the `forall`; filled with `feeds`.
        self.forall_of: dict[Value, Block] = {}
        #: What the walk backwards found no need of, where there was one.
        self._passed_over: list[Instr] | None = None
        #: Whether the entry reaches all blocks: what it does not reach may use what would go with a branch.
        self.reaches_all: bool = len(reverse_postorder(function)) == len(function.blocks)
        #: The search for branches that decide nothing, where it went along.
        self.control: DeadControl | None = None
        #: The conditions of branches that decide nothing as long as a parameter is not needed, by that.
        self.relying: dict[Value, list[Value]] = {}
        if has_comprehensions(function) or not self.reaches_all:
            self._mark_roots()
        else:
            if cuts_control:
                self.control = DeadControl(function, context, has_effect, self.needed)
            self._mark_backwards()

    @cached_property
    def owner(self) -> dict[Block, Block | None]:
        """The comprehension around each block; asked for where there are any."""
        return comprehension_of(self.function)

    @cached_property
    def feeds(self) -> dict[Value, list[Value]]:
        """What feeds each block parameter: its arguments, or what is yielded for it and the lengths of that."""
        feeds: dict[Value, list[Value]] = {}
        for block in self.function.blocks:
            end = block.end
            region = self.owner.get(block)
            if end.op is YIELD and region is not None:
                _feed(feeds, region.end.edges[1].target.params, end.args)
            for edge in end.edges:
                if edge.args:
                    _feed(feeds, edge.target.params, edge.args)
            if end.op is FORALL:
                for param, lengths in _results(block):
                    self.forall_of[param] = block
                    feeds.setdefault(param, []).extend(lengths)
        return feeds

    def dead(self) -> list[Instr]:
        """The instructions that are not needed, users before what they use."""
        needed = self.needed
        gone: set[Block] = self.control.gone if self.control is not None else set()
        if self._passed_over is not None:
            return [instr for instr in self._passed_over if not needed[instr.id] and instr.block not in gone]
        blocks = reversed(reverse_postorder(self.function))
        return [instr for block in blocks for instr in reversed(block.instrs) if not needed[instr.id]]

    def _mark_backwards(self) -> None:
        """Mark all that is needed, where all blocks are reached and none belongs to a comprehension.

        One walk meets what uses a value before the value itself; only what edges that lead back give to parameters may
        be found too late, and is left to a work list. That alone would take twice as long.
        """
        needed, context = self.needed, self.context
        for param in self.function.params:
            needed[param.id] = 1
        passed: set[Block] = set()
        back: list[Edge] = []
        passed_over = self._passed_over = []
        control = self.control
        for block in reversed(reverse_postorder(self.function)):
            for edge in block.end.edges:
                if edge.args:
                    if edge.target not in passed:
                        back.append(edge)
                    for param, value in zip(edge.target.params, edge.args, strict=True):
                        if needed[param.id]:
                            needed[value.id] = 1
            if control is None or block.end.op not in DECISIONS or not control.visit(block):
                for value in block.end.args:
                    needed[value.id] = 1
            for instr in reversed(block.instrs):
                if needed[instr.id]:
                    for value in instr.args:
                        needed[value.id] = 1
                elif instr.op in _EFFECTLESS or not has_effect(instr, context):
                    passed_over.append(instr)
                else:
                    needed[instr.id] = 1
                    for value in instr.args:
                        needed[value.id] = 1
            passed.add(block)
        late = [
            value
            for edge in back
            for param, value in zip(edge.target.params, edge.args, strict=True)
            if needed[param.id] and not needed[value.id]
        ]
        for cut, params in control.relying if control is not None else ():
            for param in params:
                self.relying.setdefault(param, []).extend(cut.block.end.args)
        if late:
            self.mark(late)

    def _mark_roots(self) -> None:
        """Mark what effects, control and results need; of a comprehension that stays for its effects, one result."""
        roots: list[Value] = [*self.function.params, *self._keep_unreached()]
        stay: list[Block] = []
        for block in self.function.blocks:
            end, region = block.end, self.owner.get(block)
            found = self.deferred.get(region, roots) if region is not None else roots
            found += [
                instr for instr in block.instrs if instr.op not in _EFFECTLESS and has_effect(instr, self.context)
            ]
            if end.op is FORALL:
                self.deferred.get(block, found).extend((*end.extents, *end.edges[0].target.params))
                if block not in self.deferred:
                    stay.append(block)
            elif end.op is not YIELD:
                found += end.args
        self.mark(roots)
        for block in stay:
            results = block.end.edges[1].target.params
            if not any(self.needed[param.id] for param in results):
                self.mark(results[:1])

    def _keep_unreached(self) -> list[Value]:
        """The values of code that is never reached, which stays whole, and so do the comprehensions that it uses."""
        reached = set(reverse_postorder(self.function))
        unreached = [block for block in self.function.blocks if block not in reached]
        used: list[Block] = []
        for block in unreached:
            used += [edge.target for edge in block.end.edges]
            used += [value.block for instr in block.instrs for value in instr.args]
            used += [value.block for value in block.end.operands()]
        for block in dict.fromkeys(used):
            region = self.owner.get(block)
            while region is not None and self.deferred.pop(region, None) is not None:
                region = self.owner[region]
        return [value for block in unreached for value in (*block.params, *block.instrs)]

    def mark(self, values: Iterable[Value]) -> None:
        """Mark values and all that they need."""
        needed, forall_of = self.needed, self.forall_of
        work = list(values)
        while work:
            value = work.pop()
            if needed[value.id]:
                continue
            needed[value.id] = 1
            if isinstance(value, Instr):
                work += value.args
                continue
            if self.relying:
                work += self.relying.pop(value, ())
            work += self.feeds.get(value, ())  # found out when a parameter asks: most loops need no more of theirs
            forall = forall_of.get(value)
            if forall is not None:
                work += self.deferred.pop(forall, ())


def _feed(feeds: dict[Value, list[Value]], params: list[Param], args: Iterable[Value]) -> None:
    for param, arg in zip(params, args, strict=False):
        feeds.setdefault(param, []).append(arg)


def _results(forall: Block) -> Iterator[tuple[Param, tuple[Value, ...]]]:
    """The results of a comprehension, each with the lengths of what is yielded for it where that is an array."""
    end = forall.end
    lengths = iter(end.element_lengths)
    for param in end.edges[1].target.params:
        yield param, tuple(islice(lengths, rank(param.type) - len(end.extents)))


def removable_comprehensions(function: Function, context: Context | None = None) -> list[Block]:
    """The blocks of the `forall`s whose bodies have no effect and surely end, in reverse postorder."""
    if not has_comprehensions(function):
        return []
    owner = comprehension_of(function)
    order = {block: number for number, block in enumerate(reverse_postorder(function))}
    lasting: set[Block] = set()
    finite = finite_headers(function)
    for block, number in order.items():
        endless = any(order[target] <= number and target not in finite for target in block.successors())
        region = owner[block]
        if endless or any(has_effect(instr, context) for instr in block.instrs):
            while region is not None and region not in lasting:
                lasting.add(region)
                region = owner[region]
    return [block for block in order if block.end.op is FORALL and block not in lasting]


def _dead_cycles(function: Function, marking: _Marking, context: Context) -> set[Value]:
    """The dead parameters and what is made of them, which feed each other and go as one rewrite.

    With them go the branches that decide nothing but what they are given.
    """
    needed, control = marking.needed, marking.control
    dead = [param for block in reverse_postorder(function)[1:] for param in block.params if not needed[param.id]]
    if not dead:
        return set()
    if not context.fuel.take(NAME, dead[0]):
        marking.mark(dead)
        return set()
    if control is not None and control.relying:
        control.make_jumps([cut for cut, params in control.relying if not any(needed[param.id] for param in params)])
        dead = [param for param in dead if param.block not in control.gone]
    cycle: set[Value] = set(dead)
    for instr in reversed(marking.dead()):
        if not cycle.isdisjoint(instr.args):
            cycle.add(instr)
    return cycle


def _cut_comprehensions(function: Function, marking: _Marking) -> None:
    """Let the `forall`s that nothing needs be jumps to their exits, and drop their bodies."""
    if not marking.deferred:
        return
    before = reverse_postorder(function)
    for block in marking.deferred:
        exit = block.end.edges[1].target
        block.set_terminator(Terminator(JUMP, (), (Edge(exit),), (), block.end.span))
    reached = set(reverse_postorder(function))
    function.remove_blocks({block for block in before if block not in reached})


def _sweep(function: Function, removed: set[Value]) -> None:
    """Take removed values out of their blocks, with what fed the parameters among them."""
    kept: dict[Block, list[int]] = {}
    for block in dict.fromkeys([value.block for value in removed]):
        # what is looked for is a value itself and not its id, which is often in no cache: up to a fifth of the pass
        block.instrs = [instr for instr in block.instrs if instr not in removed]
        if not removed.isdisjoint(block.params):
            kept[block] = [index for index, param in enumerate(block.params) if param not in removed]
    owner = comprehension_of(function) if kept else {}
    for block in function.blocks if kept else ():
        end, region = block.end, owner.get(block)
        if end.op is FORALL and end.edges[1].target in kept:
            lengths = [length for param, group in _results(block) if param not in removed for length in group]
            extents = end.extents
            end.aux, end.args = (len(extents),) if lengths else (), (*extents, *lengths)
        elif end.op is YIELD and region is not None and (exit := region.end.edges[1].target) in kept:
            end.args = tuple([end.args[index] for index in kept[exit]])
        elif not end.op.binds:
            for edge in end.edges:
                if edge.target in kept:
                    edge.args = tuple([edge.args[index] for index in kept[edge.target]])
    for block, indices in kept.items():
        block.params = [block.params[index] for index in indices]
