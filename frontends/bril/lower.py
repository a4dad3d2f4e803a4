"""Bril to SSA with refinements: variables by `lower_variables`, one block a segment of the text that control may reach.

    variables       as they are; a `get` reads the variable that the shadow of its name is, and `set` writes it
    memory          a variable too: loads are keyed on the version that stores, frees and calls leave
    equal values    constants and what is computed of equal operands: one for all that it dominates
    division        a check of the divisor, if that may be zero, and a truncating division; from then on, the divisor is
                    the result of the check
    unset, undef    zero, false, or a pointer to nothing: a program that reads them may be given any meaning
    result of main  nobody sees it, unless it is called: it is left out
    no result       a function that should have a result and ends without one fails, as a division by zero does

The flow of control is looked at first, by numbers (`lower_flow`); then blocks get parameters where variables meet
(`lower_joins`) and their instructions, in a preorder of the dominator tree.

Requires: a checked program. Ensures: valid IR of the same behaviour, without block parameters that nobody needs.
Nothing recurses over the program; time is near-linear, as `lower_joins` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from ssair.cfg import incoming_edges
from ssair.context import Context
from ssair.facts import Fact, IntFact, top
from ssair.frontends.bril.check import variable_types
from ssair.frontends.bril.lower_flow import Flow
from ssair.frontends.bril.lower_joins import meeting_variables
from ssair.frontends.bril.lower_variables import Pending, Variables, is_constant
from ssair.frontends.bril.operations import CHANGES_MEMORY, MEMORY, VALUES
from ssair.frontends.bril.program import NOWHERE, Function, Instruction, Program
from ssair.frontends.bril.segments import Segment, segments
from ssair.frontends.bril.write_constant_uses import key_of
from ssair.ir import NO_SPAN, Block, Edge, Instr, Module, Param, Terminator, Value
from ssair.ops import BRANCH, CALL_OP, CONST, JUMP, NARROW, OPS, PRINT, PRINT_EXACT, RETURN, FactRule, Op
from ssair.passes.copyprop import forward_uses
from ssair.passes.useless_params import replace_useless_params
from ssair.passes.value_numbering import mirrored
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type, pointer_to

#: What is printed of a pointer: nothing that tells one from another.
POINTER_TEXT: Final = "[object Object]"
_MEMORY: Final = ("memory",)
#: By the number of edges, what ends a block.
_TERMINATORS: Final = (RETURN, JUMP, BRANCH)
#: What reads or writes other things than its operands and its destination say.
_PECULIAR: Final = frozenset({"set", "get", "print", "ret"}) | MEMORY | CHANGES_MEMORY
#: Of pieces of text around printed values, those of lines without pointers, by the number of values.
_PIECES: Final = tuple([("", *[" "] * (count - 1), "") if count else ("",) for count in range(9)])


class _Binary(NamedTuple):
    """An operation of two values of one type."""

    op: Op
    type: Type
    wanted: Type
    fact_rule: FactRule
    #: What is known of operands of which nothing is known, and of the result of such.
    anything: Fact
    top: Fact
    #: Whether nothing is known of the result, either, if there is one such operand; but for what `simplify` finds.
    by_either: bool
    #: The operation that equal computations are found by, and whether that takes the operands the other way round.
    shared_op: Op
    is_mirrored: bool


def _binary(name: str) -> _Binary:
    (wanted, _), result, lowered = VALUES[name]
    op, anything = OPS[lowered], top(wanted)
    known = op.fact_rule(result, (anything, anything), None)
    shared_op = mirrored(op)
    return _Binary(op, result, wanted, op.fact_rule, anything, known, wanted is I64, shared_op, shared_op is not op)


_BINARY: Final = {name: _binary(name) for name, row in VALUES.items() if len(row.args) == 2 and name != "div"}
_CHECK: Final = OPS["check_nonzero"]
_DIVIDE: Final = OPS["div_trunc"]
_NOT: Final = OPS["not"]
_VERSION: Final = OPS["memory"]
_ALLOC: Final = OPS["alloc"]
_FREE: Final = OPS["free"]
_LOAD: Final = OPS["load"]
_STORE: Final = OPS["store"]
_MOVE: Final = OPS["ptradd"]
_NOTHING: Final = PRINT.result_type(())
_ANY: Final = top(_NOTHING)


def lower(program: Program) -> Module:
    """The module of a checked program; its entry is `main` if there is one."""
    module = Module()
    module.source, module.source_name = program.source.text, program.source.name
    for function in program.functions:
        seen = function.type is not None and (function.name != "main" or _is_called("main", program))
        module.new_function(function.name, [function.type] if seen and function.type is not None else [])
    signatures = {function.name: [param.type for param in function.params] for function in program.functions}
    module.entry_name = "main" if "main" in module.functions else None
    for function in program.functions:
        _Lowering(function, module, signatures).run()
    return module


def _is_called(name: str, program: Program) -> bool:
    items = (item for function in program.functions for item in function.body)
    return any(isinstance(item, Instruction) and name in item.funcs for item in items)


class _Lowering:
    """The lowering of one function: its blocks, and the instructions of one after the other."""

    def __init__(self, function: Function, module: Module, signatures: dict[str, list[Type]]) -> None:
        self.function = function
        self.module = module
        self.signatures = signatures
        self.lowered = module.functions[function.name]
        self.result: Type | None = self.lowered.results[0] if self.lowered.results else None
        self.variables = Variables(self.lowered)
        instructions = [item for item in function.body if isinstance(item, Instruction)]
        self.uses_memory = not MEMORY.isdisjoint([instruction.op for instruction in instructions])
        places = [instruction.place for instruction in instructions]
        #: The span of the first instruction, the others follow; whether they have any.
        self.first_span = len(module.spans)
        self.has_spans = NOWHERE not in places
        if self.has_spans:
            module.spans += places
        #: The block that is filled, and the span of what is emitted.
        self.block: Block
        self.span = NO_SPAN

    @cached_property
    def types(self) -> dict[str, Type]:
        """The types of the variables."""
        return variable_types(self.function)

    def run(self) -> None:
        """Fill the function."""
        found, flow = _flow_of(self.function)
        blocks = self.new_blocks(flow)
        meeting = self.meeting(found, flow) if flow.has_joins else {}
        variables = self.variables
        around: list[int] = []
        for vertex in flow.walk:
            while around and around[-1] != flow.above[vertex]:
                around.pop()
                variables.leave()
            around.append(vertex)
            self.enter(vertex, flow, blocks, meeting)
            segment = found[flow.places[vertex]]
            self.fill(segment)
            targets = flow.successors[vertex]
            self.end(segment, [(blocks[target], meeting.get(target, ())) for target in targets])
        entry = blocks[0]
        for instr in variables.at_entry:
            instr.block = entry
        entry.instrs[:0] = variables.at_entry
        if meeting:
            self.settle([blocks[vertex] for vertex in meeting])

    def new_blocks(self, flow: Flow) -> list[Block]:
        """The blocks by vertex; in the function they are in the order of the text."""
        places = flow.places
        order = sorted(range(len(places)), key=places.__getitem__)
        made = {vertex: self.lowered.new_block() for vertex in order}
        entry = made[0]
        for param in self.function.params:
            entry.add_param(param.type, top(param.type)).name = param.name
        return [made[vertex] for vertex in range(len(places))]

    def meeting(self, found: list[Segment], flow: Flow) -> dict[int, list[tuple[Hashable, Type]]]:
        """By vertex, the variables that it needs parameters for, with their types."""
        uses = [self.uses(found[place]) for place in flow.places]
        meeting = meeting_variables(flow, [read for read, _ in uses], [assigned for _, assigned in uses])
        return {vertex: [(name, self.type_of(name)) for name in names] for vertex, names in meeting.items()}

    def uses(self, segment: Segment) -> tuple[dict[Hashable, None], dict[Hashable, None]]:
        """The variables that a segment reads before it assigns to them, and those that it assigns to."""
        read: dict[Hashable, None] = {}
        assigned: dict[Hashable, None] = {}
        for instruction in segment.instructions:
            if instruction.op in _PECULIAR:
                self.note_peculiar(instruction, read, assigned)
            else:
                for name in instruction.args:
                    if name not in assigned:
                        read[name] = None
            if instruction.dest is not None:
                assigned[instruction.dest] = None
            if instruction.op in CHANGES_MEMORY:
                assigned[_MEMORY] = None
        return read, assigned

    def note_peculiar(
        self, instruction: Instruction, read: dict[Hashable, None], assigned: dict[Hashable, None]
    ) -> None:
        """Note what one of `_PECULIAR` reads, and the shadow that it assigns to."""
        op, names = instruction.op, list[Hashable](instruction.args)
        if op == "set":
            assigned_later = _shadow(names.pop(0))
            read.update(dict.fromkeys([name for name in names if name not in assigned]))
            assigned[assigned_later] = None
            return
        if op == "print":
            names = [name for name in instruction.args if not isinstance(self.types.get(name), PointerType)]
        elif op == "ret" and self.result is None:
            names = []
        elif op == "get":
            names = [_shadow(instruction.dest)]
        elif op in MEMORY:
            names.append(_MEMORY)
        for name in names:
            if name not in assigned:
                read[name] = None

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def enter(
        self, vertex: int, flow: Flow, blocks: list[Block], meeting: dict[int, list[tuple[Hashable, Type]]]
    ) -> None:
        """Go on at a block, which gets parameters for what meets there."""
        variables = self.variables
        block = self.block = blocks[vertex]
        variables.enter()
        sources = flow.predecessors[vertex]
        if len(sources) == 1:
            end = blocks[sources[0]].end
            if end.op is BRANCH:
                variables.learn(block, end.args[0], end.edges[0].target is block)
        elif not sources:
            for param in block.params:
                variables.write(param.name, param)
        for variable, type in meeting.get(vertex, ()):
            param = block.add_param(type, top(type))
            param.name = variable if isinstance(variable, str) else ""
            variables.write(variable, param)

    def type_of(self, variable: Hashable) -> Type:
        """The type of a variable, a shadow, or the memory."""
        if variable == _MEMORY:
            return MEM
        return self.types[variable if isinstance(variable, str) else variable[1]]  # type: ignore[index]

    def fill(self, segment: Segment) -> None:
        """Emit the instructions of a segment but for the one that ends it."""
        variables, function, block = self.variables, self.lowered, self.block
        held, log, newest, instrs = variables.held, variables.log, variables.newest, block.instrs
        available, origins = variables.available, variables.origins
        span, step = (self.first_span + segment.start, 1) if self.has_spans else (NO_SPAN, 0)
        for instruction in segment.instructions if segment.falls_through else segment.instructions[:-1]:
            row = _BINARY.get(instruction.op)
            if row is None:
                self.span = span
                _EMIT[instruction.op](self, instruction)
                span += step
                continue
            op, type, wanted, fact_rule, anything, fact, by_either, shared_op, is_mirrored = row
            first, second = instruction.args
            left, right = held.get(first), held.get(second)
            if left is None or right is None:
                left, right = held.get(first, variables.zero(wanted)), held.get(second, variables.zero(wanted))
            one, other = origins.get(left, left), origins.get(right, right)
            if newest:
                asks = type is BOOL or is_constant(one) or is_constant(other)
                version = newest.get(one, left)
                left = variables.version(version, asks) if isinstance(version, Pending) else version
                version = newest.get(other, right)
                right = variables.version(version, asks) if isinstance(version, Pending) else version
            known = (left.fact is not anything) + (right.fact is not anything)
            if known == 2 or (known and not by_either):
                fact = fact_rule(type, (left.fact, right.fact), None)
            if is_mirrored or (op.commutative and other.id < one.id):
                one, other = other, one
            key = (shared_op, one, other)
            value = available.get(key)
            if value is None:
                available[key] = value = Instr(function.next_value, op, (left, right), type, fact, None, span)
                function.next_value += 1
                value.block = block
                instrs.append(value)
            elif not value.fact <= fact:
                self.span = span
                value = self.narrow(value, fact)
            dest = instruction.dest
            log.append((dest, held.get(dest)))
            held[dest] = value
            span += step
        self.span = span

    def end(self, segment: Segment, ways: list[tuple[Block, Sequence[tuple[Hashable, Type]]]]) -> None:
        """End the block, with arguments for what meets where it leads to."""
        read = self.variables.read
        args: tuple[Value, ...] = ()
        op = _TERMINATORS[len(ways)]
        span = self.span
        if segment.falls_through:
            self.span = self.span - 1 if self.has_spans and segment.instructions else NO_SPAN
            span = NO_SPAN
            if not ways and self.result is not None:
                args = (self.fail(self.result),)
        else:
            names = segment.instructions[-1].args
            if op is BRANCH:
                args = (read(names[0], BOOL, True),)
            elif op is RETURN and self.result is not None:
                args = (read(names[0], self.result),)
        edges = [Edge(target, tuple([read(name, type) for name, type in wanted])) for target, wanted in ways]
        self.block.set_terminator(Terminator(op, args, tuple(edges), (), span))

    def fail(self, result: Type) -> Value:
        """Fail, where the end of the function is reached without the result that there has to be; gives one."""
        zero = self.variables.constant(self.block, I64, 0, self.span)
        self.check_divisor(zero, zero)
        return self.variables.zero(result)

    def settle(self, meeting: list[Block]) -> None:
        """Let block parameters know what all of their arguments are; those that are of no use go."""
        incoming = incoming_edges(self.lowered)
        variables = self.variables
        useless = False
        for block in meeting:
            edges = [way.edge for way in incoming[block]]
            for place, param in enumerate(block.params):
                args = [edge.args[place] for edge in edges]
                if any(map(variables.is_zero, args)):
                    args = self.as_where_set(args, edges, place)
                self.let_know(param, args)
                origins = [variables.origin(arg) for arg in args if arg is not param]
                useless = useless or origins.count(origins[0]) == len(origins)
        if useless and replace_useless_params(self.lowered, Context(), "lower"):
            forward_uses(self.lowered)

    def let_know(self, param: Param, args: list[Value]) -> None:
        """Let a parameter know what its arguments are known to be."""
        anything = param.fact
        facts = [arg.fact for arg in args if arg is not param]
        fact = facts[0]
        for other in facts:
            if other is anything:
                return
            fact = fact | other
        param.fact = anything & fact

    def as_where_set(self, args: list[Value], edges: list[Edge], place: int) -> list[Value]:
        """Let a variable that is one constant wherever it is set be that where it is not, too: nobody looks there."""
        is_zero = self.variables.is_zero
        given = [arg for arg in args if not is_zero(arg)]
        constants = [arg for arg in given if isinstance(arg, Instr) and arg.op is CONST]
        if len(constants) < len(given) or len({key_of(arg) for arg in constants}) != 1:
            return args
        constant = self.lowered.new_instr(CONST, type=constants[0].type, aux=constants[0].aux)
        constant.block = self.lowered.entry
        constant.block.instrs.insert(0, constant)
        for edge, arg in zip(edges, args, strict=True):
            if is_zero(arg):
                edge.args = (*edge.args[:place], constant, *edge.args[place + 1 :])
        return [edge.args[place] for edge in edges]

    # ---- values ---------------------------------------------------------------------------------------------------

    def emit(self, op: Op, args: tuple[Value, ...], type: Type, fact: Fact, aux: object = None) -> Instr:
        """A new instruction at the end of the block."""
        function, block = self.lowered, self.block
        instr = Instr(function.next_value, op, args, type, fact, aux, self.span)
        function.next_value += 1
        instr.block = block
        block.instrs.append(instr)
        return instr

    def share(self, op: Op, args: tuple[Value, ...], type: Type, fact: Fact) -> Value:
        """What computes an operation of these operands: what there is here, or a new instruction."""
        variables = self.variables
        key = (op, *[variables.origin(value) for value in args])
        found = variables.available.get(key)
        if found is None:
            variables.available[key] = found = self.emit(op, args, type, fact)
            return found
        return found if found.fact <= fact else self.narrow(found, fact)

    def narrow(self, value: Value, fact: Fact) -> Instr:
        """A value of which more is known here."""
        narrowed = self.emit(NARROW, (value,), value.type, value.fact & fact)
        self.variables.origins[narrowed] = self.variables.origin(value)
        return narrowed

    def write(self, instruction: Instruction, value: Value) -> None:
        """Assign to the destination of an instruction."""
        self.variables.write(instruction.dest, value)

    def change_memory(self, op: Op, *args: Value) -> None:
        """Emit what leaves another version of memory."""
        self.variables.write(_MEMORY, self.emit(op, args, MEM, _ANY))

    def value(self, name: str, type: Type) -> Value:
        """The value of a variable, which is of `type` if nothing is ever assigned to it."""
        variables = self.variables
        return variables.read(name, type) if name in variables.held else variables.zero(self.types.get(name, type))

    def pointer(self, name: str, target: Type = I64) -> Value:
        """The value of a variable that is a pointer."""
        value = self.value(name, pointer_to(target))
        assert isinstance(value.type, PointerType)
        return value

    def check_divisor(self, divisor: Value, dividend: Value) -> Value:
        """The divisor, behind a check that it is not zero."""
        site = self.module.new_site("divide", self.span)
        fact = _CHECK.fact_rule(I64, (divisor.fact, dividend.fact), site)
        checked = self.emit(_CHECK, (divisor, dividend), I64, fact, site)
        self.variables.check(checked)
        return checked

    # ---- instructions ---------------------------------------------------------------------------------------------

    def const(self, instruction: Instruction) -> None:
        """One constant for equal ones."""
        type, value = instruction.type, instruction.value
        assert type is not None and value is not None
        self.write(instruction, self.variables.constant(self.block, type, value, self.span))

    def divide(self, instruction: Instruction) -> None:
        """A division, behind its check."""
        dividend, divisor = [self.variables.read(arg, I64, True) for arg in instruction.args]
        checked = divisor if _is_nonzero(divisor.fact) else self.check_divisor(divisor, dividend)
        fact = _DIVIDE.fact_rule(I64, (dividend.fact, checked.fact), None)
        self.write(instruction, self.share(_DIVIDE, (dividend, checked), I64, fact))

    def negate(self, instruction: Instruction) -> None:
        """The contrary of a truth value."""
        value = self.variables.read(instruction.args[0], BOOL, True)
        self.write(instruction, self.share(_NOT, (value,), BOOL, _NOT.fact_rule(BOOL, (value.fact,), None)))

    def copy(self, instruction: Instruction) -> None:
        """Another name for a value."""
        assert instruction.type is not None
        self.write(instruction, self.variables.read(instruction.args[0], instruction.type))

    def set(self, instruction: Instruction) -> None:
        """Write a shadow."""
        shadow, name = instruction.args
        if name in self.types:
            self.variables.write(_shadow(shadow), self.variables.read(name, self.types[name]))

    def get(self, instruction: Instruction) -> None:
        """Read the shadow of the destination's name."""
        assert instruction.type is not None
        self.write(instruction, self.variables.read(_shadow(instruction.dest), instruction.type))

    def undefined(self, instruction: Instruction) -> None:
        """A value that nobody may look at."""
        assert instruction.type is not None
        self.write(instruction, self.variables.zero(instruction.type))

    def call(self, instruction: Instruction) -> None:
        """A call, behind which memory may hold anything."""
        callee = instruction.funcs[0]
        read, wanted = self.variables.read, self.signatures[callee]
        operands = tuple([read(arg, type) for arg, type in zip(instruction.args, wanted, strict=True)])
        type = self.module.functions[callee].result_type
        result = self.emit(CALL_OP, operands, type, top(type), callee)
        if instruction.dest is not None:
            self.write(instruction, result)
        if self.uses_memory:
            self.change_memory(_VERSION)

    def print(self, instruction: Instruction) -> None:
        """A line of values with blanks between them."""
        names = instruction.args
        values = [self.value(name, I64) for name in names]
        shown = tuple([value for value in values if not isinstance(value.type, PointerType)])
        pieces = _PIECES[len(names)] if len(shown) == len(names) < len(_PIECES) else _pieces(values)
        exact = F64 in [value.type for value in shown]
        self.emit(PRINT_EXACT if exact else PRINT, shown, _NOTHING, _ANY, pieces)

    def alloc(self, instruction: Instruction) -> None:
        """A new region."""
        assert instruction.type is not None
        count = self.variables.read(instruction.args[0], I64)
        self.write(instruction, self.emit(_ALLOC, (count,), instruction.type, _ANY))

    def free(self, instruction: Instruction) -> None:
        """The end of a region."""
        self.change_memory(_FREE, self.pointer(instruction.args[0]), self.variables.read(_MEMORY, MEM))

    def load(self, instruction: Instruction) -> None:
        """The value of a cell."""
        type = instruction.type
        assert type is not None
        pointer = self.pointer(instruction.args[0], type)
        self.write(instruction, self.emit(_LOAD, (pointer, self.variables.read(_MEMORY, MEM)), type, top(type)))

    def store(self, instruction: Instruction) -> None:
        """A new value for a cell."""
        name, stored = instruction.args
        pointer = self.pointer(name, self.value(stored, I64).type)
        assert isinstance(pointer.type, PointerType)
        value = self.variables.read(stored, pointer.type.target)
        self.change_memory(_STORE, pointer, value, self.variables.read(_MEMORY, MEM))

    def move(self, instruction: Instruction) -> None:
        """A pointer to another cell."""
        type = instruction.type
        assert type is not None
        pointer, count = self.variables.read(instruction.args[0], type), self.variables.read(instruction.args[1], I64)
        self.write(instruction, self.share(_MOVE, (pointer, count), type, _ANY))


