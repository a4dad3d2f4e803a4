"""The signature of a function: what a caller may rely on, known before any body is checked.

Ensures: parameters have types, dimensions of parameters are size names or numbers, and every size name has one place
where its value is found.  Linear in the length of the signature; types may nest without limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ssair.frontends.fun import ast
from ssair.frontends.fun.ast import LiteralSize, OperandDim, OperandValue, SizeCheck, SizeSource
from ssair.frontends.fun.literals import integer_value
from ssair.frontends.fun.report import Report, shortened
from ssair.frontends.fun.sizes import FAULTY_SIZE, Size, constant_size, named_size
from ssair.frontends.fun.types import (
    I64,
    MAXIMUM_COMPONENTS,
    MAXIMUM_RANK,
    SIZE,
    ArrayType,
    Scalar,
    TupleType,
    Type,
    tuple_type,
)
from ssair.frontends.fun.unify import error_type

DimReader = Callable[[ast.Expression], Size]


@dataclass(slots=True)
class Signature:
    """`sources` says where the value of each size name is found; `result` is None until it is declared or inferred."""

    function: ast.Function
    sources: dict[str, SizeSource] = field(default_factory=dict)
    result: Type | None = None


_SizeNames = dict[str, Size]
"""The size names of one signature, and what each is bound to."""


def check_signature(function: ast.Function, report: Report) -> Signature:
    """Type the parameters of a function, find its size names, and list what the entry has to check."""
    signature = Signature(function)
    names: _SizeNames = {}
    _report_duplicates(function, report)
    _collect_size_names(function, signature, names, report)
    reader = AnnotationReader(report)
    for parameter in function.parameters:
        binding = parameter.binding

        def parameter_dim(dim: ast.Expression, parameter: ast.Parameter = parameter) -> Size:
            return _parameter_dim(dim, parameter, names, report)

        parameter.type = reader.read(parameter.annotation, parameter_dim, sizes_allowed=True)
        binding.type = I64 if parameter.type is SIZE else parameter.type
        if parameter.type is SIZE:
            binding.size = names[binding.name]
    function.checks = tuple(_entry_checks(signature))
    return signature


def _report_duplicates(function: ast.Function, report: Report) -> None:
    seen: dict[str, ast.Binding] = {}
    for parameter in function.parameters:
        first = seen.setdefault(parameter.binding.name, parameter.binding)
        if first is not parameter.binding:
            message = f"the parameter `{first.name}` is declared twice"
            report.add("E0203", message, parameter.binding.span, [("first declared here", first.span)])


def _collect_size_names(function: ast.Function, signature: Signature, names: _SizeNames, report: Report) -> None:
    """Find the size names, and where each one's value is: a `size` parameter, else the first dimension of the name."""
    used_as_dims = {place.name: place for _, _, _, place in _dim_names(function)}
    parameters: dict[str, ast.Parameter] = {}
    for number, parameter in enumerate(function.parameters):
        name = parameter.binding.name
        parameters.setdefault(name, parameter)
        if isinstance(parameter.annotation, ast.ScalarNode) and parameter.annotation.scalar is SIZE:
            signature.sources.setdefault(name, OperandValue(number))
            names.setdefault(name, named_size(name, nonnegative=name in used_as_dims))
    size_names: list[ast.Binding] = []
    for number, path, axis, place in _dim_names(function):
        name = place.name
        if name in parameters and name not in signature.sources:
            other = parameters[name]
            message = f"`{name}` is a dimension here, and a parameter that is not a `size`"
            help = f"declare the parameter as `{name}: size`, or give one of the two another name"
            report.add("E0206", message, place.span, [("the parameter is declared here", other.binding.span)], help)
            names.setdefault(name, FAULTY_SIZE)
        elif name not in signature.sources:
            binding = ast.Binding(name, place.span, "size")
            binding.type, binding.size = I64, named_size(name)
            binding.source = OperandDim(number, path, axis)
            signature.sources[name] = binding.source
            names[name] = binding.size
            size_names.append(binding)
    size_names += _names_in_faulty_dims(function, parameters, names)
    function.size_names = tuple(size_names)


def _names_in_faulty_dims(
    function: ast.Function, parameters: Mapping[str, ast.Parameter], names: _SizeNames
) -> Iterator[ast.Binding]:
    """What stands in a dimension that is no name is reported there: its names shall not be missed elsewhere too."""
    for _, _, _, dim in _dims(function):
        if isinstance(dim, ast.Binary):
            for part in (dim.left, dim.right):
                if isinstance(part, ast.Name) and part.name not in parameters and part.name not in names:
                    names[part.name] = FAULTY_SIZE
                    binding = ast.Binding(part.name, part.span, "size")
                    binding.type, binding.size = I64, FAULTY_SIZE
                    yield binding


def _dim_names(function: ast.Function) -> Iterator[tuple[int, tuple[int, ...], int, ast.Name]]:
    """The names that stand as dimensions in the parameters: parameter, path, axis, and the name."""
    for number, path, axis, dim in _dims(function):
        if isinstance(dim, ast.Name):
            yield number, path, axis, dim


