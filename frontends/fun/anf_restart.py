"""Which self-calls in tail position begin the function anew instead of calling it.

The parameters become the states of a loop, so each array must keep its sizes and each `size` its value; else the call
stays an ordinary one, which is evaluated with its own sizes.
"""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_types import components
from ssair.frontends.fun.types import SIZE, ArrayType


def is_static(parameter: ast.Parameter) -> bool:
    """Whether a parameter is a `size`, which every call of a loop keeps."""
    return parameter.type is SIZE


def begins_anew(function: ast.Function, call: ast.Call) -> bool:
    """Whether a call in `function` is to be a jump back to its beginning."""
    if not call.is_tail or call.function is not function:
        return False
    pairs = zip(function.parameters, call.arguments, strict=True)
    return all(_keeps_sizes(parameter, argument) for parameter, argument in pairs)


def _keeps_sizes(parameter: ast.Parameter, argument: ast.Expression) -> bool:
    if is_static(parameter):
        return argument.size is not None and argument.size == parameter.binding.size
    for wanted, given in zip(components(parameter.type), components(argument.type), strict=True):
        if wanted is SIZE:
            return False
        if isinstance(wanted, ArrayType) and not (isinstance(given, ArrayType) and given.dims == wanted.dims):
            return False
    return True
