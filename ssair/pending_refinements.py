"""Refinements that are made when they are first asked for, at the head of the block where their relation holds first.

    pending = Pending(block, base, predicate, other)    # base PREDICATE other; the base may be pending itself
    made(pending, function, put)                        # its `refine`, with those that it is based on; put puts them

Most of what a branch teaches nobody asks for, so that front ends note it and make what is read: `ssair.builder`, and
the lowering of Bril. Complexity: constant for each that is made.
"""

from __future__ import annotations

from collections.abc import Callable

from ssair.ir import Block, Function, Instr, Value
from ssair.refinement import Relation, refinement


class Pending:
    """A refinement of `base` that is made at the head of `block` when it is first asked for; `result` then."""

    __slots__ = ("base", "block", "other", "predicate", "result", "there")

    def __init__(self, block: Block, base: Value | Pending, predicate: str, other: Value | bool | int) -> None:
        self.block = block
        self.base = base
        self.predicate = predicate
        self.other = other
        self.result: Instr | None = None
        #: A version that there is already, for readers that do not ask what is known.
        self.there: Value = (base.result or base.there) if isinstance(base, Pending) else base


#: A version of a value.
Version = Value | Pending
#: Puts the instructions of one refinement, the last of which is the `refine`, behind others at the head of a block.
Put = Callable[[Block, tuple[Instr, ...]], None]


def made(pending: Pending, function: Function, put: Put) -> Instr:
    """The refinement that is pending, made now with those that it is based on, if it is not there yet."""
    chain: list[Pending] = []
    version: Version = pending
    while isinstance(version, Pending) and version.result is None:
        chain.append(version)
        version = version.base
    for step in reversed(chain):
        base = step.base.result if isinstance(step.base, Pending) else step.base
        assert base is not None
        instrs = refinement(function, base, Relation(base, step.predicate, step.other), base.span)
        put(step.block, instrs)
        step.result = instrs[-1]
    assert pending.result is not None
    return pending.result
