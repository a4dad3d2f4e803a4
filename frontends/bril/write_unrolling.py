"""Loops that hand on what they carry from variable to variable are written out a few times, so that nothing is copied.

    unroll(function, classes, frequencies)        whether it did

`a, b = b, a % b` copies in every turn, for what is `b` now is `a` in the next. Where the body stands twice, the two
variables change places between the copies instead. Each innermost loop that is short, and whose back edges copy by the
classes found for it as it is, gets as many copies of its body as its longest chain of copies asks for.

Requires: operations of Bril (`legalize`), so that instructions are a few to each of the IR; every block is reached.
Ensures: valid IR of the same meaning; outside the loop, what it defines is read through parameters of the blocks that
it leads to, or of those where ways from it meet. A loop is left as it is where many blocks would have to know. Linear.
Source: unrolling by the period of copies: after the modulo variable expansion of M. Lam, "Software pipelining" (1988).
"""

from __future__ import annotations

from typing import Final

from ssair.frontends.bril.coalesce import Classes, is_constant
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_loops import (
    Body,
    BodyCopy,
    Versions,
    drop_params,
    forward_all,
    innermost,
    without_wide,
)
from ssair.ir import Block, Edge, Function, Value
from ssair.types import MEM

#: How many instructions a loop may have, and how many copies of its body there may be.
_LONGEST: Final = 48
_MOST_COPIES: Final = 4
#: How often, to each turn, the copies on its back edges must run together.
_OFTEN: Final = 0.4


def unroll(function: Function, classes: Classes, frequencies: Frequencies) -> bool:
    """Write out the loops that it pays for; whether there were any."""
    turns = {body: _turns(body, classes, frequencies) for body in innermost(function, _LONGEST)}
    bodies = without_wide(function, [body for body, count in turns.items() if count > 1])
    if not bodies:
        return False
    versions = Versions(function)
    heads: list[Block] = []
    for body in bodies:
        copies = [BodyCopy(function, body) for _ in range(turns[body] - 1)]
        versions.add(body, copies)
        header = body.loop.header
        rounds = [{block: block for block in body.blocks}, *[copy.blocks for copy in copies]]
        for blocks, following in zip(rounds, [*rounds[1:], rounds[0]], strict=True):
            for latch in body.loop.latches:
                for edge in blocks[latch].end.edges:
                    if edge.target is blocks[header]:
                        function.redirect(edge, following[header], edge.args)
        heads += [copy.blocks[header] for copy in copies]
    versions.join()
    drop_params(function, heads)
    forward_all(function)
    return True


# ---- what pays ----------------------------------------------------------------------------------------------------


def _turns(body: Body, classes: Classes, frequencies: Frequencies) -> int:
    """How many copies of its body a loop asks for; 1 if its back edges copy too little."""
    header = body.loop.header
    copied = 0.0
    chain: dict[Value, Value] = {}
    for latch in body.loop.latches:
        for edge in latch.end.edges:
            if edge.target is header:
                copies = _copies(edge, classes)
                copied += len(copies) * frequencies.of_edge[edge]
                chain.update(copies)
    if copied < _OFTEN * frequencies.of_block[header]:
        return 1
    return min(max(2, *(_chain_length(param, chain) for param in chain)), _MOST_COPIES)


def _copies(edge: Edge, classes: Classes) -> dict[Value, Value]:
    """The parameters that an edge copies to, with what it copies."""
    return {
        param: arg
        for param, arg in zip(edge.target.params, edge.args, strict=True)
        if param.type is not MEM and not is_constant(arg) and classes.leader(param) is not classes.leader(arg)
    }


def _chain_length(param: Value, chain: dict[Value, Value]) -> int:
    """How many parameters hand on what they have to the next, from `param` on."""
    seen = {param}
    while (param := chain.get(param, param)) not in seen:
        if param not in chain:
            break
        seen.add(param)
    return len(seen)
