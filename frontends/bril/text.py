"""The text form of Bril: to a `Program`, with every fault of syntax.

    parser = TextParser(Source(text, name))
    parser.program, parser.diagnostics

An instruction is matched as a whole by one expression, which is what makes this fast (a lexer takes ten times as long);
only where none matches is it looked at why. Blanks, line ends and comments may stand between any two tokens.

Ensures: linear time, also on text that is no program (no expression takes back what it has matched); every function
that has a head is in the program, with its instructions that can be read.
"""

from __future__ import annotations

import re
import sys
from typing import Final

from ssair.constants import Scalar
from ssair.diagnostics import Diagnostic, Source, Span
from ssair.frontends.bril.literals import read_literal
from ssair.frontends.bril.plain_text import PlainReader
from ssair.frontends.bril.program import Function, Instruction, Label, Parameter, Program, type_name
from ssair.frontends.bril.types import parse_type
from ssair.types import Type

_GAP: Final = r"[ \t\f\v\r\n]*+(?:#[^\n]*+[ \t\f\v\r\n]*+)*+"
_NAME: Final = r"[A-Za-z_%][A-Za-z0-9_%.]*+"
_TYPE: Final = rf"{_NAME}{_GAP}(?:<{_GAP}{_NAME}{_GAP})*+(?:>{_GAP})*+"
_LITERAL: Final = r"[+-]?\.?[0-9][0-9A-Za-z_.]*+(?:(?<=[eE])[+-][0-9]++)?|'(?:\\.|[^'\\\n])'"

_SPACE: Final = re.compile(_GAP)
_HEAD: Final = re.compile(
    rf"@({_NAME}){_GAP}(?:\(({_GAP}(?:{_NAME}{_GAP}:{_GAP}{_TYPE},?+{_GAP})*+)\){_GAP})?+(?::{_GAP}({_TYPE}))?+\{{{_GAP}"
)
_LABEL: Final = re.compile(rf"\.({_NAME}){_GAP}:{_GAP}")
_INSTRUCTION: Final = re.compile(
    rf"(?:({_NAME}){_GAP}(?::{_GAP}({_TYPE}))?+={_GAP})?+({_NAME}){_GAP}(?:({_LITERAL}){_GAP})?+((?:[@.]?{_NAME}{_GAP})*+)(;){_GAP}"
)
#: As much of an instruction as there is: what follows is what is wrong.
_BEGINNING: Final = re.compile(
    rf"(?:{_NAME}{_GAP}(?::{_GAP}(?:{_TYPE})?+)?+={_GAP})?+"
    rf"(?:{_NAME}{_GAP}(?:(?:{_LITERAL}){_GAP})?+(?:[@.]?{_NAME}{_GAP})*+)?+"
)
_PARAMETER: Final = re.compile(rf"{_GAP}({_NAME}){_GAP}:{_GAP}({_TYPE})(,?+)")
_STATEMENT_END: Final = re.compile(r"[;{}]|\n(?=[ \t]*+[.@])|\Z")
_FUNCTION_END: Final = re.compile(r"@|\Z")
_WORD: Final = re.compile(rf"[@.]?{_NAME}|[0-9]++|[^\s]|\Z")
_COMMENT: Final = re.compile(r"#[^\n]*")
_OPERAND: Final = re.compile(rf"#[^\n]*+|([@.]?{_NAME})")


