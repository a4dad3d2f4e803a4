"""Type variables: what is not known yet of the type of a literal, a hole, or an expression with an error.

A variable is a set of scalars that it may still become; unifying two types intersects these sets.  Union-find with path
compression: linear in practice.  Dimensions are not unified: `unify` lists the pairs, and the caller says what becomes
of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ssair.frontends.fun.sizes import Size
from ssair.frontends.fun.types import BOOL, F64, FLOATS, I64, INTEGERS, ArrayType, Scalar, TupleType, Type, tuple_type

NUMBERS = (*INTEGERS, *FLOATS)
ALL_SCALARS = (BOOL, *NUMBERS)

_NAMES = {NUMBERS: "number", INTEGERS: "integer", FLOATS: "float"}


class Variable(Type):
    """A type that is not known yet.

    `choices` are the scalars that it can become; None means any type at all, arrays and tuples too (a hole or an
    error).  `is_error` marks what an error has left open: it fits everywhere, and is never reported again.
    """

    __slots__ = ("choices", "is_error", "link", "prefers_float")

    def __init__(self, choices: tuple[Scalar, ...] | None, prefers_float: bool = False, is_error: bool = False) -> None:
        self.choices = choices
        self.prefers_float = prefers_float
        self.is_error = is_error
        self.link: Type | None = None

    def describe(self) -> str:
        """How an unsolved variable is shown in a message."""
        solved = prune(self)
        if solved is not self:
            return str(solved)
        return "?" if self.choices is None else _NAMES.get(self.choices, "scalar")

    def default(self) -> Type:
        """What the variable becomes when nothing in the function says more."""
        if self.choices is None:
            return self
        wanted = F64 if self.prefers_float else I64
        return wanted if wanted in self.choices else self.choices[-1]


def error_type() -> Variable:
    """A type for an expression with an error, so that it causes no other one."""
    return Variable(None, is_error=True)


def prune(type: Type) -> Type:
    """What a type is known to be: a variable only if it is not solved.  Only the outermost layer is looked at."""
    while isinstance(type, Variable) and type.link is not None:
        if isinstance(type.link, Variable) and type.link.link is not None:
            type.link = type.link.link
        type = type.link
    return type


def is_open(type: Type) -> bool:
    """Whether nothing is known of a type: that of a hole or of an expression with an error."""
    type = prune(type)
    return isinstance(type, Variable) and type.choices is None


def is_scalar(type: Type) -> bool:
    """Whether a type is a scalar, or a variable that can be one."""
    return isinstance(prune(type), Scalar | Variable)


def element_of(type: Type) -> Type:
    """The element type of an array, a scalar itself."""
    type = prune(type)
    return prune(type.element) if isinstance(type, ArrayType) else type


def dims_of(type: Type) -> tuple[Size, ...]:
    """The dimensions of an array; none for a scalar."""
    type = prune(type)
    return type.dims if isinstance(type, ArrayType) else ()


def restrict(type: Type, choices: tuple[Scalar, ...]) -> bool:
    """Let a scalar type be one of `choices`; False if it cannot be."""
    type = prune(type)
    if isinstance(type, Scalar):
        return type in choices
    if not isinstance(type, Variable):
        return False
    if type.choices is None:
        if not type.is_error:
            type.link = Variable(choices)
        return True
    return _narrow(type, tuple(choice for choice in type.choices if choice in choices))


def _narrow(variable: Variable, choices: tuple[Scalar, ...]) -> bool:
    if len(choices) == 1:
        variable.link = choices[0]
    elif choices:
        variable.choices = choices
    return bool(choices)


class DimPair(NamedTuple):
    """The same dimension of two types: where it is (`path` through nested tuples), and both sizes."""

    path: tuple[int, ...]
    axis: int
    left: Size
    right: Size


def unify(left: Type, right: Type, dims: list[DimPair]) -> bool:
    """Make two types one but for their dimensions; False if they cannot be.

    Appends every pair of dimensions that are not the same to `dims`.
    """
    pending: list[tuple[Type, Type, tuple[int, ...]]] = [(left, right, ())]
    while pending:
        left, right, path = pending.pop()
        left, right = prune(left), prune(right)
        if left is right:
            continue
        if isinstance(left, Variable):
            if not _unify_variable(left, right):
                return False
        elif isinstance(right, Variable):
            if not _unify_variable(right, left):
                return False
        elif isinstance(left, ArrayType) and isinstance(right, ArrayType):
            if left.rank != right.rank:
                return False
            dims.extend(
                DimPair(path, axis, one, other)
                for axis, (one, other) in enumerate(zip(left.dims, right.dims, strict=True))
                if one != other
            )
            pending.append((left.element, right.element, path))
        elif isinstance(left, TupleType) and isinstance(right, TupleType):
            if len(left.elements) != len(right.elements):
                return False
            pairs = list(enumerate(zip(left.elements, right.elements, strict=True)))
            pending.extend((one, other, (*path, place)) for place, (one, other) in reversed(pairs))
        else:
            return False
    return True


def _unify_variable(variable: Variable, other: Type) -> bool:
    if variable.is_error or (isinstance(other, Variable) and other.is_error):
        return True
    if variable.choices is None:
        if isinstance(other, TupleType) and _occurs(variable, other):
            return False
        variable.link = other
        return True
    if not isinstance(other, Variable):
        if not isinstance(other, Scalar) or other not in variable.choices:
            return False
        variable.link = other
        return True
    if other.choices is None:
        other.link = variable
        return True
    other.prefers_float = other.prefers_float or variable.prefers_float
    both = tuple(choice for choice in other.choices if choice in variable.choices)
    variable.link = other
    return _narrow(other, both)


def _occurs(variable: Variable, type: Type) -> bool:
    """Whether a type holds the variable, so that it would have to hold itself."""
    pending = [type]
    while pending:
        part = prune(pending.pop())
        if part is variable:
            return True
        if isinstance(part, TupleType):
            pending.extend(part.elements)
    return False


def map_components(type: Type, function: Callable[[Type], Type]) -> Type:
    """A type with `function` applied to each part, at every depth, that is not a tuple."""
    finished: list[Type] = []
    pending: list[tuple[Type, bool]] = [(prune(type), False)]
    while pending:
        part, is_ready = pending.pop()
        if not isinstance(part, TupleType):
            finished.append(function(part))
        elif is_ready:
            count = len(part.elements)
            finished[-count:] = [TupleType(tuple(finished[-count:]), part.components)]
        else:
            pending.append((part, True))
            pending.extend((prune(element), False) for element in reversed(part.elements))
    return finished[0]


class Solver:
    """Replaces variables by what they have become.  One object a function; each array and tuple type is solved once."""

    def __init__(self) -> None:
        self._solved: dict[int, tuple[Type, Type]] = {}  # the first of the pair keeps the key's object alive

    def solve(self, type: Type) -> Type:
        """`type` without variables; those that nothing decides take their default.  Open types stay."""
        pending = [type]
        while (solved := self._known(type)) is None:
            top = pending[-1]
            parts = _parts(prune(top))
            unsolved = [part for part in parts if self._known(part) is None]
            if unsolved:
                pending.extend(unsolved)
                continue
            pending.pop()
            self._rebuild(prune(top), [part for part in map(self._known, parts) if part is not None])
        return solved

    def _known(self, type: Type) -> Type | None:
        """The solution of a type, if it is there already: always that of a scalar."""
        type = prune(type)
        if isinstance(type, Scalar):
            return type
        if isinstance(type, Variable):
            return type.default()
        entry = self._solved.get(id(type))
        return entry[1] if entry is not None else None

    def _rebuild(self, type: Type, parts: list[Type]) -> None:
        if all(part is old for part, old in zip(parts, _parts(type), strict=True)):
            solved = type
        elif isinstance(type, ArrayType):
            solved = ArrayType(parts[0], type.dims)
        else:
            solved = tuple_type(tuple(parts))
        self._solved[id(type)] = (type, solved)


def _parts(type: Type) -> tuple[Type, ...]:
    if isinstance(type, ArrayType):
        return (type.element,)
    if isinstance(type, TupleType):
        return type.elements
    return ()
