"""Modules of the IR made small: functions, instructions, blocks, parameters and results left out, constants made
smaller, as long as the module is valid and still interesting.

    reduce_module(text, interesting)     the smallest module found of which `interesting(text)` holds, as text

Each attempt edits a copy, tidies it (unreachable blocks, dead values, facts that would be too good, blocks in a row)
and verifies it: what does not verify is no candidate. Nothing is recursive. Each round goes through the kinds of
edits, coarse ones first; it ends when a round finds nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, cast

from ssair.cfg import comprehension_of, reverse_postorder
from ssair.constants import ArrayConst, Constant, constant_key
from ssair.ir import Block, Edge, Function, Instr, Module, Terminator, Value, replace_operands, users
from ssair.ops import BRANCH, CALL_OP, CONST, GET, JUMP, NARROW, PRINTS, REFINE, RETURN, SWITCH, YIELD
from ssair.parser import parse_module
from ssair.passes.weaken_facts import weaken_facts
from ssair.printer import format_module
from ssair.testing.reduction import Interesting, Search, leave_out
from ssair.types import I64, ArrayType, ScalarType, Type, element_type, is_float
from ssair.verifier import VerifierError, verify

_IDLE: Final = -1
_DIGITS: Final = re.compile(r"\d")
_VALUE: Final = re.compile(r"\bv\d")
#: How an edit names an instruction or a block, in whatever copy: the function, the block, the place in it.
Place = tuple[str, int, int]
Edit = Callable[[Module], None]
#: What stands for the instruction at a place of a block; None where nothing does.
Choice = Callable[[Function, Block, int], Value | None]
#: How far back something is looked for that could stand for an instruction.
_NEAR: Final = 100
#: What becomes of a comprehension instead of being run once.
_NOT_AT_ALL: Final = 1
_FOR_EVER: Final = 2


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
        self.keep_unreachable = not tidied and any(map(_has_unreachable, self.module.functions.values()))
        self._dead()
        before = ""
        while self.search.best != before:
            before = self.search.best
            self._entries()
            self._functions()
            self._terminators()
            self._threads()
            self._bypasses()
            self._instructions((_nothing, _operand, _twin, _previous, _first, _parameter, _zero))
            self._dead()
            self._block_params()
            self._results()
            self._params()
            self._constants()
            self._try(_without_unused_sites)
            self._try(_without_entry_name)
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
        except _NoEdit:
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
        if not self._try(_without_dead_values):
            self._instructions((_nothing,))

    def _entries(self) -> None:
        """Another function as the entry, without those that it does not call."""
        for name in list(self.module.functions):
            if name in self.module.functions and name != self.module.entry().name:
                self._try(partial(_enter_at, name))

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
                                _forget(function, block, place, uses)

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
                if not any(self._try(_straightening(name, place, way)) for way in range(ways)):
                    place += 1

    def _threads(self) -> None:
        """Jumps to branches that go on along one of their edges: loops of one turn."""
        for name in list(self.module.functions):
            place = 0
            while place < len(self.module.functions[name].blocks):
                block = self.module.functions[name].blocks[place]
                ways = len(block.end.edges[0].target.end.edges) if block.end.op is JUMP else 0
                if not any(self._try(_threading(name, place, way)) for way in range(ways)):
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
            return self._try_on(base, partial(_bypass, gone))

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
                if (instr in uses) != (choice is _nothing)
                if not (choice is _zero and instr.is_constant)
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
                other = choice(function, block, place) if instr in uses[name] else _idle(function)
                if other is None:
                    continue
                found = True
                if instr in uses[name]:
                    _equate(instr, other)
                block.instrs[place] = other if isinstance(other, Instr) and choice is _zero else _idle(function)
                block.instrs[place].block = block
            if not found:
                raise _NoEdit

        return self._try_on(base, edit)

    def _block_params(self) -> None:
        """Parameters of blocks, in favour of an argument for them, of a constant, or of a parameter of the function."""
        for name in list(self.module.functions):
            position = 1
            while position < len(self.module.functions[name].blocks):
                place = 0
                while place < len(self.module.functions[name].blocks[position].params):
                    if not any(self._try(_without_param(name, position, place, way)) for way in range(4)):
                        place += 1
                    if position >= len(self.module.functions[name].blocks):
                        break
                position += 1

    def _results(self) -> None:
        """Results of the entry."""
        entry = self.module.entry().name
        place = 0
        while place < len(self.module.functions[entry].results):
            if not self._try(_without_result(entry, place)):
                place += 1

    def _params(self) -> None:
        """Parameters of the entry that nothing uses."""
        entry = self.module.entry().name
        place = 0
        while place < len(self.module.functions[entry].params):
            if not self._try(_without_parameter(entry, place)):
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
            while any(self._try(_smaller_constant(place, way)) for way in range(3)):
                pass


class _NoEdit(Exception):
    """An edit that there is no way to make."""


# ---- edits --------------------------------------------------------------------------------------------------------


def _enter_at(name: str, module: Module) -> None:
    """Let a function be the entry, alone with those that it calls."""
    if not all(isinstance(param.type, ArrayType | ScalarType) for param in module.functions[name].params):
        raise _NoEdit  # nobody can call it
    module.entry_name = name
    called, waiting = {name}, [name]
    while waiting:
        for instr in module.functions[waiting.pop()].instructions():
            if instr.op is CALL_OP and instr.aux not in called:
                callee = str(instr.aux)
                called.add(callee)
                waiting.append(callee)
    for other in [other for other in module.functions if other not in called]:
        del module.functions[other]


def _straightening(name: str, position: int, way: int) -> Edit:
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
            raise _NoEdit

    return edit


def _jump(function: Function, block: Block, target: Block) -> None:
    """Let a block end in a jump to where constants are given."""
    args = tuple([block.append(_constant(function, param.type)) for param in target.params])
    block.set_terminator(Terminator(JUMP, (), (Edge(target, args),), (), block.end.span))


def _threading(name: str, position: int, way: int) -> Edit:
    """The block jumps to where one edge of the branch leads that it jumps to now."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        (edge,) = function.blocks[position].end.edges
        end = edge.target.end
        if end.op not in (BRANCH, SWITCH):
            raise _NoEdit
        function.redirect(edge, end.edges[way].target, end.edges[way].args)

    return edit


