"""The typing rules of calls: arguments, their sizes, and the result over the sizes of the arguments."""

from __future__ import annotations

from collections.abc import Mapping

from ssair.facts import MAX_SIZE
from ssair.frontends.fun import ast
from ssair.frontends.fun.ast import OperandValue, SizeCheck, SizeSource
from ssair.frontends.fun.builtins import BUILTINS, FOREIGN
from ssair.frontends.fun.checking import Checking, Rule
from ssair.frontends.fun.report import shortened
from ssair.frontends.fun.signature import Signature
from ssair.frontends.fun.sizes import FAULTY_SIZE, Size, constant_size, greatest, substitute
from ssair.frontends.fun.types import SIZE, ArrayType, TupleType, Type
from ssair.frontends.fun.typing_rules import shown
from ssair.frontends.fun.unify import dims_of, error_type, is_open, is_scalar, map_components, prune, unify


def builtin_call(checking: Checking, node: ast.BuiltinCall) -> Rule:
    """By the rule of the built-in function."""
    yield from node.arguments
    checking.builtin_rules.check(node)


def call(checking: Checking, node: ast.Call) -> Rule:
    """The declared or inferred result of the function, over the sizes of the arguments."""
    yield from node.arguments
    node.type = error_type()
    signature = checking.signatures.get(node.name)
    if signature is None:
        _unknown_function(checking, node)
        return
    parameters = signature.function.parameters
    if len(parameters) != len(node.arguments):
        count = len(parameters)
        message = f"`{node.name}` takes {count} argument{'s' * (count != 1)}, not {len(node.arguments)}"
        notes = [("declared here", signature.function.name_span)]
        checking.report.add("E0303", message, node.span, notes)
    elif _arguments_fit(checking, node, signature):
        values = {name: _size_at(checking, source, node) for name, source in signature.sources.items()}
        node.checks = _call_checks(checking, node, signature)
        node.unlimited = _unlimited(node, signature)
        node.type = _with_sizes(signature.result, values) if signature.result is not None else error_type()
        return
    if signature.result is not None and is_scalar(signature.result):
        node.type = signature.result


def _unknown_function(checking: Checking, node: ast.Call) -> None:
    binding = checking.scope.find(node.name)
    if binding is not None:
        message = f"`{node.name}` is a variable, and not a function"
        help = f"an element is `{node.name}[…]`" if dims_of(binding.type) else ""
        checking.report.add("E0202", message, node.name_span, [("declared here", binding.span)], help)
        return
    if checking.report.is_partial:
        return
    nearest = (
        node.name if node.name in FOREIGN else checking.report.nearest(node.name, [*BUILTINS, *checking.signatures])
    )
    nearest = nearest or checking.report.nearest(node.name, FOREIGN)
    help = f"did you mean `{nearest}`?" if nearest else ""
    if nearest in FOREIGN and nearest not in checking.signatures:
        help = f"write `{FOREIGN[nearest]}`"
    checking.report.add("E0202", f"there is no function `{shortened(node.name)}`", node.name_span, help=help)


def _arguments_fit(checking: Checking, node: ast.Call, signature: Signature) -> bool:
    """Whether each argument has the type of its parameter, dimensions aside."""
    fits = True
    for place, (parameter, argument) in enumerate(
        zip(signature.function.parameters, node.arguments, strict=True), start=1
    ):
        if parameter.type is SIZE:
            checking.rules.require_size(argument, f"argument {place} of `{node.name}`")
        elif not unify(parameter.type, argument.type, []):
            message = f"argument {place} of `{node.name}` is {shown(parameter.type)}, not {shown(argument.type)}"
            notes = [("the parameter is declared here", parameter.span)]
            help = checking.rules.conversion_help(parameter.type, argument.type, argument)
            checking.report.add("E0301", message, argument.span, notes, help)
            fits = False
        elif is_open(argument.type) and dims_of(parameter.type):
            fits = False
    return fits


def _call_checks(checking: Checking, node: ast.Call, signature: Signature) -> tuple[SizeCheck, ...]:
    """What the parameters demand of the sizes of the arguments, where it is not known to hold."""
    checks: list[SizeCheck] = []
    for check in signature.function.checks:
        left, right = _size_at(checking, check.left, node), _size_at(checking, check.right, node)
        places = [source for source in (check.left, check.right) if not isinstance(source, ast.LiteralSize)]
        operands = [node.arguments[source.operand] for source in places]
        if checking.rules.sizes_may_agree(left, right, f"`{node.name}`", node.span, operands):
            checks.append(check)
    return tuple(checks)


def _unlimited(node: ast.Call, signature: Signature) -> tuple[int, ...]:
    """The arguments for `size` parameters that are not known to be within the limits of one."""
    return tuple(
        place
        for place, (parameter, argument) in enumerate(zip(signature.function.parameters, node.arguments, strict=True))
        if parameter.type is SIZE and argument.size is not None and greatest(argument.size) > MAX_SIZE
    )


def _size_at(checking: Checking, source: SizeSource, node: ast.Call) -> Size:
    """The size that a source of the callee's signature has in this call."""
    if isinstance(source, ast.LiteralSize):
        return constant_size(source.value)
    argument = node.arguments[source.operand]
    if isinstance(source, OperandValue):
        return argument.size if argument.size is not None else FAULTY_SIZE
    type = prune(argument.type)
    for place in source.path:
        if not isinstance(type, TupleType):
            return FAULTY_SIZE
        type = prune(type.elements[place])
    return type.dims[source.axis] if isinstance(type, ArrayType) else FAULTY_SIZE


def _with_sizes(type: Type, values: Mapping[str, Size]) -> Type:
    """The result type of a call: that of the function, over the sizes of the arguments."""

    def over_arguments(part: Type) -> Type:
        if isinstance(part, ArrayType):
            return ArrayType(part.element, tuple(substitute(dim, values) for dim in part.dims))
        return part

    return map_components(type, over_arguments)
