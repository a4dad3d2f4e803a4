"""What instructions ask of lowering to Bril, by their kinds: asked once for each kind, and remembered.

    kinds = Kinds()                                  # for all functions of a module
    kinds.of(instr)                                  # REFINES | CHECKS, say; 0 for what Bril has as it is
    kinds.accept_types(function)

An instruction, or a function, that Bril has nothing for is refused. Constant time.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

from ssair.frontends.bril.legalize_divisions import CHECK, DIVISIONS
from ssair.frontends.bril.legalize_expansions import expands_by_kind, has_expansion, is_expanded_by_value
from ssair.frontends.bril.lower_instructions import POINTER_TEXT
from ssair.frontends.bril.operations import VALUES
from ssair.frontends.bril.program import TYPE_NAMES
from ssair.ir import Function, Instr
from ssair.ops import CONST, OPS, PRINT_EXACT, PRINTS, Op
from ssair.sources import UsageError
from ssair.types import F64, MEM, PointerType, Type

#: A refinement; a check among them; a division; what Bril has not; a line that shows pointers; `not`.
REFINES: Final = 1
CHECKS: Final = 2
DIVIDES: Final = 4
EXPANDS: Final = 8
SHOWS_POINTERS: Final = 16
NEGATES: Final = 32

#: By operation of the IR and type of its first operand, the operation of Bril.
OPERATIONS: Final[dict[tuple[Op, Type], str]] = {(OPS[row.lowered], row.args[0]): name for name, row in VALUES.items()}
#: What has its own row in the writer.
_OTHERS: Final = frozenset(
    OPS[name]
    for name in (
        *("const", "call", "check_nonzero"),
        *("memory", "alloc", "load", "store", "free", "ptradd"),
    )
)
#: What stands for an operand, and for a pointer, in the words of a line; no text that is printed has them.
VALUE_WORD: Final = "\0"
POINTER_WORD: Final = "\1"
_NOT: Final = OPS["not"]
#: An operation, the type of its result, and that of its first operand.
Kind = tuple[Op, Type, Type | None]


class Kinds:
    """What has been asked of some functions."""

    def __init__(self) -> None:
        #: What instructions of a kind ask for; those whose operands matter are missing.
        self.known: dict[Kind, int] = {}
        self._types: set[Type] = {MEM}

    def of(self, function: Function, instr: Instr) -> int:
        """What an instruction asks for. Raises UsageError for what Bril has nothing for."""
        op, args = instr.op, instr.args
        kind = (op, instr.type, args[0].type if args else None)
        if not _is_known(instr):
            raise UsageError(f"@{function.name} cannot be written as Bril, which has no `{_described(instr)}`")
        self._accept_type(function, instr.type)
        if op in PRINTS:
            return SHOWS_POINTERS if POINTER_WORD in words_of(instr) else 0
        if op is CONST and instr.type is F64:
            assert isinstance(instr.aux, float)
            return 0 if isfinite(instr.aux) else EXPANDS
        asked = EXPANDS if expands_by_kind(op, kind[2]) and op not in DIVISIONS else 0
        asked |= (REFINES if op.refines else 0) | (CHECKS if op is CHECK else 0) | (NEGATES if op is _NOT else 0)
        asked |= DIVIDES if op in DIVISIONS else 0
        if not is_expanded_by_value(op):
            self.known[kind] = asked
        return asked

    def accept_types(self, function: Function) -> None:
        """Raise UsageError for a function whose parameters or results Bril has no types for."""
        if len(function.results) > 1:
            raise UsageError(f"@{function.name} cannot be written as Bril: it has more than one result")
        for type in function.results:
            self._accept_type(function, type)
        for param in function.params:
            self._accept_type(function, param.type)

    def _accept_type(self, function: Function, type: Type) -> None:
        if type in self._types:
            return
        innermost = type
        while isinstance(innermost, PointerType):
            innermost = innermost.target
        if innermost not in TYPE_NAMES and type.name != "()":
            raise UsageError(f"@{function.name} cannot be written as Bril, which has no type {type}")
        self._types.add(type)


def words_of(instr: Instr) -> list[str]:
    """What a line shows, between blanks: `VALUE_WORD` for an operand, `POINTER_WORD` for a pointer, and texts."""
    pieces = instr.aux
    assert isinstance(pieces, tuple)
    text = VALUE_WORD.join(pieces).replace(POINTER_TEXT, POINTER_WORD)
    return text.split(" ") if text else []


def _is_known(instr: Instr) -> bool:
    op = instr.op
    if op in _OTHERS or (op.refines and not op.traps) or (instr.args and (op, instr.args[0].type) in OPERATIONS):
        return True
    return _prints_as_bril(instr) if op in PRINTS else has_expansion(instr)


def _prints_as_bril(instr: Instr) -> bool:
    """Whether a line is values alone with a blank between, and no floats in another form than Bril's."""
    exact = instr.op is PRINT_EXACT or all(value.type is not F64 for value in instr.args)
    return exact and not set(words_of(instr)) - {VALUE_WORD, POINTER_WORD}


def _described(instr: Instr) -> str:
    return f"{instr.op} {instr.args[0].type}" if instr.args else str(instr.op)
