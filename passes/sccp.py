"""Sparse conditional propagation of facts: what is known of every value, found for all of them at once.

Where `simplify` carries facts forward once, here a fact may rest on itself through a loop, and on the ways that cannot
be taken because of it: `i` stays within `0 <= i <= n` as long as it is only counted up under `i < n`. Facts become
better and branches that go one way only become jumps; values of one possible value are left for `simplify` to fold.

Requires: valid IR without crumbs. Ensures: valid IR of the same meaning without the edges that cannot be taken and the
blocks behind them; a refinement that only such a branch justified is `proved`. Inserts nothing.
Complexity: near-linear (`ssair.passes.sccp_solver`).
Source: Wegman & Zadeck, "Constant Propagation with Conditional Branches" (1991), over intervals.
"""

from __future__ import annotations

from ssair.cfg import incoming_edges, reverse_postorder
from ssair.context import Context
from ssair.facts import Fact
from ssair.ir import Edge, Function, Instr, Terminator, Value
from ssair.ops import BRANCH, JUMP, NARROW, SWITCH
from ssair.passes.justification import justify_refinements
from ssair.passes.sccp_groups import groups
from ssair.passes.sccp_solver import Solver

NAME = "sccp"


def run(function: Function, context: Context) -> int:
    """Propagate facts; gives how many branches were cut and how many groups of facts narrowed."""
    solver = Solver(function)
    solver.solve()
    cut = _cut_edges(function, solver, context)
    narrowed = _write_facts(function, solver, context)  # where fuel ended before all edges were cut, none is left here
    if cut:
        reached = set(reverse_postorder(function))
        function.remove_blocks({block for block in function.blocks if block not in reached})
        justify_refinements(function)
    context.count(f"{NAME}.cut", cut)
    context.count(f"{NAME}.narrowed", narrowed)
    return cut + narrowed


# ---- edges --------------------------------------------------------------------------------------------------------


def _cut_edges(function: Function, solver: Solver, context: Context) -> int:
    """Cut the edges that are never taken; gives at how many blocks."""
    cut = 0
    for block in function.blocks:
        end = block.end
        if block not in solver.reached or not (end.op is BRANCH or end.op is SWITCH):
            continue
        if all(edge in solver.taken for edge in end.edges):
            continue
        if not context.fuel.take(NAME, block):
            break
        block.set_terminator(_without(end, solver.taken))
        cut += 1
    return cut


def _without(end: Terminator, taken: set[Edge]) -> Terminator:
    """A branch or switch that has only the edges taken."""
    left = [index for index, edge in enumerate(end.edges) if edge in taken]
    edges = tuple([end.edges[index] for index in left])
    if len(left) == 1:
        return Terminator(JUMP, (), edges, (), end.span)
    cases = tuple([end.aux[index] for index in left[:-1]])  # if the last was a case, it is what is left to go to now
    return Terminator(SWITCH, end.args, edges, cases, end.span)


# ---- facts --------------------------------------------------------------------------------------------------------


def _write_facts(function: Function, solver: Solver, context: Context) -> int:
    """Write the facts that are better, group by group; gives how many groups."""
    better = _better_facts(function, solver)
    written = 0
    for group in groups(_needs(function, solver, better)):
        if not context.fuel.take(NAME, group[-1]):
            break
        for value in group:
            value.fact = better[value]
        written += 1
    return written


def _better_facts(function: Function, solver: Solver) -> dict[Value, Fact]:
    """The values of which more is known than stands in the IR, in reverse postorder."""
    better: dict[Value, Fact] = {}
    facts = solver.facts
    for block in reverse_postorder(function):
        for values in (block.params, block.instrs):
            for value in values:
                if facts[value.id] is not value.fact and (fact := solver.fact(value)) != value.fact:
                    better[value] = fact
    return better


def _needs(function: Function, solver: Solver, better: dict[Value, Fact]) -> dict[Value, list[Value]]:
    """What each of these values needs written before it: a `narrow` and its operand need each other."""
    needs: dict[Value, list[Value]] = {}
    incoming = incoming_edges(function)
    for block in reverse_postorder(function):
        for index, param in enumerate(block.params):
            if param in better:
                needs[param] = solver.sources(incoming[block], index)
        for instr in block.instrs:
            if instr in better:
                needs[instr] = list(instr.args)
    for value, needed in needs.items():
        if isinstance(value, Instr) and value.op is NARROW and needed[0] in needs:
            needs[needed[0]].append(value)
    return needs
