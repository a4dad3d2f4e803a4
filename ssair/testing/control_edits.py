"""The edits by which the blocks of a module become fewer: each changes a module in place, and it is tidied afterwards.

What an edit makes need be neither valid nor of the same meaning; `NoEdit` says that there is nothing to change.
"""

from __future__ import annotations

from typing import Final

from ssair.cfg import comprehension_of
from ssair.ir import Block, Edge, Function, Module, Terminator, Value
from ssair.ops import BRANCH, JUMP, PRINTS, RETURN, SWITCH, YIELD
from ssair.testing.module_edits import Edit, zero_constant
from ssair.testing.module_tidying import NoEdit

#: What becomes of a comprehension instead of being run once.
_NOT_AT_ALL: Final = 1
_FOR_EVER: Final = 2


def straightening(name: str, position: int, way: int) -> Edit:
    """The block ends in a jump along one of its edges; another time round, it prints what would have decided.

    Of a comprehension, whose results are constants then, the body is run once, or not at all, or for ever.
    """

    def edit(module: Module) -> None:
        function = module.functions[name]
        block = function.blocks[position]
        end = block.end
        if end.op in (BRANCH, SWITCH):
            if way >= len(end.edges):  # where the branch shows something, what decides it does so too
                block.append(function.new_instr(PRINTS[0], end.args, aux=("", "")))
            block.set_terminator(Terminator(JUMP, (), (end.edges[way % len(end.edges)],), (), end.span))
        elif end.op.binds and way <= _FOR_EVER:
            body, exit = [edge.target for edge in end.edges]
            for other, forall in comprehension_of(function).items():
                if other.end.op is YIELD and forall is block:
                    _jump(function, other, body if way == _FOR_EVER else exit)
            _jump(function, block, exit if way == _NOT_AT_ALL else body)
        else:
            raise NoEdit

    return edit


def _jump(function: Function, block: Block, target: Block) -> None:
    """Let a block end in a jump to where constants are given."""
    args = tuple([block.append(zero_constant(function, param.type)) for param in target.params])
    block.set_terminator(Terminator(JUMP, (), (Edge(target, args),), (), block.end.span))


def threading(name: str, position: int, way: int) -> Edit:
    """The block jumps to where one edge of the branch leads that it jumps to now."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        (edge,) = function.blocks[position].end.edges
        end = edge.target.end
        if end.op not in (BRANCH, SWITCH):
            raise NoEdit
        function.redirect(edge, end.edges[way].target, end.edges[way].args)

    return edit


def bypass(places: list[tuple[str, int]], module: Module) -> None:
    """Lead the edges to empty blocks to where those jump; blocks that jump in a ring stay."""
    onward: dict[Block, Edge] = {}
    for name, position in places:
        block = module.functions[name].blocks[position]
        onward[block] = block.end.edges[0]
    for function in module.functions.values():
        for block in function.blocks:
            if block.end.op.binds:
                continue
            for edge in block.end.edges:
                passed: set[Block] = set()
                while edge.target in onward and edge.target not in passed:
                    passed.add(edge.target)
                    last = onward[edge.target]
                    function.redirect(edge, last.target, last.args)


def returning(name: str, position: int) -> Edit:
    """A block that jumps to where the function returns, or goes anywhere else, returns; constants, where it must."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        block = function.blocks[position]
        end = block.end
        if end.op is RETURN or end.op is YIELD or end.op.binds:
            raise NoEdit
        target = end.edges[0].target if end.op is JUMP else None
        if target is not None and target.end.op is RETURN and not target.instrs:
            given: dict[Value, Value] = dict(zip(target.params, end.edges[0].args, strict=True))
            args = tuple([given.get(arg, arg) for arg in target.end.args])
        else:
            args = tuple([block.append(zero_constant(function, type)) for type in function.results])
        block.set_terminator(Terminator(RETURN, args, (), (), end.span))

    return edit


def reaching(name: str, position: int, way: int, other: int, edge: int) -> Edit:
    """One way of a branch is taken, and an edge of another block leads to where the next way led."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        block, further = function.blocks[position], function.blocks[other]
        end = block.end
        if end.op not in (BRANCH, SWITCH) or further is block or further.end.op.binds or edge >= len(further.end.edges):
            raise NoEdit
        lost = end.edges[(way + 1) % len(end.edges)]
        if lost.target is further.end.edges[edge].target:
            raise NoEdit
        block.set_terminator(Terminator(JUMP, (), (end.edges[way],), (), end.span))
        function.redirect(further.end.edges[edge], lost.target, lost.args)

    return edit
