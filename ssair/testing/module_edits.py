"""The edits by which modules are made smaller: each changes a module in place, and it is tidied afterwards.

What an edit makes need be neither valid nor of the same meaning; `NoEdit` says that there is nothing to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, cast

from ssair.cfg import comprehension_of
from ssair.constants import ArrayConst, Constant, constant_key
from ssair.ir import Block, Edge, Function, Instr, Module, Terminator, Value, users
from ssair.ops import BRANCH, CALL_OP, CONST, GET, JUMP, PRINTS, RETURN, SWITCH, YIELD
from ssair.testing.module_tidying import IDLE, NoEdit, equate, idle
from ssair.types import ArrayType, ScalarType, Type, element_type, is_float

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


def enter_at(name: str, module: Module) -> None:
    """Let a function be the entry, alone with those that it calls."""
    if not all(isinstance(param.type, ArrayType | ScalarType) for param in module.functions[name].params):
        raise NoEdit  # nobody can call it
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
    args = tuple([block.append(_constant(function, param.type)) for param in target.params])
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


def without_param(name: str, position: int, place: int, way: int) -> Edit:
    """A parameter of a block goes, in favour of one of two arguments, a constant, or a parameter of the function."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        block = function.blocks[position]
        edges = [edge for other in function.blocks for edge in other.end.edges if edge.target is block]
        if any(len(edge.args) != len(block.params) for edge in edges):
            raise NoEdit  # bound by a comprehension
        given = [edge.args[place] for edge in edges if edge.args[place] is not block.params[place]]
        param = block.params[place]
        if way < 2:
            other = given[way] if len(given) > way else None
        elif way == 2:
            other = function.entry.insert(0, _constant(function, param.type))
        else:
            other = next((each for each in function.params if each.type is param.type), None)
        if other is None:
            raise NoEdit
        equate(param, other)
        del block.params[place]
        for edge in edges:
            edge.args = (*edge.args[:place], *edge.args[place + 1 :])

    return edit


def without_result(name: str, place: int) -> Edit:
    """A result of a function that is not called goes."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        if _is_called(module, name):
            raise NoEdit
        for block in function.blocks:
            if block.end.op is RETURN:
                args = block.end.args
                block.end.args = (*args[:place], *args[place + 1 :])
        function.results = (*function.results[:place], *function.results[place + 1 :])
        function.signature = None

    return edit


def without_parameter(name: str, place: int) -> Edit:
    """A parameter goes that nothing uses, of a function that is not called."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        if function.params[place] in users(function) or any(
            edge.target is function.entry for block in function.blocks for edge in block.end.edges
        ):
            raise NoEdit
        if _is_called(module, name):
            raise NoEdit
        del function.entry.params[place]
        function.signature = None

    return edit


def _is_called(module: Module, name: str) -> bool:
    return any(
        instr.op is CALL_OP and instr.aux == name for each in module.functions.values() for instr in each.instructions()
    )


def smaller_constant(place: Place, way: int) -> Edit:
    """A number nearer to zero."""
    name, position, index = place

    def edit(module: Module) -> None:
        function = module.functions.get(name)
        if function is None or position >= len(function.blocks) or index >= len(function.blocks[position].instrs):
            raise NoEdit
        instr = function.blocks[position].instrs[index]
        if not instr.is_constant or isinstance(instr.aux, ArrayConst | bool):
            raise NoEdit
        assert isinstance(instr.aux, int | float)
        smaller = _nearer(instr.aux)
        if way >= len(smaller):
            raise NoEdit
        other = function.new_instr(CONST, type=instr.type, aux=smaller[way])
        equate(instr, other)
        instr.block.instrs[index] = other
        other.block = instr.block

    return edit


def _nearer(value: int | float) -> list[int | float]:
    """Simpler values than one, the simplest first."""
    if isinstance(value, float):
        return [0.0, 1.0]
    return [0, 1, int(value / 2)]


# ---- what stands in the place of an instruction -------------------------------------------------------------------


def nothing(function: Function, block: Block, place: int) -> Value | None:
    """For what is not used."""
    return None


def operand(function: Function, block: Block, place: int) -> Value | None:
    """Its first operand of its type."""
    instr = block.instrs[place]
    return next((arg for arg in instr.args if arg.type is instr.type), None)


def twin(function: Function, block: Block, place: int) -> Value | None:
    """The same constant, a little earlier in the block."""
    wanted = _constant_key(block.instrs[place])
    if wanted is None:
        return None
    return next((each for each in _before(block, place) if _constant_key(each) == wanted), None)


def _constant_key(instr: Instr) -> object:
    return constant_key(instr.type, cast(Constant, instr.aux)) if instr.op is CONST and instr.id != IDLE else None


def previous(function: Function, block: Block, place: int) -> Value | None:
    """The last value of its type before it in the block."""
    type = block.instrs[place].type
    return next((each for each in _before(block, place) if each.type is type and each.id != IDLE), None)


def first(function: Function, block: Block, place: int) -> Value | None:
    """The first value of its type in the entry; any version of memory will do, since none is trusted."""
    type = block.instrs[place].type
    if block is function.entry:
        return None
    return next((each for each in function.entry.instrs[:_NEAR] if each.type is type), None)


def _before(block: Block, place: int) -> Iterator[Instr]:
    """The instructions before a place of a block, the nearest first."""
    for earlier in range(place - 1, max(place - 1 - _NEAR, -1), -1):
        yield block.instrs[earlier]


def parameter(function: Function, block: Block, place: int) -> Value | None:
    """The first parameter of its type."""
    type = block.instrs[place].type
    return next((param for param in function.params if param.type is type), None)


def zero(function: Function, block: Block, place: int) -> Value | None:
    """Zero, which takes its place."""
    return _constant(function, block.instrs[place].type)


def _constant(function: Function, type: Type) -> Instr:
    """Zero of a type; of an array type, an array of one zero."""
    zero = _zero_of(element_type(type)) if isinstance(type, ArrayType | ScalarType) else None
    if zero is None:
        raise NoEdit
    value: Constant = ArrayConst((1,) * type.rank, (zero,)) if isinstance(type, ArrayType) else zero
    return function.new_instr(CONST, type=type, aux=value)


def _zero_of(type: Type) -> bool | int | float | None:
    if not isinstance(type, ScalarType):
        return None
    if type.name == "bool":
        return False
    return 0.0 if is_float(type) else 0


def forget(function: Function, block: Block, place: int, uses: dict[Value, list[Instr | Terminator]]) -> None:
    """Take a call out, with constants for what it gave."""
    call = block.instrs[place]
    block.instrs[place] = idle(function)
    for user in uses.get(call, ()):
        if not isinstance(user, Instr) or user.op is not GET:
            block.instrs[place] = _constant(function, call.type)
            equate(call, block.instrs[place])
            break
        zero = _constant(function, user.type)
        function.entry.insert(0, zero)
        equate(user, zero)
    block.instrs[place].block = block


# ---- what a whole module can do without -----------------------------------------------------------------------------


def without_dead_values(module: Module) -> None:
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


def without_unused_sites(module: Module) -> None:
    """The sites of traps that checks still name, numbered anew."""
    numbers: dict[int, int] = {}
    for function in module.functions.values():
        for instr in function.instructions():
            if instr.op.traps and isinstance(instr.aux, int):
                instr.aux = numbers.setdefault(instr.aux, len(numbers))
    module.sites = [module.sites[old] for old in numbers]


def without_entry_name(module: Module) -> None:
    """One function is the entry without being called so."""
    if len(module.functions) == 1:
        module.entry_name = None
