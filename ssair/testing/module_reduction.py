"""Modules of the IR made small: functions, instructions, blocks, parameters and results left out, constants made
smaller, as long as the module is valid and still interesting.

    reduce_module(text, interesting)     the smallest module found of which `interesting(text)` holds, as text

Each attempt edits a copy, tidies it (unreachable blocks, dead values, facts that would be too good, blocks in a row)
and verifies it: what does not verify is no candidate. Nothing is recursive. Each round goes through the kinds of
edits, coarse ones first; it ends when a round finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from ssair.ir import Function, Module, users
from ssair.ops import JUMP
from ssair.parser import parse_module
from ssair.printer import format_module
from ssair.testing.control_edits import bypass, reaching, returning, straightening, threading
from ssair.testing.module_edits import (
    BLOCK_PARAMETER_WAYS,
    PARAMETER_WAYS,
    Choice,
    Edit,
    enter_at,
    first,
    new_parameter,
    nothing,
    operand,
    parameter,
    previous,
    printing,
    smaller_constant,
    twin,
    without_dead_values,
    without_entry_name,
    without_functions,
    without_instructions,
    without_param,
    without_parameter,
    without_result,
    without_unused_sites,
    zero,
)
from ssair.testing.module_tidying import NoEdit, has_unreachable, tidy
from ssair.testing.reduction import Candidate, Interesting, Item, Search, leave_out
from ssair.verifier import VerifierError, verify

#: Where all pairs of blocks are few enough to be tried.
_FEW_BLOCKS: Final = 16
_DIGITS: Final = re.compile(r"\d")
_VALUE: Final = re.compile(r"\bv\d")


def reduce_module(text: str, interesting: Interesting) -> str:
    """The smallest module found of which `interesting` holds; `text` itself if it does not hold of that.

    Raises: SourceError if `text` is no valid module.
    """
    reducer = ModuleReducer(text, interesting)
    if interesting(text):
        reducer.run()
    return reducer.search.best


class ModuleReducer:
    """A reduction under way; `search.best` is what it has by now."""

    def __init__(self, text: str, interesting: Interesting, jobs: int = 1) -> None:
        self.module = parse_module(text)
        self.search = Search(text, interesting, _weight, jobs)
        #: Whether what is interesting is lost with the blocks that nothing leads to.
        self.keep_unreachable = False

    def run(self) -> None:
        """Reduce until nothing gets smaller."""
        tidied = self._try(lambda module: None)
        self.keep_unreachable = not tidied and any(map(has_unreachable, self.module.functions.values()))
        self._dead()
        before = ""
        while self.search.best != before:
            before = self.search.best
            self._entries()
            self._functions()
            self._terminators()
            self._threads()
            self._bypasses()
            self._instructions((nothing, operand, twin, previous, first, parameter, zero))
            self._dead()
            self._block_params(BLOCK_PARAMETER_WAYS - 1)
            self._results()
            self._params()
            self._constants()
            self._try(without_unused_sites)
            self._try(without_entry_name)
            if self.search.best == before:
                self._returns()
                self._reached()
                self._effects()
                self._instructions((new_parameter,))
                self._block_params(BLOCK_PARAMETER_WAYS)
        self.search.accept_as_good(format_module(self.module, renumber=True))

    def _try(self, edit: Edit) -> bool:
        """Edit a copy of the best module; take it if it is better."""
        return self._first([edit], self.module) is not None

    def _first(self, edits: Iterable[Edit], base: Module) -> int | None:
        """Edit copies of a module, which may have been the best some tries ago; take the first that is better."""
        found = self.search.first(self._candidates(edits, base))
        if found is None:
            return None
        number, self.module = found.item
        return number

    def _candidates(self, edits: Iterable[Edit], base: Module) -> Iterator[Candidate[tuple[int, Module]]]:
        """What edits make of copies of a module, with their numbers, where that is valid."""
        for number, edit in enumerate(edits):
            copy = self._edited(edit, base)
            if copy is not None:
                yield Candidate(str(copy), (number, copy))

    def _edited(self, edit: Edit, base: Module) -> Module | None:
        """A copy after an edit, tidy; None if it is not valid."""
        try:
            return self._tidied(edit, base, keep_refinements=True)
        except NoEdit:
            return None
        except VerifierError as error:
            if error.rule != "refine":
                return None
        try:  # what a refinement said need not follow any more
            return self._tidied(edit, base, keep_refinements=False)
        except VerifierError:
            return None

    def _tidied(self, edit: Edit, base: Module, *, keep_refinements: bool) -> Module:
        copy = base.clone()
        copy.source, copy.source_name = "", ""
        edit(copy)
        for function in copy.functions.values():
            tidy(function, keep_refinements=keep_refinements, keep_unreachable=self.keep_unreachable)
        verify(copy)
        return copy

    def _leave_out(self, items: Sequence[Item], without: Callable[[list[Item]], Edit]) -> None:
        """Leave out as many items of the module as can be; `without` is the edit that leaves out some."""
        base = self.module
        leave_out(items, lambda sets: self._first(map(without, sets), base))

    def _each_block(self, ways: Callable[[Function, int], Sequence[Edit]]) -> None:
        """Try the edits of one block after the other; what has become of a block is tried again."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].blocks):
                if self._first(ways(self.module.functions[name], place), self.module) is None:
                    place += 1

    def _dead(self) -> None:
        """What nothing needs; some faults are just there."""
        if not self._try(without_dead_values):
            self._instructions((nothing,))

    def _entries(self) -> None:
        """Another function as the entry, without those that it does not call."""
        for name in list(self.module.functions):
            if name in self.module.functions and name != self.module.entry().name:
                self._try(partial(enter_at, name))

    def _functions(self) -> None:
        """Functions that are not the entry."""
        entry = self.module.entry().name
        self._leave_out(
            [name for name in self.module.functions if name != entry], lambda gone: partial(without_functions, gone)
        )

    def _terminators(self) -> None:
        """Branches and switches that go one way, from the first block on; comprehensions that run once, or not."""
        self._each_block(
            lambda function, place: [
                straightening(function.name, place, way) for way in range(2 * len(function.blocks[place].end.edges))
            ]
        )

    def _threads(self) -> None:
        """Jumps to branches that go on along one of their edges: loops of one turn."""

        def ways(function: Function, place: int) -> list[Edit]:
            end = function.blocks[place].end
            onward = len(end.edges[0].target.end.edges) if end.op is JUMP else 0
            return [threading(function.name, place, way) for way in range(onward)]

        self._each_block(ways)

    def _bypasses(self) -> None:
        """Empty blocks that jump on."""
        places = [
            (function.name, position)
            for function in self.module.functions.values()
            for position, block in enumerate(function.blocks[1:], 1)
            if not block.instrs and not block.params and block.end.op is JUMP
        ]
        self._leave_out(places, lambda gone: partial(bypass, gone))

    def _returns(self) -> None:
        """Blocks that return, instead of going to where the function does or anywhere else."""
        self._each_block(lambda function, place: [returning(function.name, place)])

    def _reached(self) -> None:
        """Branches that go one way, behind which an edge goes the other: once all is small, each of them with each."""

        def ways(function: Function, place: int) -> list[Edit]:
            if len(function.blocks) > _FEW_BLOCKS:
                return []
            return [
                reaching(function.name, place, way, other, edge)
                for way in range(len(function.blocks[place].end.edges))
                for other, block in enumerate(function.blocks)
                for edge in range(len(block.end.edges))
            ]

        self._each_block(ways)

    def _instructions(self, choices: tuple[Choice, ...]) -> None:
        """Instructions, in favour of an operand, of a parameter, or of a constant; many at once, then one by one."""
        for choice in choices:
            uses = {value for function in self.module.functions.values() for value in users(function)}
            places = [
                (function.name, position, place)
                for function in self.module.functions.values()
                for position, block in enumerate(function.blocks)
                for place, instr in enumerate(block.instrs)
                if (instr in uses) != (choice is nothing)
                if not (choice is zero and instr.is_constant)
            ]
            self._leave_out(list(reversed(places)), partial(without_instructions, choice))

    def _effects(self) -> None:
        """Instructions with effects, the last first, in favour of printing what they are given."""
        places = [
            ((function.name, position, place), len(instr.args))
            for function in self.module.functions.values()
            for position, block in enumerate(function.blocks)
            for place, instr in enumerate(block.instrs)
            if not instr.op.pure
        ]
        for place, count in reversed(places):
            self._first([printing(place, way) for way in range(count)], self.module)

    def _block_params(self, count: int) -> None:
        """Parameters of blocks, in so many ways."""
        for name in list(self.module.functions):
            position = 1
            while position < len(self.module.functions[name].blocks):
                place = 0
                while place < len(self.module.functions[name].blocks[position].params):
                    ways = [without_param(name, position, place, way) for way in range(count)]
                    if self._first(ways, self.module) is None:
                        place += 1
                    if position >= len(self.module.functions[name].blocks):
                        break
                position += 1

    def _results(self) -> None:
        """Results of functions, also where these are called."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].results):
                if not self._try(without_result(name, place)):
                    place += 1

    def _params(self) -> None:
        """Parameters of functions, also where these are called: unused ones, or in favour of others or of constants."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].params):
                ways = [without_parameter(name, place, way) for way in range(PARAMETER_WAYS)]
                if self._first(ways, self.module) is None:
                    place += 1

    def _constants(self) -> None:
        """Constants nearer to zero."""
        places = [
            (function.name, position, place)
            for function in self.module.functions.values()
            for position, block in enumerate(function.blocks)
            for place, instr in enumerate(block.instrs)
            if instr.is_constant
        ]
        for place in places:
            while self._first([smaller_constant(place, way) for way in range(3)], self.module) is not None:
                pass


def _weight(text: str) -> int:
    """How large a module is: its lines, then the values that they name, then its characters, few digits."""
    return 200 * text.count("\n") + 20 * len(_VALUE.findall(text)) + len(text) + len(_DIGITS.findall(text))
