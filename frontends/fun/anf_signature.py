"""The signature of a Fun function as the callers of a kernel see it: names, types as written, tuples."""

from __future__ import annotations

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_types import flat_types
from ssair.frontends.fun.types import TupleType, Type
from ssair.signature import Parameter, Signature, Tree


def signature_of(function: ast.Function) -> Signature:
    """The parameters and the result of a checked function."""
    parameters = tuple(
        Parameter(parameter.binding.name, str(parameter.type), tree_of(parameter.type))
        for parameter in function.parameters
    )
    return Signature(parameters, tree_of(function.result), str(function.result))


def tree_of(type: Type) -> Tree:
    """A type with its tuples, and IR types in the place of scalars and arrays."""
    done: list[Tree] = []
    stack: list[Type | int] = [type]  # an int closes a tuple of that many elements
    while stack:
        item = stack.pop()
        if isinstance(item, int):
            start = len(done) - item
            done[start:] = [tuple(done[start:])]
        elif isinstance(item, TupleType):
            stack.append(len(item.elements))
            stack.extend(reversed(item.elements))
        else:
            done += flat_types(item)
    return done[0]
