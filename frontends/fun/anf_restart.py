"""Calls in tail position that begin a function anew instead of calling it: jumps to a loop around its body.

The parameters become the states of the loop, whose arrays keep their sizes.  So such a call may give the callee's size
names other values only by another name: `size_pairs` says which size of the caller each of them is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Protocol

from ssair.frontends.fun import ast
from ssair.frontends.fun.anf_nodes import Atom, Loop
from ssair.frontends.fun.anf_types import components
from ssair.frontends.fun.sizes import Size, SizeName
from ssair.frontends.fun.types import SIZE, ArrayType


def is_static(parameter: ast.Parameter) -> bool:
    """Whether a parameter is a `size`, which every call of a loop keeps."""
    return parameter.type is SIZE


def name_of(size: Size) -> str | None:
    """The size name that a size is, if it is one."""
    if len(size.terms) != 1:
        return None
    monomial, coefficient = size.terms[0]
    return monomial[0].text if coefficient == 1 and len(monomial) == 1 and isinstance(monomial[0], SizeName) else None


def size_pairs(call: ast.Call) -> list[tuple[str, str]] | None:
    """The size names of the callee, each with the caller's that the call gives it; None if it gives other sizes."""
    assert call.function is not None
    pairs: list[tuple[str, str]] = []
    for parameter, argument in zip(call.function.parameters, call.arguments, strict=True):
        for wanted, given in _sizes(parameter, argument):
            if given is None:
                return None
            if wanted.constant is not None:
                if wanted != given:
                    return None
                continue
            names = name_of(wanted), name_of(given)
            if names[0] is None or names[1] is None:
                return None
            pairs.append((names[0], names[1]))
    return pairs


def _sizes(parameter: ast.Parameter, argument: ast.Expression) -> list[tuple[Size, Size | None]]:
    """The sizes that a parameter has, each with the argument's, which is None where it is not known."""
    if is_static(parameter):
        assert parameter.binding.size is not None
        return [(parameter.binding.size, argument.size)]
    found: list[tuple[Size, Size | None]] = []
    for wanted, given in zip(components(parameter.type), components(argument.type), strict=True):
        if isinstance(wanted, ArrayType):
            assert isinstance(given, ArrayType)
            found += zip(wanted.dims, given.dims, strict=True)
    return found


class Restart(Protocol):
    """The loop that tail calls jump to."""

    loop: Loop

    def arguments(self, call: ast.Call, values: Sequence[tuple[Atom, ...]]) -> tuple[Atom, ...] | None:
        """What the loop's parameters become by a call with these arguments; None if the call is an ordinary one."""


class SelfRestart:
    """The loop around the body of one function; its states are the parameters that are not static."""

    def __init__(self, function: ast.Function, loop: Loop) -> None:
        self.function = function
        self.loop = loop

    def arguments(self, call: ast.Call, values: Sequence[tuple[Atom, ...]]) -> tuple[Atom, ...] | None:
        """The arguments that are not static, flat."""
        if not begins_anew(self.function, call):
            return None
        pairs = zip(self.function.parameters, values, strict=True)
        return tuple(chain.from_iterable(atoms for parameter, atoms in pairs if not is_static(parameter)))


def begins_anew(function: ast.Function, call: ast.Call) -> bool:
    """Whether a call in `function` is to be a jump back to its beginning."""
    if not call.is_tail or call.function is not function:
        return False
    pairs = size_pairs(call)
    return pairs is not None and all(wanted == given for wanted, given in pairs)
