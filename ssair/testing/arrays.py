"""Productions for arrays: comprehensions, updates, scans, elementwise operations, rearrangements."""

from __future__ import annotations

from collections.abc import Sequence

from ssair.testing.control import for_header
from ssair.testing.shapes import FLOATS, INTEGERS, NUMBERS, ArrayShape, Dimension, Shape
from ssair.testing.writer import Writer

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def _array(shape: Shape) -> ArrayShape:
    assert isinstance(shape, ArrayShape)
    return shape


def comprehension(writer: Writer, shape: Shape, depth: int) -> str | None:
    """One clause a dimension, over a range or over an array of the same length."""
    if not writer.may_loop():
        return None
    array, scope = _array(shape), writer.scope
    mark = scope.mark()
    clauses = clauses_of(writer, array.dimensions)
    writer.loop_depth += 1
    body = writer.expression(array.element, depth)
    writer.loop_depth -= 1
    scope.release(mark)
    return f"[{body} for {', '.join(clauses)}]"


def clauses_of(writer: Writer, dimensions: Sequence[Dimension]) -> list[str]:
    """A clause for each dimension; none sees the variables of another, which are declared at the end."""
    scope, texts = writer.scope, list[str]()
    variables: list[tuple[str, str, Dimension | None]] = []
    for dimension in dimensions:
        name, way = writer.fresh(), writer.below(6)
        vectors = [s for s in scope.arrays() if isinstance(s, ArrayShape) and s.dimensions == (dimension,)]
        if vectors and way == 5:
            vector = _array(writer.pick(vectors))
            texts.append(f"{name} in {writer.leaf(vector)}")
            variables.append((name, vector.element, None))
        elif way == 4:
            texts.append(f"{name} in 1..{writer.length(dimension.plus(1))}")
            variables.append((name, "i64", None))
        else:
            texts.append(f"{name} in 0..{writer.length(dimension)}")
            variables.append((name, "i64", dimension))
    for name, kind, bound in variables:
        if bound is None:
            scope.declare(name, kind)
        else:
            scope.declare_index(name, bound)
    return texts


