"""What a rule puts in the place of an instruction: a value that is there, a constant, or another operation."""

from __future__ import annotations

from typing import NamedTuple

from ssair.facts import Scalar
from ssair.ir import Value
from ssair.ops import Op


class Constant(NamedTuple):
    """A scalar constant of the instruction's type."""

    scalar: Scalar


class NewOperation(NamedTuple):
    """An operation of the instruction's type on values that dominate it."""

    op: Op
    args: tuple[Value, ...]
    aux: object


Replacement = Value | Constant | NewOperation