def _dims(function: ast.Function) -> Iterator[tuple[int, tuple[int, ...], int, ast.Expression]]:
    """The dimensions of the parameters: parameter, path, axis, and what is written."""
    for number, parameter in enumerate(function.parameters):
        pending: list[tuple[ast.TypeNode, tuple[int, ...]]] = [(parameter.annotation, ())]
        while pending:
            node, path = pending.pop()
            if isinstance(node, ast.ArrayNode):
                for axis, dim in enumerate(node.dims):
                    yield number, path, axis, dim
            elif isinstance(node, ast.TupleNode) and len(path) < MAXIMUM_COMPONENTS:
                pending.extend((element, (*path, place)) for place, element in reversed(list(enumerate(node.elements))))


def _parameter_dim(dim: ast.Expression, parameter: ast.Parameter, names: _SizeNames, report: Report) -> Size:
    if isinstance(dim, ast.Name):
        return names.get(dim.name) or FAULTY_SIZE
    if isinstance(dim, ast.Literal) and not dim.suffix:
        value = integer_value(dim.text)
        if value is not None and 0 <= value < 1 << 47:
            return constant_size(value)
    help = _dim_advice(dim, parameter, report) if isinstance(dim, ast.Binary) else ""
    report.add("E0403", "a dimension of a parameter is a size name or a number", dim.span, help=help)
    return FAULTY_SIZE


def _dim_advice(dim: ast.Expression, parameter: ast.Parameter, report: Report) -> str:
    """How a dimension is checked that no parameter can have."""
    text, type = report.text_of(dim.span), parameter.annotation
    if not text or not isinstance(type, ast.ArrayNode) or len(type.dims) > MAXIMUM_RANK:
        return "give it a name, and compare that in the body: `assert m == 2 * n`"
    axis = type.dims.index(dim)
    name = shortened(parameter.binding.name)
    length = f"dim({name}, {axis})" if axis else f"len({name})"
    return f"give it a name, and check it in the body: `assert {length} == {text}`"


def _entry_checks(signature: Signature) -> Iterator[SizeCheck]:
    """What must hold of the arguments: every dimension is its number, or what its name has been found to be."""
    for number, parameter in enumerate(signature.function.parameters):
        pending: list[tuple[Type, tuple[int, ...]]] = [(parameter.type, ())]
        while pending:
            type, path = pending.pop()
            if isinstance(type, TupleType):
                pending.extend((part, (*path, place)) for place, part in reversed(list(enumerate(type.elements))))
            elif isinstance(type, ArrayType):
                for axis, dim in enumerate(type.dims):
                    place = OperandDim(number, path, axis)
                    constant = dim.constant
                    source = signature.sources.get(str(dim)) if constant is None else LiteralSize(constant)
                    if source is not None and source != place:
                        yield SizeCheck(source, place)


class AnnotationReader:
    """Reads types as they are written.  What a dimension may be is the caller's to say, by the function `dim_size`."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def read(self, annotation: ast.TypeNode, dim_size: DimReader, sizes_allowed: bool = False) -> Type:
        """The type that is written; an open one after a fault.  `size` itself only where `sizes_allowed`."""
        if sizes_allowed and isinstance(annotation, ast.ScalarNode):
            return annotation.scalar
        finished: list[Type] = []
        pending: list[tuple[ast.TypeNode, bool]] = [(annotation, False)]
        while pending:
            node, is_ready = pending.pop()
            if isinstance(node, ast.TupleNode) and not is_ready:
                pending.append((node, True))
                pending.extend((element, False) for element in reversed(node.elements))
            elif isinstance(node, ast.TupleNode):
                elements = tuple(finished[-len(node.elements) :])
                del finished[-len(node.elements) :]
                finished.append(self.tuple(elements, node))
            elif isinstance(node, ast.ArrayNode):
                finished.append(self._array(node, dim_size))
            else:
                finished.append(self._scalar(node))
        return finished[0]

    def tuple(self, elements: tuple[Type, ...], node: ast.Node) -> Type:
        """The type of a tuple, unless it is too large."""
        type = tuple_type(elements)
        if type.components <= MAXIMUM_COMPONENTS:
            return type
        self.report.add_first("E0309", f"a tuple holds at most {MAXIMUM_COMPONENTS} values", node.span)
        return error_type()

    def _scalar(self, node: ast.TypeNode) -> Type:
        if isinstance(node, ast.FaultyTypeNode):
            return error_type()
        assert isinstance(node, ast.ScalarNode)
        if node.scalar is not SIZE:
            return node.scalar
        message = "`size` is the type of a parameter only, and not of a part of one"
        self.report.add("E0307", message, node.span, help="write `i64`")
        return I64

    def _array(self, node: ast.ArrayNode, dim_size: DimReader) -> Type:
        dims = tuple(map(dim_size, node.dims))
        element: Scalar | None = None
        help = ""
        if isinstance(node.element, ast.ScalarNode) and node.element.scalar is not SIZE:
            element = node.element.scalar
        elif isinstance(node.element, ast.ArrayNode):
            help = "write all dimensions in one pair of brackets: `[n, m]f64`"
        elif isinstance(node.element, ast.TupleNode):
            help = "write a tuple of arrays: `([n]f64, [n]i64)`"
        elif isinstance(node.element, ast.FaultyTypeNode):
            return error_type()
        else:
            help = "write `i64`"
        if element is None:
            self.report.add("E0307", "the elements of an array are scalars", node.element.span, help=help)
            return error_type()
        if len(dims) > MAXIMUM_RANK:
            message = f"an array has at most {MAXIMUM_RANK} dimensions, not {len(dims)}"
            self.report.add_first("E0309", message, node.span)
            return error_type()
        return ArrayType(element, dims)
