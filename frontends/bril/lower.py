"""Bril to SSA with refinements: variables by `lower_variables`, one block a segment of the text that control may reach.

    variables       as they are; a `get` reads the variable that the shadow of its name is, and `set` writes it
    memory          a variable too: loads are keyed on the version that stores, frees and calls leave
    division        a check of the divisor, whose result is its newest version from then on, and a truncating division
    unset, undef    zero, false, or a pointer to nothing: a program that reads them may be given any meaning
    result of main  nobody sees it, unless it is called: it is left out
    no result       a function that should have a result and ends without one fails, as a division by zero does

Blocks get their edges first, then block parameters where variables meet (`lower_joins`), then their instructions, in a
preorder of the dominator tree.

Requires: a checked program. Ensures: valid IR of the same behaviour, without block parameters that nobody needs.
Nothing recurses over the program; time is near-linear, as `lower_joins` says it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Final

from ssair.builder import Builder
from ssair.constants import Constant
from ssair.context import Context
from ssair.dominators import dominator_tree
from ssair.frontends.bril.check import variable_types
from ssair.frontends.bril.lower_joins import Uses, meeting_variables
from ssair.frontends.bril.lower_variables import Variables
from ssair.frontends.bril.operations import CHANGES_MEMORY, MEMORY, VALUES
from ssair.frontends.bril.program import NOWHERE, Function, Instruction, Program
from ssair.frontends.bril.segments import Segment, reached, segments
from ssair.ir import NO_SPAN, Block, Edge, Module, Terminator, Value
from ssair.ops import BRANCH, JUMP, PRINT, PRINT_EXACT, RETURN
from ssair.passes.copyprop import forward_uses
from ssair.passes.useless_params import replace_useless_params
from ssair.types import BOOL, F64, I64, MEM, PointerType, Type, pointer_to

#: What is printed of a pointer: nothing that tells one from another.
POINTER_TEXT: Final = "[object Object]"
_MEMORY: Final = ("memory",)
#: By the number of edges, what ends a block.
_TERMINATORS: Final = (RETURN, JUMP, BRANCH)
#: What may let variables meet that hold the same.
_COPIES: Final = frozenset({"id", "set"})


def lower(program: Program) -> Module:
    """The module of a checked program; its entry is `main` if there is one."""
    module = Module()
    module.source, module.source_name = program.source.text, program.source.name
    called = {
        name
        for function in program.functions
        for item in function.body
        if isinstance(item, Instruction)
        for name in item.funcs
    }
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
        ops = {item.op for item in function.body if isinstance(item, Instruction)}
        self.uses_memory = not MEMORY.isdisjoint(ops)
        self.copies = not _COPIES.isdisjoint(ops)

    def run(self) -> None:
        """Fill the function."""
        lowered = self.builder.function
        found = segments(self.function)
        order = reached(found)
        for param in self.function.params:
            self.builder.param(param.type).name = param.name
        segment_of = self.blocks(found, order)
        meeting = meeting_variables(lowered, {block: self.uses(segment) for block, segment in segment_of.items()})
        self.variables = Variables(self.builder, meeting, self.type_of)
        tree = dominator_tree(lowered)
        stack: list[Block | None] = [lowered.entry]
        while stack:
            block = stack.pop()
            if block is None:
                self.variables.leave()
                continue
            stack.append(None)
            stack += reversed(tree.children[block])
            self.fill(block, segment_of.get(block))
        self.variables.finish()
        if self.copies and replace_useless_params(lowered, Context(), "lower"):
            forward_uses(lowered)

    def blocks(self, found: list[Segment], order: list[int]) -> dict[Block, Segment]:
        """The segment of each block; blocks are in the order of the text, behind the entry if that is jumped to."""
        entry = self.builder.block
        is_target = any(0 in found[place].successors for place in order)
        blocks = {place: self.builder.new_block() if place or is_target else entry for place in sorted(order)}
        if is_target:
            entry.set_terminator(Terminator(JUMP, (), (Edge(blocks[0]),)))
        for place, block in blocks.items():
            segment = found[place]
            edges = tuple([Edge(blocks[following]) for following in segment.successors if following is not None])
            block.set_terminator(Terminator(_TERMINATORS[len(edges)], (), edges))
        return {block: found[place] for place, block in blocks.items()}

    def type_of(self, variable: Hashable) -> Type:
        """The type of a variable, a shadow, or the memory."""
        if variable == _MEMORY:
            return MEM
        name = variable if isinstance(variable, str) else variable[1]  # type: ignore[index]
        return self.types[name]

    def uses(self, segment: Segment) -> Uses:
        """The variables that a segment reads before it assigns to them, and those that it assigns to."""
        read: dict[Hashable, None] = {}
        assigned: dict[Hashable, None] = {}
        types = self.types
        for instruction in segment.instructions:
            op, args = instruction.op, instruction.args
            if op == "set":
                args = args[1:]
            elif op == "print":
                args = tuple([name for name in args if not isinstance(types.get(name), PointerType)])
            elif op == "ret" and self.result is None:
                args = ()
            for name in args:
                if name not in assigned and name in types:
                    read[name] = None
            if op == "get" and _shadow(instruction.dest) not in assigned:
                read[_shadow(instruction.dest)] = None
            if op in MEMORY and _MEMORY not in assigned:
                read[_MEMORY] = None
            if instruction.dest is not None:
                assigned[instruction.dest] = None
            if op == "set":
                assigned[_shadow(instruction.args[0])] = None
            elif op in CHANGES_MEMORY:
                assigned[_MEMORY] = None
        return Uses(read, assigned)

    def fill(self, block: Block, segment: Segment | None) -> None:
        """Emit the instructions of a segment, and complete what ends it; the entry may have none."""
        variables = self.variables
        variables.enter(block)
        if block is block.function.entry:
            for param in block.params:
                variables.write(param.name, param)
        if segment is not None:
            for instruction in segment.instructions if segment.falls_through else segment.instructions[:-1]:
                self.at(instruction)
                row = VALUES.get(instruction.op)
                if row is not None and instruction.op != "div":
                    operands = [self.read(arg, type) for arg, type in zip(instruction.args, row.args, strict=True)]
                    self.write(instruction, self.builder.emit(row.lowered, *operands))
                else:
                    _EMIT[instruction.op](self, instruction)
            self.end_block(block, segment)
        variables.pass_on(block)

    def end_block(self, block: Block, segment: Segment) -> None:
        """Give the end of a block its operands."""
        if segment.falls_through:
            if not block.end.edges:
                self.end()
            return
        last = segment.instructions[-1]
        self.at(last)
        block.end.span = self.builder.span
        if last.op == "br":
            block.end.args = (self.read(last.args[0], BOOL),)
        elif self.result is not None:
            block.end.args = tuple([self.read(arg, self.result) for arg in last.args])

    def end(self) -> None:
        """The end of the function is reached, which is a fault if there has to be a result."""
        if self.result is not None:
            zero = self.builder.const(I64, 0)
            self.builder.emit("check_nonzero", zero, zero, aux=self.module.new_site("divide", self.builder.span))
            self.builder.block.end.args = (self.unset(self.result),)

    # ---- variables ------------------------------------------------------------------------------------------------

    def at(self, instruction: Instruction) -> None:
        """Let what is emitted stand for an instruction of the text."""
        if instruction.place is NOWHERE:
            self.builder.span = NO_SPAN
            return
        self.builder.span = self.module.new_span(*self.program.source.stretch(*instruction.place))

    def read(self, name: str, wanted: Type) -> Value:
        """The value of a variable, which nothing may ever be assigned to."""
        return self.variables.read(name, wanted)

    def unset(self, type: Type) -> Value:
        """What stands for a value that there is none of."""
        return self.variables.zero(type)

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


def _shadow(name: str | None) -> Hashable:
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