def rows(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A matrix as a comprehension of vectors."""
    array = _array(shape)
    if not writer.may_loop():
        return None
    mark, name = writer.scope.mark(), writer.fresh()
    writer.scope.declare_index(name, array.dimensions[0])
    writer.loop_depth += 1
    body = writer.expression(ArrayShape(array.element, array.dimensions[1:]), depth)
    writer.loop_depth -= 1
    writer.scope.release(mark)
    return f"[{body} for {name} in 0..{writer.length(array.dimensions[0])}]"


def update(writer: Writer, shape: Shape, depth: int) -> str | None:
    """One or two elements replaced."""
    array = _array(shape)
    base = writer.expression(array, depth)
    parts = [base]
    for _ in range(1 + writer.below(2)):
        indices = ", ".join(writer.index(dimension) for dimension in array.dimensions)
        parts.append(f"with [{indices}] = {writer.expression(array.element, depth)}")
    return f"({' '.join(parts)})"


def conditional_update(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A store that happens in one arm only, as in a loop that fills or marks."""
    array = _array(shape)
    base, test = writer.leaf(array), writer.expression("bool", depth)
    indices = ", ".join(writer.index(dimension) for dimension in array.dimensions)
    stored = f"{base} with [{indices}] = {writer.expression(array.element, depth)}"
    return f"(if {test} then {stored} else {base})"


def filling_loop(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A loop that stores one element a step, and may read what it stored before."""
    if not writer.may_loop():
        return None
    array, scope = _array(shape), writer.scope
    start, state = writer.leaf(array), writer.fresh()
    mark = scope.mark()
    header = for_header(writer, array, depth)
    scope.declare(state, array)
    writer.loop_depth += 1
    indices = ", ".join(writer.index(dimension) for dimension in array.dimensions)
    value = writer.expression(array.element, depth)
    stored = f"{state} with [{indices}] = {value}"
    if writer.below(3) == 2:
        stored = f"(if {writer.expression('bool', depth)} then {stored} else {state})"
    writer.loop_depth -= 1
    scope.release(mark)
    return f"(loop {state} = {start} {header} do {stored})"


def swap(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Two elements exchanged: both reads must come before both stores."""
    array = _array(shape)
    base = writer.leaf(array)
    i, j = (writer.index(array.dimensions[0]) for _ in "ij")
    return f"({base} with [{i}] = {base}[{j}] with [{j}] = {base}[{i}])"


def scan(writer: Writer, shape: Shape, depth: int) -> str | None:
    """The states of a fold over a range or an array."""
    if not writer.may_loop():
        return None
    array, scope = _array(shape), writer.scope
    start, state = writer.expression(array.element, depth), writer.fresh()
    mark = scope.mark()
    clauses = clauses_of(writer, array.dimensions[:1])
    scope.declare(state, array.element)
    writer.loop_depth += 1
    body = writer.expression(array.element, depth)
    writer.loop_depth -= 1
    scope.release(mark)
    return f"(scan {state} = {start} for {clauses[0]} do {body})"


def arithmetic(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Elementwise, or of an array with a scalar."""
    array = _array(shape)
    if array.element == "bool":
        return None
    operator = writer.pick("+*-&^" if array.element in INTEGERS else "+*-")
    left = writer.expression(array, depth)
    right = writer.expression(array if writer.below(2) else array.element, depth)
    if writer.below(3) == 2:
        left, right = right, left
    if operator != "-":
        writer.commuted = f"({right} {operator} {left})"
    return f"({left} {operator} {right})"


def tests(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Elementwise comparison."""
    array = _array(shape)
    if array.element != "bool":
        return None
    source = ArrayShape(writer.pick(NUMBERS), array.dimensions)
    left, right = writer.expression(source, depth), writer.expression(source, depth)
    return f"({left} {writer.pick(_COMPARISONS)} {right})"


def function(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An elementwise built-in."""
    array = _array(shape)
    if array.element == "bool":
        return None
    inner = writer.expression(array, depth)
    way = writer.below(6)
    if way < 2:
        return f"{writer.pick(('min', 'max'))}({inner}, {writer.expression(array, depth)})"
    if way < 4:
        test = writer.expression(ArrayShape("bool", array.dimensions), depth)
        return f"select({test}, {inner}, {writer.expression(array, depth)})"
    if way == 4:
        return f"(-{inner})"
    return f"{writer.pick(('abs', 'sign'))}({inner})"


def division(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Elementwise quotients, the divisors mostly not zero."""
    array = _array(shape)
    if array.element not in INTEGERS:
        return None
    operator, left = writer.pick(("//", "%")), writer.expression(array, depth)
    divisors = writer.expression(array, depth)
    return f"({left} {operator} {divisors if writer.below(6) == 5 else f'({divisors} | 1)'})"


def conversion(writer: Writer, shape: Shape, depth: int) -> str | None:
    """From an array of another element; never from floats to integers, which would mostly trap."""
    array = _array(shape)
    sources = {"bool": NUMBERS, "i32": ("i64", "bool"), "i64": ("i32", "bool")}
    source = writer.pick(sources.get(array.element, INTEGERS + FLOATS))
    return f"{array.element}({writer.expression(ArrayShape(source, array.dimensions), depth)})"


def reversal(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`reverse` of dimension 0."""
    return f"reverse({writer.expression(shape, depth)})"


def transposition(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`transpose` of a matrix."""
    array = _array(shape)
    return f"transpose({writer.expression(ArrayShape(array.element, array.dimensions[::-1]), depth)})"


def row(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A row of a matrix in scope."""
    array = _array(shape)
    found = [
        s
        for s in writer.scope.arrays()
        if isinstance(s, ArrayShape) and s.element == array.element and s.dimensions[1:] == array.dimensions
    ]
    if not found:
        return None
    matrix = _array(writer.pick(found))
    return f"{writer.leaf(matrix)}[{writer.index(matrix.dimensions[0])}]"


def listed(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An array literal, where the length is one."""
    array = _array(shape)
    dimension = array.dimensions[0]
    if dimension.name or not 1 <= dimension.offset <= 4:
        return None
    inner: Shape = array.element
    if len(array.dimensions) > 1:
        inner = ArrayShape(array.element, array.dimensions[1:])
    return f"[{', '.join(writer.expression(inner, depth) for _ in range(dimension.offset))}]"


def product(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A matrix product, of integers, or of floats where rounding does not matter."""
    array = _array(shape)
    if array.element == "bool" or (writer.exact and array.element in FLOATS):
        return None
    inner = writer.pick(writer.dimensions)
    left = ArrayShape(array.element, (array.dimensions[0], inner))
    right = ArrayShape(array.element, (inner, *array.dimensions[1:]))
    return f"({writer.expression(left, depth)} @ {writer.expression(right, depth)})"
