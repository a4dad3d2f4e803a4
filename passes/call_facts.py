"""Facts across calls: what all callers give a parameter, and what every `return` of a function gives back.

    fn pick(xs: [n]f64, k: i64) -> f64 = … k // step …      called with k = 0..7 only: `k` is in 0..7
    fn bucket(x: i64) -> i64 = x % 8                         what a call of it gives is in 0..7

Each function is solved as `sccp` does it. First results, callees before callers: a call is followed by a `narrow` of
what it gives. Then parameters, callers before callees: what all calls that can be reached give is joined, and is the
fact of the parameter from then on. Each call has to keep that promise, so that none moves to where less is known of
its arguments (a callee may trap or run for ever on others): an argument of which less is said is narrowed in front of
the call. Where functions call each other, the parameters of all of them are supposed to be what is given from outside,
grow by what they give each other, are widened after `STEADY` rounds, and hold when a round adds nothing (of a call
within the group, nothing is known of the result).

Only scalars; and parameters only if the module names its entry, so that all callers are known, and not those of the
entry. Requires: valid IR without crumbs. Ensures: valid IR of the same meaning: nothing but narrowings is added.
Complexity: that of `sccp` for each function of a module that has calls, `ROUNDS` times for those that call each other.
Source: D. Callahan, K. Cooper, K. Kennedy & L. Torczon, "Interprocedural Constant Propagation" (1986), over intervals.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from ssair.call_graph import CallGraph, callee_of, reachable
from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.facts import Fact, bottom
from ssair.ir import Block, Function, Instr, Module, Param, Value, replace_operands
from ssair.ops import CALL_OP, GET, NARROW, RETURN
from ssair.passes.sccp_solver import Solver
from ssair.passes.widening import NO_THRESHOLDS, thresholds_of, widened
from ssair.types import rank

NAME: Final = "call_facts"
#: In so many rounds facts of functions that call each other may grow freely, to thresholds, and in so many at all.
STEADY: Final = 3
LAST_THRESHOLD: Final = 6
ROUNDS: Final = 9


def run(module: Module, context: Context) -> int:
    """Narrow what calls give, and parameters; gives how many."""
    graph = CallGraph(module)
    if not any(graph.calls.values()):
        return 0
    narrowed = _narrow_results(graph, context)
    if module.entry_name is not None:
        narrowed += _narrow_parameters(module, graph, context)
    context.count(f"{NAME}.narrowed", narrowed)
    return narrowed


# ---- results --------------------------------------------------------------------------------------------------------


def _narrow_results(graph: CallGraph, context: Context) -> int:
    """Narrow what calls give, callees first."""
    narrowed = 0
    results: dict[Function, list[Fact]] = {}
    for group in graph.groups:
        for function in group:
            known: dict[Value, Fact] = {}
            for block in function.blocks:
                for instr in block.instrs:
                    fact = _result_of(instr, results)
                    if fact is not None:
                        known[instr] = fact
            narrowed += _narrow(function, known, context)
        for function in group:
            results[function] = _results(function)
    return narrowed


def _result_of(instr: Instr, results: dict[Function, list[Fact]]) -> Fact | None:
    """What the called function tells of a call of one result, or of an item of another call."""
    call = instr.args[0] if instr.op is GET else instr
    if not isinstance(call, Instr) or call.op is not CALL_OP or callee_of(call) not in results:
        return None
    facts = results[callee_of(call)]
    if instr.op is GET:
        assert isinstance(instr.aux, int)
        return facts[instr.aux]
    return facts[0] if len(facts) == 1 else None


def _results(function: Function) -> list[Fact]:
    """What is known of the results of a function."""
    solver = Solver(function)
    solver.solve()
    found: list[Fact] = [bottom(type) for type in function.results]
    for block in reverse_postorder(function):
        if block in solver.reached and block.end.op is RETURN:
            found = [fact | solver.fact(value) for fact, value in zip(found, block.end.args, strict=True)]
    return found


# ---- parameters -----------------------------------------------------------------------------------------------------

#: For each function what is known of its parameters; what is missing is called from nowhere yet.
_Given = dict[Function, list[Fact]]


def _narrow_parameters(module: Module, graph: CallGraph, context: Context) -> int:
    """Narrow the parameters of all functions that the entry comes to, callers first."""
    entry = module.entry()
    needed = reachable(module, entry)
    given: _Given = {entry: [param.fact for param in entry.params]}
    promised: dict[Function, None] = {}
    narrowed = 0
    for group in reversed(graph.groups):
        members = [function for function in group if function in needed]
        if not members:
            continue
        _settle(members, entry, given)
        for function in members:
            changes = _promise(function, given[function], context) if function in given else 0
            if changes:
                promised[function] = None
                narrowed += changes
    for caller in module.functions.values() if promised else ():
        _keep_promises(caller, promised)
    return narrowed


def _promise(function: Function, facts: list[Fact], context: Context) -> int:
    """Let parameters have the facts where these say more; gives how many."""
    narrowed = 0
    for param, fact in zip(function.params, facts, strict=True):
        if _says_more(fact, param) and context.fuel.take(NAME, param):
            param.fact = fact & param.fact
            narrowed += 1
    if narrowed:
        _meet_narrowings(function)
    return narrowed


def _keep_promises(caller: Function, promised: Container[Function]) -> None:
    """Narrow arguments to what is promised of the parameters."""
    for block in caller.blocks:
        if not any(instr.op is CALL_OP and callee_of(instr) in promised for instr in block.instrs):
            continue
        instrs: list[Instr] = []
        for instr in block.instrs:
            if instr.op is CALL_OP:
                params = callee_of(instr).params
                kept = [_kept(value, param, instr) for value, param in zip(instr.args, params, strict=True)]
                instrs += [new for new in kept if isinstance(new, Instr) and new not in instr.args]
                instr.args = tuple(kept)
            instrs.append(instr)
        block.instrs = instrs


def _kept(value: Value, param: Param, call: Instr) -> Instr | Value:
    if value.fact <= param.fact:
        return value
    narrow = call.block.function.new_instr(NARROW, (value,), span=call.span)
    narrow.block, narrow.fact = call.block, value.fact & param.fact
    return narrow


def _settle(group: list[Function], entry: Function, given: _Given) -> None:
    """Add to `given` what a group gives its callees, and, until nothing is added, its own functions."""
    for turn in range(ROUNDS):
        before = {function: given.get(function) for function in group}
        _give(group, entry, given)
        grown = [function for function in group if given.get(function) != before[function]]
        if not grown:
            return
        for function in grown:
            given[function] = _slowed(before[function], given[function], function, turn)
    for function in group:  # it does not come to an end
        given[function] = [param.fact for param in function.params]
    _give(group, entry, given)


def _give(group: list[Function], entry: Function, given: _Given) -> None:
    """Add what the functions of a group give those that they call."""
    for function in group:
        if function in given:
            for callee, arguments in _arguments(function, given[function]):
                if callee is not entry:
                    given[callee] = _joined(given.get(callee), arguments, callee)


def _slowed(old: list[Fact] | None, new: list[Fact], function: Function, turn: int) -> list[Fact]:
    """Facts that have grown, grown so far that this comes to an end."""
    if old is None or turn < STEADY:
        return new
    tops = [param.fact for param in function.params]
    thresholds = thresholds_of(function) if turn < LAST_THRESHOLD else NO_THRESHOLDS
    return [widened(was, fact, thresholds) & top for was, fact, top in zip(old, new, tops, strict=True)]


def _joined(old: list[Fact] | None, arguments: list[Fact], callee: Function) -> list[Fact]:
    within = [fact & param.fact for fact, param in zip(arguments, callee.params, strict=True)]
    return within if old is None else [was | fact for was, fact in zip(old, within, strict=True)]


def _arguments(function: Function, facts: list[Fact]) -> list[tuple[Function, list[Fact]]]:
    """What the calls in a function give if its parameters have these facts."""
    solver = Solver(function, facts)
    solver.solve()
    return [
        (callee_of(instr), [solver.fact(value) for value in instr.args])
        for block in reverse_postorder(function)
        if block in solver.reached
        for instr in block.instrs
        if instr.op is CALL_OP
    ]


# ---- narrowings -----------------------------------------------------------------------------------------------------


def _narrow(function: Function, known: dict[Value, Fact], context: Context) -> int:
    """Put a narrowing behind each scalar of which more is known than stands there; gives how many."""
    better: dict[Value, Instr] = {}
    for value, fact in known.items():
        if not _says_more(fact, value) or not context.fuel.take(NAME, value):
            continue
        narrow = Instr(function.new_id(), NARROW, (value,), value.type, fact & value.fact, None, value.span)
        narrow.block = value.block
        better[value] = narrow
    if better:
        for block in function.blocks:
            _use_narrowings(block, better)
        _meet_narrowings(function)
    return len(better)


def _says_more(fact: Fact, value: Value) -> bool:
    """Whether a fact tells more of a scalar than is known of it, and nothing that cannot be."""
    within = fact & value.fact
    return not (rank(value.type) or within.is_bottom or within == value.fact)


def _meet_narrowings(function: Function) -> None:
    """Let narrowings know what their operands do."""
    for block in reverse_postorder(function):
        for instr in block.instrs:
            if instr.op is NARROW:
                instr.fact = instr.fact & instr.args[0].fact


def _use_narrowings(block: Block, better: dict[Value, Instr]) -> None:
    """Put narrowings into a block, and let it use those of all blocks."""
    instrs: list[Instr] = []
    for instr in block.instrs:
        if not better.keys().isdisjoint(instr.args):
            instr.args = tuple([better.get(value, value) for value in instr.args])
        instrs.append(instr)
        if instr in better:
            instrs.append(better[instr])
    block.instrs = instrs
    replace_operands(block.end, lambda value: better.get(value, value))
