"""The edits by which modules are made smaller: each changes a module in place, and it is tidied afterwards.

Those of branches, jumps and loops are in `control_edits`.

What an edit makes need be neither valid nor of the same meaning; `NoEdit` says that there is nothing to change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar, cast

from ssair.constants import ArrayConst, Constant, constant_key
from ssair.facts import top
from ssair.ir import Block, Function, Instr, Module, Terminator, Value, users
from ssair.ops import CALL_OP, CONST, GET, PRINTS, RETURN
from ssair.testing.module_tidying import IDLE, NoEdit, equate, idle
from ssair.types import ArrayType, ScalarType, TupleType, Type, element_type, is_float

#: How an edit names an instruction or a block, in whatever copy: the function, the block, the place in it.
Place = tuple[str, int, int]
Edit = Callable[[Module], None]
#: What stands for the instruction at a place of a block; None where nothing does.
Choice = Callable[[Function, Block, int], Value | None]
Item = TypeVar("Item")
#: In how many ways a parameter of a function, and one of a block, can go; the last one is for when others do not help.
PARAMETER_WAYS: Final = 2
BLOCK_PARAMETER_WAYS: Final = 5
#: How far back something is looked for that could stand for an instruction.
_NEAR: Final = 100


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


def without_param(name: str, position: int, place: int, way: int) -> Edit:
    """A parameter of a block goes, for one of two arguments, a constant, or an old or new parameter of the function."""

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
            other = function.entry.insert(0, zero_constant(function, param.type))
        elif way == 4:
            other = _added_parameter(function, param.type)
        else:
            other = next((each for each in function.params if each.type is param.type), None)
        if other is None:
            raise NoEdit
        equate(param, other)
        del block.params[place]
        for edge in edges:
            edge.args = (*edge.args[:place], *edge.args[place + 1 :])

    return edit


def without_functions(names: list[str], module: Module) -> None:
    """Functions go, with constants for what they gave."""
    gone = set(names)
    for name in names:
        del module.functions[name]
    for function in module.functions.values():
        uses = users(function)
        for block in function.blocks:
            for place, instr in enumerate(list(block.instrs)):
                if instr.op is CALL_OP and instr.aux in gone:
                    _forget(function, block, place, uses)


def without_instructions(choice: Choice, gone: list[Place]) -> Edit:
    """Instructions go; where they are used, in favour of what a choice has for them."""

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

    return edit


def printing(place: Place, way: int) -> Edit:
    """An instruction with effects goes; what it was given is printed in its place."""
    index = place[2]

    def edit(module: Module) -> None:
        function, block, instr = _placed(module, place)
        if (
            instr.op.pure
            or instr.op in PRINTS
            or way >= len(instr.args)
            or not isinstance(instr.args[way].type, ScalarType)
        ):
            raise NoEdit
        if instr in users(function):
            same = next((arg for arg in instr.args if arg.type is instr.type), None)
            if same is None:
                raise NoEdit
            equate(instr, same)
        block.instrs[index] = function.new_instr(PRINTS[0], (instr.args[way],), aux=("", ""))
        block.instrs[index].block = block

    return edit


def without_result(name: str, place: int) -> Edit:
    """A result of a function goes; a constant stands for it where the function is called."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        several = isinstance(function.result_type, TupleType)
        for block in function.blocks:
            if block.end.op is RETURN:
                block.end.args = _without(block.end.args, place)
        function.results = _without(function.results, place)
        function.signature = None
        for caller in module.functions.values():
            uses = users(caller)
            for call in _calls(caller, name):
                if several:
                    _renumber(caller, call, uses.get(call, ()), place, function.result_type)
                elif call in uses:
                    equate(call, caller.entry.insert(0, zero_constant(caller, call.type)))
                call.type, call.fact = function.result_type, top(function.result_type)

    return edit


def _renumber(caller: Function, call: Instr, parts: Sequence[Instr | Terminator], place: int, type: Type) -> None:
    """Let what takes one of several results of a call be right without that at a place; the rest has a type."""
    for part in parts:
        assert isinstance(part, Instr) and part.op is GET and isinstance(part.aux, int)
        if part.aux != place and isinstance(type, TupleType):
            part.aux -= part.aux > place
            continue
        equate(part, caller.entry.insert(0, zero_constant(caller, part.type)) if part.aux == place else call)
        part.block.instrs[part.block.instrs.index(part)] = idle(caller)


