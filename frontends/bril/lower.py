"""Bril to SSA with refinements: variables by `ssair.variables`, one block a segment of the text that control may reach.

    variables       as they are; a `get` reads the variable that the shadow of its name is, and `set` writes it
    memory          a variable too: loads are keyed on the version that stores, frees and calls leave
    division        a check of the divisor, whose result is the divisor from then on, and a truncating division
    unset, undef    zero, false, or a pointer to nothing: a program that reads them may be given any meaning
    result of main  nobody sees it, unless it is called: it is left out
    no result       a function that should have a result and ends without one fails, as a division by zero does

Requires: a checked program. Ensures: valid IR of the same behaviour. Nothing recurses over the program; time is linear,
but for what `ssair.variables` says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from ssair.builder import Builder
from ssair.constants import Constant
from ssair.frontends.bril.check import variable_types
from ssair.frontends.bril.operations import CHANGES_MEMORY, MEMORY, VALUES
from ssair.frontends.bril.program import NOWHERE, Function, Instruction, Item, Program
from ssair.frontends.bril.segments import Segment, reached, segments
from ssair.ir import NO_SPAN, Block, Module, Value
from ssair.ops import PRINT, PRINT_EXACT
from ssair.quiet_joins import QuietJoins
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type, pointer_to
from ssair.variables import Variables

#: What is printed of a pointer: nothing that tells one from another.
POINTER_TEXT: Final = "[object Object]"
_MEMORY: Final = ("memory",)


def lower(program: Program) -> Module:
    """The module of a checked program; its entry is `main` if there is one."""
    module = Module()
    module.source, module.source_name = program.source.text, program.source.name
    called = {name for function in program.functions for item in function.body for name in _callees(item)}
    for function in program.functions:
        has_result = function.type is not None and (function.name != "main" or "main" in called)
        module.new_function(function.name, [function.type] if has_result and function.type is not None else [])
    signatures = {function.name: [param.type for param in function.params] for function in program.functions}
    module.entry_name = "main" if "main" in module.functions else None
    for function in program.functions:
        _Lowering(program, function, module, signatures).run()
    return module


class _Lowering:
    """The lowering of one function."""

    def __init__(self, program: Program, function: Function, module: Module, signatures: dict[str, list[Type]]) -> None:
        self.program = program
        self.function = function
        self.module = module
        self.signatures = signatures
        self.types = variable_types(function)
        results = module.functions[function.name].results
        self.result: Type | None = results[0] if results else None
        self.builder = Builder(module.functions[function.name])
        self.variables = Variables(self.builder, self.passed)
        self.uses_memory = any(isinstance(item, Instruction) and item.op in MEMORY for item in function.body)

    def run(self) -> None:
        """Fill the function."""
        found = segments(self.function)
        order = reached(found)
        waiting = [0] * len(found)  # how many edges to a segment are not made yet
        for place in order:
            for following in found[place].successors:
                if following is not None:
                    waiting[following] += 1
        self.params()
        blocks = self.blocks(found, order, is_target=waiting[0] > 0)
        self.find_joins(found, blocks)
        for place in order:
            block = blocks[place]
            if not waiting[place]:
                self.variables.seal(block)
            self.builder.at(block)
            self.segment(found[place], blocks)
            for following in found[place].successors:
                if following is not None:
                    waiting[following] -= 1
                    if not waiting[following]:
                        self.variables.seal(blocks[following])
        self.variables.finish()

    def params(self) -> None:
        """The parameters, each the first value of its variable."""
        for param in self.function.params:
            value = self.builder.param(param.type)
            value.name = param.name
            self.variables.write(param.name, value)

    def blocks(self, found: list[Segment], order: list[int], is_target: bool) -> dict[int, Block]:
        """A block for each segment that is reached, in the order of the text, behind the entry if that is jumped to."""
        entry = self.builder.block
        blocks = {place: self.builder.new_block() if place or is_target else entry for place in sorted(order)}
        if is_target:
            self.variables.seal(entry)
            self.builder.jump(blocks[0])
        return blocks

    def find_joins(self, found: list[Segment], blocks: dict[int, Block]) -> None:
        """Find where variables are assigned, and where they cannot have been since ways parted."""
        self.place_of = {block: place for place, block in blocks.items()}
        self.block_at = blocks
        self.joins = QuietJoins([[n for n in segment.successors if n is not None] for segment in found])
        self.assigned: dict[Hashable, list[int]] = {}
        for place in blocks:
            for variable in self.assigned_in(found[place].instructions):
                self.assigned.setdefault(variable, []).append(place)

    def assigned_in(self, instructions: list[Instruction]) -> dict[Hashable, None]:
        """The variables that some instructions give a value, or something to know of it."""
        variables: dict[Hashable, None] = {}
        for instruction in instructions:
            if instruction.dest is not None:
                variables[instruction.dest] = None
            op = instruction.op
            if op == "div":
                variables[instruction.args[1]] = None
            elif op == "set":
                variables[_shadow(instruction.args[0])] = None
            if op in CHANGES_MEMORY:
                variables[_MEMORY] = None
        return variables

    def passed(self, join: Block, variable: Hashable) -> Block | None:
        """The immediate dominator of a join that a variable comes to as it was there; None if that is not known."""
        place = self.place_of.get(join)
        above = self.joins.passed(place, self.assigned.get(variable, ())) if place is not None else None
        return self.block_at[above] if above is not None else None

    def segment(self, segment: Segment, blocks: dict[int, Block]) -> None:
        """Emit the instructions of a segment and what ends it."""
        instructions = segment.instructions if segment.falls_through else segment.instructions[:-1]
        for instruction in instructions:
            self.at(instruction)
            row = VALUES.get(instruction.op)
            if row is not None and instruction.op != "div":
                operands = [self.read(arg, type) for arg, type in zip(instruction.args, row.args, strict=True)]
                self.write(instruction, self.builder.emit(row.lowered, *operands))
            else:
                _EMIT[instruction.op](self, instruction)
        if segment.falls_through:
            (following,) = segment.successors
            if following is not None:
                self.builder.jump(blocks[following])
            else:
                self.end()
            return
        last = segment.instructions[-1]
        self.at(last)
        targets = [blocks[place] for place in segment.successors if place is not None]
        if last.op == "jmp":
            self.builder.jump(targets[0])
        elif last.op == "br":
            self.builder.branch(self.read(last.args[0], BOOL), targets[0], targets[1])
        else:
            self.builder.ret(*[self.read(arg, self.result) for arg in last.args if self.result is not None])

    def end(self) -> None:
        """The end of the function is reached, which is a fault if there has to be a result."""
        if self.result is None:
            self.builder.ret()
            return
        zero = self.builder.const(I64, 0)
        self.builder.emit("check_nonzero", zero, zero, aux=self.module.new_site("divide", self.builder.span))
        self.builder.ret(self.unset(self.result))

    # ---- variables ------------------------------------------------------------------------------------------------

    def at(self, instruction: Instruction) -> None:
        """Let what is emitted stand for an instruction of the text."""
        if instruction.place is NOWHERE:
            self.builder.span = NO_SPAN
            return
        source, place = self.program.source, instruction.place
        self.builder.span = self.module.new_span(*source.position(place.start), *source.position(place.end))

    def read(self, name: str, wanted: Type) -> Value:
        """The value of a variable, which nothing may ever be assigned to."""
        return self.variables.read(name, wanted) if name in self.types else self.unset(wanted)

    def unset(self, type: Type) -> Value:
        """What stands for a value that there is none of."""
        return self.variables.read(("unset", type), type)

    def write(self, instruction: Instruction, value: Value) -> None:
        """Assign to the destination of an instruction."""
        assert instruction.dest is not None
        self.variables.write(instruction.dest, value)

    def memory(self) -> Value:
        """The version of memory at the cursor."""
        return self.variables.read(_MEMORY, MEM)

    def pointer(self, name: str, target: Type = I64) -> Value:
        """The value of a variable that is a pointer."""
        return self.read(name, self.types[name]) if name in self.types else self.unset(pointer_to(target))

    # ---- instructions ---------------------------------------------------------------------------------------------

    def const(self, instruction: Instruction) -> None:
        """One constant for equal ones of a block."""
        value: Constant | None = instruction.value
        assert instruction.type is not None and value is not None
        self.write(instruction, self.builder.const(instruction.type, value))

    def divide(self, instruction: Instruction) -> None:
        """A division, behind its check."""
        dividend, divisor = [self.read(arg, I64) for arg in instruction.args]
        site = self.module.new_site("divide", self.builder.span)
        checked = self.builder.emit("check_nonzero", divisor, dividend, aux=site)
        if instruction.args[1] in self.types:
            self.variables.write(instruction.args[1], checked)
        self.write(instruction, self.builder.emit("div_trunc", dividend, checked))

    def copy(self, instruction: Instruction) -> None:
        """Another name for a value."""
        assert instruction.type is not None
        self.write(instruction, self.read(instruction.args[0], instruction.type))

    def set(self, instruction: Instruction) -> None:
        """Write a shadow."""
        shadow, name = instruction.args
        if name in self.types:
            self.variables.write(_shadow(shadow), self.read(name, self.types[name]))

    def get(self, instruction: Instruction) -> None:
        """Read the shadow of the destination's name."""
        assert instruction.dest is not None and instruction.type is not None
        self.write(instruction, self.variables.read(_shadow(instruction.dest), instruction.type))

    def undefined(self, instruction: Instruction) -> None:
        """A value that nobody may look at."""
        assert instruction.type is not None
        self.write(instruction, self.unset(instruction.type))

    def call(self, instruction: Instruction) -> None:
        """A call, behind which memory may hold anything."""
        callee = instruction.funcs[0]
        wanted = self.signatures[callee]
        operands = [self.read(arg, type) for arg, type in zip(instruction.args, wanted, strict=True)]
        type = self.module.functions[callee].result_type
        result = self.builder.emit("call", *operands, type=type, aux=callee)
        if instruction.dest is not None:
            self.write(instruction, result)
        if self.uses_memory:
            self.variables.write(_MEMORY, self.builder.emit("memory"))

    def print(self, instruction: Instruction) -> None:
        """A line of values with blanks between them."""
        pieces, operands = [""], []
        for place, name in enumerate(instruction.args):
            pieces[-1] += " " if place else ""
            type = self.types.get(name, I64)
            if isinstance(type, PointerType):
                pieces[-1] += POINTER_TEXT
            else:
                operands.append(self.read(name, type))
                pieces.append("")
        exact = any(value.type is F64 for value in operands)
        self.builder.emit(PRINT_EXACT if exact else PRINT, *operands, aux=tuple(pieces))

    def alloc(self, instruction: Instruction) -> None:
        """A new region."""
        self.write(instruction, self.builder.emit("alloc", self.read(instruction.args[0], I64), type=instruction.type))

    def free(self, instruction: Instruction) -> None:
        """The end of a region."""
        pointer = self.pointer(instruction.args[0])
        self.variables.write(_MEMORY, self.builder.emit("free", pointer, self.memory()))

    def load(self, instruction: Instruction) -> None:
        """The value of a cell."""
        assert instruction.type is not None
        pointer = self.pointer(instruction.args[0], instruction.type)
        self.write(instruction, self.builder.emit("load", pointer, self.memory()))

    def store(self, instruction: Instruction) -> None:
        """A new value for a cell."""
        value_type = self.types.get(instruction.args[1], I64)
        pointer = self.pointer(instruction.args[0], value_type)
        assert isinstance(pointer.type, PointerType)
        value = self.read(instruction.args[1], pointer.type.target)
        self.variables.write(_MEMORY, self.builder.emit("store", pointer, value, self.memory()))

    def move(self, instruction: Instruction) -> None:
        """A pointer to another cell."""
        assert instruction.type is not None
        pointer = self.read(instruction.args[0], instruction.type)
        self.write(instruction, self.builder.emit("ptradd", pointer, self.read(instruction.args[1], I64)))


def _callees(item: Item) -> tuple[str, ...]:
    return item.funcs if isinstance(item, Instruction) else ()


def _shadow(name: str) -> Hashable:
    return ("shadow", name)


_EMIT: Final[dict[str, Callable[[_Lowering, Instruction], None]]] = {
    "const": _Lowering.const,
    "div": _Lowering.divide,
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
