"""Productions for scalars: operators, built-ins, tests, planted rewrite rules, indexing, reductions."""

from __future__ import annotations

from ssair.testing.scope import Guard
from ssair.testing.shapes import FLOATS, INTEGERS, NUMBERS, SCALARS, ArrayShape, Shape
from ssair.testing.templates import (
    FLOAT_TEMPLATES,
    INEXACT_FLOAT_TEMPLATES,
    INTEGER_TEMPLATES,
    INTEGER_TEST_TEMPLATES,
    TEST_TEMPLATES,
)
from ssair.testing.writer import Writer

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_IMPLIED = {  # the tests worth asking again where the first one holds
    "<": ("<", "<=", ">=", "==", "!=", ">"), "<=": ("<=", "<", ">", "=="), ">": (">", ">=", "<=", "=="),
    ">=": (">=", ">", "<", "=="), "==": ("==", "<=", "!=", "<"), "!=": ("!=", "==", "<"),
}  # fmt: skip
_EXACT_FLOAT_FUNCTIONS = ("abs", "sign", "floor", "ceil", "round")
_FLOAT_FUNCTIONS = (*_EXACT_FLOAT_FUNCTIONS, "sqrt", "exp", "log", "sin", "cos", "tan", "tanh")
_REDUCTIONS = ("sum", "maximum", "minimum", "prod")


