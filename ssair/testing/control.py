"""Productions with control flow: `if`, `let`, statements, loops and calls; for every type.

Every loop is bounded by fuel: a `for` over a short range or an array, or a `while` whose condition
asks for a counter first that the body cannot change otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.testing.scalars import simple_test
from ssair.testing.shapes import SCALARS, ArrayShape, Dimension, Shape
from ssair.testing.writer import Signature, Writer

# Initial value, condition and next value of a counter that takes at most {n} or so steps.
_COUNTERS = (
    ("0", "{k} < {n}", "{k} + 1"), ("{n}", "{k} > 0", "{k} - 1"), ("{n}", "{k} != 0", "{k} - 1"),
    ("1", "{k} <= {n}", "{k} * 2"), ("{n}", "0 < {k}", "{k} // 2"), ("{n}", "{k} > 0", "{k} >> 1"),
    ("-{n}", "{k} < 0", "{k} + 1"), ("0", "{k} * {k} < {n}", "{k} + 1"), ("{n}", "{k} >= 0", "{k} - 2"),
)  # fmt: skip


def conditional(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An `if`; in the arms of a simple test, what it teaches is remembered and asked again."""
    scope = writer.scope
    if writer.below(3) < 2:
        guard = simple_test(writer)
        test = f"{guard.left} {guard.operator} {guard.right}"
        outer = scope.mark()
        scope.guards.append(guard)
    else:
        test, outer = writer.expression("bool", depth), scope.mark()
    first = arm(writer, shape, depth)
    second = arm(writer, shape, depth)
    scope.release(outer)
    return f"(if {test} then {first} else {second})"


def arm(writer: Writer, shape: Shape, depth: int) -> str:
    """One side of an `if`: what it declares ends with it."""
    mark = writer.scope.mark()
    text = writer.expression(shape, depth)
    writer.scope.release(mark)
    return text