def _bypass(places: list[tuple[str, int]], module: Module) -> None:
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


def _without_param(name: str, position: int, place: int, way: int) -> Edit:
    def edit(module: Module) -> None:
        function = module.functions[name]
        block = function.blocks[position]
        edges = [edge for other in function.blocks for edge in other.end.edges if edge.target is block]
        if any(len(edge.args) != len(block.params) for edge in edges):
            raise _NoEdit  # bound by a comprehension
        given = [edge.args[place] for edge in edges if edge.args[place] is not block.params[place]]
        param = block.params[place]
        if way < 2:
            other = given[way] if len(given) > way else None
        elif way == 2:
            other = function.entry.insert(0, _constant(function, param.type))
        else:
            other = next((each for each in function.params if each.type is param.type), None)
        if other is None:
            raise _NoEdit
        _equate(param, other)
        del block.params[place]
        for edge in edges:
            edge.args = (*edge.args[:place], *edge.args[place + 1 :])

    return edit


def _without_result(name: str, place: int) -> Edit:
    def edit(module: Module) -> None:
        function = module.functions[name]
        if _is_called(module, name):
            raise _NoEdit
        for block in function.blocks:
            if block.end.op is RETURN:
                args = block.end.args
                block.end.args = (*args[:place], *args[place + 1 :])
        function.results = (*function.results[:place], *function.results[place + 1 :])
        function.signature = None

    return edit


def _without_parameter(name: str, place: int) -> Edit:
    def edit(module: Module) -> None:
        function = module.functions[name]
        if function.params[place] in users(function) or any(
            edge.target is function.entry for block in function.blocks for edge in block.end.edges
        ):
            raise _NoEdit
        if _is_called(module, name):
            raise _NoEdit
        del function.entry.params[place]
        function.signature = None

    return edit