class TextParser:
    """Reads one source at once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.program = Program(source=source)
        self.diagnostics: list[Diagnostic] = []
        self._types: dict[str, Type | None] = {}
        self._plain = PlainReader(self.text)
        position = self._after_gap(1 if self.text.startswith("\ufeff") else 0)
        while position < len(self.text):
            position = self._function(position)

    def _after_gap(self, position: int) -> int:
        found = _SPACE.match(self.text, position)
        assert found is not None
        return found.end()

    def _fault(self, code: str, message: str, start: int, end: int, help: str = "") -> None:
        self.diagnostics.append(self.source.diagnostic(code, message, Span(start, end), help=help))

    # ---- functions ------------------------------------------------------------------------------------------------

    def _function(self, position: int) -> int:
        """Read the function that begins at a place; gives the place after it."""
        head = _HEAD.match(self.text, position)
        if head is None:
            return self._no_function(position)
        name = head.group(1)
        params = self._params(head)
        result = self._type(head.group(3), head.start(3)) if head.group(3) is not None else None
        function = Function(name, params, result, place=Span(position, position + 1 + len(name)))
        self.program.functions.append(function)
        return self._body(function, head.end())

    def _no_function(self, position: int) -> int:
        word = self._word(position)
        if self.text[position] == "@":
            message = "the head of a function is written `@name(param: type, …): type {`"
        else:
            message = f"a function begins with `@`, not with `{_shown(word)}`"
        self._fault("E0701", message, position, position + len(word))
        end = _FUNCTION_END.search(self.text, position + 1)
        assert end is not None
        return end.start()

    def _params(self, head: re.Match[str]) -> tuple[Parameter, ...]:
        found = []
        comma, text = ",", head.group(2) or ""
        position = end = 0
        while (param := _PARAMETER.match(text, position)) is not None:
            start = head.start(2) + param.start(1)
            if not comma:
                self._fault("E0701", "parameters stand between commas", start, start + len(param.group(1)))
            type = self._type(param.group(2), head.start(2) + param.start(2))
            if type is not None:
                found.append(Parameter(sys.intern(param.group(1)), type))
            comma, position, end = param.group(3), param.end(), param.end()
        if found and comma:
            self._fault("E0701", "no parameter follows this comma", head.start(2) + end - 1, head.start(2) + end)
        return tuple(found)

    def _type(self, text: str, start: int) -> Type | None:
        if text not in self._types:
            self._types[text] = parse_type(text)
        type = self._types[text]
        if type is None:
            bare = _COMMENT.sub("", text).strip()
            self._fault("E0709", f"`{_shown(bare)}` is no type", start, start + len(bare), _TYPES_HELP)
        return type

    # ---- bodies ---------------------------------------------------------------------------------------------------

    def _body(self, function: Function, position: int) -> int:
        """Read labels and instructions up to the brace; gives the place after it."""
        text, length, body = self.text, len(self.text), function.body
        while (position := self._plain.read(position, body)) < length:
            found = _INSTRUCTION.match(text, position)
            if found is not None:
                instruction = self._instruction(found)
                if instruction is not None:
                    body.append(instruction)
                position = found.end()
                continue
            label = _LABEL.match(text, position)
            if label is not None:
                body.append(Label(sys.intern(label.group(1)), Span(position, position + 1 + len(label.group(1)))))
                position = label.end()
            elif text[position] == "}":
                return self._after_gap(position + 1)
            elif text[position] == "@":
                self._fault("E0701", f"`@{function.name}` has no `}}` at its end", *function.place)
                return position
            else:
                position = self._no_instruction(position)
        self._fault("E0701", f"`@{function.name}` has no `}}` at its end", *function.place)
        return position

    def _instruction(self, found: re.Match[str]) -> Instruction | None:
        dest, type_text, op, literal, rest, _ = found.groups()
        type = self._types.get(type_text)
        if type is None and type_text is not None:
            type = self._type(type_text, found.start(2))
        if (type_text is not None and type is None) or (type_text is None and dest is not None):
            if type_text is None:
                self._fault("E0704", f"`{dest}` needs its type: `{dest}: int = …`", found.start(), found.end(1))
            return None
        place = Span(found.start(), found.end(6))
        if literal is not None or op == "const":
            return self._const(found, dest, type, place)
        instruction = Instruction(sys.intern(op), dest and sys.intern(dest), type, place=place)
        if rest:
            self._operands(instruction, rest)
        return instruction

    def _operands(self, instruction: Instruction, rest: str) -> None:
        """Put names into the list that their first characters tell."""
        intern = sys.intern
        if "#" in rest:
            rest = _COMMENT.sub(" ", rest)
        if "@" not in rest and "." not in rest:
            instruction.args = tuple([intern(word) for word in rest.split()])
            return
        lists: dict[str, list[str]] = {"@": [], ".": [], "": []}
        # a name may follow the one before without a blank: `@f.a` is a name, `a@f` are two
        for word in rest.replace("@", " @").split():
            sign = word[0] if word[0] in "@." else ""
            lists[sign].append(intern(word[len(sign) :]))
        instruction.funcs, instruction.labels = tuple(lists["@"]), tuple(lists["."])
        instruction.args = tuple(lists[""])

    def _const(self, found: re.Match[str], dest: str | None, type: Type | None, place: Span) -> Instruction | None:
        _, _, op, literal, rest, _ = found.groups()
        start, words = found.start(4), _COMMENT.sub(" ", rest).split()
        if literal is not None and op != "const":
            self._fault("E0701", _NO_NUMBERS, start, start + len(literal), _NUMBERS_HELP)
            return None
        if literal is None and words:
            literal, start = words.pop(0), found.start(5)
        elif words:
            message = f"the instruction before `{_shown(words[0])}` has no `;` at its end"
            self._fault("E0701", message, found.start(5), found.start(5) + len(words[0]))
            return None
        if dest is None or type is None or literal is None or words:
            self._fault("E0704", "a `const` gives one literal to a variable: `x: int = const 1;`", *place)
            return None
        value: Scalar | None = read_literal(type, literal)
        if value is None:
            self._fault(
                "E0710",
                f"`{_shown(literal)}` is no literal of type {type_name(type)}",
                start,
                start + len(literal),
                _literal_help(type),
            )
            return None
        return Instruction("const", sys.intern(dest), type, value=value, place=place)

    # ---- what is wrong --------------------------------------------------------------------------------------------

    def _no_instruction(self, position: int) -> int:
        """Report what stands where an instruction should; gives the place to go on at, which is further on."""
        begun = _BEGINNING.match(self.text, position)
        wrong = begun.end() if begun is not None else position
        word = self._word(wrong)
        following = self._last_name(position, wrong)
        if word == ":" and following > position:
            self._fault("E0701", "the instruction before this has no `;` at its end", following, wrong)
            return following
        help = _INSTRUCTION_HELP
        if wrong == position:
            message = f"`{_shown(word)}` begins no instruction and no label"
        elif word in ("}", "") or word[0] in "@.":
            message = "an instruction ends in `;`"
        elif word[0].isdigit():
            message, help = _NO_NUMBERS, _NUMBERS_HELP
        else:
            message = f"`{_shown(word)}` has no place in an instruction"
        self._fault("E0701", message, wrong, wrong + len(word), help)
        end = _STATEMENT_END.search(self.text, max(wrong, position + 1))
        assert end is not None
        return self._after_gap(end.end() if end.group() == ";" else end.start())

    def _last_name(self, start: int, end: int) -> int:
        """Where the last name of a stretch begins; `start` if there is none."""
        last = start
        for found in _OPERAND.finditer(self.text, start, end):
            last = found.start(1) if found.group(1) else last
        return last

    def _word(self, position: int) -> str:
        found = _WORD.match(self.text, position)
        return found.group() if found is not None else ""


_TYPES_HELP: Final = "the types are int, bool, float, and ptr<…> of them"
_NO_NUMBERS: Final = "operands are variables, not numbers"
_NUMBERS_HELP: Final = "make it a variable first: `x: int = const 1;`"
_INSTRUCTION_HELP: Final = "an instruction is written `x: int = add a b;` or `print a;`"


def _literal_help(type: Type) -> str:
    return f"integers are from {-(2**63)} to {2**63 - 1}" if str(type) == "i64" else ""


def _shown(word: str) -> str:
    return word if len(word) <= 40 else word[:40] + "…"