def _flow_of(function: Function) -> tuple[list[Segment], Flow]:
    """The segments of a function and the flow between them; to the first nothing leads."""
    found = segments(function)
    ways = [segment.successors for segment in found]
    flow = Flow(ways)
    if not flow.predecessors[0]:
        return found, flow
    beginning = Segment([], successors=(1,))
    return [beginning, *found], Flow([(1,), *[tuple([place + 1 for place in places]) for places in ways]])


def _is_nonzero(fact: Fact) -> bool:
    return isinstance(fact, IntFact) and (fact.nonzero or fact.lo > 0 or fact.hi < 0)


def _pieces(values: Sequence[Value]) -> tuple[str, ...]:
    """The text around the values of a line that has an operand for each one that is no pointer."""
    pieces = [""]
    for place, value in enumerate(values):
        pieces[-1] += " " if place else ""
        if isinstance(value.type, PointerType):
            pieces[-1] += POINTER_TEXT
        else:
            pieces.append("")
    return tuple(pieces)


def _shadow(name: Hashable) -> Hashable:
    return ("shadow", name)


_EMIT: Final[dict[str, Callable[[_Lowering, Instruction], None]]] = {
    "const": _Lowering.const,
    "div": _Lowering.divide,
    "not": _Lowering.negate,
    "id": _Lowering.copy,
    "nop": lambda lowering, instruction: None,
    "call": _Lowering.call,
    "print": _Lowering.print,
    "set": _Lowering.set,
    "get": _Lowering.get,
    "undef": _Lowering.undefined,
    "alloc": _Lowering.alloc,
    "free": _Lowering.free,
    "load": _Lowering.load,
    "store": _Lowering.store,
    "ptradd": _Lowering.move,
}
