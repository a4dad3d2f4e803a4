"""The code of a function: its blocks in Bril's instructions, and the copies on the edges between them.

    code = Code(flow, classes, frequencies, function_names, apart, noted)
    code.blocks                          blocks of code in the order of the function's
    code.of_block[block]                 that of a block
    code.on_edge[edge]                   the one that stands on an edge, where one does
    code.copies(edge, …)                 the copies of an edge, with variables renamed on either side

What an edge copies is put to the end of the block that it leaves, or to the head of the one that it leads to, if that
has no other way; else to a block on the edge. On edges that are `apart` it always stands on one. A variable has the
name of a variable of the user's that one of its values was, as far as that is known.

Requires: operations of Bril (`legalize`); constants are where they are made. Linear.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from ssair.frontends.bril.coalesce import Classes
from ssair.frontends.bril.layout import CodeBlock
from ssair.frontends.bril.legalize_divisions import CHECK
from ssair.frontends.bril.operations import VALUES
from ssair.frontends.bril.out_of_ssa_copies import in_sequence
from ssair.frontends.bril.program import Instruction
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_names import Names
from ssair.ir import Block, Edge, Instr, Value
from ssair.ops import BRANCH, CALL_OP, CONST, OPS, PRINTS, RETURN
from ssair.types import BOOL, F64, I64, MEM, Type

#: The operands that the operations on memory have in Bril; what else they have is a version of the memory.
_MEMORY: Final = {OPS["alloc"]: 1, OPS["load"]: 1, OPS["store"]: 2, OPS["free"]: 1, OPS["ptradd"]: 2}
_WITHOUT_RESULT: Final = frozenset((OPS["store"], OPS["free"]))
_VERSION: Final = OPS["memory"]
_NOT: Final = OPS["not"]
#: By operation of the IR, that of Bril on integers and truth values, and that on floats.
_OPERATIONS: Final = {OPS[row.lowered]: name for name, row in VALUES.items() if row.args[0] is not F64}
_ON_FLOATS: Final = {OPS[row.lowered]: name for name, row in VALUES.items() if row.args[0] is F64}
#: By variable, another one.
Renamed = Mapping[str, str]
_AS_IT_IS: Final[Renamed] = {}
_NOTHING: Final[Mapping[str, tuple[str, Type]]] = {}


class Code:
    """Blocks of code, as they are before loops are written out."""

    def __init__(
        self,
        flow: ControlFlow,
        classes: Classes,
        frequencies: Frequencies,
        function_names: dict[str, str],
        apart: Collection[Edge] = (),
        noted: Collection[Instr] = (),
    ) -> None:
        function = self.function = flow.blocks[0].function
        self._flow = flow
        self.classes = classes
        self.frequencies = frequencies
        self._function_names = function_names
        #: Of the instructions that are `noted`, those of Bril.
        self.noted: dict[Instr, Instruction] = {}
        self.names = Names([param.name for block in function.blocks for param in block.params if param.name])
        #: By the number of a value, the variable that it is in; of what shares none, as far as it has been asked for.
        self._variables: list[str] = [""] * function.next_value
        self._name_variables(list(classes))
        self.leave = CodeBlock(1.0)
        runs, vertex = frequencies.of_vertex, flow.vertex
        self.of_block = {block: CodeBlock(runs[vertex[block.id]]) for block in function.blocks}
        self.on_edge: dict[Edge, CodeBlock] = {}
        self.blocks: list[CodeBlock] = []
        self._write(apart, noted)

    def _name_variables(self, classes: list[list[Value]]) -> None:
        """Name what has a user's name, the parameters, and all that shares a variable."""
        known, claim = self._variables, self.names.claim
        shared: dict[int, list[Value]] = {value.id: values for values in classes for value in values}
        for block in self.function.blocks:
            for param in block.params:
                if param.name and not known[param.id]:
                    name = claim(param.name)
                    for value in shared.get(param.id, (param,)):
                        known[value.id] = name
        parameters = [shared.get(param.id, [param]) for param in self.function.params]
        for values in (*parameters, *classes):
            if not known[values[0].id]:
                name = self.names.fresh()
                for value in values:
                    known[value.id] = name

    def variable(self, value: Value) -> str:
        """The variable that a value is in."""
        name = self._variables[value.id]
        if not name:
            name = self._variables[value.id] = self.names.fresh()
        return name

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def _write(self, apart: Collection[Edge], noted: Collection[Instr]) -> None:
        noted_in = {instr.block for instr in noted}
        heads: dict[Block, list[Instruction]] = {}
        for block, code_block in self.of_block.items():
            code_block.code = self._code(block)
            if block in noted_in:
                self._note(block, code_block.code, noted)
            self.blocks.append(code_block)
            end = block.end
            if end.op is RETURN:
                code_block.targets = () if end.args else (self.leave,)
                code_block.arg = self.variable(end.args[0]) if end.args else None
                continue
            code_block.arg = self.variable(end.args[0]) if end.op is BRANCH else None
            code_block.targets = tuple(
                [
                    self._way(block, edge, edge in apart, heads) if edge.args else self.of_block[edge.target]
                    for edge in end.edges
                ]
            )
        for block, copies in heads.items():
            self.of_block[block].code[:0] = copies

    def _way(self, block: Block, edge: Edge, is_apart: bool, heads: dict[Block, list[Instruction]]) -> CodeBlock:
        """What an edge leads to: a block of copies, or its target."""
        target = self.of_block[edge.target]
        copies = self.copies(edge)
        if not copies:
            return target
        if is_apart:
            return self._put_on(edge, copies, target)
        if len(block.end.edges) == 1:
            self.of_block[block].code += copies
        elif len(self._flow.sources[self._flow.vertex[edge.target.id]]) == 1:
            heads[edge.target] = copies
        else:
            return self._put_on(edge, copies, target)
        return target

    def _put_on(self, edge: Edge, copies: list[Instruction], target: CodeBlock) -> CodeBlock:
        made = self.on_edge[edge] = CodeBlock(self.frequencies.of_edge[edge], copies, (target,))
        self.blocks.append(made)
        return made

    def copies(
        self,
        edge: Edge,
        here: Renamed = _AS_IT_IS,
        there: Renamed = _AS_IT_IS,
        more: Mapping[str, tuple[str, Type]] = _NOTHING,
    ) -> list[Instruction]:
        """What gives the parameters of a block their arguments, if variables are renamed before and behind the edge.

        `more` has other variables that are written, with what they are given and their types.
        """
        types: dict[str, Type] = {}
        copies: dict[str, str] = {}
        constants: list[Instruction] = []
        known = self._variables
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            if param.type is MEM:
                continue
            target = known[param.id] or self.variable(param)
            target = there.get(target, target)
            if isinstance(arg, Instr) and arg.op is CONST:
                constants.append(self._constant(target, arg))
                continue
            source = known[arg.id] or self.variable(arg)
            source = here.get(source, source)
            if source != target:
                types[target] = param.type
                copies[target] = source
        for target, (source, type) in more.items():
            types[target] = type
            copies[target] = source
        if not copies:
            return constants
        if len(copies) == 1:
            ((target, source),) = copies.items()
            return [Instruction("id", target, types[target], (source,)), *constants]

        def temporary(name: str) -> str:
            made = self.names.fresh()
            types[made] = types[name]
            return made

        made = in_sequence(copies, temporary)
        return [Instruction("id", copy.target, types[copy.target], (copy.source,)) for copy in made] + constants

    # ---- instructions ---------------------------------------------------------------------------------------------

    def _code(self, block: Block) -> list[Instruction]:
        """The instructions of a block."""
        code: list[Instruction] = []
        known, variable = self._variables, self.variable
        for instr in block.instrs:
            op, args = instr.op, instr.args
            name = (_ON_FLOATS if args[0].type is F64 else _OPERATIONS).get(op) if len(args) == 2 else None
            if name is not None:
                one, other = args
                read = known[one.id] or variable(one), known[other.id] or variable(other)
                code.append(Instruction(name, known[instr.id] or variable(instr), instr.type, read))
            elif op is CONST:
                code.append(self._constant(known[instr.id] or variable(instr), instr))
            elif op is _NOT:
                (one,) = args
                code.append(Instruction("not", known[instr.id] or variable(instr), BOOL, (variable(one),)))
            elif op is not _VERSION:
                code.append(self._other(instr))
        return code

    def _note(self, block: Block, code: list[Instruction], noted: Collection[Instr]) -> None:
        """Note what is written for some instructions of a block."""
        place = 0
        for instr in block.instrs:
            if instr.op is not _VERSION:
                if instr in noted:
                    self.noted[instr] = code[place]
                place += 1

    def constant(self, constant: Instr) -> Instruction:
        """What makes a constant."""
        return self._constant(self.variable(constant), constant)

    def _constant(self, name: str, constant: Value) -> Instruction:
        assert isinstance(constant, Instr) and isinstance(constant.aux, bool | int | float)
        return Instruction("const", name, constant.type, value=constant.aux)

    def _other(self, instr: Instr) -> Instruction:
        """The instruction of Bril for one that has effects."""
        op, args = instr.op, instr.args
        if op in PRINTS:
            return Instruction("print", args=self._read(args))
        if op is CALL_OP:
            return self._call(instr)
        if op is CHECK:
            divisor = self.variable(args[0])
            return Instruction("div", self.variable(instr), I64, (divisor, divisor))
        read = self._read(args[: _MEMORY[op]])
        if op in _WITHOUT_RESULT:
            return Instruction(op.name, args=read)
        return Instruction(op.name, self.variable(instr), instr.type, read)

    def _call(self, instr: Instr) -> Instruction:
        assert isinstance(instr.aux, str)
        args = self._read([arg for arg in instr.args if arg.type is not MEM])
        funcs = (self._function_names[instr.aux],)
        if not self.function.module.functions[instr.aux].results:
            return Instruction("call", args=args, funcs=funcs)
        return Instruction("call", self.variable(instr), instr.type, args, funcs)

    def _read(self, values: Iterable[Value]) -> tuple[str, ...]:
        return tuple([self.variable(value) for value in values])
