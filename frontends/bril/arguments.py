"""The arguments of a Bril program on the command line: a word for each parameter, of the kind that its type says.

Integers are taken at their exact value; a word of another kind, or a number of words that is not that of the
parameters, is an error of the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from ssair.constants import Scalar
from ssair.frontends.bril.interpret import BrilError
from ssair.frontends.bril.literals import read_literal
from ssair.frontends.bril.program import Function, Program, type_name
from ssair.types import F64, Type


def entry_of(program: Program, name: str | None = None) -> Function:
    """The function to run, `main` if none is named.  Raises: BrilError if the program does not have it."""
    wanted = name if name is not None else "main"
    for function in program.functions:
        if function.name == wanted:
            return function
    raise BrilError(f"there is no function @{wanted}")


def parse_arguments(function: Function, words: Sequence[str]) -> list[Scalar]:
    """The values that words stand for.  Raises: BrilError."""
    params = function.params
    if len(words) != len(params):
        raise BrilError(f"@{function.name} takes {len(params)} argument{'s' * (len(params) != 1)}, not {len(words)}")
    return [_value(param.type, param.name, word) for param, word in zip(params, words, strict=True)]


def _value(type: Type, name: str, word: str) -> Scalar:
    value = _special(word) if type is F64 else None
    if value is None:
        value = read_literal(type, word)
    if value is None:
        shown = word if len(word) <= 40 else word[:40] + "…"
        raise BrilError(f"the argument {shown!r} for `{name}` is no {type_name(type)}")
    return value


def _special(word: str) -> float | None:
    """The floats that have no literal; an argument `-0` is one, where a literal is the integer 0."""
    bare = word.lower().removeprefix("+").removeprefix("-")
    return float(word) if bare in ("nan", "inf", "infinity", "0") else None
