"""Reads the lines of one function, for `ssair.parser`.

Names are resolved at the function's end, since a block may stand before those that dominate it. A definition at fault
leaves its name among the broken ones, so that the uses of it are not called faults as well. Linear.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ssair.facts import Fact
from ssair.immediates import INTEGER, READERS, TextFault, read_names
from ssair.ir import Block, Edge, Function, Instr, Param, Terminator, Value
from ssair.ops import OPS, TERMINATORS, Aux, TerminatorOp
from ssair.types import Type

if TYPE_CHECKING:
    from ssair.parser import ModuleReader

_MOST_NUMBERED: Final = 1 << 31
_DEFINITION: Final = re.compile(r"(v(?:0|[1-9][0-9]{0,9}))\s*+:([^{}]*+)(\{[^{}]*+\})?+\s*+")
_OPERATION: Final = re.compile(r"\s*+([a-z_][a-z_0-9]*+)(.*)")
_PARAM: Final = re.compile(
    r"\s*+(v(?:0|[1-9][0-9]{0,9}))\s*+:((?:[^][(){},]++|\[[^][]*+\]|\([^()]*+\))*+)(\{[^{}]*+\})?+\s*+(static\b)?+\s*+(,|$)"
)
_BLOCK: Final = re.compile(r"(bb(?:0|[1-9][0-9]{0,9}))\s*+(?:\((.*)\))?\s*:")
_EDGE: Final = r"(bb[0-9]+)\s*+(?:\(([^()]*+)\))?\s*+"
_CASE: Final = re.compile(rf"\s*+({INTEGER.pattern})\s*+:\s*+{_EDGE}(,|$)")
#: How each terminator is written: for a person, and as a pattern.
_FORMS: Final = {
    name: (form, re.compile(pattern))
    for name, form, pattern in (
        ("jump", "jump bb1(v0)", rf"(){_EDGE}"),
        ("branch", "branch v0, bb1, bb2(v1)", rf"([^,()\[\]]*+),\s*+{_EDGE},\s*+{_EDGE}"),
        ("switch", "switch v0, [1: bb1, 2: bb2(v1)], bb3", rf"([^,()\[\]]*+),\s*+\[([^\[\]]*+)\]\s*+,\s*+{_EDGE}"),
        ("forall", "forall (v0, v1 | v2), bb1, bb2", rf"\(([^()]*+)\)\s*+,\s*+{_EDGE},\s*+{_EDGE}"),
        ("return", "return v0, v1", r"(.*)"),
        ("yield", "yield v0", r"(.*)"),
    )
}


class Line:
    """A line without its comment and the white space around it, and where it begins in the text."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start


