"""Memory: loads of what is known, stores that nobody reads, regions that nobody uses.

    loads    what was stored to the cell or loaded from it, across blocks, calls and loops (`memory_loads`)
    carried  what a loop reads and writes at one address, by a block parameter (`memory_promotion`)
    stores   what is written again before it is read (`memory_stores`); what the cell holds already
    regions  an `alloc` and its `free` go together, if nothing is read or written there and every way from the one
             leads to the other: what is never freed is a leak, which can be seen

Program order tells what happens when; the versions of memory that operands name are not trusted. Errors stay: what goes
surely succeeds, or is followed by what fails in the same way before anybody can see a difference.

Requires: valid IR without crumbs, equal computations shared (`gvn`), so that equal addresses are equal values.
Ensures: valid IR of the same meaning without crumbs. Complexity: linear.
Source: K. Cooper & L. Torczon, "Engineering a Compiler" (2011), sections 8.6 and 10.2.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.cfg import reverse_postorder
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.facts import IntFact
from ssair.ir import Function, Instr, Terminator, Value, users
from ssair.loops import Loop, loop_forest
from ssair.ops import OPS
from ssair.passes.copyprop import forward_uses
from ssair.passes.memory_addresses import ALLOC, FREE, LOAD, STORE, Addresses, uses_memory
from ssair.passes.memory_kills import Kills, loop_kills
from ssair.passes.memory_loads import Loads
from ssair.passes.memory_promotion import Promotion
from ssair.passes.memory_stores import DeadStores
from ssair.postdominators import postdominators

NAME: Final = "memory"
_PTRADD: Final = OPS["ptradd"]


def run(function: Function, context: Context) -> int:
    """Forward loads, let loops carry cells, remove dead stores and unused regions; gives how many of all."""
    if not uses_memory(function):
        return 0
    loads, addresses, kills = _forward_loads(function, context)
    promotion = Promotion(function, addresses, context, loads.at_end, kills)
    promotion.run()
    replaced, rewritten = loads.changes, loads.stores
    if promotion.changes:
        forward_uses(function)
        loads, addresses, _ = _forward_loads(function, context)
        replaced, rewritten = replaced + loads.changes, rewritten + loads.stores
    unused = _drop_unused_loads(addresses, loads.safe, function, context)
    stores = DeadStores(function, addresses, context, loads.safe)
    stores.run()
    if stores.changes:
        forward_uses(function)
    regions = _drop_regions(function, addresses, context)
    context.count(f"{NAME}.loads", replaced + unused)
    context.count(f"{NAME}.stores", rewritten + stores.changes)
    context.count(f"{NAME}.carried", promotion.changes)
    context.count(f"{NAME}.regions", regions)
    return replaced + rewritten + unused + promotion.changes + stores.changes + regions


class _Known(NamedTuple):
    """What is known of the memory of a function when loads have been forwarded: `kills` is what the loops do."""

    loads: Loads
    addresses: Addresses
    kills: dict[Loop, Kills]


def _forward_loads(function: Function, context: Context) -> _Known:
    """Forward what is known to loads; gives what was found out, and the addresses as they are then."""
    addresses = Addresses(function)
    kills = loop_kills(function, addresses, context)
    loads = Loads(function, addresses, kills, context)
    loads.run()
    if loads.changes + loads.stores == 0:
        return _Known(loads, addresses, kills)
    forward_uses(function)
    addresses = Addresses(function)  # pointers may have been loaded
    return _Known(loads, addresses, loop_kills(function, addresses, context))


def _drop_unused_loads(addresses: Addresses, safe: set[Instr], function: Function, context: Context) -> int:
    """Remove loads that surely succeed and whose values nobody uses."""
    if not any(instr.op is LOAD for instr in safe):
        return 0
    uses = users(function)
    dropped = 0
    for block in reverse_postorder(function):
        touching = addresses.touching.get(block, [])
        found = [i for i in touching if i.op is LOAD and i in safe and i not in uses]
        unused = {load for load in found if context.fuel.take(NAME, load)}
        if unused:
            block.instrs = [instr for instr in block.instrs if instr not in unused]
            addresses.touching[block] = [instr for instr in touching if instr not in unused]
            dropped += len(unused)
    return dropped


def _drop_regions(function: Function, addresses: Addresses, context: Context) -> int:
    """Remove regions that are made and freed, and nothing else."""
    touching = [instr for block in reverse_postorder(function) for instr in addresses.touching.get(block, ())]
    allocs = [instr for instr in touching if instr.op is ALLOC and instr.forward is None]
    if allocs:
        accesses = [instr for instr in touching if instr.forward is None and (instr.op is LOAD or instr.op is STORE)]
        touched = {addresses.of(access.args[0]).root for access in accesses}
        allocs = [alloc for alloc in allocs if alloc not in touched]
    if not allocs:
        return 0
    uses = users(function)
    removed: set[Value] = set()
    dropped = 0
    for alloc in allocs:
        found = _uses_but_for_one_free(alloc, uses)
        if found is None:
            continue
        free, moved = found
        if _go_together(function, alloc, free) and context.fuel.take(NAME, alloc):
            removed.update((alloc, *moved))
            free.make_equal_to(free.args[1])
            dropped += 1
    if dropped:
        for block in function.blocks:
            block.instrs = [instr for instr in block.instrs if instr not in removed]
        forward_uses(function)
    return dropped


def _uses_but_for_one_free(
    alloc: Instr, uses: dict[Value, list[Instr | Terminator]]
) -> tuple[Instr, list[Instr]] | None:
    """The one `free` of a region and the pointers into it; None if there is any other use."""
    frees: list[Instr] = []
    moved: list[Instr] = []
    work = [alloc]
    while work:
        pointer = work.pop()
        for user in uses.get(pointer, ()):
            if not isinstance(user, Instr) or user.op not in (_PTRADD, FREE) or (user.op is FREE and pointer in moved):
                return None
            (frees if user.op is FREE else moved).append(user)
            if user.op is _PTRADD:
                work.append(user)
    return (frees[0], moved) if len(frees) == 1 else None


def _go_together(function: Function, alloc: Instr, free: Instr) -> bool:
    """Whether an `alloc` succeeds, and every way from it leads to its `free`, once."""
    size = alloc.args[0].fact
    one, other = alloc.block, free.block
    return (
        isinstance(size, IntFact)
        and size.lo > 0
        and dominator_tree(function).dominates(one, other)
        and postdominators(function).postdominates(other, one)
        and loop_forest(function).same_loop(one, other)
    )
