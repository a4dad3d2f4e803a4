"""From the IR back to Bril: a program that prints the same, fails the same, and runs few instructions.

    print(write_text(module), end="")
    program = write_program(module)                       # the same as objects: for JSON, or to run it

Each function is lowered to operations of Bril (`legalize`), loops of a few known turns are written out
(`write_straight`), values share variables (`coalesce`), constants are put where they cost least (`write_constants`),
block arguments become copies on edges (`out_of_ssa_copies`, `write_code`), other loops that pay are written out
(`write_plans`, `write_rotation`, `write_turns`), and blocks get their order (`layout`). A variable has the name of a
variable of the user's that one of its values was, as far as that is known; what the writer names itself clashes with
nothing.

Requires: valid IR without crumbs, optimised or not. Near-linear.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ssair.clone import clone_module
from ssair.collection import garbage_collection_paused
from ssair.frontends.bril.coalesce import coalesce
from ssair.frontends.bril.layout import layout
from ssair.frontends.bril.legalize import legalize
from ssair.frontends.bril.legalize_kinds import Kinds
from ssair.frontends.bril.program import Parameter, Program
from ssair.frontends.bril.write_bodies import Body, Room
from ssair.frontends.bril.write_code import Code
from ssair.frontends.bril.write_constant_uses import ConstantUses
from ssair.frontends.bril.write_constants import Places, place_constants
from ssair.frontends.bril.write_counting import Count
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_forms import Written, function_of, text_of
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_known import agree_on_constants, use_conditions
from ssair.frontends.bril.write_names import Names
from ssair.frontends.bril.write_parameters import may_pass_constants, pass_constants
from ssair.frontends.bril.write_plans import Plan, plan_loops
from ssair.frontends.bril.write_rotation import find_rotations
from ssair.frontends.bril.write_straight import straighten
from ssair.frontends.bril.write_turns import write_out
from ssair.ir import Function, Module
from ssair.sources import UsageError


def write_program(module: Module, duplicate: bool = True, keep: bool = True) -> Program:
    """The program of Bril that does what `module` does.

    With `duplicate`, loops are written out, and short blocks are copied to where jumps would lead to them; the same
    `Instruction` may stand in several places then. With `keep`, the module stays as it is; who needs it no more spares
    a copy. Raises UsageError if the module has what Bril has nothing for: arrays, numbers of 32 bits, checks but those
    of divisors, functions of several results.
    """
    with garbage_collection_paused():
        return Program([function_of(written) for written in _written_functions(module, duplicate, keep)])


def write_text(module: Module, duplicate: bool = True, keep: bool = True) -> str:
    """The text of what `write_program` gives, with an empty line between functions, and without a `Program` between."""
    with garbage_collection_paused():
        return "\n".join([text_of(written) for written in _written_functions(module, duplicate, keep)])


def _written_functions(module: Module, duplicate: bool, keep: bool) -> Iterator[Written]:
    if "main" in module.functions and module.functions["main"].results:
        raise UsageError("@main cannot be written as Bril: it has a result")
    copy = clone_module(module) if keep else module
    kinds = Kinds()
    # one function after the other, as long as none wants to know of all: what is at hand is near
    drafts: Iterable[_Draft] = (_draft(function, kinds, duplicate) for function in copy.functions.values())
    if duplicate and may_pass_constants(copy):
        drafts = list(drafts)
        pass_constants(
            copy, {each.function: each.places for each in drafts}, {each.function: each.uses for each in drafts}
        )
    names = Names(copy.functions)
    function_names = {name: names.claim(name) for name in copy.functions}
    return (_written(draft, function_names, duplicate) for draft in drafts)


class _Draft(NamedTuple):
    """A function that is to be written, and what is known of it."""

    function: Function
    places: Places
    uses: ConstantUses
    #: The loops without cycles in them, if loops may be written out.
    bodies: list[Body]
    plans: list[Plan]


def _draft(function: Function, kinds: Kinds, duplicate: bool) -> _Draft:
    """A function with the operations of Bril."""
    flow, size = legalize(function, kinds)
    room = Room(size)
    counts: dict[Body, Count | None] = {}
    if duplicate:
        flow, counts = straighten(flow, room)
    elif not flow.is_current():
        flow = ControlFlow(function)
    places = Places(flow, Frequencies(flow))
    uses = ConstantUses(function, flow)
    use_conditions(flow, uses)
    plans = plan_loops(function, counts, room, places, uses) if counts else []
    agree_on_constants(uses)
    return _Draft(function, places, uses, list(counts), plans)


def _written(draft: _Draft, function_names: dict[str, str], duplicate: bool) -> Written:
    """A function in Bril; it is rewritten meanwhile."""
    function, places, uses, bodies, plans = draft
    flow, frequencies = places.flow, places.frequencies
    classes = coalesce(flow, frequencies)
    rotations = find_rotations(bodies, classes, flow, frequencies) if bodies else {}
    constants = place_constants(function, places, uses, [plan.wants() for plan in plans])
    apart = {edge for body in rotations for edge in body.ends_of_turns()}
    noted = {instr for plan in plans for instr in plan.noted()}
    code = Code(flow, classes, frequencies, function_names, apart, noted)
    blocks = write_out(code, plans, rotations, constants)
    body = layout(blocks, code.leave, duplicate)
    params = tuple([Parameter(code.variable(param), param.type) for param in function.params])
    result = function.results[0] if function.results else None
    return Written(function_names[function.name], params, result, body)
