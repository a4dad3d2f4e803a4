"""Bril programs as text and as JSON.

    print(format_program(program), end="")
    json_form(program)                      # the text of a JSON object

Requires: names that Bril's text can hold (`is_name`) for `format_program`; JSON holds any. Ensures: what is read back
is the same program, places aside: integers are exact, floats are written so that they are read as the same bits (there
is no literal for infinities and NaN: `ssair.frontends.bril.legalize` leaves none). Linear.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Final

from ssair.constants import Scalar
from ssair.frontends.bril.program import TYPE_NAMES, Function, Instruction, Label, Parameter, Program, type_name
from ssair.types import PointerType, Type

_NAME: Final = re.compile(r"[A-Za-z_%][A-Za-z0-9_%.]*")

JsonValue = str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"]


def is_name(text: str) -> bool:
    """Whether a name can stand in Bril's text."""
    return _NAME.fullmatch(text) is not None


# ---- text ---------------------------------------------------------------------------------------------------------


def format_program(program: Program) -> str:
    """The text of a program, with an empty line between functions."""
    return "\n".join([format_function(function) for function in program.functions])


def format_function(function: Function) -> str:
    """The text of a function."""
    lines = [f".{item.name}:" if isinstance(item, Label) else f"  {_format(item)};" for item in function.body]
    return "\n".join([format_head(function.name, function.params, function.type), *lines, "}\n"])


def format_head(name: str, params: Sequence[Parameter], result: Type | None) -> str:
    """The line that a function begins with."""
    inside = ", ".join([f"{param.name}: {type_name(param.type)}" for param in params])
    return f"@{name}{f'({inside})' if inside else ''}{f': {type_name(result)}' if result is not None else ''} {{"


def _format(instruction: Instruction) -> str:
    words = [instruction.op]
    if instruction.dest is not None and instruction.type is not None:
        name = TYPE_NAMES.get(instruction.type) or type_name(instruction.type)
        words = [f"{instruction.dest}: {name} = {instruction.op}"]
    if instruction.value is not None:
        words.append(format_literal(instruction.value))
    if instruction.funcs:
        words += [f"@{name}" for name in instruction.funcs]
    words += instruction.args
    if instruction.labels:
        words += [f".{name}" for name in instruction.labels]
    return " ".join(words)


def format_literal(value: Scalar) -> str:
    """A constant as Bril's text has it; a float always with a point, for `-0` would be an integer."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    assert math.isfinite(value), f"{value} has no literal"
    digits, mark, exponent = repr(value).partition("e")
    return digits + ("" if "." in digits else ".0") + mark + exponent


# ---- JSON ---------------------------------------------------------------------------------------------------------


def json_form(program: Program) -> str:
    """The text of a program as JSON: an object a line, more or less, so that people can read it."""
    functions = ",\n".join(_function_text(function) for function in program.functions)
    return f'{{"functions": [\n{functions}\n]}}\n' if functions else '{"functions": []}\n'


def _function_text(function: Function) -> str:
    head: dict[str, JsonValue] = {"name": function.name}
    if function.params:
        head["args"] = [{"name": param.name, "type": _json_type(param.type)} for param in function.params]
    if function.type is not None:
        head["type"] = _json_type(function.type)
    items = ",\n".join("  " + json.dumps(_json_item(item)) for item in function.body)
    return f'{json.dumps(head)[:-1]}, "instrs": [\n{items}\n]}}'


def _json_item(item: Label | Instruction) -> JsonValue:
    if isinstance(item, Label):
        return {"label": item.name}
    found: dict[str, JsonValue] = {"op": item.op}
    if item.dest is not None and item.type is not None:
        found |= {"dest": item.dest, "type": _json_type(item.type)}
    if item.value is not None:
        found["value"] = item.value
    for key, names in (("args", item.args), ("funcs", item.funcs), ("labels", item.labels)):
        if names:
            found[key] = list(names)
    return found


def _json_type(type: Type) -> JsonValue:
    depth = 0
    while isinstance(type, PointerType):
        type, depth = type.target, depth + 1
    found: JsonValue = TYPE_NAMES[type]
    for _ in range(depth):
        found = {"ptr": found}
    return found
