"""Reads the text form of the IR, which `ssair.printer` shows.

    parse_module(text)          Module; `str(parse_module(text)) == text` for all that was printed
    parse_function(text)        its first function

Text written by hand may be laid out freely within a line, with blank lines and `;` comments; a fact that is left out is
the top of its type; a value may be used before the line that defines it, in blocks that its own dominates. Sites of
traps that no line declares are made as the checks need them, without a span, if no site at all is declared.

Ensures: valid IR (unless `verified` is false, for who wants to see the verifier itself), or a `SourceError` with every
fault that was found, whatever the text. Linear time, no recursion. The form is one of lines, so a scanner of lines by
hand is both shorter than a grammar with a tree to be walked and ten times faster, and every line has its own fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ssair import diagnostics
from ssair.diagnostics import Diagnostic, SourceError
from ssair.facts import Fact, parse_fact, top
from ssair.immediates import INTEGER, NAME, READERS, TextFault, read_function_name, read_names, read_number, read_string
from ssair.ir import NO_SPAN, Block, Edge, Function, Instr, Module, Param, Site, Span, Terminator, Value
from ssair.ops import CHECK_KINDS, OPS, TERMINATORS, TRAP_KINDS, Aux, TerminatorOp
from ssair.types import TupleType, Type, parse_type
from ssair.verifier import VerifierError, verify

#: Reading ends at this many faults.
_MOST_FAULTS: Final = 100
_MOST_NUMBERED: Final = 1 << 31
_DEEPEST_POINTER: Final = 64

_LINE: Final = re.compile(r"[^\r\n]+")
_COMMENT: Final = re.compile(r'(?:[^";]++|"(?:[^"\\]|\\.)*+")*+')
_DEFINITION: Final = re.compile(r"(v(?:0|[1-9][0-9]{0,9}))\s*+:([^{}]*+)(\{[^{}]*+\})?+\s*+")
_OPERATION: Final = re.compile(r"\s*+([a-z_][a-z_0-9]*+)(.*)")
_PARAM: Final = re.compile(
    r"\s*+(v(?:0|[1-9][0-9]{0,9}))\s*+:((?:[^][(){},]++|\[[^][]*+\]|\([^()]*+\))*+)(\{[^{}]*+\})?+\s*+(static\b)?+\s*+(,|$)"
)
_BLOCK: Final = re.compile(r"(bb(?:0|[1-9][0-9]{0,9}))\s*+(?:\((.*)\))?\s*:")
_HEADER: Final = re.compile(rf"func\s+({NAME})\s*+(?:->([^{{}}]*+))?\{{")
_ENTRY: Final = re.compile(rf"entry\s+({NAME})")
_SPAN_TEXT: Final = r"([0-9]{1,9}):([0-9]{1,9})-([0-9]{1,9}):([0-9]{1,9})"
_SPAN: Final = re.compile(_SPAN_TEXT)
_SITE: Final = re.compile(
    rf"site\s+([0-9]+)\s*+:\s*+([a-z]+)(?:\s+at\s+({_SPAN.pattern}))?"
    r'(?:\s+dimension\s+([0-9]+)|\s*+("(?:[^"\\]|\\.)*+"))?+(?:\s+called\s+from\s+(.*))?'
)
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


def parse_module(text: str, name: str = "<text>", *, verified: bool = True) -> Module:
    """The module that `text` shows; `name` is what its faults are shown with.

    Raises: SourceError (E0501 to E0509).

    >>> module = parse_module("func @f -> i64 {\\nbb0(v0: i64):\\n  v1: i64 = neg v0\\n  return v1\\n}\\n")
    >>> str(module.functions["f"].blocks[0].instrs[0])
    'v1'
    """
    return _ModuleReader(text, name).read(verified)


def parse_function(text: str, name: str = "<text>", *, verified: bool = True) -> Function:
    """The first function of the module that `text` shows. Raises: SourceError, as `parse_module` does."""
    return next(iter(parse_module(text, name, verified=verified).functions.values()))


class _Line:
    """A line without its comment and the white space around it, and where it begins in the text."""

    __slots__ = ("start", "text")

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = start


class _ModuleReader:
    """The lines outside functions; what is inside goes to a `_FunctionReader`."""

    def __init__(self, text: str, name: str) -> None:
        self.source = diagnostics.Source(text, name)
        self.module = Module()
        self.faults: list[Diagnostic] = []
        self.spans: dict[Span, int] = {}
        self.facts: dict[tuple[Type, str], Fact] = {}
        self.types: dict[str, Type] = {}
        self.checks: list[tuple[int, Instr, int]] = []
        self.starts: dict[str, int] = {}
        self.entry: _Line | None = None
        self.function: _FunctionReader | None = None

    def read(self, verified: bool) -> Module:
        """The whole text."""
        end = _Line("", 0)
        for match in _LINE.finditer(self.source.text):
            end = self._strip(match.group(), match.start())
            if end.text:
                self.guarded(self._line, end)
            if len(self.faults) >= _MOST_FAULTS:
                break
        else:
            self._finish(end)
        if self.faults:
            raise SourceError(self.faults)
        if verified:
            self._verify()
        return self.module

    def _strip(self, text: str, start: int) -> _Line:
        if ";" in text:
            if '"' in text:
                comment = _COMMENT.match(text)
                assert comment is not None
                # an open string is left in the line, which then fits no form
                text = text[: comment.end()] if text[comment.end() :].startswith(";") else text
            else:
                text = text.partition(";")[0]
        stripped = text.lstrip()
        return _Line(stripped.rstrip(), start + len(text) - len(stripped))

    def guarded(self, read: Callable[[_Line], None], line: _Line) -> None:
        """Read a line; its fault, if it has one, is noted."""
        try:
            read(line)
        except TextFault as fault:
            self.report(fault, line)

    def report(self, fault: TextFault, line: _Line) -> None:
        """Note a fault of a line, at the words at fault."""
        start, end = 0, len(line.text)
        if fault.words:
            found = re.search(rf"(?<!\w){re.escape(fault.words)}(?!\w)", line.text)
            start = found.start() if found else max(line.text.find(fault.words), 0)
            end = start + len(fault.words)
        place = diagnostics.Span(line.start + start, line.start + end)
        self.faults.append(self.source.diagnostic(fault.code, fault.message, place))

    def _line(self, line: _Line) -> None:
        text = line.text
        if text.startswith("func"):
            self._open(line)
        elif self.function is not None:
            if text == "}":
                self._close()
            else:
                self.function.line(line)
        elif text.startswith("site"):
            self._site(text)
        elif text.startswith("entry") and (entry := _ENTRY.fullmatch(text)):
            self.module.entry_name = read_function_name(entry.group(1))
            self.entry = line
        else:
            raise TextFault("E0501", "only `func @name -> type {`, `site` and `entry` stand outside functions")

    def _open(self, line: _Line) -> None:
        if self.function is not None:
            self.report(TextFault("E0507", "the function before has no `}`"), line)
            self._close()
        header = _HEADER.fullmatch(line.text)
        if header is None:
            self.function = _FunctionReader(self, Function("", (), self.module), line)
            raise TextFault("E0501", "a function begins `func @name -> type {`")
        name = read_function_name(header.group(1))
        function = Function(name, (), self.module)
        self.function = _FunctionReader(self, function, line)
        if name in self.module.functions:
            raise TextFault("E0503", f"there is a function `{name[:40]}` already", header.group(1))
        self.module.functions[name] = function
        self.starts[name] = line.start
        if header.group(2) is not None:
            result = self.type(header.group(2).strip())
            function.results = result.items if isinstance(result, TupleType) else (result,)

    def _close(self) -> None:
        assert self.function is not None
        self.function.finish()
        self.function = None

    def type(self, text: str) -> Type:
        """The type that `text` names."""
        found = self.types.get(text)
        if found is None:
            if text.count("ptr<") > _DEEPEST_POINTER or text.count("(") > 1:
                raise TextFault("E0504", "this type nests too deep", text)
            try:
                found = self.types[text] = parse_type(text)
            except ValueError:
                raise TextFault("E0504", f"there is no type `{text[:40]}`", text) from None
        return found

    def fact(self, type: Type, text: str | None) -> Fact:
        """What the braces behind a type say."""
        if text is None:
            return top(type)
        found = self.facts.get((type, text))
        if found is None:
            try:
                found = self.facts[type, text] = parse_fact(type, text)
            except ValueError:
                raise TextFault("E0504", f"`{text[:40]}` says nothing of type {str(type)[:40]}", text) from None
        return found

    # ---- sites ----------------------------------------------------------------------------------------------------

    def _site(self, text: str) -> None:
        site = _SITE.fullmatch(text)
        if site is None:
            raise TextFault("E0501", "a site is written `site 0: index at 1:5-1:10 dimension 0 called from 9:1-9:7`")
        number, kind, span, *_, dimension, message, calls = site.groups()
        if number != str(len(self.module.sites)):
            raise TextFault("E0503", f"the next site has the number {len(self.module.sites)}", number)
        self.module.sites.append(Site("assert", NO_SPAN))
        if kind not in TRAP_KINDS:
            raise TextFault("E0506", f"there is no kind of trap `{kind}`", kind)
        if (dimension is not None and kind != "index") or (message is not None and kind != "assert"):
            raise TextFault("E0506", "only `index` has a dimension, and only `assert` a message")
        detail = read_number(dimension) if dimension is not None else None
        told = read_string(message) if message is not None else None
        around = tuple([self._span(call) for call in read_names(calls or "")])
        where = self._span(span) if span is not None else NO_SPAN
        self.module.sites[-1] = Site(kind, where, detail if told is None else told, around)

    def _span(self, text: str) -> int:
        if text == "?":
            return NO_SPAN
        numbers = _SPAN.fullmatch(text)
        if numbers is None:
            raise TextFault("E0501", "a span is written `12:5-12:14`", text)
        span = Span(*[int(number) for number in numbers.groups()])
        if span not in self.spans:
            self.spans[span] = self.module.new_span(*span)
        return self.spans[span]

    def _resolve_sites(self) -> None:
        declared = len(self.module.sites)
        for number, check, start in self.checks:
            if number < len(self.module.sites) and declared:
                continue
            if declared:
                self.fault_at(TextFault("E0502", f"there is no site {number}", f"@{number}"), start)
            elif number > len(self.source.text):
                self.fault_at(TextFault("E0508", "the sites before this one have to be declared", f"@{number}"), start)
            else:
                missing = number + 1 - len(self.module.sites)
                self.module.sites += [Site("assert", NO_SPAN)] * missing
                self.module.sites[number] = Site(CHECK_KINDS[check.op.name], NO_SPAN)

    def fault_at(self, fault: TextFault, start: int) -> None:
        """Note a fault of the line that begins at `start`."""
        if len(self.faults) < _MOST_FAULTS:
            self.report(fault, self._line_at(start))

    def _line_at(self, start: int) -> _Line:
        found = _LINE.match(self.source.text, start)
        assert found is not None
        return self._strip(found.group(), start)

    # ---- the end --------------------------------------------------------------------------------------------------

    def _finish(self, last: _Line) -> None:
        if self.function is not None:
            self.report(TextFault("E0507", "the last function has no `}`"), last)
            self._close()
        if self.entry is not None and self.module.entry_name not in self.module.functions:
            self.report(TextFault("E0502", f"there is no function `{self.module.entry_name}`"), self.entry)
        if not self.module.functions and not self.faults:
            self.report(TextFault("E0501", "there are no functions here"), last)
        self._resolve_sites()

    def _verify(self) -> None:
        try:
            verify(self.module)
        except VerifierError as error:
            start = self.starts.get(error.function.name, 0) if error.function is not None else 0
            if error.value is not None:
                pattern = rf"\b{error.value}\s*:"
            else:
                pattern = rf"\b{error.block}\b" if error.block is not None else "func"
            found = re.compile(pattern).search(self.source.text, start)
            place = diagnostics.Span(*found.span()) if found else diagnostics.Span(start, start)
            message = f"{error.message} ({error.rule})"
            raise SourceError([self.source.diagnostic("E0509", message, place)]) from error


class _FunctionReader:
    """The lines of one function. Names are resolved at its end, since a block may come before its dominators."""

    def __init__(self, module: _ModuleReader, function: Function, header: _Line) -> None:
        self.module = module
        self.function = function
        self.header = header
        self.block: Block | None = None
        self.blocks: dict[str, Block] = {}
        self.values: dict[str, Value] = {}
        self.instrs: list[tuple[Instr, list[str], int]] = []
        self.ends: list[tuple[Terminator, list[str], list[tuple[str, list[str]]], int]] = []
        self.heads: dict[Block, _Line] = {}
        #: Names whose definition was at fault: their uses are not.
        self.broken: set[str] = set()

    def line(self, line: _Line) -> None:
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

    def _block(self, name: str, params: str | None, line: _Line) -> None:
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

    def _instruction(self, line: _Line) -> None:
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

    def _terminator(self, op: TerminatorOp, body: str, line: _Line) -> None:
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