def block(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Statements before a value, in brackets."""
    return f"({statements(writer, [shape], depth, 1 + writer.below(2))})"


def statements(writer: Writer, results: Sequence[Shape], depth: int, count: int) -> str:
    """`count` > 0 statements, each on a line, then a value or a tuple of values of these types."""
    mark = writer.scope.mark()
    lines = [statement(writer, depth) for _ in range(count)]
    values = [writer.expression(shape, depth) for shape in results]
    lines.append(f"in {values[0]}" if len(values) == 1 else f"in ({', '.join(values)})")
    writer.scope.release(mark)
    return "\n  ".join(lines)


def statement(writer: Writer, depth: int) -> str:
    """One `let`, `print` or `assert`; what it binds or teaches stays in scope."""
    way = writer.below(16)
    if writer.drill or way < 3:
        kind = writer.kind(("i64", "f64", "bool", "i32", "f32"))
        value = writer.template(kind, depth)
        return f"let {_declared(writer, kind)} = {value}"
    if way < 9:
        shape = some_shape(writer)
        value = writer.expression(shape, depth)
        return f"let {_declared(writer, shape)} = {value}"
    if way == 9 and writer.below(2):
        return _size_binding(writer)
    if way < 13:
        return _tuple_binding(writer, depth)
    if way < 15 or writer.below(2):
        return _print(writer, depth)
    return _assertion(writer, depth)


def _declared(writer: Writer, shape: Shape) -> str:
    name = writer.fresh()
    writer.scope.declare(name, shape)
    return name


def _size_binding(writer: Writer) -> str:
    """A name for a dimension, which is then used in its place."""
    dimension, name = writer.pick(writer.dimensions), writer.fresh()
    text = writer.length(dimension)
    writer.scope.declare_alias(name, dimension)
    return f"let {name} = {text}"


def _print(writer: Writer, depth: int) -> str:
    """A line of one to three values; floats only where they are exact."""
    kinds = ("i64", "bool", "i32") if writer.exact else SCALARS
    values = [writer.expression(writer.kind(kinds), depth) for _ in range(1 + writer.below(2))]
    arrays = [s for s in writer.scope.arrays() if isinstance(s, ArrayShape) and s.element in kinds]
    if arrays and writer.below(3) == 2:
        values.append(writer.leaf(writer.pick(arrays)))
    label = f'"{writer.fresh()}"'
    return f"print({', '.join([label, *values])})"


def _assertion(writer: Writer, depth: int) -> str:
    """Mostly one that holds for small inputs, and teaches something after it."""
    guard = simple_test(writer)
    message = ', "must hold"' if writer.below(2) else ""
    if writer.below(2):
        return f"assert {writer.expression('bool', depth)}{message}"
    writer.scope.guards.append(guard)
    return f"assert {guard.left} {guard.operator} {guard.right}{message}"


def _tuple_binding(writer: Writer, depth: int) -> str:
    way = writer.below(7)
    if way < 2 and writer.may_loop():
        return _loop_binding(writer, depth)
    if way == 5 and writer.may_loop():
        return _scan_binding(writer, depth)
    called = [signature for signature in writer.signatures if len(signature.results) == 2]
    if way == 6 and called:
        signature = writer.pick(called)
        value = _call_of(writer, signature, {}, depth)
        return f"let ({', '.join(_declared(writer, shape) for shape in signature.results)}) = {value}"
    if way == 2 and writer.may_loop():
        return _tuple_comprehension(writer, depth)
    shapes = [some_shape(writer) for _ in range(2)]
    if way == 3:
        guard = simple_test(writer)
        sides = [_tuple(writer, shapes, depth), _tuple(writer, shapes, depth)]
        value = f"if {guard.left} {guard.operator} {guard.right} then {sides[0]} else {sides[1]}"
    else:
        value = _tuple(writer, shapes, depth)
    return f"let ({', '.join(_declared(writer, shape) for shape in shapes)}) = {value}"


def _tuple(writer: Writer, shapes: list[Shape], depth: int) -> str:
    mark = writer.scope.mark()
    text = f"({', '.join(writer.expression(shape, depth) for shape in shapes)})"
    writer.scope.release(mark)
    return text


def _tuple_comprehension(writer: Writer, depth: int) -> str:
    dimension, kinds = writer.pick(writer.dimensions), [writer.pick(SCALARS) for _ in range(2)]
    index, mark = writer.fresh(), writer.scope.mark()
    writer.scope.declare_index(index, dimension)
    writer.loop_depth += 1
    body = f"({', '.join(writer.expression(kind, depth - 1) for kind in kinds)})"
    writer.loop_depth -= 1
    writer.scope.release(mark)
    names = [_declared(writer, ArrayShape(kind, (dimension,))) for kind in kinds]
    return f"let ({', '.join(names)}) = [{body} for {index} in 0..{writer.length(dimension)}]"


def _scan_binding(writer: Writer, depth: int) -> str:
    """A scan with two states, over a dimension."""
    dimension, kinds = writer.pick(writer.dimensions), [writer.kind(SCALARS) for _ in range(2)]
    starts = [writer.expression(kind, depth - 1) for kind in kinds]
    mark, index = writer.scope.mark(), writer.fresh()
    text = writer.length(dimension)
    writer.scope.declare_index(index, dimension)
    states = [_declared(writer, kind) for kind in kinds]
    bodies = [_body(writer, kind, depth - 1) for kind in kinds]
    writer.scope.release(mark)
    names = [_declared(writer, ArrayShape(kind, (dimension,))) for kind in kinds]
    carried = ", ".join(f"{state} = {start}" for state, start in zip(states, starts, strict=True))
    header = f"scan ({carried}) for {index} in 0..{text}"
    return f"let ({', '.join(names)}) = {header} do ({', '.join(bodies)})"


def some_shape(writer: Writer) -> Shape:
    """A type for a variable: mostly a scalar, and mostly one that is there already."""
    way = writer.below(12)
    if way < 7:
        return writer.kind(("i64", "f64", "i64", "bool", "i32", "f32"))
    arrays = writer.scope.arrays()
    if arrays and way < 10:
        return writer.pick(arrays)
    element = writer.pick(("i64", "f64", "i32", "bool", "f32"))
    if way == 11:
        return ArrayShape(element, (writer.pick(writer.dimensions), writer.pick(writer.dimensions)))
    return ArrayShape(element, (writer.pick(writer.dimensions),))


# Loops


def loop(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A loop whose last state, or a part of it, is the value."""
    if not writer.may_loop():
        return None
    if writer.below(2):
        return _single_state(writer, shape, depth)
    mark = writer.scope.mark()
    binding = _loop_binding(writer, depth, shape)
    text = f"({binding} in {writer.expression(shape, depth)})"
    writer.scope.release(mark)
    return text


def _single_state(writer: Writer, shape: Shape, depth: int) -> str:
    start, state = writer.expression(shape, depth - 1), writer.fresh()
    mark = writer.scope.mark()
    header = for_header(writer, shape, depth)
    writer.scope.declare(state, shape)
    body = _body(writer, shape, depth)
    writer.scope.release(mark)
    return f"(loop {state} = {start} {header} do {body})"


def _body(writer: Writer, shape: Shape, depth: int) -> str:
    writer.loop_depth += 1
    mark = writer.scope.mark()
    text = writer.expression(shape, depth)
    writer.scope.release(mark)
    writer.loop_depth -= 1
    return text


def for_header(writer: Writer, state: Shape, depth: int) -> str:
    """`for x in …` over an array, a dimension, or a short range; declares the variable."""
    scope, name = writer.scope, writer.fresh()
    arrays = [s for s in scope.arrays() if isinstance(s, ArrayShape)]
    way = writer.below(8)
    if arrays and way < 2:
        array = writer.pick(arrays)
        assert isinstance(array, ArrayShape)
        text = writer.leaf(array)
        scope.declare(name, row_shape(array))
        return f"for {name} in {text}"
    if way < 5:
        dimension = _own_dimension(writer, state)
        scope.declare_index(name, dimension)
        return f"for {name} in 0..{writer.length(dimension)}"
    if way == 6 and writer.below(3) == 2:
        scope.declare(name, "i32")
        return f"for {name} in {writer.below(3)}i32..{3 + writer.below(3)}i32"
    low = writer.pick(("0", "1", "-1", "-2"))
    high = f"min({writer.atom('i64')}, {1 + writer.below(4)})" if way == 7 else writer.pick("32145430")
    step = f" by {1 + writer.below(3)}" if writer.below(5) == 4 else ""
    scope.declare(name, "i64")
    return f"for {name} in {low}..{high}{step}"


def _own_dimension(writer: Writer, state: Shape) -> Dimension:
    """The state's own first dimension if it is an array, else any."""
    return state.dimensions[0] if isinstance(state, ArrayShape) else writer.pick(writer.dimensions)


def row_shape(array: ArrayShape) -> Shape:
    """The type of what a loop over the array sees."""
    rest = array.dimensions[1:]
    return ArrayShape(array.element, rest) if rest else array.element


def _loop_binding(writer: Writer, depth: int, wanted: Shape | None = None) -> str:
    """`let (…) = loop (…) …` with two or three carries, of which some are congruent or swapped."""
    shapes = [wanted if wanted is not None else some_shape(writer)]
    shapes.append(shapes[0] if writer.below(2) else some_shape(writer))
    starts = [writer.expression(shape, depth - 1) for shape in shapes]
    if shapes[0] == shapes[1] and writer.below(2):
        starts[1] = starts[0]
    mark = writer.scope.mark()
    counted, counter, start, following = writer.below(2) == 1, "", "", ""
    header = "" if counted else for_header(writer, shapes[0], depth)
    states = [_declared(writer, shape) for shape in shapes]
    if counted:
        counter = _declared(writer, "i64")
        forms, steps = writer.pick(_COUNTERS), str(1 + writer.below(4))
        start, condition, following = (form.format(k=counter, n=steps) for form in forms)
        header = f"while {condition}"
        if writer.below(2):
            header += f" && {writer.expression('bool', depth - 1)}"
    bodies = _bodies(writer, shapes, states, depth)
    writer.scope.release(mark)
    if counter:
        states, starts = [counter, *states], [start, *starts]
        bodies = [following, *bodies]
    carried = ", ".join(f"{state} = {start}" for state, start in zip(states, starts, strict=True))
    names = [*(["_"] if counter else []), *(_declared(writer, shape) for shape in shapes)]
    return f"let ({', '.join(names)}) = loop ({carried}) {header} do ({', '.join(bodies)})"


def _bodies(writer: Writer, shapes: list[Shape], states: list[str], depth: int) -> list[str]:
    """The next states; where both have one type, sometimes exchanged or computed alike."""
    first = _body(writer, shapes[0], depth)
    if shapes[0] == shapes[1]:
        way = writer.below(4)
        if way == 1:
            return [states[1], states[0]]
        if way == 2:
            return [first, first.replace(states[0], states[1])]
        if way == 3:
            return [first, states[0]]
    return [first, _body(writer, shapes[1], depth)]


# Calls


def call(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A call of an earlier function with this result."""
    for signature in writer.signatures[:: -1 if writer.below(2) else 1]:
        bound = bindings(signature.results[0], shape) if len(signature.results) == 1 else None
        if bound is not None:
            return _call_of(writer, signature, bound, depth)
    return None


def bindings(formal: Shape, actual: Shape) -> dict[str, Dimension] | None:
    """The dimensions that the size names of a type stand for, if it can be the actual one."""
    if not isinstance(formal, ArrayShape) or not isinstance(actual, ArrayShape):
        return {} if formal == actual else None
    if formal.element != actual.element or len(formal.dimensions) != len(actual.dimensions):
        return None
    found: dict[str, Dimension] = {}
    for own, given in zip(formal.dimensions, actual.dimensions, strict=True):
        if found.setdefault(own.name, given) != given:
            return None
    return found


def _call_of(writer: Writer, signature: Signature, bound: dict[str, Dimension], depth: int) -> str:
    arguments = []
    for position, parameter in enumerate(signature.parameters):
        if position == 0 and signature.bounded:
            arguments.append(writer.small(5) if writer.below(2) else f"({writer.atom('i64')} & 3)")
        elif isinstance(parameter, ArrayShape):
            dimensions = tuple(bound.setdefault(d.name, writer.pick(writer.dimensions)) for d in parameter.dimensions)
            arguments.append(writer.expression(ArrayShape(parameter.element, dimensions), depth))
        else:
            arguments.append(writer.expression(parameter, depth))
    return signature.call(arguments)
