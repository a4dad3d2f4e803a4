"""The code of a function: its blocks in rows (`write_rows`), and the copies on the edges between them.

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
from ssair.frontends.bril.write_flow import ControlFlow
from ssair.frontends.bril.write_frequencies import Frequencies
from ssair.frontends.bril.write_names import Names
from ssair.frontends.bril.write_rows import Row, constant_row, copy_row, form_of, row_of
from ssair.ir import Block, Edge, Instr, Value
from ssair.ops import BRANCH, CALL_OP, CONST, OPS, PRINTS, RETURN
from ssair.types import F64, I64, MEM, Type

#: The operands that the operations on memory have in Bril; what else they have is a version of the memory.
_MEMORY: Final = {OPS["alloc"]: 1, OPS["load"]: 1, OPS["store"]: 2, OPS["free"]: 1, OPS["ptradd"]: 2}
_WITHOUT_RESULT: Final = frozenset((OPS["store"], OPS["free"]))
_VERSION: Final = OPS["memory"]
#: By operation of the IR, what is written for it on integers and truth values, and what on floats.
_FORMS: Final = {OPS[row.lowered]: form_of(name, row.result) for name, row in VALUES.items() if row.args[0] is not F64}
_ON_FLOATS: Final = {OPS[row.lowered]: form_of(name, row.result) for name, row in VALUES.items() if row.args[0] is F64}
_PRINT: Final = form_of("print")
_DIVIDE: Final = form_of("div", I64)
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
        #: Of the instructions that are `noted`, their rows.
        self.noted: dict[Instr, Row] = {}
        self.names = Names([param.name for block in function.blocks for param in block.params if param.name])
        #: By the number of a value, the variable that it is in; of what shares none, as far as it has been asked for.
        self._variables: list[str] = [""] * function.next_value
        self._name_variables(list(classes))
        self.leave = CodeBlock(1.0, [])
        runs, vertex = frequencies.of_vertex, flow.vertex
        self.of_block = {block: CodeBlock(runs[vertex[block.id]], []) for block in function.blocks}
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
        of_block, variable = self.of_block, self.variable
        noted_in = {instr.block for instr in noted}
        heads: dict[Block, list[Row]] = {}
        for block, made in of_block.items():
            made.code = self._rows(block)
            if block in noted_in:
                self._note(block, made.code, noted)
            self.blocks.append(made)
            end = block.end
            if end.args:
                made.arg = variable(end.args[0])
            if end.op is RETURN:
                made.targets = () if end.args else (self.leave,)
            elif end.op is BRANCH:
                one, other = end.edges
                made.targets = (
                    self._way(block, one, apart, heads) if one.args else of_block[one.target],
                    self._way(block, other, apart, heads) if other.args else of_block[other.target],
                )
            else:
                (edge,) = end.edges
                made.targets = (self._way(block, edge, apart, heads) if edge.args else of_block[edge.target],)
        for block, copies in heads.items():
            of_block[block].code[:0] = copies

    def _way(self, block: Block, edge: Edge, apart: Collection[Edge], heads: dict[Block, list[Row]]) -> CodeBlock:
        """What an edge leads to: a block of copies, or its target."""
        target = self.of_block[edge.target]
        copies = self.copies(edge)
        if not copies:
            return target
        if edge in apart:
            return self._put_on(edge, copies, target)
        if len(block.end.edges) == 1:
            self.of_block[block].code += copies
        elif len(self._flow.sources[self._flow.vertex[edge.target.id]]) == 1:
            heads[edge.target] = copies
        else:
            return self._put_on(edge, copies, target)
        return target

    def _put_on(self, edge: Edge, copies: list[Row], target: CodeBlock) -> CodeBlock:
        made = self.on_edge[edge] = CodeBlock(self.frequencies.of_edge[edge], copies, (target,))
        self.blocks.append(made)
        return made

    def copies(
        self,
        edge: Edge,
        here: Renamed = _AS_IT_IS,
        there: Renamed = _AS_IT_IS,
        more: Mapping[str, tuple[str, Type]] = _NOTHING,
    ) -> list[Row]:
        """What gives the parameters of a block their arguments, if variables are renamed before and behind the edge.

        `more` has other variables that are written, with what they are given and their types.
        """
        found: dict[str, tuple[str, Type]] = {}
        constants: list[Row] = []
        known = self._variables
        for param, arg in zip(edge.target.params, edge.args, strict=True):
            if param.type is MEM:
                continue
            target = known[param.id] or self.variable(param)
            if there:
                target = there.get(target, target)
            if isinstance(arg, Instr) and arg.op is CONST:
                constants.append(self._constant(target, arg))
                continue
            source = known[arg.id] or self.variable(arg)
            if here:
                source = here.get(source, source)
            if source != target:
                found[target] = source, param.type
        found.update(more)
        if not found:
            return constants
        if len(found) == 1:
            ((target, (source, type)),) = found.items()
            return [copy_row(target, source, type), *constants]
        return [*self._in_sequence(found), *constants]

    def _in_sequence(self, found: dict[str, tuple[str, Type]]) -> list[Row]:
        """Copies to variables, in an order that respects what they read."""
        types = {target: type for target, (_, type) in found.items()}

        def temporary(name: str) -> str:
            made = self.names.fresh()
            types[made] = types[name]
            return made

        copies = in_sequence({target: source for target, (source, _) in found.items()}, temporary)
        return [copy_row(target, source, types[target]) for target, source in copies]

    # ---- instructions ---------------------------------------------------------------------------------------------

    def _rows(self, block: Block) -> list[Row]:
        """The rows of a block."""
        rows: list[Row] = []
        known, variable, fresh = self._variables, self.variable, self.names.fresh
        for instr in block.instrs:
            op, args = instr.op, instr.args
            form = (_ON_FLOATS if args[0].type is F64 else _FORMS).get(op) if args else None
            if form is not None and len(args) == 2:
                left, right = args
                one, other = known[left.id] or variable(left), known[right.id] or variable(right)
                dest = known[instr.id]
                if not dest:
                    dest = known[instr.id] = fresh()
                rows.append((f"  {dest}: {form.words} {one} {other};", dest, (one, other), form))
            elif op is CONST:
                rows.append(self._constant(known[instr.id] or variable(instr), instr))
            elif form is not None:
                rows.append(row_of(form, known[instr.id] or variable(instr), variable(args[0])))
            elif op is not _VERSION:
                rows.append(self._other(instr))
        return rows

    def _note(self, block: Block, rows: list[Row], noted: Collection[Instr]) -> None:
        """Note what is written for some instructions of a block."""
        place = 0
        for instr in block.instrs:
            if instr.op is not _VERSION:
                if instr in noted:
                    self.noted[instr] = rows[place]
                place += 1

    def constant(self, constant: Instr) -> Row:
        """What makes a constant."""
        return self._constant(self.variable(constant), constant)

    def _constant(self, name: str, constant: Value) -> Row:
        assert isinstance(constant, Instr) and isinstance(constant.aux, bool | int | float)
        return constant_row(name, constant.type, constant.aux)

    def _other(self, instr: Instr) -> Row:
        """What is written for an instruction that has effects, or is of memory."""
        op, args = instr.op, instr.args
        if op in PRINTS:
            return row_of(_PRINT, "", *self._read(args))
        if op is CALL_OP:
            return self._call(instr)
        if op is CHECK:
            divisor = self.variable(args[0])
            return row_of(_DIVIDE, self.variable(instr), divisor, divisor)
        read = self._read(args[: _MEMORY[op]])
        if op in _WITHOUT_RESULT:
            return row_of(form_of(op.name), "", *read)
        return row_of(form_of(op.name, instr.type), self.variable(instr), *read)

    def _call(self, instr: Instr) -> Row:
        assert isinstance(instr.aux, str)
        read = self._read([arg for arg in instr.args if arg.type is not MEM])
        name = self._function_names[instr.aux]
        if not self.function.module.functions[instr.aux].results:
            return row_of(form_of("call", None, name), "", *read)
        return row_of(form_of("call", instr.type, name), self.variable(instr), *read)

    def _read(self, values: Iterable[Value]) -> list[str]:
        return [self.variable(value) for value in values]
