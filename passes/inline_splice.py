"""Putting the body of a function in the place of a call of it.

Requires: a callee without crumbs that does not change meanwhile, and whose call is used by `get`s only if it has
several results.
Ensures: the caller means what it meant. What the callee takes are the arguments themselves, which know no less than its
parameters; a check gets a site of its own, which tells the call; where one `return` is reached, what it gives stands
for the call, else the parameters of a new block behind the body do. Crumbs are left for the copy propagation sweep.
Complexity: linear in the callee, and in the caller once for all its calls.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ssair.cfg import reverse_postorder
from ssair.facts import Fact, top
from ssair.ir import Block, Edge, Function, Instr, Module, Param, Terminator, Value
from ssair.ops import CALL_OP, GET, JUMP, NARROW, RETURN
from ssair.passes.copyprop import forward_uses
from ssair.traps import MOST_CALLS


class Sites:
    """The trap sites of a module, with one for each site and the calls that it is inlined through."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._inlined: dict[tuple[int, tuple[int, ...]], int] = {}

    def inlined(self, site: int, calls: tuple[int, ...]) -> int:
        """The site that reports what `site` does, called from these spans, the innermost first."""
        key = (site, calls)
        if key not in self._inlined:
            sites = self._module.sites
            sites.append(sites[site]._replace(calls=(*sites[site].calls, *calls)[:MOST_CALLS]))
            self._inlined[key] = len(sites) - 1
        return self._inlined[key]


def splice_calls(caller: Function, calls: Sequence[Instr], wanted: Callable[[Instr], bool], sites: Sites) -> int:
    """Inline those `calls` of `caller` that are `wanted`, and those in the bodies that come in; gives how many."""
    splicing = _Splicing(caller, calls, wanted, sites)
    splicing.run()
    if splicing.results:
        caller.blocks = splicing.blocks
        caller.cfg_version += 1
        _take_items(caller, splicing.results)
        forward_uses(caller)
    return len(splicing.results)


def _take_items(caller: Function, results: dict[Value, Sequence[Value]]) -> None:
    """Let the results of the inlined bodies stand for what is taken out of the calls."""
    for block in caller.blocks:
        for instr in block.instrs:
            if instr.op is GET and instr.args[0] in results:
                assert isinstance(instr.aux, int)
                instr.make_equal_to(results[instr.args[0]][instr.aux])


class _Leave(NamedTuple):
    """Where the code of a callee's entry ends: its terminator, its other blocks, and where to go on behind them."""

    terminator: Terminator
    blocks: list[Block]
    behind: Block


class _Fill(NamedTuple):
    """A block to be filled, with what is to come into it from the last to the first, and its terminator."""

    block: Block
    todo: list[Instr | _Leave]
    end: Terminator


class _Splicing:
    """One caller under way; `blocks` are its blocks in their new order, `results` what each inlined call gives."""

    def __init__(self, caller: Function, calls: Sequence[Instr], wanted: Callable[[Instr], bool], sites: Sites) -> None:
        self.caller = caller
        self.wanted = wanted
        self.sites = sites
        self.blocks: list[Block] = []
        self.results: dict[Value, Sequence[Value]] = {}
        #: The spans of the calls around a call that has come with a body, the innermost first.
        self.around: dict[Instr, tuple[int, ...]] = {}
        #: The blocks with calls that may be inlined; the others stay as they are.
        self.calling = {call.block for call in calls}
        order = reverse_postorder(caller)
        if len(order) < len(caller.blocks):
            self.calling.intersection_update(order)
        self.work: list[Block | _Fill] = list(reversed(caller.blocks))

    def run(self) -> None:
        """Fill all blocks that call, and those that come with the bodies."""
        while self.work:
            item = self.work.pop()
            if isinstance(item, _Fill):
                self.blocks.append(item.block)
                self._fill(item)
                continue
            self.blocks.append(item)
            if item in self.calling:
                todo: list[Instr | _Leave] = [*reversed(item.instrs)]
                item.instrs = []
                self._fill(_Fill(item, todo, item.end))

    def _fill(self, fill: _Fill) -> None:
        """Put what is to come into a block, and the bodies of calls; what stands behind one may need another block."""
        block, todo = fill.block, fill.todo
        while todo:
            item = todo.pop()
            if isinstance(item, _Leave):
                block.terminator = item.terminator
                item.behind.terminator = fill.end
                self.work.append(_Fill(item.behind, todo, fill.end))
                self.work += reversed(item.blocks)
                return
            if item.op is CALL_OP and self.wanted(item):
                self._splice(item, todo)
            else:
                block.append(item)
        block.terminator = fill.end

    def _splice(self, call: Instr, todo: list[Instr | _Leave]) -> None:
        """Put the body of the called function in front of what is to come."""
        callee = self.caller.module.functions[str(call.aux)]
        values: dict[Value, Value] = dict(zip(callee.params, [value.find() for value in call.args], strict=True))
        calls = (call.span, *self.around.get(call, ()))[:MOST_CALLS]
        body = _Body(callee, self.caller, values, lambda site: self.sites.inlined(site, calls))
        body.copy()
        for inner in body.calls:
            self.around[inner] = calls
            self.calling.add(inner.block)
        results: Sequence[Value]
        if body.terminator is None:
            results = body.returns[0].values
        else:
            behind = self._new_block()
            results = self._join(body, behind, call)
            todo.append(_Leave(body.terminator, body.blocks, behind))
        todo.extend(reversed(body.instrs))
        self.results[call] = results
        if len(results) == 1:
            call.make_equal_to(results[0])

    def _join(self, body: _Body, behind: Block, call: Instr) -> Sequence[Value]:
        """Lead the `return`s of a body to a block; gives the results there."""
        if len(body.returns) == 1:
            block, values, _ = body.returns[0]
            block.terminator = Terminator(JUMP, (), (Edge(behind),), (), call.span)
            return values
        for block, values, span in body.returns:
            block.terminator = Terminator(JUMP, (), (Edge(behind, values),), (), span)
        return _add_params(behind, body.callee, [found.values for found in body.returns], call.span)

    def _new_block(self) -> Block:
        self.caller.next_block += 1
        return Block(self.caller.next_block - 1, self.caller)


