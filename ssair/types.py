"""The types of the IR.

Every type is one object: scalars are module constants, the others are interned by their constructor functions, so that
`is` and `==` agree and a type costs nothing to compare. Subtyping lives in the facts (`ssair.facts`), not here.

    bool i32 i64 f32 f64     scalars
    f64[:] i32[:,:]          arrays, by element type and rank; lengths are run-time values (`dim`)
    (i64, f64)               tuples, the type of a call with several results and of nothing else
    ptr<i64>                 pointers, for memory operations
    mem                      a version of the memory, which loads are keyed on
"""

from __future__ import annotations

from typing import Final


class Type:
    """A type of the IR; compare with `is` or `==`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: Final = name

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<type {self.name}>"

    def __deepcopy__(self, memo: object) -> Type:
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return (parse_type, (self.name,))


class ScalarType(Type):
    """`bool`, an integer or a float type; `bits` is its width, `integers` the least and the greatest of that many."""

    __slots__ = ("bits", "integers", "kind")

    def __init__(self, name: str, kind: str, bits: int) -> None:
        super().__init__(name)
        self.kind: Final = kind
        self.bits: Final = bits
        self.integers: Final = (-1 << (bits - 1), (1 << (bits - 1)) - 1)


class ArrayType(Type):
    """An array of `rank` (1 or more) dimensions over a scalar `element` type."""

    __slots__ = ("element", "rank")

    def __init__(self, element: ScalarType, rank: int) -> None:
        super().__init__(f"{element}[{','.join(':' * rank)}]")
        self.element: Final = element
        self.rank: Final = rank


class TupleType(Type):
    """The results of a call that has none, or more than one."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Type, ...]) -> None:
        super().__init__(f"({', '.join(map(str, items))})")
        self.items: Final = items


class PointerType(Type):
    """A pointer to cells that hold `target` values."""

    __slots__ = ("target",)

    def __init__(self, target: Type) -> None:
        super().__init__(f"ptr<{target}>")
        self.target: Final = target


BOOL: Final = ScalarType("bool", "bool", 1)
I32: Final = ScalarType("i32", "int", 32)
I64: Final = ScalarType("i64", "int", 64)
F32: Final = ScalarType("f32", "float", 32)
F64: Final = ScalarType("f64", "float", 64)
MEM: Final = Type("mem")
SCALARS: Final = (BOOL, I32, I64, F32, F64)

_arrays: dict[tuple[Type, int], ArrayType] = {}
_tuples: dict[tuple[Type, ...], TupleType] = {}
_pointers: dict[Type, PointerType] = {}


def array_of(element: Type, rank: int) -> Type:
    """The array type of `rank` dimensions; rank 0 is the element type itself."""
    assert isinstance(element, ScalarType) and rank >= 0
    if rank == 0:
        return element
    key = (element, rank)
    if key not in _arrays:
        _arrays[key] = ArrayType(element, rank)
    return _arrays[key]


def tuple_of(items: tuple[Type, ...]) -> TupleType:
    """The tuple type of `items`."""
    if items not in _tuples:
        _tuples[items] = TupleType(items)
    return _tuples[items]


def pointer_to(target: Type) -> PointerType:
    """The type of pointers to `target`."""
    if target not in _pointers:
        _pointers[target] = PointerType(target)
    return _pointers[target]


def element_type(type: Type) -> Type:
    """The element type of an array, any other type itself."""
    return type.element if isinstance(type, ArrayType) else type


def rank(type: Type) -> int:
    """The number of dimensions; 0 for all but arrays."""
    return type.rank if isinstance(type, ArrayType) else 0


def is_integer(type: Type) -> bool:
    """Whether `type` is i32 or i64."""
    return type is I64 or type is I32


def is_float(type: Type) -> bool:
    """Whether `type` is f32 or f64."""
    return type is F64 or type is F32


def is_numeric(type: Type) -> bool:
    """Whether `type` is an integer or float scalar."""
    return type is I64 or type is F64 or type is I32 or type is F32


def integer_range(type: Type) -> tuple[int, int]:
    """The least and the greatest value of an integer type."""
    assert isinstance(type, ScalarType) and type.kind == "int"
    return type.integers


_BY_NAME: Final[dict[str, Type]] = {type.name: type for type in (*SCALARS, MEM)}


def parse_type(text: str) -> Type:
    """The type that `str` prints as `text`; ValueError if there is none."""
    text = text.strip()
    depth = 0
    while text.startswith("ptr<") and text.endswith(">"):
        text = text[4:-1]
        depth += 1
    type = _parse_unpointed(text)
    for _ in range(depth):
        type = pointer_to(type)
    return type


def _parse_unpointed(text: str) -> Type:
    if text in _BY_NAME:
        return _BY_NAME[text]
    if text.endswith("]") and "[" in text:
        name, dims = text[:-1].split("[", 1)
        element = _BY_NAME.get(name)
        colons = dims.replace(" ", "").split(",")
        if isinstance(element, ScalarType) and all(colon == ":" for colon in colons):
            return array_of(element, len(colons))
    if text.startswith("(") and text.endswith(")"):
        return tuple_of(tuple(parse_type(item) for item in _split_items(text[1:-1])))
    raise ValueError(f"no such type: {text[:40]!r}")


def _split_items(text: str) -> list[str]:
    """Split at the commas outside brackets; tuples do not nest."""
    items, depth, start = [], 0, 0
    for position, char in enumerate(text):
        if char in "[<":
            depth += 1
        elif char in "]>":
            depth -= 1
        elif char == "," and depth == 0:
            items.append(text[start:position])
            start = position + 1
    last = text[start:]
    return [*items, last] if last.strip() else items
