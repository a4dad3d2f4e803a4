"""Functions of the kinds that a kernel or a reader meets more rarely: recursion that is no loop, tuples as parameters.

They are written only where they are asked for (`generate_program(…, varied=True)`): kernels refuse the recursion.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.testing.fun_functions import carried, declared, definition, step_down
from ssair.testing.shapes import Shape, shape_text
from ssair.testing.writer import Signature, Writer

_DEPTH = 3


def counting_helper(writer: Writer, size: int) -> str:
    """Calls itself once and computes with the result, until its first parameter is 0."""
    name = f"f{len(writer.signatures)}"
    shapes = _carried_shapes(writer)
    names = declared(writer, shapes, size)
    body = _counting_body(writer, name, names, shapes)
    writer.signatures.append(Signature(name, shapes, [shapes[1]], bounded=True))
    return definition(name, names, shapes, [shapes[1]], body)


def counting_pair(writer: Writer, size: int) -> str:
    """Two functions that call each other so."""
    first, second = (f"f{len(writer.signatures)}{half}" for half in "ab")
    shapes = _carried_shapes(writer)
    texts = []
    for own, other in ((first, second), (second, first)):
        names = declared(writer, shapes, size)
        texts.append(definition(own, names, shapes, [shapes[1]], _counting_body(writer, other, names, shapes)))
    writer.signatures.append(Signature(first, shapes, [shapes[1]], bounded=True))
    return "\n\n".join(texts)


def grouped_helper(writer: Writer, size: int) -> str:
    """Takes all parameters but the first in one tuple."""
    name = f"f{len(writer.signatures)}"
    shapes = [*_carried_shapes(writer), carried(writer)]
    first, *others = names = declared(writer, shapes, size)
    body = writer.expression(shapes[1], _DEPTH)
    writer.signatures.append(Signature(name, shapes, [shapes[1]], bounded=False, grouped=True))
    types = ", ".join(shape_text(shape) for shape in shapes[1:])
    whole = writer.fresh()
    assert len(names) == len(shapes)
    return (
        f"fn {name}({first}: {shape_text(shapes[0])}, {whole}: ({types})) -> {shape_text(shapes[1])} =\n"
        f"  let ({', '.join(others)}) = {whole}\n  in {body}"
    )


def _carried_shapes(writer: Writer) -> list[Shape]:
    return ["i64", *(carried(writer) for _ in range(1 + writer.below(2)))]


def _counting_body(writer: Writer, called: str, names: Sequence[str], shapes: Sequence[Shape]) -> str:
    last = writer.expression(shapes[1], 2)
    call = step_down(writer, called, names, shapes)
    result = writer.fresh()
    writer.scope.declare(result, shapes[1])
    rest = writer.expression(shapes[1], _DEPTH)
    return f"if {names[0]} <= 0 then {last}\n  else let {result} = {call}\n  in {rest}"


VARIED = (counting_helper, grouped_helper, counting_pair, grouped_helper)
"""The helpers of this file, each as often as its weight."""