def without_parameter(name: str, place: int, way: int) -> Edit:
    """A parameter of a function goes, with the arguments of calls: unused, or in favour of zero or another one."""

    def edit(module: Module) -> None:
        function = module.functions[name]
        param = function.params[place]
        if any(edge.target is function.entry for block in function.blocks for edge in block.end.edges):
            raise NoEdit
        uses = users(function).get(param, [])
        if any(not _is_own_argument(use, name, place, param) for use in uses):
            others = (each for each in function.params if each is not param and each.type is param.type)
            other = next(others, None) if way else function.entry.insert(0, zero_constant(function, param.type))
            if other is None:
                raise NoEdit
            equate(param, other)
        elif way:
            raise NoEdit
        del function.entry.params[place]
        function.signature = None
        for caller in module.functions.values():
            for call in _calls(caller, name):
                call.args = _without(call.args, place)

    return edit


def _is_own_argument(use: Instr | Terminator, name: str, place: int, param: Value) -> bool:
    """Whether a use hands a parameter of a function on to the same one in a call of that function, and does no more."""
    return (
        isinstance(use, Instr)
        and use.op is CALL_OP
        and use.aux == name
        and [*use.args].index(param) == place
        and (use.args.count(param) == 1)
    )


def _calls(caller: Function, name: str) -> list[Instr]:
    return [instr for instr in caller.instructions() if instr.op is CALL_OP and instr.aux == name]


def _without(items: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    return (*items[:place], *items[place + 1 :])


def smaller_constant(place: Place, way: int) -> Edit:
    """A number nearer to zero."""

    def edit(module: Module) -> None:
        function, _, instr = _placed(module, place)
        if not instr.is_constant or isinstance(instr.aux, ArrayConst | bool):
            raise NoEdit
        assert isinstance(instr.aux, int | float)
        smaller = _nearer(instr.aux)
        if way >= len(smaller):
            raise NoEdit
        other = function.new_instr(CONST, type=instr.type, aux=smaller[way])
        equate(instr, other)
        instr.block.instrs[place[2]] = other
        other.block = instr.block

    return edit


def _placed(module: Module, place: Place) -> tuple[Function, Block, Instr]:
    """What is at a place; another edit may have left nothing there."""
    name, position, index = place
    function = module.functions.get(name)
    if function is None or position >= len(function.blocks) or index >= len(function.blocks[position].instrs):
        raise NoEdit
    return function, function.blocks[position], function.blocks[position].instrs[index]


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
    """Its first operand of its type; else, one that some of them are made of."""
    instr = block.instrs[place]
    made_of: list[Value] = [instr]
    for each in made_of:
        args = each.args if isinstance(each, Instr) else ()
        same = next((arg for arg in args if arg.type is instr.type), None)
        if same is not None:
            return same
        made_of += args[: _NEAR - len(made_of)]
    return None


def twin(function: Function, block: Block, place: int) -> Value | None:
    """The same constant, a little earlier in the block or in the entry."""
    wanted = _constant_key(block.instrs[place])
    if wanted is None:
        return None
    in_entry = function.entry.instrs[:_NEAR] if block is not function.entry else []
    return next((each for each in (*_before(block, place), *in_entry) if _constant_key(each) == wanted), None)


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
    return zero_constant(function, block.instrs[place].type)


def zero_constant(function: Function, type: Type) -> Instr:
    """Zero of a type, which stands nowhere yet; of an array type, an array of one zero."""
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


def _forget(function: Function, block: Block, place: int, uses: dict[Value, list[Instr | Terminator]]) -> None:
    """Take a call out, with constants for what it gave."""
    call = block.instrs[place]
    block.instrs[place] = idle(function)
    for user in uses.get(call, ()):
        if not isinstance(user, Instr) or user.op is not GET:
            block.instrs[place] = zero_constant(function, call.type)
            equate(call, block.instrs[place])
            break
        zero = zero_constant(function, user.type)
        function.entry.insert(0, zero)
        equate(user, zero)
    block.instrs[place].block = block


def new_parameter(function: Function, block: Block, place: int) -> Value | None:
    """A new parameter of the function."""
    return _added_parameter(function, block.instrs[place].type)


def _added_parameter(function: Function, type: Type) -> Value | None:
    """A new parameter of a function; those that call it, directly or not, have it as well, and hand it on."""
    if not isinstance(type, ScalarType):
        return None
    functions = function.module.functions.values()
    callers: dict[str, list[Function]] = {}
    for caller in functions:
        for name in {str(call.aux): None for call in caller.instructions() if call.op is CALL_OP}:
            callers.setdefault(name, []).append(caller)
    added = {function.name: function.entry.add_param(type, top(type))}
    for each in (waiting := [function]):
        each.signature = None
        for caller in callers.get(each.name, ()):
            if caller.name not in added:
                added[caller.name] = caller.entry.add_param(type, top(type))
                waiting.append(caller)
    for name, param in added.items():
        for call in function.module.functions[name].instructions():
            if call.op is CALL_OP and call.aux in added:
                call.args = (*call.args, param)
    return added[function.name]


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
    """The function is the entry that is so without being called it."""
    name, module.entry_name = module.entry().name, None
    if module.entry().name != name:
        raise NoEdit
