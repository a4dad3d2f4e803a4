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
from ssair.ir import Function, Instr, Terminator, Value
from ssair.ops import BRANCH, JUMP, NARROW, SWITCH
from ssair.passes.justification import justify_refinements
from ssair.passes.origins import Origins
from ssair.passes.sccp_groups import groups
from ssair.passes.sccp_solver import Solver
from ssair.refinement import Relation, edge_relations

NAME = "sccp"


def run(function: Function, context: Context) -> int:
    """Propagate facts; gives how many branches were cut and how many groups of facts narrowed."""
    solver = Solver(function)
    solver.solve()
    cut, unsaid = _cut_edges(function, solver, context)
    narrowed = _write_facts(function, solver, context)  # where fuel ended before all edges were cut, none is left here
    if cut:
        reached = set(reverse_postorder(function))
        function.remove_blocks({block for block in function.blocks if block not in reached})
        justify_refinements(function, unsaid)
    context.count(f"{NAME}.cut", cut)
    context.count(f"{NAME}.narrowed", narrowed)
    return cut + narrowed


# ---- edges --------------------------------------------------------------------------------------------------------


def _cut_edges(function: Function, solver: Solver, context: Context) -> tuple[int, list[Relation]]:
    """Cut the edges that are never taken; gives at how many blocks, and what these have ceased to state."""
    cut = 0
    unsaid: list[Relation] = []
    origins = Origins()
    for block in function.blocks:
        end = block.end
        if not (end.op is BRANCH or end.op is SWITCH) or block not in solver.reached:
            continue
        taken = [index for index, edge in enumerate(end.edges) if edge in solver.taken]
        if len(taken) == len(end.edges):
            continue
        if not context.fuel.take(NAME, block):
            break
        for index in taken:
            unsaid += edge_relations(block, index, origins.__getitem__)
        block.set_terminator(_without(end, taken))
        cut += 1
    return cut, unsaid


def _without(end: Terminator, left: list[int]) -> Terminator:
    """A branch or switch that has only the edges at some of its places."""
    edges = tuple([end.edges[index] for index in left])
    if len(left) == 1:
        return Terminator(JUMP, (), edges, (), end.span)
    cases = tuple([end.aux[index] for index in left[:-1]])  # if the last was a case, it is what is left to go to now
    return Terminator(SWITCH, end.args, edges, cases, end.span)


# ---- facts --------------------------------------------------------------------------------------------------------


def _write_facts(function: Function, solver: Solver, context: Context) -> int:
    """Write the facts that are better, group by group; gives how many groups."""
    better = _better_facts(solver)
    written = 0
    for group in groups(_needs(function, solver, better)):
        if not context.fuel.take(NAME, group[-1]):
            break
        for value in group:
            value.fact = better[value]
        written += 1
    return written


def _better_facts(solver: Solver) -> dict[Value, Fact]:
    """The values of which more is known than stands in the IR, in the order in which control comes to them."""
    return {value: fact for value in solver.sharpened if (fact := solver.fact(value)) != value.fact}


def _needs(function: Function, solver: Solver, better: dict[Value, Fact]) -> dict[Value, list[Value]]:
    """What each of these values needs written before it: a `narrow` and its operand need each other."""
    needs: dict[Value, list[Value]] = {}
    for value in better:
        if isinstance(value, Instr):
            needs[value] = list(value.args)
        elif value not in needs:
            incoming = incoming_edges(function)[value.block]
            for index, param in enumerate(value.block.params):
                if param in better:
                    needs[param] = solver.sources(incoming, index)
    for value, needed in needs.items():
        if isinstance(value, Instr) and value.op is NARROW and needed[0] in needs:
            needs[needed[0]].append(value)
    return needs
