"""Modules of the IR made small: functions, instructions, blocks, parameters and results left out, constants made
smaller, as long as the module is valid and still interesting.

    reduce_module(text, interesting)     the smallest module found of which `interesting(text)` holds, as text

Each attempt edits a copy, tidies it (unreachable blocks, dead values, facts that would be too good, blocks in a row)
and verifies it: what does not verify is no candidate. Nothing is recursive. Each round goes through the kinds of
edits, coarse ones first; it ends when a round finds nothing.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from ssair.ir import Instr, Module, users
from ssair.ops import CALL_OP, JUMP
from ssair.parser import parse_module
from ssair.printer import format_module
from ssair.testing.module_edits import (
    Choice,
    Edit,
    Place,
    bypass,
    enter_at,
    first,
    forget,
    nothing,
    operand,
    parameter,
    previous,
    smaller_constant,
    straightening,
    threading,
    twin,
    without_dead_values,
    without_entry_name,
    without_param,
    without_parameter,
    without_result,
    without_unused_sites,
    zero,
)
from ssair.testing.module_tidying import NoEdit, equate, has_unreachable, idle, tidy
from ssair.testing.reduction import Interesting, Search, leave_out
from ssair.verifier import VerifierError, verify

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

    def __init__(self, text: str, interesting: Interesting) -> None:
        self.module = parse_module(text)
        self.search = Search(text, interesting, _weight)
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
            self._block_params()
            self._results()
            self._params()
            self._constants()
            self._try(without_unused_sites)
            self._try(without_entry_name)
        self.search.accept(format_module(self.module, renumber=True))

    def _try(self, edit: Edit) -> bool:
        """Edit a copy of the best module; take it if it is better."""
        try:
            copy = self._edited(edit, keep_refinements=True)
        except VerifierError as error:
            if error.rule != "refine":
                return False
            try:  # what a refinement said need not follow any more
                copy = self._edited(edit, keep_refinements=False)
            except VerifierError:
                return False
        except NoEdit:
            return False
        if not self.search.accept(str(copy)):
            return False
        self.module = copy
        return True

    def _edited(self, edit: Edit, *, keep_refinements: bool) -> Module:
        copy = self.module.clone()
        copy.source, copy.source_name = "", ""
        edit(copy)
        for function in copy.functions.values():
            tidy(function, keep_refinements=keep_refinements, keep_unreachable=self.keep_unreachable)
        verify(copy)
        return copy

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
        base = self.module

        def without(gone: list[str]) -> bool:
            def edit(module: Module) -> None:
                for name in gone:
                    del module.functions[name]
                for function in module.functions.values():
                    uses = users(function)
                    for block in function.blocks:
                        for place, instr in enumerate(list(block.instrs)):
                            if instr.op is CALL_OP and instr.aux in gone:
                                forget(function, block, place, uses)

            return self._try_on(base, edit)

        leave_out([name for name in base.functions if name != entry], without)

    def _try_on(self, base: Module, edit: Edit) -> bool:
        """As `_try`, from a module that may have been the best some tries ago."""
        better, self.module = self.module, base
        if self._try(edit):
            return True
        self.module = better
        return False

    def _terminators(self) -> None:
        """Branches and switches that go one way, from the first block on; comprehensions that run once, or not."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].blocks):
                end = self.module.functions[name].blocks[place].end
                ways = 2 * len(end.edges)
                if not any(self._try(straightening(name, place, way)) for way in range(ways)):
                    place += 1

    def _threads(self) -> None:
        """Jumps to branches that go on along one of their edges: loops of one turn."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].blocks):
                block = self.module.functions[name].blocks[place]
                ways = len(block.end.edges[0].target.end.edges) if block.end.op is JUMP else 0
                if not any(self._try(threading(name, place, way)) for way in range(ways)):
                    place += 1

    def _bypasses(self) -> None:
        """Empty blocks that jump on."""
        base = self.module
        places = [
            (function.name, position)
            for function in base.functions.values()
            for position, block in enumerate(function.blocks[1:], 1)
            if not block.instrs and not block.params and block.end.op is JUMP
        ]

        def without(gone: list[tuple[str, int]]) -> bool:
            return self._try_on(base, partial(bypass, gone))

        leave_out(places, without)

    def _instructions(self, choices: tuple[Choice, ...]) -> None:
        """Instructions, in favour of an operand, of a parameter, or of a constant; many at once, then one by one."""
        for choice in choices:
            base = self.module
            uses = {value for function in base.functions.values() for value in users(function)}
            places = [
                (function.name, position, place)
                for function in base.functions.values()
                for position, block in enumerate(function.blocks)
                for place, instr in enumerate(block.instrs)
                if (instr in uses) != (choice is nothing)
                if not (choice is zero and instr.is_constant)
            ]
            leave_out(list(reversed(places)), partial(self._without, base, choice))

    def _without(self, base: Module, choice: Choice, gone: list[Place]) -> bool:
        def edit(module: Module) -> None:
            uses = {function.name: users(function) for function in module.functions.values()}
            found = False
            for name, position, place in gone:
                function = module.functions[name]
                block = function.blocks[position]
                instr = block.instrs[place]
                other = choice(function, block, place) if instr in uses[name] else idle(function)
                if other is None:
                    continue
                found = True
                if instr in uses[name]:
                    equate(instr, other)
                block.instrs[place] = other if isinstance(other, Instr) and choice is zero else idle(function)
                block.instrs[place].block = block
            if not found:
                raise NoEdit

        return self._try_on(base, edit)

    def _block_params(self) -> None:
        """Parameters of blocks, in favour of an argument for them, of a constant, or of a parameter of the function."""
        for name in list(self.module.functions):
            position = 1
            while position < len(self.module.functions[name].blocks):
                place = 0
                while place < len(self.module.functions[name].blocks[position].params):
                    if not any(self._try(without_param(name, position, place, way)) for way in range(4)):
                        place += 1
                    if position >= len(self.module.functions[name].blocks):
                        break
                position += 1

    def _results(self) -> None:
        """Results of the entry."""
        entry = self.module.entry().name
        place = 0
        while place < len(self.module.functions[entry].results):
            if not self._try(without_result(entry, place)):
                place += 1

    def _params(self) -> None:
        """Parameters of the entry that nothing uses."""
        entry = self.module.entry().name
        place = 0
        while place < len(self.module.functions[entry].params):
            if not self._try(without_parameter(entry, place)):
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
            while any(self._try(smaller_constant(place, way)) for way in range(3)):
                pass


def _weight(text: str) -> int:
    """How large a module is: its lines, then the values that they name, then its characters, few digits."""
    return 200 * text.count("\n") + 20 * len(_VALUE.findall(text)) + len(text) + len(_DIGITS.findall(text))
