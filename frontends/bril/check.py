"""The rules of a Bril program: names that exist, parts that an instruction takes, types that agree.

Requires: a program as a reader makes it. Ensures: every fault is told; linear time. What a program without faults may
still do wrong is left to its run: read a variable that nothing was assigned to (one that nothing is ever assigned to
has no type, and takes any), end a function that has a result without one, fail in memory, divide by zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from ssair.diagnostics import Diagnostic, SourceError, Span
from ssair.frontends.bril.operations import SHAPES, UNSUPPORTED, VALUES
from ssair.frontends.bril.program import NOWHERE, Function, Instruction, Label, Program, type_name
from ssair.frontends.bril.well_formed import is_well_formed
from ssair.suggestions import nearest
from ssair.types import BOOL, I64, PointerType, Type


def check(program: Program) -> list[Diagnostic]:
    """The faults of a program; none if it is one."""
    return _Checker(program).faults


def variable_types(function: Function) -> dict[str, Type]:
    """The type of each variable that the function assigns, the one of its first assignment."""
    types: dict[str, Type] = {}
    for param in function.params:
        types.setdefault(param.name, param.type)
    for item in function.body:
        if isinstance(item, Instruction) and item.dest is not None and item.type is not None:
            types.setdefault(item.dest, item.type)
    return types


def shadow_types(function: Function) -> dict[str, Type]:
    """The type of each shadow variable that the function gets."""
    gets = [item for item in function.body if isinstance(item, Instruction) and item.op == "get"]
    return {item.dest: item.type for item in gets if item.dest is not None and item.type is not None}


class _Checker:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.faults: list[Diagnostic] = []
        self.functions: dict[str, Function] = {}
        for function in program.functions:
            self.function = function
            if function.name in self.functions:
                self.fault("E0708", f"there are two functions `@{function.name}`", function)
            self.functions.setdefault(function.name, function)
        for function in program.functions:
            self.check_function(function)

    def meant(self, name: str, known: Iterable[str], sign: str = "") -> str:
        """The advice to write the known name that is most like another; only the faults that are shown get any."""
        near = nearest(name, known) if len(self.faults) < SourceError.MAXIMUM_SHOWN else ""
        return f"did you mean `{sign}{near}`?" if near else ""

    def fault(
        self, code: str, message: str, item: Instruction | Label | Function, word: str = "", help: str = ""
    ) -> None:
        """Report a fault at a word of an item, or at all of it."""
        source = self.program.source
        if item.place == NOWHERE:
            where = f"@{self.function.name}: "
            if isinstance(item, Instruction):
                where += "{}:{}: ".format(*item.position) if item.position is not None else ""
                where += f"{_text_of(item)}: "
            self.faults.append(Diagnostic(code, where + message, 0, 0, 0, 0, help=help, source_name=source.name))
            return
        self.faults.append(source.diagnostic(code, message, _place_of(source.text, Span(*item.place), word), help=help))

    # ---- functions ------------------------------------------------------------------------------------------------

    def check_function(self, function: Function) -> None:
        """Check one function: at once where it keeps all the rules, else step by step."""
        if is_well_formed(function, self.functions):
            return
        self.function = function
        names: set[str] = set()
        for param in function.params:
            if param.name in names:
                self.fault("E0708", f"there are two parameters `{param.name}`", function)
            names.add(param.name)
        self.types = variable_types(function)
        self.shadows = shadow_types(function)
        self.labels: dict[str, None] = {}
        for item in function.body:
            if isinstance(item, Label):
                if item.name in self.labels:
                    self.fault("E0708", f"there are two labels `.{item.name}`", item)
                self.labels[item.name] = None
        for item in function.body:
            if isinstance(item, Instruction):
                self.check_instruction(item)

    def check_instruction(self, instruction: Instruction) -> None:
        """Check one instruction."""
        row = VALUES.get(instruction.op)
        if instruction.op not in SHAPES:
            reason = UNSUPPORTED.get(instruction.op)
            message = f"`{instruction.op}`: {reason}" if reason else f"there is no operation `{instruction.op}`"
            self.fault(
                "E0703", message, instruction, instruction.op, "" if reason else self.meant(instruction.op, SHAPES)
            )
        elif self.has_shape(instruction):
            self.check_dest(instruction)
            self.check_labels(instruction)
            if row is not None:
                self.want_all(instruction, row.args, row.result)
            elif instruction.op in _RULES:
                _RULES[instruction.op](self, instruction)

    def has_shape(self, instruction: Instruction) -> bool:
        """Whether an instruction has the parts that it has to have."""
        shape = SHAPES[instruction.op]
        if shape.dest is not None and shape.dest != (instruction.dest is not None):
            what = "gives a value, which needs a variable" if shape.dest else "gives no value"
            self.fault("E0704", f"`{instruction.op}` {what}", instruction)
            return False
        for wanted, found, what in (
            (shape.args, instruction.args, "operand"),
            (shape.funcs, instruction.funcs, "function"),
            (shape.labels, instruction.labels, "label"),
        ):
            if wanted is not None and len(found) != wanted:
                message = f"`{instruction.op}` takes {_count(wanted, what)}, not {len(found)}"
                self.fault("E0704", message, instruction)
                return False
        return True

    def check_dest(self, instruction: Instruction) -> None:
        """A variable has one type in its function."""
        dest, type = instruction.dest, instruction.type
        if dest is not None and type is not None and self.types[dest] is not type:
            first = type_name(self.types[dest])
            self.fault("E0706", f"`{dest}` is {_article(first)} elsewhere in this function", instruction, dest)

    def check_labels(self, instruction: Instruction) -> None:
        """Labels are those of the function."""
        for label in instruction.labels:
            if label not in self.labels:
                message = f"`@{self.function.name}` has no label `.{label}`"
                self.fault("E0707", message, instruction, f".{label}", self.meant(label, self.labels, "."))

    # ---- types ----------------------------------------------------------------------------------------------------

    def want(self, instruction: Instruction, name: str, wanted: Type) -> None:
        """A variable that is read has the type that is wanted."""
        found = self.types.get(name, wanted)
        if found is not wanted:
            message = f"`{name}` is {_article(type_name(found))}, where {_article(type_name(wanted))} is wanted"
            self.fault("E0705", message, instruction, name)

    def want_all(self, instruction: Instruction, wanted: tuple[Type, ...], result: Type | None) -> None:
        """The operands and the result have the types that are wanted."""
        for name, type in zip(instruction.args, wanted, strict=True):
            self.want(instruction, name, type)
        if result is not None:
            self.want_result(instruction, result)

    def want_result(self, instruction: Instruction, result: Type) -> None:
        """The result has the type that is wanted."""
        if instruction.type is not None and instruction.type is not result:
            message = f"`{instruction.op}` gives {_article(type_name(result))} here, not {type_name(instruction.type)}"
            self.fault("E0705", message, instruction, instruction.dest or "")

    def pointer(self, instruction: Instruction, name: str) -> PointerType | None:
        """The type of a variable that has to be a pointer; None if it is none, or not known."""
        type = self.types.get(name)
        if type is not None and not isinstance(type, PointerType):
            self.fault("E0705", f"`{name}` is {_article(type_name(type))}, and no pointer", instruction, name)
        return type if isinstance(type, PointerType) else None

    def check_call(self, instruction: Instruction) -> None:
        """A call gives what the function takes, and takes what it gives."""
        callee = self.functions.get(instruction.funcs[0])
        if callee is None:
            name = instruction.funcs[0]
            help = self.meant(name, self.functions, "@")
            self.fault("E0707", f"there is no function `@{name}`", instruction, f"@{name}", help)
            return
        if len(instruction.args) != len(callee.params):
            message = f"`@{callee.name}` takes {_count(len(callee.params), 'operand')}, not {len(instruction.args)}"
            self.fault("E0704", message, instruction)
            return
        if (instruction.dest is None) != (callee.type is None):
            what = "gives no value" if callee.type is None else "gives a value, which needs a variable"
            self.fault("E0704", f"`@{callee.name}` {what}", instruction)
        self.want_all(instruction, tuple(param.type for param in callee.params), callee.type)

    def check_return(self, instruction: Instruction) -> None:
        """A function returns a value if it has a type."""
        type = self.function.type
        if len(instruction.args) != (type is not None):
            message = "returns no value" if type is None else f"returns {_article(type_name(type))}"
            self.fault("E0704", f"`@{self.function.name}` {message}", instruction)
        elif type is not None:
            self.want(instruction, instruction.args[0], type)

    def check_branch(self, instruction: Instruction) -> None:
        """A branch asks a truth value."""
        self.want(instruction, instruction.args[0], BOOL)

    def check_copy(self, instruction: Instruction) -> None:
        """A copy has the type of what it copies."""
        assert instruction.type is not None
        self.want(instruction, instruction.args[0], instruction.type)

    def check_set(self, instruction: Instruction) -> None:
        """A shadow variable has the type of the `get` that reads it."""
        shadow, name = instruction.args
        if shadow in self.shadows:
            self.want(instruction, name, self.shadows[shadow])

    # ---- memory ---------------------------------------------------------------------------------------------------

    def check_alloc(self, instruction: Instruction) -> None:
        """A number of cells gives a pointer."""
        self.want(instruction, instruction.args[0], I64)
        if not isinstance(instruction.type, PointerType) and instruction.type is not None:
            message = f"`alloc` gives a pointer, and no {type_name(instruction.type)}"
            self.fault("E0705", message, instruction, instruction.dest or "")

    def check_free(self, instruction: Instruction) -> None:
        """What is freed is a pointer."""
        self.pointer(instruction, instruction.args[0])

    def check_load(self, instruction: Instruction) -> None:
        """A load gives what the pointer points to."""
        pointer = self.pointer(instruction, instruction.args[0])
        if pointer is not None:
            self.want_result(instruction, pointer.target)

    def check_store(self, instruction: Instruction) -> None:
        """A store puts away what the pointer points to."""
        pointer = self.pointer(instruction, instruction.args[0])
        if pointer is not None:
            self.want(instruction, instruction.args[1], pointer.target)

    def check_move(self, instruction: Instruction) -> None:
        """A moved pointer has the type that it had."""
        pointer = self.pointer(instruction, instruction.args[0])
        self.want(instruction, instruction.args[1], I64)
        if pointer is not None:
            self.want_result(instruction, pointer)
        elif not isinstance(instruction.type, PointerType) and instruction.type is not None:
            self.fault("E0705", "`ptradd` gives a pointer", instruction, instruction.dest or "")


_RULES: Final[dict[str, Callable[[_Checker, Instruction], None]]] = {
    "id": _Checker.check_copy,
    "br": _Checker.check_branch,
    "ret": _Checker.check_return,
    "call": _Checker.check_call,
    "set": _Checker.check_set,
    "alloc": _Checker.check_alloc,
    "free": _Checker.check_free,
    "load": _Checker.check_load,
    "store": _Checker.check_store,
    "ptradd": _Checker.check_move,
}


def _place_of(text: str, place: Span, word: str) -> Span:
    """Where a word stands in the text of an item, the last time; all of the item if it does not."""
    if not word:
        return place
    whole_word = rf"(?<![A-Za-z0-9_%.@]){re.escape(word)}(?![A-Za-z0-9_%.])"
    starts = [found.start() for found in re.finditer(whole_word, text[place.start : place.end])]
    if not starts:
        return place
    return Span(place.start + starts[-1], place.start + starts[-1] + len(word))


def _text_of(instruction: Instruction) -> str:
    """An instruction in short, to find it by."""
    operands = (*(f"@{name}" for name in instruction.funcs), *instruction.args, *(f".{n}" for n in instruction.labels))
    text = " ".join((instruction.op, *operands))
    return f"`{text if len(text) <= 60 else text[:60] + '…'}`"


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


def _article(name: str) -> str:
    return f"an {name}" if name == "int" else f"a {name}"
