"""The JSON form of Bril: to a `Program`, with every place that does not have the form.

    parser = JsonParser(Source(text, name))
    parser.program, parser.diagnostics

What the form does not know (`src`, …) is passed over; a name may be any string, also one that the text form cannot
write. Diagnostics of JSON that can be read tell the function and the number of the instruction in it, counted from 1,
since the reader of JSON keeps no places; and the line and column that `pos` gives it, if it does.

Ensures: linear time; nothing but diagnostics comes of any text.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from ssair.diagnostics import Diagnostic, Source, Span
from ssair.frontends.bril.literals import constant_of
from ssair.frontends.bril.program import Function, Instruction, Item, Label, Parameter, Program, type_name
from ssair.frontends.bril.types import json_type
from ssair.types import Type

#: Integers of more digits are no literals of any type but float.
_MOST_DIGITS: Final = 400


class JsonParser:
    """Reads one source at once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.program = Program(source=source)
        self.diagnostics: list[Diagnostic] = []
        #: What messages begin with: the function and instruction that is read.
        self._where = ""
        try:
            data = json.loads(source.text.removeprefix("\ufeff"), parse_int=_integer)
        except json.JSONDecodeError as error:
            place = Span(error.pos, error.pos + 1)
            self.diagnostics.append(source.diagnostic("E0702", f"this is no JSON: {error.msg.lower()}", place))
        except RecursionError:
            self._fault("E0702", "the JSON nests too deep")
        else:
            self._program(data)

    def _fault(self, code: str, message: str) -> None:
        self.diagnostics.append(Diagnostic(code, self._where + message, 0, 0, 0, 0, source_name=self.source.name))

    def _program(self, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("functions"), list):
            self._fault("E0702", 'a program is written {"functions": […]}')
            return
        if data.get("imports"):
            self._fault("E0702", "imports are not supported")
        for place, function in enumerate(data["functions"], 1):
            self._where = f"function {place}: "
            self._function(function)

    def _function(self, data: Any) -> None:
        if not isinstance(data, dict):
            self._fault("E0702", f"a function is an object, not {_shown(data)}")
            return
        name = self._name(data.get("name"), "a function's name")
        self._where = f"@{name}: "
        result = self._type(data["type"]) if data.get("type") is not None else None
        function = Function(name, self._params(data), result)
        self.program.functions.append(function)
        for place, item in enumerate(self._list(data, "instrs"), 1):
            position = _position(item)
            self._where = f"@{name}, instruction {place}{' at {}:{}'.format(*position) if position else ''}: "
            read = self._item(item)
            if read is not None:
                function.body.append(read)
                if position is not None and isinstance(read, Instruction):
                    read.position = position

    def _params(self, data: dict[str, Any]) -> tuple[Parameter, ...]:
        found = []
        for param in self._list(data, "args"):
            if not isinstance(param, dict):
                self._fault("E0702", f"a parameter is an object, not {_shown(param)}")
                continue
            name, type = self._name(param.get("name"), "a parameter's name"), self._type(param.get("type"))
            if type is not None:
                found.append(Parameter(name, type))
        return tuple(found)

    def _item(self, data: Any) -> Item | None:
        if isinstance(data, dict) and "label" in data:
            return Label(self._name(data["label"], "a label"))
        if not isinstance(data, dict) or not isinstance(data.get("op"), str):
            self._fault("E0702", "an instruction is an object with an `op`, or a `label`")
            return None
        op, dest, type = sys.intern(data["op"]), None, None
        if data.get("dest") is not None:
            dest = self._name(data["dest"], "a destination")
            if data.get("type") is None:
                self._fault("E0704", f"`{dest}` needs its type")
                return None
            type = self._type(data["type"])
            if type is None:
                return None
        if op == "const":
            return self._const(dest, type, data)
        return Instruction(
            op, dest, type, self._names(data, "args"), self._names(data, "funcs"), self._names(data, "labels")
        )

    def _const(self, dest: str | None, type: Type | None, data: dict[str, Any]) -> Instruction | None:
        if dest is None or type is None or "value" not in data:
            self._fault("E0704", "a `const` has a destination, a type and a value")
            return None
        value = constant_of(type, data["value"])
        if value is None:
            self._fault("E0710", f"{_shown(data['value'])} is no literal of type {type_name(type)}")
            return None
        return Instruction(
            "const",
            dest,
            type,
            self._names(data, "args"),
            self._names(data, "funcs"),
            self._names(data, "labels"),
            value,
        )

    def _names(self, data: dict[str, Any], key: str) -> tuple[str, ...]:
        if key not in data:
            return ()
        return tuple([self._name(name, f"an element of `{key}`") for name in self._list(data, key)])

    def _list(self, data: dict[str, Any], key: str) -> list[Any]:
        found = data.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            self._fault("E0702", f"`{key}` is a list, not {_shown(found)}")
            return []
        return found

    def _name(self, data: Any, what: str) -> str:
        if isinstance(data, str):
            return sys.intern(data)
        self._fault("E0702", f"{what} is a name, not {_shown(data)}")
        return "?"

    def _type(self, data: Any) -> Type | None:
        type = json_type(data)
        if type is None:
            self._fault("E0709", f"{_shown(data)} is no type")
        return type


def _position(data: Any) -> tuple[int, int] | None:
    """The line and column that an object has in the text that it was made of, if it tells them."""
    found = data.get("pos") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        return None
    row, column = found.get("row"), found.get("col")
    return (row, column) if type(row) is int and type(column) is int else None


def _integer(digits: str) -> float:
    """A JSON number without a point; exact, but where no type of Bril tells it from infinity."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _shown(data: object) -> str:
    if isinstance(data, dict | list):
        return "an object" if isinstance(data, dict) else "a list"
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 40 else text[:40] + "…"
