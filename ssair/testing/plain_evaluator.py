"""A plain evaluator of checked Fun programs: the meaning of the language, read off its syntax tree.

It shares nothing with what comes after the checker, which makes it the oracle of everything that
does: lowering, interpreter, passes, kernels. It is recursive and slow, for programs of small depth.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from ssair.frontends.fun import ast
from ssair.frontends.fun.sizes import Quotient, Size, SizeName
from ssair.frontends.fun.types import ArrayType, Scalar, TupleType, Type
from ssair.testing.plain_scalars import COMPARISONS, FUNCTIONS, OPERATORS, PlainTrap, converted, negated

Value = object  # a NumPy scalar, an array, or a tuple of values
_DTYPES = {"bool": "bool", "i32": "int32", "i64": "int64", "f32": "float32", "f64": "float64"}


def evaluate(program: ast.Program, entry: str, arguments: Sequence[Value]) -> tuple[Value | PlainTrap, str]:
    """The result of a call, or the trap that ended it, and what was printed; sizes may be `int`."""
    function = program.function(entry)
    assert function is not None
    evaluator = _Evaluator()
    values = [np.int64(value) if isinstance(value, int) else value for value in arguments]
    try:
        with np.errstate(all="ignore"):
            result: Value | PlainTrap = evaluator.call(function, values)
    except PlainTrap as trap:
        result = trap
    return result, "".join(line + "\n" for line in evaluator.lines)


def dtype_of(type: Type) -> np.dtype[np.generic]:
    """The NumPy dtype of a scalar type, or of the elements of an array type."""
    element = type.element if isinstance(type, ArrayType) else type
    assert isinstance(element, Scalar)
    return np.dtype(_DTYPES[element.name])


def shown(value: Value) -> str:
    """A value as `print` writes it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(shown, value))})"
    if isinstance(value, np.ndarray):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, np.bool_):
        return "true" if value else "false"
    return str(value)


def _number(value: Value) -> int:
    assert isinstance(value, np.integer)
    return int(value)


def _array(value: Value) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    """An array, or a number as one of rank 0."""
    assert isinstance(value, np.ndarray | np.generic)
    return np.asarray(value)


def _parts(value: Value) -> tuple[Value, ...]:
    assert isinstance(value, tuple)
    return value


