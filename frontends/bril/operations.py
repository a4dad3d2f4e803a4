"""The operations of Bril as a table: the parts that an instruction has, its types, and what computes it in the IR.

`VALUES` has the operations that compute a value of values, each with its operands' types, its result's type, and the
operation of the IR that it is lowered to. `SHAPES` has all the others: whether they have a result, and how many
operands, functions and labels they take (None: any number). What types they want is said where they are checked.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from ssair.types import BOOL, F64, I64, Type


class ValueOperation(NamedTuple):
    """One row: operand types, result type, operation of the IR."""

    args: tuple[Type, ...]
    result: Type
    lowered: str


class Shape(NamedTuple):
    """The parts of an instruction."""

    dest: bool | None
    args: int | None = 0
    funcs: int = 0
    labels: int = 0


_ARITHMETIC: Final = ("add", "sub", "mul", "div")
_COMPARISONS: Final = ("eq", "lt", "gt", "le", "ge")

VALUES: Final[dict[str, ValueOperation]] = {
    **{name: ValueOperation((I64, I64), I64, name) for name in ("add", "sub", "mul")},
    "div": ValueOperation((I64, I64), I64, "div_trunc"),  # behind a check of the divisor
    **{name: ValueOperation((I64, I64), BOOL, name) for name in _COMPARISONS},
    **{name: ValueOperation((BOOL, BOOL), BOOL, name) for name in ("and", "or")},
    "not": ValueOperation((BOOL,), BOOL, "not"),
    **{f"f{name}": ValueOperation((F64, F64), F64, name) for name in _ARITHMETIC},
    **{f"f{name}": ValueOperation((F64, F64), BOOL, name) for name in _COMPARISONS},
}

SHAPES: Final[dict[str, Shape]] = {
    **{name: Shape(True, len(row.args)) for name, row in VALUES.items()},
    "const": Shape(True),
    "id": Shape(True, 1),
    "nop": Shape(False),
    "print": Shape(False, None),
    "jmp": Shape(False, labels=1),
    "br": Shape(False, 1, labels=2),
    "ret": Shape(False, None),
    "call": Shape(None, None, funcs=1),
    "alloc": Shape(True, 1),
    "free": Shape(False, 1),
    "store": Shape(False, 2),
    "load": Shape(True, 1),
    "ptradd": Shape(True, 2),
    "set": Shape(False, 2),
    "get": Shape(True),
    "undef": Shape(True),
}

#: Instructions after which control goes elsewhere.
ENDS: Final = frozenset({"jmp", "br", "ret"})
#: The operations on memory.
MEMORY_OPERATIONS: Final = frozenset({"load", "store", "free"})
#: The operations behind which memory may hold something else.
CHANGES_MEMORY: Final = frozenset({"store", "free", "call"})

#: The operations of extensions that are not read, with the reason or the way out.
UNSUPPORTED: Final[dict[str, str]] = {
    "phi": "the SSA form of today has `set` and `get` in place of `phi`",
    **dict.fromkeys(("speculate", "commit", "guard"), "the speculation extension is not supported"),
    **dict.fromkeys(
        ("ceq", "clt", "cle", "cgt", "cge", "char2int", "int2char"), "the character extension is not supported"
    ),
    **dict.fromkeys(("float2bits", "bits2float"), "the extension for the bits of floats is not supported"),
}