class FunctionReader:
    """The lines of one function. Names are resolved at its end, since a block may come before its dominators."""

    def __init__(self, module: ModuleReader, function: Function, header: Line) -> None:
        self.module = module
        self.function = function
        self.header = header
        self.block: Block | None = None
        self.blocks: dict[str, Block] = {}
        self.values: dict[str, Value] = {}
        self.instrs: list[tuple[Instr, list[str], int]] = []
        self.ends: list[tuple[Terminator, list[str], list[tuple[str, list[str]]], int]] = []
        self.heads: dict[Block, Line] = {}
        #: Names whose definition was at fault: their uses are not.
        self.broken: set[str] = set()

    def line(self, line: Line) -> None:
        """A line between the header and `}`."""
        text = line.text
        if text[0] == "v" and "=" in text:
            self._instruction(line)
            return
        word = _OPERATION.match(text)
        if word is not None and word.group(1) in TERMINATORS:
            self._terminator(TERMINATORS[word.group(1)], word.group(2).strip(), line)
        elif block := _BLOCK.fullmatch(text):
            self._block(block.group(1), block.group(2), line)
        else:
            raise TextFault("E0501", "this is no block, instruction or terminator")

    def _block(self, name: str, params: str | None, line: Line) -> None:
        if self.block is not None and self.block.terminator is None:
            self._unfinished(self.block)
        number = self._numbered(name)
        if name in self.blocks:
            raise TextFault("E0503", f"there is a block `{name}` already", name)
        block = self.block = self.blocks[name] = Block(number, self.function)
        self.heads[block] = line
        self.function.blocks.append(block)
        self.function.next_block = max(self.function.next_block, number + 1)
        position = 0
        while params and position < len(params):
            param = _PARAM.match(params, position)
            if param is None:
                self.broken.update(re.findall(r"\bv[0-9]+", params))
                raise TextFault("E0501", "parameters are written `(v0: i64{0..}, v1: f64 static)`", params[position:])
            type_text, static = _without_static(param.group(2))
            self._param(block, param.group(1), type_text, param.group(3), static or param.group(4) is not None)
            position = param.end()

    def _param(self, block: Block, name: str, type_text: str, fact_text: str | None, static: bool) -> None:
        number, type, fact = self._defined(name, type_text, fact_text)
        param = Param(number, type, fact, static=static)
        param.block = block
        block.params.append(param)
        self.values[name] = param

    def _defined(self, name: str, type_text: str, fact_text: str | None) -> tuple[int, Type, Fact]:
        """The number, type and fact of a value that is defined; its name counts as broken if there is a fault."""
        if name in self.values:
            raise TextFault("E0503", f"there is a value `{name}` already", name)
        self.broken.add(name)
        number = self._numbered(name)
        type = self.module.type(type_text.strip())
        fact = self.module.fact(type, fact_text)
        self.broken.discard(name)
        self.function.next_value = max(self.function.next_value, number + 1)
        return number, type, fact

    def _numbered(self, name: str) -> int:
        number = int(name.lstrip("bv"))
        if number >= _MOST_NUMBERED:
            raise TextFault("E0508", f"the number of `{name}` is too large", name)
        return number

    def _instruction(self, line: Line) -> None:
        head, _, tail = line.text.partition("=")
        definition = _DEFINITION.fullmatch(head)
        operation = _OPERATION.fullmatch(tail)
        if definition is None or operation is None:
            self.broken.add(head.partition(":")[0].strip())
            raise TextFault("E0501", "an instruction is written `v2: i64{0..} = add v0, v1`")
        name = definition.group(1)
        number, type, fact = self._defined(name, definition.group(2), definition.group(3))
        self.broken.add(name)
        op = OPS.get(operation.group(1))
        if op is None:
            raise TextFault("E0505", f"there is no operation `{operation.group(1)[:40]}`", operation.group(1))
        aux, names = READERS[op.aux](type, operation.group(2).strip())
        instr = Instr(number, op, (), type, fact, aux)
        self._open_block().append(instr)
        self.broken.discard(name)
        self.values[name] = instr
        self.instrs.append((instr, names, line.start))
        if op.aux is Aux.SITE:
            assert isinstance(aux, int)
            self.module.checks.append((aux, instr, line.start))

    def _open_block(self) -> Block:
        if self.block is None:
            raise TextFault("E0501", "a function begins with a block, `bb0:`")
        if self.block.terminator is not None:
            raise TextFault("E0501", f"{self.block} has ended already")
        return self.block

    def _terminator(self, op: TerminatorOp, body: str, line: Line) -> None:
        form, pattern = _FORMS[op.name]
        match = pattern.fullmatch(body)
        if match is None:
            raise TextFault("E0501", f"this is written `{form}`")
        operands, *parts = match.groups()
        aux: tuple[int, ...] = ()
        targets: list[tuple[str, list[str]]] = []
        if op.name == "switch":
            aux, targets = self._cases(parts.pop(0))
        elif op.name == "forall" and "|" in operands:
            extents, operands = operands.split("|", 1)
            aux = (len(read_names(extents)),)
            operands = f"{extents}, {operands}"
        targets += [(name, read_names(args or "")) for name, args in zip(parts[::2], parts[1::2], strict=True)]
        terminator = Terminator(op, aux=aux)
        self._open_block().set_terminator(terminator)
        self.ends.append((terminator, read_names(operands), targets, line.start))

    def _cases(self, text: str) -> tuple[tuple[int, ...], list[tuple[str, list[str]]]]:
        cases, targets = [], []
        position = 0
        while position < len(text):
            case = _CASE.match(text, position)
            if case is None:
                raise TextFault("E0501", f"this is written `{_FORMS['switch'][0]}`", text[position:])
            cases.append(int(case.group(1)))
            targets.append((case.group(2), read_names(case.group(3) or "")))
            position = case.end()
        return tuple(cases), targets

    # ---- the end --------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Put the values and blocks in the places of their names."""
        if self.block is None:
            self.module.report(TextFault("E0507", "a function has a block at least"), self.header)
        elif self.block.terminator is None:
            self._unfinished(self.block)
        for instr, names, start in self.instrs:
            instr.args = self._found(names, start)
        for terminator, names, targets, start in self.ends:
            terminator.args = self._found(names, start)
            blocks = [(self._target(name, start), self._found(args, start)) for name, args in targets]
            terminator.edges = tuple([Edge(block, args) for block, args in blocks if block is not None])

    def _unfinished(self, block: Block) -> None:
        self.module.report(TextFault("E0507", f"{block} has no terminator"), self.heads[block])

    def _found(self, names: list[str], start: int) -> tuple[Value, ...]:
        values = self.values
        try:
            return tuple([values[name] for name in names])
        except KeyError:
            for name in names:
                if name not in values and name not in self.broken:
                    message = f"there is no value `{name[:40]}`" if name else "a value is missing between commas"
                    self.module.fault_at(TextFault("E0502", message, name), start)
            return ()

    def _target(self, name: str, start: int) -> Block | None:
        block = self.blocks.get(name)
        if block is None:
            self.module.fault_at(TextFault("E0502", f"there is no block `{name[:40]}`", name), start)
        return block


def _without_static(type_text: str) -> tuple[str, bool]:
    """A parameter's type, and whether `static` stood behind it."""
    stripped = type_text.rstrip()
    return (stripped.removesuffix("static"), True) if stripped.endswith(" static") else (type_text, False)
