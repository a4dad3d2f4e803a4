"""The types of Fun.

Scalars are five objects that are compared by `is` (`BOOL I32 I64 F32 F64`); `SIZE` stands only in the signature of a
function: an expression of that type is an `I64` whose node says which size it is.  Arrays have a scalar element type
and one `Size` a dimension.  Tuples have two components or more, nest, and hold at most `MAXIMUM_COMPONENTS` values
that are not tuples, so that what walks over them is bounded.  While a program is checked, a `Variable` (unify.py) may
stand for a type; none is left in a checked program.
"""

from __future__ import annotations

from dataclasses import dataclass

from ssair.frontends.fun.sizes import Size

MAXIMUM_RANK = 32
MAXIMUM_COMPONENTS = 1024


class Type:
    """The base of all types."""

    __slots__ = ()

    def __str__(self) -> str:
        return type_text(self)


class Scalar(Type):
    """A scalar type.  There is one object a type."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name.upper()


BOOL = Scalar("bool")
I32 = Scalar("i32")
I64 = Scalar("i64")
F32 = Scalar("f32")
F64 = Scalar("f64")
SIZE = Scalar("size")

SCALARS: dict[str, Scalar] = {scalar.name: scalar for scalar in (BOOL, I32, I64, F32, F64)}
INTEGERS = (I32, I64)
FLOATS = (F32, F64)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayType(Type):
    """An array: the element is a scalar (or, while checking, a variable that will be one)."""

    element: Type
    dims: tuple[Size, ...]

    @property
    def rank(self) -> int:
        """The number of dimensions, at least 1."""
        return len(self.dims)

    def __str__(self) -> str:
        return type_text(self)


@dataclass(frozen=True, slots=True, eq=False)
class TupleType(Type):
    """A tuple of two or more components; `components` counts those that are not tuples, at every depth."""

    elements: tuple[Type, ...]
    components: int

    def __str__(self) -> str:
        return type_text(self)


def tuple_type(elements: tuple[Type, ...]) -> TupleType:
    """The type of a tuple.  Requires two elements or more."""
    return TupleType(elements, sum(e.components if isinstance(e, TupleType) else 1 for e in elements))


class Untyped(Type):
    """The type of an expression that is not checked yet."""

    __slots__ = ()


UNTYPED = Untyped()


def type_text(type: Type) -> str:
    """A type as it is written in a program: `[n, 2 * m]f64`, `(i64, bool)`."""
    parts: list[str] = []
    pending: list[Type | str] = [type]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            parts.append(item)
        elif isinstance(item, Scalar):
            parts.append(item.name)
        elif isinstance(item, ArrayType):
            parts.append(f"[{', '.join(map(str, item.dims))}]")
            pending.append(item.element)
        elif isinstance(item, TupleType):
            pending.append(")")
            for number, element in enumerate(reversed(item.elements)):
                pending.extend((", ", element) if number else (element,))
            parts.append("(")
        else:
            parts.append(_special_text(item))
    return "".join(parts)


def _special_text(type: Type) -> str:
    describe = getattr(type, "describe", None)
    return str(describe()) if describe is not None else "?"
