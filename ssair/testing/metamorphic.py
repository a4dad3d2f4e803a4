"""Changes that keep the meaning of a module, whatever it is: what an optimiser makes of both must mean the same.

Each row of `CHANGES` changes a module in place and leaves valid IR. Tests that compare a program with what it was find
what all runs of the optimiser get wrong alike only through the interpreter; these find it by another way through the
passes: operands in the other order, other ids, blocks in another order, what is equal computed twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from ssair.ir import Block, Edge, Function, Instr, Module, Terminator
from ssair.ops import BRANCH, CONST, JUMP, OPS
from ssair.testing.choices import Choices
from ssair.types import BOOL

Item = TypeVar("Item")
Change = Callable[[Module, Choices], None]

_MIRRORED: Final = {OPS[left]: OPS[right] for left, right in (("lt", "gt"), ("gt", "lt"), ("le", "ge"), ("ge", "le"))}


def commute(module: Module, choices: Choices) -> None:
    """Operands exchanged: of commutative operations, and of comparisons that become their mirror images."""
    for function in module.functions.values():
        for instr in function.instructions():
            if len(instr.args) != 2 or instr.args[0].type is not instr.args[1].type or choices.below(2):
                continue
            if instr.op.commutative or instr.op in _MIRRORED:
                instr.args = (instr.args[1], instr.args[0])
                instr.op = _MIRRORED.get(instr.op, instr.op)


def renumber(module: Module, choices: Choices) -> None:
    """Other ids for all values."""
    for function in module.functions.values():
        values = [value for block in function.blocks for value in (*block.params, *block.instrs)]
        ids = shuffled([value.id for value in values], choices)
        for value, number in zip(values, ids, strict=True):
            value.id = number
        function.analyses.clear()


def permute_blocks(module: Module, choices: Choices) -> None:
    """The blocks in another order, the entry first."""
    for function in module.functions.values():
        function.blocks = [function.blocks[0], *shuffled(function.blocks[1:], choices)]
        function.cfg_version += 1


def permute_functions(module: Module, choices: Choices) -> None:
    """The functions in another order and under other names; the entry keeps its own."""
    entry = module.entry()
    functions = shuffled(list(module.functions.values()), choices)
    names = {each.name: each.name if each is entry else f"{each.name}.renamed" for each in functions}
    for function in functions:
        function.name = names[function.name]
        for instr in function.instructions():
            if isinstance(instr.aux, str) and instr.op is OPS["call"]:
                instr.aux = names[instr.aux]
    module.functions = {function.name: function for function in functions}
    module.entry_name = entry.name


def duplicate(module: Module, choices: Choices) -> None:
    """Pure computations made twice, some uses in the block led to the second; not those of tests, which refinements

    name by their operands.
    """
    for function in module.functions.values():
        for block in list(function.blocks):
            pure = [place for place, instr in enumerate(block.instrs) if instr.op.pure]
            if pure:
                _duplicate_at(function, block, pure[choices.below(len(pure))], choices)


def _duplicate_at(function: Function, block: Block, place: int, choices: Choices) -> None:
    first = block.instrs[place]
    second = Instr(function.new_id(), first.op, first.args, first.type, first.fact, first.aux, first.span)
    block.insert(place + 1, second)
    for instr in block.instrs[place + 2 :]:
        if instr.op.pure and instr.type is not BOOL and first in instr.args and choices.below(2):
            instr.args = tuple([second if arg is first else arg for arg in instr.args])


def split_blocks(module: Module, choices: Choices) -> None:
    """Blocks cut in two, with a jump between."""
    for function in module.functions.values():
        for block in list(function.blocks):
            if not choices.below(3):
                rest = _cut(function, block, choices.below(len(block.instrs) + 1))
                block.set_terminator(Terminator(JUMP, (), (Edge(rest),)))


def branch_on_true(module: Module, choices: Choices) -> None:
    """Blocks cut in two, with a branch between that is always taken; the way that is not taken leads there as well."""
    for function in module.functions.values():
        for block in list(function.blocks):
            if not choices.below(3):
                rest = _cut(function, block, choices.below(len(block.instrs) + 1))
                never = function.new_block()
                never.set_terminator(Terminator(JUMP, (), (Edge(rest),)))
                truth = block.append(function.new_instr(CONST, type=BOOL, aux=True))
                block.set_terminator(Terminator(BRANCH, (truth,), (Edge(rest), Edge(never))))


def _cut(function: Function, block: Block, place: int) -> Block:
    """A new block with what stands from `place` on; the old one is left without a terminator."""
    rest = function.new_block()
    for instr in block.instrs[place:]:
        rest.append(instr)
    del block.instrs[place:]
    rest.terminator, block.terminator = block.terminator, None
    return rest


def shuffled(items: list[Item], choices: Choices) -> list[Item]:
    """The items in another order (Fisher and Yates 1938, as Durstenfeld gave it in 1964)."""
    found = list(items)
    for last in range(len(found) - 1, 0, -1):
        other = choices.below(last + 1)
        found[last], found[other] = found[other], found[last]
    return found


CHANGES: Final[dict[str, Change]] = {
    change.__name__: change
    for change in (
        commute, renumber, permute_blocks, permute_functions, duplicate, split_blocks, branch_on_true,
    )
}  # fmt: skip
"""The changes by name."""