def _is_called(module: Module, name: str) -> bool:
    return any(
        instr.op is CALL_OP and instr.aux == name for each in module.functions.values() for instr in each.instructions()
    )


def _smaller_constant(place: Place, way: int) -> Edit:
    name, position, index = place

    def edit(module: Module) -> None:
        function = module.functions.get(name)
        if function is None or position >= len(function.blocks) or index >= len(function.blocks[position].instrs):
            raise _NoEdit
        instr = function.blocks[position].instrs[index]
        if not instr.is_constant or isinstance(instr.aux, ArrayConst | bool):
            raise _NoEdit
        assert isinstance(instr.aux, int | float)
        smaller = _nearer(instr.aux)
        if way >= len(smaller):
            raise _NoEdit
        other = function.new_instr(CONST, type=instr.type, aux=smaller[way])
        _equate(instr, other)
        instr.block.instrs[index] = other
        other.block = instr.block

    return edit


def _nearer(value: int | float) -> list[int | float]:
    """Simpler values than one, the simplest first."""
    if isinstance(value, float):
        return [0.0, 1.0]
    return [0, 1, int(value / 2)]


# ---- what stands in the place of an instruction -------------------------------------------------------------------


def _nothing(function: Function, block: Block, place: int) -> Value | None:
    return None


def _operand(function: Function, block: Block, place: int) -> Value | None:
    """Its first operand of its type."""
    instr = block.instrs[place]
    return next((arg for arg in instr.args if arg.type is instr.type), None)


def _twin(function: Function, block: Block, place: int) -> Value | None:
    """The same constant, a little earlier in the block."""
    wanted = _constant_key(block.instrs[place])
    if wanted is None:
        return None
    return next((each for each in _before(block, place) if _constant_key(each) == wanted), None)


def _constant_key(instr: Instr) -> object:
    return constant_key(instr.type, cast(Constant, instr.aux)) if instr.op is CONST and instr.id != _IDLE else None


def _previous(function: Function, block: Block, place: int) -> Value | None:
    """The last value of its type before it in the block."""
    type = block.instrs[place].type
    return next((each for each in _before(block, place) if each.type is type and each.id != _IDLE), None)


def _first(function: Function, block: Block, place: int) -> Value | None:
    """The first value of its type in the entry; any version of memory will do, since none is trusted."""
    type = block.instrs[place].type
    if block is function.entry:
        return None
    return next((each for each in function.entry.instrs[:_NEAR] if each.type is type), None)


def _before(block: Block, place: int) -> Iterator[Instr]:
    """The instructions before a place of a block, the nearest first."""
    for earlier in range(place - 1, max(place - 1 - _NEAR, -1), -1):
        yield block.instrs[earlier]


def _parameter(function: Function, block: Block, place: int) -> Value | None:
    """The first parameter of its type."""
    type = block.instrs[place].type
    return next((param for param in function.params if param.type is type), None)


def _zero(function: Function, block: Block, place: int) -> Value | None:
    return _constant(function, block.instrs[place].type)


def _constant(function: Function, type: Type) -> Instr:
    """Zero of a type; of an array type, an array of one zero."""
    zero = _zero_of(element_type(type)) if isinstance(type, ArrayType | ScalarType) else None
    if zero is None:
        raise _NoEdit
    value: Constant = ArrayConst((1,) * type.rank, (zero,)) if isinstance(type, ArrayType) else zero
    return function.new_instr(CONST, type=type, aux=value)


def _zero_of(type: Type) -> bool | int | float | None:
    if not isinstance(type, ScalarType):
        return None
    if type.name == "bool":
        return False
    return 0.0 if is_float(type) else 0


def _idle(function: Function) -> Instr:
    """What keeps a place until the module is tidied."""
    idle = function.new_instr(CONST, type=I64, aux=0)
    idle.id = _IDLE
    return idle


def _equate(value: Value, other: Value) -> None:
    """Let `other` be used in the place of `value` when the function is tidied."""
    other = other.find()
    if other is value:
        raise _NoEdit
    value.forward = other