def _add_params(block: Block, callee: Function, rows: Sequence[Sequence[Value]], span: int) -> list[Param]:
    """A parameter for each result of a function whose `return`s give `rows`."""
    params: list[Param] = []
    for index, type in enumerate(callee.results):
        fact: Fact | None = None
        for row in rows:
            fact = row[index].fact if fact is None else fact | row[index].fact
        params.append(block.add_param(type, fact if fact is not None else top(type), span))
    return params


class _Return(NamedTuple):
    """A block of a body that would return, what it gives, and the span of the `return`."""

    block: Block
    values: tuple[Value, ...]
    span: int


class _Body:
    """A copy of what the entry of a function reaches, for another function.

    `instrs` and `terminator` are those of the entry, for the caller to place (None: it returns); `blocks` the others.
    """

    def __init__(
        self, callee: Function, caller: Function, values: dict[Value, Value], inlined_site: Callable[[int], int]
    ) -> None:
        self.callee = callee
        self.caller = caller
        self.values = values
        self.inlined_site = inlined_site
        self.instrs: list[Instr] = []
        self.terminator: Terminator | None = None
        self.blocks: list[Block] = []
        self.calls: list[Instr] = []
        self.returns: list[_Return] = []

    def copy(self) -> None:
        """Make the copy: first all that is defined, then the operands."""
        callee, caller, values = self.callee, self.caller, self.values
        order = reverse_postorder(callee)
        originals = callee.blocks
        if len(order) < len(originals):
            reached = set(order)
            originals = [block for block in originals if block in reached]
        twins: dict[Block, Block] = {}
        for block in originals:
            twins[block] = Block(caller.next_block, caller)
            caller.next_block += block is not callee.entry
        entry = twins[callee.entry]
        self.blocks = [twins[block] for block in originals[1:]]
        for block, twin in twins.items():
            self._define(block, twin)
        for block in order:  # what is narrowed comes before the narrowing
            for instr, made in zip(block.instrs, twins[block].instrs, strict=True):
                args = instr.args
                if len(args) == 2:  # as most have
                    made.args = (values[args[0]], values[args[1]])
                elif args:
                    made.args = tuple([values[value] for value in args])
                if made.op is NARROW:
                    made.fact = made.fact & made.args[0].fact  # of an argument more may be known than of the parameter
        for block in originals:
            self._end(block, twins)
        self.instrs, self.terminator = entry.instrs, entry.terminator

    def _define(self, block: Block, twin: Block) -> None:
        """Copy the parameters and instructions of a block, without operands yet."""
        caller, values = self.caller, self.values
        if block is not self.callee.entry:
            for param in block.params:
                values[param] = twin.add_param(param.type, param.fact, param.span)
        for instr in block.instrs:
            op, aux = instr.op, instr.aux
            if op.traps and op.refines:
                assert isinstance(aux, int)
                aux = self.inlined_site(aux)
            made = Instr(caller.new_id(), op, (), instr.type, instr.fact, aux, instr.span)
            made.block = twin
            values[instr] = made
            twin.instrs.append(made)
            if op is CALL_OP:
                self.calls.append(made)

    def _end(self, block: Block, twins: dict[Block, Block]) -> None:
        end, values = block.end, self.values
        args = tuple([values[value] for value in end.args])
        if end.op is RETURN:
            self.returns.append(_Return(twins[block], args, end.span))
            return
        edges = tuple([Edge(twins[edge.target], tuple([values[v] for v in edge.args])) for edge in end.edges])
        twins[block].terminator = Terminator(end.op, args, edges, end.aux, end.span)
