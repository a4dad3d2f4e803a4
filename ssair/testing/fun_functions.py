"""Whole functions: helpers, helpers that call themselves in tail position, and the entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ssair.testing.control import some_shape, statement, statements
from ssair.testing.scope import Scope
from ssair.testing.shapes import SCALARS, ArrayShape, Dimension, Shape, shape_text
from ssair.testing.writer import Signature, Writer

_DEPTH = 4
_SIZES = ("n", "m")


class Parameter(NamedTuple):
    """A parameter of the entry; the type may also be `size`."""

    name: str
    shape: Shape


def helper(writer: Writer, size: int) -> str:
    """A function of one to three parameters; one that gives an array takes one of that length."""
    name = f"f{len(writer.signatures)}"
    result: Shape = writer.pick(SCALARS)
    shapes: list[Shape] = [writer.pick(SCALARS) for _ in range(1 + writer.below(3))]
    if writer.below(2):
        array = ArrayShape(writer.pick(SCALARS), (Dimension("p", 0),))
        shapes.insert(0, array)
        if writer.below(3) == 2:
            result = array
    results = [result, writer.pick(SCALARS)] if isinstance(result, str) and writer.below(4) == 3 else [result]
    names = declared(writer, shapes, size)
    body = statements(writer, results, _DEPTH, 1 + writer.below(2))
    writer.signatures.append(Signature(name, shapes, results, bounded=False))
    return definition(name, names, shapes, results, body)


def recursive_helper(writer: Writer, size: int) -> str:
    """Calls itself in tail position, in one arm or two, until its first parameter is 0."""
    name = f"f{len(writer.signatures)}"
    result = carried(writer)
    shapes: list[Shape] = ["i64", result, *(carried(writer) for _ in range(writer.below(3)))]
    names = declared(writer, shapes, size)
    again = step_down(writer, name, names, shapes)
    if writer.below(2):
        test = writer.expression("bool", 2)
        again = f"if {test} then {again}\n  else {step_down(writer, name, names, shapes)}"
    body = f"if {names[0]} <= 0 then {writer.expression(result, 2)}\n  else {again}"
    writer.signatures.append(Signature(name, shapes, [result], bounded=True))
    return definition(name, names, shapes, [result], body)


def mutual_helpers(writer: Writer, size: int) -> str:
    """Two functions that call each other in tail position."""
    first, second = (f"f{len(writer.signatures)}{half}" for half in "ab")
    result = carried(writer)
    shapes: list[Shape] = ["i64", result]
    texts = []
    for own, other in ((first, second), (second, first)):
        names = declared(writer, shapes, size)
        again = step_down(writer, other, names, shapes)
        body = f"if {names[0]} <= 0 then {writer.expression(result, 2)}\n  else {again}"
        texts.append(definition(own, names, shapes, [result], body))
    writer.signatures.append(Signature(first, shapes, [result], bounded=True))
    return "\n\n".join(texts)


def entry(writer: Writer, size: int) -> tuple[str, tuple[Parameter, ...]]:
    """The function `main`, and its parameters."""
    parameters, literal = _parameters(writer), [Dimension("", offset) for offset in (3, 1, 2, 4, 0)]
    named = [Dimension(name, 0) for name in _sizes_of(parameters)]
    beside = [dimension.plus(1) for dimension in named]
    _enter(writer, parameters, [*named, *named, literal[0], *named, *beside, *literal])
    writer.budget, writer.loop_depth = size, 0
    before = len(writer.scope.names)
    writer.drill = writer.below(4) == 3
    lines = [statement(writer, _DEPTH) for _ in range(1 + writer.below(6 if not writer.drill else 12))]
    results = _results(writer, before)
    types = [shape_text(shape) for shape, _ in results]
    declared = f" -> {_tuple_text(types)}" if writer.below(2) else ""
    lines.append(f"in {_tuple_text([text for _, text in results])}")
    separator = "\n  "
    listed = ", ".join(f"{p.name}: {shape_text(p.shape)}" for p in parameters)
    return f"fn main({listed}){declared} =\n  {separator.join(lines)}", parameters


def _results(writer: Writer, before: int) -> list[tuple[Shape, str]]:
    """A new expression, and most of the newest variables, so that what was computed is seen."""
    scope = writer.scope
    shape = some_shape(writer)
    newest = range(len(scope.names) - 1, max(before, len(scope.names) - (12 if writer.drill else 5)) - 1, -1)
    return [
        (shape, writer.expression(shape, _DEPTH)),
        *((scope.shape_of(position), scope.use(position)) for position in newest if writer.below(4)),
    ]


def _tuple_text(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _parameters(writer: Writer) -> tuple[Parameter, ...]:
    kinds: list[Shape] = [writer.pick(("i64", "f64", "i32", "bool", "f32", "i64")) for _ in range(1 + writer.below(3))]
    found = [Parameter(f"a{position}", kind) for position, kind in enumerate(kinds)]
    found += [Parameter(f"xs{position}", _array_parameter(writer)) for position in range(writer.below(3))]
    if writer.below(8) == 7:
        found.append(Parameter("n", "size"))
    return tuple(found)


def _array_parameter(writer: Writer) -> ArrayShape:
    """A vector or, once in a while, a matrix; lengths are often shared."""
    rank = 2 if writer.below(5) == 4 else 1
    dimensions = tuple(Dimension(writer.pick(("n", "n", "m")), 0) for _ in range(rank))
    return ArrayShape(writer.pick(("i64", "f64", "i64", "f64", "i32", "f32", "bool")), dimensions)


def _sizes_of(parameters: Sequence[Parameter]) -> list[str]:
    used = {d.name for p in parameters if isinstance(p.shape, ArrayShape) for d in p.shape.dimensions}
    used |= {p.name for p in parameters if p.shape == "size"}
    return [name for name in _SIZES if name in used]


def _enter(writer: Writer, parameters: Sequence[Parameter], dimensions: list[Dimension]) -> None:
    writer.scope, writer.dimensions = Scope(), dimensions
    for name in dict.fromkeys(dimension.name for dimension in dimensions if dimension.name):
        writer.scope.declare(name, "i64")
    for parameter in parameters:
        if parameter.shape != "size":
            writer.scope.declare(parameter.name, parameter.shape)


def declared(writer: Writer, shapes: Sequence[Shape], size: int) -> list[str]:
    """Starts a helper with parameters of these types; its loops count as nested ones."""
    names = [writer.fresh() for _ in shapes]
    sized = any(isinstance(shape, ArrayShape) for shape in shapes)
    dimensions = [Dimension("", 3), Dimension("", 1)]
    if sized:
        dimensions = [Dimension("p", 0), Dimension("p", 0), *dimensions]
    _enter(writer, [Parameter(*pair) for pair in zip(names, shapes, strict=True)], dimensions)
    writer.budget, writer.loop_depth = size, 1
    return names


def carried(writer: Writer) -> Shape:
    """A type for what a recursive function hands on."""
    kind = writer.pick(("i64", "f64", "i32", "i64", "bool", "f32"))
    return ArrayShape(kind, (Dimension("p", 0),)) if writer.below(5) == 4 else kind


def step_down(writer: Writer, name: str, names: Sequence[str], shapes: Sequence[Shape]) -> str:
    """The call in tail position, with one step less to go."""
    arguments = [f"{names[0]} - 1", *(writer.expression(shape, 2) for shape in shapes[1:])]
    return f"{name}({', '.join(arguments)})"


def definition(name: str, names: Sequence[str], shapes: Sequence[Shape], results: Sequence[Shape], body: str) -> str:
    """The text of a function."""
    listed = ", ".join(f"{own}: {shape_text(shape)}" for own, shape in zip(names, shapes, strict=True))
    return f"fn {name}({listed}) -> {_tuple_text([shape_text(shape) for shape in results])} =\n  {body}"