def _forget(function: Function, block: Block, place: int, uses: dict[Value, list[Instr | Terminator]]) -> None:
    """Take a call out, with constants for what it gave."""
    call = block.instrs[place]
    block.instrs[place] = _idle(function)
    for user in uses.get(call, ()):
        if not isinstance(user, Instr) or user.op is not GET:
            block.instrs[place] = _constant(function, call.type)
            _equate(call, block.instrs[place])
            break
        zero = _constant(function, user.type)
        function.entry.insert(0, zero)
        _equate(user, zero)
    block.instrs[place].block = block


# ---- tidying ------------------------------------------------------------------------------------------------------


def _has_unreachable(function: Function) -> bool:
    return len(reverse_postorder(function)) < len(function.blocks)


def tidy(function: Function, *, keep_refinements: bool, keep_unreachable: bool = False) -> None:
    """Leave out the blocks that nothing leads to, join those in a row, and weaken facts that are too good."""
    function.analyses.clear()
    function.cfg_version += 1
    if not keep_unreachable:
        reached = set(reverse_postorder(function))
        function.remove_blocks({block for block in function.blocks if block not in reached})
    for block in function.blocks:
        block.instrs = [instr for instr in block.instrs if instr.id != _IDLE]
        for instr in block.instrs:  # a narrowing is a promise that what was edited may not keep
            if instr.forward is None and (instr.op is NARROW or (instr.op is REFINE and not keep_refinements)):
                instr.forward = instr.args[0].find()
    _merge(function)
    _forward(function)
    weaken_facts(function, [value for block in function.blocks for value in (*block.params, *block.instrs)])


def _merge(function: Function) -> None:
    """Blocks that only one jump leads to become part of the block where it stands."""
    counts: dict[Block, int] = {}
    for block in function.blocks:
        for target in block.successors():
            counts[target] = counts.get(target, 0) + 1
    gone: set[Block] = set()
    for block in function.blocks:
        if block in gone:
            continue
        while block.end.op is JUMP:
            edge = block.end.edges[0]
            target = edge.target
            if target is block or target is function.entry or counts[target] != 1:
                break
            for param, arg in zip(target.params, edge.args, strict=True):
                _equate(param, arg)  # where that is made of the parameter, an edit has led past what defines it
            for instr in target.instrs:
                block.append(instr)
            block.set_terminator(target.end)
            gone.add(target)
    function.remove_blocks(gone)


def _forward(function: Function) -> None:
    """Lead every use to what stands for the value by now."""
    for block in function.blocks:
        for instr in block.instrs:
            instr.args = tuple([arg.find() for arg in instr.args])
        replace_operands(block.end, Value.find)
    for block in function.blocks:
        for value in (*block.params, *block.instrs):
            value.forward = None


def _without_dead_values(module: Module) -> None:
    """Values without effects that nothing uses go; linear, from the uses that are needed."""
    for function in module.functions.values():
        needed: set[Value] = set()
        pending: list[Value] = []
        for block in function.blocks:
            pending += block.end.operands()
            pending += [instr for instr in block.instrs if not (instr.op.pure or _only_refines(instr))]
        while pending:
            value = pending.pop()
            if value not in needed:
                needed.add(value)
                pending += value.args if isinstance(value, Instr) else ()
        for block in function.blocks:
            block.instrs = [instr for instr in block.instrs if instr in needed]


def _only_refines(instr: Instr) -> bool:
    return instr.op.refines and not instr.op.traps


def _without_unused_sites(module: Module) -> None:
    """The sites of traps that checks still name, numbered anew."""
    numbers: dict[int, int] = {}
    for function in module.functions.values():
        for instr in function.instructions():
            if instr.op.traps and isinstance(instr.aux, int):
                instr.aux = numbers.setdefault(instr.aux, len(numbers))
    module.sites = [module.sites[old] for old in numbers]


def _without_entry_name(module: Module) -> None:
    """One function is the entry without being called so."""
    if len(module.functions) == 1:
        module.entry_name = None


def _weight(text: str) -> int:
    """How large a module is: its lines, then the values that they name, then its characters, few digits."""
    return 200 * text.count("\n") + 20 * len(_VALUE.findall(text)) + len(text) + len(_DIGITS.findall(text))