def leaf(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A variable or a constant."""
    return writer.leaf(shape)


def remembered(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An expression seen before, as it was or with its operands exchanged."""
    found = [entry for entry in writer.scope.remembered if entry.shape == shape]
    if not found:
        return None
    entry = found[-1 - writer.below(len(found))]
    writer.scope.use_all(entry.needs)
    return entry.commuted if writer.below(3) == 2 else entry.text


def addition(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A sum, product or difference."""
    operator = writer.pick("+*-")
    left, right = writer.expression(shape, depth), writer.expression(shape, depth)
    if operator != "-":
        writer.commuted = f"({right} {operator} {left})"
    return f"({left} {operator} {right})"


def bits(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A bit operation."""
    operator = writer.pick("&|^")
    left, right = writer.expression(shape, depth), writer.expression(shape, depth)
    writer.commuted = f"({right} {operator} {left})"
    return f"({left} {operator} {right})"


def shift(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A shift, mostly by a constant, which may be out of range."""
    amount = writer.expression(shape, depth) if writer.below(5) == 4 else writer.constant(str(shape))
    return f"({writer.expression(shape, depth)} {writer.pick(('<<', '>>'))} {amount})"


def division(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Floored quotient or remainder; the divisor is mostly known not to be zero."""
    kind = str(shape)
    left, operator = writer.expression(shape, depth), writer.pick(("//", "%"))
    way = writer.below(10)
    if way < 5:
        right = nonzero(writer, kind)
    elif way < 7:
        right = f"({writer.atom(kind)} | 1)"
    elif way < 9:
        right = f"(max({writer.expression(shape, depth)}, 0) + 1)"
    else:
        right = writer.expression(shape, depth)
    return f"({left} {operator} {right})"


def guarded_division(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A quotient or remainder in the arm where its divisor is known not to be 0."""
    divisor, test = writer.atom(str(shape)), writer.pick(("!= 0", "> 0", "< 0"))
    left, operator = writer.expression(shape, depth), writer.pick(("//", "%"))
    return f"(if {divisor} {test} then {left} {operator} {divisor} else {writer.leaf(shape)})"


def nonzero(writer: Writer, kind: str) -> str:
    """An integer constant other than 0."""
    text = writer.constant(kind)
    return text.replace("0", "2") if text in ("0", "0i32") else text


def negation(writer: Writer, shape: Shape, depth: int) -> str | None:
    """The negative."""
    return f"(-{writer.expression(shape, depth)})"


def power(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An integer power, the exponent mostly small; a float power where rounding is allowed."""
    base = writer.expression(shape, depth)
    if shape in INTEGERS:
        suffix = "i32" if shape == "i32" else ""
        exponent = writer.atom(str(shape)) if writer.below(8) == 7 else writer.small(5) + suffix
        return f"({base} ** {exponent})"
    return None if writer.exact else f"({base} ** {writer.constant(str(shape))})"


def extremum(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`min` or `max`."""
    name = writer.pick(("min", "max"))
    left, right = writer.expression(shape, depth), writer.expression(shape, depth)
    writer.commuted = f"{name}({right}, {left})"
    return f"{name}({left}, {right})"


def integer_function(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`abs` or `sign`."""
    return f"{writer.pick(('abs', 'sign'))}({writer.expression(shape, depth)})"


def float_function(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A built-in of floats."""
    names = _EXACT_FLOAT_FUNCTIONS if writer.exact else _FLOAT_FUNCTIONS
    return f"{writer.pick(names)}({writer.expression(shape, depth)})"


def float_division(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`/`, or the floored kinds."""
    if writer.exact:
        return None
    left, operator = writer.expression(shape, depth), writer.pick(("/", "/", "//", "%"))
    return f"({left} {operator} {writer.expression(shape, depth)})"


def selection(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`select`: both sides are evaluated."""
    test = writer.expression("bool", depth)
    return f"select({test}, {writer.expression(shape, depth)}, {writer.expression(shape, depth)})"


def conversion(writer: Writer, shape: Shape, depth: int) -> str | None:
    """From another scalar type; a float becomes an integer mostly between bounds."""
    source = writer.kind([kind for kind in SCALARS if kind != shape])
    inner = writer.expression(source, depth)
    if shape in INTEGERS and source in FLOATS and writer.below(8) < 7:
        inner = f"max(min({inner}, 1000.0), -1000.0)"
        if writer.below(4) < 3:
            name = writer.fresh()
            return f"(let {name} = {inner} in if {name} == {name} then {shape}({name}) else {writer.leaf(shape)})"
    return f"{shape}({inner})"


def template(writer: Writer, shape: Shape, depth: int) -> str | None:
    """The left side of a rewrite rule, or something that only looks like one."""
    kind = str(shape)
    if kind in INTEGERS:
        return filled_template(writer, writer.pick(INTEGER_TEMPLATES), kind, depth)
    if not writer.exact and writer.below(3) == 2:
        return filled_template(writer, writer.pick(INEXACT_FLOAT_TEMPLATES), kind, depth)
    return filled_template(writer, writer.pick(FLOAT_TEMPLATES), kind, depth)


def test_template(writer: Writer, shape: Shape, depth: int) -> str | None:
    """As `template`, for truth values."""
    kind = writer.kind(NUMBERS)
    if kind in INTEGERS and writer.below(3) == 2:
        return filled_template(writer, writer.pick(INTEGER_TEST_TEMPLATES), kind, depth)
    return filled_template(writer, writer.pick(TEST_TEMPLATES), kind, depth)


def filled_template(writer: Writer, text: str, kind: str, depth: int) -> str | None:
    """The template with its placeholders filled for a scalar type; none if it has no array."""
    if "(loop " in text and not writer.may_loop():
        return None
    values: dict[str, str] = {}
    if "{a}" in text:
        found = [s for s in writer.scope.arrays() if _is_vector_of(s, kind)]
        shape = found[0] if found else None
        if not isinstance(shape, ArrayShape):
            return None
        values["a"] = writer.leaf(shape)
        values["i"], values["j"] = (writer.index(shape.dimensions[0]) for _ in "ij")
    elif "{i}" in text:
        values["i"] = writer.atom("i64")
    suffix = "i32" if kind == "i32" else ""
    for name in "xybcdnt":
        if "{" + name + "}" not in text:
            continue
        if name in "xy":
            values[name] = writer.expression(kind, depth - 1) if writer.below(4) == 3 else writer.atom(kind)
        elif name == "b":
            values[name] = writer.expression("bool", depth - 1) if writer.below(2) else writer.atom("bool")
        elif name == "t":
            values[name] = writer.small() + suffix
        else:
            values[name] = nonzero(writer, kind) if name == "n" else writer.constant(kind)
    return text.format(**values)


def _is_vector_of(shape: Shape, kind: str) -> bool:
    return isinstance(shape, ArrayShape) and shape.element == kind and len(shape.dimensions) == 1


def element(writer: Writer, shape: Shape, depth: int) -> str | None:
    """An element of an array in scope, the index sometimes guarded by a test."""
    found = [s for s in writer.scope.arrays() if isinstance(s, ArrayShape) and s.element == shape]
    if not found:
        return None
    array = writer.pick(found)
    assert isinstance(array, ArrayShape)
    base = writer.leaf(array)
    if len(array.dimensions) == 1 and writer.below(4) == 3:
        index, length = writer.atom("i64"), array.dimensions[0].text()
        return f"(if 0 <= {index} < {length} then {base}[{index}] else {writer.leaf(shape)})"
    return f"{base}[{', '.join(writer.index(dimension) for dimension in array.dimensions)}]"


def length(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`len` or `dim` of an array in scope."""
    found = [s for s in writer.scope.arrays() if isinstance(s, ArrayShape)]
    if shape != "i64" or not found:
        return None
    array = writer.pick(found)
    if isinstance(array, ArrayShape) and len(array.dimensions) == 2:
        return f"dim({writer.leaf(array)}, {writer.below(2)})"
    return f"len({writer.leaf(array)})"


def reduction(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Over an array in scope or a new one of a known length."""
    kind = str(shape)
    array = some_array(writer, kind)
    if kind in FLOATS and writer.exact:
        return f"{writer.pick(_REDUCTIONS[1:3])}({writer.expression(array, depth)})"
    if kind == "i64" and writer.below(4) == 3:
        vector = ArrayShape(writer.pick(NUMBERS), array.dimensions[:1])
        return f"{writer.pick(('argmax', 'argmin'))}({writer.expression(vector, depth)})"
    if writer.below(6) == 5:
        vector = ArrayShape(kind, array.dimensions[:1])
        return f"dot({writer.expression(vector, depth)}, {writer.expression(vector, depth)})"
    return f"{writer.pick(_REDUCTIONS)}({writer.expression(array, depth)})"


def disputed_sizes(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Two arrays whose lengths may differ, or a length that may be negative: a `size` trap, or none."""
    kind = str(shape)
    if kind == "bool" or (writer.exact and kind in FLOATS) or not writer.may_loop():
        return None
    first, second = (ArrayShape(kind, (writer.pick(writer.dimensions),)) for _ in range(2))
    if writer.below(2):
        shorter, name = first.dimensions[0].plus(-1 - writer.below(2)).text(), writer.fresh()
        return f"sum([{writer.atom(kind)} for {name} in 0..{shorter}])"
    if not (first.dimensions[0].name or second.dimensions[0].name):
        return None  # two numbers that differ are an error of the checker's
    if first.dimensions[0].name == second.dimensions[0].name:
        return None  # so are two that always differ by a constant
    left, right = writer.expression(first, depth), writer.expression(second, depth)
    return f"dot({left}, {right})" if writer.below(2) else f"sum(({left} {writer.pick('+*-')} {right}))"


def truth(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`any` or `all` over booleans."""
    return f"{writer.pick(('any', 'all'))}({writer.expression(some_array(writer, 'bool'), depth)})"


def some_array(writer: Writer, kind: str) -> ArrayShape:
    """The type of an array with this element, one in scope if possible."""
    found = [s for s in writer.scope.arrays() if isinstance(s, ArrayShape) and s.element == kind]
    if found and writer.below(4) < 3:
        shape = writer.pick(found)
        assert isinstance(shape, ArrayShape)
        return shape
    return ArrayShape(kind, (writer.pick(writer.dimensions),))


def comparison(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A comparison of two expressions; the mirror image is the same test."""
    kind, operator = writer.kind(NUMBERS), writer.pick(_COMPARISONS)
    left, right = writer.expression(kind, depth), writer.expression(kind, depth)
    writer.commuted = f"({right} {_MIRRORED[operator]} {left})"
    return f"({left} {operator} {right})"


def simple_test(writer: Writer) -> Guard:
    """A comparison of an atom with an atom or a constant, to be known in the arm of an `if`."""
    kind = writer.kind(("i64", "i64", "f64", "i32", "f32"))
    outer, writer.scope.high = writer.scope.high, 0
    left = writer.atom(kind)
    right = writer.atom(kind) if writer.below(2) else writer.constant(kind)
    guard = Guard(kind, left, writer.pick(_COMPARISONS), right, writer.scope.high)
    writer.scope.use_all(outer)
    return guard


def implied_test(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A test that the tests around it decide, or nearly so."""
    if not writer.scope.guards:
        return None
    guard = writer.pick(writer.scope.guards)
    writer.scope.use_all(guard.needs)
    operator = writer.pick(_IMPLIED[guard.operator])
    if writer.below(3) == 2:
        return f"({guard.right} {_MIRRORED[operator]} {guard.left})"
    return f"({guard.left} {operator} {guard.right})"


def guarded_value(writer: Writer, shape: Shape, depth: int) -> str | None:
    """Something that the tests around it simplify: the value itself, its sign, a difference."""
    found = [guard for guard in writer.scope.guards if guard.kind == shape]
    if not found:
        return None
    guard = writer.pick(found)
    writer.scope.use_all(guard.needs)
    form = writer.pick(
        ("{0}", "abs({0})", "max({0}, {1})", "min({1}, {0})", "({0} - {1})", "abs({0} - {1})", "sign({0})")
    )
    return form.format(guard.left, guard.right)


def logic(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`&&` or `||`: the right side may not be evaluated."""
    operator = writer.pick(("&&", "||"))
    return f"({writer.expression(shape, depth)} {operator} {writer.expression(shape, depth)})"


def logical_not(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`!`."""
    return f"(!{writer.expression(shape, depth)})"


def chain(writer: Writer, shape: Shape, depth: int) -> str | None:
    """A chain of comparisons, which stops at the first false link."""
    kind = writer.kind(NUMBERS)
    parts = [writer.expression(kind, depth)]
    for _ in range(2 + writer.below(2)):
        parts += [writer.pick(_COMPARISONS), writer.expression(kind, depth)]
    return f"({' '.join(parts)})"


def float_test(writer: Writer, shape: Shape, depth: int) -> str | None:
    """`isnan` or `isinf`."""
    return f"{writer.pick(('isnan', 'isinf'))}({writer.expression(writer.kind(FLOATS), depth)})"
