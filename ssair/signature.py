"""A function as its caller sees it: named parameters and results with their tuples, which the IR has flattened.

A `Tree` is a type for one IR value, or a tuple of trees for a source tuple. Tuples of arguments nest as deep as their
types, which a program can make deep: flattening and rebuilding walk an explicit stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ssair.diagnostics import SsairError
from ssair.ir import Function
from ssair.types import Type

Tree = Type | tuple["Tree", ...]


class ArgumentTypeError(SsairError, TypeError):
    """Arguments of the wrong number or type: a dtype, a rank, the form of a tuple, or no number at all."""


def wanted_arguments(count: int) -> str:
    """How an error about the number of arguments begins."""
    return "1 argument is wanted" if count == 1 else f"{count} arguments are wanted"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the source function: `text` is its type as the source has it (`[n]f64`, `(i64, bool)`, `size`)."""

    name: str
    text: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters and the result of a source function."""

    parameters: tuple[Parameter, ...]
    result: Tree
    result_text: str

    def __str__(self) -> str:
        listed = ", ".join(f"{parameter.name}: {parameter.text}" for parameter in self.parameters)
        return f"({listed}) -> {self.result_text}"

    def flatten(self, args: Sequence[Any]) -> list[Any]:
        """The arguments, one for each IR parameter; ArgumentTypeError for a wrong number or form of them."""
        if len(args) != len(self.parameters):
            raise ArgumentTypeError(f"{wanted_arguments(len(self.parameters))} {self}, not {len(args)}")
        flat: list[Any] = []
        for parameter, arg in zip(self.parameters, args, strict=True):
            flat += _flatten(parameter, arg)
        return flat

    def bind(self, args: Sequence[Any], named: Mapping[str, Any]) -> list[Any]:
        """Arguments given by place and by name, in the order of the parameters; ArgumentTypeError for what is amiss."""
        if len(args) > len(self.parameters):
            count = len(args) + len(named)
            raise ArgumentTypeError(f"{wanted_arguments(len(self.parameters))} {self}, not {count}")
        names = [parameter.name for parameter in self.parameters]
        bound = dict(zip(names, args, strict=False))
        for name, value in named.items():
            if name in bound:
                raise ArgumentTypeError(f"argument {name} is given twice")
            if name not in names:
                raise ArgumentTypeError(f"there is no parameter {name}: {self}")
            bound[name] = value
        missing = [name for name in names if name not in bound]
        if missing:
            raise ArgumentTypeError(f"argument {missing[0]} is missing: {self}")
        return [bound[name] for name in names]

    def unflatten(self, results: Sequence[Any]) -> Any:
        """The function's value, tuples rebuilt, from one value for each IR result."""
        return unflatten(self.result, iter(results))

    def leaf_names(self) -> list[str]:
        """A name for each IR parameter: `x`, and `p[0]`, `p[1][0]` for the parts of tuples."""
        names: list[str] = []
        for parameter in self.parameters:
            stack: list[tuple[str, Tree]] = [(parameter.name, parameter.tree)]
            while stack:
                name, tree = stack.pop()
                if isinstance(tree, Type):
                    names.append(name)
                else:
                    stack.extend((f"{name}[{i}]", part) for i, part in reversed(list(enumerate(tree))))
        return names


def _flatten(parameter: Parameter, arg: Any) -> list[Any]:
    flat: list[Any] = []
    stack: list[tuple[Tree, Any]] = [(parameter.tree, arg)]
    while stack:
        tree, value = stack.pop()
        if isinstance(tree, Type):
            flat.append(value)
            continue
        if not isinstance(value, tuple | list) or len(value) != len(tree):
            raise ArgumentTypeError(f"parameter {parameter.name}: {parameter.text} wants a tuple of {len(tree)} here")
        stack.extend(reversed(list(zip(tree, value, strict=True))))
    return flat


def unflatten(tree: Tree, leaves: Iterator[Any]) -> Any:
    """The nested tuple of `leaves` that has the form of `tree`; a single leaf where the tree is one type."""
    done: list[Any] = []
    stack: list[Tree | int] = [tree]  # an int closes a tuple of that many parts
    while stack:
        item = stack.pop()
        if isinstance(item, Type):
            done.append(next(leaves))
        elif isinstance(item, int):
            start = len(done) - item
            done[start:] = [tuple(done[start:])]
        else:
            stack.append(len(item))
            stack.extend(reversed(item))
    return done[0]


def signature_of(function: Function) -> Signature:
    """The signature that the front end gave, else the flat one of the IR."""
    if function.signature is not None:
        return function.signature
    parameters = tuple(
        Parameter(param.name or f"v{param.id}", "size" if param.static else str(param.type), param.type)
        for param in function.params
    )
    result: Tree = function.results[0] if len(function.results) == 1 else function.results
    text = str(function.result_type)
    return Signature(parameters, result, text)
