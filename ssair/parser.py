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
from ssair.immediates import NAME, TextFault, read_function_name, read_names, read_number, read_string
from ssair.ir import NO_SPAN, Function, Instr, Module, Site, Span
from ssair.ops import CHECK_KINDS, TRAP_KINDS
from ssair.parser_function import FunctionReader, Line
from ssair.types import TupleType, Type, parse_type
from ssair.verifier import VerifierError, verify

#: Reading ends at this many faults.
_MOST_FAULTS: Final = 100
_DEEPEST_POINTER: Final = 64

_LINE: Final = re.compile(r"[^\r\n]+")
_COMMENT: Final = re.compile(r'(?:[^";]++|"(?:[^"\\]|\\.)*+")*+')
_HEADER: Final = re.compile(rf"func\s+({NAME})\s*+(?:->([^{{}}]*+))?\{{")
_ENTRY: Final = re.compile(rf"entry\s+({NAME})")
_SPAN: Final = re.compile(r"([0-9]{1,9}):([0-9]{1,9})-([0-9]{1,9}):([0-9]{1,9})")
_SITE: Final = re.compile(
    rf"site\s+([0-9]+)\s*+:\s*+([a-z]+)(?:\s+at\s+({_SPAN.pattern}))?"
    r'(?:\s+dimension\s+([0-9]+)|\s*+("(?:[^"\\]|\\.)*+"))?+(?:\s+called\s+from\s+(.*))?'
)


def parse_module(text: str, name: str = "<text>", *, verified: bool = True) -> Module:
    """The module that `text` shows; `name` is what its faults are shown with.

    Raises: SourceError (E0501 to E0509).

    >>> module = parse_module("func @f -> i64 {\\nbb0(v0: i64):\\n  v1: i64 = neg v0\\n  return v1\\n}\\n")
    >>> str(module.functions["f"].blocks[0].instrs[0])
    'v1'
    """
    return ModuleReader(text, name).read(verified)


def parse_function(text: str, name: str = "<text>", *, verified: bool = True) -> Function:
    """The first function of the module that `text` shows. Raises: SourceError, as `parse_module` does."""
    return next(iter(parse_module(text, name, verified=verified).functions.values()))


class ModuleReader:
    """The lines outside functions; what is inside goes to a `FunctionReader`."""

    def __init__(self, text: str, name: str) -> None:
        self.source = diagnostics.Source(text, name)
        self.module = Module()
        self.faults: list[Diagnostic] = []
        self.spans: dict[Span, int] = {}
        self.facts: dict[tuple[Type, str], Fact] = {}
        self.types: dict[str, Type] = {}
        self.checks: list[tuple[int, Instr, int]] = []
        self.starts: dict[str, int] = {}
        self.entry: Line | None = None
        self.function: FunctionReader | None = None

    def read(self, verified: bool) -> Module:
        """The whole text."""
        end = Line("", 0)
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

    def _strip(self, text: str, start: int) -> Line:
        if ";" in text:
            if '"' in text:
                comment = _COMMENT.match(text)
                assert comment is not None
                # an open string is left in the line, which then fits no form
                text = text[: comment.end()] if text[comment.end() :].startswith(";") else text
            else:
                text = text.partition(";")[0]
        stripped = text.lstrip()
        return Line(stripped.rstrip(), start + len(text) - len(stripped))

    def guarded(self, read: Callable[[Line], None], line: Line) -> None:
        """Read a line; its fault, if it has one, is noted."""
        try:
            read(line)
        except TextFault as fault:
            self.report(fault, line)

    def report(self, fault: TextFault, line: Line) -> None:
        """Note a fault of a line, at the words at fault."""
        start, end = 0, len(line.text)
        if fault.words:
            found = re.search(rf"(?<!\w){re.escape(fault.words)}(?!\w)", line.text)
            start = found.start() if found else max(line.text.find(fault.words), 0)
            end = start + len(fault.words)
        place = diagnostics.Span(line.start + start, line.start + end)
        self.faults.append(self.source.diagnostic(fault.code, fault.message, place))

    def _line(self, line: Line) -> None:
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

    def _open(self, line: Line) -> None:
        if self.function is not None:
            self.report(TextFault("E0507", "the function before has no `}`"), line)
            self._close()
        header = _HEADER.fullmatch(line.text)
        if header is None:
            self.function = FunctionReader(self, Function("", (), self.module), line)
            raise TextFault("E0501", "a function begins `func @name -> type {`")
        name = read_function_name(header.group(1))
        function = Function(name, (), self.module)
        self.function = FunctionReader(self, function, line)
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
        if (dimension is not None and kind != "index") or (message is not None and kind not in ("assert", "size")):
            raise TextFault("E0506", "only `index` has a dimension, and only `assert` and `size` have a message")
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

    def _line_at(self, start: int) -> Line:
        found = _LINE.match(self.source.text, start)
        assert found is not None
        return self._strip(found.group(), start)

    # ---- the end --------------------------------------------------------------------------------------------------

    def _finish(self, last: Line) -> None:
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
