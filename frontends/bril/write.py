"""From the IR back to Bril: a program that prints the same, fails the same, and runs few instructions.

    program = write_program(module)                       print(format_program(program), end="")

Each function is lowered to operations of Bril (`legalize`), constants are put where they cost least
(`write_constants`), values share variables (`coalesce`), block arguments become copies on edges
(`out_of_ssa_copies`), and blocks get their order (`layout`). A variable has the name of a variable of the user's that
one of its values was, as far as that is known; what the writer names itself clashes with nothing.

Requires: valid IR without crumbs, optimised or not. Near-linear.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ssair.clone import clone_module
from ssair.collection import garbage_collection_paused
from ssair.frontends.bril.coalesce import coalesce, is_constant, is_critical
from ssair.frontends.bril.layout import CodeBlock, layout
from ssair.frontends.bril.legalize import OPERATIONS, legalize
from ssair.frontends.bril.legalize_divisions import CHECK
from ssair.frontends.bril.out_of_ssa_copies import in_sequence
from ssair.frontends.bril.program import Function as BrilFunction
from ssair.frontends.bril.program import Instruction, Parameter, Program
from ssair.frontends.bril.write_constants import place_constants
from ssair.frontends.bril.write_counted import unroll_counted
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_known import agree_on_constants, use_conditions
from ssair.frontends.bril.write_names import Names
from ssair.frontends.bril.write_parameters import pass_constants
from ssair.frontends.bril.write_unrolling import unroll
from ssair.ir import Block, Edge, Function, Instr, Module, Param, Value
from ssair.ops import BRANCH, CALL_OP, CONST, OPS, PRINTS, RETURN
from ssair.sources import UsageError
from ssair.types import I64, MEM, Type

#: The operands that the operations on memory have in Bril; what else they have is a version of the memory.
_MEMORY: Final = {OPS["alloc"]: 1, OPS["load"]: 1, OPS["store"]: 2, OPS["free"]: 1, OPS["ptradd"]: 2}
_WITHOUT_RESULT: Final = frozenset((OPS["store"], OPS["free"]))
_VERSION: Final = OPS["memory"]


def write_program(module: Module, duplicate: bool = True, keep: bool = True) -> Program:
    """The program of Bril that does what `module` does.

    With `duplicate`, short blocks are copied to where jumps would lead to them. With `keep`, the module stays as it is;
    who needs it no more spares a copy. Raises UsageError if the module has what Bril has nothing for: arrays, numbers
    of 32 bits, checks but those of divisors, functions of several results.
    """
    if "main" in module.functions and module.functions["main"].results:
        raise UsageError("@main cannot be written as Bril: it has a result")
    with garbage_collection_paused():
        copy = clone_module(module) if keep else module
        for function in copy.functions.values():
            legalize(function)
            if duplicate:
                unroll_counted(function)
            use_conditions(function)
            agree_on_constants(function)
        frequencies = {function: Frequencies(function) for function in copy.functions.values()}
        if duplicate:
            pass_constants(copy, frequencies)
        names = Names(copy.functions)
        function_names = {name: names.claim(name) for name in copy.functions}
        return Program([_Writer(f, runs, function_names, duplicate).write() for f, runs in frequencies.items()])


class _Writer:
    """Writes one function, which it rewrites meanwhile."""

    def __init__(
        self, function: Function, frequencies: Frequencies, function_names: dict[str, str], duplicate: bool
    ) -> None:
        self.function = function
        self.frequencies = frequencies
        self.function_names = function_names
        self.duplicate = duplicate

    def write(self) -> BrilFunction:
        """The function in Bril."""
        function = self.function
        self.classes = coalesce(function, self.frequencies)
        if self.duplicate and unroll(function, self.classes, self.frequencies):
            self.frequencies = Frequencies(function)
            self.classes = coalesce(function, self.frequencies)
        place_constants(function, self.frequencies)
        users = [param.name for block in function.blocks for param in block.params if param.name]
        self.names = Names(users)
        self.variables: dict[Value, str] = {}
        params = tuple([Parameter(self.variable(param), param.type) for param in function.params])
        result = function.results[0] if function.results else None
        leave = CodeBlock(1.0)
        blocks = self._code_blocks(leave)
        labels = Names()
        body = layout(blocks, leave, lambda: labels.fresh("b"), self.duplicate)
        return BrilFunction(self.function_names[function.name], params, result, body)

    def variable(self, value: Value) -> str:
        """The variable that a value is in."""
        name = self.variables.get(value)
        if name is None:
            leader = self.classes.leader(value)
            name = self.variables.get(leader) or self._new_variable(leader)
            self.variables[value] = self.variables[leader] = name
        return name

    def _new_variable(self, leader: Value) -> str:
        for member in self.classes.members(leader):
            if isinstance(member, Param) and member.name:
                return self.names.claim(member.name)
        return self.names.fresh("v")

    # ---- blocks ---------------------------------------------------------------------------------------------------

    def _code_blocks(self, leave: CodeBlock) -> list[CodeBlock]:
        """The blocks in their order, each with the blocks on edges behind it that hold copies."""
        runs = self.frequencies.of_block
        of_block = {block: CodeBlock(runs[block]) for block in self.function.blocks}
        heads: dict[Block, list[Instruction]] = {}
        blocks: list[CodeBlock] = []
        for block, code_block in of_block.items():
            code_block.code = [made for instr in block.instrs if (made := self._instruction(instr)) is not None]
            blocks.append(code_block)
            end = block.end
            if end.op is RETURN:
                code_block.targets = () if end.args else (leave,)
                code_block.arg = self.variable(end.args[0]) if end.args else None
                continue
            code_block.arg = self.variable(end.args[0]) if end.op is BRANCH else None
            targets: list[CodeBlock] = []
            for edge in end.edges:
                target = of_block[edge.target]
                copies = self._copies(edge) if edge.args else None
                if copies and len(end.edges) == 1:
                    code_block.code += copies
                elif copies and not is_critical(self.function, block, edge):
                    heads[edge.target] = copies
                elif copies:
                    target = CodeBlock(self.frequencies.of_edge[edge], copies, (target,))
                    blocks.append(target)
                targets.append(target)
            code_block.targets = tuple(targets)
        for block, copies in heads.items():
            of_block[block].code[:0] = copies
        return blocks

    def _copies(self, edge: Edge) -> list[Instruction]:
        """What gives the parameters of a block their arguments."""
        types: dict[str, Type] = {}
        copies: dict[str, str] = {}
        constants: list[Instruction] = []
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            if param.type is MEM:
                continue
            target = self.variable(param)
            if is_constant(arg):
                constants.append(self._constant(target, arg))
            elif (source := self.variable(arg)) != target:
                types[target] = param.type
                copies[target] = source
        if not copies:
            return constants

        def temporary(name: str) -> str:
            made = self.names.fresh("v")
            types[made] = types[name]
            return made

        made = in_sequence(copies, temporary)
        return [Instruction("id", copy.target, types[copy.target], (copy.source,)) for copy in made] + constants

    # ---- instructions ---------------------------------------------------------------------------------------------

    def _constant(self, name: str, constant: Value) -> Instruction:
        assert isinstance(constant, Instr) and isinstance(constant.aux, bool | int | float)
        return Instruction("const", name, constant.type, value=constant.aux)

    def _instruction(self, instr: Instr) -> Instruction | None:
        """The instruction of Bril for one of the IR; None for what only names a version of the memory."""
        op, args = instr.op, instr.args
        if op is CONST:
            return self._constant(self.variable(instr), instr)
        name = OPERATIONS.get((op, args[0].type)) if args else None
        if name is not None:
            return Instruction(name, self.variable(instr), instr.type, self._read(args))
        if op is _VERSION:
            return None
        if op is CALL_OP:
            return self._call(instr)
        if op is CHECK:
            divisor = self.variable(args[0])
            return Instruction("div", self.variable(instr), I64, (divisor, divisor))
        if op in PRINTS:
            return Instruction("print", args=self._read(args))
        read = self._read(args[: _MEMORY[op]])
        if op in _WITHOUT_RESULT:
            return Instruction(op.name, args=read)
        return Instruction(op.name, self.variable(instr), instr.type, read)

    def _call(self, instr: Instr) -> Instruction:
        assert isinstance(instr.aux, str)
        args = self._read([arg for arg in instr.args if arg.type is not MEM])
        funcs = (self.function_names[instr.aux],)
        if not self.function.module.functions[instr.aux].results:
            return Instruction("call", args=args, funcs=funcs)
        return Instruction("call", self.variable(instr), instr.type, args, funcs)

    def _read(self, values: Iterable[Value]) -> tuple[str, ...]:
        return tuple([self.variable(value) for value in values])