class _Evaluator:
    """One run: the variables of the function that is evaluated, and the lines printed so far."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.variables: dict[ast.Binding, Value] = {}
        self.sizes: dict[str, int] = {}

    def call(self, function: ast.Function, arguments: list[Value]) -> Value:
        outer = self.variables, self.sizes
        self.variables = {p.binding: value for p, value in zip(function.parameters, arguments, strict=True)}
        self.sizes = {
            p.binding.name: _number(value)
            for p, value in zip(function.parameters, arguments, strict=True)
            if p.binding.size is not None
        }
        for binding in function.size_names:
            source = binding.source
            assert source is not None
            extent = _part(arguments[source.operand], source.path).shape[source.axis]
            self.variables[binding], self.sizes[binding.name] = np.int64(extent), extent
        self.check_sizes(function.checks, arguments, function)
        result = self.value(function.body)
        self.variables, self.sizes = outer
        return result

    # Sizes

    def check_sizes(self, checks: Sequence[ast.SizeCheck], operands: list[Value], node: ast.Node) -> None:
        for check in checks:
            left, right = (self.size_of(source, operands) for source in (check.left, check.right))
            if left != right:
                raise _placed(PlainTrap("size", left, right), node)

    def size_of(self, source: ast.SizeSource, operands: list[Value]) -> int:
        if isinstance(source, ast.LiteralSize):
            return source.value
        part = _part(operands[source.operand], source.path)
        return int(part.shape[source.axis] if isinstance(source, ast.OperandDim) else part)

    def extent(self, size: Size) -> int:
        """The value of a size; what is negative is an array that is never made."""
        total = 0
        for monomial, coefficient in size.terms:
            for atom in monomial:
                coefficient *= self.atom(atom)
            total += coefficient
        return total

    def atom(self, atom: object) -> int:
        if isinstance(atom, SizeName):
            return self.sizes[atom.text]
        assert isinstance(atom, Quotient) and atom.numerator and atom.denominator
        return self.extent(atom.numerator) // self.extent(atom.denominator)

    def shape(self, type: Type) -> tuple[int, ...]:
        dims = type.dims if isinstance(type, ArrayType) else ()
        return tuple(max(self.extent(size), 0) for size in dims)

    # Expressions

    def value(self, node: ast.Node) -> Value:
        method: Callable[[ast.Node], Value] = getattr(self, f"_{type(node).__name__.lower()}")
        return method(node)

    def _literal(self, node: ast.Literal) -> Value:
        return dtype_of(node.type).type(node.value)

    def _name(self, node: ast.Name) -> Value:
        assert node.binding is not None
        return self.variables[node.binding]

    def _tuple(self, node: ast.Tuple) -> Value:
        return tuple(self.value(element) for element in node.elements)

    def _arrayliteral(self, node: ast.ArrayLiteral) -> Value:
        elements = [self.value(element) for element in node.elements]
        self.check_sizes(node.checks, elements, node)
        return np.array(elements, dtype_of(node.type))

    def _unary(self, node: ast.Unary) -> Value:
        operand = self.value(node.operand)
        if node.operator == "!":
            return np.bool_(not operand)
        return _elementwise(negated, [operand], dtype_of(node.type), node)

    def _binary(self, node: ast.Binary) -> Value:
        operands = [self.value(node.left), self.value(node.right)]
        self.check_sizes(node.checks, operands, node)
        if node.operator == "@":
            return np.matmul(*map(_array, operands))[()]
        return _elementwise(OPERATORS[node.operator], operands, dtype_of(node.type), node)

    def _logical(self, node: ast.Logical) -> Value:
        left = self.value(node.left)
        return self.value(node.right) if bool(left) == (node.operator == "&&") else left

    def _compare(self, node: ast.Compare) -> Value:
        left = self.value(node.operands[0])
        for operator, operand in zip(node.operators, node.operands[1:], strict=True):
            right = self.value(operand)
            self.check_sizes(node.checks, [left, right], node)
            result = _elementwise(COMPARISONS[operator], [left, right], np.dtype(bool), node)
            if isinstance(result, np.ndarray) or not result:
                return result
            left = right
        return np.bool_(True)

    def _if(self, node: ast.If) -> Value:
        return self.value(node.positive if self.value(node.condition) else node.negative)

    def _block(self, node: ast.Block) -> Value:
        for statement in node.statements:
            if isinstance(statement, ast.Let):
                self.bind(statement.pattern, self.value(statement.value))
            elif isinstance(statement, ast.Assert):
                if not self.value(statement.condition):
                    message = [statement.message.value] if statement.message else []
                    raise _placed(PlainTrap("assert", *message), statement)
            elif isinstance(statement, ast.Print):
                parts = [
                    part.value if isinstance(part, ast.StringLiteral) else shown(self.value(part))
                    for part in statement.parts
                ]
                self.lines.append(" ".join(parts))
        return self.value(node.body)

    def bind(self, pattern: ast.Pattern, value: Value) -> None:
        if isinstance(pattern, ast.NamePattern):
            self.variables[pattern.binding] = value
        elif isinstance(pattern, ast.TuplePattern):
            assert isinstance(value, tuple)
            for element, part in zip(pattern.elements, value, strict=True):
                self.bind(element, part)

    # Loops

    def _loop(self, node: ast.Loop) -> Value:
        state = [self.value(part.initial) for part in node.states]
        steps: Iterator[Value] | None = None
        if isinstance(node.source, ast.For):
            steps = self.steps(node.source.iterable, sized=node.is_scan)
        history = []
        while True:
            for part, value in zip(node.states, state, strict=True):
                self.variables[part.binding] = value
            if steps is None:
                assert isinstance(node.source, ast.While)
                if not self.value(node.source.condition):
                    break
            else:
                assert isinstance(node.source, ast.For)
                try:
                    self.bind(node.source.pattern, next(steps))
                except StopIteration:
                    break
            after = self.value(node.body)
            state = list(after) if isinstance(after, tuple) and len(node.states) > 1 else [after]
            history.append(state)
        if not node.is_scan:
            return state[0] if len(state) == 1 else tuple(state)
        types = [node.type] if len(state) == 1 else list(_elements(node.type))
        arrays = [self.stacked([states[k] for states in history], type) for k, type in enumerate(types)]
        return arrays[0] if len(arrays) == 1 else tuple(arrays)

    def stacked(self, parts: list[Value], type: Type) -> Value:
        """The parts as an array, or as a tuple of arrays; the type gives the shape where there are none."""
        if isinstance(type, TupleType):
            return tuple(
                self.stacked([_parts(part)[k] for part in parts], element) for k, element in enumerate(type.elements)
            )
        if parts:
            return np.array(parts, dtype_of(type))
        return np.zeros((0, *self.shape(type)[1:]), dtype_of(type))

    def steps(self, iterable: ast.Range | ast.Expression, *, sized: bool) -> Iterator[Value]:
        """The values of a range, or the elements or rows of an array; its checks are made at once."""
        if isinstance(iterable, ast.Range):
            return iter(self.range(iterable, sized=sized))
        array = self.value(iterable)
        assert isinstance(array, np.ndarray)
        return iter(array)

    def range(self, node: ast.Range, *, sized: bool) -> list[Value]:
        dtype = dtype_of(node.low.type)
        low, high = _number(self.value(node.low)), _number(self.value(node.high))
        step = _number(self.value(node.step)) if node.step is not None else 1
        if step < 1:
            raise _placed(PlainTrap("size", step, 1), node)
        if sized and high < low:
            raise _placed(PlainTrap("size", high - low, 0), node)
        return [dtype.type(i) for i in range(low, high, step)]

    def _comprehension(self, node: ast.Comprehension) -> Value:
        sources = [list(self.steps(clause.iterable, sized=True)) for clause in node.clauses]
        results = []
        for indices in itertools.product(*sources):
            for clause, index in zip(node.clauses, indices, strict=True):
                self.bind(clause.pattern, index)
            results.append(self.value(node.body))
        return self.arranged(results, node.type, tuple(map(len, sources)))

    def arranged(self, results: list[Value], type: Type, outer: tuple[int, ...]) -> Value:
        if isinstance(type, TupleType):
            return tuple(
                self.arranged([_parts(result)[k] for result in results], element, outer)
                for k, element in enumerate(type.elements)
            )
        inner = _array(results[0]).shape if results else self.shape(type)[len(outer) :]
        return np.array(results, dtype_of(type)).reshape(outer + inner)

    # Arrays and calls

    def _index(self, node: ast.Index) -> Value:
        array = self.value(node.array)
        return _array(array)[self.indices(array, node.indices, [], node)]

    def _with(self, node: ast.With) -> Value:
        array, value = self.value(node.array), []
        place = self.indices(array, node.indices, [lambda: value.append(self.value(node.value))], node)
        copy = np.array(array)
        copy[place] = value[0]
        return copy

    def indices(
        self, array: Value, nodes: list[ast.Expression], last: list[Callable[[], None]], node: ast.Node
    ) -> tuple[int, ...]:
        """All indices evaluated, then what comes last, then every index checked."""
        indices = [_number(self.value(index)) for index in nodes]
        for operand in last:
            operand()
        assert isinstance(array, np.ndarray)
        for dimension, (index, length) in enumerate(zip(indices, array.shape, strict=False)):
            if not 0 <= index < length:
                raise _placed(PlainTrap("index", index, length, dimension), node)
        return tuple(indices)

    def _call(self, node: ast.Call) -> Value:
        arguments = [self.value(argument) for argument in node.arguments]
        self.check_sizes(node.checks, arguments, node)
        assert node.function is not None
        return self.call(node.function, arguments)

    def _builtincall(self, node: ast.BuiltinCall) -> Value:
        operands = [self.value(argument) for argument in node.arguments]
        self.check_sizes(node.checks, operands, node)
        if node.name in FUNCTIONS:
            return _elementwise(FUNCTIONS[node.name], operands, dtype_of(node.type), node)
        if node.name in _DTYPES:
            dtype = np.dtype(_DTYPES[node.name])
            return _elementwise(lambda x: converted(x, dtype), operands, dtype, node)
        if node.name in ("zeros", "full", "iota"):
            return self.made(node, operands)
        return _on_arrays(node, operands)

    def made(self, node: ast.BuiltinCall, operands: list[Value]) -> Value:
        lengths = [_number(length) for length in operands[node.name == "full" :]]
        for length in lengths:
            if length < 0:
                raise _placed(PlainTrap("size", length, 0), node)
        if node.name == "iota":
            return np.arange(lengths[0], dtype=np.int64)
        return np.full(lengths, operands[0] if node.name == "full" else 0, dtype_of(node.type))


def _elements(type: Type) -> tuple[Type, ...]:
    assert isinstance(type, TupleType)
    return type.elements


def _part(value: Value, path: Sequence[int]) -> np.ndarray:
    for step in path:
        assert isinstance(value, tuple)
        value = value[step]
    assert isinstance(value, np.ndarray | np.generic | int)
    return np.asarray(value)


def _placed(trap: PlainTrap, node: ast.Node) -> PlainTrap:
    trap.offset = node.span.start
    return trap


def _elementwise(
    function: Callable[..., object], operands: list[Value], dtype: np.dtype[np.generic], node: ast.Node
) -> Value:
    """The function of scalars, on the elements of arrays one by one in row-major order."""
    shapes = [operand.shape for operand in operands if isinstance(operand, np.ndarray)]
    if not shapes:
        try:
            return dtype.type(function(*operands))
        except PlainTrap as trap:
            raise _placed(trap, node) from None
    result = np.empty(shapes[0], dtype)
    for place in np.ndindex(*shapes[0]):
        parts = [operand[place] if isinstance(operand, np.ndarray) else operand for operand in operands]
        try:
            result[place] = function(*parts)
        except PlainTrap as trap:
            trap.position = place
            raise _placed(trap, node) from None
    return result


def _on_arrays(node: ast.BuiltinCall, operands: list[Value]) -> Value:
    """Lengths, rearrangements and reductions."""
    array = operands[0]
    assert isinstance(array, np.ndarray)
    if node.name in ("len", "dim"):
        return np.int64(array.shape[_number(operands[1]) if node.name == "dim" else 0])
    if node.name in ("minimum", "maximum", "argmin", "argmax") and array.size == 0:
        raise _placed(PlainTrap("empty"), node)
    match node.name:
        case "reverse":
            return array[::-1]
        case "transpose":
            return array.T
        case "any" | "all":
            return np.bool_(any(array.flat) if node.name == "any" else all(array.flat))
        case "argmin" | "argmax":
            return np.int64(getattr(np, node.name)(array))
        case "dot":
            return np.matmul(array, _array(operands[1]))
        case "sum" | "prod":
            return getattr(np, node.name)(array, dtype=array.dtype)
        case _:
            function = FUNCTIONS[node.name[:3]]
            return dtype_of(node.type).type(_folded(function, list(array.flat)))


def _folded(function: Callable[..., object], values: list[object]) -> object:
    result = values[0]
    for value in values[1:]:
        result = function(result, value)
    return result
